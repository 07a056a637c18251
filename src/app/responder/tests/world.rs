//! An exchange in a folder of its own, and two listeners that answer for it, each on a connection of its own.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::exchange::ServedExchanges;
use crate::app::exchange::draw::{self, Request};
use crate::app::exchanges::Exchanges;
use crate::app::outbox::MessageTopic;
use crate::app::responder::decide::decide;
use crate::app::responder::{Answer, Parts, Text};
use crate::app::site::Site;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::model::{PersonId, PersonIndex, Phone};
use crate::roster::{self as rosters, Roster};
use crate::seal::{self, DrawDocument, Identity};
use crate::store::{OutboxRow, StoreError, StoredDraw, Topic, Tx};

/// Names that stand in no wording.
pub(super) const PEOPLE: [&str; 6] = ["Zaphira", "Quillon", "Brunhilda", "Oswaldt", "Peregrine", "Xanthippe"];
/// The phone of the first two people.
pub(super) const SHARED: usize = 0;
/// The phone of the third; those after it belong to the people after them.
pub(super) const ALONE: usize = 1;

pub(super) fn phone(number: usize) -> Phone {
    Phone::from_provider(&format!("+4477009001{number:02}")).expect("a phone")
}

/// The phone of a person, by their place in [`PEOPLE`].
pub(super) fn phone_of(person: usize) -> usize {
    person.saturating_sub(1)
}

/// A roster of these people, each with the phone that is theirs.
pub(super) fn roster(names: &[&str]) -> String {
    let person = |name: &&str| {
        let place = PEOPLE.iter().position(|person| person == name).expect("one of them");
        let phone = phone(phone_of(place));
        format!("[[people]]\nname = \"{name}\"\nphone = \"{}\"\nwishes = []\n\n", phone.expose())
    };
    let people: String = names.iter().map(person).collect();
    format!("[exchange]\nname = \"Christmas 2026\"\nkeyword = \"christmas\"\n\n{people}")
}

struct Listening {
    site: Site,
    topics: Arc<ServedExchanges>,
}

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) roster: Roster,
    listeners: Vec<Listening>,
    /// What other verbs use.
    pub(super) site: Site,
    texts: u32,
}

