//! Drawing under a rule about circles, on boards too large to count.

use super::Rule;
use crate::matcher::answer::Uniformity;
use crate::matcher::backtrack::{self, Outcome};
use crate::matcher::board::Board;
use crate::matcher::circle::{self, Circles};
use crate::matcher::plan::{self, Made, SPARSE, attempts, shuffles};
use crate::matcher::random::{Purpose, Stream};
use crate::matcher::{cycles, feasible, huber, lookahead, mend, walk};

/// How a draw under a rule about circles came out.
pub(in crate::matcher) enum Circled {
    /// A draw.
    Found(Made<Vec<u32>>),
    /// There is none: everything was searched through.
    Impossible,
    /// Neither a draw nor a proof.
    Unknown,
}

/// Draws a board of all people under a rule about circles.
pub(in crate::matcher) fn draw_circular(
    board: &Board,
    rule: Rule,
    seed: &[u8; 32],
    number: u32,
    stream: &mut Stream,
) -> Circled {
    let size = board.size();
    let shortest = if rule == Rule::One { size } else { 3 };
    // Laying out circles never meets "not oneself".
    let clashes = board.lambda() - 1.0;
    let cost = if rule == Rule::One { walk::steps(board) } else { huber::steps(board) };
    if (clashes <= SPARSE || cycles::steps(board) <= 2.0 * cost)
        && let Some(draw) = cycles::draw(board, stream, shortest, shuffles(clashes))
    {
        return Circled::Found((draw, "circles laid out", Uniformity::Exact));
    }
    let weighed = match rule {
        Rule::One => walk::draw(board, stream, attempts(walk::steps(board)))
            .map(|draw| (draw, "Huber's bound", Uniformity::ExactTo1e9)),
        Rule::NoMutual => draw_until(board, stream, |draw| rule.holds(draw)),
    };
    if let Some(made) = weighed {
        return Circled::Found(made);
    }
    if rule == Rule::One && size <= circle::MOST_ONE {
        let circles = Circles::<u64>::one(board, Vec::new());
        return circles
            .draw(stream)
            .map_or(Circled::Impossible, |draw| Circled::Found((draw, "circles", Uniformity::Exact)));
    }
    let mut search = Stream::new(seed, Purpose::Search, number);
    let start = lookahead::rearrange(board, feasible::largest(board), &mut search);
    if let Some(draw) = mend::mend(board, rule, start, &mut search) {
        return Circled::Found((draw, "mended", Uniformity::Approximate));
    }
    match backtrack::search(board, rule, &mut search, backtrack::BUDGET) {
        Outcome::Found(draw) => Circled::Found((draw, "search", Uniformity::Approximate)),
        Outcome::Exhausted => Circled::Impossible,
        Outcome::Unknown => Circled::Unknown,
    }
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
