//! A given draw in which a few people have no place yet: most keep their receiver, some give to a newcomer instead.
//!
//! # The argument
//!
//! Let J rows have no column of their own, and as many columns no row, and let every other row take its own column or one of
//! these J. The J columns get different rows, drawn uniformly in order from all n; that leaves m rows without a column (of
//! the J those that were not drawn) and m columns (those of the rows that were drawn and had one), which are paired
//! uniformly. A draw in which m is so large comes out with probability 1/(n(n-1)..(n-J+1) · m!); it is kept with probability
//! m!/J!, and every draw has the same. What is not allowed is refused, and everything starts over. Integers only: exact.

use std::sync::Arc;

use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::complement::NOBODY;
use crate::matcher::question::scaling::ln_factorial;
use crate::matcher::random::Stream;

/// Most rows without a column.
const MOST: usize = 20;

/// A board on which every row takes its own column or one that is nobody's.
pub(crate) struct Insertion {
    board: Arc<Board>,
    /// Per row its own column; [`NOBODY`] for those without one.
    own: Vec<u32>,
    /// Rows without a column, and columns without a row.
    rows: Vec<u32>,
    cols: Vec<u32>,
}

impl Insertion {
    /// Prepares; `own` as above. `None` where a row may take a column that is another's, and where there is no such draw.
    pub(crate) fn new(board: &Arc<Board>, own: &[u32]) -> Option<Self> {
        if own.is_empty() {
            return None;
        }
        let own: Vec<u32> = (0..)
            .zip(own)
            .map(|(row, &col)| if col != NOBODY && board.allows(row, col) { col } else { NOBODY })
            .collect();
        let mut taken = vec![false; own.len()];
        own.iter().filter(|&&col| col != NOBODY).for_each(|&col| taken[col as usize] = true);
        let at = |free: &mut dyn Iterator<Item = bool>| -> Vec<u32> {
            (0..).zip(free).filter_map(|(at, free)| free.then_some(at)).collect()
        };
        let rows = at(&mut own.iter().map(|&col| col == NOBODY));
        let cols = at(&mut taken.iter().map(|taken| !taken));
        let others = |row: u32| board.size() - board.forbidden_count_row(row);
        let open = |row: u32| {
            let own = u32::from(own[row as usize] != NOBODY);
            own + number(cols.iter().filter(|&&col| board.allows(row, col)).count())
        };
        let fits = (0..board.size()).all(|row| own[row as usize] == NOBODY || others(row) == open(row));
        (fits && rows.len() <= MOST).then(|| Self { board: Arc::clone(board), own, rows, cols })
    }

    fn attempt(&self, stream: &mut Stream) -> Option<Rounds> {
        let size = self.board.size();
        let mut draw = self.own.clone();
        let mut drawn: Vec<u32> = Vec::with_capacity(self.cols.len());
        let mut left: Vec<u32> = Vec::new();
        for &col in &self.cols {
            let row = loop {
                let row = stream.below(size);
                if !drawn.contains(&row) {
                    break row;
                }
            };
            if !self.board.allows(row, col) {
                return None;
            }
            drawn.push(row);
            let own = std::mem::replace(&mut draw[row as usize], col);
            left.extend(Some(own).filter(|&own| own != NOBODY));
        }
        // m!/J! is the chance that of J ways m are to be had, one after the other.
        let (some, all) = (number(left.len()), number(self.cols.len()));
        if (some + 1..=all).any(|of| stream.below(of) > 0) {
            return None;
        }
        stream.shuffle(&mut left);
        for (&row, col) in self.rows.iter().filter(|row| !drawn.contains(row)).zip(left) {
            if !self.board.allows(row, col) {
                return None;
            }
            draw[row as usize] = col;
        }
        Some(vec![draw])
    }
}

impl Sampler for Insertion {
    fn label(&self) -> (&'static str, Uniformity) {
        ("insertion", Uniformity::Exact)
    }

    fn ln_bound(&self) -> f64 {
        let (size, few) = (self.board.size(), number(self.cols.len()));
        ln_factorial(size) - ln_factorial(size - few) + ln_factorial(few)
    }

    fn steps(&self) -> f64 {
        f64::from(self.board.size()) / 4.0
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        attempts(left, || self.attempt(stream))
    }
}
