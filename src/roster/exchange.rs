//! `[exchange]` and `[rules]`.

use phonenumber::country;

use super::findings::Findings;
use super::keys;
use super::names::{self, LONGEST_NAME};
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::series::series_of;
use super::wordings::LONGEST_MESSAGE;
use super::words;
use crate::model::{Repeats, Rules, SiteSettings};

/// How many earlier draws can be avoided.
const MOST_REPEATS: u32 = 100;
/// How many gifts each person can give; the roster's size limits it further.
const MOST_GIFTS: u32 = 100;

/// `[exchange]` as far as it could be read; stand-ins where it could not.
#[derive(Debug, Default)]
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) series: String,
    pub(super) keyword: String,
    pub(super) date: Option<Spanned<jiff::civil::Date>>,
    pub(super) timezone: String,
    pub(super) budget: Option<String>,
    pub(super) reply: Option<Spanned<String>>,
    /// The file that holds people, as it is written.
    pub(super) people: Option<Spanned<String>>,
    pub(super) country: Country,
}

impl Heading {
    /// What a site says of all its exchanges, as far as something else than an exchange asks for it.
    pub(super) fn of_site(site: &SiteSettings) -> Self {
        Self { country: site.country.clone().map_or(Country::Missing, Country::Known), ..Self::default() }
    }
}

/// The country phones without a country code are read in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Country {
    /// None is given.
    #[default]
    Missing,
    /// One is given and was refused: phones are not refused for it once more.
    Unknown,
    /// ISO 3166-1 alpha-2, in capitals.
    Known(String),
}

impl Country {
    pub(super) fn known(self) -> Option<String> {
        if let Self::Known(code) = self { Some(code) } else { None }
    }
}

/// Reads `[exchange]`; what a site says of all its exchanges holds where this one says nothing.
pub(super) fn read_heading(root: &Section<'_, '_>, site: &SiteSettings, findings: &mut Findings) -> Heading {
    let Some(section) = root.table("exchange", &keys::EXCHANGE, findings) else {
        if !root.has("exchange") {
            findings.error(root.at, "the section [exchange] is missing").hint("it holds at least a `name`");
        }
        return Heading { keyword: "christmas".to_owned(), ..Heading::of_site(site) };
    };
    let name = section.needed_name("name", findings).map(|found| names::tidy(found.value));
    let name = name.unwrap_or_default();
    let series = section.name("series", findings).map(|found| names::tidy(found.value));
    let keyword = section.line("keyword", words::LONGEST_KEYWORD, findings);
    let keyword = keyword.and_then(|found| words::keyword(found, findings));
    Heading {
        series: series.unwrap_or_else(|| series_of(&name)),
        name,
        keyword: keyword.unwrap_or_else(|| "christmas".to_owned()),
        date: section.date("date", findings),
        timezone: read_timezone(&section, findings).or(site.timezone.clone()).unwrap_or_else(|| "UTC".to_owned()),
        budget: section.line("budget", LONGEST_NAME, findings).map(|found| found.value.to_owned()),
        reply: section
            .text("reply", LONGEST_MESSAGE, findings)
            .map(|found| Spanned { value: found.value.to_owned(), at: found.at }),
        people: section
            .line("people", LONGEST_TEXT, findings)
            .map(|found| Spanned { value: found.value.to_owned(), at: found.at }),
        country: match read_country(&section, findings) {
            Country::Missing => Heading::of_site(site).country,
            given => given,
        },
    }
}

/// Reads `timezone`: the name that the zone database has for it.
pub(super) fn read_timezone(section: &Section<'_, '_>, findings: &mut Findings) -> Option<String> {
    let found = section.line("timezone", LONGEST_NAME, findings)?;
    // The zone database takes names in any case; the name kept is the one it uses itself.
    if let Ok(zone) = jiff::tz::TimeZone::get(found.value) {
        return Some(zone.iana_name().unwrap_or(found.value).to_owned());
    }
    let zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    let same_city = zones.iter().find(|zone| city(zone).eq_ignore_ascii_case(found.value)).map(String::as_str);
    let near = same_city.or_else(|| findings.nearest(found.value, zones.iter().map(String::as_str)));
    let hint = near.map_or_else(
        || "write an IANA name: \"Europe/London\", \"America/New_York\", \"UTC\"".to_owned(),
        |near| format!("did you mean \"{near}\"?"),
    );
    findings.error(found.at, format!("unknown time zone {}", names::quoted(found.value))).hint(hint);
    None
}

/// Reads `country`.
pub(super) fn read_country(section: &Section<'_, '_>, findings: &mut Findings) -> Country {
    let Some(found) = section.line("country", LONGEST_NAME, findings) else {
        return if section.has("country") { Country::Unknown } else { Country::Missing };
    };
    let code = found.value.to_ascii_uppercase();
    if code.len() == 2 && code.parse::<country::Id>().is_ok() {
        return Country::Known(code);
    }
    let hint = match code.as_str() {
        "UK" | "ENGLAND" | "BRITAIN" => "did you mean \"GB\"?",
        "USA" => "did you mean \"US\"?",
        _ => "write the two letters of ISO 3166: \"GB\", \"US\", \"DE\"",
    };
    findings.error(found.at, format!("unknown country {}", names::quoted(found.value))).hint(hint);
    Country::Unknown
}

pub(super) fn read_rules(root: &Section<'_, '_>, people: usize, findings: &mut Findings) -> Rules {
    let usual = Rules::default();
    let Some(section) = root.table("rules", &keys::RULES, findings) else { return usual };
    let repeats = section.line("repeats", LONGEST_NAME, findings).and_then(|found| match found.value {
        "avoid" => Some(Repeats::Avoid),
        "never" => Some(Repeats::Never),
        other => {
            findings
                .error(found.at, format!("`repeats` cannot be {}", names::quoted(other)))
                .hint("write \"avoid\" (as far as possible) or \"never\" (rather no draw)");
            None
        }
    });
    let gifts_each = section.whole("gifts_each", 1..=MOST_GIFTS, findings);
    if let Some(gifts) = gifts_each.filter(|gifts| people >= 2 && gifts.value as usize >= people) {
        let most = people - 1;
        findings
            .error(gifts.at, format!("{} gifts each are too many for {people} people", gifts.value))
            .hint(format!("nobody gives twice to the same person, so at most {most}"));
    }
    Rules {
        mutual: section.flag("mutual", findings).unwrap_or(usual.mutual),
        one_circle: section.flag("one_circle", findings).unwrap_or(usual.one_circle),
        avoid_repeats: section
            .whole("avoid_repeats", 0..=MOST_REPEATS, findings)
            .map_or(usual.avoid_repeats, |found| found.value),
        repeats: repeats.unwrap_or(usual.repeats),
        gifts_each: gifts_each.map_or(usual.gifts_each, |found| found.value),
    }
}
