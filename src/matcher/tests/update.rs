//! Item by item against all draws: the fewest changes, and every draw with so few equally likely.

use std::collections::BTreeMap;

use super::super::*;
use super::{awkward, board, enumerate, enumerate_rounds, question, seed};

type Pairs = Vec<(u32, u32)>;

/// A changed roster: its question, the pairings of the given draw between those who stay, and who joins.
struct Change {
    name: &'static str,
    problem: Problem,
    before: Pairs,
    joiners: Vec<u32>,
}

/// The pairings of a draw whose people are numbered as in the new roster; `GONE` has left.
const GONE: u32 = 99;

fn change(name: &'static str, problem: Problem, draw: &[(u32, u32)], joiners: &[u32]) -> Change {
    let before = draw.iter().copied().filter(|&(giver, receiver)| giver != GONE && receiver != GONE).collect();
    Change { name, problem, before, joiners: joiners.to_vec() }
}

/// Twelve rosters: joiners, leavers, both; households, exclusions, history, circles, tight ones.
fn changes() -> Vec<Change> {
    let five: Pairs = (0..5).map(|giver| (giver, (giver + 1) % 5)).collect();
    let pairs: Pairs = vec![(0, 1), (1, 0), (2, 3), (3, 4), (4, 2)];
    let left: Pairs = vec![(0, 1), (1, GONE), (GONE, 2), (2, 3), (3, 4), (4, 0)];
    let two_left: Pairs = vec![(0, GONE), (GONE, 1), (1, 2), (2, GONE), (GONE, 3), (3, 4), (4, 0)];
    let back: Pairs = vec![(0, GONE), (GONE, 0), (1, 2), (2, 3), (3, 4), (4, 1)];
    let six = || question(&[0; 6], &[], &[]);
    let seven = || question(&[0; 7], &[], &[]);
    let old: &[(u32, u32)] = &[(0, 5), (5, 3), (2, 5), (5, 1)];
    vec![
        change("a joiner", six(), &five, &[5]),
        change(
            "a joiner and couples",
            question(&[1, 1, 2, 2, 0, 2], &[], &[]),
            &[(0, 2), (2, 1), (1, 3), (3, 4), (4, 0)],
            &[5],
        ),
        change("a joiner few may give to", question(&[0; 6], &[(0, 5), (1, 5), (5, 3)], &[]), &five, &[5]),
        change("two joiners", seven(), &five, &[5, 6]),
        change(
            "two joiners with exclusions",
            question(&[0; 7], &[(0, 5), (1, 5), (2, 5), (5, 6), (6, 1), (4, 6)], &[]),
            &pairs,
            &[5, 6],
        ),
        change("a joiner with a history", question(&[0; 6], &[], &[old]), &five, &[5]),
        change("a leaver", question(&[0; 5], &[], &[]), &left, &[]),
        change("two leavers", question(&[0; 5], &[], &[]), &two_left, &[]),
        change("a leaver who drew and was drawn by one", question(&[0; 5], &[(0, 3)], &[]), &back, &[]),
        change("a leaver between two of a couple", question(&[0, 1, 1, 0, 0], &[], &[]), &left, &[]),
        change("a joiner on a circle", Problem { one_circle: true, ..six() }, &five, &[5]),
        change("two joiners, no mutual pairs", Problem { mutual: false, ..seven() }, &five, &[5, 6]),
        change("a leaver and a joiner", six(), &left, &[5]),
        change("two leavers and a joiner, excluded", question(&[0; 6], &[(5, 0), (3, 5)], &[]), &two_left, &[5]),
    ]
}

/// Changes and repeats of a draw, by the definition.
fn cost(change: &Change, before: &Pairs, draw: &[u32]) -> (usize, Vec<usize>) {
    let joins = |person: u32| change.joiners.contains(&person);
    let pairs = || (0..).zip(draw.iter().copied());
    let changed = |&(giver, to): &(u32, u32)| !joins(giver) && !joins(to) && !before.contains(&(giver, to));
    let repeats = |earlier: &Pairs| pairs().filter(|pair| earlier.contains(pair)).count();
    (pairs().filter(changed).count(), change.problem.history.iter().map(repeats).collect())
}

