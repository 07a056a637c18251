//! What the verbs say besides their data: what is missing for whom, what comes next, whom it touches; and what they never
//! overwrite.

use jiff::{ToSpan, Zoned};

use crate::support::house::{House, PEOPLE, family};

const BY_MAIL: &str = "[exchange]\nname = \"Hill family 2026\"\n\
    [[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n\
    [[people]]\nname = \"Cy\"\nemail = \"c@example.org\"\n";

// X24
#[test]
fn the_picture_replaces_nothing_but_a_picture_of_its_own() {
    let more = "[store]\npath = \"kept.svg\"\n[seal]\nkey_file = \"key.svg\"\n";
    let house = House::with(&family("Hill family 2026", more));
    house.run(&["draw"]).expect(0);
    house.write("notes.svg", "not a picture at all");
    house.write("other.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><circle r=\"1\"/></svg>");
    house.write("empty.svg", "");
    std::os::unix::fs::symlink(house.path("key.svg"), house.path("link.svg")).expect("a link");
    let before = house.files();
    for path in [
        "kept.svg",
        "./kept.svg",
        "key.svg",
        "notes.svg",
        "other.svg",
        "empty.svg",
        "link.svg",
        "exchange.toml",
        "sealed/x.svg",
        "sealed/hill-family/draw-0001.age",
        "-",
        "who.png",
        "who",
        "nowhere/who.svg",
    ] {
        let refused = house.run(&["check", "--picture", path]).expect(2);
        assert!(refused.stderr.starts_with("error: "), "{path}: {}", refused.stderr);
        assert!(!refused.stderr.contains("Wrote"), "{path}: {}", refused.stderr);
        assert!(house.files() == before, "{path}: a file has changed");
    }
    for _ in 0..2 {
        let said = house.run(&["check", "--picture", "who.svg"]).expect(0);
        assert!(said.stderr.contains("Wrote who.svg."), "{}", said.stderr);
    }
    let picture = std::fs::read_to_string(house.path("who.svg")).expect("written");
    for part in ["<title>Who may give to whom: Hill family 2026</title>", ">may give</text>", ">household</text>"] {
        assert!(picture.contains(part), "{part}");
    }
    assert_eq!(house.files().len(), before.len() + 1, "no part file is left");
}

// X24
#[test]
fn drawing_again_asks_first_and_is_refused_where_nobody_can_be_asked() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let refused = house.run(&["draw", "--redraw", "--reason", "Gil cannot come"]).expect(2);
    assert!(refused.stderr.contains("not a terminal") && refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["draw"], 1);
    house.run(&["draw", "--redraw", "--reason", "Gil cannot come", "--yes"]).expect(0);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["draw"], 2);
}

