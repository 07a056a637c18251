//! The count so far, part after part, and who can guess.

use super::whole::Whole;
use super::{Basis, Count, Guessable, Sureness, Survey, Verdict};
use crate::matcher::ready::Part;
use crate::matcher::samplers::Counted;

/// What is known of the parts looked at so far.
pub(super) struct Tally {
    exact: Option<Whole>,
    ln: f64,
    sureness: Sureness,
    guessable: Vec<Guessable>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { exact: Some(Whole::one()), ln: 0.0, sureness: Sureness::Counted, guessable: Vec::new() }
    }
}

impl Tally {
    /// Multiplies by the exact number of draws of a part, and notes who can guess in it.
    #[expect(clippy::cast_precision_loss, reason = "only the logarithm and the shares are wanted")]
    pub(super) fn add_counted(&mut self, part: &Part, counted: &Counted) {
        self.exact = self.exact.take().map(|exact| exact.times(counted.total));
        self.ln += libm::log(counted.total as f64);
        for (uses, &giver) in counted.uses.chunks(part.rows.len().max(1)).zip(&part.rows) {
            for (&times, &receiver) in uses.iter().zip(&part.cols) {
                self.note(giver, receiver, times as f64 / counted.total as f64, Basis::Counted);
            }
        }
    }

    /// Multiplies by a number of draws, given as its natural logarithm.
    pub(super) fn add(&mut self, sureness: Sureness, ln: f64) {
        self.exact = None;
        self.ln += ln;
        self.sureness = self.sureness.max(sureness);
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
        let log10 = self.ln / std::f64::consts::LN_10;
        let (log10, at_most, method) = match self.sureness {
            Sureness::Counted => (log10, None, "counted"),
            Sureness::Weighed => (log10, None, "counted by groups, to nine digits"),
            Sureness::Estimated => (log10, None, "estimated"),
            Sureness::AtMost => (f64::NAN, Some(log10), "bounded"),
        };
        let count = Count { exact, log10, at_most, method };
        Survey { verdict: Verdict::Found, count, guessable: self.guessable, impossible: None }
    }
}
