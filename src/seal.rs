//! Seals and opens draws: age, receipts, fingerprint, the chain of openings. The only room that names a cipher crate.
//!
//! A sealed draw is an ordinary binary age file (<https://age-encryption.org/v1>) to the listener's own [`PublicKey`]
//! and to every [`Auditor`]; inside is one JSON document, the [`DrawDocument`]. Beside it, in the clear, stands its
//! [`Header`] with the fingerprint: the RFC 6962 tree hash (`merkle`) over all salted pairings. It binds whoever
//! published it to this one draw without telling anything about it.
//!
//! What sealing does: nobody sees a pairing by accident, out of curiosity, from a leaked copy, or through this tool
//! without leaving an [`Opening`]. What it does not: whoever holds the key and writes a program can read the draw.
//!
//! Nothing here does I/O except [`Identity::load`] and [`Identity::save_new`].

mod auditor;
mod canonical;
mod codes;
mod document;
mod header;
mod identity;
mod merkle;
mod opening;
mod seed;
mod written;

use std::fmt;
use std::io::{self, BufRead, Read, Write};

use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

pub use auditor::{Auditor, AuditorError};
pub use canonical::pair_leaf;
pub use codes::{CodeError, Fingerprint, Receipt};
pub use document::{DrawDetails, DrawDocument};
pub use header::{Difference, Header};
pub use identity::{Identity, KeyError, Loaded, PublicKey};
pub use merkle::Hash;
pub use opening::{BrokenLink, By, EntryKind, Opening, OpeningDetails, verify_chain};
pub use seed::Seed;

/// The largest sealed draw that is opened, in bytes: 64 MiB, room for some 300,000 people.
pub const MAX_SEALED: usize = 64 << 20;
/// The largest sealed note, in bytes.
pub const MAX_NOTE: usize = 1 << 20;

/// Where a JSON text stopped making sense. Only the place: the text itself may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonPlace {
    /// Line, from 1; 0 where the reader could not say.
    pub line: usize,
    /// Column, from 1; 0 where the reader could not say.
    pub column: usize,
}

impl JsonPlace {
    fn of(error: &serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

impl fmt::Display for JsonPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Why something could not be sealed or opened. Never repeats what was in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoEntropy {
        /// What it said.
        #[source]
        source: rand::rngs::SysError,
    },
    /// The sealed bytes could not be written.
    #[error("the sealed file could not be written")]
    Write {
        /// What the writer said.
        #[source]
        source: io::Error,
    },
    /// A key was refused by the cipher.
    #[error("the cipher refused one of the keys")]
    Key {
        /// What it said.
        #[source]
        source: age::EncryptError,
    },
    /// Larger than [`MAX_SEALED`] or [`MAX_NOTE`].
    #[error("{bytes} bytes are more than the {most} a sealed file may have")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest allowed.
        most: usize,
    },
    /// Not an age file, or of an age version that is not known.
    #[error("this is not a sealed file")]
    NotSealed,
    /// It was sealed to other keys. A stanza damaged on the way looks the same.
    #[error("this key does not open the sealed file")]
    WrongKey,
    /// It ends too early.
    #[error("the sealed file is cut off")]
    CutOff,
    /// Its bytes are not the ones that were written.
    #[error("the sealed file is damaged")]
    Damaged,
    /// It opened, but its document is of another format.
    #[error("the document's format is unknown")]
    UnknownFormat,
    /// It is not the JSON it should be.
    #[error("the document is malformed at {place}")]
    Malformed {
        /// Where.
        place: JsonPlace,
    },
    /// It is JSON of the right shape, but no draw.
    #[error("the document is not a draw: {what}")]
    NotADraw {
        /// What is wrong, naming nobody.
        what: &'static str,
    },
}

impl SealError {
    fn of_reading(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::CutOff } else { Self::Damaged }
    }

    fn of_opening(error: &DecryptError) -> Self {
        match error {
            DecryptError::NoMatchingKeys => Self::WrongKey,
            DecryptError::InvalidHeader | DecryptError::UnknownFormat => Self::NotSealed,
            DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::CutOff,
            DecryptError::Io(_) => Self::NotSealed,
            _ => Self::Damaged,
        }
    }
}

