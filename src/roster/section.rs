//! Reads one table of the file key by key; every unknown key and wrong type is collected, none ends the reading.

use toml::de::{DeTable, DeValue};

use super::findings::Findings;
use super::keys::{self, Shape};
use super::names::{self, LONGEST_NAME};
use super::secrets;
use super::source::Span;
use super::texts::{each_line, one_line, sound_name, sound_text, text_of};

/// The longest text of a single line, in characters, where nothing shorter is asked for.
pub(super) const LONGEST_TEXT: usize = 1_000;

/// A value and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) at: Span,
}

/// A table of a known shape.
pub(super) struct Section<'a, 'i> {
    shape: &'static Shape,
    table: &'a DeTable<'i>,
    /// Its header, or all of it where it is written inline.
    pub(super) at: Span,
}

impl<'a, 'i> Section<'a, 'i> {
    /// Takes a table and reports the keys its shape does not know.
    pub(super) fn new(shape: &'static Shape, table: &'a DeTable<'i>, at: Span, findings: &mut Findings) -> Self {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !shape.keys.contains(&name) {
                report_unknown(shape, name, key.span().into(), findings);
            }
        }
        Self { shape, table, at }
    }

    /// The value of a key this shape knows.
    pub(super) fn raw(&self, key: &str) -> Option<Spanned<&'a DeValue<'i>>> {
        debug_assert!(self.shape.keys.contains(&key), "the shape of {} knows `{key}`", self.shape.title);
        self.table.get(key).map(|value| Spanned { value: value.get_ref(), at: value.span().into() })
    }

    /// Whether it is the roster of an exchange that is kept in a database.
    pub(super) fn is_kept(&self) -> bool {
        self.shape.title == keys::KEPT.title
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A subtable as it is, without any check.
    pub(super) fn peek_table(&self, key: &str) -> Option<&'a DeTable<'i>> {
        self.raw(key).and_then(|found| found.value.as_table())
    }

    /// Whether a key is missing or holds what a list of sections can be read from.
    pub(super) fn is_list_or_missing(&self, key: &str) -> bool {
        self.raw(key).is_none_or(|found| found.value.is_array())
    }

    /// Where a key stands; the section itself where the key is missing.
    pub(super) fn key_at(&self, key: &str) -> Span {
        self.table.get_key_value(key).map_or(self.at, |(key, _)| key.span().into())
    }

    /// A subtable, as the file's sections are.
    pub(super) fn table(&self, key: &'static str, shape: &'static Shape, findings: &mut Findings) -> Option<Self> {
        self.bare_table(key, findings).map(|found| Section::new(shape, found.value, found.at, findings))
    }

    /// A subtable whose keys are not ours to know.
    pub(super) fn bare_table(&self, key: &'static str, findings: &mut Findings) -> Option<Spanned<&'a DeTable<'i>>> {
        let found = self.raw(key)?;
        if let DeValue::Table(table) = found.value {
            return Some(Spanned { value: table, at: found.at });
        }
        wrong_type(found, key, "a section", findings).hint(format!("write [{key}]"));
        None
    }

    /// A list of subtables; empty where the key is missing.
    pub(super) fn tables(&self, key: &'static str, shape: &'static Shape, findings: &mut Findings) -> Vec<Self> {
        let Some(found) = self.raw(key) else { return Vec::new() };
        let DeValue::Array(items) = found.value else {
            wrong_type(found, key, "a list of sections", findings).hint(format!("write [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::with_capacity(items.len());
        for item in items.iter() {
            let at = Span::from(item.span());
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(shape, table, at, findings)),
                other => {
                    wrong_type(Spanned { value: other, at }, key, "a list of sections", findings)
                        .hint(format!("write {} once for each", shape.title));
                }
            }
        }
        sections
    }

    /// A text of any length and with anything in it.
    pub(super) fn any_text(&self, key: &'static str, findings: &mut Findings) -> Option<Spanned<&'a str>> {
        self.raw(key).and_then(|found| text_of(found, key, findings))
    }

    /// A text of one line: not empty, at most `longest` characters, nothing unprintable; space around it is dropped.
    pub(super) fn line(&self, key: &'static str, longest: usize, findings: &mut Findings) -> Option<Spanned<&'a str>> {
        self.any_text(key, findings).and_then(|found| one_line(found, key, longest, findings))
    }

    /// A text of one or more lines, otherwise like [`Self::line`].
    pub(super) fn text(&self, key: &'static str, longest: usize, findings: &mut Findings) -> Option<Spanned<&'a str>> {
        self.any_text(key, findings).and_then(|found| sound_text(found, key, (longest, true), findings))
    }

    /// A line that names somebody or something: people can read it, and it is what it looks like.
    pub(super) fn name(&self, key: &'static str, findings: &mut Findings) -> Option<Spanned<&'a str>> {
        let found = self.line(key, LONGEST_NAME, findings)?;
        sound_name(found, key, findings)
    }

    /// A name, or a list of them.
    pub(super) fn names(&self, key: &'static str, findings: &mut Findings) -> Vec<Spanned<&'a str>> {
        let lines = match self.raw(key) {
            Some(Spanned { value: DeValue::Array(_), .. }) => self.lines(key, LONGEST_NAME, findings),
            _ => self.line(key, LONGEST_NAME, findings).into_iter().collect(),
        };
        lines.into_iter().filter_map(|found| sound_name(found, key, findings)).collect()
    }

    /// The same as [`Self::name`], and a problem where it is missing.
    pub(super) fn needed_name(&self, key: &'static str, findings: &mut Findings) -> Option<Spanned<&'a str>> {
        self.report_missing(key, findings);
        self.name(key, findings)
    }

    fn report_missing(&self, key: &'static str, findings: &mut Findings) {
        if !self.has(key) {
            findings.error(self.at, format!("{} needs `{key}`", self.shape.title));
        }
    }

    /// The same as [`Self::line`], and a problem where it is missing.
    pub(super) fn needed_line(
        &self,
        key: &'static str,
        longest: usize,
        findings: &mut Findings,
    ) -> Option<Spanned<&'a str>> {
        self.report_missing(key, findings);
        self.line(key, longest, findings)
    }

    /// A list of one-line texts; empty where the key is missing.
    pub(super) fn lines(&self, key: &'static str, longest: usize, findings: &mut Findings) -> Vec<Spanned<&'a str>> {
        let Some(found) = self.raw(key) else { return Vec::new() };
        let DeValue::Array(items) = found.value else {
            wrong_type(found, key, "a list of texts", findings).hint(format!("write {key} = [\"...\"]"));
            return Vec::new();
        };
        each_line(items, key, longest, findings)
    }

    /// A text or a list of texts.
    pub(super) fn line_or_lines(&self, key: &'static str, findings: &mut Findings) -> Vec<Spanned<&'a str>> {
        match self.raw(key) {
            Some(Spanned { value: DeValue::Array(_), .. }) => self.lines(key, LONGEST_TEXT, findings),
            _ => self.line(key, LONGEST_TEXT, findings).into_iter().collect(),
        }
    }
}

pub(super) fn wrong_type<'f>(
    found: Spanned<&DeValue<'_>>,
    key: &str,
    wanted: &str,
    findings: &'f mut Findings,
) -> &'f mut super::findings::Finding {
    let is = match found.value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    findings.error(found.at, format!("`{key}` must be {wanted}, not {is}"))
}

/// Reports a key nobody knows, never its value: a secret under a mistyped name is still a secret.
fn report_unknown(shape: &'static Shape, key: &str, at: Span, findings: &mut Findings) {
    let near = keys::meant_by(shape, key).or_else(|| findings.nearest(key, shape.keys.iter().copied()));
    let home = secrets::secret_home(key).or_else(|| near.is_none().then(|| secrets::near_secret(key)).flatten());
    if let Some(home) = home {
        report_secret(key, home, at, findings);
        return;
    }
    let elsewhere = keys::ALL.iter().find(|other| other.keys.contains(&key));
    let hint = match (near, elsewhere) {
        (_, Some(_)) if [&keys::KEPT, &keys::KEPT_SEAL].iter().any(|kept| std::ptr::eq(*kept, shape)) => {
            "it is about the site, and stands in the site's file".to_owned()
        }
        (_, Some(other)) if other.title == keys::ROOT.title => {
            format!("it is a section of its own: {}", keys::header(key))
        }
        (_, Some(other)) => format!("`{key}` belongs in {}", other.title),
        (Some(near), None) if shape.title == keys::ROOT.title => format!("did you mean {}?", keys::header(near)),
        (Some(near), None) => format!("did you mean `{near}`?"),
        (None, None) => format!("{} knows {}", shape.title, shape.keys.join(", ")),
    };
    let place = if shape.title == keys::ROOT.title { "at" } else { "in" };
    findings.error(at, format!("unknown key {} {place} {}", quoted_key(key), shape.title)).hint(hint);
}

/// Refuses a key that is one for a secret, and says where the secret belongs.
pub(super) fn report_secret(key: &str, home: &str, at: Span, findings: &mut Findings) {
    findings
        .error(at, format!("secrets never stand in the file, and {} looks like one", quoted_key(key)))
        .hint(format!("keep it in {home}"));
}

/// A key as it can be quoted; one that looks like a token is not.
fn quoted_key(key: &str) -> String {
    if secrets::is_opaque(key) { "\"…\"".to_owned() } else { names::quoted(key) }
}
