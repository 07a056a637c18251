//! How forbidden cells are spread over the columns of a side.

use super::receivers::Limits;
use super::side::Side;
use super::table::Table;
use crate::matcher::question::board::number;

/// Columns counted by their number of forbidden rows. One pass over the columns tells everything asked about them.
#[derive(PartialEq, Eq)]
pub(super) struct Spread {
    /// The last entry is not zero.
    columns: Vec<u32>,
}

impl Spread {
    pub(super) fn of(side: Side<'_>) -> Self {
        let mut columns = Vec::new();
        for col in 0..side.size() {
            let f = side.forbidden_in_col(col) as usize;
            if f >= columns.len() {
                columns.resize(f + 1, 0);
            }
            columns[f] += 1;
        }
        Self { columns }
    }

    /// The forbidden rows of the worst column.
    pub(super) fn most(&self) -> u32 {
        number(self.columns.len().saturating_sub(1))
    }

    /// The forbidden rows of the average column, rounded down.
    pub(super) fn usual(&self) -> u64 {
        let columns: u64 = self.columns.iter().map(|&count| u64::from(count)).sum();
        let cells: u64 = self.columns.iter().zip(0..).map(|(&count, f)| u64::from(count) * f).sum();
        cells / columns.max(1)
    }

    /// The forbidden rows of the worst column that is not kept apart: of the one after the `heavy` worst, unless the
    /// very worst is no worse than twice that.
    pub(super) fn light(&self, limits: Limits) -> u32 {
        let mut worse = 0;
        let above = (0..=self.most()).rev().find(|&f| {
            worse += self.columns.get(f as usize).copied().unwrap_or(0) as usize;
            worse > limits.heavy
        });
        let most = self.most();
        let usual = above.unwrap_or(most);
        if most <= limits.calm.max(2 * usual) { most } else { usual.max(limits.calm) }
    }

    /// ln of the bound on the number of draws when every column has so many forbidden rows more.
    pub(super) fn ln_bound(&self, size: u32, more: u32, table: &Table) -> f64 {
        let terms = self.columns.iter().zip(0..).filter(|&(&count, _)| count > 0);
        terms.map(|(&count, f)| f64::from(count) * (table.ln(size.saturating_sub(f + more)) - 1.0)).sum()
    }
}
