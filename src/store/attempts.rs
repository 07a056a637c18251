//! How often something was tried; in the database, so that it holds for several listeners and after a restart.

use jiff::Timestamp;

use super::{StoreError, Tx, values};

impl Tx<'_> {
    /// Counts so many attempts, and says how many there have been and until when they count; the first one counts `until`
    /// then.
    pub fn count_attempts(
        &self,
        key: &[u8],
        count: u32,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<(u32, Timestamp), StoreError> {
        self.execute("DELETE FROM attempt WHERE until <= $1", values![now])?;
        self.execute(
            "INSERT INTO attempt (key, count, until) VALUES ($1, $3, $2) \
             ON CONFLICT (key) DO UPDATE SET count = attempt.count + $3",
            values![key, until, count],
        )?;
        let counted = self.one("SELECT count, until FROM attempt WHERE key = $1", values![key])?;
        counted.ok_or_else(|| StoreError::damaged("attempt", "it was not kept"))
    }

    /// Takes one attempt back.
    pub fn take_back_attempt(&self, key: &[u8]) -> Result<(), StoreError> {
        self.execute("UPDATE attempt SET count = count - 1 WHERE key = $1 AND count > 0", values![key])
    }

    /// Has the attempts so far count until then.
    pub fn count_attempts_until(&self, key: &[u8], until: Timestamp) -> Result<(), StoreError> {
        self.execute("UPDATE attempt SET until = $2 WHERE key = $1", values![key, until])
    }

    /// Forgets attempts, as after one that was right.
    pub fn forget_attempts(&self, key: &[u8]) -> Result<(), StoreError> {
        self.execute("DELETE FROM attempt WHERE key = $1", values![key])
    }
}
