//! What a draw's record says of how it was made.

use crate::matcher::answer::{Drawn, Uniformity};
use crate::matcher::samplers::Rounds;

/// The methods used so far.
#[derive(Default)]
pub(crate) struct Record {
    /// (method, blocks, people), in order of first use.
    methods: Vec<(&'static str, u32, u64)>,
    weakest: Option<Uniformity>,
    words: u64,
}

impl Record {
    /// Notes that a method dealt with a block.
    pub(crate) fn add(&mut self, method: &'static str, people: u32, uniformity: Uniformity, words: u64) {
        match self.methods.iter_mut().find(|(known, _, _)| *known == method) {
            Some((_, blocks, total)) => {
                *blocks += 1;
                *total += u64::from(people);
            }
            None => self.methods.push((method, 1, u64::from(people))),
        }
        self.weakest = self.weakest.max(Some(uniformity));
        self.words += words;
    }

    /// The weakest label so far.
    pub(crate) fn uniformity(&self) -> Uniformity {
        self.weakest.unwrap_or(Uniformity::Exact)
    }

    /// The finished draw.
    pub(crate) fn drawn(self, rounds: Rounds, repeats: Vec<u32>, fewest: bool) -> Drawn {
        let uniformity = self.uniformity();
        let words = self.methods.iter().map(|&(method, blocks, people)| match blocks {
            1 => format!("{method}: {people}"),
            _ => format!("{method}: {people} in {blocks} blocks"),
        });
        let method = words.collect::<Vec<_>>().join(", ");
        Drawn { rounds, uniformity, method, repeats, fewest, words: self.words }
    }
}
