//! The chain of openings: every look into a sealed draw, numbered, each bound to the one before. Three other things stand in
//! it, for they would be ways to look unseen: an address that changed after the draw (whoever is reached there is told
//! the name), a draw that history refused (a yes or no about pairings), and a backup brought back without the archive (what
//! was opened since is forgotten).
//!
//! An entry names neither giver nor receiver. It would be enough to name one: together with the notice that goes to the
//! giver, an opening by receiver would show the pairing. What is opened is pointed at by its receipt.
//!
//! The chain shows every change and every gap, but not a tail that was cut off as a whole: whoever wants to see that
//! compares with the archive, which keeps each entry separately and is never overwritten.

use std::fmt;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::canonical::{append, whole_second};
use super::codes::Receipt;
use super::merkle::Hash;
use super::{JsonPlace, SealError};

/// Opens the canonical bytes of an opening, so that they are never mistaken for those of anything else.
const DOMAIN: &str = "xchange-opening/1";

/// The same for entries of other kinds.
const OTHER_DOMAIN: &str = "xchange-entry/1";

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A draw was opened. Entries of the first release are all of this kind, and say nothing of it.
    #[default]
    Opening,
    /// History left no draw.
    Refused,
    /// Somebody's address changed after the draw.
    Address,
    /// A backup was brought back without the archive, so that draws and entries made since may be lost.
    Restored,
}

impl EntryKind {
    fn is_opening(&self) -> bool {
        *self == Self::Opening
    }

    fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Refused => "refused",
            Self::Address => "address",
            Self::Restored => "restored",
        }
    }
}

/// Which end of the pairing was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The organizer named the giver.
    Giver,
    /// The organizer named the receiver.
    Receiver,
    /// Neither: the whole draw was opened to be drawn again, and nobody was shown a pairing.
    Rerun,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Giver => "giver",
            Self::Receiver => "receiver",
            Self::Rerun => "rerun",
        })
    }
}

/// What is said about a new entry; number and hash come from the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningDetails {
    /// What it is about.
    pub kind: EntryKind,
    /// When. Kept to the second.
    pub at: jiff::Timestamp,
    /// Name of the exchange.
    pub exchange: String,
    /// Its series; the chain runs through all draws of a series.
    pub series: String,
    /// Number of the draw that was opened, that was refused, or to which an address belongs.
    pub draw: u32,
    /// Which end was named, of an opening.
    pub by: Option<By>,
    /// Why, in the organizer's words.
    pub reason: String,
    /// The pairing that was opened; `None` for [`By::Rerun`] and for entries of other kinds.
    pub receipt: Option<Receipt>,
    /// The change of an address, sealed to this machine and the auditors.
    pub sealed: Option<Vec<u8>>,
}

impl OpeningDetails {
    /// What is said about an exchange, its series and a draw of it, with nothing opened and nothing sealed.
    #[must_use]
    pub fn of(kind: EntryKind, of: (&str, &str, u32), reason: &str, at: jiff::Timestamp) -> Self {
        let (exchange, series, draw) = (of.0.to_owned(), of.1.to_owned(), of.2);
        Self { kind, at, exchange, series, draw, by: None, reason: reason.to_owned(), receipt: None, sealed: None }
    }
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Place in the chain, from 1.
    pub number: u64,
    /// What it is about.
    #[serde(default, skip_serializing_if = "EntryKind::is_opening")]
    pub kind: EntryKind,
    /// When.
    pub at: jiff::Timestamp,
    /// Name of the exchange.
    pub exchange: String,
    /// Its series.
    pub series: String,
    /// Number of the draw that was opened, that was refused, or to which an address belongs.
    pub draw: u32,
    /// Which end was named, of an opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Why, in the organizer's words.
    pub reason: String,
    /// The pairing that was opened; `None` for [`By::Rerun`] and for entries of other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// An age file in base64: the change of an address, sealed to this machine and the auditors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// Hash of the entry before; all zero before the first.
    pub previous: Hash,
    /// Hash of this entry, see [`Opening::computed_hash`].
    pub hash: Hash,
}

