//! What can be said before drawing: how many valid draws there are, and who can guess.

pub(crate) mod matrix;
pub(crate) mod whole;

use super::answer::{Impossible, NoDraw};
use super::blocks::Block;
use super::board::Board;
use super::groups::ways;
use super::plain::{Parts, Plain};
use super::problem::{Malformed, Problem};
use super::sampled;
use super::scaling::Scaled;
use super::subset::{self, Subsets};
use super::whole::Whole;

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
    /// [`SAMPLED`] draws were made and looked at, the same whenever the roster is.
    Sampled,
    /// To first order, as the counts of large rosters are.
    Estimated,
}

/// How many draws are looked at where they are too many to count: a share of one half is then right to 0.025, two
/// times in three.
pub const SAMPLED: u32 = 400;

/// How many valid draws there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The number itself in decimal digits, if every block was small enough to count.
    pub exact: Option<String>,
    /// Its logarithm to base 10; an estimate when `exact` is `None`, minus infinity when there is no draw.
    pub log10: f64,
    /// How it was found.
    pub method: &'static str,
}

/// What the rules of a question come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// How many valid draws there are; those with the fewest repeats, if repeats cannot be avoided. Several gifts each
    /// count as rounds in order.
    pub count: Count,
    /// Who can guess, likeliest first.
    pub guessable: Vec<Guessable>,
    /// Why there is no draw.
    pub impossible: Option<Impossible>,
}

/// Surveys a question: a block of up to 20 people is counted exactly, a larger one estimated.
///
/// # Errors
/// [`Malformed`] for numbers that name nobody.
pub fn survey(problem: &Problem) -> Result<Survey, Malformed> {
    problem.check()?;
    let found = if problem.gifts_each > 1 {
        super::rounds::survey(problem)
    } else if problem.follows_circles() {
        super::circular::survey(problem)
    } else {
        Plain::of(problem).map(|plain| of_plain(&plain))
    };
    Ok(found.unwrap_or_else(|reason| {
        let (impossible, method) = match reason {
            NoDraw::Impossible(mut impossible) => {
                super::repair::suggest(problem, &mut impossible);
                (Some(*impossible), "proved impossible")
            }
            _ => (None, "unknown"),
        };
        let exact = impossible.is_some().then(|| "0".to_owned());
        let log10 = if impossible.is_some() { f64::NEG_INFINITY } else { f64::NAN };
        Survey { count: Count { exact, log10, method }, guessable: Vec::new(), impossible }
    }))
}

fn of_plain(plain: &Plain) -> Survey {
    let mut tally = Tally::default();
    match &plain.parts {
        Parts::Blocks(blocks) => {
            for (block, _) in blocks {
                if block.board.size() <= subset::MOST {
                    tally.count_exactly(block);
                } else {
                    let scaled = Scaled::of(&block.board);
                    match by_groups(&block.board) {
                        Some(ln) => tally.add_weighed(ln),
                        None => tally.add_estimate(scaled.ln_count),
                    }
                    tally.note_likely(block, &scaled);
                }
            }
        }
        Parts::Walk(parts) => tally.add_estimate(Scaled::of(&parts.0).ln_count),
    }
    tally.survey()
}

/// Counts a board whose only rules are groups, if that is not too much work.
fn by_groups(board: &Board) -> Option<f64> {
    const MOST_WORK: f64 = 2e8;
    (board.extra_total() == 0 && ways::work(board)? <= MOST_WORK).then(|| ways::log_count(board)).flatten()
}

/// The count so far, block after block.
pub(super) struct Tally {
    exact: Option<Whole>,
    ln: f64,
    method: Sureness,
    guessable: Vec<Guessable>,
}

/// The least sure of the ways in which blocks were counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    Counted,
    Weighed,
    Estimated,
}

impl Default for Tally {
    fn default() -> Self {
        Self { exact: Some(Whole::one()), ln: 0.0, method: Sureness::Counted, guessable: Vec::new() }
    }
}

