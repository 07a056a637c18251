//! Reads texts: what a line may hold, and what a name is.

use toml::de::{DeArray, DeValue};

use super::findings::Findings;
use super::names;
use super::section::{Spanned, wrong_type};

pub(super) fn sound_name<'a>(found: Spanned<&'a str>, key: &str, findings: &mut Findings) -> Option<Spanned<&'a str>> {
    if let Some((what, hint)) = names::fault(found.value) {
        findings.error(found.at, format!("`{key}` {what}")).hint(hint);
        return None;
    }
    if let Some((one, other)) = names::mixed_alphabets(found.value) {
        let name = names::quoted(found.value);
        findings
            .warning(found.at, format!("{name} mixes {one} and {other} letters in one word, which look alike"))
            .hint("write each word in one alphabet, or whoever types it is not understood");
    }
    Some(found)
}

/// The one-line texts of a list.
pub(super) fn each_line<'a>(
    items: &'a DeArray<'_>,
    key: &str,
    longest: usize,
    findings: &mut Findings,
) -> Vec<Spanned<&'a str>> {
    let mut lines = Vec::with_capacity(items.len());
    for item in items.iter() {
        let found = Spanned { value: item.get_ref(), at: item.span().into() };
        lines.extend(text_of(found, key, findings).and_then(|text| one_line(text, key, longest, findings)));
    }
    lines
}

/// Text, whatever it holds.
pub(super) fn text_of<'a>(
    found: Spanned<&'a DeValue<'_>>,
    key: &str,
    findings: &mut Findings,
) -> Option<Spanned<&'a str>> {
    if let DeValue::String(text) = found.value {
        return Some(Spanned { value: text, at: found.at });
    }
    let is_list = matches!(found.value, DeValue::Array(_) | DeValue::Table(_));
    let finding = wrong_type(found, key, "text", findings);
    if !is_list {
        finding.hint("put it in quotes");
    }
    None
}

/// Checks a text of one line.
pub(super) fn one_line<'a>(
    found: Spanned<&'a str>,
    key: &str,
    longest: usize,
    findings: &mut Findings,
) -> Option<Spanned<&'a str>> {
    sound_text(found, key, (longest, false), findings)
}

/// Checks a text: how long it may be, and whether it may have several lines.
pub(super) fn sound_text<'a>(
    found: Spanned<&'a str>,
    key: &str,
    (longest, many_lines): (usize, bool),
    findings: &mut Findings,
) -> Option<Spanned<&'a str>> {
    let value = found.value.trim();
    if value.is_empty() {
        findings.error(found.at, format!("`{key}` is empty"));
        return None;
    }
    // Characters are counted only where bytes do not tell.
    if value.len() > longest && value.chars().nth(longest).is_some() {
        let length = value.chars().count();
        findings.error(found.at, format!("`{key}` is {length} characters long; at most {longest} are allowed"));
        return None;
    }
    let is_line_end = |c: char| many_lines && matches!(c, '\n' | '\r');
    let to_check = if names::is_plain(value) { "" } else { value };
    if let Some(c) = to_check.chars().find(|c| names::is_unprintable(*c) && !is_line_end(*c)) {
        findings.error(found.at, format!("`{key}` holds the control character U+{:04X}", u32::from(c)));
        return None;
    }
    Some(Spanned { value, at: found.at })
}
