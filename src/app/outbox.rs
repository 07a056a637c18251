//! What goes out, and why: rows queued in the transaction of their cause, and a worker that sends them.
//!
//! Who a message is for is kept as a role where naming them would show a pairing; see [`crate::store::Recipient`]. Even
//! how such a message fares can tell who it went to ("it waits for somebody who has not written"), so that is neither
//! listed nor logged.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::causes::in_full;
use crate::messaging::envelope::Address;
use crate::messaging::pacing::{Backoff, Rate};
use crate::messaging::quiet::Quiet;
use crate::messaging::sender::Sender;
pub use crate::messaging::twilio::meaning_of;
use crate::messaging::twilio::{OPTED_OUT, REQUEST_TIMEOUT};
use crate::model::{Exchange, Phone, Settings};
use crate::store::{Channel, Report, Store, StoreError};

mod draws;
mod fault;
mod ledger;
mod message;
mod plan;
mod queue;
mod reach;
mod resolve;
mod work;

pub use draws::Unlock;
pub use ledger::{ChangeError, Entry, cancel, counts, list, retry};
pub use message::Message;
pub use plan::{Plan, Skipped};
pub(in crate::app) use queue::{queue_opening_notice, queue_redraw_notices, queue_relay};
pub use queue::{queue_pairing_mails, queue_reminders};
pub use work::Pass;

use resolve::Resolver;

/// How often the worker looks for rows that another process has queued.
const LOOK: Duration = Duration::from_secs(1);

/// How long the worker rests when the database does not answer.
const REST: Duration = Duration::from_secs(5);

/// How often reminders are thought of.
const REMIND: Duration = Duration::from_secs(60);

/// The longest that [`Outbox::drain`] waits for a line to be free.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

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
    /// How long after an answer that did not arrive the provider's list is certain to show the message.
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

/// The outbox with everything needed to empty it.
pub struct Outbox {
    store: Arc<Store>,
    sender: Sender,
    resolver: Resolver,
    reminders: Vec<jiff::Span>,
    quiet: Option<Quiet>,
    rate: Rate,
    price_per_segment: Option<f64>,
    sms_line: String,
    pace: Pace,
    /// Who claims; another name for every worker.
    worker: String,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("worker", &self.worker).finish_non_exhaustive()
    }
}

impl Outbox {
    /// The outbox of an exchange, to be emptied by `sender`. `unlock` gives this machine's identity when the pairings
    /// are needed.
    #[must_use]
    pub fn new(store: Arc<Store>, sender: Sender, exchange: &Exchange, settings: &Settings, unlock: Unlock) -> Self {
        let messaging = &settings.messaging;
        let zone = TimeZone::get(&exchange.timezone).unwrap_or(TimeZone::UTC);
        let twilio = settings.twilio.as_ref();
        let number = twilio.and_then(|twilio| twilio.from.as_ref()).map(Phone::expose).unwrap_or_default();
        let service = twilio.and_then(|twilio| twilio.messaging_service_sid.as_deref());
        let resolver = Resolver {
            exchange: exchange.clone(),
            draws: draws::Draws::new(unlock),
            means: sender.means(),
            override_phone: messaging.override_phone.clone(),
            override_email: messaging.override_email.clone(),
            number: number.to_owned(),
        };
        // Only the air between real phones has a limit.
        let rate = twilio.filter(|_| sender.is_live()).map_or(0.0, |twilio| twilio.per_second);
        Self {
            store,
            sender,
            resolver,
            reminders: settings.reminders.clone(),
            quiet: messaging.quiet.map(|(from, until)| Quiet { from, until, zone }),
            rate: Rate::per_second(rate),
            price_per_segment: messaging.price_per_segment,
            sms_line: format!("sms:{}", service.unwrap_or(number)),
            pace: Pace::default(),
            worker: format!("{:016x}", rand::random::<u64>()),
        }
    }

