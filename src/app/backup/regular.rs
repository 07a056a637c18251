//! Backups that a running listener makes by itself once in a while. The newest few stay; files of other names in the same
//! folder are nobody's business here.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::make;
use crate::app::exchanges::Exchanges;
use crate::error_chain::in_full;
use crate::write_once;

/// How many stay.
const KEPT: usize = 7;

/// When one that failed is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// The longest sleep, in real time: the calendar may be moved meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// How the time stands in a name, to the second, in UTC.
const TIME: &str = "%Y-%m-%dT%H-%M-%SZ";

/// What stands behind it.
const ENDING: &str = ".backup";

/// Where and how often backups are made.
#[derive(Debug, Clone)]
pub struct Regular {
    /// Where they stand; made with the first one.
    pub folder: PathBuf,
    /// What their names begin with, so that two sites can share a folder.
    pub name: String,
    /// How often.
    pub every: SignedDuration,
}

impl Regular {
    /// Makes backups until `stopped` is ready. What goes wrong stands in the log, and stops nothing else.
    pub async fn run(self, exchanges: Exchanges, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        loop {
            let (me, all) = (self.clone(), exchanges.clone());
            let step = tokio::task::spawn_blocking(move || me.step(&all));
            let Ok(next) = step.await.inspect_err(|error| tracing::error!(%error, "backups have ended by a defect"))
            else {
                return;
            };
            while next > exchanges.clock.now() {
                let left = Duration::try_from(next.duration_since(exchanges.clock.now())).unwrap_or_default();
                tokio::select! {
                    () = &mut stopped => return,
                    () = tokio::time::sleep(left.min(LONGEST_SLEEP)) => {}
                }
            }
        }
    }

    /// Makes one if it is time, also for what a listener that was not running has missed; gives when the next is due.
    pub(super) fn step(&self, exchanges: &Exchanges) -> Timestamp {
        let now = exchanges.clock.now();
        let after = |at: Timestamp, by| at.checked_add(by).unwrap_or(Timestamp::MAX);
        // One from the future was made by a clock that was ahead.
        if let Some(newest) = self.own().into_iter().rfind(|made_at| *made_at <= now)
            && after(newest, self.every) > now
        {
            return after(newest, self.every);
        }
        write_once::tidy(&self.folder);
        match make(&exchanges.settings, &exchanges.keys, &self.path(now), now) {
            Ok(made) => {
                tracing::info!(file = %self.path(now).display(), rows = made.rows, "backup made");
                self.remove_oldest();
                after(now, self.every)
            }
            Err(error) => {
                tracing::error!(problem = in_full(&error), folder = %self.folder.display(), "no backup was made");
                after(now, AGAIN.min(self.every))
            }
        }
    }

    fn path(&self, made_at: Timestamp) -> PathBuf {
        self.folder.join(format!("{}-{}{ENDING}", self.name, made_at.strftime(TIME)))
    }

    /// When those were made that stand there, oldest first.
    fn own(&self) -> Vec<Timestamp> {
        let beginning = format!("{}-", self.name);
        let made_at = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let time = name.strip_prefix(&beginning)?.strip_suffix(ENDING)?;
            let made_at = jiff::civil::DateTime::strptime(TIME, time).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            // Only what would be called exactly so again.
            Some(made_at.timestamp()).filter(|at| self.path(*at).file_name() == Some(name.as_ref()))
        };
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut own: Vec<Timestamp> = entries.filter_map(made_at).collect();
        own.sort_unstable();
        own
    }

    fn remove_oldest(&self) {
        let own = self.own();
        for made_at in &own[..own.len().saturating_sub(KEPT)] {
            if let Err(error) = std::fs::remove_file(self.path(*made_at)) {
                tracing::warn!(%error, file = %self.path(*made_at).display(), "an old backup cannot be removed");
            }
        }
    }
}
