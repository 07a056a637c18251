//! What is not done at a desk, and what to do then.

use super::sentence;
use crate::app::desk::DeskError;
use crate::cli::Failure;

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Store(error) => error.into(),
            DeskError::Key(error) => error.into(),
            DeskError::Refused { ref faults, .. } => Self::mistyped(faults),
            DeskError::Busy { ref words, .. } => Self::no(words.clone()),
            DeskError::Over | DeskError::HasVisitor(_) | DeskError::TooMany { .. } => {
                Self::no(sentence(&error.to_string()))
            }
            DeskError::NoDesk => Self::of(error).hint("`xchange desk new NAME --address ADDRESS` makes one."),
            DeskError::Which { .. } => Self::of(error).hint("Say which: --desk NAME."),
            DeskError::Nobody { what: "host", .. } => Self::of(error).hint("`xchange desk host list` lists them."),
            DeskError::Nobody { what: "visitor", .. } => Self::of(error)
                .hint("`xchange desk inside` lists who is inside; the code on the badge does as well as a name."),
            other => Self::of(other),
        }
    }
}
