//! Several gifts each: rounds that share no pairing.
//!
//! k rounds exist exactly when givers and receivers can be joined k times each over different open cells, for a regular
//! two-sided graph always falls apart into k perfect matchings (Koenig). Joining is a flow: alternating paths as in
//! `feasible`, with k places at every person. The givers reached when it is stuck, S, and the receivers reached, T, prove
//! that it cannot be done: S has k|S| gifts to give, but T takes at most k|T| of them, and all open cells from
//! S to people outside T are in use already.

use super::answer::{Clash, Drawn, NoDraw};
use super::board::{Board, Csr};
use super::circular::{Circular, Rule};
use super::feasible::{self, Matching};
use super::plain::Record;
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::scaling::Scaled;
use super::sight::{Cursor, NOBODY, Sight, Unseen};
use super::survey::{Survey, Tally};
use super::{history, plan, rules, witness};

/// A question of several gifts each, made ready.
pub(super) struct Rounds {
    people: u32,
    gifts: u32,
    rule: Option<Rule>,
    history: Vec<Vec<(u32, u32)>>,
    /// Boards to try one after another, letting go of ever more of the history, each with rounds that fit it.
    boards: Vec<(Board, Vec<Vec<u32>>)>,
}

impl Rounds {
    /// Makes a question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let never = problem.repeats == Repeats::Never;
        let gifts = problem.gifts_each;
        let rule = problem.follows_circles().then(|| Rule::of(problem));
        let mut boards = Vec::new();
        let mut kept = problem.clone();
        while !kept.history.is_empty() {
            let board = rules::board(&kept, true);
            match joined(&board, gifts) {
                Ok(rounds) => boards.push((board, rounds)),
                Err(stuck) if never => return Err(impossible(problem, &board, stuck)),
                Err(_) => {}
            }
            if never {
                break;
            }
            kept.history.pop();
        }
        if boards.is_empty() || !never {
            let board = rules::board(problem, false);
            match joined(&board, gifts) {
                Ok(rounds) => boards.push((board, rounds)),
                Err(stuck) => return Err(impossible(problem, &board, stuck)),
            }
        }
        if rule.is_some() {
            // A single round has to be possible, too.
            Circular::of(&Problem { gifts_each: 1, ..problem.clone() })?;
        }
        Ok(Self { people: problem.people, gifts, rule, history: problem.history.clone(), boards })
    }

    /// Draws.
    pub(super) fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        let mut stream = Stream::new(seed, Purpose::Draw, 0);
        let mut record = Record::default();
        for (board, in_hand) in &self.boards {
            let found = plan::draw_rounds(board, self.gifts, self.rule, in_hand, seed, &mut stream);
            if let Some((rounds, method, uniformity)) = found {
                record.add(method, self.people, uniformity, stream.words());
                let repeats = self.repeats(&rounds);
                return Ok(record.drawn(rounds, repeats));
            }
        }
        Err(NoDraw::NotFound { budget: plan::ROUNDS_BUDGET })
    }

    fn repeats(&self, rounds: &[Vec<u32>]) -> Vec<u32> {
        let mut sum = vec![0; self.history.len()];
        for round in rounds {
            for (sum, broken) in sum.iter_mut().zip(history::repeats(round, &self.history)) {
                *sum += broken;
            }
        }
        sum
    }
}

fn impossible(problem: &Problem, board: &Board, stuck: Stuck) -> NoDraw {
    let with_history = problem.repeats == Repeats::Never;
    let Stuck { clash, crowd, seen, room } = stuck;
    NoDraw::Impossible(Box::new(witness::of_crowd(problem, board, clash, (crowd, seen), room, with_history)))
}

/// People with more gifts to give, or to receive, than others can take or give them.
pub(super) struct Stuck {
    clash: Clash,
    crowd: Vec<u32>,
    seen: Vec<u32>,
    /// Most gifts that can pass between the crowd and everybody else.
    room: u64,
}

