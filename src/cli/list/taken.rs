//! Who is on a list: shown, with all they agreed to, and taken over from a spreadsheet.

use std::path::Path;

use serde_json::json;

use crate::app::exchanges::Exchanges;
use crate::app::list::{people, sheet};
use crate::cli::{Context, Failure, next};
use crate::model::{Email, Phone};
use crate::roster::{self, render_all};
use crate::store::{List, Subscriber};

pub(super) fn subscribers(context: &Context, site: &Exchanges, list: &List, sought: &str) -> Result<(), Failure> {
    let is_address = sought.contains('@') || sought.chars().filter(char::is_ascii_digit).count() > 6;
    if is_address {
        return record(context, site, list, sought);
    }
    let found = site.store.read(|tx| people::search(tx, list.id, sought))?;
    if context.ui.json() {
        let found: Vec<_> = found.iter().map(subscriber_as_json).collect();
        return context.ui.document(&json!({ "list": list.name, "subscribers": found }));
    }
    let row = |who: &Subscriber| {
        vec![
            who.name(),
            who.phone.as_ref().map(Phone::to_string).unwrap_or_default(),
            who.phone
                .as_ref()
                .map_or("", |_| if who.is_opted_out { "opted out" } else { who.by_sms.word() })
                .to_owned(),
            who.email.as_ref().map(Email::to_string).unwrap_or_default(),
            who.email.as_ref().map_or("", |_| who.by_email.word()).to_owned(),
            who.tags.join(", "),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    context.ui.table(&["name", "phone", "by text", "e-mail", "by e-mail", "tags"], &rows)
}

fn subscriber_as_json(who: &Subscriber) -> serde_json::Value {
    json!({
        "first_name": who.first_name, "last_name": who.last_name, "phone": who.phone.as_ref().map(Phone::to_string),
        "email": who.email.as_ref().map(Email::to_string), "sms": who.by_sms.word(), "by_email": who.by_email.word(),
        "opted_out": who.is_opted_out, "tags": who.tags, "timezone": who.zone,
    })
}

/// Who agreed to what, when and how.
fn record(context: &Context, site: &Exchanges, list: &List, address: &str) -> Result<(), Failure> {
    let found = site.store.read(|tx| people::record(tx, list, (address, site.country())))?;
    if context.ui.json() {
        let acts = |who: &Subscriber, acts: &[crate::store::Consent]| {
            let acts: Vec<_> = acts
                .iter()
                .map(|act| {
                    json!({ "act": act.act.word(), "channel": act.channel.word(), "at": act.at, "source": act.source,
                            "evidence": act.evidence, "wording": act.wording })
                })
                .collect();
            json!({ "subscriber": subscriber_as_json(who), "consent": acts })
        };
        let found: Vec<_> = found.iter().map(|(who, done)| acts(who, done)).collect();
        return context.ui.document(&json!({ "list": list.name, "subscribers": found }));
    }
    for (who, acts) in &found {
        let mut lines: Vec<String> = acts.iter().map(|act| format!("  {}", people::in_words(act))).collect();
        lines.extend(who.is_opted_out.then(|| "  The phone gets no texts from this number.".to_owned()));
        context.ui.data(&format!("{}\n{}", who.name(), lines.join("\n")))?;
    }
    Ok(())
}

pub(super) fn import(
    context: &Context,
    site: &Exchanges,
    list: &List,
    spreadsheet: &Path,
    dry_run: bool,
) -> Result<(), Failure> {
    let bytes = roster::on_disk(spreadsheet)?;
    let (done, warnings) = sheet::import(site, list, (&bytes, spreadsheet), dry_run)?;
    if !warnings.is_empty() {
        context.ui.talk(&render_all(&warnings));
    }
    if context.ui.json() {
        return context.ui.document(&json!({
            "list": list.name, "dry_run": dry_run, "added": done.added.len(), "known": done.known, "confirmed": done.confirmed,
            "asked": done.asked, "withdrawn": done.withdrawn,
        }));
    }
    context.ui.data(&done.words(dry_run))?;
    let again = format!("list import {}", spreadsheet.display());
    let then = if dry_run { again.as_str() } else { "broadcast new \"Hello {first_name|there}!\"" };
    context.ui.talk(&format!("Next: {}.", next::command(context, then)));
    Ok(())
}
