//! Questions to the receiver and words to the giver: whether they can be passed on, and what their sender hears of it.

use jiff::Timestamp;

use super::Asked;
use crate::app::exchange::open_draws::OpenDraw;
use crate::app::exchange::relays::{self, Direction, Relay};
use crate::app::exchange::served::Standing;
use crate::conversation::exchange::{Outcome, Verb, names_sender};
use crate::model::{Person, PersonIndex};
use crate::store::{StoreError, Tx};

/// Has a question passed to the receiver or a word to the giver. Who that is stays in the open draw. The same question is
/// passed on once; an answer as often as it is texted, for it may belong to another question.
pub(super) fn relay(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    open: &OpenDraw,
    asked: Asked<'_>,
    (words, insist): (String, bool),
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let Asked { me, verb, relay } = asked;
    if !insist && names_sender(&words, me.person) {
        return Ok(Outcome::RelayHeldBack(verb));
    }
    let (direction, others): (_, Vec<PersonIndex>) = match verb {
        Verb::Tell => (Direction::Tell, open.document.givers_of(me.place).collect()),
        _ => (Direction::Ask, open.document.receivers_of(me.place).collect()),
    };
    let mut outcome = Outcome::Relayed(verb);
    for other in &others {
        outcome = worse(outcome, reach(tx, open.roster().person(*other), verb)?);
    }
    let draws = standing.served().draws();
    if direction == Direction::Tell || !relays::has_asked(tx, draws, open.id, me.id, &words)? {
        *relay = Some(Relay {
            draw: open.id,
            sender: me.id,
            direction,
            words,
            at: now,
            others: (0..others.len()).collect(),
            is_known_unreachable: matches!(outcome, Outcome::RelayUnreachable(_)),
            unsure_since: None,
        });
    }
    Ok(outcome)
}

/// Whether a relayed text reaches somebody: by SMS if they have written and not opted out, else by e-mail.
fn reach(tx: &Tx<'_>, other: &Person, verb: Verb) -> Result<Outcome, StoreError> {
    let mail = other.email.as_ref().map(|email| tx.has_opted_out_of_mail(email)).transpose()?;
    if mail == Some(false) {
        return Ok(Outcome::Relayed(verb));
    }
    let Some(phone) = &other.phone else { return Ok(Outcome::RelayUnreachable(verb)) };
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
