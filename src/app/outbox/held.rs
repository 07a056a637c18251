//! What holds messages back that are due: lines that are closed, means that are missing, attempts that failed.

use jiff::Timestamp;

use super::{EMAIL_LINE, Ledger, daily};
use crate::model::{Phone, Settings};
use crate::store::{Channel, OutboxRow, OutboxState, StoreError, Tx};

/// How many rows are read at a time.
const PAGE: u32 = 1000;

/// Why texts wait for the morning.
pub(super) const QUIET: &str = "quiet hours";

/// Why a line is closed that only keeps its pace.
const PACE: &str = "no more go at once, by `per_second` under [twilio]";

/// The line that texts go by.
pub(super) fn sms_line(settings: &Settings) -> String {
    let twilio = settings.twilio.as_ref();
    let service = twilio.and_then(|twilio| twilio.messaging_service_sid.as_deref());
    let number = || twilio.and_then(|twilio| twilio.from.as_ref()).map(Phone::expose);
    format!("sms:{}", service.or_else(number).unwrap_or_default())
}

/// A line by which nothing goes for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLine {
    /// What goes by it: `texts` or `e-mails`.
    pub what: &'static str,
    /// When it is free again.
    pub until: Timestamp,
    /// What closed it; `None` where it only keeps its pace.
    pub why: Option<String>,
}

impl ClosedLine {
    /// The lines that are closed now.
    pub fn all(tx: &Tx<'_>, settings: &Settings, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        let mut closed = Vec::new();
        for (what, line) in [("texts", &*sms_line(settings)), ("e-mails", EMAIL_LINE)] {
            let state = tx.line(line)?.filter(|(until, _)| *until > now);
            closed.extend(state.map(|(until, why)| Self { what, until, why }));
        }
        Ok(closed)
    }

    /// Whether a row that waits has to wait for it.
    pub(super) fn holds(&self, row: &OutboxRow) -> bool {
        row.state == OutboxState::Waiting
            && row.next_at < self.until
            && (self.what == "e-mails") == (row.channel == Channel::Email)
    }

    /// Why it is closed, in words.
    pub fn reason(&self) -> &str {
        self.why.as_deref().unwrap_or(PACE)
    }
}

/// Messages that are due and wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub count: usize,
    /// When the first of them is looked at again.
    pub until: Timestamp,
    pub why: String,
    /// Whether the settings mean them to wait: for the morning, for tomorrow, for the line's pace.
    pub is_meant: bool,
}

/// What of the messages is held back now, for whatever reason that has a time.
pub fn held_back(ledger: Ledger<'_>, now: Timestamp) -> Result<Vec<Held>, StoreError> {
    let mut held: Vec<Held> = Vec::new();
    let mut after = 0;
    loop {
        let page = ledger.list(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(held) };
        after = last.id;
        for entry in page {
            let (Some(until), why) = (entry.next_at.filter(|at| *at > now), entry.why()) else { continue };
            match held.iter_mut().find(|held| held.why == why) {
                _ if why.is_empty() || entry.state != OutboxState::Waiting.word() => {}
                Some(known) => {
                    known.count += 1;
                    known.until = known.until.min(until);
                }
                None => {
                    let is_meant = [QUIET, daily::WHY, PACE].contains(&&*why);
                    held.push(Held { count: 1, until, why, is_meant });
                }
            }
        }
    }
}
