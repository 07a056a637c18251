//! `xchange verify`.

use serde_json::json;

use super::{Context, Ending, Failure, passphrase};
use crate::app::verify;
use crate::store::{Durability, Store};

/// Compares database, archive, chain and fingerprint. Exit code 1 and what differs, if anything does.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    let store = Store::open(&roster.settings.database, Durability::PowerCut)?;
    let ask = passphrase::existing(context);
    let checks = context.block_on(verify::verify(&store, &roster.exchange, &roster.settings, &ask))??;
    let ok = checks.iter().all(|check| check.ok);
    if context.ui.json() {
        let checks: Vec<_> = checks.iter().map(|c| json!({"name": c.name, "ok": c.ok, "detail": c.detail})).collect();
        context.ui.document(&json!({"ok": ok, "checks": checks}))?;
    } else {
        let mut table = context.ui.table(&["", "checked", "found"]);
        for check in &checks {
            table.add_row([if check.ok { "ok" } else { "NO" }, &check.name, &check.detail]);
        }
        context.ui.data(&table.to_string())?;
    }
    if ok {
        return Ok(Ending::Done);
    }
    let wrong: Vec<&str> = checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str()).collect();
    context.ui.always(&format!("{} of {} checks failed: {}.", wrong.len(), checks.len(), wrong.join("; ")));
    Ok(Ending::No)
}
