//! Several exchanges on one site: the file's and those kept in the database.

use std::collections::BTreeMap;

use crate::support::house::{House, PEOPLE, family, phone_of};

/// A roster of three colleagues and of Ada Hill, who is in the family too, with the same keyword.
fn office(keyword: &str) -> String {
    let others: String = ["Olga", "Pia", "Quin"]
        .iter()
        .enumerate()
        .map(|(place, name)| format!("[[people]]\nname = \"{name}\"\nphone = \"+4477009005{place:02}\"\n\n"))
        .collect();
    let ada = phone_of("Ada Hill");
    format!(
        "[exchange]\nname = \"Office 2026\"\nkeyword = \"{keyword}\"\nreply = \"{{receiver}}\"\n\n\
         [[people]]\nname = \"Ada Hill\"\nphone = \"{ada}\"\n\n{others}"
    )
}

/// The pairings of an exchange's draw, from the folder of its series in the archive.
fn pairings(house: &House, series: &str, number: u32) -> BTreeMap<String, String> {
    let folders = std::fs::read_dir(house.path("sealed")).expect("an archive").map(|entry| entry.expect("an entry"));
    let names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let folder = names.iter().find(|name| name.rsplit_once('-').is_some_and(|(stem, _)| stem == series));
    let path = format!("sealed/{}/draw-{number:04}.age", folder.unwrap_or_else(|| panic!("{series} in {names:?}")));
    let sealed = std::fs::read(house.path(&path)).expect("archived");
    let identity = xchange::seal::Identity::load(&house.path("exchange.key"), || None).expect("a key").identity;
    let document = xchange::seal::open(&sealed, &identity).expect("opens");
    let name = |id| document.roster().person(id).name.clone();
    document.all_pairings().map(|(giver, receiver)| (name(giver), name(receiver))).collect()
}

fn two() -> House {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house.write("office.toml", &office("christmas"));
    house.run(&["exchange", "new", "Office 2026", "--from", "office.toml"]).expect(0);
    house
}

// G8 G18: one keyword on one number, asked by real texts, of two listeners, across a restart.
#[test]
fn two_exchanges_with_one_keyword_live_on_one_number() {
    let house = two();
    let listeners = [house.serve(), house.serve()];
    // Drawn while they run.
    house.run(&["draw", "-x", "Office 2026"]).expect(0);
    let (family, office) = (house.pairings(1).into_iter().collect::<BTreeMap<_, _>>(), pairings(&house, "office", 1));
    for serving in listeners {
        assert_eq!(serving.text("Ben Hill", "christmas"), family["Ben Hill"]);
        assert_eq!(serving.text_from("+447700900500", "Christmas!").words(), office["Olga"]);
        let which = serving.text("Ada Hill", "christmas");
        assert_eq!(which, "Which one is it? Please text CHRISTMAS Hill or CHRISTMAS Office");
        assert_eq!(serving.text("Ada Hill", "CHRISTMAS Hill"), family["Ada Hill"]);
        assert_eq!(serving.text("Ada Hill", "christmas office"), office["Ada Hill"]);
        assert!(serving.text("Ada Hill", "WISH Office tea").starts_with("Noted"));
        assert_eq!(serving.get("/healthz").status, 200);
        serving.stop();
    }
    let serving = house.serve();
    assert_eq!(serving.text("Ada Hill", "CHRISTMAS Office"), office["Ada Hill"]);
    assert_eq!(serving.text("Ada Hill", "WISHES office"), "Your wishes:\n1 tea");
    // One more, made and drawn meanwhile.
    house.write("club.toml", &self::office("club").replace("Office 2026", "Club").replace("Quin", "Rita"));
    house.run(&["exchange", "new", "Club", "--from", "club.toml"]).expect(0);
    assert!(serving.text_from("+447700900500", "club").words().contains("not drawn yet"));
    house.run(&["draw", "-x", "club"]).expect(0);
    assert_eq!(serving.text("Ada Hill", "club"), pairings(&house, "club", 1)["Ada Hill"]);
}

