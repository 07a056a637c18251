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

// H20 A8: nobody is asked to confirm, or written to, without the way to do it or to leave
#[test]
fn an_e_mail_keeps_its_link_in_whatever_words() {
    for (name, text) in [
        ("confirm_mail", "Please confirm."),
        ("confirm_mail", "Please confirm: {{link}}"),
        ("broadcast_mail", "{text}\n\nGoodbye."),
        ("broadcast_mail", "To leave: {link}"),
    ] {
        assert_eq!(check_wording(name, text).len(), 1, "{text}");
        let voice = Voice { messages: [(name.to_owned(), text.to_owned())].into(), ..voice() };
        let mail =
            if name == "confirm_mail" { voice.confirm_mail("LINK") } else { voice.broadcast_mail("S", "TEXT", "LINK") };
        assert!(mail.text.contains("LINK") && (name == "confirm_mail" || mail.text.contains("TEXT")), "{}", mail.text);
    }
    assert_eq!(check_wording("broadcast_mail", "{text} To leave: {link}"), []);
}

/// What people write who want no more messages.
const LEAVING: &[&str] = &[
    "please stop texting me",
    "Can you please stop texting me?",
    "Stop sending me these messages!!",
    "stop sending me stuff",
    "Stop messaging this number",
    "I said stop texting me",
    "Hill Club stop texting me",
    "stop all texts",
    "stop the messages please",
    "quit texting us",
    "end these messages",
    "cease all emails",
    "Please stop",
    "stop please",
    "Please, stop!",
    "STOP NOW",
    "Stop. Please!",
    "stop stop stop",
    "stop this",
    "Please stop this now",
    "How do I stop these texts?",
    "OPT OUT",
    "opt-out",
    "opt me out",
    "Please opt my number out",
    "I want to opt out of your texts",
    "unsubscribe me",
    "Please unsubscribe",
    "I want to unsubscribe",
    "unsubscribe from this",
    "How can I unsubscribe?",
    "Remove me from this list",
    "please remove me",
    "please delete my number",
    "Delete my phone number from your records",
    "take me off your list",
    "please take my number off",
    "Take me off this list, please",
    "Leave me alone",
    "no more texts",
    "Please, no more messages",
    "I want no more texts",
    "Don't text me",
    "Do not text",
    "never text me again",
    "please don't call or text me",
    "don’t send me anything",
    "Don't send me any more",
    "do not contact me again",
    "Do not message this number",
    "I do not want these messages",
    "I don't want to get your texts",
    "I no longer want emails",
    "Thanks, but I don't want to be texted",
];

/// What others write.
const STAYING: &[&str] = &[
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
    "When does it end? Text me",
    "I get off at the next stop, text me when you are there",
    "I get off at the next stop text me when you are there",
    "Is there a bus stop? Message me",
    "Don't send me a gift, thanks",
    "don't send me the address, I have it",
    "at the end of your message",
    "Where is the stop? This message came late",
    "Can you take me out on Friday?",
    "Take me off at the station",
    "Can I delete my phone number for the old one?",
    "Please remove me from the dinner on Friday",
    "Can I opt out of the dinner?",
    "I do not want to unsubscribe",
    "Don't unsubscribe me",
    "Why did you stop texting me?",
    "They do not text me",
    "Sorry, I don't text",
    "you never text me",
    "Don't text me before 8",
    "I have to stop here, texts are dear",
    "I want to stop texting Bob",
    "I get no more texts since May",
    "I don't want anything for Christmas",
    "I am not sure I want texts",
    "don't leave me alone with this",
    "Can we stop this evening?",
    "stop now?",
    "I stopped getting texts",
    "No stop on the way, text you later",
    "Do not worry, text me any time",
];

// A12
#[test]
fn no_more_messages_can_be_asked_for_in_any_words() {
    for body in LEAVING {
        assert!(wants_out(body), "{body}");
    }
    for body in STAYING {
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
    let mail = voice().broadcast_mail("Hello\r\nBcc: x", "{name} & <script>O'Brien", "https://x.example/leave/abc");
    assert_eq!(mail.subject, "Hello Bcc: x");
    assert!(mail.text.starts_with("{name} & <script>O'Brien\n\n") && mail.text.contains("https://x.example/leave/abc"));
    assert!(mail.html.contains("&lt;script&gt;") || mail.html.contains("&#60;script&#62;"), "{}", mail.html);
    assert!(!mail.html.contains("<script>"));
}
