//! How a broadcast is shown: its plan, how it goes, and what became of it.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::app::exchanges::Exchanges;
use crate::app::list::ListError;
use crate::app::list::broadcasts;
use crate::app::list::planning::Forecast;
use crate::broadcast::Dearest;
use crate::cli::{Context, Failure, next};
use crate::store::{Broadcast, BroadcastId, BroadcastState, Outcome};

/// How many of those left out are named.
const NAMED: usize = 20;

/// How many results are shown, and read at a time.
const PAGE: u32 = 100;

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn say_plan(context: &Context, site: &Exchanges, id: BroadcastId, shown: &Forecast) -> Result<(), Failure> {
    let zone = jiff::tz::TimeZone::get(site.timezone()).unwrap_or(jiff::tz::TimeZone::UTC);
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%a %d %b %H:%M").to_string();
    let left_out: Vec<_> = shown
        .left_out
        .iter()
        .map(|out| json!({ "name": out.name, "channel": out.channel, "why": out.problem }))
        .collect();
    if context.ui.json() {
        let time: Vec<_> = shown
            .time
            .iter()
            .map(|it| json!({ "from": it.from, "until": it.until, "segments": it.segments }))
            .collect();
        return context.ui.document(&json!({
            "broadcast": id.0.to_string(), "texts": shown.texts, "emails": shown.mails, "segments": shown.segments,
            "price": shown.price, "asleep": shown.asleep, "left_out": left_out, "time": time, "example": shown.example,
            "dearest": shown.dearest.as_ref().map(Dearest::words),
        }));
    }
    let price = shown.price.map(|price| format!(", {price:.2} at your price")).unwrap_or_default();
    let mut lines = vec![format!(
        "{} texts ({} segments{price}) and {} e-mails; {} left out.",
        shown.texts,
        shown.segments,
        shown.mails,
        shown.left_out.len()
    )];
    lines.extend(shown.dearest.as_ref().map(|dearest| crate::error_chain::sentence(&dearest.words())));
    if shown.asleep > 0 {
        lines.push(format!("It is night now where {} of them are; their texts wait for the morning.", shown.asleep));
    }
    if let (Some(first), Some(last)) = (shown.time.first(), shown.time.last()) {
        let windows = if shown.time.len() > 1 { format!(", in {} parts", shown.time.len()) } else { String::new() };
        lines.push(format!("The texts take from {} to {}{windows}.", local(first.from), local(last.until)));
    }
    let why = |out: &Outcome| format!("  {} {}", out.name, out.problem.as_deref().unwrap_or_default());
    lines.extend(shown.left_out.iter().take(NAMED).map(why));
    if shown.left_out.len() > NAMED {
        lines.push(format!("  and {} more", shown.left_out.len() - NAMED));
    }
    lines.push(format!("The first reads:\n  {}", shown.example.replace('\n', "\n  ")));
    context.ui.data(&lines.join("\n"))?;
    next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
    context.ui.talk(&format!("Next: {}.", next::command(context, "broadcast send")));
    Ok(())
}

pub(super) fn show(context: &Context, site: &Exchanges, id: BroadcastId) -> Result<(), Failure> {
    let (list, broadcast, counts, page, replies) = site.store.read(|tx| {
        let (list, broadcast) = broadcasts::get(tx, id)?;
        let replies = tx.replies(list.id, Some(id), PAGE)?;
        Ok::<_, ListError>((list, broadcast, tx.count_results(id)?, tx.results(id, 0, PAGE)?, replies))
    })?;
    if context.ui.json() {
        let replies: Vec<_> =
            replies.iter().map(|it| json!({ "name": it.name, "text": it.text, "at": it.at })).collect();
        let counts: serde_json::Map<_, _> = counts.into_iter().map(|(word, count)| (word, json!(count))).collect();
        #[expect(clippy::cast_precision_loss, reason = "no broadcast holds 2^52 segments")]
        let price = site.settings.messaging.price_per_segment.map(|price| price * broadcast.segments as f64);
        return context.ui.document(&json!({
            "broadcast": id.0.to_string(), "list": list.name, "state": broadcast.state.word(), "why": broadcast.why,
            "counts": counts, "segments": broadcast.segments, "price": price,
            "recipients": page.iter().map(as_json).collect::<Vec<_>>(), "replies": replies,
        }));
    }
    context.ui.data(&in_words(&broadcast, &counts))?;
    for reply in &replies {
        context.ui.data(&format!("  {}: {}", reply.name, reply.text.replace('\n', " ")))?;
    }
    Ok(())
}

fn as_json(result: &Outcome) -> serde_json::Value {
    json!({
        "name": result.name, "channel": result.channel, "state": result.state, "code": result.code,
        "meaning": broadcasts::meaning(result), "at": result.at, "segments": result.segments,
    })
}

fn in_words(broadcast: &Broadcast, counts: &[(String, u64)]) -> String {
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let why = broadcast
        .why
        .as_deref()
        .map(|why| format!(" ({why}): nothing more goes out until `broadcast send`"))
        .unwrap_or_default();
    format!("Broadcast {} is {}{why}. {}", broadcast.id.0, broadcast.state.word(), counts.join(", "))
}

/// Shows it until all of it has come to an end.
pub(super) fn watch(context: &Context, site: &Exchanges, id: BroadcastId) -> Result<(), Failure> {
    let mut said = String::new();
    loop {
        let (broadcast, counts) =
            site.store.read(|tx| Ok::<_, ListError>((broadcasts::get(tx, id)?.1, tx.count_results(id)?)))?;
        let words = in_words(&broadcast, &counts);
        if words != said {
            context.ui.data(&words)?;
            said = words;
        }
        if !matches!(broadcast.state, BroadcastState::Sending | BroadcastState::Paused) {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}

pub(super) fn results(context: &Context, site: &Exchanges, id: BroadcastId, csv: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = csv {
        let text = site.store.read(|tx| broadcasts::csv(tx, id, site.settings.messaging.price_per_segment))?;
        let exists = |error: std::io::Error| {
            Failure::error(format!("cannot write {}", path.display()))
                .because(error)
                .hint("An existing file is never overwritten.")
        };
        let mut file = std::fs::File::create_new(path).map_err(exists)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(exists)?;
        return context.ui.data(&format!("Wrote {}.", path.display()));
    }
    let page = site.store.read(|tx| tx.results(id, 0, PAGE))?;
    if context.ui.json() {
        return context.ui.document(
            &json!({ "broadcast": id.0.to_string(), "recipients": page.iter().map(as_json).collect::<Vec<_>>() }),
        );
    }
    let price = site.settings.messaging.price_per_segment;
    let row = |result: &Outcome| {
        vec![
            result.name.clone(),
            result.channel.clone(),
            result.state.clone(),
            result.code.map(|code| code.to_string()).unwrap_or_default(),
            broadcasts::meaning(result).unwrap_or_default(),
            result.at.map(|at| crate::clock::local(at, site.timezone())).unwrap_or_default(),
            broadcasts::segments(result),
            broadcasts::price_of(result, price),
        ]
    };
    let headings = ["name", "by", "state", "code", "meaning", "time", "segments", "price"];
    context.ui.table(&headings, &page.iter().map(row).collect::<Vec<_>>())
}
