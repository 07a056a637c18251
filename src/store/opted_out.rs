//! What stays of an address that wanted no more messages when it is forgotten: a hash that only the site's key makes. As soon as the
//! address is somebody's again the opt-out stands in the clear, where every statement that picks who is written to finds it.
//!
//! Every function that writes an address down calls [`Tx::recognise`] first; those that forget one call [`Tx::forget_addresses`].

use super::{StoreError, Tx, values};
use crate::model::{Email, Phone, TopicId};

/// What somebody wanted no more of, by their address.
#[derive(Debug)]
pub enum Left<'a> {
    /// Texts, as E.164.
    Number(&'a str),
    /// E-mail about exchanges.
    Mail(&'a str),
    /// The e-mail of a list.
    List(TopicId, &'a str),
}

impl Tx<'_> {
    /// Keeps that somebody wanted no more who is being forgotten.
    pub fn keep_left(&self, left: &Left<'_>) -> Result<(), StoreError> {
        let Some(hash) = self.hash_of(left, true)? else {
            return Err(StoreError::Key("the database was opened without the site's key".into()));
        };
        self.execute("INSERT INTO opted_out (hash) VALUES ($1) ON CONFLICT DO NOTHING", values![&hash])
    }

    /// Takes back what was kept of a forgotten address; `true` if something was. It is the caller's to write it down in the clear.
    pub fn take_left(&self, left: &Left<'_>) -> Result<bool, StoreError> {
        match self.hash_of_any(left)? {
            Some(hash) => self.changes("DELETE FROM opted_out WHERE hash = $1", values![&hash]),
            None => Ok(false),
        }
    }

    /// Whether a forgotten address wanted no more.
    pub(super) fn left_before_forgotten(&self, left: &Left<'_>) -> Result<bool, StoreError> {
        let Some(hash) = self.hash_of_any(left)? else { return Ok(false) };
        self.exists("SELECT 1 FROM opted_out WHERE hash = $1", values![&hash])
    }

    /// Writes down in the clear of addresses that become somebody's that they wanted no more before they were forgotten; `true` if
    /// one of them did. On which day is forgotten as well.
    pub(super) fn recognise(&self, phone: Option<&str>, email: Option<&str>) -> Result<bool, StoreError> {
        self.recognise_all([(phone, email)].into_iter())
    }

    /// The same of many.
    pub(super) fn recognise_all<'a>(
        &self,
        all: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    ) -> Result<bool, StoreError> {
        let mut found = false;
        if !self.is_any_left()? {
            return Ok(found);
        }
        for (phone, email) in all {
            if let Some(phone) = phone
                && self.take_left(&Left::Number(phone))?
            {
                self.execute(NUMBER, values![phone])?;
                found = true;
            }
            if let Some(email) = email
                && self.take_left(&Left::Mail(email))?
            {
                self.execute(MAIL, values![&email.to_lowercase()])?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Forgets of these addresses those that nobody has any more: when a number first wrote, and its texts. That they want no more
    /// stays, as hashes.
    pub fn forget_addresses(&self, theirs: Vec<(Option<Phone>, Option<Email>)>) -> Result<(), StoreError> {
        for (phone, email) in theirs {
            phone.map_or(Ok(()), |phone| self.forget_phone(&phone))?;
            email.map_or(Ok(()), |email| self.forget_mail(email.expose()))?;
        }
        Ok(())
    }

    fn forget_phone(&self, phone: &Phone) -> Result<(), StoreError> {
        let sql = "SELECT 1 FROM person WHERE phone = $1 UNION ALL SELECT 1 FROM contact WHERE phone = $1";
        if self.exists(sql, values![phone])? {
            return Ok(());
        }
        if self.is_opted_out(phone)? {
            self.keep_left(&Left::Number(phone.expose()))?;
        }
        self.execute("UPDATE text SET phone = '' WHERE phone = $1", values![phone])?;
        self.execute("DELETE FROM phone WHERE number = $1", values![phone])
    }

    fn forget_mail(&self, email: &str) -> Result<(), StoreError> {
        let email = email.to_lowercase();
        let known =
            "SELECT 1 FROM person WHERE lower(email) = $1 UNION ALL SELECT 1 FROM contact WHERE lower(email) = $1";
        let opted_out = "SELECT 1 FROM mail_opt_out WHERE email = $1";
        if self.exists(opted_out, values![&email])? && !self.exists(known, values![&email])? {
            self.keep_left(&Left::Mail(&email))?;
            self.execute("DELETE FROM mail_opt_out WHERE email = $1", values![&email])?;
        }
        Ok(())
    }

    fn is_any_left(&self) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM opted_out LIMIT 1", &[])
    }

    /// The hash, where there is any that it could be: without one, no key is asked for.
    fn hash_of_any(&self, left: &Left<'_>) -> Result<Option<String>, StoreError> {
        if self.is_any_left()? { self.hash_of(left, false) } else { Ok(None) }
    }

    fn hash_of(&self, left: &Left<'_>, to_keep: bool) -> Result<Option<String>, StoreError> {
        let text = match left {
            Left::Number(number) => format!("opted out {number}"),
            Left::Mail(email) => format!("opted out {}", email.to_lowercase()),
            Left::List(list, email) => format!("left {} {}", list.0, email.to_lowercase()),
        };
        self.1.map_or(Ok(None), |key| key.keyed_hash(&text, to_keep)).map_err(StoreError::Key)
    }
}

const NUMBER: &str =
    "INSERT INTO phone (number, opted_out_at) VALUES ($1, 0) ON CONFLICT (number) DO UPDATE SET opted_out_at = 0";
const MAIL: &str = "INSERT INTO mail_opt_out (email, at) VALUES ($1, 0) ON CONFLICT (email) DO NOTHING";
