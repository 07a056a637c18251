//! The demo as a newcomer starts it: the real binary, its page, and a text from one of its phones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::support::house::House;

struct Demo {
    child: Child,
    address: String,
    said: String,
}

/// Starts the demo and reads the address it prints.
fn start(house: &House, args: &[&str]) -> Demo {
    let mut child = house
        .command(&[&["demo"], args].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let page = lines.next().expect("an address").expect("text");
    let address =
        page.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/phones")).expect("the page").to_owned();
    let mut said = String::new();
    let mut talk = BufReader::new(child.stderr.take().expect("piped"));
    while !said.contains("Ctrl-C") {
        assert!(talk.read_line(&mut said).expect("text") > 0, "it says how to end it: {said}");
    }
    Demo { child, address, said }
}

impl Demo {
    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let origin = &self.address;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {origin}\r\nOrigin: http://{origin}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

// X4 X11
#[test]
fn the_demo_draws_a_family_and_answers_its_phones_by_the_signed_route() {
    let house = House::family();
    let demo = start(&house, &["--port", "0"]);
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
    let demo = start(&house, &[]);
    assert!(demo.said.contains("5050 is taken"), "{}", demo.said);
    assert!(!demo.address.ends_with(":5050"), "{}", demo.address);
    assert!(demo.ask("GET", "/phones", "").contains("200 OK"));
}
