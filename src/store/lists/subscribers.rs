//! Who is on a list.

use jiff::Timestamp;

use super::consents::{Agreed, Consent};
use crate::model::{ContactId, Email, PersonId, Phone, TopicId};
use crate::store::{Channel, Left, StoreError, Tx, from_row, values};

/// Somebody of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub id: PersonId,
    pub list: TopicId,
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// Where they said they are.
    pub zone: Option<String>,
    /// In their order; none of them holds a comma.
    pub tags: Vec<String>,
    /// What they agreed to by text.
    pub by_sms: Agreed,
    /// What they agreed to by e-mail.
    pub by_email: Agreed,
    /// Whether a text of the list was sent to them.
    pub is_texted: bool,
    /// Whether the phone has opted out of everything.
    pub is_opted_out: bool,
    /// Whether the phone has ever written.
    pub has_written: bool,
    /// Whether the phone is one that takes no texts.
    pub is_landline: bool,
    /// Whom they stand for in a list without a page: a contact or, by that number, a person of an exchange.
    pub contact: Option<ContactId>,
    /// Whether their phone has left a list of the same owner; known of a list without a page alone, to which nobody agreed.
    pub wants_no_texts: bool,
    /// The same of their e-mail address, and whether they have said on a page of their own that it wants no more.
    pub wants_no_mail: bool,
    /// When they came into the list.
    pub added_at: Timestamp,
}

impl Subscriber {
    /// What they are called.
    pub fn name(&self) -> String {
        [&*self.first_name, &*self.last_name].join(" ").trim().to_owned()
    }

    /// How they stand on a channel.
    pub fn agreed(&self, channel: Channel) -> Agreed {
        if channel == Channel::Email { self.by_email } else { self.by_sms }
    }

    /// Where they are reached, by text and by e-mail.
    pub fn addresses(&self) -> impl Iterator<Item = (Channel, &str)> {
        let phone = self.phone.iter().map(|phone| (Channel::Sms, phone.expose()));
        phone.chain(self.email.iter().map(|email| (Channel::Email, email.expose())))
    }
}

/// Somebody to be written down.
#[derive(Debug, Default)]
pub struct NewSubscriber<'a> {
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub phone: Option<&'a Phone>,
    pub email: Option<&'a Email>,
    /// With commas between them.
    pub tags: &'a str,
    /// Where they are, by its IANA name.
    pub zone: Option<&'a str>,
    /// Out of the address book.
    pub contact: Option<ContactId>,
}

const SUBSCRIBER: &str = "SELECT person.id, list, first_name, last_name, person.phone, person.email, zone, tags, sms, \
                          subscriber.email, is_texted, opted_out_at IS NOT NULL, first_text_at IS NOT NULL, added_at, \
                          is_landline, contact, (CASE WHEN own.slug IS NULL THEN (SELECT 1 FROM person AS same \
                          JOIN subscriber AS gone ON gone.person = same.id JOIN topic AS theirs ON theirs.id = gone.list \
                          WHERE same.phone = person.phone AND gone.sms = 'withdrawn' \
                          AND coalesce(theirs.owner, 0) = \
                          (SELECT coalesce(owner, 0) FROM topic WHERE topic.id = subscriber.list) LIMIT 1) END) IS NOT NULL, \
                          (CASE WHEN own.slug IS NULL THEN coalesce((SELECT 1 FROM mail_opt_out \
                          WHERE mail_opt_out.email = lower(person.email)), (SELECT 1 FROM list AS other \
                          JOIN topic AS theirs ON theirs.id = other.topic JOIN person AS same ON same.topic = other.topic \
                          JOIN subscriber AS gone ON gone.person = same.id WHERE same.email IS NOT NULL \
                          AND lower(same.email) = lower(person.email) AND gone.email = 'withdrawn' \
                          AND coalesce(theirs.owner, 0) = \
                          (SELECT coalesce(owner, 0) FROM topic WHERE topic.id = subscriber.list) LIMIT 1)) END) IS NOT NULL \
                          FROM subscriber \
                          JOIN list AS own ON own.topic = subscriber.list \
                          JOIN person ON person.id = subscriber.person \
                          LEFT JOIN phone ON phone.number = person.phone";
