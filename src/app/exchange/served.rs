//! An exchange as a running site has it: what texts are answered from, and what its messages are made of.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::hear;
use super::open_draws::{Live, OpenDraw, OpenDraws};
use super::people;
use super::relays;
use crate::app::responder::{Answer, Courtesy, Health, Heard, Text, TextTopic};
use crate::app::site::Site;
use crate::conversation::Period;
use crate::conversation::exchange::{Outcome, View, Vocabulary, words};
use crate::model::{Exchange, Person, PersonId, PersonIndex, Phone, TopicId};
use crate::store::{StoreError, StoredText, Topic, Tx};

/// An exchange that is being answered for.
pub struct ServedExchange {
    topic: Topic,
    /// As its file has it: who is asked for, and who may text before the first draw.
    written: Arc<Exchange>,
    vocabulary: Vocabulary,
    /// Where everybody stands in the file; whoever came into it after the draw has no row yet.
    places: HashMap<PersonId, PersonIndex>,
    draws: Arc<OpenDraws>,
    /// Nothing that is not an answer is for its people's eyes yet.
    rehearsal: bool,
}

/// What an exchange answers from at one moment: its live draw, or the file before there is one.
pub(super) struct Standing<'a> {
    served: &'a ServedExchange,
    pub(super) live: Live,
}

impl ServedExchange {
    /// The exchange of a site. Before its first draw its people are written down as the file has them, for they may
    /// text their wishes already.
    pub fn enter(site: &Site, draws: Arc<OpenDraws>) -> Result<Self, StoreError> {
        let written = Arc::clone(&site.exchange);
        let (topic, people) = site.store.write(|tx| {
            let topic = site.enter(tx)?;
            let people = match tx.newest_draw_state(topic.id)? {
                None => people::enter(tx, topic.id, &written)?.into_iter().map(Some).collect(),
                Some(_) => people::known(tx, topic.id, &written)?,
            };
            relays::seal_what_is_clear(tx, &draws, topic.id)?;
            Ok::<_, StoreError>((topic, people))
        })?;
        let places = people.iter().zip(0..).filter_map(|(id, place)| Some(((*id)?, PersonIndex(place)))).collect();
        let vocabulary = Vocabulary::of(&written);
        let rehearsal = site.settings.messaging.rehearsal().is_some();
        Ok(Self { topic, written, vocabulary, places, draws, rehearsal })
    }

    /// Its row and its series.
    #[must_use]
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// As its file has it.
    #[must_use]
    pub fn written(&self) -> &Arc<Exchange> {
        &self.written
    }

    /// Somebody as its file has them.
    pub(super) fn person(&self, id: PersonId) -> Option<&Person> {
        Some(self.written.person(*self.places.get(&id)?))
    }

    /// Whether nothing goes to its recipients but answers.
    pub(super) fn is_rehearsal(&self) -> bool {
        self.rehearsal
    }

    /// The draws it is answered from.
    pub(super) fn draws(&self) -> &OpenDraws {
        &self.draws
    }

    pub(super) fn standing(&self, tx: &Tx<'_>) -> Result<Standing<'_>, StoreError> {
        Ok(Standing { served: self, live: self.draws.live(tx, self.topic.id)? })
    }
}

impl Standing<'_> {
    pub(super) fn served(&self) -> &ServedExchange {
        self.served
    }

    pub(super) fn open(&self) -> Option<&OpenDraw> {
        if let Live::Open(open) = &self.live { Some(open) } else { None }
    }

    /// The exchange answers speak of: the draw's own roster, or the file's before the first draw.
    pub(super) fn exchange(&self) -> &Exchange {
        self.open().map_or(&self.served.written, OpenDraw::roster)
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        self.open().map_or(&self.served.vocabulary, |open| &open.vocabulary)
    }

    /// Where somebody stands in [`Standing::exchange`].
    pub(super) fn place(&self, person: PersonId) -> Option<PersonIndex> {
        match self.open() {
            Some(open) => open.place(person),
            None => self.served.places.get(&person).copied(),
        }
    }
}

impl TextTopic for ServedExchange {
    fn id(&self) -> TopicId {
        self.topic.id
    }

    fn health(&self, tx: &Tx<'_>) -> Result<Health, StoreError> {
        Ok(match self.draws.live(tx, self.topic.id)? {
            Live::NotDrawn => Health::NotDrawn,
            Live::NotReady => Health::NotReady,
            Live::Replaced => Health::Replaced,
            Live::Open(_) => Health::Live,
        })
    }

    /// Those whose phone this is in what answers are given from: a row may say another one, a sealed draw does not.
    fn people_of(&self, tx: &Tx<'_>, phone: &Phone, persons: Vec<PersonId>) -> Result<Vec<PersonId>, StoreError> {
        let standing = self.standing(tx)?;
        let is_theirs = |place: PersonIndex| standing.exchange().person(place).phone.as_ref() == Some(phone);
        let mut places: Vec<(PersonIndex, PersonId)> = persons
            .into_iter()
            .filter_map(|person| Some((standing.place(person).filter(|place| is_theirs(*place))?, person)))
            .collect();
        places.sort_unstable();
        Ok(places.into_iter().map(|(_, person)| person).collect())
    }

    fn hear(&self, tx: &Tx<'_>, text: &Text, people: &[PersonId], now: Timestamp) -> Result<Heard, StoreError> {
        hear::hear(tx, &self.standing(tx)?, text, people, now)
    }

    fn hear_again(
        &self,
        tx: &Tx<'_>,
        text: &Text,
        people: &[PersonId],
        logged: &StoredText,
    ) -> Result<Answer, StoreError> {
        hear::again(tx, &self.standing(tx)?, (people, &text.sid), logged)
    }

    fn sealed_text(&self, tx: &Tx<'_>, text: &Text) -> Result<Option<(StoredText, bool)>, StoreError> {
        relays::heard(tx, &self.draws, text)
    }

    fn count_sealed(&self, tx: &Tx<'_>, phone: &Phone, period: Period, now: Timestamp) -> Result<u32, StoreError> {
        relays::count(tx, &self.draws, phone, period, now)
    }

    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        let outcome = match courtesy {
            Courtesy::UnknownNumber => Outcome::UnknownNumber,
            Courtesy::TooMany => Outcome::TooMany,
            Courtesy::Silence => return Answer::Silence,
        };
        words(&outcome, &View::stranger(&self.written)).into()
    }
}
