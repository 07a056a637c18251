//! A given draw, changed as little as can be: for people who leave, and for people who join.
//!
//! A *change* is a pairing between two people who stay that the given draw did not have. Pairings with people who join are none:
//! whoever gives to a joiner has to be told something new, but if that counted, two joiners would always draw each other.
//!
//! Leavers are taken out first, then joiners are put in, each with the fewest changes and uniformly among the draws with so few, as
//! two updates in a row would do it. In one step a joiner would always take a leaver's place. Changes come before repeats of
//! earlier draws, and both are costs of one search ([`super::possible::cheapest`]).
//!
//! Several gifts each: every round is changed by itself, and all of them again until they share no pairing; so the draws that are
//! equally likely are those each of whose rounds changes least.

use thiserror::Error;

use super::answer::{Drawn, NoDraw, Uniformity};
use super::possible::cheapest;
use super::question::board::{Csr, number};
use super::question::circle_rule::CircleRule;
use super::question::costs::{self, Tier};
use super::question::problem::{Exclusion, Malformed, Problem, Repeats};
use super::random::{Purpose, Stream};
use super::ready::Ready;
use super::samplers::Rounds;

/// Most people among whom the fewest changes are looked for; for more only a whole new draw can be made.
pub const MOST_UPDATED: u32 = cheapest::MOST;

/// How often all rounds of several gifts are changed before they have to share a pairing.
const TRIES: u32 = 2_000;

/// A changed draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The draw.
    pub drawn: Drawn,
    /// How many of its pairings between people who stay the given draw did not have.
    pub changes: u32,
}

impl Updated {
    /// How sure it is that every draw with so few changes was equally likely.
    #[must_use]
    pub fn label(&self) -> String {
        let few = if self.drawn.fewest { "the fewest" } else { "as few" };
        format!("{} among the draws with {few} changes", self.drawn.uniformity)
    }
}

/// Why a draw was not updated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoUpdate {
    /// The roster is too large to look for the fewest changes.
    #[error("the fewest changes are looked for among {MOST_UPDATED} people at most")]
    TooMany,
    /// There is no draw of the new roster, or none was found.
    #[error(transparent)]
    NoDraw(#[from] NoDraw),
}

/// Changes a draw for a new roster. `problem` is the question of the new roster; `before` are the pairings of the given draw
/// between people of the new roster, one list a round; `joiners` are those of the new roster who had no part in it. The same
/// question, draw and seed give the same result everywhere.
///
/// # Errors
/// [`NoUpdate::TooMany`] above [`MOST_UPDATED`] people; [`NoUpdate::NoDraw`] as for a whole draw, and malformed when `before` or
/// `joiners` name strangers.
pub fn update(
    problem: &Problem,
    before: &[Vec<(u32, u32)>],
    joiners: &[u32],
    seed: &[u8; 32],
) -> Result<Updated, NoUpdate> {
    problem.check().map_err(NoDraw::from)?;
    let stranger = |&person: &u32| person >= problem.people;
    if joiners.iter().any(stranger) || before.iter().flatten().any(|(giver, to)| stranger(giver) || stranger(to)) {
        return Err(NoDraw::Malformed(Malformed::History).into());
    }
    if problem.people > MOST_UPDATED {
        return Err(NoUpdate::TooMany);
    }
    let mut stays = vec![true; problem.people as usize];
    joiners.iter().for_each(|&joiner| stays[joiner as usize] = false);
    let stayers: Vec<u32> = (0..problem.people).filter(|&person| stays[person as usize]).collect();
    let left = before.iter().any(|round| round.len() < stayers.len());
    if !left || stayers.len() == stays.len() {
        return Ok(one_step(problem, before, &stays, seed)?);
    }
    // Without the joiners there may be no draw at all; then all is done in one step.
    let fewer = among(problem, &stayers);
    let local: Vec<Vec<(u32, u32)>> = before.iter().map(|round| renumbered(round, &stayers)).collect();
    let Ok(without) = one_step(&fewer, &local, &vec![true; stayers.len()], seed) else {
        return Ok(one_step(problem, before, &stays, seed)?);
    };
    let name = |person: u32| stayers[person as usize];
    let rounds = without.drawn.rounds.iter();
    let left_over: Vec<Vec<(u32, u32)>> =
        rounds.map(|round| (0..).zip(round).map(|(giver, &to)| (name(giver), name(to))).collect()).collect();
    let with = one_step(problem, &left_over, &stays, &another(seed))?;
    Ok(joined(&without.drawn, with.drawn, before, &stays))
}

