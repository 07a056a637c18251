//! While the listener runs: sees to it that every draw of the series and every opening get their archive copies.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use super::archive_copy;
use crate::app::site::Site;
use crate::archive::Archive;
use crate::causes::in_full;
use crate::store::{ArchiveState, StoreError};

/// How often to look for something new to copy.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// The longest pause between attempts, in seconds.
const LONGEST: u64 = 60;

/// Copies what has no copy yet.
#[derive(Debug)]
pub struct Archiver {
    site: Site,
    /// Attempts in a row that failed.
    failures: AtomicU32,
}

impl Archiver {
    /// For the series of this site's exchange.
    #[must_use]
    pub fn new(site: Site) -> Self {
        Self { site, failures: AtomicU32::new(0) }
    }

    /// Copies what has no copy yet, and says when to look again: soon, or after growing pauses while the archive does
    /// not take it.
    pub async fn step(&self) -> Timestamp {
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

    async fn copy_what_is_missing(&self) -> Result<(), String> {
        let site = &self.site;
        let name = site.exchange.series.clone();
        let missing = site.store.run_reading(move |tx| {
            let Some(series) = tx.series_named(&name)? else { return Ok(None) };
            let openings = tx.openings(series)?.iter().any(|opening| !opening.archived);
            Ok::<_, StoreError>(Some((series, tx.pending_draws(series)?, openings)))
        });
        let Some((series, pending, openings)) = missing.await.map_err(|e| in_full(&e))? else { return Ok(()) };
        if pending.is_empty() && !openings {
            return Ok(());
        }
        let archive = Archive::connect(&site.settings.archive).await.map_err(|e| in_full(&e))?;
        let mut occupied = None;
        for draw in pending {
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
        archive_copy::confirm_openings(&site.store, &archive, (series, &site.exchange.series), site.clock.now())
            .await
            .map_err(|e| in_full(&e))?;
        occupied.map_or(Ok(()), Err)
    }
}
