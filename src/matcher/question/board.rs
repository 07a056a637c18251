//! The square 0/1 board every method works on: who may still give to whom.
//!
//! A household of size g is not spelled out as g * g cells: every row and every column belongs to exactly one group, and a
//! row never takes a column of its own group. A person without a household is a group of their own, so "not to
//! oneself" is the same rule. Everything else (exclusions, history) stands in sorted lists without doubles, and
//! never repeats what the groups already say: a cell counted twice would not be slow but wrong, for the
//! samplers weigh a column by how many givers it has left.

use std::sync::Arc;

/// Sorted lists of numbers, one per key, in two flat arrays ("compressed sparse rows").
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Csr {
    start: Vec<u32>,
    items: Vec<u32>,
}

impl Csr {
    /// Collects pairs of (key, item) by counting sort; each list comes out sorted and without doubles. O(keys + pairs
    /// log longest list). Keys are below `keys`; there may be at most `u32::MAX` pairs.
    pub(crate) fn from_pairs(keys: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        Self::from_pairs_where(keys, pairs, |_, _| true)
    }

    /// The same, keeping only the pairs wanted; each is asked about once.
    fn from_pairs_where(
        keys: usize,
        pairs: impl Iterator<Item = (u32, u32)> + Clone,
        wanted: impl Fn(u32, u32) -> bool,
    ) -> Self {
        let mut start = vec![0_u32; keys + 1];
        if pairs.clone().next().is_none() {
            return Self { start, items: Vec::new() };
        }
        for (key, _) in pairs.clone() {
            start[key as usize + 1] += 1;
        }
        for key in 0..keys {
            start[key + 1] += start[key];
        }
        let mut items = vec![0_u32; start[keys] as usize];
        for (key, item) in pairs {
            let at = &mut start[key as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        // Filling moved each start to its list's end, which is the next list's start.
        start.rotate_right(1);
        start[0] = 0;
        let mut lists = Self { start, items };
        lists.sort_and_dedup(wanted);
        lists
    }

    fn sort_and_dedup(&mut self, wanted: impl Fn(u32, u32) -> bool) {
        let mut kept = 0_usize;
        let mut from = 0_usize;
        for key in 0..self.keys() {
            let to = self.start[key + 1] as usize;
            if to - from > 1 {
                self.items[from..to].sort_unstable();
            }
            let first = kept;
            for at in from..to {
                let item = self.items[at];
                if (kept == first || self.items[kept - 1] != item) && wanted(number(key), item) {
                    self.items[kept] = item;
                    kept += 1;
                }
            }
            from = to;
            self.start[key + 1] = number(kept);
        }
        self.items.truncate(kept);
        self.items.shrink_to_fit();
    }

    /// How many lists there are.
    pub(crate) fn keys(&self) -> usize {
        self.start.len().saturating_sub(1)
    }

    /// The list of one key, ascending.
    pub(crate) fn list(&self, key: u32) -> &[u32] {
        let key = key as usize;
        &self.items[self.start[key] as usize..self.start[key + 1] as usize]
    }

    /// How many items a key has.
    pub(crate) fn count(&self, key: u32) -> u32 {
        self.start[key as usize + 1] - self.start[key as usize]
    }

    /// All items, list after list.
    pub(crate) fn items(&self) -> &[u32] {
        &self.items
    }

    /// How many items there are in all.
    pub(crate) fn total(&self) -> usize {
        self.items.len()
    }

    /// Whether a key's list holds an item. A short list is scanned, a long one halved.
    pub(crate) fn holds(&self, key: u32, item: u32) -> bool {
        if self.items.is_empty() {
            return false; // Where lists begin would be looked up anywhere in memory.
        }
        let list = self.list(key);
        if list.len() <= 8 { list.contains(&item) } else { list.binary_search(&item).is_ok() }
    }

    /// Every (key, item), ascending.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone + '_ {
        let keys = if self.items.is_empty() { 0 } else { number(self.keys()) };
        (0..keys).flat_map(move |key| self.list(key).iter().map(move |&item| (key, item)))
    }

    /// The same pairs, keyed by item.
    pub(crate) fn transposed(&self, keys: usize) -> Self {
        Self::from_pairs(keys, self.pairs().map(|(key, item)| (item, key)))
    }
}

/// A length as a `u32`. People, cells and lists are all counted in 32 bits: a million people in 200 MB.
pub(crate) fn number(length: usize) -> u32 {
    u32::try_from(length).expect("boards are far smaller than 2^32")
}

/// A square board of givers (rows) and receivers (columns). In a block of a larger board rows and columns need not
/// be the same people. There is no `Debug`: the cells of a history are pairings of earlier draws.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Board {
    /// Every row's group.
    pub(crate) row_groups: Vec<u32>,
    /// Every column's group.
    pub(crate) col_groups: Vec<u32>,
    pub(crate) rows_by_group: Arc<Csr>,
    /// The same lists wherever rows and columns are the same people.
    pub(crate) cols_by_group: Arc<Csr>,
    /// The cells forbidden besides the groups', by row.
    pub(crate) extra: Csr,
    pub(crate) extra_by_col: Csr,
}

