//! `xchange send`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::status::local;
use super::{Context, Failure, listen, next};
use crate::app::exchange::{mail_again, notices};
use crate::app::exchanges::WhichExchange;
use crate::app::outbox::{ClosedLine, Held, Ledger, Outbox, Pass, Plan, Skipped, held_back, providers};
use crate::app::service;
use crate::app::site::Site;
use crate::messaging::sender::Sender;
use crate::model::Settings;
use crate::roster::Roster;

/// More messages than this are confirmed first.
const LARGE: usize = 25;

/// How many of those left out are named.
const NAMED: usize = 20;

/// Send what is due: pairings by e-mail, reminders, what waits in the outbox
///
/// Sends once: the pairing by e-mail to those who are told so, reminders, and whatever waits in the outbox. A running listener does
/// the same by itself. In a rehearsal (`mode = "files"` or `override_to` under `[messaging]`) nobody is told and nothing counts as
/// sent. Questions and answers that are passed on go as well, and are never counted: who asks whom is nobody's to see.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange send --dry-run    say how many, and what they cost\n  xchange send\n  xchange send --again \"Ada Hill\"    her e-mail was lost"
)]
pub(super) struct Args {
    /// Send nothing; say how many, how long it takes, what it costs, and who is left out
    #[arg(long)]
    dry_run: bool,
    /// Mail somebody their pairing once more, to the address it was drawn with; asks first
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "dry_run")]
    again: Option<Vec<String>>,
    /// Do not ask, neither before mailing again nor before sending many messages
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::ERROR);
    let roster = match context.find(context.exchange.as_deref()) {
        Err(WhichExchange::None | WhichExchange::Several(_)) if args.again.is_none() => return send_all(args, context),
        roster => roster?,
    };
    let site = context.site(&roster)?;
    let unreminded = notices::without_reminder(&site)?;
    next::rehearsal(&roster.settings).iter().for_each(|line| context.ui.talk(line));
    context.block_on(async {
        let outbox = outbox(context, &roster, &site).await?;
        if let Some(name) = &args.again {
            mail_again(args, context, &site, &name.join(" "))?;
        }
        let plan = outbox.rehearse().await?;
        if !plan.skipped.is_empty() {
            for line in next::missing(context, &roster.exchange, &roster.settings) {
                context.ui.talk(&line);
            }
        }
        send(args, context, Ledger::AtHand(&site), &outbox, (&plan, &unreminded)).await
    })?
}

/// Sends what is due for all topics of a site that has no exchange at hand.
fn send_all(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.exchanges(context.site_file()?)?;
    next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
    context.block_on(async {
        let sender = sender(context, &site.settings)?;
        let outbox = service::outbox_of_all(&site, sender).await?;
        let plan = outbox.rehearse().await?;
        send(args, context, Ledger::Site(&site), &outbox, (&plan, &[])).await
    })?
}

/// Shows what sending would do and, unless that is all, does it.
async fn send(
    args: &Args,
    context: &Context,
    ledger: Ledger<'_>,
    outbox: &Arc<Outbox>,
    (plan, unreminded): (&Plan, &[String]),
) -> Result<(), Failure> {
    if args.dry_run || !context.ui.json() {
        show_plan(context, ledger, plan, unreminded, args.dry_run)?;
    }
    if args.dry_run {
        return Ok(());
    }
    let count = plan.messages();
    context.ui.confirm(args.yes || count <= LARGE, &format!("Send {count} messages?"), "Nothing was sent.")?;
    outbox.queue_what_is_missing().await?;
    let pass = drain(context, outbox, count).await?;
    show_result(context, ledger, plan, unreminded, &pass)
}

