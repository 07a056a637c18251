//! The words of everything the tool says beyond answering the text in hand. Each is rendered at the moment of sending
//! and never stored.
//!
//! SMS come as plain text of at most [`super::outcome::MAX_ANSWER`] characters, e-mails as [`Mail`].

use jiff::civil::Date;

use crate::model::{Exchange, Person};

use super::letter::{self, Mail};
use super::outcome::{MAX_ANSWER, View, date, wishes_of};
use super::spelling::{clean, shorten};
use super::wording;

/// To the giver whose pairing the organizer has opened: opening `number`, on `day`, for `reason`.
#[must_use]
pub fn opening_notice(exchange: &Exchange, number: u64, day: Date, reason: &str) -> String {
    let (number, day) = (number.to_string(), in_words(day));
    let reason = clean(reason);
    sms(&wording::OPENING_NOTICE.say(exchange, &[("number", &number), ("date", &day), ("reason", &reason)]))
}

/// To those who had asked before a new draw.
#[must_use]
pub fn redraw_notice(exchange: &Exchange, reason: &str) -> String {
    sms(&wording::REDRAW_NOTICE.say(exchange, &[("reason", &clean(reason))]))
}

/// A notice as an e-mail, for people without a phone.
#[must_use]
pub fn notice_mail(exchange: &Exchange, notice: &str) -> Mail {
    letter::write_plain(exchange, wording::NOTICE_SUBJECT, notice)
}

/// The pairing by e-mail, for people without a phone; `None` when the view has no person or no receiver.
#[must_use]
pub fn pairing_mail(view: &View<'_>) -> Option<Mail> {
    let giver = view.exchange.people.get(view.me?.index())?;
    if view.receivers.is_empty() {
        return None;
    }
    let names = view.receivers.iter().map(|receiver| receiver.name).collect::<Vec<_>>().join(", ");
    let values = [
        ("giver", giver.name.as_str()),
        ("receiver", names.as_str()),
        ("wishes", &wishes_of(view.receivers)),
        ("budget", view.exchange.budget.as_deref().unwrap_or_default()),
        ("date", &date(view.exchange)),
        ("receipt", &view.receipts.join(", ")),
        ("fingerprint", view.fingerprint),
    ];
    Some(letter::write(view.exchange, wording::PAIRING_SUBJECT, wording::PAIRING_MAIL, &values, "receiver"))
}

/// By SMS to somebody who has not said BOUGHT; `today` in the exchange's time zone.
#[must_use]
pub fn reminder_sms(exchange: &Exchange, today: Date) -> String {
    sms(&wording::REMINDER.say(exchange, &[("when", &when(exchange, today)), ("date", &date(exchange))]))
}

/// By e-mail to somebody who has not asked; `number` is where to text.
#[must_use]
pub fn reminder_mail(exchange: &Exchange, person: &Person, today: Date, number: &str) -> Mail {
    let values = [
        ("giver", person.name.as_str()),
        ("when", &when(exchange, today)),
        ("date", &date(exchange)),
        ("number", number),
    ];
    letter::write(exchange, wording::REMINDER_SUBJECT, wording::REMINDER_MAIL, &values, "")
}

/// A question by SMS, to the receiver. Never says who asks.
#[must_use]
pub fn question_sms(exchange: &Exchange, text: &str) -> String {
    sms(&wording::QUESTION.say(exchange, &[("text", text)]))
}

/// A question by e-mail, to the receiver. Never says who asks.
#[must_use]
pub fn question_mail(exchange: &Exchange, receiver: &Person, text: &str, number: &str) -> Mail {
    let values = [("receiver", receiver.name.as_str()), ("text", text), ("number", number)];
    letter::write(exchange, wording::QUESTION_SUBJECT, wording::QUESTION_MAIL, &values, "text")
}

/// A word by SMS, to the giver. Never says the receiver's name.
#[must_use]
pub fn answer_sms(exchange: &Exchange, text: &str) -> String {
    sms(&wording::ANSWER.say(exchange, &[("text", text)]))
}

/// A word by e-mail, to the giver. Never says the receiver's name.
#[must_use]
pub fn answer_mail(exchange: &Exchange, giver: &Person, text: &str) -> Mail {
    let values = [("giver", giver.name.as_str()), ("text", text)];
    letter::write(exchange, wording::ANSWER_SUBJECT, wording::ANSWER_MAIL, &values, "text")
}

/// To an asker whose receiver has opted out meanwhile; says no more than that.
#[must_use]
pub fn no_answer(exchange: &Exchange) -> String {
    sms(&wording::NO_ANSWER.say(exchange, &[]))
}

/// An SMS with the intended person named in front, for `[messaging] override_to`.
#[must_use]
pub fn overridden(exchange: &Exchange, intended: &str, body: &str) -> String {
    sms(&format!("{} {body}", wording::OVERRIDDEN.say(exchange, &[("person", intended)])))
}

/// An e-mail with the intended person named in front, for `[messaging] override_to`.
#[must_use]
pub fn overridden_mail(exchange: &Exchange, intended: &str, mail: &Mail) -> Mail {
    letter::put_in_front(mail, &wording::OVERRIDDEN.say(exchange, &[("person", intended)]))
}

/// How far the day of the exchange is: `today`, `tomorrow`, `in 14 days`; `over` afterwards, `soon` without a day.
fn when(exchange: &Exchange, today: Date) -> String {
    let Some(day) = exchange.date else { return "soon".to_owned() };
    match day.duration_since(today).as_hours() / 24 {
        ..=-1 => "over".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

/// A day in words, `24 December 2026`.
fn in_words(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// A text short enough for Twilio.
fn sms(text: &str) -> String {
    shorten(text, MAX_ANSWER)
}
