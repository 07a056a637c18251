//! Which method draws a block: one rule, a function of the board alone.
//!
//! Every method but the last draws exactly uniformly and starts over from nothing when an attempt fails. Methods stand in
//! the order in which they are tried; one that spends its budget of attempts hands over to the next. That keeps the result
//! uniform: giving up never depends on which draw would have come out, and a mixture of uniform draws is uniform.

use super::answer::Uniformity;
use super::board::Board;
use super::feasible;
use super::random::{Purpose, Stream};
use super::subset::{self, Subsets};
use super::{chain, lookahead};

/// A way to draw a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// One person: nothing to draw.
    Forced,
    /// Counting over subsets.
    Subsets,
    /// Rearranging a valid draw, then a random walk.
    Walk,
}

impl Method {
    /// What it is called in a draw's record.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Subsets => "subsets",
            Self::Walk => "random walk",
        }
    }

    /// How sure its uniformity is.
    pub(super) fn uniformity(self) -> Uniformity {
        match self {
            Self::Forced | Self::Subsets => Uniformity::Exact,
            Self::Walk => Uniformity::Approximate,
        }
    }

    /// One draw, or `None` when the budget is spent.
    fn draw(self, board: &Board, seed: &[u8; 32], block: u32, stream: &mut Stream) -> Option<Vec<u32>> {
        match self {
            Self::Forced => Some(vec![0]),
            Self::Subsets => Subsets::count(board).draw(stream),
            Self::Walk => {
                let mut stream = Stream::new(seed, Purpose::Chain, block);
                let mut draw = lookahead::rearrange(board, feasible::largest(board), &mut stream);
                let steps = chain::steps(board.size());
                chain::walk(&mut draw, steps, &mut stream, |draw, givers| chain::open(board, draw, givers));
                Some(draw)
            }
        }
    }
}

/// The methods for a block that has a draw, in the order they are tried.
pub(super) fn methods(board: &Board) -> Vec<Method> {
    let size = board.size();
    if size == 1 {
        return vec![Method::Forced];
    }
    if size <= subset::MOST {
        return vec![Method::Subsets];
    }
    vec![Method::Walk]
}

/// Draws a block that has a draw: the draw, the method that made it, and how many random words were used.
pub(super) fn draw(board: &Board, methods: &[Method], seed: &[u8; 32], block: u32) -> Option<(Vec<u32>, Method, u64)> {
    let mut stream = Stream::new(seed, Purpose::Draw, block);
    let (draw, method) =
        methods.iter().find_map(|&method| method.draw(board, seed, block, &mut stream).map(|draw| (draw, method)))?;
    debug_assert!(board.admits(&draw));
    Some((draw, method, stream.words()))
}
