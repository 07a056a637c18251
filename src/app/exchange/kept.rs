//! Exchanges that are kept in the database: made, changed, taken away. Their roster is a text as a file would hold it; every
//! change of it, from whichever door, goes through [`change`].

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::{checked_roster, people};
use crate::model::{AccountId, Exchange, Settings, SiteSettings, TopicId};
use crate::roster::{self, Roster, RosterError, Setting};
use crate::store::{KeptExchange, NewExchange, SeriesId, Store, StoreError, Topic, Tx};

/// Why an exchange is neither made nor changed nor taken away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The roster is refused.
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error("the series {series:?} already has an exchange {name:?}")]
    NameTaken { name: String, series: String },
    /// Its draws are in one series, and would be history in no other.
    #[error("{name:?} has been drawn, so it stays in the series {series:?}")]
    SeriesStays { name: String, series: String },
    #[error("{name:?} has been drawn, so it stays, with its draws and the log of their openings")]
    Drawn { name: String },
    #[error("there is no such exchange any more")]
    Gone,
    #[error("somebody else has just changed {name:?}; nothing was changed")]
    Stale { name: String },
    #[error("the database cannot keep it")]
    Store(#[from] StoreError),
}

/// Keeps a new exchange by its roster, and writes its people down: they may text their wishes from then on.
/// Where it fails, nothing is kept.
pub fn make(
    store: &Store,
    settings: &Settings,
    toml: &str,
    owner: Option<AccountId>,
    now: Timestamp,
) -> Result<KeptExchange, KeepError> {
    let roster = sound(toml, "the new exchange", settings)?;
    store.write(|tx| {
        let exchange = &roster.exchange;
        let series = enter_series(tx, exchange, owner)?;
        refuse_taken(tx, exchange, series, None)?;
        let topic = tx.insert_exchange(&NewExchange { owner, name: &exchange.name, series, toml }, now)?;
        people::enter(tx, topic.id, exchange)?;
        tx.kept_exchange(topic.id)?.ok_or(KeepError::Gone)
    })
}

/// What the site says of its exchanges and this text does not: it stands in each, so that an exchange can be read apart from
/// its site and does not change with it.
pub fn with_defaults(site: &SiteSettings, given: &str) -> String {
    let keys = [("timezone", &site.timezone), ("country", &site.country)];
    let missing = keys.into_iter().filter(|(key, _)| !roster::is_set(given, "exchange", key));
    let settings: Vec<_> =
        missing.filter_map(|(key, value)| Some(("exchange", key, Setting::Text(value.clone()?)))).collect();
    roster::set(given, &settings)
}

/// Changes the roster of an exchange by what `edit` makes of its text; with `revision` only if it is still as it was then.
/// Until it is drawn its people are written down anew. What was drawn stays as it was drawn, and answers go on from it.
///
/// # Errors
/// What `edit` fails with, and [`KeepError`]; nothing has changed then.
pub fn change<E: From<KeepError>>(
    store: &Store,
    settings: &Settings,
    id: TopicId,
    revision: Option<i64>,
    edit: impl FnOnce(&str) -> Result<String, E>,
    now: Timestamp,
) -> Result<KeptExchange, E> {
    let kept = store.read(|tx| tx.kept_exchange(id)).map_err(KeepError::from)?.ok_or(KeepError::Gone)?;
    if revision.is_some_and(|revision| revision != kept.revision) {
        return Err(KeepError::Stale { name: kept.name }.into());
    }
    let toml = edit(&kept.toml)?;
    if toml == kept.toml {
        return Ok(kept);
    }
    let roster = sound(&toml, &kept.name, settings)?;
    Ok(store.write(|tx| replace(tx, &kept, &toml, &roster.exchange, now))?)
}

/// As [`change`], within a transaction.
pub fn change_within<E: From<KeepError>>(
    tx: &Tx<'_>,
    settings: &Settings,
    id: TopicId,
    edit: impl FnOnce(&str) -> Result<String, E>,
    now: Timestamp,
) -> Result<(), E> {
    let kept = tx.kept_exchange(id).map_err(KeepError::from)?.ok_or(KeepError::Gone)?;
    let toml = edit(&kept.toml)?;
    let roster = sound(&toml, &kept.name, settings)?;
    replace(tx, &kept, &toml, &roster.exchange, now)?;
    Ok(())
}

fn replace(
    tx: &Tx<'_>,
    kept: &KeptExchange,
    toml: &str,
    exchange: &Exchange,
    now: Timestamp,
) -> Result<KeptExchange, KeepError> {
    let id = kept.topic.id;
    let is_drawn = tx.newest_draw_state(id)?.is_some();
    let called = tx.series_name(kept.topic.series)?;
    let series = match called.filter(|series| *series != exchange.series) {
        None => kept.topic.series,
        Some(series) if is_drawn => return Err(KeepError::SeriesStays { name: kept.name.clone(), series }),
        Some(_) => enter_series(tx, exchange, kept.owner)?,
    };
    refuse_taken(tx, exchange, series, Some(id))?;
    if !tx.change_roster(id, toml, kept.revision, now)? {
        return Err(KeepError::Stale { name: kept.name.clone() });
    }
    tx.rename_exchange(Topic { id, series }, &exchange.name)?;
    if !is_drawn {
        people::enter(tx, id, exchange)?;
    }
    tx.kept_exchange(id)?.ok_or(KeepError::Gone)
}

/// Takes an exchange away that was never drawn. Where it fails, it is still there.
pub fn remove(store: &Store, id: TopicId) -> Result<(), KeepError> {
    store.write(|tx| {
        let kept = tx.kept_exchange(id)?.ok_or(KeepError::Gone)?;
        if tx.newest_draw_state(id)?.is_some() {
            return Err(KeepError::Drawn { name: kept.name });
        }
        Ok(tx.remove_exchange(id)?)
    })
}

/// A roster with nothing wrong in it.
fn sound(toml: &str, called: &str, settings: &Settings) -> Result<Roster, KeepError> {
    Ok(checked_roster::judged(roster::parse_kept(toml, called, settings)?)?)
}

/// The series of an exchange in one hand. A new one stands in a folder of its own in the archive: another hand may have one
/// of its name, and so may a database that is lost.
fn enter_series(tx: &Tx<'_>, exchange: &Exchange, owner: Option<AccountId>) -> Result<SeriesId, StoreError> {
    let mark = HEXLOWER.encode(&rand::random::<[u8; 4]>());
    tx.enter_kept_series(&exchange.series, owner, &format!("{}-{mark}", roster::slug(&exchange.series)))
}

fn refuse_taken(tx: &Tx<'_>, exchange: &Exchange, series: SeriesId, than: Option<TopicId>) -> Result<(), KeepError> {
    if tx.is_name_taken(series, &exchange.name, than)? {
        return Err(KeepError::NameTaken { name: exchange.name.clone(), series: exchange.series.clone() });
    }
    Ok(())
}
