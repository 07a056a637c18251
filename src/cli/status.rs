//! `xchange status`.

use jiff::Timestamp;
use serde_json::json;

use super::{Context, Failure, next};
use crate::app::exchange::status::{self, DrawStatus, PersonStatus, Waiting};
use crate::app::exchange::ways::Reachable;
use crate::app::exchange::words::fairness;
use crate::clock;
use crate::roster::Roster;
use crate::store::ArchiveState;

/// Show who has asked, and how the draw is kept
///
/// Shows no pairing. `--waiting` shows those alone who have not been told, and names those whom nothing reaches from here.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange status\n  xchange status --waiting\n  xchange status --json | jq -r '.people[] | select(.asked == 0).name'"
)]
pub(super) struct Args {
    /// Show only who has not been told, why not, and how they can be reached
    #[arg(long)]
    waiting: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let roster = context.roster()?;
    if args.waiting {
        return show_waiting(context, &roster);
    }
    let exchange = &roster.exchange;
    let status = status::status(&context.site_to_look(&roster)?)?;
    let rehearsal = roster.settings.messaging.rehearsal();
    if context.ui.json() {
        let draw = status.draw.as_ref();
        return context.ui.document(&json!({
            "exchange": exchange.name,
            "draw": draw.map(|draw| draw.number),
            "drawn_at": draw.map(|draw| draw.drawn_at),
            "forgotten_at": draw.and_then(|draw| draw.forgotten_at),
            "fingerprint": draw.map(|draw| draw.fingerprint.clone()),
            "uniformity": draw.map(|draw| draw.uniformity.clone()),
            "people": draw.map_or(&[][..], |draw| &draw.people).iter().map(person_as_json).collect::<Vec<_>>(),
            "openings": status.openings,
            "openings_in_all": status.openings_in_all,
            "differences": status.differences,
            "archive": draw.map(|draw| super::copy_as_json(&draw.archive)),
            "outbox": status.outbox,
            "rehearsal": rehearsal,
        }));
    }
    let Some(draw) = &status.draw else {
        return context.ui.data(&format!("{} has not been drawn yet.", exchange.name));
    };
    let row =
        |person: &PersonStatus| vec![person.name.clone(), times(person), local(person.last_asked, &exchange.timezone)];
    match draw.forgotten_at {
        Some(at) => context.ui.data(&format!(
            "The people of {} were forgotten on {}; its draw answers nobody any more. The next exchange takes another name.",
            exchange.name,
            local(Some(at), &exchange.timezone)
        ))?,
        None => {
            let rows: Vec<_> = draw.people.iter().map(row).collect();
            context.ui.table(&["person", "asked", "last asked"], &rows)?;
        }
    }
    context.ui.data("")?;
    let openings = match (status.openings, status.openings_in_all) {
        (these, all) if these == all => these.to_string(),
        (these, all) => format!("{these} of this draw, {all} in all"),
    };
    let mut facts = facts(draw, openings, &exchange.timezone);
    if !status.outbox.is_empty() {
        let counts: Vec<String> = status.outbox.iter().map(|(state, count)| format!("{count} {state}")).collect();
        facts.push(("outbox", counts.join(", ")));
    }
    context.ui.facts(&facts)?;
    next::rehearsal(&roster.settings).iter().for_each(|line| context.ui.talk(line));
    context.say_differences(&status.differences);
    Ok(())
}

fn show_waiting(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let name = &roster.exchange.name;
    let found = status::waiting(&context.site_to_look(roster)?)?;
    if context.ui.json() {
        let draw = found.as_ref().map(|(draw, ..)| draw);
        let waiting = found.iter().flat_map(|(.., waiting)| waiting);
        let row =
            |waiting: &Waiting| json!({"name": waiting.name, "reach": waiting.reachable.word(), "why": waiting.why});
        context
            .ui
            .document(&json!({"exchange": name, "draw": draw, "waiting": waiting.map(row).collect::<Vec<_>>()}))?;
        return Ok(());
    }
    let Some((_, people, waiting)) = found else {
        return context.ui.data(&format!("{name} has not been drawn yet."));
    };
    if waiting.is_empty() {
        return context.ui.data(if people == 0 { "Everybody has been forgotten." } else { "Everybody has been told." });
    }
    let mail = if next::missing_for_mail(context, &roster.exchange, &roster.settings).is_some() {
        "e-mail, once [smtp] is set up"
    } else {
        Reachable::ByMail.word()
    };
    let by = |how: Reachable| if how == Reachable::ByMail { mail } else { how.word() };
    let row = |waiting: &Waiting| vec![waiting.name.clone(), waiting.why.clone(), by(waiting.reachable).to_owned()];
    context.ui.table(&["person", "why not told", "reached by"], &waiting.iter().map(row).collect::<Vec<_>>())?;
    context.ui.talk(&format!("{} of {people} have not been told.", waiting.len()));
    let out_of_reach = |waiting: &&Waiting| matches!(waiting.reachable, Reachable::OnceTheyText | Reachable::Never);
    let yours: Vec<&str> = waiting.iter().filter(out_of_reach).map(|waiting| waiting.name.as_str()).collect();
    if !yours.is_empty() {
        context.ui.talk(&format!(
            "Nothing reaches {} from here; tell them yourself: {}.",
            next::people(yours.len()),
            next::names(&yours)
        ));
    }
    Ok(())
}

fn times(person: &PersonStatus) -> String {
    match person.asked {
        0 => "not yet".to_owned(),
        _ if person.mailed => "told by e-mail".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

fn facts(draw: &DrawStatus, openings: String, timezone: &str) -> Vec<(&'static str, String)> {
    let asked = draw.people.iter().filter(|person| person.asked > 0).count();
    let problem = draw.archive.problem.as_deref().map(|p| format!(" ({p})")).unwrap_or_default();
    // Nobody has looked just now; `doctor` and `verify` do.
    let earlier = if draw.archive.state == ArchiveState::Confirmed { " earlier" } else { "" };
    vec![
        ("asked", format!("{asked} of {}", draw.people.len())),
        ("draw", format!("{}, {}", draw.number, local(Some(draw.drawn_at), timezone))),
        ("fingerprint", draw.fingerprint.clone()),
        ("fairness", fairness(&draw.uniformity)),
        ("archive", format!("{}{earlier}, {}{problem}", draw.archive.state.word(), draw.archive.location)),
        ("openings", openings),
    ]
}

fn person_as_json(person: &PersonStatus) -> serde_json::Value {
    json!({"name": person.name, "asked": person.asked, "last_asked": person.last_asked})
}

/// A time in the exchange's zone, as people write it.
pub(super) fn local(at: Option<Timestamp>, timezone: &str) -> String {
    at.map(|at| clock::local(at, timezone)).unwrap_or_default()
}
