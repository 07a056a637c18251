//! The entry points of the fuzz targets in `fuzz/`, and of their short deterministic run in the tests.
//!
//! Each takes any bytes, feeds them to the room whose input they pretend to be, and panics where an invariant of that
//! room does not hold. Not part of the tool.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use crate::conversation::exchange::{
    Intent, MAX_RELAY, Outcome, Receiver, View, Vocabulary, check_wording, names_sender, outgoing, speaker, understand,
    words,
};
use crate::conversation::{MAX_SMS, Template, carrier_word};
use crate::messaging::length::measure;
use crate::model::{Exchange, Person, PersonIndex, Phone, Rules};
use crate::roster::{self, RosterError, render_all};
use crate::seal::{self, DrawDocument, Header, Identity, Opening};

pub use crate::web::fuzzing::form;

/// An incoming text: its understanding, and everything that is made of it.
pub fn conversation(bytes: &[u8]) {
    let body = String::from_utf8_lossy(bytes);
    let exchange = two_people(&body);
    let sharers: Vec<(PersonIndex, &str)> = exchange.ids().map(|(id, person)| (id, person.name.as_str())).collect();
    let _ = carrier_word(&body);
    for keyword in ["christmas", "noël", "圣诞", &body] {
        let mut intent = understand(&body, &Vocabulary::new(keyword));
        let _ = speaker(&mut intent, &sharers);
        if let Intent::Ask { text, .. } | Intent::Tell { text, .. } | Intent::Wish(text) = &intent {
            assert!(!text.is_empty() && text.chars().count() <= MAX_RELAY, "what is passed on has its bounds");
            assert!(!text.chars().any(char::is_control), "what is passed on is clean");
            assert_says_nothing(&exchange, text);
        }
    }
    let wishes = [body.clone().into_owned()];
    let receivers = [Receiver { name: "Ben", wishes: &wishes }];
    let view = View { me: Some(PersonIndex(0)), receivers: &receivers, wishes: &wishes, ..View::stranger(&exchange) };
    let answer = words(&Outcome::Told, &view).unwrap_or_default();
    assert!(answer.chars().count() <= MAX_SMS, "an answer fits into one message");
    assert!(words(&Outcome::Told, &View { me: None, ..view }).is_none(), "nobody's receiver is shown to nobody");
    assert!(measure(&answer).segments <= MAX_SMS, "segments are counted");
    let _ = Template::parse(&body, &["receiver"]);
    let _ = check_wording("menu", &body);
}

/// A roster file: refused with problems that can be shown, or accepted with people of whom everyone can be reached.
pub fn roster(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match roster::parse(text, Path::new("exchange.toml")) {
        Ok(roster) => {
            assert!(roster.exchange.people.len() > 1, "nobody draws alone");
            assert!(
                roster.exchange.people.iter().all(|p| p.phone.is_some() || p.email.is_some()),
                "everybody has an address"
            );
        }
        Err(RosterError::Problems(problems)) => {
            assert!(!problems.is_empty(), "a refusal has a reason");
            assert!(!render_all(&problems).is_empty(), "a reason can be shown");
        }
        Err(_) => {}
    }
}

/// A sealed file, and what stands in one or beside one: the document of a draw, its header, an opening.
pub fn sealed(bytes: &[u8]) {
    static KEY: LazyLock<Identity> = LazyLock::new(Identity::generate);
    assert!(seal::open(bytes, &KEY).is_err(), "nothing is sealed to a key that was made a moment ago");
    let _ = Header::from_json(bytes);
    let _ = Opening::from_json(bytes).map(|opening| opening.computed_hash());
    let Ok(document) = DrawDocument::read_json(bytes) else { return };
    let pairings = document.all_pairings().count();
    assert!((0..pairings).all(|index| document.receipt(index).is_some()), "every pairing has its receipt");
    let mut written = Vec::new();
    document.write_json(&mut written).expect("memory takes any bytes");
    assert!(DrawDocument::read_json(&written).is_ok_and(|again| again == document), "what is written is read back");
}

/// Renders what a text becomes on its way to the other side.
fn assert_says_nothing(exchange: &Exchange, text: &str) {
    let ada = exchange.person(PersonIndex(0));
    let _ = names_sender(text, ada);
    assert!(outgoing::question_sms(exchange, text).chars().count() <= MAX_SMS, "a question fits into one message");
    let html = outgoing::question_mail(exchange, exchange.person(PersonIndex(1)), text, ("", "")).html;
    assert!(!html.contains("<script") && !html.contains("<img"), "a text is never markup");
}

/// Ada and Ben, one phone, and wordings that may be anything.
fn two_people(wording: &str) -> Exchange {
    let person = |name: &str| Person {
        id: None,
        name: name.to_owned(),
        phone: Phone::from_provider("+447700900123"),
        email: None,
        deliver: None,
        households: Vec::new(),
        wishes: Vec::new(),
        place: None,
    };
    Exchange {
        name: "Hill family".to_owned(),
        series: "Hill family".to_owned(),
        keyword: "christmas".to_owned(),
        date: None,
        timezone: "UTC".to_owned(),
        budget: None,
        reply: wording.to_owned(),
        country: None,
        rules: Rules::default(),
        people: vec![person("Ada Hill"), person("Ben Hill")],
        exclusions: Vec::new(),
        past: Vec::new(),
        messages: BTreeMap::from([("answer".to_owned(), wording.to_owned())]),
    }
}
