//! An exchange in a folder of its own with two seats at the switchboard, each on a connection of its own.

use std::path::PathBuf;

use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;

use crate::app::answer::decide::decide;
use crate::app::answer::live::Watch;
use crate::app::answer::logbook::Logbook;
use crate::app::answer::{Answer, Text};
use crate::app::draw::{self, Request};
use crate::model::{PersonIndex, Phone};
use crate::roster::{self as rosters, Roster};
use crate::seal::{self, DrawDocument, Identity};
use crate::store::{Durability, Store, StoreError, StoredDraw, Tx};

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

struct Seat {
    store: Store,
    watch: Watch,
    logbook: Logbook,
}

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) roster: Roster,
    seats: Vec<Seat>,
    /// What other verbs use.
    store: Store,
    now: Timestamp,
    texts: u32,
}

impl World {
    pub(super) fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.toml");
        std::fs::write(&path, text).expect("written");
        let roster = rosters::load(&path).unwrap_or_else(|e| panic!("{e:?}"));
        let store = Store::open(&roster.settings.database, Durability::Kill).expect("opens");
        // The start of a minute, so that minutes are whole.
        let now = Timestamp::now().as_second();
        let now = Timestamp::from_second(now - now.rem_euclid(86_400)).expect("a time");
        let mut world = Self { folder, roster, seats: Vec::new(), store, now, texts: 0 };
        world.seats = vec![world.seat(), world.seat()];
        world
    }

    pub(super) fn drawn() -> Self {
        let mut world = Self::of(&roster(&PEOPLE));
        world.draw();
        world
    }

    fn seat(&self) -> Seat {
        let Roster { exchange, settings, .. } = &self.roster;
        let store = Store::open(&settings.database, Durability::Kill).expect("opens");
        Seat { store, watch: Watch::new(exchange.clone(), settings.clone(), None), logbook: Logbook::default() }
    }

    /// Begins a seat anew, as after a restart.
    pub(super) fn restart(&mut self, seat: usize) {
        self.seats[seat] = self.seat();
    }

    /// Writes the roster file anew and restarts the first seat.
    pub(super) fn rewrite(&mut self, text: &str) {
        let path = self.file("exchange.toml");
        std::fs::write(&path, text).expect("written");
        self.roster = rosters::load(&path).unwrap_or_else(|e| panic!("{e:?}"));
        self.restart(0);
    }

    /// Draws, again if there is a draw.
    pub(super) fn draw(&mut self) {
        let exchange = &self.roster.exchange;
        let drawn = self.read(|tx| tx.newest_draw_state(&exchange.series, &exchange.name)).is_some();
        let request = Request {
            roster: &self.roster,
            redraw: drawn.then_some("somebody cannot come"),
            new_key_passphrase: None,
            now: self.now,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(draw::draw(&self.store, request, &|| None)).expect("drawn");
    }

    pub(super) fn pass_minutes(&mut self, minutes: i64) {
        self.now = self.now.checked_add((minutes * 60).seconds()).expect("a time");
    }

    /// A new text to the first seat.
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

    pub(super) fn deliver(&mut self, seat: usize, sid: &str, from: &Phone, body: &str) -> Option<String> {
        let text = Text { sid: sid.to_owned(), from: from.clone(), body: body.to_owned() };
        let Seat { store, watch, logbook } = &mut self.seats[seat];
        let answer = store.write(|tx| {
            watch.refresh(tx)?;
            logbook.refresh(tx)?;
            decide(tx, watch, logbook, &text, self.now)
        });
        match answer.expect("a sound database") {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.read(work).expect("a sound database")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn newest(&self) -> Option<StoredDraw> {
        let exchange = &self.roster.exchange;
        self.read(|tx| tx.newest_draw(&exchange.series, &exchange.name))
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

    pub(super) fn giver_of(&self, person: usize) -> usize {
        (0..PEOPLE.len()).find(|giver| self.receiver_of(*giver) == PEOPLE[person]).expect("somebody")
    }

    /// How often somebody was told, of the newest draw.
    pub(super) fn told(&self) -> usize {
        let draw = self.newest().expect("drawn");
        self.read(|tx| tx.told(draw.id)).len()
    }

    /// Everything that a text can have done but be counted.
    pub(super) fn effects(&self) -> String {
        let exchange = &self.roster.exchange;
        self.read(|tx| {
            let (mut told, mut reported) = (Vec::new(), Vec::new());
            for draw in tx.draws(&exchange.series)? {
                told.push(tx.told(draw.id)?);
                reported.push(["bought", "sent", "got"].map(|kind| tx.reported(draw.id, kind)));
            }
            let wishes = exchange.people.iter().map(|p| tx.wishes(&exchange.name, p)).collect::<Result<Vec<_>, _>>()?;
            let opted_out = (0..8).map(|n| tx.is_opted_out(&phone(n))).collect::<Result<Vec<_>, _>>()?;
            let relays = tx.messages(None, 1000)?.iter().filter(|row| row.kind == "relay").count();
            Ok(format!("{told:?} {wishes:?} {reported:?} {opted_out:?} {relays} {}", tx.count_texts()?))
        })
    }

    pub(super) fn sealed(&self) -> Vec<u8> {
        self.newest().expect("drawn").sealed
    }

    /// Puts another sealed file into the row of the draw, as somebody with access to the database could.
    pub(super) fn put_sealed(&self, sealed: &[u8]) {
        let database = Connection::open(&self.roster.settings.database).expect("opens");
        assert_eq!(database.execute("UPDATE draw SET sealed = ?1", [sealed]).expect("runs"), 1);
    }

    /// Seals a draw of its own under another world's key.
    pub(super) fn take_key_from(&mut self, other: &Self) {
        let document = self.open().expect("drawn");
        let (_header, sealed) = seal::seal(&document, &other.identity().public_key(), &[]).expect("sealed");
        self.put_sealed(&sealed);
    }
}
