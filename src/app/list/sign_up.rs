//! Signing up by the page, confirming, leaving. Whoever signs up is told the same whatever is known of them.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::consent::{self, Source};
use super::{ListError, keep_links, people};
use crate::app::contacts::{Fault, Typed};
use crate::app::exchanges::Exchanges;
use crate::app::limits::Limit;
use crate::app::links::{Links, link_hash};
use crate::model::{Email, PersonId, Phone};
use crate::roster::tidy;
use crate::store::{Agreed, Basis, Channel, List, NewMessage, NewSubscriber, Recipient, StoreError, Subscriber, Tx};

/// Sign-ups of one client that are accepted.
const BY_CLIENT: Limit = Limit::new("sign-up", 20, 60);

/// Confirmations in all; more wait for the hours that follow.
const IN_ALL: Limit = Limit::new("confirmation in all", 200, 60);

/// Confirmations to one address in a day, and ever.
const A_DAY: Limit = Limit::new("confirmation", 1, 24 * 60);
const EVER: Limit = Limit::new("confirmation ever", 3, 100 * 365 * 24 * 60);

/// What confirmations are called in the outbox.
pub(super) const CONFIRM: &str = "confirm";

/// The form of the page as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where they are written to.
    pub email: String,
    /// Where they are texted.
    pub phone: String,
    /// Whether they agree.
    pub consent: bool,
    /// The hash of what they were shown; where it is none of the list's, they were shown what it says now.
    pub wording: String,
    /// Nobody sees this field who looks at the page; what fills in forms fills it in.
    pub website: String,
}

/// What becomes of a form.
#[derive(Debug, PartialEq, Eq)]
pub enum Joined {
    /// The same words for everybody.
    Taken,
    /// It has to be mended first.
    Faults(Vec<Fault>),
    /// This client has sent too many, until then.
    TooMany(Timestamp),
}

/// Signs somebody up: everything they left an address for is asked about once, there.
pub fn join(
    tx: &Tx<'_>,
    site: &Exchanges,
    (list, form): (&List, &Form),
    client: &str,
    now: Timestamp,
) -> Result<Joined, ListError> {
    if !form.website.is_empty() {
        return Ok(Joined::Taken);
    }
    let (phone, email) = match read(site, form) {
        Ok(addresses) => addresses,
        Err(faults) => return Ok(Joined::Faults(faults)),
    };
    if let Some(until) = BY_CLIENT.count(tx, client, now)? {
        return Ok(Joined::TooMany(until));
    }
    let links = Links::new(std::sync::Arc::clone(&site.keys));
    let at = Addresses { phone, email };
    let evidence = json!({ "client": client, "first_name": form.first_name, "last_name": form.last_name }).to_string();
    let shown = match tx.wording(list.id, &form.wording)? {
        Some(_) => &form.wording,
        None => &list.wording_hash,
    };
    for (who, channel) in at.enter(tx, &links, list, form, now)? {
        let source = Source { word: "form", evidence: &evidence, wording: Some(shown) };
        ask(tx, list, &who, channel, source, now)?;
    }
    Ok(Joined::Taken)
}

/// Where somebody left to be reached.
struct Addresses {
    phone: Option<Phone>,
    email: Option<Email>,
}

