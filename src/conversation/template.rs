//! Texts with `{placeholders}`, as the organizer may write them.
//!
//! `{name}` stands for a value, `{{` and `}}` for a brace. Values are put in as they are and never read as templates
//! themselves, so a person named `{receiver}` is just a person of that name.

use super::limits::MAX_SMS;
use super::spelling::{clean, is_near, shorten};

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateProblem {
    /// Where in the template, in bytes from its start.
    pub offset: usize,
    /// What is wrong, in lower case.
    pub message: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
}

/// A template taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<'t> {
    parts: Vec<Part<'t>>,
    /// Whether `{name|there}` may stand for `{name}`, with what is put in where the value is empty.
    has_fallbacks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    /// Text as it stands.
    Text(&'t str),
    /// The place of a value.
    Value(&'t str),
}

impl<'t> Template<'t> {
    /// Takes a template apart; only the placeholders in `allowed` may stand in it.
    ///
    /// # Errors
    /// [`TemplateProblem`] for the first brace that is alone, the first placeholder that is not allowed, or a template
    /// that is empty or longer than [`MAX_SMS`].
    pub fn parse(text: &'t str, allowed: &[&str]) -> Result<Self, TemplateProblem> {
        Self::read(text, allowed, false)
    }

    /// As [`Template::parse`], and a placeholder may say what is put in where its value is empty: `{name|there}`.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn with_fallbacks(text: &'t str, allowed: &[&str]) -> Result<Self, TemplateProblem> {
        Self::read(text, allowed, true)
    }

    fn read(text: &'t str, allowed: &[&str], has_fallbacks: bool) -> Result<Self, TemplateProblem> {
        let (parts, problems) = take_apart(text, allowed, has_fallbacks);
        problems.into_iter().next().map_or(Ok(Self { parts, has_fallbacks }), Err)
    }

    /// Everything that [`Template::parse`] would refuse a text for, in its order.
    pub fn problems(text: &str, allowed: &[&str]) -> Vec<TemplateProblem> {
        take_apart(text, allowed, false).1
    }

    /// The placeholders that stand in it, in order.
    pub fn values(&self) -> impl Iterator<Item = &'t str> {
        self.parts.iter().filter_map(|part| if let Part::Value(name) = part { Some(*name) } else { None })
    }

    /// Puts the values in, and where one is blank what the text says instead.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        self.parts.iter().fold(String::new(), |mut filled, part| {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value(name) => {
                    let told = name.split_once('|').filter(|_| self.has_fallbacks);
                    let value = value(told.map_or(*name, |(name, _)| name));
                    let fallback = told.map(|(_, fallback)| fallback).filter(|_| value.trim().is_empty());
                    filled.push_str(fallback.unwrap_or(&value));
                }
            }
            filled
        })
    }
}

/// The parts of a template, and what is wrong with it.
fn take_apart<'t>(text: &'t str, allowed: &[&str], has_fallbacks: bool) -> (Vec<Part<'t>>, Vec<TemplateProblem>) {
    let mut problems: Vec<TemplateProblem> = check_length(text).err().into_iter().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        let brace = at + found;
        if found > 0 {
            parts.push(Part::Text(&text[at..brace]));
        }
        let (part, behind) = read_brace(text, brace, allowed, has_fallbacks);
        at = behind;
        match part {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(problem),
        }
    }
    if at < text.len() {
        parts.push(Part::Text(&text[at..]));
    }
    (parts, problems)
}

/// Reads what starts with the brace at `brace`; gives the part and where the text goes on.
fn read_brace<'t>(
    text: &'t str,
    brace: usize,
    allowed: &[&str],
    has_fallbacks: bool,
) -> (Result<Part<'t>, TemplateProblem>, usize) {
    let behind = &text[brace + 1..];
    if behind.starts_with(&text[brace..=brace]) {
        return (Ok(Part::Text(&text[brace..=brace])), brace + 2);
    }
    if text[brace..].starts_with('}') {
        let stray = problem(brace, "this brace closes nothing".into(), Some("}} stands for a brace".into()));
        return (Err(stray), brace + 1);
    }
    let Some(length) = behind.find(['{', '}']).filter(|end| behind[*end..].starts_with('}')) else {
        let open = problem(brace, "this brace is not closed".into(), Some("{{ stands for a brace".into()));
        return (Err(open), brace + 1);
    };
    let whole = &behind[..length];
    let name = whole.split_once('|').filter(|_| has_fallbacks).map_or(whole, |(name, _)| name);
    let part = if allowed.contains(&name) {
        Ok(Part::Value(whole))
    } else {
        let message = format!("unknown placeholder {{{}}}", shown(name));
        Err(problem(brace, message, Some(suggestion(name, allowed))))
    };
    (part, brace + 1 + length + 1)
}