/// The two steps as one.
fn joined(without: &Drawn, with: Drawn, before: &[Vec<(u32, u32)>], stays: &[bool]) -> Updated {
    let changes = changes(before, stays).cost_of(&with.rounds);
    let drawn = Drawn {
        uniformity: without.uniformity.max(with.uniformity),
        method: format!("leavers: {}; joiners: {}", without.method, with.method),
        fewest: without.fewest && with.fewest,
        words: without.words + with.words,
        ..with
    };
    Updated { drawn, changes }
}

fn changes(before: &[Vec<(u32, u32)>], stays: &[bool]) -> Tier {
    let before = Csr::from_pairs(stays.len(), before.iter().flatten().copied());
    Tier::Changes { before, stays: stays.to_vec() }
}

fn tiers(problem: &Problem, before: &[Vec<(u32, u32)>], stays: &[bool]) -> Vec<Tier> {
    let history = if problem.repeats == Repeats::Never { Vec::new() } else { costs::of_history(problem) };
    std::iter::once(changes(before, stays)).chain(history).collect()
}

fn one_step(problem: &Problem, before: &[Vec<(u32, u32)>], stays: &[bool], seed: &[u8; 32]) -> Result<Updated, NoDraw> {
    if problem.gifts_each > 1
        && before.len() == problem.gifts_each as usize
        && let Some(drawn) = round_by_round(problem, before, stays, seed)
    {
        return Ok(Updated { changes: changes(before, stays).cost_of(&drawn.rounds), drawn });
    }
    let drawn = Ready::with_costs(problem, tiers(problem, before, stays))?.draw(seed)?;
    Ok(Updated { changes: changes(before, stays).cost_of(&drawn.rounds), drawn })
}

/// Every round changed by itself, all again until they go together; `None` if they do not.
fn round_by_round(problem: &Problem, before: &[Vec<(u32, u32)>], stays: &[bool], seed: &[u8; 32]) -> Option<Drawn> {
    let one = Problem { gifts_each: 1, ..problem.clone() };
    let of_round = |round: &Vec<(u32, u32)>| {
        let round = std::slice::from_ref(round);
        Ready::with_costs(&one, tiers(&one, round, stays)).ok()
    };
    let ready: Vec<Ready> = before.iter().map(of_round).collect::<Option<_>>()?;
    let rule = CircleRule::of(problem);
    let mut seed = *seed;
    for _ in 0..TRIES {
        let mut drawn: Vec<Drawn> = Vec::with_capacity(ready.len());
        for ready in &ready {
            drawn.push(ready.draw(&seed).ok()?);
            seed = another(&seed);
        }
        let rounds: Rounds = drawn.iter().flat_map(|drawn| drawn.rounds.clone()).collect();
        if share_nothing(&rounds) && rule.is_none_or(|rule| rule.holds(&rounds)) {
            let repeats = costs::of_rounds(&costs::of_history(problem), &rounds);
            let uniformity = drawn.iter().map(|drawn| drawn.uniformity).max().unwrap_or(Uniformity::Exact);
            let (fewest, words) = (drawn.iter().all(|drawn| drawn.fewest), drawn.iter().map(|drawn| drawn.words).sum());
            let method = format!("round by round, {}", drawn[0].method);
            return Some(Drawn { rounds, uniformity, method, repeats, fewest, words });
        }
    }
    None
}

fn share_nothing(rounds: &[Vec<u32>]) -> bool {
    let shared = |(at, round): (usize, &Vec<u32>)| {
        rounds[..at].iter().any(|other| other.iter().zip(round).any(|(one, other)| one == other))
    };
    !rounds.iter().enumerate().any(shared)
}

/// A seed for what comes next, which shares no random bits with this one.
fn another(seed: &[u8; 32]) -> [u8; 32] {
    let mut stream = Stream::new(seed, Purpose::Next, 0);
    let mut next = [0; 32];
    next.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&stream.next_u64().to_le_bytes()));
    next
}

/// The question among some of its people only.
fn among(problem: &Problem, people: &[u32]) -> Problem {
    let place = |person: u32| people.binary_search(&person).ok().map(number);
    let kept = problem.exclusions.iter().filter_map(|cell| {
        Some(Exclusion { giver: place(cell.giver)?, receiver: place(cell.receiver)?, rule: cell.rule })
    });
    Problem {
        people: number(people.len()),
        households: people.iter().map(|&person| problem.households[person as usize]).collect(),
        exclusions: kept.collect(),
        history: problem.history.iter().map(|earlier| renumbered(earlier, people)).collect(),
        ..problem.clone()
    }
}

/// Pairings between some people, by their places among these.
fn renumbered(pairs: &[(u32, u32)], people: &[u32]) -> Vec<(u32, u32)> {
    let place = |person: u32| people.binary_search(&person).ok().map(number);
    pairs.iter().filter_map(|&(giver, receiver)| Some((place(giver)?, place(receiver)?))).collect()
}
