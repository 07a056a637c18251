//! This machine's identity: found, unlocked, made with the first draw.

use secrecy::SecretString;

use crate::model::Settings;
use crate::seal::{Auditor, AuditorError, Identity, KeyError};

/// Asks for the passphrase of a protected key file; `None` when nobody can be asked.
pub type Passphrase<'a> = &'a dyn Fn() -> Option<SecretString>;

/// An entry of `[seal] auditors` that is no key.
#[derive(Debug, thiserror::Error)]
#[error("auditor {number} in [seal] is not a key that can be sealed to")]
pub struct BadAuditor {
    /// Counted from 1, in the order of the file.
    pub number: usize,
    /// Why.
    #[source]
    pub source: AuditorError,
}

/// Reads this machine's identity, and says so in the log when others may read the file.
///
/// # Errors
/// [`KeyError`].
pub fn load(settings: &Settings, passphrase: Passphrase<'_>) -> Result<Identity, KeyError> {
    let path = &settings.seal.key_file;
    let loaded = Identity::load(path, passphrase)?;
    if loaded.open_to_others {
        tracing::warn!(path = %path.display(), "other users of this machine may read the key file; run chmod 600 on it");
    }
    Ok(loaded.identity)
}

/// Reads this machine's identity, or makes one where there is none; says whether it was made.
///
/// # Errors
/// [`KeyError`].
pub fn load_or_create(
    settings: &Settings,
    passphrase: Passphrase<'_>,
    new_passphrase: Option<&SecretString>,
) -> Result<(Identity, bool), KeyError> {
    match load(settings, passphrase) {
        Err(KeyError::Missing { path }) => {
            let identity = Identity::generate();
            match identity.save_new(&path, new_passphrase) {
                Ok(()) => Ok((identity, true)),
                // Another process made one meanwhile; that one counts.
                Err(KeyError::Exists { .. }) => Ok((load(settings, passphrase)?, false)),
                Err(error) => Err(error),
            }
        }
        other => Ok((other?, false)),
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
