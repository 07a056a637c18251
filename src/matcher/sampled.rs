//! Who can guess where draws are too many to count: some draws are made from fixed seeds and looked at, the same
//! ones whenever the roster is the same.

use super::board::{Board, number};
use super::groups::{self, dominant};
use super::plan::{SPARSE, shuffles};
use super::random::{Purpose, Stream};
use super::survey::SAMPLED;
use super::{huber, rejection};

/// Steps of a plain shuffle that may be spent on looking, and pairings that may be kept in mind.
const STEPS: f64 = 5e7;
const PAIRINGS: f64 = 4e6;

/// Attempts at each of these draws.
pub(super) const ATTEMPTS: u64 = 200;

/// Whether so many draws of so many rounds may be made that take so many steps each.
pub(super) fn affordable(people: u32, rounds: u32, steps: f64) -> bool {
    let draws = f64::from(SAMPLED);
    steps * draws <= STEPS && f64::from(people) * f64::from(rounds) * draws <= PAIRINGS
}

/// The pairings of more than half of the draws, with their share. `None` when a draw did not come out.
pub(super) fn often(
    people: u32,
    mut draw: impl FnMut(&mut Stream) -> Option<Vec<Vec<u32>>>,
) -> Option<Vec<(u32, u32, f64)>> {
    let mut stream = Stream::new(&[0; 32], Purpose::Draw, people);
    let mut receivers = vec![Vec::new(); people as usize];
    for _ in 0..SAMPLED {
        for round in draw(&mut stream)? {
            receivers.iter_mut().zip(round).for_each(|(of_giver, receiver)| of_giver.push(receiver));
        }
    }
    let mut often = Vec::new();
    for (mut receivers, giver) in receivers.into_iter().zip(0..) {
        receivers.sort_unstable();
        for same in receivers.chunk_by(|one, other| one == other) {
            let times = number(same.len());
            if 2 * times > SAMPLED {
                often.push((giver, same[0], f64::from(times) / f64::from(SAMPLED)));
            }
        }
    }
    Some(often)
}

/// The same for a block of a plain question; `None` where draws come too slowly.
pub(super) fn of_block(board: &Board) -> Option<Vec<(u32, u32, f64)>> {
    let clashes = groups::clashes(board, true);
    let parting = groups::largest(board).map(|group| (group, dominant::steps(board, clashes)));
    let weighing = huber::steps(board);
    let least = parting.map_or(weighing, |(_, steps)| steps.min(weighing));
    if !affordable(board.size(), 1, least.min(rejection::steps(board))) {
        return None;
    }
    often(board.size(), |stream| {
        let draw = match parting {
            _ if board.lambda() <= SPARSE => rejection::draw(board, stream, shuffles(board.lambda())),
            Some((group, steps)) if steps <= weighing => dominant::draw(board, group, stream, shuffles(clashes)),
            _ => None,
        };
        Some(vec![draw.or_else(|| huber::draw(board, stream, ATTEMPTS))?])
    })
}