/// Rounds that share no pairing, or the people who cannot have them.
pub(super) fn joined(board: &Board, gifts: u32) -> Result<Vec<Vec<u32>>, Stuck> {
    let size = board.size();
    for person in 0..size {
        let to = size - board.forbidden_count_row(person);
        let from = size - board.forbidden_count_col(person);
        if to.min(from) < gifts {
            let clash = if to < gifts { Clash::Givers } else { Clash::Receivers };
            return Err(Stuck { clash, crowd: vec![person], seen: Vec::new(), room: to.min(from).into() });
        }
    }
    let mut rounds = Vec::new();
    for _ in 0..gifts {
        let used = rounds.iter().flat_map(|round: &Vec<u32>| (0..).zip(round.iter().copied()));
        let (rows, cols) = (board.row_groups().to_vec(), board.col_groups().to_vec());
        let left = Board::new(rows, cols, board.extra_lists().pairs().chain(used));
        let matching = feasible::largest(&left);
        let whole = matching.free_rows().is_empty();
        rounds.push(matching.col_of);
        if !whole {
            return Joining::from(board, gifts, &rounds).join();
        }
    }
    Ok(rounds)
}

/// Givers and receivers joined up to k times each.
struct Joining<'a> {
    sight: Sight<'a>,
    gifts: usize,
    /// k places per giver, and per receiver; free ones hold nobody.
    receivers: Vec<u32>,
    givers: Vec<u32>,
}

impl<'a> Joining<'a> {
    fn from(board: &'a Board, gifts: u32, rounds: &[Vec<u32>]) -> Self {
        let gifts = gifts as usize;
        let places = vec![NOBODY; board.size() as usize * gifts];
        let sight = Sight::of_givers(board, None);
        let mut joining = Self { sight, gifts, receivers: places.clone(), givers: places };
        for round in rounds {
            for (giver, &receiver) in (0..).zip(round).filter(|&(_, &receiver)| receiver != NOBODY) {
                joining.add(giver, receiver);
            }
        }
        joining
    }

    fn of<'b>(&self, places: &'b [u32], person: u32) -> &'b [u32] {
        &places[person as usize * self.gifts..][..self.gifts]
    }

    fn add(&mut self, giver: u32, receiver: u32) {
        put(&mut self.receivers[giver as usize * self.gifts..][..self.gifts], NOBODY, receiver);
        put(&mut self.givers[receiver as usize * self.gifts..][..self.gifts], NOBODY, giver);
    }

    fn remove(&mut self, giver: u32, receiver: u32) {
        put(&mut self.receivers[giver as usize * self.gifts..][..self.gifts], receiver, NOBODY);
        put(&mut self.givers[receiver as usize * self.gifts..][..self.gifts], giver, NOBODY);
    }

    fn join(mut self) -> Result<Vec<Vec<u32>>, Stuck> {
        for giver in 0..self.sight.size() {
            while self.of(&self.receivers, giver).contains(&NOBODY) {
                if let Some(reached) = self.augment(giver) {
                    return Err(self.stuck(reached));
                }
            }
        }
        Ok(self.rounds())
    }

    /// One more gift for a giver, or the givers reached when that cannot be.
    fn augment(&mut self, root: u32) -> Option<Vec<u32>> {
        let size = self.sight.size();
        let mut unseen = Unseen::all(size);
        let mut via = vec![NOBODY; size as usize];
        let mut known = vec![false; size as usize];
        known[root as usize] = true;
        let mut came_by = vec![NOBODY; size as usize];
        let mut queue = vec![root];
        let mut head = 0;
        while let Some(&giver) = queue.get(head) {
            head += 1;
            let mut cursor: Cursor = self.sight.cursor(giver);
            while let Some(receiver) = self.sight.next(giver, &mut cursor, &mut unseen) {
                if self.of(&self.receivers, giver).contains(&receiver) {
                    continue;
                }
                self.sight.cross_out(receiver, &mut unseen);
                via[receiver as usize] = giver;
                if self.of(&self.givers, receiver).contains(&NOBODY) {
                    self.turn_over(root, receiver, &via, &came_by);
                    return None;
                }
                for &owner in self.of(&self.givers, receiver) {
                    if !std::mem::replace(&mut known[owner as usize], true) {
                        came_by[owner as usize] = receiver;
                        queue.push(owner);
                    }
                }
            }
        }
        queue.sort_unstable();
        Some(queue)
    }

    fn turn_over(&mut self, root: u32, end: u32, via: &[u32], came_by: &[u32]) {
        let mut receiver = end;
        loop {
            let giver = via[receiver as usize];
            if giver == root {
                self.add(giver, receiver);
                return;
            }
            let before = came_by[giver as usize];
            self.remove(giver, before);
            self.add(giver, receiver);
            receiver = before;
        }
    }

    /// The receivers all of whose givers were reached are full; what else the crowd sees is in use by the crowd.
    fn stuck(&self, crowd: Vec<u32>) -> Stuck {
        let inside = |giver: &u32| crowd.binary_search(giver).is_ok();
        let given = |receiver: u32| self.of(&self.givers, receiver).iter().filter(|giver| inside(giver)).count();
        let seen: Vec<u32> = (0..self.sight.size())
            .filter(|&receiver| {
                crowd.iter().any(|&giver| {
                    self.sight.open(giver, receiver) && !self.of(&self.receivers, giver).contains(&receiver)
                })
            })
            .collect();
        let room = (0..self.sight.size()).map(|receiver| given(receiver) as u64).sum();
        Stuck { clash: Clash::Givers, crowd, seen, room }
    }

    /// Takes the joined pairs apart into rounds.
    fn rounds(&self) -> Vec<Vec<u32>> {
        let size = self.sight.size();
        let pairs = (0..size).flat_map(|giver| self.of(&self.receivers, giver).iter().map(move |&to| (giver, to)));
        let mut left = Csr::from_pairs(size as usize, pairs);
        let mut rounds = Vec::new();
        for _ in 0..self.gifts {
            let round = perfect(&left, size);
            let rest = left.pairs().filter(|&(giver, receiver)| round[giver as usize] != receiver);
            left = Csr::from_pairs(size as usize, rest.collect::<Vec<_>>().iter().copied());
            rounds.push(round);
        }
        rounds
    }
}

