//! Stopping the listener: what is in hand is finished, and a second signal does not wait for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use secrecy::SecretString;
use xchange::web::signature;

use crate::support::house::{House, PATIENCE, PUBLIC_URL, Serving, TOKEN, fresh_sid, phone_of};

/// A text of which the listener has the head, and has asked for the rest.
struct InHand {
    stream: TcpStream,
    rest: String,
}

impl InHand {
    fn text(serving: &Serving, person: &str, body: &str) -> Self {
        let (sid, phone) = (fresh_sid(), phone_of(person));
        let fields = [("MessageSid", sid.as_str()), ("From", &phone), ("To", "+447700900000"), ("Body", body)];
        let token = SecretString::from(TOKEN.to_owned());
        let signed = signature::sign(&token, &format!("{PUBLIC_URL}/sms"), &fields);
        let rest = serde_urlencoded::to_string(fields).expect("a form");
        let mut stream = TcpStream::connect(&serving.address).expect("the listener listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head = format!(
            "POST /sms HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nX-Twilio-Signature: {signed}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            rest.len()
        );
        stream.write_all(head.as_bytes()).expect("taken");
        // The go-ahead is only given once the request is being handled.
        let mut go_ahead = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut go_ahead).expect("an answer");
        assert!(go_ahead.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&go_ahead));
        Self { stream, rest }
    }

    /// Sends the rest and gives all that comes back until the connection is closed.
    fn finish(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).expect("taken");
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).expect("an answer, then the end");
        answer
    }
}

fn drawn() -> House {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house
}

// X14 H15
#[test]
fn told_to_stop_it_answers_the_text_in_hand_takes_no_other_and_ends_well() {
    let house = drawn();
    let (_, receiver) = house.pairings(1).into_iter().find(|(giver, _)| giver == "Ben Hill").expect("Ben gives");
    let serving = house.serve();
    let in_hand = InHand::text(&serving, "Ben Hill", "christmas");
    // Once from the terminal and once from whatever started it: that is one wish.
    serving.terminate_times(2);
    serving.wait_until_closed();

    let answer = in_hand.finish();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains(&format!("<Message>{}</Message>", receiver.replace('\'', "&apos;"))), "{answer}");
    let log = serving.ended(0);
    assert!(log.contains("Stopped. Every text received was answered."), "{log}");

    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["people"][1]["asked"], 1, "the answered text is in the log");
    assert!(!house.path("exchange.db-wal").exists(), "one file holds everything");
}

// X14
#[test]
fn whoever_insists_need_not_wait_for_the_text_in_hand() {
    let house = drawn();
    let mut serving = house.serve();
    let in_hand = InHand::text(&serving, "Ben Hill", "christmas");
    let started = Instant::now();
    while !serving.has_ended() {
        serving.terminate();
        assert!(started.elapsed() < PATIENCE, "it does not end");
    }
    let log = serving.ended(2);
    assert!(log.contains("stopped at once, with work in hand"), "{log}");
    drop(in_hand);
    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["people"][1]["asked"], 0, "what was not answered was not counted");
}
