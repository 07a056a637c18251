//! What is said, from one visit.

use jiff::civil::DateTime;

use super::wording;
use super::{Outcome, Place, Visit};
use crate::conversation::limits::MAX_SMS;
use crate::conversation::mail::{self, Mail};
use crate::conversation::spelling::{clean, shorten};

/// A time of the desk's zone: of this day alone, or with its day.
pub fn time(at: DateTime, today: DateTime) -> String {
    let format = if at.date() == today.date() { "%H:%M" } else { "%-d %B %Y, %H:%M" };
    at.strftime(format).to_string()
}

fn sms(text: &str) -> String {
    shorten(text, MAX_SMS)
}

impl Visit<'_> {
    /// What may stand in a text about it.
    fn values<T>(&self, say: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let [visitor, host, room] = [self.visitor, self.host, self.room].map(clean);
        let parts =
            [("phone", self.phone), ("e-mail", self.email)].into_iter().filter(|(_, address)| !address.is_empty());
        let reach = parts.map(|(what, address)| format!("{what} {address}")).collect::<Vec<_>>().join(", ");
        let reach = if reach.is_empty() { "No phone, no e-mail".to_owned() } else { capitalised(&reach) };
        say(&[
            ("visitor", &visitor),
            ("host", &host),
            ("room", &room),
            ("phone", self.phone),
            ("email", self.email),
            ("reach", &reach),
            ("in", &time(self.came, self.leaves)),
            ("out", &time(self.leaves, self.came)),
        ])
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

impl Place {
    /// To the host, by text: somebody has come.
    pub fn arrived(&self, visit: &Visit<'_>) -> String {
        visit.values(|values| sms(&wording::ARRIVED.say(self, values)))
    }

    /// The same by e-mail.
    pub fn arrived_mail(&self, visit: &Visit<'_>) -> Mail {
        visit.values(|values| mail::write(self, wording::ARRIVED_SUBJECT, wording::ARRIVED_MAIL, values, ""))
    }

    /// To the visitor, by text: it is time to leave.
    pub fn goodbye(&self, visit: &Visit<'_>) -> String {
        visit.values(|values| sms(&wording::GOODBYE.say(self, values)))
    }

    /// The same by e-mail.
    pub fn goodbye_mail(&self, visit: &Visit<'_>) -> Mail {
        visit.values(|values| mail::write(self, wording::GOODBYE_SUBJECT, wording::GOODBYE_MAIL, values, ""))
    }

    /// The answer to a text; the names are those of the visit it was about.
    pub fn answer(&self, outcome: Outcome, visitor: &str, host: &str) -> String {
        let wording = match outcome {
            Outcome::HostNoted => wording::HOST_NOTED,
            Outcome::NobodyWaits => wording::NOBODY_WAITS,
            Outcome::Left => wording::LEFT,
            Outcome::LeftBefore => wording::LEFT_BEFORE,
            Outcome::NudgeHost => wording::NUDGE_HOST,
            Outcome::NudgeVisitor => wording::NUDGE_VISITOR,
        };
        sms(&wording.say(self, &[("visitor", &clean(visitor)), ("host", &clean(host))]))
    }

    /// The question which of several topics is meant.
    pub fn which(&self, choices: &[String]) -> String {
        wording::WHICH.say(self, &[("choices", &choices.join(" or "))])
    }

    /// To a number that sends too much.
    pub fn too_many(&self) -> String {
        wording::TOO_MANY.say(self, &[])
    }

    /// Above the kiosk's form.
    pub fn welcome(&self) -> String {
        wording::WELCOME.say(self, &[])
    }

    /// What a visitor agrees to.
    pub fn consent(&self) -> String {
        wording::CONSENT.say(self, &[("days", &self.keep_days.to_string())])
    }

    /// What a visitor reads about their host: that they have been told, or what they have said.
    pub fn host_says(&self, answer: Option<&str>, visitor: &str, host: &str) -> String {
        let values = [("visitor", visitor), ("host", host), ("minutes", answer.unwrap_or_default())];
        let wording = match answer {
            None => wording::CHECKED_IN,
            Some("ok") => wording::HOST_COMES,
            Some("no") => wording::HOST_CANNOT,
            Some(_minutes) => wording::HOST_LATER,
        };
        wording.say(self, &values)
    }

    /// That the chosen host is not free, and who is.
    pub fn host_busy(&self, host: &str, when: &str, free: &[String]) -> String {
        let others = match free {
            [] => "Nobody else is free either.".to_owned(),
            [only] => format!("{only} is free."),
            [first @ .., last] => format!("{} and {last} are free.", first.join(", ")),
        };
        wording::HOST_BUSY.say(self, &[("host", host), ("when", when), ("others", &others)])
    }

    /// That nobody is free, and who is next.
    pub fn nobody_free(&self, next: Option<(&str, &str)>) -> String {
        match next {
            Some((host, when)) => wording::NOBODY_FREE.say(self, &[("host", host), ("when", when)]),
            None => wording::NOBODY_AT_ALL.say(self, &[]),
        }
    }

    /// A text that comes to a number that is not its recipient's.
    pub fn overridden(&self, intended: &str, body: &str) -> String {
        sms(&format!("{} {body}", wording::OVERRIDDEN.say(self, &[("person", intended)])))
    }

    /// The same by e-mail.
    pub fn overridden_mail(&self, intended: &str, mail: &Mail) -> Mail {
        mail::put_in_front(mail, &wording::OVERRIDDEN.say(self, &[("person", intended)]))
    }
}
