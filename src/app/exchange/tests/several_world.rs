//! A site in a folder with the exchange of its file, if it has one, and others in its database.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::exchange::ServedExchanges;
use crate::app::exchange::draw::{self, DrawError, DrawReport, Request};
use crate::app::exchange::kept::{self, KeepError};
use crate::app::exchanges::Exchanges;
use crate::app::outbox::{MessageTopic, Outbox, Pace};
use crate::app::responder::{Answer, TextTopics, decide};
use crate::app::site::Site;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::Phone;
use crate::roster;
use crate::seal::{self, DrawDocument, Identity};
use crate::store::KeptExchange;
use crate::store::testing::database;

/// Somebody of the tests: their name, and the last digits of their phone.
pub(in crate::app) type Somebody<'a> = (&'a str, u32);

pub(in crate::app) fn phone(number: u32) -> Phone {
    Phone::from_provider(&format!("+4477009001{number:02}")).expect("a phone")
}

/// A roster of these people, with a keyword.
pub(in crate::app) fn toml(name: &str, keyword: &str, people: &[Somebody]) -> String {
    let person = |(name, number): &Somebody| {
        format!("[[people]]\nname = \"{name}\"\nphone = \"{}\"\n\n", phone(*number).expose())
    };
    let people: String = people.iter().map(person).collect();
    format!("[exchange]\nname = \"{name}\"\nkeyword = \"{keyword}\"\n\n{people}")
}

pub(in crate::app) struct Several {
    folder: tempfile::TempDir,
    pub(in crate::app) clock: Clock,
    pub(in crate::app) exchanges: Exchanges,
    texts: u32,
}

impl Several {
    /// A site with this file.
    pub(in crate::app) fn with(file: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("exchange.toml"), file).expect("written");
        let clock = Clock::system();
        let exchanges = opened(&folder, &clock);
        Self { folder, clock, exchanges, texts: 0 }
    }

    pub(in crate::app) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Another opening of the same site, as another process has it.
    pub(in crate::app) fn opened(&self) -> Exchanges {
        opened(&self.folder, &self.clock)
    }

    /// Keeps an exchange.
    pub(in crate::app) fn make(&self, toml: &str) -> KeptExchange {
        let Exchanges { store, settings, clock, .. } = &self.exchanges;
        kept::make(store, settings, toml, None, clock.now()).expect("kept")
    }

    /// Changes an exchange by its text.
    pub(in crate::app) fn change(
        &self,
        kept: &KeptExchange,
        edit: impl Fn(&str) -> String,
    ) -> Result<KeptExchange, KeepError> {
        let Exchanges { store, settings, clock, .. } = &self.exchanges;
        kept::change(store, settings, kept.topic.id, None, |toml| Ok::<_, KeepError>(edit(toml)), clock.now())
    }

    /// An exchange of the database as it is now.
    pub(in crate::app) fn site(&self, kept: &KeptExchange) -> Site {
        let now = self.exchanges.store.read(|tx| tx.kept_exchange(kept.topic.id)).expect("a sound database");
        self.exchanges.kept(&now.expect("it is kept")).expect("a sound roster")
    }

    pub(in crate::app) fn in_file(&self) -> Site {
        self.exchanges.in_file().expect("the file has one")
    }

    pub(in crate::app) async fn draw(&self, site: &Site, redraw: Option<&str>) -> Result<DrawReport, DrawError> {
        draw::draw(site, Request { redraw: redraw.map(str::to_owned), new_key_passphrase: None }).await
    }

    /// A listener.
    pub(in crate::app) fn listener(&self) -> Arc<ServedExchanges> {
        Arc::new(ServedExchanges::enter(self.opened()).expect("a sound database"))
    }

    /// A new text from a number to a listener.
    pub(in crate::app) fn text(&mut self, listener: &Arc<ServedExchanges>, from: u32, body: &str) -> Option<String> {
        self.texts += 1;
        self.deliver(listener, &format!("SM{}", self.texts), from, body)
    }

    pub(in crate::app) fn deliver(
        &self,
        listener: &Arc<ServedExchanges>,
        sid: &str,
        from: u32,
        body: &str,
    ) -> Option<String> {
        let topics: Arc<dyn TextTopics> = Arc::<ServedExchanges>::clone(listener);
        match decide((&self.exchanges.store, &self.clock), topics, (sid, phone(from), body)) {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    /// The outbox of a listener, to simulated phones.
    pub(in crate::app) fn outbox(&self, listener: &Arc<ServedExchanges>, inbox: Inbox) -> Arc<Outbox> {
        let topics: Arc<dyn Topics<dyn MessageTopic>> = Arc::<ServedExchanges>::clone(listener);
        let Exchanges { store, settings, clock, .. } = self.opened();
        Outbox::new(store, Sender::phones(inbox), topics, &settings, clock, Pace::default())
    }

    /// What the newest draw of an exchange holds.
    pub(in crate::app) fn open(&self, site: &Site) -> DrawDocument {
        let newest = site.store.read(|tx| tx.newest_draw(site.topic(tx)?.expect("it has a row").id));
        let identity = Identity::load(&self.path("exchange.key"), || None).expect("a key").identity;
        seal::open(&newest.expect("a sound database").expect("drawn").sealed, &identity).expect("opens")
    }

    /// The answer that somebody of an exchange gets who asks for their name.
    pub(in crate::app) fn answer(&self, site: &Site, name: &str) -> Option<String> {
        let document = self.open(site);
        let giver = document.roster().find(name).expect("somebody");
        let receiver = document.receivers_of(giver).next().expect("a receiver");
        Some(format!("You have {}.", document.roster().person(receiver).name))
    }
}

fn opened(folder: &tempfile::TempDir, clock: &Clock) -> Exchanges {
    let mut file = roster::load_site(&folder.path().join("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    file.settings_mut().database = database(&folder.path().join("exchange.db"));
    Exchanges::open(file, Box::new(|| None), clock.clone()).expect("a database")
}
