//! One text, inside the batch's transaction: who wrote, what they want, what it does, which words go back.
//!
//! What is stored is the outcome, which shows no pairing; the words are made from it and the open draw, at once and
//! again for every repeated delivery.

use jiff::Timestamp;

use super::live::{Live, OpenDraw, Watch};
use super::logbook::Logbook;
use super::{Answer, Text};
use crate::conversation::exchange::{self, Intent, Outcome, Receiver, Verb, View, names_sender, speaker, understand};
use crate::conversation::{Allowance, CarrierWord, allowance, carrier_word};
use crate::model::{Exchange, MAX_WISHES, Person, PersonIndex, Phone};
use crate::store::{Direction, DrawId, NewRelay, StoreError, StoredText, Tx};

/// Decides about a text, keeps what it does, and says what goes back. A text seen before changes nothing and is
/// answered as before.
///
/// # Errors
/// [`StoreError`]; the whole batch is then undone.
pub(super) fn decide(
    tx: &Tx<'_>,
    watch: &Watch,
    logbook: &mut Logbook,
    text: &Text,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    let draw = match watch.live() {
        Live::Open(open) => Some(open.id),
        _ => None,
    };
    let logged = match logbook.find(&text.sid) {
        Some(id) => tx.text(id, &text.sid, &text.from)?,
        None => None,
    };
    if let Some((stored, same_phone)) = logged {
        let said = if same_phone { said_before(tx, watch, text, draw, &stored)? } else { Said::nothing() };
        return words(tx, watch, &text.from, &said);
    }
    let said = hear(tx, watch, logbook, text, now)?;
    let outcome = serde_json::to_string(&loggable(&said.outcome)).map_err(|e| StoreError::damaged("outcome", e))?;
    let told = matches!(said.outcome, Outcome::Told);
    let id = tx.insert_text(&text.sid, &text.from, now, &StoredText { draw, person: said.person, told, outcome })?;
    logbook.note(id, &text.sid, &text.from, now);
    words(tx, watch, &text.from, &said)
}

/// What was decided, and for whom.
struct Said {
    person: Option<PersonIndex>,
    outcome: Outcome,
}

impl Said {
    /// Nothing to anybody.
    fn nothing() -> Self {
        Self { person: None, outcome: Outcome::Silence }
    }
}

/// What was decided about a text that comes again, unless it would now be said to somebody else.
fn said_before(
    tx: &Tx<'_>,
    watch: &Watch,
    text: &Text,
    draw: Option<DrawId>,
    stored: &StoredText,
) -> Result<Said, StoreError> {
    if tx.is_opted_out(&text.from)? {
        return Ok(Said::nothing());
    }
    // People have other places in another draw's roster.
    if stored.draw != draw {
        return Ok(Said { person: None, outcome: Outcome::Nudge });
    }
    let outcome =
        serde_json::from_str(&stored.outcome).map_err(|e| StoreError::damaged(format!("text {}", text.sid), e))?;
    // Before the first draw the roster itself may have changed.
    let mine = watch.people_of(&text.from);
    Ok(if stored.person.is_none_or(|person| mine.contains(&person)) {
        Said { person: stored.person, outcome }
    } else {
        Said::nothing()
    })
}

/// Whether a relayed text had to wait depends on who its receiver is; the log must not tell.
fn loggable(outcome: &Outcome) -> &Outcome {
    match outcome {
        Outcome::RelayWaits(Verb::Tell) | Outcome::RelayUnreachable(Verb::Tell) => &Outcome::Relayed(Verb::Tell),
        Outcome::RelayWaits(_) | Outcome::RelayUnreachable(_) => &Outcome::Relayed(Verb::Ask),
        other => other,
    }
}

