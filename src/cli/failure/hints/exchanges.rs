//! Which exchange is meant, and what cannot be done with those of the database.

use super::sentence;
use crate::app::exchange::editing::EditingError;
use crate::app::exchange::kept::KeepError;
use crate::app::exchanges::{self, Listed, WhichExchange};
use crate::cli::Failure;
use crate::roster::SHOWN_PROBLEMS;
use crate::roster::edit::EditError;

impl From<WhichExchange> for Failure {
    fn from(error: WhichExchange) -> Self {
        match error {
            WhichExchange::Roster(error) => error.into(),
            WhichExchange::Store(error) => error.into(),
            WhichExchange::None => Self::of(error).hint("`xchange exchange new NAME` makes one."),
            WhichExchange::Several(_) => Self::of(error).hint("Say which: --exchange NAME, or -x for short."),
            WhichExchange::Unknown { ref others, .. } => {
                let hint = match &others[..] {
                    [] => "`xchange exchange new NAME` makes one.".to_owned(),
                    others => format!("There are: {}.", exchanges::in_words(others)),
                };
                Self::of(error).hint(hint)
            }
            WhichExchange::Ambiguous { ref found, .. } => {
                let way = |listed: &Listed| match listed.id {
                    Some(id) => format!("-x {}", id.0),
                    None => "no -x for that of the file".to_owned(),
                };
                let ways: Vec<String> = found.iter().map(way).collect();
                Self::of(error)
                    .hint(format!("Say which: {}. `xchange exchange list` tells them apart.", ways.join(", ")))
            }
        }
    }
}

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Roster(error) => error.into(),
            KeepError::Store(error) => error.into(),
            KeepError::NameTaken { .. } => {
                Self::no(format!("{error}.")).hint("Give it another name, or another --series.")
            }
            KeepError::SeriesStays { ref series, .. } => {
                Self::no(format!("{error}.")).hint(format!("Say so in the roster: --series {series:?}."))
            }
            KeepError::Drawn { .. } | KeepError::Stale { .. } | KeepError::Gone => Self::no(format!("{error}.")),
        }
    }
}

impl From<EditingError> for Failure {
    fn from(error: EditingError) -> Self {
        match error {
            EditingError::Edit(EditError::Before(error)) => error.into(),
            EditingError::Keep(error) => error.into(),
            EditingError::Edit(EditError::Refused(refusals)) => {
                let mut failure = Self::error("nothing was changed");
                for refusal in refusals.into_iter().take(SHOWN_PROBLEMS) {
                    let key = refusal.key.map_or_else(String::new, |key| format!("{key}: "));
                    failure.what.push_str(&format!("\n  {key}{}", refusal.message));
                    failure = failure.maybe_hint(refusal.hint.as_deref().map(sentence).as_deref());
                }
                failure
            }
            EditingError::Raced => Self::error(error.to_string()).hint("Nothing was changed; try again."),
            EditingError::Write(_) => Self::of(error).hint("The file is as it was."),
        }
    }
}
