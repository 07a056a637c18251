//! Whom a broadcast reaches that is not to a list of its own: the contacts of an address book, the guests of an event, the
//! people of an exchange.
//!
//! Each such audience is a list without a page, a mirror of its people, brought up to date whenever something is written to
//! it or planned. Nobody on it has signed up, so theirs are the rules of whoever was only written down: texts to those who
//! have texted this number, e-mails as by anybody who has the address. It is on nobody's way when texts come in.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{ListError, hash, keep_links, people};
use crate::app::accounts::{self, Owned};
use crate::app::exchange::announcement;
use crate::app::exchanges::Exchanges;
use crate::app::links::Links;
use crate::app::site::Site;
use crate::model::{ContactId, Email, Phone, TopicId};
use crate::store::{Event, List, NewSubscriber, Reach, StoreError, Subscriber, Tx};

/// What the list of an address book is called.
const CONTACTS: &str = "Contacts";

/// Somebody as the source has them now.
struct Theirs {
    /// Their row there; the people of an exchange have rows of another kind.
    contact: ContactId,
    name: String,
    phone: Option<Phone>,
    email: Option<Email>,
    tags: Vec<String>,
}

/// The list that stands for an address book.
pub fn of_contacts(tx: &Tx<'_>, site: &Exchanges, reach: Reach, now: Timestamp) -> Result<List, ListError> {
    mirror(tx, site, (reach, CONTACTS.to_owned(), None), now)
}

/// The list that stands for the guests of an event: who is invited, has a seat or waits for one, each with how they stand
/// as a tag.
pub fn of_event(
    tx: &Tx<'_>,
    site: &Exchanges,
    (reach, event): (Reach, &Event),
    now: Timestamp,
) -> Result<List, ListError> {
    mirror(tx, site, (reach, format!("Guests of {}", event.name), Some(event.topic)), now)
}

/// The list that stands for the people of an exchange: of its newest draw or, before the first, of its roster.
pub fn of_exchange(
    tx: &Tx<'_>,
    site: &Exchanges,
    (reach, exchange): (Reach, Owned<TopicId>),
    now: Timestamp,
) -> Result<List, ListError> {
    let topic = exchange.id();
    let found = site_of(tx, site, topic)?.ok_or_else(|| ListError::NoExchange(topic.0.to_string()))?;
    mirror(tx, site, (reach, format!("People of {}", found.exchange.name), Some(topic)), now)
}

/// The exchange of a row, if there is one.
fn site_of(tx: &Tx<'_>, site: &Exchanges, topic: TopicId) -> Result<Option<Site>, StoreError> {
    if let Some(kept) = tx.kept_exchange(topic)? {
        return site.kept(&kept).map(Some).map_err(|error| StoreError::damaged("exchange", error));
    }
    let Some(in_file) = site.in_file() else { return Ok(None) };
    Ok(in_file.topic(tx)?.filter(|row| row.id == topic).map(|_| in_file))
}

fn mirror(
    tx: &Tx<'_>,
    site: &Exchanges,
    (reach, name, audience): (Reach, String, Option<TopicId>),
    now: Timestamp,
) -> Result<List, ListError> {
    let owner = audience.map_or(Ok(Some(reach.owner())), |topic| tx.owner_of_topic(topic))?.flatten();
    let list = match tx.list_of_audience(accounts::reach_of_owner(tx, owner)?, audience)? {
        Some(list) => list,
        None => {
            // The links by which they leave are made from it.
            site.keys.identity_or_new(None)?;
            let id = tx.insert_topic(super::KIND, &name, owner)?;
            let sender = site.settings.site.name.clone().unwrap_or_else(|| "xchange".to_owned());
            let (wording, messages) = (String::new(), "{}".to_owned());
            let list = List { id, name, slug: None, audience, sender, wording_hash: hash(&wording), wording, messages };
            tx.insert_list(&list, now)?;
            list
        }
    };
    refresh(tx, site, &list, now)?;
    Ok(list)
}

/// Brings the people of a list without a page up to date: who is new, who is called or reached otherwise now, and who is no
/// more among them, whose addresses go. What they said about getting messages stays theirs.
pub(super) fn refresh(tx: &Tx<'_>, site: &Exchanges, list: &List, now: Timestamp) -> Result<(), ListError> {
    if list.slug.is_some() {
        return Ok(());
    }
    let links = Links::new(std::sync::Arc::clone(&site.keys));
    let here = people::all(tx, list.id, 5_000)?;
    let mut known: HashMap<ContactId, Subscriber> =
        here.into_iter().filter_map(|who| Some((who.contact?, who))).collect();
    for theirs in source(tx, site, list)?.into_iter().filter(|theirs| theirs.phone.is_some() || theirs.email.is_some())
    {
        let (first_name, last_name) = theirs.name.split_once(' ').unwrap_or((&theirs.name, ""));
        let new = NewSubscriber {
            first_name,
            last_name,
            phone: theirs.phone.as_ref(),
            email: theirs.email.as_ref(),
            tags: &theirs.tags.join(","),
            zone: None,
            contact: Some(theirs.contact),
        };
        match known.remove(&theirs.contact) {
            Some(who) if is_same(&who, &theirs) => {}
            Some(who) => tx.update_subscriber(who.id, &new)?,
            None => {
                let person = tx.insert_subscriber(list.id, &new, now)?;
                keep_links(tx, &links, person, now)?;
                if let Some(who) = tx.subscriber(person)? {
                    people::recall(tx, &who, now)?;
                }
            }
        }
    }
    for gone in known.values() {
        tx.keep_that_they_left(gone)?;
        let name = (&*gone.first_name, &*gone.last_name);
        let nowhere = NewSubscriber { first_name: name.0, last_name: name.1, ..NewSubscriber::default() };
        tx.update_subscriber(gone.id, &nowhere)?;
    }
    Ok(())
}

fn is_same(who: &Subscriber, theirs: &Theirs) -> bool {
    who.name() == theirs.name && who.phone == theirs.phone && who.email == theirs.email && who.tags == theirs.tags
}

/// The people as they are now where they are kept.
fn source(tx: &Tx<'_>, site: &Exchanges, list: &List) -> Result<Vec<Theirs>, StoreError> {
    let Some(audience) = list.audience else {
        let reach = accounts::reach_of_owner(tx, tx.owner_of_topic(list.id)?.flatten())?;
        let contacts = tx.contacts(reach)?.into_iter();
        return Ok(contacts
            .map(|(id, contact)| Theirs {
                contact: id,
                name: contact.name,
                phone: contact.phone,
                email: contact.email,
                tags: contact.tags,
            })
            .collect());
    };
    if let Some(exchange) = site_of(tx, site, audience)? {
        let (_, exchange, ids) = announcement::everybody(&exchange, tx, audience)?;
        let people = ids.into_iter().zip(&exchange.people);
        return Ok(people
            .map(|(id, person)| Theirs {
                contact: ContactId(id.0),
                name: person.name.clone(),
                phone: person.phone.clone(),
                email: person.email.clone(),
                tags: Vec::new(),
            })
            .collect());
    }
    let guests = tx.guests(audience, false)?.into_iter();
    Ok(guests
        .map(|guest| Theirs {
            contact: guest.contact,
            name: guest.name,
            phone: guest.phone,
            email: guest.email,
            tags: vec![guest.invitation.state.word().to_owned()],
        })
        .collect())
}
