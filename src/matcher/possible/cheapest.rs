//! The cheapest rounds (a min-cost k-factor): which pairings some best set of rounds uses, and which all of them use. One gift
//! each is the case k = 1.
//!
//! k rounds that share no pairing use k cells in every row and column of the board, each at most once; and every such set of
//! cells falls apart into k rounds (Koenig). Every cell costs 0 or 1, tier by tier (see `costs`).
//! Linear programming gives numbers u (rows) and v (columns) for the cheapest sets: with the reduced cost r = cost - u - v, a
//! set is cheapest *exactly when* it uses every cell with r < 0 and none with r > 0 (complementary slackness where no
//! cell can be used twice). So the next draw of the history asks the same question of the cells with r = 0, and in the end
//! the best sets are all those that stay on the cells left and use each of the cells that *must* be used. Rounds drawn
//! uniformly over the cells left, and drawn again whole unless they use all of those, are uniform among the best.
//!
//! The numbers are found by the primal-dual method, with k places at everybody: alternating paths over cells
//! with r = 0, and where they are stuck, u goes up by one on the rows reached and v down by one on the columns reached (costs
//! are whole, so a cell from a row reached to a column not reached has slack of at least one).
//! Last, cells that no alternating circle passes are settled: those in use must be, the others cannot be.
//!
//! Cells are listed one by one here: for up to [`MOST`] people.

use super::augment::{Joined, augment};
use super::components::{Arrows, components};
use super::k_matching;
use crate::matcher::question::board::{Board, Csr, number};
use crate::matcher::question::complement::NOBODY;
use crate::matcher::question::costs::Tier;

/// Most people whose cells are listed.
pub(crate) const MOST: u32 = 2_000;

/// The best sets of rounds.
pub(crate) struct Cheapest {
    /// The cells they use.
    pub(crate) board: Board,
    /// Those that each of them uses, by giver.
    pub(crate) must: Csr,
    /// One of them.
    pub(crate) rounds: Vec<Vec<u32>>,
}

/// What is known of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Closed,
    Free,
    Must,
}

/// Reduces a board to the sets of rounds that cost the least, tier by tier. `rounds` is any set of rounds on the board.
pub(crate) fn cheapest(board: &Board, tiers: &[Tier], rounds: &[Vec<u32>]) -> Cheapest {
    let mut search = Search::of(board, rounds);
    for tier in tiers {
        search.reduce(tier);
    }
    search.settle();
    search.cheapest(board, number(rounds.len()))
}

struct Search {
    size: usize,
    /// Row after row.
    cells: Vec<Cell>,
    used: Vec<bool>,
}

/// Places still to be filled over free cells, the prices, and the cost of each cell less its prices.
struct Prices {
    rows: Vec<u32>,
    cols: Vec<u32>,
    raised: Vec<i32>,
    lowered: Vec<i32>,
    /// Per cell, whether it costs something.
    costs: Vec<bool>,
}

impl Prices {
    fn reduced(&self, row: usize, col: usize) -> i32 {
        i32::from(self.costs[row * self.rows.len() + col]) - self.raised[row] - self.lowered[col]
    }
}

impl Search {
    fn of(board: &Board, rounds: &[Vec<u32>]) -> Self {
        let size = board.size() as usize;
        let everybody = 0..board.size();
        let open =
            |row| everybody.clone().map(move |col| if board.allows(row, col) { Cell::Free } else { Cell::Closed });
        let cells = everybody.clone().flat_map(open).collect();
        let mut used = vec![false; size * size];
        for (row, &col) in rounds.iter().flat_map(|round| round.iter().enumerate()) {
            used[row * size + col as usize] = true;
        }
        Self { size, cells, used }
    }

    fn is_free(&self, row: usize, col: usize) -> bool {
        self.cells[row * self.size + col] == Cell::Free
    }

    /// Keeps the sets that cost the least in one tier.
    fn reduce(&mut self, tier: &Tier) {
        let (none, free) = (vec![0; self.size], vec![0; self.size]);
        let size = number(self.size);
        let costs = (0..size).flat_map(|row| (0..size).map(move |col| tier.costs(row, col))).collect();
        let mut prices = Prices { rows: none.clone(), cols: none, raised: free.clone(), lowered: free, costs };
        // What costs is given up, to be taken back only where it is needed.
        for at in 0..self.cells.len() {
            if prices.costs[at] && self.cells[at] == Cell::Free && std::mem::take(&mut self.used[at]) {
                prices.rows[at / self.size] += 1;
                prices.cols[at % self.size] += 1;
            }
        }
        loop {
            let roots: Vec<u32> = (0..size).filter(|&row| prices.rows[row as usize] > 0).collect();
            if roots.is_empty() {
                break;
            }
            let mut tight = Tight { seen: vec![false; self.size], search: self, prices: &mut prices };
            let round = augment(&mut tight, &roots);
            if round.found == 0 {
                round.rows.iter().for_each(|&row| prices.raised[row as usize] += 1);
                let reached = round.via.iter().map(|&row| i32::from(row != NOBODY));
                prices.lowered.iter_mut().zip(reached).for_each(|(price, reached)| *price -= reached);
            }
        }
        for row in 0..self.size {
            for col in 0..self.size {
                let cell = &mut self.cells[row * self.size + col];
                if *cell == Cell::Free {
                    *cell = match prices.reduced(row, col) {
                        0 => Cell::Free,
                        ..0 => Cell::Must,
                        _ => Cell::Closed,
                    };
                }
            }
        }
    }

