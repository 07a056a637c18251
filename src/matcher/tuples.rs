//! Several gifts each among few people, exactly, in whole numbers: the table of `subset` for all rounds at once.
//!
//! Givers are dealt in order, each a different receiver in every round, so after `j` givers the state is one set of `j` used
//! receivers per round. `ways` counts the completions from there, and a draw walks down, choosing each giver's
//! receivers with their share of them: uniform over the rounds in order. Receivers whom a giver *must* have in one round
//! or another are asked for where the giver is dealt. n people and k gifts make the sum over j of C(n, j)^k states; up to
//! 12 people with two gifts, 8 with three, 6 with four are affordable, and the counts stay below 12!^2 < 2^63.

use super::board::{Board, Csr, number};
use super::random::Stream;
use super::subset::{columns, open_masks};

/// Steps a table may take.
pub(super) const MOST_STEPS: f64 = 1.2e8;

/// The number of completions from every state.
#[derive(Clone)]
pub(super) struct Tuples {
    gifts: usize,
    open: Vec<u32>,
    must: Vec<u32>,
    /// Per number of givers dealt, the sets of so many receivers, ascending.
    sets: Vec<Vec<u32>>,
    /// The place of every set among those of its size.
    place: Vec<u32>,
    /// Per number of givers dealt, the completions of every state, the first round's set counting least.
    ways: Vec<Vec<u64>>,
}

/// Whether a table is affordable.
pub(super) fn fits(people: u32, gifts: u32) -> bool {
    steps(people, gifts) <= MOST_STEPS
}

/// The steps a table takes.
pub(super) fn steps(people: u32, gifts: u32) -> f64 {
    if people > 12 || gifts > people {
        return f64::INFINITY;
    }
    let mut choose = 1.0;
    let mut steps = 0.0;
    for dealt in 0..=people {
        steps += libm::pow(choose * f64::from(people - dealt), f64::from(gifts));
        choose *= f64::from(people - dealt) / f64::from(dealt + 1);
    }
    steps
}

impl Tuples {
    /// Counts the rounds on a board that [`fits`] and use all of `must`.
    pub(super) fn count(board: &Board, must: &Csr, gifts: u32) -> Self {
        debug_assert!(fits(board.size(), gifts));
        let size = board.size();
        let mut sets = vec![Vec::new(); size as usize + 1];
        let mut place = Vec::with_capacity(1 << size);
        for set in 0..1_u32 << size {
            let of_size: &mut Vec<u32> = &mut sets[set.count_ones() as usize];
            place.push(number(of_size.len()));
            of_size.push(set);
        }
        let must = (0..size).map(|giver| must.list(giver).iter().map(|&receiver| 1 << receiver).sum()).collect();
        let mut tuples = Self { gifts: gifts as usize, open: open_masks(board), must, sets, place, ways: Vec::new() };
        tuples.ways = vec![Vec::new(); size as usize + 1];
        tuples.ways[size as usize] = vec![1];
        let mut used = vec![0; gifts as usize];
        for dealt in (0..size as usize).rev() {
            let states = tuples.sets[dealt].len().pow(gifts);
            let ways = (0..states).map(|state| {
                tuples.read(dealt, state, &mut used);
                let mut sum = 0;
                tuples.choices(dealt, &used, |_, _, ways| sum += ways);
                sum
            });
            let ways = ways.collect();
            tuples.ways[dealt] = ways;
        }
        tuples
    }

    /// How many valid tuples of rounds there are.
    pub(super) fn total(&self) -> u64 {
        self.ways[0][0]
    }

    /// One of them, each equally likely; `None` when there is none.
    pub(super) fn draw(&self, stream: &mut Stream) -> Option<Vec<Vec<u32>>> {
        if self.total() == 0 {
            return None;
        }
        let mut used = vec![0; self.gifts];
        let mut rounds = vec![Vec::with_capacity(self.open.len()); self.gifts];
        let mut left = self.total();
        for giver in 0..self.open.len() {
            let mut ticket = stream.below_u128(u128::from(left));
            let mut chosen = None;
            self.choices(giver, &used, |receivers, _, ways| {
                if chosen.is_none() && ticket < u128::from(ways) {
                    chosen = Some((receivers.to_vec(), ways));
                }
                ticket = ticket.saturating_sub(u128::from(ways));
            });
            let (receivers, ways) = chosen?;
            for ((round, used), receiver) in rounds.iter_mut().zip(&mut used).zip(receivers) {
                round.push(receiver);
                *used |= 1 << receiver;
            }
            left = ways;
        }
        Some(rounds)
    }

