//! The document as it stands in the sealed file: JSON of the format `xchange-draw/1`.
//!
//! ```json
//! {"format":"xchange-draw/1","exchange":"...","series":"...","draw":1,"drawn_at":"2026-12-01T18:00:00Z",
//!  "uniformity":"exact","method":"...","seed":"<hex>","people":[...],
//!  "pairings":[{"giver":"...","receiver":"...","salt":"<hex>"}],"roster":{...}}
//! ```
//! `roster` holds the rest of the exchange, people excepted, and may be missing: then the defaults serve.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::codes::Fingerprint;
use super::document::{DrawDetails, DrawDocument, SealedPairing, by_name};
use super::seed::Seed;
use super::{JsonPlace, SealError};
use crate::model::{Exchange, Person, Rules};

/// The only format this version writes and reads.
pub(super) const FORMAT: &str = "xchange-draw/1";

#[derive(Serialize)]
struct Writing<'a> {
    format: &'a str,
    exchange: &'a str,
    series: &'a str,
    draw: u32,
    drawn_at: jiff::Timestamp,
    uniformity: &'a str,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avoided: Option<&'a [u32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updates: Option<u32>,
    #[serde(serialize_with = "hex")]
    seed: &'a [u8; 32],
    people: &'a [Person],
    #[serde(serialize_with = "pairings")]
    pairings: &'a DrawDocument,
    roster: &'a Exchange,
}

#[derive(Serialize)]
struct WritingPair<'a> {
    giver: &'a str,
    receiver: &'a str,
    #[serde(serialize_with = "hex")]
    salt: &'a [u8; 32],
}

fn hex<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    // On the stack, since a heap string would leave a copy of the secret behind.
    let mut digits = Zeroizing::new([0; 64]);
    HEXLOWER.encode_mut(bytes, &mut *digits);
    serializer.serialize_str(std::str::from_utf8(&*digits).expect("hex digits are ASCII"))
}

fn pairings<S: Serializer>(document: &DrawDocument, serializer: S) -> Result<S::Ok, S::Error> {
    let name = |id| document.roster.person(id).name.as_str();
    serializer.collect_seq(document.pairings.iter().map(|pairing| WritingPair {
        giver: name(pairing.giver),
        receiver: name(pairing.receiver),
        salt: &pairing.salt,
    }))
}

/// Writes straight into the cipher's stream: no plain copy of the pairings is ever held as a whole.
pub(super) fn write(document: &DrawDocument, writer: impl Write) -> Result<(), SealError> {
    let DrawDocument { roster, about, .. } = document;
    let mut rest = roster.clone();
    rest.people = Vec::new();
    let writing = Writing {
        format: FORMAT,
        exchange: &roster.name,
        series: &roster.series,
        draw: about.draw,
        drawn_at: about.drawn_at,
        uniformity: &about.uniformity,
        method: &about.method,
        reason: about.reason.as_deref(),
        previous: about.previous,
        avoided: about.avoided.as_deref(),
        updates: about.updates,
        seed: about.seed.expose(),
        people: &roster.people,
        pairings: document,
        roster: &rest,
    };
    serde_json::to_writer(writer, &writing).map_err(|error| SealError::Write { source: error.into() })
}

#[derive(Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Reading<'a> {
    exchange: String,
    series: String,
    draw: u32,
    drawn_at: jiff::Timestamp,
    uniformity: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    previous: Option<Fingerprint>,
    #[serde(default)]
    avoided: Option<Vec<u32>>,
    #[serde(default)]
    updates: Option<u32>,
    #[serde(borrow)]
    seed: Cow<'a, str>,
    people: Vec<Person>,
    #[serde(borrow)]
    pairings: Vec<ReadingPair<'a>>,
    #[serde(default)]
    roster: Option<Exchange>,
}

/// Borrows its text wherever JSON needed no escape, so that names are copied as seldom as possible.
#[derive(Deserialize)]
struct ReadingPair<'a> {
    #[serde(borrow)]
    giver: Cow<'a, str>,
    #[serde(borrow)]
    receiver: Cow<'a, str>,
    #[serde(borrow)]
    salt: Cow<'a, str>,
}

pub(super) fn read(bytes: &[u8]) -> Result<DrawDocument, SealError> {
    let malformed = |error: &serde_json::Error| SealError::Malformed { place: JsonPlace::of(error) };
    // The format first: a newer document may differ anywhere else.
    let Format { format } = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    if format != FORMAT {
        return Err(SealError::UnknownFormat);
    }
    let reading: Reading<'_> = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    let roster = roster_of(&reading);
    let pairings = read_pairings(&reading.pairings, &roster)?;
    let about = DrawDetails {
        draw: reading.draw,
        drawn_at: reading.drawn_at,
        uniformity: reading.uniformity,
        method: reading.method,
        seed: Seed::from_bytes(*unhex(&reading.seed)?),
        reason: reading.reason,
        previous: reading.previous,
        avoided: reading.avoided,
        updates: reading.updates,
    };
    DrawDocument::from_parts(roster, about, pairings)
}

/// The exchange the document speaks of. Names and people at the top are the ones that count.
fn roster_of(reading: &Reading<'_>) -> Exchange {
    let rest = reading.roster.clone().unwrap_or_else(|| Exchange {
        name: String::new(),
        series: String::new(),
        keyword: "who".to_owned(),
        date: None,
        timezone: "UTC".to_owned(),
        budget: None,
        reply: "{receiver}".to_owned(),
        country: None,
        rules: Rules { gifts_each: gifts_each(reading), ..Rules::default() },
        people: Vec::new(),
        exclusions: Vec::new(),
        past: Vec::new(),
        messages: BTreeMap::new(),
    });
    Exchange { name: reading.exchange.clone(), series: reading.series.clone(), people: reading.people.clone(), ..rest }
}

/// How many each gives, for a document that holds no roster; what does not divide is refused later.
fn gifts_each(reading: &Reading<'_>) -> u32 {
    let each = reading.pairings.len().checked_div(reading.people.len()).unwrap_or(0);
    u32::try_from(each).unwrap_or(u32::MAX).max(1)
}

fn read_pairings(pairings: &[ReadingPair<'_>], roster: &Exchange) -> Result<Vec<SealedPairing>, SealError> {
    let Some(names) = by_name(roster) else {
        return Err(SealError::NotADraw { what: "a name stands twice" });
    };
    let id = |name: &str| {
        let known = names.get(name).copied();
        known.ok_or(SealError::NotADraw { what: "somebody is not in the roster" })
    };
    let mut read = Zeroizing::new(Vec::with_capacity(pairings.len()));
    for pairing in pairings {
        let (giver, receiver) = (id(&pairing.giver)?, id(&pairing.receiver)?);
        read.push(SealedPairing { giver, receiver, salt: *unhex(&pairing.salt)? });
    }
    Ok(std::mem::take(&mut *read))
}

/// 64 lower-case hex digits.
fn unhex(text: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let mut bytes = Zeroizing::new([0; 32]);
    let wrong = SealError::NotADraw { what: "seed or salt is not 64 hex digits" };
    if text.len() != 64 {
        return Err(wrong);
    }
    match HEXLOWER.decode_mut(text.as_bytes(), &mut *bytes) {
        Ok(32) => Ok(bytes),
        _ => Err(wrong),
    }
}
