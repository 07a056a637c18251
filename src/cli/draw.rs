//! `xchange draw`.

use serde_json::json;

use super::{Context, Failure, next, passphrase};
use crate::app::exchange::check::{self, Earlier};
use crate::app::exchange::draw::{self, DrawReport, Request};
use crate::app::exchange::words::fairness;
use crate::app::exchange::{history, status};
use crate::app::site::Site;
use crate::roster::{self, Roster};
use crate::store::ArchiveState;

/// Draw, seal, store and archive
///
/// Prints number, people and fingerprint, never a pairing. The first draw of a series makes the key file: keep a copy of it. Publish
/// the fingerprint at once: whatever is opened later is checked against it. Drawing again keeps the earlier draw, and those who
/// had asked are told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange draw\n  xchange draw --redraw --reason \"Gil cannot come\"")]
pub(super) struct Args {
    /// Draw again; the earlier draw is kept, and those who had asked are told
    #[arg(long, requires = "reason")]
    redraw: bool,
    /// Why it is drawn again; everybody may read it
    #[arg(long, value_name = "TEXT", requires = "redraw", value_parser = super::reason)]
    reason: Option<String>,
    /// Do not ask before drawing again
    #[arg(long)]
    yes: bool,
    /// Protect the key file made with the first draw by a passphrase; so does `XCHANGE_PASSPHRASE`
    #[arg(long)]
    protect_key: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster_and_warnings()?;
    if let Some(problem) = check::overdue(&roster, context.clock.now()) {
        context.ui.talk(&problem.render());
    }
    let site = context.site(&roster)?;
    // Rules that make no sense together are refused by the draw itself.
    let notes = check::notes(&roster.exchange, &Earlier::of(&site)?).unwrap_or_default();
    notes.iter().for_each(|note| context.ui.talk(note));
    let key_file = &roster.settings.seal.key_file;
    if args.protect_key && key_file.exists() {
        return Err(Failure::error(format!("{} exists already; --protect-key is for a new one", key_file.display()))
            .hint("To protect it now, use the age tool: age -p -o protected.key exchange.key"));
    }
    for line in doubts(&roster, Some(&site))? {
        context.ui.talk(&line);
    }
    if args.redraw && !args.yes {
        confirm_redraw(context, &site)?;
    }
    // Only a draw that makes the key has a use for its passphrase.
    let new_key_passphrase = if key_file.exists() { None } else { passphrase::for_new_key(context, args.protect_key)? };
    let protected = new_key_passphrase.is_some();
    let request = Request { redraw: args.reason.clone(), new_key_passphrase };
    let made = context.block_on(draw::draw(&site, request))??;
    report(context, &roster, &made, protected)
}

/// What may not be meant, said before anything is drawn; without a database yet there is no other series in it.
pub(super) fn doubts(roster: &Roster, site: Option<&Site>) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if roster::is_example(&roster.exchange) {
        lines.push("warning: these are the people of the example; put your own into the file.".to_owned());
    }
    let others = site.map(history::other_series).transpose()?.unwrap_or_default();
    if !others.is_empty() {
        let count = |draws: u64| if draws == 1 { "1 draw".to_owned() } else { format!("{draws} draws") };
        let others: Vec<String> =
            others.iter().map(|(name, draws)| format!("\"{name}\" ({})", count(*draws))).collect();
        lines.push(format!(
            "New series \"{}\". This database also has {}; if it is the same, set `series` to that under [exchange], or its pairings \
             are not avoided.",
            roster.exchange.series,
            next::names(&others)
        ));
    }
    Ok(lines)
}

/// Says whom another draw touches, and asks.
fn confirm_redraw(context: &Context, site: &Site) -> Result<(), Failure> {
    let Some(draw) = status::status(site)?.draw else { return Ok(()) };
    let asked: Vec<&str> = draw.people.iter().filter(|p| p.asked > 0).map(|p| p.name.as_str()).collect();
    let question = redraw_in_words(draw.number, &asked);
    context.ui.confirm(false, &question, "Nothing was drawn; the earlier draw stands.")
}

fn redraw_in_words(draw: u32, asked: &[&str]) -> String {
    let whom = match asked {
        [] => "Nobody has asked yet.".to_owned(),
        [one] => format!("{one} knows their name already, and will be told to ask again."),
        several => {
            let count = several.len();
            format!("{count} people know their name already, and will be told to ask again: {}.", next::names(several))
        }
    };
    format!("This replaces draw {draw}; it is kept, but answers nobody any more. {whom}")
}

fn report(context: &Context, roster: &Roster, made: &DrawReport, protected: bool) -> Result<(), Failure> {
    let ui = &context.ui;
    let (exchange, key_file) = (roster.exchange.name.as_str(), &roster.settings.seal.key_file);
    if ui.json() {
        ui.document(&json!({
            "exchange": exchange,
            "draw": made.number,
            "people": made.people,
            "fingerprint": made.fingerprint.to_string(),
            "uniformity": made.uniformity,
            "method": made.method,
            "archive": super::copy_as_json(&made.archive),
        }))?;
    } else {
        ui.facts(&[
            ("exchange", exchange.to_owned()),
            ("draw", made.number.to_string()),
            ("people", made.people.to_string()),
            ("fingerprint", made.fingerprint.to_string()),
            ("fairness", fairness(&made.uniformity)),
            ("archive", format!("{}, {}", made.archive.state.word(), made.archive.location)),
        ])?;
    }
    if made.new_key {
        ui.talk(&format!(
            "Made the key {}. Keep a copy of it in a safe place: with it and the archive nothing is lost.",
            key_file.display()
        ));
        if protected {
            ui.talk("It is protected by the passphrase: without it nothing opens, and nobody can give it back to you.");
        }
    }
    if made.archive.state == ArchiveState::Confirmed {
        ui.talk("Publish the fingerprint now: every later opening is checked against it.");
        for line in next::missing(context, &roster.exchange, &roster.settings)
            .into_iter()
            .chain(next::rehearsal(&roster.settings))
        {
            ui.talk(&line);
        }
        ui.talk(&next::after_draw(context, &roster.exchange));
        return Ok(());
    }
    ui.always(&format!(
        "The draw is kept, but its archive copy is {}: {}\nhint: `xchange serve` keeps trying and answers \"not ready yet\" until then; \
         `xchange draw` tries once more.",
        made.archive.state.word(),
        made.archive.problem.as_deref().unwrap_or("not written yet")
    ));
    Err(Failure::explained())
}

#[cfg(test)]
mod tests {
    use super::redraw_in_words;

    // X24
    #[test]
    fn whom_another_draw_touches_is_said_by_name() {
        let said =
            |asked: &[&str]| redraw_in_words(2, asked).split_once("any more. ").expect("two sentences").1.to_owned();
        assert_eq!(said(&[]), "Nobody has asked yet.");
        assert_eq!(said(&["Mum"]), "Mum knows their name already, and will be told to ask again.");
        let many: Vec<String> = (1..=12).map(|n| format!("P{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(
            said(&many),
            "12 people know their name already, and will be told to ask again: P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 and 2 more."
        );
    }
}
