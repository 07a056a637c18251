//! `docs/api.md`, run as a script against a listener.

use std::path::Path;
use std::process::Command;

use crate::support::house::House;

// G6
#[test]
fn the_tour_of_the_api_runs_as_it_is_printed() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md")).expect("the page");
    let script = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of shell");
    assert_eq!(script.lines().count(), 10, "it is a tour of ten lines");
    let house = House::family();
    let serving = house.serve();
    let binary = Path::new(env!("CARGO_BIN_EXE_xchange")).parent().expect("a folder");
    let run = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", script])
        .current_dir(house.path("."))
        .env("SITE", format!("http://{}", serving.address))
        .env("PATH", format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default()))
        .output()
        .expect("bash runs");
    let (said, complained) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{complained}");
    let answers: Vec<serde_json::Value> =
        said.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(answers.iter().all(|answer| answer.get("type").is_none()), "none is a problem: {said}");
    assert_eq!(answers.len(), 9, "{said}");
    let [.., drawn, patched, planned, status] = &answers[..] else { panic!("{said}") };
    assert_eq!((&drawn["people"], &drawn["archive"]["state"]), (&4.into(), &"confirmed".into()));
    assert_eq!((&patched["budget"], &planned["changes"][0]["kind"]), (&"25 GBP".into(), &"budget".into()));
    assert_eq!((&status["draw"], &status["people"][0]["name"]), (&1.into(), &"Ada".into()));
}
