//! A site in a folder of its own with contacts, whose texts are answered and whose messages are made as in a running one.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::super::dealing::Step;
use super::super::{Act, ActError, Events, ServedEvents, Shown, Typed};
use crate::app::accounts::{Owned, authorize};
use crate::app::contacts;
use crate::app::contacts::forgetting::{self, NotForgotten};
use crate::app::exchange::ServedExchanges;
use crate::app::exchanges::Exchanges;
use crate::app::outbox::reach::Way;
use crate::app::outbox::tests::world::quick;
use crate::app::outbox::{MessageTopic, Outbox, Resolution, Sending, Words};
use crate::app::responder::{self, Answer};
use crate::app::served_topics::ServedTopics;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::conversation::Mail;
use crate::messaging::sender::{Means, Sender};
use crate::model::{ContactId, Email, Phone, State, TopicId, TwilioSettings};
use crate::roster;
use crate::store::{Attempt, Contact, Guest, OutboxRow, OutboxState, Reach, Recipient, Store, StoreError, Tx};

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) site: Exchanges,
    pub(super) events: Events,
    topics: Arc<ServedTopics<ServedExchanges>>,
    contacts: Vec<ContactId>,
    texts: AtomicU32,
}

/// The site of a folder, as every process opens it.
pub(super) fn site_in(folder: &Path, clock: Clock) -> Exchanges {
    let file = roster::load_site(&folder.join("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    let store = Store::of_settings(&file.settings().database);
    let mut site = Exchanges::with(file, store, Box::new(|| None), clock);
    Arc::make_mut(&mut site.settings).twilio = Some(TwilioSettings {
        from: Some(phone(99)),
        messaging_service_sid: None,
        base_url: "https://api.twilio.com".parse().expect("an address"),
        per_second: 0.0,
    });
    site
}

pub(super) fn topics_of(site: &Exchanges) -> Arc<ServedTopics<ServedExchanges>> {
    let exchanges = Arc::new(ServedExchanges::enter(site.clone()).expect("a sound database"));
    Arc::new(ServedTopics::new(exchanges, vec![Arc::new(ServedEvents::new(Events::of(site)))]))
}

pub(super) fn outbox_of(site: &Exchanges, sender: Sender) -> Arc<Outbox> {
    let clock = site.clock.clone();
    Outbox::new(site.store.clone(), sender, topics_of(site), &site.settings, clock, quick())
}

pub(super) fn phone(number: usize) -> Phone {
    Phone::from_provider(&format!("+4477009002{number:02}")).expect("a phone")
}

impl World {
    /// A site whose contacts have these names, and the phones 0, 1, 2 and so on.
    pub(super) fn with(names: &[&str]) -> Self {
        Self::with_more(names, "")
    }

    /// With more in its file.
    pub(super) fn with_more(names: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let toml = "[site]\nname = \"Hill house\"\ntimezone = \"Europe/London\"\n\n[listener]\npublic_url = \"https://hill.example.org\"\n";
        std::fs::write(folder.path().join("exchange.toml"), format!("{toml}{more}")).expect("written");
        let clock = Clock::system();
        // Noon, so that no night is near.
        let past = clock.now().as_second().rem_euclid(86_400);
        clock.advance(SignedDuration::from_secs(86_400 + 43_200 - past));
        let site = site_in(folder.path(), clock);
        site.keys.identity_or_new(None).expect("a key");
        let (events, topics) = (Events::of(&site), topics_of(&site));
        let mut world = Self { folder, site, events, topics, contacts: Vec::new(), texts: AtomicU32::new(0) };
        names.iter().for_each(|name| world.add_contact(name));
        world
    }

    /// One more, with the next phone.
    pub(super) fn add_contact(&mut self, name: &str) {
        self.add_contact_of(Reach::SITE, name, 5);
    }

    /// One more of somebody's.
    pub(super) fn add_contact_of(&mut self, whose: Reach, name: &str, priority: u32) {
        let contact = Contact {
            name: name.to_owned(),
            phone: Some(phone(self.contacts.len())),
            email: None,
            priority,
            tags: Vec::new(),
            note: String::new(),
        };
        let now = self.now();
        let id = self.site.store.write(|tx| contacts::add(tx, whose, &contact, now));
        self.contacts.push(id.expect("a sound database"));
    }

    /// An outbox, as another process would have it, with the same calendar.
    pub(super) fn outbox(&self, sender: Sender) -> Arc<Outbox> {
        outbox_of(&site_in(self.folder.path(), self.site.clock.clone()), sender)
    }

    /// Takes the machine's own time: the local Twilio dates by that, and a message is looked for by its date.
    pub(super) fn take_real_time(&self) {
        self.site.clock.advance(Clock::system().now().duration_since(self.now()));
    }

    /// Sets the calendar.
    pub(super) fn set_clock(&self, time: &str) {
        let time: Timestamp = time.parse().expect("a time");
        self.site.clock.advance(time.duration_since(self.now()));
    }

    pub(super) fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    pub(super) fn store(&self) -> &Store {
        &self.site.store
    }

    /// The same database by another connection.
    pub(super) fn another_store(&self) -> Store {
        Store::of_settings(&self.site.settings.database)
    }

    /// A dinner in thirty days, typed.
    pub(super) fn typed(&self, at_once: &str) -> Typed {
        let starts_at = self.now() + SignedDuration::from_hours(24 * 30);
        Typed {
            name: "Dinner".to_owned(),
            place: "The old mill".to_owned(),
            starts_at: starts_at.to_string(),
            seats: "2".to_owned(),
            at_once: at_once.to_owned(),
            ..Typed::default()
        }
    }

    pub(super) fn dinner(&self, seats: u32, at_once: &str) -> TopicId {
        self.event(&Typed { seats: seats.to_string(), ..self.typed(at_once) })
    }

    pub(super) fn event(&self, typed: &Typed) -> TopicId {
        self.event_of(Reach::SITE, typed)
    }

    pub(super) fn event_of(&self, whose: Reach, typed: &Typed) -> TopicId {
        let made: Result<_, ActError> = self.store().write(|tx| self.events.create(tx, whose, typed));
        made.unwrap_or_else(|e| panic!("{e}")).topic
    }

    pub(super) fn owned(tx: &Tx<'_>, event: TopicId) -> Owned<TopicId> {
        let owner = tx.owner_of_topic(event).expect("a sound database").expect("an event");
        let reach = owner.map_or(Reach::SITE, |owner| Reach::of(owner, false));
        authorize(tx, reach, event).expect("a sound database").expect("theirs")
    }

    pub(super) fn act(&self, event: TopicId, act: &Act) {
        let done: Result<_, ActError> = self.store().write(|tx| self.events.act(tx, Self::owned(tx, event), act));
        done.unwrap_or_else(|e| panic!("{e}"));
    }

    pub(super) fn try_change(&self, event: TopicId, change: impl FnOnce(&mut Typed)) -> Result<(), ActError> {
        self.store().write(|tx| {
            let id = Self::owned(tx, event);
            let mut typed = Typed::from(&self.events.get(tx, id)?.expect("an event"));
            change(&mut typed);
            self.events.change(tx, id, &typed).map(drop)
        })
    }

    pub(super) fn change(&self, event: TopicId, change: impl FnOnce(&mut Typed)) {
        self.try_change(event, change).unwrap_or_else(|e| panic!("{e}"));
    }

    pub(super) fn give_mail(&self, who: usize, email: &str) {
        self.change_contact(who, |contact| contact.email = Some(Email::parse(email).expect("an address")));
    }

    pub(super) fn change_phone(&self, who: usize, number: usize) {
        self.change_contact(who, |contact| contact.phone = Some(phone(number)));
    }

    pub(super) fn change_contact(&self, who: usize, change: impl FnOnce(&mut Contact)) {
        let changed = self.store().write(|tx| {
            let id = authorize(tx, Reach::SITE, self.contacts[who])?.expect("a contact");
            let (mut contact, revision) = contacts::get(tx, id)?.expect("a contact");
            change(&mut contact);
            contacts::change(tx, id, &contact, revision)
        });
        assert!(changed.expect("a sound database"));
    }

    pub(super) fn remove_contact(&self, who: usize) -> Result<(), NotForgotten> {
        self.store().write(|tx| {
            let id = authorize(tx, Reach::SITE, self.contacts[who])?.expect("a contact");
            forgetting::remove(tx, id, self.now())
        })
    }

    /// How many contacts there are.
    pub(super) fn contacts(&self) -> usize {
        self.contacts.len()
    }

    /// Somebody's phone says STOP.
    pub(super) fn stop(&self, who: usize) {
        self.store().write(|tx| tx.opt_out(&phone(who), self.now())).expect("a sound database");
    }

    /// Somebody's phone says START.
    pub(super) fn start(&self, who: usize) {
        self.store().write(|tx| tx.opt_in(&phone(who))).expect("a sound database");
    }

    /// A new text.
    pub(super) fn text(&self, from: usize, body: &str) -> Option<String> {
        let sid = format!("SMnew{}", self.texts.fetch_add(1, Ordering::Relaxed));
        self.deliver(&sid, from, body)
    }

    pub(super) fn deliver(&self, sid: &str, from: usize, body: &str) -> Option<String> {
        let (store, clock) = (self.store(), &self.site.clock);
        match responder::decide((store, clock), self.topics.clone(), (sid, phone(from), body)) {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    /// Time passes, and what is due is done.
    pub(super) fn pass(&self, by: SignedDuration) {
        self.site.clock.advance(by);
        let step = Step { now: self.now(), answered: None };
        let done = self
            .store()
            .write(|tx| tx.events()?.into_iter().try_for_each(|event| self.events.settle(tx, event, step).map(drop)));
        done.expect("a sound database");
    }

    pub(super) fn shown(&self, event: TopicId) -> Shown {
        let shown = self.store().read(|tx| self.events.show(tx, tx.event(event)?.expect("an event")));
        shown.expect("a sound database")
    }

    pub(super) fn states(&self, event: TopicId) -> Vec<(&'static str, State)> {
        let name = |name: &str| ["Ada", "Ben", "Cleo", "Dora"].into_iter().find(|known| *known == name).unwrap_or("?");
        self.shown(event).rows.into_iter().map(|row| (name(&row.name), row.invitation.state)).collect()
    }

    /// All seats, those that are taken and those that are reserved, as their rows say.
    pub(super) fn seats(&self, event: TopicId) -> (u32, u32, u32) {
        let seats = self.shown(event).seats;
        (seats.total, seats.taken, seats.reserved)
    }

    pub(super) fn guest(&self, event: TopicId, name: &str) -> Guest {
        let guests = self.store().read(|tx| tx.guests(event, true)).expect("a sound database");
        guests.into_iter().find(|guest| guest.name == name).expect("a guest")
    }

    pub(super) fn queued(&self) -> Vec<OutboxRow> {
        let rows = self.store().read(|tx| {
            let rows = tx.messages()?;
            Ok::<_, StoreError>(rows)
        });
        rows.expect("a sound database")
    }

    /// What somebody was sent, in its order.
    pub(super) fn kinds_to(&self, name: &str) -> Vec<String> {
        let named = |row: &OutboxRow| match row.recipient {
            Recipient::Person(id) => self.store().read(|tx| tx.person_name(id)).expect("sound"),
            _ => None,
        };
        let rows = self.queued().into_iter().filter(|row| named(row).as_deref() == Some(name));
        rows.map(|row| row.kind).collect()
    }

    fn topic(&self, tx: &Tx<'_>, row: &OutboxRow) -> Arc<dyn MessageTopic> {
        self.topics.of(tx, row.topic).expect("a sound database").expect("an event")
    }

    /// What a message would say if it were sent now; nothing where it would not.
    pub(super) fn said(&self, row: &OutboxRow) -> Option<String> {
        self.words(row).map(|words| words.sms)
    }

    /// The same as an e-mail.
    pub(super) fn mailed(&self, row: &OutboxRow) -> Mail {
        self.words(row).expect("it would be sent").mail
    }

    /// A message was taken by the provider.
    pub(super) fn take(&self, row: &OutboxRow) {
        let taken = self.store().write(|tx| {
            tx.end_message(row.id, OutboxState::Sent, None, self.now())?;
            self.topic(tx, row).sent(tx, row, "SMtaken", self.now())
        });
        taken.unwrap_or_else(|e: StoreError| panic!("{e:?}"));
    }

    fn words(&self, row: &OutboxRow) -> Option<Words> {
        let means = Means { sms: true, email: true, overseen: false };
        let way = Way { channel: row.channel, basis: row.basis, means };
        let sending = Sending { way, is_overseen: false, number: "", as_of: self.now() };
        let resolved = self.store().read(|tx| self.topic(tx, row).resolve(tx, row, sending));
        match resolved.expect("a sound database") {
            Resolution::Send(_, words) => Some(words),
            _ => None,
        }
    }

    /// What waits leaves, where it `is_let`, or comes to its end, as in the outbox of a running site with a provider that takes
    /// everything; in the order of the guests.
    pub(super) fn leave(&self, is_let: bool) {
        self.leave_where(&|_| is_let);
    }

    /// The same for those messages that are let.
    pub(super) fn leave_where(&self, is_let: &dyn Fn(&OutboxRow) -> bool) {
        let means = Means { sms: true, email: true, overseen: false };
        let mut waiting = self.queued();
        waiting.retain(|row| row.state == OutboxState::Waiting);
        waiting.sort_by_key(|row| match row.recipient {
            Recipient::Person(id) => id,
            other => panic!("{other:?}"),
        });
        for row in waiting {
            let now = self.now();
            let way = Way { channel: row.channel, basis: row.basis, means };
            let sending = Sending { way, is_overseen: false, number: "", as_of: now };
            let ended = self.store().write(|tx| {
                let topic = self.topic(tx, &row);
                let (state, why) = match topic.resolve(tx, &row, sending)? {
                    _ if row.not_after.is_some_and(|limit| limit <= now) => (OutboxState::Lapsed, "its time is over"),
                    Resolution::End(state, why) => (state, why),
                    Resolution::Send(..) if is_let(&row) => {
                        tx.claim_message(row.id, ("test", false), now, now)?;
                        tx.record_attempt(row.id, "test", &Attempt::Sent { provider_id: None }, now)?;
                        return topic.sent(tx, &row, "", now).map(|()| false);
                    }
                    _ => return Ok::<_, StoreError>(false),
                };
                tx.end_message(row.id, state, Some(why), now)?;
                topic.ended(tx, &tx.message(row.topic, row.id)?.expect("a row"), now).map(|()| true)
            });
            // What follows from it may have moved everybody.
            if ended.expect("a sound database") {
                return self.leave_where(is_let);
            }
        }
    }

    /// Until when a message waits for the morning that is sent then.
    pub(super) fn quiet_until(&self, row: &OutboxRow, at: Timestamp) -> Option<Timestamp> {
        let quiet = self.store().read(|tx| self.topic(tx, row).quiet_until(tx, row, at));
        quiet.expect("a sound database")
    }

    /// A message turns out not to arrive.
    pub(super) fn fail(&self, row: &OutboxRow) {
        let done = self.store().write(|tx| {
            tx.end_message(row.id, OutboxState::Failed, Some("nobody has this number"), self.now())?;
            let row = tx.message(row.topic, row.id)?.expect("a row");
            self.topic(tx, &row).ended(tx, &row, self.now())
        });
        done.unwrap_or_else(|e: StoreError| panic!("{e:?}"));
    }
}
