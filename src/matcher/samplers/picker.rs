//! Which samplers draw a board, and in which order: a function of the board and the rule alone.
//!
//! Small boards are counted. On others whatever is expected to take the fewest steps comes first, samplers in whole numbers
//! being preferred up to twice the cost. An attempt succeeds with probability (number of draws)/bound, and how many draws there
//! are is estimated ([`crate::matcher::question::scaling`]); nothing is estimated, and no table filled, where a few shuffles
//! are enough.

use std::sync::Arc;

use super::circles;
use super::circles_first::CirclesFirst;
use super::filtered::Filtered;
use super::groups::Groups;
use super::insertion::Insertion;
use super::k_rounds::KRounds;
use super::one_group::OneGroup;
use super::rejection::{Rejection, RoundsRejection};
use super::scaled::{self, Scaled};
use super::subsets;
use super::{Choice, Sampler};
use crate::matcher::possible::blocks;
use crate::matcher::possible::matching::largest;
use crate::matcher::question::board::{Board, Csr};
use crate::matcher::question::circle_rule::CircleRule;
#[cfg(doc)]
use crate::matcher::question::complement::NOBODY;
use crate::matcher::question::scaling::{Scaling, ln_shuffles};

/// Most clashes of a shuffle, on average, at which a few shuffles are tried without weighing what else there is.
const FEW: f64 = 3.0;

/// Above so many people nothing is estimated where no group matters, and above so many clashes of a shuffle weighing is cheaper.
const LARGE: u32 = 50_000;
const DEAR: f64 = 2.5;

/// The same on boards small enough to count and with rules about circles.
const SPARSE: f64 = 4.0;

/// Boards of so many people are counted without trying shuffles.
const TINY: u32 = 12;

/// Steps that may be spent on one draw by any one sampler.
const STEPS: f64 = 2e9;

/// Most attempts under a rule about circles and at several rounds, where nobody knows whether there is a draw.
const MOST_UNSURE: u64 = 100_000;

/// What is to be drawn, in rounds that share no pairing.
pub(crate) struct Wanted<'a> {
    /// The board.
    pub(crate) board: &'a Arc<Board>,
    /// The rule about circles.
    pub(crate) rule: Option<CircleRule>,
    /// How many rounds.
    pub(crate) gifts: u32,
    /// Pairings that some round has to use.
    pub(crate) must: &'a Csr,
    /// A draw that is to be changed: per row its column, or [`NOBODY`]. Empty where there is none.
    pub(crate) own: &'a [u32],
}

/// The samplers for a board, in the order they are tried.
pub(crate) fn pick(wanted: &Wanted) -> Vec<Choice> {
    match (wanted.gifts, wanted.rule) {
        (1, None) => plain(wanted.board, wanted.own),
        (1, Some(rule)) => circled(wanted, rule),
        _ => several(wanted),
    }
}

fn boxed(sampler: impl Sampler + 'static) -> Box<dyn Sampler> {
    Box::new(sampler)
}

/// A sampler with 64 times as many attempts as are expected to be needed, as far as the steps go.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range first")]
fn choice(sampler: Box<dyn Sampler>, ln_tries: f64) -> Choice {
    let affordable = (STEPS / sampler.steps().max(1.0)).max(64.0);
    let attempts = (64.0 * libm::exp(ln_tries.clamp(0.0, 40.0))).clamp(64.0, affordable) as u64;
    Choice { sampler, attempts }
}

/// The samplers in the order of what a draw is expected to cost, given ln of the number of draws; those that cost too much are
/// left out.
fn ordered(samplers: Vec<(f64, Box<dyn Sampler>)>, ln_count: f64) -> Vec<Choice> {
    let priced = samplers.into_iter().map(|(more, sampler)| {
        let ln_tries = (sampler.ln_bound() - ln_count).max(0.0);
        (more + sampler.steps() * libm::exp(ln_tries.min(200.0)), ln_tries, sampler)
    });
    let mut priced: Vec<_> = priced.filter(|&(cost, ..)| cost <= 4.0 * STEPS).collect();
    priced.sort_by(|one, other| one.0.total_cmp(&other.0));
    // The estimate may be off by a few times.
    priced.into_iter().map(|(_, ln_tries, sampler)| choice(sampler, ln_tries + 2.0)).collect()
}

fn plain(board: &Arc<Board>, own: &[u32]) -> Vec<Choice> {
    let size = board.size();
    let shuffles = ln_shuffles(board);
    if size <= subsets::MOST {
        let counted = Choice { sampler: boxed(subsets::sampler(board)), attempts: 1 };
        let sparse = size > TINY && shuffles <= SPARSE;
        return sparse.then(|| choice(boxed(Rejection::new(board)), shuffles)).into_iter().chain([counted]).collect();
    }
    if let Some(insertion) = Insertion::new(board, own) {
        return vec![Choice { sampler: boxed(insertion), attempts: MOST_UNSURE }];
    }
    if shuffles <= if size > LARGE { DEAR } else { FEW } {
        return vec![choice(boxed(Rejection::new(board)), shuffles)];
    }
    let one_group = if OneGroup::matters(board) { OneGroup::new(board) } else { None };
    if one_group.is_none() && size > LARGE {
        // Everybody is forbidden about as much; the bound is close then, and nothing needs to be estimated.
        let sampler = KRounds::one(board).map_or_else(|| boxed(Rejection::new(board)), boxed);
        return vec![choice(sampler, 1.0)];
    }
    if let Some(group) = one_group.as_ref().filter(|group| group.clashes() <= 1.0) {
        let clashes = group.clashes();
        return one_group.map(|group| choice(boxed(group), clashes + 1.0)).into_iter().collect();
    }
    weighed(board, one_group)
}

