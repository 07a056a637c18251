//! What may be wrong with an archive.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::MAX_OBJECT;

/// Why the archive did not do as asked. Holds no object and no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// There is no such bucket.
    #[error("there is no bucket {bucket:?}")]
    NoBucket {
        /// The bucket.
        bucket: String,
    },
    /// The store knows the credentials but refuses, or does not know them.
    #[error("the store denies access ({code})")]
    Denied {
        /// The store's own code, such as `AccessDenied` or `SignatureDoesNotMatch`.
        code: String,
    },
    /// The standard AWS chain yields no credentials.
    #[error("no AWS credentials were found")]
    NoCredentials,
    /// Neither the settings nor the standard AWS chain name a region.
    #[error("no AWS region is set")]
    NoRegion,
    /// No connection.
    #[error("the store cannot be reached")]
    Unreachable {
        /// What the connection said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("the store does not answer in time")]
    Slow,
    /// The store answers that it is overloaded or failing, after all attempts.
    #[error("the store is busy or failing ({code})")]
    Busy {
        /// The store's own code, such as `SlowDown`, or the HTTP status.
        code: String,
    },
    /// Something else stands where this should be written.
    #[error("something else stands at {location} already")]
    Occupied {
        /// Where.
        location: String,
    },
    /// What was read back is not what was written.
    #[error("what was read back from {location} is not what was written")]
    ReadBackDiffers {
        /// Where.
        location: String,
    },
    /// Larger than [`MAX_OBJECT`].
    #[error("{location} is larger than the {MAX_OBJECT} bytes an object may have")]
    TooLarge {
        /// Where.
        location: String,
    },
    /// A prefix or series that would lead out of the archive, or is empty.
    #[error("{name:?} is no sound prefix or series for the archive")]
    Name {
        /// The name.
        name: String,
    },
    /// There is no such folder.
    #[error("there is no folder {}", path.display())]
    NoFolder {
        /// Where it should be.
        path: PathBuf,
    },
    /// A folder or file in it could not be used.
    #[error("the archive folder cannot be used at {}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The store answered something else.
    #[error("the store answers {code}: {message}")]
    Other {
        /// The store's own code, or the HTTP status.
        code: String,
        /// Its message, cut to one short line.
        message: String,
    },
}
