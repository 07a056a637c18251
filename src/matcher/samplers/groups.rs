//! Many unequal groups: how many ways there are, group by group.
//!
//! # The argument
//!
//! Groups are added one by one, largest first. Of those added so far some givers have no receiver yet and some receivers no giver:
//! x open givers, y open receivers (y - x is fixed by the groups' sizes). A new group of m givers and w receivers may only
//! deal with the others: a of its givers take open receivers and b of its receivers get open givers, in
//! C(m,a)·y(y-1)..(y-a+1) · C(w,b)·x(x-1)..(x-b+1) ways, which leaves x' = x - b + m - a. Every permutation without a pair
//! inside a group arises in exactly one way: look at it restricted to the first groups. So the sum over all paths from
//! x = 0 to x = 0 is the number of such permutations; all terms are positive, nothing cancels (the usual
//! inclusion-exclusion alternates and needs thousands of digits). Walking back from the end, each step drawn in proportion
//! to its ways, and then realising each step uniformly, draws a uniform permutation.
//!
//! States are few: no more may be open than people still come. One giant group makes it cheaper, not dearer. For groups of
//! the same size the transition weights are the same and are computed once.
//!
//! Rules besides the groups are refused at the first clash; then the path is drawn again too.

mod deal;
mod large;
mod stages;

use std::sync::{Arc, OnceLock};

use self::deal::Deal;
use self::large::Large;
use self::stages::{Stage, stages};
use super::rejection::steps_to_clash;
use super::{Rounds, Sampler, attempts, one_group};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::{Board, number};
use crate::matcher::random::Stream;

/// No more states than this are kept (16 bytes each).
const MOST_STATES: f64 = 4e6;

/// Most groups that are worth counting through one by one.
const MOST_GROUPS: u32 = 20_000;

/// A board with the table of its groups, filled when first asked for.
pub(crate) struct Groups {
    board: Arc<Board>,
    table: OnceLock<Table>,
    work: f64,
    clashes: f64,
}

impl Groups {
    /// Prepares; `None` when there would be too many states.
    pub(crate) fn new(board: &Arc<Board>) -> Option<Self> {
        let work = (board.groups() <= MOST_GROUPS).then(|| work(board)).flatten()?;
        Some(Self { board: Arc::clone(board), table: OnceLock::new(), work, clashes: one_group::clashes(board, false) })
    }

    /// Operations to fill the table.
    pub(crate) fn work(&self) -> f64 {
        self.work
    }

    /// Clashes of an attempt with the rules besides the groups, on average.
    pub(crate) fn clashes(&self) -> f64 {
        self.clashes
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::fill(&self.board))
    }
}

impl Sampler for Groups {
    fn label(&self) -> (&'static str, Uniformity) {
        ("groups", Uniformity::ExactTo1e9)
    }

    /// The number of draws that keep all groups apart.
    fn ln_bound(&self) -> f64 {
        let total = self.table().total();
        if total.is_zero() { f64::NEG_INFINITY } else { total.ln() }
    }

    fn steps(&self) -> f64 {
        5.0 * steps_to_clash(f64::from(self.board.size()), self.clashes)
    }

    fn always(&self) -> bool {
        self.board.extra_total() == 0
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let table = self.table();
        if table.total().is_zero() {
            return None;
        }
        attempts(left, || table.attempt(&self.board, stream)).map(|draw| vec![draw])
    }
}

/// Operations to fill the table; `None` when there would be too many states. O(groups).
fn work(board: &Board) -> Option<f64> {
    let stages = stages(board);
    let (mut states, mut operations) = (0.0, 0.0);
    let mut last = (0, 0, 0);
    for pair in stages.windows(2) {
        let (from, to) = (&pair[0], &pair[1]);
        let open = f64::from(from.most) + 1.0;
        states += open;
        operations += open * f64::from(to.rows + to.cols + 1);
        if last != (to.rows, to.cols, from.ahead) {
            operations += open * f64::from(to.rows.min(from.most) + 1) * f64::from(to.cols.min(from.most) + 1);
            last = (to.rows, to.cols, from.ahead);
        }
    }
    (states <= MOST_STATES).then_some(operations)
}

/// Per stage and number of open givers, the number of ways to get there.
struct Table {
    stages: Vec<Stage>,
    ways: Vec<Vec<Large>>,
}

