//! From numbers of pairs to the pairs.

use crate::matcher::question::board::{Board, number};
use crate::matcher::random::Stream;

/// The pairs made so far, and who is open.
pub(super) struct Deal<'b> {
    board: &'b Board,
    givers: Vec<u32>,
    receivers: Vec<u32>,
    draw: Vec<u32>,
}

impl<'b> Deal<'b> {
    /// Nobody is dealt to yet.
    pub(super) fn new(board: &'b Board) -> Self {
        Self { board, givers: Vec::new(), receivers: Vec::new(), draw: vec![0; board.size() as usize] }
    }

    /// The draw, once nobody is open.
    pub(super) fn finished(self) -> Vec<u32> {
        self.draw
    }

    /// Adds a group: `taking` of its givers, drawn at random, take open receivers, `taken` of its receivers get open
    /// givers. Whether all pairs are allowed.
    pub(super) fn add(&mut self, group: u32, taking: u32, taken: u32, stream: &mut Stream) -> bool {
        let mut rows = self.board.rows_of(group).to_vec();
        let mut cols = self.board.cols_of(group).to_vec();
        for _ in 0..taking {
            let (row, col) = (pull(&mut rows, stream), pull(&mut self.receivers, stream));
            self.draw[row as usize] = col;
            if !self.board.allows(row, col) {
                return false;
            }
        }
        for _ in 0..taken {
            let (row, col) = (pull(&mut self.givers, stream), pull(&mut cols, stream));
            self.draw[row as usize] = col;
            if !self.board.allows(row, col) {
                return false;
            }
        }
        self.givers.append(&mut rows);
        self.receivers.append(&mut cols);
        true
    }
}

/// Takes out one, drawn at random. There must be one.
fn pull(from: &mut Vec<u32>, stream: &mut Stream) -> u32 {
    let at = stream.below(number(from.len()));
    from.swap_remove(at as usize)
}
