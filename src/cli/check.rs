//! `xchange check`. The sentences about how many draws there are and who can guess stand in `app/exchange/words.rs`. Why there is no
//! draw, and what would mend it, is said in `matcher/possible/explain.rs`; the notes in `app/exchange/check.rs`; a file's differences
//! from its draw in `app/exchange/differences.rs`; what is wrong with the file in `roster`, where it is read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Context, Failure, draw, next};
use crate::app::exchange::check::{self, Checked, Earlier, Guessable, Impossible};
use crate::app::exchange::differences::Difference;
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::words::{guess_in_words, how_many};
use crate::app::exchange::{matrix, status};
use crate::app::exchanges::WhichExchange;
use crate::app::site::Site;
use crate::matcher::{Basis, Matrix, Verdict};
use crate::messaging::length::Length;
use crate::model::Exchange;
use crate::roster::{self, Diagnostic, Roster, RosterError, Severity};

mod picture;

/// Check the roster: problems, possible or not, how many draws, whose receiver can be guessed
///
/// Draws nothing, sends nothing, opens nothing. Every problem of the roster is named with its line. An impossible roster is
/// explained, with what would mend it. Earlier draws are left out of it: a check that knew them could be asked until it told
/// them.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange check\n  xchange check --picture who.svg    draw who may give to whom\n  xchange check --json | jq .draws"
)]
pub(super) struct Args {
    /// Write who may give to whom as a picture; never over a file that is not one of these
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut roster = match context.find(context.exchange.as_deref()) {
        Ok(roster) => roster,
        Err(WhichExchange::Roster(RosterError::Problems(problems))) => return refuse(context, &problems),
        Err(other) => return Err(other.into()),
    };
    let (name, people) = (&roster.exchange.name, roster.exchange.people.len());
    if people < 2 {
        return Err(DrawError::TooFew { exchange: name.clone(), people }.into());
    }
    roster.warnings.extend(check::overdue(&roster, context.clock.now()));
    roster.warnings.sort_by_key(|problem| (problem.line, problem.column));
    let site = existing_site(context, &roster);
    // A database that cannot be looked into is another verb's to report.
    let earlier = site.as_ref().and_then(|site| Earlier::of(site).ok()).unwrap_or_default();
    let checked = check::check(&roster.exchange, &earlier)
        .map_err(|e| Failure::no("These rules make no sense together.").because(e))?;
    let matrix =
        check::matrix(&roster.exchange).map_err(|e| Failure::no("These rules make no sense together.").because(e))?;
    if let Some(path) = &args.picture {
        picture::write(path, &roster, &matrix)?;
        context.ui.talk(&format!("Wrote {}.", path.display()));
    }
    let differences = site.as_ref().map(|site| differences(context, site)).unwrap_or_default();
    if context.ui.json() {
        let mut document = as_json(&roster.exchange, &roster.warnings, &checked);
        document["differences"] = json!(differences);
        context.ui.document(&document)?;
    } else {
        if !roster.warnings.is_empty() {
            context.ui.talk(&roster::render_all(&roster.warnings));
        }
        context.ui.data(&in_words(&roster.exchange, &checked, &matrix))?;
        context.say_differences(&differences);
        let possible = checked.verdict == Verdict::Found;
        for line in advice(context, (&roster, site.as_ref()), possible, !differences.is_empty()) {
            context.ui.talk(&line);
        }
    }
    Failure::explained_unless(checked.verdict == Verdict::Found)
}

/// The roster's site, if it has a database yet: to make one only to find it empty would take longer than the rest. One
/// that cannot be opened is no fault of the roster's.
fn existing_site(context: &Context, roster: &Roster) -> Option<Site> {
    if roster.settings.database.is_file(|path| !path.exists()) {
        return None;
    }
    context.site_to_look(roster).inspect_err(|failure| not_held(context, failure)).ok()
}

/// Where the file says something else than the draw that answers.
fn differences(context: &Context, site: &Site) -> Vec<Difference> {
    status::differences_since_draw(site).map_err(Failure::from).unwrap_or_else(|failure| {
        not_held(context, &failure);
        Vec::new()
    })
}

fn not_held(context: &Context, failure: &Failure) {
    context.ui.talk(&format!("warning: the file could not be held against the draw: {}", failure.what()));
}

fn refuse(context: &Context, problems: &[Diagnostic]) -> Result<(), Failure> {
    if context.ui.json() {
        let problems: Vec<Value> = problems.iter().map(problem_as_json).collect();
        context.ui.document(&json!({
            "ok": false, "people": 0, "problems": problems, "draws": null, "guessable": [], "impossible": null,
        }))?;
    } else {
        context.ui.always(&roster::render_all(problems));
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        context.ui.always(&format!("\nerror: {} in {}", counted(errors, "problem"), context.file().display()));
    }
    Err(Failure::explained())
}

