//! Visits at the command line, and how long they are kept.

use serde_json::json;

use super::{At, Failure};
use crate::app::desk::{self, Left, Typed, board, keeping};
use crate::cli::expire::past;

#[derive(Debug, clap::Args)]
pub(super) struct Visit {
    /// What the visitor is called
    name: String,
    /// Where they are texted when it is time to leave
    #[arg(long)]
    phone: Option<String>,
    /// Where they are written to then
    #[arg(long)]
    email: Option<String>,
    /// To whom; usually whoever has been free for longest
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// When they leave: a time of today such as 14:30, or a length such as "45 min"
    #[arg(long, value_name = "TIME")]
    until: String,
    /// They agree to what the desk says it does with this; `xchange desk messages` shows the sentence
    #[arg(long)]
    consent: bool,
}

pub(super) fn visit(args: &Visit, at: &At<'_>) -> Result<(), Failure> {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let typed = Typed {
        name: args.name.clone(),
        phone: given(&args.phone),
        email: given(&args.email),
        host: given(&args.host),
        until: args.until.clone(),
        consent: args.consent,
    };
    let done = at.site.store.write(|tx| desk::check_in(tx, &at.site, &at.desk, &typed, false))?;
    let (visit, ui) = (&done.visit, &at.context.ui);
    if ui.json() {
        return ui.document(&json!({
            "id": visit.id.to_string(), "visitor": visit.name, "host": visit.host_name, "room": visit.room,
            "in": visit.in_at, "due": visit.out_due, "code": visit.code, "token": done.token,
        }));
    }
    let what = if done.again { "is checked in already" } else { "is checked in" };
    let due = at.desk.say(visit.out_due, at.now());
    ui.talk(&format!("{} {what}, to {}, until {due}; the badge says {}.", visit.name, visit.host_name, visit.code));
    if !done.texted && visit.phone.is_some() {
        ui.talk("Their number is not texted: it takes no texts, is of a country that this site does not text, or has had enough.");
    }
    ui.talk(&format!("Next: {}, or {} when they go.", at.next("inside"), at.next(&format!("leave {}", visit.code))));
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Leave {
    /// The code on the badge, or the name
    who: String,
}

pub(super) fn leave(args: &Leave, at: &At<'_>) -> Result<(), Failure> {
    let now = at.now();
    let (name, left) = at.site.store.write(|tx| {
        let visit = board::find_visit(tx, &at.desk, &args.who, now)?;
        let left = desk::leave(tx, &visit, now, now)?;
        Ok::<_, desk::DeskError>((visit.name, left))
    })?;
    at.context.ui.talk(&match left {
        Left::Now => format!("{name} has left; their host is free."),
        Left::Corrected => format!("The clock had closed the visit of {name}; now it is known that they left."),
        Left::Before => format!("{name} had left already."),
    });
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Extend {
    /// The code on the badge, or the name
    who: String,
    /// Until when: a time of today such as 14:30, or a length from now such as "30 min"
    #[arg(long, value_name = "TIME")]
    until: String,
}

pub(super) fn extend(args: &Extend, at: &At<'_>) -> Result<(), Failure> {
    let now = at.now();
    let moved = at.site.store.write(|tx| {
        let visit = board::find_visit(tx, &at.desk, &args.who, now)?;
        desk::extend(tx, &at.site, &at.desk, &visit, &args.until)
    })?;
    at.context.ui.talk(&format!("{} stays until {}.", moved.name, at.desk.say(moved.out_due, now)));
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Cancel {
    /// The code on the badge, or the name
    who: String,
}

pub(super) fn cancel(args: &Cancel, at: &At<'_>) -> Result<(), Failure> {
    let now = at.now();
    let (name, cancelled) = at.site.store.write(|tx| {
        let visit = board::find_visit(tx, &at.desk, &args.who, now)?;
        let cancelled = desk::cancel(tx, &visit, now)?;
        Ok::<_, desk::DeskError>((visit.name, cancelled))
    })?;
    let what = if cancelled { "is cancelled; their host is free" } else { "is over already" };
    at.context.ui.talk(&format!("The visit of {name} {what}."));
    Ok(())
}

pub(super) fn expire(at: &At<'_>, text: Option<&str>, yes: bool) -> Result<(), Failure> {
    let then = match text {
        Some(text) => past(text, at.desk.hours.zone.clone(), at.now())?,
        None => keeping::limit(&at.desk, at.now()),
    };
    let count = at.site.store.read(|tx| keeping::count_before(tx, &at.desk, then))?;
    let (ui, day) = (&at.context.ui, at.desk.local(then).date());
    if count == 0 {
        ui.talk(&format!("Nobody is kept whose visit ended before {day}."));
        return Ok(());
    }
    let question = format!(
        "Names and addresses of {} whose visits ended before {day} are erased; the visits stay as a count.",
        super::next::people(count as usize)
    );
    ui.talk(&question);
    ui.confirm(yes, "This cannot be taken back.", "Nothing was erased.")?;
    let gone = at.site.store.write(|tx| keeping::expire(tx, &at.desk, then))?;
    ui.talk(&format!("Erased {gone}."));
    Ok(())
}

pub(super) fn forget(at: &At<'_>, name: &str, yes: bool) -> Result<(), Failure> {
    let count = at.site.store.write(|tx| keeping::forget(tx, &at.desk, name, false))?;
    let visits = if count == 1 { "1 past visit".to_owned() } else { format!("{count} past visits") };
    let question = format!("Name and addresses of {name:?} are erased from {visits}, which stay as a count.");
    at.context.ui.talk(&question);
    at.context.ui.confirm(yes, "This cannot be taken back.", "Nothing was erased.")?;
    let gone = at.site.store.write(|tx| keeping::forget(tx, &at.desk, name, true))?;
    at.context.ui.talk(&format!("Erased {gone}."));
    Ok(())
}
