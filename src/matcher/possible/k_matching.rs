//! Whether everybody can give, and be given, several gifts.
//!
//! k rounds that share no pairing exist exactly when givers and receivers can be joined k times each over different
//! open cells, for a regular two-sided graph always falls apart into k perfect matchings (Koenig). Rounds are matched one
//! after another as long as that works; where it stops, the pairs go on as one whole with k places at every person. The givers reached when it is stuck, S, prove that it cannot be done: they have k|S|
//! gifts to give, every receiver they could still turn to is full of their gifts, and everybody else they may give
//! to is given to by each of them who may.

use super::augment::{Joined, augment};
use super::matching::{self, Matching};
use crate::matcher::answer::Clash;
use crate::matcher::question::board::{Board, Csr, number};
use crate::matcher::question::complement::{Complement, Listed, NOBODY, OpenCells, Unseen};

/// People with more gifts to give, or to receive, than others can take or give them.
pub(crate) struct Stuck {
    /// Which side they are on.
    pub(crate) clash: Clash,
    /// They.
    pub(crate) crowd: Vec<u32>,
    /// Whom they may deal with beyond what is in use.
    pub(crate) seen: Vec<u32>,
    /// Most gifts that can pass between the crowd and everybody else.
    pub(crate) room: u64,
}

/// Rounds that share no pairing, or the people who cannot have them.
pub(crate) fn joined(board: &Board, gifts: u32) -> Result<Vec<Vec<u32>>, Stuck> {
    let size = board.size();
    for person in 0..size {
        let to = size - board.forbidden_count_row(person);
        let from = size - board.forbidden_count_col(person);
        for (clash, open) in [(Clash::Givers, to), (Clash::Receivers, from)] {
            if open < gifts {
                return Err(Stuck { clash, crowd: vec![person], seen: Vec::new(), room: open.into() });
            }
        }
    }
    let mut rounds = Vec::new();
    for _ in 0..gifts {
        let used = rounds.iter().flat_map(|round: &Vec<u32>| (0..).zip(round.iter().copied()));
        let (rows, cols) = (board.row_groups.clone(), board.col_groups.clone());
        let left = Board::new(rows, cols, board.extra.pairs().chain(used));
        let matching = matching::largest(&left);
        let whole = matching.free_rows().is_empty();
        rounds.push(matching.col_of);
        if !whole {
            return Joining::from(board, gifts, &rounds).joined();
        }
    }
    Ok(rounds)
}

/// Givers and receivers joined up to k times each.
struct Joining<'a> {
    cells: Complement<'a>,
    gifts: usize,
    /// k places per giver, and per receiver; free ones hold nobody.
    receivers: Vec<u32>,
    givers: Vec<u32>,
    /// Not reached yet.
    unseen: Unseen,
}

impl<'a> Joining<'a> {
    fn from(board: &'a Board, gifts: u32, rounds: &[Vec<u32>]) -> Self {
        let gifts = gifts as usize;
        let places = vec![NOBODY; board.size() as usize * gifts];
        let cells = Complement::of_givers(board);
        let unseen = Unseen::all(board.size());
        let mut joining = Self { cells, gifts, receivers: places.clone(), givers: places, unseen };
        for round in rounds {
            for (giver, &receiver) in (0..).zip(round).filter(|&(_, &receiver)| receiver != NOBODY) {
                joining.join(giver, receiver);
            }
        }
        joining
    }

    fn of<'b>(&self, places: &'b [u32], person: u32) -> &'b [u32] {
        &places[person as usize * self.gifts..][..self.gifts]
    }

    fn joined(mut self) -> Result<Vec<Vec<u32>>, Stuck> {
        for giver in 0..self.cells.size() {
            while self.of(&self.receivers, giver).contains(&NOBODY) {
                self.unseen = Unseen::all(self.cells.size());
                let round = augment(&mut self, &[giver]);
                if round.found == 0 {
                    return Err(self.stuck(round.rows));
                }
            }
        }
        Ok(self.rounds())
    }

    /// The receivers all of whose givers were reached are full; what else the crowd sees is in use by the crowd.
    fn stuck(&self, mut crowd: Vec<u32>) -> Stuck {
        crowd.sort_unstable();
        let inside = |giver: &u32| crowd.binary_search(giver).is_ok();
        let given = |receiver: u32| self.of(&self.givers, receiver).iter().filter(|giver| inside(giver)).count();
        let seen: Vec<u32> = (0..self.cells.size())
            .filter(|&receiver| {
                crowd.iter().any(|&giver| {
                    self.cells.open(giver, receiver) && !self.of(&self.receivers, giver).contains(&receiver)
                })
            })
            .collect();
        let room = (0..self.cells.size()).map(|receiver| given(receiver) as u64).sum();
        Stuck { clash: Clash::Givers, crowd, seen, room }
    }

    fn rounds(&self) -> Vec<Vec<u32>> {
        let size = self.cells.size();
        let pairs = (0..size).flat_map(|giver| self.of(&self.receivers, giver).iter().map(move |&to| (giver, to)));
        taken_apart(Csr::from_pairs(size as usize, pairs), number(self.gifts))
    }
}

impl Joined for Joining<'_> {
    fn size(&self) -> u32 {
        self.cells.size()
    }

    fn reach(&mut self, giver: u32, cursor: &mut u32) -> Option<u32> {
        loop {
            let receiver = self.cells.next(giver, cursor, &mut self.unseen)?;
            if !self.of(&self.receivers, giver).contains(&receiver) {
                self.cells.cross_out(receiver, &mut self.unseen);
                return Some(receiver);
            }
        }
    }

    fn has_room(&self, receiver: u32) -> bool {
        self.of(&self.givers, receiver).contains(&NOBODY)
    }

    fn users(&self, receiver: u32) -> impl Iterator<Item = u32> {
        self.of(&self.givers, receiver).iter().copied()
    }

    fn join(&mut self, giver: u32, receiver: u32) {
        put(&mut self.receivers[giver as usize * self.gifts..][..self.gifts], NOBODY, receiver);
        put(&mut self.givers[receiver as usize * self.gifts..][..self.gifts], NOBODY, giver);
    }

    fn part(&mut self, giver: u32, receiver: u32) {
        put(&mut self.receivers[giver as usize * self.gifts..][..self.gifts], receiver, NOBODY);
        put(&mut self.givers[receiver as usize * self.gifts..][..self.gifts], giver, NOBODY);
    }
}

/// Takes pairs of which everybody has so many on either side apart into rounds.
pub(crate) fn taken_apart(mut left: Csr, gifts: u32) -> Vec<Vec<u32>> {
    let mut rounds = Vec::new();
    for _ in 0..gifts {
        let mut round = Matching::empty(number(left.keys()));
        matching::grow(&Listed(&left), &mut round);
        let round = round.col_of;
        let rest = left.pairs().filter(|&(giver, receiver)| round[giver as usize] != receiver);
        left = Csr::from_pairs(left.keys(), rest.collect::<Vec<_>>().iter().copied());
        rounds.push(round);
    }
    rounds
}

/// Moves a place from one holder to another.
fn put(places: &mut [u32], before: u32, after: u32) {
    if let Some(place) = places.iter_mut().find(|place| **place == before) {
        *place = after;
    }
}
