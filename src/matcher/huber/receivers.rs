//! The receivers not yet taken, and for each how many givers to come may not take it.

use super::histogram::Histogram;
use super::side::Side;
use super::table::Table;
use crate::matcher::board::number;
use crate::matcher::random::Stream;

/// Where the bookkeeping changes its form; the draws are as likely whatever these say.
#[derive(Clone, Copy)]
pub(in crate::matcher) struct Limits {
    /// A group with more columns than this is kept as one number for all of them, not column by column.
    pub(in crate::matcher) wide: usize,
    /// So many columns may be kept apart because they have far more forbidden givers than the others.
    pub(in crate::matcher) heavy: usize,
    /// Nobody with at most so many forbidden givers is kept apart.
    pub(in crate::matcher) calm: u32,
    /// The last so many receivers are always drawn in one pass over all, not by trial.
    pub(in crate::matcher) scan: u32,
}

impl Limits {
    /// What is fast.
    pub(in crate::matcher) const USUAL: Self = Self { wide: 16, heavy: 64, calm: 16, scan: 8 };
}

const TAKEN: u16 = 1 << 15;
const APART: u16 = 1 << 14;
const OWN: u16 = APART - 1;
const NOT_WIDE: u32 = u32::MAX;

/// A column kept apart.
#[derive(Clone)]
struct Heavy {
    col: u32,
    own: u32,
    taken: bool,
    /// Not for the row at hand.
    barred: bool,
}

/// A group kept as one number.
#[derive(Clone)]
struct Wide {
    /// Rows of the group still to come: forbidden givers of every column of the group.
    rows: u32,
    /// Unused columns of the group (without those apart) by their own forbidden givers besides.
    by_own: Vec<i32>,
}

/// The state of one attempt. A column's f is its own count plus, in a wide group, the group's rows to come.
#[derive(Clone)]
pub(in crate::matcher) struct Receivers<'b> {
    side: Side<'b>,
    limits: Limits,
    /// Rounds drawn before, per row the column it took: forbidden now.
    before: &'b [Vec<u32>],
    /// Unused columns that are not apart, in any order.
    unused: Vec<u32>,
    /// Per column: taken, apart (then the rest is its place in `heavy`), own count.
    state: Vec<u16>,
    heavy: Vec<Heavy>,
    wide_of: Vec<u32>,
    wide: Vec<Wide>,
    /// No column is apart or in a wide group, and every f is small.
    plain: bool,
    histogram: Histogram,
    /// For the first candidates of the next two steps.
    words: [u32; 2],
    seen: u32,
}