impl Board {
    /// Lays out a board. `row_groups` and `col_groups` have the same length and share one numbering of groups, dense from 0;
    /// `cells` are further forbidden (row, column) cells in any order, doubles and cells forbidden by group welcome.
    pub(crate) fn new(
        row_groups: Vec<u32>,
        col_groups: Vec<u32>,
        cells: impl Iterator<Item = (u32, u32)> + Clone,
    ) -> Self {
        debug_assert_eq!(row_groups.len(), col_groups.len());
        let size = row_groups.len();
        let groups = row_groups.iter().chain(&col_groups).max().map_or(0, |&last| last as usize + 1);
        let members = |of: &[u32]| {
            Arc::new(Csr::from_pairs(groups, of.iter().zip(0_u32..).map(|(&group, member)| (group, member))))
        };
        let rows_by_group = members(&row_groups);
        let cols_by_group = if row_groups == col_groups { Arc::clone(&rows_by_group) } else { members(&col_groups) };
        let apart = |row: u32, col: u32| row_groups[row as usize] != col_groups[col as usize];
        let extra = Csr::from_pairs_where(size, cells, apart);
        let extra_by_col = extra.transposed(size);
        Self { row_groups, col_groups, rows_by_group, cols_by_group, extra, extra_by_col }
    }

    /// The side of the board: how many givers, and how many receivers.
    pub(crate) fn size(&self) -> u32 {
        number(self.row_groups.len())
    }

    /// Whether a row may take a column.
    pub(crate) fn allows(&self, row: u32, col: u32) -> bool {
        self.row_groups[row as usize] != self.col_groups[col as usize] && !self.extra.holds(row, col)
    }

    /// The group of a row.
    pub(crate) fn row_group(&self, row: u32) -> u32 {
        self.row_groups[row as usize]
    }

    /// The group of a column.
    pub(crate) fn col_group(&self, col: u32) -> u32 {
        self.col_groups[col as usize]
    }

    /// How many groups there are; some may have rows only or columns only.
    pub(crate) fn groups(&self) -> u32 {
        number(self.rows_by_group.keys())
    }

    /// The rows of a group, ascending.
    pub(crate) fn rows_of(&self, group: u32) -> &[u32] {
        self.rows_by_group.list(group)
    }

    /// The columns of a group, ascending.
    pub(crate) fn cols_of(&self, group: u32) -> &[u32] {
        self.cols_by_group.list(group)
    }

    /// The columns forbidden to a row besides its group's, ascending.
    pub(crate) fn extra(&self, row: u32) -> &[u32] {
        self.extra.list(row)
    }

    /// The rows forbidden to a column besides its group's, ascending.
    pub(crate) fn extra_by_col(&self, col: u32) -> &[u32] {
        self.extra_by_col.list(col)
    }

