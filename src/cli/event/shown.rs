//! Events on the terminal.

use serde_json::json;

use crate::app::event::{Planning, Row, Shown, planned_in_words};
use crate::cli::{Failure, Ui};
use crate::clock::local;
use crate::dealing::Seats;

pub(super) fn list(ui: &Ui, listed: &[Shown]) -> Result<(), Failure> {
    if ui.json() {
        return ui.document(&json!({"events": listed.iter().map(Shown::as_json).collect::<Vec<_>>()}));
    }
    if listed.is_empty() {
        return ui.data("There is no event yet.");
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|shown| {
            let event = &shown.event;
            vec![
                event.topic.0.to_string(),
                event.name.clone(),
                local(event.terms.starts_at, &event.timezone),
                format!("{} of {}", shown.seats.taken, shown.seats.total),
                shown.why_in_words(),
            ]
        })
        .collect();
    ui.table(&["no.", "event", "begins", "seats held", "now"], &rows)
}

pub(super) fn event(ui: &Ui, shown: &Shown) -> Result<(), Failure> {
    if ui.json() {
        return ui.document(&shown.as_json());
    }
    let (event, Seats { total, taken, reserved, free }) = (&shown.event, shown.seats);
    let time = |at| local(at, &event.timezone);
    let mut facts = vec![
        ("event", event.name.clone()),
        ("begins", format!("{} ({})", time(event.terms.starts_at), event.timezone)),
    ];
    if !event.place.is_empty() {
        facts.push(("place", event.place.clone()));
    }
    facts.push(("seats", format!("{total}: {taken} held, {reserved} offered, {free} free")));
    facts.push(("now", shown.why_in_words()));
    if !shown.line.is_empty() {
        facts.push(("in line", shown.line.join(", ")));
    }
    ui.facts(&facts)?;
    if shown.rows.is_empty() {
        return Ok(());
    }
    let row = |row: &Row| {
        let when = row.invitation.answered_at.or(row.sent_at).map(time).unwrap_or_default();
        let seats = if row.invitation.seats > 0 { row.invitation.seats.to_string() } else { String::new() };
        let until = row.invitation.lapses_at.map(|at| format!("until {}", time(at)));
        let why = row.reason.clone().or(until).unwrap_or_default();
        vec![row.name.clone(), row.channel.to_owned(), row.standing().to_owned(), seats, when, why]
    };
    ui.table(&["guest", "by", "stands", "seats", "since", ""], &shown.rows.iter().map(row).collect::<Vec<_>>())
}

pub(super) fn plan(ui: &Ui, planning: &Planning, timezone: &str) -> Result<(), Failure> {
    let what = |planned| planned_in_words(planned, timezone);
    if ui.json() {
        let people: Vec<_> = planning
            .people
            .iter()
            .map(|(name, channel, planned)| json!({"contact": name, "channel": channel, "when": what(planned)}))
            .collect();
        let document = json!({"people": people, "segments": planning.segments, "price": planning.price});
        return ui.document(&document);
    }
    if planning.people.is_empty() {
        return ui.data("There is nobody to invite: `xchange contact add NAME --phone PHONE` adds somebody.");
    }
    let rows: Vec<Vec<String>> = planning
        .people
        .iter()
        .zip(1..)
        .map(|((name, channel, planned), place)| {
            vec![place.to_string(), name.clone(), (*channel).to_owned(), what(planned)]
        })
        .collect();
    ui.table(&["", "contact", "by", "invited"], &rows)?;
    let price = planning.price.map(|price| format!(", which cost {price:.2}")).unwrap_or_default();
    ui.talk(&format!("At most {} SMS segments for all invitations{price}.", planning.segments));
    Ok(())
}
