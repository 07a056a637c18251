//! The draws of a board, in independent parts, each with its samplers and a last resort.

use std::sync::Arc;

use super::record::Record;
use crate::matcher::answer::Uniformity;
use crate::matcher::possible::blocks::{self, Block};
use crate::matcher::possible::matching::{Matching, largest};
use crate::matcher::possible::search;
use crate::matcher::question::board::{Board, Csr};
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::random::{Purpose, Stream};
use crate::matcher::samplers::circles::{self, Fewest};
use crate::matcher::samplers::counted::Table;
use crate::matcher::samplers::{self, Choice, Rounds, Wanted, greedy, mend, pick, switch_chain};

/// A part of the question that is drawn by itself.
pub(crate) struct Part {
    /// The givers, ascending: row r of the board is `rows[r]`.
    pub(crate) rows: Vec<u32>,
    /// The receivers, ascending.
    pub(crate) cols: Vec<u32>,
    /// Their board.
    pub(crate) board: Arc<Board>,
    /// Pairings that some round has to use.
    pub(crate) must: Csr,
    /// The rule about circles.
    pub(crate) rule: Option<CircleRule>,
    /// How many rounds.
    pub(crate) gifts: u32,
    /// The samplers, in the order they are tried.
    pub(crate) choices: Vec<Choice>,
    /// Rounds without regard to the rule; none for one gift.
    in_hand: Rounds,
}

/// Why nothing was drawn.
pub(crate) enum NoRounds {
    /// There is no draw: all were counted, or everything was searched through.
    Impossible,
    /// Neither a draw nor a proof was found.
    Unknown,
}

/// Everything that is drawn; without any part for what is known to be impossible.
#[derive(Default)]
pub(crate) struct Target {
    parts: Option<Vec<Part>>,
    /// Whether the samplers count costs themselves.
    counts_costs: bool,
}

impl Part {
    fn new(block: Block, must: Csr, in_hand: Rounds, (rule, gifts): (Option<CircleRule>, u32), own: &[u32]) -> Self {
        let Block { rows, cols, board } = block;
        let board = Arc::new(board);
        let choices = pick(&Wanted { board: &board, rule, gifts, must: &must, own });
        Self { rows, cols, board, must, rule, gifts, choices, in_hand }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn draw(&self, seed: &[u8; 32], number: u32, record: &mut Record, budget: u64) -> Result<Rounds, NoRounds> {
        let mut stream = Stream::new(seed, Purpose::Draw, number);
        if let Some((rounds, sampler)) =
            samplers::draw(&self.choices, budget as f64 / search::BUDGET as f64, &mut stream)
        {
            debug_assert!(rounds.iter().all(|round| self.board.admits(round)));
            let (name, uniformity) = sampler.label();
            record.add(name, self.board.size(), uniformity, stream.words());
            return Ok(rounds);
        }
        if self.choices.iter().any(|choice| choice.sampler.always()) {
            return Err(NoRounds::Impossible);
        }
        let mut search = Stream::new(seed, Purpose::Search, number);
        let (rounds, name) = self.last_resort(&mut search, budget)?;
        record.add(name, self.board.size(), Uniformity::Approximate, stream.words() + search.words());
        Ok(rounds)
    }

    /// Whether counting has shown that there is no draw.
    fn is_empty(&self) -> bool {
        matches!(&self.choices[..], [only] if only.sampler.always() && only.sampler.ln_bound() == f64::NEG_INFINITY)
    }

    /// Draws what no sampler draws uniformly, or finds out that there is none. A search takes at most `budget` steps.
    fn last_resort(&self, stream: &mut Stream, budget: u64) -> Result<(Rounds, &'static str), NoRounds> {
        let board = &*self.board;
        if self.gifts > 1 {
            let rounds = mend::mend_rounds(board, &self.must, self.rule, &self.in_hand, stream);
            return rounds.map(|rounds| (rounds, "random walk")).ok_or(NoRounds::Unknown);
        }
        let matching = largest(board);
        if !matching.free_rows().is_empty() {
            return Err(NoRounds::Impossible);
        }
        let mut draw = greedy::rearrange(board, matching, stream);
        let Some(rule) = self.rule else {
            let open = |draw: &[u32], givers: &[u32]| switch_chain::open(board, draw, givers);
            switch_chain::walk(&mut draw, switch_chain::steps(board.size()), stream, open);
            return Ok((vec![draw], "random walk"));
        };
        if let Some(draw) = mend::mend(board, rule, draw, stream) {
            return Ok((vec![draw], "mended"));
        }
        match search::search(board, rule, stream, budget) {
            search::Outcome::Found(draw) => Ok((vec![draw], "search")),
            search::Outcome::Exhausted => Err(NoRounds::Impossible),
            search::Outcome::Unknown => Err(NoRounds::Unknown),
        }
    }
}

impl Target {
    /// A plain board, cut into its blocks; `matching` is a draw, if there is one in hand. For `own` see [`Wanted`].
    pub(crate) fn cut(board: Board, matching: Option<Matching>, own: &[u32]) -> Self {
        let nothing = |board: &Board| Csr::from_pairs(board.size() as usize, [].into_iter());
        let split = || blocks::split(&board, &matching.unwrap_or_else(|| largest(&board)));
        let blocks = if blocks::clearly_one(&board) { None } else { split() };
        let blocks = blocks.unwrap_or_else(|| vec![Block::whole(board)]);
        let part = |block: Block| {
            let must = nothing(&block.board);
            let own = block.local(own);
            Part::new(block, must, Vec::new(), (None, 1), &own)
        };
        Self { parts: Some(blocks.into_iter().map(part).collect()), counts_costs: false }
    }

