//! `exchanges`: made, shown, changed, taken away. That of the file is the file's to change.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::given::{Asked, Body, Change, Ids, Seen, created, tagged};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::exchange::kept::{self, KeepError};
use crate::app::exchanges::WhichExchange;
use crate::app::overview::Overview;
use crate::app::site::{Kept, Site};
use crate::model::{Exchange, Repeats, Rules, TopicId};
use crate::roster::{self, Diagnostic, RosterError, Setting, Severity};
use crate::store::StoreError;

/// An exchange.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExchangeShown {
    id: String,
    name: String,
    series: String,
    keyword: String,
    #[schema(required, value_type = Option<String>, format = Date)]
    date: Option<Date>,
    timezone: String,
    #[schema(required)]
    budget: Option<String>,
    #[schema(required)]
    country: Option<String>,
    reply: String,
    rules: RulesShown,
    auditors: Vec<String>,
    /// How many take part.
    people: usize,
    /// The number of its newest draw.
    #[schema(required)]
    draw: Option<u32>,
    /// Where it is kept: in the database, or in the file of its site.
    kept: &'static str,
}

/// What is said of an exchange.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewExchange {
    name: String,
    /// Draws of one series are each other's history; where nothing is said, the name without its year.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    /// The word people text.
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Date>,
    /// IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<String>,
    /// Two letters, for phones without a country code.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// The answer, word for word, with `{receiver}` in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<NewRules>,
    /// Who may open its draws besides the site itself: `age1...` or `ssh-...`.
    #[serde(default)]
    auditors: Vec<String>,
}

/// The rules of a draw besides households and exclusions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulesShown {
    mutual: bool,
    one_circle: bool,
    avoid_repeats: u32,
    #[schema(value_type = RepeatsWord)]
    repeats: Repeats,
    gifts_each: u32,
}

/// The rules; those that are left out are as always.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRules {
    /// May two people draw each other?
    #[serde(skip_serializing_if = "Option::is_none")]
    mutual: Option<bool>,
    /// One single circle through everybody?
    #[serde(skip_serializing_if = "Option::is_none")]
    one_circle: Option<bool>,
    /// Avoid the pairings of so many earlier draws of the series.
    #[serde(skip_serializing_if = "Option::is_none")]
    avoid_repeats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RepeatsWord>)]
    repeats: Option<Repeats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gifts_each: Option<u32>,
}

/// `avoid`: as far as possible; `never`: or there is no draw.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes `Repeats`, which knows nothing of documents")]
pub(super) enum RepeatsWord {
    Avoid,
    Never,
}

impl NewExchange {
    /// An exchange as it is, in the words that change it.
    fn of(site: &Site) -> Self {
        let Exchange { name, series, keyword, date, timezone, budget, country, reply, rules, .. } = &*site.exchange;
        let Rules { mutual, one_circle, avoid_repeats, repeats, gifts_each } = rules.clone();
        Self {
            name: name.clone(),
            series: Some(series.clone()),
            keyword: Some(keyword.clone()),
            date: *date,
            timezone: Some(timezone.clone()),
            budget: budget.clone(),
            country: country.clone(),
            reply: Some(reply.clone()),
            rules: Some(NewRules {
                mutual: Some(mutual),
                one_circle: Some(one_circle),
                avoid_repeats: Some(avoid_repeats),
                repeats: Some(repeats),
                gifts_each: Some(gifts_each),
            }),
            auditors: site.settings.seal.auditors.clone(),
        }
    }
}

pub(super) fn shown(site: &Site) -> Result<ExchangeShown, StoreError> {
    let (id, draw) = site.store.read(|tx| {
        let Some(topic) = site.topic(tx)? else { return Ok((String::new(), None)) };
        let draw = tx.newest_draw(topic.id)?.map(|draw| draw.number);
        Ok::<_, StoreError>((topic.id.0.to_string(), draw))
    })?;
    let Exchange { name, series, keyword, date, timezone, budget, country, reply, rules, people, .. } =
        (*site.exchange).clone();
    let Rules { mutual, one_circle, avoid_repeats, repeats, gifts_each } = rules;
    let rules = RulesShown { mutual, one_circle, avoid_repeats, repeats, gifts_each };
    let kept = if matches!(site.kept, Kept::File) { "file" } else { "database" };
    let (people, auditors) = (people.len(), site.settings.seal.auditors.clone());
    Ok(ExchangeShown {
        id,
        name,
        series,
        keyword,
        date,
        timezone,
        budget,
        country,
        reply,
        rules,
        auditors,
        people,
        draw,
        kept,
    })
}

