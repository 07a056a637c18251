//! Who keeps which row, whatever a roster does to names and addresses.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::conversation::exchange::family;
use crate::model::{Email, Phone};
use crate::store::Store;

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    topic: TopicId,
}

/// Somebody as a roster has them: name, number of their phone, e-mail.
type Line<'a> = (&'a str, Option<u32>, Option<&'a str>);

fn roster(lines: &[Line<'_>]) -> Exchange {
    let mut exchange = family();
    let empty =
        Person { phone: None, email: None, wishes: Vec::new(), households: Vec::new(), ..exchange.people[0].clone() };
    let person = |(name, phone, email): &Line<'_>| Person {
        name: (*name).to_owned(),
        phone: phone.map(|n| Phone::from_provider(&format!("+4477009{n:05}")).expect("a phone")),
        email: email.map(|email| Email::parse(email).expect("an address")),
        ..empty.clone()
    };
    exchange.people = lines.iter().map(person).collect();
    exchange
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::of_test(&folder.path().join("exchange.db"));
        let topic = store.write(|tx| tx.enter_exchange("Hills", "Hills 2026")).expect("entered").id;
        Self { _folder: folder, store, topic }
    }

    /// Enters a roster; gives the rows, which are everybody's own.
    fn enter(&self, lines: &[Line<'_>]) -> Vec<PersonId> {
        let ids = self.store.write(|tx| enter(tx, self.topic, &roster(lines))).expect("entered");
        assert_eq!((ids.len(), ids.iter().collect::<HashSet<_>>().len()), (lines.len(), lines.len()), "{lines:?}");
        let rows = self.rows();
        for (id, (name, phone, email)) in ids.iter().zip(lines) {
            let (_, known, known_phone, known_email) = rows.iter().find(|row| row.0 == *id).expect("a row");
            let phone = phone.map(|n| format!("+4477009{n:05}"));
            assert_eq!((known.as_str(), known_phone, known_email.as_deref()), (*name, &phone, *email));
        }
        ids
    }

    fn rows(&self) -> Vec<(PersonId, String, Option<String>, Option<String>)> {
        let rows = |tx: &Tx<'_>| tx.persons(self.topic, |id, name, phone, email| (id, name, phone, email));
        self.store.read(rows).expect("rows")
    }
}

#[test]
fn a_renamed_person_keeps_their_row_by_phone_or_by_email() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), None), ("Ben", None, Some("ben@example.org")), ("Cy", Some(3), None)]);
    let after =
        world.enter(&[("Ada Hill", Some(1), None), ("Ben Hill", None, Some("ben@example.org")), ("Cy", Some(3), None)]);
    assert_eq!(before, after);
}

#[test]
fn a_person_with_another_phone_and_email_keeps_their_row_by_name() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), Some("ada@example.org")), ("Ben", Some(2), None)]);
    let after = world.enter(&[("Ben", None, Some("ben@example.org")), ("Ada", Some(9), None)]);
    assert_eq!((before[0], before[1]), (after[1], after[0]));
}

#[test]
fn addresses_that_change_hands_leave_everybody_their_row() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), Some("ada@example.org")), ("Ben", Some(2), None)]);
    // They swap their phones.
    assert_eq!(world.enter(&[("Ada", Some(2), Some("ada@example.org")), ("Ben", Some(1), None)]), before);
    // Ada's phone goes to somebody new while she has another.
    let after = world.enter(&[("Cy", Some(2), None), ("Ada", Some(7), None), ("Ben", Some(1), None)]);
    assert_eq!(after[1..], before);
    assert!(!before.contains(&after[0]));
}

#[test]
fn a_phone_goes_before_an_email() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), Some("ada@example.org")), ("Ben", Some(2), Some("ben@example.org"))]);
    let after = world.enter(&[("Bea", Some(1), Some("ben@example.org")), ("Bo", None, Some("ada@example.org"))]);
    assert_eq!(after[0], before[0]);
    // Whose e-mail that was is known; their row is taken already.
    assert!(!before.contains(&after[1]));
}

