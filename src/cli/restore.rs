//! `xchange restore`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, Failure};
use crate::app::backup::{self, BroughtBack};
use crate::app::exchange::agreement::BRING_BACK;
use crate::app::exchange::restore;
use crate::app::exchange::restore::younger::TakenUp;
use crate::error_chain::sentence;

/// Bring draws and openings back from the archive, or everything from a backup
///
/// Fills a database that has none of this series, from the archive, with the key file. Who has asked, opt-outs and wishes are not in the
/// archive. With `--from` a `backup` is put into an empty database, SQLite's or PostgreSQL's, whichever it was made from, together with
/// the draws and openings that the archive holds since. Whatever waited to be sent and is due then counts as perhaps sent: texts are
/// looked up at Twilio first, e-mails wait for `xchange outbox retry`. Everybody has to sign in again.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange restore\n  xchange restore --from saturday.backup")]
pub(super) struct Args {
    /// A file that `xchange backup` wrote
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Go on where the archive is lost, and say why in the log of openings: what was drawn or opened since is forgotten
    #[arg(long, value_name = "TEXT", requires = "from", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    if let Some(file) = &args.from {
        return from_backup(file, args.reason.as_deref(), context);
    }
    let roster = context.roster()?;
    if roster.kept.is_some() {
        let name = &roster.exchange.name;
        return Err(Failure::error(format!("{name:?} is kept in the database, and the archive holds only its draws"))
            .hint("Bring a backup back with --from."));
    }
    let site = context.site(&roster)?;
    let restored = context.block_on(restore::restore(&site))??;
    if context.ui.json() {
        context.ui.document(&json!({
            "series": roster.exchange.series,
            "draws": restored.draws,
            "openings": restored.openings,
            "missing": restored.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
    } else {
        context.ui.data(&format!(
            "Restored {} and {} of {}. `xchange history` shows their fingerprints: compare them with those you published.",
            counted(restored.draws.len(), "draw", "draws"),
            counted(restored.openings, "opening", "openings"),
            roster.exchange.series
        ))?;
    }
    for gap in &restored.gaps {
        context.ui.always(&format!("warning: {gap}"));
    }
    if !restored.gaps.is_empty() {
        context.ui.always(&format!("hint: {}", sentence(BRING_BACK)));
    }
    context.ui.talk(
        "Who has asked so far is not in the archive; people can simply ask again. Nor is who has texted STOP: whoever did \
         is sent the next message again, and only Twilio's own refusal (21610) brings the STOP back.",
    );
    Ok(())
}

fn from_backup(file: &Path, reason: Option<&str>, context: &Context) -> Result<(), Failure> {
    let exchanges = context.whole_site("restore --from")?;
    let back = context.block_on(backup::bring_back(&exchanges, file, reason))??;
    if context.ui.json() {
        let series =
            |taken: &TakenUp| json!({"series": taken.series, "draws": taken.draws, "openings": taken.openings});
        context.ui.document(&json!({
            "made_at": back.summary.made_at.to_string(),
            "rows": back.summary.rows,
            "sha256": back.summary.sha256,
            "from_archive": back.taken_up.iter().map(series).collect::<Vec<_>>(),
            "looked_up_first": back.unsure,
            "held": back.held,
        }))?;
    } else {
        let (rows, made_at) = (back.summary.rows, back.summary.made_at);
        context.ui.data(&format!("Brought back {rows} rows as they were at {made_at}, and compared them."))?;
        for taken in &back.taken_up {
            let draws = taken.draws.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let draws = if draws.is_empty() { "no draw".to_owned() } else { format!("draw {draws}") };
            context.ui.data(&format!(
                "From the archive, made since: {draws} and {} of the log of {}.",
                counted(taken.openings, "entry", "entries"),
                taken.series
            ))?;
        }
    }
    say_what_is_not_known(context, &back);
    Ok(())
}

/// What a backup cannot know.
fn say_what_is_not_known(context: &Context, back: &BroughtBack) {
    if let Some(problem) = &back.without_archive {
        context.ui.always(&format!(
            "warning: {problem}; what was drawn or opened since the backup is not known, and the log of openings says why"
        ));
    }
    if back.unsure + back.held > 0 {
        context.ui.always(&format!(
            "Messages that waited may have been sent since: {} by text are looked up at Twilio first, {} that may have gone by \
             e-mail wait for `xchange outbox retry`.",
            back.unsure, back.held
        ));
    }
    if back.taken_up.iter().any(|taken| !taken.draws.is_empty()) {
        context.ui.always(
            "Who was told of a draw made since is not known: what it has to say by e-mail waits for `xchange send`.",
        );
    }
    context.ui.always(
        "Who has texted STOP since is not in the backup: whoever did is sent the next message again, and only Twilio's own \
         refusal (21610) brings the STOP back. Everybody has to sign in again; a token or password that was changed since is \
         as it was.",
    );
}

fn counted(number: usize, noun: &str, nouns: &str) -> String {
    format!("{number} {}", if number == 1 { noun } else { nouns })
}
