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
//! With d forbidden cells in each of many rows that probability is about 0.69 whatever d is. Most of the loss comes from the
//! last few steps, so the walk may stop at the last m rows, count them exactly ([`tail`]), and accept with
//! per(rest)/u(rest); then h only has to be a bound from the smallest c that can occur there, and is smaller
//! ([`table`]): 0.79 to 0.9.
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
pub(crate) mod table;
mod tail;

use self::opening::Opening;
use self::receivers::{Limits, Receivers};
use self::side::Side;
use self::spread::Spread;
use self::table::Table;
use self::tail::Tail;
use crate::matcher::board::{Board, number};
use crate::matcher::random::Stream;

/// No tail has more rows.
const LONGEST_TAIL: u32 = 16;

/// Draws; exact to 1e-9. `None` after `budget` attempts.
pub(crate) fn draw(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    draw_if(board, stream, budget, |_| true)
}

/// Draws among those draws that `accept` likes, a whole attempt being thrown away when it does not. `None` after `budget`
/// attempts, liked or not.
pub(crate) fn draw_if(
    board: &Board,
    stream: &mut Stream,
    budget: u64,
    accept: impl Fn(&[u32]) -> bool,
) -> Option<Vec<u32>> {
    if let Some(opening) = Opening::of(board) {
        return (0..budget).find_map(|_| opening.attempt(stream).filter(|draw| accept(draw)));
    }
    let plan = Weighing::new(board, 1)?;
    let attempt = |stream: &mut Stream| plan.attempt(plan.receivers(&[]), stream).map(|draw| plan.straighten(draw));
    (0..budget).find_map(|_| attempt(stream).filter(|draw| accept(draw)))
}

/// ln of the bound on the number of valid draws, from the better side: attempts succeed with probability (number of valid
/// draws)/bound. O(n).
pub(crate) fn log_bound(board: &Board) -> f64 {
    let sides = [Side::straight(board), Side::turned(board)];
    sides.map(|side| Spread::of(side).log_bound(board.size())).into_iter().fold(f64::INFINITY, f64::min)
}

/// Cost expected of one draw, in steps of a plain shuffle.
pub(crate) fn steps_of_draw(board: &Board) -> f64 {
    Opening::of(board).map_or_else(|| steps(board), |opening| opening.steps())
}

/// The same when every giver is weighed for, as on a small board, in several rounds and on a walk.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(crate) fn steps(board: &Board) -> f64 {
    let wide = (0..board.groups()).map(|group| board.cols_of(group).len()).filter(|&cols| cols > Limits::USUAL.wide);
    let listed = board.forbidden() as f64 - wide.map(|cols| cols as f64 * cols as f64).sum::<f64>();
    1.4 * (15.0 * f64::from(board.size()) + 4.0 * listed.max(0.0))
}

/// What all attempts on one board share.
pub(crate) struct Weighing<'b> {
    pub(crate) side: Side<'b>,
    limits: Limits,
    /// No column with a larger f is kept among the others.
    light: u32,
    /// The order in which rows come; their own order when `None`.
    order: Option<Vec<u32>>,
    pub(crate) table: Table,
    /// How many rows are left to the exact count.
    stop: u32,
}

impl<'b> Weighing<'b> {
    /// Prepares to draw up to `rounds` rounds one after another, each forbidding the ones before. `None` when the
    /// board has more listed cells than this method keeps count of (2²⁸).
    pub(crate) fn new(board: &'b Board, rounds: u32) -> Option<Self> {
        Self::with(board, rounds, None, Limits::USUAL)
    }

    /// The same with a given number of rows left to the exact count, where that many can be.
    pub(crate) fn with(board: &'b Board, rounds: u32, stop: Option<u32>, limits: Limits) -> Option<Self> {
        if board.extra_total() >= 1 << 28 {
            return None;
        }
        let size = board.size();
        let (side, cols, rows) = better_side(board);
        let most = cols.most() + rounds - 1;
        let stop = stop.unwrap_or_else(|| longest_useful_tail(size, most));
        let stop = if most < stop && stop <= size { stop } else { 0 };
        Some(Self::of(side, (&cols, &rows), (stop, most), limits))
    }

