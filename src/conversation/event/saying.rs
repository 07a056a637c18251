//! How an invitation stands, and what follows from it, put into words.

use jiff::Timestamp;

use super::wording;
use crate::conversation::limits::MAX_SMS;
use crate::conversation::mail::{self, Mail};
use crate::conversation::spelling::{clean, shorten};
use crate::conversation::wording::{Way, Wording, WordingContext};
use crate::model::{Invitation, State};

/// What is said of an event in any message about it.
#[derive(Debug, Clone)]
pub struct About {
    /// What it is called.
    pub event: String,
    /// What it is, in the organizer's words.
    pub description: String,
    /// Where; empty where that is not said.
    pub place: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// In which zone all times are said.
    pub timezone: String,
    /// Who invites; empty where the site has no name.
    pub host: String,
    /// The texts that are worded differently, by name.
    pub wordings: Vec<(String, String)>,
}

/// Whom it is said to.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The event.
    pub about: &'a About,
    /// What they are called.
    pub name: &'a str,
    /// How their invitation stands.
    pub invitation: &'a Invitation,
    /// Where they can answer without texting; empty where there is no such page.
    pub link: &'a str,
    /// Which place they have in line, from 1; 0 where they are not in it.
    pub place: u32,
    /// Whether no text about the event has gone to them yet.
    pub is_first: bool,
}

/// What is told without having been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody is invited.
    Invited,
    /// Somebody is offered a seat that came free.
    Offered,
    /// Somebody in line has a seat.
    Seated,
    /// Somebody who said PROBABLY is asked again.
    AskedAgain,
    /// Somebody who holds a seat is reminded.
    Reminded,
    /// Time or place has changed.
    Changed,
    /// It does not take place.
    Cancelled,
    /// An invitation is taken back.
    Withdrawn,
    /// The organizer has answered for them.
    Noted,
}

impl Kind {
    /// All of them, each with its word.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Invited, "invited"),
        (Self::Offered, "offered"),
        (Self::Seated, "seated"),
        (Self::AskedAgain, "asked_again"),
        (Self::Reminded, "reminded"),
        (Self::Changed, "changed"),
        (Self::Cancelled, "event_cancelled"),
        (Self::Withdrawn, "withdrawn"),
        (Self::Noted, "noted"),
    ];

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// What is stored by a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(kind, _)| kind)
    }
}

/// How an answer was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The invitation stands as it says.
    Stands,
    /// Nothing changes: the event has begun.
    Over,
    /// Nothing changes: it does not take place.
    Cancelled,
    /// Nothing changes: the invitation was taken back.
    TakenBack,
}

impl WordingContext for Reader<'_> {
    fn override_of(&self, name: &str) -> Option<&str> {
        self.about.wordings.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }

    fn value_everywhere(&self, placeholder: &str) -> Option<String> {
        let about = self.about;
        Some(match placeholder {
            "event" => about.event.clone(),
            "when" => when_in_words(about.starts_at, &about.timezone),
            "at" if about.place.is_empty() => String::new(),
            "at" => format!(", {}", about.place),
            "host" if about.host.is_empty() => wording::NAMELESS.say(self, &[]),
            "host" => about.host.clone(),
            "leave" => leave(self).unwrap_or_default(),
            "name" => self.name.to_owned(),
            "first_name" => self.name.split_whitespace().next().unwrap_or_default().to_owned(),
            _ => return None,
        })
    }
}

/// A time in a zone, as people read it.
pub fn when_in_words(at: Timestamp, timezone: &str) -> String {
    match at.in_tz(timezone) {
        Ok(at) => at.strftime("%a %-d %b %Y, %H:%M").to_string(),
        Err(_unknown_zone) => at.to_string(),
    }
}

/// The values of a reader's own.
struct Values {
    seats: String,
    until: String,
    party: String,
    wanted: String,
}

