//! Every text that a subscriber reads, by name.

use crate::conversation::wording::{Way, Wording, wordings};

wordings! {
    everywhere &["sender", "list"];

    Sms {
        /// To a phone that somebody has signed up, once
        CONFIRM_SMS = "confirm_sms" [] "{sender}: reply YES to get our texts ({list}). Msg & data rates may apply. Text STOP to end, HELP for help.";
        /// YES, to that
        CONFIRMED = "confirmed" [] "{sender}: you are on the list. Text STOP to end, HELP for help.";
        /// "Please stop texting me", or anything else that says so in words of its own
        OPTED_OUT = "opted_out" [] "{sender}: you get no more messages from this number. Text START to get them again.";
        /// Anything else
        KEPT = "reply_kept" [] "{sender}: thank you, your message has been kept for us to read. Text STOP to end.";
        /// The first text over the limit
        TOO_MANY = "list_too_many" [] "That is a lot of texts. Please try again later.";
        /// A text from a phone that is in several topics, without a word that says which it is about
        WHICH = "which_topic" ["choices"] "Which one is it? Please text {choices}";
    }

    Mail {
        /// Subject of the e-mail to an address that somebody has signed up
        CONFIRM_SUBJECT = "confirm_subject" [] "{sender}: please confirm";
        /// E-mail to an address that somebody has signed up, once; nothing of it is the words of whoever did
        CONFIRM_MAIL = "confirm_mail" ["link"] "Hello,\n\nsomebody, most likely you, has signed this address up for {list}.\n\nTo confirm it, open this page and press the button: {link}\n\nIf it was not you, do nothing: you get no more e-mails.";
        /// E-mail to all
        BROADCAST_MAIL = "broadcast_mail" ["text" "link"] "{text}\n\nYou get this from {sender} because you are on the list {list}. To leave it: {link}";
    }

    Part {
        /// In front of every message while `[messaging] override_to` is set
        OVERRIDDEN = "list_overridden" ["person"] "[for {person}]";
    }
}