/// Seals a draw to the listener's own key and to every auditor. The header speaks of exactly these bytes.
///
/// # Errors
/// [`SealError::TooLarge`], [`SealError::Key`], [`SealError::Write`].
pub fn seal(document: &DrawDocument, own: &PublicKey, auditors: &[Auditor]) -> Result<(Header, Vec<u8>), SealError> {
    let keys = std::iter::once(own.recipient()).chain(auditors.iter().map(Auditor::recipient));
    let ((), sealed) = encrypt(keys, Vec::new(), |writer| document.write_json(writer))?;
    bounded(&sealed, MAX_SEALED)?;
    let header = Header::of(document, &sealed)?;
    Ok((header, sealed))
}

/// Opens a sealed draw. Reads no more than [`MAX_SEALED`]; never panics, whatever the bytes.
///
/// # Errors
/// [`SealError`], one kind for each way in which the bytes may be wrong.
pub fn open(sealed: &[u8], identity: &Identity) -> Result<DrawDocument, SealError> {
    bounded(sealed, MAX_SEALED)?;
    DrawDocument::read_json(&decrypt(sealed, identity)?)
}

/// Seals a short text to the listener's own key, for what waits in the database and is nobody else's business, and to these
/// auditors.
///
/// # Errors
/// [`SealError::TooLarge`], [`SealError::Key`], [`SealError::Write`].
pub fn seal_note(note: &[u8], own: &PublicKey, auditors: &[Auditor]) -> Result<Vec<u8>, SealError> {
    let keys = std::iter::once(own.recipient()).chain(auditors.iter().map(Auditor::recipient));
    let write = |writer: &mut dyn Write| writer.write_all(note).map_err(|source| SealError::Write { source });
    let ((), sealed) = encrypt(keys, Vec::new(), write)?;
    bounded(&sealed, MAX_NOTE)?;
    Ok(sealed)
}

/// Opens what [`seal_note`] sealed; the plain bytes are wiped when dropped.
///
/// # Errors
/// [`SealError`], as for [`open`].
pub fn open_note(sealed: &[u8], identity: &Identity) -> Result<Zeroizing<Vec<u8>>, SealError> {
    bounded(sealed, MAX_NOTE)?;
    decrypt(sealed, identity)
}

/// Seals what `content` writes, as it comes, to the listener's own key and to these auditors.
///
/// # Errors
/// [`SealError::Key`], [`SealError::Write`], and what `content` says; what was written until then is no sealed file.
pub fn seal_stream<T, E: From<SealError>>(
    out: impl Write,
    own: &PublicKey,
    auditors: &[Auditor],
    content: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let keys = std::iter::once(own.recipient()).chain(auditors.iter().map(Auditor::recipient));
    Ok(encrypt(keys, out, content)?.0)
}

/// Opens what [`seal_stream`] sealed, as it is read. Whether it is whole shows only at its end.
///
/// # Errors
/// [`SealError`], as for [`open`]; while it is read, an [`io::Error`].
pub fn open_stream<R: BufRead>(sealed: R, identity: &Identity) -> Result<impl Read + use<R>, SealError> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(|error| SealError::of_opening(&error))?;
    decryptor.decrypt(identity.keys()).map_err(|error| SealError::of_opening(&error))
}

fn bounded(sealed: &[u8], most: usize) -> Result<(), SealError> {
    let bytes = sealed.len();
    if bytes > most { Err(SealError::TooLarge { bytes, most }) } else { Ok(()) }
}

fn encrypt<'a, T, W: Write, E: From<SealError>>(
    keys: impl Iterator<Item = &'a dyn age::Recipient>,
    out: W,
    content: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<(T, W), E> {
    let encryptor = Encryptor::with_recipients(keys).map_err(|source| SealError::Key { source })?;
    let write = |source| SealError::Write { source };
    let mut writer = encryptor.wrap_output(out).map_err(write)?;
    let done = content(&mut writer)?;
    Ok((done, writer.finish().map_err(write)?))
}

fn decrypt(sealed: &[u8], identity: &Identity) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let opened = open_stream(sealed, identity)?;
    // The plain bytes are fewer than the sealed ones, so the buffer never grows and leaves no unwiped copy behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let most = sealed.len() as u64;
    opened.take(most).read_to_end(&mut plain).map_err(|error| SealError::of_reading(&error))?;
    Ok(plain)
}

#[cfg(test)]
mod tests;
