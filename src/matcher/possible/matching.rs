//! Possible or not: a maximum matching of givers and receivers over cells that are never listed.
//!
//! Two answers come before any search. If every row has at least a open cells, every column at least b, and a + b >=
//! n, then there is a draw: a crowded set S of rows (more rows than the columns N they see) would have |N| >= a, and a
//! column outside N is closed to all of S, so b <= n - |S| < n - |N| <= n - a. Otherwise people are laid out household
//! by household and everybody gives to the person a whole largest household further on; no household can meet itself
//! then, unless it is more than half. What exclusions spoil is mended by swaps with neighbours, and only
//! what is left is searched for.
//!
//! The search (see `augment`) starts from all free givers at once; every column is crossed out when first seen, so a round costs
//! O(people + forbidden cells).

use super::augment::{Joined, augment};
use crate::matcher::question::board::Board;
use crate::matcher::question::complement::{Complement, NOBODY, OpenCells, Unseen};

/// Givers and receivers paired off, as far as it goes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Matching {
    /// Per row, its column or [`NOBODY`].
    pub(crate) col_of: Vec<u32>,
    /// Per column, its row or [`NOBODY`].
    pub(crate) row_of: Vec<u32>,
}

impl Matching {
    /// Nobody is paired.
    pub(crate) fn empty(size: u32) -> Self {
        Self { col_of: vec![NOBODY; size as usize], row_of: vec![NOBODY; size as usize] }
    }

    /// A matching in which every row has its column.
    pub(crate) fn of_draw(col_of: Vec<u32>) -> Self {
        let mut row_of = vec![NOBODY; col_of.len()];
        for (&col, row) in col_of.iter().zip(0..) {
            row_of[col as usize] = row;
        }
        Self { col_of, row_of }
    }

    /// The same pairs seen from the receivers.
    pub(crate) fn turned_round(&self) -> Self {
        Self { col_of: self.row_of.clone(), row_of: self.col_of.clone() }
    }

    /// Rows without a column, ascending.
    pub(crate) fn free_rows(&self) -> Vec<u32> {
        self.col_of.iter().zip(0..).filter_map(|(&col, row)| (col == NOBODY).then_some(row)).collect()
    }

    /// Columns without a row, ascending.
    pub(crate) fn free_cols(&self) -> Vec<u32> {
        self.row_of.iter().zip(0..).filter_map(|(&row, col)| (row == NOBODY).then_some(col)).collect()
    }

    /// Takes the pair of a row apart, if it has one.
    pub(crate) fn part(&mut self, row: u32) {
        let col = std::mem::replace(&mut self.col_of[row as usize], NOBODY);
        if col != NOBODY {
            self.row_of[col as usize] = NOBODY;
        }
    }

    /// Pairs a row with a column, both being free or each other's.
    pub(crate) fn pair(&mut self, row: u32, col: u32) {
        self.col_of[row as usize] = col;
        self.row_of[col as usize] = row;
    }
}

/// The fewest open cells of any row, and of any column.
pub(crate) fn least_open(board: &Board) -> (u32, u32) {
    let size = board.size();
    let rows = (0..size).map(|row| board.forbidden_count_row(row)).max().unwrap_or(0);
    let cols = (0..size).map(|col| board.forbidden_count_col(col)).max().unwrap_or(0);
    (size - rows.min(size), size - cols.min(size))
}

/// Whether counting alone shows that there is a draw.
pub(crate) fn clearly_possible(board: &Board) -> bool {
    let (rows, cols) = least_open(board);
    u64::from(rows) + u64::from(cols) >= u64::from(board.size())
}

/// A largest matching of the board.
pub(crate) fn largest(board: &Board) -> Matching {
    let cells = Complement::of_givers(board);
    let mut matching = shifted(board);
    grow(&cells, &mut matching);
    matching
}

