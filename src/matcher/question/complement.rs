//! What a person sees: the cells still open to them, found without ever listing them.
//!
//! Nearly every cell of a real board is open, so the open cells are never stored. The columns stand in one row sorted by
//! group; a search crosses out a column when it is first seen. "The next column not crossed out" is a
//! union-find over positions, so a giver jumps over their own group in one step and over crossed-out columns in
//! nearly none. A whole search costs O(people + forbidden cells), also where 10^12 cells are open.
//!
//! Columns may also be split into classes, a giver seeing one class only, plus single open cells besides. That is the shape
//! left over when the fewest repeats are sought (see `history`).

use crate::matcher::board::{Board, Csr, number};

/// No person.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Classes of columns, the class each row sees, and cells that are open in spite of everything else.
#[derive(Clone, Default)]
pub(crate) struct Classes {
    /// Per row, the class it sees.
    pub(crate) want: Vec<u32>,
    /// Per column, its class.
    pub(crate) class: Vec<u32>,
    /// Open cells besides, by row.
    pub(crate) also: Csr,
}

/// The open cells, seen from the givers (or, turned round, from the receivers).
pub(crate) struct Sight<'a> {
    from_group: &'a [u32],
    to_group: &'a [u32],
    forbidden: &'a Csr,
    want: Option<&'a [u32]>,
    also: Csr,
    order: Vec<u32>,
    place: Vec<u32>,
    bucket_end: Vec<u32>,
    class_start: Vec<u32>,
}

impl<'a> Sight<'a> {
    /// The givers' sight: from rows to columns.
    pub(crate) fn of_givers(board: &'a Board, classes: Option<&'a Classes>) -> Self {
        let (rows, cols) = (board.row_groups(), board.col_groups());
        let split = classes.map(|these| (&these.want[..], &these.class[..], these.also.clone()));
        Self::new(rows, cols, board.extra_lists(), board.cols_in_groups(), split)
    }

    /// The receivers' sight: from columns to rows.
    pub(crate) fn of_receivers(board: &'a Board, classes: Option<&'a Classes>) -> Self {
        let (rows, cols) = (board.row_groups(), board.col_groups());
        let split = classes.map(|these| (&these.class[..], &these.want[..], these.also.transposed(these.class.len())));
        Self::new(cols, rows, board.extra_lists_by_col(), board.rows_in_groups(), split)
    }

    fn new(
        from_group: &'a [u32],
        to_group: &'a [u32],
        forbidden: &'a Csr,
        members: &Csr,
        split: Option<(&'a [u32], &'a [u32], Csr)>,
    ) -> Self {
        let mut order: Vec<u32> = members.items().to_vec();
        let class = split.as_ref().map(|&(_, class, _)| class);
        if let Some(class) = class {
            order.sort_by_key(|&col| class[col as usize]);
        }
        let mut place = vec![0; order.len()];
        for (&col, at) in order.iter().zip(0..) {
            place[col as usize] = at;
        }
        let key = |col: u32| (class.map_or(0, |class| class[col as usize]), to_group[col as usize]);
        let mut bucket_end = vec![0; order.len()];
        let mut end = number(order.len());
        for at in (0..order.len()).rev() {
            if at + 1 < order.len() && key(order[at]) != key(order[at + 1]) {
                end = number(at + 1);
            }
            bucket_end[at] = end;
        }
        let classes = split
            .as_ref()
            .map_or(0, |(want, class, _)| want.iter().chain(*class).max().map_or(0, |&last| last as usize + 1));
        let mut class_start = vec![0; classes + 1];
        if let Some(class) = class {
            for &group in class {
                class_start[group as usize + 1] += 1;
            }
            for at in 0..classes {
                class_start[at + 1] += class_start[at];
            }
        }
        let (want, also) = split.map_or((None, Csr::default()), |(want, _, also)| (Some(want), also));
        Self { from_group, to_group, forbidden, want, also, order, place, bucket_end, class_start }
    }

    /// How many people look, and how many they look at.
    pub(crate) fn size(&self) -> u32 {
        number(self.order.len())
    }

    /// Whether a cell is open.
    pub(crate) fn open(&self, from: u32, to: u32) -> bool {
        if self.want.is_some() && self.also.holds(from, to) {
            return true;
        }
        let (start, end) = self.range(from);
        (start..end).contains(&self.place[to as usize])
            && self.from_group[from as usize] != self.to_group[to as usize]
            && !self.forbidden.holds(from, to)
    }

    fn range(&self, from: u32) -> (u32, u32) {
        self.want.map_or((0, self.size()), |want| {
            let class = want[from as usize] as usize;
            (self.class_start[class], self.class_start[class + 1])
        })
    }

    /// Where a person's looking starts.
    pub(crate) fn cursor(&self, from: u32) -> Cursor {
        Cursor { at: self.range(from).0, besides: 0 }
    }

    /// The next open column not crossed out; `cursor` remembers how far the person has looked. `None` once there is none.
    pub(crate) fn next(&self, from: u32, cursor: &mut Cursor, unseen: &mut Unseen) -> Option<u32> {
        if self.want.is_some() {
            let besides = self.also.list(from);
            while let Some(&to) = besides.get(cursor.besides as usize) {
                cursor.besides += 1;
                if unseen.holds(self.place[to as usize]) {
                    return Some(to);
                }
            }
        }
        let (_, end) = self.range(from);
        let group = self.from_group[from as usize];
        loop {
            let at = unseen.from(cursor.at);
            if at >= end {
                cursor.at = end;
                return None;
            }
            let to = self.order[at as usize];
            if self.to_group[to as usize] == group {
                cursor.at = self.bucket_end[at as usize];
            } else {
                cursor.at = at + 1;
                if !self.forbidden.holds(from, to) {
                    return Some(to);
                }
            }
        }
    }

    /// Crosses a column out.
    pub(crate) fn cross_out(&self, to: u32, unseen: &mut Unseen) {
        unseen.cross_out(self.place[to as usize]);
    }

    /// Whether a column has been crossed out.
    pub(crate) fn crossed_out(&self, to: u32, unseen: &Unseen) -> bool {
        !unseen.holds(self.place[to as usize])
    }
}

/// How far one person has looked.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    at: u32,
    besides: u32,
}

/// Positions not yet crossed out: a union-find in which each position points at or beyond itself.
pub(crate) struct Unseen {
    next: Vec<u32>,
}

impl Unseen {
    /// Nothing is crossed out.
    pub(crate) fn all(size: u32) -> Self {
        Self { next: (0..=size).collect() }
    }

    /// The first position at or after `at` that is not crossed out, or the size.
    fn from(&mut self, mut at: u32) -> u32 {
        while self.next[at as usize] != at {
            let beyond = self.next[self.next[at as usize] as usize];
            self.next[at as usize] = beyond;
            at = beyond;
        }
        at
    }

    fn holds(&self, at: u32) -> bool {
        self.next[at as usize] == at
    }

    fn cross_out(&mut self, at: u32) {
        self.next[at as usize] = at + 1;
    }
}
