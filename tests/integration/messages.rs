//! `messages`: every text that people read.

use serde_json::{Value, json};

use crate::support::house::{House, family};

// H20 A4
#[test]
fn every_text_is_listed_with_its_length_and_reworded_ones_are_marked() {
    let own = "[messages]\nnudge = \"Text {keyword}.\"\nmenu = \"Só: {keyword}. This one is long enough for a second SMS.\"\n";
    let house = House::with(&family("Hill family 2026", own));
    let listed = house.run(&["messages", "--json"]).expect(0).json();
    assert_eq!(listed["exchange"], "Hill family 2026");
    let messages = listed["messages"].as_array().expect("a list");
    let of = |name: &str| messages.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} is listed"));
    assert_eq!(of("nudge")["text"], "Text {keyword}.");
    assert_eq!(of("nudge")["default"], "Text {keyword} to learn who you have, or MENU for everything else.");
    assert_eq!(of("nudge")["placeholders"], json!(["keyword", "exchange"]));
    assert_eq!((&of("nudge")["segments"], &of("nudge")["characters"]), (&json!(1), &json!(15)));
    assert_eq!(of("menu")["segments"], 1, "one accent takes 70 characters, which these are below");
    assert_eq!((&of("pairing_mail")["way"], &of("pairing_mail")["segments"]), (&json!("mail"), &Value::Null));
    let reworded: Vec<&str> =
        messages.iter().filter(|it| it["reworded"] == true).filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(reworded, ["reply", "menu", "nudge"]);
    let shown = house.run(&["messages"]).expect(0).stdout;
    assert!(shown.contains("nudge (1 SMS, in your own words)\n  Anything else from a registered number"), "{shown}");
    assert!(shown.contains("wish_added (1 SMS)\n"), "{shown}");
}

// H20: of every kind of topic
#[test]
fn the_texts_of_lists_and_desks_are_listed_too() {
    let house = House::family();
    house.run(&["list", "new", "Club"]).expect(0);
    house.run(&["list", "reword", "opted_out", "{sender}: that was the last one."]).expect(0);
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    for (kind, name, text) in [("list", "Club", "opted_out"), ("desk", "Reception", "goodbye")] {
        let listed = house.run(&["messages", &format!("--{kind}"), name, "--json"]).expect(0).json();
        assert_eq!(listed[kind], name);
        let messages = listed["messages"].as_array().expect("a list");
        let of =
            |name: &str| messages.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} is listed"));
        assert_eq!(of(text)["reworded"], kind == "list", "{listed}");
        assert!(
            messages.iter().filter(|it| it["way"] == "sms").all(|it| it["segments"].as_u64() >= Some(1)),
            "{listed}"
        );
    }
    let shown = house.run(&["list", "show", "--messages"]).expect(0).stdout;
    assert!(shown.contains("opted_out (1 SMS, in your own words)"), "{shown}");
}

// H20
#[test]
fn a_name_that_is_none_is_refused_with_the_near_ones_and_can_be_looked_up() {
    let house = House::with(&family("Hill family 2026", "[messages]\nnugde = \"x\"\nquest = \"y\"\nhello = \"z\"\n"));
    let refused = house.run(&["check"]).expect(1).stderr;
    for hint in
        ["did you mean nudge?", "did you mean question, question_subject or question_mail?", "`xchange messages` lists"]
    {
        assert!(refused.contains(hint), "{hint}: {refused}");
    }
    assert!(house.run(&["messages"]).expect(0).stdout.contains("nudge (1 SMS)"));
}
