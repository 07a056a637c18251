//! What the forms of desks and hosts share: their fields, and what is said where one is not taken.

use axum::http::StatusCode;

use crate::app::desk::{DeskError, Fault};
use crate::error_chain::{in_full, sentence};
use crate::web::pages::Failed;

/// A field of a form.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) kind: &'static str,
    pub(super) is_needed: bool,
    pub(super) value: String,
    pub(super) fault: Option<String>,
}

/// A field before anything stands in it: its name, its label, a hint, the kind of input, whether it is needed.
pub(super) type Blank = (&'static str, &'static str, &'static str, &'static str, bool);

/// The fields of a form, with what stands in them and what is wrong with that.
pub(super) fn filled(blanks: &[Blank], value: impl Fn(&str) -> String, faults: &[Fault]) -> Vec<Field> {
    let field = |&(name, label, hint, kind, is_needed): &Blank| Field {
        fault: faults.iter().find(|(of, _)| *of == name).map(|(_, remark)| sentence(remark)),
        value: value(name),
        name,
        label,
        hint,
        kind,
        is_needed,
    };
    blanks.iter().map(field).collect()
}

/// What is wrong with a form, with its status; what is wrong with nothing in particular is of no field.
pub(super) fn refused(error: DeskError) -> Result<(StatusCode, Vec<Fault>), Failed> {
    match error {
        DeskError::Refused { faults, .. } => Ok((StatusCode::UNPROCESSABLE_ENTITY, faults)),
        DeskError::Visited | DeskError::HasVisitor(_) => Ok((StatusCode::CONFLICT, vec![("", error.to_string())])),
        DeskError::Store(error) => Err(error.into()),
        DeskError::Key(error) => {
            tracing::error!(problem = in_full(&error), "no desk can be made");
            Err(Failed::Here)
        }
        _ => Err(Failed::NotFound),
    }
}

/// What is said above a form.
pub(super) fn notice(faults: &[Fault]) -> Option<String> {
    let general = faults.iter().find(|(of, _)| of.is_empty()).map(|(_, words)| sentence(words));
    general.or_else(|| (!faults.is_empty()).then(|| "Nothing was kept yet.".to_owned()))
}
