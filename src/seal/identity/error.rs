//! What may be wrong with a key file.

use std::io;
use std::path::PathBuf;

/// Why a key file could not be read or written. Never repeats what was in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is none.
    #[error("there is no key file {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It could not be read.
    #[error("the key file {} could not be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Too large to be a key file.
    #[error("{} is too large to be a key file", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// It is under a passphrase, and none was given.
    #[error("the key file {} needs its passphrase", path.display())]
    NeedsPassphrase {
        /// Which.
        path: PathBuf,
    },
    /// The passphrase does not open it.
    #[error("this passphrase does not open the key file {}", path.display())]
    WrongPassphrase {
        /// Which.
        path: PathBuf,
    },
    /// It is sealed to a key, not to a passphrase.
    #[error("the key file {} is sealed to another key, not by a passphrase", path.display())]
    NotByPassphrase {
        /// Which.
        path: PathBuf,
    },
    /// Its passphrase was made to need more work than is done here.
    #[error("the key file {} asks for too much work (2^{asked}, at most 2^{most} is done)", path.display())]
    TooMuchWork {
        /// Which.
        path: PathBuf,
        /// The power of two it asks for.
        asked: u8,
        /// The largest power of two.
        most: u8,
    },
    /// It is cut off or otherwise damaged.
    #[error("the key file {} is damaged", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// A line is no age identity.
    #[error("line {line} of the key file {} is not an age identity", path.display())]
    NotAnIdentity {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// It holds no identity at all.
    #[error("the key file {} holds no identity", path.display())]
    NoIdentity {
        /// Which.
        path: PathBuf,
    },
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// Something stands where a new key should be written.
    #[error("{} exists already", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A new key could not be written.
    #[error("the key file {} could not be written", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
