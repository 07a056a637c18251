//! The sealed draws of a series, as far as their clear headers tell. Opens none of them.

use jiff::Timestamp;

use super::archive_copy::Copy;
use crate::app::site::{Kept, Site};
use crate::model::TopicId;
use crate::seal::Header;
use crate::store::{StoreError, StoredDraw};

/// A draw of the series.
#[derive(Debug)]
pub struct PastDraw {
    pub number: u32,
    /// The row of the exchange it was made for.
    pub topic: TopicId,
    /// What that was called then.
    pub exchange: String,
    pub drawn_at: Timestamp,
    /// Its clear header; `None` when it cannot be read, of which `verify` tells.
    pub header: Option<Header>,
    pub archive: Copy,
}

/// The other series of the database with their draws counted, where this exchange's series has none yet: its name may
/// only be spelt otherwise than before.
pub fn other_series(site: &Site) -> Result<Vec<(String, u64)>, StoreError> {
    site.store.read(|tx| {
        let drawn = site.series(tx)?.map(|series| tx.draws(series)).transpose()?.unwrap_or_default();
        match site.kept {
            Kept::File if drawn.is_empty() => tx.other_series(&site.exchange.series),
            _ => Ok(Vec::new()),
        }
    })
}

/// Every draw of the series of this site's exchange, oldest first.
pub fn history(site: &Site) -> Result<Vec<PastDraw>, StoreError> {
    let past = |draw: StoredDraw| PastDraw {
        number: draw.number,
        topic: draw.topic,
        header: Header::from_json(draw.header.as_bytes()).ok(),
        exchange: draw.exchange,
        drawn_at: draw.drawn_at,
        archive: Copy { state: draw.archive_state, location: draw.archive_location, problem: draw.archive_problem },
    };
    site.store.read(|tx| {
        let draws = site.series(tx)?.map(|series| tx.draws(series)).transpose()?;
        Ok(draws.unwrap_or_default().into_iter().map(past).collect())
    })
}
