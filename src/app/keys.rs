//! This machine's identity: found, unlocked once, made with the first draw.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use secrecy::SecretString;

use crate::model::{SealSettings, Settings};
use crate::seal::{Auditor, AuditorError, Identity, KeyError};
use crate::store::{Cause, KeyedHash};

/// Asks for the passphrase of a protected key file; `None` when nobody can be asked.
pub type AskPassphrase = Box<dyn Fn() -> Option<SecretString> + Send + Sync>;

/// An entry of `[seal] auditors` that is no key.
#[derive(Debug, thiserror::Error)]
#[error("auditor {number} in [seal] is not a key that can be sealed to")]
pub struct BadAuditor {
    /// Counted from 1, in the order of the file.
    pub number: usize,
    #[source]
    pub source: AuditorError,
}

/// The key file, read when it is first needed and kept: unlocking a protected one takes a second every time.
pub struct Keys {
    file: PathBuf,
    ask: AskPassphrase,
    /// The identity, and when the file it was read from had been written.
    known: Mutex<Option<(Arc<Identity>, Option<SystemTime>)>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Keys {
    /// The key file of these settings; `ask` is called when it turns out to have a passphrase.
    pub fn new(settings: &SealSettings, ask: AskPassphrase) -> Self {
        Self { file: settings.key_file.clone(), ask, known: Mutex::default() }
    }

    /// Where the key is, or will be.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// When the key file was last written; `None` while there is none.
    pub fn written_at(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.file).and_then(|file| file.modified()).ok()
    }

    /// This machine's identity, read anew where the file has changed. Says in the log when others may read the file.
    pub fn identity(&self) -> Result<Arc<Identity>, KeyError> {
        let written_at = self.written_at();
        let mut known = self.lock();
        // A file that has been taken away leaves the running listener what it has.
        if let Some((identity, _)) = known.as_ref().filter(|(_, at)| written_at.is_none() || *at == written_at) {
            return Ok(Arc::clone(identity));
        }
        let loaded = Identity::load(&self.file, &self.ask)?;
        if loaded.open_to_others {
            tracing::warn!(
                path = %self.file.display(),
                "other users of this machine may read the key file; run chmod 600 on it"
            );
        }
        let identity = Arc::new(loaded.identity);
        *known = Some((Arc::clone(&identity), written_at));
        Ok(identity)
    }

    /// This machine's identity, made where there is none; says whether it was made.
    pub fn identity_or_new(&self, new_passphrase: Option<&SecretString>) -> Result<(Arc<Identity>, bool), KeyError> {
        match self.identity() {
            Err(KeyError::Missing { path }) => match Identity::generate().save_new(&path, new_passphrase) {
                Ok(()) => {
                    // Read back from the file: what was written is what will be needed in December.
                    let typed = || new_passphrase.cloned();
                    let identity = Arc::new(Identity::load(&path, typed)?.identity);
                    *self.lock() = Some((Arc::clone(&identity), self.written_at()));
                    Ok((identity, true))
                }
                // Another process made one meanwhile; that one counts.
                Err(KeyError::Exists { .. }) => Ok((self.identity()?, false)),
                Err(error) => Err(error),
            },
            other => Ok((other?, false)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Arc<Identity>, Option<SystemTime>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyedHash for Keys {
    fn keyed_hash(&self, text: &str, to_keep: bool) -> Result<Option<String>, Cause> {
        let identity = if to_keep { self.identity_or_new(None).map(|(identity, _)| identity) } else { self.identity() };
        match identity {
            Err(KeyError::Missing { .. }) => Ok(None),
            other => Ok(Some(other?.token(text))),
        }
    }
}

/// The auditors of `[seal]`.
///
/// # Errors
/// [`BadAuditor`], the first one.
pub fn auditors(settings: &Settings) -> Result<Vec<Auditor>, BadAuditor> {
    let parse =
        |(index, text): (usize, &String)| text.parse().map_err(|source| BadAuditor { number: index + 1, source });
    settings.seal.auditors.iter().enumerate().map(parse).collect()
}
