//! What was decided about a text, and the words that say so.

use serde::{Deserialize, Serialize};

use crate::model::{Exchange, MAX_WISH_CHARS, PersonIndex};

use super::intent::{Report, Verb};
use super::spelling::{MAX_RELAY, shorten};
use super::template::Template;
use super::wording::{self, REPLY_PLACEHOLDERS, Wording};

/// The longest answer, in characters; Twilio takes no more in one message (error 21617).
pub const MAX_ANSWER: usize = 1_600;

/// What was decided about a text. Stands in the message log: short, and without a word that shows a pairing or
/// repeats what somebody wrote; the words are made when answering, from the view of the person concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The giver is told their receiver's name.
    Told {
        /// Who is told.
        giver: PersonIndex,
    },
    /// There is no draw yet.
    NotDrawnYet,
    /// There is a draw, and its copy is not confirmed yet.
    NotReadyYet,
    /// The phone is shared, and the text named nobody.
    WhichPerson {
        /// What was asked for.
        verb: Verb,
        /// Whose phone it is.
        people: Vec<PersonIndex>,
    },
    /// A wish was kept.
    WishAdded {
        /// How many there are now.
        count: u32,
    },
    /// The person's own wishes.
    WishList,
    /// The list of wishes takes no more.
    WishListFull {
        /// How many there are.
        count: u32,
    },
    /// A wish was taken off.
    Unwished {
        /// How many are left.
        left: u32,
    },
    /// No wish has that number.
    NoSuchWish {
        /// How many there are.
        count: u32,
    },
    /// A question or an answer was passed on.
    Relayed(Verb),
    /// It is passed on once the other side has written.
    RelayWaits(Verb),
    /// The other side has opted out.
    RelayUnreachable(Verb),
    /// It names its sender, and waits for `ASK!` or `TELL!`.
    RelayHeldBack(Verb),
    /// A command without its text.
    Unfinished(Verb),
    /// A text too long.
    Oversized(Verb),
    /// A report was noted.
    Reported(Report),
    /// Receipt, fingerprint, openings.
    Proof {
        /// Whose receipt.
        giver: PersonIndex,
    },
    /// What can be texted.
    Menu,
    /// One line with the two most useful words.
    Nudge,
    /// The number is not in the exchange.
    UnknownNumber,
    /// The number sends too much, and is told so once.
    TooMany,
    /// No answer: a carrier's word, or a number that has been told already.
    Silence,
}

/// Somebody's receiver, as far as their giver may see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Receiver<'a> {
    /// Name.
    pub name: &'a str,
    /// What they would like, best first.
    pub wishes: &'a [String],
}

/// What one person may see. Holds their own secrets only, so that no outcome can show another's.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The exchange, as the draw keeps it.
    pub exchange: &'a Exchange,
    /// Whose view it is; `None` for an unknown number and for a shared phone that named nobody.
    pub me: Option<PersonIndex>,
    /// Whom they give to; empty before the draw.
    pub receivers: &'a [Receiver<'a>],
    /// Their own wishes.
    pub wishes: &'a [String],
    /// Their receipts, one for each receiver.
    pub receipts: &'a [String],
    /// The draw's fingerprint.
    pub fingerprint: &'a str,
    /// How often the draw has been opened.
    pub openings: u64,
}

impl<'a> View<'a> {
    /// The view of somebody of whom nothing is known but that they write: no person, no secrets.
    #[must_use]
    pub fn stranger(exchange: &'a Exchange) -> Self {
        Self { exchange, me: None, receivers: &[], wishes: &[], receipts: &[], fingerprint: "", openings: 0 }
    }
}

/// The answer to a text, at most [`MAX_ANSWER`] characters; `None` for an empty `<Response/>`.
///
/// An outcome that concerns somebody else than the view's person has no words: silence is the safe side.
#[must_use]
pub fn words(outcome: &Outcome, view: &View<'_>) -> Option<String> {
    let answer = match outcome {
        Outcome::Silence => return None,
        Outcome::Told { giver } => told(*giver, view)?,
        Outcome::Proof { giver } => proof(*giver, view)?,
        Outcome::WishList => wish_list(view)?,
        Outcome::WhichPerson { verb, people } => which_person(*verb, people, view),
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
        plain => plain_wording(plain).say(view.exchange, &[]),
    };
    Some(shorten(&answer, MAX_ANSWER))
}

