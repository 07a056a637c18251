//! Plans written in parts: what happens between two of them, and after a kill.

use super::super::planning::{Writing, plan};
use super::*;

/// More than one part of lines.
const MANY: u32 = 2_600;

impl World {
    fn begin(&self, id: BroadcastId) -> Writing {
        Writing::begin(&self.site, id).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The next part of a plan.
    fn step(&self, writing: &mut Writing) -> Result<bool, ListError> {
        self.site.store.write(|tx| writing.step(tx, self.site.clock.now()))
    }

    fn draft(&self, text: &str) -> BroadcastId {
        let (text, subject) = (text.to_owned(), String::new());
        let draft = Draft { text, subject, ways: Ways::Either, tags: Vec::new(), only: Vec::new() };
        self.write(|tx| broadcasts::draft(tx, &self.list, &draft, self.site.clock.now()))
    }
}

// A9 H15
#[test]
fn texts_are_answered_between_two_parts_of_a_plan_and_half_a_plan_is_none() {
    let world = World::new();
    world.crowd(MANY);
    let id = world.draft("Hello {first_name}");
    let mut writing = world.begin(id);
    let mut parts = 0;
    while world.step(&mut writing).expect("a part") {
        parts += 1;
        assert_eq!(world.state(id), BroadcastState::Draft);
        assert!(world.counts(id).is_empty());
        assert!(world.read(|tx| tx.results(id, 0, 10)).is_empty());
        assert!(matches!(world.act(id, Act::Send), Err(ListError::NotNow(_))), "half a plan is not sent");
        let Answer::Words(_) = world.text(&phone(parts), "Is there parking?") else { panic!("an answer") };
    }
    assert_eq!(parts, 3, "one to remove what was there, two of lines");
    assert_eq!(world.text(&phone(0), "STOP"), Answer::Silence);
    assert_eq!(world.counts(id), [("planned".to_owned(), u64::from(MANY))], "the plan is as it was read");
    assert!(world.act(id, Act::Send).expect("sent"));
}

// A9 H15
#[test]
fn a_plan_that_was_killed_is_a_draft_and_the_next_one_begins_anew() {
    let world = World::new();
    world.crowd(MANY);
    let id = world.draft("Hello {first_name}");
    let mut killed = world.begin(id);
    for _ in 0..2 {
        assert!(world.step(&mut killed).expect("a part"));
    }
    drop(killed);
    assert_eq!((world.state(id), world.counts(id)), (BroadcastState::Draft, vec![]));
    plan(&world.site, id).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((world.state(id), world.counts(id)), (BroadcastState::Planned, vec![("planned".to_owned(), 2_600)]));
    // A plan that is planned anew, and killed, is none any more either.
    let mut killed = world.begin(id);
    assert!(world.step(&mut killed).expect("a part"));
    drop(killed);
    assert_eq!((world.state(id), world.counts(id)), (BroadcastState::Draft, vec![]));
    let shown = plan(&world.site, id).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((shown.texts, shown.segments), (2_600, 2_600));
    assert!(world.act(id, Act::Send).expect("sent"));
    assert_eq!(world.rows().len(), 2_600, "each once");
}

// A9
#[test]
fn whoever_plans_last_plans_and_a_cancelled_broadcast_is_not_planned() {
    let world = World::new();
    world.crowd(3);
    let id = world.draft("Hello {first_name}");
    let (mut first, mut second) = (world.begin(id), world.begin(id));
    assert!(world.step(&mut second).expect("a part"));
    assert!(world.step(&mut first).expect("nothing is removed for it"));
    let said = world.step(&mut first).expect_err("overtaken").to_string();
    assert!(said.contains("is being planned somewhere else"), "{said}");
    while world.step(&mut second).expect("a part") {}
    assert_eq!(world.counts(id), [("planned".to_owned(), 3)]);
    let said = world.step(&mut first).expect_err("overtaken").to_string();
    assert!(said.contains("is planned: its plan stays"), "{said}");

    let mut third = world.begin(id);
    for _ in 0..2 {
        assert!(world.step(&mut third).expect("a part"));
    }
    assert!(world.act(id, Act::Cancel).expect("cancelled"));
    let said = world.step(&mut third).expect_err("cancelled").to_string();
    assert!(said.contains("is cancelled"), "{said}");
    assert_eq!((world.state(id), world.counts(id)), (BroadcastState::Cancelled, vec![]));
    assert!(matches!(plan(&world.site, id), Err(ListError::NotNow(_))));
}

// A5 A9 A12: what cannot be planned leaves the plan that there is; whoever is forgotten meanwhile stays forgotten
#[test]
fn a_plan_that_fails_changes_nothing_and_the_forgotten_are_not_written_down_again() {
    let world = World::new();
    world.crowd(2);
    let id = world.draft("Hello {first_name}");
    let mut writing = world.begin(id);
    world.write(|tx| people::forget(tx, &world.site, &world.list, phone(0).expose()));
    while world.step(&mut writing).expect("a part") {}
    let words: Vec<_> = world.read(|tx| tx.results(id, 0, 10)).iter().map(|line| line.name.clone()).collect();
    assert_eq!(words, ["", "P1"]);
    let tables = world.site.store.tables();
    let lines = tables.iter().find(|table| table.name == "broadcast_recipient").expect("a table");
    assert!(!format!("{:?}", lines.rows).contains("P0"), "{:?}", lines.rows);

    let now = world.site.clock.now();
    world.write(|tx| people::opt_out(tx, &world.list, (phone(1).expose(), None), "asked at the door", now));
    assert!(matches!(plan(&world.site, id), Err(ListError::Plan(PlanError::Nobody(_)))));
    assert_eq!((world.state(id), world.counts(id)), (BroadcastState::Planned, vec![("planned".to_owned(), 2)]));
}