impl World {
    pub(super) fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.toml");
        std::fs::write(&path, text).expect("written");
        let roster = rosters::load(&path).unwrap_or_else(|e| panic!("{e:?}"));
        let clock = Clock::system();
        // The start of the next day, so that days and minutes are whole.
        clock.advance(SignedDuration::from_secs(86_400 - clock.now().as_second().rem_euclid(86_400)));
        let site = Site::of_test(&roster, clock);
        let mut world = Self { folder, roster, listeners: Vec::new(), site, texts: 0 };
        world.listeners = vec![world.listener(), world.listener()];
        world
    }

    pub(super) fn drawn() -> Self {
        let mut world = Self::of(&roster(&PEOPLE));
        world.draw();
        world
    }

    fn listener(&self) -> Listening {
        let site = Site::of_test(&self.roster, self.site.clock.clone());
        let topics = ServedExchanges::enter(Exchanges::around(site.clone())).expect("a sound database");
        Listening { site, topics: Arc::new(topics) }
    }

    /// Begins a listener anew, as after a restart.
    pub(super) fn restart(&mut self, listener: usize) {
        self.listeners[listener] = self.listener();
    }

    /// Writes the roster file anew and restarts the first listener.
    pub(super) fn rewrite(&mut self, text: &str) {
        let path = self.file("exchange.toml");
        std::fs::write(&path, text).expect("written");
        self.roster = rosters::load(&path).unwrap_or_else(|e| panic!("{e:?}"));
        self.restart(0);
    }

    /// Draws, again if there is a draw.
    pub(super) fn draw(&mut self) {
        let reason = self.newest().map(|_| "somebody cannot come".to_owned());
        let request = Request { redraw: reason, new_key_passphrase: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(draw::draw(&self.site, request)).expect("drawn");
    }

    pub(super) fn pass_minutes(&mut self, minutes: i64) {
        self.site.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// A new text to the first listener.
    pub(super) fn text(&mut self, from: usize, body: &str) -> Option<String> {
        self.texts += 1;
        let sid = format!("SMnew{}", self.texts);
        self.deliver(0, &sid, &phone(from), body)
    }

    /// A new text by somebody, who says their name where the phone is shared.
    pub(super) fn text_as(&mut self, person: usize, body: &str) -> Option<String> {
        let body = if person < 2 { format!("{body} {}", PEOPLE[person]) } else { body.to_owned() };
        self.text(phone_of(person), &body)
    }

    pub(super) fn deliver(&mut self, listener: usize, sid: &str, from: &Phone, body: &str) -> Option<String> {
        let text = Text { sid: sid.to_owned(), from: from.clone(), body: body.to_owned() };
        let Listening { site, topics } = &self.listeners[listener];
        let (store, topics, clock) = (site.store.clone(), Arc::clone(topics), site.clock.clone());
        let parts = Parts { store, topics, clock, limited: true };
        let answer: Result<Answer, StoreError> = site.store.write(|tx| decide(tx, &parts, &text, site.clock.now()));
        match answer.expect("a sound database") {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.site.store.read(work).expect("a sound database")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn topic(&self) -> Topic {
        self.read(|tx| self.site.topic(tx)).expect("it was entered")
    }

    /// The row of a person, by their place in [`PEOPLE`].
    pub(super) fn person(&self, place: usize) -> PersonId {
        let topic = self.topic();
        let rows = self.read(|tx| tx.persons(topic.id, |id, name, _, _| (name, id)));
        rows.into_iter().find(|(name, _)| name == PEOPLE[place]).expect("a row").1
    }

    pub(super) fn newest(&self) -> Option<StoredDraw> {
        self.read(|tx| self.site.topic(tx)?.map(|topic| tx.newest_draw(topic.id)).transpose()).flatten()
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::load(&self.file("exchange.key"), || None).expect("a key").identity
    }

    pub(super) fn open(&self) -> Option<DrawDocument> {
        self.newest().map(|draw| seal::open(&draw.sealed, &self.identity()).expect("opens"))
    }

    pub(super) fn receiver_of(&self, person: usize) -> String {
        let document = self.open().expect("drawn");
        let id = PersonIndex(u32::try_from(person).expect("few people"));
        let receiver = document.receivers_of(id).next().expect("somebody");
        PEOPLE[receiver.index()].to_owned()
    }

    /// What somebody is told who asks for their name, and whose receiver has no wishes.
    pub(super) fn answer_to(&self, person: usize) -> String {
        format!("You have {}.", self.receiver_of(person))
    }

    pub(super) fn giver_of(&self, person: usize) -> usize {
        (0..PEOPLE.len()).find(|giver| self.receiver_of(*giver) == PEOPLE[person]).expect("somebody")
    }

    /// How often somebody was told, of the newest draw.
    pub(super) fn told(&self) -> usize {
        let draw = self.newest().expect("drawn");
        self.read(|tx| tx.tellings(draw.id)).len()
    }

    /// Everything that a text can have done but be counted.
    pub(super) fn effects(&self) -> String {
        let topic = self.topic();
        self.read(|tx| {
            let (mut told, mut reported) = (Vec::new(), Vec::new());
            for draw in tx.draws(topic.series)? {
                told.push(tx.tellings(draw.id)?);
                reported.push(["bought", "sent", "got"].map(|kind| tx.reported(draw.id, kind)));
            }
            let people = tx.persons(topic.id, |id, _, _, _| id)?;
            let wishes = people.iter().map(|id| tx.wishes(*id, &[])).collect::<Result<Vec<_>, _>>()?;
            let opted_out = (0..8).map(|n| tx.is_opted_out(&phone(n))).collect::<Result<Vec<_>, _>>()?;
            let relays = tx.count_relays_since(topic.id, 0)?;
            Ok(format!("{told:?} {wishes:?} {reported:?} {opted_out:?} {relays} {}", tx.count_texts()?))
        })
    }

    /// The texts that are kept sealed.
    pub(super) fn sealed_texts(&self) -> Vec<Vec<u8>> {
        let topic = self.topic();
        self.read(|tx| {
            let ids = tx.relays_since(topic.id, 0)?;
            let texts: Result<Vec<_>, StoreError> = ids.iter().map(|id| tx.relay(id)).collect();
            Ok(texts?.into_iter().flatten().map(|(_, sealed)| sealed).collect())
        })
    }

    /// What is to be passed on, in the order it came.
    pub(super) fn relayed(&self) -> Vec<OutboxRow> {
        let served = ServedExchanges::enter(Exchanges::around(self.site.clone())).expect("a sound database");
        let topic = self.topic().id;
        let mut rows = self.read(|tx| {
            let messages: Option<Arc<dyn MessageTopic>> = served.of(tx, topic)?;
            let messages = messages.expect("it is served");
            let rows: Result<Vec<_>, StoreError> =
                tx.relays_since(topic, 0)?.iter().map(|id| messages.relayed(tx, id)).collect();
            Ok(rows?.into_iter().flatten().flatten().collect::<Vec<_>>())
        });
        rows.sort_by_key(|row| row.queued_at);
        rows
    }

    pub(super) fn sealed(&self) -> Vec<u8> {
        self.newest().expect("drawn").sealed
    }

    /// Puts another sealed file into the row of the draw, as somebody with access to the database could.
    pub(super) fn put_sealed(&self, sealed: &[u8]) {
        assert_eq!(self.site.store.put_sealed(sealed), 1);
    }

    /// Seals a draw of its own under another world's key.
    pub(super) fn take_key_from(&mut self, other: &Self) {
        let document = self.open().expect("drawn");
        let (_header, sealed) = seal::seal(&document, &other.identity().public_key(), &[]).expect("sealed");
        self.put_sealed(&sealed);
    }
}
