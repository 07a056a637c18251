//! Whether everything still says the same: database, archive, sealed draws, fingerprints, the log of openings.

use std::collections::HashMap;

use super::addresses;
use super::agreement::{self, AGAIN, COMPARE, Gap, RESTORE};
use super::archive_copy;
use super::draw_record::{header_of, roster_of};
use super::forgetting::as_in_the_clear;
use crate::app::site::Site;
use crate::archive::{Archive, Key};
use crate::error_chain::in_full;
use crate::model::{PersonId, TopicId};
use crate::seal::{self, Fingerprint, Header, Identity, KeyError, Opening};
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
    /// What to do about it; empty where nothing is wrong.
    pub todo: &'static str,
}

impl Check {
    /// Something that differs when the database was changed or replaced.
    fn of(name: String, result: Result<String, String>) -> Self {
        Self::with(name, result, RESTORE)
    }

    /// A check, and what to do if it fails.
    pub(super) fn with(name: String, result: Result<String, String>, todo: &'static str) -> Self {
        let ok = result.is_ok();
        Self { name, ok, detail: result.unwrap_or_else(|problem| problem), todo: if ok { "" } else { todo } }
    }
}

/// Checks everything of a series, and the fingerprint that was published if it is given. Shows no pairing.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all; everything else is a finding.
pub async fn verify(site: &Site, published: Option<Fingerprint>) -> Result<Vec<Check>, StoreError> {
    let me = site.clone();
    let kept = site.store.run_reading(move |tx| {
        let Some(series) = me.series(tx)? else { return Ok(Default::default()) };
        let topic = me.topic(tx)?;
        let rows = topic.map(|topic| tx.persons(topic.id, |id, _, phone, email| (id, (phone, email)))).transpose()?;
        let live = topic.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten();
        let live = live.filter(|draw| draw.archive_state == ArchiveState::Confirmed).zip(rows);
        Ok::<_, StoreError>((topic, tx.draws(series)?, tx.openings(series)?, live))
    });
    let (topic, draws, openings, live) = kept.await?;
    let identity = site.keys.identity();
    let known = identity.as_ref().ok().map(AsRef::as_ref);
    let mut checks: Vec<Check> = draws.iter().flat_map(|draw| check_draw(draw, known)).collect();
    checks.extend(published.map(|published| check_published(topic.map(|topic| topic.id), &draws, published)));
    checks.extend(check_order(&draws));
    checks.push(check_chain(&openings));
    if let (Some((live, rows)), Some(identity)) = (live, known) {
        checks.extend(check_addresses(&live, &openings, identity, &rows.into_iter().collect())?);
    }
    if let Err(error) = &identity {
        let problem = format!("{}; no fingerprint was checked", in_full(error));
        // Before the first draw there is no key, and nothing that it could open.
        let needed = if draws.is_empty() { Ok("not needed yet".to_owned()) } else { Err(problem) };
        checks.push(Check::with("key".to_owned(), needed, key_todo(error)));
    }
    let archive = match Archive::connect(&site.settings.archive).await {
        Ok(archive) => archive,
        Err(error) => {
            checks.push(Check::with("archive".to_owned(), Err(in_full(&error)), ARCHIVE));
            return Ok(checks);
        }
    };
    for draw in &draws {
        checks.extend(check_draw_copy(draw, &archive).await);
    }
    for opening in &openings {
        checks.push(check_opening_copy(&site.folder(), opening, &archive).await);
    }
    checks.extend(check_gaps(site, &archive).await);
    Ok(checks)
}

/// What to do about an archive that does not answer.
const ARCHIVE: &str = "check the network, [archive] and the credentials, then run `xchange verify` again";

/// What to do about a key file that cannot be used.
pub fn key_todo(error: &KeyError) -> &'static str {
    match error {
        KeyError::NeedsPassphrase { .. } => "set XCHANGE_PASSPHRASE, or run it at a terminal",
        KeyError::WrongPassphrase { .. } => "give the passphrase exactly as when the key was made",
        KeyError::Read { .. } => "make the key file readable for yourself (chmod 600)",
        _ => "bring your copy of the key file back",
    }
}

