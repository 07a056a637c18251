//! Drawing under a rule about circles, on boards too large to count.

use super::{Rule, bridges};
use crate::matcher::answer::Uniformity;
use crate::matcher::backtrack::{self, Outcome};
use crate::matcher::board::Board;
use crate::matcher::circle::{self, Circles};
use crate::matcher::plan::{self, Made, SPARSE, attempts, shuffles};
use crate::matcher::random::Stream;
use crate::matcher::{cycles, feasible, huber, lookahead, mend, sampled, walk};

/// How a search for a draw under a rule about circles came out.
pub(in crate::matcher) enum Circled {
    /// A draw.
    Found(Made<Vec<u32>>),
    /// There is none: everything was searched through.
    Impossible,
    /// Neither a draw nor a proof.
    Unknown,
}

/// Draws a board of all people under a rule about circles, uniformly; `None` when the methods that do so spend their budgets.
///
/// When an eighth is spent on one circle, the pairings that all circles have are looked for: with every other one of their
/// givers and receivers closed, fewer attempts go astray.
pub(in crate::matcher) fn weighed(board: &Board, rule: Rule, stream: &mut Stream) -> Option<Made<Vec<u32>>> {
    let drawn = weighed_within(board, rule, stream, 8);
    // A small board is counted sooner than the rest is spent.
    if drawn.is_some() || rule == Rule::NoMutual || board.size() <= circle::MOST_ONE {
        return drawn;
    }
    match bridges::tightened(board) {
        Some(tighter) if bridges::clearly_none(&tighter, rule) => None,
        Some(tighter) => weighed_within(&tighter, rule, stream, 1),
        None => weighed_within(board, rule, stream, 1),
    }
}

/// The same within a part of the usual budget.
fn weighed_within(board: &Board, rule: Rule, stream: &mut Stream, part: u64) -> Option<Made<Vec<u32>>> {
    let clashes = clashes(board);
    let cost = if rule == Rule::One { walk::steps(board) } else { huber::steps(board) };
    if (clashes <= SPARSE || cycles::steps(board) <= 2.0 * cost)
        && let Some(draw) = cycles::draw(board, stream, shortest(board, rule), shuffles(clashes) / part)
    {
        return Some((draw, "circles laid out", Uniformity::Exact));
    }
    match rule {
        Rule::One => walk::draw(board, stream, (attempts(walk::steps(board)) / part).max(16))
            .map(|draw| (draw, "Huber's bound", Uniformity::ExactTo1e9)),
        Rule::NoMutual => draw_until(board, stream, |draw| rule.holds(draw)),
    }
}

/// Draws what no method draws uniformly, or finds out that there is none. A search takes at most `budget` steps.
pub(in crate::matcher) fn searched(board: &Board, rule: Rule, search: &mut Stream, budget: u64) -> Circled {
    if rule == Rule::One && board.size() <= circle::MOST_ONE {
        let circles = Circles::<u64>::one(board, Vec::new());
        return circles
            .draw(search)
            .map_or(Circled::Impossible, |draw| Circled::Found((draw, "circles", Uniformity::Exact)));
    }
    let tighter = if rule == Rule::One { bridges::tightened(board) } else { None };
    let board = tighter.as_ref().unwrap_or(board);
    let matching = feasible::largest(board);
    if !matching.free_rows().is_empty() {
        return Circled::Impossible; // Two pairings that all circles have do not go together.
    }
    let start = lookahead::rearrange(board, matching, search);
    if let Some(draw) = mend::mend(board, rule, start, search) {
        return Circled::Found((draw, "mended", Uniformity::Approximate));
    }
    match backtrack::search(board, rule, search, budget) {
        Outcome::Found(draw) => Circled::Found((draw, "search", Uniformity::Approximate)),
        Outcome::Exhausted => Circled::Impossible,
        Outcome::Unknown => Circled::Unknown,
    }
}

/// Makes a draw only to look at it: uniformly, and soon or not at all.
pub(in crate::matcher) fn glanced(board: &Board, rule: Rule, stream: &mut Stream) -> Option<Vec<u32>> {
    let clashes = clashes(board);
    let laid_out =
        (clashes <= SPARSE).then(|| cycles::draw(board, stream, shortest(board, rule), shuffles(clashes))).flatten();
    laid_out.or_else(|| match rule {
        Rule::One => walk::draw(board, stream, sampled::ATTEMPTS),
        Rule::NoMutual => huber::draw_if(board, stream, sampled::ATTEMPTS, |draw| rule.holds(draw)),
    })
}

/// Steps of that.
pub(super) fn steps(board: &Board, rule: Rule) -> f64 {
    match rule {
        _ if clashes(board) <= SPARSE => cycles::steps(board),
        Rule::One => walk::steps(board),
        Rule::NoMutual => 2.0 * huber::steps(board),
    }
}

fn shortest(board: &Board, rule: Rule) -> u32 {
    if rule == Rule::One { board.size() } else { 3 }
}

/// Laying out circles never meets "not oneself".
fn clashes(board: &Board) -> f64 {
    board.lambda() - 1.0
}

/// Draws without the rule until the rule happens to hold: uniform among the draws that keep it.
fn draw_until(board: &Board, stream: &mut Stream, holds: impl Fn(&[u32]) -> bool) -> Option<Made<Vec<u32>>> {
    const TRIES: u32 = 64;
    let exact = plan::methods(board).into_iter().filter(|method| method.uniformity() != Uniformity::Approximate);
    for method in exact {
        for _ in 0..TRIES {
            let Some(draw) = method.draw(board, stream) else { break };
            if holds(&draw) {
                return Some((draw, method.name(), method.uniformity()));
            }
        }
    }
    None
}