/// The draws of a question with the fewest changes.
fn fewest(change: &Change, before: &Pairs) -> Vec<Vec<u32>> {
    let mut all = enumerate(&Problem { history: Vec::new(), ..change.problem.clone() });
    let least = all.iter().map(|draw| cost(change, before, draw)).min();
    all.retain(|draw| Some(cost(change, before, draw)) == least);
    all
}

/// How likely each draw should be: leavers out first, uniformly, then joiners in, uniformly.
fn shares(change: &Change) -> BTreeMap<Vec<u32>, f64> {
    let people = change.problem.people;
    let mut shares = BTreeMap::new();
    let mut add = |draws: Vec<Vec<u32>>, share: f64| {
        let each = share / draws.len() as f64;
        draws.into_iter().for_each(|draw| *shares.entry(draw).or_default() += each);
    };
    let stayers = people as usize - change.joiners.len();
    if change.before.len() == stayers || change.joiners.is_empty() {
        add(fewest(change, &change.before), 1.0);
        return shares;
    }
    // The joiners of these rosters are numbered last.
    let mut problem = change.problem.clone();
    problem.people = board::number(stayers);
    problem.households.truncate(stayers);
    problem.exclusions.retain(|cell| (cell.giver as usize) < stayers && (cell.receiver as usize) < stayers);
    let without = Change { name: "", problem, before: Vec::new(), joiners: Vec::new() };
    let first = fewest(&without, &change.before);
    let share = 1.0 / first.len() as f64;
    for draw in first {
        add(fewest(change, &(0..).zip(draw).collect()), share);
    }
    shares
}