impl Tally {
    /// Counts a block of up to 20 people.
    fn count_exactly(&mut self, block: &Block) {
        let counted = Subsets::count(&block.board);
        self.add_exact(counted.total());
        let size = block.rows.len();
        for (uses, &giver) in counted.uses().chunks(size).zip(&block.rows) {
            for (&times, &receiver) in uses.iter().zip(&block.cols) {
                self.note(giver, receiver, ratio(times, counted.total()), Basis::Counted);
            }
        }
    }

    /// Notes who can guess, given in how many of all draws each giver has each receiver.
    pub(super) fn note_uses(&mut self, people: u32, uses: &[u64], total: u64) {
        let pairs = (0..people).flat_map(|giver| (0..people).map(move |receiver| (giver, receiver)));
        for ((giver, receiver), &times) in pairs.zip(uses) {
            self.note(giver, receiver, ratio(times, total), Basis::Counted);
        }
    }

    /// Multiplies by an exact number of draws.
    #[expect(clippy::cast_precision_loss, reason = "only the logarithm is wanted")]
    pub(super) fn add_exact(&mut self, ways: u64) {
        self.exact = self.exact.take().map(|exact| exact.times(ways));
        self.ln += libm::log(ways as f64);
    }

    /// Multiplies by an estimated number of draws, given as its natural logarithm.
    pub(super) fn add_estimate(&mut self, ln: f64) {
        self.exact = None;
        self.ln += ln;
        self.method = Sureness::Estimated;
    }

    /// Multiplies by a number of draws known to nine digits, given as its natural logarithm.
    fn add_weighed(&mut self, ln: f64) {
        self.exact = None;
        self.ln += ln;
        self.method = self.method.max(Sureness::Weighed);
    }

    /// Looks at draws of a block if that is affordable, and otherwise takes the estimate.
    fn note_likely(&mut self, block: &Block, scaled: &Scaled) {
        let name = |row: u32, col: u32| (block.rows[row as usize], block.cols[col as usize]);
        if let Some(often) = sampled::of_block(&block.board) {
            for (row, col, share) in often {
                let (giver, receiver) = name(row, col);
                self.note(giver, receiver, share, Basis::Sampled);
            }
            return;
        }
        for (row, (col, chance)) in (0..).zip(scaled.likeliest(&block.board)) {
            let (giver, receiver) = name(row, col);
            self.note(giver, receiver, chance.min(1.0), Basis::Estimated);
        }
    }

    /// Notes a pairing if it can be guessed.
    pub(super) fn note(&mut self, giver: u32, receiver: u32, probability: f64, basis: Basis) {
        if probability > 0.5 {
            self.guessable.push(Guessable { giver, receiver, probability, basis });
        }
    }

    /// The finished survey.
    pub(super) fn survey(mut self) -> Survey {
        // Of what is known of a pairing the surest is kept.
        self.guessable.sort_by_key(|one| (one.giver, one.receiver, one.basis));
        self.guessable.dedup_by_key(|one| (one.giver, one.receiver));
        self.guessable.sort_by(|one, other| {
            let likelier = other.probability.total_cmp(&one.probability);
            likelier
                .then(one.basis.cmp(&other.basis))
                .then((one.giver, one.receiver).cmp(&(other.giver, other.receiver)))
        });
        let exact = self.exact.map(|exact| exact.digits());
        let method = match self.method {
            Sureness::Counted => "counted",
            Sureness::Weighed => "counted by groups, to nine digits",
            Sureness::Estimated => "estimated by scaling",
        };
        let count = Count { exact, log10: self.ln / std::f64::consts::LN_10, method };
        Survey { count, guessable: self.guessable, impossible: None }
    }
}

/// One whole number over another.
#[expect(clippy::cast_precision_loss, reason = "a probability to print")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
