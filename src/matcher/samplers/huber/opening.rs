//! The long beginning of a large draw, with next to no bookkeeping.
//!
//! Far from the end all receivers weigh nearly the same and S is nearly 1: with m receivers unused, a candidate is refused
//! for its weight with probability d/m at most or so, and the attempt is given up with about the square of that. So the coin
//! is tossed before anything is looked up, with a probability q that is surely large enough; only where it falls on its
//! wrong side, at an *alarm*, is the true probability p worked out from the lists, and a second coin of p/q decides. Two
//! such coins are one coin of p: every draw is exactly as likely as by [`super::step`]. There are about d·ln n alarms in a
//! draw. All other steps are those of a plain shuffle, with a look at each giver's own short list.
//!
//! The last rows, where alarms would come too often, are one attempt of the parent's on a board of their own: the bound of
//! a state is the product of h(c)/e over its unused columns, and every c is the same on that board.
//!
//! # What is large enough
//!
//! Let m - 1 rows be still to come, no column have more than D of them forbidden, and no row more than R columns. A step of
//! the recursion is h(r+1) - h(r) = h(r)·(exp(1/h(r)) - 1) = 1 + 1/(2h(r)) + .., more than 1 and at most 1 + 1/h(r); summed
//! up, r + 1 <= h(r) <= r + 2 + ln(r+1)/2 (a test checks it).
//!
//! - A candidate is refused with probability 1 - h(m-1-D)/h(m-1-f) <= D·(1 + 1/(m-D))/m. If m >= 8D² that is less than
//!   1 - (1 - 1/m)^(D+1), the probability that one of D + 1 coins of 1/m falls.
//! - The attempt is given up with probability 1 - S·e^(1-S), which with x = S - 1 is at most x²/2 for x >= 0 and at most x² for
//!   x >= -1/2. From m/(m-D) >= S >= (m-R)/h(m-1) follows at most (B/m)² with B = max(1.5·D, R + 2 + ln(n)/2), and if
//!   m >= 2B² that is less than one coin of 1/m.
//!
//! Such coins need not be tossed one by one: a coin of 1/m for every m from a downwards stays up beyond b with probability
//! (1 - 1/a)·..·(1 - 1/(b+1)) = b/a, so the first m at which it falls is uniform on 1..=a.

use super::receivers::Limits;
use super::side::Side;
use super::spread::Spread;
use super::table::Table;
use super::{Weighing, better_side, longest_useful_tail, share};
use crate::matcher::blocks::local_groups;
use crate::matcher::board::{Board, number};
use crate::matcher::random::Stream;
use crate::matcher::sight::NOBODY;

/// Rows are dealt to in batches of this many, and then looked at: see [`Stream::deal`].
const BATCH: u32 = 64;

/// What all attempts on one large board share.
pub(in crate::matcher) struct Opening<'b> {
    side: Side<'b>,
    /// How many rows are left to the parent's way.
    rest: u32,
    /// How many of those are left to the exact count.
    stop: u32,
    /// D: the forbidden rows of the worst column.
    most: u32,
    alarms: Alarms,
    table: Table,
}

/// What stands for the coins of unknown probability.
#[derive(Clone, Copy)]
pub(in crate::matcher) struct Alarms {
    /// So many coins of 1/m for the refusal of a candidate.
    pub(in crate::matcher) refusal: u32,
    /// So many coins of 1/m for giving up.
    pub(in crate::matcher) surrender: u32,
    /// B: an attempt is given up with probability (B/m)² at most.
    pub(in crate::matcher) spread: f64,
}