/// Whom the roster and the settings leave out, and what comes next.
fn advice(context: &Context, (roster, site): (&Roster, Option<&Site>), possible: bool, differs: bool) -> Vec<String> {
    let drawn = site.and_then(|site| status::status(site).ok()).and_then(|status| status.draw);
    // What answers is the draw, whatever the file says since.
    let told = drawn.as_ref().map_or(&roster.exchange, |draw| &draw.exchange);
    let mut lines = next::missing(context, told, &roster.settings);
    // A database that cannot be looked into is another verb's to report.
    lines.extend(draw::doubts(roster, site).unwrap_or_default());
    match &drawn {
        Some(_) if differs => lines.push(format!("Next: {}.", next::command(context, "update --dry-run"))),
        Some(draw) if draw.people.iter().all(|person| person.asked > 0) => {}
        Some(draw) => lines.push(next::after_draw(context, &draw.exchange)),
        None if possible => lines.push(format!("Next: {}.", next::command(context, "draw"))),
        None => {}
    }
    lines
}

fn in_words(exchange: &Exchange, checked: &Checked, matrix: &Matrix) -> String {
    let people = exchange.people.len();
    let mut lines = vec![format!(
        "{}: {people} people, {}, {}",
        exchange.name,
        households(exchange),
        counted(exchange.exclusions.len(), "exclusion")
    )];
    if people <= matrix::MOST_IN_TERMINAL {
        lines.push(matrix::in_characters(exchange, matrix));
        lines.push(String::new());
    } else if people <= matrix::MOST_IN_PICTURE {
        lines.push("Too many for a matrix here; --picture FILE.svg draws it.".to_owned());
    }
    match &checked.impossible {
        Some(impossible) => lines.extend(why_not(impossible)),
        None if checked.verdict == Verdict::NotFound => lines.push(NOT_FOUND.to_owned()),
        None => lines.push(how_many(&checked.draws, exchange.rules.gifts_each)),
    }
    if checked.verdict != Verdict::Impossible && checked.earlier > 0 {
        let (draws, are) = (counted(checked.earlier, "earlier draw"), if checked.earlier == 1 { "is" } else { "are" });
        lines.push(format!("History is not counted: {draws} {are} avoided besides."));
    }
    lines.extend(checked.guessable.iter().map(|guess| guess_in_words(guess, exchange.rules.gifts_each)));
    lines.extend(checked.notes.iter().cloned());
    if exchange.people.iter().any(|person| person.phone.is_some()) {
        lines.push(longest_in_words(&checked.longest_answer));
    }
    lines.join("\n")
}

fn longest_in_words(longest: &Length) -> String {
    match (longest.segments, longest.culprit) {
        (1, _) => "The longest answer takes one SMS.".to_owned(),
        (segments, None) => format!("The longest answer takes {segments} SMS segments."),
        (segments, Some(c)) => {
            format!("The longest answer takes {segments} SMS segments; without {c:?} and its like it would take fewer.")
        }
    }
}

fn households(exchange: &Exchange) -> String {
    let households: BTreeSet<_> = exchange.people.iter().flat_map(|person| &person.households).collect();
    counted(households.len(), "household")
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn why_not(impossible: &Impossible) -> Vec<String> {
    let mut lines = vec!["No draw can follow these rules.".to_owned(), impossible.why.clone()];
    lines.extend(impossible.repairs.iter().cloned());
    lines
}

const NOT_FOUND: &str =
    "No draw was found within the budget, and none was proved impossible; `xchange draw` searches longer.";

fn as_json(exchange: &Exchange, warnings: &[Diagnostic], checked: &Checked) -> Value {
    let count = |digits: &String| digits.parse::<u64>().map_or_else(|_too_large| json!(digits), |n| json!(n));
    let guess = |g: &Guessable| {
        let basis = match g.basis {
            Basis::Counted => "counted",
            Basis::Sampled { .. } => "sampled",
            Basis::Estimated => "estimated",
        };
        json!({"giver": g.giver, "receiver": g.receiver, "probability": g.probability, "basis": basis})
    };
    json!({
        "ok": checked.verdict == Verdict::Found,
        "verdict": match checked.verdict {
            Verdict::Found => "found",
            Verdict::Impossible => "proved impossible",
            Verdict::NotFound => "not found within the budget",
        },
        "people": exchange.people.len(),
        "problems": warnings.iter().map(problem_as_json).collect::<Vec<_>>(),
        "draws": {
            "count": checked.draws.exact.as_ref().map(count),
            "log10": checked.draws.log10.is_finite().then_some(checked.draws.log10),
            "at_most_log10": checked.draws.at_most,
            "exact": checked.draws.exact.is_some(),
            "method": checked.draws.method,
            "earlier_avoided": checked.earlier,
        },
        "guessable": checked.guessable.iter().map(guess).collect::<Vec<_>>(),
        "notes": checked.notes,
        "impossible": checked.impossible.as_ref().map(|i| json!({
            "givers": i.givers, "receivers": i.receivers, "rules": i.rules, "why": i.why, "repairs": i.repairs,
        })),
        "longest_answer": {
            "segments": checked.longest_answer.segments,
            "units": checked.longest_answer.units,
        },
    })
}

fn problem_as_json(problem: &Diagnostic) -> Value {
    json!(problem)
}