/// Where a chain breaks, and how.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("opening {number} {what}")]
pub struct BrokenLink {
    /// The number the entry has, or should have.
    pub number: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Opening {
    /// The next entry after `last`, or the first of a chain.
    #[must_use]
    pub fn link(last: Option<&Self>, occasion: OpeningDetails) -> Self {
        let OpeningDetails { kind, at, exchange, series, draw, by, reason, receipt, sealed } = occasion;
        let mut opening = Self {
            number: last.map_or(1, |last| last.number.saturating_add(1)),
            kind,
            at: whole_second(at),
            exchange,
            series,
            draw,
            by,
            reason,
            receipt,
            sealed: sealed.map(|sealed| BASE64.encode(&sealed)),
            previous: last.map_or(Hash::ZERO, |last| last.hash),
            hash: Hash::ZERO,
        };
        opening.hash = opening.computed_hash();
        opening
    }

    /// SHA-256 over the domain and every field except the hash, each after its length as four bytes, big-endian:
    /// the numbers as eight bytes, the time in RFC 3339, the receipt as it is printed (nothing where there is none), the
    /// previous hash as 32 bytes. Of an entry that is no opening, in the place of end and receipt, its kind and what it
    /// seals, as it is written.
    #[must_use]
    pub fn computed_hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(256 + self.reason.len());
        let at = self.at.to_string();
        let (domain, by, receipt) = if self.kind.is_opening() {
            let by = self.by.map(|by| by.to_string()).unwrap_or_default();
            (DOMAIN, by, self.receipt.map(|receipt| receipt.to_string()).unwrap_or_default())
        } else {
            (OTHER_DOMAIN, self.kind.word().to_owned(), self.sealed.clone().unwrap_or_default())
        };
        let parts: [&[u8]; 10] = [
            domain.as_bytes(),
            &self.number.to_be_bytes(),
            at.as_bytes(),
            self.exchange.as_bytes(),
            self.series.as_bytes(),
            &u64::from(self.draw).to_be_bytes(),
            by.as_bytes(),
            self.reason.as_bytes(),
            receipt.as_bytes(),
            self.previous.as_bytes(),
        ];
        for part in parts {
            append(&mut bytes, part);
        }
        Hash::of(&bytes)
    }

    /// The draw that has to be there for this entry to be; a refused one was never made.
    #[must_use]
    pub fn needs_draw(&self) -> Option<u32> {
        (self.kind != EntryKind::Refused).then_some(self.draw)
    }

    /// What it seals, an age file; `None` where it seals nothing that can be read.
    #[must_use]
    pub fn sealed_bytes(&self) -> Option<Vec<u8>> {
        BASE64.decode(self.sealed.as_ref()?.as_bytes()).ok()
    }

    /// The entry as it stands in the archive: indented JSON with a newline at its end, always the same bytes.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "texts and numbers can always be written")]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("an opening holds only texts and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// Reads an entry; unknown keys are passed over. Whether it is sound is for [`verify_chain`] to say.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, SealError> {
        serde_json::from_slice(bytes).map_err(|error| SealError::Malformed { place: JsonPlace::of(&error) })
    }
}

