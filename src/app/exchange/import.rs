//! People taken over from a spreadsheet: who came, what changed, who was there already.

use std::collections::BTreeSet;

use super::differences::{Difference, differences};
use crate::roster;
use crate::roster::edit::Edited;

/// What an import comes to.
#[derive(Debug)]
pub struct Imported {
    /// Who is new, by name.
    pub added: Vec<String>,
    /// What changed of others; addresses are masked.
    pub changed: Vec<Difference>,
    /// Who was only there as an example.
    pub removed: Vec<String>,
    /// How many of those listed were there as they are listed.
    pub same: usize,
}

impl Imported {
    /// What became of a roster by so many listed people.
    pub fn of(edited: &Edited, listed: usize) -> Self {
        let mut before = edited.before.exchange.clone();
        let mut removed: Vec<String> = Vec::new();
        if roster::is_example(&before) {
            // Nobody of an invented family becomes somebody real.
            removed.extend(before.people.drain(..).map(|person| person.name));
            before.exclusions.clear();
        }
        let changes = differences(&before, &edited.after.exchange);
        let (joined, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(|it| it.kind == "joined");
        let added: Vec<String> = joined.into_iter().filter_map(|it| it.person).collect();
        let changed: Vec<Difference> = others.into_iter().filter(|it| it.person.is_some()).collect();
        let persons: BTreeSet<_> = changed.iter().filter_map(|it| it.person.as_ref()).collect();
        let same = listed.saturating_sub(added.len()).saturating_sub(persons.len());
        Self { added, changed, removed, same }
    }
}
