//! How many draws keep a rule about circles, and who can guess.

use super::bridges::{self, clearly_none, without};
use super::{Circular, Rule, Way, drawing, impossible};
use crate::matcher::answer::{Clash, NoDraw};
use crate::matcher::backtrack::{self, Outcome};
use crate::matcher::blocks;
use crate::matcher::board::Board;
use crate::matcher::circle::{self, Circles};
use crate::matcher::long_circles;
use crate::matcher::problem::Problem;
use crate::matcher::random::{Purpose, Stream};
use crate::matcher::sampled;
use crate::matcher::scaling::Scaled;
use crate::matcher::survey::{Basis, Survey, Tally};

/// Surveys a question with a rule about circles.
pub(in crate::matcher) fn survey(problem: &Problem) -> Result<Survey, NoDraw> {
    let circular = Circular::of(problem)?;
    let mut tally = Tally::default();
    match &circular.way {
        Way::Counted(circles) => note_all(&mut tally, circular.people, circles),
        Way::Avoiding(circles) => note_all(&mut tally, circular.people, circles),
        Way::Tried(tried) => {
            let (kept, board) = &tried.first;
            if circular.rule == Rule::One && board.size() <= circle::MOST_ONE && *kept == 0 {
                note_all(&mut tally, circular.people, &Circles::<u64>::one(board, Vec::new()));
            } else {
                if circular.rule == Rule::NoMutual && board.size() <= long_circles::MOST && *kept == 0 {
                    tally.add_exact(long_circles::count(board, 3));
                } else {
                    tally.add_estimate(estimate(board, circular.rule));
                }
                if !note_likely(&mut tally, board, circular.rule) {
                    let everyone = (0..problem.people).collect();
                    return Err(impossible(problem, board, Clash::Exhausted, everyone));
                }
            }
        }
    }
    Ok(tally.survey())
}

fn note_all<T: circle::Tally>(tally: &mut Tally, people: u32, circles: &Circles<T>) {
    tally.add_exact(circles.total().ways());
    tally.note_uses(people, &circles.uses(), circles.total().ways());
}

/// Notes who can guess where draws are too many to count: whom every draw gives the same receiver, as far as that can be
/// proved, and what some draws have more often than not. `false` if that leaves no draw.
fn note_likely(tally: &mut Tally, board: &Board, rule: Rule) -> bool {
    let mut always: Vec<(u32, u32)> = blocks::forced(board);
    if rule == Rule::One {
        always.extend(bridges::of(board));
    }
    // With these alone in their rows and columns, more of the draws to be looked at come out.
    let tighter = if always.is_empty() || rule == Rule::NoMutual { None } else { bridges::tightened(board) };
    let board = tighter.as_ref().unwrap_or(board);
    if tighter.is_some() && clearly_none(board, rule) {
        return false;
    }
    let often = sampled::affordable(board.size(), 1, drawing::steps(board, rule))
        .then(|| sampled::often(board.size(), |stream| Some(vec![drawing::glanced(board, rule, stream)?])))
        .flatten()
        .unwrap_or_default();
    let seen_always = often.iter().filter(|&&(.., share)| share >= 1.0).take(SEARCHED);
    let searched = seen_always.map(|&(giver, receiver, _)| (giver, receiver));
    always.extend(searched.filter(|&pair| ruled_out(&without(board, pair), rule, SEARCH) == Some(true)));
    for (giver, receiver) in always {
        tally.note(giver, receiver, 1.0, Basis::Counted);
    }
    for (giver, receiver, share) in often {
        tally.note(giver, receiver, share, Basis::Sampled);
    }
    true
}

/// How many pairings that all draws looked at have are searched for a draw without, and the steps of each search.
const SEARCHED: usize = 10;
const SEARCH: u64 = 4_000_000;

/// Whether it is proved that no draw of a board keeps the rule, or that one does; `None` if neither was within `steps`.
pub(in crate::matcher) fn ruled_out(board: &Board, rule: Rule, steps: u64) -> Option<bool> {
    if clearly_none(board, rule) {
        return Some(true);
    }
    let mut stream = Stream::new(&[0; 32], Purpose::Search, 0);
    if drawing::glanced(board, rule, &mut stream).is_some() {
        return Some(false);
    }
    match backtrack::search(board, rule, &mut stream, steps) {
        Outcome::Found(_) => Some(false),
        Outcome::Exhausted => Some(true),
        Outcome::Unknown => None,
    }
}

/// To first order the circles of a draw are those of a random permutation: one in n/e of those without fixed points is a single
/// circle, and mutual pairs come independently.
pub(in crate::matcher) fn estimate(board: &Board, rule: Rule) -> f64 {
    let scaled = Scaled::of(board);
    scaled.ln_count
        + match rule {
            Rule::One => 1.0 - libm::log(f64::from(board.size())),
            Rule::NoMutual => -scaled.mutual_pairs(board),
        }
}