#[test]
fn what_is_missing_for_whom_and_what_comes_next_is_said() {
    let by_mail = House::with(BY_MAIL);
    let checked = by_mail.run(&["check"]).expect(0);
    assert!(
        checked.stderr.contains("3 people are told by e-mail, which needs an [smtp] section: Ada, Ben, Cy."),
        "{checked:?}"
    );
    assert!(!checked.stderr.contains("TWILIO") && !checked.stdout.contains("SMS"), "{checked:?}");
    assert!(checked.stderr.contains("Next: `xchange draw`."), "{checked:?}");
    let drawn = by_mail.run(&["draw", "--file", "exchange.toml"]).expect(0);
    assert!(drawn.stderr.contains("[smtp]") && !drawn.stderr.contains("TWILIO"), "{drawn:?}");
    assert!(
        drawn.stderr.ends_with("Next: `xchange send --file exchange.toml` (tells 3 people by e-mail).\n"),
        "{drawn:?}"
    );
    let checked = by_mail.run(&["check"]).expect(0);
    assert!(checked.stderr.contains("Next: `xchange send` (tells 3 people by e-mail)."), "{checked:?}");

    let chosen = BY_MAIL.replacen("email =", "phone = \"+447700900123\"\ndeliver = \"email\"\nemail =", 1);
    let checked = House::with(&chosen).run(&["check"]).expect(0);
    assert!(checked.stderr.contains("3 people are told by e-mail"), "{checked:?}");
    let mixed = House::with(&chosen.replace("deliver = \"email\"\n", ""));
    let drawn = mixed.run(&["draw"]).expect(0);
    let says = "Next: `xchange serve` (answers 1 person, who texts CHRISTMAS, and tells 2 people by e-mail), or `xchange send` for \
                the e-mails alone.\n";
    assert!(drawn.stderr.ends_with(says), "{drawn:?}");

    let by_text = House::with(&family("Hill family 2026", "[twilio]\nfrom = \"+447700900000\"\n"));
    let drawn = by_text.run(&["draw"]).expect(0);
    assert!(drawn.stderr.contains("6 people are told by text, which needs TWILIO_ACCOUNT_SID"), "{drawn:?}");
    assert!(drawn.stderr.ends_with("Next: `xchange serve` (answers 6 people, who text CHRISTMAS).\n"), "{drawn:?}");
    assert!(by_text.run(&["draw", "--quiet"]).expect(1).stderr.contains("drawn already"));
    // A listener answers for all exchanges, so none is named to it.
    let checked = by_text.run(&["check", "-x", "Hill family 2026"]).expect(0);
    assert!(checked.stderr.ends_with("Next: `xchange serve` (answers 6 people, who text CHRISTMAS).\n"), "{checked:?}");
    // What answers is the draw, whatever the file says since.
    let drawn = std::fs::read_to_string(by_text.path("exchange.toml")).expect("a roster");
    let by_mail = drawn.replacen("phone = ", "email = \"ada@example.org\"\ndeliver = \"email\"\nphone = ", 1);
    by_text.write("exchange.toml", &by_mail);
    let checked = by_text.run(&["check"]).expect(0);
    assert!(checked.stderr.contains("6 people are told by text"), "{checked:?}");
    assert!(checked.stderr.ends_with("Next: `xchange update --dry-run`.\n"), "{checked:?}");
}

