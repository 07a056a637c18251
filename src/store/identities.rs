//! Who issuers of OpenID Connect say somebody is, and sign-ins that are under way to them.

use jiff::Timestamp;

use super::{Hash, StoreError, Tx, from_row, values};
use crate::model::AccountId;

/// A sign-in that went to an issuer.
pub struct SignInUnderWay {
    /// Hash of the cookie of the browser that went.
    pub browser: Vec<u8>,
    /// What the issuer's token has to carry.
    pub nonce: String,
    /// By which the issuer knows that we asked.
    pub verifier: String,
}
from_row!(SignInUnderWay: browser, nonce, verifier);

impl Tx<'_> {
    /// The account of an issuer's subject.
    pub fn account_of_identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>, StoreError> {
        self.one("SELECT account FROM identity WHERE issuer = $1 AND subject = $2", values![issuer, subject])
    }

    /// Says that an issuer's subject is an account's owner; `false` where the issuer has said so of somebody else.
    pub fn insert_identity(&self, issuer: &str, subject: &str, account: AccountId) -> Result<bool, StoreError> {
        self.changes(
            "INSERT INTO identity (issuer, subject, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            values![issuer, subject, account],
        )
    }

    /// Keeps a sign-in that goes to an issuer, and drops those that never came back.
    pub fn begin_sign_in(
        &self,
        hash: &Hash,
        under_way: &SignInUnderWay,
        now: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute("DELETE FROM sign_in_under_way WHERE ends_at <= $1", values![now])?;
        self.execute(
            "INSERT INTO sign_in_under_way (hash, browser, nonce, verifier, ends_at) VALUES ($1, $2, $3, $4, $5)",
            values![hash, &under_way.browser[..], &under_way.nonce, &under_way.verifier, ends_at],
        )
    }

    /// Takes a sign-in that comes back in time; it comes back once.
    pub fn take_sign_in(&self, hash: &Hash, now: Timestamp) -> Result<Option<SignInUnderWay>, StoreError> {
        self.one(
            "DELETE FROM sign_in_under_way WHERE hash = $1 AND ends_at > $2 RETURNING browser, nonce, verifier",
            values![hash, now],
        )
    }
}
