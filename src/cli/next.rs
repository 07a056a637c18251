//! What is missing for whom, and what comes next.

use super::Context;
use crate::app::exchange::ways::Ways;
use crate::model::{Exchange, MessagingMode, Settings};

/// How many names are listed before the rest is only counted.
const NAMED: usize = 10;

/// Whom the settings and the environment leave without a way to be told.
pub(super) fn missing(context: &Context, exchange: &Exchange, settings: &Settings) -> Vec<String> {
    if settings.messaging.mode == MessagingMode::Files {
        return Vec::new();
    }
    let ways = Ways::of(exchange);
    let mut lines: Vec<String> = missing_for_mail(context, exchange, settings).into_iter().collect();
    if ways.by_text > 0 {
        let has_account = is_set(context, "TWILIO_ACCOUNT_SID") && is_set(context, "TWILIO_AUTH_TOKEN");
        let needed = match (&settings.twilio, has_account) {
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

/// What those who are told by e-mail lack.
pub(super) fn missing_for_mail(context: &Context, exchange: &Exchange, settings: &Settings) -> Option<String> {
    let mailed = Ways::of(exchange).by_mail;
    if mailed.is_empty() || settings.messaging.mode == MessagingMode::Files {
        return None;
    }
    let needed = match &settings.smtp {
        None => "an [smtp] section",
        Some(smtp) if smtp.user.is_some() && !is_set(context, "SMTP_PASSWORD") => "SMTP_PASSWORD in the environment",
        Some(_) => return None,
    };
    Some(format!("{}, which needs {needed}: {}.", told(mailed.len(), "by e-mail"), names(&mailed)))
}

/// Says that nothing reaches anybody, while that is so.
pub(super) fn rehearsal(settings: &Settings) -> Option<String> {
    let instead = settings.messaging.rehearsal()?;
    Some(format!(
        "REHEARSAL: everything goes to {instead} and counts for nothing; it is all sent for real once [messaging] is live. \
         Only answers to texts are real."
    ))
}

/// What comes after a draw of this exchange. A listener answers for all exchanges, so none is named to it.
pub(super) fn after_draw(context: &Context, drawn: &Exchange) -> String {
    let ways = Ways::of(drawn);
    let (send, serve) = (command(context, "send"), command_for(context, "serve", None));
    let mails = format!("tells {} by e-mail", people(ways.by_mail.len()));
    let text = if ways.by_text == 1 { "texts" } else { "text" };
    let answers = format!("answers {}, who {text} {}", people(ways.by_text), drawn.keyword.to_uppercase());
    match (ways.by_mail.len(), ways.by_text) {
        (0, _) => format!("Next: {serve} ({answers})."),
        (_, 0) => format!("Next: {send} ({mails})."),
        _ => format!("Next: {serve} ({answers}, and {mails}), or {send} for the e-mails alone."),
    }
}

/// A command as it is typed here: with the file and the exchange, where one was named.
pub(super) fn command(context: &Context, verb: &str) -> String {
    command_for(context, verb, context.exchange.as_deref())
}

/// A command about an exchange as it is typed here.
pub(super) fn command_for(context: &Context, verb: &str, exchange: Option<&str>) -> String {
    let file = context.typed_file().map(|file| format!(" --file {}", file.display())).unwrap_or_default();
    let quoted = |name: &str| {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        if plain { name.to_owned() } else { format!("\"{}\"", name.replace(['\\', '"', '$', '`'], "?")) }
    };
    let exchange = exchange.map(|name| format!(" -x {}", quoted(name))).unwrap_or_default();
    format!("`xchange {verb}{file}{exchange}`")
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

/// Whether a variable is set, or one that names a file with its value.
fn is_set(context: &Context, name: &str) -> bool {
    let environment = &context.environment;
    environment.variable(name).is_some() || environment.variable(&format!("{name}_FILE")).is_some()
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
