//! Inner doors for the benches and for the tests that drive real parts from outside the crate. No promise to anybody
//! else; what only they would use does not exist.

pub use crate::archive::{AccessKey, Archive, ArchiveError, Key, Limits, MAX_OBJECT, Stored};
pub use crate::conversation::carrier_word;
pub use crate::conversation::exchange::{Intent, Vocabulary, understand};
pub use crate::dealing::{Action, Candidate, View, deal};
