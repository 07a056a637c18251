//! `xchange status`.

use jiff::Timestamp;
use serde_json::json;

use super::draw::fairness;
use super::{Context, Ending, Failure, next};
use crate::app::exchange::status::{self, DrawStatus, PersonStatus};

/// Show who has asked, and how the draw is kept
///
/// Shows no pairing.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange status\n  xchange status --json | jq -r '.people[] | select(.asked == 0).name'"
)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    let roster = context.roster()?;
    let exchange = &roster.exchange;
    let status = status::status(&context.site_to_look(&roster)?)?;
    let rehearsal = roster.settings.messaging.rehearsal();
    if context.ui.json() {
        let draw = status.draw.as_ref();
        context.ui.document(&json!({
            "exchange": exchange.name,
            "draw": draw.map(|draw| draw.number),
            "drawn_at": draw.map(|draw| draw.drawn_at),
            "fingerprint": draw.map(|draw| draw.fingerprint.clone()),
            "uniformity": draw.map(|draw| draw.uniformity.clone()),
            "people": draw.map_or(&[][..], |draw| &draw.people).iter().map(person_as_json).collect::<Vec<_>>(),
            "openings": status.openings,
            "openings_in_all": status.openings_in_all,
            "differences": status.differences,
            "archive": draw.map(|draw| super::copy_as_json(&draw.archive)),
            "outbox": status.outbox,
            "rehearsal": rehearsal,
        }))?;
        return Ok(Ending::Done);
    }
    let Some(draw) = &status.draw else {
        context.ui.data(&format!("{} has not been drawn yet.", exchange.name))?;
        return Ok(Ending::Done);
    };
    let row =
        |person: &PersonStatus| vec![person.name.clone(), times(person), local(person.last_asked, &exchange.timezone)];
    context.ui.table(&["person", "asked", "last asked"], &draw.people.iter().map(row).collect::<Vec<_>>())?;
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
    Ok(Ending::Done)
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
    vec![
        ("asked", format!("{asked} of {}", draw.people.len())),
        ("draw", format!("{}, {}", draw.number, local(Some(draw.drawn_at), timezone))),
        ("fingerprint", draw.fingerprint.clone()),
        ("fairness", fairness(&draw.uniformity)),
        ("archive", format!("{}, {}{problem}", draw.archive.state.word(), draw.archive.location)),
        ("openings", openings),
    ]
}

fn person_as_json(person: &PersonStatus) -> serde_json::Value {
    json!({"name": person.name, "asked": person.asked, "last_asked": person.last_asked})
}

/// A time in the exchange's zone, as people write it.
pub(super) fn local(at: Option<Timestamp>, timezone: &str) -> String {
    let Some(at) = at else { return String::new() };
    match at.in_tz(timezone) {
        Ok(zoned) => zoned.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_unknown_zone) => at.to_string(),
    }
}
