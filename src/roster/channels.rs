//! `[twilio]`, `[smtp]`, `[messaging]` and `[reminders]`.

use std::net::IpAddr;

use jiff::civil::Time;
use jiff::{Span as Duration, SpanRelativeTo, Unit};

use super::exchange::Heading;
use super::findings::Findings;
use super::keys;
use super::names;
use super::people::{read_email, read_phone};
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::settings::{Base, read_url};
use crate::model::{
    Email, MessagingMode, MessagingSettings, Phone, SmtpSecurity, SmtpSettings, TwilioSettings, is_this_machine,
};

/// SMS segments per second where nothing else is given: what Twilio allows a long-code number in North America.
const USUAL_RATE: f64 = 1.0;
/// No account sends faster.
const HIGHEST_RATE: f64 = 10_000.0;
/// No segment costs more, whatever the currency.
const HIGHEST_PRICE: f64 = 100_000.0;
/// What a line of the fastest kind carries in a day, about.
const MOST_DAILY_SEGMENTS: u32 = 10_000_000;
/// The earliest reminder, in hours: a year before.
const EARLIEST_REMINDER: f64 = 366.0 * 24.0;
/// How many reminders there can be.
const MOST_REMINDERS: usize = 20;

pub(super) fn read_twilio(
    root: &Section<'_, '_>,
    heading: &Heading,
    findings: &mut Findings,
) -> Option<TwilioSettings> {
    let section = root.table("twilio", &keys::TWILIO, findings)?;
    let from = section.line("from", LONGEST_TEXT, findings);
    let service = section.line("messaging_service_sid", LONGEST_TEXT, findings);
    match (section.has("from"), section.has("messaging_service_sid")) {
        (false, false) => {
            findings
                .error(section.at, "[twilio] needs `from` or `messaging_service_sid`")
                .hint("`from` is the number people text");
        }
        (true, true) => {
            let at = section.key_at("messaging_service_sid");
            findings.error(at, "`from` and `messaging_service_sid` cannot both be the sender").hint("keep one of them");
        }
        _ => {}
    }
    let base_url = section.line("base_url", LONGEST_TEXT, findings);
    let base_url = base_url.and_then(|found| read_url(found, "base_url", findings)).or_else(twilio_api)?;
    let rate = section.number("per_second", (0.0, false, HIGHEST_RATE), findings);
    Some(TwilioSettings {
        from: from.and_then(|found| read_phone(found, &heading.country, findings)).map(|found| found.value),
        messaging_service_sid: service.and_then(|found| read_service(found, findings)),
        base_url,
        per_second: rate.unwrap_or(USUAL_RATE),
    })
}

fn twilio_api() -> Option<url::Url> {
    url::Url::parse("https://api.twilio.com").ok()
}

/// Twilio's identifiers are two letters for the kind and 32 hex digits ("What is a String Identifier (SID)?").
fn read_service(found: Spanned<&str>, findings: &mut Findings) -> Option<String> {
    let sound = found
        .value
        .strip_prefix("MG")
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !sound {
        findings
            .error(found.at, "this is not a messaging service")
            .hint("a messaging service's SID is MG and 32 hex digits");
        return None;
    }
    Some(found.value.to_owned())
}

pub(super) fn read_smtp(root: &Section<'_, '_>, findings: &mut Findings) -> Option<SmtpSettings> {
    let section = root.table("smtp", &keys::SMTP, findings)?;
    let host = section.needed_line("host", 255, findings);
    let from = section.needed_line("from", 254, findings);
    let security = section.line("security", LONGEST_TEXT, findings);
    let security = security.and_then(|found| read_security(found, host, findings)).unwrap_or_default();
    let usual_port = match security {
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::Tls => 465,
        SmtpSecurity::None => 25,
    };
    let port = section.whole("port", 1..=u32::from(u16::MAX), findings);
    let user = section.line("user", LONGEST_TEXT, findings).map(|found| found.value.to_owned());
    if let Some(host) = host.filter(|host| host.value.contains(['/', ':', '@', ' ']) && !is_ip(host.value)) {
        findings.error(host.at, "`host` is the bare name of the mail server").hint("an example: \"smtp.example.org\"");
    }
    Some(SmtpSettings {
        host: host?.value.to_owned(),
        port: port.and_then(|found| u16::try_from(found.value).ok()).unwrap_or(usual_port),
        security,
        user,
        from: read_email(from?, findings)?.value,
    })
}

