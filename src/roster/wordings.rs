//! `[messages]`: the organizer's own wording. Which names and placeholders there are is the conversation's to know;
//! here only the texts and their places are kept.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::names;
use super::secrets;
use super::section::{self, Section, Spanned};
use super::source::{Source, Span};
use super::texts;
use super::words;

/// The longest text of a message, in characters; e-mails may be longer than an SMS.
pub(super) const LONGEST_MESSAGE: usize = 10_000;

/// The messages by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Wordings {
    by_name: BTreeMap<String, Wording>,
}

#[derive(Debug, Clone)]
struct Wording {
    text: String,
    key: Span,
    value: Span,
}

impl Wordings {
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        self.by_name.iter().map(|(name, wording)| (name.clone(), wording.text.clone())).collect()
    }

    /// Where a message's name stands.
    pub(super) fn key(&self, name: &str) -> Span {
        self.by_name.get(name).map_or_else(Span::default, |wording| wording.key)
    }

    /// Where a byte of a message's text stands; the whole text where it is written with escapes.
    pub(super) fn text_at(&self, name: &str, offset: usize, source: &Source) -> Span {
        let Some(wording) = self.by_name.get(name) else { return Span::default() };
        words::part_at(source, Spanned { value: wording.text.as_str(), at: wording.value }, offset)
    }
}

/// Reads `[messages]`. Texts may have several lines, and nothing else that cannot be seen.
pub(super) fn read_wordings(root: &Section<'_, '_>, findings: &mut Findings) -> Wordings {
    let mut wordings = Wordings::default();
    let Some(table) = root.bare_table("messages", findings) else { return wordings };
    for (key, value) in table.value {
        let at = Span::from(key.span());
        let name: &str = key.get_ref();
        if let Some(home) = secrets::secret_home(name) {
            section::report_secret(name, home, at, findings);
            continue;
        }
        let Some(found) = texts::text_of(Spanned { value: value.get_ref(), at: value.span().into() }, name, findings)
        else {
            continue;
        };
        let unprintable = found.value.chars().find(|c| names::is_unprintable(*c) && *c != '\n' && *c != '\r');
        if found.value.chars().nth(LONGEST_MESSAGE).is_some() {
            findings.error(found.at, format!("this message is longer than {LONGEST_MESSAGE} characters"));
        } else if let Some(c) = unprintable {
            findings.error(found.at, format!("this message holds the control character U+{:04X}", u32::from(c)));
        } else if found.value.trim().is_empty() {
            findings.error(found.at, "this message is empty").hint("leave the line out to keep the usual words");
        } else {
            let text = found.value.to_owned();
            wordings.by_name.insert(name.to_owned(), Wording { text, key: at, value: found.at });
        }
    }
    wordings
}
