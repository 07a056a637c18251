//! The demo as a newcomer starts it: the real binary, its page, and a text from one of its phones.

use std::net::TcpListener;

use crate::support::demo::Demo;
use crate::support::house::{House, family};

// X4 X11
#[test]
fn the_demo_draws_a_family_and_answers_its_phones_by_the_signed_route() {
    let house = House::family();
    let demo = Demo::start(&house, &["--port", "0"]);
    assert!(demo.ask("GET", "/phones", "").contains("200 OK"));
    let people = demo.ask("GET", "/phones/people", "");
    assert!(people.contains("Grandma Edith") && !people.contains("+4477009001"), "{people}");
    let answer = demo.ask("POST", "/phones/0/text", "{\"body\":\"Merry Christmas!\"}");
    assert!(answer.contains("200 OK"), "{answer}");
    let family = ["Ada Hill", "Ben Hill", "Cleo Marsh", "Dev Marsh", "Aunt Zo\u{eb}", "Theo Wood"];
    assert_eq!(family.iter().filter(|name| answer.contains(**name)).count(), 1, "one name, and no other: {answer}");
    assert!(!demo.said.contains("Grandma"), "{}", demo.said);
    assert!(!house.path("exchange.db").exists() && !house.path("sealed").exists(), "nothing is left beside the roster");
}

// X17: a rehearsal with one's own people, those without a phone counted
#[test]
fn the_demo_of_ones_own_roster_says_who_is_in_it() {
    let bjorn = "\n[[people]]\nname = \"Uncle Björn\"\nemail = \"bjorn@example.org\"\n";
    let house = House::with(&family("Hill family 2026", bjorn));
    let demo = Demo::start(&house, &["--port", "0", "--file", "exchange.toml"]);
    assert!(demo.said.contains("Hill family 2026 for 7 people"), "{}", demo.said);
    let people = demo.ask("GET", "/phones/people", "");
    assert!(people.contains(r#""play":"own""#), "{people}");
    assert!(people.contains(r#""name":"Uncle Björn","number":null,"email":"b…@….org""#), "{people}");
    let status = demo.ask("GET", "/phones/organizer", "");
    assert!(status.contains(r#"{"name":"Uncle Björn","asked":0,"mailed":true}"#), "{status}");
    // More than a real phone may send in a minute.
    for number in 1..=25 {
        let answer = demo.ask("POST", "/phones/0/text", "{\"body\":\"menu\"}");
        assert!(answer.contains("CHRISTMAS: who you have"), "text {number}: {answer}");
    }
    assert!(!house.path("exchange.db").exists() && !house.path("sealed").exists(), "nothing is left beside the roster");
    let help = house.run(&["demo", "--help"]).expect(0).stdout;
    assert!(help.contains("or an invented family]") && help.contains("[default: 5050"), "{help}");
    assert!(!help.contains("or `exchange.toml`]"), "{help}");
}

// X17
#[test]
fn the_demo_takes_another_port_when_its_own_is_taken_and_says_so() {
    // Whoever holds the port, it is taken.
    let _held = TcpListener::bind("127.0.0.1:5050");
    let house = House::family();
    let demo = Demo::start(&house, &[]);
    assert!(demo.said.contains("5050 is taken"), "{}", demo.said);
    assert!(!demo.address.ends_with(":5050"), "{}", demo.address);
    assert!(demo.ask("GET", "/phones", "").contains("200 OK"));
}

// A7 G7 X11: whoever sits at the machine is the organizer of what the demo made up, and no other site can make them
#[test]
fn the_demo_opens_on_a_page_and_signs_in_whoever_presses_its_buttons() {
    let house = House::family();
    let demo = Demo::start(&house, &["--port", "0", "--json"]);
    let first = demo.ask("GET", "/", "");
    for path in ["/phones", "/phones/dinner", "/phones/reception", "/phones/list", "/phones/mail", "/api/docs"] {
        assert!(first.contains(&format!("href=\"{path}\"")), "{path}: {first}");
        assert!(!demo.ask("GET", path, "").contains("404 Not Found"), "{path}");
    }
    let own = ("Origin", &*format!("http://{}", demo.address));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let press = |to: &str, origin| demo.send("POST /phones/sign-in", &[form, origin], &format!("to={to}"));
    for page in ["/exchanges", "/events", "/desks", "/lists", "/contacts", "/outbox", "/account"] {
        assert!(demo.ask("GET", page, "").contains("303 See Other"), "{page} is for whoever is signed in");
        let pressed = press(page, own);
        assert!(pressed.contains(&format!("location: {page}\r\n")), "{pressed}");
        let cookie = pressed.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a session");
        let cookie = cookie.split(';').next().expect("a value");
        let shown = demo.send(&format!("GET {page}"), &[("Cookie", cookie)], "");
        assert!(shown.contains("200 OK") && shown.contains("host@example.org"), "{shown}");
    }
    assert!(press("/events", ("Origin", "http://evil.example")).contains("403 Forbidden"));
    for elsewhere in ["//evil.example", "/%5Cevil.example", "http://evil.example", "", "/%0d%0ax"] {
        assert!(press(elsewhere, own).contains("400 Bad Request"), "{elsewhere}");
    }
    let shown = demo.ask("GET", "/phones/people?scene=mail", "");
    assert!(shown.contains("Paul Whitby") && !shown.contains("paul@"), "addresses are masked: {shown}");
    let rehearsed = House::family();
    let rehearsal = Demo::start_verb(&rehearsed, &["rehearse", "--port", "0"]);
    assert!(rehearsal.ask("GET", "/", "").contains("location: /phones\r\n"));
    for page in ["/events", "/phones/dinner", "/api/docs", "/sign-in", "/phones/sign-in"] {
        assert!(
            rehearsal.ask("GET", page, "").contains("404 Not Found"),
            "a rehearsal is of the exchange alone: {page}"
        );
    }
}
