use super::*;
use crate::conversation::{CarrierWord, carrier_word};

fn voice() -> Voice {
    Voice { list: "Club news".to_owned(), sender: "Hill Club".to_owned(), messages: BTreeMap::new() }
}

// H20
#[test]
fn every_text_is_sound_has_a_name_of_its_own_and_can_be_reworded() {
    for wording in WORDINGS {
        assert_eq!(check_wording(wording.name, wording.text), [], "{}", wording.name);
        assert_eq!(WORDINGS.iter().filter(|other| other.name == wording.name).count(), 1);
    }
    let own = [("confirm_sms".to_owned(), "Say YES!".to_owned()), ("confirmed".to_owned(), "{nobody}".to_owned())];
    let reworded = Voice { messages: own.into(), ..voice() };
    assert_eq!(reworded.confirm_sms(), "Hill Club: Say YES!", "the first text says who writes, by itself");
    assert_eq!(reworded.words(Outcome::Confirmed), voice().words(Outcome::Confirmed), "an unsound one is not used");
}

// A12
#[test]
fn no_more_messages_can_be_asked_for_in_any_words() {
    for body in [
        "please stop texting me",
        "Stop sending me these messages!!",
        "stop all texts",
        "Please stop",
        "stop please",
        "OPT OUT",
        "opt-out",
        "unsubscribe me",
        "Please unsubscribe",
        "Remove me from this list",
        "please delete my number",
        "take me off your list",
        "Leave me alone",
        "no more texts",
        "Don't text me",
        "don’t send me anything",
        "do not contact me again",
        "I do not want these messages",
    ] {
        assert!(wants_out(body), "{body}");
    }
    for body in [
        "please don't stop texting me",
        "never stop sending texts",
        "which bus stop is it?",
        "does it end at 8?",
        "I will stop by at 8",
        "thanks for the text",
        "do not forget the cake",
        "take the bus, not the train",
        "no more cake for me",
        "can I leave early?",
        "",
        "yes",
    ] {
        assert!(!wants_out(body), "{body}");
    }
}

// A12 H13
#[test]
fn a_carriers_word_is_never_guessed() {
    assert_eq!(carrier_word("STOP"), Some(CarrierWord::OptOut));
    for body in ["stop", "quit", "end", "cancel", "unsubscribe", "stopp", "sotp"] {
        assert!(!wants_out(body), "{body} alone is the carriers'");
    }
}

// A6
#[test]
fn names_and_words_are_literal_in_mails() {
    let mail = voice().confirm_mail("<script>O'Brien", "https://x.example/confirm/abc");
    assert!(mail.html.contains("&lt;script&gt;") || mail.html.contains("&#60;script&#62;"), "{}", mail.html);
    assert!(!mail.html.contains("<script>"));
    let mail = voice().broadcast_mail("Hello\r\nBcc: x", "{name} & <b>", "https://x.example/leave/abc");
    assert_eq!(mail.subject, "Hello Bcc: x");
    assert!(mail.text.starts_with("{name} & <b>\n\n") && mail.text.contains("https://x.example/leave/abc"));
}