fn read_security(found: Spanned<&str>, host: Option<Spanned<&str>>, findings: &mut Findings) -> Option<SmtpSecurity> {
    match found.value {
        "starttls" => Some(SmtpSecurity::StartTls),
        "tls" => Some(SmtpSecurity::Tls),
        "none" => {
            if host.is_some_and(|host| !is_this_machine(host.value)) {
                findings
                    .error(found.at, "mail to another machine must be protected")
                    .hint("write \"starttls\" (port 587) or \"tls\" (port 465); \"none\" serves this machine only");
            }
            Some(SmtpSecurity::None)
        }
        other => {
            findings
                .error(found.at, format!("`security` cannot be {}", names::quoted(other)))
                .hint("write \"starttls\", \"tls\" or \"none\"");
            None
        }
    }
}

fn is_ip(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

pub(super) fn read_messaging(
    root: &Section<'_, '_>,
    heading: &Heading,
    base: Base<'_>,
    findings: &mut Findings,
) -> MessagingSettings {
    let Some(section) = root.table("messaging", &keys::MESSAGING, findings) else {
        return MessagingSettings { folder: base.join("outbox"), ..MessagingSettings::default() };
    };
    let mode = section.line("mode", LONGEST_TEXT, findings).and_then(|found| match found.value {
        "live" => Some(MessagingMode::Live),
        "files" => Some(MessagingMode::Files),
        other => {
            findings
                .error(found.at, format!("`mode` cannot be {}", names::quoted(other)))
                .hint("write \"live\", or \"files\" for a dry run");
            None
        }
    });
    let folder = base.path(Some(&section), "folder", "outbox", findings);
    let quiet = section.line("quiet", LONGEST_TEXT, findings);
    let is_never_quiet = quiet.as_ref().is_some_and(|found| found.value == "never");
    let quiet = quiet.filter(|_| !is_never_quiet).and_then(|found| read_quiet(found, findings));
    let price = section.number("price_per_segment", (0.0, true, HIGHEST_PRICE), findings);
    let daily = section.whole("daily_segments", 1..=MOST_DAILY_SEGMENTS, findings).map(|found| found.value);
    let daily_segments = daily.unwrap_or(MessagingSettings::default().daily_segments);
    let (override_phone, override_email) = read_override(&section, heading, findings);
    let mode = mode.unwrap_or_default();
    MessagingSettings {
        mode,
        folder,
        quiet,
        is_never_quiet,
        countries: read_countries(&section, findings),
        price_per_segment: price,
        daily_segments,
        override_phone,
        override_email,
    }
}

/// The countries of numbers that pages may text.
fn read_countries(section: &Section<'_, '_>, findings: &mut Findings) -> Vec<String> {
    let mut countries = Vec::new();
    for found in section.line_or_lines("countries", findings) {
        let code = found.value.trim().to_uppercase();
        if code.len() == 2 && code.parse::<phonenumber::country::Id>().is_ok() {
            countries.push(code);
        } else {
            let problem = format!("unknown country {}", names::quoted(found.value));
            findings.error(found.at, problem).hint("write two letters, such as \"GB\"");
        }
    }
    countries
}

/// Two times of day, `21:00-08:00`; the second may be on the next morning.
fn read_quiet(found: Spanned<&str>, findings: &mut Findings) -> Option<(Time, Time)> {
    let time = |text: &str| -> Option<Time> {
        let (hour, minute) = text.trim().split_once(':')?;
        let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let sound = digits(hour) && minute.len() == 2 && digits(minute);
        sound.then(|| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()).flatten()
    };
    let times = found.value.split_once(['-', '–']).and_then(|(from, to)| Some((time(from)?, time(to)?)));
    match times {
        None => {
            findings.error(found.at, "`quiet` is not two times of day").hint("an example: \"21:00-08:00\"");
            None
        }
        Some((from, to)) if from == to => {
            findings.error(found.at, "`quiet` ends when it begins").hint("leave the line out to have no quiet hours");
            None
        }
        times => times,
    }
}

/// One phone, one e-mail address, or one of each.
fn read_override(
    section: &Section<'_, '_>,
    heading: &Heading,
    findings: &mut Findings,
) -> (Option<Phone>, Option<Email>) {
    let (mut phone, mut email) = (None, None);
    for found in section.line_or_lines("override_to", findings) {
        let again = if found.value.contains('@') {
            let read = read_email(found, findings).map(|found| found.value);
            email.replace(read).is_some()
        } else {
            let read = read_phone(found, &heading.country, findings).map(|found| found.value);
            phone.replace(read).is_some()
        };
        if again {
            findings
                .error(found.at, "`override_to` names two addresses of one kind")
                .hint("at most one phone and one e-mail address");
        }
    }
    (phone.flatten(), email.flatten())
}

/// Reads `[reminders]`: how long before the day of the exchange, longest first.
pub(super) fn read_reminders(root: &Section<'_, '_>, heading: &Heading, findings: &mut Findings) -> Vec<Duration> {
    let Some(section) = root.table("reminders", &keys::REMINDERS, findings) else { return Vec::new() };
    let found = section.lines("before", LONGEST_TEXT, findings);
    let at = section.key_at("before");
    if heading.date.is_none() && !found.is_empty() && findings_have_no_date(root) {
        findings.error(at, "reminders need the day of the exchange").hint("set `date` in [exchange]");
    }
    if found.len() > MOST_REMINDERS {
        findings.error(at, format!("more than {MOST_REMINDERS} reminders"));
    }
    let mut spans: Vec<(f64, Duration)> = Vec::with_capacity(found.len());
    for text in found {
        let Some((hours, span)) = read_duration(text, findings) else { continue };
        if spans.iter().any(|(other, _)| (other - hours).abs() < f64::EPSILON) {
            findings.warning(text.at, "this reminder appears twice");
            continue;
        }
        spans.push((hours, span));
    }
    spans.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    spans.into_iter().map(|(_, span)| span).collect()
}

/// Whether `[exchange]` has no date at all; a wrong one has been reported already.
fn findings_have_no_date(root: &Section<'_, '_>) -> bool {
    root.peek_table("exchange").is_none_or(|table| !table.contains_key("date"))
}

/// A length of weeks, days, hours and minutes, and its length in hours.
fn read_duration(found: Spanned<&str>, findings: &mut Findings) -> Option<(f64, Duration)> {
    let span: Option<Duration> = found.value.parse().ok();
    // Days are counted on the calendar when the reminder falls due; here they only serve to sort and to bound.
    let hours = span.and_then(|span| span.total((Unit::Hour, SpanRelativeTo::days_are_24_hours())).ok());
    match (span, hours) {
        (Some(span), Some(hours)) if hours > 0.0 && hours <= EARLIEST_REMINDER => Some((hours, span)),
        (Some(_), Some(_)) => {
            findings
                .error(found.at, "a reminder comes before the day, by a year at most")
                .hint("an example: \"14 days\"");
            None
        }
        _ => {
            findings
                .error(found.at, format!("{} is not a length of time", names::quoted(found.value)))
                .hint("write weeks, days, hours or minutes: \"2 weeks\", \"14 days\", \"36 hours\"");
            None
        }
    }
}
