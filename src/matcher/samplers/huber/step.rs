//! One giver's choice among the receivers.

use super::receivers::{APART, OWN, Receivers, TAKEN};
use super::table::Table;
use crate::matcher::question::board::number;
use crate::matcher::random::Stream;

/// What a step gives: the column, and the sum S of the allowed columns' weights.
pub(crate) struct Step {
    pub(crate) col: u32,
    pub(crate) sum: f64,
}

impl Receivers<'_> {
    /// Lets `row` go by: it may take a column, and whatever it takes, the columns forbidden to it have one forbidden giver
    /// less. `left` is the number of rows to come after it, and so a column's givers are `left` minus its f. Draws an
    /// allowed column with probability proportional to 1/h of that; `None` when none is allowed.
    #[inline]
    pub(crate) fn step(&mut self, row: u32, left: u32, table: &Table, stream: &mut Stream) -> Option<Step> {
        self.release(row);
        let (light, top) = self.histogram.weigh(table, left);
        let apart = self.weigh_heavy(left, table);
        let sum = light + apart;
        if sum <= 0.0 {
            return None;
        }
        let pick = if apart > 0.0 { stream.unit() * sum } else { f64::INFINITY };
        let col = if pick < apart {
            self.take_heavy(pick, left, table)
        } else {
            self.take_light(row, left, (light, top), table, stream)
        };
        self.heavy.iter_mut().for_each(|heavy| heavy.barred = false);
        Some(Step { col, sum })
    }

    /// Lowers f of the columns forbidden to `row`, and keeps them out of the next weighing.
    #[inline]
    fn release(&mut self, row: u32) {
        let side = self.side;
        let group = side.row_group(row);
        let cols = side.cols_of(group);
        if cols.len() > self.limits.wide {
            self.release_group(self.wide_of[cols[0] as usize] as usize);
        } else {
            cols.iter().for_each(|&col| self.release_one(col));
        }
        side.extra(row).iter().for_each(|&col| self.release_one(col));
        side.before().iter().for_each(|round| self.release_one(round.col_of[row as usize]));
    }

    #[inline]
    fn release_one(&mut self, col: u32) {
        let state = self.state[col as usize];
        if state & TAKEN != 0 {
            return;
        }
        if state & APART != 0 {
            let heavy = &mut self.heavy[usize::from(state & OWN)];
            heavy.own -= 1;
            heavy.barred = true;
            return;
        }
        let own = u32::from(state & OWN);
        self.state[col as usize] = state - 1;
        let f = self.f_of(col, own);
        self.histogram.remove(f, 1);
        self.histogram.add(f - 1, 1);
        let wide = self.wide_of(col);
        if let Some(wide) = self.wide.get_mut(wide as usize) {
            wide.by_own[own as usize] -= 1;
            wide.by_own[own as usize - 1] += 1;
        }
    }

    fn release_group(&mut self, at: usize) {
        let wide = &mut self.wide[at];
        wide.rows -= 1;
        for (&count, own) in wide.by_own.iter().zip(0..) {
            if count > 0 {
                let f = own + wide.rows;
                self.histogram.remove(f + 1, count);
                self.histogram.add(f, count);
            }
        }
        for heavy in &mut self.heavy {
            heavy.barred |= self.wide_of[heavy.col as usize] as usize == at;
        }
    }

    fn weigh_heavy(&self, left: u32, table: &Table) -> f64 {
        let open = self.heavy.iter().filter(|heavy| !heavy.taken && !heavy.barred);
        open.map(|heavy| table.inverse(left - self.f_of(heavy.col, heavy.own))).sum()
    }

    fn take_heavy(&mut self, mut pick: f64, left: u32, table: &Table) -> u32 {
        let mut last = 0;
        for (at, heavy) in self.heavy.iter().enumerate().filter(|(_, heavy)| !heavy.taken && !heavy.barred) {
            last = at;
            pick -= table.inverse(left - self.f_of(heavy.col, heavy.own));
            if pick < 0.0 {
                break;
            }
        }
        self.heavy[last].taken = true;
        let col = self.heavy[last].col;
        self.state[col as usize] |= TAKEN;
        col
    }

    /// Draws among the light columns: by trying one at random, or, where few are left or weights differ much, in one
    /// pass over all.
    #[inline]
    fn take_light(&mut self, row: u32, left: u32, light: (f64, u32), table: &Table, stream: &mut Stream) -> u32 {
        let (light, top) = light;
        let most = table.inverse(left - top);
        let count = number(self.unused.len());
        if count <= self.limits.scan || f64::from(count) * most > 16.0 * light {
            return self.scan(row, left, light, table, stream);
        }
        loop {
            let at = stream.below(count);
            let col = self.unused[at as usize];
            let f = self.f_of(col, u32::from(self.state[col as usize] & OWN));
            let weight = table.inverse(left - f);
            if (weight >= most || chance(weight, most, stream)) && self.side.allows(row, col) {
                self.take(at as usize, f);
                return col;
            }
        }
    }

    fn scan(&mut self, row: u32, left: u32, light: f64, table: &Table, stream: &mut Stream) -> u32 {
        let mut pick = stream.unit() * light;
        let mut last = (0, 0);
        for at in 0..self.unused.len() {
            let col = self.unused[at];
            if !self.side.allows(row, col) {
                continue;
            }
            let f = self.f_of(col, u32::from(self.state[col as usize] & OWN));
            last = (at, f);
            pick -= table.inverse(left - f);
            if pick < 0.0 {
                break;
            }
        }
        let col = self.unused[last.0];
        self.take(last.0, last.1);
        col
    }

    /// Takes the unused column at a place out of everything.
    #[inline]
    pub(super) fn take(&mut self, at: usize, f: u32) {
        let col = self.unused.swap_remove(at);
        let state = self.state[col as usize];
        self.state[col as usize] = state | TAKEN;
        self.histogram.remove(f, 1);
        let wide = self.wide_of(col);
        if let Some(wide) = self.wide.get_mut(wide as usize) {
            wide.by_own[usize::from(state & OWN)] -= 1;
        }
    }
}

/// Whether an event of probability `share`/`whole` comes about. One word decides nearly always; only when the word's 32 bits
/// are those of the probability itself are 53 more drawn.
#[inline]
fn chance(share: f64, whole: f64, stream: &mut Stream) -> bool {
    let share = share * 4_294_967_296.0; // 2³²
    let reached = f64::from(stream.next_u32()) * whole;
    if reached + whole <= share {
        return true;
    }
    reached < share && stream.unit() * whole < share - reached
}
