//! Who may give to whom, cell by cell, for drawing it. The history is left out: it would show earlier pairings.

use crate::matcher::question::board::Board;
use crate::matcher::question::problem::{Malformed, Problem};
use crate::matcher::question::rules;

/// Whether a giver may give to a receiver, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// They may.
    Open,
    /// They are the same person.
    Oneself,
    /// They are of one household.
    Household,
    /// An exclusion says so.
    Exclusion,
}

/// Who may give to whom.
pub struct Matrix(Board);

impl Matrix {
    /// Lays out the rules of a question, without its history.
    ///
    /// # Errors
    /// [`Malformed`] for numbers that name nobody.
    pub fn of(problem: &Problem) -> Result<Self, Malformed> {
        problem.check()?;
        Ok(Self(rules::board(problem, &[])))
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> u32 {
        self.0.size()
    }

    /// To how many people one may give, and from how many one may receive.
    ///
    /// # Panics
    /// When the number is not below [`Self::people`].
    #[must_use]
    pub fn options(&self, person: u32) -> (u32, u32) {
        let open = |forbidden: u32| self.people().saturating_sub(forbidden);
        (open(self.0.forbidden_count_row(person)), open(self.0.forbidden_count_col(person)))
    }

    /// One cell.
    ///
    /// # Panics
    /// When a number is not below [`Self::people`].
    #[must_use]
    pub fn cell(&self, giver: u32, receiver: u32) -> Cell {
        if giver == receiver {
            Cell::Oneself
        } else if self.0.row_group(giver) == self.0.col_group(receiver) {
            Cell::Household
        } else if self.0.allows(giver, receiver) {
            Cell::Open
        } else {
            Cell::Exclusion
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_says_why_it_is_closed() {
        let mut problem = Problem::of(4);
        problem.households[..2].fill(Some(5));
        problem.exclusions.push(crate::matcher::Exclusion { giver: 0, receiver: 2, rule: 0 });
        problem.history.push(vec![(0, 3)]);
        let matrix = Matrix::of(&problem).expect("well formed");
        let row: Vec<Cell> = (0..matrix.people()).map(|receiver| matrix.cell(0, receiver)).collect();
        assert_eq!(row, [Cell::Oneself, Cell::Household, Cell::Exclusion, Cell::Open]);
        assert_eq!(matrix.cell(2, 0), Cell::Open);
        assert_eq!((matrix.options(0), matrix.options(2)), ((1, 2), (3, 2)));
    }
}
