//! An error put on one line with everything behind it, for log lines and findings.

use std::error::Error;

/// The error's words, then those of its causes, outermost first; a cause that an earlier one already repeats is left out.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words.push_str(": ");
            words.push_str(&cause_words);
        }
        source = cause.source();
    }
    words
}

/// A remark as a sentence of its own: a capital at its start, a full stop at its end, unless it asks.
pub(crate) fn sentence(remark: &str) -> String {
    let mut letters = remark.chars();
    let stop = if remark.ends_with('?') { "" } else { "." };
    letters.next().map_or_else(String::new, |first| format!("{}{}{stop}", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Told {
        words: &'static str,
        #[source]
        cause: Option<Box<Self>>,
    }

    fn told(words: &'static str, cause: Option<Told>) -> Told {
        Told { words, cause: cause.map(Box::new) }
    }

    #[test]
    fn causes_follow_and_are_not_repeated() {
        let error = told("no copy: disk full", Some(told("disk full", Some(told("code 28", None)))));
        assert_eq!(in_full(&error), "no copy: disk full: code 28");
    }
}