fn hear(tx: &Tx<'_>, watch: &Watch, logbook: &Logbook, text: &Text, now: Timestamp) -> Result<Said, StoreError> {
    let exchange = watch.exchange();
    let nobody = |outcome| Ok(Said { person: None, outcome });
    let opted_out = tx.hear_from(&text.from, now)?;
    if let Some(word) = carrier_word(&text.body) {
        match word {
            CarrierWord::OptOut => tx.opt_out(&text.from, now)?,
            CarrierWord::OptIn { .. } => tx.opt_in(&text.from)?,
            CarrierWord::Help => {}
        }
        return nobody(Outcome::Silence);
    }
    match allowance(logbook.recent(&text.from, now)) {
        Allowance::Allow => {}
        Allowance::TellOnce if !opted_out => return nobody(Outcome::TooMany),
        Allowance::TellOnce | Allowance::Silent => return nobody(Outcome::Silence),
    }
    if opted_out {
        return nobody(Outcome::Silence);
    }
    let sharers: Vec<(PersonIndex, &str)> =
        watch.people_of(&text.from).iter().map(|id| (*id, exchange.person(*id).name.as_str())).collect();
    if sharers.is_empty() {
        let greet = tx.greet_stranger(&text.from, now)?;
        return nobody(if greet { Outcome::UnknownNumber } else { Outcome::Silence });
    }
    let mut intent = understand(&text.body, watch.vocabulary());
    let everybodys = match &intent {
        Intent::Menu => Some(Outcome::Menu),
        Intent::Empty | Intent::Other => Some(Outcome::Nudge),
        Intent::Unfinished(verb) => Some(Outcome::Unfinished(*verb)),
        Intent::Oversized(verb) => Some(Outcome::Oversized(*verb)),
        _ => None,
    };
    let person = speaker(&mut intent, &sharers);
    let outcome = match (everybodys, person, intent.verb()) {
        (Some(outcome), ..) => outcome,
        (None, Some(person), Some(verb)) => act(tx, watch, Asked { text, me: person, verb }, intent, now)?,
        (None, None, Some(verb)) => Outcome::WhichPerson { verb },
        (None, _, None) => Outcome::Nudge,
    };
    Ok(Said { person, outcome })
}

/// What one known person asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    text: &'a Text,
    me: PersonIndex,
    verb: Verb,
}

/// Does what one known person asked for.
fn act(tx: &Tx<'_>, watch: &Watch, asked: Asked<'_>, intent: Intent, now: Timestamp) -> Result<Outcome, StoreError> {
    let exchange = watch.exchange();
    let person = exchange.person(asked.me);
    match intent {
        Intent::Wish(wish) => {
            let before = tx.wishes(&exchange.name, person)?.len();
            if before >= MAX_WISHES {
                return Ok(Outcome::WishListFull { count: count(before) });
            }
            tx.add_wish(&exchange.name, &person.name, &wish, now)?;
            Ok(Outcome::WishAdded { count: count(before + 1) })
        }
        Intent::Wishes { .. } => Ok(Outcome::WishList),
        Intent::Unwish { number, .. } => unwish(tx, exchange, person, number, now),
        other => match watch.live() {
            Live::NotDrawn => Ok(Outcome::NotDrawnYet),
            Live::NotReady(..) => Ok(Outcome::NotReadyYet),
            Live::Open(open) => from_the_draw(tx, watch, open, asked, other, now),
        },
    }
}

fn unwish(
    tx: &Tx<'_>,
    exchange: &Exchange,
    person: &Person,
    number: Option<u32>,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let wishes = tx.wishes(&exchange.name, person)?;
    let chosen = number.and_then(|n| wishes.get((n as usize).checked_sub(1)?));
    let Some(wish) = chosen else { return Ok(Outcome::NoSuchWish { count: count(wishes.len()) }) };
    tx.withdraw_wish(&exchange.name, &person.name, wish, now)?;
    Ok(Outcome::Unwished { left: count(wishes.len() - 1) })
}

fn from_the_draw(
    tx: &Tx<'_>,
    watch: &Watch,
    open: &OpenDraw,
    asked: Asked<'_>,
    intent: Intent,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let me = asked.me;
    match intent {
        Intent::Name { .. } => Ok(Outcome::Told),
        Intent::Report { report, .. } => {
            tx.add_report(open.id, me, asked.verb.word(), now)?;
            Ok(Outcome::Reported(report))
        }
        Intent::Proof { .. } => Ok(Outcome::Proof),
        Intent::Ask { text: words, insist } | Intent::Tell { text: words, insist } => {
            relay(tx, watch, open, asked, &Relaying { words, insist }, now)
        }
        _ => Ok(Outcome::Nudge),
    }
}

struct Relaying {
    words: String,
    insist: bool,
}