    /// In how many of them each giver has each receiver in some round, giver after giver.
    pub(super) fn uses(&self) -> Vec<u64> {
        let size = self.open.len();
        let mut uses = vec![0; size * size];
        let mut used = vec![0; self.gifts];
        let mut before = vec![1_u64];
        for giver in 0..size {
            let mut after = vec![0; self.ways[giver + 1].len()];
            for (state, &before) in before.iter().enumerate().filter(|&(_, &before)| before > 0) {
                self.read(giver, state, &mut used);
                self.choices(giver, &used, |receivers, next, ways| {
                    after[next] += before;
                    for &receiver in receivers {
                        // At most the number of tuples, so it fits.
                        uses[giver * size + receiver as usize] += before * ways;
                    }
                });
            }
            before = after;
        }
        uses
    }

    /// The sets of a state.
    fn read(&self, dealt: usize, mut state: usize, used: &mut [u32]) {
        for set in used {
            *set = self.sets[dealt][state % self.sets[dealt].len()];
            state /= self.sets[dealt].len();
        }
    }

    /// All receivers a giver may be dealt in a state, with the state after and its number of completions.
    fn choices(&self, giver: usize, used: &[u32], mut seen: impl FnMut(&[u32], usize, u64)) {
        let mut deal = Deal {
            open: self.open[giver],
            must: self.must[giver],
            place: &self.place,
            states: self.sets[giver + 1].len(),
            ways: &self.ways[giver + 1],
            receivers: [0; 12],
        };
        deal.go_on(used, 0, 0, 0, 1, &mut seen);
    }
}

/// Dealing one giver's receivers, round after round.
struct Deal<'a> {
    open: u32,
    must: u32,
    place: &'a [u32],
    /// How many sets a round may have used afterwards.
    states: usize,
    ways: &'a [u64],
    receivers: [u32; 12],
}

impl Deal<'_> {
    /// Goes on with a round, `had` being the receivers of those before, `state` what they come to and `weight` what the
    /// next round's set counts.
    fn go_on(
        &mut self,
        used: &[u32],
        round: usize,
        had: u32,
        state: usize,
        weight: usize,
        seen: &mut impl FnMut(&[u32], usize, u64),
    ) {
        for receiver in columns(self.open & !used[round] & !had) {
            self.receivers[round] = receiver;
            let bit = 1 << receiver;
            let state = state + self.place[(used[round] | bit) as usize] as usize * weight;
            if round + 1 < used.len() {
                self.go_on(used, round + 1, had | bit, state, weight * self.states, seen);
            } else if self.must & !(had | bit) == 0 {
                seen(&self.receivers[..=round], state, self.ways[state]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::random::Purpose;

    fn singles(size: u32) -> Board {
        Board::new((0..size).collect(), (0..size).collect(), [].into_iter())
    }

    // H5: 2 x n and 3 x n Latin rectangles whose first row is fixed, which are rounds that nobody meets themselves in
    // (OEIS A000186 and its analogue: 1, 2, 24, 552, 21280 for two rounds).
    #[test]
    fn rounds_are_latin_rectangles() {
        for (size, count) in [(3, 2), (4, 24), (5, 552), (6, 21_280), (7, 1_073_760)] {
            assert_eq!(
                Tuples::count(&singles(size), &Csr::from_pairs(size as usize, [].into_iter()), 2).total(),
                count
            );
        }
    }

    #[test]
    fn only_small_tables_are_affordable() {
        let most = |gifts| (gifts..20).take_while(|&people| fits(people, gifts)).last();
        assert_eq!([1, 2, 3, 4, 5].map(most), [Some(12), Some(12), Some(8), Some(6), Some(5)]);
    }

    #[test]
    fn what_must_be_used_is_used() {
        let must = Csr::from_pairs(6, [(0, 3), (0, 4), (5, 1)].into_iter());
        let tuples = Tuples::count(&singles(6), &must, 2);
        let uses = tuples.uses();
        for (giver, receiver) in must.pairs() {
            assert_eq!(uses[(giver * 6 + receiver) as usize], tuples.total());
        }
        let mut stream = Stream::new(&[1; 32], Purpose::Draw, 0);
        for _ in 0..50 {
            let rounds = tuples.draw(&mut stream).expect("there are rounds");
            let given = |giver: usize, receiver| rounds.iter().any(|round| round[giver] == receiver);
            assert!(must.pairs().all(|(giver, receiver)| given(giver as usize, receiver)));
            assert!(rounds.iter().all(|round| singles(6).admits(round)));
        }
        // Every giver has two receivers.
        assert!(uses.chunks(6).all(|uses| uses.iter().sum::<u64>() == 2 * tuples.total()));
    }
}
