//! Draws from a table of all draws, in whole numbers: every attempt succeeds.

use std::sync::LazyLock;

use super::{Counted, Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::random::Stream;

/// A table that tells how many draws there are.
pub(crate) trait Table: Send + Sync {
    /// How many draws there are.
    fn total(&self) -> u64;

    /// In how many of them each row takes each column, row after row.
    fn uses(&self) -> Vec<u64>;

    /// One of them, each equally likely; `None` when there is none.
    fn draw(&self, stream: &mut Stream) -> Option<Vec<u32>>;
}

/// A table, filled when first asked for.
pub(crate) struct Counting<T> {
    name: &'static str,
    people: u32,
    table: LazyLock<T, Box<dyn FnOnce() -> T + Send>>,
}

impl<T> Counting<T> {
    /// Prepares.
    pub(crate) fn new(name: &'static str, people: u32, fill: impl FnOnce() -> T + Send + 'static) -> Self {
        Self { name, people, table: LazyLock::new(Box::new(fill)) }
    }

    /// The table.
    pub(crate) fn table(&self) -> &T {
        &self.table
    }
}

impl<T: Table> Sampler for Counting<T> {
    fn label(&self) -> (&'static str, Uniformity) {
        (self.name, Uniformity::Exact)
    }

    #[expect(clippy::cast_precision_loss, reason = "a logarithm")]
    fn ln_bound(&self) -> f64 {
        libm::log(self.table.total() as f64)
    }

    fn steps(&self) -> f64 {
        f64::from(self.people) * 8.0
    }

    fn always(&self) -> bool {
        true
    }

    fn counted(&self) -> Option<Counted> {
        Some(Counted { total: self.table.total(), uses: self.table.uses() })
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        attempts(left, || self.table.draw(stream)).map(|draw| vec![draw])
    }
}
