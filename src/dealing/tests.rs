//! The invariants I1 to I10 after every step of any sequence, and what they add up to (P1 to P6, P11, P12).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

pub(crate) mod world;

use world::{Op, World, terms};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn any_word() -> impl Strategy<Value = Word> {
    prop::sample::select(Word::ALL.to_vec())
}

pub(crate) fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        24 => (0usize..12, any_word(), 1u32..4).prop_map(|(who, word, many)| Op::Answer(who, word, many)),
        16 => (1i64..80).prop_map(|hours| Op::Advance(SignedDuration::from_hours(hours))),
        4 => prop::sample::select(vec![Phase::Dealing, Phase::Paused, Phase::Closed]).prop_map(Op::Phase),
        4 => (-3i32..4).prop_map(Op::Seats),
        4 => any::<bool>().prop_map(Op::AddContact),
        4 => (0usize..12).prop_map(Op::ChangeReach),
        8 => (0usize..12, any::<bool>()).prop_map(|(who, other)| Op::Undelivered(who, other)),
        4 => (0usize..12).prop_map(Op::Sent),
        4 => any::<bool>().prop_map(Op::Blocked),
        4 => (0usize..12).prop_map(Op::Withdraw),
        1 => Just(Op::Phase(Phase::Cancelled)),
    ]
}

fn any_terms() -> impl Strategy<Value = Terms> {
    (1u32..6, 1u32..4, prop_oneof![3 => Just(0u32), 1 => 1u32..3], 1u32..4, 1i64..50, 100i64..400, 0i64..100).prop_map(
        |(seats, at_once, overbook, size, lapse, starts, before)| {
            let starts_at = later(Timestamp::UNIX_EPOCH, hours(starts));
            Terms {
                seats,
                at_once,
                overbook,
                size,
                lapse: hours(lapse),
                cut_off: earlier(starts_at, hours(before)),
                starts_at,
                ..terms()
            }
        },
    )
}

