//! Draws under a rule about circles: one single circle through everybody, or no two people who draw each other.
//!
//! Whether there is such a draw is a hard question in general (a circle through everybody is Hamilton's problem), so there
//! are three answers. *Found.* *Proved impossible*: not even a draw without the rule exists; or some people may give only
//! among themselves, so no single circle leaves them; or everything was counted (up to 16 or 20 people) or searched through.
//! *Not found within the budget*, when none of these came to an end.
//!
//! Small boards are counted. On larger ones the sampling methods come first, then a draw mended by hand, labelled
//! `approximate`, then the search.
//!
//! With a history to avoid, small boards break the fewest repeats exactly. On larger ones the rule makes that a hard
//! question too; without it `history` answers it, and no draw that keeps the rule repeats less. So the cells of
//! these best draws are tried first: what comes of them repeats the least, uniformly. If nothing does, the oldest earlier draw
//! is let go and the question asked again, and so on; then of several draws that with the fewest repeats is taken,
//! which is as likely as any with the same repeats. Whether these are the fewest possible is known when no board before
//! has a draw and they are only one more than its repeats; otherwise the draw says that fewer may be possible
//! ([`Drawn::fewest`]).

mod bridges;
mod counting;
mod drawing;

#[cfg(test)]
pub(super) use self::counting::estimate;
pub(super) use self::counting::{ruled_out, survey};
use std::borrow::Cow;

use self::drawing::Circled;
#[cfg(test)]
pub(super) use self::drawing::glanced;
use super::answer::{Clash, Drawn, NoDraw, Uniformity};
use super::backtrack;
use super::board::Board;
use super::circle::{self, Circles, Fewest, Tally};
use super::feasible::{self, Matching, reached};
use super::plain::{Record, possible};
use super::plan::{Made, SPARSE};
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::rounds::best_of;
use super::sight::Sight;
use super::{blocks, history, mend, rules, witness};

/// What the circles of a draw have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// One circle through everybody.
    One,
    /// Circles of three or more: no two people draw each other.
    NoMutual,
}

impl Rule {
    pub(super) fn of(problem: &Problem) -> Self {
        // A single circle of three or more has no mutual pair anyway; of two people it is one.
        if problem.one_circle && (problem.people > 2 || problem.mutual) { Self::One } else { Self::NoMutual }
    }

    /// Whether a draw keeps the rule.
    pub(super) fn holds(self, draw: &[u32]) -> bool {
        match self {
            Self::One => mend::circles(draw).1 <= 1,
            Self::NoMutual => draw.iter().zip(0..).all(|(&receiver, giver)| draw[receiver as usize] != giver),
        }
    }
}

/// A question with a rule about circles, made ready.
pub(super) struct Circular {
    rule: Rule,
    people: u32,
    problem: Problem,
    way: Way,
}

enum Way {
    Counted(Circles<u64>),
    Avoiding(Circles<Fewest>),
    Tried(Box<Tried>),
}

/// What is drawn from where nothing is counted.
struct Tried {
    /// How many earlier draws, of the newest, are kept from being repeated, and the board that does so.
    first: (usize, Board),
    /// The board without the history and a draw on it, where that may have to be let go.
    lenient: Option<(Board, Matching)>,
    /// The fewest repeats of each earlier draw without regard to the rule: fewer is impossible.
    bound: Vec<u32>,
}

