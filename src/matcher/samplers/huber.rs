//! One giver after another, weighed by Huber's bound over the forbidden cells: exact to rounding, at a cost that grows
//! with the number of rules per person and not with e to that number.
//!
//! # The argument
//!
//! Let c(j) be the number of givers still to come who may give to the unused receiver j, and let h satisfy h(0) = 1 and
//! h(r) = h(r-1)·exp(1/h(r-1)). Call u = prod h(c(j))/e, over the unused j, the bound of a state. Let the next giver i
//! take an allowed j. Then j leaves the product, and every other allowed k loses a giver, so
//!
//! u(child j)/u = e/h(c(j)-1) · prod over allowed k of h(c(k)-1)/h(c(k)) = e/h(c(j)-1) · exp(-S), S = sum over allowed k
//! of 1/h(c(k)-1),
//!
//! the last step by the recursion, exactly. Summed over j this is S·e^(1-S), which is at most 1 (x·e^(1-x) has its maximum
//! at 1). So u of a state is at least the sum of u over its children: going to child j with probability u(child j)/u and
//! giving up the whole attempt with the remaining probability is possible, and the probabilities along a path multiply to
//! u(end)/u(start) = 1/u(start). *Every valid draw has the same probability 1/u(start) in one attempt*, hence a restart
//! on every failure draws uniformly, and an attempt succeeds with probability per(A)/u(start). This is Huber's sampler
//! for dense matrices (arXiv math/0310059) read from the complement: only forbidden givers are counted.
//!
//! With d forbidden cells in each of many rows that probability is about 0.69 whatever d is.
//!
//! One uniform number decides a whole attempt: it fails as soon as the product of the S·e^(1-S) so far is no longer above it.
//!
//! # Cost
//!
//! S needs only the number of unused receivers for every value of f = (givers to come) - c ([`histogram`]). A group (a
//! department) is one number for all its members. A few receivers whom very many may not give to are kept apart, so
//! that they do not spoil the drawing of j by trial ([`receivers`]).
//!
//! Floating point: a path of n steps multiplies n factors, each right to a few parts in 10¹⁶; the probabilities of two valid
//! draws differ by about n·10⁻¹⁶ at most: exact to 1e-9 at a million people.

mod histogram;
pub(crate) mod opening;
pub(crate) mod receivers;
pub(crate) mod side;
mod spread;
mod step;
mod table;

use std::sync::Arc;

use self::opening::Opening;
use self::receivers::{Limits, Receivers};
use self::side::Side;
use self::spread::Spread;
pub(crate) use self::table::Table;
use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::{Board, number};
use crate::matcher::random::Stream;

/// What all attempts on one board share.
pub(crate) struct Weighing {
    board: Arc<Board>,
    /// Whether givers and receivers are exchanged: see [`Side`].
    turned: bool,
    limits: Limits,
    /// No column with a larger f is kept among the others.
    light: u32,
    /// The order in which rows come; their own order when `None`.
    order: Option<Vec<u32>>,
    /// The forbidden columns of the worst row.
    widest: u32,
    table: Table,
    cols: Spread,
    /// Instead of what is worth while.
    #[cfg(test)]
    opened: Option<Opening>,
}

impl Weighing {
    /// Prepares; `None` when the board has more listed cells than are kept count of (2²⁸).
    pub(crate) fn new(board: &Arc<Board>) -> Option<Self> {
        Self::with(board, Limits::USUAL)
    }

    /// The same with given limits.
    pub(crate) fn with(board: &Arc<Board>, limits: Limits) -> Option<Self> {
        if board.extra_total() >= 1 << 28 {
            return None;
        }
        let size = board.size();
        let table = Table::new(size);
        let (straight, turned) = (Side::straight(board), Side::turned(board));
        let (mut cols, mut rows) = (Spread::of(straight), Spread::of(turned));
        let bound = |cols: &Spread| cols.ln_bound(size, 0, &table);
        let turn = cols != rows && bound(&rows) < bound(&cols) - 1e-6;
        if turn {
            std::mem::swap(&mut cols, &mut rows);
        }
        let side = if turn { turned } else { straight };
        let order = order(side, &rows, limits.wide);
        let light = cols.light(limits);
        Some(Self {
            board: Arc::clone(board),
            turned: turn,
            limits,
            light,
            order,
            widest: rows.most(),
            table,
            cols,
            #[cfg(test)]
            opened: None,
        })
    }

    /// The same for a small board, whose draws begin as those of a large one.
    #[cfg(test)]
    pub(crate) fn opened(mut self, rows: u32, coins: u32, sure: f64) -> Self {
        self.opened = Some(Opening { rows, most: self.cols.most(), coins, sure });
        self
    }

    /// How a round after so many others begins.
    fn opening(&self, before: u32) -> Option<Opening> {
        #[cfg(test)]
        if let Some(opened) = self.opened {
            return Some(Opening { most: opened.most + before, ..opened });
        }
        let opening = Opening::of(self.board.size(), self.widest + before, self.cols.most() + before);
        opening.filter(|_| self.order.is_none())
    }

