//! Whether everything still says the same: database, archive, sealed draws, fingerprints, the log of openings.

use super::archive_copy;
use super::draw_record::{header_of, roster_of};
use crate::app::site::Site;
use crate::archive::{Archive, Key};
use crate::causes::in_full;
use crate::seal::{self, Header, Identity, Opening};
use crate::store::{ArchiveState, StoreError, StoredDraw, StoredOpening};

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What: "draw 1: fingerprint", "opening 3: archive copy".
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What differs, or what was found.
    pub detail: String,
}

impl Check {
    fn of(name: String, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        Self { name, ok, detail: result.unwrap_or_else(|problem| problem) }
    }
}

/// Checks everything of a series. Shows no pairing.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all; everything else is a finding.
pub async fn verify(site: &Site) -> Result<Vec<Check>, StoreError> {
    let name = site.exchange.series.clone();
    let kept = site.store.run_reading(move |tx| match tx.series_named(&name)? {
        Some(series) => Ok::<_, StoreError>((tx.draws(series)?, tx.openings(series)?)),
        None => Ok(Default::default()),
    });
    let (draws, openings) = kept.await?;
    let identity = site.keys.identity();
    let known = identity.as_ref().ok().map(AsRef::as_ref);
    let mut checks: Vec<Check> = draws.iter().flat_map(|draw| check_draw(draw, known)).collect();
    checks.extend(check_order(&draws));
    checks.push(check_chain(&openings));
    if let Err(error) = &identity {
        let problem = format!("{}; no fingerprint was checked", in_full(error));
        // Before the first draw there is no key, and nothing that it could open.
        checks.push(Check::of(
            "key".to_owned(),
            if draws.is_empty() { Ok("not needed yet".to_owned()) } else { Err(problem) },
        ));
    }
    let archive = match Archive::connect(&site.settings.archive).await {
        Ok(archive) => archive,
        Err(error) => {
            checks.push(Check::of("archive".to_owned(), Err(in_full(&error))));
            return Ok(checks);
        }
    };
    for draw in &draws {
        checks.extend(check_draw_copy(draw, &archive).await);
    }
    for opening in &openings {
        checks.push(check_opening_copy(&site.exchange.series, opening, &archive).await);
    }
    checks.extend(check_nothing_more(&site.exchange.series, &draws, &openings, &archive).await);
    Ok(checks)
}

fn check_draw(draw: &StoredDraw, identity: Option<&Identity>) -> Vec<Check> {
    let name = |what: &str| format!("draw {}: {what}", draw.number);
    let header = match Header::from_json(draw.header.as_bytes()) {
        Ok(header) => header,
        Err(error) => return vec![Check::of(name("header in the database"), Err(in_full(&error)))],
    };
    let sealed = header.verify_sealed(&draw.sealed);
    let mut checks = vec![Check::of(
        name("sealed file in the database"),
        sealed.map(|()| format!("SHA-256 {}", header.sealed_sha256)).map_err(|e| e.to_string()),
    )];
    let Some(identity) = identity else { return checks };
    let document = match seal::open(&draw.sealed, identity) {
        Ok(document) => document,
        Err(error) => {
            checks.push(Check::of(name("fingerprint"), Err(in_full(&error))));
            return checks;
        }
    };
    checks.push(Check::of(
        name("fingerprint"),
        header.verify_document(&document).map(|()| header.fingerprint.to_string()).map_err(|e| e.to_string()),
    ));
    let row = (draw.series.as_str(), draw.exchange.as_str(), draw.number);
    let in_header = (header.series.as_str(), header.exchange.as_str(), header.draw);
    let roster = match roster_of(draw) {
        Err(error) => Err(in_full(&error)),
        Ok(roster) if roster != *document.roster() => Err("it is not the roster that was sealed".to_owned()),
        Ok(_) if row != in_header => Err("its row names another exchange or number than its header".to_owned()),
        Ok(roster) => Ok(format!("{} people", roster.people.len())),
    };
    checks.push(Check::of(name("roster in the database"), roster));
    checks
}

