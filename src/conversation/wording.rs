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
    /// Its text unless overridden.
    pub text: &'static str,
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
        $($(#[doc = $when:literal])+ $constant:ident = $name:literal [$($placeholder:literal)*] $text:literal;)+
    ) => {
        $(
            pub(super) const $constant: Wording = Wording {
                name: $name,
                when: concat!($($when),+).trim_ascii(),
                placeholders: &[$($placeholder),*],
                everywhere: $everywhere,
                text: $text,
            };
        )+

        /// All of them.
        pub const WORDINGS: &[Wording] = &[$($constant),+];
    };
}
pub(super) use wordings;

/// Checks an organizer's own text for one of the wordings of a topic kind.
///
/// # Errors
/// [`TemplateProblem`] when there is no wording of that name (at offset 0), or the text is not a sound template.
pub(super) fn check(wordings: &[Wording], name: &str, text: &str) -> Result<(), TemplateProblem> {
    let Some(wording) = wordings.iter().find(|wording| wording.name == name) else {
        let distance = |known: &&Wording| strsim::osa_distance(&name.to_lowercase(), known.name);
        let near = wordings.iter().min_by_key(distance).filter(|known| distance(known) <= 2);
        let hint = near.map(|known| format!("did you mean {}?", known.name));
        return Err(TemplateProblem { offset: 0, message: "there is no message of this name".to_owned(), hint });
    };
    Template::parse(text, &wording.allowed()).map(|_template| ())
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
