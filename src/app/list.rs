//! Lists: people sign up and confirm, are written to all at once, and leave. Nobody gets more than one question who has not
//! said yes.
//!
//! Who agreed to what is an append-only record ([`consent`]); how somebody stands follows from it, in the same transaction.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::accounts::{self, AccountError, Owned, authorize};
use super::exchange::wordings::{self, Shown};
use super::exchanges::Exchanges;
use super::links::{Links, link_hash};
use crate::app::contacts::Fault;
use crate::broadcast::PlanError;
use crate::conversation::list::Voice;
use crate::model::{PersonId, TopicId};
use crate::roster::{Diagnostic, slug, tidy};
use crate::seal::KeyError;
use crate::store::{List, Reach, Store, StoreError, Tx};

pub mod audience;
pub mod broadcasts;
mod consent;
pub mod people;
pub mod planning;
mod served;
pub mod sheet;
pub mod sign_up;
pub mod trial;

pub use served::ListKind;

/// The kind of its topics.
pub const KIND: &str = "list";

/// What people agree to where the organizer says nothing else.
const WORDING: &str = "I agree to get messages from {sender} by text and e-mail. How often varies. Message and data rates may \
                       apply. I can leave at any time: text STOP, or follow the link in any e-mail. Consent is no condition of \
                       anything else.";