/// Has somebody's pairing mailed again, once that is confirmed.
fn mail_again(args: &Args, context: &Context, site: &Site, name: &str) -> Result<(), Failure> {
    if name.trim().is_empty() {
        return Err(Failure::error("--again needs the name of whoever lost their e-mail")
            .hint("xchange send --again \"Ada Hill\"; `xchange status` lists everybody."));
    }
    let lost = mail_again::find(site, name)?;
    let last = match lost.last {
        Some(at) => format!("they were last told on {}", local(Some(at), &site.exchange.timezone)),
        None => "they have not been told yet".to_owned(),
    };
    let question = format!("This mails {} the name they have once more, to {}; {last}.", lost.name, lost.to);
    context.ui.confirm(args.yes, &question, "Nothing was sent.")?;
    Ok(mail_again::queue(site, &lost)?)
}

/// The outbox of a site, with the ways that settings and environment allow.
async fn outbox(context: &Context, roster: &Roster, site: &Site) -> Result<Arc<Outbox>, Failure> {
    Ok(service::outbox_of(site, sender(context, &roster.settings)?).await?)
}

/// What sends. The mail client keeps its connections on the runtime it is made in.
fn sender(context: &Context, settings: &Settings) -> Result<Sender, Failure> {
    let on_status = settings.listener.public_url.as_ref().map(listen::status_url).transpose()?;
    Ok(providers::sender(settings, &context.accounts()?, on_status)?)
}

async fn drain(context: &Context, outbox: &Arc<Outbox>, count: usize) -> Result<Pass, Failure> {
    let bar = context.ui.bar(count as u64);
    let pass = outbox.drain(|pass| bar.set_position(pass.done() as u64)).await?;
    bar.finish_and_clear();
    Ok(pass)
}

/// Queues what `queue` does, unless nothing may be sent, and sends everything that is due, `count` messages or so.
pub(super) fn queue_and_send<T>(
    context: &Context,
    (roster, site): (&Roster, &Site),
    count: usize,
    queue: impl FnOnce() -> Result<T, Failure>,
) -> Result<(T, Pass), Failure> {
    context.block_on(async {
        let outbox = outbox(context, roster, site).await?;
        Ok((queue()?, drain(context, &outbox, count).await?))
    })?
}

fn show_plan(
    context: &Context,
    ledger: Ledger<'_>,
    plan: &Plan,
    unreminded: &[String],
    dry_run: bool,
) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(&json!({"dry_run": dry_run, "plan": as_json(plan, unreminded)}));
    }
    let mut lines = vec![format!("{}, {}", counted(plan.texts, "text"), counted(plan.emails, "e-mail"))];
    let closed = ledger.closed_lines()?;
    if plan.texts > 0 {
        let time = duration(plan.time, closed.iter().any(|line| line.what == "texts"));
        let price = plan.price.map(|price| format!(", about {price:.2} by your price_per_segment")).unwrap_or_default();
        lines.push(format!("{}{time}{price}", counted(plan.segments, "segment")));
    }
    let held = if dry_run { held_back(ledger, context.clock.now())? } else { Vec::new() };
    lines.extend(held.iter().map(|held| held_in_words(held, ledger.timezone())));
    let waits = |line: &&ClosedLine| if line.what == "texts" { plan.texts > 0 } else { plan.emails > 0 };
    lines.extend(closed.iter().filter(waits).map(|line| {
        format!("{} wait until {}: {}", line.what, local(Some(line.until), ledger.timezone()), line.reason())
    }));
    if let Some((id, character)) = plan.dear {
        lines.push(format!(
            "message {id} holds {character:?}, which plain SMS lack: its segments hold 70 characters instead of 160"
        ));
    }
    for skipped in plan.skipped.iter().take(NAMED) {
        let is_like = |other: &&Skipped| (&other.kind, &other.to) == (&skipped.kind, &skipped.to);
        let several = plan.skipped.iter().filter(is_like).count() > 1;
        let number = if several { format!("message {}, ", skipped.id) } else { String::new() };
        lines.push(format!(
            "left out: {number}{} for {} ({})",
            skipped.kind.replace('_', " "),
            skipped.to,
            skipped.why
        ));
    }
    if plan.skipped.len() > NAMED {
        let where_listed = if dry_run { "`--json` lists them all" } else { "`xchange outbox` lists them" };
        lines.push(format!("left out: {} more; {where_listed}", plan.skipped.len() - NAMED));
    }
    lines.extend(unreminded_in_words(unreminded));
    let text = lines.join("\n");
    if dry_run {
        return context.ui.data(&text);
    }
    context.ui.talk(&text);
    Ok(())
}

