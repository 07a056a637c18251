//! An exchange in a folder of its own, as the verbs find it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::exchange::ServedExchanges;
use crate::app::exchange::audit::{self, AuditError, Opened, Wanted};
use crate::app::exchange::draw::{self, DrawError, DrawReport, Request};
use crate::app::exchange::draw_record::open_checked;
use crate::app::exchange::verify::{self, Check};
use crate::app::exchanges::Exchanges;
use crate::app::responder::{Health, TextTopic};
use crate::app::site::Site;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::roster::{self, Roster};
use crate::seal::By;
use crate::store::testing::{Table, database};
use crate::store::{StoreError, Tx};

/// Names that stand in no wording.
pub(in crate::app) const PEOPLE: [&str; 6] = ["Zaphira", "Quillon", "Brunhilda", "Oswaldt", "Peregrine", "Xanthippe"];

/// A roster of [`PEOPLE`] under a name, in a series, with more behind.
pub(in crate::app) fn roster_of(name: &str, series: &str, more: &str) -> String {
    let person =
        |(place, name): (usize, &&str)| format!("[[people]]\nname = \"{name}\"\nphone = \"+4477009001{place:02}\"\n\n");
    let people: String = PEOPLE.iter().enumerate().map(person).collect();
    format!("[exchange]\nname = \"{name}\"\nseries = \"{series}\"\n\n{people}{more}")
}

/// What a listener says of the exchange of a site's file.
pub(in crate::app) fn health_of(site: &Site, served: &ServedExchanges) -> Health {
    let topics = |tx: &Tx<'_>| -> Result<Vec<Arc<dyn TextTopic>>, StoreError> { served.all(tx) };
    site.store.read(|tx| topics(tx)?[0].health(tx)).expect("a sound database")
}

/// A folder with a roster, and what lies beside it.
pub(in crate::app) struct World {
    folder: tempfile::TempDir,
    pub(in crate::app) clock: Clock,
}

impl World {
    /// Nothing is drawn yet.
    pub(in crate::app) fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().expect("a folder"), clock: Clock::system() };
        world.write("exchange.toml", &roster_of("Hills 2026", "Hills", ""));
        world
    }

    pub(in crate::app) async fn drawn() -> Self {
        let world = Self::new();
        world.draw().await.expect("drawn");
        world
    }

    /// A folder like this one with the same key and the same archive, and no database.
    pub(in crate::app) fn without_database(&self) -> Self {
        let other = Self::new();
        std::fs::copy(self.path("exchange.key"), other.path("exchange.key")).expect("copied");
        copy_folder(&self.path("sealed"), &other.path("sealed"));
        other
    }

    pub(in crate::app) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The place of something in the archive.
    pub(in crate::app) fn archived(&self, name: &str) -> PathBuf {
        self.path("sealed/hills").join(name)
    }

    /// Takes things out of the archive.
    pub(in crate::app) fn lose(&self, names: &[&str]) {
        for name in names {
            std::fs::remove_file(self.archived(name)).expect("it was there");
        }
    }

    pub(in crate::app) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    pub(in crate::app) fn roster(&self) -> Roster {
        let mut roster = roster::load(&self.path("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}"));
        roster.settings.database = database(&self.path("exchange.db"));
        roster
    }

    pub(in crate::app) fn site(&self) -> Site {
        Site::of_test(&self.roster(), self.clock.clone())
    }

    /// Lets days pass.
    pub(in crate::app) fn wait(&self, days: i64) {
        self.clock.advance(jiff::SignedDuration::from_hours(24 * days));
    }

    /// The pairings of a draw of the series, opened with the key.
    pub(in crate::app) fn pairings(&self, number: u32) -> Vec<(String, String)> {
        let site = self.site();
        let series = site.store.read(|tx| tx.series_named(&site.exchange.series)).expect("sound").expect("drawn");
        let draw = site.store.read(|tx| tx.draw_numbered(series, number)).expect("sound").expect("that many");
        let document = open_checked(&draw, &site.keys.identity().expect("a key")).expect("opens");
        let name = |place| document.roster().person(place).name.clone();
        document.all_pairings().map(|(giver, receiver)| (name(giver), name(receiver))).collect()
    }

    /// Draws, again if there is a draw.
    pub(in crate::app) async fn draw(&self) -> Result<DrawReport, DrawError> {
        let site = self.site();
        let drawn = site.store.read(|tx| match site.topic(tx)? {
            Some(topic) => tx.newest_draw_state(topic.id),
            None => Ok::<_, StoreError>(None),
        });
        let redraw = drawn.expect("a sound database").map(|_| "somebody cannot come".to_owned());
        draw::draw(&site, Request { redraw, new_key_passphrase: None }).await
    }

    pub(in crate::app) async fn audit(&self, giver: &str) -> Result<Vec<Opened>, AuditError> {
        let site = self.site();
        let found = audit::find(&site, Wanted { by: By::Giver, name: giver, draw: None }).await?;
        audit::open(&site, found, "two parcels").await
    }

    /// The exchange as a listener has it, which has looked at both sides.
    pub(in crate::app) async fn served(&self) -> (Site, Arc<ServedExchanges>) {
        let site = self.site();
        let served = Arc::new(ServedExchanges::enter(Exchanges::around(site.clone())).expect("a sound database"));
        served.guard().await.expect("both answer");
        (site, served)
    }

    /// What a listener says of itself after its start.
    pub(in crate::app) async fn health(&self) -> Health {
        let (site, served) = self.served().await;
        health_of(&site, &served)
    }

    /// The checks that fail.
    pub(in crate::app) async fn failed(&self) -> Vec<Check> {
        let checks = verify::verify(&self.site(), None).await.expect("a sound database");
        checks.into_iter().filter(|check| !check.ok).collect()
    }

    /// Changes the database from outside; how many rows.
    pub(in crate::app) fn sql(&self, statement: &str) -> u64 {
        self.site().store.sql(statement)
    }

    /// What the database holds now.
    pub(in crate::app) fn back_up(&self) -> Vec<Table> {
        self.site().store.tables()
    }

    /// Puts what a database held in the place of what it holds.
    pub(in crate::app) fn put_database(&self, backup: &[Table]) {
        self.site().store.put(backup);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
