//! `xchange messages`.

use serde_json::json;

use super::{Context, Failure};
use crate::app::exchange::wordings::{self, Shown};
use crate::app::{desk, list};
use crate::conversation::Way;
use crate::roster::{self, SiteFile};

/// List every text that people read, and which are worded differently
///
/// Its name, when it is said, what may stand in it, and how long it is with values of
/// a usual length. To say one differently, write it under `[messages]` by its name; the answer with the name is `reply`
/// under `[exchange]`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange messages\n  xchange messages --json | jq -r '.messages[].name'")]
pub(super) struct Args {
    /// Those of an event instead, by its name or number
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Those of a list instead
    #[arg(long, value_name = "NAME", conflicts_with = "event")]
    list: Option<String>,
    /// Those of a desk instead
    #[arg(long, value_name = "NAME", conflicts_with_all = ["event", "list"])]
    desk: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = || context.exchanges(context.site_file()?);
    let (key, name, texts) = match (&args.event, &args.list, &args.desk) {
        (_, Some(name), _) => {
            let (_, list) = list::find(&site()?.store, None, Some(name))?;
            ("list", list.name.clone(), list::texts(&list))
        }
        (_, _, Some(name)) => {
            let desk = site()?.store.read(|tx| desk::find(tx, Some(name)))?;
            ("desk", desk.stored.name.clone(), desk::wordings(&desk))
        }
        (Some(name), ..) => {
            let site = site()?;
            let (_, event) = super::event::find(&site, Some(name), None)?;
            ("event", event.name.clone(), crate::app::event::texts(&event))
        }
        (None, ..) => {
            // Not judged: whoever has mistyped a name there is sent here to look it up.
            let roster = match roster::load_site(context.file())? {
                SiteFile::Exchange(roster) if context.exchange.is_none() => *roster,
                _ => context.roster()?,
            };
            ("exchange", roster.exchange.name.clone(), wordings::all(&roster.exchange))
        }
    };
    print(context, (key, &name), &texts)?;
    Ok(())
}

/// Prints the texts of a topic of a kind and a name.
pub(super) fn print(context: &Context, (kind, name): (&str, &str), texts: &[Shown]) -> Result<(), Failure> {
    if context.ui.json() {
        let texts: Vec<_> = texts.iter().map(as_json).collect();
        context.ui.document(&json!({ kind: name, "messages": texts }))
    } else {
        context.ui.data(&texts.iter().map(in_words).collect::<Vec<_>>().join("\n\n"))
    }
}

fn as_json(shown: &Shown) -> serde_json::Value {
    let text = &shown.text;
    json!({
        "name": text.name,
        "when": text.when,
        "way": way(text.way),
        "placeholders": text.placeholders,
        "text": text.text,
        "default": text.usual,
        "reworded": shown.is_reworded(),
        "characters": text.example.chars().count(),
        "segments": shown.segments,
    })
}

fn in_words(shown: &Shown) -> String {
    let text = &shown.text;
    let length = shown.segments.map_or_else(|| way(text.way).to_owned(), |segments| format!("{segments} SMS"));
    let reworded = if shown.is_reworded() { ", in your own words" } else { "" };
    let placeholders: Vec<String> = text.placeholders.iter().map(|name| format!("{{{name}}}")).collect();
    format!(
        "{} ({length}{reworded})\n  {}. It knows {}\n    {}",
        text.name,
        text.when,
        placeholders.join(" "),
        text.text.replace('\n', "\n    ")
    )
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Sms => "sms",
        Way::Mail => "mail",
        Way::Part => "part of others",
    }
}