impl Circular {
    /// Makes a question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let rule = Rule::of(problem);
        let never = problem.repeats == Repeats::Never;
        let avoids = !never && problem.history.iter().any(|earlier| !earlier.is_empty());
        let (board, matching) = possible(problem, never)?;
        if rule == Rule::One
            && let Some((clash, closed)) = closed_company(&board)
        {
            return Err(impossible(problem, &board, clash, closed));
        }
        let size = board.size();
        let most = match rule {
            Rule::One if avoids => circle::MOST_ONE_AVOIDING,
            Rule::One => circle::MOST_ONE,
            Rule::NoMutual => circle::MOST_LONG,
        };
        let everyone = || (0..size).collect();
        // A sparse board of more than 16 is drawn from sooner than it is counted.
        let sparse = size > circle::MOST_LONG && board.lambda() - 1.0 <= SPARSE;
        let way = if size > most || (sparse && !avoids) {
            Way::Tried(Box::new(Tried::of(problem, board, matching)))
        } else if avoids && problem.history.len() <= circle::MOST_TIERS {
            let circles = counted::<Fewest>(&board, rule, packed(problem));
            if circles.total().ways() == 0 {
                return Err(impossible(problem, &board, Clash::Exhausted, everyone()));
            }
            Way::Avoiding(circles)
        } else if avoids {
            Way::Tried(Box::new(Tried::of(problem, board, matching)))
        } else {
            let circles = counted::<u64>(&board, rule, Vec::new());
            if circles.total() == 0 {
                return Err(impossible(problem, &board, Clash::Exhausted, everyone()));
            }
            Way::Counted(circles)
        };
        Ok(Self { rule, people: problem.people, problem: problem.clone(), way })
    }

    /// Draws.
    pub(super) fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        let mut stream = Stream::new(seed, Purpose::Draw, 0);
        let mut record = Record::default();
        let draw = match &self.way {
            Way::Counted(circles) => circles.draw(&mut stream),
            Way::Avoiding(circles) => circles.draw(&mut stream),
            Way::Tried(tried) => {
                let (made, bound) = self.tried(tried, seed, &mut stream)?;
                let (draw, method, uniformity) = made;
                record.add(method, self.people, uniformity, stream.words());
                let repeats = self.repeats(&draw);
                let fewest = repeats == bound;
                return Ok(Drawn { fewest, ..record.drawn(vec![draw], repeats) });
            }
        };
        let draw = draw.ok_or(NoDraw::NotFound { budget: 0 })?;
        record.add("circles", self.people, Uniformity::Exact, stream.words());
        let repeats = self.repeats(&draw);
        Ok(record.drawn(vec![draw], repeats))
    }

    fn repeats(&self, draw: &[u32]) -> Vec<u32> {
        history::repeats(draw, &self.problem.history)
    }

    /// Draws from one board after another; also says how few repeats there could be at best.
    fn tried(&self, tried: &Tried, seed: &[u8; 32], stream: &mut Stream) -> Result<(Made<Vec<u32>>, Vec<u32>), NoDraw> {
        let mut bound = tried.bound.clone();
        let mut ruled_out = true;
        let all = if tried.lenient.is_some() { self.problem.history.len() } else { 0 };
        let (first, board) = &tried.first;
        let mut board = Cow::Borrowed(board);
        for (kept, number) in (0..=*first).rev().zip(0..) {
            if number > 0 {
                match tried.avoiding(&self.problem, kept).0 {
                    Some(next) if next != *board => board = Cow::Owned(next),
                    _ => continue,
                }
            }
            let outcome = if all > 0 && bridges::clearly_none(&board, self.rule) {
                Circled::Impossible
            } else if let Some(made) = drawing::weighed(&board, self.rule, stream) {
                let made = if kept == all { made } else { self.best_of(made, &board, stream) };
                return Ok((made, bound));
            } else {
                let budget = if kept == all || kept == 0 { backtrack::BUDGET } else { backtrack::BUDGET / 8 };
                let mut search = Stream::new(seed, Purpose::Search, number);
                drawing::searched(&board, self.rule, &mut search, budget)
            };
            match outcome {
                Circled::Found(made) => return Ok((made, bound)),
                Circled::Impossible if kept == all => {
                    // So there is one repeat more, at best of the oldest draw.
                    bound.iter_mut().last().into_iter().for_each(|oldest| *oldest += 1);
                }
                Circled::Impossible => {}
                Circled::Unknown => ruled_out = false,
            }
        }
        if ruled_out {
            // The last board lets the whole history go; those before it only forbid more.
            return Err(impossible(&self.problem, &board, Clash::Exhausted, (0..self.people).collect()));
        }
        Err(NoDraw::NotFound { budget: backtrack::BUDGET })
    }

    /// Of several draws that with the fewest repeats.
    fn best_of(&self, first: Made<Vec<u32>>, board: &Board, stream: &mut Stream) -> Made<Vec<u32>> {
        let more = best_of(self.people) - 1;
        (0..more)
            .map_while(|_| drawing::weighed(board, self.rule, stream))
            .fold(first, |best, other| if self.repeats(&other.0) < self.repeats(&best.0) { other } else { best })
    }
}