impl<'b> Opening<'b> {
    /// For a board that is large for its worst row and column; `None` for others.
    pub(super) fn of(board: &'b Board) -> Option<Self> {
        let (side, cols, rows) = better_side(board);
        let size = f64::from(side.size());
        let (most, widest) = (f64::from(cols.most()), f64::from(rows.most()));
        let spread = (1.5 * most).max(widest + 2.0 + 0.5 * libm::log(size.max(1.0)));
        let rest = (8.0 * most * most).max(2.0 * spread * spread).max(f64::from(Table::LEAST));
        if 2.0 * rest > size {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1024 and the board's size"
        )]
        let rest = rest as u32;
        let alarms = Alarms { refusal: cols.most() + 1, surrender: 1, spread };
        Some(Self::with((side, &cols), rest, longest_useful_tail(rest, cols.most()), alarms))
    }

    /// The same with a given number of rows left to the parent's way, and of these to the exact count.
    fn with((side, cols): (Side<'b>, &Spread), rest: u32, stop: u32, alarms: Alarms) -> Self {
        let most = cols.most();
        Self { side, rest, stop, most, alarms, table: Table::new(stop.saturating_sub(most), rest) }
    }

    /// On a small board, where alarms have to come nearly always.
    #[cfg(test)]
    pub(in crate::matcher) fn forced(board: &'b Board, rest: u32, stop: u32, alarms: Alarms) -> Self {
        let (side, cols, _) = better_side(board);
        let mut opening = Self::with((side, &cols), rest, if cols.most() < stop { stop } else { 0 }, alarms);
        opening.table = Table::new(opening.stop.saturating_sub(opening.most), board.size());
        opening
    }

    /// Cost expected of one draw, in steps of a plain shuffle.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn steps(&self) -> f64 {
        1.4 * (3.0 * f64::from(self.side.size()) + 0.15 * self.side.forbidden() as f64 + 50.0 * f64::from(self.rest))
    }

    /// One attempt; receivers by giver.
    pub(in crate::matcher) fn attempt(&self, stream: &mut Stream) -> Option<Vec<u32>> {
        let size = self.side.size();
        let end = size - self.rest;
        let mut cols: Vec<u32> = (0..size).collect();
        let mut refusal = fall(self.alarms.refusal, size, stream);
        let mut surrender = fall(self.alarms.surrender, size, stream);
        let mut row = 0;
        loop {
            let alarm = end.min(size - refusal.max(surrender));
            while row < alarm {
                row = self.deal(row, alarm.min(row + BATCH), &mut cols, stream);
            }
            if alarm == end {
                break;
            }
            let left = size - row;
            if surrender == left {
                if self.gives_up(row, &cols, stream) {
                    return None;
                }
                surrender = fall(self.alarms.surrender, left - 1, stream);
            }
            let mut alarmed = 0.0;
            if refusal == left {
                alarmed = any(self.alarms.refusal, left);
                refusal = fall(self.alarms.refusal, left - 1, stream);
            }
            self.choose(row, &mut cols, alarmed, stream);
            row += 1;
        }
        self.finish(&mut cols, stream).then(|| self.side.straighten(cols))
    }

    /// Deals to rows without an alarm, up to `end` or to the first that would get a forbidden column and so has to choose
    /// again. Returns the row that comes next.
    fn deal(&self, row: u32, end: u32, cols: &mut [u32], stream: &mut Stream) -> u32 {
        let mut places = [0; BATCH as usize];
        let places = &mut places[..(end - row) as usize];
        stream.deal(cols, row, places);
        let clash = (row..end).find(|&row| !self.side.allows(row, cols[row as usize]));
        let Some(clash) = clash else { return end };
        for later in (clash..end).rev() {
            cols.swap(later as usize, places[(later - row) as usize] as usize);
        }
        self.choose(clash, cols, 1.0, stream);
        clash + 1
    }

    /// Gives a row an allowed column in proportion to the weights. `alarm` is how likely the first candidate was to be
    /// doubted; at 0 it is welcome if it is allowed. All others are doubted.
    fn choose(&self, row: u32, cols: &mut [u32], mut alarm: f64, stream: &mut Stream) {
        let left = number(cols.len()) - row;
        loop {
            let place = row + stream.below(left);
            let col = cols[place as usize];
            if self.side.allows(row, col)
                && (alarm <= 0.0 || stream.unit() * alarm >= self.refusal(row, col, left - 1, alarm))
            {
                return cols.swap(row as usize, place as usize);
            }
            alarm = 1.0;
        }
    }

    /// The probability that a candidate is refused for its weight.
    fn refusal(&self, row: u32, col: u32, to_come: u32, alarm: f64) -> f64 {
        let weight = |forbidden| self.table.anywhere(to_come.saturating_sub(forbidden));
        let refusal = 1.0 - weight(self.side.forbidden_after(row, col)) / weight(self.most);
        debug_assert!(refusal <= alarm, "the coin was too light: {refusal} for {alarm}");
        refusal
    }

    /// Whether an attempt that may have to be given up at this row is.
    fn gives_up(&self, row: u32, cols: &[u32], stream: &mut Stream) -> bool {
        let left = number(cols.len()) - row;
        let limit = stream.unit() * any(self.alarms.surrender, left);
        let part = self.alarms.spread / f64::from(left);
        if limit >= part * part {
            return false;
        }
        let weight = |forbidden| self.table.anywhere((left - 1).saturating_sub(forbidden));
        let weights: Vec<f64> = (0..=self.most).map(weight).collect();
        let allowed = cols[row as usize..].iter().filter(|&&col| self.side.allows(row, col));
        let sum: f64 = allowed.map(|&col| weights[self.side.forbidden_after(row, col) as usize]).sum();
        debug_assert!(1.0 - share(sum) <= part * part, "the sum was further from 1 than thought: {sum}");
        limit < 1.0 - share(sum)
    }

    /// Deals the last columns to the last rows.
    fn finish(&self, cols: &mut [u32], stream: &mut Stream) -> bool {
        let first = self.side.size() - self.rest;
        let cols = &mut cols[first as usize..];
        let board = self.board_of(first, cols);
        let (side, turned) = (Side::straight(&board), Side::turned(&board));
        let spreads = (&Spread::of(side), &Spread::of(turned));
        let weighing = Weighing::of(side, spreads, (self.stop, self.most), Limits::USUAL);
        let Some(draw) = weighing.attempt(weighing.receivers(&[]), stream) else { return false };
        let unused = cols.to_vec();
        cols.iter_mut().zip(draw).for_each(|(col, at)| *col = unused[at as usize]);
        true
    }

    /// The board of the rows from `first` on and as many columns.
    fn board_of(&self, first: u32, cols: &[u32]) -> Board {
        let row_groups = (first..self.side.size()).map(|row| self.side.row_group(row));
        let col_groups = cols.iter().map(|&col| self.side.col_group(col));
        let mut name = vec![NOBODY; self.side.groups() as usize];
        let (row_group, col_group) = local_groups(row_groups, col_groups, &mut name);
        let mut cells = Vec::new();
        for (&col, at) in cols.iter().zip(0..) {
            let rows = self.side.extra_by_col(col);
            let rows = &rows[rows.partition_point(|&row| row < first)..];
            cells.extend(rows.iter().map(|&row| (row - first, at)));
        }
        Board::new(row_group, col_group, cells.iter().copied())
    }
}

/// The first m, from `most` downwards, at which any of so many coins of 1/m falls; 0 when there are none.
fn fall(coins: u32, most: u32, stream: &mut Stream) -> u32 {
    (0..coins).map(|_| 1 + stream.below(most)).max().unwrap_or(0)
}

/// The probability that any of so many coins of 1/m falls.
fn any(coins: u32, m: u32) -> f64 {
    -libm::expm1(f64::from(coins) * libm::log1p(-1.0 / f64::from(m)))
}
