//! Years of visits slow nothing down: what a desk asks its database all day finds its rows by an index. How long it takes is
//! measured by `cargo bench --bench desk`.

use super::super::*;
use super::world::{World, visitor};
use crate::store::Channel;

const VISITS: i64 = 20_000;

/// Past visits, each of a visitor of their own, and as many goodbyes that wait.
fn years_of_visits(world: &World) {
    let (store, desk, now) = (&world.site.store, world.desk.id().0, world.now().as_millisecond());
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {VISITS})");
    let host = store.number("SELECT min(person) FROM host");
    store.sql(&format!(
        "{numbers} INSERT INTO person (topic, name, phone) SELECT {desk}, 'Past ' || i, '+4477' || (10000000 + i) FROM n"
    ));
    store.sql(&format!(
        "INSERT INTO visit (desk, host, visitor, in_at, out_due, out_at, ended, code, consent) \
         SELECT {desk}, {host}, id, {now} - 90000000000 + id, {now} - 80000000000 + id, {now} - 80000000000 + id, 'left', 'X', '' \
         FROM person WHERE name LIKE 'Past %'"
    ));
    store.sql(&format!(
        "INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at) \
         SELECT 'past:' || id, {desk}, 'visitor', 'visit_leave', '{{}}', 'person', id, 'sms', {now}, {now} + 100000000 + id, \
         {now} + 100000000 + id FROM person WHERE name LIKE 'Past %'"
    ));
    if !store.is_sqlite() {
        // A server looks after this by itself, in a while. These tables alone: the other tests' are in the same database.
        for table in ["person", "visit", "outbox", "desk", "host", "away", "topic", "phone"] {
            store.sql(&format!("ANALYZE {table}"));
        }
    }
}

/// Whether an engine means to go through all the visits, messages or visitors there are, or all of one desk. SQLite says what
/// it does, PostgreSQL what it reckons that to cost: going through one of these tables is some hundreds.
fn is_long(plan: &str) -> bool {
    let cost = plan.split_once("..").and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
    let scans = ["SCAN person", "SCAN visit", "SCAN outbox", "SCAN hosting", "SCAN visiting", "(topic=?)", "(desk=?)"];
    cost.map_or_else(|| scans.iter().any(|words| plan.contains(words)), |cost| cost > 150.0)
}

// V1 V3 V9: how the rows are found, on either engine
#[test]
fn years_of_visits_are_passed_over_by_every_statement_of_the_day() {
    let world = World::new();
    years_of_visits(&world);
    // A moment later, when what the check-in has queued is due.
    let (desk, now) = (&world.desk, world.now() + jiff::SignedDuration::from_secs(5));
    let ((), plans) = world.site.store.explained(|tx| {
        let first = check_in(tx, &world.site, desk, &visitor(1), true).expect("in");
        let due = tx.due_messages(desk.id(), (Channel::Sms, false), now, 100).expect("rows");
        assert_eq!(due.len(), 1, "the host is told");
        tx.next_message_at(desk.id(), Channel::Sms, false).expect("a time");
        assert_eq!(board::inside(tx, desk, now).expect("rows").len(), 1);
        desk.hosts(tx, now).expect("hosts");
        let found = board::find_visit(tx, desk, &first.visit.code, now).expect("found");
        extend(tx, &world.site, desk, &found, "2 hours").expect("moved");
        tx.visits_of_person(found.visitor).expect("visits");
        tx.visits_after(desk.id(), found.id - 1, 100).expect("visits");
        leave(tx, &found, now, now).expect("left");
        leaving::close_overdue(tx, desk, now).expect("closed");
    });
    assert!(plans.len() > 30, "{plans:#?}");
    for (sql, plan) in &plans {
        assert!(!is_long(plan), "{sql}\n{plan}");
    }
}
