//! The listener's own key: age's identity format in a file of mode 0600, on request under a passphrase.

mod error;

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, Encryptor};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use error::KeyError;

/// How a binary age file begins.
const AGE: &[u8] = b"age-encryption.org/v1";
/// How an armored age file begins.
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// The largest key file that is read, in bytes. Its usual size is below 1 KiB.
const MAX_KEY_FILE: u64 = 256 << 10;
/// scrypt's work for a new passphrase, as a power of two: what `age -p` uses. About a second and 256 MiB.
const WORK: u8 = 18;
/// The most work done to try a passphrase, as a power of two: a file that asks for more would hang the tool, or ask for
/// more memory than there is (1 GiB at 20).
const MAX_WORK: u8 = 20;

/// The public half of an [`Identity`]: `age1...`.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(age::x25519::Recipient);

impl PublicKey {
    pub(super) fn recipient(&self) -> &dyn age::Recipient {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = super::AuditorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self).map_err(|_reason: &str| super::AuditorError::NotAnAgeKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// The listener's own key. Debug prints the public half only; the secret half is wiped when dropped.
#[derive(Clone)]
pub struct Identity {
    first: age::x25519::Identity,
    /// Older keys kept in the same file, so that draws sealed to them still open.
    others: Vec<age::x25519::Identity>,
}

/// A key file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// The key.
    pub identity: Identity,
    /// Whether others than the file's owner may read or write it; worth a warning.
    pub open_to_others: bool,
}

impl Identity {
    /// A fresh key.
    #[must_use]
    pub fn generate() -> Self {
        Self { first: age::x25519::Identity::generate(), others: Vec::new() }
    }

    /// The public half; what new draws are sealed to.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.first.to_public())
    }

    /// A hash of a text that only the holder of this key can make, as 32 hexadecimal digits: by it something is found
    /// again that without the key leads to nobody.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn token(&self, text: &str) -> String {
        let key = self.first.to_string();
        let mut hash = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).expect("a key of any length");
        hash.update(b"xchange token/1 ");
        hash.update(text.as_bytes());
        HEXLOWER.encode(&hash.finalize().into_bytes()[..16])
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &dyn age::Identity> {
        std::iter::once(&self.first).chain(&self.others).map(|key| key as &dyn age::Identity)
    }

    /// Reads a key file as `age-keygen` or [`Identity::save_new`] writes it, or one under a passphrase as `age -p` does,
    /// armored or not. `ask` is called once, and only for a file under a passphrase.
    ///
    /// # Errors
    /// [`KeyError`], one kind for each way in which it may be wrong.
    pub fn load(path: &Path, ask: impl FnOnce() -> Option<SecretString>) -> Result<Loaded, KeyError> {
        let (bytes, open_to_others) = read(path)?;
        let has_passphrase = bytes.starts_with(AGE) || bytes.trim_ascii_start().starts_with(ARMOR);
        let plain = if has_passphrase { decrypt(path, bytes.trim_ascii_start(), ask)? } else { bytes };
        Ok(Loaded { identity: parse(path, &plain)?, open_to_others })
    }

    /// Writes the key to a new file of mode 0600 and makes the folder where there is none. Never overwrites, and leaves
    /// either no file or a whole one. With a passphrase the file is what `age -p -a` writes.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::EmptyPassphrase`], [`KeyError::Write`].
    pub fn save_new(&self, path: &Path, passphrase: Option<&SecretString>) -> Result<(), KeyError> {
        self.save_with_work(path, passphrase, WORK)
    }

    /// Like [`Identity::save_new`], with scrypt's work as a power of two: tests need not wait.
    pub(super) fn save_with_work(
        &self,
        path: &Path,
        passphrase: Option<&SecretString>,
        work: u8,
    ) -> Result<(), KeyError> {
        let plain = self.to_text();
        let written = |source| KeyError::Write { path: path.to_owned(), source };
        let bytes = match passphrase {
            None => plain,
            Some(passphrase) if passphrase.expose_secret().is_empty() => return Err(KeyError::EmptyPassphrase),
            Some(passphrase) => Zeroizing::new(encrypt(&plain, passphrase, work).map_err(written)?),
        };
        crate::write_once::write_new(path, &bytes).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
            _ => written(source),
        })
    }

    /// The identity file: for each key its public half in a comment, and the secret half.
    fn to_text(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(256 * (1 + self.others.len())));
        for key in std::iter::once(&self.first).chain(&self.others) {
            text.extend_from_slice(b"# public key: ");
            text.extend_from_slice(key.to_public().to_string().as_bytes());
            text.push(b'\n');
            text.extend_from_slice(key.to_string().expose_secret().as_bytes());
            text.push(b'\n');
        }
        text
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public_key())
    }
}

/// The file's bytes, and whether others may read or write it.
fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, bool), KeyError> {
    let wrong = |source: io::Error| match source.kind() {
        ErrorKind::NotFound => KeyError::Missing { path: path.to_owned() },
        _ => KeyError::Read { path: path.to_owned(), source },
    };
    let about = std::fs::metadata(path).map_err(wrong)?;
    if !about.is_file() {
        // Reading a pipe or a device here could hang.
        let source = io::Error::new(ErrorKind::InvalidInput, "it is not a plain file");
        return Err(KeyError::Read { path: path.to_owned(), source });
    }
    if about.len() > MAX_KEY_FILE {
        return Err(KeyError::TooLarge { path: path.to_owned() });
    }
    let room = usize::try_from(about.len()).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let file = std::fs::File::open(path).map_err(wrong)?;
    file.take(MAX_KEY_FILE).read_to_end(&mut bytes).map_err(wrong)?;
    Ok((bytes, about.permissions().mode() & 0o077 != 0))
}

fn parse(path: &Path, plain: &[u8]) -> Result<Identity, KeyError> {
    let mut keys = Vec::new();
    for (line, number) in plain.split(|byte| *byte == b'\n').zip(1..) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let key = std::str::from_utf8(line).ok().and_then(|text| text.parse::<age::x25519::Identity>().ok());
        keys.push(key.ok_or(KeyError::NotAnIdentity { path: path.to_owned(), line: number })?);
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or(KeyError::NoIdentity { path: path.to_owned() })?;
    Ok(Identity { first, others: keys.collect() })
}

fn encrypt(plain: &[u8], passphrase: &SecretString, work: u8) -> io::Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work);
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .expect("one passphrase is a valid set of recipients");
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(plain)?;
    writer.finish()?.finish()
}

fn decrypt(
    path: &Path,
    bytes: &[u8],
    ask: impl FnOnce() -> Option<SecretString>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let damaged = || KeyError::Damaged { path: path.to_owned() };
    let decryptor = Decryptor::new_buffered(BufReader::new(ArmoredReader::new(bytes)))
        .map_err(|_reason| KeyError::Damaged { path: path.to_owned() })?;
    if !decryptor.is_scrypt() {
        return Err(KeyError::NotByPassphrase { path: path.to_owned() });
    }
    let passphrase = ask().ok_or(KeyError::NeedsPassphrase { path: path.to_owned() })?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK);
    let opened = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
        DecryptError::ExcessiveWork { required, .. } => {
            KeyError::TooMuchWork { path: path.to_owned(), asked: required, most: MAX_WORK }
        }
        DecryptError::InvalidMac | DecryptError::Io(_) => damaged(),
        _ => KeyError::WrongPassphrase { path: path.to_owned() },
    })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    opened.take(MAX_KEY_FILE).read_to_end(&mut plain).map_err(|_reason| damaged())?;
    Ok(plain)
}

#[cfg(test)]
mod tests;
