//! Files written once: whole or not at all, readable by their owner only, never over another file.
//!
//! Keys and archived draws share this rule, so it has one place. A file is written under a temporary name in its own
//! folder, flushed to the disk, and then linked to its real name; linking fails where something already stands. A crash
//! leaves at most a temporary file, whose name starts with a dot.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes a new file of mode 0600 and waits until file and folder are on the disk. Missing folders are made with mode
/// 0700; existing ones keep their mode.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] when something stands there, which is left as it is; otherwise what the system says.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_folder(folder)?;
    let temporary = temporary_beside(path, folder)?;
    let written = write_synced(&temporary, bytes).and_then(|()| settle(&temporary, path, bytes));
    // Whatever happened, the temporary name has served; a leftover would only puzzle its owner.
    let tidied = std::fs::remove_file(&temporary);
    written?;
    match tidied {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::open(folder)?.sync_all()
}

/// Makes a folder and its missing parents with mode 0700.
///
/// # Errors
/// What the system says.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A free name beside `path`; random, so that two processes never write to the same one.
fn temporary_beside(path: &Path, folder: &Path) -> io::Result<PathBuf> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path names no file"));
    };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{:016x}.part", rand::random::<u64>()));
    Ok(folder.join(temporary))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the finished file its name. File systems without hard links (FAT, some network folders) get a plain write
/// that still refuses to overwrite; only there could a crash leave a part of the file.
fn settle(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::hard_link(temporary, path) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            write_synced(path, bytes)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_written_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a/b/key");
        write_new(&path, b"first").expect("written");
        assert_eq!(std::fs::read(&path).expect("there"), b"first");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let made = std::fs::metadata(folder.path().join("a/b")).expect("there");
        assert_eq!(made.permissions().mode() & 0o777, 0o700);

        let again = write_new(&path, b"second").expect_err("occupied");
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).expect("there"), b"first");
        let names: Vec<_> = std::fs::read_dir(folder.path().join("a/b")).expect("listed").collect();
        assert_eq!(names.len(), 1, "no temporary file stays behind");
    }

    #[test]
    fn of_many_writers_at_once_exactly_one_wins_and_its_bytes_are_whole() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("draw");
        let wins: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8_u8)
                .map(|n| {
                    let path = &path;
                    scope.spawn(move || write_new(path, &[n; 5000]).is_ok())
                })
                .collect();
            writers.into_iter().map(|w| usize::from(w.join().expect("no panic"))).sum()
        });
        assert_eq!(wins, 1);
        let bytes = std::fs::read(&path).expect("there");
        assert_eq!(bytes.len(), 5000);
        assert!(bytes.iter().all(|b| *b == bytes[0]));
    }
}
