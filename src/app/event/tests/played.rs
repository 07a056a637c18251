//! The same history on the pure function's world and through the real store: after every step both stand alike.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::dealing::tests::any_op;
use crate::dealing::tests::world::{Op, World as Model};
use crate::model::{Invitation, Phase, Terms};
use crate::store::{Recipient, Tx};

/// How many histories are played; `XCHANGE_TEST_EVENTS` says another number.
fn histories() -> u32 {
    std::env::var("XCHANGE_TEST_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(16)
}

/// The real clock goes on while a history is played.
const DRIFT: SignedDuration = SignedDuration::from_secs(120);

/// Between any two things, so that what comes second by the real clock does so in the model, and no sum of these is an hour.
const TICK: SignedDuration = SignedDuration::from_secs(50);

struct Both {
    model: Model,
    real: World,
    event: TopicId,
    /// The contacts who have said STOP.
    stopped: BTreeSet<usize>,
}

fn name(place: usize) -> String {
    format!("Guest {place}")
}

/// What of an invitation both know.
fn known(of: &Invitation) -> (State, u32, u32, u32, bool) {
    (of.state, of.size, of.seats, of.round, of.is_certain)
}

impl Both {
    fn new(terms: &Terms, reach: &[bool]) -> Self {
        let mut real = World::with_more(&[], "\n[messaging]\nquiet = \"never\"\n");
        let now = real.now();
        // Half an hour beside everything else, so that no two times are one.
        let from = |at: Timestamp| now + at.duration_since(Timestamp::UNIX_EPOCH) + SignedDuration::from_mins(30);
        let whole = |at: Timestamp| Timestamp::from_second(at.as_second().div_euclid(60) * 60).expect("a time");
        let terms =
            Terms { starts_at: whole(from(terms.starts_at)), cut_off: whole(from(terms.cut_off)), ..terms.clone() };
        let mut stopped = BTreeSet::new();
        for (place, reachable) in reach.iter().enumerate() {
            real.add_contact(&name(place + 1));
            if !reachable {
                stopped.insert(place);
                real.stop(place);
            }
        }
        let event = real.event(&Typed {
            name: "Dinner".to_owned(),
            seats: terms.seats.to_string(),
            at_once: terms.at_once.to_string(),
            overbook: terms.overbook.to_string(),
            size: terms.size.to_string(),
            lapse: format!("{:#}", terms.lapse),
            starts_at: terms.starts_at.to_string(),
            cut_off: terms.cut_off.to_string(),
            ..Typed::default()
        });
        real.act(event, &Act::Deal);
        let model = Model::at(now, terms, reach);
        Self { model, real, event, stopped }
    }

    fn guest(&self, place: usize) -> Guest {
        self.real.guest(self.event, &name(place))
    }

    /// The contact of the model's nth invitation, counted from one.
    fn meant(&self, who: usize) -> Option<usize> {
        self.model.nth(who).map(|id| usize::try_from(self.model.contact_of(id).0).expect("a place"))
    }

    fn step(&mut self, op: Op) {
        let Terms { seats: total, starts_at, phase, .. } = self.model.view.terms;
        let is_over = self.model.now >= starts_at || phase == Phase::Cancelled;
        let op = match op {
            // An event has at least one seat, and is neither changed nor called off any more once it has begun or is off;
            // nothing leaves while it is paused.
            Op::Seats(more) if i64::from(total) + i64::from(more) < 1 || is_over => return,
            Op::Sent(_) if phase == Phase::Paused => return,
            Op::Phase(Phase::Cancelled) if is_over => return,
            Op::Undelivered(who, _) => Op::Undelivered(who, false),
            other => other,
        };
        let meant = match op {
            Op::Answer(who, ..)
            | Op::ChangeReach(who)
            | Op::Undelivered(who, _)
            | Op::Sent(who)
            | Op::Withdraw(who) => self.meant(who),
            _ => None,
        };
        self.real.leave(!self.model.is_blocked);
        let (before, skipped) = (self.model.now, self.model.first_skipped());
        self.model.step(&op);
        let event = self.event;
        let guest = meant.map(|place| self.guest(place));
        match &op {
            Op::Advance(_) => {
                let mut at = before;
                for stop in self.model.stops.clone() {
                    self.real.pass(stop.duration_since(at));
                    self.real.leave(!self.model.is_blocked);
                    at = stop;
                }
            }
            Op::Phase(to) if *to != phase && phase != Phase::Cancelled => {
                let act = match to {
                    Phase::Paused => Act::Pause,
                    Phase::Closed => Act::Close,
                    Phase::Cancelled => Act::Cancel(String::new()),
                    _ => Act::Deal,
                };
                self.real.act(event, &act);
            }
            Op::Seats(_) => {
                let seats = self.model.view.terms.seats.to_string();
                self.real.change(event, |typed| typed.seats = seats);
            }
            Op::AddContact(reachable) => {
                let place = self.real.contacts();
                self.real.add_contact(&name(place + 1));
                if !reachable {
                    self.toggle(place);
                }
            }
            Op::ChangeReach(_) => {
                let toggled = meant.map(|place| place - 1);
                let again = skipped.map(|contact| usize::try_from(contact.0 - 1).expect("a place"));
                toggled.into_iter().chain(again).for_each(|place| self.toggle(place));
            }
            _ => guest.into_iter().for_each(|guest| self.done_about(&guest, &op)),
        }
        self.real.pass(SignedDuration::ZERO);
        self.real.leave(!self.model.is_blocked);
    }

    /// A phone says STOP, or START where it had.
    fn toggle(&mut self, place: usize) {
        if self.stopped.remove(&place) {
            self.real.start(place);
        } else {
            self.stopped.insert(place);
            self.real.stop(place);
        }
    }

    fn done_about(&self, guest: &Guest, op: &Op) {
        if matches!(op, Op::Sent(_)) {
            // What still waits in the outbox has not been sent.
            self.real.leave_where(&|row| row.recipient == Recipient::Person(guest.person));
        }
        let (now, guest) = (self.real.now(), &self.real.guest(self.event, &guest.name));
        self.real.in_one(|tx, events| match op {
            Op::Answer(_, word, many) => events.answer(tx, guest, (*word, Some(*many)), Via::Page, now).map(drop),
            Op::Undelivered(..) if guest.invitation.state == State::Open => {
                events.undelivered(tx, guest, "nobody has this number", now)
            }
            Op::Sent(_) => events.left(tx, guest, guest.invitation.round, now),
            Op::Withdraw(_) => events.withdraw(tx, guest).map_err(|e| panic!("{e}")),
            _ => Ok(()),
        });
    }

    /// Both stand alike, and the rows are sound.
    fn check(&self) {
        self.model.check();
        let guests = self.real.store().read(|tx| tx.guests(self.event, true)).expect("a sound database");
        for (place, expected) in (1..).zip(self.model.standing()) {
            let found = guests.iter().find(|guest| guest.name == name(place));
            let found = found.filter(|guest| expected.is_some() || guest.invitation.state != State::Skipped);
            let of_them = found.map(|guest| &guest.invitation);
            assert_eq!(of_them.map(known), expected.as_ref().map(known), "Guest {place}");
            let lapses = |of: Option<&Invitation>| of.and_then(|of| of.lapses_at);
            match (lapses(of_them), lapses(expected.as_ref())) {
                (Some(real), Some(model)) => assert!(real.duration_since(model).abs() < DRIFT, "{real} {model}"),
                (real, model) => assert_eq!(real, model),
            }
        }
        // I1, as the rows have it.
        for guest in &guests {
            let rows = |taken: u32| {
                let (id, sql) = (guest.id.0, "SELECT count(*) FROM seat WHERE taken");
                u32::try_from(self.real.store().number(&format!("{sql} = {taken} AND invitation = {id}"))).expect("few")
            };
            let Invitation { state, seats, .. } = guest.invitation;
            let expected = if state == State::Held { (0, seats) } else { (seats, 0) };
            assert_eq!((rows(0), rows(1)), expected, "{guest:?}");
        }
        // I7: each told once; whoever learns it by the answer to their own needs no message.
        let of_kind = |kind: &str| self.real.queued().iter().filter(|row| row.kind == kind).count();
        for (what, kind) in [("invite", "invited"), ("ask", "asked_again"), ("remind", "reminded")] {
            let told = self.model.told.iter().filter(|(_, _, told)| *told == what).count();
            assert_eq!(of_kind(kind), told, "{kind}");
        }
        for (what, kind) in [("offer", "offered"), ("seat", "seated")] {
            assert!(of_kind(kind) <= self.model.told.iter().filter(|(_, _, told)| *told == what).count(), "{kind}");
        }
        // I6: nothing is left to do.
        let (states, queued) = (guests.len(), self.real.queued().len());
        self.real.pass(SignedDuration::ZERO);
        assert_eq!((self.real.shown(self.event).rows.len(), self.real.queued().len()), (states, queued));
    }
}

impl World {
    /// In one transaction of a database that is opened for it, as another process would.
    fn in_one(&self, work: impl FnOnce(&Tx<'_>, &Events) -> Result<(), StoreError>) {
        self.another_store().write(|tx| work(tx, &self.events)).unwrap_or_else(|e| panic!("{e:?}"));
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    (1u32..6, 1u32..4, prop_oneof![3 => Just(0u32), 1 => 1u32..3], 1u32..4, 2i64..50, 100i64..400, 0i64..90).prop_map(
        |(seats, at_once, overbook, size, lapse, starts, before)| {
            let after = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
            Terms {
                phase: Phase::Dealing,
                seats,
                at_once,
                overbook,
                size,
                lapse: SignedDuration::from_hours(lapse),
                cut_off: after(starts - before),
                starts_at: after(starts),
                ask_again: SignedDuration::from_hours(48),
            }
        },
    )
}

// P1 H15 D4 D6 D7 D9 D16 D18 D19
#[test]
fn the_store_stands_as_the_pure_function_says_after_every_step() {
    let histories = (any_terms(), prop::collection::vec(any::<bool>(), 0..8), prop::collection::vec(any_op(), 0..30));
    let config =
        Config { cases: self::histories(), max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let played = TestRunner::new(config).run(&histories, |(terms, reach, ops)| {
        let mut both = Both::new(&terms, &reach);
        both.check();
        for op in ops {
            both.step(Op::Advance(TICK));
            both.step(op);
            both.check();
        }
        Ok(())
    });
    played.unwrap_or_else(|e| panic!("{e}"));
}