/// Which keys of a roster are to say something else, and what: each in its section, `None` of one that goes.
type Keys = Vec<(&'static str, &'static str, Option<Setting>)>;

/// What has to be written so that an exchange becomes another.
fn keys(now: &NewExchange, new: &NewExchange) -> Keys {
    let mut keys = Vec::new();
    let words = [
        ("name", Some(&now.name), Some(&new.name)),
        ("series", now.series.as_ref(), new.series.as_ref()),
        ("keyword", now.keyword.as_ref(), new.keyword.as_ref()),
        ("timezone", now.timezone.as_ref(), new.timezone.as_ref()),
        ("budget", now.budget.as_ref(), new.budget.as_ref()),
        ("country", now.country.as_ref(), new.country.as_ref()),
        ("reply", now.reply.as_ref(), new.reply.as_ref()),
    ];
    let changed = words.into_iter().filter(|(_, now, new)| now != new);
    keys.extend(changed.map(|(key, _, new)| ("exchange", key, new.cloned().map(Setting::Text))));
    if now.date != new.date {
        keys.push(("exchange", "date", new.date.map(Setting::Day)));
    }
    let (was, is) = (now.rules.clone().unwrap_or_default(), new.rules.clone().unwrap_or_default());
    for (key, was, is) in [("mutual", was.mutual, is.mutual), ("one_circle", was.one_circle, is.one_circle)] {
        keys.extend((was != is).then(|| ("rules", key, is.map(Setting::Flag))));
    }
    for (key, was, is) in
        [("avoid_repeats", was.avoid_repeats, is.avoid_repeats), ("gifts_each", was.gifts_each, is.gifts_each)]
    {
        keys.extend((was != is).then(|| ("rules", key, is.map(Setting::Number))));
    }
    if was.repeats != is.repeats {
        let word = |repeats| Setting::Text(if repeats == Repeats::Never { "never" } else { "avoid" }.to_owned());
        keys.push(("rules", "repeats", is.repeats.map(word)));
    }
    if now.auditors != new.auditors {
        keys.push(("seal", "auditors", Some(Setting::Texts(new.auditors.clone()))));
    }
    keys
}

/// What is wrong with a roster, where a caller has said it.
fn refused(error: KeepError, toml: &str) -> Problem {
    match error {
        KeepError::Roster(RosterError::Problems(problems)) => {
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
            Problem::meaning(errors.map(|problem| flaw(problem, toml)).collect())
        }
        other => other.into(),
    }
}

fn flaw(problem: &Diagnostic, toml: &str) -> Flaw {
    let before: Vec<&str> = toml.lines().take(problem.line as usize).collect();
    let section = before.iter().rev().find_map(|line| line.strip_prefix('[')).unwrap_or_default();
    let key = before.last().and_then(|line| line.split_once('=')).map_or("", |(key, _)| key.trim());
    let pointer = match (section.trim_end_matches(']'), key) {
        (_, "") => String::new(),
        ("rules", key) => format!("/rules/{key}"),
        (_, key) => format!("/{key}"),
    };
    Flaw::at(
        pointer,
        problem.hint.as_ref().map_or(problem.message.clone(), |hint| format!("{}; {hint}", problem.message)),
    )
}

impl From<KeepError> for Problem {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::NameTaken { .. } | KeepError::SeriesStays { .. } | KeepError::Drawn { .. } => {
                Self::conflict(&error.to_string())
            }
            KeepError::Gone => Self::NOT_FOUND,
            KeepError::Stale { .. } => Self::STALE,
            KeepError::Store(error) => error.into(),
            KeepError::Roster(error) => Self::meaning(vec![Flaw::at("", error.to_string())]),
        }
    }
}

