//! Broadcasts: written, planned, sent once. A plan is frozen; `send` turns it into sending, and whoever works moves it into
//! the outbox a thousand lines at a time, by causes that are made once however often that is done.

use std::time::Instant;

use jiff::Timestamp;

use super::ListError;
use crate::app::exchanges::Exchanges;
use crate::broadcast::{self, Class, FILTERED, Ways};
use crate::model::PersonId;
use crate::store::{Broadcast, BroadcastId, BroadcastState, List, OutboxRow, Outcome, Store, StoreError, Tx};

/// What its rows are called in the outbox.
pub(super) const KIND: &str = "broadcast";

/// How many lines are moved, and messages held or ended, in one transaction.
pub const AT_ONCE: u64 = 1_000;

/// How many results are read at a time.
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
    Ok(tx.insert_broadcast(list.id, kept(list, draft)?.each_ref().map(String::as_str), now)?)
}

/// Says something else in a draft or a plan, which has to be planned again then.
pub fn rewrite(tx: &Tx<'_>, id: BroadcastId, new: &Draft) -> Result<(), ListError> {
    let (list, broadcast) = get(tx, id)?;
    if tx.rewrite_broadcast(id, kept(&list, new)?.each_ref().map(String::as_str))? {
        return Ok(());
    }
    Err(ListError::NotNow(format!("broadcast {} is {}; write another one", id.0, broadcast.state.word())))
}

/// Removes a draft of which nothing was ever planned.
pub fn remove(tx: &Tx<'_>, id: BroadcastId) -> Result<(), ListError> {
    let (_, broadcast) = get(tx, id)?;
    if tx.remove_draft(id)? {
        return Ok(());
    }
    let state = broadcast.state.word();
    Err(ListError::NotNow(format!("broadcast {} is {state} and was planned, which is kept; it can be cancelled", id.0)))
}

/// A draft as it is kept, if its text can be sent at all.
fn kept(list: &List, draft: &Draft) -> Result<[String; 5], ListError> {
    broadcast::parse(&draft.text)?;
    let subject = if draft.subject.trim().is_empty() { &list.sender } else { &draft.subject };
    let only: Vec<String> = draft.only.iter().map(|id| id.0.to_string()).collect();
    Ok([draft.text.clone(), subject.clone(), draft.ways.word().to_owned(), draft.tags.join(","), only.join(",")])
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

/// Sends a plan that somebody has looked at, by the time it was made; another one made since is not sent unseen.
pub fn send_as_shown(
    tx: &Tx<'_>,
    id: BroadcastId,
    planned_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, ListError> {
    let (_, broadcast) = get(tx, id)?;
    if broadcast.state == BroadcastState::Planned && broadcast.planned_at != planned_at {
        return Err(ListError::NotNow(format!(
            "broadcast {} has been planned anew since; look at that plan first",
            id.0
        )));
    }
    act(tx, id, Act::Send, now)
}

/// Does something to a broadcast; `false` where that was done before. Sending a plan that is being sent does nothing, so a
/// double click, another process and a repeated request do not either. Of what is done nothing is left to be held or cancelled.
pub fn act(tx: &Tx<'_>, id: BroadcastId, act: Act, now: Timestamp) -> Result<bool, ListError> {
    use BroadcastState::{Cancelled, Done, Draft, Paused, Planned, Sending, Stopped};
    let (_, broadcast) = get(tx, id)?;
    let (from, to): (&[BroadcastState], _) = match act {
        Act::Send => (&[Planned, Paused, Stopped], Sending),
        Act::Pause => (&[Sending], Paused),
        Act::Cancel => (&[Draft, Planned, Sending, Paused, Stopped], Cancelled),
    };
    let state = broadcast.state;
    if state == to || (act, state) == (Act::Send, Done) {
        return Ok(false);
    }
    if state == Done || !tx.turn_broadcast(id, from, to, (None, now))? {
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

/// Moves all of what is being sent into the outbox, beside whoever works: the same line is never two messages.
pub fn move_all(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    in_turns(|| Ok(store.write(|tx| move_some(tx, now))? > 0))
}

/// Takes one step after the other until one says that nothing is left, and rests in between: neither engine gives the
/// database to whoever has waited for it longest, so a text would wait for whoever comes again at once.
pub(super) fn in_turns<E>(mut step: impl FnMut() -> Result<bool, E>) -> Result<(), E> {
    loop {
        let began = Instant::now();
        if !step()? {
            return Ok(());
        }
        std::thread::sleep(began.elapsed() / 2);
    }
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
            let (ended, of_these) = tx.count_refused(id, row.id)?;
            let (percent, least) = FILTERED;
            ended >= least && of_these * 100 > ended * percent
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

/// Queues what failed for a reason that may have passed, or has been put right, once more: of a thousand that failed, behind
/// the one given. Gives how many that were, and behind which there may be more.
pub fn retry_some(
    tx: &Tx<'_>,
    id: BroadcastId,
    after: &str,
    now: Timestamp,
) -> Result<(usize, Option<String>), ListError> {
    get(tx, id)?;
    let failed = tx.failed_of(id, after, AT_ONCE)?;
    let mut queued = 0;
    for (row, code, _) in &failed {
        if !matches!(Class::of(*code), Class::Never | Class::OptedOut) {
            queued += usize::from(tx.requeue_message(*row, now)?);
        }
    }
    Ok((queued, failed.into_iter().last().map(|(.., cause)| cause)))
}

/// All of them, in as many transactions as that takes.
pub fn retry(site: &Exchanges, id: BroadcastId) -> Result<usize, ListError> {
    let (mut queued, mut behind) = (0, Some(String::new()));
    while let Some(after) = behind {
        let some;
        (some, behind) = site.store.write(|tx| retry_some(tx, id, &after, site.clock.now()))?;
        queued += some;
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
    vec![
        result.name.clone(),
        result.phone.clone().unwrap_or_default(),
        result.email.clone().unwrap_or_default(),
        result.channel.clone(),
        result.state.clone(),
        result.code.map(|code| code.to_string()).unwrap_or_default(),
        meaning(result).unwrap_or_default(),
        result.at.map(|at| at.to_string()).unwrap_or_default(),
        segments(result),
        price_of(result, price),
    ]
}

/// How many segments a text takes; nothing of an e-mail, and of whoever is left out.
#[must_use]
pub fn segments(result: &Outcome) -> String {
    if result.segments > 0 { result.segments.to_string() } else { String::new() }
}

/// What a text costs, where the price of a segment is known.
#[must_use]
pub fn price_of(result: &Outcome, per_segment: Option<f64>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 segments")]
    let price =
        per_segment.filter(|_| result.segments > 0).map(|price| format!("{:.4}", price * result.segments as f64));
    price.unwrap_or_default()
}

/// What a result means, in words.
#[must_use]
pub fn meaning(result: &Outcome) -> Option<String> {
    let code = result.code.and_then(crate::app::outbox::meaning_of).map(str::to_owned);
    code.or_else(|| result.problem.clone()).filter(|words| !words.is_empty())
}
