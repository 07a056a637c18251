//! Independent blocks: parts of the board whose draws have nothing to do with each other.
//!
//! Take any one valid draw and let giver i point at the giver who holds receiver j, for every open cell (i, j). A cell
//! is used by some valid draw exactly when its arrow lies on a cycle (turn the cycle over), that is, when both ends are in
//! one strongly connected component. Cells between components are used by no draw and are closed; what remains falls
//! apart into square blocks, and every valid draw is one valid draw of each. So a uniform draw of the board is an
//! independent uniform draw of every block. A block of one person is a forced pairing.
//!
//! Components come from two sweeps (Kosaraju): depth first over the givers' sight, then over the receivers' sight in the
//! opposite order of finishing. If the fewest open cells in a row and in a column add up to more than n, every two givers
//! are joined by two arrows, and there is one block without looking.
//!
//! Not for rules that speak of circles: a circle runs through all blocks.

use crate::matcher::board::{Board, number};
use crate::matcher::feasible::{Matching, least_open};
use crate::matcher::sight::{Classes, NOBODY, Sight, Unseen};

/// A part of the board that is drawn by itself.
pub(crate) struct Block {
    /// The givers, ascending: row r of the block's board is `rows[r]`.
    pub(crate) rows: Vec<u32>,
    /// The receivers, ascending.
    pub(crate) cols: Vec<u32>,
    /// Their board.
    pub(crate) board: Board,
}

/// Most cells that may be spelled out when columns are split into classes.
const MOST_CELLS: usize = 10_000_000;

impl Block {
    /// The whole board as one block.
    pub(crate) fn whole(board: Board) -> Self {
        let everyone: Vec<u32> = (0..board.size()).collect();
        Self { rows: everyone.clone(), cols: everyone, board }
    }
}

/// What cutting a board comes to.
pub(crate) enum Cut {
    /// The board is one block as it stands.
    One,
    /// Its blocks, ordered by their first giver.
    Many(Vec<Block>),
    /// Blocks that would need more than ten million spelled-out cells.
    TooLarge,
}

/// Cuts a board with a perfect matching into its blocks; [`clearly_one`] is asked before.
pub(crate) fn split(board: &Board, classes: Option<&Classes>, matching: &Matching) -> Cut {
    let parts = components(board, classes, matching);
    if parts.count == 1 && classes.is_none() {
        return Cut::One;
    }
    cut(board, classes, matching, &parts.of, parts.count)
}

/// Whether counting alone shows that there is one block.
pub(crate) fn clearly_one(board: &Board) -> bool {
    let (rows, cols) = least_open(board);
    u64::from(rows) + u64::from(cols) > u64::from(board.size())
}

/// The strongly connected components of the rows.
pub(crate) struct Components {
    /// The component of every row, numbered by first row.
    pub(crate) of: Vec<u32>,
    /// How many there are.
    pub(crate) count: u32,
    /// A row of a component that no arrow enters.
    pub(crate) source: u32,
    /// A row of a component that no arrow leaves.
    pub(crate) sink: u32,
}

/// The pairings of every draw: the blocks of one person. None where there is no draw.
pub(crate) fn forced(board: &Board) -> Vec<(u32, u32)> {
    if board.size() == 0 || clearly_one(board) {
        return Vec::new();
    }
    let matching = crate::matcher::feasible::largest(board);
    if !matching.free_rows().is_empty() {
        return Vec::new();
    }
    let parts = components(board, None, &matching);
    let mut members = vec![0; parts.count as usize];
    parts.of.iter().for_each(|&part| members[part as usize] += 1);
    let alone = |&(giver, _): &(u32, u32)| members[parts.of[giver as usize] as usize] == 1;
    (0..).zip(matching.col_of).filter(alone).collect()
}

/// The components of the arrows from row i to the owner of column j, for every open cell (i, j).
pub(crate) fn components(board: &Board, classes: Option<&Classes>, matching: &Matching) -> Components {
    let finished = finishing_order(&Sight::of_givers(board, classes), matching);
    let sight = Sight::of_receivers(board, classes);
    let mut unseen = Unseen::all(sight.size());
    let mut tree_of = vec![NOBODY; finished.len()];
    let mut stack = Vec::new();
    // The tree first grown is a source, for its row finished last; the last one a sink.
    let (source, mut sink) = (finished.last().copied().unwrap_or(0), 0);
    for &root in finished.iter().rev() {
        if tree_of[root as usize] != NOBODY {
            continue;
        }
        sink = root;
        tree_of[root as usize] = root;
        sight.cross_out(root, &mut unseen);
        stack.push(root);
        while let Some(row) = stack.pop() {
            let col = matching.col_of[row as usize];
            let mut cursor = sight.cursor(col);
            while let Some(before) = sight.next(col, &mut cursor, &mut unseen) {
                sight.cross_out(before, &mut unseen);
                tree_of[before as usize] = root;
                stack.push(before);
            }
        }
    }
    let mut name = vec![NOBODY; tree_of.len()];
    let mut count = 0;
    for tree in &mut tree_of {
        let known = &mut name[*tree as usize];
        if *known == NOBODY {
            *known = count;
            count += 1;
        }
        *tree = *known;
    }
    Components { of: tree_of, count, source, sink }
}

