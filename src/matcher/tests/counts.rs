//! H5: the counts of different methods agree with each other and with what the samplers accept; who can guess is found at any
//! size.

use super::super::*;
use super::{question, seed};
use crate::matcher::board::{Board, Csr};
use crate::matcher::random::{Purpose, Stream};

fn by_household(sizes: &[u32]) -> Board {
    let groups: Vec<u32> = (0..).zip(sizes).flat_map(|(group, &size)| (0..size).map(move |_| group)).collect();
    Board::new(groups.clone(), groups, [].into_iter())
}

fn singles(people: u32, cells: &[(u32, u32)]) -> Board {
    Board::new((0..people).collect(), (0..people).collect(), cells.iter().copied())
}

/// The share of attempts that succeed, each of them a draw with a budget of one.
fn accepted(tries: u32, mut attempt: impl FnMut(&mut Stream) -> bool) -> f64 {
    let mut stream = Stream::new(&[9; 32], Purpose::Draw, 0);
    f64::from(board::number((0..tries).filter(|_| attempt(&mut stream)).count())) / f64::from(tries)
}

fn assert_share(name: &str, observed: f64, expected: f64, tries: u32) {
    let error = (expected * (1.0 - expected) / f64::from(tries)).sqrt();
    assert!((observed - expected).abs() < 4.5 * error + 1e-12, "{name}: {observed} for {expected}");
}

// G3, H5: households of 12 to 20 people, counted through groups and through sets.
#[test]
fn groups_and_sets_count_alike() {
    for sizes in [&[4, 3, 2, 2, 1][..], &[6, 3, 2, 1], &[5, 5, 4, 1], &[8, 3, 3, 2], &[2; 8], &[9, 4, 3, 1, 1]] {
        let board = by_household(sizes);
        let sets = subset::Subsets::count(&board).total() as f64;
        let groups = groups::ways::log_count(&board).expect("few states");
        assert!((groups - sets.ln()).abs() < 1e-9, "{sizes:?}: {} for {sets}", groups.exp());
    }
}

// H5: a plain shuffle is valid as often as there are valid draws among n!, and Huber's attempt as often as there are within
// its bound.
#[test]
fn sets_count_what_shuffling_and_weighing_accept() {
    let tries = 40_000;
    let boards =
        [by_household(&[2; 7]), by_household(&[4, 3, 2, 2, 1]), singles(13, &[(0, 1), (2, 1), (5, 6), (6, 5)])];
    for board in &boards {
        let count = subset::Subsets::count(board).total() as f64;
        let factorial = scaling::ln_factorial(board.size()).exp();
        let shuffled = accepted(tries, |stream| rejection::draw(board, stream, 1).is_some());
        assert_share("shuffling", shuffled, count / factorial, tries);
        let weighing = huber::Weighing::with(board, 1, Some(0), huber::receivers::Limits::USUAL).expect("small");
        let weighed = accepted(tries, |stream| weighing.attempt(weighing.receivers(&[]), stream).is_some());
        assert_share("weighing", weighed, count / huber::log_bound(board).exp(), tries);
    }
}

// H5: of all (n-1)! circles, as many are laid out without a clash as the table counts.
#[test]
fn circles_are_counted_as_they_are_laid_out() {
    let tries = 40_000;
    for board in [by_household(&[2; 7]), by_household(&[3, 3, 2, 2, 1]), singles(12, &[(0, 1), (1, 2), (7, 3)])] {
        let counted = circle::Circles::<u64>::one(&board, Vec::new()).total() as f64;
        let all = scaling::ln_factorial(board.size() - 1).exp();
        let laid_out = accepted(tries, |stream| cycles::draw(&board, stream, board.size(), 1).is_some());
        assert_share("laid out", laid_out, counted / all, tries);
        // No circle is shorter than all: the other table counts the same.
        let long = circle::Circles::<u64>::long(&board, Vec::new(), board.size()).total() as f64;
        assert!((long - counted).abs() < 0.5);
        // With circles of two and more it counts all draws.
        let draws = circle::Circles::<u64>::long(&board, Vec::new(), 2).total();
        assert_eq!(draws, subset::Subsets::count(&board).total());
    }
}

