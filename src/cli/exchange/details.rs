//! What can be said of an exchange at the command line, as keys of its roster.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::cli::{Context, Failure};
use crate::roster::{self, RosterError, Setting};

/// A key of a roster, in its section, and what it is set to.
pub(super) type Key = (&'static str, &'static str, Setting);

/// What can be said of an exchange, by the names of its keys.
#[derive(Debug, clap::Args)]
pub(super) struct Details {
    /// Take people, rules and everything else from a roster file; "-" is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Its draws and those of this series are each other's history
    #[arg(long)]
    series: Option<String>,
    /// The word people text
    #[arg(long)]
    keyword: Option<String>,
    /// Its day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    date: Option<Date>,
    /// IANA time zone
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// What a present may cost
    #[arg(long)]
    budget: Option<String>,
    /// Two letters, for phones without a country code
    #[arg(long)]
    country: Option<String>,
    /// The answer, word for word
    #[arg(long)]
    reply: Option<String>,
    /// May two people draw each other?
    #[arg(long, value_name = "true|false")]
    mutual: Option<bool>,
    /// One single circle through everybody?
    #[arg(long, value_name = "true|false")]
    one_circle: Option<bool>,
    /// Avoid the pairings of the last so many draws of the series
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    avoid_repeats: Option<u32>,
    /// "avoid", or "never" for rather no draw
    #[arg(long, value_name = "HOW")]
    repeats: Option<String>,
    /// How many gifts everybody gives
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    gifts_each: Option<u32>,
    /// Who may open its draws besides this machine: age1... or ssh-...; once for each
    #[arg(long = "auditor", value_name = "KEY")]
    auditors: Vec<String>,
}

fn day(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_no_day: jiff::Error| "a day is written like 2026-12-24")
}

fn whole(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_no_number| "this is not a whole number")
}

impl Details {
    /// The roster to begin with.
    pub(super) fn text(&self, context: &Context) -> Result<Option<String>, Failure> {
        let Some(path) = &self.from else { return Ok(None) };
        let text = if path == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .take(roster::LARGEST_FILE)
                .read_to_string(&mut text)
                .map_err(|e| Failure::error("cannot read the roster").because(e))?;
            text
        } else {
            match roster::read_text(path) {
                Err(RosterError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                    return Err(Failure::error(format!("cannot find {}", path.display()))
                        .hint("--from takes a roster file as `xchange exchange export NAME` writes one."));
                }
                read => read?,
            }
        };
        let part = roster::exchange_part(&text);
        if part.lines().count() < text.lines().count() {
            context.ui.talk("What the file says of its site is left out: this site has its own.");
        }
        Ok(Some(part))
    }

    pub(super) fn settings(&self) -> Vec<Key> {
        let text = |section, key, value: &Option<String>| Some((section, key, Setting::Text(value.clone()?)));
        let flag = |key, value: Option<bool>| Some(("rules", key, Setting::Flag(value?)));
        let number = |key, value: Option<u32>| Some(("rules", key, Setting::Number(value?)));
        let auditors = Setting::Texts(self.auditors.clone());
        let all = [
            text("exchange", "series", &self.series),
            text("exchange", "keyword", &self.keyword),
            self.date.map(|date| ("exchange", "date", Setting::Day(date))),
            text("exchange", "timezone", &self.timezone),
            text("exchange", "budget", &self.budget),
            text("exchange", "country", &self.country),
            text("exchange", "reply", &self.reply),
            flag("mutual", self.mutual),
            flag("one_circle", self.one_circle),
            number("avoid_repeats", self.avoid_repeats),
            text("rules", "repeats", &self.repeats),
            number("gifts_each", self.gifts_each),
            (!self.auditors.is_empty()).then_some(("seal", "auditors", auditors)),
        ];
        all.into_iter().flatten().collect()
    }
}
