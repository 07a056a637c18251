//! The receivers not yet taken, and for each how many givers to come may not take it; [`super::step`] lets a giver choose.

use super::histogram::Histogram;
use super::side::Side;
use crate::matcher::question::board::number;

/// Where the bookkeeping changes its form; the draws are as likely whatever these say.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// A group with more columns than this is kept as one number for all of them, not column by column.
    pub(crate) wide: usize,
    /// So many columns may be kept apart because they have far more forbidden givers than the others.
    pub(crate) heavy: usize,
    /// Nobody with at most so many forbidden givers is kept apart.
    pub(crate) calm: u32,
    /// The last so many receivers are always drawn in one pass over all, not by trial.
    pub(crate) scan: u32,
}

impl Limits {
    /// What is fast.
    pub(crate) const USUAL: Self = Self { wide: 16, heavy: 64, calm: 16, scan: 8 };
}

pub(super) const TAKEN: u16 = 1 << 15;
pub(super) const APART: u16 = 1 << 14;
pub(super) const OWN: u16 = APART - 1;
pub(super) const NOT_WIDE: u32 = u32::MAX;

/// A column kept apart.
pub(super) struct Heavy {
    pub(super) col: u32,
    pub(super) own: u32,
    pub(super) taken: bool,
    /// Not for the row at hand.
    pub(super) barred: bool,
}

/// A group kept as one number.
pub(super) struct Wide {
    /// Rows of the group still to come: forbidden givers of every column of the group.
    pub(super) rows: u32,
    /// Unused columns of the group (without those apart) by their own forbidden givers besides.
    pub(super) by_own: Vec<i32>,
}

/// The state of one attempt. A column's f is its own count plus, in a wide group, the group's rows to come.
pub(crate) struct Receivers<'b> {
    pub(crate) side: Side<'b>,
    pub(super) limits: Limits,
    /// Unused columns that are not apart, in any order.
    pub(super) unused: Vec<u32>,
    /// Per column: taken, apart (then the rest is its place in `heavy`), own count.
    pub(super) state: Vec<u16>,
    pub(super) heavy: Vec<Heavy>,
    pub(super) wide_of: Vec<u32>,
    pub(super) wide: Vec<Wide>,
    pub(super) histogram: Histogram,
}

impl<'b> Receivers<'b> {
    /// The rows from `first` on are to come, the columns of `cols` unused; one with more than `light` forbidden rows is kept
    /// apart. O(size).
    pub(crate) fn new(side: Side<'b>, limits: Limits, light: u32, (first, cols): (u32, &[u32])) -> Self {
        let size = side.size();
        let wide_groups: Vec<u32> =
            (0..side.groups()).filter(|&group| side.cols_of(group).len() > limits.wide).collect();
        let mut wide_of = if wide_groups.is_empty() { Vec::new() } else { vec![NOT_WIDE; size as usize] };
        for (&group, at) in wide_groups.iter().zip(0..) {
            side.cols_of(group).iter().for_each(|&col| wide_of[col as usize] = at);
        }
        let wide = wide_groups.iter().map(|&group| Wide { rows: number(side.rows_of(group).len()), by_own: vec![0] });
        let mut receivers = Self {
            side,
            limits,
            unused: Vec::with_capacity(size as usize),
            state: vec![TAKEN; size as usize],
            heavy: Vec::new(),
            wide_of,
            wide: wide.collect(),
            histogram: Histogram::new(0),
        };
        receivers.place_all(light, first, cols);
        receivers
    }

    fn place_all(&mut self, light: u32, first: u32, cols: &[u32]) {
        let rounds = number(self.side.before().len());
        let most = light + rounds;
        self.histogram = Histogram::new(most);
        for &col in cols {
            let f = self.side.forbidden_from(first, col);
            let wide = self.wide_of(col);
            let own = if wide == NOT_WIDE { f } else { number(self.side.extra_by_col(col).len()) + rounds };
            if f > most || own > u32::from(OWN) {
                self.state[col as usize] = APART | u16::try_from(self.heavy.len()).unwrap_or(OWN);
                self.heavy.push(Heavy { col, own, taken: false, barred: false });
                continue;
            }
            self.state[col as usize] = u16::try_from(own).expect("no larger than OWN");
            self.unused.push(col);
            self.histogram.add(f, 1);
            if wide != NOT_WIDE {
                let by_own = &mut self.wide[wide as usize].by_own;
                by_own.resize(by_own.len().max(own as usize + 1), 0);
                by_own[own as usize] += 1;
            }
        }
        self.histogram.settle();
    }

    #[inline]
    pub(super) fn wide_of(&self, col: u32) -> u32 {
        self.wide_of.get(col as usize).copied().unwrap_or(NOT_WIDE)
    }

    /// f of a column given its own count.
    #[inline]
    pub(super) fn f_of(&self, col: u32, own: u32) -> u32 {
        match self.wide.get(self.wide_of(col) as usize) {
            Some(wide) => own + wide.rows,
            None => own,
        }
    }

    /// Takes a column out before the first step, without a giver.
    pub(crate) fn set_aside(&mut self, col: u32) {
        if let Some(heavy) = self.heavy.iter_mut().find(|heavy| heavy.col == col) {
            heavy.taken = true;
            self.state[col as usize] |= TAKEN;
        } else if let Some(at) = self.unused.iter().position(|&unused| unused == col) {
            self.take(at, self.forbidden(col));
        }
    }

    /// f of an unused column.
    pub(crate) fn forbidden(&self, col: u32) -> u32 {
        let state = self.state[col as usize];
        let own = if state & APART == 0 { u32::from(state & OWN) } else { self.heavy[usize::from(state & OWN)].own };
        self.f_of(col, own)
    }
}
