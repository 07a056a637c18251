//! `xchange verify`.

use std::collections::HashSet;

use serde_json::json;
use tokio::runtime::Runtime;

use super::{Context, Failure};
use crate::app::exchange::rerun::{self, Rerun};
use crate::app::exchange::verify::{self, Check};
use crate::app::site::Site;
use crate::error_chain::sentence;
use crate::seal::Fingerprint;

/// Compare database, archive, chain and fingerprint
///
/// Exit code 1 and what differs, if anything does. Compare the fingerprints yourself with those you published.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange verify\n  xchange verify --rerun --reason \"was it fair?\"")]
pub(super) struct Args {
    /// The fingerprint you published, in any spacing and case: it has to be that of the draw that answers
    #[arg(long, value_name = "CODE")]
    fingerprint: Option<Fingerprint>,
    /// Open the draw, draw again from its sealed seed, and say whether the result is the same; shows no pairing, and
    /// is logged as an opening
    #[arg(long, requires = "reason")]
    rerun: bool,
    /// Why; it stands in the log for everybody to read, so name nobody
    #[arg(long, value_name = "TEXT", requires = "rerun", value_parser = super::reason)]
    reason: Option<String>,
    /// The number of the draw to draw again, if not the newest
    #[arg(long, value_name = "NUMBER", requires = "rerun")]
    draw: Option<u32>,
    /// Do not ask for confirmation
    #[arg(long, requires = "rerun")]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    let site = context.site_to_look(&roster)?;
    let runtime = context.runtime()?;
    let again = match &args.reason {
        Some(reason) => Some(draw_again(args, reason, context, &site, &runtime)?),
        None => None,
    };
    let mut checks = runtime.block_on(verify::verify(&site, args.fingerprint))?;
    checks.extend(again.map(|again| again.check));
    report(context, &checks)
}

/// Asks, leaves the trace, draws again.
fn draw_again(args: &Args, reason: &str, context: &Context, site: &Site, runtime: &Runtime) -> Result<Rerun, Failure> {
    let found = runtime.block_on(rerun::find(site, args.draw))?;
    let question = format!(
        "This opens draw {} as a whole and draws it again; no pairing is shown. The opening is logged for good.",
        found.draw()
    );
    context.ui.confirm(args.yes, &question, "Nothing was opened.")?;
    let again = runtime.block_on(rerun::rerun(site, found, reason))?;
    context.ui.talk(&format!("Opening {} is in the log: {}", again.opening.number, again.opening.hash));
    Ok(again)
}

fn report(context: &Context, checks: &[Check]) -> Result<(), Failure> {
    let ok = checks.iter().all(|check| check.ok);
    if context.ui.json() {
        let checks: Vec<_> =
            checks.iter().map(|c| json!({"name": c.name, "ok": c.ok, "detail": c.detail, "todo": c.todo})).collect();
        context.ui.document(&json!({"ok": ok, "checks": checks}))?;
    } else {
        let row = |c: &Check| vec![if c.ok { "ok" } else { "NO" }.to_owned(), c.name.clone(), c.detail.clone()];
        context.ui.table(&["", "checked", "found"], &checks.iter().map(row).collect::<Vec<_>>())?;
    }
    if ok {
        context.ui.talk(&format!("Everything agrees ({} checks).", checks.len()));
        return Ok(());
    }
    let wrong = || checks.iter().filter(|check| !check.ok);
    let names: Vec<&str> = wrong().map(|check| check.name.as_str()).collect();
    let mut said = format!("{} of {} checks failed: {}.", names.len(), checks.len(), names.join("; "));
    let mut hints: Vec<&str> = wrong().map(|check| check.todo).filter(|todo| !todo.is_empty()).collect();
    // Once each, in the order of the table.
    let mut seen = HashSet::new();
    hints.retain(|hint| seen.insert(*hint));
    for hint in hints {
        said.push_str(&format!("\nhint: {}", sentence(hint)));
    }
    context.ui.always(&said);
    Err(Failure::explained())
}
