//! `xchange desk show` and `xchange desk inside`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{At, Failure};
use crate::app::desk::board::{self, HostLine, Inside};
use crate::web::inside_on_paper;

/// How long `--watch` waits before it looks again.
const LOOK: Duration = Duration::from_secs(1);

pub(super) const HOSTS: [&str; 5] = ["no.", "host", "room", "state", "free at"];
const INSIDE: [&str; 7] = ["visitor", "host", "room", "in", "due", "code", "state"];
const WAITING: [&str; 4] = ["waits", "for", "by", "due"];

pub(super) fn show(at: &At<'_>, watch: bool) -> Result<(), Failure> {
    if !watch {
        return print(at);
    }
    if at.context.ui.json() {
        return Err(Failure::error("--watch shows a desk to people; leave --json out"));
    }
    let runtime = at.context.runtime()?;
    let mut seen = None;
    loop {
        let mark = runtime.block_on(at.site.store.change_mark())?;
        if seen.as_ref() != Some(&mark) {
            at.context.ui.data(&format!("-- {}", at.desk.local(at.now()).strftime("%H:%M:%S")))?;
            print(at)?;
            seen = Some(mark);
        }
        std::thread::sleep(LOOK);
    }
}

fn print(at: &At<'_>) -> Result<(), Failure> {
    let (now, ui) = (at.now(), &at.context.ui);
    let board = at.site.store.read(|tx| board::board(tx, &at.desk, now))?;
    if ui.json() {
        let waiting =
            board.waiting.iter().map(|it| json!({"kind": it.kind, "to": it.to, "channel": it.channel, "due": it.due}));
        return ui.document(&json!({
            "desk": at.desk.stored.name,
            "kiosk": at.kiosk()?,
            "inside": inside_as_json(&board.inside),
            "hosts": hosts_as_json(&board.hosts),
            "waiting": waiting.collect::<Vec<_>>(),
        }));
    }
    ui.facts(&[
        ("desk", at.desk.stored.name.clone()),
        ("address", at.desk.stored.address.clone()),
        ("kiosk", at.kiosk()?),
    ])?;
    match &board.inside[..] {
        [] => ui.data("Nobody is inside.")?,
        inside => ui.table(&INSIDE, &inside_rows(at, inside))?,
    }
    if !board.hosts.is_empty() {
        ui.table(&HOSTS, &host_rows(at, &board.hosts))?;
    }
    if !board.waiting.is_empty() {
        let row = |it: &board::Waiting| {
            let kind = if it.kind == "visit_leave" { "goodbye" } else { "arrival" };
            vec![kind.to_owned(), it.to.clone(), it.channel.clone(), at.desk.say(it.due, now)]
        };
        ui.table(&WAITING, &board.waiting.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

pub(super) fn hosts_as_json(hosts: &[HostLine]) -> Vec<Value> {
    let host = |it: &board::HostLine| json!({"id": it.id.to_string(), "name": it.name, "room": it.room, "state": it.state, "free_at": it.free_at});
    hosts.iter().map(host).collect()
}

pub(super) fn host_rows(at: &At<'_>, hosts: &[HostLine]) -> Vec<Vec<String>> {
    let now = at.now();
    let row = |it: &board::HostLine| {
        let free_at = it.free_at.filter(|_| it.state != "free").map(|free| at.desk.say(free, now));
        vec![it.id.to_string(), it.name.clone(), it.room.clone(), it.state.to_owned(), free_at.unwrap_or_default()]
    };
    hosts.iter().map(row).collect()
}

fn inside_as_json(inside: &[Inside]) -> Vec<Value> {
    let visit = |it: &Inside| {
        json!({
            "visitor": it.visit.name, "host": it.visit.host_name, "room": it.visit.room, "in": it.visit.in_at,
            "due": it.visit.out_due, "code": it.visit.code, "state": it.state, "answer": it.visit.answer,
        })
    };
    inside.iter().map(visit).collect()
}

fn inside_rows(at: &At<'_>, inside: &[Inside]) -> Vec<Vec<String>> {
    let now = at.now();
    let row = |it: &Inside| {
        let state = if it.state == "unconfirmed" { "left by the clock, not confirmed" } else { it.state };
        vec![
            it.visit.name.clone(),
            it.visit.host_name.clone(),
            it.visit.room.clone(),
            at.desk.say(it.visit.in_at, now),
            at.desk.say(it.visit.out_due, now),
            it.visit.code.clone(),
            state.to_owned(),
        ]
    };
    inside.iter().map(row).collect()
}

pub(super) fn inside(at: &At<'_>, file: Option<&Path>) -> Result<(), Failure> {
    let (now, ui) = (at.now(), &at.context.ui);
    let inside = at.site.store.read(|tx| board::inside(tx, &at.desk, now))?;
    if let Some(file) = file {
        let html = inside_on_paper(&at.desk, &inside, now);
        write_new(file, &html.map_err(|e| Failure::error("the list could not be written").because(e))?)?;
        ui.talk(&format!("Wrote {} with {} to tick off. Print it.", file.display(), super::next::people(inside.len())));
        return Ok(());
    }
    if ui.json() {
        return ui.document(&json!({"desk": at.desk.stored.name, "inside": inside_as_json(&inside)}));
    }
    match &inside[..] {
        [] => ui.data("Nobody is inside."),
        inside => ui.table(&INSIDE, &inside_rows(at, inside)),
    }
}

/// Writes a file that was not there: this one shows who is inside, so it is for its owner alone.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Failure::error(format!("{} is there already, and stays as it is", path.display()))
            .hint("Name another file."),
        _ => Failure::error(format!("cannot write {}", path.display())).because(e),
    })
}
