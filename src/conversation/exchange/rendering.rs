//! What was decided, put into the words of the answer.

use jiff::civil::Date;

use crate::conversation::limits::MAX_SMS;
use crate::conversation::spelling::shorten;
use crate::conversation::template::Template;
use crate::conversation::wording::Wording;
use crate::model::{DEFAULT_REPLY, Exchange, MAX_WISH_CHARS, ToldBy};

use super::MAX_RELAY;
use super::intent::{GiftReport, Verb};
use super::outcome::{LastTold, Outcome, Receiver, View};
use super::wording::{self, REPLY_PLACEHOLDERS};

/// The answer to a text, at most [`MAX_SMS`] characters; `None` for an empty `<Response/>`.
///
/// An outcome does not say whom it concerns: who it was said to is stored beside it, and it is for the caller to make
/// that person's view and no other's. Without a person, what shows somebody's own has no words: silence is the safe
/// side.
pub fn words(outcome: &Outcome, view: &View<'_>) -> Option<String> {
    let answer = match outcome {
        Outcome::Silence => return None,
        Outcome::Told => told(view)?,
        Outcome::ToldAfter(_) => told_after(view)?,
        Outcome::Proof => proof(view)?,
        Outcome::Link => link(view)?,
        Outcome::WishList => wish_list(view)?,
        Outcome::WhichPerson { verb } => which_person(*verb, view)?,
        Outcome::Oversized(Verb::Wish) => {
            wording::WISH_TOO_LONG.say(view.exchange, &[("most", &MAX_WISH_CHARS.to_string())])
        }
        Outcome::Oversized(_) => wording::RELAY_TOO_LONG.say(view.exchange, &[("most", &MAX_RELAY.to_string())]),
        Outcome::RelayHeldBack(verb) => {
            wording::RELAY_HELD_BACK.say(view.exchange, &[("command", &verb.word().to_uppercase())])
        }
        Outcome::WishAdded { count } => counted(wording::WISH_ADDED, *count, view),
        Outcome::WishListFull { count } => counted(wording::WISH_LIST_FULL, *count, view),
        Outcome::Unwished { left } => counted(wording::UNWISHED, *left, view),
        Outcome::NoSuchWish { count } => counted(wording::NO_SUCH_WISH, *count, view),
        Outcome::Budget => match &view.exchange.budget {
            Some(budget) => wording::BUDGET.say(view.exchange, &[("budget", budget)]),
            None => wording::NO_BUDGET.say(view.exchange, &[]),
        },
        Outcome::Date => match date(view.exchange) {
            date if date.is_empty() => wording::NO_DATE.say(view.exchange, &[]),
            date => wording::DATE.say(view.exchange, &[("date", &date)]),
        },
        plain => plain_wording(plain).say(view.exchange, &[]),
    };
    Some(shorten(&answer, MAX_SMS))
}

/// The answer to the keyword, from `[exchange] reply`. Behind the default one stand the wishes, if there are any; an
/// organizer's own reply says exactly what it says.
pub fn reply(exchange: &Exchange, giver: &str, receivers: &[Receiver<'_>]) -> String {
    let names = receivers.iter().map(|receiver| receiver.name).collect::<Vec<_>>().join(", ");
    let wishes = wishes_of(exchange, receivers);
    let own = Template::parse(&exchange.reply, &REPLY_PLACEHOLDERS).ok().filter(|_| exchange.reply != DEFAULT_REPLY);
    let fill = |template: &Template<'_>| {
        template.fill(|placeholder| match placeholder {
            "receiver" => names.clone(),
            "giver" => giver.to_owned(),
            "wishes" => wishes.clone(),
            "budget" => exchange.budget.clone().unwrap_or_default(),
            "date" => date(exchange),
            _ => String::new(),
        })
    };
    if let Some(template) = own {
        return fill(&template);
    }
    let told = Template::parse(DEFAULT_REPLY, &REPLY_PLACEHOLDERS).map(|template| fill(&template)).unwrap_or_default();
    if wishes.is_empty() { told } else { format!("{told}\n{wishes}") }
}

/// The day of the exchange in words; empty where it has none.
pub(super) fn date(exchange: &Exchange) -> String {
    exchange.date.map(|date| in_words(exchange, date)).unwrap_or_default()
}

/// A day in words, `24 December 2026` unless the organizer writes days otherwise.
pub fn in_words(exchange: &Exchange, day: Date) -> String {
    let part = |format: &str| day.strftime(format).to_string();
    let (number, month, month_number, year) = (part("%-d"), part("%B"), part("%-m"), part("%Y"));
    let values = [
        ("day", number.as_str()),
        ("month", month.as_str()),
        ("month_number", month_number.as_str()),
        ("year", year.as_str()),
    ];
    wording::DAY.say(exchange, &values)
}