impl Addresses {
    /// Whoever has these addresses on the list, and for those that nobody has somebody new. What is known of others is not
    /// changed by whoever types their address.
    fn enter(
        &self,
        tx: &Tx<'_>,
        links: &Links,
        list: &List,
        form: &Form,
        now: Timestamp,
    ) -> Result<Vec<(Subscriber, Channel)>, ListError> {
        let at_phone = self.phone.as_ref().map(|phone| tx.subscribers_at(list.id, Some(phone), None)).transpose()?;
        let at_email = self.email.as_ref().map(|email| tx.subscribers_at(list.id, None, Some(email))).transpose()?;
        let (at_phone, at_email) = (at_phone.unwrap_or_default(), at_email.unwrap_or_default());
        // As it was checked.
        let (first_name, last_name) = (tidy(&form.first_name), tidy(&form.last_name));
        let new = NewSubscriber {
            first_name: &first_name,
            last_name: &last_name,
            phone: self.phone.as_ref().filter(|_| at_phone.is_empty()),
            email: self.email.as_ref().filter(|_| at_email.is_empty()),
            ..NewSubscriber::default()
        };
        let mut found: Vec<(Subscriber, Channel)> = at_phone.into_iter().map(|who| (who, Channel::Sms)).collect();
        found.extend(at_email.into_iter().map(|who| (who, Channel::Email)));
        if new.phone.is_some() || new.email.is_some() {
            let id = tx.insert_subscriber(list.id, &new, now)?;
            keep_links(tx, links, id, now)?;
            let who = tx.subscriber(id)?.ok_or_else(|| StoreError::damaged("subscriber", "it was not kept"))?;
            people::recall(tx, &who, now)?;
            found.extend(new.phone.map(|_| (who.clone(), Channel::Sms)));
            found.extend(new.email.map(|_| (who, Channel::Email)));
        }
        Ok(found)
    }
}

/// The addresses of a form, or what is wrong with it.
fn read(site: &Exchanges, form: &Form) -> Result<(Option<Phone>, Option<Email>), Vec<Fault>> {
    let name = format!("{} {}", form.first_name, form.last_name);
    let typed = Typed { name, phone: form.phone.clone(), email: form.email.clone(), ..Typed::default() };
    let mut faults = Vec::new();
    let read = typed.read(site.country());
    if let Err(wrong) = &read {
        let renamed =
            wrong.iter().map(|(field, remark)| (if *field == "name" { "first_name" } else { *field }, remark));
        faults.extend(renamed.map(|(field, remark)| (field, remark.replace("a contact has", "please give"))));
    }
    if form.first_name.trim().is_empty() && faults.iter().all(|(field, _)| *field != "first_name") {
        faults.push(("first_name", "please give a name".to_owned()));
    }
    if !form.consent {
        faults.push(("consent", "please tick the box if you agree; without it nothing is sent".to_owned()));
    }
    let contact = read.ok().filter(|_| faults.is_empty());
    if let Some(phone) = contact.as_ref().and_then(|contact| contact.phone.as_ref()) {
        if phone.is_landline() {
            faults.push(("phone", "this is a landline, which takes no texts".to_owned()));
        } else if !may_be_texted(site, phone) {
            faults.push(("phone", "numbers of that country cannot sign up here; an e-mail address can".to_owned()));
        }
    }
    match contact {
        Some(contact) if faults.is_empty() => Ok((contact.phone, contact.email)),
        _ => Err(faults),
    }
}

/// Whether a public page may have a phone texted, by its country.
pub fn may_be_texted(site: &Exchanges, phone: &Phone) -> bool {
    let countries = &site.settings.messaging.countries;
    let allowed: Vec<&str> = match countries.is_empty() {
        true => site.country().into_iter().collect(),
        false => countries.iter().map(String::as_str).collect(),
    };
    let regions = phone.regions();
    let shared: Vec<&&str> = allowed.iter().filter(|country| regions.contains(country)).collect();
    // Under +1 live 25 countries, and texts to some of them cost like calls.
    allowed.is_empty()
        || !shared.is_empty()
            && (regions.len() == 1
                || shared.iter().any(|country| phone.is_of(country))
                || !phone.expose().starts_with("+1"))
}