/// The answer to the keyword, from `[exchange] reply`: the bare name as a rule, with the wishes on a line of their own
/// if there are any. An organizer's own reply says exactly what it says.
#[must_use]
pub fn reply(exchange: &Exchange, giver: &str, receivers: &[Receiver<'_>]) -> String {
    const BARE: &str = "{receiver}";
    let names = receivers.iter().map(|receiver| receiver.name).collect::<Vec<_>>().join(", ");
    let wishes = wishes_of(receivers);
    let own = Template::parse(&exchange.reply, &REPLY_PLACEHOLDERS).ok().filter(|_| exchange.reply.trim() != BARE);
    let Some(template) = own else {
        return if wishes.is_empty() { names } else { format!("{names}\n{wishes}") };
    };
    template.fill(|placeholder| match placeholder {
        "receiver" => names.clone(),
        "giver" => giver.to_owned(),
        "wishes" => wishes.clone(),
        "budget" => exchange.budget.clone().unwrap_or_default(),
        "date" => date(exchange),
        _ => String::new(),
    })
}

/// The day of the exchange in words, `24 December 2026`; empty where it has none.
pub(super) fn date(exchange: &Exchange) -> String {
    exchange.date.map(|date| date.strftime("%-d %B %Y").to_string()).unwrap_or_default()
}

/// The receivers' wishes in one line, with names in front where there are several receivers.
pub(super) fn wishes_of(receivers: &[Receiver<'_>]) -> String {
    let wishing = receivers.iter().filter(|receiver| !receiver.wishes.is_empty());
    let lists = wishing.map(|receiver| {
        let wishes = receiver.wishes.join("; ");
        if receivers.len() == 1 { format!("Wishes: {wishes}") } else { format!("{}: {wishes}", receiver.name) }
    });
    lists.collect::<Vec<_>>().join("\n")
}

/// How often the draw was opened, in words.
pub(super) fn times(openings: u64) -> String {
    match openings {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

fn told(giver: PersonIndex, view: &View<'_>) -> Option<String> {
    if view.me != Some(giver) || view.receivers.is_empty() {
        return None;
    }
    Some(reply(view.exchange, &view.exchange.people.get(giver.index())?.name, view.receivers))
}

fn proof(giver: PersonIndex, view: &View<'_>) -> Option<String> {
    if view.me != Some(giver) {
        return None;
    }
    let receipts = view.receipts.join(", ");
    let openings = times(view.openings);
    let values = [("receipt", receipts.as_str()), ("fingerprint", view.fingerprint), ("openings", openings.as_str())];
    Some(wording::PROOF.say(view.exchange, &values))
}

fn wish_list(view: &View<'_>) -> Option<String> {
    view.me?;
    if view.wishes.is_empty() {
        return Some(wording::WISH_LIST_EMPTY.say(view.exchange, &[]));
    }
    let lines: Vec<String> = (1..).zip(view.wishes).map(|(number, wish)| format!("{number} {wish}")).collect();
    Some(wording::WISH_LIST.say(view.exchange, &[("wishes", &lines.join("\n"))]))
}

/// The question who of several people is texting, with the text that would say so.
fn which_person(verb: Verb, people: &[PersonIndex], view: &View<'_>) -> String {
    let command = if verb == Verb::Name { &view.exchange.keyword } else { verb.word() }.to_uppercase();
    let names: Vec<&str> =
        people.iter().filter_map(|id| view.exchange.people.get(id.index())).map(|p| p.name.as_str()).collect();
    let tail = if matches!(verb, Verb::Wish | Verb::Ask | Verb::Tell) { ": ..." } else { "" };
    let choices: Vec<String> = short_names(&names).iter().map(|name| format!("{command} {name}{tail}")).collect();
    wording::WHICH_PERSON.say(view.exchange, &[("choices", &choices.join(" or "))])
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
    let count = if count == 1 { "1 wish".to_owned() } else { format!("{count} wishes") };
    wording.say(view.exchange, &[("count", &count)])
}

/// The wording of an outcome that needs no values.
fn plain_wording(outcome: &Outcome) -> Wording {
    match outcome {
        Outcome::NotDrawnYet => wording::NOT_DRAWN,
        Outcome::NotReadyYet => wording::NOT_READY,
        Outcome::Relayed(Verb::Ask) => wording::ASKED,
        Outcome::RelayWaits(Verb::Ask) => wording::RELAY_WAITS,
        Outcome::RelayUnreachable(Verb::Ask) => wording::RELAY_UNREACHABLE,
        // Whether a giver has written, or has said STOP, would help to guess who they are.
        Outcome::Relayed(_) | Outcome::RelayWaits(_) | Outcome::RelayUnreachable(_) => wording::TOLD_GIVER,
        Outcome::Unfinished(Verb::Ask) => wording::ASK_UNFINISHED,
        Outcome::Unfinished(Verb::Tell) => wording::TELL_UNFINISHED,
        Outcome::Reported(Report::Bought) => wording::REPORTED_BOUGHT,
        Outcome::Reported(Report::Sent) => wording::REPORTED_SENT,
        Outcome::Reported(Report::Got) => wording::REPORTED_GOT,
        Outcome::Menu => wording::MENU,
        Outcome::UnknownNumber => wording::UNKNOWN_NUMBER,
        Outcome::TooMany => wording::TOO_MANY,
        Outcome::Nudge
        | Outcome::Unfinished(_)
        | Outcome::Told { .. }
        | Outcome::WhichPerson { .. }
        | Outcome::WishAdded { .. }
        | Outcome::WishList
        | Outcome::WishListFull { .. }
        | Outcome::Unwished { .. }
        | Outcome::NoSuchWish { .. }
        | Outcome::RelayHeldBack(_)
        | Outcome::Oversized(_)
        | Outcome::Proof { .. }
        | Outcome::Silence => wording::NUDGE,
    }
}

#[cfg(test)]
pub(super) mod tests;
