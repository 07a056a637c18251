//! The bytes that are hashed: every part after its length, behind a word that says what they are.

use zeroize::Zeroizing;

use super::merkle::{self, Hash};

/// Opens the canonical bytes of a pairing, so that they are never mistaken for those of anything else.
const PAIR_DOMAIN: &str = "xchange-pair/1";

/// The leaf hash of a pairing: over the domain, both names and the salt, each after its length as four bytes, so that
/// no two different pairings have the same bytes. Anyone with an opened draw can work it out again.
#[must_use]
pub fn pair_leaf(giver: &str, receiver: &str, salt: &[u8; 32]) -> Hash {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 + giver.len() + receiver.len()));
    for part in [PAIR_DOMAIN.as_bytes(), giver.as_bytes(), receiver.as_bytes(), salt] {
        append(&mut bytes, part);
    }
    merkle::leaf(&bytes)
}

/// Appends a part after its length in four bytes, big-endian.
pub(super) fn append(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("names and reasons are far below 4 GiB");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// Cuts a time to the second: written times then all have one length, and read back as they were.
pub(super) fn whole_second(at: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.as_second()).unwrap_or(at)
}
