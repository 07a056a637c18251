//! `xchange broadcast`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{Context, Ending, Failure, next};
use crate::app::accounts;
use crate::app::event::Events;
use crate::app::exchanges::Exchanges;
use crate::app::list::broadcasts::{self, Act, Draft, Shown};
use crate::app::list::{self, ListError, audience, people, trial};
use crate::broadcast::{By, Ways};
use crate::store::{Broadcast, BroadcastId, BroadcastState, List, Outcome, Tx};

/// How many of those left out are named.
const NAMED: usize = 20;

/// How many results are shown, and read at a time.
const PAGE: u32 = 100;

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_secs(1);

/// Write to everybody of a list, once
///
/// A text is written, planned, and sent: the plan fixes who reads which words and says what it costs, how long it takes and who is
/// left out. `{first_name|there}` is somebody's own; behind the | stands what others read. `xchange serve` sends it, by day where
/// people are, and never twice.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  xchange broadcast new \"Hello {first_name|there}, we meet on Friday at 8.\"
  xchange broadcast plan
  xchange broadcast send --yes
  xchange broadcast show --watch
  xchange broadcast results --csv results.csv")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Which list, by its name, where there are several
    #[arg(long, value_name = "NAME", global = true)]
    list: Option<String>,
    /// Whose, instead of the site's
    #[arg(long, value_name = "EMAIL", global = true)]
    account: Option<String>,
    /// Which broadcast, by its number, where the newest is not meant
    #[arg(long, short = 'n', value_name = "NUMBER", global = true)]
    number: Option<i64>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write one; nothing is sent
    New {
        /// The text
        text: String,
        /// The subject of e-mails; usually who writes
        #[arg(long)]
        subject: Option<String>,
        /// Text whom texts reach and mail the others, or one of the two alone, or both
        #[arg(long, value_name = "WAYS", default_value = "either", value_parser = ["either", "sms", "email", "both"])]
        by: String,
        /// Only those with one of these tags
        #[arg(long, value_delimiter = ',')]
        tags: Vec<String>,
        /// To the address book instead of a list: texts go to whoever has texted before, e-mails to the others
        #[arg(long, conflicts_with = "event")]
        contacts: bool,
        /// To the guests of an event instead, as to the address book; their tags are open, held, line and maybe
        #[arg(long, value_name = "NAME")]
        event: Option<String>,
        /// Only to whoever has this phone or e-mail address; can be repeated
        #[arg(long, value_name = "ADDRESS")]
        only: Vec<String>,
    },
    /// Fix who reads which words; say what it costs and who is left out
    Plan,
    /// Send it to yourself first, as the first of its readers gets it
    Test {
        /// An e-mail address, or a phone that has texted this number
        address: String,
    },
    /// Send a plan, once; what is paused or has stopped goes on
    Send {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show how it goes, and what people wrote back
    Show {
        /// Until all of it has gone
        #[arg(long)]
        watch: bool,
    },
    /// Send nothing more for now
    Pause,
    /// Send nothing more
    Cancel {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Send what failed for a reason that may have passed once more
    Retry,
    /// What became of each
    Results {
        /// Write all of it into a file
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.about_the_site("broadcast")?;
    let site = context.exchanges(context.site_file()?)?;
    let now = site.clock.now();
    let account = args.account.as_deref();
    let list = match &args.what {
        What::New { contacts: true, .. } => {
            site.store.write(|tx| audience::of_contacts(tx, &site, accounts::reach_of(tx, account)?, now))?
        }
        What::New { event: Some(event), .. } => site.store.write(|tx| guests_of(tx, &site, (account, event)))?,
        _ => list::find(&site.store, account, args.list.as_deref())?.1,
    };
    if let What::New { text, subject, by, tags, only, .. } = &args.what {
        let only = site.store.read(|tx| people::at_addresses(tx, &list, only, site.country()))?;
        let draft = Draft {
            text: text.clone(),
            subject: subject.clone().unwrap_or_default(),
            ways: Ways::from_word(by).unwrap_or(Ways::Either),
            tags: tags.clone(),
            only,
        };
        let id = site.store.write(|tx| broadcasts::draft(tx, &list, &draft, now))?;
        context.ui.data(&format!("Broadcast {} to {:?} is written. Nothing has been sent.", id.0, list.name))?;
        let named = if list.slug.is_none() { format!(" --list {:?}", list.name) } else { String::new() };
        context.ui.talk(&format!("Next: {}.", next::command(context, &format!("broadcast plan{named}"))));
        return Ok(Ending::Done);
    }
    let broadcast = chosen(&site, &list, args.number)?;
    let id = broadcast.id;
    match &args.what {
        What::New { .. } => {}
        What::Plan => {
            let shown = site.store.write(|tx| broadcasts::plan(tx, &site, id, now))?;
            say_plan(context, &site, id, &shown)?;
        }
        What::Test { address } => {
            site.store.write(|tx| trial::send(tx, &site, (id, address), now))?;
            context.ui.data("It is on its way to you alone.")?;
            next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
            context.ui.talk(&format!("Next: {}.", next::command(context, "broadcast send")));
        }
        What::Send { yes } => return send(context, &site, &broadcast, *yes),
        What::Show { watch: true } => return watch(context, &site, id),
        What::Show { watch: false } => show(context, &site, id)?,
        What::Pause => done(context, &site, id, Act::Pause)?,
        What::Cancel { yes } => {
            if !yes && !context.ui.confirm("What has not gone out yet never will.")? {
                return Err(Failure::no("Nothing was cancelled."));
            }
            done(context, &site, id, Act::Cancel)?;
        }
        What::Retry => {
            let count = site.store.write(|tx| broadcasts::retry(tx, id, now))?;
            context.ui.data(&format!("{count} go out once more; the others failed for good."))?;
        }
        What::Results { csv } => results(context, &site, id, csv.as_deref())?,
    }
    Ok(Ending::Done)
}

/// The list of an event's guests.
fn guests_of(tx: &Tx<'_>, site: &Exchanges, (account, named): (Option<&str>, &str)) -> Result<List, ListError> {
    let events = Events::of(site);
    for (_, reach) in accounts::hands(tx, account)? {
        if let [event] = &events.named(tx, reach, Some(named))?[..] {
            return audience::of_event(tx, site, (reach, event), site.clock.now());
        }
    }
    Err(ListError::NoEvent(named.to_owned()))
}

/// The broadcast of a number, or the newest of a list.
fn chosen(site: &Exchanges, list: &List, number: Option<i64>) -> Result<Broadcast, Failure> {
    let all = site.store.read(|tx| tx.broadcasts_of(list.id))?;
    let found = all.into_iter().find(|broadcast| number.is_none_or(|number| broadcast.id.0 == number));
    match (found, number) {
        (Some(found), _) => Ok(found),
        (None, Some(number)) => Err(ListError::NoBroadcast(number).into()),
        (None, None) => Err(Failure::error(format!("nothing has been written to {:?} yet", list.name))
            .hint("`xchange broadcast new TEXT` writes something.")),
    }
}

fn say_plan(context: &Context, site: &Exchanges, id: BroadcastId, shown: &Shown) -> Result<(), Failure> {
    let zone = jiff::tz::TimeZone::get(site.timezone()).unwrap_or(jiff::tz::TimeZone::UTC);
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%a %d %b %H:%M").to_string();
    let left_out: Vec<_> = shown
        .left_out
        .iter()
        .map(|(name, by, why)| {
            json!({ "name": name, "channel": if *by == By::Text { "sms" } else { "email" }, "why": why.words() })
        })
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
            "dearest": shown.dearest.as_ref().map(crate::broadcast::Dearest::words),
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
    lines.extend(shown.left_out.iter().take(NAMED).map(|(name, _, why)| format!("  {name} {}", why.words())));
    if shown.left_out.len() > NAMED {
        lines.push(format!("  and {} more", shown.left_out.len() - NAMED));
    }
    lines.push(format!("The first reads:\n  {}", shown.example.replace('\n', "\n  ")));
    context.ui.data(&lines.join("\n"))?;
    next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
    context.ui.talk(&format!("Next: {}.", next::command(context, "broadcast send")));
    Ok(())
}

fn send(context: &Context, site: &Exchanges, broadcast: &Broadcast, yes: bool) -> Result<Ending, Failure> {
    let question = format!("{} messages with {} segments go out.", broadcast.messages, broadcast.segments);
    let asks = broadcast.state == BroadcastState::Planned && !yes;
    if asks && !context.ui.confirm(&question)? {
        return Err(Failure::no("Nothing was sent."));
    }
    done(context, site, broadcast.id, Act::Send)?;
    // Whatever works also does this; the same line is never two messages.
    while site.store.write(|tx| broadcasts::move_some(tx, site.clock.now()))? > 0 {}
    next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
    let (serve, show) = (next::command(context, "serve"), next::command(context, "broadcast show --watch"));
    context.ui.talk(&format!("Next: {serve} sends it, if it does not run already; {show}."));
    Ok(Ending::Done)
}

fn done(context: &Context, site: &Exchanges, id: BroadcastId, act: Act) -> Result<(), Failure> {
    let changed = site.store.write(|tx| broadcasts::act(tx, id, act, site.clock.now()))?;
    let words = match (act, changed) {
        (Act::Send, true) => "is on its way",
        (Act::Send, false) => "was sent before; nothing goes out twice",
        (Act::Pause, true) => "is paused",
        (Act::Pause, false) => "was paused already",
        (Act::Cancel, true) => "is cancelled",
        (Act::Cancel, false) => "was cancelled already",
    };
    context.ui.data(&format!("Broadcast {} {words}.", id.0))
}

fn show(context: &Context, site: &Exchanges, id: BroadcastId) -> Result<(), Failure> {
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
fn watch(context: &Context, site: &Exchanges, id: BroadcastId) -> Result<Ending, Failure> {
    let mut said = String::new();
    loop {
        let (broadcast, counts) =
            site.store.read(|tx| Ok::<_, ListError>((broadcasts::get(tx, id)?.1, tx.count_results(id)?)))?;
        let words = in_words(&broadcast, &counts);
        if words != said {
            context.ui.data(&words)?;
            said = words;
        }
        let is_open = counts.iter().any(|(word, _)| ["planned", "waiting", "claimed"].contains(&&**word));
        if !is_open || !matches!(broadcast.state, BroadcastState::Sending | BroadcastState::Paused) {
            return Ok(Ending::Done);
        }
        std::thread::sleep(LOOK);
    }
}

fn results(context: &Context, site: &Exchanges, id: BroadcastId, csv: Option<&Path>) -> Result<(), Failure> {
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
    let row = |result: &Outcome| {
        vec![
            result.name.clone(),
            result.channel.clone(),
            result.state.clone(),
            result.code.map(|code| code.to_string()).unwrap_or_default(),
            broadcasts::meaning(result).unwrap_or_default(),
        ]
    };
    context.ui.table(&["name", "by", "state", "code", "meaning"], &page.iter().map(row).collect::<Vec<_>>())
}
