//! The second copy of the sealed draw: S3, or a folder.
//!
//! Nothing here is ever overwritten: every write is conditional, and what was written is read back and compared byte
//! for byte before it counts. A write repeated after a crash finds its own bytes and is content.
//!
//! ```text
//! <prefix><series>/draw-0001.age             the sealed draw
//! <prefix><series>/draw-0001.json            its header, in the clear
//! <prefix><series>/openings/000001.json      one entry of the chain of openings
//! ```

mod error;
mod folder;
mod key;
mod s3;

use std::time::Duration;

use secrecy::SecretString;

pub use error::ArchiveError;
pub use key::Key;

use crate::model::ArchiveSettings;

/// The largest object that is written or read, in bytes: 64 MiB.
pub const MAX_OBJECT: usize = 64 << 20;

/// How long to wait for S3 and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// For one attempt, and between two pieces of an answer. Writing gets a second more per 256 KiB.
    pub attempt: Duration,
    /// For all attempts of one request together.
    pub operation: Duration,
    /// How many attempts; 1 is no retry.
    pub attempts: u32,
    /// The longest pause between two attempts.
    pub pause: Duration,
    /// How many keys a page of a listing holds; 1000 is the most S3 gives.
    pub page: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(4),
            attempt: Duration::from_secs(8),
            operation: Duration::from_secs(25),
            attempts: 3,
            pause: Duration::from_secs(5),
            page: 1000,
        }
    }
}

/// Credentials given directly instead of through the standard AWS chain.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// The key's id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// That something stands in the archive, proved by reading it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Whether the very same bytes stood there before.
    pub already: bool,
    /// Where it stands.
    pub location: String,
}

/// What a conditional write came to.
enum Write {
    Written,
    Occupied,
}

#[derive(Debug, Clone)]
enum Backend {
    S3(s3::Bucket),
    Folder(folder::Folder),
}

/// The archive of all draws and openings.
#[derive(Debug, Clone)]
pub struct Archive {
    backend: Backend,
}

impl Archive {
    /// Prepares the archive of the settings. Nothing is read from it or written to it yet.
    ///
    /// # Errors
    /// [`ArchiveError::Name`] for an unsound prefix, [`ArchiveError::NoRegion`].
    pub async fn connect(settings: &ArchiveSettings) -> Result<Self, ArchiveError> {
        Self::connect_with(settings, &Limits::default(), None).await
    }

    /// Like [`Archive::connect`] with other limits, and with credentials given directly. Both concern S3 only.
    ///
    /// # Errors
    /// As [`Archive::connect`].
    pub async fn connect_with(
        settings: &ArchiveSettings,
        limits: &Limits,
        access: Option<&AccessKey>,
    ) -> Result<Self, ArchiveError> {
        let backend = match settings {
            ArchiveSettings::S3 { bucket, prefix, region, endpoint, path_style } => {
                let place = s3::Place {
                    bucket,
                    prefix: key::sound_prefix(prefix)?,
                    region: region.as_deref(),
                    endpoint: endpoint.as_ref(),
                    path_style: *path_style,
                };
                Backend::S3(s3::Bucket::connect(&place, limits, access).await?)
            }
            ArchiveSettings::Folder { path, prefix } => {
                Backend::Folder(folder::Folder::new(path, key::sound_prefix(prefix)?))
            }
        };
        Ok(Self { backend })
    }

    /// Where something stands or would stand: `s3://bucket/prefix...` or a path.
    #[must_use]
    pub fn location(&self, key: &Key) -> String {
        match &self.backend {
            Backend::S3(bucket) => bucket.location(&key.path()),
            Backend::Folder(folder) => folder.location(&key.path()),
        }
    }

    /// Writes bytes where nothing stands yet, reads them back and compares them. Writing the same bytes again is no error.
    ///
    /// A store that does not know conditional writes (it answers `501 NotImplemented`) is asked first whether something
    /// stands there; two writers at the same instant could then both write, but what was read back is still proved.
    ///
    /// # Errors
    /// [`ArchiveError::Occupied`] when other bytes stand there, [`ArchiveError::ReadBackDiffers`], and whatever the
    /// store says. After an error nothing is known about what stands there; writing again finds out.
    pub async fn put_once(&self, key: &Key, bytes: &[u8]) -> Result<Stored, ArchiveError> {
        let path = key.checked_path()?;
        let location = self.location(key);
        if bytes.len() > MAX_OBJECT {
            return Err(ArchiveError::TooLarge { location });
        }
        let write = match &self.backend {
            Backend::S3(bucket) => bucket.put_new(&path, bytes).await?,
            Backend::Folder(folder) => folder.put_new(path.clone(), bytes.to_vec()).await?,
        };
        // All bytes rather than a hash of them: it costs the same reading, and rests on nothing.
        let same = self.read(&path).await?.is_some_and(|found| found == bytes);
        match write {
            Write::Written if same => Ok(Stored { already: false, location }),
            Write::Written => Err(ArchiveError::ReadBackDiffers { location }),
            Write::Occupied if same => Ok(Stored { already: true, location }),
            Write::Occupied => Err(ArchiveError::Occupied { location }),
        }
    }

    /// Reads what stands under a key, at most [`MAX_OBJECT`] bytes; `None` when nothing does.
    ///
    /// # Errors
    /// [`ArchiveError::TooLarge`], and whatever the store says.
    pub async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ArchiveError> {
        self.read(&key.checked_path()?).await
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        match &self.backend {
            Backend::S3(bucket) => bucket.get(path).await,
            Backend::Folder(folder) => folder.get(path.to_owned()).await,
        }
    }

    /// The keys of one series in order: draws, headers, openings, each by number. What is no key of ours is passed over.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn list(&self, series: &str) -> Result<Vec<Key>, ArchiveError> {
        key::sound_series(series)?;
        let paths = match &self.backend {
            Backend::S3(bucket) => bucket.list(series).await?,
            Backend::Folder(folder) => folder.list(series.to_owned()).await?,
        };
        let mut keys: Vec<Key> = paths.iter().filter_map(|path| Key::parse(path)).collect();
        keys.sort();
        Ok(keys)
    }

    /// Makes sure that an archive in a folder has its folder; it is made by the first draw, and not by looking.
    ///
    /// # Errors
    /// [`ArchiveError::NoFolder`].
    pub fn exists(&self) -> Result<(), ArchiveError> {
        match &self.backend {
            Backend::S3(_) => Ok(()),
            Backend::Folder(folder) => folder.exists(),
        }
    }

    /// Removes what killed runs left half written there.
    pub fn tidy(&self, series: &str) {
        if let (Backend::Folder(folder), Ok(())) = (&self.backend, key::sound_series(series)) {
            folder.tidy(series);
        }
    }

    /// Whether the archive can be used. S3: the bucket answers and may be listed; nothing is written, so a missing right
    /// to write shows at the first draw only. Folder: a file is written in it and removed again; a folder that is not
    /// there is not made.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check(&self) -> Result<(), ArchiveError> {
        match &self.backend {
            Backend::S3(bucket) => bucket.check().await,
            Backend::Folder(folder) => folder.check().await,
        }
    }
}