    /// How many cells are forbidden besides the groups'.
    pub(crate) fn extra_total(&self) -> u64 {
        self.extra.total() as u64
    }

    /// How many columns a row may not take.
    pub(crate) fn forbidden_count_row(&self, row: u32) -> u32 {
        self.cols_by_group.count(self.row_groups[row as usize]) + self.extra.count(row)
    }

    /// How many rows may not take a column.
    pub(crate) fn forbidden_count_col(&self, col: u32) -> u32 {
        self.rows_by_group.count(self.col_groups[col as usize]) + self.extra_by_col.count(col)
    }

    /// How many cells are forbidden in all.
    pub(crate) fn forbidden(&self) -> u64 {
        let blocks = (0..self.groups())
            .map(|group| u64::from(self.rows_by_group.count(group)) * u64::from(self.cols_by_group.count(group)));
        blocks.sum::<u64>() + self.extra_total()
    }

    /// Forbidden cells per row, on average: about e^lambda shuffles are needed until one is valid.
    #[expect(clippy::cast_precision_loss, reason = "an estimate, and far below 2^53")]
    pub(crate) fn lambda(&self) -> f64 {
        if self.row_groups.is_empty() { 0.0 } else { self.forbidden() as f64 / self.row_groups.len() as f64 }
    }

    /// Whether row i and column i are in one group for every i, as on the board of all people: the methods that follow
    /// circles need it.
    pub(crate) fn forbids_self(&self) -> bool {
        self.row_groups == self.col_groups
    }

    /// Whether an assignment of columns to rows is a valid draw on this board.
    pub(crate) fn admits(&self, draw: &[u32]) -> bool {
        let mut taken = vec![false; self.row_groups.len()];
        draw.len() == taken.len()
            && draw.iter().zip(0_u32..).all(|(&col, row)| {
                (col as usize) < taken.len()
                    && !std::mem::replace(&mut taken[col as usize], true)
                    && self.allows(row, col)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_out_sorted_and_without_doubles() {
        let pairs = [(2, 5), (0, 7), (2, 1), (2, 5), (0, 7), (0, 3)];
        let lists = Csr::from_pairs(4, pairs.iter().copied());
        assert_eq!(lists.list(0), [3, 7]);
        assert_eq!(lists.list(1), [] as [u32; 0]);
        assert_eq!(lists.list(2), [1, 5]);
        assert_eq!(lists.list(3), [] as [u32; 0]);
        assert_eq!(lists.total(), 4);
        assert!(lists.holds(2, 5) && !lists.holds(2, 7));
        assert_eq!(lists.transposed(8).pairs().collect::<Vec<_>>(), [(1, 2), (3, 0), (5, 2), (7, 0)]);
        assert_eq!(Csr::from_pairs(0, [].into_iter()).keys(), 0);
    }

    #[test]
    fn a_cell_forbidden_twice_counts_once() {
        // People 0 and 1 are a couple, 2 and 3 live alone; 0 -> 2 is excluded twice and 0 -> 1 a second time.
        let board = Board::new(vec![0, 0, 1, 2], vec![0, 0, 1, 2], [(0, 2), (0, 1), (0, 2), (3, 3)].into_iter());
        assert_eq!(board.forbidden(), 4 + 1 + 1 + 1);
        assert_eq!(board.extra(0), [2]);
        assert_eq!(board.extra_by_col(2), [0]);
        assert_eq!(board.forbidden_count_row(0), 3);
        assert_eq!(board.forbidden_count_col(2), 2);
        assert!(!board.allows(0, 0) && !board.allows(0, 1) && !board.allows(0, 2) && board.allows(0, 3));
        assert!(board.forbids_self());
        assert!(board.admits(&[3, 2, 0, 1]));
        assert!(!board.admits(&[3, 2, 0, 0]) && !board.admits(&[1, 0, 3, 2]) && !board.admits(&[3, 2, 0]));
    }
}
