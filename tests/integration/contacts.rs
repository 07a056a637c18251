//! The address book from outside: taken over and written out, and people forgotten, there and in exchanges.

use crate::support::house::House;

const FRIENDS: &str =
    "Name;Mobile;E-mail;Priority;Group\nAda Hill;+44 7700 900170;;1;club\nBen Hill;;ben@example.org;;club, choir\n";

// D1 D2 G2: the plan, then the same for real, then nothing more; what is written out is read back.
#[test]
fn contacts_are_taken_over_and_written_out() {
    let house = House::with("[site]\nname = \"Hill\"\n\n[messaging]\nmode = \"files\"\n");
    house.write("friends.csv", FRIENDS);
    let plan = house.run(&["contact", "import", "friends.csv", "--dry-run"]).expect(0);
    assert_eq!(plan.stdout, "Would add 2 people: Ada Hill, Ben Hill.\nThe same: 0 people.\n");
    assert!(plan.stderr.contains("Next: `xchange contact import friends.csv`."), "{}", plan.stderr);
    assert!(house.run(&["contact", "list"]).expect(0).stdout.contains("There is no contact yet."));
    let done = house.run(&["contact", "import", "friends.csv", "--json"]).expect(0).json();
    assert_eq!((&done["added"], &done["same"]), (&serde_json::json!(["Ada Hill", "Ben Hill"]), &0.into()));
    house.write("more.csv", "Name,Phone,Shoe size\nAda Hill,+447700900171,42\n");
    let more = house.run(&["contact", "import", "more.csv"]).expect(0);
    assert!(more.stdout.contains("Changed Ada Hill: phone +44") && !more.stdout.contains("900171"), "{}", more.stdout);
    assert!(more.stderr.contains("Shoe size") && more.stderr.contains("Next: `xchange event new"), "{}", more.stderr);
    let exported = house.run(&["contact", "export"]).expect(0).stdout;
    house.write("export.csv", &exported);
    assert_eq!(house.run(&["contact", "import", "export.csv"]).expect(0).stdout, "The same: 2 people.\n");
    let listed = house.run(&["contact", "list", "--json"]).expect(0).json();
    assert_eq!((&listed["contacts"][0]["priority"], &listed["contacts"][1]["tags"][1]), (&1.into(), &"choir".into()));
    house.write("bad.csv", "Name,Phone\nCleo,12\nDev,\n");
    let refused = house.run(&["contact", "import", "bad.csv"]).expect(2).stderr;
    assert!(refused.contains("bad.csv, row 2, column B (Phone)") && refused.contains("row 3"), "{refused}");
    let missing = house.run(&["contact", "import", "nothing.csv"]).expect(2).stderr;
    assert!(missing.contains("cannot find nothing.csv"), "{missing}");
    assert_eq!(house.run(&["contact", "export"]).expect(0).stdout, exported, "nothing was taken");
}

// D1 G5 X24: whoever has a seat, or may have one, stays; then the contact goes, and what the invitation knows of them.
#[test]
fn a_contact_is_forgotten_with_its_past_invitations() {
    let house = House::with("[site]\nname = \"Hill\"\n\n[messaging]\nmode = \"files\"\n");
    house.write("friends.csv", FRIENDS);
    house.run(&["contact", "import", "friends.csv"]).expect(0);
    house.run(&["event", "new", "Dinner", "--seats", "6", "--starts-at", "2099-12-04 19:00"]).expect(0);
    house.run(&["event", "deal"]).expect(0);
    let refused = house.run(&["contact", "forget", "Ada Hill", "--yes"]).expect(1).stderr;
    assert!(refused.contains("is invited to \"Dinner\"") && refused.contains("event withdraw"), "{refused}");
    house.run(&["event", "withdraw", "Ada Hill"]).expect(0);
    let plan = house.run(&["contact", "forget", "Ada Hill", "--dry-run"]).expect(0).stderr;
    assert!(
        plan.contains("Would forget") && plan.contains("in 1 invitation") && plan.contains("Not reached: "),
        "{plan}"
    );
    assert!(
        house.run(&["contact", "forget", "Ada Hill"]).expect(2).stderr.contains("--yes"),
        "nobody can be asked here"
    );
    assert!(house.run(&["contact", "list"]).expect(0).stdout.contains("Ada Hill"));
    house.run(&["contact", "forget", "Ada Hill", "--yes"]).expect(0);
    assert!(!house.run(&["contact", "list"]).expect(0).stdout.contains("Ada Hill"));
    let shown = house.run(&["event", "show", "--json"]).expect(0).stdout;
    assert!(!shown.contains("Ada Hill") && shown.contains("Ben Hill"), "{shown}");
    house.run(&["contact", "forget", "Ada Hill", "--yes"]).expect(2);
}