    /// The same outbox at another pace.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Empties the outbox until `stop` is done; what is under way then is finished and recorded, and what has not begun
    /// stays waiting. Queues the reminders whose time has come.
    ///
    /// The database is used in place; on a busy runtime give it a thread.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (tell, told) = watch::channel(false);
        let stopping = async {
            stop.await;
            tell.send_replace(true);
        };
        tokio::join!(stopping, self.run_until(told));
    }

    async fn run_until(&self, mut stop: watch::Receiver<bool>) {
        let mut reminded: Option<std::time::Instant> = None;
        loop {
            if reminded.is_none_or(|at| at.elapsed() >= REMIND) {
                self.remind();
                reminded = Some(std::time::Instant::now());
            }
            let pass = self.pass_unless(&|| *stop.borrow()).await;
            let wait = match pass.and_then(|_done| self.next_look()) {
                Ok(next) => next.map_or(LOOK, until).min(LOOK),
                Err(error) => {
                    tracing::error!(problem = in_full(&error), "the outbox rests");
                    REST
                }
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends everything that is due, at the pace of its line, and calls `progress` after every pass with what has been
    /// sent, put off and ended so far. Ends early where a line is closed for longer than a minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drain(&self, mut progress: impl FnMut(&Pass)) -> Result<Pass, StoreError> {
        let mut total = Pass::default();
        loop {
            let pass = self.pass().await?;
            total.sent += pass.sent;
            total.put_off += pass.put_off;
            total.ended += pass.ended;
            total.blocked |= pass.blocked;
            progress(&total);
            let now = Timestamp::now();
            let due: u64 = self.store.read(|tx| tx.count_due_messages(&self.resolver.exchange, now))?;
            let wait = self.next_look()?.map(|next| next.duration_since(now)).unwrap_or_default();
            if due == 0 || wait > PATIENCE {
                return Ok(total);
            }
            tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
        }
    }

    /// Queues the reminders whose time has come. That they cannot be queued stops nothing else.
    fn remind(&self) {
        let now = Timestamp::now();
        let queued = self.store.write(|tx| queue_reminders(tx, &self.resolver.exchange, &self.reminders, now));
        match queued {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "queued reminders"),
            Err(error) => {
                tracing::error!(problem = in_full(&error), "reminders could not be queued");
            }
        }
    }

    /// When there is something to do next: a row due, on a line that is free.
    fn next_look(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.read(|tx| {
            let next_at = |channel| tx.next_message_at(&self.resolver.exchange, channel);
            let texts = [next_at(Channel::Sms)?, next_at(Channel::Either)?];
            let texts = texts.into_iter().flatten().min();
            let next = [(texts, self.sms_line.as_str()), (next_at(Channel::Email)?, EMAIL_LINE)];
            let mut earliest: Option<Timestamp> = None;
            for (at, line) in next {
                let Some(at) = at else { continue };
                let at = tx.line_free_at(line)?.map_or(at, |free| at.max(free));
                earliest = Some(earliest.map_or(at, |other| other.min(at)));
            }
            Ok(earliest)
        })
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

fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// Takes what Twilio reports of a message (`MessageStatus` and `ErrorCode` of its status callback). Reports may come
/// repeated and in any order. Code 21610 is an opt-out of the phone it was to.
///
/// # Errors
/// [`StoreError`]; Twilio may then report it again.
pub fn delivery(
    store: &Store,
    sid: &str,
    status: &str,
    error_code: Option<u32>,
    to: Option<&Phone>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let report = match status {
        "delivered" | "read" => Report::Delivered,
        "undelivered" | "failed" | "canceled" => Report::Failed(error_code),
        // On its way: queued, sending, sent.
        _ => return Ok(()),
    };
    store.write(|tx| {
        if let (Some(OPTED_OUT), Some(phone)) = (error_code, to) {
            tx.opt_out(phone, now)?;
        }
        tx.report_delivery(sid, report, now)
    })
}

#[cfg(test)]
mod tests;
