//! Several gifts each: rounds that share no pairing.
//!
//! `joining` tells whether there are any. Then all rounds are drawn together, and an attempt that fails anywhere starts over
//! with the first. "No two draw each other" is meant across rounds, "one circle" of each round.
//!
//! If repeats cannot all be avoided, `factor` leaves the pairings of the best rounds, and those that must be among them: so
//! the repeats are the fewest, and every best draw is equally likely. Two things can stand in the way. Under a rule about
//! circles the best rounds without the rule may not keep it; then the oldest earlier draw is let go, and so on, and of
//! several draws the one with the fewest repeats is taken. And above [`factor::MOST`] people whole earlier draws are let
//! go, the oldest first. Then fewer repeats may be possible, and the draw says so ([`Drawn::fewest`]).

mod counting;

#[cfg(test)]
pub(super) use self::counting::estimate;
pub(super) use self::counting::survey;
use super::answer::{Drawn, NoDraw, Uniformity};
use super::board::{Board, Csr, number};
use super::circular::{Circular, Rule};
use super::factor;
use super::joining::{Stuck, joined};
use super::plain::Record;
use super::plan::{Made, SPARSE, attempts, shuffles};
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::tuples::{self, Tuples};
use super::{history, kfold, mend, rejection, rules, witness};

/// A question of several gifts each, made ready.
pub(super) struct Rounds {
    problem: Problem,
    rule: Option<Rule>,
    /// The best rounds without regard to the rule.
    best: Pairings,
    /// The board without the history and rounds on it, where that may have to be let go.
    lenient: Option<(Board, Vec<Vec<u32>>)>,
    /// The fewest repeats of each earlier draw, where they are known: fewer is impossible.
    bound: Option<Vec<u32>>,
}

/// The pairings rounds may use.
struct Pairings {
    board: Board,
    /// Those that one of the rounds has to use, by giver.
    must: Csr,
    /// Rounds that do, without regard to a rule about circles.
    in_hand: Vec<Vec<u32>>,
    /// All of them, where they are few and no plain shuffle finds them.
    table: Option<Tuples>,
}

impl Rounds {
    /// Makes a question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let never = problem.repeats == Repeats::Never;
        let gifts = problem.gifts_each;
        let rule = problem.follows_circles().then(|| Rule::of(problem));
        if !problem.mutual
            && let Some(found) = witness::too_few_partners(problem, &rules::board(problem, never))
        {
            return Err(NoDraw::Impossible(Box::new(found)));
        }
        let nothing = Csr::from_pairs(problem.people as usize, [].into_iter());
        let strict = rules::board(problem, true);
        let rounds = joined(&strict, gifts);
        let lenient = if never || problem.history.is_empty() || (rounds.is_ok() && rule.is_none()) {
            None
        } else {
            let board = rules::board(problem, false);
            let rounds = joined(&board, gifts).map_err(|stuck| impossible(problem, &board, stuck))?;
            Some((board, rounds))
        };
        let mut bound = Some(vec![0; problem.history.len()]);
        let best = match (rounds, &lenient) {
            (Ok(rounds), _) => Pairings::of(strict, nothing, rounds, rule),
            (Err(stuck), None) => return Err(impossible(problem, &strict, stuck)),
            (Err(_), Some(lenient)) => {
                let best = relaxed(problem, lenient, problem.history.len(), rule);
                bound = (problem.people <= factor::MOST).then(|| repeats(&best.in_hand, &problem.history));
                best
            }
        };
        if rule.is_some() {
            // A single round has to be possible, too.
            let history = if never { problem.history.clone() } else { Vec::new() };
            Circular::of(&Problem { gifts_each: 1, history, ..problem.clone() })?;
        }
        Ok(Self { problem: problem.clone(), rule, best, lenient, bound })
    }

    /// Draws.
    pub(super) fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        let mut stream = Stream::new(seed, Purpose::Draw, 0);
        let found = match self.best.draw(self.rule, seed, &mut stream) {
            Some(first) if self.bound.is_none() => Some(self.best_of(first, &self.best, &mut stream)),
            Some(first) => Some(first),
            None => self.draw_leniently(seed, &mut stream),
        };
        let (rounds, method, uniformity) = found.ok_or(NoDraw::NotFound { budget: BUDGET })?;
        let mut record = Record::default();
        record.add(method, self.problem.people, uniformity, stream.words());
        let repeats = repeats(&rounds, &self.problem.history);
        let fewest = self.bound.as_ref() == Some(&repeats) || repeats.iter().all(|&again| again == 0);
        Ok(Drawn { fewest, ..record.drawn(rounds, repeats) })
    }

    /// Lets go of one earlier draw after another, the oldest first, until there are rounds that keep the rule.
    fn draw_leniently(&self, seed: &[u8; 32], stream: &mut Stream) -> Option<Made<Vec<Vec<u32>>>> {
        let lenient = self.lenient.as_ref()?;
        let mut before: Option<Pairings> = None;
        for kept in (0..self.problem.history.len()).rev() {
            let pairings = relaxed(&self.problem, lenient, kept, self.rule);
            let same = |other: &Pairings| other.board == pairings.board && other.must == pairings.must;
            if !same(&self.best) && !before.as_ref().is_some_and(same) {
                if let Some(first) = pairings.draw(self.rule, seed, stream) {
                    return Some(self.best_of(first, &pairings, stream));
                }
                before = Some(pairings);
            }
        }
        None
    }

    /// Of several draws that with the fewest repeats; it is as likely as any other with the same repeats.
    fn best_of(&self, first: Made<Vec<Vec<u32>>>, pairings: &Pairings, stream: &mut Stream) -> Made<Vec<Vec<u32>>> {
        let more = if first.2 == Uniformity::Approximate { 0 } else { best_of(self.problem.people) - 1 };
        (0..more).map_while(|_| pairings.weighed(self.rule, BUDGET, stream)).fold(first, |best, other| {
            let fewer = repeats(&other.0, &self.problem.history) < repeats(&best.0, &self.problem.history);
            if fewer { other } else { best }
        })
    }
}

