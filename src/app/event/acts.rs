//! What an organizer does with an event.

use jiff::Timestamp;

use super::dealing::{Step, too_late};
use super::{Answered, Events, Typed, Via};
use crate::app::accounts::Owned;
use crate::app::event::Fault;
use crate::conversation::event::{Kind, check_wording};
use crate::model::{ContactId, Invitation, PersonId, Phase, State, TopicId, Word};
use crate::store::{Event, Guest, Reach, StoreError, Tx};

/// What moves an event on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Seats are dealt from now on.
    Deal,
    /// Nothing goes out of itself until it goes on.
    Pause,
    /// It goes on.
    Resume,
    /// Nobody new is asked.
    Close,
    /// It does not take place, and why.
    Cancel(String),
}

/// The longest reason for calling an event off, in characters.
const LONGEST_REASON: usize = 500;

/// Why an act is not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// Something typed is wrong.
    #[error("{}", .0.iter().map(|(field, what)| format!("{field}: {what}")).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// It is not in a state for that.
    #[error("the event is {now}, so it cannot be {wanted}")]
    Phase {
        /// What it is.
        now: &'static str,
        /// What it was to be.
        wanted: &'static str,
    },
    /// Seats that are somebody's cannot be taken away.
    #[error("only {free} of its seats are free; withdraw an invitation first")]
    SeatsTaken {
        /// How many are not.
        free: u32,
    },
    /// Messages about it wait.
    #[error("messages about it are still to be sent; `xchange serve` or `xchange send` sends them")]
    Untold,
    /// An answer that changes nothing, in words.
    #[error("nothing was kept: {0}")]
    NotTaken(String),
    /// It can be called off no more: nobody would hear of it in time.
    #[error("the event has begun, so nobody can be told any more that it does not take place")]
    Begun,
    /// The organizer's machine has no key for the links.
    #[error("the links in invitations need this machine's key")]
    Key(#[from] crate::seal::KeyError),
    /// There is no such event.
    #[error("there is no such event")]
    Gone,
    /// Whose it is.
    #[error(transparent)]
    Account(#[from] crate::app::accounts::AccountError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Makes an event of whoever reaches so far.
    pub fn create(&self, tx: &Tx<'_>, reach: Reach, typed: &Typed) -> Result<Event, ActError> {
        let mut event = typed.read(None, &self.timezone, self.now()).map_err(ActError::Faults)?;
        event.topic = tx.insert_topic("event", &event.name, reach.owner())?;
        tx.insert_event(&event)?;
        Ok(event)
    }

    /// Changes an event; a changed time or place is told to everybody whom it concerns.
    pub fn change(&self, tx: &Tx<'_>, id: Owned<TopicId>, typed: &Typed) -> Result<Event, ActError> {
        let before = tx.event(id.id())?.ok_or(ActError::Gone)?;
        if before.terms.phase == Phase::Cancelled {
            return Err(ActError::Phase { now: before.terms.phase.word(), wanted: "changed" });
        }
        let mut event = typed.read(Some(&before), &self.timezone, self.now()).map_err(ActError::Faults)?;
        let starts_at = before.terms.starts_at;
        let (had, wanted) = (before.terms.seats, event.terms.seats);
        if wanted > had {
            tx.add_seats(event.topic, wanted - had)?;
        } else if tx.remove_seats(event.topic, had - wanted)? < u64::from(had - wanted) {
            let free = self.table(tx, before, self.now())?.view.seats().free;
            return Err(ActError::SeatsTaken { free });
        }
        let is_moved = (event.terms.starts_at, &event.place) != (starts_at, &before.place);
        let is_known = event.terms.phase != Phase::Draft;
        event.revision += i64::from(is_moved);
        tx.update_event(&event)?;
        for (kind, word) in Kind::ALL {
            tx.put_not_after(event.topic, word, too_late(&event.terms, kind))?;
        }
        if event.terms.starts_at != starts_at {
            for guest in tx.guests(event.topic, false)? {
                let moved = event.terms.moved(&guest.invitation, self.now());
                tx.put_invitation((event.topic, guest.id), &moved, guest.reason.as_deref())?;
            }
        }
        if is_moved && is_known {
            let begins = starts_at.min(event.terms.starts_at);
            self.tell_all(tx, &event, (Kind::Changed, begins))?;
        }
        self.deal_now(tx, event.topic)?;
        Ok(event)
    }

    /// Words some texts of an event differently: a name and a text each; an empty text goes back to ours.
    pub fn reword(&self, tx: &Tx<'_>, id: Owned<TopicId>, texts: &[(String, String)]) -> Result<(), ActError> {
        let mut event = tx.event(id.id())?.ok_or(ActError::Gone)?;
        for (name, text) in texts {
            let problems = check_wording(name, text);
            if let Some(problem) = problems.first().filter(|_| !text.is_empty()) {
                let hint = problem.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                return Err(ActError::Faults(vec![("message", format!("{name}: {}{hint}", problem.message))]));
            }
            event.wordings.retain(|(own, _)| own != name);
            if !text.is_empty() {
                event.wordings.push((name.clone(), text.clone()));
            }
        }
        Ok(tx.update_event(&event)?)
    }

    /// Has these invited before all others, in this order; those among them who could not be reached once more.
    pub fn invite_first(&self, tx: &Tx<'_>, id: Owned<TopicId>, contacts: &[ContactId]) -> Result<(), ActError> {
        self.name_first(tx, id, contacts)?;
        self.deal_now(tx, id.id())
    }

    /// The same as soon as it is dealt: nobody is invited before what else is to be changed is.
    pub fn name_first(&self, tx: &Tx<'_>, id: Owned<TopicId>, contacts: &[ContactId]) -> Result<(), StoreError> {
        for contact in contacts {
            tx.invite_first(id.id(), *contact)?;
            tx.take_up_skipped(id.id(), *contact)?;
        }
        Ok(())
    }

    /// Has a contact within a reach invited before all others, by their name, or else everybody with a tag, in the order in
    /// which they would be invited.
    pub fn invite_by(
        &self,
        tx: &Tx<'_>,
        reach: Reach,
        id: Owned<TopicId>,
        (name, tag): (&str, &str),
    ) -> Result<(), ActError> {
        let (name, tag) = (name.trim().to_lowercase(), tag.trim());
        let mut all = tx.contacts(reach)?;
        all.retain(|(_, contact)| match name.is_empty() {
            true => contact.tags.iter().any(|own| own == tag),
            false => contact.name.to_lowercase() == name,
        });
        let problem = match (name.is_empty(), all.len()) {
            (true, 0) if tag.is_empty() => "name a contact, or choose a tag",
            (_, 0) => "there is no such contact",
            (false, 2..) => "several contacts are called so; their names have to differ",
            _ => "",
        };
        if !problem.is_empty() {
            return Err(ActError::Faults(vec![("who", problem.to_owned())]));
        }
        all.sort_by_key(|(id, contact)| (contact.priority, *id));
        self.invite_first(tx, id, &all.into_iter().map(|(id, _)| id).collect::<Vec<_>>())
    }

    /// Puts these in the place of whoever is invited before all others, as soon as it is dealt.
    pub fn set_first_invited(&self, tx: &Tx<'_>, id: Owned<TopicId>, contacts: &[ContactId]) -> Result<(), StoreError> {
        tx.clear_first_invited(id.id())?;
        self.name_first(tx, id, contacts)
    }

    /// Removes an event that was never dealt, is called off, or over; what people were told stays in no list any more.
    pub fn remove(&self, tx: &Tx<'_>, id: Owned<TopicId>) -> Result<(), ActError> {
        let terms = tx.event(id.id())?.ok_or(ActError::Gone)?.terms;
        let is_ended = matches!(terms.phase, Phase::Draft | Phase::Cancelled) || terms.starts_at <= self.now();
        if !is_ended {
            return Err(ActError::Phase { now: terms.phase.word(), wanted: "removed; cancel it first" });
        }
        if tx.is_sending(id.id())? {
            return Err(ActError::Untold);
        }
        Ok(tx.remove_event(id.id())?)
    }

    /// Moves an event on; one that is already there stays as it is.
    pub fn act(&self, tx: &Tx<'_>, id: Owned<TopicId>, act: &Act) -> Result<Event, ActError> {
        let mut event = tx.event(id.id())?.ok_or(ActError::Gone)?;
        let now = event.terms.phase;
        let (from, to): (&[Phase], Phase) = match act {
            Act::Deal => (&[Phase::Draft, Phase::Dealing, Phase::Paused, Phase::Closed], Phase::Dealing),
            Act::Pause => (&[Phase::Dealing, Phase::Closed], Phase::Paused),
            Act::Resume => (&[Phase::Paused, Phase::Dealing], Phase::Dealing),
            Act::Close => (&[Phase::Dealing, Phase::Paused, Phase::Closed], Phase::Closed),
            Act::Cancel(_) => (&[Phase::Draft, Phase::Dealing, Phase::Paused, Phase::Closed], Phase::Cancelled),
        };
        if now == to {
            self.deal_now(tx, event.topic)?;
            return Ok(event);
        }
        if !from.contains(&now) {
            let wanted = if *act == Act::Resume { "resumed" } else { to.word() };
            return Err(ActError::Phase { now: now.word(), wanted });
        }
        event.terms.phase = to;
        if let Act::Cancel(reason) = act {
            if event.terms.starts_at <= self.now() {
                return Err(ActError::Begun);
            }
            if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
                let what = format!("give one line of at most {LONGEST_REASON} characters");
                return Err(ActError::Faults(vec![("reason", what)]));
            }
            event.reason.clone_from(reason);
        }
        tx.update_event(&event)?;
        if to == Phase::Cancelled && now != Phase::Draft {
            tx.end_waiting(event.topic, None, "the event does not take place", self.now())?;
            self.tell_all(tx, &event, (Kind::Cancelled, event.terms.starts_at))?;
        }
        // What was held meanwhile.
        tx.look_anew(event.topic, self.now())?;
        self.deal_now(tx, event.topic)?;
        Ok(event)
    }

    /// Answers for somebody, who is told how they stand then.
    ///
    /// # Errors
    /// [`ActError::NotTaken`] where no answer changes anything; nobody is told anything then.
    pub fn answer_for(&self, tx: &Tx<'_>, guest: &Guest, answer: (Word, Option<u32>)) -> Result<Answered, ActError> {
        let answered = self.answer(tx, guest, answer, Via::Organizer, self.now())?;
        if answered.is_taken { Ok(answered) } else { Err(ActError::NotTaken(answered.words)) }
    }

    /// Takes an invitation back; whoever thought they had a seat is told.
    pub fn withdraw(&self, tx: &Tx<'_>, guest: &Guest) -> Result<(), ActError> {
        let was = guest.invitation.state;
        let stands = Invitation {
            state: State::Withdrawn,
            seats: 0,
            lapses_at: None,
            lined_at: None,
            ..guest.invitation.clone()
        };
        tx.put_invitation((guest.event, guest.id), &stands, None)?;
        tx.end_waiting(guest.event, Some(guest.person), "the invitation is taken back", self.now())?;
        let has_heard = has_heard(&tx.people_reached(guest.event)?, guest);
        if has_heard && matches!(was, State::Open | State::Held | State::Line) {
            let event = tx.event(guest.event)?.ok_or(ActError::Gone)?;
            let guest = Guest { invitation: stands, ..guest.clone() };
            self.tell(tx, (&event, &guest), Kind::Withdrawn, Step { now: self.now(), answered: None })?;
        }
        self.deal_now(tx, guest.event)
    }

    fn deal_now(&self, tx: &Tx<'_>, event: TopicId) -> Result<(), ActError> {
        self.settle(tx, event, Step { now: self.now(), answered: None })?;
        Ok(())
    }

    /// Tells all who have been asked: of a change also those who could not come as it was.
    fn tell_all(&self, tx: &Tx<'_>, event: &Event, what: (Kind, Timestamp)) -> Result<(), StoreError> {
        let reached = tx.people_reached(event.topic)?;
        for guest in tx.guests(event.topic, true)? {
            let concerns = match guest.invitation.state {
                State::Open | State::Held | State::Line | State::Maybe | State::Lapsed => true,
                State::Declined => what.0 == Kind::Changed,
                State::Skipped | State::Withdrawn => false,
            };
            if concerns && has_heard(&reached, &guest) {
                self.tell_of(tx, (event, &guest), what, Step { now: self.now(), answered: None })?;
            }
        }
        Ok(())
    }
}

/// Whether somebody knows that they are invited: whoever does not is told nothing about it (X10). `reached` are those to whom a
/// message may have gone, in their order.
fn has_heard(reached: &[PersonId], guest: &Guest) -> bool {
    guest.invitation.answered_at.is_some() || reached.binary_search(&guest.person).is_ok()
}
