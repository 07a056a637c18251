//! What is missing for whom, and what comes next.

use super::Context;
use crate::app::exchange::ways::Ways;
use crate::model::{MessagingMode, Settings};
use crate::roster::Roster;

/// How many names are listed before the rest is only counted.
const NAMED: usize = 10;

/// Whom the settings and the environment leave without a way to be told.
pub(super) fn missing(context: &Context, roster: &Roster) -> Vec<String> {
    let settings = &roster.settings;
    if settings.messaging.mode == MessagingMode::Files {
        return Vec::new();
    }
    let ways = Ways::of(&roster.exchange);
    let mut lines = Vec::new();
    if !ways.by_mail.is_empty() && settings.smtp.is_none() {
        let who = told(ways.by_mail.len(), "by e-mail");
        lines.push(format!("{who}, which needs an [smtp] section: {}.", names(&ways.by_mail)));
    }
    if ways.by_text > 0 {
        let needed = match (&settings.twilio, has_account(context)) {
            (Some(_), true) => None,
            (Some(_), false) => Some("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment"),
            (None, true) => Some("a [twilio] section"),
            (None, false) => {
                Some("a [twilio] section, and TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment")
            }
        };
        lines.extend(needed.map(|needed| format!("{}, which needs {needed}.", told(ways.by_text, "by text"))));
    }
    lines
}

/// Says that nothing reaches anybody, while that is so.
pub(super) fn rehearsal(settings: &Settings) -> Option<String> {
    let instead = settings.messaging.rehearsal()?;
    Some(format!(
        "REHEARSAL: everything goes to {instead} and counts for nothing; it is all sent for real once [messaging] is live. \
         Only answers to texts are real."
    ))
}

/// What comes after a draw.
pub(super) fn after_draw(context: &Context, roster: &Roster) -> String {
    let ways = Ways::of(&roster.exchange);
    let mut steps = Vec::new();
    if !ways.by_mail.is_empty() {
        steps.push(format!("{} (tells {} by e-mail)", command(context, "send"), people(ways.by_mail.len())));
    }
    if ways.by_text > 0 {
        let keyword = roster.exchange.keyword.to_uppercase();
        let who = if ways.by_text == 1 {
            "1 person, who texts".to_owned()
        } else {
            format!("{} people, who text", ways.by_text)
        };
        steps.push(format!("{} (answers {who} {keyword})", command(context, "serve")));
    }
    format!("Next: {}.", steps.join(" and "))
}

/// A command as it is typed here: with the file, where one was named.
pub(super) fn command(context: &Context, verb: &str) -> String {
    match context.typed_file() {
        Some(file) => format!("`xchange {verb} --file {}`", file.display()),
        None => format!("`xchange {verb}`"),
    }
}

/// Some names, and how many more there are.
pub(super) fn names(all: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = all.iter().take(NAMED).map(AsRef::as_ref).collect();
    match all.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How many people.
pub(super) fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn told(count: usize, way: &str) -> String {
    format!("{} {} told {way}", people(count), if count == 1 { "is" } else { "are" })
}

fn has_account(context: &Context) -> bool {
    let is_set = |name: &str| context.environment.variable(name).is_some();
    is_set("TWILIO_ACCOUNT_SID") && (is_set("TWILIO_AUTH_TOKEN") || is_set("TWILIO_AUTH_TOKEN_FILE"))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn many_names_are_counted_after_the_first_ten() {
        let all: Vec<String> = (1..=12).map(|n| n.to_string()).collect();
        assert_eq!(names(&all[..2]), "1, 2");
        assert_eq!(names(&all), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    }
}