/// Of how many draws that with the fewest repeats is taken, when nobody knows how few are possible.
pub(super) fn best_of(people: u32) -> u32 {
    if people > 20_000 { 1 } else { 32 }
}

/// How many pairings of each earlier draw come again in some round.
fn repeats(rounds: &[Vec<u32>], history: &[Vec<(u32, u32)>]) -> Vec<u32> {
    let mut sum = vec![0; history.len()];
    for round in rounds {
        for (sum, broken) in sum.iter_mut().zip(history::repeats(round, history)) {
            *sum += broken;
        }
    }
    sum
}

/// The pairings of the rounds that repeat least of the newest `kept` earlier draws. Above [`factor::MOST`] people: that
/// repeat nothing of as many of these as there are rounds for.
fn relaxed(problem: &Problem, lenient: &(Board, Vec<Vec<u32>>), kept: usize, rule: Option<Rule>) -> Pairings {
    let (board, rounds) = lenient;
    if problem.people <= factor::MOST {
        let best = factor::fewest(board, &problem.history[..kept], rounds);
        return Pairings::of(best.board, best.must, best.rounds, rule);
    }
    let nothing = Csr::from_pairs(problem.people as usize, [].into_iter());
    let forbidding = |kept: usize| {
        let history = problem.history[..kept].to_vec();
        let board = rules::board(&Problem { history, ..problem.clone() }, true);
        let rounds = joined(&board, problem.gifts_each).ok()?;
        Some((board, rounds))
    };
    let (board, rounds) = (1..=kept).rev().find_map(forbidding).unwrap_or_else(|| lenient.clone());
    Pairings::of(board, nothing, rounds, rule)
}

fn impossible(problem: &Problem, board: &Board, stuck: Stuck) -> NoDraw {
    let with_history = problem.repeats == Repeats::Never;
    let Stuck { clash, crowd, seen, room } = stuck;
    NoDraw::Impossible(Box::new(witness::of_crowd(problem, board, clash, (crowd, seen), room, with_history)))
}

/// Attempts at several rounds before they are given up.
const BUDGET: u64 = 100_000;

