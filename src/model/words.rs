//! What is stored, typed and shown as a word.

/// Gives an enum its words.
macro_rules! words {
    ($kind:ident { $($variant:ident $word:literal)* }) => {
        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word stored and shown.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What is meant by a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|found| found.word() == word)
            }
        }
    };
}
pub(crate) use words;