impl Tried {
    fn of(problem: &Problem, board: Board, matching: Matching) -> Self {
        let bound = vec![0; problem.history.len()];
        if problem.repeats == Repeats::Never || problem.history.is_empty() {
            return Self { first: (0, board), lenient: None, bound };
        }
        let mut tried = Self { first: (0, board.clone()), lenient: Some((board, matching)), bound };
        let all = problem.history.len();
        for kept in (1..=all).rev() {
            let (board, bound) = tried.avoiding(problem, kept);
            if kept == all {
                tried.bound = bound;
            }
            if let Some(board) = board {
                tried.first = (kept, board);
                break;
            }
        }
        tried
    }

    /// The cells of the draws that repeat least of the newest `kept` draws, unless that takes too many cells to write
    /// down, and the repeats.
    fn avoiding(&self, problem: &Problem, kept: usize) -> (Option<Board>, Vec<u32>) {
        let nothing = vec![0; problem.history.len()];
        let Some((lenient, matching)) = &self.lenient else { return (None, nothing) };
        if kept == 0 {
            return (Some(lenient.clone()), nothing);
        }
        let history = problem.history[..kept].to_vec();
        let strict = rules::board(&Problem { history, ..problem.clone() }, true);
        if feasible::clearly_possible(&strict) || feasible::largest(&strict).free_rows().is_empty() {
            return (Some(strict), nothing);
        }
        let fewest = history::fewest(lenient, &strict, &problem.history[..kept], matching.clone());
        let repeats = history::repeats(&fewest.matching.col_of, &problem.history);
        (blocks::pruned(&strict, &fewest.classes, &fewest.matching), repeats)
    }
}

fn counted<T: Tally>(board: &Board, rule: Rule, repeats: Vec<u64>) -> Circles<T> {
    match rule {
        Rule::One => Circles::one(board, repeats),
        Rule::NoMutual => Circles::long(board, repeats, 3),
    }
}

/// The repeats each pairing breaks, 5 bits per earlier draw, the newest highest.
fn packed(problem: &Problem) -> Vec<u64> {
    let people = problem.people as usize;
    let mut repeats = vec![0_u64; people * people];
    for (earlier, tier) in problem.history.iter().rev().zip(0_u32..) {
        for &(giver, receiver) in earlier {
            repeats[giver as usize * people + receiver as usize] |= 1 << (5 * tier);
        }
    }
    repeats
}

/// The fewest people who may give, or receive, only among themselves.
fn closed_company(board: &Board) -> Option<(Clash, Vec<u32>)> {
    let size = board.size();
    if size < 2 || blocks::clearly_one(board) {
        return None;
    }
    let oneself = Matching::of_draw((0..size).collect());
    let parts = blocks::components(board, None, &oneself);
    if parts.count == 1 {
        return None;
    }
    let giving = reached(&Sight::of_givers(board, None), &oneself, &[parts.sink]);
    let receiving = reached(&Sight::of_receivers(board, None), &oneself, &[parts.source]);
    Some(if giving.len() <= receiving.len() {
        (Clash::ClosedGivers, giving)
    } else {
        (Clash::ClosedReceivers, receiving)
    })
}

fn impossible(problem: &Problem, board: &Board, clash: Clash, people: Vec<u32>) -> NoDraw {
    NoDraw::Impossible(Box::new(witness::of_circles(problem, board, clash, people)))
}

#[cfg(test)]
mod tests;
