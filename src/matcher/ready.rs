//! A question made ready: known to be possible as far as that can be known, reduced to the draws that cost the least, cut
//! into independent parts, each with its samplers. Drawing from it is what is left.
//!
//! Without a rule about circles the draws with the fewest repeats are again the draws of a board ([`mod@cheapest`]). Under a rule
//! small boards are counted, repeats and all. On larger ones the fewest repeats are a hard question: no draw that keeps the rule
//! repeats less than the best without it, so the pairings of these are tried first; what comes of them repeats the least,
//! uniformly. If nothing does, the oldest earlier draw is let go and the question asked again, and so on; then of several
//! draws that with the fewest repeats is taken, which is as likely as any with the same repeats. Above [`cheapest::MOST`] people
//! whole earlier draws are let go, the oldest first. Where fewer repeats may be possible the draw says so ([`Drawn::fewest`]).

mod record;
mod target;

use self::record::Record;
pub(crate) use self::target::Part;
use self::target::{NoRounds, Target};
use super::answer::{Clash, Drawn, Impossible, NoDraw, Uniformity};
use super::possible::cheapest::{self, cheapest};
use super::possible::k_matching::{Stuck, joined};
use super::possible::matching::{Matching, clearly_possible, largest};
use super::possible::{search, witness};
use super::question::board::{Board, Csr};
use super::question::circle_rule::CircleRule;
use super::question::costs::{self, Tier};
use super::question::problem::{Problem, Repeats};
use super::question::rules;
use super::random::{Purpose, Stream};
use super::samplers::{Rounds, circles};

/// A question made ready to be drawn: not known to be impossible, and everything worked out that does not depend on the seed.
pub struct Ready<'p> {
    problem: &'p Problem,
    rule: Option<CircleRule>,
    tiers: Vec<Tier>,
    /// The cheapest draws, without regard to the rule where these cannot be counted.
    best: Target,
    /// The lowest cost of each tier, where that is known: less is impossible.
    bound: Option<Vec<u32>>,
}

/// The draws that cost the least in some tiers.
struct Best {
    board: Board,
    /// Pairings that some round has to use.
    must: Csr,
    /// Some of these rounds; none where counting alone shows that there are.
    rounds: Rounds,
    /// What they cost, if that is the least possible.
    bound: Option<Vec<u32>>,
}

impl<'p> Ready<'p> {
    /// Works out whether there is a draw at all, and how to draw; ways out are not looked for.
    pub(crate) fn new(problem: &'p Problem) -> Result<Self, NoDraw> {
        problem.check()?;
        let never = problem.repeats == Repeats::Never;
        Self::with_costs(problem, if never { Vec::new() } else { costs::of_history(problem) })
    }

    /// The same for given tiers of costs.
    pub(crate) fn with_costs(problem: &'p Problem, tiers: Vec<Tier>) -> Result<Self, NoDraw> {
        let rule = CircleRule::of(problem);
        let ready = Self { problem, rule, tiers, best: Target::default(), bound: None };
        if let Some(rule) = rule {
            ready.refuse_by_rule(rule)?;
        }
        let counted = rule.and_then(|rule| ready.counted(rule));
        ready.reduced(counted)
    }

    /// The same for a small question under a rule as if it were too large to count.
    #[cfg(test)]
    pub(crate) fn uncounted(problem: &'p Problem) -> Result<Self, NoDraw> {
        let (tiers, rule) = (costs::of_history(problem), CircleRule::of(problem));
        let ready = Self { problem, rule, tiers, best: Target::default(), bound: None };
        ready.reduced(None)
    }

    fn reduced(mut self, counted: Option<Target>) -> Result<Self, NoDraw> {
        if let Some(counted) = counted {
            self.best = counted;
        } else {
            let best = self.cheapest(self.tiers.len())?;
            self.bound.clone_from(&best.bound);
            self.best = self.target(best);
        }
        // Where costs may be let go there may be a draw all the same.
        let counted = !self.has_costs() || self.best.counts_costs();
        if self.best.is_empty() && counted { Err(self.exhausted(&self.board(0))) } else { Ok(self) }
    }

    /// Earlier draws that no draw may repeat, or that cost.
    fn has_costs(&self) -> bool {
        self.tiers.iter().any(|tier| !matches!(tier, Tier::Repeats(earlier) if earlier.total() == 0))
    }