#[test]
fn who_gets_no_reminder_is_named() {
    #[expect(clippy::disallowed_methods, reason = "the binary under test goes by the machine's calendar")]
    let day = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date() + 1.day();
    let gil = "[[people]]\nname = \"Gil Marsh\"\nemail = \"gil@example.org\"\n\n";
    let more = format!("{gil}[messaging]\nmode = \"files\"\n[reminders]\nbefore = [\"1 day\", \"2 days\"]\n");
    let roster = family("Hill family 2026", &more).replace("keyword =", &format!("date = {day}\nkeyword ="));
    let house = House::with(&roster);
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    serving.text("Ada Hill", "hello");
    serving.stop();
    let says = "5 people get no reminder (they have never texted, or said STOP); tell them yourself: Ben Hill, Cleo Marsh, Dev Marsh, Edith Wood, \
                Finn O'Brien";
    assert!(house.run(&["send", "--dry-run"]).expect(0).stdout.contains(says));
    assert!(house.run(&["send"]).expect(0).stderr.contains(says));
    let plan = house.run(&["send", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(plan["plan"]["unreminded"].as_array().map(Vec::len), Some(5));
}

// X18
#[test]
fn the_roster_s_warnings_are_said_where_it_is_acted_by_and_nowhere_else() {
    let shared = family("Hill family 2026", "").replace("+447700900101", "+447700900100");
    let house = House::with(&shared);
    for verb in ["check", "draw"] {
        assert!(house.run(&[verb]).expect(0).stderr.contains("shares the phone +44…00 with"), "{verb}");
    }
    let audit = ["audit", "--giver", "Ada Hill", "--reason", "a dispute", "--yes"];
    for args in [&["status"][..], &["outbox"], &["history"], &["verify"], &["doctor"], &["send"], &audit] {
        let said = house.run(args);
        assert!(!said.stderr.contains("shares"), "{args:?}: {}", said.stderr);
    }
}

// G3
#[test]
fn a_series_that_is_new_to_the_database_is_pointed_out() {
    let house = House::family();
    assert!(!house.run(&["draw"]).expect(0).stderr.contains("New series"), "the first of all");
    let named =
        |series: &str| family("Hills 2030", "").replace("series = \"Hill family\"", &format!("series = \"{series}\""));
    house.write("exchange.toml", &named("Hills"));
    let says = "New series \"Hills\". This database also has \"Hill family\" (1 draw);";
    assert!(house.run(&["check"]).expect(0).stderr.contains(says));
    assert!(house.run(&["draw"]).expect(0).stderr.contains(says));
    assert!(!house.run(&["status"]).expect(0).stderr.contains(says));

    house.write("exchange.toml", &named("Hill Family"));
    let refused = house.run(&["draw"]).expect(1);
    assert!(refused.stderr.contains("set series = \"Hill family\" under [exchange]"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("restore"), "nothing is lost: {}", refused.stderr);
}

#[test]
fn the_example_s_people_are_not_drawn_without_a_word() {
    let house = House::with("");
    let wrote = house.run(&["init"]).expect(0);
    assert!(
        wrote.stderr.contains("Wrote exchange.toml.\nNext: "),
        "an empty file has nothing to lose: {}",
        wrote.stderr
    );
    assert!(house.run(&["draw"]).expect(0).stderr.contains("warning: these are the people of the example"));
    let other = house.run(&["init", "--file", "other.toml"]).expect(0);
    assert!(other.stderr.contains("`xchange check --file other.toml`"), "{}", other.stderr);
    assert!(!House::family().run(&["draw"]).expect(0).stderr.contains("of the example"));
}

#[test]
fn help_is_short_or_long_and_the_manual_page_has_it_all() {
    let house = House::family();
    let short = house.run(&["send", "-h"]).expect(0).stdout;
    let long = house.run(&["send", "--help"]).expect(0).stdout;
    let why = "A running listener does the same by itself";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!flat(&short).contains(why) && flat(&long).contains(why), "{long}");
    assert!(!short.contains("Examples:") && long.contains("Examples:\n  xchange send --dry-run"), "{long}");
    let whole = house.run(&["--help"]).expect(0).stdout;
    for part in ["Examples:", "Files:", "Environment:", "Exit codes:"] {
        assert!(whole.contains(part), "{part}");
    }
    let page = house.run(&["man"]).expect(0).stdout;
    for part in ["XCHANGE OUTBOX RETRY", "XCHANGE OUTBOX CANCEL", "EXIT CODES", "exchange.key", "send \\-\\-dry\\-run"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_slip_on_the_command_line_is_answered_in_words() {
    let house = House::family();
    let number = house.run(&["outbox", "cancel", "abc"]).expect(2);
    assert!(number.stderr.contains("`xchange outbox` lists them"), "{}", number.stderr);
    let long = "x".repeat(3000);
    let reason = house.run(&["audit", "--giver", "Ada Hill", "--reason", &long]).expect(2);
    assert!(reason.stderr.contains("at most 300") && reason.stderr.len() < 400, "{}", reason.stderr);
    let file = house.run(&["check", "roster.toml"]).expect(2);
    assert!(file.stderr.contains("tip: name the roster with --file roster.toml"), "{}", file.stderr);
}

// H1
#[test]
fn an_auth_token_that_could_be_guessed_starts_no_listener() {
    let mut house = House::family();
    house.set("TWILIO_AUTH_TOKEN", " \n");
    let refused = house.run(&["serve", "--bind", "127.0.0.1:0", "--public-url", "https://xmas.example.org"]).expect(2);
    assert!(refused.stderr.contains("no secret in TWILIO_AUTH_TOKEN"), "{}", refused.stderr);
    house.set("TWILIO_AUTH_TOKEN", "short");
    let refused = house.run(&["serve", "--bind", "127.0.0.1:0", "--public-url", "https://xmas.example.org"]).expect(2);
    assert!(refused.stderr.contains("could be guessed") && !refused.stderr.contains("short\""), "{}", refused.stderr);
}

#[test]
fn a_pipe_gets_tabs_and_no_rules() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    for verb in ["status", "history", "verify", "doctor"] {
        let piped = house.run(&[verb]).stdout;
        assert!(!piped.contains('─') && !piped.contains('\u{1b}') && !piped.contains("  "), "{verb}: {piped}");
    }
    let status = house.run(&["status"]).expect(0).stdout;
    assert!(PEOPLE.iter().all(|name| status.contains(&format!("\n{name}\tnot yet\t"))), "{status}");
    let verified = house.run(&["verify"]).expect(0);
    assert!(!verified.stdout.contains("sealed/") && verified.stderr.ends_with("checks).\n"), "{verified:?}");
}