    /// `cut` says how many rows are left to the exact count, and how many of them no column has forbidden more than.
    fn of(side: Side<'b>, (cols, rows): (&Spread, &Spread), (stop, most): (u32, u32), limits: Limits) -> Self {
        let first = stop.saturating_sub(most);
        let (order, table) = (order(side, rows, limits.wide), Table::new(first, side.size().max(first)));
        Self { side, limits, light: cols.light(limits), order, table, stop }
    }

    /// The start of every attempt: all receivers unused. `before` are the rounds drawn already, as this side sees them.
    pub(crate) fn receivers<'r>(&self, before: &'r [Vec<u32>]) -> Receivers<'r>
    where
        'b: 'r,
    {
        Receivers::new(self.side, self.limits, self.light, before)
    }

    /// One attempt; per row of this side the column it takes.
    pub(crate) fn attempt(&self, mut receivers: Receivers<'_>, stream: &mut Stream) -> Option<Vec<u32>> {
        let size = self.side.size();
        let limit = stream.unit();
        let mut acceptance = 1.0;
        let mut draw = vec![0; size as usize];
        receivers.start(stream);
        for at in 0..size - self.stop {
            let row = self.row(at);
            receivers.announce(self.row((at + 3).min(size - 1)));
            let step = receivers.step(row, size - 1 - at, &self.table, stream)?;
            acceptance *= share(step.sum);
            if acceptance <= limit {
                return None;
            }
            draw[row as usize] = step.col;
        }
        std::hint::black_box(receivers.seen());
        self.finish(&receivers, limit / acceptance, stream, &mut draw).then_some(draw)
    }

    /// Counts what is left exactly, decides, and draws the rest.
    fn finish(&self, receivers: &Receivers<'_>, limit: f64, stream: &mut Stream, draw: &mut [u32]) -> bool {
        if self.stop == 0 {
            return true;
        }
        let rows: Vec<u32> = (self.side.size() - self.stop..self.side.size()).map(|at| self.row(at)).collect();
        let cols: Vec<u32> = receivers.unused().collect();
        let open = |&row: &u32| {
            let allowed = cols.iter().enumerate().filter(|&(_, &col)| receivers.allows(row, col));
            allowed.fold(0, |bits, (at, _)| bits | 1 << at)
        };
        let tail = Tail::count(rows.iter().map(open).collect());
        #[expect(clippy::cast_precision_loss, reason = "the label is exact to 1e-9, not exact")]
        let ways = tail.total() as f64;
        let shares =
            cols.iter().map(|&col| std::f64::consts::E * self.table.inverse(self.stop - receivers.forbidden(col)));
        if shares.fold(ways, |product, share| product * share) <= limit {
            return false;
        }
        for (row, at) in rows.iter().zip(tail.draw(stream)) {
            draw[*row as usize] = cols[at as usize];
        }
        true
    }

    #[inline]
    fn row(&self, at: u32) -> u32 {
        self.order.as_ref().map_or(at, |order| order[at as usize])
    }

    /// A draw of this side as receivers by giver.
    pub(crate) fn straighten(&self, draw: Vec<u32>) -> Vec<u32> {
        self.side.straighten(draw)
    }
}

/// The side whose bound is closer, and how forbidden cells are spread over its columns and its rows.
fn better_side(board: &Board) -> (Side<'_>, Spread, Spread) {
    let size = board.size();
    let (straight, turned) = (Side::straight(board), Side::turned(board));
    let (cols, rows) = (Spread::of(straight), Spread::of(turned));
    let turn = cols != rows && rows.log_bound(size) < cols.log_bound(size) - 1e-6;
    if turn { (turned, rows, cols) } else { (straight, cols, rows) }
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

/// Long enough that no column's count starts below 6, short enough that counting is not the larger part.
fn longest_useful_tail(size: u32, most: u32) -> u32 {
    let wish = if size >= 50_000 { LONGEST_TAIL } else { (most + 6).clamp(8, LONGEST_TAIL) };
    if most + 2 <= wish { wish.min(size) } else { 0 }
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