impl Table {
    fn fill(board: &Board) -> Self {
        let stages = stages(board);
        let mut ways = vec![vec![Large::ONE]];
        let mut transitions: Vec<Vec<Large>> = Vec::new();
        let mut last = None;
        for pair in stages.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            let key = (to.rows, to.cols, from.ahead);
            if last != Some(key) {
                transitions.clear();
                last = Some(key);
            }
            let known = number(transitions.len());
            transitions.extend((known..=from.most).map(|open| convolve(from, to, open)));
            let before = &ways[ways.len() - 1];
            let next = (0..=to.most).map(|open| {
                let mut sum = Large::ZERO;
                for (previous, settled) in predecessors(from, to, open) {
                    if let Some(&ways) = transitions[previous as usize].get(settled as usize) {
                        sum.add(ways.product(before[previous as usize]));
                    }
                }
                sum.normal()
            });
            let next = next.collect();
            ways.push(next);
        }
        Self { stages, ways }
    }

    /// The number of ways to have nobody open at the end.
    fn total(&self) -> Large {
        self.ways[self.ways.len() - 1][0]
    }

    /// One attempt: a path backwards, and along it forwards the pairs.
    fn attempt(&self, board: &Board, stream: &mut Stream) -> Option<Vec<u32>> {
        let mut path = Vec::with_capacity(self.stages.len());
        let mut open = 0;
        for at in (1..self.stages.len()).rev() {
            let (previous, settled) = self.step_back(at, open, stream);
            path.push((at, previous, settled));
            open = previous;
        }
        let mut deal = Deal::new(board);
        for (at, previous, settled) in path.into_iter().rev() {
            let (from, to) = (&self.stages[at - 1], &self.stages[at]);
            let taking = split(from, to, previous, settled, stream);
            if !deal.add(to.group, taking, settled - taking, stream) {
                return None;
            }
        }
        Some(deal.finished())
    }

    /// Draws the state before the state `open` of stage `at`, and how many pairs the step made.
    fn step_back(&self, at: usize, open: u32, stream: &mut Stream) -> (u32, u32) {
        let (from, to) = (&self.stages[at - 1], &self.stages[at]);
        let all = self.ways[at][open as usize];
        let mut pick = stream.unit();
        let mut chosen = (0, 0);
        for (previous, settled) in predecessors(from, to, open) {
            let ways = self.ways[at - 1][previous as usize];
            if ways.is_zero() {
                continue;
            }
            let step = pairs(from, to, previous, settled).fold(Large::ZERO, |mut sum, (_, ways)| {
                sum.add(ways);
                sum
            });
            if step.is_zero() {
                continue;
            }
            chosen = (previous, settled);
            pick -= step.product(ways).normal().over(all);
            if pick < 0.0 {
                break;
            }
        }
        chosen
    }
}

/// The states from which a step can lead to `open`, each with the number of pairs the step makes.
fn predecessors(from: &Stage, to: &Stage, open: u32) -> impl Iterator<Item = (u32, u32)> {
    // open = previous + rows - settled, and 0 <= settled <= rows + cols
    let first = open.saturating_sub(to.rows);
    let last = (open + to.cols).min(from.most);
    let rows = to.rows;
    (first..=last).map(move |previous| (previous, previous + rows - open))
}

/// C(group, k)·open·(open-1)..(open-k+1) for k = 0, 1, ...: ways in which k of a group's members each take another of the open.
fn takings(group: u32, open: u32) -> impl Iterator<Item = Large> {
    (0..=group.min(open)).scan(Large::ONE, move |ways, k| {
        let now = *ways;
        *ways = ways.times(f64::from(group - k) * f64::from(open - k) / f64::from(k + 1));
        Some(now)
    })
}

/// The ways to make `settled` pairs from a state with `open` open givers, by how many of the group's givers take part.
fn pairs(from: &Stage, to: &Stage, open: u32, settled: u32) -> impl Iterator<Item = (u32, Large)> {
    let taking: Vec<Large> = takings(to.rows, from.receivers(open)).collect();
    let taken: Vec<Large> = takings(to.cols, open).collect();
    (0..=settled).filter_map(move |a| {
        let ways = taking.get(a as usize)?.product(*taken.get((settled - a) as usize)?);
        Some((a, ways.normal()))
    })
}

/// The ways to make 0, 1, 2, ... pairs.
fn convolve(from: &Stage, to: &Stage, open: u32) -> Vec<Large> {
    let taking: Vec<Large> = takings(to.rows, from.receivers(open)).collect();
    let taken: Vec<Large> = takings(to.cols, open).collect();
    let mut sums = vec![Large::ZERO; taking.len() + taken.len() - 1];
    for (a, &giving) in taking.iter().enumerate() {
        for (b, &given) in taken.iter().enumerate() {
            sums[a + b].add(giving.product(given));
        }
    }
    sums.into_iter().map(Large::normal).collect()
}

/// Draws how many of `settled` pairs have their giver in the new group.
fn split(from: &Stage, to: &Stage, open: u32, settled: u32, stream: &mut Stream) -> u32 {
    let ways: Vec<(u32, Large)> = pairs(from, to, open, settled).collect();
    let mut all = Large::ZERO;
    ways.iter().for_each(|&(_, ways)| all.add(ways));
    let all = all.normal();
    let mut pick = stream.unit();
    for &(a, ways) in &ways {
        pick -= ways.over(all);
        if pick < 0.0 {
            return a;
        }
    }
    ways.last().map_or(0, |&(a, _)| a)
}
