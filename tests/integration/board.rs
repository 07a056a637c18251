//! The ready-made board and its alarms against a listener that runs: they ask for nothing that is not counted.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::house::House;

const BOARD: &str = include_str!("../../grafana/dashboards/xchange.json");
const COMPOSE: &str = include_str!("../../compose.yaml");
const ALARMS: &str = include_str!("../../grafana/alerts.yml");

/// The metrics that a text of queries names, without what a histogram adds to its name.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("xchange_") && *word != "xchange_");
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

// G12
#[test]
fn every_metric_of_the_board_and_the_alarms_is_counted_by_a_listener() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    house.run(&["contact", "add", "Cleo Marsh", "--email", "cleo@example.org"]).expect(0);
    house.run(&["event", "new", "Dinner", "--seats", "6", "--starts-at", "2099-12-04 19:00"]).expect(0);
    house.run(&["event", "deal"]).expect(0);
    house.write("members.csv", "First name,Email,Consent\nZoë,zoe@example.org,paper form\n");
    for args in
        ["list new Club", "list import members.csv", "broadcast new Hello", "broadcast plan", "broadcast send --yes"]
    {
        house.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    }
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    let serving = house.serve();
    serving.text("Ada Hill", "christmas");
    let metrics = serving.get("/metrics").body;
    let queries = serde_json::from_str::<serde_json::Value>(BOARD).expect("JSON").to_string();
    for text in [&*queries, ALARMS] {
        let named = named(text);
        assert!(named.len() > 2, "{named:?}");
        for name in named {
            let counted = metrics
                .lines()
                .any(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} ")))
                || metrics.contains(&format!("{name}_count "));
            assert!(counted, "{name} is not in\n{metrics}");
        }
    }
}

// G12: provisioned, a board has no id of its own, a fixed name, and a data source that is chosen where it is looked at.
#[test]
fn the_board_can_be_provisioned() {
    let board: serde_json::Value = serde_json::from_str(BOARD).expect("JSON");
    assert_eq!((&board["id"], &board["uid"]), (&serde_json::Value::Null, &"xchange".into()));
    let chosen = &board["templating"]["list"][0];
    assert_eq!((&chosen["type"], &chosen["query"]), (&"datasource".into(), &"prometheus".into()));
    let panels = board["panels"].as_array().expect("panels");
    assert!(panels.len() > 5 && panels.iter().all(|panel| panel["datasource"]["uid"] == "${datasource}"));
    assert!(!BOARD.contains("__inputs") && !BOARD.contains("DS_PROMETHEUS"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mounted: Vec<&str> = COMPOSE.split("./grafana/").skip(1).filter_map(|rest| rest.split(':').next()).collect();
    assert!(mounted.len() == 4 && mounted.iter().all(|path| root.join("grafana").join(path).exists()), "{mounted:?}");
}
