//! Who may sign in: accounts, their sessions, and the link by which a password is set.

use jiff::Timestamp;

use super::{StoreError, Tx, from_row, values};
use crate::model::AccountId;

/// The SHA-256 of something random that lets somebody in; the thing itself is never here.
pub type Hash = [u8; 32];

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct StoredAccount {
    pub id: AccountId,
    /// In lower case.
    pub email: String,
    /// As a PHC string; `None` until the first one is set.
    pub password: Option<String>,
    pub added_at: Timestamp,
}

/// Somebody signed in somewhere.
#[derive(Debug, Clone)]
pub struct StoredSession {
    pub hash: Vec<u8>,
    pub account: AccountId,
    pub created_at: Timestamp,
    /// When they were last seen, to within some minutes.
    pub seen_at: Timestamp,
}

/// Whose rows are reached: one account's, the site's, or both, as the keeper's are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reach {
    /// [`OWNED`]'s `$1`.
    pub(super) account: Option<AccountId>,
    /// [`OWNED`]'s `$2`.
    pub(super) sites_own: bool,
}

impl Reach {
    /// What is the site's own, as the command line makes it.
    pub(crate) const SITE: Self = Self { account: None, sites_own: true };

    /// What is an account's, and with `sites_own` what is the site's.
    pub(crate) fn of(account: AccountId, sites_own: bool) -> Self {
        Self { account: Some(account), sites_own }
    }

    /// Whose a thing becomes that is made within this reach.
    pub fn owner(self) -> Option<AccountId> {
        self.account
    }

    /// Whether something of this owner is within it.
    pub fn covers(self, owner: Option<AccountId>) -> bool {
        match owner {
            None => self.sites_own,
            some => some == self.account,
        }
    }
}

/// Which rows are within a [`Reach`], given as `$1` and `$2`.
pub(super) const OWNED: &str = "(owner = CAST($1 AS BIGINT) OR (owner IS NULL AND $2 = 1))";

const ACCOUNT: &str = "SELECT id, email, password, added_at FROM account";
from_row!(StoredAccount: id, email, password, added_at);
const SESSION: &str = "SELECT hash, account, created_at, seen_at FROM session";
from_row!(StoredSession: hash, account, created_at, seen_at);

