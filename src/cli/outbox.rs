//! `xchange outbox`.

use std::collections::VecDeque;

use serde_json::json;

use super::status::local;
use super::{Context, Failure};
use crate::app::exchanges::WhichExchange;
use crate::app::outbox::{Entry, Ledger};

/// How many messages are shown unless all are asked for.
const SHOWN: usize = 50;

/// How many are read at a time.
const PAGE: u32 = 1000;

/// List the messages that go out; retry or cancel one
///
/// Those of the exchange at hand and of all events, desks and lists; where no exchange is at hand, those of the whole site. The newest are
/// last. What was only rehearsed still waits to be sent for real. Questions and answers that are passed on are not among
/// them: who asks whom is nobody's to see.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange outbox\n  xchange outbox retry 12")]
pub(super) struct Args {
    #[command(subcommand)]
    change: Option<Change>,
    /// List all messages, not only the newest 50
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Queue a message again that has failed, lapsed, been cancelled or only rehearsed
    Retry {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Cancel a message that waits
    Cancel {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
}

fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_no_number| "a message is named by its number; `xchange outbox` lists them")
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let named = context.exchange.as_deref();
    let roster = match context.find(named) {
        Err(WhichExchange::None | WhichExchange::Several(_)) => {
            return look(args, context, Ledger::Site(&context.exchanges_to_look(context.site_file()?)?));
        }
        roster => roster?,
    };
    let site = context.site_to_look(&roster)?;
    look(args, context, if named.is_some() { Ledger::Exchange(&site) } else { Ledger::AtHand(&site) })
}

fn look(args: &Args, context: &Context, ledger: Ledger<'_>) -> Result<(), Failure> {
    match args.change {
        Some(Change::Retry { id }) => {
            ledger.retry(id)?;
            context.ui.talk(&format!("Message {id} waits to be sent: by the listener, or by `xchange send`."));
        }
        Some(Change::Cancel { id }) => {
            ledger.cancel(id)?;
            context.ui.talk(&format!("Message {id} will not be sent."));
        }
        None if context.ui.json() => {
            let (entries, _) = newest(ledger, usize::MAX)?;
            context.ui.document(&json!({"messages": entries.iter().map(as_json).collect::<Vec<_>>()}))?;
        }
        None => show(context, ledger, args.all)?,
    }
    Ok(())
}

fn show(context: &Context, ledger: Ledger<'_>, all: bool) -> Result<(), Failure> {
    let (entries, left_out) = newest(ledger, if all { usize::MAX } else { SHOWN })?;
    if entries.is_empty() {
        return context.ui.data("The outbox is empty.");
    }
    let now = context.clock.now();
    let row = |entry: &Entry| {
        let state = match (entry.state, entry.next_at) {
            // A time that is over says nothing: what it waits for is something else.
            (state, Some(next)) if next > now => {
                format!("{state} until {}", local(Some(next), ledger.timezone()))
            }
            (state, _) => state.to_owned(),
        };
        let message = format!("{} for {}, by {}", entry.kind.replace('_', " "), entry.to, entry.channel_in_words());
        let queued = format!("queued {}", local(Some(entry.queued_at), ledger.timezone()));
        let why = Some(entry.why()).filter(|why| !why.is_empty()).map(|why| format!("; {why}")).unwrap_or_default();
        vec![entry.id.to_string(), message, state, queued + &why]
    };
    context.ui.table(&["", "message", "state", "since and why"], &entries.iter().map(row).collect::<Vec<_>>())?;
    if left_out > 0 {
        context.ui.talk(&format!("{left_out} older messages are not shown; --all shows them."));
    }
    Ok(())
}

/// The newest messages, oldest first, and how many are left out.
fn newest(ledger: Ledger<'_>, limit: usize) -> Result<(VecDeque<Entry>, usize), Failure> {
    let (mut entries, mut left_out) = (VecDeque::new(), 0);
    let mut after = 0;
    loop {
        let page = ledger.list(after, PAGE)?;
        let Some(last) = page.last() else { return Ok((entries, left_out)) };
        after = last.id;
        entries.extend(page);
        let surplus = entries.len().saturating_sub(limit);
        left_out += entries.drain(..surplus).count();
    }
}

fn as_json(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id,
        "kind": entry.kind,
        "for": entry.to,
        "channel": entry.channel,
        "state": entry.state,
        "attempts": entry.attempts,
        "queued_at": entry.queued_at,
        "next_at": entry.next_at,
        "code": entry.code,
        "problem": entry.problem,
    })
}
