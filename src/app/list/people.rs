//! Who is on a list: looked through, called otherwise, taken out in the words of whoever asked, forgotten.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ListError;
use super::consent::{self, Source};
use crate::app::contacts::{Fault, Typed};
use crate::app::exchanges::Exchanges;
use crate::model::{Email, PersonId, Phone, TopicId};
use crate::roster::tidy;
use crate::store::{Agreed, Channel, Consent, Left, List, NewSubscriber, StoreError, Subscriber, Tx};

/// Everybody of a list, in the order they came.
pub fn all(tx: &Tx<'_>, list: TopicId, page: u32) -> Result<Vec<Subscriber>, StoreError> {
    let mut found: Vec<Subscriber> = Vec::new();
    loop {
        let some = tx.subscribers(list, found.last().map(|who| who.id), page)?;
        if some.is_empty() {
            return Ok(found);
        }
        found.extend(some);
    }
}

/// Those of a list in whose name, address or tags something stands.
pub fn search(tx: &Tx<'_>, list: TopicId, sought: &str) -> Result<Vec<Subscriber>, StoreError> {
    let sought = sought.trim().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&sought);
    let mut found = all(tx, list, 5_000)?;
    found.retain(|who| {
        holds(&who.name())
            || who.phone.as_ref().is_some_and(|phone| holds(phone.expose()))
            || who.email.as_ref().is_some_and(|email| holds(email.expose()))
            || who.tags.iter().any(|tag| holds(tag))
    });
    Ok(found)
}

/// What can be said otherwise of somebody on a list. Their addresses are what they agreed to be written at, and stay.
#[derive(Debug)]
pub struct Changed {
    /// First name, as they are addressed.
    pub first_name: String,
    /// Last name, or nothing.
    pub last_name: String,
    /// In their order.
    pub tags: Vec<String>,
    /// Where they are, by its IANA name.
    pub timezone: Option<String>,
}

/// Says something else of somebody on a list.
pub fn change(tx: &Tx<'_>, list: &List, who: &Subscriber, new: &Changed) -> Result<(), ListError> {
    super::must_have_a_page(list)?;
    let address = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let read = Typed {
        name: format!("{} {}", new.first_name, new.last_name),
        phone: address(who.phone.as_ref().map(Phone::expose)),
        email: address(who.email.as_ref().map(Email::expose)),
        tags: new.tags.join(","),
        ..Typed::default()
    }
    .read(None);
    let mut faults: Vec<Fault> = read.as_ref().err().cloned().unwrap_or_default();
    faults.iter_mut().filter(|(field, _)| *field == "name").for_each(|(field, _)| *field = "first_name");
    if new.timezone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        faults.push(("timezone", "this is no time zone; one is called as Europe/London is".to_owned()));
    }
    let contact = match read {
        Ok(contact) if faults.is_empty() => contact,
        _ => return Err(ListError::Faults(faults)),
    };
    let now = NewSubscriber {
        first_name: &tidy(&new.first_name),
        last_name: &tidy(&new.last_name),
        phone: who.phone.as_ref(),
        email: who.email.as_ref(),
        tags: &contact.tags.join(","),
        zone: None,
        contact: who.contact,
    };
    tx.update_subscriber(who.id, &now)?;
    Ok(tx.put_subscriber_zone(who.id, new.timezone.as_deref())?)
}

/// An act of the record in a line.
#[must_use]
pub fn in_words(act: &Consent) -> String {
    let Consent { channel, act, at, source, evidence, .. } = act;
    let way = if *channel == Channel::Email { "e-mail" } else { "text" };
    format!("{} for {way} by {source} at {at}: {evidence}", act.word()).chars().take(180).collect()
}

/// Takes an address out because somebody asked for it in another way; a phone gets nothing more from this number at all.
pub fn opt_out(
    tx: &Tx<'_>,
    list: &List,
    (address, country): (&str, Option<&str>),
    reason: &str,
    now: Timestamp,
) -> Result<usize, ListError> {
    let source = Source { word: "organizer", evidence: reason, wording: None };
    let (phone, email) = read_address(address, country)?;
    let people = tx.subscribers_at(list.id, phone.as_ref(), email.as_ref())?;
    if let Some(phone) = &phone {
        consent::opt_out(tx, (phone, list.id), source, now)?;
        return Ok(people.len());
    }
    for who in &people {
        consent::note(tx, who, (Channel::Email, Agreed::Withdrawn), source, now)?;
    }
    if people.is_empty() { Err(ListError::Nobody(address.to_owned())) } else { Ok(people.len()) }
}

pub(super) fn read_address(address: &str, country: Option<&str>) -> Result<(Option<Phone>, Option<Email>), ListError> {
    let wrong = |why: String| ListError::Faults(vec![("address", why)]);
    if address.contains('@') {
        return Ok((None, Some(Email::parse(address).map_err(|why| wrong(why.to_string()))?)));
    }
    Ok((Some(Phone::parse(address, country).map_err(|why| wrong(why.to_string()))?), None))
}

/// Who has an address, with everything they did about their consent.
pub fn record(
    tx: &Tx<'_>,
    list: &List,
    (address, country): (&str, Option<&str>),
) -> Result<Vec<(Subscriber, Vec<Consent>)>, ListError> {
    let (phone, email) = read_address(address, country)?;
    let people = tx.subscribers_at(list.id, phone.as_ref(), email.as_ref())?;
    if people.is_empty() {
        return Err(ListError::Nobody(address.to_owned()));
    }
    people.into_iter().map(|who| Ok((who.clone(), tx.consents(who.id)?))).collect()
}

/// Whoever has these addresses; each is somebody's.
pub fn at_addresses(
    tx: &Tx<'_>,
    list: &List,
    addresses: &[String],
    country: Option<&str>,
) -> Result<Vec<PersonId>, ListError> {
    let mut found = Vec::new();
    for address in addresses {
        let (phone, email) = read_address(address, country)?;
        let people = tx.subscribers_at(list.id, phone.as_ref(), email.as_ref())?;
        if people.is_empty() {
            return Err(ListError::Nobody(address.to_owned()));
        }
        found.extend(people.into_iter().map(|who| who.id));
    }
    Ok(found)
}

/// Forgets whoever has an address: name, addresses, evidence and what they wrote. When they agreed to what stays, and that they
/// wanted no more.
pub fn forget(tx: &Tx<'_>, site: &Exchanges, list: &List, address: &str) -> Result<usize, ListError> {
    let people = record(tx, list, (address, site.country()))?;
    for (who, _) in &people {
        tx.forget_subscriber(who)?;
    }
    Ok(people.len())
}

/// Writes down of somebody new that their addresses had wanted no more before they were forgotten, if they had.
pub(super) fn recall(tx: &Tx<'_>, who: &Subscriber, now: Timestamp) -> Result<(), StoreError> {
    let source = Source { word: "link", evidence: "they had left before they were forgotten", wording: None };
    for (channel, address) in who.addresses() {
        if tx.take_left(&Left::List(who.list, address))? {
            consent::note(tx, who, (channel, Agreed::Withdrawn), source, now)?;
        }
    }
    Ok(())
}
