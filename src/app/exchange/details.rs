//! What is said of an exchange besides its people, as somebody types it, and as keys of its roster.

use super::kept::{self, KeepError};
use crate::app::accounts::Owned;
use crate::app::exchanges::Exchanges;
use crate::app::site::Site;
use crate::model::{Exchange, Repeats, Rules, TopicId};
use crate::roster::{self, RosterError, Setting, Severity};
use crate::store::{KeptExchange, Reach};

/// An exchange as somebody typed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    pub name: String,
    /// Its draws and those of this series are each other's history.
    pub series: String,
    pub keyword: String,
    /// Its day, as 2026-12-24.
    pub date: String,
    /// IANA name.
    pub timezone: String,
    /// What a present may cost.
    pub budget: String,
    /// Two letters.
    pub country: String,
    /// The answer, word for word.
    pub reply: String,
    /// May two people draw each other?
    pub mutual: bool,
    /// One single circle through everybody?
    pub one_circle: bool,
    /// Pairings of how many earlier draws are avoided.
    pub avoid_repeats: String,
    /// `avoid` or `never`.
    pub repeats: String,
    /// How many gifts everybody gives.
    pub gifts_each: String,
}

impl Default for Details {
    /// The rules are as always, all else is empty.
    fn default() -> Self {
        Self::from(&Exchange::default())
    }
}

impl From<&Exchange> for Details {
    fn from(exchange: &Exchange) -> Self {
        let Exchange { name, series, keyword, date, timezone, budget, country, reply, rules, .. } = exchange.clone();
        let Rules { mutual, one_circle, avoid_repeats, repeats, gifts_each } = rules;
        Self {
            name,
            series,
            keyword,
            date: date.map(|date| date.to_string()).unwrap_or_default(),
            timezone,
            budget: budget.unwrap_or_default(),
            country: country.unwrap_or_default(),
            reply,
            mutual,
            one_circle,
            avoid_repeats: avoid_repeats.to_string(),
            repeats: if repeats == Repeats::Never { "never" } else { "avoid" }.to_owned(),
            gifts_each: gifts_each.to_string(),
        }
    }
}

type Keys = Vec<(&'static str, &'static str, Option<Setting>)>;

impl Details {
    /// What is typed, each with the name of its field.
    pub fn named(&self) -> [(&'static str, &str); 13] {
        let flag = |is: bool| if is { "yes" } else { "no" };
        [
            ("Name", &self.name),
            ("Series", &self.series),
            ("Keyword", &self.keyword),
            ("Day", &self.date),
            ("Time zone", &self.timezone),
            ("Budget", &self.budget),
            ("Country", &self.country),
            ("Answer", &self.reply),
            ("Two people may draw each other", flag(self.mutual)),
            ("One single circle", flag(self.one_circle)),
            ("Earlier draws", &self.avoid_repeats),
            ("How strictly", &self.repeats),
            ("Gifts", &self.gifts_each),
        ]
    }

    /// The keys that say something else than before; what is empty is taken out, and so is as always.
    fn keys(&self, before: &Self) -> Result<Keys, Vec<String>> {
        let (mut keys, mut faults): (Keys, Vec<String>) = (Vec::new(), Vec::new());
        let texts = [
            ("name", &self.name, &before.name),
            ("series", &self.series, &before.series),
            ("keyword", &self.keyword, &before.keyword),
            ("timezone", &self.timezone, &before.timezone),
            ("budget", &self.budget, &before.budget),
            ("country", &self.country, &before.country),
            ("reply", &self.reply, &before.reply),
        ];
        let text =
            |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Setting::Text(text.to_owned()));
        let changed = texts.into_iter().filter(|(_, now, before)| now != before);
        keys.extend(changed.map(|(key, now, _)| ("exchange", key, text(now))));
        if self.date != before.date {
            let day = Some(self.date.trim()).filter(|date| !date.is_empty()).map(str::parse).transpose();
            match day {
                Ok(day) => keys.push(("exchange", "date", day.map(Setting::Day))),
                Err(_no_day) => faults.push("a day is written like 2026-12-24".to_owned()),
            }
        }
        for (key, now, before) in
            [("mutual", self.mutual, before.mutual), ("one_circle", self.one_circle, before.one_circle)]
        {
            keys.extend((now != before).then_some(("rules", key, Some(Setting::Flag(now)))));
        }
        let numbers = [
            ("avoid_repeats", &self.avoid_repeats, &before.avoid_repeats),
            ("gifts_each", &self.gifts_each, &before.gifts_each),
        ];
        for (key, now, _) in numbers.into_iter().filter(|(_, now, before)| now != before) {
            match now.trim().parse() {
                Ok(number) => keys.push(("rules", key, Some(Setting::Number(number)))),
                Err(_no_number) => faults.push(format!("{now:?} is not a whole number")),
            }
        }
        keys.extend((self.repeats != before.repeats).then(|| ("rules", "repeats", text(&self.repeats))));
        if faults.is_empty() { Ok(keys) } else { Err(faults) }
    }
}

/// Makes an exchange for whoever reaches so far.
///
/// # Errors
/// What is wrong with what was typed, a remark each.
pub fn make(site: &Exchanges, reach: Reach, typed: &Details) -> Result<KeptExchange, Vec<String>> {
    let toml = roster::set_or_unset("", &typed.keys(&Details::default())?);
    let toml = kept::with_defaults(&site.settings.site, &toml);
    kept::make(&site.store, &site.settings, &toml, reach.owner(), site.clock.now()).map_err(|error| remarks(&error))
}

/// Changes an exchange into what was typed, if its roster is still as the site has it.
///
/// # Errors
/// What is wrong with what was typed, a remark each; nothing has changed.
pub fn change(site: &Site, id: Owned<TopicId>, typed: &Details) -> Result<(), Vec<String>> {
    let keys = typed.keys(&Details::from(&*site.exchange))?;
    let edit = |toml: &str| Ok::<_, KeepError>(roster::set_or_unset(toml, &keys));
    let changed = kept::change(&site.store, &site.settings, id.id(), site.revision(), edit, site.clock.now());
    changed.map(|_kept| ()).map_err(|error| remarks(&error))
}

/// Why a roster is not kept, a remark for each thing that is wrong. Its text is nobody's to look at, so no line is named.
pub fn remarks(error: &KeepError) -> Vec<String> {
    match error {
        KeepError::Roster(RosterError::Problems(problems)) => problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| with_hint(&problem.message, problem.hint.as_deref()))
            .collect(),
        other => vec![other.to_string()],
    }
}

/// A remark and what would mend it.
pub fn with_hint(message: &str, hint: Option<&str>) -> String {
    hint.map_or_else(|| message.to_owned(), |hint| format!("{message}; {hint}"))
}