#[test]
fn whoever_shares_an_address_is_known_by_it_only_when_nobody_else_can_be_meant() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), None), ("Ben", Some(1), None), ("Cy", Some(2), None)]);
    // One of the two is renamed.
    let after = world.enter(&[("Ada Hill", Some(1), None), ("Ben", Some(1), None), ("Cy", Some(2), None)]);
    assert_eq!(after, before);
    // Both are: which of them is which, the phone does not tell. Neither gets what the other wished for.
    let after = world.enter(&[("Bea", Some(1), None), ("Al", Some(1), None), ("Cy", Some(2), None)]);
    assert_eq!(after[2], before[2]);
    assert!(!before.contains(&after[0]) && !before.contains(&after[1]));
    // Two new people come with the phone of one who was renamed or left.
    let after = world.enter(&[("Dee", Some(2), None), ("Eve", Some(2), None)]);
    assert!(!before.contains(&after[0]) && !before.contains(&after[1]));
}

#[test]
fn whoever_leaves_keeps_their_row_and_finds_it_again() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), None), ("Ben", Some(2), None)]);
    world.enter(&[("Ben", Some(2), None)]);
    assert_eq!(world.rows().len(), 2);
    assert_eq!(world.enter(&[("Ada", Some(8), None), ("Ben", Some(2), None)]), before);
}

#[test]
fn before_a_draw_newcomers_get_a_row_and_nobody_elses_changes() {
    let world = World::new();
    let before = world.enter(&[("Ada", Some(1), None)]);
    let later = roster(&[("Ada Hill", Some(1), None), ("Ben", Some(2), None)]);
    let found = world.store.read(|tx| known(tx, world.topic, &later)).expect("read");
    assert_eq!(found, [Some(before[0]), None]);
    let ids = world.store.write(|tx| enter_new(tx, world.topic, &later)).expect("entered").ids;
    let names: Vec<(PersonId, String)> = world.rows().into_iter().map(|(id, name, ..)| (id, name)).collect();
    assert_eq!(names, [(ids[0], "Ada".to_owned()), (ids[1], "Ben".to_owned())]);
    assert_eq!(ids[0], before[0]);
}

#[test]
fn people_of_another_exchange_are_other_people() {
    let world = World::new();
    let here = world.enter(&[("Ada", Some(1), None)]);
    let other = world.store.write(|tx| tx.enter_exchange("Office", "Office 2026")).expect("entered").id;
    let there = world.store.write(|tx| enter(tx, other, &roster(&[("Ada", Some(1), None)]))).expect("entered");
    assert_ne!(here, there);
    assert_eq!(world.rows().len(), 1);
}

#[test]
fn three_thousand_people_come_in_one_go_and_keep_their_rows() {
    let world = World::new();
    let names: Vec<String> = (0..3000).map(|n| format!("Guest {n}")).collect();
    let lines = |names: &[String]| -> Exchange {
        let lines: Vec<Line<'_>> = names.iter().zip(0..).map(|(name, n)| (name.as_str(), Some(n), None)).collect();
        roster(&lines)
    };
    let write = |roster: &Exchange| world.store.write(|tx| enter(tx, world.topic, roster)).expect("entered");
    let before = write(&lines(&names));
    let rows = world.rows();
    assert_eq!(rows.len(), 3000);
    // Everybody's row is their own, in the order of the roster.
    assert!(rows.iter().zip(&before).zip(&names).all(|((row, id), name)| row.0 == *id && row.1 == *name));
    let renamed: Vec<String> = names.iter().map(|name| format!("{name} Hill")).collect();
    assert_eq!(write(&lines(&renamed)), before);
    assert!(world.rows().iter().zip(&renamed).all(|(row, name)| row.1 == *name));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever follows on whatever, nobody has another's row, and a name that stays keeps its row. Names are unique in
    /// a roster, addresses are not.
    #[test]
    fn nobody_ever_has_anothers_row(
        rosters in prop::collection::vec(
            prop::collection::btree_map(0..6_usize, (prop::option::of(0..4_u32), prop::option::of(0..3_usize)), 1..6),
            1..6,
        ),
    ) {
        const NAMES: [&str; 6] = ["Ada", "Ben", "Cy", "Dee", "Eve", "Finn"];
        const EMAILS: [&str; 3] = ["a@example.org", "b@example.org", "c@example.org"];
        let world = World::new();
        let mut before: HashMap<&str, PersonId> = HashMap::new();
        for people in rosters {
            let lines: Vec<Line<'_>> =
                people.into_iter().map(|(name, (phone, email))| (NAMES[name], phone, email.map(|n| EMAILS[n]))).collect();
            let ids = world.enter(&lines);
            let now: HashMap<&str, PersonId> = lines.iter().map(|line| line.0).zip(ids).collect();
            for (name, id) in &now {
                prop_assert!(before.get(name).is_none_or(|known| known == id), "{name}");
            }
            before = now;
        }
    }
}
