//! `xchange announce`.

use serde_json::json;

use super::{Context, Failure, next, send};
use crate::app::exchange::announcement::{self, Audience};
use crate::app::exchange::ways::Reachable;
use crate::app::outbox::{Ledger, held_back};

/// Tell everybody something
///
/// Goes to everybody who has texted or has an e-mail address, each by the way they are told; the others read it behind the answer to
/// their first text. It says whom it reaches, and asks. `{name}` and `{first_name}` stand for the names of whoever reads it, `{keyword}`
/// and `{exchange}` for those of the exchange; nothing stands for anybody else. The same text is told nobody twice.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange announce --dry-run \"Dear {first_name}, we meet at six.\"\n  xchange announce \"Dear {first_name}, we meet at six.\""
)]
pub(super) struct Args {
    /// What everybody is told
    #[arg(value_name = "TEXT", num_args = 0..)]
    text: Vec<String>,
    /// Tell nobody; say whom it would reach, and how it reads
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::ERROR);
    let text = announcement::checked(&args.text.join(" ")).map_err(|(problem, hint)| {
        let failure = Failure::error(problem);
        hint.into_iter().fold(failure, Failure::hint)
    })?;
    let roster = context.roster()?;
    let site = context.site(&roster)?;
    let audience = announcement::audience(&site, &text)?;
    if let Some(problem) = audience.too_long() {
        return Err(Failure::error(problem));
    }
    next::rehearsal(&roster.settings).iter().for_each(|line| context.ui.talk(line));
    if context.ui.json() && args.dry_run {
        return context.ui.document(&as_json(&audience, None));
    }
    if args.dry_run {
        return context.ui.data(&in_words(&audience));
    }
    if audience.people.is_empty() {
        context.ui.talk("Everybody has been told this before.");
        return Ok(());
    }
    context.ui.confirm(args.yes, &in_words(&audience), "Nothing was sent.")?;
    let announce = || Ok(announcement::announce(&site, &text)?);
    let (audience, pass) = send::queue_and_send(context, (&roster, &site), audience.people.len(), announce)?;
    let by_mail = !audience.reached(Reachable::ByMail).is_empty();
    if context.ui.json() {
        context.ui.document(&as_json(&audience, Some(pass.sent)))?;
        let held = held_back(Ledger::Exchange(&site), context.clock.now())?;
        return Failure::explained_unless(send::all_went_out(&pass, &held));
    }
    if args.yes {
        context.ui.talk(&in_words(&audience));
    }
    if let Some(line) = next::missing_for_mail(context, &roster.exchange, &roster.settings).filter(|_| by_mail) {
        context.ui.talk(&line);
    }
    send::report(context, Ledger::Exchange(&site), &pass)
}

fn in_words(audience: &Audience) -> String {
    let count = |how| audience.reached(how).len();
    let before =
        if audience.told_before > 0 { format!("; {} were told before", audience.told_before) } else { String::new() };
    let (texts, mails) = (next::people(count(Reachable::ByText)), count(Reachable::ByMail));
    let mut lines = vec![format!("{texts} by text, {mails} by e-mail{before}.")];
    for (how, words) in [
        (Reachable::OnceTheyText, "With the answer to their first text"),
        (Reachable::Never, "Not at all, for they have said STOP and have no e-mail"),
    ] {
        let names = audience.reached(how);
        if !names.is_empty() {
            lines.push(format!("{words}: {}.", next::names(&names)));
        }
    }
    lines.push(format!("It reads:\n  {}", audience.example.replace('\n', "\n  ")));
    lines.join("\n")
}

fn as_json(audience: &Audience, sent: Option<usize>) -> serde_json::Value {
    json!({
        "dry_run": sent.is_none(),
        "by_text": audience.reached(Reachable::ByText),
        "by_email": audience.reached(Reachable::ByMail),
        "with_first_answer": audience.reached(Reachable::OnceTheyText),
        "unreachable": audience.reached(Reachable::Never),
        "told_before": audience.told_before,
        "text": audience.example,
        "sent": sent,
    })
}