fn values(reader: &Reader<'_>, way: Way) -> Values {
    let Invitation { state, size, seats, wants, lapses_at, .. } = *reader.invitation;
    let of_them = if state == State::Held { seats } else { size };
    let counted = match of_them {
        1 => wording::ONE_SEAT.say(reader, &[]),
        many => wording::MANY_SEATS.say(reader, &[("number", &many.to_string())]),
    };
    let mut party = Vec::new();
    if size > 1 {
        let party_of = if way == Way::Mail { wording::PARTY_MAIL } else { wording::PARTY };
        party.push(party_of.say(reader, &[("number", &size.to_string())]));
    }
    if state == State::Open && seats < size {
        party.push(wording::FIRST_COME.say(reader, &[]));
    }
    Values {
        seats: counted,
        until: lapses_at.map(|at| when_in_words(at, &reader.about.timezone)).unwrap_or_default(),
        party: party.join(" "),
        wanted: wants.to_string(),
    }
}

fn say(reader: &Reader<'_>, wording: Wording, more: &[(&str, &str)]) -> String {
    let Values { seats, until, party, wanted } = values(reader, Way::Sms);
    let from = if reader.about.host.is_empty() { wording::FROM_NOBODY } else { wording::FROM };
    let from = from.say(reader, &[]);
    let party = if party.is_empty() { party } else { format!(" {party}") };
    let own = [
        ("seats", seats.as_str()),
        ("until", until.as_str()),
        ("party", party.as_str()),
        ("wanted", wanted.as_str()),
        ("link", reader.link),
        ("from", &from),
    ];
    let said = wording.say(reader, &[&own, more].concat());
    // Where a value is empty its place closes.
    let lines: Vec<String> = said.lines().map(clean).collect();
    shorten(lines.join("\n").trim(), MAX_SMS)
}

/// The answer to an answer.
pub fn words(reader: &Reader<'_>, said: Said) -> String {
    match said {
        Said::Over => return say(reader, wording::OVER, &[]),
        Said::Cancelled => return say(reader, wording::NOT_TAKING_PLACE, &[]),
        Said::TakenBack => return say(reader, wording::TAKEN_BACK, &[]),
        Said::Stands => {}
    }
    let stands = reader.invitation;
    let fewer = || (stands.wants > stands.seats).then(|| say(reader, wording::FEWER, &[]));
    match stands.state {
        State::Held => {
            let come = if stands.is_certain { wording::YOU_COME } else { wording::YOU_PROBABLY_COME };
            fewer().into_iter().chain([say(reader, come, &[])]).collect::<Vec<_>>().join(" ")
        }
        State::Line => say(reader, wording::IN_LINE, &[("position", &reader.place.to_string())]),
        State::Maybe => say(reader, wording::MAYBE, &[]),
        State::Declined => say(reader, wording::DECLINED, &[]),
        State::Withdrawn => say(reader, wording::TAKEN_BACK, &[]),
        State::Open if stands.seats == stands.size => say(reader, wording::HAVE_ONE, &[]),
        State::Open | State::Lapsed | State::Skipped => help(reader),
    }
}

/// What may be texted.
pub fn help(reader: &Reader<'_>) -> String {
    say(reader, wording::HELP, &[])
}

/// The question which of several events, or of several guests of one phone, is meant.
pub fn which_event(reader: &Reader<'_>, choices: &[String], of_people: bool) -> String {
    let or = format!(" {} ", wording::OR.say(reader, &[]));
    let wording = if of_people { wording::WHICH_GUEST } else { wording::WHICH_EVENT };
    say(reader, wording, &[("choices", &choices.join(&or))])
}

/// What is said to a number that texts too much.
pub fn too_many(reader: &Reader<'_>) -> String {
    say(reader, wording::TOO_MANY, &[])
}