// G8: what happened and what to do, once, and nothing is made.
#[test]
fn wrong_details_are_refused_in_words() {
    let house = two();
    for (given, said) in [
        (["--date", "2026-13-40"], "a day is written like 2026-12-24"),
        (["--gifts-each", "two"], "this is not a whole number"),
        (["--from", "nothing.toml"], "cannot find nothing.toml\nhint: --from takes a roster file"),
        (["--keyword", "STOP"], "reserved by the phone carriers"),
    ] {
        let refused = house.run(&[&["exchange", "new", "Club"][..], &given].concat()).expect(2);
        assert_eq!(refused.stderr.matches(said).count(), 1, "{}", refused.stderr);
        assert!(!refused.stderr.contains("failed to parse") && !refused.stderr.contains("invalid digit"));
    }
    let made = house.run(&["exchange", "new", "Club"]).expect(0);
    assert!(
        made.stderr.contains("Next: put people in it, from a spreadsheet with `xchange people import FILE -x Club`")
    );
    let number =
        made.stderr.split_once("its number is ").and_then(|(_, rest)| rest.split_once('.')).expect("a number").0;
    let exported = house.run(&["exchange", "export", number]).expect(0);
    house.write(
        "club.toml",
        &(exported.stdout
            + &office("club")
                .split_once("[[people]]")
                .map_or_else(String::new, |(_, people)| format!("\n[[people]]{people}"))),
    );
    house.run(&["exchange", "change", number, "--from", "club.toml"]).expect(0);
    assert!(house.run(&["check", "-x", "Club"]).expect(0).stdout.starts_with("Club: 4 people"));
}

// G8: each verb is about one of them, and shows nothing of the others.
#[test]
fn every_verb_is_about_the_exchange_that_is_named() {
    let house = two();
    let checked = house.run(&["check", "-x", "Office 2026"]).expect(0);
    assert!(checked.stdout.starts_with("Office 2026: 4 people"), "{}", checked.stdout);
    assert!(checked.stderr.contains("Next: `xchange draw -x \"Office 2026\"`."), "{}", checked.stderr);
    assert_eq!(house.run(&["draw", "-x", "office 2026", "--json"]).expect(0).json()["draw"], 1);
    assert_eq!(house.run(&["draw", "-x", "Office 2026"]).expect(1).stdout, "");
    let status = house.run(&["status", "--json", "-x", "Office 2026"]).expect(0).json();
    assert_eq!((&status["exchange"], status["people"].as_array().map(Vec::len)), (&"Office 2026".into(), Some(4)));
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["exchange"], "Hill family 2026");
    assert!(house.run(&["verify", "-x", "Office 2026"]).expect(0).stderr.contains("Everything agrees"));
    let history = |args: &[&str]| house.run(&[&["history", "--json"], args].concat()).expect(0).json();
    assert_eq!(history(&["-x", "Office 2026"])["draws"].as_array().map(Vec::len), Some(1));
    assert_eq!(history(&[])["series"], "Hill family");
    let opened =
        house.run(&["audit", "-x", "Office 2026", "--giver", "Olga", "--reason", "two parcels", "--yes", "--json"]);
    assert_eq!(opened.expect(0).json()["receiver"], pairings(&house, "office", 1)["Olga"].as_str());
    let listed =
        |args: &[&str]| house.run(&[&["outbox", "--json"], args].concat()).expect(0).json()["messages"].clone();
    assert_eq!(listed(&["-x", "Office 2026"]).as_array().map(Vec::len), Some(1));
    assert_eq!(listed(&[]).as_array().map(Vec::len), Some(0));
    let id = listed(&["-x", "Office 2026"])[0]["id"].to_string();
    house.run(&["outbox", "cancel", &id]).expect(2);
    house.run(&["outbox", "cancel", &id, "-x", "Office 2026"]).expect(0);
    house.run(&["send", "--dry-run", "-x", "Office 2026"]).expect(0);
    assert!(house.run(&["archive", "--again", "-x", "Office 2026"]).expect(0).stdout.contains("3 copies are there"));
    assert_eq!(house.run(&["messages", "--json", "-x", "Office 2026"]).expect(0).json()["exchange"], "Office 2026");
    let parts = house.run(&["doctor", "--json", "-x", "Office 2026"]).json()["parts"].clone();
    assert!(
        parts.as_array().expect("parts").iter().any(|part| part["part"] == "roster" && part["detail"] == "4 people")
    );
    assert!(house.run(&["restore", "-x", "Office 2026"]).expect(2).stderr.contains("is kept in the database"));
    assert!(house.run(&["serve", "-x", "Office 2026"]).expect(2).stderr.contains("all exchanges of the site"));
    house.run(&["draw", "-x", "Office 2026", "--redraw", "--reason", "Quin cannot come", "--yes"]).expect(0);
    assert!(house.run(&["verify"]).expect(0).stderr.contains("Everything agrees"));
    let all: Vec<_> = PEOPLE.iter().filter(|person| **person != "Ada Hill").collect();
    for verb in ["status", "history", "outbox"] {
        let said = house.run(&[verb, "-x", "Office 2026"]).expect(0).stdout;
        assert!(all.iter().all(|person| !said.contains(**person)), "{verb}: {said}");
    }
}