/// Moves a place from one holder to another.
fn put(places: &mut [u32], before: u32, after: u32) {
    if let Some(place) = places.iter_mut().find(|place| **place == before) {
        *place = after;
    }
}

/// A perfect matching of a regular graph given by its lists.
fn perfect(lists: &Csr, size: u32) -> Vec<u32> {
    let mut matching = Matching::empty(size);
    for root in 0..size {
        let mut via = vec![NOBODY; size as usize];
        let mut queue = vec![root];
        let mut head = 0;
        'grow: while let Some(&row) = queue.get(head) {
            head += 1;
            for &col in lists.list(row) {
                if via[col as usize] != NOBODY {
                    continue;
                }
                via[col as usize] = row;
                let owner = matching.row_of[col as usize];
                if owner == NOBODY {
                    feasible::turn_over(&mut matching, &via, root, col);
                    break 'grow;
                }
                queue.push(owner);
            }
        }
    }
    matching.col_of
}

/// Surveys a question of several gifts each; an estimate.
pub(super) fn survey(problem: &Problem) -> Result<Survey, NoDraw> {
    let rounds = Rounds::of(problem)?;
    let mut tally = Tally::default();
    if let Some((board, _)) = rounds.boards.first() {
        tally.add_estimate(estimate(board, rounds.gifts, rounds.rule));
    }
    Ok(tally.survey())
}

/// A round more meets each pairing of the rounds before with the chance it has anyway: with w open cells a row, that thins the
/// draws by (1 - 1/w) per person and earlier round, to first order.
fn estimate(board: &Board, gifts: u32, rule: Option<Rule>) -> f64 {
    let scaled = Scaled::of(board);
    let people = f64::from(board.size());
    let open = people - board.lambda();
    let one = scaled.ln_count;
    let thinning: f64 = (1..gifts).map(|before| people * libm::log1p(-f64::from(before) / open)).sum();
    let mutual = scaled.mutual_pairs(board);
    let gifts = f64::from(gifts);
    let ruled = match rule {
        None => 0.0,
        Some(Rule::NoMutual) => -mutual * gifts * gifts,
        Some(Rule::One) => gifts * (1.0 - libm::log(people)),
    };
    gifts * one + thinning + ruled
}
