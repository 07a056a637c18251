//! The search for augmenting paths, the one behind every matching: one receiver each, several each, or the cheapest.
//!
//! Rows and columns are joined over open cells, each as often as they have places. The search grows a forest of alternating
//! paths from rows with a place left; a column is reached once, so a round costs O(people + cells looked at). A tree that
//! meets a column with a place left is turned over at once and not grown further: trees share no row and no column, so the others
//! stay true. A round that finds none ends it: by Berge's theorem nothing more can be joined, and the rows reached are the proof.

use crate::matcher::question::complement::NOBODY;

/// Rows and columns joined over open cells, as the search sees them.
pub(crate) trait Joined {
    /// How many rows, and how many columns.
    fn size(&self) -> u32;

    /// The next column not reached in this round that an open cell joins to the row, if the cell is not in use; the column
    /// now counts as reached. `cursor` starts at 0 and remembers how far the row has looked.
    fn reach(&mut self, row: u32, cursor: &mut u32) -> Option<u32>;

    /// Whether a column has a place left.
    fn has_room(&self, col: u32) -> bool;

    /// The rows that use a column.
    fn users(&self, col: u32) -> impl Iterator<Item = u32>;

    /// Puts a cell in use.
    fn join(&mut self, row: u32, col: u32);

    /// Takes a cell out of use.
    fn part(&mut self, row: u32, col: u32);
}

/// What one round came to.
pub(crate) struct Round {
    /// How many cells more are in use.
    pub(crate) found: usize,
    /// The rows reached, in the order they were; the roots first.
    pub(crate) rows: Vec<u32>,
    /// Per column, the row it was reached from or [`NOBODY`].
    pub(crate) via: Vec<u32>,
}

/// One round of the search from the roots, rows with a place left each. Every root gains at most one cell.
pub(crate) fn augment(joined: &mut impl Joined, roots: &[u32]) -> Round {
    let size = joined.size() as usize;
    let mut via = vec![NOBODY; size];
    let mut back = vec![NOBODY; size];
    let mut root_of = vec![NOBODY; size];
    for &root in roots {
        root_of[root as usize] = root;
    }
    let mut rows = roots.to_vec();
    let mut found = 0;
    let mut head = 0;
    while let Some(&row) = rows.get(head) {
        head += 1;
        let root = root_of[row as usize];
        if back[root as usize] == root {
            continue; // This tree has been turned over.
        }
        let mut cursor = 0;
        while let Some(col) = joined.reach(row, &mut cursor) {
            via[col as usize] = row;
            if joined.has_room(col) {
                turn_over(joined, &via, &back, root, col);
                back[root as usize] = root; // No column leads back from a root: the place is free to say so.
                found += 1;
                break;
            }
            for user in joined.users(col) {
                if root_of[user as usize] == NOBODY {
                    root_of[user as usize] = root;
                    back[user as usize] = col;
                    rows.push(user);
                }
            }
        }
    }
    Round { found, rows, via }
}

/// Along the path from a root to a column with a place left, every row takes the column it was met by.
fn turn_over(joined: &mut impl Joined, via: &[u32], back: &[u32], root: u32, end: u32) {
    let mut col = end;
    loop {
        let row = via[col as usize];
        if row == root {
            return joined.join(row, col);
        }
        let before = back[row as usize];
        joined.part(row, before);
        joined.join(row, col);
        col = before;
    }
}
