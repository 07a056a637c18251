//! Series names: which draws are each other's history, and how a series is called in the archive.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::names;

/// Letters of a slug before its hash, in bytes.
const LONGEST_STEM: usize = 48;

/// The default series of an exchange: its name without a year at the end ("Hill family 2026" -> "Hill family"). A name
/// that is nothing but a year stays as it is.
#[must_use]
pub fn series_of(name: &str) -> String {
    let tidied = names::tidy(name);
    let cut = tidied.trim_end_matches(|c: char| c.is_ascii_digit());
    let year = &tidied[cut.len()..];
    let stem = cut.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | ',' | '/' | '(' | '\''));
    let apart = stem.len() < cut.len();
    let is_year = year.len() == 4 && (year.starts_with("19") || year.starts_with("20"));
    if is_year && apart && !stem.is_empty() { stem.to_owned() } else { tidied }
}

/// The name of a series in archive keys: lower-case ASCII letters, digits and single hyphens, at most 57 bytes, never
/// empty. Where letters were lost or the text was cut, eight hex digits of the SHA-256 of the folded series are
/// appended, so that two series do not meet in one folder. Case and spacing make no difference.
#[must_use]
pub fn slug(series: &str) -> String {
    let folded = names::fold(series);
    let mut stem = String::with_capacity(LONGEST_STEM);
    let mut lossy = false;
    for c in folded.chars() {
        let hyphen = matches!(c, ' ' | '-');
        if stem.len() >= LONGEST_STEM {
            lossy = true;
            break;
        }
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            stem.push(c);
        } else if hyphen && !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
            // "a b" and "a-b" would meet: only the space is free.
            lossy |= c == '-';
        } else {
            lossy = true;
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() {
        return format!("series-{}", short_hash(&folded));
    }
    if lossy || folded.ends_with('-') { format!("{stem}-{}", short_hash(&folded)) } else { stem.to_owned() }
}

fn short_hash(folded: &str) -> String {
    let digest = Sha256::digest(folded.as_bytes());
    HEXLOWER.encode(&digest[..4])
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    // G3
    #[test]
    fn the_year_at_the_end_is_no_part_of_the_series() {
        for (name, series) in [
            ("Hill family 2026", "Hill family"),
            ("Hill family", "Hill family"),
            ("Office-2026", "Office"),
            ("Office (2026)", "Office (2026)"),
            ("Route 66", "Route 66"),
            ("Room 2042b", "Room 2042b"),
            ("2026", "2026"),
            ("Club2026", "Club2026"),
            ("Club 12026", "Club 12026"),
        ] {
            assert_eq!(series_of(name), series);
        }
    }

    // X12
    #[test]
    fn slugs_are_readable_and_do_not_collide() {
        assert_eq!(slug("Hill family"), "hill-family");
        assert_eq!(slug("  HILL   Family "), "hill-family");
        let hard = ["Hill-family", "Hill family!", "Hïll family", "家族", "友達", "-", "!", "a -b", "a- b", "é", "e"];
        let mut seen = HashMap::from([("hill-family".to_owned(), "Hill family")]);
        for series in hard {
            if let Some(other) = seen.insert(slug(series), series) {
                panic!("{series} and {other} share the slug {}", slug(series));
            }
        }
    }

    proptest! {
        #[test]
        fn slugs_fit_any_store(series in ".{0,200}") {
            let slug = slug(&series);
            prop_assert!(!slug.is_empty() && slug.len() <= 57);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}