// H5: several rounds are accepted as often as the table of all rounds says, for the bound of every round is known.
#[test]
fn rounds_are_counted_as_they_are_weighed() {
    let tries = 40_000;
    for board in [by_household(&[2; 4]), by_household(&[1; 9]), by_household(&[3, 2, 2, 1])] {
        let nothing = Csr::from_pairs(board.size() as usize, [].into_iter());
        let counted = tuples::Tuples::count(&board, &nothing, 2).total() as f64;
        let weighing = huber::Weighing::with(&board, 2, Some(0), huber::receivers::Limits::USUAL).expect("small");
        let first = feasible::largest(&board).col_of;
        let cells: Vec<(u32, u32)> = board.extra_lists().pairs().chain((0..).zip(first)).collect();
        let less = Board::new(board.row_groups().to_vec(), board.col_groups().to_vec(), cells.iter().copied());
        let bound = (huber::log_bound(&board) + huber::log_bound(&less)).exp();
        let weighed = accepted(tries, |stream| {
            let Some(first) = weighing.attempt(weighing.receivers(&[]), stream) else { return false };
            weighing.attempt(weighing.receivers(&[first]), stream).is_some()
        });
        assert_share("rounds", weighed, counted / bound, tries);
    }
}

// H5: estimates are of the right size where the count is known.
#[test]
fn estimates_of_rounds_and_circles_are_near_the_count() {
    let near = |name: &str, estimate: f64, exact: f64| {
        println!("{name}: estimated 10^{:.2}, counted 10^{:.2}", estimate / std::f64::consts::LN_10, exact.log10());
        assert!((estimate - exact.ln()).abs() < std::f64::consts::LN_10, "{name}");
    };
    for board in [by_household(&[1; 12]), by_household(&[2; 6]), by_household(&[3, 3, 2, 2, 1])] {
        let nothing = Csr::from_pairs(board.size() as usize, [].into_iter());
        let counted = tuples::Tuples::count(&board, &nothing, 2).total() as f64;
        near("two rounds", rounds::estimate(&board, 2, None), counted);
        let circles = circle::Circles::<u64>::one(&board, Vec::new()).total() as f64;
        near("one circle", circular::estimate(&board, circular::Rule::One), circles);
        let long = circle::Circles::<u64>::long(&board, Vec::new(), 3).total() as f64;
        near("no mutual pairs", circular::estimate(&board, circular::Rule::NoMutual), long);
    }
}

// H5: draws that are only looked at say of every pairing what counting says.
#[test]
fn what_is_seen_in_draws_agrees_with_counting() {
    // Person 0 may give to 1 and 2; 1 only to 2 and 3.
    let cells: Vec<(u32, u32)> = (3..13).map(|to| (0, to)).chain((4..13).chain([0]).map(|to| (1, to))).collect();
    let board = singles(13, &cells);
    let check = |name: &str, often: Vec<(u32, u32, f64)>, uses: Vec<u64>, total: u64| {
        assert!(!often.is_empty(), "{name}");
        for (giver, receiver, share) in often {
            let exact = survey::ratio(uses[(giver * 13 + receiver) as usize], total);
            let error = (exact * (1.0 - exact) / f64::from(SAMPLED)).sqrt();
            assert!((share - exact).abs() < 4.5 * error, "{name}: {share} for {exact}");
        }
    };
    let sets = subset::Subsets::count(&board);
    check("plain", sampled::of_block(&board).expect("sparse"), sets.uses(), sets.total());
    for rule in [circular::Rule::One, circular::Rule::NoMutual] {
        let often = sampled::often(13, |stream| Some(vec![circular::glanced(&board, rule, stream)?]));
        let circles = match rule {
            circular::Rule::One => circle::Circles::<u64>::one(&board, Vec::new()),
            circular::Rule::NoMutual => circle::Circles::<u64>::long(&board, Vec::new(), 3),
        };
        check("circles", often.expect("sparse"), circles.uses(), circles.total());
    }
}

