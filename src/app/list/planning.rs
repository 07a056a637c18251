//! Planning a broadcast: its audience is read as it is, everybody's words are fixed, and the lines are written so many at a
//! time that no text waits for them. Until the last one stands there it is a draft; what was planned is what is sent.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::broadcasts::{self, in_turns};
use super::served::window;
use super::{ListError, audience};
use crate::app::exchanges::Exchanges;
use crate::broadcast::{
    self, By, Dearest, Pace, Plan, Somebody, Standing, Stretch, Ways, Window, possible_zones, schedule,
};
use crate::model::PersonId;
use crate::store::{
    Agreed, Broadcast, BroadcastId, BroadcastState, Channel, List, NewRecipient, Outcome, PlanTotals, Planning,
    StoreError, Subscriber, Tx,
};

/// How many subscribers are read, and lines written, at a time.
const AT_ONCE: u32 = 2_500;

/// A plan as people see it before it is sent.
#[derive(Debug)]
pub struct Forecast {
    /// How many texts.
    pub texts: u64,
    /// How many e-mails.
    pub mails: u64,
    /// How many segments.
    pub segments: u64,
    /// What they cost, where the price is known.
    pub price: Option<f64>,
    /// The longest text.
    pub dearest: Option<Dearest>,
    /// Who is left out, and why.
    pub left_out: Vec<Outcome>,
    /// To how many it is night now.
    pub asleep: u64,
    /// When the texts go out, if they are sent now.
    pub time: Vec<Stretch>,
    /// As the first of all reads it.
    pub example: String,
}

/// How much of a plan is for phones in the same time zones.
#[derive(Debug, Serialize, Deserialize)]
struct Share {
    /// With commas between them.
    zones: String,
    texts: u64,
    segments: u64,
}

