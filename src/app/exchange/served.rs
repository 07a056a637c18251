//! An exchange as a running site has it: what texts are answered from, and what its messages are made of.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use url::Url;

use super::hear;
use super::messages::local;
use super::open_draws::{Live, OpenDraw, OpenDraws};
use super::people;
use super::relays::{self, Source};
use crate::app::responder::{Answer, Courtesy, Health, Heard, Incoming, Text, TextTopic};
use crate::app::site::Site;
use crate::conversation::exchange::{Outcome, View, Vocabulary, asks, understand, which_exchange, words};
use crate::conversation::{Asks, Signs};
use crate::model::{Exchange, Person, PersonId, PersonIndex, Phone, TopicId};
use crate::store::{StoreError, StoredText, Topic, Tx};

/// An exchange that is being answered for.
pub struct ServedExchange {
    topic: Topic,
    /// As its roster has it: who is asked for, and who may text before the first draw.
    written: Arc<Exchange>,
    vocabulary: Vocabulary,
    /// Where everybody stands in the roster; whoever came into it after the draw has no row yet.
    places: HashMap<PersonId, PersonIndex>,
    draws: Arc<OpenDraws>,
    /// Nothing that is not an answer is for its people's eyes yet.
    rehearsal: bool,
    /// Where its people's own pages are; `None` where there are none.
    public_url: Option<Url>,
}

/// What an exchange answers from at one moment: its live draw, or the file before there is one.
pub(super) struct Standing<'a> {
    served: &'a ServedExchange,
    pub(super) live: Live,
}

impl ServedExchange {
    /// The exchange of a site's file. Before its first draw its people are written down as the file has them, for they may
    /// text their wishes already.
    pub fn enter(tx: &Tx<'_>, site: &Site, draws: Arc<OpenDraws>) -> Result<Self, StoreError> {
        let topic = site.enter(tx)?;
        if tx.newest_draw_state(topic.id)?.is_none() {
            people::enter(tx, topic.id, &site.exchange)?;
        }
        relays::seal_what_is_clear(tx, &draws, topic.id)?;
        Self::of(tx, site, topic, draws)
    }

    /// The exchange of a site, whose row this is and whose people have been written down.
    pub(super) fn of(tx: &Tx<'_>, site: &Site, topic: Topic, draws: Arc<OpenDraws>) -> Result<Self, StoreError> {
        let written = Arc::clone(&site.exchange);
        let people = people::known(tx, topic.id, &written)?;
        let places = people.iter().zip(0..).filter_map(|(id, place)| Some(((*id)?, PersonIndex(place)))).collect();
        let vocabulary = Vocabulary::of(&written);
        let rehearsal = site.settings.messaging.rehearsal().is_some();
        let public_url = site.settings.listener.public_url.clone();
        Ok(Self { topic, written, vocabulary, places, draws, rehearsal, public_url })
    }

    /// Its row and its series.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// As its file has it.
    pub fn written(&self) -> &Arc<Exchange> {
        &self.written
    }

    /// Somebody as its file has them.
    pub(super) fn person(&self, id: PersonId) -> Option<&Person> {
        Some(self.written.person(*self.places.get(&id)?))
    }

    /// Where a link to somebody's own page leads, as it is sent; empty without a link or a public address.
    pub(super) fn page_at(&self, token: Option<String>) -> String {
        let both = self.public_url.as_ref().zip(token);
        both.map(|(public, token)| format!("{}/me/{token}", public.as_str().trim_end_matches('/'))).unwrap_or_default()
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

    fn signs(&self, tx: &Tx<'_>, people: &[PersonId], now: Timestamp) -> Result<Signs, StoreError> {
        let standing = self.standing(tx)?;
        let exchange = standing.exchange();
        let places = people.iter().filter_map(|person| standing.place(*person));
        Ok(Signs {
            keyword: exchange.keyword.clone(),
            name: exchange.name.clone(),
            people: places.map(|place| exchange.person(place).name.clone()).collect(),
            is_over: is_over(exchange, now),
        })
    }

    fn asks(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<Asks, StoreError> {
        let standing = self.standing(tx)?;
        let names =
            people.iter().filter_map(|person| Some(&*standing.exchange().person(standing.place(*person)?).name));
        Ok(asks(body, &names.collect::<Vec<_>>(), standing.vocabulary()))
    }

    fn which(&self, choices: &[String]) -> Answer {
        Answer::Words(which_exchange(&self.written, choices))
    }

    fn keep_sealed(&self, tx: &Tx<'_>, text: &Text, logged: &StoredText, now: Timestamp) -> Result<bool, StoreError> {
        let is_about_relays = relays::is_about(&understand(&text.body, self.standing(tx)?.vocabulary()));
        let logged = StoredText { topic: Some(self.topic.id), ..logged.clone() };
        Ok(is_about_relays && relays::keep(tx, &self.draws, Source::of(text), (&logged, None), now)?)
    }

    fn hear(&self, tx: &Tx<'_>, incoming: Incoming<'_>, now: Timestamp) -> Result<Heard, StoreError> {
        hear::hear(tx, &self.standing(tx)?, incoming, now)
    }

    fn hear_again(&self, tx: &Tx<'_>, incoming: Incoming<'_>, logged: &StoredText) -> Result<Answer, StoreError> {
        hear::again(tx, &self.standing(tx)?, incoming, logged)
    }

    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        stranger_words(&self.written, courtesy)
    }
}

/// How long after its day an exchange is still what people mean who name none, in days: parcels may be late.
const LATE: i64 = 30;

/// Whether an exchange is so long past that who texts about several means another.
fn is_over(exchange: &Exchange, now: Timestamp) -> bool {
    let today = local(exchange, now).date();
    exchange.date.and_then(|date| date.checked_add(LATE.days()).ok()).is_some_and(|last| last < today)
}

/// What is said to anybody, in an exchange's wording.
pub(super) fn stranger_words(exchange: &Exchange, courtesy: Courtesy) -> Answer {
    let outcome = match courtesy {
        Courtesy::UnknownNumber => Outcome::UnknownNumber,
        Courtesy::TooMany => Outcome::TooMany,
        Courtesy::Silence | Courtesy::WhichTopic => return Answer::Silence,
    };
    words(&outcome, &View::stranger(exchange)).into()
}
