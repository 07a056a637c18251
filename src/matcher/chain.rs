//! A random walk among valid draws, for what no exact method can weigh.
//!
//! A step picks two givers and swaps their receivers, or three and passes them round, if the result is valid; otherwise it
//! stays. Steps are their own reverses in probability, so where the walk can reach every draw it tends to the uniform
//! distribution. It cannot always (swaps alone already fail for three people), and how soon it is close is
//! not known in general: the label is `approximate`.

use super::board::Board;
use super::random::Stream;

/// Steps for a board: 40 n (1 + log2 n), at most 200 million.
pub(super) fn steps(size: u32) -> u64 {
    let size = u64::from(size);
    (40 * size * u64::from(1 + size.max(1).ilog2())).min(200_000_000)
}

/// Walks a number of steps from a valid draw. `keeps` is asked about every move: the givers concerned have their new
/// receivers already; it answers whether further rules still hold.
pub(super) fn walk(
    board: &Board,
    draw: &mut [u32],
    steps: u64,
    stream: &mut Stream,
    mut keeps: impl FnMut(&[u32], &[u32]) -> bool,
) {
    let size = board.size();
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
        let valid = givers.iter().all(|&giver| board.allows(giver, draw[giver as usize]));
        if !(valid && keeps(draw, givers)) {
            for _ in 1..givers.len() {
                rotate(draw, givers);
            }
        }
    }
}

/// Passes the receivers of some givers round by one.
fn rotate(draw: &mut [u32], givers: &[u32]) {
    let first = draw[givers[0] as usize];
    for pair in givers.windows(2) {
        draw[pair[0] as usize] = draw[pair[1] as usize];
    }
    draw[givers[givers.len() - 1] as usize] = first;
}
