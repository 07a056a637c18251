//! The links in messages, by which somebody without an account finds what is theirs: `/rsvp/...`, `/leave/...` and the like.
//!
//! A link is made from this machine's key, so any later message can carry the same one again; the database knows its hash
//! alone, and a copy of the database opens none. A new version ends the one before.

use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::keys::Keys;
use crate::seal::KeyError;

/// How a link is found again.
pub type LinkHash = [u8; 32];

/// Makes links; cheap to clone.
#[derive(Debug, Clone)]
pub struct Links(Arc<Keys>);

impl Links {
    /// Those of a site with this key.
    pub fn new(keys: Arc<Keys>) -> Self {
        Self(keys)
    }

    /// The part of a link that cannot be guessed: 128 bits, as 26 small letters and digits. The version is best something
    /// that no later thing of the same id has, such as when it was made: after a restore an id may be given again.
    /// Without the key there are no links.
    pub fn token(&self, kind: &str, id: i64, version: i64) -> Result<String, KeyError> {
        let token = self.0.identity()?.token(&format!("link {kind} {id} {version}"));
        let bits = HEXLOWER.decode(token.as_bytes()).unwrap_or_default();
        Ok(BASE32_NOPAD.encode(&bits).to_lowercase())
    }
}

/// What the database keeps of a link, and by which one that was followed is looked up.
pub fn link_hash(token: &str) -> LinkHash {
    Sha256::digest(token.to_lowercase()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SealSettings;

    fn links(folder: &std::path::Path) -> Links {
        let keys =
            Keys::new(&SealSettings { key_file: folder.join("exchange.key"), auditors: Vec::new() }, Box::new(|| None));
        keys.identity_or_new(None).expect("a new key");
        Links::new(Arc::new(keys))
    }

    #[test]
    fn a_link_is_one_kinds_one_things_and_one_versions_and_of_one_key() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (one, other) = (links(one.path()), links(other.path()));
        let token = one.token("rsvp", 7, 1).expect("a key");
        assert_eq!(token.len(), 26);
        assert!(token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{token}");
        assert_eq!(one.token("rsvp", 7, 1).expect("a key"), token, "every message can carry it");
        for (links, kind, id, version) in
            [(&one, "rsvp", 7, 2), (&one, "rsvp", 71, 1), (&one, "leave", 7, 1), (&other, "rsvp", 7, 1)]
        {
            assert_ne!(links.token(kind, id, version).expect("a key"), token);
        }
        assert_eq!(link_hash(&token), link_hash(&token.to_uppercase()), "a link that was typed off");
        assert_ne!(link_hash(&token), link_hash(&token[1..]));
    }
}