/// Checks a whole chain, first entry first.
///
/// # Errors
/// [`BrokenLink`], the first one.
pub fn verify_chain(openings: &[Opening]) -> Result<(), BrokenLink> {
    let mut previous = Hash::ZERO;
    for (opening, number) in openings.iter().zip(1_u64..) {
        let broken = |what| Err(BrokenLink { number, what });
        if opening.number != number {
            return broken("is missing");
        }
        // A field that the hash of this kind leaves out must not be there.
        let unbound = if opening.kind.is_opening() {
            opening.by.is_none() || opening.sealed.is_some()
        } else {
            opening.by.is_some() || opening.receipt.is_some()
        };
        if unbound || opening.hash != opening.computed_hash() {
            return broken("was changed after it was written");
        }
        if opening.previous != previous {
            return broken("does not follow from the one before");
        }
        previous = opening.hash;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occasion(reason: &str) -> OpeningDetails {
        OpeningDetails {
            at: "2026-12-20T10:15:30.75Z".parse().expect("time"),
            exchange: "Hill family 2026".into(),
            series: "Hill family".into(),
            kind: EntryKind::Opening,
            draw: 1,
            by: Some(By::Receiver),
            reason: reason.into(),
            receipt: Some(Receipt::of(&Hash::of(b"leaf"))),
            sealed: None,
        }
    }

    fn chain() -> Vec<Opening> {
        let mut chain: Vec<Opening> = Vec::new();
        for reason in ["Ben says nobody wrote", "a second look", "and a third"] {
            chain.push(Opening::link(chain.last(), occasion(reason)));
        }
        chain
    }

    fn broken(chain: &[Opening]) -> (u64, &'static str) {
        let link = verify_chain(chain).expect_err("broken");
        (link.number, link.what)
    }

    // H7
    #[test]
    fn a_chain_is_numbered_bound_and_survives_its_json() {
        let chain = chain();
        assert_eq!(chain.iter().map(|o| o.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(chain[0].previous, Hash::ZERO);
        assert_eq!(chain[2].previous, chain[1].hash);
        assert_eq!(verify_chain(&chain), Ok(()));
        assert_eq!(verify_chain(&[]), Ok(()));
        let read: Vec<_> = chain.iter().map(|o| Opening::from_json(&o.to_json()).expect("read")).collect();
        assert_eq!(read, chain);
        assert_eq!(read[0].at.to_string(), "2026-12-20T10:15:30Z");
    }

    // H7: the hash is a fixed function of the fields, so that archives of earlier versions stay valid.
    #[test]
    fn the_hash_of_an_entry_is_what_its_documentation_says() {
        let opening = &chain()[0];
        let mut bytes = Vec::new();
        let mut part = |content: &[u8]| {
            bytes.extend([0, 0, 0, u8::try_from(content.len()).expect("short")]);
            bytes.extend(content);
        };
        part(b"xchange-opening/1");
        part(&[0, 0, 0, 0, 0, 0, 0, 1]);
        part(b"2026-12-20T10:15:30Z");
        part(b"Hill family 2026");
        part(b"Hill family");
        part(&[0, 0, 0, 0, 0, 0, 0, 1]);
        part(b"receiver");
        part(b"Ben says nobody wrote");
        part(opening.receipt.expect("of a pairing").to_string().as_bytes());
        part(&[0; 32]);
        assert_eq!(opening.hash, Hash::of(&bytes));
    }

    // H7
    #[test]
    fn every_change_and_every_gap_is_found_and_named() {
        let changes: [fn(&mut Opening); 9] = [
            |o| o.at = "2026-12-20T10:15:31Z".parse().expect("time"),
            |o| o.exchange.push('x'),
            |o| o.series.push('x'),
            |o| o.draw = 2,
            |o| o.by = Some(By::Giver),
            |o| o.reason = "a better reason".into(),
            |o| o.receipt = Some(Receipt::of(&Hash::of(b"other leaf"))),
            |o| o.receipt = None,
            |o| o.previous = Hash::of(b"other"),
        ];
        for change in changes {
            let mut chain = chain();
            change(&mut chain[1]);
            assert_eq!(broken(&chain), (2, "was changed after it was written"));
            // Hashed anew, it no longer fits what comes after, or what came before.
            chain[1].hash = chain[1].computed_hash();
            assert_eq!(broken(&chain).1, "does not follow from the one before");
        }
        let mut gap = chain();
        gap.remove(1);
        assert_eq!(broken(&gap), (2, "is missing"));
        let mut swapped = chain();
        swapped.swap(0, 1);
        assert_eq!(broken(&swapped), (1, "is missing"));
        let mut doubled = chain();
        doubled.insert(1, doubled[0].clone());
        assert_eq!(broken(&doubled), (2, "is missing"));
    }

    // H7
    #[test]
    fn a_rerun_is_an_entry_without_a_receipt() {
        let mut chain = chain();
        let rerun = OpeningDetails { by: Some(By::Rerun), receipt: None, ..occasion("was it drawn as it says?") };
        chain.push(Opening::link(chain.last(), rerun));
        assert_eq!(verify_chain(&chain), Ok(()));
        let json = chain[3].to_json();
        let text = String::from_utf8_lossy(&json);
        assert!(text.contains("\"by\": \"rerun\"") && !text.contains("receipt"), "{text}");
        assert_eq!(Opening::from_json(&json).expect("read"), chain[3]);
    }

    // H7
    #[test]
    fn entries_of_other_kinds_are_bound_with_everything_they_hold() {
        let mut chain = chain();
        let address = OpeningDetails {
            kind: EntryKind::Address,
            by: None,
            receipt: None,
            sealed: Some(b"an age file".to_vec()),
            ..occasion("a new phone")
        };
        chain.push(Opening::link(chain.last(), address.clone()));
        let refused = OpeningDetails { kind: EntryKind::Refused, sealed: None, ..address };
        chain.push(Opening::link(chain.last(), refused));
        assert_eq!(verify_chain(&chain), Ok(()));
        assert_eq!(chain[3].sealed_bytes().as_deref(), Some(&b"an age file"[..]));
        let read: Vec<_> = chain.iter().map(|o| Opening::from_json(&o.to_json()).expect("read")).collect();
        assert_eq!(read, chain);
        let changes: [fn(&mut Opening); 5] = [
            |o| o.kind = EntryKind::Refused,
            |o| o.kind = EntryKind::Opening,
            |o| o.sealed = None,
            |o| o.by = Some(By::Giver),
            |o| o.receipt = Some(Receipt::of(&Hash::of(b"leaf"))),
        ];
        for change in changes {
            let mut chain = chain.clone();
            change(&mut chain[3]);
            assert_eq!(broken(&chain), (4, "was changed after it was written"));
        }
        let mut sealing = chain.clone();
        sealing[0].sealed = Some("AAAA".to_owned());
        assert_eq!(broken(&sealing), (1, "was changed after it was written"));
    }

    // X11
    #[test]
    fn an_entry_has_no_field_for_a_giver_or_a_receiver() {
        let json: serde_json::Value = serde_json::from_slice(&chain()[0].to_json()).expect("json");
        let mut keys: Vec<_> = json.as_object().expect("object").keys().cloned().collect();
        keys.sort();
        let expected = ["at", "by", "draw", "exchange", "hash", "number", "previous", "reason", "receipt", "series"];
        assert_eq!(keys, expected);
    }
}