/// How far draws are from these shares, as a standard normal deviate; infinite when one is not among them.
fn deviation(shares: &BTreeMap<Vec<u32>, f64>, draws: &[Vec<u32>]) -> f64 {
    let mut counts: BTreeMap<&Vec<u32>, u32> = BTreeMap::new();
    draws.iter().for_each(|draw| *counts.entry(draw).or_default() += 1);
    if counts.keys().any(|draw| !shares.contains_key(*draw)) {
        return f64::INFINITY;
    }
    let all = draws.len() as f64;
    let term = |(draw, share): (&Vec<u32>, &f64)| {
        let (seen, expected) = (f64::from(counts.get(draw).copied().unwrap_or(0)), share * all);
        (seen - expected).powi(2) / expected
    };
    let freedom = shares.len() as f64 - 1.0;
    if freedom < 1.0 {
        return 0.0;
    }
    let spread = 2.0 / (9.0 * freedom);
    ((shares.iter().map(term).sum::<f64>() / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}

fn draws_for(shares: &BTreeMap<Vec<u32>, f64>) -> usize {
    (shares.len() * 40).clamp(400, 8_000)
}

// X2, H4: the fewest changes, uniformly among them.
#[test]
fn the_fewest_changes_are_equally_likely() {
    for change in changes() {
        let shares = shares(&change);
        assert!(!shares.is_empty(), "{}", change.name);
        let draws = (0..).take(draws_for(&shares)).map(|number| {
            let before = std::slice::from_ref(&change.before);
            let updated = update(&change.problem, before, &change.joiners, &seed(number)).expect("there is a draw");
            let drawn = &updated.drawn;
            assert!(drawn.fewest && drawn.uniformity != Uniformity::Approximate, "{}: {drawn:?}", change.name);
            assert!(updated.label().ends_with("among the draws with the fewest changes"));
            assert_eq!(updated.changes as usize, cost(&change, &change.before, &drawn.rounds[0]).0, "{}", change.name);
            drawn.rounds[0].clone()
        });
        let z = deviation(&shares, &draws.collect::<Vec<_>>());
        println!("{:44} {:4} draws  z = {z:5.2}", change.name, shares.len());
        assert!(z < 4.0 && (z > -4.0 || shares.len() < 10), "{}: z = {z}", change.name);
    }
}

// The test above can fail: updates with the likely mistakes do not pass it.
#[test]
fn likely_mistakes_are_found_out() {
    let of = |name: &str| changes().into_iter().find(|change| change.name == name).expect("there is one");
    let tested = |change: &Change, mut draw: Box<dyn FnMut(usize) -> Vec<u32> + '_>| {
        let shares = shares(change);
        let draws: Vec<Vec<u32>> = (0..).take(draws_for(&shares)).map(&mut draw).collect();
        deviation(&shares, &draws)
    };
    // All in one step: a joiner takes a leaver's place.
    let both = of("a leaver and a joiner");
    let everybody_new = Change { joiners: vec![5], ..of("a leaver and a joiner") };
    let at_once = fewest(&everybody_new, &both.before);
    let z = tested(&both, Box::new(|number| at_once[number % at_once.len()].clone()));
    assert!(z > 6.0, "at once: z = {z}");
    // One joiner after the other, each uniformly.
    let two = of("two joiners with exclusions");
    let mut stream = random::Stream::new(&[3; 32], random::Purpose::Draw, 0);
    let z = tested(&two, Box::new(move |_| one_after_the_other(&of("two joiners with exclusions"), &mut stream)));
    assert!(z > 6.0, "one after the other: z = {z}");
    // Pairings with joiners counted as changes: joiners would draw each other.
    let two = of("two joiners");
    let counted = |draw: &Vec<u32>| (0..).zip(draw).filter(|&(g, &r)| g < 5 && !two.before.contains(&(g, r))).count();
    let all = enumerate(&two.problem);
    let least = all.iter().map(counted).min();
    let literal: Vec<Vec<u32>> = all.into_iter().filter(|draw| Some(counted(draw)) == least).collect();
    let z = tested(&two, Box::new(|number| literal[number % literal.len()].clone()));
    assert!(z > 6.0, "literally: z = {z}");
    // A whole new draw.
    let one = of("a joiner");
    let z = tested(
        &one,
        Box::new(|number| draw(&one.problem, &seed(number as u64)).expect("there is one").rounds.remove(0)),
    );
    assert!(z > 6.0, "a new draw: z = {z}");
}

/// Puts in the last two people, each into a pairing drawn from those where they may go.
fn one_after_the_other(change: &Change, stream: &mut random::Stream) -> Vec<u32> {
    let board = crate::matcher::question::rules::board(&change.problem, &[]);
    let mut draw: Vec<u32> = vec![0; 7];
    change.before.iter().for_each(|&(giver, to)| draw[giver as usize] = to);
    for joiner in [5_u32, 6] {
        loop {
            let giver = stream.below(joiner);
            let to = draw[giver as usize];
            if board.allows(giver, joiner) && board.allows(joiner, to) {
                draw[giver as usize] = joiner;
                draw[joiner as usize] = to;
                break;
            }
        }
    }
    draw
}

// Several gifts each: every round changes least, and all tuples of such rounds are equally likely.
#[test]
fn rounds_are_changed_one_by_one() {
    let problem = Problem { gifts_each: 2, ..question(&[0; 6], &[(0, 5)], &[]) };
    let rounds: [Pairs; 2] = [1, 2].map(|by| (0..5).map(|giver| (giver, (giver + by) % 5)).collect());
    let one = Change {
        name: "",
        problem: Problem { gifts_each: 1, ..problem.clone() },
        before: Vec::new(),
        joiners: vec![5],
    };
    let best = rounds.clone().map(|before| fewest(&one, &before));
    let mut all = enumerate_rounds(&problem);
    all.retain(|tuple| {
        best[0].iter().any(|round| round[..] == tuple[..6]) && best[1].iter().any(|round| round[..] == tuple[6..])
    });
    let share = 1.0 / all.len() as f64;
    let shares: BTreeMap<Vec<u32>, f64> = all.into_iter().map(|tuple| (tuple, share)).collect();
    let draws = (0..).take(draws_for(&shares)).map(|number| {
        let updated = update(&problem, &rounds, &[5], &seed(number)).expect("there is a draw");
        assert_eq!(updated.changes, 0);
        updated.drawn.rounds.concat()
    });
    let z = deviation(&shares, &draws.collect::<Vec<_>>());
    assert!(z.abs() < 4.0, "z = {z} over {}", shares.len());
}

// Many people: exact, quick, and nobody but those who now give to the joiners hears anything new.
#[test]
fn many_people_are_updated_exactly() {
    let people = 150_u32;
    let households: Vec<u32> = (0..people).map(|person| 1 + person / 2).collect();
    let whole = question(&households[..people as usize - 3], &[], &[]);
    let given = draw(&whole, &seed(1)).expect("there is a draw").rounds.remove(0);
    let before: Vec<Pairs> = vec![(0..).zip(given).collect()];
    let problem = question(&households, &[], &[]);
    let joiners = [147, 148, 149];
    for number in 0..5 {
        let updated = update(&problem, &before, &joiners, &seed(number)).expect("there is a draw");
        assert!(updated.drawn.method.contains("insertion"), "{}", updated.drawn.method);
        assert_eq!((updated.changes, updated.label().as_str()), (0, "exact among the draws with the fewest changes"));
        awkward::assert_valid(&problem, &updated.drawn);
    }
    assert_eq!(update(&Problem::of(MOST_UPDATED + 1), &[], &[], &seed(0)), Err(NoUpdate::TooMany));
    let strangers = update(&problem, &before, &[people], &seed(0));
    assert!(matches!(strangers, Err(NoUpdate::NoDraw(NoDraw::Malformed(_)))));
}

/// Whoever watches a joiner's phone, having chosen who may give to the joiner and get from it, and who leaves: how likely the
/// best guess is at whom any one of the others gives to, before the update or after it. Exact, over all draws and all updates.
fn best_guess(stay: u32, leaver: bool, closed: &[(u32, u32)]) -> f64 {
    let joiner = stay;
    let question_of = |people: u32| Problem { history: Vec::new(), ..question(&vec![0; people as usize], &[], &[]) };
    let with = Problem { ..question(&vec![0; stay as usize + 1], closed, &[]) };
    let olds = enumerate(&question_of(stay + u32::from(leaver)));
    let mut seen: BTreeMap<(u32, bool, u32, u32), f64> = BTreeMap::new();
    for old in &olds {
        let gone = |person: u32| if person == stay { GONE } else { person };
        let pairs: Pairs = (0..).zip(old).map(|(giver, &to)| (gone(giver), gone(to))).collect();
        let taken_out = match leaver {
            true => {
                let left = change("", question_of(stay), &pairs, &[]);
                fewest(&left, &left.before)
            }
            false => vec![old.clone()],
        };
        for without in &taken_out {
            let pairs: Pairs = (0..).zip(without).map(|(giver, &to)| (giver, to)).collect();
            let joined = change("", with.clone(), &pairs, &[joiner]);
            let news = fewest(&joined, &joined.before);
            let weight = 1.0 / (olds.len() * taken_out.len() * news.len()) as f64;
            for new in &news {
                let phone = new[joiner as usize];
                let before = (0..).zip(old).map(|(giver, &to)| (phone, false, giver, to));
                let after = (0..joiner).zip(new).map(|(giver, &to)| (phone, true, giver, to));
                before.chain(after).for_each(|known| *seen.entry(known).or_default() += weight);
            }
        }
    }
    let best = |phone: u32| {
        let of_phone = seen.iter().filter(|((read, ..), _)| *read == phone);
        of_phone.map(|(_, chance)| *chance).fold(0.0, f64::max)
    };
    (0..stay).map(best).sum()
}

// H11: as narrow a joiner as the fewest changes are made for, with a leaver or without.
#[test]
fn nobody_can_be_aimed_at_with_a_joiner_of_ones_own() {
    let half = |to: &[u32], from: &[u32]| -> Pairs {
        let closed_to = (0..6).filter(|person| !to.contains(person)).map(|person| (6, person));
        closed_to.chain((0..6).filter(|person| !from.contains(person)).map(|person| (person, 6))).collect()
    };
    let narrow = [vec![], half(&[0, 1, 2], &[3, 4, 5]), half(&[0, 1, 2], &[0, 1, 2]), half(&[0, 1, 2], &[1, 2, 3])];
    let with_leaver = narrow[..2].iter().map(|closed| (true, closed));
    for (leaver, closed) in narrow.iter().map(|closed| (false, closed)).chain(with_leaver) {
        let best = best_guess(6, leaver, closed);
        assert!(best < 3.0 / 6.0, "{best} {leaver} {closed:?}");
    }
    // The measure can fail: a joiner with one possible giver tells whom that one had.
    let one: Pairs = (1..6).map(|person| (person, 6)).collect();
    assert!(best_guess(6, false, &one) > 0.9);
}
