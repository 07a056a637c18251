//! Which method draws a block: one rule, a function of the board alone.
//!
//! Every method but the last draws exactly uniformly and starts over from nothing when an attempt fails. Methods stand in
//! the order in which they are tried; one that spends its budget of attempts hands over to the next. That keeps the result
//! uniform: giving up never depends on which draw would have come out, and a mixture of uniform draws is uniform.

use super::answer::Uniformity;
use super::backtrack::{self, Outcome};
use super::board::Board;
use super::circle::{self, Circles};
use super::circular::Rule;
use super::groups::{self, dominant, ways};
use super::random::{Purpose, Stream};
use super::scaling::Scaled;
use super::subset::{self, Subsets};
use super::{chain, cycles, feasible, huber, kfold, lookahead, mend, rejection, sinkhorn, walk};

/// A way to draw a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// One person: nothing to draw.
    Forced,
    /// Counting over subsets.
    Subsets,
    /// Shuffling, refused at the first clash.
    Rejection,
    /// Two shuffles around one large group.
    Dominant,
    /// Counting group by group.
    Groups,
    /// Huber's bound over the sparse complement.
    Huber,
    /// Huber and Law's bound on the scaled board.
    Scaled,
    /// Rearranging a valid draw, then a random walk.
    Walk,
}

/// Shuffles for sparse rules: 64 times as many as are expected at the densest, e^4.
const SHUFFLES: u64 = 64 * 55;

/// Most forbidden cells per row at which shuffling is tried.
const SPARSE: f64 = 4.0;

/// Steps any weighing method may spend on one block.
const STEPS: f64 = 4e9;

