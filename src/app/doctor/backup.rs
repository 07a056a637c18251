//! How old the last backup is.

use jiff::{SignedDuration, Timestamp};

use super::Finding;
use crate::model::Settings;
use crate::store::{Store, StoreError, Tx};

const PART: &str = "backup";

/// Says how old it is; nothing where the database cannot say, which is another's finding.
pub(super) fn last(settings: &Settings, now: Timestamp) -> Option<Finding> {
    let asked = Store::open_to_look(&settings.database).and_then(|store| store.read(made_at));
    Some(match asked.ok()? {
        Some(made_at) => Finding::ok(PART, format!("the last one was made {}", ago(now.duration_since(made_at)))),
        None => Finding::not_set_up(
            PART,
            "none has been made",
            "`xchange backup FILE` makes one, `xchange serve --backup-every 1d` one a day",
        ),
    })
}

fn made_at(tx: &Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    tx.last_backup()
}

fn ago(age: SignedDuration) -> String {
    let (number, unit) = match age.as_hours() {
        ..1 => return "within the last hour".to_owned(),
        hours @ 1..48 => (hours, "hour"),
        hours => (hours / 24, "day"),
    };
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    // H18
    #[test]
    fn an_age_is_said_in_words() {
        let said = |hours| ago(SignedDuration::from_hours(hours));
        assert_eq!(said(0), "within the last hour");
        assert_eq!(said(1), "1 hour ago");
        assert_eq!(said(47), "47 hours ago");
        assert_eq!(said(50), "2 days ago");
    }
}
