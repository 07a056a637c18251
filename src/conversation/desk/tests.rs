//! Every text in full, and what is understood.

use jiff::civil::date;

use super::*;
use crate::messaging::length::{Encoding, measure};

fn place() -> Place {
    Place { name: "Reception".to_owned(), address: "1 Mill Lane".to_owned(), keep_days: 30, ..Place::default() }
}

fn visit() -> Visit<'static> {
    let came = date(2026, 6, 1).at(10, 5, 0, 0);
    Visit {
        visitor: "Cleo Marsh",
        phone: "+447700900123",
        email: "cleo@example.org",
        host: "Ada Hill",
        room: "2.14",
        came,
        leaves: date(2026, 6, 1).at(11, 30, 0, 0),
    }
}

// V3
#[test]
fn a_host_answers_in_one_word_and_a_visitor_leaves_with_one() {
    for (text, expected) in [
        ("OK", Intent::Coming),
        ("ok!", Intent::Coming),
        ("5", Intent::InMinutes(5)),
        (" 5 min.", Intent::InMinutes(5)),
        ("10min", Intent::InMinutes(10)),
        ("0", Intent::Other),
        ("500", Intent::Other),
        ("No.", Intent::CannotCome),
        ("OUT", Intent::Out),
        ("no way", Intent::Other),
        ("", Intent::Other),
        ("-5", Intent::InMinutes(5)),
        ("99999999999999999999", Intent::Other),
    ] {
        assert_eq!(understand(text), expected, "{text:?}");
    }
}

// V2: who, phone, e-mail, in, out, where.
#[test]
fn the_host_reads_who_has_come() {
    insta::assert_snapshot!(place().arrived(&visit()), @"Cleo Marsh is here for you at Reception, 1 Mill Lane. Phone +447700900123, e-mail cleo@example.org. In 10:05, out 11:30. Text OK if you are coming, 5 for five minutes, NO if you cannot.");
    let nobody = Visit { phone: "", email: "", room: "", ..visit() };
    assert!(place().arrived(&nobody).contains("No phone, no e-mail."));
    let mail = place().arrived_mail(&nobody);
    assert!(!mail.text.contains("Your room"), "{}", mail.text);
    insta::assert_snapshot!(place().arrived_mail(&visit()).text, @r"
    Hello Ada Hill,

    Cleo Marsh is at Reception for you.

    Phone +447700900123, e-mail cleo@example.org

    In: 10:05, out: 11:30

    Where: Reception, 1 Mill Lane

    Your room: 2.14
    ");
}

// V3: in, out, host, address.
#[test]
fn the_visitor_reads_that_it_is_time() {
    insta::assert_snapshot!(place().goodbye(&visit()), @"Reception, 1 Mill Lane: your time with Ada Hill is over (in 10:05, out 11:30). Text OUT when you leave. Thank you for coming.");
    insta::assert_snapshot!(place().goodbye_mail(&visit()).text, @r"
    Hello Cleo Marsh,

    your time with Ada Hill is over. Thank you for coming.

    In: 10:05, out: 11:30

    Where: Reception, 1 Mill Lane
    ");
    let over_night = Visit { leaves: date(2026, 6, 2).at(0, 30, 0, 0), ..visit() };
    assert!(place().goodbye(&over_night).contains("in 1 June 2026, 10:05, out 2 June 2026, 00:30"));
}

// H20
#[test]
fn every_text_is_listed_and_can_be_worded_differently() {
    let mut place = place();
    place.messages.insert("goodbye".to_owned(), "Bye {visitor}!".to_owned());
    place.messages.insert("arrived".to_owned(), "{nobody}".to_owned());
    assert_eq!(place.goodbye(&visit()), "Bye Cleo Marsh!");
    assert!(place.arrived(&visit()).starts_with("Cleo Marsh is here"), "one that is no sound template does not count");
    let all = listed(&place);
    let reworded: Vec<&str> = all.iter().filter(|it| it.text != it.usual).map(|it| it.name).collect();
    assert_eq!(reworded, ["goodbye"]);
    for text in &all {
        assert_eq!(check_wording(text.name, text.usual), [], "{}", text.name);
        assert!(!text.example.contains('{'), "{}", text.example);
        if text.way == crate::conversation::Way::Sms {
            let length = measure(&text.example);
            assert_eq!(length.encoding, Encoding::Gsm7, "{}", text.name);
            assert!(length.segments <= 2, "{}", text.name);
        }
    }
    assert_eq!(check_wording("goodby", "x")[0].hint.as_deref(), Some("did you mean goodbye?"));
}

// V5
#[test]
fn the_kiosk_says_who_is_free() {
    insta::assert_snapshot!(place().host_busy("Ada Hill", "14:30", &["Ben".to_owned(), "Cleo".to_owned()]), @"Ada Hill is not free until 14:30. Ben and Cleo are free.");
    insta::assert_snapshot!(place().nobody_free(Some(("Ada Hill", "at 14:30"))), @"Nobody is free just now. Ada Hill is the next, at 14:30.");
    insta::assert_snapshot!(place().nobody_free(None), @"Nobody is free today. Please ask at the desk.");
    insta::assert_snapshot!(place().host_says(Some("5"), "Cleo", "Ada Hill"), @"Ada Hill is here in 5 minutes.");
}

proptest::proptest! {
    // A6
    #[test]
    fn names_are_shown_as_they_are_and_never_read_as_templates(name in "\\PC{1,60}") {
        let shown = place().arrived(&Visit { visitor: &name, ..visit() });
        proptest::prop_assert!(shown.contains("is here for you at Reception"));
    }
}