// G8 G19: a site without an exchange in its file.
#[test]
fn a_site_alone_keeps_its_exchanges_in_the_database() {
    let house = House::with("");
    std::fs::remove_file(house.path("exchange.toml")).expect("removed");
    let made = house.run(&["init", "--site"]).expect(0);
    assert!(made.stderr.contains("Next: `xchange exchange new NAME`"), "{}", made.stderr);
    let text = std::fs::read_to_string(house.path("exchange.toml")).expect("written");
    let sections: Vec<&str> = text.lines().filter(|line| line.trim_start_matches("# ").starts_with('[')).collect();
    let named = |name: &str| sections.iter().any(|line| line.contains(name));
    assert!(
        sections.len() == 4 && ["[site]", "[listener]", "[twilio]", "[messaging]"].iter().all(|it| named(it)),
        "{text}"
    );

    for verb in ["check", "status", "draw"] {
        let none = house.run(&[verb]).expect(2).stderr;
        assert!(none.contains("there is no exchange yet") && none.contains("xchange exchange new NAME"), "{none}");
    }
    assert!(house.run(&["exchange", "list"]).expect(0).stdout.contains("There is no exchange yet."));
    assert!(!house.path("exchange.db").exists(), "looking leaves nothing behind");
    house.run(&["doctor"]).expect(0);
    assert_eq!(house.serve().get("/healthz").status, 200);

    let new = ["exchange", "new", "Office 2026", "--keyword", "office", "--date", "2030-12-24", "--budget", "25 GBP"];
    let flags = ["--timezone", "Europe/London", "--mutual", "false", "--avoid-repeats", "1", "--reply", "{receiver}"];
    let made = house.run(&[&new[..], &flags].concat()).expect(0);
    assert!(made.stderr.contains("Made \"Office 2026\" with 0 people; its number is 1."), "{}", made.stderr);
    assert!(house.run(&["check"]).expect(1).stderr.contains("Office 2026 has nobody yet"));
    assert!(house.run(&["draw"]).expect(1).stderr.contains("an exchange needs at least two"));
    // Out, edited, in again; what the file says of a site stays out.
    let exported = house.run(&["exchange", "export"]).expect(0).stdout;
    assert!(exported.contains("mutual = false") && exported.contains("date = 2030-12-24"), "{exported}");
    let people = office("x").split_once("\n\n").expect("people").1.to_owned();
    house.write("edited.toml", &format!("# ours\n{exported}\n{people}[listener]\nbind = \"127.0.0.1:1\"\n"));
    let changed = house.run(&["exchange", "change", "--from", "edited.toml"]).expect(0);
    assert!(changed.stderr.contains("is left out") && changed.stderr.contains("4 people"), "{}", changed.stderr);
    let again = house.run(&["exchange", "export", "Office 2026"]).expect(0).stdout;
    assert!(again.starts_with("# ours") && !again.contains("[listener]"), "{again}");
    // The same in a file draws as well.
    let other = House::with(&again);
    other.run(&["draw"]).expect(0);
    assert_eq!(house.run(&["draw", "--json"]).expect(0).json()["exchange"], "Office 2026");

    let refused = house.run(&["exchange", "remove", "Office 2026", "--yes"]).expect(1);
    assert!(refused.stderr.contains("has been drawn, so it stays"), "{}", refused.stderr);
    house.run(&["exchange", "new", "Club", "--keyword", "stop"]).expect(2);
    house.run(&["exchange", "new", "Club"]).expect(0);
    assert!(house.run(&["exchange", "new", "Club"]).expect(1).stderr.contains("already has an exchange"));
    let several = house.run(&["status"]).expect(2).stderr;
    assert!(several.contains("\"Office 2026\", \"Club\"") && several.contains("-x for short"), "{several}");
    assert!(house.run(&["outbox"]).expect(0).stdout.contains("empty"), "the whole site's");
    assert!(house.run(&["send"]).expect(0).stdout.contains("0 sent"), "for the whole site");
    let unknown = house.run(&["status", "-x", "Clubb"]).expect(2).stderr;
    assert!(unknown.contains("there is no exchange \"Clubb\"") && unknown.contains("\"Club\""), "{unknown}");
    let listed = house.run(&["exchange", "list", "--json"]).expect(0).json();
    let names: Vec<_> = listed["exchanges"].as_array().expect("a list").iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, ["Office 2026", "Club"]);
    let shown = house.run(&["exchange", "show", "2", "--json"]).expect(0).json();
    assert_eq!((&shown["name"], &shown["id"], &shown["kept"]), (&"Club".into(), &"2".into(), &"database".into()));
    assert!(house.run(&["exchange", "remove", "Club"]).expect(2).stderr.contains("--yes"));
    house.run(&["exchange", "remove", "Club", "--yes"]).expect(0);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["exchange"], "Office 2026", "the only one again");
}

