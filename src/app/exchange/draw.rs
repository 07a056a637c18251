//! Drawing: roster, matcher, seal, database, archive, in that order.
//!
//! The draw exists from the commit that keeps it, complete, and not a moment earlier; what the archive says after
//! that can only make it wait. Killed at any instant, there is either no draw or exactly one.

use jiff::Timestamp;
use secrecy::SecretString;

use super::addresses::{self, Change, Readers};
use super::archive_copy::{self, Copy};
use super::draw_record;
use super::people::{self, Entered};
use super::question::{self, HistoryClosed, Past};
use super::{notices, refusal, status};
use crate::app::keys;
use crate::app::site::Site;
use crate::archive::{Archive, Key};
use crate::matcher::{self, NoDraw};
use crate::model::{Exchange, PersonIndex, Repeats};
use crate::seal::{self, Auditor, DrawDetails, DrawDocument, Fingerprint, Header, Identity, PublicKey, Seed};
use crate::store::{ArchiveState, DrawId, NewDraw, SeriesId, StoreError, StoredDraw, Topic, Tx};

mod error;

pub use error::DrawError;

/// What is asked for.
#[derive(Clone, Default)]
pub struct Request {
    /// Why to draw again; `None` for a first draw.
    pub redraw: Option<String>,
    /// Protects the key file, if this draw makes one.
    pub new_key_passphrase: Option<SecretString>,
}

/// A draw that has been made. Says nothing of any pairing.
#[derive(Debug)]
pub struct DrawReport {
    pub number: u32,
    pub people: usize,
    /// The draw's fingerprint, safe to publish.
    pub fingerprint: Fingerprint,
    /// How equally likely every valid draw was: `exact`, `exact to 1e-9`, `approximate`.
    pub uniformity: String,
    /// How it was drawn.
    pub method: String,
    pub archive: Copy,
    /// Whether this draw made the key file.
    pub new_key: bool,
}

/// Draws. Where it fails, nothing has been drawn.
pub async fn draw(site: &Site, request: Request) -> Result<DrawReport, DrawError> {
    let exchange = &site.exchange;
    if exchange.people.len() < 2 {
        return Err(DrawError::TooFew { exchange: exchange.name.clone(), people: exchange.people.len() });
    }
    let archive = Archive::connect(&site.settings.archive).await?;
    archive_copy::tidy(site, &archive);
    let before = Before::read(site).await?;
    match (&before.newest, &request.redraw) {
        (Some(draw), None) => return Err(already_drawn(site, &archive, draw).await?),
        (None, Some(_)) => return Err(DrawError::NothingToRedraw { exchange: exchange.name.clone() }),
        _ => {}
    }
    let number = before.next_number();
    refuse_if_archive_is_ahead(site, &archive, number).await?;

    let auditors = keys::auditors(&site.settings)?;
    let known = if before.earlier.is_empty() { None } else { Some(site.keys.identity()?) };
    let now = site.clock.now();
    let history =
        known.as_ref().map(|identity| before.history(exchange, identity, now)).transpose()?.unwrap_or_default();
    if !history.is_empty() && exchange.rules.repeats == Repeats::Never {
        // Asked now, whatever comes: failing only where history refuses would tell that it does.
        archive.list(&site.folder()).await?;
    }
    let seed = Seed::random()?;
    let drawn = match_or_refuse(site, &archive, &before, &history, &seed).await?;
    // The key is made with the first draw. Later a missing key is an error: a new one could not open the history.
    let (identity, new_key) = match known {
        Some(identity) => (identity, false),
        None => site.keys.identity_or_new(request.new_key_passphrase.as_ref())?,
    };
    let about = DrawDetails {
        draw: number,
        drawn_at: now,
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method.clone(),
        seed,
        reason: request.redraw.clone(),
        previous: before.earlier.last().and_then(fingerprint_of),
        avoided: Some(history.iter().map(|past| past.number).collect()),
        updates: None,
    };
    let (topic, entered) = enter(site).await?;
    let document = DrawDocument::new(people::with_rows(exchange, &entered.ids), about, pairings(&drawn))?;
    let own = identity.public_key();
    let (header, sealed) = seal::seal(&document, &own, &auditors)?;
    let fingerprint = header.fingerprint;
    let replaces = before.newest.zip(request.redraw);
    let sealed = Sealed { topic, entered, number, header, sealed, replaces, own, auditors };
    let copy = keep(site, &archive, document, sealed).await?;
    Ok(DrawReport {
        number,
        people: exchange.people.len(),
        fingerprint,
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method,
        archive: copy,
        new_key,
    })
}