async fn check_draw_copy(draw: &StoredDraw, archive: &Archive) -> Vec<Check> {
    let sealed_key = archive_copy::draw_key(&draw.series, draw.number);
    let header_key = archive_copy::header_key(&draw.series, draw.number);
    let name = format!("draw {}: archive copy", draw.number);
    if draw.archive_state != ArchiveState::Confirmed {
        let problem = draw.archive_problem.as_deref().unwrap_or("not written yet");
        return vec![Check::of(name, Err(format!("{}: {problem}", draw.archive_state.word())))];
    }
    let header_name = format!("draw {}: header in the archive", draw.number);
    vec![
        Check::of(name, compare(archive, &sealed_key, &draw.sealed).await),
        Check::of(header_name, compare(archive, &header_key, draw.header.as_bytes()).await),
    ]
}

async fn compare(archive: &Archive, key: &Key, expected: &[u8]) -> Result<String, String> {
    let location = archive.location(key);
    match archive.get(key).await {
        Ok(Some(found)) if found == expected => Ok(location),
        Ok(Some(_)) => Err(format!("{location} differs from the database")),
        Ok(None) => Err(format!("{location} is missing")),
        Err(error) => Err(in_full(&error)),
    }
}

/// Each draw carries the fingerprint of the one before it, sealed; a draw put in another's place breaks that.
fn check_order(draws: &[StoredDraw]) -> Vec<Check> {
    let follows = |pair: &[StoredDraw]| {
        let [before, after] = pair else { return None };
        // A header that cannot be read is a finding of its own.
        let (first, second) = (header_of(before).ok()?, header_of(after).ok()?);
        let told = second.previous.filter(|_| before.number + 1 == after.number)?;
        let result = if told == first.fingerprint {
            Ok(first.fingerprint.to_string())
        } else {
            Err(format!("it was sealed after a draw {} of another fingerprint, {told}", before.number))
        };
        Some(Check::of(format!("draw {}: the draw before it", after.number), result))
    };
    draws.windows(2).filter_map(follows).collect()
}

fn check_chain(stored: &[StoredOpening]) -> Check {
    let mut log = Vec::new();
    for row in stored {
        match Opening::from_json(row.entry.as_bytes()) {
            Ok(entry) if entry.number == row.number => log.push(entry),
            Ok(_) => return Check::of(format!("opening {}", row.number), Err("its row has another number".to_owned())),
            Err(error) => return Check::of(format!("opening {}", row.number), Err(in_full(&error))),
        }
    }
    match seal::verify_chain(&log) {
        Ok(()) => Check::of("openings: chain".to_owned(), Ok(format!("{} unbroken", log.len()))),
        Err(link) => Check::of(format!("opening {}: chain", link.number), Err(link.what.to_owned())),
    }
}

async fn check_opening_copy(series: &str, opening: &StoredOpening, archive: &Archive) -> Check {
    let key = archive_copy::opening_key(series, opening.number);
    let name = format!("opening {}: archive copy", opening.number);
    Check::of(name, compare(archive, &key, opening.entry.as_bytes()).await)
}

/// What stands in the archive and not in the database: a draw made elsewhere, or a row taken out.
async fn check_nothing_more(
    series: &str,
    draws: &[StoredDraw],
    openings: &[StoredOpening],
    archive: &Archive,
) -> Vec<Check> {
    let listed = archive.list(&crate::roster::slug(series)).await;
    let unknown = |key: &&Key| match key {
        Key::Draw { number, .. } | Key::Header { number, .. } => !draws.iter().any(|draw| draw.number == *number),
        Key::Opening { number, .. } => !openings.iter().any(|opening| opening.number == *number),
    };
    let keys = match listed {
        Ok(keys) => keys,
        Err(error) => return vec![Check::of("archive: list".to_owned(), Err(in_full(&error)))],
    };
    let surplus = keys.iter().filter(unknown).map(|key| archive.location(key));
    let checks: Vec<Check> = surplus
        .map(|location| {
            Check::of("archive: unknown object".to_owned(), Err(format!("{location} is not in the database")))
        })
        .collect();
    if checks.is_empty() {
        return vec![Check::of(
            "archive: nothing unknown".to_owned(),
            Ok(format!("{} objects, all known", keys.len())),
        )];
    }
    checks
}