// G8: the file's exchange is the file's to change, and is found by its name among the others.
#[test]
fn the_exchange_of_the_file_stays_the_files() {
    let house = two();
    let listed = house.run(&["exchange", "list"]).expect(0).stdout;
    assert!(listed.contains("Hill family 2026") && listed.contains("Office 2026"), "{listed}");
    for verb in
        [&["exchange", "change", "Hill family 2026", "--keyword", "x"][..], &["exchange", "remove", "Hill family 2026"]]
    {
        assert!(house.run(verb).expect(2).stderr.contains("exchange.toml, which is yours to change"));
    }
    assert_eq!(
        house.run(&["status", "--json", "-x", "hill family 2026"]).expect(0).json()["exchange"],
        "Hill family 2026"
    );
    let exported = house.run(&["exchange", "export"]).expect(0).stdout;
    assert_eq!(exported.trim_end(), family("Hill family 2026", "").trim_end());
    // One of the same name in the database: the name alone does not say which.
    house.write("same.toml", &family("Hill family 2026", ""));
    house.run(&["exchange", "new", "Hill family 2026", "--from", "same.toml"]).expect(0);
    let which = house.run(&["status", "-x", "Hill family 2026"]).expect(2).stderr;
    assert!(which.contains("no -x for that of the file") && which.contains("-x 3"), "{which}");
    assert_eq!(house.run(&["status", "--json", "-x", "3"]).expect(0).json()["draw"], serde_json::Value::Null);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["draw"], 1);
}
