//! A board seen from one of its two sides.

use crate::matcher::board::{Board, number};

/// The board as it is, or with givers and receivers exchanged: the bound may be closer from the other side (one person
/// nobody may give to is one bad column, but many slightly bad rows).
#[derive(Clone, Copy)]
pub(in crate::matcher) struct Side<'b> {
    board: &'b Board,
    turned: bool,
}

impl<'b> Side<'b> {
    /// The board as it is.
    pub(in crate::matcher) fn straight(board: &'b Board) -> Self {
        Self { board, turned: false }
    }

    /// The board with its sides exchanged.
    pub(super) fn turned(board: &'b Board) -> Self {
        Self { board, turned: true }
    }

    pub(super) fn is_turned(self) -> bool {
        self.turned
    }

    pub(in crate::matcher) fn size(self) -> u32 {
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

    pub(super) fn extra_by_col_count(self, col: u32) -> u32 {
        let rows = if self.turned { self.board.extra(col) } else { self.board.extra_by_col(col) };
        number(rows.len())
    }

    pub(super) fn forbidden_in_row(self, row: u32) -> u32 {
        if self.turned { self.board.forbidden_count_col(row) } else { self.board.forbidden_count_row(row) }
    }

    pub(in crate::matcher) fn forbidden_in_col(self, col: u32) -> u32 {
        if self.turned { self.board.forbidden_count_row(col) } else { self.board.forbidden_count_col(col) }
    }
}
