//! Backups: the whole database in one sealed file, and back into an empty one of either engine. What is inside is
//! `store`'s business.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;

use super::exchange::ServedExchanges;
use super::exchange::audit::AuditError;
use super::exchange::restore::RestoreError;
use super::exchange::restore::younger::{self, Found, TakenUp};
use super::exchanges::Exchanges;
use super::keys::{self, BadAuditor, Keys};
use super::outbox::{self, MessageTopic};
use super::topics::Topics;
use crate::archive::Archive;
use crate::error_chain::in_full;
use crate::model::Settings;
use crate::seal::{self, Identity, KeyError, SealError};
use crate::store::{BackupError, Store, StoreError, Summary, Tx};
use crate::write_once;

pub mod regular;

/// Why there is no backup, or nothing came back from one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupFailure {
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("the backup cannot be written or read")]
    File(#[from] io::Error),
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    /// An auditor's key.
    #[error(transparent)]
    Auditor(#[from] BadAuditor),
    #[error("the backup cannot be sealed or opened")]
    Seal(#[from] SealError),
    /// The archive, whose younger draws belong to what comes back.
    #[error("what was drawn or opened since the backup cannot be taken from the archive")]
    Archive(#[source] RestoreError),
    #[error("that the archive was not asked cannot be written into the log")]
    Log(#[source] AuditError),
    /// What is inside, or the database.
    #[error(transparent)]
    Inside(#[from] BackupError),
}

impl From<StoreError> for BackupFailure {
    fn from(error: StoreError) -> Self {
        Self::Inside(error.into())
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtBack {
    /// What was in the backup.
    pub summary: Summary,
    /// How many texts waited, and are looked up before they are sent.
    pub unsure: u64,
    /// How many messages waited that may have gone by e-mail, and are sent only when they are queued again.
    pub held: u64,
    /// What was younger in the archive.
    pub taken_up: Vec<TakenUp>,
    /// Why the archive was not asked, when it could not be and a reason was given all the same.
    pub without_archive: Option<String>,
}

/// Writes everything as it is at one moment into a new file, sealed to this machine's key and to the auditors of the site's
/// file. On a connection of its own, so that nobody waits for it. Where it fails, there is no file.
pub fn make(settings: &Settings, keys: &Keys, path: &Path, now: Timestamp) -> Result<Summary, BackupFailure> {
    // Before the work, not after it.
    if path.symlink_metadata().is_ok() {
        return Err(BackupFailure::Exists(path.to_owned()));
    }
    let (own, auditors) = (keys.identity()?.public_key(), keys::auditors(settings)?);
    let store = Store::open_to_look(&settings.database)?;
    let made = write_once::write_new_with(path, |file| {
        let mut out = BufWriter::new(file);
        let summary = seal::seal_stream(&mut out, &own, &auditors, |inside| {
            let mut inside = BufWriter::with_capacity(1 << 16, inside);
            let summary = store.read(|tx| tx.write_backup(&mut inside, now))?;
            inside.flush()?;
            Ok::<_, BackupFailure>(summary)
        })?;
        out.flush()?;
        Ok(summary)
    });
    if made.is_ok()
        && let Err(error) = store.write(|tx| tx.note_backup(now))
    {
        tracing::warn!(problem = in_full(&error), "that a backup was made is not written down");
    }
    made.map_err(|error| match error {
        BackupFailure::File(error) if error.kind() == ErrorKind::AlreadyExists => {
            BackupFailure::Exists(path.to_owned())
        }
        other => other,
    })
}

/// Puts a backup into an empty database, and with it what the archive holds beyond it: all or nothing. Whatever waited to be
/// sent then counts as perhaps sent, and everybody has to sign in again.
///
/// Without its archive a backup comes back only for a `reason`, which goes into the log of every series that was drawn.
/// Where it fails, the database is empty.
pub async fn bring_back(
    exchanges: &Exchanges,
    path: &Path,
    reason: Option<&str>,
) -> Result<BroughtBack, BackupFailure> {
    let identity = exchanges.keys.identity()?;
    let (me, path) = (exchanges.clone(), path.to_owned());
    let (runtime, reason) = (Handle::current(), reason.map(str::to_owned));
    let brought = exchanges.store.run(move |tx| {
        let mut inside = BufReader::new(seal::open_stream(BufReader::new(File::open(path)?), &identity)?);
        let summary = tx.read_backup(&mut inside)?;
        let of_file = me.in_file().map(|site| site.exchange.series.clone());
        let known = younger::known(tx, of_file.as_deref())?;
        let found = runtime.block_on(async {
            let archive = Archive::connect(&me.settings.archive).await?;
            younger::find(&archive, known, &identity).await
        });
        settle(tx, me, summary, (found, &identity), reason)
    });
    brought.await
}

/// What comes after the rows are there: what the archive holds beyond them, and what must not be done again.
fn settle(
    tx: &Tx<'_>,
    exchanges: Exchanges,
    summary: Summary,
    (found, identity): (Result<Vec<Found>, RestoreError>, &Identity),
    reason: Option<String>,
) -> Result<BroughtBack, BackupFailure> {
    let now = exchanges.clock.now();
    let (mut taken_up, mut without_archive) = (Vec::new(), None);
    match (found, reason) {
        (Ok(found), _) => {
            for found in &found {
                taken_up.extend(younger::take_up(tx, found, identity, now)?);
            }
        }
        (Err(error), Some(reason)) => {
            younger::record_without_archive(tx, &reason, now).map_err(BackupFailure::Log)?;
            without_archive = Some(in_full(&error));
        }
        (Err(error), None) => return Err(BackupFailure::Archive(error)),
    }
    let (unsure, held) = count_as_perhaps_sent(tx, exchanges, summary.made_at, now)?;
    tx.end_what_lets_in()?;
    tx.note_backup(summary.made_at)?;
    Ok(BroughtBack { summary, unsure, held, taken_up, without_archive })
}

/// Counts whatever waited as perhaps sent since then, also what is sealed. What begins to write to people by itself, be it
/// invitations or a broadcast, is to be paused here, for its organizer to go on with.
fn count_as_perhaps_sent(
    tx: &Tx<'_>,
    exchanges: Exchanges,
    since: Timestamp,
    now: Timestamp,
) -> Result<(u64, u64), StoreError> {
    let served = ServedExchanges::enter_in(tx, exchanges)?;
    let topics: Vec<Arc<dyn MessageTopic>> = served.all(tx)?;
    for topic in topics {
        outbox::count_relays_as_perhaps_sent(tx, topic.as_ref(), since, now)?;
    }
    tx.count_as_perhaps_sent(since, now)
}

#[cfg(test)]
mod tests;
