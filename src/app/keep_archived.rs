//! While the listener runs: sees to it that every draw of the series and every opening get their archive copies.

use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt;

use super::archive_copy;
use crate::archive::Archive;
use crate::causes::in_full;
use crate::model::{Exchange, Settings};
use crate::store::{ArchiveState, Store, StoreError};

/// How often to look for something new to copy.
const LOOK: Duration = Duration::from_secs(2);

/// The longest pause between attempts.
const LONGEST: Duration = Duration::from_secs(60);

/// Copies what has no copy yet, again and again with growing pauses. Runs until it is dropped.
pub async fn keep(store: &Store, exchange: &Exchange, settings: &Settings) {
    let mut pause = LOOK;
    loop {
        pause = match copy_what_is_missing(store, exchange, settings).await {
            Ok(()) => LOOK,
            Err(problem) => {
                tracing::warn!(problem, "the archive copy is not confirmed yet; trying again");
                // Spread out, so that two listeners do not keep meeting at a store that recovers.
                (pause * 2).min(LONGEST).mul_f64(rand::rng().random_range(0.75..1.0))
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn copy_what_is_missing(store: &Store, exchange: &Exchange, settings: &Settings) -> Result<(), String> {
    let (pending, openings) = store
        .read(|tx| {
            let openings = tx.openings(&exchange.series)?.iter().any(|opening| !opening.archived);
            Ok::<_, StoreError>((tx.pending_draws(&exchange.series)?, openings))
        })
        .map_err(|e| in_full(&e))?;
    if pending.is_empty() && !openings {
        return Ok(());
    }
    let archive = Archive::connect(&settings.archive).await.map_err(|e| in_full(&e))?;
    let mut occupied = None;
    for draw in pending {
        let copy =
            archive_copy::confirm_draw(store, &archive, &draw, Timestamp::now()).await.map_err(|e| in_full(&e))?;
        match copy.state {
            ArchiveState::Confirmed => {
                tracing::info!(draw = draw.number, location = copy.location, "archive copy confirmed");
            }
            ArchiveState::Occupied => occupied = copy.problem,
            ArchiveState::Pending => return Err(copy.problem.unwrap_or_default()),
        }
    }
    archive_copy::confirm_openings(store, &archive, &exchange.series, Timestamp::now())
        .await
        .map_err(|e| in_full(&e))?;
    occupied.map_or(Ok(()), Err)
}
