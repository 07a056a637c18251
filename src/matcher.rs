//! Rules in, a uniformly random draw or the reason there is none out. Pure: no I/O, no clock, no globals.

mod answer;
mod blocks;
pub(crate) mod board;
mod chain;
mod circle;
mod feasible;
mod history;
mod lookahead;
mod plain;
mod plan;
mod problem;
mod random;

mod rules;
mod sight;
mod subset;
mod witness;

#[cfg(test)]
mod tests;

pub use answer::{Clash, Drawn, Impossible, NoDraw, Repair, RuleRef, Uniformity};
pub use problem::{Exclusion, Malformed, Problem, Repeats};

/// A question made ready to be drawn: known to be possible, with everything worked out that does not depend on the seed.
pub struct Ready(plain::Plain);

impl Ready {
    /// Works out whether there is a draw at all, and how to draw.
    ///
    /// # Errors
    /// [`NoDraw::Impossible`] with the proof, [`NoDraw::NotFound`] where the question is too hard to tell,
    /// [`NoDraw::Malformed`] for numbers that name nobody.
    pub fn of(problem: &Problem) -> Result<Self, NoDraw> {
        problem.check()?;
        Ok(Self(plain::Plain::of(problem)?))
    }

    /// Draws: a valid draw of the fewest repeats, each equally likely as far as the label says. The same question and
    /// seed give the same draw on every machine.
    ///
    /// # Errors
    /// [`NoDraw::NotFound`] when a hard question took more steps than it is given.
    pub fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        self.0.draw(seed)
    }
}

/// Draws once.
///
/// # Errors
/// See [`Ready::of`] and [`Ready::draw`].
pub fn draw(problem: &Problem, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
    Ready::of(problem)?.draw(seed)
}