/// Lists the exchanges
#[utoipa::path(get, path = "/exchanges", tag = "exchanges", params(Paging), responses((status = 200, body = Listed<ExchangeShown>)))]
pub(super) async fn list(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<ExchangeShown>>, Problem> {
    let (after, limit) = (TopicId(paging.after()?), paging.limit()?);
    let found = caller.waiting(move |site, reach| {
        let mut ids: Vec<TopicId> =
            site.store.read(|tx| Overview::of(tx, reach))?.exchanges.iter().map(|it| it.id).collect();
        ids.sort_unstable();
        // The file's as it was, while somebody is at it.
        let one = |id| match site.owned(reach, id) {
            Err(WhichExchange::Roster(_)) => site.of_row(id),
            now => Ok(now?.map(|(_, exchange)| exchange)),
        };
        let exchanges = ids.into_iter().filter(|id| *id > after).filter_map(|id| one(id).transpose());
        exchanges.take(limit as usize).map(|found| Ok(shown(&found?)?)).collect::<Result<Vec<_>, Problem>>()
    });
    Ok(Json(Listed::of(&caller, &paging, found.await?, |row| &row.id)?))
}

/// Makes an exchange, kept in the database
#[utoipa::path(post, path = "/exchanges", tag = "exchanges", request_body = NewExchange,
    responses((status = 201, body = ExchangeShown), (status = 409, description = "The series has one of that name.")))]
pub(super) async fn add(caller: Caller, Body(new): Body<NewExchange>) -> Result<Response, Problem> {
    let made = caller.waiting(move |site, reach| {
        let toml = roster::set_or_unset("", &keys(&NewExchange::default(), &new));
        let toml = kept::with_defaults(&site.settings.site, &toml);
        let made = kept::make(&site.store, &site.settings, &toml, reach.owner(), site.clock.now());
        let made = made.map_err(|error| refused(error, &toml))?;
        let found = site.of_row(made.topic.id)?.ok_or(Problem::NOT_FOUND)?;
        Ok((made.revision, shown(&found)?))
    });
    let (revision, made) = made.await?;
    Ok(created(&caller, made.id.clone(), tagged(revision, made)))
}

/// Shows an exchange
#[utoipa::path(get, path = "/exchanges/{id}", tag = "exchanges", params(("id" = String, Path)), responses((status = 200, body = ExchangeShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    let found = caller.on(id, |site| Ok((revision(site), shown(site)?)));
    let (revision, found) = found.await?;
    Ok(tagged(revision, found))
}

/// The revision of the roster that was read; the file's has none.
pub(super) fn revision(site: &Site) -> i64 {
    site.revision().unwrap_or_default()
}

/// Refuses to change what is kept in a file.
pub(super) fn needs_database(site: &Site) -> Result<(), Problem> {
    match site.kept {
        Kept::Database { .. } => Ok(()),
        Kept::File => Err(Problem::conflict("this exchange is kept in the site's file, and is changed there")),
    }
}

/// Changes an exchange; what has been drawn stays as it was drawn
#[utoipa::path(patch, path = "/exchanges/{id}", tag = "exchanges", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewExchange, responses((status = 200, body = ExchangeShown), (status = 409, description = "Kept in the file, or its series stays.")))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let all = caller.site.clone();
    let changed = caller.on(id, move |site| {
        needs_database(site)?;
        let now = NewExchange::of(site);
        let (keys, mut toml) = (keys(&now, &change.of(&now)?), String::new());
        seen.is_still(revision(site))?;
        let edit = |before: &str| {
            toml = roster::set_or_unset(before, &keys);
            Ok::<_, KeepError>(toml.clone())
        };
        let kept = kept::change(&site.store, &all.settings, id, site.revision(), edit, site.clock.now());
        let kept = kept.map_err(|error| refused(error, &toml))?;
        Ok((kept.revision, shown(&all.of_row(id)?.ok_or(Problem::NOT_FOUND)?)?))
    });
    let (revision, found) = changed.await?;
    Ok(tagged(revision, found))
}

/// Removes an exchange that was never drawn
#[utoipa::path(delete, path = "/exchanges/{id}", tag = "exchanges", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "Kept in the file, or drawn: a chain stays.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<TopicId>, seen: Seen) -> Result<StatusCode, Problem> {
    let removed = caller.on(id, move |site| {
        needs_database(site)?;
        seen.is_still(revision(site))?;
        Ok(kept::remove(&site.store, id)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}
