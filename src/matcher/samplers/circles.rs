//! Rules about circles on small boards, exactly, in whole numbers.
//!
//! `paths[set][last]` counts the ways to walk from the smallest member of a set through all of it, ending at `last`
//! (Held and Karp's table, counting instead of minimising). Closing the walk gives the number of circles on a set.
//! One circle through everybody is then drawn backwards, each step with its share of the walks. Where circles
//! only have to be long enough (no two people draw each other: three or more), every draw is one circle through the first person
//! left and a draw of the rest, so `draws[set]` is the sum over circles of `circles * draws[set - circle]`, and a draw
//! picks first the set of each circle and then the circle.
//!
//! Instead of a plain count a table may hold pairs (fewest broken repeats, number of ways with so few), added and chained
//! like shortest paths; it then draws uniformly among the best. Repeats are packed with 5 bits per earlier draw, the newest
//! highest, so comparing numbers compares tiers.

mod table;
mod tally;

use std::sync::Arc;

pub(crate) use self::table::Circles;
pub(crate) use self::tally::{Fewest, Tally};
use super::counted::Counting;
use crate::matcher::question::board::Board;
use crate::matcher::question::circle_rule::CircleRule;

/// Most people a table is made for; `costs` says whether some pairings cost more than others.
pub(crate) fn most(rule: CircleRule, costs: bool) -> u32 {
    match rule {
        CircleRule::One if costs => 18,
        CircleRule::One => MOST_ONE,
        CircleRule::NoMutual => MOST_LONG,
    }
}

/// Most people for one single circle without costs.
const MOST_ONE: u32 = 20;
/// Most people when circles have a least length.
pub(crate) const MOST_LONG: u32 = 16;

/// The sampler of a board of at most [`most`] people. `costs` holds n * n packed costs, or nothing.
pub(crate) fn sampler<T: Tally>(board: &Arc<Board>, rule: CircleRule, costs: Vec<u64>) -> Counting<Circles<T>> {
    let board = Arc::clone(board);
    Counting::new("circles", board.size(), move || match rule {
        CircleRule::One => Circles::one(&board, costs),
        CircleRule::NoMutual => Circles::long(&board, costs, 3),
    })
}
