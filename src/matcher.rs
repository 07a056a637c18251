//! Rules in, a uniformly random draw or the reason there is none out. Pure: no I/O, no clock, no globals.
//!
//! A question ([`Problem`]) is made ready ([`Ready::of`]) and then drawn ([`Ready::draw`]). The rooms, from the top; every one uses
//! only those below it:
//!
//! - [`update`](fn@update) changes a given draw as little as can be, for people who leave and people who join.
//! - [`survey`](fn@survey) says before a draw how many there are and who can guess; `repair` finds ways out where there is none.
//! - `ready` decides what is drawn: the draws that cost the least (repeat the fewest earlier pairings), in independent parts.
//! - `samplers`: the picker and one file a sampler. Up to 20 people are counted (`subsets`, `circles`); sparse rules are
//!   shuffled (`rejection`, `one_group`, `circles_first`), many are weighed (`k_rounds`, by `huber` or, on one circle,
//!   `hamiltonian`; `groups`, `scaled`); `filtered` throws draws away until a rule holds; `greedy`, `switch_chain` and `mend` do what is left and say
//!   `approximate`.
//! - `possible`: whether there is a draw (`matching`, `k_matching`, `search`), which pairings it may use (`blocks`, `cheapest`), and
//!   why there is none (`witness`, and [`explain`](fn@explain) in words).
//! - `question`: the problem, its rules laid out on a board, the open cells found without listing them, costs, estimates.
//!
//! Every bit of chance comes from the seed through `random`; nothing depends on hash order, time or threads, so the same
//! question and seed give the same draw everywhere. Budgets are counted in attempts and steps.

mod answer;
mod possible;
mod question;
mod random;
mod ready;
mod repair;
mod samplers;
mod survey;
mod update;

#[cfg(test)]
mod tests;

pub use answer::{Clash, Drawn, Impossible, NoDraw, Repair, RuleRef, Uniformity};
pub use possible::explain::explain;
pub use question::problem::{Exclusion, Malformed, Problem, Repeats};
pub use ready::Ready;
pub use survey::matrix::{Cell, Matrix};
pub use survey::{Basis, Count, Guessable, Survey, Verdict, survey};
pub use update::{MOST_UPDATED, NoUpdate, Updated, update};

impl<'p> Ready<'p> {
    /// Works out whether there is a draw at all, and how to draw.
    ///
    /// # Errors
    /// [`NoDraw::Impossible`] with the proof and ways out, [`NoDraw::Malformed`] for numbers that name nobody.
    pub fn of(problem: &'p Problem) -> Result<Self, NoDraw> {
        Self::new(problem).map_err(|reason| with_repairs(problem, reason))
    }
}

fn with_repairs(problem: &Problem, reason: NoDraw) -> NoDraw {
    match reason {
        NoDraw::Impossible(mut found) => {
            repair::suggest(problem, &mut found);
            NoDraw::Impossible(found)
        }
        other => other,
    }
}

/// Draws once.
///
/// # Errors
/// See [`Ready::of`] and [`Ready::draw`].
pub fn draw(problem: &Problem, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
    Ready::new(problem).and_then(|ready| ready.draw(seed)).map_err(|reason| with_repairs(problem, reason))
}