/// Whatever is cheapest among what has to be weighed.
fn weighed(board: &Arc<Board>, one_group: Option<OneGroup>) -> Vec<Choice> {
    let scaling = Scaling::of(board);
    let ln_count = scaling.ln_count;
    let mut samplers: Vec<(f64, Box<dyn Sampler>)> = Vec::new();
    let huber = KRounds::one(board);
    let cost = |sampler: &dyn Sampler| sampler.steps() * libm::exp((sampler.ln_bound() - ln_count).clamp(0.0, 200.0));
    let mut cheapest = huber.as_ref().map_or(f64::INFINITY, |huber| cost(huber));
    samplers.extend(huber.map(|huber| (0.0, boxed(huber))));
    let rejection = Rejection::new(board);
    cheapest = cheapest.min(cost(&rejection));
    samplers.push((0.0, boxed(rejection)));
    if let Some(group) = one_group {
        cheapest = cheapest.min(cost(&group));
        samplers.push((0.0, boxed(group)));
    }
    // The table is filled, and the board scaled, only where nothing is cheaper.
    if let Some(groups) = Groups::new(board).filter(|groups| groups.clashes() <= SPARSE && groups.work() < cheapest) {
        cheapest = cheapest.min(groups.work());
        samplers.push((groups.work(), boxed(groups)));
    }
    if scaled::work(board) < cheapest {
        samplers.extend(Scaled::new(board, &scaling).map(|scaled| (0.0, boxed(scaled))));
    }
    ordered(samplers, ln_count)
}

fn circled(wanted: &Wanted, rule: CircleRule) -> Vec<Choice> {
    let board = wanted.board;
    let size = board.size();
    let shortest = if rule == CircleRule::One { size } else { 3 };
    let first = CirclesFirst::new(board, shortest);
    let sparse = first.filter(|first| first.clashes() <= SPARSE);
    if size <= circles::most(rule, false) {
        let counted = Choice { sampler: boxed(circles::sampler::<u64>(board, rule, Vec::new())), attempts: 1 };
        let sparse = sparse.filter(|_| size > circles::MOST_LONG);
        let sparse = sparse.map(|first| (first.clashes(), first)).map(|(ln, first)| choice(boxed(first), ln));
        return sparse.into_iter().chain([counted]).collect();
    }
    if let Some(first) = sparse {
        let clashes = first.clashes();
        let first = choice(boxed(first), clashes + 1.0);
        return [first].into_iter().chain(by_price(wanted, rule)).collect();
    }
    by_price(wanted, rule)
}

/// To first order the circles of a draw are those of a random permutation: one in n/e of those without fixed points is a single
/// circle, and of few mutual pairs there is none in one of e.
fn by_price(wanted: &Wanted, rule: CircleRule) -> Vec<Choice> {
    let board = wanted.board;
    let among = match rule {
        CircleRule::One => 1.0 - libm::log(f64::from(board.size())),
        CircleRule::NoMutual => -1.0,
    };
    let ln_count = Scaling::of(board).ln_count + among;
    let shortest = if rule == CircleRule::One { board.size() } else { 3 };
    let mut samplers: Vec<(f64, Box<dyn Sampler>)> = Vec::new();
    samplers.extend(CirclesFirst::new(board, shortest).map(|first| (0.0, boxed(first))));
    if rule == CircleRule::One {
        samplers.extend(KRounds::new(board, Some(rule), 1, wanted.must).map(|walk| (0.0, boxed(walk))));
    }
    samplers.extend(filtered(wanted, rule).map(|filtered| (0.0, boxed(filtered))));
    ordered(samplers, ln_count).into_iter().map(unsure).collect()
}

fn unsure(choice: Choice) -> Choice {
    Choice { attempts: choice.attempts.min(MOST_UNSURE), ..choice }
}

/// The board's blocks, each with the first of its samplers.
fn filtered(wanted: &Wanted, rule: CircleRule) -> Option<Filtered> {
    let board = wanted.board;
    let matching = largest(board);
    if !matching.free_rows().is_empty() {
        return None;
    }
    let whole = || vec![blocks::Block::whole(Board::clone(board))];
    let parts =
        if blocks::clearly_one(board) { whole() } else { blocks::split(board, &matching).unwrap_or_else(whole) };
    let choices = parts.into_iter().map(|block| {
        let own = block.local(wanted.own);
        let first = plain(&Arc::new(block.board), &own).into_iter().next()?;
        Some((block.rows, block.cols, first))
    });
    Some(Filtered::new(choices.collect::<Option<Vec<_>>>()?, rule, board.size() as usize))
}

fn several(wanted: &Wanted) -> Vec<Choice> {
    let Wanted { board, rule, gifts, must, .. } = *wanted;
    let count = f64::from(gifts);
    let clashes = count * ln_shuffles(board) + count * (count - 1.0) / 2.0;
    let mut choices = Vec::new();
    let weighed = KRounds::new(board, rule, gifts, must);
    if rule.is_none() && must.total() == 0 {
        let shuffled = RoundsRejection { board: Arc::clone(board), rounds: gifts };
        let dear = weighed.as_ref().is_none_or(|weighed| {
            shuffled.steps() * libm::exp(clashes.min(200.0)) > 2.0 * weighed.steps() * libm::pow(0.69, -count)
        });
        if clashes <= SPARSE || !dear {
            choices.push(choice(boxed(shuffled), clashes));
        }
    }
    // Nothing is known of how often the rule holds, or what must be used is: so many attempts as the steps go.
    choices.extend(weighed.map(|weighed| unsure(choice(boxed(weighed), f64::INFINITY))));
    choices
}
