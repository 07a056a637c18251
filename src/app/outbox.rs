//! What goes out, and why: rows queued in the transaction of their cause, and a worker that sends them.
//!
//! This room knows how messages travel: claimed, looked up, sent, put off, recorded. What they say and to whom is their
//! topic's business ([`MessageTopic`]). Who a message is for is kept as a role where naming them would show a pairing; see
//! [`crate::store::Recipient`]. When such a message was asked for, and how it fares ("it waits for somebody who has not
//! written"), would tell who it goes to: relayed texts are kept sealed, and neither listed nor logged nor counted.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::metrics::histogram::Histogram;

use super::topics::Topics;
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::messaging::envelope::Address;
use crate::messaging::pacing::{Backoff, Rate};
use crate::messaging::sender::{Means, Sender};
use crate::messaging::twilio::REQUEST_TIMEOUT;
pub use crate::messaging::twilio::meaning_of;
use crate::model::{Email, Phone, Settings};
use crate::store::{Channel, OutboxRow, Store, StoreError, Tx};

mod book;
mod daily;
pub(in crate::app) mod fault;
mod held;
mod ledger;
mod plan;
pub mod providers;
pub mod reach;
mod relays;
mod reports;
mod topic;
mod work;

pub(super) use book::cause;
pub use held::{ClosedLine, Held, held_back};
pub use ledger::{ChangeError, Entry, Ledger, Wish, become_so, newest, within};
pub use plan::{Plan, Skipped};
pub(super) use relays::{RELAY_DAYS, count_as_perhaps_sent as count_relays_as_perhaps_sent, day};
pub use reports::DeliveryStatus;
pub use topic::{MessageTopic, Resolution, Sending, Words};
pub use work::Pass;

use reach::Way;

/// How often the worker looks for rows that another process has queued.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// How often reminders are thought of, in milliseconds.
const REMIND_EVERY: i64 = 60_000;

/// The longest that a claim lasts or a line stays closed, with room for another machine's clock.
const LONGEST_CLOSED: SignedDuration = SignedDuration::from_hours(1);

/// The longest that a row waits which is due: for quiet hours to end, on the day that has 25.
const LONGEST_PUT_OFF: SignedDuration = SignedDuration::from_hours(26);

/// The longest that [`Outbox::drain`] waits for a line to be free.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// How the worker goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Attempts and the waits between them.
    pub backoff: Backoff,
    /// How long a claim lasts. When it has run out, any worker may take the row over, looking it up first.
    pub lease: Duration,
    /// How long one request can take at most; none is begun with less than that left of the claim.
    pub request: Duration,
    /// How many messages of a channel are claimed in one transaction.
    pub batch: u32,
    /// How many are under way at once.
    pub at_once: usize,
    /// When a message that had to wait for somebody is looked at again.
    pub look_again: Duration,
    /// How long a channel rests whose account or settings stand in the way.
    pub blocked: Duration,
    /// How long after an answer that did not arrive the provider's list should show the message. It is looked for then,
    /// and once more after as long again, before it is sent again.
    pub certain_after: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            lease: Duration::from_secs(300),
            request: REQUEST_TIMEOUT + Duration::from_secs(5),
            batch: 64,
            at_once: 16,
            look_again: Duration::from_secs(60),
            blocked: Duration::from_secs(300),
            certain_after: Duration::from_secs(30),
        }
    }
}

/// Where everything goes instead of to its recipients.
#[derive(Debug, Clone, Default)]
struct Override {
    phone: Option<Phone>,
    email: Option<Email>,
}

impl Override {
    fn is_set(&self) -> bool {
        self.phone.is_some() || self.email.is_some()
    }

    /// Where a message to somebody goes.
    fn redirect(&self, to: Address) -> Address {
        match (to, &self.phone, &self.email) {
            (Address::Phone(_), Some(phone), _) | (Address::Email(_), Some(phone), None) => {
                Address::Phone(phone.clone())
            }
            (Address::Email(_), _, Some(email)) | (Address::Phone(_), None, Some(email)) => {
                Address::Email(email.clone())
            }
            (to, None, None) => to,
        }
    }

    /// With everything going to one address, that address's channel is the only one needed.
    fn reachable(&self, means: Means) -> Means {
        match (&self.phone, &self.email) {
            (Some(_), None) if means.sms => Means { email: true, ..means },
            (None, Some(_)) if means.email => Means { sms: true, ..means },
            _ => means,
        }
    }
}

