//! `xchange backup`.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Failure, passphrase};
use crate::app::backup;
use crate::app::keys::Keys;

/// Keep everything in one sealed file
///
/// One consistent copy of the whole database, SQLite's or PostgreSQL's, also while the listener answers. Sealed to this
/// machine's key and to the auditors in `[seal]`: without one of their keys it tells nothing, so keep a copy of the key file
/// elsewhere; it is not inside. `restore --from` brings it back, on either engine.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange backup saturday.backup")]
pub(super) struct Args {
    /// A new file
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    context.about_the_site("backup")?;
    let settings = context.site_file()?.settings().clone();
    let keys = Keys::new(&settings.seal, passphrase::existing(context, &settings.seal.key_file));
    let made = backup::make(&settings, &keys, &args.to, context.clock.now())?;
    if context.ui.json() {
        let file = args.to.display().to_string();
        context.ui.document(&json!({"file": file, "rows": made.rows, "sha256": made.sha256}))?;
    } else {
        context.ui.data(&format!("Wrote {} rows to {}.", made.rows, args.to.display()))?;
    }
    Ok(())
}
