//! While the listener runs: sees to it that every draw of the series and every opening get their archive copies, and
//! that database and archive go on saying the same.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use super::archive_copy;
use super::served_exchanges::ServedExchanges;
use crate::app::site::Site;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::store::{ArchiveState, SeriesId, StoreError, StoredDraw, Tx};

/// How often to look for something new to copy.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// The longest pause between attempts, in seconds.
const LONGEST: u64 = 60;

/// How often to hold database and archive against each other, in seconds; a minute after the start, and after an attempt
/// that failed.
const COMPARE_EVERY: i64 = 600;

/// Copies what has no copy yet.
pub struct Archiver {
    exchanges: Arc<ServedExchanges>,
    clock: Clock,
    /// Attempts in a row that failed.
    failures: AtomicU32,
    /// When to hold database and archive against each other next, in seconds since 1970.
    compare_at: AtomicI64,
}

impl std::fmt::Debug for Archiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiver").finish_non_exhaustive()
    }
}

impl Archiver {
    /// For the series of these exchanges.
    pub fn new(exchanges: Arc<ServedExchanges>) -> Self {
        let clock = exchanges.exchanges().clock.clone();
        let compare_at = AtomicI64::new(clock.now().as_second() + LONGEST.cast_signed());
        Self { exchanges, clock, failures: AtomicU32::new(0), compare_at }
    }

    /// Copies what has no copy yet, and says when to look again: soon, or after growing pauses while the archive does
    /// not take it.
    pub async fn step(&self) -> Timestamp {
        self.compare_now_and_then().await;
        let pause = match self.copy_what_is_missing().await {
            Ok(()) => {
                self.failures.store(0, Ordering::Relaxed);
                LOOK_EVERY
            }
            Err(problem) => {
                tracing::warn!(problem, "the archive copy is not confirmed yet; trying again");
                let failures = self.failures.fetch_add(1, Ordering::Relaxed).min(5) + 1;
                let longest = LOOK_EVERY.as_secs().unsigned_abs().saturating_mul(1 << failures).min(LONGEST);
                // Spread out, so that two listeners do not keep meeting at a store that recovers.
                let millis = longest.saturating_mul(rand::rng().random_range(750..1000));
                SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
            }
        };
        self.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    async fn compare_now_and_then(&self) {
        let now = self.clock.now().as_second();
        if now < self.compare_at.load(Ordering::Relaxed) {
            return;
        }
        let pause = match self.exchanges.guard().await {
            Ok(()) => COMPARE_EVERY,
            Err(problem) => {
                tracing::warn!(problem, "database and archive could not be held against each other");
                LONGEST.cast_signed()
            }
        };
        self.compare_at.store(now + pause, Ordering::Relaxed);
        if let (Ok(archive), Ok(sites)) = (
            Archive::connect(&self.exchanges.exchanges().settings.archive).await,
            self.sites(|_, _| Ok(Some(()))).await,
        ) {
            sites.iter().for_each(|(site, ())| archive_copy::tidy(site, &archive));
        }
    }

    /// Those exchanges, one a series, about which there is something to be said.
    async fn sites<T: Send + 'static>(
        &self,
        look: impl Fn(&Tx<'_>, SeriesId) -> Result<Option<T>, StoreError> + Send + 'static,
    ) -> Result<Vec<(Site, T)>, StoreError> {
        let exchanges = Arc::clone(&self.exchanges);
        let found = self.exchanges.exchanges().store.run_reading(move |tx| {
            let (mut seen, mut found) = (HashSet::new(), Vec::new());
            for served in exchanges.served(tx)? {
                let Some(series) = served.site.series(tx)?.filter(|series| seen.insert(*series)) else { continue };
                found.extend(look(tx, series)?.map(|it| (served.site, it)));
            }
            Ok(found)
        });
        found.await
    }

    async fn copy_what_is_missing(&self) -> Result<(), String> {
        let missing = self.sites(|tx, series| {
            let openings = tx.openings(series)?.iter().any(|opening| !opening.archived);
            let waiting = tx.unconfirmed_draws(series)?;
            Ok((openings || !waiting.is_empty()).then_some((series, waiting)))
        });
        let mut problem = None;
        for (site, (series, waiting)) in missing.await.map_err(|e| in_full(&e))? {
            // That one series waits is no reason for another to wait.
            problem = copy(&site, series, waiting).await.err().or(problem);
        }
        problem.map_or(Ok(()), Err)
    }
}

/// Copies what a series lacks in the archive.
async fn copy(site: &Site, series: SeriesId, waiting: Vec<StoredDraw>) -> Result<(), String> {
    let archive = Archive::connect(&site.settings.archive).await.map_err(|e| in_full(&e))?;
    let mut occupied = None;
    for draw in waiting {
        let copy = archive_copy::confirm_draw(&site.store, &archive, &draw, site.clock.now())
            .await
            .map_err(|e| in_full(&e))?;
        match copy.state {
            ArchiveState::Confirmed => {
                tracing::info!(draw = draw.number, location = copy.location, "archive copy confirmed");
            }
            ArchiveState::Occupied => occupied = copy.problem,
            ArchiveState::Pending => return Err(copy.problem.unwrap_or_default()),
        }
    }
    archive_copy::confirm_openings(&site.store, &archive, (series, &site.folder()), site.clock.now())
        .await
        .map_err(|e| in_full(&e))?;
    occupied.map_or(Ok(()), Err)
}
