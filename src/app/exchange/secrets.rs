//! What the open draw says of one giver, and no more of it than that.

use super::open_draws::OpenDraw;
use crate::conversation::exchange::Receiver;
use crate::model::PersonIndex;
use crate::store::{StoreError, Tx};

/// Whom somebody gives to, and what those would like.
pub(super) struct Secrets(Vec<(PersonIndex, Vec<String>)>);

impl Secrets {
    /// What the open draw says of one giver.
    pub(super) fn of(tx: &Tx<'_>, open: &OpenDraw, giver: PersonIndex) -> Result<Self, StoreError> {
        let wishes = |receiver: PersonIndex| {
            let written = &open.roster().person(receiver).wishes;
            open.person(receiver).map_or_else(|| Ok(written.clone()), |id| tx.wishes(id, written))
        };
        let receivers = open.document.receivers_of(giver);
        receivers.map(|receiver| Ok((receiver, wishes(receiver)?))).collect::<Result<_, _>>().map(Self)
    }

    /// As the words want them.
    pub(super) fn receivers<'a>(&'a self, open: &'a OpenDraw) -> Vec<Receiver<'a>> {
        let receiver = |(place, wishes): &'a (PersonIndex, Vec<String>)| Receiver {
            name: &open.roster().person(*place).name,
            wishes,
        };
        self.0.iter().map(receiver).collect()
    }
}