/// Refuses what cannot be sent.
fn check_length(text: &str) -> Result<(), TemplateProblem> {
    if text.trim().is_empty() {
        return Err(problem(0, "this text is empty".into(), None));
    }
    match text.char_indices().nth(MAX_SMS) {
        Some((offset, _)) => Err(problem(offset, format!("this text is longer than {MAX_SMS} characters"), None)),
        None => Ok(()),
    }
}

/// What could stand there: the nearest placeholder, or all of them.
fn suggestion(name: &str, allowed: &[&str]) -> String {
    let wanted = name.trim().to_lowercase();
    let near = allowed.iter().find(|known| **known == wanted || is_near(&wanted, known) || known.starts_with(&wanted));
    match near.filter(|_| !wanted.is_empty()) {
        Some(known) => format!("did you mean {{{known}}}?"),
        None => {
            let all: Vec<String> = allowed.iter().map(|known| format!("{{{known}}}")).collect();
            format!("possible here: {}", all.join(" "))
        }
    }
}

/// A placeholder as it is repeated in a message: without control characters, and short.
fn shown(name: &str) -> String {
    shorten(&clean(name), 40)
}

fn problem(offset: usize, message: String, hint: Option<String>) -> TemplateProblem {
    TemplateProblem { offset, message, hint }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALLOWED: [&str; 3] = ["receiver", "giver", "date"];

    fn filled(text: &str) -> Result<String, TemplateProblem> {
        Template::parse(text, &ALLOWED).map(|template| template.fill(|name| format!("<{name}>")))
    }

    // X6
    #[test]
    fn placeholders_are_filled_and_doubled_braces_are_braces() {
        assert_eq!(filled("{receiver}").as_deref(), Ok("<receiver>"));
        assert_eq!(filled("Psst, {giver}: {receiver}!").as_deref(), Ok("Psst, <giver>: <receiver>!"));
        assert_eq!(filled("{{receiver}} {{}} é{date}").as_deref(), Ok("{receiver} {} é<date>"));
        assert_eq!(filled("{{{receiver}}}").as_deref(), Ok("{<receiver>}"));
    }

    #[test]
    fn a_problem_names_its_place() {
        let at = |text: &str| filled(text).map_err(|problem| (problem.offset, problem.message, problem.hint));
        let sure = |offset, message: &str, hint: &str| Err((offset, message.to_owned(), Some(hint.to_owned())));
        assert_eq!(at("é {reciever}"), sure(3, "unknown placeholder {reciever}", "did you mean {receiver}?"));
        assert_eq!(at("{Date}"), sure(0, "unknown placeholder {Date}", "did you mean {date}?"));
        assert_eq!(at("a {}"), sure(2, "unknown placeholder {}", "possible here: {receiver} {giver} {date}"));
        assert_eq!(at("a {date"), sure(2, "this brace is not closed", "{{ stands for a brace"));
        assert_eq!(at("a {date {giver}"), sure(2, "this brace is not closed", "{{ stands for a brace"));
        assert_eq!(at("a } b"), sure(2, "this brace closes nothing", "}} stands for a brace"));
        assert_eq!(at(" \n"), Err((0, "this text is empty".to_owned(), None)));
        assert_eq!(at(&"é".repeat(1_601)).map_err(|(offset, ..)| offset), Err(3_200));
    }

    #[test]
    fn values_are_never_read_as_templates() {
        let template = Template::parse("{receiver}", &ALLOWED).expect("a sound template");
        assert_eq!(template.fill(|_| "{giver} {{".to_owned()), "{giver} {{");
    }

    #[test]
    fn every_problem_of_a_text_is_named() {
        let offsets = |text: &str| Template::problems(text, &ALLOWED).iter().map(|p| p.offset).collect::<Vec<_>>();
        assert_eq!(offsets("{x} } {date} {y} {"), [0, 4, 13, 17]);
        assert_eq!(offsets(&format!("{}{{x}}", "a".repeat(1_600))), [1_600, 1_600]);
        assert!(offsets("{date}").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_at_a_place_within_it(text in "[{}a-z é]{0,40}|\\PC{0,80}") {
            match filled(&text) {
                Ok(_) => {}
                Err(problem) => prop_assert!(text.is_char_boundary(problem.offset)),
            }
        }

        #[test]
        fn escaped_text_comes_back_as_it_was(text in "[{}a-z é]{1,40}") {
            prop_assume!(!text.trim().is_empty());
            let escaped = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(filled(&escaped), Ok(text));
        }
    }
}
