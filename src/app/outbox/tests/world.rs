//! A drawn exchange in a folder of its own: Ada gives to Ben, Ben to Cy, Cy to Dee, Dee to Ada. Dee has no phone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use super::twilio::{ACCOUNT, TOKEN};
use crate::app::answer::OpenDraw;
use crate::app::outbox::{Message, Outbox, Pace};
use crate::conversation::exchange::family;
use crate::messaging::pacing::Backoff;
use crate::messaging::sender::Sender;
use crate::messaging::twilio::{Credentials, Origin, Texting, Twilio};
use crate::model::{
    ArchiveSettings, Email, Exchange, ListenerSettings, MessagingSettings, Person, PersonIndex, Phone, SealSettings,
    Settings, TwilioSettings,
};
use crate::seal::{self, Circumstances, DrawDocument, Identity, Seed};
use crate::store::{
    ArchiveState, Channel, Direction, DrawId, Durability, NewDraw, NewMessage, NewRelay, OutboxId, OutboxRow,
    Recipient, Store, StoreError, StoredDraw,
};

pub(super) const ADA: PersonIndex = PersonIndex(0);
pub(super) const BEN: PersonIndex = PersonIndex(1);
pub(super) const CY: PersonIndex = PersonIndex(2);
pub(super) const DEE: PersonIndex = PersonIndex(3);

/// How long one request may take here. Long enough for a busy machine; nothing waits for it unless an answer is held.
const REQUEST: Duration = Duration::from_millis(900);

/// A pace at which nothing is waited for longer than needed.
pub(super) fn quick() -> Pace {
    Pace {
        backoff: Backoff { first: Duration::from_millis(2), longest: Duration::from_millis(20), attempts: 8 },
        lease: Duration::from_millis(2500),
        request: Duration::from_secs(1),
        look_again: Duration::from_secs(600),
        blocked: Duration::from_secs(600),
        certain_after: Duration::from_millis(5),
        ..Pace::default()
    }
}

pub(super) fn phone(number: u32) -> Phone {
    Phone::from_provider(&format!("+4477009{number:05}")).expect("a phone")
}

pub(super) fn phone_of(person: PersonIndex) -> Phone {
    phone(person.0 + 1)
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) store: Arc<Store>,
    pub(super) exchange: Exchange,
    pub(super) settings: Settings,
    pub(super) draw: DrawId,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let exchange = exchange();
        let settings = settings(folder.path());
        let identity = Identity::generate();
        identity.save_new(&settings.seal.key_file, None).expect("a key");
        let store = Arc::new(Store::open(&settings.database, Durability::Kill).expect("a database"));
        let draw = keep(&store, &exchange, &identity, 1);
        Self { folder, store, exchange, settings, draw }
    }

    /// A second draw of the same exchange, in which everybody gives to the person after the next.
    pub(super) fn redraw(&self) -> DrawId {
        keep(&self.store, &self.exchange, &identity(self.folder.path()), 2)
    }

    pub(super) fn stored_draw(&self) -> StoredDraw {
        self.store.read(|tx| tx.draw(self.draw)).expect("a read").expect("a draw")
    }

    pub(super) fn open_draw(&self) -> OpenDraw {
        let document = seal::open(&self.stored_draw().sealed, &identity(self.folder.path())).expect("its key");
        OpenDraw { id: self.draw, document }
    }

    /// An outbox on a connection of its own, as another process would have it.
    pub(super) fn outbox(&self, sender: Sender) -> Outbox {
        self.outbox_with(sender, &self.settings)
    }

    pub(super) fn outbox_with(&self, sender: Sender, settings: &Settings) -> Outbox {
        outbox(self.folder.path(), sender, &self.exchange, settings)
    }

    /// Lets people write, so that they can be texted.
    pub(super) fn have_written(&self, phones: impl IntoIterator<Item = Phone>) {
        self.write(|tx| {
            for phone in phones {
                tx.hear_from(&phone, Timestamp::now())?;
            }
            Ok(())
        });
    }

    pub(super) fn write<T>(&self, work: impl FnOnce(&crate::store::Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(work).expect("a write")
    }

    /// Queues words to somebody outside the draw.
    pub(super) fn queue_to(&self, cause: &str, to: &Phone, text: &str) -> OutboxId {
        self.queue(cause, Recipient::Phone(to.clone()), Channel::Sms, &plain(text), None)
    }

    pub(super) fn queue(
        &self,
        cause: &str,
        recipient: Recipient,
        channel: Channel,
        message: &Message,
        not_after: Option<Timestamp>,
    ) -> OutboxId {
        let (kind, parameters) = message.stored().expect("JSON");
        let now = Timestamp::now();
        self.write(|tx| {
            tx.enqueue(&NewMessage {
                cause,
                kind: &kind,
                parameters: &parameters,
                draw: Some(self.draw),
                recipient,
                channel,
                at: now,
                due: now,
                not_after,
            })
        })
        .expect("a new cause")
    }

    /// Relays a text as the switchboard does.
    pub(super) fn relay(&self, sender: PersonIndex, direction: Direction, words: &str) {
        let open = self.open_draw();
        let body = seal::seal_note(words.as_bytes(), &identity(self.folder.path()).public_key()).expect("sealed");
        let now = Timestamp::now();
        self.write(|tx| {
            let sid = format!("SM{:032x}", rand::random::<u128>());
            let new = NewRelay { sid: &sid, draw: open.id, sender, direction, body: &body, at: now };
            let row = tx.insert_relay(&new)?;
            super::super::queue_relay(tx, &open, sender, direction, row, now)
        });
    }

    pub(super) fn row(&self, id: OutboxId) -> OutboxRow {
        self.store.read(|tx| tx.message(&self.exchange, id)).expect("a read").expect("a row")
    }

    pub(super) fn rows(&self) -> Vec<OutboxRow> {
        self.store.read(|tx| tx.messages(None, 10_000)).expect("a read")
    }
}

