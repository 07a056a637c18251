//! What can be said before drawing: whether there is a draw, how many, and who can guess.

mod guesses;
pub(crate) mod matrix;
mod tally;
mod whole;

use self::tally::Tally;
use super::answer::{Impossible, NoDraw};
use super::question::problem::{Malformed, Problem};
use super::question::scaling::ln_factorial;
use super::ready::{Part, Ready};
use super::repair;

/// A pairing that can be guessed from the rules alone: it comes out more often than not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guessable {
    /// Who gives.
    pub giver: u32,
    /// Whom they will most likely give to.
    pub receiver: u32,
    /// How likely, above 1/2.
    pub probability: f64,
    /// How that is known. Only what is counted is certain; counted and 1, there is no other way.
    pub basis: Basis,
}

/// How it is known how likely a pairing is, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// All draws were counted, or it was proved that every draw has the pairing.
    Counted,
    /// Some draws were made and looked at, the same whenever the roster is.
    Sampled {
        /// How many, up to 400: with so many a share of one half is right to 0.025, two times in three.
        draws: u32,
    },
    /// To first order, as the counts of large rosters are.
    Estimated,
}

/// Whether there is a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is: one was found, or counting shows that there are.
    Found,
    /// It is proved that there is none.
    Impossible,
    /// Neither a draw nor a proof was found within the budget; `draw` searches longer.
    NotFound,
}

/// How many valid draws there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The number itself in decimal digits, if every part was small enough to count.
    pub exact: Option<String>,
    /// Its logarithm to base 10: an estimate that is off by less than ten times when `exact` is `None`, minus infinity when there
    /// is no draw, not a number when it is not known.
    pub log10: f64,
    /// Where only that is known: the logarithm to base 10 of a number that it does not exceed.
    pub at_most: Option<f64>,
    /// How it was found.
    pub method: &'static str,
}

/// The least sure of the ways in which parts were counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    Counted,
    Weighed,
    Estimated,
    AtMost,
}

/// What the rules of a question come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Whether there is a draw.
    pub verdict: Verdict,
    /// How many valid draws there are; those with the fewest repeats, if repeats cannot be avoided. Several gifts each
    /// count as rounds in order.
    pub count: Count,
    /// Who can guess, likeliest first.
    pub guessable: Vec<Guessable>,
    /// Why there is no draw.
    pub impossible: Option<Impossible>,
}

/// Steps of a search for one draw.
const SEARCH: u64 = 10_000_000;

/// Surveys a question: a part of up to 20 people is counted exactly, the number of draws of a larger one is estimated from
/// how often attempts at a draw succeed.
///
/// # Errors
/// [`Malformed`] for numbers that name nobody.
pub fn survey(problem: &Problem) -> Result<Survey, Malformed> {
    problem.check()?;
    let found = Ready::new(problem).and_then(|ready| {
        // Without a rule about circles matching has settled it.
        if ready.rule().is_some() {
            ready.draw_within(&[0; 32], SEARCH)?;
        }
        Ok(of_parts(problem, ready.parts()))
    });
    Ok(found.unwrap_or_else(|reason| {
        let none = |verdict, exact: Option<String>, log10, method, impossible| Survey {
            verdict,
            count: Count { exact, log10, at_most: None, method },
            guessable: Vec::new(),
            impossible,
        };
        let NoDraw::Impossible(mut found) = reason else {
            return none(Verdict::NotFound, None, f64::NAN, "unknown", None);
        };
        repair::suggest(problem, &mut found);
        none(Verdict::Impossible, Some("0".to_owned()), f64::NEG_INFINITY, "proved impossible", Some(*found))
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn of_parts(problem: &Problem, parts: &[Part]) -> Survey {
    let people = problem.people;
    let mut tally = Tally::default();
    if parts.is_empty() {
        // What would repeat the least cannot be drawn, and nobody knows what is left.
        tally.add(Sureness::AtMost, f64::from(problem.gifts_each) * ln_factorial(people));
    }
    for part in parts {
        let counted = part.choices.last().and_then(|choice| choice.sampler.counted());
        match counted {
            Some(counted) => tally.add_counted(part, &counted),
            None => guesses::look(&mut tally, part, part.rows.len() as f64 / f64::from(people)),
        }
    }
    tally.survey()
}