fn guessable(problem: &Problem) -> Vec<(u32, u32, Basis, bool)> {
    let surveyed = survey(problem).expect("well formed");
    surveyed.guessable.iter().map(|one| (one.giver, one.receiver, one.basis, one.probability >= 1.0)).collect()
}

// H5: who can guess is found on rosters of 40 too, whatever the rules about circles and gifts.
#[test]
fn who_can_guess_among_many_people() {
    // Person 0 may give only to 1. Person 2 may give to 3, and to 4 as well.
    let cells: Vec<(u32, u32)> = (2..40).map(|to| (0, to)).chain((5..40).chain([0, 1]).map(|to| (2, to))).collect();
    let free = question(&[0; 40], &cells, &[]);
    for (one_circle, mutual) in [(false, true), (true, true), (false, false)] {
        let found = guessable(&Problem { one_circle, mutual, ..free.clone() });
        assert_eq!(found.first(), Some(&(0, 1, Basis::Counted, true)), "one circle {one_circle}, mutual {mutual}");
        assert!(found.iter().all(|&(giver, ..)| giver == 0 || giver == 2), "{found:?}");
    }
    // With two gifts each, of three receivers each is had in two of three draws; of two, both always.
    let cells: Vec<(u32, u32)> = (3..40).map(|to| (0, to)).chain((7..40).chain(0..4).map(|to| (3, to))).collect();
    let two = guessable(&Problem { gifts_each: 2, ..question(&[0; 40], &cells, &[]) });
    assert_eq!(two[..2], [(0, 1, Basis::Counted, true), (0, 2, Basis::Counted, true)]);
    assert_eq!(
        two[2..].iter().map(|&(giver, receiver, basis, _)| (giver, receiver, basis)).collect::<Vec<_>>(),
        [(3, 4, Basis::Sampled), (3, 5, Basis::Sampled), (3, 6, Basis::Sampled),]
            .into_iter()
            .filter(|one| two.iter().any(|two| (two.0, two.1, two.2) == *one))
            .collect::<Vec<_>>()
    );
}

// H5: a receiver whom only the circle forces is proved.
#[test]
fn a_receiver_whom_only_the_circle_forces() {
    // Two halves of 15 joined by one pairing each way.
    let halves = |there: (u32, u32), back: (u32, u32)| {
        let across = |giver: u32, receiver: u32| (giver < 15) != (receiver < 15);
        let cells: Vec<(u32, u32)> = (0..30)
            .flat_map(|giver| (0..30).map(move |receiver| (giver, receiver)))
            .filter(|&(giver, receiver)| across(giver, receiver) && ![there, back].contains(&(giver, receiver)))
            .collect();
        question(&[0; 30], &cells, &[])
    };
    let free = halves((0, 15), (16, 1));
    assert!(guessable(&free).is_empty());
    let circle = Problem { one_circle: true, ..free };
    assert_eq!(guessable(&circle), [(0, 15, Basis::Counted, true), (16, 1, Basis::Counted, true)]);
    let drawn = draw(&circle, &seed(1)).expect("there is a draw");
    assert!(circular::Rule::One.holds(&drawn.rounds[0]) && drawn.uniformity == Uniformity::ExactTo1e9, "{drawn:?}");
    // There and back by the same two people leaves the others out.
    let closed = Problem { one_circle: true, ..halves((0, 15), (15, 0)) };
    assert_eq!(survey(&closed).expect("well formed").count.method, "proved impossible");
    assert!(matches!(draw(&closed, &seed(1)), Err(NoDraw::Impossible(_))));
}

// H5: the same roster gets the same answer.
#[test]
fn a_survey_can_be_repeated() {
    let problem = Problem { mutual: false, ..question(&[0; 60], &[(0, 1), (2, 3)], &[]) };
    assert_eq!(survey(&problem), survey(&problem));
    assert!(draw(&problem, &seed(0)).is_ok());
}