/// How somebody stands on a channel, by what they agreed to. Out of the address book nobody agreed to anything: these are
/// texted if they have written, and may be mailed by whoever has their address, until they have said no anywhere.
fn standing(list: &List, who: &Subscriber, channel: Channel) -> Standing {
    match who.agreed(channel) {
        Agreed::Withdrawn => Standing::Withdrawn,
        _ if channel == Channel::Sms && (who.is_opted_out || who.wants_no_texts) => Standing::Withdrawn,
        _ if channel == Channel::Email && who.wants_no_mail => Standing::Withdrawn,
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

/// Plans a broadcast anew; what was sent is not planned again. Waits for the disk, and for others; never called inside a
/// transaction.
pub fn plan(site: &Exchanges, id: BroadcastId) -> Result<Forecast, ListError> {
    let mut writing = Writing::begin(site, id)?;
    in_turns(|| site.store.write(|tx| writing.step(tx, site.clock.now())))?;
    site.store.read(|tx| {
        let (_, broadcast) = broadcasts::get(tx, id)?;
        Ok(forecast(tx, site, &broadcast, (site.clock.now(), u32::MAX))?)
    })
}

/// A plan that is being written. Dropped before its end it leaves a draft.
pub(super) struct Writing {
    planning: Planning,
    lines: Vec<NewRecipient>,
    written: usize,
    is_cleared: bool,
    shares: String,
}

impl Writing {
    /// Reads the audience and fixes everybody's words. An earlier plan stays where that cannot be done.
    pub(super) fn begin(site: &Exchanges, id: BroadcastId) -> Result<Self, ListError> {
        let (list, broadcast) = site.store.read(|tx| broadcasts::get(tx, id))?;
        if !matches!(broadcast.state, BroadcastState::Draft | BroadcastState::Planned) {
            return Err(stays(&broadcast));
        }
        let ways =
            Ways::from_word(&broadcast.ways).ok_or_else(|| StoreError::damaged("broadcast", "how it goes out"))?;
        if list.slug.is_none() {
            site.store.write(|tx| audience::refresh(tx, site, &list, site.clock.now()))?;
        }
        let subscribers = audience_of(site, &list, &broadcast)?;
        let audience: Vec<Somebody> = subscribers.iter().map(|who| somebody(&list, who)).collect();
        let plan = broadcast::plan(&broadcast.text, &list.sender, ways, &audience)?;
        let shares = shares(&subscribers, &plan)?;
        let planning = site.store.write(|tx| match tx.begin_plan(id)? {
            Some(planning) => Ok(planning),
            None => Err(stays(&broadcasts::get(tx, id)?.1)),
        })?;
        Ok(Self { planning, lines: lines(plan), written: 0, is_cleared: false, shares })
    }

    /// Does the next part of it, in a transaction of its own; `false` when that was the last one.
    pub(super) fn step(&mut self, tx: &Tx<'_>, now: Timestamp) -> Result<bool, ListError> {
        let some = &self.lines[self.written..self.lines.len().min(self.written + AT_ONCE as usize)];
        let is_its_turn = if !self.is_cleared {
            self.is_cleared = tx.clear_plan(self.planning, AT_ONCE)? == 0;
            true
        } else if some.is_empty() {
            let planned = self.lines.iter().filter(|line| line.left_out.is_none());
            let (messages, segments) = planned.fold((0, 0), |(n, sum), line| (n + 1, sum + line.segments));
            let totals = PlanTotals { messages, segments, zones: &self.shares };
            if tx.finish_plan(self.planning, &totals, now)? {
                return Ok(false);
            }
            false
        } else {
            self.written += some.len();
            tx.add_to_plan(self.planning, some)?
        };
        if is_its_turn { Ok(true) } else { Err(stays(&broadcasts::get(tx, self.planning.broadcast)?.1)) }
    }
}

/// Why a broadcast is not planned now.
fn stays(broadcast: &Broadcast) -> ListError {
    let (id, state) = (broadcast.id.0, broadcast.state);
    ListError::NotNow(match state {
        BroadcastState::Draft => format!("broadcast {id} is being planned somewhere else at this moment"),
        _ => format!("broadcast {id} is {}: its plan stays", state.word()),
    })
}

/// Those of a list whom a broadcast is for.
fn audience_of(site: &Exchanges, list: &List, broadcast: &Broadcast) -> Result<Vec<Subscriber>, StoreError> {
    let mut found: Vec<Subscriber> = Vec::new();
    let mut last = None;
    in_turns(|| {
        let some = site.store.read(|tx| tx.subscribers(list.id, last, AT_ONCE))?;
        last = some.last().map(|who| who.id).or(last);
        let is_more = !some.is_empty();
        found.extend(some.into_iter().filter(|who| {
            let is_tagged = broadcast.tags.is_empty() || who.tags.iter().any(|tag| broadcast.tags.contains(tag));
            is_tagged && (broadcast.only.is_empty() || broadcast.only.contains(&who.id))
        }));
        Ok::<_, StoreError>(is_more)
    })?;
    Ok(found)
}

fn lines(plan: Plan) -> Vec<NewRecipient> {
    let channel = |by| if by == By::Text { Channel::Sms } else { Channel::Email };
    let messages = plan.messages.into_iter().map(|message| NewRecipient {
        person: message.person,
        channel: channel(message.by),
        words: message.words,
        segments: message.segments as u64,
        left_out: None,
    });
    let left_out = plan.left_out.into_iter().map(|(person, by, why)| NewRecipient {
        person,
        channel: channel(by),
        words: String::new(),
        segments: 0,
        left_out: Some(why.words()),
    });
    messages.chain(left_out).collect()
}

/// How much of a plan is for which time zones, JSON.
fn shares(subscribers: &[Subscriber], plan: &Plan) -> Result<String, StoreError> {
    let by_id: HashMap<PersonId, &Subscriber> = subscribers.iter().map(|who| (who.id, who)).collect();
    // What a number begins with says its country or, in North America, its area.
    let mut by_key: BTreeMap<&str, Share> = BTreeMap::new();
    for message in plan.messages.iter().filter(|message| message.by == By::Text) {
        let Some(who) = by_id.get(&message.person) else { continue };
        let begins = who.phone.as_ref().and_then(|phone| phone.expose().get(..5)).unwrap_or_default();
        let share = by_key.entry(who.zone.as_deref().unwrap_or(begins)).or_insert_with(|| {
            let zones = possible_zones(who.zone.as_deref(), who.phone.as_ref()).join(",");
            Share { zones, texts: 0, segments: 0 }
        });
        share.texts += 1;
        share.segments += message.segments as u64;
    }
    let all: Vec<Share> = by_key.into_values().collect();
    serde_json::to_string(&all).map_err(|error| StoreError::damaged("plan", error))
}

/// What a plan comes to that is sent at a moment, and at most so many of those who are left out.
pub fn forecast(
    tx: &Tx<'_>,
    site: &Exchanges,
    broadcast: &Broadcast,
    (now, most): (Timestamp, u32),
) -> Result<Forecast, StoreError> {
    let shares: Vec<Share> =
        serde_json::from_str(&broadcast.zones).map_err(|error| StoreError::damaged("plan", error))?;
    let texts: u64 = shares.iter().map(|share| share.texts).sum();
    let always = || Window::new((jiff::civil::Time::midnight(), jiff::civil::Time::midnight()), []);
    let mut asleep = 0;
    let mut windows = Vec::new();
    for share in &shares {
        let window = window(site, share.zones.split(',').filter(|zone| !zone.is_empty())).unwrap_or_else(always);
        asleep += if window.opens(now).is_some() { share.texts } else { 0 };
        windows.push((window, share.segments));
    }
    let messaging = &site.settings.messaging;
    let rate = site.settings.twilio.as_ref().map_or(0.0, |twilio| twilio.per_second);
    let pace = Pace {
        per_second: if rate > 0.0 { rate } else { f64::INFINITY },
        per_day: u64::from(messaging.daily_segments),
        used_today: tx.segments_sent(now.as_second().div_euclid(86_400))?,
    };
    #[expect(clippy::cast_precision_loss, reason = "no plan holds 2^52 segments")]
    let price = messaging.price_per_segment.map(|price| price * broadcast.segments as f64);
    Ok(Forecast {
        texts,
        mails: broadcast.messages.saturating_sub(texts),
        segments: broadcast.segments,
        price,
        dearest: tx.longest_words(broadcast.id)?.map(|(name, words)| Dearest::of(name, &words)),
        left_out: tx.left_out(broadcast.id, most)?,
        asleep,
        time: schedule(now, windows, pace),
        example: tx.first_words(broadcast.id, None)?.unwrap_or_default(),
    })
}