/// The outbox with everything needed to empty it.
pub struct Outbox {
    store: Store,
    sender: Sender,
    topics: Arc<dyn Topics<dyn MessageTopic>>,
    clock: Clock,
    overriding: Override,
    rate: Rate,
    price_per_segment: Option<f64>,
    daily_segments: u32,
    /// The number to text, for e-mails that ask for it.
    number: String,
    sms_line: String,
    pace: Pace,
    /// Who claims; another name for every worker.
    worker: String,
    /// When reminders were last thought of, in milliseconds since 1970.
    reminded_at: AtomicI64,
    looks: Mutex<relays::Looks>,
    /// How long a provider took to take a message.
    send_seconds: Histogram,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("worker", &self.worker).finish_non_exhaustive()
    }
}

impl Outbox {
    /// The outbox of these topics, to be emptied by `sender` at this pace.
    pub fn new(
        store: Store,
        sender: Sender,
        topics: Arc<dyn Topics<dyn MessageTopic>>,
        settings: &Settings,
        clock: Clock,
        pace: Pace,
    ) -> Arc<Self> {
        let messaging = &settings.messaging;
        let twilio = settings.twilio.as_ref();
        let number = twilio.and_then(|twilio| twilio.from.as_ref()).map(Phone::expose).unwrap_or_default();
        // Only the air between real phones has a limit.
        let rate = twilio.filter(|_| sender.is_live()).map_or(0.0, |twilio| twilio.per_second);
        Arc::new(Self {
            store,
            sender,
            topics,
            clock,
            overriding: Override { phone: messaging.override_phone.clone(), email: messaging.override_email.clone() },
            rate: Rate::per_second(rate),
            price_per_segment: messaging.price_per_segment,
            daily_segments: messaging.daily_segments,
            number: number.to_owned(),
            sms_line: held::sms_line(settings),
            pace,
            worker: format!("{:016x}", rand::random::<u64>()),
            reminded_at: AtomicI64::new(i64::MIN),
            looks: Mutex::default(),
            // 5 ms to 80 s: from a server on this machine to a provider's own timeout.
            send_seconds: Histogram::new((0..8).map(|step| 5e-3 * 4_f64.powi(step))),
        })
    }

    /// How long providers took to take messages, those passed on between two people left out.
    pub fn send_seconds(&self) -> Histogram {
        self.send_seconds.clone()
    }

