//! Draws without the rule about circles, thrown away until the rule happens to hold.
//!
//! A board falls into blocks that are drawn independently (see [`crate::matcher::possible::blocks`]); one attempt is an attempt
//! at every block, and a look at the circles of the whole. All draws come out with the same probability, the product of those of
//! the blocks, so those that keep the rule do.

use super::{Choice, Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::random::Stream;

/// Blocks of a board, the first sampler of each, and the rule.
pub(crate) struct Filtered {
    blocks: Vec<(Vec<u32>, Vec<u32>, Choice)>,
    rule: CircleRule,
    people: usize,
}

impl Filtered {
    /// Prepares blocks given by their givers, their receivers and their sampler.
    pub(crate) fn new(blocks: Vec<(Vec<u32>, Vec<u32>, Choice)>, rule: CircleRule, people: usize) -> Self {
        Self { blocks, rule, people }
    }

    fn attempt(&self, stream: &mut Stream) -> Option<Rounds> {
        let mut draw = vec![0; self.people];
        for (rows, cols, choice) in &self.blocks {
            let part = choice.sampler.draw(stream, &mut 1)?.pop()?;
            rows.iter().zip(part).for_each(|(&row, col)| draw[row as usize] = cols[col as usize]);
        }
        let rounds = vec![draw];
        self.rule.holds(&rounds).then_some(rounds)
    }
}

impl Sampler for Filtered {
    fn label(&self) -> (&'static str, Uniformity) {
        let labels = self.blocks.iter().map(|(_, _, choice)| choice.sampler.label());
        let name = if let [(_, _, only)] = &self.blocks[..] { only.sampler.label().0 } else { "blocks" };
        (name, labels.map(|(_, uniformity)| uniformity).max().unwrap_or(Uniformity::Exact))
    }

    fn ln_bound(&self) -> f64 {
        self.blocks.iter().map(|(_, _, choice)| choice.sampler.ln_bound()).sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn steps(&self) -> f64 {
        self.people as f64 + self.blocks.iter().map(|(_, _, choice)| choice.sampler.steps()).sum::<f64>()
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        attempts(left, || self.attempt(stream))
    }
}