/// The rows in the order in which a depth-first search leaves them.
fn finishing_order(sight: &Sight, matching: &Matching) -> Vec<u32> {
    let mut unseen = Unseen::all(sight.size());
    let mut finished = Vec::with_capacity(sight.size() as usize);
    let mut stack = Vec::new();
    for root in 0..sight.size() {
        let own = matching.col_of[root as usize];
        if sight.crossed_out(own, &unseen) {
            continue;
        }
        sight.cross_out(own, &mut unseen);
        stack.push((root, sight.cursor(root)));
        while let Some((row, cursor)) = stack.last_mut() {
            if let Some(col) = sight.next(*row, cursor, &mut unseen) {
                sight.cross_out(col, &mut unseen);
                let owner = matching.row_of[col as usize];
                stack.push((owner, sight.cursor(owner)));
            } else {
                finished.push(*row);
                stack.pop();
            }
        }
    }
    finished
}

fn cut(board: &Board, classes: Option<&Classes>, matching: &Matching, block_of: &[u32], count: u32) -> Cut {
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
    let mut blocks = Vec::with_capacity(count as usize);
    let mut name = vec![NOBODY; board.groups() as usize];
    let mut left = MOST_CELLS;
    for ((rows, cols), block) in rows.into_iter().zip(cols).zip(0_u32..) {
        let mut cells = Vec::new();
        for (&row, at) in rows.iter().zip(0_u32..) {
            let also = |col: u32| classes.is_some_and(|classes| classes.also.holds(row, col));
            let inside = board.extra(row).iter().filter(|&&col| block_of_col[col as usize] == block && !also(col));
            cells.extend(inside.map(|&col| (at, place_of_col[col as usize])));
        }
        if let Some(classes) = classes {
            let unseen = out_of_sight(classes, &rows, &cols, left);
            let Some(unseen) = unseen else { return Cut::TooLarge };
            left -= unseen.len();
            cells.extend(unseen);
        }
        let row_groups = rows.iter().map(|&row| board.row_group(row));
        let col_groups = cols.iter().map(|&col| board.col_group(col));
        let (row_group, col_group) = local_groups(row_groups, col_groups, &mut name);
        blocks.push(Block { board: Board::new(row_group, col_group, cells.iter().copied()), rows, cols });
    }
    Cut::Many(blocks)
}

/// The whole board with every cell closed that no draw of the classes uses, in one piece, for rules that speak of circles;
/// `None` if these are more than ten million.
pub(crate) fn pruned(board: &Board, classes: &Classes, matching: &Matching) -> Option<Board> {
    let everyone: Vec<u32> = (0..board.size()).collect();
    let mut cells = out_of_sight(classes, &everyone, &everyone, MOST_CELLS)?;
    let block_of = components(board, Some(classes), matching).of;
    let mut cols: Vec<(u32, u32)> =
        everyone.iter().map(|&row| (block_of[row as usize], matching.col_of[row as usize])).collect();
    cols.sort_unstable();
    for &row in &everyone {
        let first = cols.partition_point(|&(block, _)| block < block_of[row as usize]);
        let after = cols.partition_point(|&(block, _)| block <= block_of[row as usize]);
        let others = cols[..first].iter().chain(&cols[after..]).map(|&(_, col)| (row, col));
        cells.extend(others.take(MOST_CELLS + 1 - cells.len().min(MOST_CELLS)));
        if cells.len() > MOST_CELLS {
            return None;
        }
    }
    cells.extend(board.extra_lists().pairs().filter(|&(row, col)| !classes.also.holds(row, col)));
    Some(Board::new(board.row_groups().to_vec(), board.col_groups().to_vec(), cells.iter().copied()))
}

/// The cells of a block whose row does not see their column's class and that are not open besides; `None` if they are more
/// than `most`.
fn out_of_sight(classes: &Classes, rows: &[u32], cols: &[u32], most: usize) -> Option<Vec<(u32, u32)>> {
    let mut by_class: Vec<(u32, u32)> = cols.iter().map(|&col| classes.class[col as usize]).zip(0..).collect();
    by_class.sort_unstable();
    let mut cells = Vec::new();
    for (&row, at) in rows.iter().zip(0_u32..) {
        let want = classes.want[row as usize];
        let first = by_class.partition_point(|&(class, _)| class < want);
        let after = by_class.partition_point(|&(class, _)| class <= want);
        let others = by_class[..first].iter().chain(&by_class[after..]);
        let closed = others.filter(|&&(_, to)| !classes.also.holds(row, cols[to as usize]));
        cells.extend(closed.map(|&(_, to)| (at, to)).take(most + 1 - cells.len()));
        if cells.len() > most {
            return None;
        }
    }
    Some(cells)
}

/// Groups of the rows and columns of a block, numbered anew in order of appearance; `name` has [`NOBODY`] for every group,
/// and is left as it came.
pub(crate) fn local_groups(
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
