//! What only the open draw can say: pairings, and who a relayed text goes to.

use std::sync::Arc;

use super::{Resolution, Resolver, Words};
use crate::app::outbox::draws::{Known, Pairings};
use crate::app::outbox::reach::{Reach, Way, reach};
use crate::conversation::exchange::{Receiver, View, outgoing};
use crate::messaging::envelope::Address;
use crate::model::Person;
use crate::seal::DrawDocument;
use crate::store::{Direction, OutboxRow, OutboxState, StoreError, Tx};

/// Stands where a name would show a pairing to whoever runs xchange.
const WITHHELD: &str = "(not shown here)";

impl Resolver {
    /// The pairing, from the open draw and to the address in the sealed roster; without the name where others could
    /// read it.
    pub(super) fn pairing(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        draw: &Known,
        name: &str,
        way: Way,
    ) -> Result<Resolution, StoreError> {
        let document = match self.pairings(tx, row, draw)? {
            Ok(document) => document,
            Err(resolution) => return Ok(resolution),
        };
        let roster = document.roster();
        let Some(me) = roster.find(name) else {
            return Ok(Resolution::End(OutboxState::Failed, "its person is not in the draw"));
        };
        let reach = reach(tx, None, roster.person(me).email.as_ref(), way)?;
        let people: Vec<&Person> = document.receivers_of(me).map(|id| roster.person(id)).collect();
        let wishes = people.iter().map(|p| tx.wishes(&roster.name, p)).collect::<Result<Vec<_>, _>>()?;
        let is_overseen = self.is_overseen();
        let mut receivers = Vec::new();
        for (person, wishes) in people.iter().zip(&wishes) {
            let shown = Receiver { name: &person.name, wishes };
            receivers.push(if is_overseen { Receiver { name: WITHHELD, wishes: &[] } } else { shown });
        }
        let indices = document.indices_by_giver(me).filter(|_| !is_overseen);
        let receipts: Vec<String> =
            indices.filter_map(|index| document.receipt(index)).map(|receipt| receipt.to_string()).collect();
        let fingerprint = document.fingerprint().to_string();
        let view = View {
            me: Some(me),
            receivers: &receivers,
            receipts: &receipts,
            fingerprint: &fingerprint,
            ..View::stranger(roster)
        };
        match outgoing::pairing_mail(&view) {
            Some(mail) => self.address(tx, row, reach, &Words { sms: String::new(), mail, addressee: name.to_owned() }),
            None => Ok(Resolution::End(OutboxState::Failed, "its person gives to nobody")),
        }
    }

    /// A relayed text. Whoever asked somebody who has opted out since is told, by this same row, that no answer is
    /// coming, and nothing else.
    pub(super) fn relay(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        draw: &Known,
        relay: i64,
        nth: usize,
        way: Way,
    ) -> Result<Resolution, StoreError> {
        let document = match self.pairings(tx, row, draw)? {
            Ok(document) => document,
            Err(resolution) => return Ok(resolution),
        };
        let roster = document.roster();
        let Some(kept) = tx.relay(relay)? else {
            return Ok(Resolution::End(OutboxState::Failed, "its words are gone"));
        };
        if self.is_overseen() {
            return self.withheld_relay(tx, row, roster.person(kept.sender));
        }
        let Some(text) = self.draws.open_note(&kept.body) else {
            return Ok(Resolution::Wait("this machine's key does not open it"));
        };
        let (other, role) = match kept.direction {
            Direction::Ask => (document.receivers_of(kept.sender).nth(nth), "the receiver of"),
            Direction::Tell => (document.givers_of(kept.sender).nth(nth), "the giver of"),
        };
        let Some(other) = other.map(|id| roster.person(id)) else {
            return Ok(Resolution::End(OutboxState::Failed, "there is nobody it goes to"));
        };
        let sender = roster.person(kept.sender);
        let other_reach = reach(tx, other.phone.as_ref(), other.email.as_ref(), way)?;
        if let Reach::Never { opted_out, .. } = other_reach {
            let since_asked = opted_out.is_some_and(|at| at >= row.queued_at);
            if kept.direction == Direction::Ask && since_asked {
                let back = reach(tx, sender.phone.as_ref(), sender.email.as_ref(), way)?;
                let sms = outgoing::no_answer(roster);
                let mail = outgoing::notice_mail(roster, &sms);
                return self.address(tx, row, back, &Words { sms, mail, addressee: sender.name.clone() });
            }
        }
        let (sms, mail) = match kept.direction {
            Direction::Ask => {
                (outgoing::question_sms(roster, &text), outgoing::question_mail(roster, other, &text, &self.number))
            }
            Direction::Tell => (outgoing::answer_sms(roster, &text), outgoing::answer_mail(roster, other, &text)),
        };
        self.address(tx, row, other_reach, &Words { sms, mail, addressee: format!("{role} {}", sender.name) })
    }

    /// A relayed text where others could read it: the same whoever it goes to, whichever way, and whether it could. Its
    /// words stay away too, for two people's words may belong together.
    fn withheld_relay(&self, tx: &Tx<'_>, row: &OutboxRow, sender: &Person) -> Result<Resolution, StoreError> {
        let to = sender.phone.clone().map(Address::Phone).or_else(|| sender.email.clone().map(Address::Email));
        let Some(to) = to else {
            return Ok(Resolution::End(OutboxState::Failed, "its sender has no address"));
        };
        let sms = outgoing::question_sms(&self.exchange, WITHHELD);
        let mail = outgoing::notice_mail(&self.exchange, &sms);
        self.address(tx, row, Reach::At(to), &Words { sms, mail, addressee: WITHHELD.to_owned() })
    }

    fn pairings(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        draw: &Known,
    ) -> Result<Result<Arc<DrawDocument>, Resolution>, StoreError> {
        let Some(id) = row.draw else {
            return Ok(Err(Resolution::End(OutboxState::Failed, "its draw is not known")));
        };
        Ok(match self.draws.pairings(tx, id, draw)? {
            Pairings::Open(document) => Ok(document),
            Pairings::NotYet => Err(Resolution::Wait("the draw is not live yet")),
            Pairings::Replaced => Err(Resolution::End(OutboxState::Cancelled, "a new draw has taken its place")),
        })
    }
}
