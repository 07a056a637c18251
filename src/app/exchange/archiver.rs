//! While the listener runs: sees to it that every draw of the series and every opening get their archive copies, and
//! that database and archive go on saying the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use super::served::ServedExchange;
use super::{agreement, archive_copy};
use crate::app::site::Site;
use crate::archive::Archive;
use crate::error_chain::in_full;
use crate::store::{ArchiveState, StoreError};

/// How often to look for something new to copy.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// The longest pause between attempts, in seconds.
const LONGEST: u64 = 60;

/// How often to hold database and archive against each other, in seconds; a minute after the start, and after an attempt
/// that failed.
const COMPARE_EVERY: i64 = 600;

/// Copies what has no copy yet.
pub struct Archiver {
    site: Site,
    /// Attempts in a row that failed.
    failures: AtomicU32,
    served: Arc<ServedExchange>,
    /// When to hold database and archive against each other next, in seconds since 1970.
    compare_at: AtomicI64,
}

impl std::fmt::Debug for Archiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archiver").field("site", &self.site).finish_non_exhaustive()
    }
}

impl Archiver {
    /// For the series of this site's exchange, as it is served.
    #[must_use]
    pub fn new(site: Site, served: Arc<ServedExchange>) -> Self {
        let compare_at = AtomicI64::new(site.clock.now().as_second() + LONGEST.cast_signed());
        Self { site, failures: AtomicU32::new(0), served, compare_at }
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
        self.site.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    async fn compare_now_and_then(&self) {
        let now = self.site.clock.now().as_second();
        if now < self.compare_at.load(Ordering::Relaxed) {
            return;
        }
        let pause = match agreement::guard(&self.site, &self.served).await {
            Ok(()) => COMPARE_EVERY,
            Err(problem) => {
                tracing::warn!(problem, "database and archive could not be held against each other");
                LONGEST.cast_signed()
            }
        };
        self.compare_at.store(now + pause, Ordering::Relaxed);
        if let Ok(archive) = Archive::connect(&self.site.settings.archive).await {
            archive_copy::tidy(&self.site, &archive);
        }
    }

    async fn copy_what_is_missing(&self) -> Result<(), String> {
        let site = &self.site;
        let me = site.clone();
        let missing = site.store.run_reading(move |tx| {
            let Some(series) = me.series(tx)? else { return Ok(None) };
            let openings = tx.openings(series)?.iter().any(|opening| !opening.archived);
            Ok::<_, StoreError>(Some((series, tx.unconfirmed_draws(series)?, openings)))
        });
        let Some((series, waiting, openings)) = missing.await.map_err(|e| in_full(&e))? else { return Ok(()) };
        if waiting.is_empty() && !openings {
            return Ok(());
        }
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
}
