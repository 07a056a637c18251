//! Who can guess where draws are too many to count: some draws are made from fixed seeds and looked at, the same
//! ones whenever the roster is the same.

use std::collections::BTreeMap;

use super::board::Board;
use super::groups::{self, dominant};
use super::plan::{SPARSE, shuffles};
use super::random::{Purpose, Stream};
use super::survey::SAMPLED;
use super::{huber, rejection};

/// Steps of a plain shuffle that may be spent on looking.
const STEPS: f64 = 1e8;

/// Attempts at each of these draws.
pub(super) const ATTEMPTS: u64 = 200;

/// Whether so many draws may be made that take so many steps each.
pub(super) fn affordable(steps: f64) -> bool {
    steps * f64::from(SAMPLED) <= STEPS
}

/// The pairings of more than half of the draws, with their share. `None` when a draw did not come out.
pub(super) fn often(
    people: u32,
    mut draw: impl FnMut(&mut Stream) -> Option<Vec<Vec<u32>>>,
) -> Option<Vec<(u32, u32, f64)>> {
    let mut stream = Stream::new(&[0; 32], Purpose::Draw, people);
    let mut times: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); people as usize];
    for _ in 0..SAMPLED {
        for round in draw(&mut stream)? {
            for (times, receiver) in times.iter_mut().zip(round) {
                *times.entry(receiver).or_default() += 1;
            }
        }
    }
    let share = |times: u32| f64::from(times) / f64::from(SAMPLED);
    let pairs =
        (0..).zip(times).flat_map(|(giver, times)| times.into_iter().map(move |(to, times)| (giver, to, times)));
    Some(pairs.filter(|&(.., times)| 2 * times > SAMPLED).map(|(giver, to, times)| (giver, to, share(times))).collect())
}

/// The same for a block of a plain question; `None` where draws come too slowly.
pub(super) fn of_block(board: &Board) -> Option<Vec<(u32, u32, f64)>> {
    let (shuffling, parting) = (rejection::steps(board), dominant::steps(board));
    let weighing = huber::steps(board);
    if !affordable(shuffling.min(parting).min(weighing)) {
        return None;
    }
    often(board.size(), |stream| {
        let draw = if board.lambda() <= SPARSE {
            rejection::draw(board, stream, shuffles(board.lambda()))
        } else if parting <= weighing {
            dominant::draw(board, stream, shuffles(groups::clashes(board, true)))
        } else {
            None
        };
        Some(vec![draw.or_else(|| huber::draw(board, stream, ATTEMPTS))?])
    })
}
