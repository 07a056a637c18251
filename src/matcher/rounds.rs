//! Several gifts each: rounds that share no pairing.
//!
//! `joining` tells whether there are any. Then all rounds are drawn together, and an attempt that fails anywhere starts over
//! with the first. "No two draw each other" is meant across rounds, "one circle" of each round.
//!
//! Repeats are avoided by whole earlier draws: as long as there are no such rounds, the oldest draw of the history is let go.

use super::answer::{Drawn, NoDraw, Uniformity};
use super::board::Board;
use super::circular::{Circular, Rule};
use super::joining::{Stuck, joined};
use super::plain::Record;
use super::plan::{Made, SPARSE, attempts, shuffles};
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::scaling::Scaled;
use super::survey::{Survey, Tally};
use super::{history, kfold, mend, rejection, rules, witness};

/// A question of several gifts each, made ready.
pub(super) struct Rounds {
    people: u32,
    gifts: u32,
    rule: Option<Rule>,
    history: Vec<Vec<(u32, u32)>>,
    /// Boards to try one after another, letting go of ever more of the history, each with rounds that fit it.
    boards: Vec<(Board, Vec<Vec<u32>>)>,
}

impl Rounds {
    /// Makes a question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let never = problem.repeats == Repeats::Never;
        let gifts = problem.gifts_each;
        let rule = problem.follows_circles().then(|| Rule::of(problem));
        let mut boards = Vec::new();
        let mut kept = problem.clone();
        while !kept.history.is_empty() {
            let board = rules::board(&kept, true);
            match joined(&board, gifts) {
                Ok(rounds) => boards.push((board, rounds)),
                Err(stuck) if never => return Err(impossible(problem, &board, stuck)),
                Err(_) => {}
            }
            if never {
                break;
            }
            kept.history.pop();
        }
        if boards.is_empty() || !never {
            let board = rules::board(problem, false);
            match joined(&board, gifts) {
                Ok(rounds) => boards.push((board, rounds)),
                Err(stuck) => return Err(impossible(problem, &board, stuck)),
            }
        }
        if rule.is_some() {
            // A single round has to be possible, too.
            Circular::of(&Problem { gifts_each: 1, ..problem.clone() })?;
        }
        Ok(Self { people: problem.people, gifts, rule, history: problem.history.clone(), boards })
    }

    /// Draws.
    pub(super) fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        let mut stream = Stream::new(seed, Purpose::Draw, 0);
        let mut record = Record::default();
        for (board, in_hand) in &self.boards {
            let found = draw_rounds(board, self.gifts, self.rule, in_hand, seed, &mut stream);
            if let Some((rounds, method, uniformity)) = found {
                record.add(method, self.people, uniformity, stream.words());
                let repeats = self.repeats(&rounds);
                return Ok(record.drawn(rounds, repeats));
            }
        }
        Err(NoDraw::NotFound { budget: BUDGET })
    }

    fn repeats(&self, rounds: &[Vec<u32>]) -> Vec<u32> {
        let mut sum = vec![0; self.history.len()];
        for round in rounds {
            for (sum, broken) in sum.iter_mut().zip(history::repeats(round, &self.history)) {
                *sum += broken;
            }
        }
        sum
    }
}

fn impossible(problem: &Problem, board: &Board, stuck: Stuck) -> NoDraw {
    let with_history = problem.repeats == Repeats::Never;
    let Stuck { clash, crowd, seen, room } = stuck;
    NoDraw::Impossible(Box::new(witness::of_crowd(problem, board, clash, (crowd, seen), room, with_history)))
}

/// Attempts at several rounds before they are given up.
const BUDGET: u64 = 100_000;

/// Draws rounds that share no pairing. `in_hand` are such rounds, without regard to the rule.
fn draw_rounds(
    board: &Board,
    gifts: u32,
    rule: Option<Rule>,
    in_hand: &[Vec<u32>],
    seed: &[u8; 32],
    stream: &mut Stream,
) -> Option<Made<Vec<Vec<u32>>>> {
    let count = f64::from(gifts);
    let clashes = count * board.lambda() + count * (count - 1.0) / 2.0;
    let cheap = clashes <= SPARSE || rejection::steps_of_rounds(board, gifts) <= 2.0 * kfold::steps(board, gifts);
    if rule.is_none()
        && cheap
        && let Some(rounds) = rejection::draw_rounds(board, stream, gifts, shuffles(clashes))
    {
        return Some((rounds, "early refusal", Uniformity::Exact));
    }
    let budget = attempts(kfold::steps(board, gifts)).min(BUDGET);
    let rounds = match rule {
        None => kfold::draw(board, stream, gifts, budget, |_| true),
        Some(Rule::NoMutual) => kfold::draw(board, stream, gifts, budget, |rounds| !meet_both_ways(rounds)),
        Some(Rule::One) => kfold::draw_circles(board, stream, gifts, budget, |_| true),
    };
    if let Some(rounds) = rounds {
        return Some((rounds, "Huber's bound", Uniformity::ExactTo1e9));
    }
    let rounds = mend::mend_rounds(board, rule, in_hand, &mut Stream::new(seed, Purpose::Search, 0))?;
    Some((rounds, "random walk", Uniformity::Approximate))
}

/// Whether the newest round has a pairing that some round has the other way round.
fn meet_both_ways(rounds: &[Vec<u32>]) -> bool {
    let Some(newest) = rounds.last() else { return false };
    let back = |giver: u32, receiver: u32| rounds.iter().any(|round| round[receiver as usize] == giver);
    newest.iter().zip(0..).any(|(&receiver, giver)| back(giver, receiver))
}

/// Surveys a question of several gifts each; an estimate.
pub(super) fn survey(problem: &Problem) -> Result<Survey, NoDraw> {
    let rounds = Rounds::of(problem)?;
    let mut tally = Tally::default();
    if let Some((board, _)) = rounds.boards.first() {
        tally.add_estimate(estimate(board, rounds.gifts, rounds.rule));
    }
    Ok(tally.survey())
}

/// A round more meets each pairing of the rounds before with the chance it has anyway: with w open cells a row, that thins the
/// draws by (1 - 1/w) per person and earlier round, to first order.
fn estimate(board: &Board, gifts: u32, rule: Option<Rule>) -> f64 {
    let scaled = Scaled::of(board);
    let people = f64::from(board.size());
    let open = people - board.lambda();
    let one = scaled.ln_count;
    let thinning: f64 = (1..gifts).map(|before| people * libm::log1p(-f64::from(before) / open)).sum();
    let mutual = scaled.mutual_pairs(board);
    let gifts = f64::from(gifts);
    let ruled = match rule {
        None => 0.0,
        Some(Rule::NoMutual) => -mutual * gifts * gifts,
        Some(Rule::One) => gifts * (1.0 - libm::log(people)),
    };
    gifts * one + thinning + ruled
}