/// The receivers' wishes in one line, with names in front where there are several receivers.
pub(super) fn wishes_of(exchange: &Exchange, receivers: &[Receiver<'_>]) -> String {
    let wishing = receivers.iter().filter(|receiver| !receiver.wishes.is_empty());
    let lists = wishing.map(|receiver| {
        let wording = if receivers.len() == 1 { wording::WISHES_LINE } else { wording::WISHES_OF };
        wording.say(exchange, &[("receiver", receiver.name), ("wishes", &receiver.wishes.join("; "))])
    });
    lists.collect::<Vec<_>>().join("\n")
}

/// How often the draw was opened, in words.
fn times(view: &View<'_>) -> String {
    match view.openings {
        0 => wording::NEVER_OPENED.say(view.exchange, &[]),
        1 => wording::OPENED_ONCE.say(view.exchange, &[]),
        many => wording::OPENED_OFTEN.say(view.exchange, &[("number", &many.to_string())]),
    }
}

/// When the own name was last told, in words.
pub fn last_told(view: &View<'_>) -> String {
    let Some(LastTold { at, by }) = view.told else { return wording::NEVER_TOLD.say(view.exchange, &[]) };
    let wording = match by {
        ToldBy::Text => wording::TOLD_BY_TEXT,
        ToldBy::Mail => wording::TOLD_BY_MAIL,
        ToldBy::Page => wording::TOLD_BY_PAGE,
    };
    let (date, time) = (in_words(view.exchange, at.date()), at.strftime("%H:%M").to_string());
    wording.say(view.exchange, &[("date", &date), ("time", &time)])
}

fn told(view: &View<'_>) -> Option<String> {
    let giver = view.exchange.people.get(view.me?.index())?;
    (!view.receivers.is_empty()).then(|| reply(view.exchange, &giver.name, view.receivers))
}

/// The name after an update, beside the one that was told before.
fn told_after(view: &View<'_>) -> Option<String> {
    view.me?;
    let names = view.receivers.iter().map(|receiver| receiver.name).collect::<Vec<_>>().join(", ");
    let said = match view.before {
        None => wording::STILL.say(view.exchange, &[("receiver", &names)]),
        Some(before) => {
            wording::NOW_ANOTHER.say(view.exchange, &[("receiver", &names), ("before", &before.join(", "))])
        }
    };
    let wishes = wishes_of(view.exchange, view.receivers);
    (!view.receivers.is_empty()).then(|| if wishes.is_empty() { said } else { format!("{said}\n{wishes}") })
}

/// What may stand below a proof: how often it was drawn, and whose addresses changed.
fn below_proof(view: &View<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if view.draws > 1 {
        lines.push(wording::DRAWS.say(view.exchange, &[("number", &view.draws.to_string())]));
    }
    let number = view.address_changes.to_string();
    let dates: Vec<String> = view.own_address_changes.iter().map(|date| in_words(view.exchange, *date)).collect();
    match (view.address_changes, dates.is_empty()) {
        (0, _) => {}
        (_, true) => lines.push(wording::ADDRESS_CHANGES.say(view.exchange, &[("number", &number)])),
        (_, false) => {
            let values = [("number", number.as_str()), ("dates", &dates.join(", "))];
            lines.push(wording::OWN_ADDRESS_CHANGES.say(view.exchange, &values));
        }
    }
    lines
}

fn proof(view: &View<'_>) -> Option<String> {
    view.me?;
    let receipts = view.receipts.join(", ");
    let (openings, told) = (times(view), last_told(view));
    let values = [
        ("receipt", receipts.as_str()),
        ("fingerprint", view.fingerprint),
        ("openings", openings.as_str()),
        ("told", told.as_str()),
    ];
    let proof = wording::PROOF.say(view.exchange, &values);
    Some(std::iter::once(proof).chain(below_proof(view)).collect::<Vec<_>>().join("\n"))
}

fn link(view: &View<'_>) -> Option<String> {
    view.me?;
    let wording = if view.link.is_empty() { wording::NO_PAGE } else { wording::LINK };
    Some(wording.say(view.exchange, &[("link", view.link)]))
}

fn wish_list(view: &View<'_>) -> Option<String> {
    view.me?;
    if view.wishes.is_empty() {
        return Some(wording::WISH_LIST_EMPTY.say(view.exchange, &[]));
    }
    let lines: Vec<String> = (1..).zip(view.wishes).map(|(number, wish)| format!("{number} {wish}")).collect();
    Some(wording::WISH_LIST.say(view.exchange, &[("wishes", &lines.join("\n"))]))
}

/// The question who of several people is texting, with the text that would say so; `None` where there are not several.
fn which_person(verb: Verb, view: &View<'_>) -> Option<String> {
    if view.sharers.len() < 2 {
        return None;
    }
    let command = if verb == Verb::Name { &view.exchange.keyword } else { verb.word() }.to_uppercase();
    let tail = if matches!(verb, Verb::Wish | Verb::Ask | Verb::Tell) { ": ..." } else { "" };
    let command = match view.label.filter(|label| **label != command) {
        Some(label) => format!("{command} {label}"),
        None => command,
    };
    let choices: Vec<String> = short_names(view.sharers).iter().map(|name| format!("{command} {name}{tail}")).collect();
    Some(wording::WHICH_PERSON.say(view.exchange, &[("choices", &any_of(view.exchange, &choices))]))
}

/// The question which of several exchanges a text is about, with the texts that would say so.
pub fn which_exchange(exchange: &Exchange, choices: &[String]) -> String {
    wording::WHICH_EXCHANGE.say(exchange, &[("choices", &any_of(exchange, choices))])
}

fn any_of(exchange: &Exchange, choices: &[String]) -> String {
    choices.join(&format!(" {} ", wording::OR.say(exchange, &[])))
}

/// First names where they tell the people apart, full names otherwise.
fn short_names<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let first = |name: &'n str| name.split_whitespace().next().unwrap_or(name);
    let alone =
        |name: &str| names.iter().filter(|other| other.split_whitespace().any(|part| part == name)).count() == 1;
    names.iter().map(|name| if alone(first(name)) { first(name) } else { name }).collect()
}

