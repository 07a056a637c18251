//! The groups in the order in which they are added, and how many people may be open after each.

use crate::matcher::question::board::{Board, number};

/// What is known after a group has been added.
pub(super) struct Stage {
    pub(super) group: u32,
    /// Givers and receivers of the group.
    pub(super) rows: u32,
    pub(super) cols: u32,
    /// Open receivers less open givers.
    pub(super) ahead: i64,
    /// No more givers may be open.
    pub(super) most: u32,
}

impl Stage {
    /// Open receivers when `open` givers are open.
    pub(super) fn receivers(&self, open: u32) -> u32 {
        u32::try_from(i64::from(open) + self.ahead).unwrap_or(0)
    }
}

/// The groups, largest first, after a stage without any.
pub(super) fn stages(board: &Board) -> Vec<Stage> {
    let sizes = |group: u32| (number(board.rows_of(group).len()), number(board.cols_of(group).len()));
    let mut groups: Vec<u32> = (0..board.groups()).filter(|&group| sizes(group) != (0, 0)).collect();
    groups.sort_by_key(|&group| (std::cmp::Reverse(sizes(group).0.max(sizes(group).1)), sizes(group), group));
    let (mut rows_to_come, mut cols_to_come) = (board.size(), board.size());
    let mut seen = Stage { group: 0, rows: 0, cols: 0, ahead: 0, most: 0 };
    let mut stages = Vec::with_capacity(groups.len() + 1);
    for group in groups {
        let (rows, cols) = sizes(group);
        rows_to_come -= rows;
        cols_to_come -= cols;
        let ahead = seen.ahead + i64::from(cols) - i64::from(rows);
        // Open givers need receivers to come, open receivers givers to come; and nobody else can be open.
        let by_receivers = u32::try_from((i64::from(rows_to_come) - ahead).max(0)).unwrap_or(u32::MAX);
        let most = cols_to_come.min(by_receivers).min(seen.most + rows);
        let next = Stage { group, rows, cols, ahead, most };
        stages.push(std::mem::replace(&mut seen, next));
    }
    stages.push(seen);
    stages
}
