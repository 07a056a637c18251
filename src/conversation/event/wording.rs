//! Every text that people read of an event, by the name under which it can be worded differently.

use crate::conversation::template::TemplateProblem;
use crate::conversation::wording::{self, Listed, Way, Wording, wordings};

/// What may stand in every text.
const EVERYWHERE: &[&str] = &["event", "when", "at", "host", "name", "first_name"];

wordings! {
    everywhere EVERYWHERE;

    Sms {
        /// The invitation; the first text says who writes and how to stop
        INVITED = "invited" ["from" "until" "party" "link"] "{from}, you are invited to {event}, {when}{at}.{party} Please reply YES, PROBABLY, MAYBE or NO by {until}. {link}\nSTOP ends these texts.";
        /// Behind the first text to somebody, where it does not say STOP itself
        HOW_TO_STOP = "how_to_stop" [] "STOP ends these texts.";
        /// Behind an invitation that more have got than there are seats
        FIRST_COME = "first_come" [] "First come, first served.";
        /// To somebody in line, or who had said MAYBE: a seat is free
        OFFERED = "offered" ["seats" "until" "link"] "{event}, {when}: {seats} free for you. Yours until {until} if you answer YES. {link}";
        /// To somebody in line who gets what they asked for
        SEATED = "seated" ["seats" "link"] "Good news: {seats} for {event}, {when}{at}, now yours. Cannot come after all? Answer NO. {link}";
        /// To somebody who said PROBABLY, some days before
        ASKED_AGAIN = "asked_again" ["seats" "link"] "{event} is {when}{at}. You said PROBABLY, and we keep {seats} for you. Do you come: YES or NO? {link}";
        /// To everybody who holds a seat, the day before
        REMINDED = "reminded" ["seats" "link"] "See you at {event}, {when}{at}: {seats} for you. Cannot come after all? Answer NO. {link}";
        /// To all who were asked, when time or place has changed
        CHANGED = "changed" ["link"] "{event} has changed: it is now {when}{at}. Your answer, if you gave one, stands until you give another: YES, PROBABLY, MAYBE or NO. {link}";
        /// To all who were asked, when it does not take place
        CANCELLED = "cancelled" ["reason"] "{event}, {when}, does not take place. {reason}";
        /// To somebody whose invitation the organizer has taken back
        WITHDRAWN = "withdrawn" [] "Your invitation to {event}, {when}, has been taken back. Please ask {host} if you do not know why.";
        /// YES, and the seat is theirs
        YOU_COME = "you_come" ["seats" "link"] "You are in: {seats} for {event}, {when}{at}. Cannot come after all? Answer NO. {link}";
        /// PROBABLY, and the seat is theirs
        YOU_PROBABLY_COME = "you_probably_come" ["seats" "link"] "Noted: we keep {seats} for you at {event}, {when}{at}. Please answer YES or NO once you know. {link}";
        /// Behind either, where they wanted more seats than they got
        FEWER = "fewer" ["wanted"] "There is no room for {wanted}.";
        /// YES, when every seat is taken
        IN_LINE = "in_line" ["position"] "All seats for {event} are taken just now. You are number {position} in line, and hear from us as soon as one is free.";
        /// MAYBE
        MAYBE = "maybe" [] "Noted. A seat for {event} is not guaranteed; answer YES as soon as you know.";
        /// MAYBE or a late YES, when there is a seat to be had right now
        HAVE_ONE = "have_one" ["seats" "until"] "There is room at {event} just now: {seats}, yours until {until} if you answer YES.";
        /// NO
        DECLINED = "declined" [] "Noted, and thank you for telling us. Should things change, answer YES.";
        /// Any answer to an invitation that was taken back
        TAKEN_BACK = "taken_back" [] "This invitation to {event} was taken back. Please ask {host}.";
        /// Any answer once the event has begun
        OVER = "over" [] "{event} has begun or is over, so answers change nothing any more.";
        /// Any answer to an event that does not take place
        NOT_TAKING_PLACE = "not_taking_place" [] "{event}, {when}, does not take place.";
        /// Any other text
        HELP = "help" [] "{event}, {when}{at}: please text YES, PROBABLY, MAYBE or NO.";
        /// A text from a phone with several open invitations, without a word that says which it is about
        WHICH_EVENT = "which_event" ["choices"] "Which one is it? Please text {choices}";
        /// A text from a phone that several guests share, without a name in it
        WHICH_GUEST = "which_guest" ["choices"] "Which of you is it? Please text {choices}";
        /// The first text over the limit
        TOO_MANY = "too_many" [] "That is a lot of texts. Please try again later.";
    }

    Mail {
        /// Subject of the e-mail with an invitation
        INVITED_SUBJECT = "invited_subject" [] "{event}: you are invited";
        /// E-mail with an invitation
        INVITED_MAIL = "invited_mail" ["until" "party" "link" "description" "signed" "leave"] "Hello {first_name},\n\nyou are invited to {event}.\n\n{when}{at}\n\n{description}\n\n{party}\n\nPlease answer by {until}: yes, probably, maybe or no.\n\n{link}\n\n{signed}\n\nNo more of these e-mails: {leave}";
        /// Subject of every other e-mail about an event
        SUBJECT = "event_subject" [] "{event}, {when}";
        /// Every other e-mail about an event; {calendar} is for those who hold a seat
        EVENT_MAIL = "event_mail" ["words" "link" "calendar" "signed" "leave"] "Hello {first_name},\n\n{words}\n\n{link}\n\nFor your calendar: {calendar}\n\n{signed}\n\nNo more of these e-mails: {leave}";
    }

    Part {
        /// {seats}, of one
        ONE_SEAT = "one_seat" [] "1 seat";
        /// {seats}, of several
        MANY_SEATS = "many_seats" ["number"] "{number} seats";
        /// {party}, of a text to several
        PARTY = "party" ["number"] "It is for up to {number}: text YES 2 for two.";
        /// {party}, of an e-mail to several
        PARTY_MAIL = "party_mail" ["number"] "It is for up to {number} of you.";
        /// {from}, where the site has a name
        FROM = "from" [] "{host}: {first_name}";
        /// {from}, where it has none
        FROM_NOBODY = "from_nobody" [] "Hello {first_name}";
        /// {host}, where the site has no name
        NAMELESS = "nameless_host" [] "your host";
        /// Between the {choices}
        OR = "or" [] "or";
        /// In front of every message while `[messaging] override_to` is set
        OVERRIDDEN = "overridden" [] "[for {name}]";
    }
}