impl Pairings {
    fn of(board: Board, must: Csr, in_hand: Vec<Vec<u32>>, rule: Option<Rule>) -> Self {
        let mut pairings = Self { board, must, in_hand, table: None };
        let gifts = pairings.gifts();
        // Where nothing must be used, a few shuffles find rounds sooner than a large table counts them.
        let worth = if pairings.must.total() > 0 { tuples::MOST_STEPS } else { 1e6 };
        if rule.is_none()
            && pairings.clashes() + pairings.rarity() > SPARSE
            && tuples::steps(pairings.board.size(), gifts) <= worth
        {
            pairings.table = Some(Tuples::count(&pairings.board, &pairings.must, gifts));
        }
        pairings
    }

    fn gifts(&self) -> u32 {
        number(self.in_hand.len())
    }

    /// Clashes of as many shuffles as there are rounds, on average.
    fn clashes(&self) -> f64 {
        let count = f64::from(self.gifts());
        count * self.board.lambda() + count * (count - 1.0) / 2.0
    }

    /// About how rare it is, as a natural logarithm, that everything is used that must be.
    fn rarity(&self) -> f64 {
        let options = |giver| self.board.size() - self.board.forbidden_count_row(giver);
        let rare = |(giver, _)| libm::log(f64::from(options(giver)) / f64::from(self.gifts()));
        self.must.pairs().map(rare).sum()
    }

    /// Whether rounds use all they must.
    fn holds(&self, rounds: &[Vec<u32>]) -> bool {
        self.must.pairs().all(|(giver, receiver)| rounds.iter().any(|round| round[giver as usize] == receiver))
    }

    /// Draws: weighed if possible, otherwise by walking away from the rounds in hand.
    fn draw(&self, rule: Option<Rule>, seed: &[u8; 32], stream: &mut Stream) -> Option<Made<Vec<Vec<u32>>>> {
        self.weighed(rule, BUDGET, stream).or_else(|| {
            let mut search = Stream::new(seed, Purpose::Search, 0);
            let rounds = mend::mend_rounds(&self.board, &self.must, rule, &self.in_hand, &mut search)?;
            Some((rounds, "random walk", Uniformity::Approximate))
        })
    }

    /// Draws uniformly; `None` after so many starts of the method that weighs.
    fn weighed(&self, rule: Option<Rule>, budget: u64, stream: &mut Stream) -> Option<Made<Vec<Vec<u32>>>> {
        let (board, gifts) = (&self.board, self.gifts());
        if let Some(table) = &self.table {
            return table.draw(stream).map(|rounds| (rounds, "subsets", Uniformity::Exact));
        }
        let (clashes, rarity) = (self.clashes(), self.rarity());
        let cheap =
            clashes + rarity <= SPARSE || rejection::steps_of_rounds(board, gifts) <= 2.0 * kfold::steps(board, gifts);
        if rule.is_none() && cheap {
            let tries = shuffles(rarity);
            let mut shuffled = || rejection::draw_rounds(board, stream, gifts, shuffles(clashes));
            if let Some(rounds) = (0..tries).map_while(|_| shuffled()).find(|rounds| self.holds(rounds)) {
                return Some((rounds, "early refusal", Uniformity::Exact));
            }
        }
        let budget = attempts(kfold::steps(board, gifts)).min(budget);
        let rounds = match rule {
            None => kfold::draw(board, stream, gifts, budget, |_| true, |rounds| self.holds(rounds)),
            Some(Rule::NoMutual) => {
                kfold::draw(board, stream, gifts, budget, |rounds| !meet_both_ways(rounds), |rounds| self.holds(rounds))
            }
            Some(Rule::One) => kfold::draw_circles(board, stream, gifts, budget, |rounds| self.holds(rounds)),
        };
        rounds.map(|rounds| (rounds, "Huber's bound", Uniformity::ExactTo1e9))
    }
}

/// Whether the newest round has a pairing that some round has the other way round.
fn meet_both_ways(rounds: &[Vec<u32>]) -> bool {
    let Some(newest) = rounds.last() else { return false };
    let back = |giver: u32, receiver: u32| rounds.iter().any(|round| round[receiver as usize] == giver);
    newest.iter().zip(0..).any(|(&receiver, giver)| back(giver, receiver))
}
