//! Writes the picture, and nothing over what is not a picture of ours.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::app::exchange::matrix;
use crate::cli::Failure;
use crate::matcher::Matrix;
use crate::model::{ArchiveSettings, Settings};
use crate::roster::Roster;

/// Writes who may give to whom. The file is complete or not there, and only an earlier such picture is replaced.
pub(super) fn write(path: &Path, roster: &Roster, matrix: &Matrix) -> Result<(), Failure> {
    let people = roster.exchange.people.len();
    let most = matrix::MOST_IN_PICTURE;
    if people > most {
        return Err(Failure::error(format!("{people} people do not fit a page; {most} do")));
    }
    refuse_name(path)?;
    refuse_what_is_kept(path, &roster.settings)?;
    refuse_what_is_there(path)?;
    let failed = |e: std::io::Error| Failure::error(format!("cannot write {}", path.display())).because(e);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new().prefix(".picture-").tempfile_in(folder).map_err(failed)?;
    part.write_all(matrix::as_svg(&roster.exchange, matrix).as_bytes()).map_err(failed)?;
    part.as_file().sync_all().map_err(failed)?;
    part.persist(path).map_err(|e| failed(e.error)).map(drop)
}

fn refuse_name(path: &Path) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Err(Failure::error("the picture goes into a file, not to stdout").hint("Name one: --picture who.svg"));
    }
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("svg")) {
        return Err(Failure::error(format!("the picture is an SVG, and {} is not named like one", path.display()))
            .hint("Name a file that ends in .svg; every browser shows it."));
    }
    Ok(())
}

/// The exchange's own places, whatever stands there today.
fn refuse_what_is_kept(path: &Path, settings: &Settings) -> Result<(), Failure> {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    let Some(wanted) = whole(path) else { return Ok(()) };
    let is = |own: &Path| whole(own).is_some_and(|own| own == wanted);
    let inside = |own: &Path| own.canonicalize().is_ok_and(|own| wanted.starts_with(own));
    let archived = matches!(&settings.archive, ArchiveSettings::Folder { path, .. } if inside(path));
    if settings.database.is_file(is) || is(&settings.seal.key_file) || archived || inside(&settings.messaging.folder) {
        return Err(Failure::error(format!("{} is a place of the exchange itself", path.display()))
            .hint("Name another file for the picture."));
    }
    Ok(())
}

fn refuse_what_is_there(path: &Path) -> Result<(), Failure> {
    let Ok(there) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let mut start = Vec::new();
    // Asked for its kind first: opening a pipe would wait for somebody to write into it.
    if there.is_file()
        && let Ok(file) = File::open(path)
    {
        let _unreadable_is_not_ours = file.take(matrix::SVG_START.len() as u64).read_to_end(&mut start);
    }
    if start == matrix::SVG_START.as_bytes() {
        return Ok(());
    }
    Err(Failure::error(format!("{} is there already, and is no picture of xchange", path.display()))
        .hint("It stays as it is. Name another file for the picture."))
}