/// The fingerprint that was published against the draw that answers.
fn check_published(topic: Option<TopicId>, draws: &[StoredDraw], published: Fingerprint) -> Check {
    const REMEDY: &str = "do not rely on this draw before you know why: \
                        `xchange history` lists every draw with its fingerprint and reason";
    let known: Vec<(&StoredDraw, Fingerprint)> =
        draws.iter().filter_map(|draw| Some((draw, header_of(draw).ok()?.fingerprint))).collect();
    let newest = known.iter().rfind(|(draw, _)| Some(draw.topic) == topic);
    let result = match (newest, known.iter().find(|(_, fingerprint)| *fingerprint == published)) {
        (Some((draw, fingerprint)), _) if *fingerprint == published => Ok(format!("that of draw {}", draw.number)),
        (Some((draw, _)), Some((other, _))) => {
            Err(format!("that of draw {}; answers come from draw {}", other.number, draw.number))
        }
        (Some((draw, fingerprint)), None) => Err(format!("draw {} has {fingerprint}", draw.number)),
        (None, _) => Err("there is no draw to compare it with".to_owned()),
    };
    Check::with("published fingerprint".to_owned(), result, REMEDY)
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
        sealed
            .map(|()| format!("SHA-256 {}…", shortened(&header.sealed_sha256.to_string())))
            .map_err(|e| e.to_string()),
    )];
    let Some(identity) = identity else { return checks };
    let document = match seal::open(&draw.sealed, identity) {
        Ok(document) => document,
        Err(error) => {
            let todo = "bring back the key file that sealed it; if it is the right one, \
                        move the database aside and run `xchange restore`";
            checks.push(Check::with(name("fingerprint"), Err(in_full(&error)), todo));
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
        Ok(roster) if roster != as_in_the_clear(document.roster(), &roster) => {
            Err("it is not the roster that was sealed".to_owned())
        }
        Ok(_) if row != in_header => Err("its row names another exchange or number than its header".to_owned()),
        Ok(_) if draw.drawn_at.as_second() != header.drawn_at.as_second() => {
            Err(format!("its row says it was drawn at {}, its header at {}", draw.drawn_at, header.drawn_at))
        }
        // The archive may have been moved since, but the name within it stays.
        Ok(_)
            if !draw
                .archive_location
                .ends_with(&archive_copy::draw_key(&archive_copy::folder_of(draw), draw.number).path()) =>
        {
            Err(format!("its row says it was archived at {}", draw.archive_location))
        }
        Ok(roster) => {
            let forgotten = roster.people.iter().filter(|person| person.is_forgotten()).count();
            let of_them = if forgotten > 0 { format!(", {forgotten} of them forgotten") } else { String::new() };
            Ok(format!("{} people{of_them}", roster.people.len()))
        }
    };
    checks.push(Check::of(name("roster in the database"), roster));
    checks
}

/// Where everybody of the live draw is reached, against what it was sealed with and the chain.
fn check_addresses(
    draw: &StoredDraw,
    openings: &[StoredOpening],
    identity: &Identity,
    rows: &HashMap<PersonId, (Option<String>, Option<String>)>,
) -> Result<Option<Check>, StoreError> {
    const REMEDY: &str = "an address that no entry of the log tells of answers nobody: put the right one into the roster and run \
                          `xchange update`, or move the database aside and run `xchange restore`";
    let Ok(document) = seal::open(&draw.sealed, identity) else { return Ok(None) };
    let recorded = addresses::recorded(openings, identity);
    let astray = addresses::astray(draw, document.roster(), &recorded, rows)?;
    let result = match astray.is_empty() {
        true => Ok(format!("as drawn, with {} of the log", entries(recorded.len()))),
        false => Err(format!("changed without an entry in the log: {}", astray.join(", "))),
    };
    Ok(Some(Check::with(format!("draw {}: addresses", draw.number), result, REMEDY)))
}

async fn check_draw_copy(draw: &StoredDraw, archive: &Archive) -> Vec<Check> {
    let folder = archive_copy::folder_of(draw);
    let sealed_key = archive_copy::draw_key(&folder, draw.number);
    let header_key = archive_copy::header_key(&folder, draw.number);
    let name = format!("draw {}: archive copy", draw.number);
    if draw.archive_state != ArchiveState::Confirmed {
        let problem = draw.archive_problem.as_deref().unwrap_or("not written yet");
        let todo = match draw.archive_state {
            ArchiveState::Occupied => OCCUPIED,
            _ => "`xchange serve` keeps trying, and so does `xchange draw`",
        };
        return vec![Check::with(name, Err(format!("{}: {problem}", draw.archive_state.word())), todo)];
    }
    let header_name = format!("draw {}: header in the archive", draw.number);
    vec![
        compare(name, archive, &sealed_key, &draw.sealed).await,
        compare(header_name, archive, &header_key, draw.header.as_bytes()).await,
    ]
}

