//! What is sent without being asked in the same breath, with messages going into files: the dry run of a season.

use crate::support::house::{House, family};

fn house() -> House {
    let mail = "[[people]]\nname = \"Gil Grey\"\nemail = \"gil@example.org\"\n\n[messaging]\nmode = \"files\"\n";
    House::with(&family("Hill family 2026", mail))
}

/// The messages in the folder that hold a text, once `send` has made its pass.
fn sent(house: &House, holding: &str) -> Vec<String> {
    let files =
        house.files().into_iter().filter(|(path, _)| path.components().any(|part| part.as_os_str() == "outbox"));
    files.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).filter(|text| text.contains(holding)).collect()
}

// H7 G4
#[test]
fn openings_and_new_draws_are_announced_once_to_those_concerned() {
    let house = house();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    for person in ["Ada Hill", "Ben Hill", "Cleo Marsh"] {
        serving.text(person, "christmas");
    }
    serving.stop();
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels for one", "--yes"]).expect(0);
    house.run(&["send", "--yes"]).expect(0);
    let notices = sent(&house, "two parcels for one");
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("To: Ada Hill"), "{}", notices[0]);

    house.run(&["draw", "--redraw", "--yes", "--reason", "Finn moved away"]).expect(0);
    for _ in 0..2 {
        house.run(&["send", "--yes"]).expect(0);
    }
    let notices = sent(&house, "Finn moved away");
    assert_eq!(notices.len(), 3, "those who had asked, once each: {notices:?}");
    assert_eq!(sent(&house, "two parcels for one").len(), 1);
}

// X17
#[test]
fn a_dry_run_sends_nothing() {
    let house = house();
    house.run(&["draw"]).expect(0);
    let plan = house.run(&["send", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(plan["plan"]["emails"], 1, "{plan}");
    assert!(sent(&house, "").is_empty());
}

// X11 D15
#[test]
fn with_messages_in_files_no_file_shows_a_pairing() {
    let house = house();
    house.run(&["draw"]).expect(0);
    assert!(house.run(&["send", "--yes"]).code < 2);
    let receiver = house.pairings(1).into_iter().find(|(giver, _)| giver == "Gil Grey").expect("Gil gives").1;
    for text in sent(&house, "") {
        assert!(!text.contains(&receiver), "{text}");
    }
    assert!(house.run(&["outbox", "--json"]).expect(0).json().to_string().find(&receiver).is_none());
}
