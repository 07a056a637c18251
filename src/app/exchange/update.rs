//! After the draw: what changed in the roster since is brought into the live exchange.
//!
//! In two steps. Everything is written down as pending: the entries of changed addresses, and the new draw where somebody joined or
//! left. Once the archive holds their copies it becomes live, in one transaction, together with the messages it causes. Until
//! then the draw there is answers, and where it used to. What a crash leaves between the two is finished by whatever next
//! confirms a copy; see [`finish()`].

use super::addresses::RecordError;
use super::archive_copy;
use super::draw::{Before, DrawError};
use super::draw_record::{NotTheDraw, roster_today};
use crate::app::keys;
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError};
use crate::seal::{Fingerprint, KeyError};
use crate::store::{ArchiveState, StoreError, StoredDraw, Tx};

mod finish;
mod make;
mod plan;

pub(super) use finish::finish;
pub use make::UNIFORMITY;
pub(super) use make::again;
pub use plan::{Plan, Redrawn};

use finish::Keep;

/// What an update came to.
#[derive(Debug)]
pub struct Updated {
    /// The new draw, where somebody joined or left.
    pub draw: Option<NewlyDrawn>,
    /// Whether it is live; otherwise why it waits for the archive.
    pub waits: Option<String>,
}

/// A draw made by an update. Says nothing of any pairing.
#[derive(Debug)]
pub struct NewlyDrawn {
    pub number: u32,
    /// Its fingerprint, safe to publish.
    pub fingerprint: Fingerprint,
}

/// Why nothing was brought in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    #[error("{exchange} has not been drawn yet; it is drawn as its roster says then")]
    NotDrawn { exchange: String },
    #[error("draw {number} has no archive copy yet, so nothing can be brought into it")]
    NotReady { number: u32 },
    #[error("an update still waits for its archive copy")]
    Waits(#[source] WaitsError),
    #[error("another process changed {exchange} at the same moment")]
    Raced { exchange: String },
    /// A changed address.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The new draw.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// The live draw.
    #[error(transparent)]
    Live(#[from] NotTheDraw),
    #[error("the database cannot take it")]
    Store(#[from] StoreError),
}

/// What the archive says of an update that waits.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WaitsError(String);

impl From<ArchiveError> for UpdateError {
    fn from(error: ArchiveError) -> Self {
        Self::Draw(error.into())
    }
}

impl From<KeyError> for UpdateError {
    fn from(error: KeyError) -> Self {
        Self::Draw(error.into())
    }
}

/// Says what an update would do. Looks into the two rosters and nowhere else.
///
/// # Errors
/// [`UpdateError::NotDrawn`], [`UpdateError::NotReady`], [`UpdateError::Draw`] of too few people, [`UpdateError::Store`].
pub fn plan(site: &Site) -> Result<Plan, UpdateError> {
    planned(site, &live(site, site.store.read(|tx| newest(site, tx))?)?)
}

/// The plan, of a roster that still has people enough: one that is kept in the database may have lost them.
fn planned(site: &Site, live: &StoredDraw) -> Result<Plan, UpdateError> {
    let (exchange, people) = (&site.exchange, site.exchange.people.len());
    if people < 2 {
        return Err(DrawError::TooFew { exchange: exchange.name.clone(), people }.into());
    }
    Ok(Plan::of(&roster_today(live)?, exchange))
}

fn newest(site: &Site, tx: &Tx<'_>) -> Result<Option<StoredDraw>, StoreError> {
    Ok(site.topic(tx)?.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten())
}

fn live(site: &Site, newest: Option<StoredDraw>) -> Result<StoredDraw, UpdateError> {
    match newest {
        None => Err(UpdateError::NotDrawn { exchange: site.exchange.name.clone() }),
        Some(draw) if draw.archive_state != ArchiveState::Confirmed => {
            Err(UpdateError::NotReady { number: draw.number })
        }
        Some(draw) => Ok(draw),
    }
}

/// Brings in what changed; nothing to bring in is `None`. Where it fails, nothing has changed.
pub async fn update(site: &Site, reason: Option<String>) -> Result<Option<Updated>, UpdateError> {
    let archive = Archive::connect(&site.settings.archive).await?;
    archive_copy::tidy(site, &archive);
    let before = Before::read(site).await?;
    let series = live(site, before.newest)?.series_id;
    if let Some(why) = finish::see_through(site, &archive, series).await? {
        return Err(UpdateError::Waits(WaitsError(why)));
    }
    // What waited may just have become live.
    let before = Before::read(site).await?;
    let live = live(site, before.newest.clone())?;
    let plan = planned(site, &live)?;
    if plan.changes.is_empty() {
        return Ok(None);
    }
    let auditors = keys::auditors(&site.settings).map_err(DrawError::from)?;
    let made = match plan.redrawn {
        Redrawn::Nothing => None,
        _ => Some(make::make(site, &archive, &before, (&live, &plan), reason).await?),
    };
    let said = made.as_ref().map(|made| NewlyDrawn { number: made.number(), fingerprint: made.header.fingerprint });
    let now = site.clock.now();
    let own = site.keys.identity()?.public_key();
    let keep = Keep { live, plan, made, own, auditors };
    site.store.run(move |tx| keep.keep(tx, now)).await?;
    Ok(Some(Updated { draw: said, waits: finish::see_through(site, &archive, series).await? }))
}