/// Reminders go to those who have texted, or can be mailed. Who has done nothing yet is the organizer's to reach.
fn unreminded_in_words(unreminded: &[String]) -> Option<String> {
    let get = if unreminded.len() == 1 { "gets" } else { "get" };
    let (people, names) = (next::people(unreminded.len()), next::names(unreminded));
    (!unreminded.is_empty()).then(|| {
        format!("{people} {get} no reminder (they have never texted, or said STOP); tell them yourself: {names}")
    })
}

fn show_result(
    context: &Context,
    ledger: Ledger<'_>,
    plan: &Plan,
    unreminded: &[String],
    pass: &Pass,
) -> Result<(), Failure> {
    if context.ui.json() {
        let held = held_back(ledger, context.clock.now())?;
        context.ui.document(&json!({
            "dry_run": false,
            "plan": as_json(plan, unreminded),
            "sent": pass.sent,
            "rehearsed": pass.rehearsed,
            "put_off": pass.put_off,
            "ended": pass.ended,
            "blocked": pass.blocked,
            "held_back": held.iter().map(held_as_json).collect::<Vec<_>>(),
        }))?;
        return Failure::explained_unless(all_went_out(pass, &held));
    }
    report(context, ledger, pass)
}

/// Says what became of what was sent.
pub(super) fn report(context: &Context, ledger: Ledger<'_>, pass: &Pass) -> Result<(), Failure> {
    let held = held_back(ledger, context.clock.now())?;
    let more = [(pass.rehearsed, "rehearsed"), (pass.put_off, "to be tried again"), (pass.ended, "not sent")];
    let more = more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    context.ui.data(&format!("{} sent{}", pass.sent, more.collect::<String>()))?;
    held.iter().for_each(|held| context.ui.talk(&held_in_words(held, ledger.timezone())));
    let is_well = all_went_out(pass, &held);
    if !is_well {
        let remedy = "`xchange outbox` says why; what waits is sent by the next `xchange send`, or by the listener.";
        context.ui.talk(remedy);
    }
    Failure::explained_unless(is_well)
}

/// Whether all went out that was due and not meant to wait.
pub(super) fn all_went_out(pass: &Pass, held: &[Held]) -> bool {
    pass.put_off == 0 && pass.ended == 0 && held.iter().all(|held| held.is_meant)
}

fn held_in_words(Held { count, until, why, .. }: &Held, timezone: &str) -> String {
    let wait = if *count == 1 { "waits" } else { "wait" };
    format!("{count} {wait} until {}: {why}", local(Some(*until), timezone))
}

fn held_as_json(held: &Held) -> serde_json::Value {
    json!({"count": held.count, "until": held.until, "why": held.why})
}

fn as_json(plan: &Plan, unreminded: &[String]) -> serde_json::Value {
    let skipped = plan.skipped.iter().map(|s| json!({"id": s.id, "kind": s.kind, "for": s.to, "why": s.why}));
    json!({
        "texts": plan.texts,
        "segments": plan.segments,
        "emails": plan.emails,
        "price": plan.price,
        "seconds": plan.time.as_secs_f64(),
        "costly": plan.dear.map(|(id, character)| json!({"id": id, "character": character})),
        "unreminded": unreminded,
        "skipped": skipped.collect::<Vec<_>>(),
    })
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How long it takes; where the line is closed for now, once it is free.
fn duration(time: Duration, closed: bool) -> String {
    match time.as_secs() {
        0 if closed => String::new(),
        0 => ", at once".to_owned(),
        seconds @ 1..120 => format!(", about {seconds} s"),
        seconds => format!(", about {} min", seconds.div_ceil(60)),
    }
}
