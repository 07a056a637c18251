//! Desks that keep visitors longer than they say.

use jiff::Timestamp;

use super::Finding;
use crate::app::desk::keeping;
use crate::model::Settings;
use crate::store::Store;

/// One finding a desk. What is wrong with the database is another's.
pub(super) fn kept_too_long(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let late =
        Store::open_to_look(&settings.database).and_then(|store| store.read(|tx| keeping::kept_too_long(tx, now)));
    let finding = |(desk, count): (String, u32)| {
        let detail = format!("{desk} still has the names of {count} visitors whose time to be kept is over");
        Finding::broken("desk", detail, "run `xchange desk expire`")
    };
    late.unwrap_or_default().into_iter().map(finding).collect()
}
