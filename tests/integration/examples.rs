//! The rosters of `examples/`, each checked and drawn as its name says.

use std::path::{Path, PathBuf};

use crate::support::house::House;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut rosters: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    rosters.sort();
    rosters
}

// X16 H5
#[test]
fn every_example_is_checked_and_drawn_as_its_name_says() {
    let examples = examples();
    assert!(examples.len() >= 4, "{examples:?}");
    for path in examples {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let code = i32::from(name == "impossible.toml");
        let house = House::with(&std::fs::read_to_string(&path).expect("readable"));
        let checked = house.run(&["check", "--json"]).expect(code).json();
        assert_eq!(checked["ok"], code == 0, "{name}: {checked}");
        assert_eq!(checked["impossible"].is_null(), code == 0, "{name}: {checked}");
        assert!(checked["people"].as_u64() >= Some(4), "{name}: {checked}");
        assert!(code == 1 || checked["draws"]["log10"].as_f64() > Some(0.0), "{name}: {checked}");
        house.run(&["check"]).expect(code);
        house.run(&["draw"]).expect(code);
        if code == 0 {
            house.run(&["verify"]).expect(0);
        }
    }
}

// A8
#[test]
fn the_subscribers_come_with_evidence_or_are_asked() {
    let house = House::with(include_str!("../../examples/family.toml"));
    house.write("subscribers.csv", include_str!("../../examples/subscribers.csv"));
    house.run(&["list", "new", "Allotment news"]).expect(0);
    let taken = house.run(&["list", "import", "subscribers.csv", "--json"]).expect(0).json();
    assert_eq!(["added", "confirmed", "asked"].map(|of| &taken[of]), [5, 4, 1].map(serde_json::Value::from).each_ref());
}

// H5 X16
#[test]
fn an_impossible_roster_names_people_rules_and_repairs() {
    let house = House::with(include_str!("../../examples/impossible.toml"));
    let impossible = &house.run(&["check", "--json"]).expect(1).json()["impossible"];
    assert_eq!(impossible["givers"], serde_json::json!(["Ann", "Bob", "Cy"]));
    assert_eq!(impossible["receivers"], serde_json::json!(["Dee", "Eli"]));
    let rules = impossible["rules"].to_string();
    assert!(rules.contains("the exclusion Ann <-> Fay (line 35)") && rules.contains("the flat"), "{rules}");
    assert!(impossible["repairs"].as_array().is_some_and(|repairs| !repairs.is_empty()), "{impossible}");
}

// H5
#[test]
fn a_forced_pairing_is_warned_of() {
    let house = House::with(
        "[exchange]\nname = \"x\"\n[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n\
         [[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n",
    );
    let checked = house.run(&["check", "--json"]).expect(0).json();
    assert_eq!(checked["draws"]["count"], 1);
    assert_eq!(checked["guessable"].as_array().map(Vec::len), Some(2), "{checked}");
    assert!(house.run(&["check"]).expect(0).stdout.contains("Ada can only give to Ben"));
}

// H5
#[test]
fn the_matrix_is_drawn_as_a_picture() {
    let house = House::with(include_str!("../../examples/office.toml"));
    house.run(&["check", "--picture", "who.svg"]).expect(0);
    let picture = std::fs::read_to_string(house.path("who.svg")).expect("written");
    assert!(
        picture.starts_with("<svg") && picture.contains("Kofi Mensah") && picture.contains("O&apos;Brien"),
        "{picture}"
    );
}
