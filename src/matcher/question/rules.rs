//! From rules to a board.

use super::board::{Board, number};
use super::complement::NOBODY;
use super::problem::Problem;

/// The board of a question, with some earlier draws forbidden.
pub(crate) fn board(problem: &Problem, forbidden: &[Vec<(u32, u32)>]) -> Board {
    let groups = groups(&problem.households);
    let exclusions = problem.exclusions.iter().map(|cell| (cell.giver, cell.receiver));
    Board::new(groups.clone(), groups, exclusions.chain(forbidden.iter().flatten().copied()))
}

/// Households as dense groups in order of appearance; a person without one is a group of their own.
fn groups(households: &[Option<u32>]) -> Vec<u32> {
    let mut known: Vec<u32> = households.iter().flatten().copied().collect();
    known.sort_unstable();
    known.dedup();
    let mut name = vec![NOBODY; known.len()];
    let dense = known.last().is_none_or(|&last| last as usize + 1 == known.len());
    let mut next = 0;
    let mut group_of = Vec::with_capacity(households.len());
    for household in households {
        let at = household
            .map(|household| if dense { household } else { known.binary_search(&household).map_or(0, number) });
        let group = match at {
            Some(at) if name[at as usize] != NOBODY => name[at as usize],
            _ => {
                next += 1;
                next - 1
            }
        };
        if let Some(at) = at {
            name[at as usize] = group;
        }
        group_of.push(group);
    }
    group_of
}