/// Passes a question to the receiver or a word to the giver, by way of the outbox. Who that is stays in the open draw:
/// the rows name only the sender.
fn relay(
    tx: &Tx<'_>,
    watch: &Watch,
    open: &OpenDraw,
    asked: Asked<'_>,
    relaying: &Relaying,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let Asked { text, me, verb } = asked;
    let exchange = open.document.roster();
    if !relaying.insist && names_sender(&relaying.words, exchange.person(me)) {
        return Ok(Outcome::RelayHeldBack(verb));
    }
    let Some(body) = watch.seal_note(&relaying.words) else { return Ok(Outcome::NotReadyYet) };
    let (direction, others): (_, Vec<PersonIndex>) = match verb {
        Verb::Tell => (Direction::Tell, open.document.givers_of(me).collect()),
        _ => (Direction::Ask, open.document.receivers_of(me).collect()),
    };
    let row =
        tx.insert_relay(&NewRelay { sid: &text.sid, draw: open.id, sender: me, direction, body: &body, at: now })?;
    super::super::outbox::queue_relay(tx, open, me, direction, row, now)?;
    let mut outcome = Outcome::Relayed(verb);
    for other in others {
        outcome = worse(outcome, reach(tx, exchange.person(other), verb)?);
    }
    Ok(outcome)
}

/// Whether a relayed text reaches somebody: by SMS if they have written and not opted out, else by e-mail.
fn reach(tx: &Tx<'_>, other: &Person, verb: Verb) -> Result<Outcome, StoreError> {
    if other.email.is_some() {
        return Ok(Outcome::Relayed(verb));
    }
    let Some(phone) = &other.phone else { return Ok(Outcome::RelayWaits(verb)) };
    Ok(match (tx.is_opted_out(phone)?, tx.has_written(phone)?) {
        (true, _) => Outcome::RelayUnreachable(verb),
        (false, true) => Outcome::Relayed(verb),
        (false, false) => Outcome::RelayWaits(verb),
    })
}

/// Of two outcomes of one relay, the one its sender should hear of.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    if matches!(a, Outcome::Relayed(_)) { b } else { a }
}

/// Puts what was decided into words, from what its person may see and nothing else.
fn words(tx: &Tx<'_>, watch: &Watch, from: &Phone, said: &Said) -> Result<Answer, StoreError> {
    let exchange = watch.exchange();
    let sharers: Vec<&str> = watch.people_of(from).iter().map(|id| exchange.person(*id).name.as_str()).collect();
    let mut view = View { sharers: &sharers, ..View::stranger(exchange) };
    let known = said.person.filter(|me| me.index() < exchange.people.len());
    let Some(me) = known else { return Ok(answer(&said.outcome, &view)) };
    view.me = Some(me);
    let wishes = match said.outcome {
        Outcome::WishList => tx.wishes(&exchange.name, exchange.person(me))?,
        _ => Vec::new(),
    };
    view.wishes = &wishes;
    let Live::Open(open) = watch.live() else { return Ok(answer(&said.outcome, &view)) };
    if !matches!(said.outcome, Outcome::Told | Outcome::Proof) {
        return Ok(answer(&said.outcome, &view));
    }
    let receivers: Vec<&Person> = open.document.receivers_of(me).map(|id| exchange.person(id)).collect();
    let lists = receivers.iter().map(|person| tx.wishes(&exchange.name, person)).collect::<Result<Vec<_>, _>>()?;
    let receivers: Vec<Receiver<'_>> =
        receivers.iter().zip(&lists).map(|(person, wishes)| Receiver { name: &person.name, wishes }).collect();
    view.receivers = &receivers;
    if !matches!(said.outcome, Outcome::Proof) {
        return Ok(answer(&said.outcome, &view));
    }
    view.openings = tx.count_openings(&exchange.series, open.document.about().draw)?;
    let receipts: Vec<String> =
        open.document.indices_by_giver(me).filter_map(|i| open.document.receipt(i)).map(|r| r.to_string()).collect();
    let fingerprint = open.document.fingerprint().to_string();
    view.receipts = &receipts;
    view.fingerprint = &fingerprint;
    Ok(answer(&said.outcome, &view))
}

fn answer(outcome: &Outcome, view: &View<'_>) -> Answer {
    exchange::words(outcome, view).map_or(Answer::Silence, Answer::Words)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
