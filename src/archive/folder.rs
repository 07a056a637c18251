//! An archive in a folder of this machine: folders of mode 0700, files of mode 0600, written once.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{ArchiveError, MAX_OBJECT, Write};

#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
    prefix: String,
}

impl Folder {
    pub(super) fn new(root: &Path, prefix: &str) -> Self {
        Self { root: root.to_owned(), prefix: prefix.to_owned() }
    }

    /// A folder that is not there may be a stick that is not plugged in.
    pub(super) fn exists(&self) -> Result<(), ArchiveError> {
        if self.root.exists() { Ok(()) } else { Err(ArchiveError::NoFolder { path: self.root.clone() }) }
    }

    pub(super) fn tidy(&self, series: &str) {
        let folder = self.path(series);
        crate::write_once::tidy(&folder);
        crate::write_once::tidy(&folder.join("openings"));
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(format!("{}{path}", self.prefix))
    }

    pub(super) fn location(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    pub(super) async fn put_new(&self, path: String, bytes: Vec<u8>) -> Result<Write, ArchiveError> {
        let path = self.path(&path);
        blocking(path, move |path| match crate::write_once::write_new(path, &bytes) {
            Ok(()) => Ok(Write::Written),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.exists() => Ok(Write::Occupied),
            Err(error) => Err(error),
        })
        .await
    }

    pub(super) async fn get(&self, path: String) -> Result<Option<Vec<u8>>, ArchiveError> {
        let path = self.path(&path);
        let location = path.display().to_string();
        let read = blocking(path, |path| absent_is_none(read(path))).await?;
        match read {
            Some(bytes) if bytes.len() > MAX_OBJECT => Err(ArchiveError::TooLarge { location }),
            found => Ok(found),
        }
    }

    pub(super) async fn list(&self, series: String) -> Result<Vec<String>, ArchiveError> {
        let folder = self.path(&series);
        blocking(folder, move |folder| {
            let mut paths: Vec<String> = names(folder)?.map(|name| format!("{series}/{name}")).collect();
            paths.extend(names(&folder.join("openings"))?.map(|name| format!("{series}/openings/{name}")));
            Ok(paths)
        })
        .await
    }

    pub(super) async fn check(&self) -> Result<(), ArchiveError> {
        self.exists()?;
        let probe = self.root.join(format!(".probe-{:016x}", rand::random::<u64>()));
        blocking(probe, |probe| {
            crate::write_once::write_new(probe, b"")?;
            std::fs::remove_file(probe)
        })
        .await
    }
}

/// Runs blocking work where it holds up no request.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, ArchiveError> {
    let moved = path.clone();
    let done = tokio::task::spawn_blocking(move || work(&moved)).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|source| ArchiveError::Folder { path, source })
}

/// Reads one byte more than allowed at most, so that the caller sees the excess.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_OBJECT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn absent_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names in a folder that are readable as text; none where there is no folder.
fn names(folder: &Path) -> io::Result<impl Iterator<Item = String>> {
    let entries = match absent_is_none(std::fs::read_dir(folder))? {
        Some(entries) => entries.collect::<io::Result<Vec<_>>>()?,
        None => Vec::new(),
    };
    Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()))
}