proptest! {
    // P1 P6 D2 D4 D6 D8 D9 D16 D18 D19
    #[test]
    fn the_invariants_hold_after_every_step(
        terms in any_terms(),
        reach in prop::collection::vec(any::<bool>(), 0..10),
        ops in prop::collection::vec(any_op(), 0..40),
    ) {
        let mut world = World::new(terms, &reach);
        for op in ops {
            world.step(&op);
            world.check();
        }
    }

    // P2: those who come first are seated, as far as their parties fit.
    #[test]
    fn when_all_say_yes_at_once_the_first_are_seated(seats in 1u32..30, at_once in 1u32..8, people in 0usize..40) {
        let mut world = World::new(Terms { seats, at_once, ..terms() }, &vec![true; people]);
        while let Some(open) = world.open().first().copied() {
            world.answer(open, Word::Yes, 1);
            world.check();
        }
        let held: Vec<i64> = world.of(State::Held).iter().map(|id| world.contact_of(*id).0).collect();
        let expected: Vec<i64> = (1..).take(people.min(seats as usize)).collect();
        prop_assert_eq!(held, expected);
    }

    // P3 D7: silence.
    #[test]
    fn when_all_are_silent_each_is_asked_once_in_order(people in 0usize..20, at_once in 1u32..5, seats in 1u32..5) {
        let starts_at = later(Timestamp::UNIX_EPOCH, hours(10_000));
        let calm = Terms { at_once, seats, starts_at, cut_off: starts_at, ..terms() };
        let mut world = World::new(calm, &vec![true; people]);
        world.step(&Op::Advance(hours(9_000)));
        world.check();
        prop_assert_eq!(world.of(State::Lapsed).len(), people);
        prop_assert!(world.open().is_empty());
        let invited: Vec<i64> = world.invited.iter().map(|contact| contact.0).collect();
        prop_assert_eq!(invited, (1..).take(people).collect::<Vec<i64>>());
        prop_assert_eq!(world.told.len(), people, "one message each");
    }

    // P4: looking more often changes nothing.
    #[test]
    fn how_often_one_looks_does_not_matter(
        terms in any_terms(),
        people in 0usize..10,
        ops in prop::collection::vec(any_op(), 0..20),
        parts in 2i64..6,
    ) {
        let mut at_once = World::new(terms.clone(), &vec![true; people]);
        let mut in_parts = World::new(terms, &vec![true; people]);
        for op in ops {
            at_once.step(&op);
            match op {
                Op::Advance(by) => {
                    for part in 0..parts {
                        let some = by.checked_div(i32::try_from(parts).unwrap()).unwrap();
                        in_parts.step(&Op::Advance(if part == 0 { by - some * i32::try_from(parts - 1).unwrap() } else { some }));
                    }
                }
                other => in_parts.step(&other),
            }
            prop_assert_eq!(&at_once.view.invitations, &in_parts.view.invitations);
            prop_assert_eq!(&at_once.told, &in_parts.told);
        }
    }

    // P5: whoever comes after everybody changes nothing for those before who answer in time.
    #[test]
    fn a_contact_behind_all_others_changes_nothing_before(
        (seats, at_once, lapse) in (1u32..6, 1u32..4, 61i64..90),
        people in 0usize..8,
        answers in prop::collection::vec((prop::sample::select(vec![Word::Yes, Word::Probably, Word::No]), 0i64..60), 9),
    ) {
        let starts_at = later(Timestamp::UNIX_EPOCH, hours(5_000));
        let calm = Terms { seats, at_once, lapse: hours(lapse), starts_at, cut_off: starts_at, ..terms() };
        let play = |people: usize| {
            let mut world = World::new(calm.clone(), &vec![true; people]);
            world.play(&answers);
            world.standing()
        };
        let (without, with) = (play(people), play(people + 1));
        prop_assert_eq!(&with[..people], &without[..]);
    }

    // P12: of two who do the same, the one before is never worse off.
    #[test]
    fn whoever_comes_first_is_never_worse_off(
        (seats, at_once, lapse) in (1u32..5, 1u32..4, 2i64..40),
        answers in prop::collection::vec((any_word(), 0i64..60), 2..9),
    ) {
        let starts_at = later(Timestamp::UNIX_EPOCH, hours(5_000));
        let calm = Terms { seats, at_once, lapse: hours(lapse), starts_at, cut_off: starts_at, ..terms() };
        let mut world = World::new(calm, &vec![true; answers.len()]);
        world.play(&answers);
        let standing = world.standing();
        for (later, behaviour) in answers.iter().enumerate() {
            for before in (0..later).filter(|before| answers[*before] == *behaviour) {
                let holds = |who: usize| standing[who].as_ref().is_some_and(|found| found.state == State::Held);
                prop_assert!(holds(before) || !holds(later), "{before} before {later}: {standing:?}");
            }
        }
    }

    // P11: whatever the zone's clock does, an invitation is open for as long as it says, and for an hour at least.
    #[test]
    fn an_invitation_is_open_for_its_time(minute in 0i64..60 * 24 * 365, lapse in 1i64..100, before in 0i64..200) {
        let leaves = Timestamp::from_second(1_767_225_600 + minute * 60).unwrap();
        let starts_at = later(leaves, hours(before));
        let terms = Terms { lapse: hours(lapse), starts_at, cut_off: starts_at, ..terms() };
        match terms.lapses_at(leaves) {
            Some(at) => {
                prop_assert!(at >= later(leaves, SHORTEST_WINDOW) && at <= later(leaves, hours(lapse)));
                prop_assert!(at <= earlier(starts_at, LAST_HOUR));
            }
            None => prop_assert!(before < 2),
        }
    }

    // D17: the plan names everybody, and those it invites now are those who are invited.
    #[test]
    fn the_plan_begins_as_the_dealing_does(terms in any_terms(), reach in prop::collection::vec(any::<bool>(), 0..10)) {
        let mut world = World::new(Terms { phase: Phase::Draft, ..terms }, &reach);
        let planned = plan(&world.view, world.now);
        prop_assert_eq!(planned.len(), reach.len());
        let now: Vec<usize> =
            planned.iter().enumerate().filter(|(_, planned)| **planned == Planned::Now).map(|(place, _)| place).collect();
        world.step(&Op::Phase(Phase::Dealing));
        let invited: Vec<usize> = world.invited.iter().map(|contact| usize::try_from(contact.0 - 1).unwrap()).collect();
        prop_assert_eq!(now, invited);
    }
}

