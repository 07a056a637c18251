//! The demo as a newcomer starts it: the real binary, its page, and a text from one of its phones.

use std::net::TcpListener;

use crate::support::demo::Demo;
use crate::support::house::House;

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
