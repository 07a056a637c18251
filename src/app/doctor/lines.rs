//! The lines that messages go by, as `doctor` sees them.

use jiff::Timestamp;

use super::Finding;
use crate::app::outbox::ClosedLine;
use crate::model::Settings;
use crate::store::Store;

/// The lines by which nothing goes for now. That one keeps its pace is no finding, and what is wrong with the database is
/// another's.
pub(super) fn closed(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let closed = Store::open_to_look(&settings.database)
        .and_then(|store| store.read(|tx| ClosedLine::all(tx, settings, now)))
        .unwrap_or_default();
    let finding = |line: ClosedLine| {
        let detail = format!("{} wait until {:.0}: {}", line.what, line.until, line.why.as_ref()?);
        Some(Finding::broken("outbox", detail, "mend what it names, if it is yours; what waits goes by itself then"))
    };
    closed.into_iter().filter_map(finding).collect()
}
