//! `docs/behaviours.md` says what the ids above the tests mean; these keep the page and the tests together.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources;

const PAGE: &str = include_str!("../../docs/behaviours.md");

/// Whether a word is an id: the letter of a part, and one or two digits.
fn is_id(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|part| "XGDVAH".contains(part))
        && (2..=3).contains(&word.len())
        && characters.all(|c| c.is_ascii_digit())
}

/// The page's entries in their order: the id, and whether it is marked as planned.
fn entries() -> Vec<(&'static str, bool)> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("- **")?.split_once("** "));
    lines.map(|(id, text)| (id, text.starts_with("*(planned)*"))).collect()
}

/// The ids in the comments of the sources and tests, each with a file that names it.
fn named() -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for source in ["src", "tests", "benches"].into_iter().flat_map(sources::below) {
        let text = std::fs::read_to_string(&source).expect("readable");
        let comments = text.lines().filter_map(|line| line.trim_start().strip_prefix("// "));
        let words = comments.flat_map(|comment| comment.split(|c: char| !c.is_ascii_alphanumeric()));
        for id in words.filter(|word| is_id(word)) {
            named.entry(id.to_owned()).or_insert_with(|| source.display().to_string());
        }
    }
    named
}

#[test]
fn every_id_that_a_test_carries_is_explained_and_not_called_planned() {
    let entries: BTreeMap<_, _> = entries().into_iter().collect();
    let named = named();
    assert!(named.len() > 40, "ids are found at all: {named:?}");
    for (id, source) in named {
        match entries.get(id.as_str()) {
            None => panic!("{source} names {id}, which docs/behaviours.md does not explain"),
            Some(true) => {
                panic!("{source} proves {id}: take *(planned)* away in docs/behaviours.md, or say *(in part)*")
            }
            Some(false) => {}
        }
    }
}

#[test]
fn every_id_is_explained_once_and_in_order() {
    let ids: Vec<_> = entries().into_iter().map(|(id, _)| id).collect();
    assert!(ids.iter().all(|id| is_id(id)), "{ids:?}");
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id stands twice");
    for pair in ids.windows(2) {
        let numbers = [pair[0], pair[1]].map(|id| id[1..].parse::<u32>().expect("digits"));
        assert!(pair[0][..1] != pair[1][..1] || numbers[0] < numbers[1], "{} comes after {}", pair[1], pair[0]);
    }
}