// G5 H13 X24: what goes and what stays is said first, and the young draw keeps its people.
#[test]
fn people_of_an_exchange_are_not_forgotten_before_their_time() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let file = std::fs::read_to_string(house.path("exchange.toml")).expect("a file");
    let in_file = house.run(&["forget", "Ada Hill", "--yes"]).expect(1).stderr;
    assert!(
        in_file.contains("the roster file still names \"Ada Hill\"") && in_file.contains("xchange people remove"),
        "{in_file}"
    );
    house.run(&["people", "remove", "Ada Hill"]).expect(0);
    let young = house.run(&["forget", "Ada Hill", "--yes"]).expect(1).stderr;
    assert!(young.contains("not 60 days old") && young.contains("xchange update"), "{young}");
    house.run(&["update", "--yes"]).expect(0);
    let plan = house.run(&["forget", "Ada Hill", "--dry-run"]).expect(0).stderr;
    for said in ["Would forget \"Ada Hill\"", "Not reached: sealed draws, their headers", "backups"] {
        assert!(plan.contains(said), "{plan}");
    }
    assert!(house.run(&["forget", "Ada Hill"]).expect(2).stderr.contains("--yes"));
    house.run(&["forget", "Ada Hill", "--yes"]).expect(0);
    house.run(&["verify"]).expect(0);
    assert!(house.run(&["forget", "Ada Hill", "--yes"]).expect(2).stderr.contains("nobody called"));
    let kept = house.run(&["expire", "--before", "1 hour", "--dry-run"]).expect(0).stderr;
    assert!(kept.contains("Nobody is to be forgotten"), "{kept}");
    let none = house.run(&["expire", "--before", "2020-01-01", "--yes", "--json"]).expect(0).json();
    assert_eq!((&none["people"], &none["exchanges"]), (&0.into(), &serde_json::json!([])));
    house.run(&["expire", "--before", "some day"]).expect(2);
    house.run(&["status"]).expect(0);
    assert!(file.contains("Ada Hill"));
}

// G5 X21: an exchange that has expired says so, and calls nobody new whom the file still names.
#[test]
fn an_expired_exchange_is_shown_as_one() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let database = rusqlite::Connection::open(house.path("exchange.db")).expect("opens");
    let a_season = 100 * 24 * 3_600_000_i64;
    database.execute("UPDATE draw SET drawn_at = drawn_at - ?1", [a_season]).expect("an older draw");
    house.run(&["expire", "--before", "1 day", "--yes"]).expect(0);
    let status = house.run(&["status"]).expect(0);
    assert!(status.stdout.contains("were forgotten on ") && !status.stdout.contains("Ada Hill"), "{}", status.stdout);
    assert!(!status.stderr.contains("warning"), "{}", status.stderr);
    let json = house.run(&["status", "--json"]).expect(0).json();
    assert!(json["forgotten_at"].is_string() && json["differences"] == serde_json::json!([]), "{json}");
    assert!(house.run(&["status", "--waiting"]).expect(0).stdout.contains("Everybody has been forgotten."));
    let checked = house.run(&["check"]).expect(0);
    assert!(!checked.stderr.contains("was not drawn"), "{}", checked.stderr);
}
