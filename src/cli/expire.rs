//! `xchange expire`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{Context, Failure, next};
use crate::app::contacts;
use crate::app::desk::keeping;
use crate::app::exchange::forgetting::{self, Forgotten, NotForgotten};
use crate::model::TopicId;
use crate::store::Tx;

/// What neither `expire` nor `forget` reaches.
pub(super) const KEPT: &str = "Not reached: sealed draws, their headers (which may say who joined or left) and the entries of the chain, here and in the archive, which nobody can take anything out of; \
                               that a phone or an e-mail address wants no more messages, which is kept as a hash of it; notices that still wait to tell others who joined or left; messages that were sent, and what providers keep of them; backups; logs; the \
                               roster file. Contacts, lists and desks forget by `contact forget`, `list forget` and `desk expire`.";

/// Forget the people of draws, and the guests of events, before a day
///
/// Goes through all exchanges and events of the site, or with -x through one exchange. Who was asked to an event that began before
/// that day is forgotten: name and addresses; the contact stays. Whoever was last drawn before that day is forgotten: name, addresses,
/// wishes, households, and the numbers of their texts. The draws stay, with how many they were of. Nobody of a draw that answers is
/// forgotten before it is 60 days old, and nobody who is still to be told of a changed address. What is not reached is said before
/// anything is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange expire --before 2026-01-01 --dry-run\n  xchange expire --before \"400 days\""
)]
pub(super) struct Args {
    /// A day such as 2026-06-01, or how long ago, such as "400 days"
    #[arg(long, value_name = "DAY")]
    before: String,
    /// Only show how many would go
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// A day that is past, as its zone has it, or so long ago.
pub(super) fn past(text: &str, zone: TimeZone, now: Timestamp) -> Result<Timestamp, Failure> {
    let day = text.trim().parse::<Date>().ok().and_then(|day| day.to_zoned(zone).ok());
    let ago = || keeping::length(text).and_then(|length| now.checked_sub(length).ok());
    day.map(|day| day.timestamp()).or_else(ago).filter(|then| *then <= now).ok_or_else(|| {
        Failure::error(format!("{text:?} is no time that is past"))
            .hint("Write a day such as 2026-06-01, or a length such as \"30 days\".")
    })
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let now = context.clock.now();
    let (store, settings, one, zone) = match &context.exchange {
        Some(_) => {
            let site = context.site(&context.roster()?)?;
            let topic = site.store.read(|tx| site.topic(tx))?;
            (site.store, site.settings, Some(topic.map(|topic| topic.id)), site.exchange.timezone.clone())
        }
        None => {
            let site = context.exchanges(context.site_file()?)?;
            let zone = site.timezone().to_owned();
            (site.store, site.settings, None, zone)
        }
    };
    let before = past(&args.before, TimeZone::get(&zone).unwrap_or(TimeZone::UTC), now)?;
    let expire = |really: bool| -> Result<Vec<Forgotten>, NotForgotten> {
        let work = |tx: &Tx<'_>| {
            let topics: Vec<TopicId> = match one {
                Some(one) => one.into_iter().collect(),
                None => tx.drawn_exchanges()?,
            };
            let mut done = Vec::new();
            for topic in topics {
                done.extend(forgetting::expire(tx, &settings, topic, before, now)?);
            }
            if one.is_none() {
                for event in tx.events_over(before)? {
                    done.push(contacts::forgetting::expire(tx, event)?);
                }
            }
            Ok::<Vec<Forgotten>, NotForgotten>(done)
        };
        // What keeps them from being forgotten is the inner error, the database's own the outer one.
        if really { store.write(work) } else { store.undone(|tx| Ok(work(tx)))? }
    };
    let found = expire(false)?;
    let people: usize = found.iter().map(|it| it.people).sum();
    if !context.ui.json() {
        say(context, &found, (people, args.dry_run));
    }
    if people > 0 && !args.dry_run {
        context.ui.confirm(args.yes, "This cannot be taken back.", "Nobody was forgotten.")?;
        let done: usize = expire(true)?.iter().map(|it| it.people).sum();
        context.ui.talk(&format!("Forgot {}.", next::people(done)));
    }
    if context.ui.json() {
        let kept =
            |it: &Forgotten| it.kept.iter().map(|(name, why)| json!({"name": name, "why": why})).collect::<Vec<_>>();
        let each = |it: &Forgotten| json!({"exchange": it.exchange, "people": it.people, "kept": kept(it), "in_roster": it.in_roster});
        let exchanges: Vec<_> = found.iter().map(each).collect();
        context
            .ui
            .document(&json!({"before": before, "dry_run": args.dry_run, "people": people, "exchanges": exchanges}))?;
    }
    Ok(())
}

fn say(context: &Context, found: &[Forgotten], (people, dry_run): (usize, bool)) {
    let would = if dry_run { "Would forget" } else { "Forgets" };
    for Forgotten { exchange, people, kept, in_roster } in found {
        if *people > 0 {
            context.ui.talk(&format!("{would} {} of {exchange:?}.", next::people(*people)));
        }
        if *in_roster {
            context.ui.talk(&format!(
                "The roster of {exchange:?} has been changed since it was drawn, and keeps naming people; `xchange forget` takes each out."
            ));
        }
        let mut reasons: Vec<&str> = kept.iter().map(|(_, why)| *why).collect();
        reasons.dedup();
        for why in reasons {
            let names: Vec<&String> = kept.iter().filter(|(_, it)| *it == why).map(|(name, _)| name).collect();
            context.ui.talk(&format!("Keeps {} of {exchange:?}: {why}.", next::names(&names)));
        }
    }
    match people {
        0 => context.ui.talk("Nobody is to be forgotten whose last draw, or event, was before that."),
        _ => context.ui.talk(KEPT),
    }
}
