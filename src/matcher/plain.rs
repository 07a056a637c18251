//! A plain question (one gift each, no rule about circles) made ready: known to be possible, reduced to the fewest repeats, cut into blocks. Drawing from it is what
//! is left.

use super::answer::{Drawn, NoDraw, Uniformity};
use super::blocks::{self, Block, Cut};
use super::board::Board;
use super::feasible::{self, Matching};
use super::plan::{self, Method};
use super::problem::{Problem, Repeats};
use super::random::{Purpose, Stream};
use super::sight::{Classes, Sight};
use super::{chain, history, rules, witness};

/// The draws of a plain question: one gift each and no rule about circles.
pub(super) struct Plain {
    pub(super) parts: Parts,
    /// How many pairings of each earlier draw come again in every draw.
    pub(super) repeats: Vec<u32>,
    people: u32,
}

/// What is left to draw.
pub(super) enum Parts {
    /// Independent blocks, each with the methods to try.
    Blocks(Vec<(Block, Vec<Method>)>),
    /// A valid draw to walk from: the fewest repeats left a board too large to spell out.
    Walk(Box<(Board, Classes, Matching)>),
}

/// The board of a question and one of its draws; for rules about circles one is necessary, not enough.
pub(super) fn possible(problem: &Problem, with_history: bool) -> Result<(Board, Matching), NoDraw> {
    let board = rules::board(problem, with_history);
    let matching = feasible::largest(&board);
    if matching.free_rows().is_empty() { Ok((board, matching)) } else { Err(impossible(problem, &board, &matching)) }
}

fn impossible(problem: &Problem, board: &Board, matching: &Matching) -> NoDraw {
    let with_history = problem.repeats == Repeats::Never;
    NoDraw::Impossible(Box::new(witness::of_matching(problem, board, matching, with_history)))
}

impl Plain {
    /// Makes a plain question ready.
    pub(super) fn of(problem: &Problem) -> Result<Self, NoDraw> {
        let has_history = problem.history.iter().any(|earlier| !earlier.is_empty());
        let strict = rules::board(problem, true);
        if blocks::clearly_one(&strict) {
            // Nothing is repeated, for the whole history is forbidden.
            let (parts, repeats) = (Parts::Blocks(vec![planned(Block::whole(strict))]), vec![0; problem.history.len()]);
            return Ok(Self { parts, repeats, people: problem.people });
        }
        let matching = feasible::largest(&strict);
        if matching.free_rows().is_empty() {
            return Ok(Self::cut(problem, strict, None, &matching));
        }
        if !has_history || problem.repeats == Repeats::Never {
            return Err(impossible(problem, &strict, &matching));
        }
        let (board, matching) = possible(problem, false)?;
        let fewest = history::fewest(&board, &strict, &problem.history, matching);
        Ok(Self::cut(problem, strict, Some(fewest.classes), &fewest.matching))
    }

    fn cut(problem: &Problem, board: Board, classes: Option<Classes>, matching: &Matching) -> Self {
        let repeats = history::repeats(&matching.col_of, &problem.history);
        let people = problem.people;
        let parts = match blocks::split(&board, classes.as_ref(), matching) {
            Cut::One => Parts::Blocks(vec![planned(Block::whole(board))]),
            Cut::Many(blocks) => Parts::Blocks(blocks.into_iter().map(planned).collect()),
            Cut::TooLarge => Parts::Walk(Box::new((board, classes.unwrap_or_default(), matching.clone()))),
        };
        Self { parts, repeats, people }
    }

    /// Draws.
    pub(super) fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        let mut draw = vec![0; self.people as usize];
        let mut record = Record::default();
        match &self.parts {
            Parts::Blocks(blocks) => {
                for ((block, methods), number) in blocks.iter().zip(0..) {
                    let (part, method, words) =
                        plan::draw(&block.board, methods, seed, number).ok_or(NoDraw::NotFound { budget: 0 })?;
                    record.add(method.name(), block.board.size(), method.uniformity(), words);
                    if blocks.len() == 1 {
                        draw = part; // Its rows and columns are everybody.
                        break;
                    }
                    for (&row, &col) in block.rows.iter().zip(&part) {
                        draw[row as usize] = block.cols[col as usize];
                    }
                }
            }
            Parts::Walk(parts) => {
                let (board, classes, in_hand) = &**parts;
                let mut stream = Stream::new(seed, Purpose::Chain, 0);
                let sight = Sight::of_givers(board, Some(classes));
                draw.clone_from(&in_hand.col_of);
                chain::walk(&mut draw, chain::steps(self.people), &mut stream, |draw, givers| {
                    givers.iter().all(|&giver| sight.open(giver, draw[giver as usize]))
                });
                record.add("random walk", self.people, Uniformity::Approximate, stream.words());
            }
        }
        Ok(record.drawn(vec![draw], self.repeats.clone()))
    }
}

fn planned(block: Block) -> (Block, Vec<Method>) {
    let methods = plan::methods(&block.board);
    (block, methods)
}

/// What a draw's record says of how it was made.
#[derive(Default)]
pub(super) struct Record {
    /// (method, blocks, people), in order of first use.
    methods: Vec<(&'static str, u32, u64)>,
    weakest: Option<Uniformity>,
    words: u64,
}

impl Record {
    /// Notes that a method dealt with a block.
    pub(super) fn add(&mut self, method: &'static str, people: u32, uniformity: Uniformity, words: u64) {
        match self.methods.iter_mut().find(|(known, _, _)| *known == method) {
            Some((_, blocks, total)) => {
                *blocks += 1;
                *total += u64::from(people);
            }
            None => self.methods.push((method, 1, u64::from(people))),
        }
        self.weakest = self.weakest.max(Some(uniformity));
        self.words += words;
    }

    /// The finished draw, its repeats being the fewest.
    pub(super) fn drawn(self, rounds: Vec<Vec<u32>>, repeats: Vec<u32>) -> Drawn {
        let words = self.methods.iter().map(|&(method, blocks, people)| match blocks {
            1 => format!("{method}: {people}"),
            _ => format!("{method}: {people} in {blocks} blocks"),
        });
        Drawn {
            rounds,
            uniformity: self.weakest.unwrap_or(Uniformity::Exact),
            method: words.collect::<Vec<_>>().join(", "),
            repeats,
            fewest: true,
            words: self.words,
        }
    }
}
