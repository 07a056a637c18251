//! The ways to draw, a file each, and the one place that picks among them.
//!
//! Every sampler makes attempts. Whatever valid draw there is comes out of one attempt with the same probability, e^-`ln_bound`,
//! and otherwise nothing comes out; so a draw is made by attempting until something does, and is uniform. How often attempts
//! succeed tells how many draws there are.
//!
//! Samplers stand in the order in which they are tried; one that spends its attempts hands over to the next. That keeps the
//! result uniform: giving up never depends on which draw would have come out, and a mixture of uniform draws is uniform.

pub(crate) mod circles;
pub(crate) mod circles_first;
pub(crate) mod counted;
pub(crate) mod filtered;
pub(crate) mod greedy;
pub(crate) mod groups;
pub(crate) mod hamiltonian;
pub(crate) mod huber;
pub(crate) mod insertion;
pub(crate) mod k_rounds;
pub(crate) mod mend;
pub(crate) mod one_group;
mod picker;
pub(crate) mod rejection;
pub(crate) mod scaled;
pub(crate) mod subsets;
pub(crate) mod switch_chain;

#[cfg(test)]
mod tests;

pub(crate) use self::picker::{Wanted, pick};
use super::answer::Uniformity;
use super::random::Stream;

/// One round per gift: the receiver of each giver.
pub(crate) type Rounds = Vec<Vec<u32>>;

/// A way to draw, with everything worked out that does not depend on the seed.
pub(crate) trait Sampler: Send + Sync {
    /// What it is called in a draw's record, and how sure its uniformity is.
    fn label(&self) -> (&'static str, Uniformity);

    /// Every valid draw comes out of an attempt with probability e^-this.
    fn ln_bound(&self) -> f64;

    /// About the cost of an attempt, in steps of a plain shuffle.
    fn steps(&self) -> f64;

    /// Whether every attempt succeeds, so that e^`ln_bound` is the number of draws.
    fn always(&self) -> bool {
        false
    }

    /// The number of draws and the uses of each pairing, where they are counted in whole numbers.
    fn counted(&self) -> Option<Counted> {
        None
    }

    /// A draw; `left` attempts may be made, and are counted down. `None` when they are spent.
    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds>;
}

/// What counting tells.
pub(crate) struct Counted {
    /// How many draws there are.
    pub(crate) total: u64,
    /// In how many of them each giver has each receiver, giver after giver.
    pub(crate) uses: Vec<u64>,
}

/// Attempts until something comes out or none is left.
pub(crate) fn attempts<T>(left: &mut u64, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    while *left > 0 {
        *left -= 1;
        let made = attempt();
        if made.is_some() {
            return made;
        }
    }
    None
}

/// A sampler and how many attempts it is given.
pub(crate) struct Choice {
    /// The sampler.
    pub(crate) sampler: Box<dyn Sampler>,
    /// Attempts at one draw.
    pub(crate) attempts: u64,
}

/// A draw and the sampler that made it; `part` of the attempts are made, but some at least.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
pub(crate) fn draw<'c>(choices: &'c [Choice], part: f64, stream: &mut Stream) -> Option<(Rounds, &'c dyn Sampler)> {
    choices.iter().find_map(|choice| {
        let mut left = choice.attempts.min(64).max((choice.attempts as f64 * part) as u64);
        Some((choice.sampler.draw(stream, &mut left)?, &*choice.sampler))
    })
}
