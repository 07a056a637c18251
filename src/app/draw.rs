//! Drawing: roster, matcher, seal, database, archive, in that order.
//!
//! The draw exists from the commit that keeps it, complete, and not a moment earlier; what the archive says after
//! that can only make it wait. Killed at any instant, there is either no draw or exactly one.

use jiff::Timestamp;
use secrecy::SecretString;

use super::archive_copy::{self, Copy};
use super::keys::{self, BadAuditor, Passphrase};
use super::outbox;
use super::rules::{self, HistoryClosed, Past};
use crate::archive::{Archive, ArchiveError, Key};
use crate::matcher::{self, Drawn, NoDraw};
use crate::model::{Exchange, PersonIndex};
use crate::roster::Roster;
use crate::seal::{self, Circumstances, DrawDocument, Fingerprint, Header, KeyError, SealError, Seed};
use crate::store::{ArchiveState, NewDraw, Store, StoreError, StoredDraw};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The roster to draw from.
    pub roster: &'a Roster,
    /// Why to draw again; `None` for a first draw.
    pub redraw: Option<&'a str>,
    /// Protects the key file, if this draw makes one.
    pub new_key_passphrase: Option<&'a SecretString>,
    /// The present time.
    pub now: Timestamp,
}

/// A draw that has been made. Says nothing of any pairing.
#[derive(Debug)]
pub struct Made {
    /// Number in the series.
    pub number: u32,
    /// How many people take part.
    pub people: usize,
    /// The draw's fingerprint, safe to publish.
    pub fingerprint: Fingerprint,
    /// How equally likely every valid draw was: `exact`, `exact to 1e-9`, `approximate`.
    pub uniformity: String,
    /// How it was drawn.
    pub method: String,
    /// How many pairings of earlier draws, by number, were repeated, newest draw first.
    pub repeats: Vec<(u32, u32)>,
    /// Whether it is proved that fewer repeats, of the newest draw first, are impossible under these rules.
    pub fewest_repeats: bool,
    /// The archive copy.
    pub archive: Copy,
    /// Whether this draw made the key file.
    pub new_key: bool,
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// There is a draw already.
    #[error("{exchange} has been drawn already")]
    AlreadyDrawn {
        /// The exchange.
        exchange: String,
        /// Number of the draw there is.
        number: u32,
        /// Who has asked already.
        asked: Vec<String>,
        /// Its archive copy, after another attempt if it was pending.
        archive: Copy,
    },
    /// Nothing to draw again.
    #[error("{exchange} has not been drawn yet")]
    NothingToRedraw {
        /// The exchange.
        exchange: String,
    },
    /// No draw can follow the rules.
    #[error("no draw can follow these rules")]
    Impossible {
        /// Why, in words.
        why: Vec<String>,
    },
    /// There may be a draw, but it was not found.
    #[error("no draw was found within {budget} steps, and none was proved impossible")]
    NotFound {
        /// How many steps were tried.
        budget: u64,
    },
    /// The rules contradict each other in a way the roster does not show.
    #[error("these rules make no sense together")]
    Malformed(#[source] matcher::Malformed),
    /// An earlier draw of the series cannot be relied on, so its pairings cannot be avoided.
    #[error(transparent)]
    HistoryClosed(#[from] HistoryClosed),
    /// The archive holds draws this database does not know.
    #[error("the archive already holds draw {number} of this series, which this database does not know")]
    ArchiveAhead {
        /// The newest number there.
        number: u32,
    },
    /// The archive's settings cannot be used at all.
    #[error("the archive cannot be used")]
    Archive(#[from] ArchiveError),
    /// Somebody else drew at the same moment.
    #[error("another process drew at the same moment")]
    Raced,
    /// This machine's key cannot be used.
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    /// An auditor's key cannot be used.
    #[error(transparent)]
    Auditor(#[from] BadAuditor),
    /// It could not be sealed.
    #[error("the draw could not be sealed")]
    Seal(#[from] SealError),
    /// It could not be kept.
    #[error("the draw could not be kept")]
    Store(#[from] StoreError),
}

/// Draws.
///
/// # Errors
/// [`DrawError`]; nothing has been drawn then.
pub async fn draw(store: &Store, request: Request<'_>, passphrase: Passphrase<'_>) -> Result<Made, DrawError> {
    let Roster { exchange, settings, .. } = request.roster;
    let archive = Archive::connect(&settings.archive).await?;
    let before = store.read(|tx| tx.newest_draw(&exchange.series, &exchange.name))?;
    match (&before, request.redraw) {
        (Some(draw), None) => return Err(already_drawn(store, &archive, draw, request.now).await?),
        (None, Some(_)) => return Err(DrawError::NothingToRedraw { exchange: exchange.name.clone() }),
        _ => {}
    }
    let earlier = store.read(|tx| tx.draws(&exchange.series))?;
    let number = earlier.last().map_or(0, |draw| draw.number) + 1;
    refuse_if_archive_is_ahead(store, &archive, exchange, number).await?;

    let auditors = keys::auditors(settings)?;
    let known = if earlier.is_empty() { None } else { Some(keys::load(settings, passphrase)?) };
    let history = match &known {
        Some(identity) => rules::history(exchange, &earlier, identity)?,
        None => Vec::new(),
    };
    let seed = Seed::random()?;
    let drawn = matched(exchange, &history, &seed)?;
    // The key is made with the first draw. Later a missing key is an error: a new one could not open the history.
    let (identity, new_key) = match known {
        Some(identity) => (identity, false),
        None => keys::load_or_create(settings, passphrase, request.new_key_passphrase)?,
    };
    let about = Circumstances {
        draw: number,
        drawn_at: request.now,
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method.clone(),
        seed,
        reason: request.redraw.map(str::to_owned),
        previous: earlier
            .last()
            .and_then(|draw| Header::from_json(draw.header.as_bytes()).ok())
            .map(|header| header.fingerprint),
    };
    let repeats = history.iter().map(|past| past.number).zip(drawn.repeats.iter().copied()).collect();
    let document = DrawDocument::new(exchange.clone(), about, pairings(&drawn))?;
    let (header, sealed) = seal::seal(&document, &identity.public_key(), &auditors)?;
    let copy =
        keep(store, &archive, request, before.as_ref(), &Sealed { number, header: header.to_json(), sealed }).await?;
    Ok(Made {
        number,
        people: exchange.people.len(),
        fingerprint: header.fingerprint,
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method,
        repeats,
        fewest_repeats: drawn.fewest,
        archive: copy,
        new_key,
    })
}

struct Sealed {
    number: u32,
    header: Vec<u8>,
    sealed: Vec<u8>,
}

/// Commits the draw together with the notices it causes, then sees to its archive copy.
async fn keep(
    store: &Store,
    archive: &Archive,
    request: Request<'_>,
    before: Option<&StoredDraw>,
    sealed: &Sealed,
) -> Result<Copy, DrawError> {
    let exchange = &request.roster.exchange;
    let roster = serde_json::to_string(exchange).map_err(|e| StoreError::damaged("roster", e))?;
    let header = String::from_utf8_lossy(&sealed.header);
    let location = archive.location(&archive_copy::draw_key(&exchange.series, sealed.number));
    let kept = store.write(|tx| {
        let newest = tx.newest_draw_state(&exchange.series, &exchange.name)?;
        if newest.map(|(id, _)| id) != before.map(|draw| draw.id)
            || tx.draw_numbered(&exchange.series, sealed.number)?.is_some()
        {
            return Err(DrawError::Raced);
        }
        let id = tx.insert_draw(&NewDraw {
            series: &exchange.series,
            number: sealed.number,
            exchange: &exchange.name,
            drawn_at: request.now,
            header: &header,
            roster: &roster,
            sealed: &sealed.sealed,
            archive_location: &location,
        })?;
        if let (Some(before), Some(reason)) = (before, request.redraw) {
            outbox::queue_redraw_notices(tx, before, reason, request.now)?;
        }
        Ok(tx.draw(id)?)
    })?;
    let kept = kept.ok_or(DrawError::Raced)?;
    let copy = archive_copy::confirm_draw(store, archive, &kept, request.now).await?;
    if copy.state == ArchiveState::Confirmed {
        // Draws that could not be copied when they were made are still the series' history.
        for earlier in store.read(|tx| tx.pending_draws(&exchange.series))? {
            archive_copy::confirm_draw(store, archive, &earlier, request.now).await?;
        }
    }
    Ok(copy)
}

async fn already_drawn(
    store: &Store,
    archive: &Archive,
    draw: &StoredDraw,
    now: Timestamp,
) -> Result<DrawError, DrawError> {
    let archive = archive_copy::confirm_draw(store, archive, draw, now).await?;
    Ok(DrawError::AlreadyDrawn {
        exchange: draw.exchange.clone(),
        number: draw.number,
        asked: super::status::asked_names(store, draw)?,
        archive,
    })
}

/// A number that is taken in the archive could never become live, so it is better not drawn. An archive that cannot be
/// asked does not stand in the way: the draw then waits for it.
async fn refuse_if_archive_is_ahead(
    store: &Store,
    archive: &Archive,
    exchange: &Exchange,
    number: u32,
) -> Result<(), DrawError> {
    let keys = archive.list(&crate::roster::slug(&exchange.series)).await.unwrap_or_default();
    let newest = keys.iter().filter_map(|key| match key {
        Key::Draw { number, .. } | Key::Header { number, .. } => Some(*number),
        Key::Opening { .. } => None,
    });
    match newest.max() {
        Some(newest) if newest >= number => {
            // It may have been drawn this very moment.
            let known = store.read(|tx| tx.draw_numbered(&exchange.series, number))?;
            Err(if known.is_some() { DrawError::Raced } else { DrawError::ArchiveAhead { number: newest } })
        }
        _ => Ok(()),
    }
}

fn matched(exchange: &Exchange, history: &[Past], seed: &Seed) -> Result<Drawn, DrawError> {
    matcher::draw(&rules::problem(exchange, history), seed.expose()).map_err(|reason| match reason {
        NoDraw::Impossible(why) => DrawError::Impossible { why: rules::explain(&why, exchange, history) },
        NoDraw::NotFound { budget } => DrawError::NotFound { budget },
        NoDraw::Malformed(malformed) => DrawError::Malformed(malformed),
    })
}

/// Every pairing of a finished draw, round by round.
pub(super) fn pairings(drawn: &matcher::Drawn) -> impl Iterator<Item = (PersonIndex, PersonIndex)> + '_ {
    drawn.rounds.iter().flat_map(|round| (0..).map(PersonIndex).zip(round.iter().copied().map(PersonIndex)))
}