impl<'b> Receivers<'b> {
    /// All columns unused, all rows to come. O(size).
    pub(in crate::matcher) fn new(side: Side<'b>, limits: Limits, before: &'b [Vec<u32>]) -> Self {
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
            before,
            unused: Vec::with_capacity(size as usize),
            state: vec![0; size as usize],
            heavy: Vec::new(),
            wide_of,
            wide: wide.collect(),
            plain: false,
            histogram: Histogram::new(0),
            words: [0; 2],
            seen: 0,
        };
        receivers.place_all();
        receivers
    }

    fn place_all(&mut self) {
        let rounds = number(self.before.len());
        let most = light_most(self.side, self.limits) + rounds;
        self.histogram = Histogram::new(most);
        self.plain = self.wide.is_empty() && most < Histogram::PLAIN;
        for col in 0..self.side.size() {
            let f = self.side.forbidden_in_col(col) + rounds;
            let wide = self.wide_of(col);
            let own = if wide == NOT_WIDE { f } else { self.side.extra_by_col_count(col) + rounds };
            if f > most || own > u32::from(OWN) {
                self.state[col as usize] = APART | u16::try_from(self.heavy.len()).unwrap_or(OWN);
                self.plain = false;
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
    fn wide_of(&self, col: u32) -> u32 {
        self.wide_of.get(col as usize).copied().unwrap_or(NOT_WIDE)
    }

    /// f of a column given its own count.
    #[inline]
    fn f_of(&self, col: u32, own: u32) -> u32 {
        match self.wide.get(self.wide_of(col) as usize) {
            Some(wide) => own + wide.rows,
            None => own,
        }
    }

    /// Takes a column out before the first step, without a giver.
    pub(in crate::matcher) fn set_aside(&mut self, col: u32) {
        if let Some(heavy) = self.heavy.iter_mut().find(|heavy| heavy.col == col) {
            heavy.taken = true;
            self.state[col as usize] |= TAKEN;
        } else if let Some(at) = self.unused.iter().position(|&unused| unused == col) {
            self.take(at, self.forbidden(col));
        }
    }

    /// f of an unused column.
    pub(in crate::matcher) fn forbidden(&self, col: u32) -> u32 {
        let state = self.state[col as usize];
        let own = if state & APART == 0 { u32::from(state & OWN) } else { self.heavy[usize::from(state & OWN)].own };
        self.f_of(col, own)
    }

    /// The unused columns.
    pub(in crate::matcher) fn unused(&self) -> impl Iterator<Item = u32> {
        self.unused.iter().copied().chain(self.heavy.iter().filter(|heavy| !heavy.taken).map(|heavy| heavy.col))
    }

    /// Whether a row may take a column, rounds before included.
    #[inline]
    pub(in crate::matcher) fn allows(&self, row: u32, col: u32) -> bool {
        let group = self.side.row_group(row);
        let cols = self.side.cols_of(group);
        let in_group =
            if cols.len() <= self.limits.wide { cols.contains(&col) } else { cols.binary_search(&col).is_ok() };
        let extra = self.side.extra(row);
        let extra = if extra.len() <= 32 { extra.contains(&col) } else { extra.binary_search(&col).is_ok() };
        !in_group && !extra && self.before.iter().all(|round| round[row as usize] != col)
    }
}

/// What a step gives: the column, and the sum S of the allowed columns' weights.
pub(in crate::matcher) struct Step {
    pub(in crate::matcher) col: u32,
    pub(in crate::matcher) sum: f64,
}

impl Receivers<'_> {
    /// Lets `row` go by: it may take a column, and whatever it takes, the columns forbidden to it have one forbidden giver
    /// less. `left` is the number of rows to come after it, and so a column's givers are `left` minus its f. Draws an
    /// allowed column with probability proportional to 1/h of that; `None` when none is allowed.
    #[inline]
    pub(in crate::matcher) fn step(&mut self, row: u32, left: u32, table: &Table, stream: &mut Stream) -> Option<Step> {
        let word = self.look_ahead(stream);
        self.release(row);
        let (light, top) = self.histogram.weigh(table, left);
        let apart = self.weigh_heavy(left, table);
        let sum = light + apart;
        if !(sum > 0.0) {
            return None;
        }
        let pick = if apart > 0.0 { stream.unit() * sum } else { f64::INFINITY };
        let col = if pick < apart {
            self.take_heavy(pick, left, table)
        } else {
            self.take_light(row, left, (light, top, word), table, stream)
        };
        self.heavy.iter_mut().for_each(|heavy| heavy.barred = false);
        Some(Step { col, sum })
    }

    /// The word that picks this step's first candidate. Those of the next two steps are drawn already, and what they will
    /// most likely point at is read now, and so is what is kept of the columns that row will release: memory is slow, and
    /// answers several questions at once as fast as one.
    #[inline]
    fn look_ahead(&mut self, stream: &mut Stream) -> u32 {
        let [now, next, then] = [self.words[0], self.words[1], stream.next_u32()];
        self.words = [next, then];
        let count = number(self.unused.len());
        let place = |word, count| Stream::glimpse(word, count) as usize;
        let candidate =
            self.unused.get(place(next, count.saturating_sub(1))).map_or(0, |&col| self.state[col as usize]);
        let later = self.unused.get(place(then, count.saturating_sub(2))).copied().unwrap_or(0);
        self.seen ^= u32::from(candidate) ^ later;
        now
    }

    /// Reads early what [`Self::step`] will need when `row` comes.
    #[inline]
    pub(in crate::matcher) fn announce(&mut self, row: u32) {
        for &col in self.side.extra(row) {
            self.seen ^= u32::from(self.state[col as usize]);
        }
        for round in self.before {
            self.seen ^= u32::from(self.state[round[row as usize] as usize]);
        }
    }

    /// Draws the words that [`Self::step`] needs ahead of its first call.
    pub(in crate::matcher) fn start(&mut self, stream: &mut Stream) {
        self.words = [stream.next_u32(), stream.next_u32()];
    }

    /// Something of everything read early, for the compiler to believe that it was needed.
    pub(in crate::matcher) fn seen(&self) -> u32 {
        self.seen
    }

    /// Lowers f of the columns forbidden to `row`, and keeps them out of the next weighing.
    #[inline]
    fn release(&mut self, row: u32) {
        let side = self.side;
        let group = side.row_group(row);
        let cols = side.cols_of(group);
        if self.plain {
            self.release_plain(cols);
            self.release_plain(side.extra(row));
            self.before.iter().for_each(|round| self.release_plain(&round[row as usize..=row as usize]));
            return;
        }
        if cols.len() > self.limits.wide {
            self.release_group(self.wide_of[cols[0] as usize] as usize);
        } else {
            cols.iter().for_each(|&col| self.release_one(col));
        }
        side.extra(row).iter().for_each(|&col| self.release_one(col));
        self.before.iter().for_each(|round| self.release_one(round[row as usize]));
    }

    /// For columns of which none is apart or in a wide group. Without branches, for whether a column is still unused
    /// cannot be guessed: for one that is taken, place 0 (which no column to be released has) is counted down and up.
    #[inline]
    fn release_plain(&mut self, cols: &[u32]) {
        let (counts, added) = self.histogram.slots();
        for &col in cols {
            let state = &mut self.state[col as usize];
            let unused = u16::from(*state < APART);
            *state -= unused;
            let f = usize::from((*state + 1) * unused) % counts.len();
            counts[f] -= i32::from(unused);
            added[f.saturating_sub(1)] += i32::from(unused);
        }
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
    fn take_light(&mut self, row: u32, left: u32, light: (f64, u32, u32), table: &Table, stream: &mut Stream) -> u32 {
        let (light, top, mut word) = light;
        let most = table.inverse(left - top);
        let count = number(self.unused.len());
        if count <= self.limits.scan || f64::from(count) * most > 16.0 * light {
            return self.scan(row, left, light, table, stream);
        }
        loop {
            let at = stream.below_from(word, count);
            let col = self.unused[at as usize];
            let f = self.f_of(col, u32::from(self.state[col as usize] & OWN));
            let weight = table.inverse(left - f);
            if (weight >= most || chance(weight, most, stream)) && self.allows(row, col) {
                self.take(at as usize, f);
                return col;
            }
            word = stream.next_u32();
        }
    }

    fn scan(&mut self, row: u32, left: u32, light: f64, table: &Table, stream: &mut Stream) -> u32 {
        let mut pick = stream.unit() * light;
        let mut last = (0, 0);
        for at in 0..self.unused.len() {
            let col = self.unused[at];
            if !self.allows(row, col) {
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
    fn take(&mut self, at: usize, f: u32) {
        let col = self.unused.swap_remove(at);
        let state = self.state[col as usize];
        self.state[col as usize] = state | TAKEN;
        self.histogram.remove(f, 1);
        if let Some(wide) = self.wide.get_mut(self.wide_of.get(col as usize).copied().unwrap_or(NOT_WIDE) as usize) {
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

/// The largest f a column may have without being kept apart: f of the one after the `heavy` worst, unless the very worst is no worse than
/// twice that.
fn light_most(side: Side<'_>, limits: Limits) -> u32 {
    let heavy = limits.heavy;
    let mut worst: Vec<u32> = Vec::with_capacity(2 * heavy + 2);
    for f in (0..side.size()).map(|col| side.forbidden_in_col(col)) {
        if worst.len() <= heavy || f > worst[heavy] {
            worst.push(f);
            if worst.len() > 2 * heavy {
                worst.sort_unstable_by(|a, b| b.cmp(a));
                worst.truncate(heavy + 1);
            }
        }
    }
    worst.sort_unstable_by(|a, b| b.cmp(a));
    let most = worst.first().copied().unwrap_or(0);
    let usual = worst.get(heavy).copied().unwrap_or(most);
    if most <= limits.calm.max(2 * usual) { most } else { usual.max(limits.calm) }
}
