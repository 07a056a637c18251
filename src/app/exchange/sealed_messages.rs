//! What only the open draw can say: pairings, and who a relayed text goes to.

use std::sync::Arc;

use super::draw_record::Drawn;
use super::messages::{ExchangeMessages, addressed, reach_of};
use super::open_draws::{Live, OpenDraw};
use super::own_link::{self, HIDDEN};
use super::relays::{self, Direction};
use super::secrets::Secrets;
use crate::app::outbox::reach::{Reach, Way, reach};
use crate::app::outbox::{Resolution, Sending, Words};
use crate::conversation::exchange::{Receiver, View, outgoing};
use crate::model::{Exchange, Person, PersonId, PersonIndex};
use crate::store::{Basis, OutboxState, StoreError, Tx};

/// Stands where a name would show a pairing to whoever runs xchange.
const WITHHELD: &str = "(not shown here)";

/// The pairing, from the open draw and to the address in the sealed roster; without the name where others could read
/// it.
pub(super) fn pairing(
    topic: &ExchangeMessages,
    tx: &Tx<'_>,
    drawn: &Drawn,
    person: PersonId,
    name: &str,
    sending: Sending<'_>,
) -> Result<Resolution, StoreError> {
    let open = match pairings(topic, tx, drawn)? {
        Ok(open) => open,
        Err(resolution) => return Ok(resolution),
    };
    let Some(me) = open.place(person) else {
        return Ok(Resolution::End(OutboxState::Failed, "its person is not in the draw"));
    };
    let reach = reach(tx, None, open.roster().person(me).email.as_ref(), sending.way)?;
    let secrets = Secrets::of(tx, &open, me)?;
    let mut receivers = secrets.receivers(&open);
    if sending.is_overseen {
        receivers.fill(Receiver { name: WITHHELD, wishes: &[] });
    }
    let receipts = if sending.is_overseen { vec![WITHHELD.to_owned()] } else { open.receipts_of(me) };
    let fingerprint = open.document.fingerprint().to_string();
    let link = link_of(topic, tx, &open, person, sending)?;
    let view = View {
        me: Some(me),
        receivers: &receivers,
        receipts: &receipts,
        fingerprint: &fingerprint,
        link: &link,
        ..View::stranger(open.roster())
    };
    Ok(match outgoing::pairing_mail(&view) {
        Some(mail) => addressed(reach, Words { sms: String::new(), mail, addressee: name.to_owned() }),
        None => Resolution::End(OutboxState::Failed, "its person gives to nobody"),
    })
}

/// The link to somebody's own page, to the address in the sealed roster. Whoever asked for it gets it also where they want no
/// other e-mail.
pub(super) fn own_link(
    topic: &ExchangeMessages,
    tx: &Tx<'_>,
    drawn: &Drawn,
    person: PersonId,
    sending: Sending<'_>,
) -> Result<Resolution, StoreError> {
    let open = match pairings(topic, tx, drawn)? {
        Ok(open) => open,
        Err(resolution) => return Ok(resolution),
    };
    let Some(me) = open.place(person).map(|place| open.roster().person(place)) else {
        return Ok(Resolution::End(OutboxState::Failed, "its person is not in the draw"));
    };
    let link = link_of(topic, tx, &open, person, sending)?;
    if link.is_empty() {
        return Ok(Resolution::End(OutboxState::Cancelled, "its link has ended"));
    }
    let way = Way { basis: Basis::Confirmation, ..sending.way };
    let mail = outgoing::link_mail(open.roster(), &me.name, &link);
    let words = Words { sms: String::new(), mail, addressee: me.name.clone() };
    Ok(addressed(reach(tx, None, me.email.as_ref(), way)?, words))
}

/// The link to somebody's own page as a message has it, if they have one; hidden where others could read it.
fn link_of(
    topic: &ExchangeMessages,
    tx: &Tx<'_>,
    open: &OpenDraw,
    person: PersonId,
    sending: Sending<'_>,
) -> Result<String, StoreError> {
    let link = topic.served.page_at(own_link::current(tx, topic.served.draws(), open, person)?);
    Ok(if sending.is_overseen && !link.is_empty() { HIDDEN.to_owned() } else { link })
}