/// The draws there are when another is asked for.
pub(super) struct Before {
    topic: Option<Topic>,
    pub(super) newest: Option<StoredDraw>,
    pub(super) earlier: Vec<StoredDraw>,
}

impl Before {
    pub(super) async fn read(site: &Site) -> Result<Self, StoreError> {
        let me = site.clone();
        let read = site.store.run_reading(move |tx| {
            let topic = me.topic(tx)?;
            let newest = topic.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten();
            let earlier = me.series(tx)?.map(|series| tx.draws(series)).transpose()?;
            Ok(Self { topic, newest, earlier: earlier.unwrap_or_default() })
        });
        read.await
    }
}

impl Before {
    pub(super) fn next_number(&self) -> u32 {
        self.earlier.last().map_or(0, |draw| draw.number) + 1
    }

    pub(super) fn history(
        &self,
        exchange: &Exchange,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Vec<Past>, HistoryClosed> {
        let avoided = question::avoided(exchange, self.topic.map(|topic| topic.id), &self.earlier, now);
        question::history(exchange, self.newest.as_ref(), &avoided, identity)
    }
}

/// Matches. That history leaves no draw is told only when it stands in the chain of the series.
async fn match_or_refuse(
    site: &Site,
    archive: &Archive,
    before: &Before,
    history: &[Past],
    seed: &Seed,
) -> Result<matcher::Drawn, DrawError> {
    match (matched(&site.exchange, history, seed), before.earlier.last()) {
        (Err(DrawError::History), Some(last)) => {
            Err(refused(site, archive, last.series_id, before.next_number()).await)
        }
        (drawn, _) => drawn,
    }
}

/// That history leaves no draw, once it stands in the chain.
pub(super) async fn refused(site: &Site, archive: &Archive, series: SeriesId, number: u32) -> DrawError {
    match refusal::record(site, archive, series, number).await {
        Ok(()) => DrawError::History,
        Err(error) => DrawError::Unrecorded(error),
    }
}

fn fingerprint_of(draw: &StoredDraw) -> Option<Fingerprint> {
    Header::from_json(draw.header.as_bytes()).ok().map(|header| header.fingerprint)
}

/// Gives the exchange and its people their rows. Done before the draw is sealed, for the rows stand inside; what is known
/// of anybody changes with the draw and not before, and of a draw that fails the next one takes the rows up.
async fn enter(site: &Site) -> Result<(Topic, Entered), StoreError> {
    let me = site.clone();
    let entered = site.store.run(move |tx| {
        let topic = me.enter(tx)?;
        let people = people::enter_new(tx, topic.id, &me.exchange)?;
        Ok((topic, people))
    });
    entered.await
}

/// A draw ready to be kept.
struct Sealed {
    topic: Topic,
    entered: Entered,
    number: u32,
    header: Header,
    sealed: Vec<u8>,
    /// The draw it takes the place of, and why.
    replaces: Option<(StoredDraw, String)>,
    own: PublicKey,
    auditors: Vec<Auditor>,
}

/// Commits the draw together with the notices it causes, then sees to its archive copy.
async fn keep(site: &Site, archive: &Archive, document: DrawDocument, sealed: Sealed) -> Result<Copy, DrawError> {
    let (series, now) = (sealed.topic.series, site.clock.now());
    let location = archive.location(&archive_copy::draw_key(&site.folder(), sealed.number));
    let kept = site.store.run(move |tx| {
        let id = keep_in(tx, &document, &sealed, &location)?;
        if let Some((before, reason)) = &sealed.replaces {
            let readers = Readers { own: &sealed.own, auditors: &sealed.auditors };
            addresses::record(tx, (before, sealed.number), &moved(before, document.roster())?, &readers, now)?;
            notices::queue_redraw_notices(tx, before, reason, now)?;
        }
        Ok::<_, DrawError>(tx.draw(id)?)
    });
    let kept = kept.await?.ok_or(DrawError::Raced)?;
    let copy = archive_copy::confirm_draw(&site.store, archive, &kept, now).await?;
    if copy.state == ArchiveState::Confirmed {
        // Draws that could not be copied when they were made are still the series' history.
        for earlier in site.store.run_reading(move |tx| tx.unconfirmed_draws(series)).await? {
            archive_copy::confirm_draw(&site.store, archive, &earlier, now).await?;
        }
    }
    Ok(copy)
}

/// Whose addresses are others than in the draw that is replaced, among those who are in both.
fn moved(before: &StoredDraw, roster: &Exchange) -> Result<Vec<Change>, StoreError> {
    let drawn = draw_record::Drawn::read(before.clone())?;
    let changed = roster.people.iter().filter_map(|now| {
        let id = now.id?;
        addresses::change(id, id, drawn.person(id)?, now)
    });
    Ok(changed.collect())
}

fn keep_in(tx: &Tx<'_>, document: &DrawDocument, sealed: &Sealed, location: &str) -> Result<DrawId, DrawError> {
    let newest = tx.newest_draw_state(sealed.topic.id)?.map(|newest| newest.id);
    if !tx.pending_updates(sealed.topic.series)?.iter().all(|pending| pending.topic != sealed.topic.id) {
        return Err(DrawError::UpdateWaits);
    }
    if newest != sealed.replaces.as_ref().map(|(draw, _)| draw.id)
        || tx.draw_numbered(sealed.topic.series, sealed.number)?.is_some()
    {
        return Err(DrawError::Raced);
    }
    if sealed.entered.had_rows {
        people::update(tx, sealed.topic.id, &sealed.entered.ids, document.roster())?;
    }
    let roster = serde_json::to_string(document.roster()).map_err(|e| StoreError::damaged("roster", e))?;
    let header = sealed.header.to_json();
    let id = tx.insert_draw(&NewDraw {
        topic: sealed.topic,
        exchange: &document.roster().name,
        number: sealed.number,
        drawn_at: document.about().drawn_at,
        header: &String::from_utf8_lossy(&header),
        roster: &roster,
        people: &sealed.entered.ids,
        sealed: &sealed.sealed,
        archive_location: location,
    })?;
    Ok(id)
}

async fn already_drawn(site: &Site, archive: &Archive, draw: &StoredDraw) -> Result<DrawError, DrawError> {
    let archive = archive_copy::confirm_draw(&site.store, archive, draw, site.clock.now()).await?;
    let stored = draw.clone();
    Ok(DrawError::AlreadyDrawn {
        exchange: draw.exchange.clone(),
        number: draw.number,
        asked: site.store.run_reading(move |tx| status::asked_names(tx, stored)).await?,
        archive,
    })
}

/// A number that is taken in the archive could never become live, so it is better not drawn. An archive that cannot be
/// asked does not stand in the way: the draw then waits for it.
pub(super) async fn refuse_if_archive_is_ahead(site: &Site, archive: &Archive, number: u32) -> Result<(), DrawError> {
    let folder = site.folder();
    let keys = archive.list(&folder).await.unwrap_or_default();
    let newest = keys.iter().filter_map(|key| match key {
        Key::Draw { number, .. } | Key::Header { number, .. } => Some(*number),
        Key::Opening { .. } => None,
    });
    match newest.max() {
        Some(newest) if newest >= number => {
            // It may have been drawn this very moment.
            let me = site.clone();
            let known = site.store.run_reading(move |tx| match me.series(tx)? {
                Some(series) => tx.draw_numbered(series, number),
                None => Ok(None),
            });
            let raced: Option<StoredDraw> = known.await.map_err(|error: StoreError| error)?;
            if raced.is_some() {
                return Err(DrawError::Raced);
            }
            let header = archive.get(&archive_copy::header_key(&folder, newest)).await?;
            let found = header.and_then(|json| Header::from_json(&json).ok()).map(|header| header.series);
            match found.filter(|found| *found != site.exchange.series) {
                Some(found) => Err(DrawError::OtherSeries { found, wanted: site.exchange.series.clone() }),
                None => Err(DrawError::ArchiveAhead { number: newest }),
            }
        }
        _ => Ok(()),
    }
}

pub(super) fn matched(exchange: &Exchange, history: &[Past], seed: &Seed) -> Result<matcher::Drawn, DrawError> {
    let drawn = matcher::draw(&question::problem(exchange, history), seed.expose());
    if drawn.is_err() && !history.is_empty() {
        // What the rules alone do not allow has nothing to do with history, and is explained as always.
        return matched(exchange, &[], seed).and(Err(DrawError::History));
    }
    drawn.map_err(|reason| no_draw(reason, exchange))
}

/// Why there is no draw, in the exchange's words.
pub(super) fn no_draw(reason: NoDraw, exchange: &Exchange) -> DrawError {
    match reason {
        NoDraw::Impossible(why) => DrawError::Impossible { why: question::explain(&why, exchange) },
        NoDraw::NotFound { budget } => DrawError::NotFound { budget },
        NoDraw::Malformed(malformed) => DrawError::Malformed(malformed),
    }
}

/// Every pairing of a finished draw, round by round.
pub(super) fn pairings(drawn: &matcher::Drawn) -> impl Iterator<Item = (PersonIndex, PersonIndex)> + '_ {
    drawn.rounds.iter().flat_map(|round| (0..).map(PersonIndex).zip(round.iter().copied().map(PersonIndex)))
}