/// Everything wrong with an organizer's own text for one of [`WORDINGS`].
pub fn check_wording(name: &str, text: &str) -> Vec<TemplateProblem> {
    let mut problems = wording::check(WORDINGS, name, text);
    if name == HOW_TO_STOP.name && !text.contains("STOP") {
        let message = "people have to be told to text STOP".to_owned();
        problems.push(TemplateProblem { offset: 0, message, hint: None });
    }
    problems
}

/// Every text that guests read, where `own` are those that the organizer words differently, by name.
pub fn listed(own: &[(String, String)]) -> Vec<Listed> {
    let one = |wording: &Wording| {
        let text = own.iter().find(|(name, _)| name == wording.name).map_or(wording.text, |(_, text)| text.as_str());
        wording.listed_as(text, |name| sample(name).to_owned())
    };
    WORDINGS.iter().map(one).collect()
}

fn sample(placeholder: &str) -> &'static str {
    match placeholder {
        "event" => "Summer dinner",
        "when" | "until" => "Fri 4 Dec 2026, 19:00",
        "at" => ", The old mill",
        "host" | "signed" => "Hill house",
        "name" => "Brunhilda Hill",
        "first_name" => "Brunhilda",
        "party" => " It is for up to 2: text YES 2 for two.",
        "from" => "Hill house: Brunhilda",
        "words" => "See you at Summer dinner.",
        "calendar" => "https://xmas.example.org/rsvp/abcdefghijklmnopqrstuvwxyz/event.ics",
        "leave" => "https://xmas.example.org/rsvp/abcdefghijklmnopqrstuvwxyz/leave",
        "link" => "https://xmas.example.org/rsvp/abcdefghijklmnopqrstuvwxyz",
        "seats" => "2 seats",
        "reason" => "The cook is ill.",
        "choices" => "YES Dinner or YES Garden",
        "description" => "Bring nothing, and come hungry.",
        _ => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::length::{Encoding, measure};

    // H20
    #[test]
    fn every_text_is_sound_has_a_name_of_its_own_and_says_when() {
        for wording in WORDINGS {
            assert_eq!(check_wording(wording.name, wording.text), [], "{}", wording.name);
            assert_eq!(WORDINGS.iter().filter(|other| other.name == wording.name).count(), 1, "{}", wording.name);
            assert!(!wording.when.trim().is_empty());
        }
        assert_eq!(check_wording("how_to_stop", "Say no more").len(), 1);
        let own = [("help".to_owned(), "Say {event}".to_owned())];
        let help = listed(&own).into_iter().find(|text| text.name == "help").expect("listed");
        assert_eq!((help.text.as_str(), help.example.as_str()), ("Say {event}", "Say Summer dinner"));
        assert_ne!(help.usual, help.text);
    }

    // D12: as they are read, and in the alphabet that texts are cheap in.
    #[test]
    fn the_texts_as_guests_read_them() {
        let texts: Vec<String> = listed(&[])
            .into_iter()
            .map(|text| {
                let length = measure(&text.example);
                assert!(text.way == Way::Mail || length.encoding == Encoding::Gsm7, "{}", text.name);
                assert!(text.way != Way::Sms || length.segments <= 2, "{}: {}", text.name, text.example);
                format!("{}: {}", text.name, text.example)
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n\n"));
    }
}