impl Method {
    /// What it is called in a draw's record.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Subsets => "subsets",
            Self::Rejection => "early refusal",
            Self::Dominant => "one large group",
            Self::Groups => "groups",
            Self::Huber => "Huber's bound",
            Self::Scaled => "scaled bound",
            Self::Walk => "random walk",
        }
    }

    /// How sure its uniformity is.
    pub(super) fn uniformity(self) -> Uniformity {
        match self {
            Self::Forced | Self::Subsets | Self::Rejection | Self::Dominant => Uniformity::Exact,
            Self::Groups | Self::Huber | Self::Scaled => Uniformity::ExactTo1e9,
            Self::Walk => Uniformity::Approximate,
        }
    }

    /// One draw, or `None` when the budget is spent.
    fn draw(self, board: &Board, seed: &[u8; 32], block: u32, stream: &mut Stream) -> Option<Vec<u32>> {
        match self {
            Self::Forced => Some(vec![0]),
            Self::Subsets => Subsets::count(board).draw(stream),
            Self::Rejection => rejection::draw(board, stream, SHUFFLES),
            Self::Dominant => dominant::draw(board, stream, SHUFFLES),
            Self::Groups => ways::draw(board, stream, SHUFFLES),
            Self::Huber => huber::draw(board, stream, attempts(huber::steps(board))),
            Self::Scaled => sinkhorn::draw(board, stream, attempts(sinkhorn::operations(board))),
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

/// How many attempts a method may make that spends `steps` on each: at least 16, at most 2^20.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range first")]
fn attempts(steps: f64) -> u64 {
    (STEPS / steps.max(1.0)).clamp(16.0, 1_048_576.0) as u64
}

/// The methods for a block that has a draw, in the order they are tried: whole numbers first where they are quick, then
/// whatever is expected to take the fewest steps.
pub(super) fn methods(board: &Board) -> Vec<Method> {
    const TINY: u32 = 12;
    let size = board.size();
    if size == 1 {
        return vec![Method::Forced];
    }
    if size <= TINY {
        return vec![Method::Subsets];
    }
    let mut methods = Vec::new();
    if board.lambda() <= SPARSE {
        methods.push(Method::Rejection);
    } else if groups::clashes(board, true) <= SPARSE {
        methods.push(Method::Dominant);
    }
    if size <= subset::MOST {
        methods.push(Method::Subsets);
        return methods;
    }
    methods.extend(weighing(board));
    methods.push(Method::Walk);
    methods
}

/// The methods that weigh in floating point, cheapest first, without the hopeless ones.
fn weighing(board: &Board) -> Vec<Method> {
    let mut costs: Vec<(f64, Method)> = Vec::new();
    let others = groups::clashes(board, false);
    if others <= SPARSE
        && let Some(work) = ways::work(board)
    {
        costs.push((work + f64::from(board.size()) * libm::exp(others), Method::Groups));
    }
    if board.size() <= sinkhorn::LARGEST {
        // An attempt succeeds with probability (number of draws) / bound; how many draws there are is estimated.
        let ln_count = Scaled::of(board).ln_count;
        let tries = |ln_bound: f64| libm::exp((ln_bound - ln_count).clamp(0.0, 200.0));
        costs.push((huber::steps(board) * tries(huber::log_bound(board)), Method::Huber));
        if let Some(bound) = sinkhorn::log_bound(board) {
            let scaling = 100.0 * 2.0 * sinkhorn::operations(board);
            costs.push((scaling + sinkhorn::operations(board) * tries(bound), Method::Scaled));
        }
    } else {
        // One group of a part p of everybody costs the bound a factor of about e^(n p^3 / 2).
        let size = f64::from(board.size());
        let largest = (0..board.groups()).map(|group| board.rows_of(group).len()).max().unwrap_or(0);
        let part = f64::from(super::board::number(largest)) / size;
        let loss = libm::exp((size * part * part * part / 2.0).min(200.0));
        costs.push((huber::steps(board) * loss, Method::Huber));
    }
    costs.retain(|&(cost, _)| cost <= 4.0 * STEPS);
    costs.sort_by(|one, other| one.0.total_cmp(&other.0));
    costs.into_iter().map(|(_, method)| method).collect()
}

/// Draws a block that has a draw: the draw, the method that made it, and how many random words were used.
pub(super) fn draw(board: &Board, methods: &[Method], seed: &[u8; 32], block: u32) -> Option<(Vec<u32>, Method, u64)> {
    let mut stream = Stream::new(seed, Purpose::Draw, block);
    let (draw, method) =
        methods.iter().find_map(|&method| method.draw(board, seed, block, &mut stream).map(|draw| (draw, method)))?;
    debug_assert!(board.admits(&draw));
    Some((draw, method, stream.words()))
}

/// A draw, the name of its method, and how sure its uniformity is.
pub(super) type Made<T> = (T, &'static str, Uniformity);

/// How a draw under a rule about circles came out.
pub(super) enum Circled {
    /// A draw.
    Found(Made<Vec<u32>>),
    /// There is none: everything was searched through.
    Impossible,
    /// Neither a draw nor a proof.
    Unknown,
}

/// Draws a board of all people under a rule about circles.
pub(super) fn draw_circular(board: &Board, rule: Rule, seed: &[u8; 32], number: u32, stream: &mut Stream) -> Circled {
    let size = board.size();
    let shortest = if rule == Rule::One { size } else { 3 };
    let sparse = board.lambda() - 1.0 <= SPARSE;
    if sparse && let Some(draw) = cycles::draw(board, stream, shortest, SHUFFLES) {
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
    let methods = methods(board);
    let exact = methods.iter().copied().filter(|method| method.uniformity() != Uniformity::Approximate);
    for method in exact {
        for _ in 0..TRIES {
            let Some(draw) = method.draw(board, &[0; 32], 0, stream) else { break };
            if holds(&draw) {
                return Some((draw, method.name(), method.uniformity()));
            }
        }
    }
    None
}

/// Attempts at several rounds before they are given up.
pub(super) const ROUNDS_BUDGET: u64 = 100_000;

/// Draws rounds that share no pairing. `in_hand` are such rounds, without regard to the rule.
pub(super) fn draw_rounds(
    board: &Board,
    gifts: u32,
    rule: Option<Rule>,
    in_hand: &[Vec<u32>],
    seed: &[u8; 32],
    stream: &mut Stream,
) -> Option<Made<Vec<Vec<u32>>>> {
    let count = f64::from(gifts);
    let clashes = count * board.lambda() + count * (count - 1.0) / 2.0;
    if rule.is_none()
        && clashes <= SPARSE
        && let Some(rounds) = rejection::draw_rounds(board, stream, gifts, SHUFFLES)
    {
        return Some((rounds, "early refusal", Uniformity::Exact));
    }
    let budget = attempts(kfold::steps(board, gifts)).min(ROUNDS_BUDGET);
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
