//! The open cells, found without ever listing them.
//!
//! Nearly every cell of a real board is open, so only the complement is stored. The columns stand in one row sorted by
//! group; a search crosses out a column when it is first met. "The next column not crossed out" is a
//! union-find over positions, so a giver jumps over their own group in one step and over crossed-out columns in
//! nearly none. A whole search costs O(people + forbidden cells), also where 10^12 cells are open.

use super::board::{Board, Csr, number};

/// No person.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Open cells that can be gone through, row by row.
pub(crate) trait OpenCells {
    /// How many rows, and how many columns.
    fn size(&self) -> u32;

    /// The next open column of a row that has not been crossed out; `cursor` starts at 0 and remembers how far the row has looked.
    fn next(&self, row: u32, cursor: &mut u32, unseen: &mut Unseen) -> Option<u32>;

    /// Where a column stands in [`Unseen`].
    fn place(&self, col: u32) -> u32;

    /// Crosses a column out.
    fn cross_out(&self, col: u32, unseen: &mut Unseen) {
        unseen.cross_out(self.place(col));
    }

    /// Whether a column has been crossed out.
    fn crossed_out(&self, col: u32, unseen: &Unseen) -> bool {
        !unseen.holds(self.place(col))
    }
}

/// The open cells of a board, seen from the givers (or, turned round, from the receivers).
pub(crate) struct Complement<'a> {
    from_group: &'a [u32],
    to_group: &'a [u32],
    forbidden: &'a Csr,
    order: &'a [u32],
    place: Vec<u32>,
    group_end: Vec<u32>,
}

impl<'a> Complement<'a> {
    /// From givers to receivers.
    pub(crate) fn of_givers(board: &'a Board) -> Self {
        Self::new(&board.row_groups, &board.col_groups, &board.extra, &board.cols_by_group)
    }

    /// From receivers to givers.
    pub(crate) fn of_receivers(board: &'a Board) -> Self {
        Self::new(&board.col_groups, &board.row_groups, &board.extra_by_col, &board.rows_by_group)
    }

    fn new(from_group: &'a [u32], to_group: &'a [u32], forbidden: &'a Csr, members: &'a Csr) -> Self {
        let order = members.items();
        let mut place = vec![0; order.len()];
        for (&col, at) in order.iter().zip(0..) {
            place[col as usize] = at;
        }
        let mut group_end = Vec::with_capacity(members.keys());
        let mut end = 0;
        for group in 0..number(members.keys()) {
            end += members.count(group);
            group_end.push(end);
        }
        Self { from_group, to_group, forbidden, order, place, group_end }
    }

    /// Whether a cell is open.
    pub(crate) fn open(&self, from: u32, to: u32) -> bool {
        self.from_group[from as usize] != self.to_group[to as usize] && !self.forbidden.holds(from, to)
    }
}

impl OpenCells for Complement<'_> {
    fn size(&self) -> u32 {
        number(self.order.len())
    }

    fn next(&self, row: u32, cursor: &mut u32, unseen: &mut Unseen) -> Option<u32> {
        let group = self.from_group[row as usize];
        loop {
            let at = unseen.from(*cursor);
            let &to = self.order.get(at as usize)?;
            if self.to_group[to as usize] == group {
                *cursor = self.group_end[group as usize];
            } else {
                *cursor = at + 1;
                if !self.forbidden.holds(row, to) {
                    return Some(to);
                }
            }
        }
    }

    fn place(&self, col: u32) -> u32 {
        self.place[col as usize]
    }
}

/// Open cells that are listed, row by row.
pub(crate) struct Listed<'a>(pub(crate) &'a Csr);

impl OpenCells for Listed<'_> {
    fn size(&self) -> u32 {
        number(self.0.keys())
    }

    fn next(&self, row: u32, cursor: &mut u32, unseen: &mut Unseen) -> Option<u32> {
        let rest = self.0.list(row).get(*cursor as usize..)?;
        let at = rest.iter().position(|&col| unseen.holds(col))?;
        *cursor += number(at) + 1;
        Some(rest[at])
    }

    fn place(&self, col: u32) -> u32 {
        col
    }
}

/// Positions not yet crossed out: a union-find in which each position points at or beyond itself.
pub(crate) struct Unseen {
    next: Vec<u32>,
}

impl Unseen {
    /// Nothing is crossed out.
    pub(crate) fn all(size: u32) -> Self {
        Self { next: (0..=size).collect() }
    }

    /// The first position at or after `at` that is not crossed out, or the size.
    fn from(&mut self, mut at: u32) -> u32 {
        while self.next[at as usize] != at {
            let beyond = self.next[self.next[at as usize] as usize];
            self.next[at as usize] = beyond;
            at = beyond;
        }
        at
    }

    /// Whether a position has not been crossed out.
    pub(crate) fn holds(&self, at: u32) -> bool {
        self.next[at as usize] == at
    }

    /// Crosses a position out.
    fn cross_out(&mut self, at: u32) {
        self.next[at as usize] = at + 1;
    }
}
