//! Several gifts each: rounds that share no pairing.
//!
//! # The argument
//!
//! Wanted: uniform among the ordered tuples of valid draws of which no two share a pairing. Round t is drawn on the board A
//! less the pairings of the rounds before it, in *one attempt* of Huber's sampler ([`super::huber`]); if any attempt fails,
//! everything starts over. Whatever the rounds before were, each gave every receiver exactly one giver, so every count
//! c(j) at the start of round t is that of A less t: the bound u(A, t) does not depend on the rounds before. Hence every valid
//! tuple has the same probability, the product of the 1/u(A, t). The same holds for circles ([`super::walk`]).
//!
//! Repeating only a failed later round until it succeeds would be wrong: its chance of success does depend on the rounds
//! before, and those that leave few continuations would come too often.
//!
//! Uniform is meant over rounds in order: "who gives to whom in which round".
//!
//! For few rules and rounds there is also plain rejection ([`crate::matcher::rejection::draw_rounds`]), exact.

use crate::matcher::board::Board;
use crate::matcher::huber::Weighing;
use crate::matcher::random::Stream;
use crate::matcher::walk::Walk;

/// Draws `rounds` rounds; exact to 1e-9. After every round `accept` sees the rounds so far (or all of them turned round:
/// givers by receiver), and after the last `keep` the rounds; when either does not like them everything starts over.
/// `None` after `budget` starts.
pub(crate) fn draw(
    board: &Board,
    stream: &mut Stream,
    rounds: u32,
    budget: u64,
    accept: impl Fn(&[Vec<u32>]) -> bool,
    keep: impl Fn(&[Vec<u32>]) -> bool,
) -> Option<Vec<Vec<u32>>> {
    if rounds == 0 || rounds > board.size() {
        return (rounds == 0).then(Vec::new);
    }
    let weighing = Weighing::new(board, rounds)?;
    let attempt = |before: &[Vec<u32>], stream: &mut Stream| weighing.attempt(weighing.receivers(before), stream);
    (0..budget).find_map(|_| {
        let drawn = start(rounds, stream, attempt, |so_far| accept(so_far))?;
        let drawn: Vec<_> = drawn.into_iter().map(|round| weighing.straighten(round)).collect();
        keep(&drawn).then_some(drawn)
    })
}

/// The same, every round being one circle through everybody.
pub(crate) fn draw_circles(
    board: &Board,
    stream: &mut Stream,
    rounds: u32,
    budget: u64,
    keep: impl Fn(&[Vec<u32>]) -> bool,
) -> Option<Vec<Vec<u32>>> {
    if rounds == 0 || rounds > board.size() {
        return (rounds == 0).then(Vec::new);
    }
    let walk = Walk::new(board)?;
    let attempt = |before: &[Vec<u32>], stream: &mut Stream| walk.attempt(walk.receivers(before), stream);
    (0..budget).find_map(|_| {
        let drawn = start(rounds, stream, attempt, |_| true)?;
        let drawn: Vec<_> = drawn.into_iter().map(|round| walk.straighten(round)).collect();
        keep(&drawn).then_some(drawn)
    })
}

/// One start: one attempt for each round.
fn start(
    rounds: u32,
    stream: &mut Stream,
    attempt: impl Fn(&[Vec<u32>], &mut Stream) -> Option<Vec<u32>>,
    accept: impl Fn(&[Vec<u32>]) -> bool,
) -> Option<Vec<Vec<u32>>> {
    let mut drawn = Vec::with_capacity(rounds as usize);
    for _ in 0..rounds {
        let round = attempt(&drawn, stream)?;
        drawn.push(round);
        if !accept(&drawn) {
            return None;
        }
    }
    Some(drawn)
}

/// Cost expected of one draw, in steps of a plain shuffle.
pub(crate) fn steps(board: &Board, rounds: u32) -> f64 {
    let people = f64::from(board.size());
    let one = crate::matcher::huber::steps(board);
    // A round costs more for each before it, and about 0.75 of the attempts of a round succeed.
    (0..rounds)
        .map(|round| (one + 4.0 * people * f64::from(round)) / libm::pow(0.75, f64::from(rounds - 1 - round)))
        .sum()
}