    /// Settles the free cells that no alternating circle passes. Let a row point at the columns of its free cells not in use,
    /// and a column at the rows that use it: a cell can change exactly when both its ends are in one strongly connected component.
    fn settle(&mut self) {
        let sweep =
            |turned| Sweep { search: self, turned, seen: vec![false; 2 * self.size], cursors: vec![0; 2 * self.size] };
        let part = components(number(2 * self.size), sweep(false), sweep(true)).of;
        for row in 0..self.size {
            for col in 0..self.size {
                if self.is_free(row, col) && part[row] != part[col + self.size] {
                    let at = row * self.size + col;
                    self.cells[at] = if self.used[at] { Cell::Must } else { Cell::Closed };
                }
            }
        }
    }

    fn cheapest(&self, board: &Board, gifts: u32) -> Cheapest {
        let of = |wanted: fn(Cell, bool) -> bool| {
            let wanted = move |&at: &usize| wanted(self.cells[at], self.used[at]);
            let cells = (0..self.cells.len()).filter(wanted);
            cells.map(|at| (number(at / self.size), number(at % self.size))).collect::<Vec<_>>()
        };
        let closed = of(|cell, _| cell == Cell::Closed);
        let lists = |cells: Vec<(u32, u32)>| Csr::from_pairs(self.size, cells.iter().copied());
        Cheapest {
            board: Board::new(board.row_groups.clone(), board.col_groups.clone(), closed.iter().copied()),
            must: lists(of(|cell, _| cell == Cell::Must)),
            rounds: k_matching::taken_apart(lists(of(|_, used| used)), gifts),
        }
    }
}

/// The places filled over free cells with reduced cost 0.
struct Tight<'a> {
    search: &'a mut Search,
    prices: &'a mut Prices,
    /// Columns reached.
    seen: Vec<bool>,
}

impl Tight<'_> {
    fn holds(&self, row: usize, col: usize) -> bool {
        self.search.is_free(row, col) && self.prices.reduced(row, col) == 0
    }

    fn used(&mut self, row: u32, col: u32) -> &mut bool {
        &mut self.search.used[row as usize * self.search.size + col as usize]
    }
}

impl Joined for Tight<'_> {
    fn size(&self) -> u32 {
        number(self.search.size)
    }

    fn reach(&mut self, row: u32, cursor: &mut u32) -> Option<u32> {
        let row = row as usize;
        let open =
            |&col: &usize| !self.seen[col] && !self.search.used[row * self.search.size + col] && self.holds(row, col);
        let col = (*cursor as usize..self.search.size).find(open)?;
        self.seen[col] = true;
        *cursor = number(col) + 1;
        Some(number(col))
    }

    fn has_room(&self, col: u32) -> bool {
        self.prices.cols[col as usize] > 0
    }

    fn users(&self, col: u32) -> impl Iterator<Item = u32> {
        let col = col as usize;
        let uses = move |&row: &usize| self.search.used[row * self.search.size + col] && self.holds(row, col);
        (0..self.search.size).filter(uses).map(number)
    }

    fn join(&mut self, row: u32, col: u32) {
        *self.used(row, col) = true;
        self.prices.rows[row as usize] -= 1;
        self.prices.cols[col as usize] -= 1;
    }

    fn part(&mut self, row: u32, col: u32) {
        *self.used(row, col) = false;
        self.prices.rows[row as usize] += 1;
        self.prices.cols[col as usize] += 1;
    }
}

/// The arrows of [`Search::settle`], or all of them turned; columns come after the rows.
struct Sweep<'a> {
    search: &'a Search,
    turned: bool,
    seen: Vec<bool>,
    cursors: Vec<usize>,
}

impl Arrows for Sweep<'_> {
    fn visit(&mut self, node: u32) -> bool {
        !std::mem::replace(&mut self.seen[node as usize], true)
    }

    fn next(&mut self, node: u32) -> Option<u32> {
        let size = self.search.size;
        let node = node as usize;
        let of_row = node < size;
        while self.cursors[node] < size {
            let other = self.cursors[node];
            self.cursors[node] += 1;
            let (row, col, to) = if of_row { (node, other, other + size) } else { (other, node - size, other) };
            let leads = self.search.is_free(row, col) && self.search.used[row * size + col] == (of_row == self.turned);
            if leads && !std::mem::replace(&mut self.seen[to], true) {
                return Some(number(to));
            }
        }
        None
    }
}