/// A wording with a number of wishes in it.
fn counted(wording: Wording, count: u32, view: &View<'_>) -> String {
    let count = match count {
        1 => wording::ONE_WISH.say(view.exchange, &[]),
        many => wording::MANY_WISHES.say(view.exchange, &[("number", &many.to_string())]),
    };
    wording.say(view.exchange, &[("count", &count)])
}

/// The wording of an outcome that needs no values.
fn plain_wording(outcome: &Outcome) -> Wording {
    match outcome {
        Outcome::NotYours => wording::NOT_YOURS,
        Outcome::NotDrawnYet => wording::NOT_DRAWN,
        Outcome::NotReadyYet => wording::NOT_READY,
        Outcome::Relayed(Verb::Ask) => wording::ASKED,
        Outcome::RelayWaits(Verb::Ask) => wording::RELAY_WAITS,
        Outcome::RelayUnreachable(Verb::Ask) => wording::RELAY_UNREACHABLE,
        // Whether a giver has written, or has said STOP, would help to guess who they are.
        Outcome::Relayed(_) | Outcome::RelayWaits(_) | Outcome::RelayUnreachable(_) => wording::TOLD_GIVER,
        Outcome::Unfinished(Verb::Ask) => wording::ASK_UNFINISHED,
        Outcome::Unfinished(Verb::Tell) => wording::TELL_UNFINISHED,
        Outcome::Unfinished(Verb::Bought) => wording::REPORT_UNFINISHED,
        Outcome::Reported(GiftReport::Bought) => wording::REPORTED_BOUGHT,
        Outcome::Reported(GiftReport::Sent) => wording::REPORTED_SENT,
        Outcome::Reported(GiftReport::Got) => wording::REPORTED_GOT,
        Outcome::Menu => wording::MENU,
        Outcome::UnknownNumber => wording::UNKNOWN_NUMBER,
        Outcome::TooMany => wording::TOO_MANY,
        Outcome::Nudge
        | Outcome::Unfinished(_)
        | Outcome::Told
        | Outcome::ToldAfter(_)
        | Outcome::WhichPerson { .. }
        | Outcome::WishAdded { .. }
        | Outcome::WishList
        | Outcome::WishListFull { .. }
        | Outcome::Unwished { .. }
        | Outcome::NoSuchWish { .. }
        | Outcome::RelayHeldBack(_)
        | Outcome::Oversized(_)
        | Outcome::Proof
        | Outcome::Link
        | Outcome::Budget
        | Outcome::Date
        | Outcome::Silence => wording::NUDGE,
    }
}

#[cfg(test)]
pub(super) mod tests;
