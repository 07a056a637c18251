//! A text the tool sends, by name, with what may stand in it; the organizer may override it under `[messages]`.
//!
//! Each topic kind lists its own wordings with [`wordings!`] and says by [`WordingContext`] where an override and the
//! values that may stand in every text come from.

use super::template::{Template, TemplateProblem};

/// One text the tool sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// Its name under `[messages]`.
    pub name: &'static str,
    /// When it is sent, for the documentation.
    pub when: &'static str,
    /// What may stand in it besides [`Self::everywhere`].
    pub placeholders: &'static [&'static str],
    /// What may stand in every text of its topic kind.
    pub everywhere: &'static [&'static str],
    /// How it reaches people.
    pub way: Way,
    /// Its text unless overridden.
    pub text: &'static str,
}

/// How a text reaches people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By SMS; a notice also as the text of an e-mail.
    Sms,
    /// By e-mail.
    Mail,
    /// Within other texts.
    Part,
}

/// One text that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name under `[messages]`; an exchange's `reply` stands under `[exchange]`.
    pub name: &'static str,
    /// When it is said.
    pub when: &'static str,
    /// How it reaches people.
    pub way: Way,
    /// What may stand in it.
    pub placeholders: Vec<&'static str>,
    /// The text in use.
    pub text: String,
    /// The text unless the organizer words it differently.
    pub usual: &'static str,
    /// As somebody may read it, with values of a usual length put in.
    pub example: String,
}

/// What a topic brings to its wordings.
pub(super) trait WordingContext {
    /// The organizer's own text for the wording of a name.
    fn override_of(&self, name: &str) -> Option<&str>;

    /// The value of a placeholder that may stand in every text; `None` for any other.
    fn value_everywhere(&self, placeholder: &str) -> Option<String>;
}

/// Defines the wordings of a topic kind: a constant each, and `WORDINGS` for all of them. The doc comment says when the
/// text is sent.
macro_rules! wordings {
    (
        everywhere $everywhere:expr;
        $($way:ident {
            $($(#[doc = $when:literal])+ $constant:ident = $name:literal [$($placeholder:literal)*] $text:literal;)+
        })+
    ) => {
        $($(
            pub(super) const $constant: Wording = Wording {
                name: $name,
                when: concat!($($when),+).trim_ascii(),
                placeholders: &[$($placeholder),*],
                everywhere: $everywhere,
                way: Way::$way,
                text: $text,
            };
        )+)+

        /// All of them.
        pub const WORDINGS: &[Wording] = &[$($($constant),+),+];
    };
}
pub(super) use wordings;

/// Everything wrong with an organizer's own text for one of the wordings of a topic kind: that there is none of that name
/// (at offset 0), or that it is not a sound template.
pub(super) fn check(wordings: &[Wording], name: &str, text: &str) -> Vec<TemplateProblem> {
    match wordings.iter().find(|wording| wording.name == name) {
        Some(wording) => Template::problems(text, &wording.allowed()),
        None => vec![TemplateProblem {
            offset: 0,
            message: "there is no message of this name".to_owned(),
            hint: Some(near_names(wordings, name)),
        }],
    }
}

/// The most names in one hint.
const MOST_NEAR: usize = 4;

/// What a message of an unknown name was meant to be: the nearest where it is mistyped, otherwise those of which it is a
/// part.
fn near_names(wordings: &[Wording], name: &str) -> String {
    let name = name.trim().to_lowercase();
    let distance = |known: &&Wording| strsim::osa_distance(&name, known.name);
    let mistyped = wordings.iter().min_by_key(distance).filter(|known| distance(known) <= 2);
    let is_part = |known: &&Wording| name.chars().count() > 2 && known.name.contains(name.trim_end_matches('_'));
    let near: Vec<&str> = match mistyped {
        Some(known) => vec![known.name],
        None => wordings.iter().filter(is_part).map(|known| known.name).take(MOST_NEAR).collect(),
    };
    match near.as_slice() {
        [] => "`xchange messages` lists them all".to_owned(),
        [only] => format!("did you mean {only}?"),
        [first @ .., last] => format!("did you mean {} or {last}?", first.join(", ")),
    }
}

impl Wording {
    /// Everything that may stand in the text.
    pub(super) fn allowed(&self) -> Vec<&'static str> {
        self.placeholders.iter().chain(self.everywhere).copied().collect()
    }

    /// The template in use: the organizer's own where it is sound, ours otherwise.
    pub(super) fn source<'t>(&self, context: &'t impl WordingContext) -> &'t str {
        let own = context.override_of(self.name).filter(|text| Template::parse(text, &self.allowed()).is_ok());
        own.unwrap_or(self.text)
    }

    /// The text as a listing shows it, with values of a usual length in its example.
    pub(super) fn listed<S: Into<String>>(&self, context: &impl WordingContext, sample: impl Fn(&str) -> S) -> Listed {
        let fill = |name: &str| context.value_everywhere(name).unwrap_or_else(|| sample(name).into());
        self.listed_as(self.source(context), fill)
    }

    /// The same of a text in words that are known already.
    pub(super) fn listed_as(&self, text: &str, fill: impl Fn(&str) -> String) -> Listed {
        let example = Template::parse(text, &self.allowed()).map(|it| it.fill(fill)).unwrap_or_default();
        let Self { name, when, way, text: usual, .. } = *self;
        Listed { name, when, way, placeholders: self.allowed(), text: text.to_owned(), usual, example }
    }

    /// The text with the values put in; values without a place are left out.
    pub(super) fn say(&self, context: &impl WordingContext, values: &[(&str, &str)]) -> String {
        let template =
            Template::parse(self.source(context), &self.allowed()).expect("sources are checked, defaults by a test");
        template.fill(|placeholder| value(context, values, placeholder))
    }
}

/// The value of a placeholder.
pub(super) fn value(context: &impl WordingContext, values: &[(&str, &str)], placeholder: &str) -> String {
    context.value_everywhere(placeholder).unwrap_or_else(|| {
        let given = values.iter().find(|(name, _)| *name == placeholder);
        given.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
    })
}
