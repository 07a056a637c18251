//! Broadcasts: written, planned, sent once. A plan is frozen; `send` turns it into sending, and whoever works moves it into
//! the outbox a thousand lines at a time, by causes that are made once however often that is done.

use jiff::Timestamp;

use super::served::window;
use super::{ListError, audience, people};
use crate::app::exchanges::Exchanges;
use crate::broadcast::{
    self, By, Class, Dearest, FILTERED, Pace, Somebody, Standing, Stretch, Ways, Why, Window, schedule,
};
use crate::model::PersonId;
use crate::store::{
    Agreed, Broadcast, BroadcastId, BroadcastState, Channel, List, NewRecipient, OutboxId, OutboxRow, Outcome,
    StoreError, Subscriber, Tx,
};

/// What its rows are called in the outbox.
pub(super) const KIND: &str = "broadcast";

/// How many lines are moved, and messages held or ended, in one transaction.
pub const AT_ONCE: u64 = 1_000;

/// How many subscribers are read at a time.
const PAGE: u32 = 5_000;

/// A text to be written down.
#[derive(Debug, Clone)]
pub struct Draft {
    /// With fields in braces.
    pub text: String,
    /// Of the e-mails; who writes where it is empty.
    pub subject: String,
    /// How it goes out.
    pub ways: Ways,
    /// Only those with one of these.
    pub tags: Vec<String>,
    /// Only these, who were ticked one by one.
    pub only: Vec<PersonId>,
}

/// Writes a draft down, if its text can be sent at all.
pub fn draft(tx: &Tx<'_>, list: &List, draft: &Draft, now: Timestamp) -> Result<BroadcastId, ListError> {
    broadcast::parse(&draft.text)?;
    let subject = if draft.subject.trim().is_empty() { &list.sender } else { &draft.subject };
    let only: Vec<String> = draft.only.iter().map(|id| id.0.to_string()).collect();
    let new = [&draft.text, subject, draft.ways.word(), &draft.tags.join(","), &only.join(",")];
    Ok(tx.insert_broadcast(list.id, new, now)?)
}

/// A plan as people see it before it is sent.
#[derive(Debug)]
pub struct Shown {
    /// How many texts.
    pub texts: usize,
    /// How many e-mails.
    pub mails: usize,
    /// How many segments.
    pub segments: u64,
    /// What they cost, where the price is known.
    pub price: Option<f64>,
    /// The longest text.
    pub dearest: Option<Dearest>,
    /// Who is left out, by name, and why.
    pub left_out: Vec<(String, By, Why)>,
    /// To how many it is night now.
    pub asleep: usize,
    /// When the texts go out.
    pub time: Vec<Stretch>,
    /// As the first of all reads it.
    pub example: String,
}

/// How somebody stands on a channel, by what they agreed to. Out of the address book nobody agreed to anything: these are
/// texted if they have written, and may be mailed by whoever has their address.
fn standing(list: &List, who: &Subscriber, channel: Channel) -> Standing {
    match who.agreed(channel) {
        Agreed::Withdrawn => Standing::Withdrawn,
        _ if channel == Channel::Sms && who.is_opted_out => Standing::Withdrawn,
        _ if channel == Channel::Sms && who.is_landline => Standing::Landline,
        Agreed::Confirmed => Standing::Agreed,
        Agreed::NotAsked if list.slug.is_none() && channel == Channel::Email => Standing::Agreed,
        Agreed::NotAsked if list.slug.is_none() && who.has_written => Standing::Agreed,
        Agreed::NotAsked if list.slug.is_none() => Standing::NeverWrote,
        Agreed::NotAsked => Standing::NotAsked,
        Agreed::Asked => Standing::Asked,
    }
}

/// Whether somebody may be written to on a channel at this moment.
pub(super) fn may_get(list: &List, who: &Subscriber, channel: Channel) -> bool {
    standing(list, who, channel) == Standing::Agreed
}

/// Plans a broadcast anew and keeps the plan; what was sent is not planned again.
pub fn plan(tx: &Tx<'_>, site: &Exchanges, id: BroadcastId, now: Timestamp) -> Result<Shown, ListError> {
    let (list, broadcast) = get(tx, id)?;
    let ways = Ways::from_word(&broadcast.ways).ok_or_else(|| StoreError::damaged("broadcast", "how it goes out"))?;
    audience::refresh(tx, site, &list, now)?;
    let mut subscribers: Vec<Subscriber> = people::all(tx, list.id, PAGE)?;
    subscribers.retain(|who| {
        let is_tagged = broadcast.tags.is_empty() || who.tags.iter().any(|tag| broadcast.tags.contains(tag));
        is_tagged && (broadcast.only.is_empty() || broadcast.only.contains(&who.id))
    });
    let audience: Vec<Somebody> = subscribers.iter().map(|who| somebody(&list, who)).collect();
    let planned = broadcast::plan(&broadcast.text, &list.sender, ways, &audience)?;
    let left_out: Vec<String> = planned.left_out.iter().map(|(.., why)| why.words()).collect();
    let mut lines: Vec<NewRecipient<'_>> = planned
        .messages
        .iter()
        .map(|message| NewRecipient {
            person: message.person,
            channel: channel(message.by),
            words: &message.words,
            segments: message.segments as u64,
            left_out: None,
        })
        .collect();
    lines.extend(planned.left_out.iter().zip(&left_out).map(|((person, by, _), why)| NewRecipient {
        person: *person,
        channel: channel(*by),
        words: "",
        segments: 0,
        left_out: Some(why),
    }));
    if !tx.put_plan(id, &lines, now)? {
        return Err(ListError::NotNow(format!("broadcast {} is {}: its plan stays", id.0, broadcast.state.word())));
    }
    Ok(shown(tx, site, (&subscribers, planned), now)?)
}