    /// Queues what has become due, sends what can be sent, and says when there is something to do next. Begins nothing
    /// more once `stop` says so; what is under way then is finished and recorded.
    pub async fn step(self: &Arc<Self>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Timestamp, StoreError> {
        self.remind().await;
        self.pass_unless(stop).await?;
        let soon = later(self.clock.now(), LOOK_EVERY);
        Ok(self.next_look().await?.map_or(soon, |next| next.min(soon)))
    }

    /// Sends everything that is due, at the pace of its line, and calls `progress` after every pass with what has been
    /// sent, put off and ended so far. Ends early where a line is closed for longer than a minute.
    pub async fn drain(self: &Arc<Self>, mut progress: impl FnMut(&Pass)) -> Result<Pass, StoreError> {
        self.take_up_again().await?;
        self.look_anew().await?;
        let mut total = Pass::default();
        loop {
            total.add(self.pass().await?);
            progress(&total);
            let now = self.clock.now();
            // What waits for another time than its line's is not waited for.
            let me = Arc::clone(self);
            let free = self.store.run_reading(move |tx| me.earliest(tx, |at| at <= now)).await?;
            match free.map(|at| at.duration_since(now)) {
                Some(wait) if wait <= LONGEST_WAIT => {
                    tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
                }
                _ => return Ok(total),
            }
        }
    }

    /// Queues the reminders whose time has come, once a minute. That they cannot be queued stops nothing else.
    async fn remind(self: &Arc<Self>) {
        let now = self.clock.now();
        // The clock may have been put back since.
        let since = now.as_millisecond().saturating_sub(self.reminded_at.load(Ordering::Relaxed));
        if since.saturating_abs() < REMIND_EVERY {
            return;
        }
        self.reminded_at.store(now.as_millisecond(), Ordering::Relaxed);
        if let Err(error) = self.take_up_again().await {
            tracing::error!(problem = in_full(&error), "what was put off too far could not be taken up again");
        }
        let me = Arc::clone(self);
        let queued = self.store.run(move |tx| me.each_topic(tx, |topic| topic.queue_due(tx, now)));
        match queued.await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "queued reminders"),
            Err(error) => {
                tracing::error!(problem = in_full(&error), "reminders could not be queued");
            }
        }
    }

    /// Takes up again what a clock that was ahead has put off for longer than anything waits: one message sent then
    /// would keep all others back until that day.
    async fn take_up_again(self: &Arc<Self>) -> Result<(), StoreError> {
        let (me, now) = (Arc::clone(self), self.clock.now());
        let (closed, put_off) = (later(now, LONGEST_CLOSED), later(now, LONGEST_PUT_OFF));
        let again = move |tx: &Tx<'_>| {
            let topics = me.topics.all(tx)?;
            let counts = topics.iter().map(|topic| tx.take_up_again(topic.id(), now, closed, put_off));
            counts.sum::<Result<u64, StoreError>>()
        };
        let count = self.store.run(again).await?;
        if count > 0 {
            tracing::warn!(count, "messages or lines were put off by a clock that was ahead; they are taken up again");
        }
        Ok(())
    }

    /// Looks anew at what waited for somebody or something that may be there now.
    async fn look_anew(self: &Arc<Self>) -> Result<(), StoreError> {
        let (me, now) = (Arc::clone(self), self.clock.now());
        self.store.run(move |tx| me.topics.all(tx)?.iter().try_for_each(|topic| tx.look_anew(topic.id(), now))).await
    }

    fn each_topic(
        &self,
        tx: &Tx<'_>,
        work: impl Fn(&dyn MessageTopic) -> Result<usize, StoreError>,
    ) -> Result<usize, StoreError> {
        self.topics.all(tx)?.iter().map(|topic| work(topic.as_ref())).sum()
    }

    /// When there is something to do next: a row due, on a line that is free.
    async fn next_look(self: &Arc<Self>) -> Result<Option<Timestamp>, StoreError> {
        let me = Arc::clone(self);
        self.store.run_reading(move |tx| me.next_look_in(tx)).await
    }

    fn next_look_in(&self, tx: &Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
        let relay = self.next_relay_at(tx)?;
        Ok(self.earliest(tx, |_| true)?.into_iter().chain(relay).min())
    }

    /// The earliest time at which a row can go, of those whose own time is `wanted`: then, or once its line is free.
    fn earliest(&self, tx: &Tx<'_>, wanted: impl Fn(Timestamp) -> bool) -> Result<Option<Timestamp>, StoreError> {
        let mut earliest = None;
        let topics = self.topics.all(tx)?;
        for (channel, line) in
            [(Channel::Sms, &*self.sms_line), (Channel::Either, &*self.sms_line), (Channel::Email, EMAIL_LINE)]
        {
            for topic in &topics {
                let next = tx.next_message_at(topic.id(), channel, self.is_rehearsal())?;
                let Some(at) = next.filter(|at| wanted(*at)) else { continue };
                let at = tx.line(line)?.map_or(at, |(free, _)| at.max(free));
                earliest = Some(earliest.map_or(at, |other: Timestamp| other.min(at)));
            }
        }
        Ok(earliest)
    }

    fn topic_of(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<Option<Arc<dyn MessageTopic>>, StoreError> {
        self.topics.of(tx, row.topic)
    }

    /// Whether nothing goes to its recipient: all comes before other eyes, and counts for nothing.
    pub fn is_rehearsal(&self) -> bool {
        self.sender.means().overseen || self.overriding.is_set()
    }

    /// How a row may travel now.
    fn sending(&self, row: &OutboxRow, now: Timestamp) -> Sending<'_> {
        let means = self.overriding.reachable(self.sender.means());
        Sending {
            way: Way { channel: row.channel, basis: row.basis, means },
            is_overseen: self.is_rehearsal(),
            number: &self.number,
            as_of: row.unsure_since.unwrap_or(now),
        }
    }

    fn line(&self, to: &Address) -> &str {
        match to {
            Address::Phone(_) => &self.sms_line,
            Address::Email(_) => EMAIL_LINE,
        }
    }
}

/// The line that e-mails go by. It has no rate; it only closes when the mail server is not to be had.
const EMAIL_LINE: &str = "email";

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
pub(in crate::app) mod tests;
