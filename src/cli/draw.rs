//! `xchange draw`.

use serde_json::json;

use super::{Context, Ending, Failure, passphrase};
use crate::app::exchange::check;
use crate::app::exchange::draw::{self, Made, Request};
use crate::store::ArchiveState;

/// Draws, seals, stores and archives. Prints number, people and fingerprint, never a pairing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Draw again; the earlier draw is kept, and those who had asked are told
    #[arg(long, requires = "reason")]
    redraw: bool,
    /// Why it is drawn again; everybody may read it
    #[arg(long, value_name = "TEXT", requires = "redraw", value_parser = super::reason)]
    reason: Option<String>,
    /// Protect the key file made with the first draw by a passphrase; so does `XCHANGE_PASSPHRASE`
    #[arg(long)]
    protect_key: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    if let Some(problem) = check::overdue(&roster, context.clock.now()) {
        context.ui.talk(&problem.render());
    }
    // Rules that make no sense together are refused by the draw itself.
    check::notes(&roster.exchange).unwrap_or_default().iter().for_each(|note| context.ui.talk(note));
    let site = context.site(&roster)?;
    let key_file = &roster.settings.seal.key_file;
    if args.protect_key && key_file.exists() {
        return Err(Failure::error(format!("{} exists already; --protect-key is for a new one", key_file.display()))
            .hint("To protect it now, use the age tool: age -p -o protected.key exchange.key"));
    }
    let new_key_passphrase = passphrase::for_new_key(context, args.protect_key)?;
    let request = Request { redraw: args.reason.clone(), new_key_passphrase };
    let made = context.block_on(draw::draw(&site, request))??;
    report(context, &roster.exchange.name, &roster.settings.seal.key_file, &made)
}

fn report(context: &Context, exchange: &str, key_file: &std::path::Path, made: &Made) -> Result<Ending, Failure> {
    let ui = &context.ui;
    if ui.json() {
        ui.document(&json!({
            "exchange": exchange,
            "draw": made.number,
            "people": made.people,
            "fingerprint": made.fingerprint.to_string(),
            "uniformity": made.uniformity,
            "method": made.method,
            "repeats": made.repeats.iter().map(|(draw, times)| json!({"draw": draw, "pairings": times})).collect::<Vec<_>>(),
            "fewest_repeats": made.fewest_repeats,
            "archive": super::copy_as_json(&made.archive),
        }))?;
    } else {
        ui.data(&ui.facts(&[
            ("exchange", exchange.to_owned()),
            ("draw", made.number.to_string()),
            ("people", made.people.to_string()),
            ("fingerprint", made.fingerprint.to_string()),
            ("uniformity", made.uniformity.clone()),
            ("archive", format!("{}, {}", made.archive.state.word(), made.archive.location)),
        ]))?;
    }
    for line in repeats_in_words(&made.repeats, made.fewest_repeats) {
        ui.talk(&line);
    }
    if made.new_key {
        ui.talk(&format!(
            "Made the key {}. Keep a copy of it in a safe place: with it and the archive nothing is lost.",
            key_file.display()
        ));
    }
    if made.archive.state == ArchiveState::Confirmed {
        ui.talk("Publish the fingerprint now: every later opening is checked against it.");
        return Ok(Ending::Done);
    }
    ui.always(&format!(
        "The draw is kept, but its archive copy is {}: {}\nhint: `xchange serve` keeps trying and answers \"not ready yet\" until then; \
         `xchange draw` tries once more.",
        made.archive.state.word(),
        made.archive.problem.as_deref().unwrap_or("not written yet")
    ));
    Ok(Ending::No)
}

/// What came again although it was to be avoided, and whether that had to be.
fn repeats_in_words(repeats: &[(u32, u32)], fewest: bool) -> Vec<String> {
    let again = repeats.iter().filter(|(_, times)| *times > 0);
    let mut lines: Vec<String> = again
        .map(|(draw, times)| match times {
            1 => format!("1 pairing of draw {draw} comes again."),
            _ => format!("{times} pairings of draw {draw} come again."),
        })
        .collect();
    if !lines.is_empty() {
        lines.push(if fewest {
            "These rules leave no draw with fewer repeats, counted newest draw first.".to_owned()
        } else {
            "Fewer repeats may be possible: under a rule about circles, or among more than 2,000 people, the fewest are not \
             always found."
                .to_owned()
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::repeats_in_words;

    // G3: what came again, and whether that had to be.
    #[test]
    fn repeats_are_told() {
        assert!(repeats_in_words(&[(4, 0), (3, 0)], true).is_empty());
        assert_eq!(
            repeats_in_words(&[(4, 0), (3, 1), (2, 5)], true),
            [
                "1 pairing of draw 3 comes again.",
                "5 pairings of draw 2 come again.",
                "These rules leave no draw with fewer repeats, counted newest draw first.",
            ]
        );
        assert!(repeats_in_words(&[(4, 2)], false)[1].starts_with("Fewer repeats may be possible"));
    }
}