impl Tx<'_> {
    /// Adds an account; `None` when there is one of that address.
    pub fn insert_account(&self, email: &str, at: Timestamp) -> Result<Option<AccountId>, StoreError> {
        self.one(
            "INSERT INTO account (email, added_at) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING RETURNING id",
            values![email, at],
        )
    }

    /// All accounts, the keeper first.
    pub fn accounts(&self) -> Result<Vec<StoredAccount>, StoreError> {
        self.all(&format!("{ACCOUNT} ORDER BY id"), &[])
    }

    /// The account of an address, in lower case.
    pub fn account_named(&self, email: &str) -> Result<Option<StoredAccount>, StoreError> {
        self.one(&format!("{ACCOUNT} WHERE email = $1"), values![email])
    }

    /// An account by its row.
    pub fn account(&self, id: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        self.one(&format!("{ACCOUNT} WHERE id = $1"), values![id])
    }

    /// The first account, which keeps what is the site's; `None` while there is no account.
    pub fn keeper(&self) -> Result<Option<AccountId>, StoreError> {
        self.only("SELECT min(id) FROM account", &[])
    }

    /// Sets an account's password, as a PHC string.
    pub fn set_password(&self, id: AccountId, password: &str) -> Result<(), StoreError> {
        self.execute("UPDATE account SET password = $2 WHERE id = $1", values![id, password])
    }

    /// Sets an account's address, in lower case, which has to be free.
    pub fn set_account_email(&self, id: AccountId, email: &str) -> Result<(), StoreError> {
        self.execute("UPDATE account SET email = $2 WHERE id = $1", values![id, email])
    }

    /// Removes an account with its ways in; what it owned becomes another's, or the site's.
    pub fn remove_account(&self, id: AccountId, heir: Option<AccountId>) -> Result<(), StoreError> {
        for inherited in [
            "UPDATE topic SET owner = $2 WHERE owner = $1",
            "UPDATE series SET owner = $2 WHERE owner = $1",
            "UPDATE contact SET owner = $2 WHERE owner = $1",
        ] {
            self.execute(inherited, values![id, heir])?;
        }
        for removed in [
            "DELETE FROM session WHERE account = $1",
            "DELETE FROM password_link WHERE account = $1",
            "DELETE FROM identity WHERE account = $1",
            "DELETE FROM token WHERE account = $1",
            "DELETE FROM account WHERE id = $1",
        ] {
            self.execute(removed, values![id])?;
        }
        Ok(())
    }

    /// How many topics, and how many contacts, an account owns.
    pub fn count_owned(&self, id: AccountId) -> Result<(u64, u64), StoreError> {
        let count = |sql| self.only(sql, values![id]);
        Ok((
            count("SELECT count(*) FROM topic WHERE owner = $1")?,
            count("SELECT count(*) FROM contact WHERE owner = $1")?,
        ))
    }

    /// Keeps a link by which an account's password is set; it takes the place of an earlier one.
    pub fn put_password_link(&self, id: AccountId, hash: &Hash, ends_at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO password_link (account, hash, ends_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET hash = $2, ends_at = $3",
            values![id, hash, ends_at],
        )
    }

    /// Whose password a link may set now.
    pub fn password_link(&self, hash: &Hash, now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        self.one("SELECT account FROM password_link WHERE hash = $1 AND ends_at > $2", values![hash, now])
    }

    /// Takes an account's link away.
    pub fn remove_password_link(&self, id: AccountId) -> Result<(), StoreError> {
        self.execute("DELETE FROM password_link WHERE account = $1", values![id])
    }

    /// Begins a session.
    pub fn insert_session(&self, hash: &Hash, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO session (hash, account, created_at, seen_at) VALUES ($1, $2, $3, $3)",
            values![hash, account, at],
        )
    }

    /// A session.
    pub fn session(&self, hash: &Hash) -> Result<Option<StoredSession>, StoreError> {
        self.one(&format!("{SESSION} WHERE hash = $1"), values![hash])
    }

    /// An account's sessions, the newest first.
    pub fn sessions_of(&self, account: AccountId) -> Result<Vec<StoredSession>, StoreError> {
        self.all(&format!("{SESSION} WHERE account = $1 ORDER BY created_at DESC, hash"), values![account])
    }

    /// Notes that somebody signed in was seen.
    pub fn touch_session(&self, hash: &Hash, at: Timestamp) -> Result<(), StoreError> {
        self.execute("UPDATE session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2", values![hash, at])
    }

    /// Ends a session.
    pub fn end_session(&self, hash: &Hash) -> Result<(), StoreError> {
        self.execute("DELETE FROM session WHERE hash = $1", values![hash])
    }

    /// Ends all sessions of an account.
    pub fn end_sessions_of(&self, account: AccountId) -> Result<(), StoreError> {
        self.execute("DELETE FROM session WHERE account = $1", values![account])
    }

    /// Ends all sessions and takes back every link that lets in once.
    pub fn end_what_lets_in(&self) -> Result<(), StoreError> {
        self.execute("DELETE FROM session", &[])?;
        self.execute("DELETE FROM password_link", &[])?;
        // One of these may have ended since, in a database that is no more.
        self.execute("UPDATE own_link SET ended = 1", &[])
    }

    /// Drops the sessions that were last seen, or begun, before these times.
    pub fn drop_old_sessions(&self, seen: Timestamp, begun: Timestamp) -> Result<(), StoreError> {
        self.execute("DELETE FROM session WHERE seen_at <= $1 OR created_at <= $2", values![seen, begun])
    }
}
