//! People from spreadsheets, and changed in the roster file: the verbs from outside.

use std::path::Path;

use crate::support::house::House;
use crate::support::readme;
use crate::support::smtp::LocalSmtp;

/// Puts one of the spreadsheets of `tests/fixtures/people` beside the roster.
fn put(house: &House, name: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/people").join(name);
    std::fs::copy(from, house.path(name)).expect("copied");
}

/// The section that is run as it stands.
const SECTION: &str = "An office of three hundred";

// G14 G10: the README's section as it stands, with a mail server of this machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_of_three_hundred_becomes_a_sealed_draw_by_mail() {
    let smtp = LocalSmtp::start(None).await;
    let here = format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"", smtp.port());
    let house = House::with(&readme::block(SECTION, "toml").replace("host = \"smtp.example.org\"", &here));
    put(&house, "staff.xlsx");
    let commands = readme::script(SECTION);
    assert!((2..=7).contains(&commands.len()), "{commands:?}");
    let mut next = format!("Next: `{}`", commands[0]);
    for command in &commands {
        assert!(next.contains("Next: ") && next.contains(&format!("`{command}`")), "{command} is not next: {next}");
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        words.extend((words[0] == "send").then_some("--yes"));
        next = house.run(&words).expect(0).stderr;
    }
    let mails = smtp.mails();
    assert_eq!(mails.len(), 300);
    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!(
        (status["people"].as_array().map(Vec::len), &status["archive"]["state"]),
        (Some(300), &"confirmed".into())
    );
    let checked = house.run(&["check", "--json"]).expect(0).json();
    assert_eq!((&checked["people"], &checked["ok"]), (&300.into(), &true.into()));
}

// G2: the plan first, then the same for real, then nothing more; the file's own lines stay.
#[test]
fn people_are_taken_over_and_shown_before() {
    let house = House::family();
    let before = std::fs::read_to_string(house.path("exchange.toml")).expect("readable");
    house.write("list.csv", "Name;Mobile;Team\nAda Hill;+44 7700 900177;\nNew One;+44 7700 900178;x\n");
    let plan = house.run(&["people", "import", "list.csv", "--dry-run"]).expect(0);
    assert!(
        plan.stdout.contains("Would add 1 person: New One.")
            && plan.stdout.contains("Would change Ada Hill: phone +44"),
        "{}",
        plan.stdout
    );
    assert_eq!(std::fs::read_to_string(house.path("exchange.toml")).expect("readable"), before);
    let done = house.run(&["people", "import", "list.csv", "--json"]).expect(0).json();
    assert_eq!(
        (&done["added"], &done["same"], &done["changed"][0]["person"]),
        (&serde_json::json!(["New One"]), &0.into(), &"Ada Hill".into())
    );
    let after = std::fs::read_to_string(house.path("exchange.toml")).expect("readable");
    assert!(before.lines().filter(|line| !line.contains("phone")).all(|line| after.contains(line)));
    let again = house.run(&["people", "import", "list.csv"]).expect(0);
    assert_eq!(again.stdout.trim(), "The same: 2 people.");
    assert_eq!(std::fs::read_to_string(house.path("exchange.toml")).expect("readable"), after);
    let exported = house.run(&["people", "export"]).expect(0).stdout;
    house.write("export.csv", &exported);
    assert!(house.run(&["people", "import", "export.csv"]).expect(0).stdout.starts_with("The same: 7 people."));
}

