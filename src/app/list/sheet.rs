//! Subscribers taken over from a spreadsheet with evidence of their consent, and written into one.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::consent::{self, Source};
use super::{ListError, keep_links, people, sign_up};
use crate::app::exchanges::Exchanges;
use crate::app::links::Links;
use crate::model::TopicId;
use crate::roster::subscribers_file::{self, Row};
use crate::roster::{Diagnostic, tidy};
use crate::store::{Agreed, Channel, List, NewSubscriber, StoreError, Subscriber, Tx};

/// As much of a spreadsheet's name is kept as evidence, in characters.
const LONGEST_NAME: usize = 100;

/// What an import comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Who is new.
    pub added: Vec<String>,
    /// How many were there.
    pub known: usize,
    /// How many have evidence of their consent, and may be written to.
    pub confirmed: usize,
    /// How many are asked first.
    pub asked: usize,
    /// How many want nothing, by the record or by the file.
    pub withdrawn: usize,
}

impl Imported {
    /// All of it in words, for whoever has it done or only tried.
    #[must_use]
    pub fn words(&self, dry_run: bool) -> String {
        let Self { added, known, confirmed, asked, withdrawn } = self;
        let would = if dry_run { "Would take" } else { "Took" };
        let people = match added.len() + known {
            1 => "1 person".to_owned(),
            many => format!("{many} people"),
        };
        format!(
            "{would} {people}: {} new, {known} known. Have agreed: {confirmed}, are asked first: {asked}, want nothing and stay \
             out: {withdrawn}.",
            added.len()
        )
    }
}

/// Takes a spreadsheet over, all of it or nothing; in a dry run it only says what would come of it. With what should be known
/// though it is accepted.
///
/// # Errors
/// [`ListError`]; nothing was taken then.
pub fn import(
    site: &Exchanges,
    list: &List,
    (bytes, file): (&[u8], &Path),
    dry_run: bool,
) -> Result<(Imported, Vec<Diagnostic>), ListError> {
    let (rows, warnings) = subscribers_file::read(bytes, file, site.country()).map_err(ListError::Sheet)?;
    let called = tidy(&file.file_name().unwrap_or_default().to_string_lossy());
    let called: String = called.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let take = |tx: &Tx<'_>| take(tx, site, (list, &rows), &called, site.clock.now());
    let taken = if dry_run { site.store.undone(|tx| Ok(take(tx)))?? } else { site.store.write(take)? };
    Ok((taken, warnings))
}

/// Brings rows in: with evidence they have agreed, without it they are asked first. Whoever has left stays out.
fn take(
    tx: &Tx<'_>,
    site: &Exchanges,
    (list, rows): (&List, &[Row]),
    file: &str,
    now: Timestamp,
) -> Result<Imported, ListError> {
    let links = Links::new(Arc::clone(&site.keys));
    let mut done = Imported::default();
    super::must_have_a_page(list)?;
    for row in rows {
        let known = tx.subscribers_at(list.id, row.phone.as_ref(), row.email.as_ref())?;
        let people = if known.is_empty() {
            let new = NewSubscriber {
                first_name: &row.first_name,
                last_name: &row.last_name,
                phone: row.phone.as_ref(),
                email: row.email.as_ref(),
                tags: &row.tags.join(","),
                zone: row.timezone.as_deref(),
                contact: None,
            };
            let id = tx.insert_subscriber(list.id, &new, now)?;
            keep_links(tx, &links, id, now)?;
            if let Some(who) = tx.subscriber(id)? {
                people::recall(tx, &who, now)?;
                done.added.push(who.name());
            }
            tx.subscriber(id)?.into_iter().collect()
        } else {
            done.known += 1;
            known
        };
        let mut stands = Vec::new();
        for who in &people {
            if let Some(zone) = row.timezone.as_deref().filter(|zone| who.zone.as_deref() != Some(zone)) {
                tx.put_subscriber_zone(who.id, Some(zone))?;
            }
            for channel in [Channel::Sms, Channel::Email] {
                if has(who, row, channel) {
                    stands.push(bring_in(tx, list, (who, channel), (row, file), now)?);
                }
            }
        }
        done.withdrawn += usize::from(stands.contains(&Agreed::Withdrawn));
        done.confirmed += usize::from(stands.contains(&Agreed::Confirmed));
        done.asked += usize::from(stands.contains(&Agreed::Asked));
    }
    Ok(done)
}

/// Whether it is this subscriber's address on a channel that a row names.
fn has(who: &Subscriber, row: &Row, channel: Channel) -> bool {
    match channel {
        Channel::Email => match (&who.email, &row.email) {
            (Some(theirs), Some(named)) => theirs.expose().eq_ignore_ascii_case(named.expose()),
            _ => false,
        },
        _ => who.phone.is_some() && who.phone == row.phone,
    }
}

fn bring_in(
    tx: &Tx<'_>,
    list: &List,
    (who, channel): (&Subscriber, Channel),
    (row, file): (&Row, &str),
    now: Timestamp,
) -> Result<Agreed, ListError> {
    let stands = who.agreed(channel);
    if consent::has_left(tx, who, channel)? || (channel == Channel::Sms && who.is_opted_out) {
        return Ok(Agreed::Withdrawn);
    }
    let evidence = row.consent.as_ref().map_or_else(|| file.to_owned(), |consent| format!("{consent} ({file})"));
    let source = Source { word: "import", evidence: &evidence, wording: None };
    if row.withdrawn {
        consent::note(tx, who, (channel, Agreed::Withdrawn), source, now)?;
        return Ok(Agreed::Withdrawn);
    }
    match (stands, &row.consent) {
        (Agreed::Confirmed, _) => Ok(Agreed::Confirmed),
        (_, Some(_)) => {
            consent::note(tx, who, (channel, Agreed::Confirmed), source, now)?;
            Ok(Agreed::Confirmed)
        }
        (_, None) => {
            sign_up::ask(tx, list, who, channel, source, now)?;
            Ok(Agreed::Asked)
        }
    }
}

/// Everybody of a list as CSV, which can be taken over again.
pub fn export(tx: &Tx<'_>, list: TopicId) -> Result<String, StoreError> {
    Ok(subscribers_file::export(&rows(tx, list)?))
}

/// Everybody of a list; whoever has agreed on one channel alone stands in two rows.
pub(super) fn rows(tx: &Tx<'_>, list: TopicId) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for who in people::all(tx, list, 5_000)? {
        // A phone may have opted out of everything without a word to this list.
        let sms = who.phone.as_ref().map(|_| if who.is_opted_out { Agreed::Withdrawn } else { who.by_sms });
        let email = who.email.as_ref().map(|_| who.by_email);
        let mut standings: Vec<Agreed> = sms.into_iter().chain(email).collect();
        standings.dedup();
        for stands in standings {
            let consent = tx.consents(who.id)?.into_iter().rev().find(|act| act.act == stands);
            rows.push(Row {
                first_name: who.first_name.clone(),
                last_name: who.last_name.clone(),
                phone: who.phone.clone().filter(|_| sms == Some(stands)),
                email: who.email.clone().filter(|_| email == Some(stands)),
                consent: consent.filter(|_| stands == Agreed::Confirmed).map(|act| people::in_words(&act)),
                tags: who.tags.clone(),
                timezone: who.zone.clone(),
                withdrawn: stands == Agreed::Withdrawn,
            });
        }
    }
    Ok(rows)
}
