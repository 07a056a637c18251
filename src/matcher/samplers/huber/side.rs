//! A board seen from one of its two sides.

use crate::matcher::question::board::{Board, number};

/// The board as it is, or with givers and receivers exchanged: the bound may be closer from the other side (one person
/// nobody may give to is one bad column, but many slightly bad rows).
#[derive(Clone, Copy)]
pub(crate) struct Side<'b> {
    board: &'b Board,
    turned: bool,
}

impl<'b> Side<'b> {
    /// The board as it is.
    pub(crate) fn straight(board: &'b Board) -> Self {
        Self { board, turned: false }
    }

    /// The board with its sides exchanged.
    pub(super) fn turned(board: &'b Board) -> Self {
        Self { board, turned: true }
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
    pub(super) fn allows(self, row: u32, col: u32) -> bool {
        let (cols, extra) = (self.cols_of(self.row_group(row)), self.extra(row));
        let in_group = if cols.len() <= 16 { cols.contains(&col) } else { cols.binary_search(&col).is_ok() };
        !in_group && !if extra.len() <= 32 { extra.contains(&col) } else { extra.binary_search(&col).is_ok() }
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
        let from = |rows: &[u32]| number(rows.len() - rows.partition_point(|&row| row < first));
        from(self.rows_of(group)) + from(self.extra_by_col(col))
    }

    #[inline]
    pub(crate) fn forbidden_in_col(self, col: u32) -> u32 {
        if self.turned { self.board.forbidden_count_row(col) } else { self.board.forbidden_count_col(col) }
    }
}