fn channel(by: By) -> Channel {
    match by {
        By::Text => Channel::Sms,
        By::Mail => Channel::Email,
    }
}

fn somebody(list: &List, who: &Subscriber) -> Somebody {
    Somebody {
        id: who.id,
        first_name: who.first_name.clone(),
        last_name: who.last_name.clone(),
        phone: who.phone.clone().map(|phone| (phone, standing(list, who, Channel::Sms))),
        email: who.email.clone().map(|email| (email, standing(list, who, Channel::Email))),
        is_first: !who.is_texted,
    }
}

/// A plan with what it costs, and when its texts go out.
fn shown(
    tx: &Tx<'_>,
    site: &Exchanges,
    (subscribers, planned): (&[Subscriber], broadcast::Plan),
    now: Timestamp,
) -> Result<Shown, StoreError> {
    let by_id: std::collections::HashMap<_, _> = subscribers.iter().map(|who| (who.id, who)).collect();
    let mut groups: Vec<(String, Window, u64, usize)> = Vec::new();
    let mut texts = 0;
    for message in planned.messages.iter().filter(|message| message.by == By::Text) {
        texts += 1;
        let Some(who) = by_id.get(&message.person) else { continue };
        let prefix = who.phone.as_ref().map_or("", |phone| phone.expose().get(..5).unwrap_or_default());
        let key = who.zone.clone().unwrap_or_else(|| prefix.to_owned());
        let at = match groups.iter().position(|(known, ..)| *known == key) {
            Some(at) => at,
            None => {
                let Some(window) = window(site, who.zone.as_deref(), who.phone.as_ref()) else { continue };
                groups.push((key, window, 0, 0));
                groups.len() - 1
            }
        };
        groups[at].2 += message.segments as u64;
        groups[at].3 += 1;
    }
    let asleep = groups.iter().filter(|(_, window, ..)| window.opens(now).is_some()).map(|(.., texts)| texts).sum();
    let segments = planned.segments() as u64;
    let messaging = &site.settings.messaging;
    let rate = site.settings.twilio.as_ref().map_or(0.0, |twilio| twilio.per_second);
    let pace = Pace {
        per_second: if rate > 0.0 { rate } else { f64::INFINITY },
        per_day: u64::from(messaging.daily_segments),
        used_today: tx.segments_sent(now.as_second().div_euclid(86_400))?,
    };
    let windows = match groups.is_empty() {
        true if segments > 0 => {
            vec![(Window::new((jiff::civil::Time::midnight(), jiff::civil::Time::midnight()), []), segments)]
        }
        _ => groups.into_iter().map(|(_, window, segments, _)| (window, segments)).collect(),
    };
    let name = |id| by_id.get(&id).map(|who: &&Subscriber| who.name()).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "no plan holds 2^52 segments")]
    let price = messaging.price_per_segment.map(|price| price * segments as f64);
    Ok(Shown {
        texts,
        mails: planned.messages.len() - texts,
        segments,
        price,
        example: planned.messages.first().map(|message| message.words.clone()).unwrap_or_default(),
        time: schedule(now, windows, pace),
        left_out: planned.left_out.into_iter().map(|(id, by, why)| (name(id), by, why)).collect(),
        dearest: planned.dearest,
        asleep,
    })
}

/// A broadcast and its list.
pub fn get(tx: &Tx<'_>, id: BroadcastId) -> Result<(List, Broadcast), ListError> {
    let broadcast = tx.broadcast(id)?.ok_or(ListError::NoBroadcast(id.0))?;
    let list = tx.list(broadcast.list)?.ok_or_else(|| StoreError::damaged("broadcast", "its list is gone"))?;
    Ok((list, broadcast))
}

/// What is done to a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A plan goes out; what is paused or has stopped goes on.
    Send,
    /// Nothing more goes out for now.
    Pause,
    /// Nothing more goes out.
    Cancel,
}