async fn compare(name: String, archive: &Archive, key: &Key, expected: &[u8]) -> Check {
    let location = archive.location(key);
    match archive.get(key).await {
        Ok(Some(found)) if found == expected => Check::of(name, Ok("the same as in the database".to_owned())),
        Ok(Some(_)) => Check::with(name, Err(format!("{location} differs from the database")), COMPARE_COPIES),
        Ok(None) => Check::with(name, Err(format!("{location} is missing")), AGAIN),
        Err(error) => Check::with(name, Err(in_full(&error)), ARCHIVE),
    }
}

/// What to do when something else stands where a draw's copy belongs.
pub const OCCUPIED: &str = "`xchange serve` and `xchange draw` look again, and go on once the right bytes are there; if \
                            something else stands there for good, move it aside";

/// What to do when database and archive hold different things of one name.
const COMPARE_COPIES: &str = "one of the two was changed: if the draw's other checks fail as well it is the database (move it aside and run \
                              `xchange restore`), otherwise the archive's copy";

/// The first part of a hash, enough to compare by eye.
fn shortened(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
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
        Some(Check::with(format!("draw {}: the draw before it", after.number), result, COMPARE))
    };
    draws.windows(2).filter_map(follows).collect()
}

fn check_chain(stored: &[StoredOpening]) -> Check {
    let mut log = Vec::new();
    for row in stored {
        match Opening::from_json(row.entry.as_bytes()) {
            Ok(entry) if entry.number != row.number => {
                return Check::of(format!("opening {}", row.number), Err("its row has another number".to_owned()));
            }
            Ok(entry) if entry.at.as_second() != row.at.as_second() => {
                let differs = format!("its row says {}, its entry {}", row.at, entry.at);
                return Check::of(format!("opening {}", row.number), Err(differs));
            }
            Ok(entry) => log.push(entry),
            Err(error) => return Check::of(format!("opening {}", row.number), Err(in_full(&error))),
        }
    }
    match seal::verify_chain(&log) {
        Ok(()) => {
            // With the last hash anybody who wrote it down sees whether the end was cut off.
            let last = log.last().map(|entry| format!(", the last {}", entry.hash)).unwrap_or_default();
            Check::of("opening log".to_owned(), Ok(format!("intact, {}{last}", entries(log.len()))))
        }
        Err(link) => Check::of(format!("opening {}: chain", link.number), Err(link.what.to_owned())),
    }
}

async fn check_opening_copy(folder: &str, opening: &StoredOpening, archive: &Archive) -> Check {
    let key = archive_copy::opening_key(folder, opening.number);
    compare(format!("opening {}: archive copy", opening.number), archive, &key, opening.entry.as_bytes()).await
}

/// What one side names and the other lacks, beyond the copies that are compared byte by byte.
async fn check_gaps(site: &Site, archive: &Archive) -> Vec<Check> {
    const NAME: &str = "database and archive";
    let gaps = match agreement::look(site, archive).await {
        Ok(looked) => looked.gaps,
        Err(error) => return vec![Check::with(NAME.to_owned(), Err(in_full(&error)), ARCHIVE)],
    };
    let compared = |gap: &Gap| matches!(gap, Gap::DrawCopy { .. } | Gap::OpeningCopy { .. } | Gap::OtherDraw { .. });
    let checks: Vec<Check> = gaps
        .iter()
        .filter(|gap| !compared(gap))
        .map(|gap| {
            let name = match gap {
                Gap::Draw { number, .. } => format!("draw {number}"),
                Gap::Opening { number, .. } => format!("opening {number}"),
                _ => NAME.to_owned(),
            };
            Check::with(name, Err(gap.to_string()), gap.remedy())
        })
        .collect();
    if checks.is_empty() {
        return vec![Check::of(NAME.to_owned(), Ok("nothing is named that is not there".to_owned()))];
    }
    checks
}
