//! Changing a roster where it is kept: read, changed, read again as a roster, and only then put in its place.

use std::path::PathBuf;

use jiff::Timestamp;

use super::kept::{self, KeepError};
use crate::app::site::Site;
use crate::model::TopicId;
use crate::roster::edit::{self, Edit, EditError, Edited};
use crate::roster::{self, Roster, RosterError};
use crate::write_once;

/// Where a roster is kept.
#[derive(Debug)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In the database of its site, in this row.
    Database(Site, TopicId),
}

/// Why a roster was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditingError {
    /// It cannot be, or must not be.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The database does not take it.
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error("the roster was changed by somebody else at the same moment")]
    Raced,
    #[error("the roster cannot be written")]
    Write(#[source] std::io::Error),
}

impl From<RosterError> for EditingError {
    fn from(error: RosterError) -> Self {
        Self::Edit(error.into())
    }
}

impl Place {
    /// The roster, which may want people still.
    pub fn draft(&self) -> Result<Roster, EditingError> {
        Ok(self.read(&self.text()?)?)
    }

    /// What would become of the roster.
    pub fn planned(&self, edits: &[Edit]) -> Result<Edited, EditingError> {
        self.edited(&self.text()?, edits)
    }

    /// Changes the roster, all or nothing. Where it fails, the roster is as it was.
    pub fn change(&self, edits: &[Edit], now: Timestamp) -> Result<Edited, EditingError> {
        match self {
            Self::File(path) => {
                let text = self.text()?;
                let edited = self.edited(&text, edits)?;
                if edited.text != text {
                    if self.text()? != text {
                        return Err(EditingError::Raced);
                    }
                    write_once::replace(path, edited.text.as_bytes()).map_err(EditingError::Write)?;
                }
                Ok(edited)
            }
            Self::Database(site, id) => change_kept(site, *id, None, edits, now).map(|(edited, _)| edited),
        }
    }

    fn edited(&self, text: &str, edits: &[Edit]) -> Result<Edited, EditingError> {
        Ok(edit::apply(text, |text| self.read(text), edits)?)
    }

    fn text(&self) -> Result<String, EditingError> {
        match self {
            Self::File(path) => Ok(roster::read_text(path)?),
            Self::Database(site, id) => {
                let kept = site.store.read(|tx| tx.kept_exchange(*id)).map_err(KeepError::from)?;
                Ok(kept.ok_or(KeepError::Gone)?.toml)
            }
        }
    }

    fn read(&self, text: &str) -> Result<Roster, RosterError> {
        match self {
            Self::File(path) => roster::parse_draft(text, path),
            Self::Database(site, _) => roster::parse_kept(text, &site.exchange.name, &site.settings),
        }
    }
}

/// Changes a roster that is kept in the database, all or nothing; with `revision` only if it is still as it was then. Gives the
/// revision that it has now; where it fails, the roster is as it was.
pub fn change_kept(
    site: &Site,
    id: TopicId,
    revision: Option<i64>,
    edits: &[Edit],
    now: Timestamp,
) -> Result<(Edited, i64), EditingError> {
    let read = |text: &str| roster::parse_kept(text, &site.exchange.name, &site.settings);
    let mut edited = None;
    let edit = |toml: &str| Ok::<_, EditingError>(edited.insert(edit::apply(toml, read, edits)?).text.clone());
    let kept = kept::change(&site.store, &site.settings, id, revision, edit, now)?;
    Ok((edited.ok_or(KeepError::Gone)?, kept.revision))
}