/// A relayed text, to the `nth` of its sender's receivers or givers. Whoever asked somebody who has opted out since is
/// told, by this same row, that no answer is coming, and nothing else.
pub(super) fn relay(
    topic: &ExchangeMessages,
    tx: &Tx<'_>,
    drawn: &Drawn,
    (relay, nth): (&str, usize),
    sending: Sending<'_>,
) -> Result<Resolution, StoreError> {
    let open = match pairings(topic, tx, drawn)? {
        Ok(open) => open,
        Err(resolution) => return Ok(resolution),
    };
    let roster = open.roster();
    let Some(kept) = relays::relay(tx, topic.served.draws(), relay)? else {
        return Ok(Resolution::Wait("this machine's key does not open it"));
    };
    let Some(from) = open.place(kept.sender) else {
        return Ok(Resolution::End(OutboxState::Failed, "its sender is not in the draw"));
    };
    let (sender, text) = (roster.person(from), &kept.words);
    let Some(place) = other_end(&open, kept.direction, from, nth) else {
        return Ok(Resolution::End(OutboxState::Failed, "there is nobody it goes to"));
    };
    let other = roster.person(place);
    let link = open.person(place).map_or(Ok(String::new()), |id| link_of(topic, tx, &open, id, sending))?;
    let other_reach = reach_of(tx, other, sending.way)?;
    if let Reach::Never { opted_out: true, .. } = other_reach
        && kept.direction == Direction::Ask
        && !kept.is_known_unreachable
    {
        let back = reach_of(tx, sender, sending.way)?;
        let sms = outgoing::no_answer(roster);
        let mail = outgoing::notice_mail(roster, &sms);
        let sms = naming(tx, roster, sender, sms)?;
        return Ok(addressed(back, Words { sms, mail, addressee: sender.name.clone() }));
    }
    let (sms, mail, role) = match kept.direction {
        Direction::Ask => (
            outgoing::question_sms(roster, text),
            outgoing::question_mail(roster, other, text, (sending.number, &link)),
            "the receiver of",
        ),
        Direction::Tell => {
            (outgoing::answer_sms(roster, text), outgoing::answer_mail(roster, other, text), "the giver of")
        }
    };
    let sms = naming(tx, roster, other, sms)?;
    Ok(addressed(other_reach, Words { sms, mail, addressee: format!("{role} {}", sender.name) }))
}

/// A text to a phone that is in several exchanges says which it is about, for so has the answer.
fn naming(tx: &Tx<'_>, roster: &Exchange, to: &Person, sms: String) -> Result<String, StoreError> {
    let Some(phone) = &to.phone else { return Ok(sms) };
    let everywhere = tx.persons_of_phone(phone)?;
    let is_in_several = everywhere.first().map(|(topic, _)| topic) != everywhere.last().map(|(topic, _)| topic);
    Ok(if is_in_several { format!("{}: {sms}", roster.name) } else { sms })
}

fn other_end(open: &OpenDraw, direction: Direction, from: PersonIndex, nth: usize) -> Option<PersonIndex> {
    match direction {
        Direction::Ask => open.document.receivers_of(from).nth(nth),
        Direction::Tell => open.document.givers_of(from).nth(nth),
    }
}

/// The open draw of a row, if it is the one that counts.
fn pairings(
    topic: &ExchangeMessages,
    tx: &Tx<'_>,
    drawn: &Drawn,
) -> Result<Result<Arc<OpenDraw>, Resolution>, StoreError> {
    let replaced = || Err(Resolution::End(OutboxState::Cancelled, "a new draw has taken its place"));
    if tx.newest_draw_state(drawn.draw.topic)?.is_some_and(|newest| newest.id != drawn.draw.id) {
        return Ok(replaced());
    }
    Ok(match topic.served.draws().live(tx, drawn.draw.topic)? {
        Live::Open(open) => Ok(open),
        Live::NotReady | Live::Replaced | Live::NotDrawn => Err(Resolution::Wait("the draw is not live yet")),
    })
}