/// Does something to a broadcast; `false` where that was done before. Sending a plan that is being sent does nothing, so a
/// double click, another process and a repeated request do not either.
pub fn act(tx: &Tx<'_>, id: BroadcastId, act: Act, now: Timestamp) -> Result<bool, ListError> {
    use BroadcastState::{Cancelled, Draft, Paused, Planned, Sending, Stopped};
    let (_, broadcast) = get(tx, id)?;
    let (from, to): (&[BroadcastState], _) = match act {
        Act::Send => (&[Planned, Paused, Stopped], Sending),
        Act::Pause => (&[Sending], Paused),
        Act::Cancel => (&[Draft, Planned, Sending, Paused, Stopped], Cancelled),
    };
    let state = broadcast.state;
    if state == to {
        return Ok(false);
    }
    if !tx.turn_broadcast(id, from, to, (None, now))? {
        let hint = match (act, state) {
            (Act::Send, Draft) => "plan it first",
            (Act::Send, _) => "write another one",
            _ => "nothing of it is on its way",
        };
        return Err(ListError::NotNow(format!("broadcast {} is {}; {hint}", id.0, state.word())));
    }
    // The first thousand at once, and so mostly all of it; whoever works does the others.
    follow(tx, AT_ONCE, now)?;
    Ok(true)
}

/// Moves the next lines of what is being sent into the outbox, and has messages that wait follow what was done to their
/// broadcast; gives how many that were, a thousand at most.
pub fn move_some(tx: &Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let mut moved = 0;
    for id in tx.broadcasts_to_move()? {
        moved += tx.move_broadcast(id, AT_ONCE - moved, now)?;
    }
    Ok(moved + follow(tx, AT_ONCE - moved, now)?)
}

fn follow(tx: &Tx<'_>, most: u64, now: Timestamp) -> Result<u64, StoreError> {
    let mut followed = 0;
    for broadcast in tx.broadcasts_turned()? {
        if followed < most {
            followed += tx.follow_broadcast(&broadcast, most - followed, now)?;
        }
    }
    Ok(followed)
}

/// The line of a plan that a row of the outbox is.
pub(super) fn recipient_of(row: &OutboxRow) -> Result<i64, StoreError> {
    row.parameters.parse().map_err(|e: std::num::ParseIntError| StoreError::damaged("message's parameters", e))
}

/// Stops a broadcast whose message failed for a reason that is the same for everybody, and says so.
pub(super) fn stop_if_it_must(tx: &Tx<'_>, row: &OutboxRow, class: Class, now: Timestamp) -> Result<(), StoreError> {
    let Some((id, _)) = tx.recipient(recipient_of(row)?)? else { return Ok(()) };
    let code = row.provider_code.unwrap_or_default();
    let must = match class {
        Class::Stop => true,
        Class::StopIfMany => {
            let (ended, with_it) = tx.ended_with(id, code)?;
            let (percent, least) = FILTERED;
            ended >= least && with_it * 100 > ended * percent
        }
        _ => false,
    };
    if !must {
        return Ok(());
    }
    let meaning = crate::app::outbox::meaning_of(code).unwrap_or("the provider refuses it");
    let why = format!("{meaning} (code {code})");
    if tx.turn_broadcast(id, &[BroadcastState::Sending], BroadcastState::Stopped, (Some(&why), now))? {
        tracing::error!(broadcast = id.0, why, "the broadcast has stopped");
    }
    Ok(())
}

/// Queues what failed for a reason that may have passed once more; gives how many that were.
pub fn retry(tx: &Tx<'_>, id: BroadcastId, now: Timestamp) -> Result<usize, ListError> {
    get(tx, id)?;
    let again: Vec<OutboxId> = tx
        .failed_of(id)?
        .into_iter()
        .filter(|(_, code)| matches!(Class::of(*code), Class::Retry | Class::Wait))
        .map(|(row, _)| row)
        .collect();
    let mut queued = 0;
    for row in again {
        queued += usize::from(tx.requeue_message(row, now)?);
    }
    Ok(queued)
}

/// The results as CSV, with the headings that an import reads back.
pub fn csv(tx: &Tx<'_>, id: BroadcastId, price: Option<f64>) -> Result<String, ListError> {
    get(tx, id)?;
    let headings = ["Name", "Phone", "Email", "Channel", "State", "Code", "Meaning", "Sent at", "Segments", "Price"]
        .map(str::to_owned);
    let mut rows = vec![headings.to_vec()];
    let mut after = 0;
    loop {
        let page = tx.results(id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        rows.extend(page.iter().map(|result| csv_row(result, price)));
    }
    Ok(crate::roster::csv(rows.iter().map(Vec::as_slice)))
}

fn csv_row(result: &Outcome, price: Option<f64>) -> Vec<String> {
    let is_text = result.channel == Channel::Sms.word();
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 segments")]
    let price = price.filter(|_| is_text).map(|price| format!("{:.4}", price * result.segments as f64));
    vec![
        result.name.clone(),
        result.phone.clone().unwrap_or_default(),
        result.email.clone().unwrap_or_default(),
        result.channel.clone(),
        result.state.clone(),
        result.code.map(|code| code.to_string()).unwrap_or_default(),
        meaning(result).unwrap_or_default(),
        result.at.map(|at| at.to_string()).unwrap_or_default(),
        if is_text { result.segments.to_string() } else { String::new() },
        price.unwrap_or_default(),
    ]
}

/// What a result means, in words.
#[must_use]
pub fn meaning(result: &Outcome) -> Option<String> {
    let code = result.code.and_then(crate::app::outbox::meaning_of).map(str::to_owned);
    code.or_else(|| result.problem.clone()).filter(|words| !words.is_empty())
}
