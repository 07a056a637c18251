//! The record of who agreed to what: what an act comes to, written down once and never changed.

use jiff::Timestamp;

use crate::model::{Phone, TopicId};
use crate::store::{Agreed, Channel, Consent, StoreError, Subscriber, Tx};

/// How an act came to be known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// `form`, `import`, `text`, `link`, `organizer` or `carrier`.
    pub(super) word: &'static str,
    /// In the words of whoever keeps it.
    pub(super) evidence: &'a str,
    /// What they were shown.
    pub(super) wording: Option<&'a str>,
}

/// Writes an act down, unless it changes nothing; asking again is an act of its own.
pub(super) fn note(
    tx: &Tx<'_>,
    who: &Subscriber,
    (channel, act): (Channel, Agreed),
    source: Source<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if who.agreed(channel) == act && act != Agreed::Asked {
        return Ok(false);
    }
    let consent = Consent {
        channel,
        act,
        at: now,
        wording: source.wording.map(str::to_owned),
        source: source.word.to_owned(),
        evidence: source.evidence.to_owned(),
    };
    tx.add_consent(who.id, &consent)?;
    Ok(true)
}

/// Whether somebody wanted no more on a channel and has not said yes since: to be asked once more, by whoever types their
/// address, takes nothing back.
pub(super) fn has_left(tx: &Tx<'_>, who: &Subscriber, channel: Channel) -> Result<bool, StoreError> {
    if who.agreed(channel) != Agreed::Asked {
        return Ok(who.agreed(channel) == Agreed::Withdrawn);
    }
    Ok(tx.last_said(who.id, channel)?.is_some_and(|act| act.act == Agreed::Withdrawn))
}

/// Everybody of a phone wants no more texts, in whatever list: the phone is opted out, and the record says so. What was said to
/// the organizer of one list is nobody else's to read.
pub(super) fn opt_out(
    tx: &Tx<'_>,
    (phone, list): (&Phone, TopicId),
    source: Source<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.opt_out(phone, now)?;
    let owner = tx.owner_of_topic(list)?;
    for who in tx.subscribers_of_phone(phone)? {
        if who.by_sms != Agreed::NotAsked {
            let is_theirs = tx.owner_of_topic(who.list)? == owner;
            let evidence = if is_theirs { source.evidence } else { "the phone wants no more texts from this number" };
            note(tx, &who, (Channel::Sms, Agreed::Withdrawn), Source { evidence, ..source }, now)?;
        }
    }
    Ok(())
}

/// START takes a STOP back: who had confirmed before has again.
pub(super) fn opted_in(tx: &Tx<'_>, who: &Subscriber, source: Source<'_>, now: Timestamp) -> Result<(), StoreError> {
    if who.by_sms != Agreed::Withdrawn {
        return Ok(());
    }
    let acts = tx.consents(who.id)?;
    let by_sms: Vec<&Consent> = acts.iter().filter(|act| act.channel == Channel::Sms).collect();
    // What the organizer wrote down for them, or they did by a link, a START does not take back.
    let was_stop = by_sms.last().is_some_and(|act| ["text", "carrier"].contains(&&*act.source));
    let confirmed = by_sms.iter().rev().skip(1).find(|act| act.act != Agreed::Withdrawn);
    if was_stop && confirmed.is_some_and(|act| act.act == Agreed::Confirmed) {
        note(tx, who, (Channel::Sms, Agreed::Confirmed), source, now)?;
    }
    Ok(())
}
