//! Every text that hosts and visitors of a desk read, by the name under which it can be worded differently.

use super::Place;
use crate::conversation::template::TemplateProblem;
use crate::conversation::wording::{self, Way, Wording, WordingContext, wordings};

/// What may stand in every text.
const EVERYWHERE: &[&str] = &["desk", "address"];

wordings! {
    everywhere EVERYWHERE;

    Sms {
        /// To the host, at once
        ARRIVED = "arrived" ["visitor" "phone" "email" "reach" "in" "out" "room"] "{visitor} is here for you at {desk}, {address}. {reach}. In {in}, out {out}. Text OK if you are coming, 5 for five minutes, NO if you cannot.";
        /// To the visitor, when it is time to leave
        GOODBYE = "goodbye" ["visitor" "host" "in" "out"] "{desk}, {address}: your time with {host} is over (in {in}, out {out}). Text OUT when you leave. Thank you for coming.";
        /// OK, 5 or NO, from a host whose visitor waits
        HOST_NOTED = "host_noted" ["visitor"] "Noted. The desk shows it to {visitor}.";
        /// OK, 5 or NO, from a host who has no visitor
        NOBODY_WAITS = "nobody_waits" [] "Nobody waits for you at {desk}.";
        /// OUT
        LEFT = "left" ["host"] "Noted: you have left {desk}. Goodbye!";
        /// OUT, from somebody who has left
        LEFT_BEFORE = "left_before" [] "Noted: you had left {desk} already. Goodbye!";
        /// Anything else from a host
        NUDGE_HOST = "nudge_host" [] "When a visitor waits at {desk}: text OK if you are coming, 5 for five minutes, NO if you cannot.";
        /// Anything else from a visitor
        NUDGE_VISITOR = "nudge_visitor" [] "Text OUT when you leave {desk}.";
        /// A text from a phone that is in several topics, without a word that says which it is about
        WHICH = "which" ["choices"] "Which one is it? Please text {choices}";
        /// The first text over the limit
        TOO_MANY = "too_many" [] "That is a lot of texts. Please try again later.";
    }

    Mail {
        /// Subject of the e-mail to the host
        ARRIVED_SUBJECT = "arrived_subject" ["visitor"] "{visitor} is here for you";
        /// E-mail to the host, at once
        ARRIVED_MAIL = "arrived_mail" ["visitor" "phone" "email" "reach" "in" "out" "room" "host"] "Hello {host},\n\n{visitor} is at {desk} for you.\n\n{reach}\n\nIn: {in}, out: {out}\n\nWhere: {desk}, {address}\n\nYour room: {room}";
        /// Subject of the e-mail to the visitor
        GOODBYE_SUBJECT = "goodbye_subject" ["host"] "Your visit to {host}";
        /// E-mail to the visitor, when it is time to leave
        GOODBYE_MAIL = "goodbye_mail" ["visitor" "host" "in" "out"] "Hello {visitor},\n\nyour time with {host} is over. Thank you for coming.\n\nIn: {in}, out: {out}\n\nWhere: {desk}, {address}";
    }

    Part {
        /// On the kiosk, above the form
        WELCOME = "welcome" [] "Welcome to {desk}";
        /// On the kiosk, beside the box that is to be ticked
        CONSENT = "consent" ["days"] "{desk} may keep what I type here, show it to my host, and send me a text and an e-mail when my time is over. Names and addresses are erased after {days} days.";
        /// On the kiosk, after a check-in
        CHECKED_IN = "checked_in" ["visitor" "host"] "Thank you, {visitor}. {host} has been told.";
        /// On the kiosk and the badge's page, after the host has said OK
        HOST_COMES = "host_comes" ["host"] "{host} is on the way.";
        /// On the kiosk and the badge's page, after the host has said a number
        HOST_LATER = "host_later" ["host" "minutes"] "{host} is here in {minutes} minutes.";
        /// On the kiosk and the badge's page, after the host has said NO
        HOST_CANNOT = "host_cannot" ["host"] "{host} cannot come now. Please ask at the desk.";
        /// On the kiosk, when the host is with somebody else
        HOST_BUSY = "host_busy" ["host" "when" "others"] "{host} is not free until {when}. {others}";
        /// On the kiosk, when nobody is free
        NOBODY_FREE = "nobody_free" ["host" "when"] "Nobody is free just now. {host} is the next, {when}.";
        /// On the kiosk, when nobody will be free
        NOBODY_AT_ALL = "nobody_at_all" [] "Nobody is free today. Please ask at the desk.";
        /// In front of every message while `[messaging] override_to` is set
        OVERRIDDEN = "overridden" ["person"] "[for {person}]";
    }
}

/// Everything wrong with an organizer's own text for one of the wordings.
pub fn check_wording(name: &str, text: &str) -> Vec<TemplateProblem> {
    wording::check(WORDINGS, name, text)
}

impl WordingContext for Place {
    fn override_of(&self, name: &str) -> Option<&str> {
        self.messages.get(name).map(String::as_str)
    }

    fn value_everywhere(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "desk" => Some(self.name.clone()),
            "address" => Some(self.address.clone()),
            _ => None,
        }
    }
}