/// A message of fixed words.
pub(super) fn plain(text: &str) -> Message {
    Message::Plain { subject: None, text: text.to_owned(), begins: false }
}

/// Twilio at `base`, answering within [`REQUEST`].
pub(super) fn by_twilio(base: &Url) -> Sender {
    let credentials = Credentials::new(ACCOUNT, SecretString::from(TOKEN)).expect("an account");
    let twilio = Twilio::with_timeout(base, credentials, REQUEST).expect("a client");
    let callback = "http://127.0.0.1:9/sms/status".parse().expect("an address");
    Sender::live(Some(Texting::new(twilio, Origin::Number(phone(99_999)), Some(callback))), None)
}

/// Empties the outbox to the end, waiting for every claim and every backoff.
pub(super) async fn finish(outbox: &Outbox) {
    let to_the_end = async {
        loop {
            outbox.drain(|_| {}).await.expect("a database");
            let Some(next) = outbox.next_look().expect("a database") else { return };
            tokio::time::sleep(super::super::until(next)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), to_the_end).await.expect("the outbox empties");
}

/// What a child process needs to work on the same outbox.
pub(super) fn outbox_in(folder: &Path, base: &Url) -> Outbox {
    outbox(folder, by_twilio(base), &exchange(), &settings(folder))
}

fn outbox(folder: &Path, sender: Sender, exchange: &Exchange, settings: &Settings) -> Outbox {
    let store = Arc::new(Store::open(&folder.join("exchange.db"), Durability::Kill).expect("a database"));
    let folder = folder.to_owned();
    Outbox::new(store, sender, exchange, settings, Box::new(move || Some(identity(&folder)))).with_pace(quick())
}

fn identity(folder: &Path) -> Identity {
    Identity::load(&folder.join("exchange.key"), || None).expect("a key").identity
}

fn exchange() -> Exchange {
    let person = |name: &str, phone: Option<Phone>, email: Option<&str>| Person {
        name: name.to_owned(),
        phone,
        email: email.map(|email| Email::parse(email).expect("an address")),
        household: None,
        wishes: Vec::new(),
        place: None,
    };
    Exchange {
        people: vec![
            person("Ada Hill", Some(phone_of(ADA)), Some("ada@example.org")),
            person("Ben Hill", Some(phone_of(BEN)), None),
            person("Cy Hill", Some(phone_of(CY)), None),
            person("Dee Hill", None, Some("dee@example.org")),
        ],
        ..family()
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        listener: ListenerSettings { bind: ([127, 0, 0, 1], 0).into(), public_url: None },
        twilio: Some(TwilioSettings {
            from: Some(phone(99_999)),
            messaging_service_sid: None,
            base_url: "https://api.twilio.com".parse().expect("an address"),
            per_second: 0.0,
        }),
        archive: ArchiveSettings::Folder { path: folder.join("sealed"), prefix: String::new() },
        seal: SealSettings { auditors: Vec::new(), key_file: folder.join("exchange.key") },
        database: folder.join("exchange.db"),
        messaging: MessagingSettings { folder: folder.join("outbox"), ..MessagingSettings::default() },
        smtp: None,
        reminders: Vec::new(),
    }
}

fn keep(store: &Store, exchange: &Exchange, identity: &Identity, number: u32) -> DrawId {
    let about = Circumstances {
        draw: number,
        drawn_at: Timestamp::now(),
        uniformity: "exact".to_owned(),
        method: "by hand".to_owned(),
        seed: Seed::from_bytes([7; 32]),
        reason: None,
        previous: None,
    };
    let pairings = (0..4).map(|giver| (PersonIndex(giver), PersonIndex((giver + number) % 4)));
    let document = DrawDocument::new(exchange.clone(), about, pairings).expect("a draw");
    let (header, sealed) = seal::seal(&document, &identity.public_key(), &[]).expect("sealed");
    let header = String::from_utf8(header.to_json()).expect("JSON");
    store
        .write(|tx| {
            let id = tx.insert_draw(&NewDraw {
                series: &exchange.series,
                number,
                exchange: &exchange.name,
                drawn_at: Timestamp::now(),
                header: &header,
                roster: &serde_json::to_string(exchange).expect("JSON"),
                sealed: &sealed,
                archive_location: "here",
            })?;
            tx.set_archive_state(id, ArchiveState::Confirmed, None, Timestamp::now())?;
            Ok::<_, StoreError>(id)
        })
        .expect("kept")
}