// D5 D9: PROBABLY holds, MAYBE does not, and each change of mind is followed at once.
#[test]
fn a_change_of_mind_moves_the_seat() {
    let mut world = World::new(Terms { seats: 1, at_once: 1, ..terms() }, &[true; 2]);
    let first = world.open()[0];
    world.answer(first, Word::Probably, 1);
    assert_eq!((world.view.invitations[&first].state, world.open().len()), (State::Held, 0));
    world.answer(first, Word::No, 1);
    let second = world.open()[0];
    assert_ne!(first, second);
    world.answer(second, Word::Maybe, 1);
    // Nobody is left, so that the seat is offered to whoever may come.
    let offered = &world.view.invitations[&second];
    assert_eq!((offered.state, offered.round, offered.seats), (State::Open, 2, 1));
    world.answer(second, Word::Maybe, 1);
    assert_eq!(world.view.invitations[&second].state, State::Maybe, "offered once");
    world.answer(second, Word::Yes, 1);
    assert_eq!(world.view.invitations[&second].state, State::Held);
    assert_eq!(why(&world.view, world.now), Why::Full);
}

// D8: the last seat.
#[test]
fn of_two_late_answers_one_gets_the_seat_and_the_other_is_first_in_line() {
    let mut world = World::new(Terms { seats: 1, at_once: 1, ..terms() }, &[true; 2]);
    world.step(&Op::Advance(terms().lapse * 2));
    assert_eq!(world.of(State::Lapsed).len(), 2);
    let both = world.of(State::Lapsed);
    world.answer(both[1], Word::Yes, 1);
    world.answer(both[0], Word::Yes, 1);
    assert_eq!((world.of(State::Held), world.of(State::Line)), (vec![both[1]], vec![both[0]]));
    world.answer(both[1], Word::No, 1);
    assert_eq!(world.of(State::Held), vec![both[0]], "who waits is seated at once");
}

// D8: two who answer in one millisecond stand as they answered, whoever was invited first.
#[test]
fn of_two_in_one_moment_the_first_to_answer_stands_first() {
    let mut world = World::new(Terms { seats: 1, at_once: 1, ..terms() }, &[true; 3]);
    world.step(&Op::Advance(terms().lapse * 3));
    let silent = world.of(State::Lapsed);
    for place in [2, 1, 0] {
        world.answer(silent[place], Word::Yes, 1);
    }
    assert_eq!(world.of(State::Held), [silent[2]]);
    let line: Vec<InvitationId> = world.view.line().into_iter().map(|(id, _)| id).collect();
    assert_eq!(line, [silent[1], silent[0]]);
    world.check();
}

// D4 A10: who sleeps until it is too late keeps nobody else from being asked, and is said so before.
#[test]
fn who_is_asleep_until_it_is_too_late_is_passed() {
    let starts_at = later(Timestamp::UNIX_EPOCH, hours(6));
    let eve = Terms { phase: Phase::Draft, seats: 1, at_once: 1, starts_at, cut_off: starts_at, ..terms() };
    let mut world = World::new(eve, &[true; 2]);
    let wakes = |after| Some(later(Timestamp::UNIX_EPOCH, hours(after)));
    world.view.candidates[0].asleep_until = wakes(5);
    world.view.candidates[1].asleep_until = wakes(2);
    assert_eq!(plan(&world.view, world.now), [Planned::OnlyIfOthersAnswer, Planned::Now]);
    world.step(&Op::Phase(Phase::Dealing));
    let open = &world.view.invitations[&world.open()[0]];
    assert_eq!((world.invited.as_slice(), open.lapses_at), (&[ContactId(2)][..], wakes(5)), "an hour before it begins");
    // The same of a seat that came free.
    let guest = world.open()[0];
    world.view.asleep.insert(guest, later(Timestamp::UNIX_EPOCH, hours(5)));
    world.answer(guest, Word::Maybe, 1);
    assert_eq!(world.of(State::Maybe), [guest]);
    world.view.asleep.clear();
    assert!(matches!(deal(&world.view, world.now)[..], [Action::Offer { .. }]));
}

