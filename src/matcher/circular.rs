//! Draws under a rule about circles: one single circle through everybody, or no two people who draw each other.
//!
//! Whether there is such a draw is a hard question in general (a circle through everybody is Hamilton's problem), so there
//! are three answers. *Found.* *Proved impossible*: not even a draw without the rule exists; or some people may give only
//! among themselves, so no single circle leaves them; or everything was counted (up to 16 or 20 people) or searched through.
//! *Not found within the budget*, when none of these came to an end.
//!
//! Small boards are counted. On larger ones the sampling methods come first, then a draw mended by hand, labelled
//! `approximate`, then the search. With a history to avoid, small boards break the fewest repeats exactly; larger ones
//! let whole earlier draws go, the oldest first.

mod drawing;

use self::drawing::Circled;
use super::answer::{Clash, Drawn, NoDraw, Uniformity};
use super::backtrack;
use super::board::Board;
use super::circle::{self, Circles, Fewest, Tally};
use super::feasible::{self, Matching, reached};
use super::plain::{Record, possible};
use super::plan::{Made, SPARSE};
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::scaling::Scaled;
use super::sight::Sight;
use super::survey::{Survey, Tally as Count, ratio};
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
    /// Boards to try one after another, letting go of ever more of the history.
    Tried(Vec<Board>),
}

impl Circular {
    /// Makes a question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let rule = Rule::of(problem);
        let never = problem.repeats == Repeats::Never;
        let avoids = !never && problem.history.iter().any(|earlier| !earlier.is_empty());
        let (board, _) = possible(problem, never)?;
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
            Way::Tried(boards(problem, board))
        } else if avoids && problem.history.len() <= circle::MOST_TIERS {
            let circles = counted::<Fewest>(&board, rule, packed(problem));
            if circles.total().ways() == 0 {
                return Err(impossible(problem, &board, Clash::Exhausted, everyone()));
            }
            Way::Avoiding(circles)
        } else if avoids {
            Way::Tried(boards(problem, board))
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
            Way::Tried(boards) => {
                let (draw, method, uniformity) = self.tried(boards, seed, &mut stream)?;
                record.add(method, self.people, uniformity, stream.words());
                return Ok(record.drawn(vec![draw.clone()], self.repeats(&draw)));
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

    fn tried(&self, boards: &[Board], seed: &[u8; 32], stream: &mut Stream) -> Result<Made<Vec<u32>>, NoDraw> {
        let mut ruled_out = 0;
        for (board, number) in boards.iter().zip(0..) {
            match drawing::draw_circular(board, self.rule, seed, number, stream) {
                Circled::Found(made) => return Ok(made),
                Circled::Impossible => ruled_out += 1,
                Circled::Unknown => {}
            }
        }
        match boards.last() {
            // The last board lets the whole history go; those before it only forbid more.
            Some(board) if ruled_out == boards.len() => {
                let everyone = (0..self.people).collect();
                Err(impossible(&self.problem, board, Clash::Exhausted, everyone))
            }
            _ => Err(NoDraw::NotFound { budget: backtrack::BUDGET }),
        }
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

/// The board with the whole history forbidden, then without its oldest draw, and so on to none; those without any draw left out.
fn boards(problem: &Problem, least: Board) -> Vec<Board> {
    let kept = if problem.repeats == Repeats::Never { 0 } else { problem.history.len() };
    let mut tried = problem.clone();
    let mut boards = Vec::new();
    for tiers in (1..=kept).rev() {
        tried.history.truncate(tiers);
        let board = rules::board(&tried, true);
        if feasible::largest(&board).free_rows().is_empty() {
            boards.push(board);
        }
    }
    boards.push(least);
    boards
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

/// Surveys a question with a rule about circles.
pub(super) fn survey(problem: &Problem) -> Result<Survey, NoDraw> {
    let circular = Circular::of(problem)?;
    let mut count = Count::default();
    match &circular.way {
        Way::Counted(circles) => {
            count.add_exact(circles.total());
            note_guessable(
                &mut count,
                circular.people,
                |giver, receiver| circles.uses(giver, receiver),
                circles.total(),
            );
        }
        Way::Avoiding(circles) => {
            let total = circles.total();
            count.add_exact(total.ways());
            let uses = |giver, receiver| circles.uses(giver, receiver);
            note_guessable(&mut count, circular.people, uses, total.ways());
        }
        Way::Tried(boards) => {
            let Some(board) = boards.first() else { return Ok(count.survey()) };
            if circular.rule == Rule::One && board.size() <= circle::MOST_ONE && boards.len() == 1 {
                count.add_exact(Circles::<u64>::one(board, Vec::new()).total());
            } else {
                count.add_estimate(estimate(board, circular.rule));
            }
        }
    }
    Ok(count.survey())
}

/// Most people whose pairings are counted one by one.
const MOST_COUNTED: u32 = 12;

fn note_guessable(count: &mut Count, people: u32, uses: impl Fn(u32, u32) -> u64, total: u64) {
    if people > MOST_COUNTED {
        return;
    }
    for giver in 0..people {
        for receiver in 0..people {
            count.note(giver, receiver, ratio(uses(giver, receiver), total));
        }
    }
}

/// To first order the circles of a draw are those of a random permutation: one in n/e of those without fixed points is a single
/// circle, and mutual pairs come independently.
fn estimate(board: &Board, rule: Rule) -> f64 {
    let scaled = Scaled::of(board);
    scaled.ln_count
        + match rule {
            Rule::One => 1.0 - libm::log(f64::from(board.size())),
            Rule::NoMutual => -scaled.mutual_pairs(board),
        }
}