/// Asks somebody to confirm, once a day and three times ever, unless they have, or their phone wants nothing from here.
pub(super) fn ask(
    tx: &Tx<'_>,
    list: &List,
    who: &Subscriber,
    channel: Channel,
    source: Source<'_>,
    now: Timestamp,
) -> Result<(), ListError> {
    if who.agreed(channel) == Agreed::Confirmed || (channel == Channel::Sms && who.is_opted_out) {
        return Ok(());
    }
    let address = match channel {
        Channel::Email => who.email.as_ref().map(|email| email.expose().to_lowercase()),
        _ => who.phone.as_ref().map(|phone| phone.expose().to_owned()),
    };
    let Some(address) = address else { return Ok(()) };
    // The page where an address is confirmed shows what it is asked with.
    let shown = source.wording.or((channel == Channel::Email).then_some(&*list.wording_hash));
    let source = Source { wording: shown, ..source };
    consent::note(tx, who, (channel, Agreed::Asked), source, now)?;
    if A_DAY.count(tx, &address, now)?.is_some() || EVER.count(tx, &address, now)?.is_some() {
        return Ok(());
    }
    let due = IN_ALL.turn(tx, "", now)?;
    let cause = format!("{CONFIRM}:{}:{}:{}", who.id.0, channel.word(), now.as_millisecond());
    tx.enqueue(&NewMessage {
        cause: &cause,
        topic: list.id,
        basis: Basis::Confirmation,
        kind: CONFIRM,
        parameters: "{}",
        draw: None,
        recipient: Recipient::Person(who.id),
        channel,
        at: now,
        due,
        not_after: due.checked_add(SignedDuration::from_hours(48)).ok(),
    })?;
    if due > now {
        tracing::info!(until = %due, "more confirmations than go out in an hour: one waits");
    }
    Ok(())
}

/// Whose a link is, to confirm or to leave by it.
pub fn of_link(tx: &Tx<'_>, token: &str, to_leave: bool) -> Result<Option<(List, Subscriber)>, StoreError> {
    let Some(who) = tx.subscriber_of_link(&link_hash(token), to_leave)? else { return Ok(None) };
    Ok(tx.list(who.list)?.map(|list| (list, who)))
}

/// What somebody agrees to who confirms an e-mail address: the words that they were asked with.
pub fn agreed_to(tx: &Tx<'_>, list: &List, id: PersonId) -> Result<String, StoreError> {
    let hash = asked_with(tx, id, Channel::Email)?;
    let words = hash.map(|hash| tx.wording(list.id, &hash)).transpose()?.flatten();
    Ok(words.unwrap_or_else(|| list.wording.clone()))
}

/// The button behind the link of a confirming e-mail, and how they stand now: who has left meanwhile stays out.
pub fn confirm(tx: &Tx<'_>, token: &str, client: &str, now: Timestamp) -> Result<Option<(List, Agreed)>, StoreError> {
    let Some((list, who)) = of_link(tx, token, false)? else { return Ok(None) };
    if who.by_email == Agreed::Asked {
        let evidence = json!({ "client": client }).to_string();
        let wording = asked_with(tx, who.id, Channel::Email)?;
        let source = Source { word: "link", evidence: &evidence, wording: wording.as_deref() };
        consent::note(tx, &who, (Channel::Email, Agreed::Confirmed), source, now)?;
        return Ok(Some((list, Agreed::Confirmed)));
    }
    Ok(Some((list, who.by_email)))
}

/// What somebody was shown when they were asked last.
pub(super) fn asked_with(tx: &Tx<'_>, id: PersonId, channel: Channel) -> Result<Option<String>, StoreError> {
    let acts = tx.consents(id)?;
    Ok(acts
        .into_iter()
        .rev()
        .find(|act| act.channel == channel && act.act == Agreed::Asked)
        .and_then(|act| act.wording))
}

/// The button behind the link of any e-mail, or the one that a mail program shows (RFC 8058): nothing more by either way.
pub fn leave(tx: &Tx<'_>, token: &str, client: &str, now: Timestamp) -> Result<Option<List>, StoreError> {
    let Some((list, who)) = of_link(tx, token, true)? else { return Ok(None) };
    let evidence = json!({ "client": client }).to_string();
    let source = Source { word: "link", evidence: &evidence, wording: None };
    for (channel, _) in who.addresses() {
        consent::note(tx, &who, (channel, Agreed::Withdrawn), source, now)?;
    }
    Ok(Some(list))
}
