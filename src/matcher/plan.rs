//! Which method draws a block: one rule, a function of the board alone.
//!
//! Every method but the last draws exactly uniformly and starts over from nothing when an attempt fails. Methods stand in
//! the order in which they are tried; one that spends its budget of attempts hands over to the next. That keeps the result
//! uniform: giving up never depends on which draw would have come out, and a mixture of uniform draws is uniform.

use super::answer::Uniformity;
use super::board::{Board, number};
use super::groups::{self, dominant, ways};
use super::random::{Purpose, Stream};
use super::scaling::Scaled;
use super::subset::{self, Subsets};
use super::{chain, feasible, huber, lookahead, rejection, sinkhorn};

/// A way to draw a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// One person: nothing to draw.
    Forced,
    /// Counting over subsets.
    Subsets,
    /// Shuffling, refused at the first clash.
    Rejection,
    /// Two shuffles around one large group, so many times at most.
    Dominant { group: u32, budget: u64 },
    /// Counting group by group.
    Groups,
    /// Huber's bound over the sparse complement.
    Huber,
    /// Huber and Law's bound on the scaled board.
    Scaled,
    /// Rearranging a valid draw, then a random walk.
    Walk,
}

/// Most clashes of a shuffle, on average, at which shuffling is tried without weighing what else there is.
pub(super) const SPARSE: f64 = 4.0;

/// The same for whole blocks: a large one is drawn by its bound in about the time of five shuffles.
const FEW: f64 = 3.0;

/// Most groups that are worth counting through one by one.
const MOST_GROUPS: u32 = 20_000;

/// Steps that may be spent on one block by any one method.
const STEPS: f64 = 4e9;

impl Method {
    /// What it is called in a draw's record.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Subsets => "subsets",
            Self::Rejection => "early refusal",
            Self::Dominant { .. } => "one large group",
            Self::Groups => "groups",
            Self::Huber => "Huber's bound",
            Self::Scaled => "scaled bound",
            Self::Walk => "random walk",
        }
    }

    /// How sure its uniformity is.
    pub(super) fn uniformity(self) -> Uniformity {
        match self {
            Self::Forced | Self::Subsets | Self::Rejection | Self::Dominant { .. } => Uniformity::Exact,
            Self::Groups | Self::Huber | Self::Scaled => Uniformity::ExactTo1e9,
            Self::Walk => Uniformity::Approximate,
        }
    }

    /// One draw, or `None` when the budget is spent.
    pub(super) fn draw(self, board: &Board, stream: &mut Stream) -> Option<Vec<u32>> {
        match self {
            Self::Forced => Some(vec![0]),
            Self::Subsets => Subsets::count(board).draw(stream),
            Self::Rejection => rejection::draw(board, stream, shuffles(board.lambda())),
            Self::Dominant { group, budget } => dominant::draw(board, group, stream, budget),
            Self::Groups => ways::draw(board, stream, shuffles(groups::clashes(board, false))),
            Self::Huber => huber::draw(board, stream, attempts(huber::steps(board))),
            Self::Scaled => sinkhorn::draw(board, stream, attempts(sinkhorn::operations(board))),
            Self::Walk => {
                let mut draw = lookahead::rearrange(board, feasible::largest(board), stream);
                let steps = chain::steps(board.size());
                chain::walk(&mut draw, steps, stream, |draw, givers| chain::open(board, draw, givers));
                Some(draw)
            }
        }
    }
}

/// How many shuffles may be tried when each meets so many clashes on average: 64 times as many as are needed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range first")]
pub(super) fn shuffles(clashes: f64) -> u64 {
    (64.0 * libm::exp(clashes.min(20.0))).clamp(64.0, 4e9) as u64
}

/// How many attempts a method may make that spends `steps` on each: at least 16, at most 2^20.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range first")]
pub(super) fn attempts(steps: f64) -> u64 {
    (STEPS / steps.max(1.0)).clamp(16.0, 1_048_576.0) as u64
}

/// The methods for a block that has a draw, in the order they are tried: up to 20 people counting, above whatever is
/// expected to take the fewest steps, methods in whole numbers being preferred up to twice the cost.
pub(super) fn methods(board: &Board) -> Vec<Method> {
    const TINY: u32 = 12;
    let size = board.size();
    if size == 1 {
        return vec![Method::Forced];
    }
    if size <= subset::MOST {
        let sparse = size > TINY && board.lambda() <= SPARSE;
        return if sparse { vec![Method::Rejection, Method::Subsets] } else { vec![Method::Subsets] };
    }
    if board.lambda() <= FEW {
        // No weighing is quicker than the few shuffles this takes.
        return vec![Method::Rejection, Method::Huber, Method::Walk];
    }
    let mut costs = vec![(rejection::steps(board) / 2.0, Method::Rejection)];
    if let Some(group) = groups::largest(board) {
        let clashes = groups::clashes(board, true);
        costs.push((dominant::steps(board, clashes) / 1.6, Method::Dominant { group, budget: shuffles(clashes) }));
    }
    costs.extend(weighing(board));
    costs.retain(|&(cost, _)| cost <= STEPS);
    costs.sort_by(|one, other| one.0.total_cmp(&other.0));
    costs.into_iter().map(|(_, method)| method).chain([Method::Walk]).collect()
}

/// What the methods that weigh in floating point are expected to cost, in steps of a plain shuffle.
fn weighing(board: &Board) -> Vec<(f64, Method)> {
    let mut costs: Vec<(f64, Method)> = Vec::new();
    let size = f64::from(board.size());
    let others = groups::clashes(board, false);
    if others <= SPARSE
        && board.groups() <= MOST_GROUPS
        && let Some(work) = ways::work(board)
    {
        costs.push((work + size * libm::exp(others), Method::Groups));
    }
    if board.size() <= sinkhorn::LARGEST {
        // An attempt succeeds with probability (number of draws) / bound; how many draws there are is estimated.
        let ln_count = Scaled::of(board).ln_count;
        let tries = |ln_bound: f64| libm::exp((ln_bound - ln_count).clamp(0.0, 200.0));
        costs.push((huber::steps_of_draw(board) * tries(huber::log_bound(board)), Method::Huber));
        if let Some(bound) = sinkhorn::log_bound(board) {
            let scaling = 100.0 * 2.0 * sinkhorn::operations(board);
            costs.push((scaling + sinkhorn::operations(board) * tries(bound), Method::Scaled));
        }
    } else {
        // One group of a part p of everybody costs the bound a factor of about e^(n p^3 / 2).
        let largest = (0..board.groups()).map(|group| board.rows_of(group).len()).max().unwrap_or(0);
        let part = f64::from(number(largest)) / size;
        let loss = libm::exp((size * part * part * part / 2.0).min(200.0));
        costs.push((huber::steps_of_draw(board) * loss, Method::Huber));
    }
    costs
}

/// Draws a block that has a draw: the draw, the method that made it, and how many random words were used.
pub(super) fn draw(board: &Board, methods: &[Method], seed: &[u8; 32], block: u32) -> Option<(Vec<u32>, Method, u64)> {
    let mut stream = Stream::new(seed, Purpose::Draw, block);
    let (draw, method) =
        methods.iter().find_map(|&method| method.draw(board, &mut stream).map(|draw| (draw, method)))?;
    debug_assert!(board.admits(&draw));
    Some((draw, method, stream.words()))
}

/// A draw, the name of its method, and how sure its uniformity is.
pub(super) type Made<T> = (T, &'static str, Uniformity);