from_row!(
    Subscriber: id, list, first_name, last_name, phone, email, zone, tags, by_sms, by_email, is_texted, is_opted_out,
    has_written, added_at, is_landline, contact, wants_no_texts, wants_no_mail
);

impl Tx<'_> {
    /// Writes somebody down.
    pub fn insert_subscriber(
        &self,
        list: TopicId,
        new: &NewSubscriber<'_>,
        at: Timestamp,
    ) -> Result<PersonId, StoreError> {
        let NewSubscriber { first_name, last_name, phone, email, tags, zone, contact } = *new;
        self.recognise(phone.map(Phone::expose), email.map(Email::expose))?;
        let name = [first_name, last_name].join(" ");
        let id: PersonId = self.only(
            "INSERT INTO person (topic, name, phone, email) VALUES ($1, $2, $3, $4) RETURNING id",
            values![list, name.trim(), phone, email],
        )?;
        self.execute(
            "INSERT INTO subscriber (person, list, first_name, last_name, tags, contact, added_at, is_landline, zone) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            values![id, list, first_name, last_name, tags, contact, at, phone.is_some_and(Phone::is_landline), zone],
        )?;
        Ok(id)
    }

    /// Keeps where somebody is.
    pub fn put_subscriber_zone(&self, id: PersonId, zone: Option<&str>) -> Result<(), StoreError> {
        self.execute("UPDATE subscriber SET zone = $2 WHERE person = $1", values![id, zone])
    }

    /// Writes somebody down anew whose name, addresses or tags are others now.
    pub fn update_subscriber(&self, id: PersonId, now: &NewSubscriber<'_>) -> Result<(), StoreError> {
        let NewSubscriber { first_name, last_name, phone, email, tags, contact, .. } = *now;
        self.recognise(phone.map(Phone::expose), email.map(Email::expose))?;
        let name = [first_name, last_name].join(" ");
        self.execute(
            "UPDATE person SET name = $2, phone = $3, email = $4 WHERE id = $1",
            values![id, name.trim(), phone, email],
        )?;
        self.execute(
            "UPDATE subscriber SET first_name = $2, last_name = $3, tags = $4, contact = $5, is_landline = $6 \
             WHERE person = $1",
            values![id, first_name, last_name, tags, contact, phone.is_some_and(Phone::is_landline)],
        )
    }

    /// Keeps the hashes of somebody's links.
    pub fn put_subscriber_links(&self, id: PersonId, confirm: &[u8], leave: &[u8]) -> Result<(), StoreError> {
        self.execute("UPDATE subscriber SET confirm = $2, leave = $3 WHERE person = $1", values![id, confirm, leave])
    }

    /// Somebody of a list.
    pub fn subscriber(&self, id: PersonId) -> Result<Option<Subscriber>, StoreError> {
        self.one(&format!("{SUBSCRIBER} WHERE subscriber.person = $1"), values![id])
    }

    /// Whose link it is by which somebody confirms, or leaves.
    pub fn subscriber_of_link(&self, hash: &[u8], to_leave: bool) -> Result<Option<Subscriber>, StoreError> {
        let which = "(subscriber.confirm = $1 AND $2 = 0) OR (subscriber.leave = $1 AND $2 = 1)";
        self.one(&format!("{SUBSCRIBER} WHERE {which}"), values![hash, to_leave])
    }

    /// At most `limit` of a list behind one of them, in the order they came.
    pub fn subscribers(
        &self,
        list: TopicId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<Subscriber>, StoreError> {
        let sql = format!(
            "{SUBSCRIBER} WHERE list = $1 AND subscriber.person > $2 AND (person.phone IS NOT NULL \
             OR person.email IS NOT NULL) ORDER BY subscriber.person LIMIT $3"
        );
        self.all(&sql, values![list, after.map_or(0, |id| id.0), limit])
    }

    /// Those of a list with this phone or this e-mail address.
    pub fn subscribers_at(
        &self,
        list: TopicId,
        phone: Option<&Phone>,
        email: Option<&Email>,
    ) -> Result<Vec<Subscriber>, StoreError> {
        // The plus keeps SQLite from reading the whole list by its topic where the phone's index finds one row.
        let sql = format!(
            "{SUBSCRIBER} WHERE subscriber.person IN (SELECT id FROM person WHERE +topic = $1 AND phone = $2 UNION \
             SELECT id FROM person WHERE topic = $1 AND email IS NOT NULL AND lower(email) = $3) ORDER BY subscriber.person"
        );
        let email = email.map(|email| email.expose().to_lowercase());
        self.all(&sql, values![list, phone, email.as_deref()])
    }

    /// Everybody, in whatever list, with this phone.
    pub fn subscribers_of_phone(&self, phone: &Phone) -> Result<Vec<Subscriber>, StoreError> {
        let sql = format!("{SUBSCRIBER} WHERE person.phone = $1 ORDER BY subscriber.person");
        self.all(&sql, values![phone])
    }

    /// Those who stand for a contact in lists without a page.
    pub fn subscribers_of_contact(&self, id: ContactId) -> Result<Vec<Subscriber>, StoreError> {
        let sql = format!(
            "{SUBSCRIBER} WHERE contact = $1 AND list IN (SELECT list.topic FROM list \
             LEFT JOIN topic ON topic.id = list.audience WHERE slug IS NULL AND coalesce(kind, '') <> 'exchange')"
        );
        self.all(&sql, values![id])
    }

    /// Those who stand for a person of an exchange in lists without a page.
    pub(in crate::store) fn subscribers_of_person(&self, id: PersonId) -> Result<Vec<Subscriber>, StoreError> {
        let sql = format!(
            "{SUBSCRIBER} WHERE contact = $1 AND list IN (SELECT list.topic FROM person AS theirs \
             JOIN topic ON topic.id = theirs.topic JOIN list ON list.audience = topic.id \
             WHERE theirs.id = $1 AND kind = 'exchange')"
        );
        self.all(&sql, values![id])
    }

    /// How many of a list stand how, by text and by e-mail.
    pub fn count_subscribers(&self, list: TopicId) -> Result<Vec<(String, String, u64)>, StoreError> {
        self.all(
            "SELECT sms, subscriber.email, count(*) FROM subscriber JOIN person ON person.id = subscriber.person \
             WHERE list = $1 AND (person.phone IS NOT NULL OR person.email IS NOT NULL) \
             GROUP BY sms, subscriber.email ORDER BY sms, subscriber.email",
            values![list],
        )
    }

    /// Notes that a text of the list was sent to somebody.
    pub fn has_been_texted(&self, id: PersonId) -> Result<(), StoreError> {
        self.execute("UPDATE subscriber SET is_texted = 1 WHERE person = $1 AND is_texted = 0", values![id])
    }

    /// Keeps of whoever leaves no address behind that they wanted no more of the list. What a phone said by text is the number's
    /// own: START takes it back.
    pub fn keep_that_they_left(&self, who: &Subscriber) -> Result<(), StoreError> {
        for (channel, address) in who.addresses() {
            let is_by_text = |act: &Consent| channel == Channel::Sms && ["text", "carrier"].contains(&&*act.source);
            let said = self.last_said(who.id, channel)?;
            if said.is_some_and(|act| act.act == Agreed::Withdrawn && !is_by_text(&act)) {
                self.keep_left(&Left::List(who.list, address))?;
            }
        }
        Ok(())
    }

    /// Forgets what is personal of somebody; what they agreed to when stays, without a name or an address.
    pub fn forget_subscriber(&self, who: &Subscriber) -> Result<(), StoreError> {
        self.keep_that_they_left(who)?;
        for sql in [
            "UPDATE subscriber SET first_name = '', last_name = '', tags = '', zone = NULL, contact = NULL, \
             confirm = NULL, leave = NULL WHERE person = $1",
            "UPDATE consent SET evidence = '' WHERE person = $1",
            "UPDATE broadcast_recipient SET words = '' WHERE person = $1",
            "DELETE FROM reply WHERE person = $1",
        ] {
            self.execute(sql, values![who.id])?;
        }
        self.forget_person(who.id)
    }
}