    /// A board in one piece.
    pub(crate) fn whole(
        board: Board,
        must: Csr,
        in_hand: Rounds,
        rounds: (Option<CircleRule>, u32),
        own: &[u32],
    ) -> Self {
        let part = Part::new(Block::whole(board), must, in_hand, rounds, own);
        let parts = (!part.is_empty()).then(|| vec![part]);
        Self { parts, counts_costs: false }
    }

    /// A small board under a rule, all of whose draws are counted with what they cost (see [`crate::matcher::question::costs::packed`]);
    /// empty when there are none.
    pub(crate) fn counted(board: Board, rule: CircleRule, costs: Vec<u64>) -> Self {
        let block = Block::whole(board);
        let board = Arc::new(block.board);
        let sampler = circles::sampler::<Fewest>(&board, rule, costs);
        if sampler.table().total() == 0 {
            return Self::default();
        }
        let must = Csr::from_pairs(board.size() as usize, [].into_iter());
        let choices = vec![Choice { sampler: Box::new(sampler), attempts: 1 }];
        let (rows, cols) = (block.rows, block.cols);
        let part = Part { rows, cols, board, must, rule: Some(rule), gifts: 1, choices, in_hand: Vec::new() };
        Self { parts: Some(vec![part]), counts_costs: true }
    }

    /// Whether it is known that there is no draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_none()
    }

    /// Whether what is drawn is known to cost the least.
    pub(crate) fn counts_costs(&self) -> bool {
        self.counts_costs
    }

    /// The parts.
    pub(crate) fn parts(&self) -> &[Part] {
        self.parts.as_deref().unwrap_or_default()
    }

    /// Whether the same draws are drawn.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self.parts(), other.parts()) {
            ([one], [other]) => one.board == other.board && one.must == other.must,
            (one, other) => one.is_empty() && other.is_empty(),
        }
    }

    /// Draws; `number` tells streams of several targets apart.
    pub(crate) fn draw(&self, seed: &[u8; 32], number: u32, budget: u64) -> Result<(Record, Rounds), NoRounds> {
        let Some(parts) = &self.parts else { return Err(NoRounds::Impossible) };
        let mut record = Record::default();
        let mut at = number;
        let rounds = put_together(parts, |part| {
            let rounds = part.draw(seed, at, &mut record, budget);
            at += 1;
            rounds
        })?;
        Ok((record, rounds))
    }

    /// Draws uniformly or not at all.
    pub(crate) fn sample(&self, stream: &mut Stream) -> Option<Rounds> {
        let draw = |part: &Part| samplers::draw(&part.choices, 1.0, stream).map(|(rounds, _)| rounds).ok_or(());
        put_together(self.parts.as_ref()?, draw).ok()
    }
}

/// The rounds of all parts as one.
fn put_together<E>(parts: &[Part], mut draw: impl FnMut(&Part) -> Result<Rounds, E>) -> Result<Rounds, E> {
    if let [only] = parts {
        return draw(only); // Its rows and columns are everybody.
    }
    let mut whole = vec![0; parts.iter().map(|part| part.rows.len()).sum()];
    for part in parts {
        for round in draw(part)? {
            part.rows.iter().zip(round).for_each(|(&row, col)| whole[row as usize] = part.cols[col as usize]);
        }
    }
    Ok(vec![whole])
}
