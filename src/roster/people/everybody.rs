//! Everybody of a roster, and whom a name or a household in its rules means.

use std::collections::{BTreeMap, HashMap};

use super::super::findings::Findings;
use super::super::names::{self, Looks};
use super::super::section::Spanned;
use crate::model::{Person, PersonIndex};

/// Everybody who could be read.
#[derive(Debug)]
pub(in super::super) struct People {
    pub(in super::super) list: Vec<Person>,
    pub(super) by_name: HashMap<String, PersonIndex>,
    /// Each household's spelling by its folded name.
    pub(super) households: BTreeMap<String, String>,
    pub(super) looks: Looks,
    /// Whether nobody is missing because a file could not be read.
    pub(super) complete: bool,
}

impl People {
    /// The person of this name, in any spelling.
    pub(in super::super) fn find(&self, name: &str) -> Option<PersonIndex> {
        self.by_name.get(&names::fold(name)).copied()
    }

    /// The person whom a value names; nobody is a problem.
    pub(in super::super) fn known(&self, found: Spanned<&str>, findings: &mut Findings) -> Option<PersonIndex> {
        let id = self.find(found.value);
        if id.is_none() && self.complete {
            let near = self.near(found.value, findings).map(names::quoted);
            let finding = findings.error(found.at, format!("there is no person called {}", names::quoted(found.value)));
            if let Some(near) = near {
                finding.hint(format!("did you mean {near}?"));
            }
        }
        id
    }

    /// The name most like one that nobody has.
    pub(in super::super) fn near(&self, name: &str, findings: &mut Findings) -> Option<&str> {
        findings.nearest(name, self.list.iter().map(|person| person.name.as_str()))
    }

    /// Everybody of the household that a value names; none is a problem.
    pub(in super::super) fn household(&self, found: Spanned<&str>, findings: &mut Findings) -> Vec<PersonIndex> {
        let Some(name) = self.households.get(&names::fold(found.value)) else {
            if !self.complete {
                return Vec::new();
            }
            let near = findings.nearest(found.value, self.households.values().map(String::as_str)).map(names::quoted);
            let finding = findings.error(found.at, format!("there is no household {}", names::quoted(found.value)));
            if let Some(near) = near {
                finding.hint(format!("did you mean {near}?"));
            }
            return Vec::new();
        };
        let lives_there = |(_, person): &(PersonIndex, &Person)| person.households.contains(name);
        (0..).map(PersonIndex).zip(&self.list).filter(lives_there).map(|(id, _)| id).collect()
    }
}