/// A first matching: everybody gives one largest group further on, clashes mended by swaps or left open.
fn shifted(board: &Board) -> Matching {
    const SWAPS: usize = 16;
    let (rows, cols) = (board.rows_by_group.items(), board.cols_by_group.items());
    let size = rows.len();
    if size == 0 {
        return Matching::empty(0);
    }
    let group = |group| board.rows_of(group).len().max(board.cols_of(group).len());
    let shift = (0..board.groups()).map(group).max().unwrap_or(0) % size;
    let mut given: Vec<u32> = (0..size).map(|at| cols[(at + shift) % size]).collect();
    for at in 0..size {
        if board.allows(rows[at], given[at]) {
            continue;
        }
        let fits = |other: usize| board.allows(rows[at], given[other]) && board.allows(rows[other], given[at]);
        if let Some(other) = (1..SWAPS.min(size)).map(|step| (at + step) % size).find(|&other| fits(other)) {
            given.swap(at, other);
        }
    }
    let mut matching = Matching::empty(board.size());
    for (&row, &col) in rows.iter().zip(&given) {
        if board.allows(row, col) {
            matching.pair(row, col);
        }
    }
    matching
}

/// Makes a matching largest. Returns the rows that no search from a free row could leave: empty when everybody is paired,
/// and otherwise a set of rows that see fewer columns than they are.
pub(crate) fn grow(cells: &impl OpenCells, matching: &mut Matching) -> Vec<u32> {
    loop {
        let roots = matching.free_rows();
        if roots.is_empty() {
            return roots;
        }
        let round = augment(&mut Pairing::new(cells, matching), &roots);
        if round.found == 0 {
            return round.rows;
        }
    }
}

/// A matching under search: one place at everybody.
pub(crate) struct Pairing<'a, C> {
    cells: &'a C,
    matching: &'a mut Matching,
    unseen: Unseen,
}

impl<'a, C: OpenCells> Pairing<'a, C> {
    pub(crate) fn new(cells: &'a C, matching: &'a mut Matching) -> Self {
        Self { unseen: Unseen::all(cells.size()), cells, matching }
    }

    /// The same search over columns not crossed out.
    pub(crate) fn over(self, unseen: Unseen) -> Self {
        Self { unseen, ..self }
    }
}

impl<C: OpenCells> Joined for Pairing<'_, C> {
    fn size(&self) -> u32 {
        self.cells.size()
    }

    fn reach(&mut self, row: u32, cursor: &mut u32) -> Option<u32> {
        let col = self.cells.next(row, cursor, &mut self.unseen)?;
        self.cells.cross_out(col, &mut self.unseen);
        Some(col)
    }

    fn has_room(&self, col: u32) -> bool {
        self.matching.row_of[col as usize] == NOBODY
    }

    fn users(&self, col: u32) -> impl Iterator<Item = u32> {
        std::iter::once(self.matching.row_of[col as usize])
    }

    fn join(&mut self, row: u32, col: u32) {
        self.matching.pair(row, col);
    }

    fn part(&mut self, row: u32, _: u32) {
        self.matching.part(row);
    }
}

/// The rows reached from some rows by alternating paths over a matching, ascending; the rows themselves included.
pub(crate) fn reached(cells: &impl OpenCells, matching: &Matching, from: &[u32]) -> Vec<u32> {
    let mut unseen = Unseen::all(cells.size());
    let mut queue = from.to_vec();
    let mut known = vec![false; cells.size() as usize];
    for &row in from {
        known[row as usize] = true;
        let own = matching.col_of[row as usize];
        if own != NOBODY {
            cells.cross_out(own, &mut unseen);
        }
    }
    let mut head = 0;
    while let Some(&row) = queue.get(head) {
        head += 1;
        let mut cursor = 0;
        while let Some(col) = cells.next(row, &mut cursor, &mut unseen) {
            cells.cross_out(col, &mut unseen);
            let owner = matching.row_of[col as usize];
            if owner != NOBODY && !std::mem::replace(&mut known[owner as usize], true) {
                queue.push(owner);
            }
        }
    }
    queue.sort_unstable();
    queue
}
