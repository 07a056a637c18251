//! What may be known about a sealed draw, in the clear beside it.

use serde::{Deserialize, Serialize};

use super::codes::Fingerprint;
use super::document::DrawDocument;
use super::merkle::Hash;
use super::{JsonPlace, SealError};

/// The only format this version writes and reads.
const FORMAT: &str = "xchange-header/1";

/// The clear side of a sealed draw: `draw-0001.json` beside `draw-0001.age`. Names the draw, never a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    /// Name of the exchange.
    pub exchange: String,
    /// Its series.
    pub series: String,
    /// Number of the draw in the series, from 1.
    pub draw: u32,
    /// When it was drawn, to the second.
    pub drawn_at: jiff::Timestamp,
    /// How many people take part.
    pub people: u32,
    /// How equally likely the draw was.
    pub uniformity: String,
    /// The short code of the draw, to be published.
    pub fingerprint: Fingerprint,
    /// The tree hash the fingerprint is the beginning of.
    pub root: Hash,
    /// SHA-256 of the sealed file.
    pub sealed_sha256: Hash,
    /// Size of the sealed file in bytes.
    pub sealed_bytes: u64,
    /// Why it was drawn again, in the organizer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fingerprint of the draw before it in the series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Fingerprint>,
}

/// How a header and what it speaks of disagree.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The fingerprint is not the beginning of the root.
    #[error("the fingerprint does not belong to the root")]
    Fingerprint,
    /// The sealed file has another size.
    #[error("the sealed file has {found} bytes instead of {expected}")]
    Size {
        /// Bytes in the file.
        found: u64,
        /// Bytes by the header.
        expected: u64,
    },
    /// The sealed file has another SHA-256.
    #[error("the sealed file's SHA-256 is {found} instead of {expected}")]
    Sha256 {
        /// Of the file.
        found: Hash,
        /// By the header.
        expected: Hash,
    },
    /// The opened draw has another tree hash.
    #[error("the opened draw's root is {found} instead of {expected}")]
    Root {
        /// Of the draw.
        found: Hash,
        /// By the header.
        expected: Hash,
    },
    /// The opened draw is called otherwise.
    #[error("the opened draw has another {field}")]
    Field {
        /// Which part of the header differs.
        field: &'static str,
    },
}

impl Header {
    pub(super) fn of(document: &DrawDocument, sealed: &[u8]) -> Result<Self, SealError> {
        let (roster, about) = (document.roster(), document.about());
        let root = document.root();
        let people = u32::try_from(roster.people.len());
        Ok(Self {
            format: FORMAT.to_owned(),
            exchange: roster.name.clone(),
            series: roster.series.clone(),
            draw: about.draw,
            drawn_at: about.drawn_at,
            people: people.map_err(|_overflow| SealError::NotADraw { what: "too many people" })?,
            uniformity: about.uniformity.clone(),
            fingerprint: Fingerprint::of(&root),
            root,
            sealed_sha256: Hash::of(sealed),
            sealed_bytes: sealed.len() as u64,
            reason: about.reason.clone(),
            previous: about.previous,
        })
    }

    /// The header as it stands in the archive: indented JSON with a newline at its end, always the same bytes.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "texts and numbers can always be written")]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a header holds only texts and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a header. Unknown keys are passed over.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::UnknownFormat`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, SealError> {
        let header: Self =
            serde_json::from_slice(bytes).map_err(|error| SealError::Malformed { place: JsonPlace::of(&error) })?;
        if header.format == FORMAT { Ok(header) } else { Err(SealError::UnknownFormat) }
    }

    /// Checks that the header speaks of these sealed bytes. Needs no key.
    ///
    /// # Errors
    /// [`Difference`], the first one found.
    pub fn verify_sealed(&self, sealed: &[u8]) -> Result<(), Difference> {
        if Fingerprint::of(&self.root) != self.fingerprint {
            return Err(Difference::Fingerprint);
        }
        let (found, expected) = (sealed.len() as u64, self.sealed_bytes);
        if found != expected {
            return Err(Difference::Size { found, expected });
        }
        let (found, expected) = (Hash::of(sealed), self.sealed_sha256);
        if found == expected { Ok(()) } else { Err(Difference::Sha256 { found, expected }) }
    }

    /// Checks that the header speaks of this opened draw, the fingerprint above all.
    ///
    /// # Errors
    /// [`Difference`], the first one found.
    pub fn verify_document(&self, document: &DrawDocument) -> Result<(), Difference> {
        let (found, expected) = (document.root(), self.root);
        if found != expected {
            return Err(Difference::Root { found, expected });
        }
        if Fingerprint::of(&found) != self.fingerprint {
            return Err(Difference::Fingerprint);
        }
        let (roster, about) = (document.roster(), document.about());
        let fields = [
            ("exchange", roster.name == self.exchange),
            ("series", roster.series == self.series),
            ("number", about.draw == self.draw),
            ("time", about.drawn_at == self.drawn_at),
            ("number of people", roster.people.len() == self.people as usize),
            ("uniformity", about.uniformity == self.uniformity),
            ("reason", about.reason == self.reason),
            ("previous draw", about.previous == self.previous),
        ];
        match fields.iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(Difference::Field { field }),
            None => Ok(()),
        }
    }
}
