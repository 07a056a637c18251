//! Rules in, a uniformly random draw or the reason there is none out. Pure: no I/O, no clock, no globals.
//!
//! A question ([`Problem`]) is made ready ([`Ready::of`]) and then drawn ([`Ready::draw`]):
//!
//! 1. `rules` lays the rules out on a `board`: who may give to whom, households as groups, every other forbidden cell once.
//! 2. `feasible` finds out whether there is a draw, by matching; if not, `witness` names the people and rules that clash,
//!    `repair` the ways out, and [`explain`](fn@explain) says it in words.
//! 3. `history` reduces the board to the draws that break the fewest repeats.
//! 4. `blocks` cuts it into parts that are drawn independently; `plan` picks each part's method from the board alone.
//! 5. The methods: `subset` counts up to 20 people, `rejection` shuffles under sparse rules, `huber` weighs under many,
//!    `lookahead` and `chain` do what is left and say `approximate`.
//!
//! Rules about circles go their own way (`circular`: `circle` and `long_circles` count, `cycles` and `walk` sample, `mend` and
//! `backtrack` search), as do several gifts each (`rounds`: `joining` tells whether there are any, `factor` finds the fewest
//! repeats, `tuples` counts, `kfold` samples). [`survey`](fn@survey) counts the draws and finds who can guess; what is too
//! large to count is looked at in a few draws (`sampled`) or estimated (`scaling`).
//!
//! Every bit of chance comes from the seed through `random`; nothing depends on hash order, time or threads, so the same
//! question and seed give the same draw everywhere. Budgets are counted in attempts and steps.

mod answer;
mod circular;
mod history;
mod long_circles;
mod plain;
mod plan;
mod possible;
mod question;
mod random;
mod repair;
mod rounds;
mod sampled;
mod samplers;
mod survey;
mod tuples;

#[cfg(test)]
mod samplers_tests;
#[cfg(test)]
mod tests;

use possible::blocks;
use possible::fewest_repeats as factor;
use possible::k_matching as joining;
use possible::matching as feasible;
use possible::scaling;
use possible::search as backtrack;
use possible::witness;
use question::board;
use question::complement as sight;
use question::problem;
use question::rules;
use samplers::circles as circle;
use samplers::circles_first as cycles;
use samplers::greedy as lookahead;
use samplers::groups;
use samplers::hamiltonian as walk;
use samplers::huber;
use samplers::k_rounds as kfold;
use samplers::mend;
use samplers::rejection;
use samplers::scaled as sinkhorn;
use samplers::subsets as subset;
use samplers::switch_chain as chain;
use survey::whole;

pub use answer::{Clash, Drawn, Impossible, NoDraw, Repair, RuleRef, Uniformity};
pub use possible::explain::explain;
pub use question::problem::{Exclusion, Malformed, Problem, Repeats};
pub use survey::matrix::{Cell, Matrix};
pub use survey::{Basis, Count, Guessable, SAMPLED, Survey, survey};

/// A question made ready to be drawn: not known to be impossible, and everything worked out that does not depend on the seed.
pub struct Ready(Kind);

enum Kind {
    Plain(plain::Plain),
    Circular(circular::Circular),
    Rounds(Box<rounds::Rounds>),
}

impl Ready {
    /// Works out whether there is a draw at all, and how to draw.
    ///
    /// # Errors
    /// [`NoDraw::Impossible`] with the proof and ways out, [`NoDraw::Malformed`] for numbers that name nobody.
    pub fn of(problem: &Problem) -> Result<Self, NoDraw> {
        problem.check()?;
        let ready = if problem.gifts_each > 1 {
            rounds::Rounds::of(problem).map(Box::new).map(Kind::Rounds)
        } else if problem.follows_circles() {
            circular::Circular::of(problem).map(Kind::Circular)
        } else {
            plain::Plain::of(problem).map(Kind::Plain)
        };
        ready.map(Self).map_err(|reason| with_repairs(problem, reason))
    }

    /// Draws: a valid draw of the fewest repeats, each equally likely as far as the label says. The same question and
    /// seed give the same draw on every machine.
    ///
    /// # Errors
    /// [`NoDraw::NotFound`] when a hard question took more steps than it is given, [`NoDraw::Impossible`] when the search for
    /// a draw became a proof that there is none.
    pub fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        match &self.0 {
            Kind::Plain(plain) => plain.draw(seed),
            Kind::Circular(circular) => circular.draw(seed),
            Kind::Rounds(rounds) => rounds.draw(seed),
        }
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
    Ready::of(problem)?.draw(seed)
}
