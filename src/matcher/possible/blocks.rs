//! Independent blocks: parts of the board whose draws have nothing to do with each other.
//!
//! Take any one valid draw and let giver i point at the giver who holds receiver j, for every open cell (i, j). A cell
//! is used by some valid draw exactly when its arrow lies on a cycle (turn the cycle over), that is, when both ends are in
//! one strongly connected component. Cells between components are used by no draw and are closed; what remains falls
//! apart into square blocks, and every valid draw is one valid draw of each. So a uniform draw of the board is an
//! independent uniform draw of every block. A block of one person is a forced pairing.
//!
//! If the fewest open cells in a row and in a column add up to more than n, every two givers are joined by two arrows, and there
//! is one block without looking.
//!
//! Not for rules that speak of circles: a circle runs through all blocks.

use super::components::{Arrows, Components, components};
use super::matching::{Matching, largest, least_open};
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::complement::{Complement, NOBODY, OpenCells, Unseen};

/// A part of the board that is drawn by itself.
pub(crate) struct Block {
    /// The givers, ascending: row r of the block's board is `rows[r]`.
    pub(crate) rows: Vec<u32>,
    /// The receivers, ascending.
    pub(crate) cols: Vec<u32>,
    /// Their board.
    pub(crate) board: Board,
}

impl Block {
    /// The whole board as one block.
    pub(crate) fn whole(board: Board) -> Self {
        let everyone: Vec<u32> = (0..board.size()).collect();
        Self { rows: everyone.clone(), cols: everyone, board }
    }

    /// What the block has of a column for every row of the whole board, or [`NOBODY`]; nothing of nothing.
    pub(crate) fn local(&self, cols: &[u32]) -> Vec<u32> {
        let place = |col: u32| self.cols.binary_search(&col).map_or(NOBODY, number);
        if cols.is_empty() { Vec::new() } else { self.rows.iter().map(|&row| place(cols[row as usize])).collect() }
    }
}

/// The blocks of a board with a perfect matching, ordered by their first giver; `None` if it is one as it stands.
/// [`clearly_one`] is asked before.
pub(crate) fn split(board: &Board, matching: &Matching) -> Option<Vec<Block>> {
    let parts = of_matching(board, matching);
    (parts.count > 1).then(|| cut(board, matching, &parts.of, parts.count))
}

/// Whether counting alone shows that there is one block.
pub(crate) fn clearly_one(board: &Board) -> bool {
    let (rows, cols) = least_open(board);
    u64::from(rows) + u64::from(cols) > u64::from(board.size())
}

/// The pairings of every draw: the blocks of one person. None where there is no draw.
pub(crate) fn forced(board: &Board) -> Vec<(u32, u32)> {
    if board.size() == 0 || clearly_one(board) {
        return Vec::new();
    }
    let matching = largest(board);
    if !matching.free_rows().is_empty() {
        return Vec::new();
    }
    let parts = of_matching(board, &matching);
    let mut members = vec![0; parts.count as usize];
    parts.of.iter().for_each(|&part| members[part as usize] += 1);
    let alone = |&(giver, _): &(u32, u32)| members[parts.of[giver as usize] as usize] == 1;
    (0..).zip(matching.col_of).filter(alone).collect()
}

/// The components of the arrows from row i to the owner of column j, for every open cell (i, j).
pub(crate) fn of_matching(board: &Board, matching: &Matching) -> Components {
    let size = board.size();
    // Along the arrows rows are crossed out by their columns, against them as rows.
    let along = Sweep {
        cells: Complement::of_givers(board),
        from: None,
        owners: Some(&matching.row_of),
        held: Some(&matching.col_of),
        unseen: Unseen::all(size),
        cursors: vec![0; size as usize],
    };
    let against = Sweep {
        cells: Complement::of_receivers(board),
        from: Some(&matching.col_of),
        owners: None,
        held: None,
        unseen: Unseen::all(size),
        cursors: vec![0; size as usize],
    };
    components(size, along, against)
}

/// Arrows between rows: each looks from itself or its column, and what is met stands for itself or its owner.
struct Sweep<'a> {
    cells: Complement<'a>,
    from: Option<&'a [u32]>,
    owners: Option<&'a [u32]>,
    held: Option<&'a [u32]>,
    unseen: Unseen,
    cursors: Vec<u32>,
}

impl Arrows for Sweep<'_> {
    fn visit(&mut self, row: u32) -> bool {
        let place = self.held.map_or(row, |held| held[row as usize]);
        let fresh = !self.cells.crossed_out(place, &self.unseen);
        self.cells.cross_out(place, &mut self.unseen);
        fresh
    }

    fn next(&mut self, row: u32) -> Option<u32> {
        let from = self.from.map_or(row, |from| from[row as usize]);
        let met = self.cells.next(from, &mut self.cursors[row as usize], &mut self.unseen)?;
        self.cells.cross_out(met, &mut self.unseen);
        Some(self.owners.map_or(met, |owners| owners[met as usize]))
    }
}

fn cut(board: &Board, matching: &Matching, block_of: &[u32], count: u32) -> Vec<Block> {
    let mut rows = vec![Vec::new(); count as usize];
    let mut cols = vec![Vec::new(); count as usize];
    let mut place_of_col = vec![0; block_of.len()];
    let mut block_of_col = vec![0; block_of.len()];
    for (&block, row) in block_of.iter().zip(0_u32..) {
        rows[block as usize].push(row);
    }
    for (&row, col) in matching.row_of.iter().zip(0_u32..) {
        let block = block_of[row as usize];
        block_of_col[col as usize] = block;
        place_of_col[col as usize] = number(cols[block as usize].len());
        cols[block as usize].push(col);
    }
    let mut name = vec![NOBODY; board.groups() as usize];
    let blocks = rows.into_iter().zip(cols).zip(0_u32..).map(|((rows, cols), block)| {
        let mut cells = Vec::new();
        for (&row, at) in rows.iter().zip(0_u32..) {
            let inside = board.extra(row).iter().filter(|&&col| block_of_col[col as usize] == block);
            cells.extend(inside.map(|&col| (at, place_of_col[col as usize])));
        }
        let row_groups = rows.iter().map(|&row| board.row_group(row));
        let col_groups = cols.iter().map(|&col| board.col_group(col));
        let (row_group, col_group) = local_groups(row_groups, col_groups, &mut name);
        Block { board: Board::new(row_group, col_group, cells.iter().copied()), rows, cols }
    });
    blocks.collect()
}

/// Groups of the rows and columns of a block, numbered anew in order of appearance; `name` has [`NOBODY`] for every group,
/// and is left as it came.
fn local_groups(
    rows: impl Iterator<Item = u32> + Clone,
    cols: impl Iterator<Item = u32> + Clone,
    name: &mut [u32],
) -> (Vec<u32>, Vec<u32>) {
    let mut next = 0;
    let mut rename = |group: u32| {
        let known = &mut name[group as usize];
        if *known == NOBODY {
            *known = next;
            next += 1;
        }
        *known
    };
    let local = (rows.clone().map(&mut rename).collect(), cols.clone().map(&mut rename).collect());
    rows.chain(cols).for_each(|group| name[group as usize] = NOBODY);
    local
}