    /// The board with the newest `kept` earlier draws forbidden; all of them where they may never come again.
    fn board(&self, kept: usize) -> Board {
        let never = self.problem.repeats == Repeats::Never;
        let kept = if never { self.problem.history.len() } else { kept };
        rules::board(self.problem, &self.problem.history[..kept])
    }

    /// Proofs that no draw keeps the rule which need no search.
    fn refuse_by_rule(&self, rule: CircleRule) -> Result<(), NoDraw> {
        let board = self.board(0);
        if self.problem.gifts_each > 1 {
            if rule == CircleRule::NoMutual
                && let Some(found) = witness::too_few_partners(self.problem, &board)
            {
                return Err(NoDraw::Impossible(Box::new(found)));
            }
            // A single round has to be possible, too.
            let never = self.problem.repeats == Repeats::Never;
            let history = if never { self.problem.history.clone() } else { Vec::new() };
            return Ready::new(&Problem { gifts_each: 1, history, ..self.problem.clone() }).map(|_| ());
        }
        self.rounds(&board)?;
        if rule == CircleRule::One
            && let Some((clash, closed)) = witness::closed_company(&board)
        {
            return Err(self.impossible(witness::of_circles(self.problem, &board, clash, closed)));
        }
        Ok(())
    }

    /// A small question under a rule, all of whose draws are counted, costs and all.
    fn counted(&self, rule: CircleRule) -> Option<Target> {
        let counts = self.problem.gifts_each == 1 && self.has_costs() && self.tiers.len() <= costs::MOST_PACKED;
        if !counts || self.problem.people > circles::most(rule, true) {
            return None;
        }
        let board = self.board(0);
        let costs = costs::packed(&board, &self.tiers);
        Some(Target::counted(board, rule, costs))
    }

    /// Rounds of a board without regard to the rule, or the proof that there are none. None for one gift where counting alone
    /// shows that there are.
    fn rounds(&self, board: &Board) -> Result<Rounds, NoDraw> {
        if self.problem.gifts_each > 1 {
            return joined(board, self.problem.gifts_each).map_err(|stuck| self.stuck(board, stuck));
        }
        if clearly_possible(board) {
            return Ok(Vec::new());
        }
        let matching = largest(board);
        if matching.free_rows().is_empty() {
            return Ok(vec![matching.col_of]);
        }
        let with_history = self.problem.repeats == Repeats::Never;
        Err(self.impossible(witness::of_matching(self.problem, board, &matching, with_history)))
    }

    /// The draws that cost the least in the first `kept` tiers, without regard to the rule.
    fn cheapest(&self, kept: usize) -> Result<Best, NoDraw> {
        let changes = matches!(self.tiers.first(), Some(Tier::Changes { .. }));
        let free = |board: Board, rounds, bound| {
            let must = Csr::from_pairs(board.size() as usize, [].into_iter());
            Best { board, must, rounds, bound }
        };
        if !changes || kept == 0 {
            let strict = self.board(kept);
            match self.rounds(&strict) {
                Ok(rounds) => return Ok(free(strict, rounds, Some(vec![0; self.tiers.len()]))),
                Err(reason) if kept == 0 => return Err(reason),
                Err(_) => {}
            }
        }
        let board = self.board(0);
        let rounds = self.rounds(&board)?;
        if self.problem.people <= cheapest::MOST {
            let rounds = if rounds.is_empty() { vec![largest(&board).col_of] } else { rounds };
            let best = cheapest(&board, &self.tiers[..kept], &rounds);
            let bound = Some(costs::of_rounds(&self.tiers, &best.rounds));
            return Ok(Best { board: best.board, must: best.must, rounds: best.rounds, bound });
        }
        let forbidding = |kept| {
            let strict = self.board(kept);
            self.rounds(&strict).ok().map(|rounds| free(strict, rounds, None))
        };
        let lenient = || free(board.clone(), rounds.clone(), None);
        Ok((1..kept).rev().find_map(forbidding).unwrap_or_else(lenient))
    }

    fn target(&self, best: Best) -> Target {
        let closed = self.rule == Some(CircleRule::One) && witness::closed_company(&best.board).is_some();
        if closed {
            return Target::default();
        }
        let Best { board, must, rounds, .. } = best;
        let own = self.tiers.first().map(Tier::own).unwrap_or_default();
        if self.problem.gifts_each == 1 && self.rule.is_none() {
            return Target::cut(board, rounds.into_iter().next().map(Matching::of_draw), &own);
        }
        Target::whole(board, must, rounds, (self.rule, self.problem.gifts_each), &own)
    }

