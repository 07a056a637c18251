//! This machine's identity: found, made, unlocked.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::model::Settings;
use crate::seal::{Auditor, Identity, SealError};

/// Asks for the passphrase of a protected key file; `None` when nobody can be asked.
pub type Passphrase<'a> = &'a dyn Fn() -> Option<SecretString>;

/// Why this machine's key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key file.
    #[error("there is no key file {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It cannot be read, unlocked or written.
    #[error("the key file {} cannot be used", path.display())]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        source: SealError,
    },
    /// An entry of `[seal] auditors` is no recipient.
    #[error("auditor {number} in [seal] is not a key that can be sealed to")]
    Auditor {
        /// Counted from 1, in the order of the file.
        number: usize,
        /// Why.
        #[source]
        source: SealError,
    },
}

/// Reads this machine's identity.
///
/// # Errors
/// [`KeyError::Missing`], [`KeyError::Unusable`].
pub fn load(settings: &Settings, passphrase: Passphrase<'_>) -> Result<Identity, KeyError> {
    let path = &settings.seal.key_file;
    if !path.exists() {
        return Err(KeyError::Missing { path: path.clone() });
    }
    Identity::load(path, passphrase).map_err(|source| KeyError::Unusable { path: path.clone(), source })
}

/// Makes an identity and keeps it, protected by `passphrase` if there is one. Never overwrites a key file.
///
/// # Errors
/// [`KeyError::Unusable`].
pub fn create(settings: &Settings, passphrase: Option<&SecretString>) -> Result<Identity, KeyError> {
    let path = &settings.seal.key_file;
    let identity = Identity::generate();
    identity.save_new(path, passphrase).map_err(|source| KeyError::Unusable { path: path.clone(), source })?;
    Ok(identity)
}

/// The auditors of `[seal]`.
///
/// # Errors
/// [`KeyError::Auditor`].
pub fn auditors(settings: &Settings) -> Result<Vec<Auditor>, KeyError> {
    let parse = |(index, text): (usize, &String)| {
        text.parse().map_err(|source| KeyError::Auditor { number: index + 1, source })
    };
    settings.seal.auditors.iter().enumerate().map(parse).collect()
}
