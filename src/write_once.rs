//! Files written once: whole or not at all, readable by their owner only, never over another file; and the one that is
//! replaced, for its owner asked for that.
//!
//! Keys and archived draws share this rule, so it has one place. A file is written under a temporary name in its own
//! folder, flushed to the disk, and then linked to its real name; linking fails where something already stands. A crash
//! leaves at most a temporary file, whose name starts with a dot; a later run tidies it.

use std::ffi::OsString;
use std::fs::{DirBuilder, DirEntry, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Writes a new file of mode 0600 and waits until file and folder are on the disk. Missing folders are made with mode
/// 0700; existing ones keep their mode.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] when something stands there, which is left as it is; otherwise what the system says.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new_with(path, |file| file.write_all(bytes))
}

/// [`write_new`] for what is written as it comes; when `write` fails there is no file.
///
/// # Errors
/// As [`write_new`], and what `write` says.
pub(crate) fn write_new_with<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_folder(folder)?;
    let temporary = temporary_beside(path, folder)?;
    let written = write_synced(&temporary, write).and_then(|done| Ok(settle(&temporary, path).map(|()| done)?));
    // Whatever happened, the temporary name has served; a leftover would only puzzle its owner.
    let tidied = std::fs::remove_file(&temporary);
    let done = written?;
    match tidied {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    File::open(folder)?.sync_all()?;
    Ok(done)
}

/// Puts other bytes into a file that is there: whole or not at all, under its own mode, and behind a link where it is one.
/// Only for what its owner has asked to have changed.
///
/// # Errors
/// What the system says; the file is as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let temporary = temporary_beside(&path, folder)?;
    let replaced = write_synced(&temporary, |file| file.write_all(bytes))
        .and_then(|()| std::fs::set_permissions(&temporary, std::fs::metadata(&path)?.permissions()))
        .and_then(|()| std::fs::rename(&temporary, &path));
    if replaced.is_err() {
        // It may not have been made, and the first error is the one to tell.
        let _gone = std::fs::remove_file(&temporary);
    }
    replaced?;
    File::open(folder)?.sync_all()
}

/// How old a temporary file has to be before it counts as left behind: no write takes as long.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// What the names of temporary files end with.
const ENDING: &str = ".part";

/// How many hexadecimal digits stand before that.
const DIGITS: usize = 16;

/// Removes the temporary files that killed runs left in a folder. Whatever cannot be looked at or removed stays.
#[expect(clippy::disallowed_methods, reason = "compared with the times of files, which no clock of ours moves")]
pub(crate) fn tidy(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let is_old = |entry: &DirEntry| {
        let file = entry.metadata().ok().filter(Metadata::is_file)?;
        let age = SystemTime::now().duration_since(file.modified().ok()?).ok()?;
        (age > LEFT_BEHIND).then_some(())
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_temporary) && is_old(&entry).is_some() {
            // Somebody else may have tidied it meanwhile.
            let _gone = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is one that [`temporary_beside`] makes.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix('.').and_then(|name| name.strip_suffix(ENDING)?.rsplit_once('.'));
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    random.is_some_and(|(name, digits)| !name.is_empty() && digits.len() == DIGITS && digits.chars().all(is_digit))
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
    temporary.push(format!(".{:0DIGITS$x}{ENDING}", rand::random::<u64>()));
    Ok(folder.join(temporary))
}

fn write_synced<T, E: From<io::Error>>(path: &Path, write: impl FnOnce(&mut File) -> Result<T, E>) -> Result<T, E> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let done = write(&mut file)?;
    file.sync_all()?;
    Ok(done)
}

/// Gives the finished file its name. File systems without hard links (FAT, some network folders) get a plain copy
/// that still refuses to overwrite; only there could a crash leave a part of the file.
fn settle(temporary: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(temporary, path) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            write_synced(path, |file| io::copy(&mut File::open(temporary)?, file).map(drop))
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
    fn a_file_is_replaced_whole_and_keeps_its_mode_and_its_link() {
        let folder = tempfile::tempdir().expect("folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("real"), b"first").expect("written");
        std::fs::set_permissions(path("real"), std::fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink("real", path("link")).expect("linked");
        replace(&path("link"), b"second").expect("replaced");
        assert_eq!(std::fs::read(path("real")).expect("there"), b"second");
        assert_eq!(std::fs::metadata(path("real")).expect("there").permissions().mode() & 0o777, 0o640);
        assert!(std::fs::symlink_metadata(path("link")).expect("there").is_symlink());
        assert!(replace(&path("nothing"), b"").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "compared with the times of files, which no clock of ours moves")]
    fn what_killed_runs_left_is_tidied_and_nothing_else() {
        let folder = tempfile::tempdir().expect("folder");
        let path = |name: &str| folder.path().join(name);
        let long_ago = SystemTime::now() - LEFT_BEHIND - Duration::from_secs(1);
        let write = |name: &str, at: SystemTime| {
            std::fs::write(path(name), b"half").expect("written");
            File::options().write(true).open(path(name)).expect("opens").set_modified(at).expect("set");
        };
        let left = ".exchange.key.0123456789abcdef.part";
        let stays = [
            ".exchange.key.fedcba9876543210.part",
            "exchange.key.0123456789abcdef.part",
            ".exchange.key.0123456789ABCDEF.part",
            ".exchange.key.0123456789abcde.part",
            ".0123456789abcdef.part",
            "exchange.key",
        ];
        write(left, long_ago);
        for name in stays {
            // The first is being written at this very moment.
            write(name, if name == stays[0] { SystemTime::now() } else { long_ago });
        }
        std::fs::create_dir(path(".a.0123456789abcdef.part")).expect("made");
        let temporary = temporary_beside(&path("exchange.key"), folder.path()).expect("a name");
        assert!(is_temporary(temporary.file_name().and_then(|name| name.to_str()).expect("text")));
        tidy(folder.path());
        tidy(&path("nowhere"));
        assert!(!path(left).exists());
        assert!(stays.iter().all(|name| path(name).exists()) && path(".a.0123456789abcdef.part").exists());
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