// G2 G14: told by check beside the roster's own problems, and by import, which takes nothing.
#[test]
fn a_bad_spreadsheet_is_told_by_its_cells() {
    let house = House::family();
    put(&house, "wrong.xlsx");
    let before = std::fs::read_to_string(house.path("exchange.toml")).expect("readable");
    let refused = house.run(&["people", "import", "wrong.xlsx"]).expect(2);
    assert!(refused.stderr.contains("wrong.xlsx, sheet \"Staff\", row 6, column C (Email)"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(house.path("exchange.toml")).expect("readable"), before);
    house.write(
        "exchange.toml",
        &before.replacen("[exchange]\n", "[exchange]\npeople = \"wrong.xlsx\"\nbugdet = 5\n", 1),
    );
    let problems = house.run(&["check", "--json"]).expect(1).json();
    let problems = problems["problems"].as_array().expect("a list");
    assert!(problems.iter().any(|it| it["file"] == "exchange.toml" && it["line"] == 3));
    assert!(problems.iter().any(|it| it["file"] == "wrong.xlsx" && it["line"] == 6 && it["heading"] == "Email"));
    house.run(&["people", "import", "nothing.xlsx"]).expect(2);
}

// G2: somebody real with a phone of the invented family is not one of them.
#[test]
fn the_family_of_the_example_gives_way() {
    let house = House::with("");
    house.run(&["init", "--file", "new.toml"]).expect(0);
    house.write("list.csv", "Name,Phone\nAda Hill,+44 7700 900177\nNew One,07700 900124\n");
    let done = house.run(&["people", "import", "list.csv", "--file", "new.toml"]).expect(0);
    assert_eq!(
        done.stdout,
        "Removed 5 people of the example: Ada Hill, Ben Hill, Cleo Marsh, Dev Marsh, Edith Wood.\n\
         Added 2 people: Ada Hill, New One.\nThe same: 0 people.\n"
    );
    assert!(done.stderr.contains("Next: `xchange check --file new.toml`."), "{}", done.stderr);
}

// G1
#[test]
fn people_are_listed_added_changed_and_removed() {
    let house = House::family();
    let path = house.path("exchange.toml");
    let file = || std::fs::read_to_string(&path).expect("readable");
    let before = file();
    house
        .run(&["people", "add", "Finn Lane", "--phone", "+44 7700 900160", "--household", "a", "--household", "b"])
        .expect(0);
    let changed =
        house.run(&["people", "change", "finn lane", "--name", "Finn Long", "--phone", "", "--email", "f@example.org"]);
    let changed = changed.expect(0);
    assert_eq!(changed.stdout, "Changed Finn Long: name and addresses.\n");
    assert!(changed.stderr.contains("Next: `xchange check`."), "{}", changed.stderr);
    let changed = house.run(&["people", "change", "Finn Long", "--deliver", "email", "--wish", "tea"]).expect(0);
    assert_eq!(changed.stdout, "Changed Finn Long: wishes none, now tea.\n");
    let listed = house.run(&["people", "list", "--json"]).expect(0).json();
    let finn = listed["people"].as_array().and_then(|people| people.last()).expect("somebody").clone();
    assert_eq!(
        (&finn["name"], &finn["phone"], &finn["email"]),
        (&"Finn Long".into(), &serde_json::Value::Null, &"f…@….org".into())
    );
    assert!(house.run(&["people", "list"]).expect(0).stdout.contains("Finn Long"));
    let refused = house.run(&["people", "change", "Finn Long", "--email", "nowhere"]).expect(2);
    assert!(refused.stderr.contains("email: this is not an e-mail address"), "{}", refused.stderr);
    house.run(&["people", "change", "Finn Long"]).expect(2);
    for (name, hint) in [
        ("Nobody", "hint: `xchange people list` names everybody."),
        ("Finn Lng", "hint: Did you mean \"Finn Long\"?\n"),
    ] {
        for args in [&["people", "remove", name][..], &["people", "change", name, "--wish", "tea"]] {
            let refused = house.run(args).expect(2);
            assert!(refused.stderr.contains(hint), "{}", refused.stderr);
        }
    }
    assert!(house.run(&["people", "remove", "FINN LONG"]).expect(0).stdout.contains("Removed Finn Long."));
    assert_eq!(file(), before, "as it was");
}

// G1 G2 G8: with -x they are those of an exchange in the database, and the file is left alone.
#[test]
fn people_of_an_exchange_in_the_database_are_changed_there() {
    let house = House::family();
    let file = || std::fs::read_to_string(house.path("exchange.toml")).expect("readable");
    let before = file();
    put(&house, "staff.xlsx");
    house.run(&["exchange", "new", "Office"]).expect(0);
    house.run(&["people", "add", "Olga", "--email", "olga@example.org", "-x", "Office"]).expect(0);
    let done = house.run(&["people", "import", "staff.xlsx", "-x", "Office"]).expect(0);
    assert!(done.stdout.starts_with("Added 300 people: "), "{}", done.stdout);
    assert!(done.stderr.contains("Next: `xchange check -x Office`."), "{}", done.stderr);
    house.run(&["people", "change", "olga", "--name", "Olga Rook", "-x", "Office"]).expect(0);
    let refused = house.run(&["people", "change", "Olga Rook", "--email", "", "-x", "Office"]).expect(2);
    assert!(refused.stderr.contains("\"Olga Rook\" has neither a phone nor an email"), "{}", refused.stderr);
    let listed = house.run(&["people", "list", "-x", "Office", "--json"]).expect(0).json();
    assert_eq!(
        (listed["people"].as_array().map(Vec::len), &listed["people"][0]["name"]),
        (Some(301), &"Olga Rook".into())
    );
    house.run(&["people", "remove", "Olga Rook", "-x", "Office"]).expect(0);
    assert_eq!(house.run(&["draw", "-x", "Office", "--json"]).expect(0).json()["people"], 300);
    let named = house.run(&["exchange", "export", "Office"]).expect(0).stdout;
    house.write("named.toml", &named.replacen("[exchange]\n", "[exchange]\npeople = \"staff.xlsx\"\n", 1));
    let refused = house.run(&["exchange", "change", "Office", "--from", "named.toml"]).expect(2);
    assert!(refused.stderr.contains("hint: take the people over: `xchange people import FILE`"), "{}", refused.stderr);
    assert_eq!(file(), before);
}

// G1: in the file and in the database alike; what would break the roster is refused.
#[test]
fn who_may_not_give_to_whom_is_said_and_taken_back() {
    let house = House::family();
    let file = || std::fs::read_to_string(house.path("exchange.toml")).expect("readable");
    let before = file();
    let said = house.run(&["people", "exclude", "ada hill", "Ben Hill"]).expect(0);
    assert_eq!(said.stdout, "Ada Hill never gives to Ben Hill.\n");
    assert!(said.stderr.contains("Next: `xchange check`."), "{}", said.stderr);
    house.run(&["people", "exclude", "Ben Hill", "Cleo Marsh", "--both-ways"]).expect(0);
    let listed = house.run(&["people", "exclusions", "--json"]).expect(0).json();
    let rules = listed["exclusions"].as_array().expect("a list");
    let new = |rule: &serde_json::Value| rule["giver"] == "Ben Hill" && rule["both_ways"] == true;
    assert!(rules.iter().any(new), "{listed}");
    assert!(house.run(&["people", "exclusions"]).expect(0).stdout.contains("Ada Hill never gives to Ben Hill.\n"));
    for (giver, receiver) in [("Ada Hill", "Nobody"), ("Nobody", "Ada Hill"), ("Ada Hill", "Ada Hill")] {
        let kept = file();
        let refused = house.run(&["people", "exclude", giver, receiver]).expect(2);
        assert!(refused.stderr.starts_with("error: "), "{}", refused.stderr);
        assert_eq!(file(), kept);
    }
    assert!(house.run(&["people", "allow", "Ada Hill", "Dev Marsh"]).expect(0).stdout.contains("changes nothing"));
    assert_eq!(
        house.run(&["people", "allow", "Ada Hill", "Ben Hill"]).expect(0).stdout,
        "No more: Ada Hill never gives to Ben Hill.\n"
    );
    house.run(&["people", "allow", "Ben Hill", "Cleo Marsh", "--both-ways"]).expect(0);
    assert_eq!(file(), before, "as it was");

    house.run(&["exchange", "new", "Office", "--from", "exchange.toml"]).expect(0);
    house.run(&["people", "exclude", "Ada Hill", "Ben Hill", "-x", "Office"]).expect(0);
    let exported = house.run(&["exchange", "export", "Office"]).expect(0).stdout;
    assert!(exported.contains("receiver = \"Ben Hill\""), "{exported}");
    house.run(&["people", "allow", "Ada Hill", "Ben Hill", "-x", "Office"]).expect(0);
    assert_eq!(file(), before, "the file is left alone");
}

// G2: the words of the library that reads spreadsheets stay with it.
#[test]
fn a_damaged_workbook_is_refused_in_our_words_alone() {
    use std::io::{Cursor, Read as _, Write as _};
    let house = House::family();
    let sound =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/people/staff.xlsx")).expect("a file");
    let mut parts = zip::ZipArchive::new(Cursor::new(sound)).expect("sound");
    let mut damaged = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..parts.len() {
        let mut part = parts.by_index(number).expect("a part");
        let (name, mut text) = (part.name().expect("sound").to_string(), String::new());
        part.read_to_string(&mut text).expect("text");
        if name.contains("sheet1") {
            // The library multiplies the digits of this row until there is no room for more.
            text = text.replacen("r=\"A2\"", "r=\"A99999999999\"", 1);
        }
        damaged.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        damaged.write_all(text.as_bytes()).expect("written");
    }
    std::fs::write(house.path("damaged.xlsx"), damaged.finish().expect("finished").into_inner()).expect("written");
    let refused = house.run(&["people", "import", "damaged.xlsx"]).expect(2).stderr;
    assert!(
        refused.contains("it is damaged") && !refused.contains("panicked") && !refused.contains("calamine"),
        "{refused}"
    );
}