/// A message as a text and as an e-mail; `reason` is why it does not take place.
pub fn message(reader: &Reader<'_>, kind: Kind, reason: &str) -> (String, Mail) {
    let wording = match kind {
        Kind::Invited => wording::INVITED,
        Kind::Offered => wording::OFFERED,
        Kind::Seated => wording::SEATED,
        Kind::AskedAgain => wording::ASKED_AGAIN,
        Kind::Reminded => wording::REMINDED,
        Kind::Changed => wording::CHANGED,
        Kind::Cancelled => wording::CANCELLED,
        Kind::Withdrawn => wording::WITHDRAWN,
        Kind::Noted => {
            let said = |link| words(&Reader { link, ..*reader }, Said::Stands);
            return (begun(reader, said(reader.link)), in_mail(reader, &said(""), kind));
        }
    };
    let said = |link| say(&Reader { link, ..*reader }, wording, &[("reason", reason)]);
    if kind != Kind::Invited {
        return (begun(reader, said(reader.link)), in_mail(reader, &said(""), kind));
    }
    let Values { until, party, .. } = values(reader, Way::Mail);
    let About { description, host, .. } = reader.about;
    let own =
        [("until", &*until), ("party", &*party), ("link", reader.link), ("description", description), ("signed", host)];
    let written = mail::write(reader, wording::INVITED_SUBJECT, wording::INVITED_MAIL, &own, "");
    (begun(reader, said(reader.link)), Mail { leave: leave(reader), ..written })
}

/// A text as it goes out: the first one says who writes and how to stop, however it is worded.
fn begun(reader: &Reader<'_>, text: String) -> String {
    if !reader.is_first {
        return text;
    }
    let host = &reader.about.host;
    let text = if text.starts_with(host.as_str()) { text } else { format!("{host}: {text}") };
    if text.contains("STOP") {
        return shorten(&text, MAX_SMS);
    }
    let stop = format!("\n{}", wording::HOW_TO_STOP.say(reader, &[]));
    shorten(&text, MAX_SMS - stop.chars().count().min(MAX_SMS)) + &stop
}

/// What is said in a text, as an e-mail: with the page behind it, and a file for the calendar of whoever holds a seat.
fn in_mail(reader: &Reader<'_>, said: &str, kind: Kind) -> Mail {
    let is_over = matches!(kind, Kind::Cancelled | Kind::Withdrawn);
    let link = if is_over { "" } else { reader.link };
    let holds = reader.invitation.state == State::Held && !link.is_empty();
    let calendar = if holds { format!("{link}/event.ics") } else { String::new() };
    let own = [("words", said), ("link", link), ("calendar", &calendar), ("signed", &reader.about.host)];
    Mail { leave: leave(reader), ..mail::write(reader, wording::SUBJECT, wording::EVENT_MAIL, &own, "") }
}

/// Where a guest says that they want no more e-mails, if they have a page.
fn leave(reader: &Reader<'_>) -> Option<String> {
    (!reader.link.is_empty()).then(|| format!("{}/leave", reader.link))
}

