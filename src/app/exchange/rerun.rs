//! Drawing again from the sealed seed: whether a draw is the one its seed gives. Shows no pairing, and is an opening all
//! the same, for it opens the draw as a whole.
//!
//! As with an audit, the log's entry is committed and archived before anything is looked at. It names no pairing and no
//! single giver is told; everybody learns of it who asks how often the draw has been opened.

use zeroize::Zeroizing;

use super::audit::{self, AuditError};
use super::draw::pairings;
use super::draw_record::open_checked;
use super::question::{self, HistoryClosed, Past};
use super::verify::Check;
use super::{archive_copy, refusal, update};
use crate::app::site::Site;
use crate::archive::Archive;
use crate::matcher::{self, NoDraw};
use crate::model::{PersonId, PersonIndex};
use crate::seal::{By, DrawDocument, EntryKind, Opening, OpeningDetails};
use crate::store::{StoreError, StoredDraw};

/// Why nothing was drawn again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RerunError {
    /// The draw cannot be opened, or no trace can be left of it.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// An earlier draw of the series cannot be relied on.
    #[error(transparent)]
    History(#[from] HistoryClosed),
}

impl From<StoreError> for RerunError {
    fn from(error: StoreError) -> Self {
        Self::Audit(error.into())
    }
}

/// A draw found and not yet drawn again: what the organizer confirms.
pub struct PendingRerun {
    draw: StoredDraw,
    document: DrawDocument,
    /// The draw it changed, where it is an update's.
    changed: Option<(DrawDocument, Vec<PersonId>)>,
    history: Vec<Past>,
    archive: Archive,
}

impl PendingRerun {
    /// The draw's number.
    pub fn draw(&self) -> u32 {
        self.draw.number
    }
}

/// What drawing again came to.
#[derive(Debug)]
pub struct Rerun {
    /// Whether the result is the same, pairing by pairing, put as one check.
    pub check: Check,
    pub opening: Opening,
}

/// Finds a draw (`None`: the exchange's newest) and what was known when it was made, and makes sure that a trace can be
/// left. Where it fails, nothing was recorded.
pub async fn find(site: &Site, number: Option<u32>) -> Result<PendingRerun, RerunError> {
    let me = site.clone();
    let found = site.store.run_reading(move |tx| {
        let Some(draw) = audit::wanted_draw(&me, tx, number)? else { return Ok(None) };
        let earlier = tx.draws(draw.series_id)?;
        Ok::<_, StoreError>(Some((draw, earlier)))
    });
    let (draw, earlier) = found.await?.ok_or(AuditError::NoDraw)?;
    let archive = audit::archive_that_agrees(site, &draw).await?;
    let identity = site.keys.identity().map_err(AuditError::from)?;
    let document = open_checked(&draw, &identity).map_err(AuditError::from)?;
    let avoided = question::avoided_by(&document, &earlier);
    let history = question::history(document.roster(), None, &avoided, &identity)?;
    let changed = document.about().updates.and_then(|number| earlier.iter().find(|draw| draw.number == number));
    let changed = changed.map(|draw| Ok::<_, AuditError>((open_checked(draw, &identity)?, draw.people.clone())));
    Ok(PendingRerun { draw, document, changed: changed.transpose()?, history, archive })
}

/// Leaves the trace, then draws again from the sealed seed and compares.
/// Where it fails, there may be a trace, but nothing was compared.
pub async fn rerun(site: &Site, found: PendingRerun, reason: &str) -> Result<Rerun, RerunError> {
    if reason.trim().is_empty() {
        return Err(AuditError::NoReason.into());
    }
    let PendingRerun { draw, document, changed, history, archive } = found;
    let now = site.clock.now();
    let of = (&*draw.exchange, &*draw.series, draw.number);
    let details = OpeningDetails::of(EntryKind::Opening, of, reason.trim(), now);
    let occasion = OpeningDetails { by: Some(By::Rerun), ..details };
    let series = draw.series_id;
    let opening = site.store.run(move |tx| refusal::append(tx, series, occasion)).await?;
    archive_copy::confirm_openings(&site.store, &archive, (series, &site.folder()), now)
        .await
        .map_err(AuditError::from)?;
    let compared = compare((&document, &draw.people), changed.as_ref(), &history);
    let name = format!("draw {}: drawn again from its seed", draw.number);
    let check =
        Check::with(name, compared, "compare the version of xchange and the roster's rules with those of that day");
    Ok(Rerun { check, opening })
}

/// Draws again. What is said of a difference names nobody.
fn compare(
    (document, people): (&DrawDocument, &[PersonId]),
    changed: Option<&(DrawDocument, Vec<PersonId>)>,
    history: &[Past],
) -> Result<String, String> {
    let about = document.about();
    let again = match changed {
        Some((before, drawn)) => update::again((document, people), (before, drawn), history),
        None => matcher::draw(&question::problem(document.roster(), history), about.seed.expose()),
    };
    let again = match again {
        Ok(again) => again,
        Err(NoDraw::Impossible(_)) => {
            return Err("different: no draw can follow the rules it was sealed with".to_owned());
        }
        Err(error) => return Err(format!("different: {error}")),
    };
    // Stable, like the document's own order: a giver's several receivers keep theirs.
    let mut drawn: Zeroizing<Vec<(u32, u32)>> = Zeroizing::new(pairings(&again).map(numbers).collect());
    drawn.sort_by_key(|(giver, _)| *giver);
    if drawn.iter().copied().eq(document.all_pairings().map(numbers)) {
        return Ok(format!("the same, {} pairings, {}", drawn.len(), again.method));
    }
    if again.method == about.method {
        return Err("different: these pairings are not what the seed gives".to_owned());
    }
    Err(format!("different: drawn by {:?}, and now by {:?}, perhaps of another version", about.method, again.method))
}

fn numbers((giver, receiver): (PersonIndex, PersonIndex)) -> (u32, u32) {
    (giver.0, receiver.0)
}