// D8 D6: with overbooking the second YES in time loses, and stands before everybody else.
#[test]
fn with_overbooking_the_loser_is_first_in_line() {
    let mut world = World::new(Terms { seats: 1, at_once: 2, overbook: 1, ..terms() }, &[true; 3]);
    let open = world.open();
    assert_eq!(open.len(), 2);
    world.step(&Op::Advance(hours(1)));
    world.answer(open[1], Word::Yes, 1);
    let seats: Vec<u32> = open.iter().map(|id| world.view.invitations[id].seats).collect();
    assert_eq!(seats, [1, 0], "the first owns the seat, the second came too soon");
    assert_eq!(world.view.line()[0].0, open[1]);
}

// D18: the head wants two, one is free.
#[test]
fn nobody_jumps_ahead_of_a_party() {
    let mut world = World::new(Terms { seats: 3, at_once: 3, size: 2, ..terms() }, &[true; 3]);
    world.step(&Op::Advance(terms().lapse * 3));
    let silent = world.of(State::Lapsed);
    world.answer(silent[0], Word::Yes, 2);
    world.answer(silent[1], Word::Yes, 1);
    assert_eq!(world.view.seats().free, 0);
    let third = silent[2];
    world.answer(third, Word::Yes, 2);
    world.answer(silent[1], Word::No, 1);
    let offered = &world.view.invitations[&third];
    assert_eq!((offered.state, offered.size, offered.wants), (State::Open, 1, 2), "offered what is free");
}

// D20
#[test]
fn the_reasons_why_nothing_goes_out() {
    let mut world = World::new(Terms { phase: Phase::Draft, seats: 2, at_once: 1, ..terms() }, &[true; 2]);
    assert_eq!(why(&world.view, world.now).to_string(), "nothing is sent before you deal");
    world.step(&Op::Phase(Phase::Dealing));
    assert!(matches!(why(&world.view, world.now), Why::Waiting(1, _)));
    world.step(&Op::Phase(Phase::Paused));
    assert_eq!(why(&world.view, world.now), Why::Paused);
    world.step(&Op::Phase(Phase::Dealing));
    for word in [Word::Probably, Word::Maybe] {
        let open = world.open()[0];
        world.answer(open, word, 1);
    }
    let offered = world.open()[0];
    world.answer(offered, Word::No, 1);
    assert_eq!(why(&world.view, world.now).to_string(), "nobody is left to invite; 1 seat is free");
    world.step(&Op::Seats(-1));
    assert_eq!(why(&world.view, world.now).to_string(), "full, 1 of them by people who said PROBABLY");
    world.step(&Op::Phase(Phase::Cancelled));
    assert_eq!(why(&world.view, world.now), Why::Cancelled);
}

// D21
#[test]
fn who_said_probably_is_asked_once_more_and_all_are_reminded() {
    let mut world = World::new(Terms { seats: 2, at_once: 2, ..terms() }, &[true; 2]);
    let open = world.open();
    world.answer(open[0], Word::Probably, 1);
    world.answer(open[1], Word::Yes, 1);
    let until = world.view.terms.starts_at.duration_since(world.now) - hours(2);
    world.told.clear();
    world.step(&Op::Advance(until));
    let told: BTreeSet<(InvitationId, &str)> = world.told.iter().map(|(id, _, what)| (*id, *what)).collect();
    assert_eq!(told, BTreeSet::from([(open[0], "ask"), (open[0], "remind"), (open[1], "remind")]));
    world.check();
}
