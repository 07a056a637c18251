//! `xchange outbox`.

use std::collections::VecDeque;

use serde_json::json;

use super::status::local;
use super::{Context, Ending, Failure};
use crate::app::outbox::{self, Entry};
use crate::app::site::Site;
use crate::store::OutboxState;

/// How many messages are shown unless all are asked for.
const SHOWN: usize = 50;

/// How many are read at a time.
const PAGE: u32 = 1000;

/// Lists the messages that go out, the newest last. How a relayed text stands is not shown, for that could tell who it
/// goes to.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    change: Option<Change>,
    /// List all messages, not only the newest 50
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Queue a message again that has failed, lapsed or been cancelled
    Retry {
        /// Its number
        id: i64,
    },
    /// Cancel a message that waits
    Cancel {
        /// Its number
        id: i64,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    let roster = context.roster()?;
    let site = context.site_to_look(&roster)?;
    match args.change {
        Some(Change::Retry { id }) => {
            outbox::retry(&site, id)?;
            context.ui.talk(&format!("Message {id} waits to be sent: by the listener, or by `xchange send`."));
        }
        Some(Change::Cancel { id }) => {
            outbox::cancel(&site, id)?;
            context.ui.talk(&format!("Message {id} will not be sent."));
        }
        None if context.ui.json() => {
            let (entries, _) = newest(&site, usize::MAX)?;
            context.ui.document(&json!({"messages": entries.iter().map(as_json).collect::<Vec<_>>()}))?;
        }
        None => show(context, &site, args.all)?,
    }
    Ok(Ending::Done)
}

fn show(context: &Context, site: &Site, all: bool) -> Result<(), Failure> {
    let (entries, left_out) = newest(site, if all { usize::MAX } else { SHOWN })?;
    if entries.is_empty() {
        return context.ui.data("The outbox is empty.");
    }
    let mut table = context.ui.table(&["no.", "message", "for", "by", "state", "queued", "why"]);
    for entry in &entries {
        let state = match (entry.state, entry.next_at) {
            (Some(state), Some(next)) => {
                format!("{} until {}", state.word(), local(Some(next), &site.exchange.timezone))
            }
            (Some(state), None) => state.word().to_owned(),
            (None, _) => "not shown".to_owned(),
        };
        table.add_row([
            entry.id.to_string(),
            entry.kind.replace('_', " "),
            entry.to.clone(),
            entry.channel.to_owned(),
            state,
            local(Some(entry.queued_at), &site.exchange.timezone),
            why(entry),
        ]);
    }
    context.ui.data(&table.to_string())?;
    if left_out > 0 {
        context.ui.talk(&format!("{left_out} older messages are not shown; --all shows them."));
    }
    Ok(())
}

fn why(entry: &Entry) -> String {
    let code = entry.code.map(outbox::meaning_of);
    [code.flatten().map(str::to_owned), entry.problem.clone()].into_iter().flatten().next().unwrap_or_default()
}

/// The newest messages, oldest first, and how many are left out.
fn newest(site: &Site, limit: usize) -> Result<(VecDeque<Entry>, usize), Failure> {
    let (mut entries, mut left_out) = (VecDeque::new(), 0);
    let mut after = 0;
    loop {
        let page = outbox::list(site, after, PAGE)?;
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
        "state": entry.state.map(OutboxState::word),
        "attempts": entry.attempts,
        "queued_at": entry.queued_at,
        "next_at": entry.next_at,
        "code": entry.code,
        "problem": entry.problem,
    })
}