    /// The parts that are drawn.
    pub(crate) fn parts(&self) -> &[Part] {
        self.best.parts()
    }

    /// The rule about circles.
    pub(crate) fn rule(&self) -> Option<CircleRule> {
        self.rule
    }

    /// Draws: a valid draw of the fewest repeats, each equally likely as far as the label says. The same question and
    /// seed give the same draw on every machine.
    ///
    /// # Errors
    /// [`NoDraw::NotFound`] when a hard question took more steps than it is given, [`NoDraw::Impossible`] when the search for
    /// a draw became a proof that there is none.
    pub fn draw(&self, seed: &[u8; 32]) -> Result<Drawn, NoDraw> {
        self.draw_within(seed, search::BUDGET)
    }

    /// The same with so many steps for a search.
    pub(crate) fn draw_within(&self, seed: &[u8; 32], budget: u64) -> Result<Drawn, NoDraw> {
        let all = self.tiers.len();
        let mut bound = self.bound.clone();
        let mut ruled_out = true;
        let mut before: Option<Target> = None;
        for (kept, number) in (0..=all).rev().zip(0..) {
            if kept < all {
                let target = self.target(self.cheapest(kept)?);
                if before.as_ref().unwrap_or(&self.best).is_same(&target) {
                    continue;
                }
                before = Some(target);
            }
            let target = before.as_ref().unwrap_or(&self.best);
            let budget = if kept == all || kept == 0 { budget } else { budget / 8 };
            match target.draw(seed, number, budget) {
                Ok((record, rounds)) => {
                    let sure = kept == all && (bound.is_some() || target.counts_costs());
                    let rounds = if sure { rounds } else { self.best_of(target, rounds, &record, seed, number) };
                    let known = bound.clone().filter(|_| kept == all);
                    let costs = known.unwrap_or_else(|| costs::of_rounds(&self.tiers, &rounds));
                    return Ok(self.drawn(record, rounds, &costs, bound.as_deref()));
                }
                // So it costs one more, at best in the least important tier.
                Err(NoRounds::Impossible) if kept == all => {
                    bound.iter_mut().filter_map(|bound| bound.last_mut()).for_each(|last| *last += 1);
                }
                Err(NoRounds::Impossible) => {}
                Err(NoRounds::Unknown) => ruled_out = false,
            }
            if !self.has_costs() {
                break;
            }
        }
        // The last board lets all costs go; those before it only forbid more.
        if ruled_out { Err(self.exhausted(&self.board(0))) } else { Err(NoDraw::NotFound { budget }) }
    }

    fn drawn(&self, record: Record, rounds: Rounds, costs: &[u32], bound: Option<&[u32]>) -> Drawn {
        let counted = self.best.counts_costs();
        let fewest = counted || bound == Some(costs) || costs.iter().all(|&cost| cost == 0);
        // Whatever else costs comes before the history; earlier draws that may never come again cost nothing.
        let history = self.problem.history.len();
        let never = self.problem.repeats == Repeats::Never;
        let repeats = if never { vec![0; history] } else { costs[costs.len() - history..].to_vec() };
        record.drawn(rounds, repeats, fewest)
    }

    /// Of several draws the cheapest; it is as likely as any other that costs the same.
    fn best_of(&self, target: &Target, first: Rounds, record: &Record, seed: &[u8; 32], number: u32) -> Rounds {
        const SOME: u32 = 32;
        if self.problem.people > 20_000 || record.uniformity() == Uniformity::Approximate || !self.has_costs() {
            return first;
        }
        let mut stream = Stream::new(seed, Purpose::Chain, number);
        let others = (1..SOME).map_while(|_| target.sample(&mut stream));
        let cost = |rounds: &Rounds| costs::of_rounds(&self.tiers, rounds);
        others.fold(first, |best, other| if cost(&other) < cost(&best) { other } else { best })
    }

    fn impossible(&self, found: Impossible) -> NoDraw {
        NoDraw::Impossible(Box::new(found))
    }

    fn exhausted(&self, board: &Board) -> NoDraw {
        let everybody = (0..self.problem.people).collect();
        self.impossible(witness::of_circles(self.problem, board, Clash::Exhausted, everybody))
    }

    fn stuck(&self, board: &Board, stuck: Stuck) -> NoDraw {
        let with_history = self.problem.repeats == Repeats::Never;
        let Stuck { clash, crowd, seen, room } = stuck;
        self.impossible(witness::of_crowd(self.problem, board, clash, (crowd, seen), room, with_history))
    }
}
