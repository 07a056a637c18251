//! A random walk among valid draws, for what no exact method can weigh.
//!
//! A step picks two givers and swaps their receivers, or three and passes them round, if the result is valid; otherwise it
//! stays. Steps are their own reverses in probability, so where the walk can reach every draw it tends to the uniform
//! distribution. It cannot always (swaps alone already fail for three people), and how soon it is close is
//! not known in general: the label is `approximate`.

use crate::matcher::question::board::{Board, number};
use crate::matcher::random::Stream;

/// Steps for a board: 40 n (1 + log2 n), at most 200 million.
pub(crate) fn steps(size: u32) -> u64 {
    let size = u64::from(size);
    (40 * size * u64::from(1 + size.max(1).ilog2())).min(200_000_000)
}

/// Walks a number of steps from a valid draw. `valid` is asked about every move, with the draw as it would be and the
/// two or three givers concerned.
pub(crate) fn walk(draw: &mut [u32], steps: u64, stream: &mut Stream, mut valid: impl FnMut(&[u32], &[u32]) -> bool) {
    let size = number(draw.len());
    if size < 2 {
        return;
    }
    for _ in 0..steps {
        let (one, two, three) = (stream.below(size), stream.below(size), stream.below(size));
        if one == two || (size > 2 && (one == three || two == three)) {
            continue;
        }
        let givers = [one, two, three];
        let swap = size == 2 || stream.next_u32() & 1 == 0;
        let givers = if swap { &givers[..2] } else { &givers[..] };
        rotate(draw, givers);
        if !valid(draw, givers) {
            for _ in 1..givers.len() {
                rotate(draw, givers);
            }
        }
    }
}

/// Whether the givers of a move have open receivers.
pub(crate) fn open(board: &Board, draw: &[u32], givers: &[u32]) -> bool {
    givers.iter().all(|&giver| board.allows(giver, draw[giver as usize]))
}

/// Passes the receivers of some givers round by one.
fn rotate(draw: &mut [u32], givers: &[u32]) {
    let first = draw[givers[0] as usize];
    for pair in givers.windows(2) {
        draw[pair[0] as usize] = draw[pair[1] as usize];
    }
    draw[givers[givers.len() - 1] as usize] = first;
}
