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
use super::random::{Purpose, Stream};
use super::subset::{self, Subsets};
use super::{chain, cycles, feasible, huber, kfold, lookahead, mend, rejection, walk};

/// A way to draw a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// One person: nothing to draw.
    Forced,
    /// Counting over subsets.
    Subsets,
    /// Shuffling, refused at the first clash.
    Rejection,
    /// Huber's bound over the sparse complement.
    Huber,
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
            Self::Huber => "Huber's bound",
            Self::Walk => "random walk",
        }
    }

    /// How sure its uniformity is.
    pub(super) fn uniformity(self) -> Uniformity {
        match self {
            Self::Forced | Self::Subsets | Self::Rejection => Uniformity::Exact,
            Self::Huber => Uniformity::ExactTo1e9,
            Self::Walk => Uniformity::Approximate,
        }
    }

    /// One draw, or `None` when the budget is spent.
    fn draw(self, board: &Board, seed: &[u8; 32], block: u32, stream: &mut Stream) -> Option<Vec<u32>> {
        match self {
            Self::Forced => Some(vec![0]),
            Self::Subsets => Subsets::count(board).draw(stream),
            Self::Rejection => rejection::draw(board, stream, SHUFFLES),
            Self::Huber => huber::draw(board, stream, attempts(huber::steps(board), 4096)),
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

/// How many attempts a method may make that expects `steps` for one draw: at least 16, at most `most`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range first")]
fn attempts(steps: f64, most: u32) -> u64 {
    (STEPS / steps.max(1.0)).clamp(16.0, f64::from(most)) as u64
}

/// The methods for a block that has a draw, in the order they are tried.
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
    }
    if size <= subset::MOST {
        methods.push(Method::Subsets);
        return methods;
    }
    methods.extend([Method::Huber, Method::Walk]);
    methods
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
    let weighing = match rule {
        Rule::One => walk::draw(board, stream, attempts(walk::steps(board), 4096)),
        Rule::NoMutual => huber::draw_if(board, stream, attempts(huber::steps(board), 4096), |draw| rule.holds(draw)),
    };
    if let Some(draw) = weighing {
        return Circled::Found((draw, "Huber's bound", Uniformity::ExactTo1e9));
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
    let budget = attempts(kfold::steps(board, gifts), 100_000);
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