    /// The board from the side with the closer bound.
    pub(crate) fn side(&self) -> Side<'_> {
        if self.turned { Side::turned(&self.board) } else { Side::straight(&self.board) }
    }

    /// ln of the bound when so many rounds have been drawn before, each of which gave every column one forbidden row more;
    /// `aside` is a column that is never drawn.
    pub(crate) fn ln_bound(&self, before: u32, aside: Option<u32>) -> f64 {
        let size = self.board.size();
        let all = self.cols.ln_bound(size, before, &self.table);
        aside.map_or(all, |col| {
            let left = size.saturating_sub(self.side().forbidden_in_col(col) + before);
            all - (self.table.ln(left) - 1.0)
        })
    }

    /// Cost of an attempt, in steps of a plain shuffle.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn steps(&self) -> f64 {
        let board = &self.board;
        let wide = (0..board.groups()).map(|group| board.cols_of(group).len()).filter(|&cols| cols > self.limits.wide);
        let listed = board.forbidden() as f64 - wide.map(|cols| cols as f64 * cols as f64).sum::<f64>();
        // Every step goes through the numbers of forbidden rows, in eights.
        let numbers = f64::from(self.light) / 4.0;
        let size = f64::from(board.size());
        let opening = self.opening(0).map_or(0.0, |opening| f64::from(opening.rows));
        2.0 * opening + ((15.0 + numbers) * size + 4.0 * listed.max(0.0)) * (1.0 - opening / size.max(1.0))
    }

    /// The table of 1/h.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The start of an attempt: all receivers unused. `before` are the rounds drawn already, as this side sees them.
    pub(crate) fn receivers<'r>(&'r self, before: &'r [Matching]) -> Receivers<'r> {
        let cols: Vec<u32> = (0..self.board.size()).collect();
        Receivers::new(self.side().after(before), self.limits, self.light, (0, &cols))
    }

    /// One attempt after other rounds; per row of this side the column it takes.
    pub(crate) fn attempt(&self, before: &[Matching], stream: &mut Stream) -> Option<Vec<u32>> {
        let (side, size) = (self.side().after(before), self.board.size());
        let mut draw: Vec<u32> = (0..size).collect();
        let (mut limit, mut first) = (stream.unit(), 0);
        let opening = self.opening(number(before.len()));
        if let Some(opening) = opening.filter(|opening| limit < opening.sure) {
            opening.deal(side, &self.table, &mut draw, stream);
            first = opening.rows;
        }
        let mut receivers = Receivers::new(side, self.limits, self.light, (first, &draw[first as usize..]));
        let mut acceptance = 1.0;
        for at in first..size {
            if opening.is_some_and(|opening| opening.rows == at) {
                (limit, acceptance) = (stream.unit(), 1.0); // Those before have been decided about by themselves.
            }
            let row = self.order.as_ref().map_or(at, |order| order[at as usize]);
            let step = receivers.step(row, size - 1 - at, &self.table, stream)?;
            acceptance *= share(step.sum);
            if acceptance <= limit {
                return None;
            }
            draw[row as usize] = step.col;
        }
        Some(draw)
    }

    /// A draw of this side as receivers by giver.
    pub(crate) fn straighten(&self, draw: Vec<u32>) -> Vec<u32> {
        self.side().straighten(draw)
    }
}

/// S·e^(1-S). Near 1 by its series, which is more exact there: with x = S - 1 it is (1+x)·e^(-x).
#[inline]
pub(crate) fn share(sum: f64) -> f64 {
    let x = sum - 1.0;
    if x.abs() > 0.01 {
        return sum * libm::exp(-x);
    }
    1.0 - x * x * (0.5 - x * (1.0 / 3.0 - x * (0.125 - x * (1.0 / 30.0 - x / 144.0))))
}

/// Rows in the order in which they are drawn, when it is not their own. Any order is right. Rows with many forbidden
/// columns come first, and the rows of wide groups are spread over the whole, so that the weights stay close together and
/// a hopeless attempt is given up early.
fn order(side: Side<'_>, rows: &Spread, wide: usize) -> Option<Vec<u32>> {
    let size = side.size();
    if (0..side.groups()).any(|group| side.cols_of(group).len() > wide) {
        let mut keyed = vec![(0_u64, 0_u32); 0];
        for group in 0..side.groups() {
            let rows = side.rows_of(group);
            let spread = u64::from(number(rows.len())) * 2;
            keyed.extend(rows.iter().zip(0_u64..).map(|(&row, rank)| {
                let alone = (u64::from(row) * 2 + 1) * u64::from(u32::MAX) / (u64::from(size) * 2);
                (if rows.len() == 1 { alone } else { (rank * 2 + 1) * u64::from(u32::MAX) / spread }, row)
            }));
        }
        keyed.sort_unstable();
        return Some(keyed.into_iter().map(|(_, row)| row).collect());
    }
    if u64::from(rows.most()) <= 4 * rows.usual() + 16 {
        return None;
    }
    let mut rows: Vec<u32> = (0..size).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(side.forbidden_in_row(row)));
    Some(rows)
}
