//! Links to participants' own pages, and the e-mail addresses that want no more.

use jiff::Timestamp;

use super::opted_out::Left;
use super::{DrawId, StoreError, Tx, from_row, values};
use crate::model::{Email, PersonId, TopicId};

/// A link to somebody's own page; the database knows its hash alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnLink {
    pub topic: TopicId,
    /// The draw it shows a name of.
    pub draw: DrawId,
    /// Whose page it leads to.
    pub person: PersonId,
    /// Told from all others of that person by this.
    pub version: i64,
    /// How often their address had changed after the draw.
    pub changes: u64,
    /// Whether another has taken its place.
    pub ended: bool,
}

const SELECT: &str = "SELECT draw, person, version, changes, ended, draw.topic FROM own_link \
                      JOIN draw ON draw.id = own_link.draw WHERE";
from_row!(OwnLink: draw, person, version, changes, ended, topic);

impl Tx<'_> {
    /// Where a link leads.
    pub fn own_link(&self, hash: &[u8]) -> Result<Option<OwnLink>, StoreError> {
        self.one(&format!("{SELECT} hash = $1"), values![hash])
    }

    /// The link of somebody in a draw that no other has taken the place of.
    pub fn own_link_of(&self, draw: DrawId, person: PersonId) -> Result<Option<OwnLink>, StoreError> {
        self.one(&format!("{SELECT} draw = $1 AND person = $2 AND ended = 0"), values![draw, person])
    }

    /// The newest version of a link of somebody's, in whatever draw.
    pub fn newest_own_link(&self, person: PersonId) -> Result<Option<i64>, StoreError> {
        self.one("SELECT max(version) FROM own_link WHERE person = $1 HAVING count(*) > 0", values![person])
    }

    /// Keeps a link of somebody's in the place of the one before.
    pub fn put_own_link(&self, hash: &[u8], link: &OwnLink) -> Result<(), StoreError> {
        let OwnLink { draw, person, version, changes, ended, topic: _ } = *link;
        self.execute("UPDATE own_link SET ended = 1 WHERE draw = $1 AND person = $2", values![draw, person])?;
        self.execute(
            "INSERT INTO own_link (hash, draw, person, version, changes, ended) VALUES ($1, $2, $3, $4, $5, $6)",
            values![hash, draw, person, version, changes, ended],
        )
    }

    /// Notes whether an address wants no more e-mail.
    pub fn set_mail_opt_out(&self, email: &Email, opts_out: bool, at: Timestamp) -> Result<(), StoreError> {
        let email = email.expose().to_lowercase();
        match opts_out {
            true => self.changed(
                "INSERT INTO mail_opt_out (email, at) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING",
                values![&email, at],
            ),
            false => self.changed("DELETE FROM mail_opt_out WHERE email = $1", values![&email]),
        }
        .map(drop)
    }

    /// Whether an address wants no more e-mail.
    pub fn has_opted_out_of_mail(&self, email: &Email) -> Result<bool, StoreError> {
        let email = email.expose().to_lowercase();
        let known: Option<i64> = self.one("SELECT 1 FROM mail_opt_out WHERE email = $1", values![&email])?;
        Ok(known.is_some() || self.left_before_forgotten(&Left::Mail(&email))?)
    }
}