/// The same for the eyes of whoever stands in for everybody.
pub fn overridden(about: &About, name: &str, (sms, mail): (&str, &Mail), invitation: &Invitation) -> (String, Mail) {
    let reader = Reader { about, name, invitation, link: "", place: 0, is_first: false };
    let line = say(&reader, wording::OVERRIDDEN, &[]);
    (format!("{line} {sms}"), mail::put_in_front(mail, &line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::length::{Encoding, measure};

    fn about(host: &str) -> About {
        About {
            event: "Summer dinner".to_owned(),
            description: "Bring nothing, and come hungry.\n\nThe door is open from half past six.".to_owned(),
            place: "The old mill".to_owned(),
            starts_at: "2026-12-04T19:00:00Z".parse().expect("a time"),
            timezone: "Europe/London".to_owned(),
            host: host.to_owned(),
            wordings: Vec::new(),
        }
    }

    fn invitation(state: State) -> Invitation {
        let at: Timestamp = "2026-12-01T12:00:00Z".parse().expect("a time");
        let seats = if matches!(state, State::Open | State::Held) { 2 } else { 0 };
        let lapses_at = (state == State::Open).then_some(at);
        Invitation { state, size: 2, seats, wants: 2, is_certain: true, lapses_at, ..Invitation::blank(at) }
    }

    fn reader<'a>(about: &'a About, invitation: &'a Invitation, link: &'a str) -> Reader<'a> {
        Reader { about, name: "Ada Hill", invitation, link, place: 3, is_first: false }
    }

    /// The state in which each message goes out.
    fn stands(kind: Kind) -> Invitation {
        match kind {
            Kind::Invited => invitation(State::Open),
            Kind::Offered => Invitation { round: 2, ..invitation(State::Open) },
            Kind::Withdrawn => invitation(State::Withdrawn),
            _ => invitation(State::Held),
        }
    }

    // D5 D9 D10 D21: every message as it is read, as a text and as an e-mail.
    #[test]
    fn the_messages_as_guests_read_them() {
        let (about, link) = (about("Hill house"), "https://hill.example.org/rsvp/abcdefghijklmnopqrstuvwxyz");
        let mut said = String::new();
        for (kind, word) in Kind::ALL {
            let invitation = stands(kind);
            let reader = reader(&about, &invitation, link);
            let (sms, mail) = message(&reader, kind, "The cook is ill.");
            let length = measure(&sms);
            assert!(length.encoding == Encoding::Gsm7 && length.segments <= 2, "{sms}");
            said += &format!("== {word}\n{sms}\n-- {}\n{}\n", mail.subject, mail.text);
        }
        for state in
            [State::Held, State::Line, State::Maybe, State::Declined, State::Open, State::Lapsed, State::Withdrawn]
        {
            let invitation = invitation(state);
            let reader = reader(&about, &invitation, link);
            said += &format!("== answered, {}\n{}\n\n", state.word(), words(&reader, Said::Stands));
        }
        insta::assert_snapshot!(said);
    }

    // X10: the first text says who writes and how to stop, whatever words an organizer has for the rest.
    #[test]
    fn an_invitation_in_other_words_still_says_who_writes_and_how_to_stop() {
        let said = |words: &str| {
            let wordings = vec![("invited".to_owned(), words.to_owned())];
            let about = About { wordings, ..about("Hill house") };
            let invitation = stands(Kind::Invited);
            let about = &about;
            let reader =
                Reader { about, name: "Ada Hill", invitation: &invitation, link: "", place: 0, is_first: true };
            message(&reader, Kind::Invited, "").0
        };
        assert_eq!(said("Come to {event}!"), "Hill house: Come to Summer dinner!\nSTOP ends these texts.");
        assert_eq!(said("{host} asks you. Text STOP to end."), "Hill house asks you. Text STOP to end.");
        let long = said(&"ha ".repeat(600));
        assert!(long.ends_with("STOP ends these texts.") && long.chars().count() <= MAX_SMS, "{long}");
    }

    // D10: a site without a name says no other; what cannot be texted back is not asked for.
    #[test]
    fn a_mail_says_who_writes_or_nothing_and_asks_for_no_text() {
        for (host, link) in
            [("", ""), ("", "https://hill.example.org/rsvp/a"), ("Hill house", "https://hill.example.org/rsvp/a")]
        {
            let about = about(host);
            for (kind, word) in Kind::ALL {
                let invitation = stands(kind);
                let reader = reader(&about, &invitation, link);
                let (sms, mail) = message(&reader, kind, "");
                let text = mail.text.trim_end();
                assert!(!text.to_lowercase().contains(" text ") && !text.contains("Reply"), "{word}: {text}");
                assert!(
                    !text.ends_with("Hello") && !sms.starts_with(": ") && !sms.contains(" ."),
                    "{word}: {sms} {text}"
                );
                assert_eq!(text.contains("\n\nHill house"), !host.is_empty(), "{word}: {text}");
                assert_eq!(text.ends_with("/leave"), !link.is_empty(), "{word}: {text}");
                assert_eq!(mail.leave.is_some(), !link.is_empty(), "{word}");
                assert!(!text.contains("calendar:") || !link.is_empty(), "{word}: {text}");
            }
        }
    }
}
