//! A board seen from one of its two sides.

use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::{Board, number};

/// The board as it is, or with givers and receivers exchanged: the bound may be closer from the other side (one person
/// nobody may give to is one bad column, but many slightly bad rows).
#[derive(Clone, Copy)]
pub(crate) struct Side<'b> {
    board: &'b Board,
    turned: bool,
    /// Rounds drawn before, as this side sees them: their pairings are forbidden too.
    before: &'b [Matching],
}

impl<'b> Side<'b> {
    /// The board as it is.
    pub(crate) fn straight(board: &'b Board) -> Self {
        Self { board, turned: false, before: &[] }
    }

    /// The board with its sides exchanged.
    pub(super) fn turned(board: &'b Board) -> Self {
        Self { board, turned: true, before: &[] }
    }

    /// The same after rounds drawn before.
    pub(super) fn after(self, before: &'b [Matching]) -> Self {
        Self { before, ..self }
    }

    /// The rounds drawn before.
    pub(super) fn before(self) -> &'b [Matching] {
        self.before
    }

    pub(crate) fn size(self) -> u32 {
        self.board.size()
    }

    pub(super) fn groups(self) -> u32 {
        self.board.groups()
    }

    #[inline]
    pub(super) fn row_group(self, row: u32) -> u32 {
        if self.turned { self.board.col_group(row) } else { self.board.row_group(row) }
    }

    #[inline]
    pub(super) fn rows_of(self, group: u32) -> &'b [u32] {
        if self.turned { self.board.cols_of(group) } else { self.board.rows_of(group) }
    }

    #[inline]
    pub(super) fn cols_of(self, group: u32) -> &'b [u32] {
        if self.turned { self.board.rows_of(group) } else { self.board.cols_of(group) }
    }

    /// The columns a row may not take besides its group's, ascending.
    #[inline]
    pub(super) fn extra(self, row: u32) -> &'b [u32] {
        if self.turned { self.board.extra_by_col(row) } else { self.board.extra(row) }
    }

    /// The rows that may not take a column besides its group's, ascending.
    #[inline]
    pub(super) fn extra_by_col(self, col: u32) -> &'b [u32] {
        if self.turned { self.board.extra(col) } else { self.board.extra_by_col(col) }
    }

    /// Whether a row may take a column, looked up in the row's own lists.
    #[inline]
    pub(crate) fn allows(self, row: u32, col: u32) -> bool {
        let (cols, extra) = (self.cols_of(self.row_group(row)), self.extra(row));
        let in_group = if cols.len() <= 16 { cols.contains(&col) } else { cols.binary_search(&col).is_ok() };
        let listed = if extra.len() <= 32 { extra.contains(&col) } else { extra.binary_search(&col).is_ok() };
        !in_group && !listed && self.before.iter().all(|round| round.col_of[row as usize] != col)
    }

    /// A draw of this side as receivers by giver.
    pub(super) fn straighten(self, draw: Vec<u32>) -> Vec<u32> {
        if !self.turned {
            return draw;
        }
        let mut straight = vec![0; draw.len()];
        for (&giver, receiver) in draw.iter().zip(0..) {
            straight[giver as usize] = receiver;
        }
        straight
    }

    pub(super) fn forbidden_in_row(self, row: u32) -> u32 {
        if self.turned { self.board.forbidden_count_col(row) } else { self.board.forbidden_count_row(row) }
    }

    /// How many of the rows from `first` on may not take a column.
    pub(super) fn forbidden_from(self, first: u32, col: u32) -> u32 {
        if first == 0 {
            return self.forbidden_in_col(col);
        }
        let group = if self.turned { self.board.row_group(col) } else { self.board.col_group(col) };
        let from = |rows: &[u32]| rows.len() - rows.partition_point(|&row| row < first);
        let before = self.before.iter().filter(|round| round.row_of[col as usize] >= first).count();
        number(from(self.rows_of(group)) + from(self.extra_by_col(col)) + before)
    }

    #[inline]
    pub(crate) fn forbidden_in_col(self, col: u32) -> u32 {
        let rows = if self.turned { self.board.forbidden_count_row(col) } else { self.board.forbidden_count_col(col) };
        rows + number(self.before.len())
    }
}
