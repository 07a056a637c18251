//! `xchange update`.

use serde_json::json;

use super::{Context, Failure, next};
use crate::app::exchange::update::{self, Plan, Redrawn, Updated};
use crate::app::site::Site;
use crate::roster::Roster;

/// Bring in what changed in the roster since the draw
///
/// Compares the roster with the live draw and shows by name what differs and what will happen; then it asks. A changed phone,
/// e-mail, name, wish or wording leaves the draw as it is; every former address is told of a change. If somebody joined or left
/// there is a new draw, and everybody is told who. It changes as few pairings as can be, so whoever comes to give to somebody who
/// joined can tell whom that one gives to; `xchange draw --redraw` draws everything anew. Rules between people who stay are not
/// brought in.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange update --dry-run\n  xchange update\n  xchange update --yes --reason \"Gil cannot come\""
)]
pub(super) struct Args {
    /// Change nothing; say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Why somebody joined or left; everybody may read it
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster_and_warnings()?;
    let site = context.site(&roster)?;
    let plan = update::plan(&site)?;
    if plan.changes.is_empty() {
        return nothing(context, &site, &plan);
    }
    if args.dry_run {
        return dry_run(context, &site, &plan);
    }
    context.ui.confirm(args.yes, &in_words(&plan), "Nothing was changed; the draw answers as before.")?;
    let Some(made) = context.block_on(update::update(&site, args.reason.clone()))?? else {
        return nothing(context, &site, &plan);
    };
    next::rehearsal(&roster.settings).iter().for_each(|line| context.ui.talk(line));
    if args.yes && !context.ui.json() {
        context.ui.talk(&in_words(&plan));
    }
    report(context, &roster, &site, (&plan, &made))
}

fn nothing(context: &Context, site: &Site, plan: &Plan) -> Result<(), Failure> {
    if context.ui.json() {
        context.ui.document(&as_json(site, plan, None))?;
    }
    context.ui.talk("Nothing to bring in: the live draw answers as the roster says.");
    left_out(plan).iter().for_each(|line| context.ui.talk(line));
    Ok(())
}

fn dry_run(context: &Context, site: &Site, plan: &Plan) -> Result<(), Failure> {
    if context.ui.json() {
        context.ui.document(&as_json(site, plan, None))?;
    } else {
        context.ui.data(&in_words(plan))?;
    }
    context.ui.talk(&format!("Nothing was changed. Next: {}.", next::command(context, "update")));
    Ok(())
}

fn report(context: &Context, roster: &Roster, site: &Site, (plan, made): (&Plan, &Updated)) -> Result<(), Failure> {
    let ui = &context.ui;
    if ui.json() {
        ui.document(&as_json(site, plan, made.draw.as_ref().map(|draw| draw.number)))?;
    } else if let Some(draw) = &made.draw {
        ui.facts(&[
            ("exchange", site.exchange.name.clone()),
            ("draw", draw.number.to_string()),
            ("fingerprint", draw.fingerprint.to_string()),
        ])?;
    }
    if let Some(why) = &made.waits {
        ui.always(&format!(
            "It is written down, but waits for its archive copy: {why}\nhint: The draw answers as before until then. `xchange serve` keeps \
             trying; `xchange update` tries once more."
        ));
        return Err(Failure::explained());
    }
    ui.talk(match made.draw {
        Some(_) => "Publish the new fingerprint now: every later opening is checked against it.",
        None => "The live draw answers by it from now on.",
    });
    let (send, serve) = (next::command(context, "send"), next::command(context, "serve"));
    ui.talk(&match crate::app::exchange::ways::Ways::of(&roster.exchange).by_text {
        0 => format!("Next: {send} (tells those concerned by e-mail)."),
        _ => format!("Next: {serve} (answers, and tells those concerned), or {send} for the messages alone."),
    });
    Ok(())
}

fn left_out(plan: &Plan) -> Vec<String> {
    if plan.left_out.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["Not brought in, for rules between people who stay need another draw:".to_owned()];
    lines.extend(plan.left_out.iter().map(|difference| format!("  {difference}")));
    lines.push("To draw by them: `xchange draw --redraw --reason ...`".to_owned());
    lines
}

fn in_words(plan: &Plan) -> String {
    let mut lines = vec!["What changed since the draw:".to_owned()];
    lines.extend(plan.changes.iter().map(|difference| format!("  {difference}")));
    let moved = plan.moved();
    if !moved.is_empty() {
        lines.push(format!(
            "Changed addresses are entries of the log, told at every former address, and PROOF shows them: {}.",
            next::names(&moved)
        ));
    }
    match plan.redrawn {
        Redrawn::Nothing => lines.push("The draw stays as it is: nobody joined or left.".to_owned()),
        Redrawn::Fewest => lines.push(
            "There is a new draw that changes as few pairings as can be; everybody is told who joined and who left. Whoever then gives \
             to somebody who joined can tell whom that one gives to; `xchange draw --redraw` avoids this."
                .to_owned(),
        ),
        Redrawn::Whole(why) => {
            lines.push(format!("There is a whole new draw, for {why}; everybody is told who joined and who left."));
        }
    }
    lines.extend(left_out(plan));
    lines.join("\n")
}

fn as_json(site: &Site, plan: &Plan, draw: Option<u32>) -> serde_json::Value {
    json!({
        "exchange": site.exchange.name,
        "changes": plan.changes,
        "left_out": plan.left_out,
        "whole": matches!(plan.redrawn, Redrawn::Whole(_)),
        "draw": draw.map(|number| json!({ "number": number })),
        "told": plan.told(),
    })
}
