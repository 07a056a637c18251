//! What scripts use instead of a session.

use jiff::Timestamp;

use super::{Hash, StoreError, Tx, Value, from_row, values};
use crate::model::{AccountId, words};

/// A token's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenId(pub(super) i64);

/// What a token may do; each scope includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Look.
    Read,
    /// Change.
    Write,
    /// Open pairings.
    Audit,
}

words!(Scope { Read "read" Write "write" Audit "audit" });

/// A token, without what is presented.
#[derive(Debug, Clone)]
pub struct StoredToken {
    pub id: TokenId,
    /// What its maker calls it.
    pub name: String,
    pub scope: Scope,
    /// Whose it is; `None`: the site's own.
    pub account: Option<AccountId>,
    /// When it was made.
    pub added_at: Timestamp,
    /// When it was last used, to within some minutes.
    pub used_at: Option<Timestamp>,
}

const TOKEN: &str = "SELECT id, name, scope, account, added_at, used_at FROM token";
from_row!(StoredToken: id, name, scope, account, added_at, used_at);

impl Tx<'_> {
    /// Keeps a token; `false` when its holder has one of that name.
    pub fn insert_token(
        &self,
        hash: &Hash,
        (name, scope): (&str, Scope),
        account: Option<AccountId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.changes(
            "INSERT INTO token (hash, name, scope, account, added_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING",
            values![hash, name, scope, account, at],
        )
    }

    /// Every token, in the order they were made.
    pub fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.all(&format!("{TOKEN} ORDER BY id"), &[])
    }

    /// A token by what is presented.
    pub fn token(&self, hash: &Hash) -> Result<Option<StoredToken>, StoreError> {
        self.one(&format!("{TOKEN} WHERE hash = $1"), values![hash])
    }

    /// Notes that a token was used.
    pub fn touch_token(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        self.execute("UPDATE token SET used_at = $2 WHERE id = $1", values![id, at])
    }

    /// Takes the token of a name away from its holder; `false` when there is none.
    pub fn remove_token(&self, name: &str, account: Option<AccountId>) -> Result<bool, StoreError> {
        let holder = account.map_or(Value::Int(0), Value::from);
        let sql = "DELETE FROM token WHERE name = $1 AND coalesce(account, 0) = $2";
        self.changes(sql, &[Value::from(name), holder])
    }
}