/// Why something about a list is not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// There is none of that name.
    #[error("there is no list {0:?}")]
    Unknown(String),
    /// None is named, and there is not just one.
    #[error("{}", which(.0))]
    Which(Vec<String>),
    /// Another list's page has that address.
    #[error("another list's page is /join/{0}")]
    Taken(String),
    /// What was typed is wrong, field by field.
    #[error("{}", faults(.0))]
    Faults(Vec<Fault>),
    /// All that is wrong with a spreadsheet.
    #[error("the spreadsheet has to be mended first; nothing was taken")]
    Sheet(Vec<Diagnostic>),
    /// There is no such subscriber.
    #[error("nobody on the list has the address {0:?}")]
    Nobody(String),
    /// There is not one event of that name.
    #[error("there is no event, or more than one, of the name {0:?}")]
    NoEvent(String),
    /// There is no such exchange.
    #[error("there is no exchange {0}")]
    NoExchange(String),
    /// There is no such broadcast.
    #[error("there is no broadcast {0}")]
    NoBroadcast(i64),
    /// It is not in a state for that.
    #[error("{0}")]
    NotNow(String),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Without this machine's key there are no links.
    #[error("the links of the list cannot be made")]
    Key(#[from] KeyError),
    /// Whose it is.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The database.
    #[error("the list cannot be read or changed")]
    Store(#[from] StoreError),
}

fn which(names: &[String]) -> String {
    match names {
        [] => "there is no list yet".to_owned(),
        _ => format!("there are several lists: {}", names.join(", ")),
    }
}

fn faults(faults: &[Fault]) -> String {
    faults.iter().map(|(field, remark)| format!("{field}: {remark}")).collect::<Vec<_>>().join("\n")
}

/// A list to be made.
#[derive(Debug, Clone, Default)]
pub struct NewList {
    /// What it is called.
    pub name: String,
    /// Who writes, as people read it; the name where it is empty.
    pub sender: String,
    /// What people agree to; the usual words where it is empty.
    pub wording: String,
    /// The last part of its page's address; made of the name where it is empty.
    pub slug: String,
}

/// Makes a list, and this machine's key where there is none: the links of its people are made from it.
pub fn make(site: &Exchanges, account: Option<&str>, new: &NewList) -> Result<List, ListError> {
    site.store.write(|tx| make_in(tx, site, accounts::reach_of(tx, account)?, new, site.clock.now()))
}

/// Makes a list within somebody's reach.
pub fn make_in(tx: &Tx<'_>, site: &Exchanges, reach: Reach, new: &NewList, now: Timestamp) -> Result<List, ListError> {
    let name = line("name", &new.name)?;
    let sender = line("sender", or(&new.sender, &name))?;
    let wording = match tidy(&new.wording) {
        empty if empty.is_empty() => WORDING.replace("{sender}", &sender),
        wording => wording,
    };
    let slug = slug(if new.slug.trim().is_empty() { &name } else { &new.slug });
    site.keys.identity_or_new(None)?;
    if tx.list_of_slug(&slug)?.is_some() {
        return Err(ListError::Taken(slug));
    }
    let id = tx.insert_topic(KIND, &name, reach.owner())?;
    let (wording_hash, messages) = (hash(&wording), "{}".to_owned());
    let list = List { id, name, slug: Some(slug), audience: None, sender, wording_hash, wording, messages };
    tx.insert_list(&list, now)?;
    Ok(list)
}

/// A number that another one takes the place of whenever a list is called otherwise or says something else.
#[must_use]
pub fn revision(list: &List) -> i64 {
    let digest = Sha256::digest(format!("{}\n{}\n{}", list.name, list.sender, list.wording_hash));
    digest.iter().take(6).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// Changes what a list is called, who writes and what people agree to; its page's address stays.
pub fn change(tx: &Tx<'_>, list: &List, new: &NewList, now: Timestamp) -> Result<(), ListError> {
    must_have_a_page(list)?;
    let (name, sender) = (line("name", &new.name)?, line("sender", or(&new.sender, &new.name))?);
    if !new.slug.is_empty() && Some(&new.slug) != list.slug.as_ref() {
        return Err(ListError::Faults(vec![("slug", "the address of a page stays".to_owned())]));
    }
    tx.update_list(list.id, &name, &sender)?;
    reword(tx, list, "wording", or(&new.wording, &WORDING.replace("{sender}", &sender)), now)
}

fn must_have_a_page(list: &List) -> Result<(), ListError> {
    match list.slug {
        Some(_) => Ok(()),
        None => Err(ListError::NotNow(format!("{:?} stands for people who are kept elsewhere", list.name))),
    }
}

fn or<'a>(text: &'a str, usual: &'a str) -> &'a str {
    if text.trim().is_empty() { usual } else { text }
}

/// Removes a list that nobody has ever been on and to which nothing was written.
pub fn remove(tx: &Tx<'_>, list: &List) -> Result<(), ListError> {
    match tx.remove_list(list.id)? {
        true => Ok(()),
        false => Err(ListError::NotNow("people have been on it, and who agreed to what is kept".to_owned())),
    }
}

/// The hash under which a wording is kept.
fn hash(wording: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(wording.as_bytes()))
}

fn line(field: &'static str, text: &str) -> Result<String, ListError> {
    const LONGEST: usize = 60;
    let text = tidy(text);
    let wrong = match text.chars().count() {
        0 => Some(format!("a list has a {field}")),
        1..=LONGEST if !text.chars().any(char::is_control) => None,
        _ => Some(format!("a {field} is one line of at most {LONGEST} characters")),
    };
    wrong.map_or(Ok(text), |wrong| Err(ListError::Faults(vec![(field, wrong)])))
}

/// Rewords what people agree to from now on, or one of the texts they read.
pub fn reword(tx: &Tx<'_>, list: &List, name: &str, text: &str, now: Timestamp) -> Result<(), ListError> {
    if name == "wording" {
        let text = tidy(text);
        if text.is_empty() {
            return Err(ListError::Faults(vec![("wording", "there have to be words that people agree to".to_owned())]));
        }
        tx.put_wording(list.id, &hash(&text), &text, now)?;
        return Ok(());
    }
    let problems = crate::conversation::list::check_wording(name, text);
    if let Some(problem) = problems.first() {
        let hint = problem.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        return Err(ListError::Faults(vec![("text", format!("{}{hint}", problem.message))]));
    }
    let mut messages = voice(list).messages;
    messages.insert(name.to_owned(), text.to_owned());
    let messages = serde_json::to_string(&messages).map_err(|e| StoreError::damaged("list's texts", e))?;
    Ok(tx.put_list_messages(list.id, &messages)?)
}

/// The list that is meant: of this name, slug or number; where none is named, the only one there is.
pub fn find(store: &Store, account: Option<&str>, named: Option<&str>) -> Result<(Owned<TopicId>, List), ListError> {
    store.read(|tx| {
        let mut found = Vec::new();
        for (_, reach) in accounts::hands(tx, account)? {
            for list in tx.lists_within(reach)? {
                found.extend(authorize(tx, reach, list.id)?.map(|owned| (owned, list)));
            }
        }
        let names = found.iter().map(|(_, list)| list.name.clone()).collect();
        let is_meant = |list: &List, named: &str| {
            list.name.to_lowercase() == named.to_lowercase()
                || list.slug.as_deref() == Some(named)
                || list.id.0.to_string() == named
        };
        found.retain(|(_, list)| named.is_none_or(|named| is_meant(list, named.trim())));
        // One that has no page is meant where it is named.
        if named.is_none() && found.iter().any(|(_, list)| list.slug.is_some()) {
            found.retain(|(_, list)| list.slug.is_some());
        }
        match (found.pop(), found.is_empty(), named) {
            (Some(only), true, _) => Ok(only),
            (None, _, Some(named)) => Err(ListError::Unknown(named.to_owned())),
            _ => Err(ListError::Which(names)),
        }
    })
}

/// Those within a reach.
pub fn within(tx: &Tx<'_>, reach: Reach) -> Result<Vec<List>, StoreError> {
    tx.lists_within(reach)
}

/// Whether there is a list that has a page.
pub fn any_page(tx: &Tx<'_>) -> Result<bool, StoreError> {
    tx.has_lists()
}

/// How a list's texts speak.
#[must_use]
pub fn voice(list: &List) -> Voice {
    let messages = serde_json::from_str(&list.messages).unwrap_or_default();
    Voice { list: list.name.clone(), sender: list.sender.clone(), messages }
}

/// Every text that the people of a list read, with its length.
#[must_use]
pub fn texts(list: &List) -> Vec<Shown> {
    wordings::shown(voice(list).listed())
}

/// The tokens of the links by which somebody confirms and leaves.
fn tokens(links: &Links, id: PersonId, added_at: Timestamp) -> Result<(String, String), KeyError> {
    let version = added_at.as_millisecond();
    Ok((links.token("confirm", id.0, version)?, links.token("leave", id.0, version)?))
}

/// Has somebody's links found again.
fn keep_links(tx: &Tx<'_>, links: &Links, id: PersonId, added_at: Timestamp) -> Result<(), ListError> {
    let (confirm, leave) = tokens(links, id, added_at)?;
    Ok(tx.put_subscriber_links(id, &link_hash(&confirm), &link_hash(&leave))?)
}

#[cfg(test)]
mod tests;
