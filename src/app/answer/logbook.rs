//! What the log of texts says, held in memory: which texts it has, and how many came from each number lately. The
//! database holds the truth; every listener on it reads what others have logged before it decides.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;

use crate::conversation::{PER_DAY, PER_MINUTE, Recent};
use crate::model::Phone;
use crate::store::{StoreError, TextId, Tx};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// The log as far as it has been read. Some 30 bytes a text.
#[derive(Default)]
pub(super) struct Logbook {
    /// Provider's ids by a hash that nobody outside can foresee; whoever finds one looks at the row itself.
    texts: HashMap<u64, TextId>,
    hasher: RandomState,
    /// The day that is being counted, and its texts by number.
    day: i64,
    counts: HashMap<Phone, Counts>,
    read_to: TextId,
    seen: Option<i64>,
}

/// How many texts a number has sent.
#[derive(Default)]
struct Counts {
    day: u32,
    minute: i64,
    in_minute: u32,
}

impl Logbook {
    /// Reads what others have logged since the last look; a look at nothing new costs one counter.
    pub(super) fn refresh(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let seen = tx.change_counter()?;
        if self.seen != Some(seen) {
            tx.texts_after(self.read_to, |id, sid, phone, at| self.note(id, sid, phone, at))?;
            self.seen = Some(seen);
        }
        Ok(())
    }

    /// Begins anew: what was noted last was not kept.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes note of a text.
    pub(super) fn note(&mut self, id: TextId, sid: &str, phone: &Phone, at: Timestamp) {
        self.texts.insert(self.hasher.hash_one(sid), id);
        self.read_to = id;
        let second = at.as_second();
        let (day, minute) = (second.div_euclid(DAY), second.div_euclid(MINUTE));
        if self.day != day {
            self.day = day;
            self.counts.clear();
        }
        let counts = self.counts.entry(phone.clone()).or_default();
        if counts.minute != minute {
            (counts.minute, counts.in_minute) = (minute, 0);
        }
        counts.in_minute += 1;
        counts.day += 1;
    }

    /// Where a text may stand in the log.
    pub(super) fn find(&self, sid: &str) -> Option<TextId> {
        self.texts.get(&self.hasher.hash_one(sid)).copied()
    }

    /// What a number has sent before the text in hand. The excess is told once: the first text beyond a limit is the
    /// one that is told.
    pub(super) fn recent(&self, phone: &Phone, now: Timestamp) -> Recent {
        let second = now.as_second();
        let of_today = self.counts.get(phone).filter(|_| self.day == second.div_euclid(DAY));
        let Some(counts) = of_today else { return Recent::default() };
        let minute = if counts.minute == second.div_euclid(MINUTE) { counts.in_minute } else { 0 };
        let told = if counts.day > PER_DAY { true } else { minute > PER_MINUTE };
        Recent { minute, day: counts.day, told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Durability, Store, StoredText};

    // H2
    #[test]
    fn a_text_that_was_not_kept_is_forgotten_and_one_that_was_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("xchange.db"), Durability::Kill).expect("opens");
        let phone = Phone::from_provider("+447700900101").expect("a phone");
        let text = StoredText { draw: None, person: None, told: false, outcome: String::new() };
        let now = Timestamp::now();
        let mut logbook = Logbook::default();
        let log = |logbook: &mut Logbook, sid: &str, keep: bool| {
            store.write(|tx| {
                logbook.refresh(tx)?;
                let id = tx.insert_text(sid, &phone, now, &text)?;
                logbook.note(id, sid, &phone, now);
                if keep { Ok(()) } else { Err(StoreError::damaged("batch", "undone")) }
            })
        };
        log(&mut logbook, "SM1", true).expect("kept");
        log(&mut logbook, "SM2", false).expect_err("undone");
        logbook.forget();
        store.read(|tx| logbook.refresh(tx)).expect("read");
        assert!(logbook.find("SM1").is_some() && logbook.find("SM2").is_none());
        assert_eq!(logbook.recent(&phone, now).day, 1);
    }
}
