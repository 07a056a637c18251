//! The dealing of an event's seats, written down: every change of an invitation goes through here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Events;
use crate::app::accounts::reach_of_owner;
use crate::app::links::link_hash;
use crate::app::outbox::fault;
use crate::conversation::event::Kind;
use crate::dealing::{self, Action, Candidate, View};
use crate::model::{Invitation, InvitationId, State, TopicId};
use crate::store::{Basis, Channel, Event, Guest, InvitedBy, Invitee, NewMessage, Recipient, StoreError, Tx};

/// How many more of those who may be invited are looked at than can be: some of them cannot be reached.
const MORE: u32 = 16;

/// An event as its rows have it.
pub(super) struct Table {
    pub(super) event: Event,
    pub(super) guests: BTreeMap<InvitationId, Guest>,
    pub(super) invitees: Vec<Invitee>,
    pub(super) view: View,
}

/// What a step adds to what there is to say.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) now: Timestamp,
    /// Who learns what follows for them by the answer to their own, and needs no message.
    pub(super) answered: Option<InvitationId>,
}

impl Events {
    /// An event as it stands, with at most so many of those who may be invited yet.
    pub(super) fn table(&self, tx: &Tx<'_>, event: Event, most: u32, now: Timestamp) -> Result<Table, StoreError> {
        let mut guests: BTreeMap<_, _> =
            tx.guests(event.topic, false)?.into_iter().map(|guest| (guest.id, guest)).collect();
        for guest in guests.values_mut() {
            guest.invitation.is_reachable =
                guest.mail().is_some() || self.can_text(guest.phone.as_ref(), guest.is_opted_out);
        }
        let hand = reach_of_owner(tx, tx.owner_of_topic(event.topic)?.flatten())?;
        let invitees = if most > 0 { tx.invitees(&event, hand, most)? } else { Vec::new() };
        let candidates =
            invitees.iter().map(|who| Candidate { contact: who.contact, unreachable: self.unreachable(who) }).collect();
        let view = View {
            terms: event.terms.clone(),
            invitations: guests.iter().map(|(id, guest)| (*id, guest.invitation.clone())).collect(),
            candidates,
            leaves_at: self.quiet(&event).and_then(|quiet| quiet.end(now)).unwrap_or(now),
        };
        Ok(Table { event, guests, invitees, view })
    }

    /// Deals until there is nothing more to do, and queues what follows.
    pub(super) fn settle(&self, tx: &Tx<'_>, topic: TopicId, step: Step) -> Result<usize, StoreError> {
        let mut done = 0;
        loop {
            let Some(event) = tx.event(topic)? else { return Ok(done) };
            let most = event.terms.at_once.saturating_add(MORE);
            let table = self.table(tx, event, most, step.now)?;
            let actions = dealing::deal(&table.view, step.now);
            if actions.is_empty() {
                return Ok(done);
            }
            for action in &actions {
                self.write(tx, &table, action, step)?;
                fault::point("seat dealt");
            }
            done += actions.len();
        }
    }

    fn write(&self, tx: &Tx<'_>, table: &Table, action: &Action, step: Step) -> Result<(), StoreError> {
        let topic = table.event.topic;
        match action {
            Action::Invite { contact, size, seats, lapses_at } => {
                let Some(invitee) = table.invitees.iter().find(|who| who.contact == *contact) else { return Ok(()) };
                let id = self.enter(tx, topic, invitee, step.now)?;
                let Some(guest) = tx.guest(InvitedBy::Id(id))? else { return Ok(()) };
                let opened = Invitation {
                    state: State::Open,
                    size: *size,
                    seats: *seats,
                    dealt_at: step.now,
                    lapses_at: Some(*lapses_at),
                    ..guest.invitation.clone()
                };
                tx.put_invitation((topic, id), &opened, None)?;
                self.tell(tx, &Guest { invitation: opened, ..guest }, Kind::Invited, step)
            }
            Action::Skip(contact, why) => {
                let Some(invitee) = table.invitees.iter().find(|who| who.contact == *contact) else { return Ok(()) };
                let id = self.enter(tx, topic, invitee, step.now)?;
                let Some(guest) = tx.guest(InvitedBy::Id(id))? else { return Ok(()) };
                tx.put_invitation((topic, id), &guest.invitation, Some(why))?;
                // Whether a number is of a country that is texted is seen again when the contact changes; a START, or that
                // an address takes mail again, comes of itself.
                let waits = invitee.is_opted_out || invitee.phone.is_none();
                if waits { Ok(()) } else { tx.invitation_undelivered(id, why, guest.channel) }
            }
            Action::Lapse(id)
            | Action::Seat(id)
            | Action::AskAgain(id)
            | Action::Remind(id)
            | Action::Offer { id, .. } => {
                let Some(guest) = table.guests.get(id) else { return Ok(()) };
                let mut guest = guest.clone();
                action.apply(&mut guest.invitation, step.now);
                tx.put_invitation((topic, *id), &guest.invitation, guest.reason.as_deref())?;
                match kind_of(action) {
                    Some(kind) => self.tell(tx, &guest, kind, step),
                    None => Ok(()),
                }
            }
        }
    }

    /// The row of an invitation, made or taken up again, which stands as skipped until it is put otherwise.
    fn enter(&self, tx: &Tx<'_>, topic: TopicId, who: &Invitee, now: Timestamp) -> Result<InvitationId, StoreError> {
        let blank = Invitation {
            state: State::Skipped,
            size: 1,
            seats: 0,
            wants: 0,
            round: 1,
            is_certain: false,
            dealt_at: now,
            lapses_at: None,
            answered_at: None,
            lined_at: None,
            is_reachable: true,
            asked_again: false,
            reminded: false,
        };
        let channel = self.channel(self.can_text(who.phone.as_ref(), who.is_opted_out), who.mail().is_some());
        let id = tx.insert_invitation(topic, who, &blank, channel)?;
        // Without the key there is no link yet, and no page to answer on.
        if let Ok(token) = self.links.token("rsvp", id.0, who.contact.0) {
            tx.put_link(id, &link_hash(&token))?;
        }
        Ok(id)
    }

    /// Why somebody cannot be reached at all.
    fn unreachable(&self, who: &Invitee) -> Option<&'static str> {
        match (&who.phone, who.mail()) {
            (_, Some(_)) => None,
            (None, None) if who.refuses_mail => Some("the e-mail address wants no more, and there is no phone"),
            (Some(_), None) if who.is_opted_out && who.refuses_mail => {
                Some("the phone has said STOP, and the e-mail address wants no more")
            }
            (Some(_), None) if who.is_opted_out => Some("the phone has said STOP, and there is no e-mail address"),
            (phone @ Some(_), None) if self.can_text(phone.as_ref(), false) => None,
            (Some(_), None) => Some("phones of that country are not texted, and there is no e-mail address"),
            (None, None) => Some("there is neither a phone nor an e-mail address"),
        }
    }

    /// How a message goes to somebody who can be reached these ways: as a text, where that is set up or nothing else is.
    pub(super) fn channel(&self, by_text: bool, by_mail: bool) -> Channel {
        let only_mail = self.settings.twilio.is_none() && self.settings.smtp.is_some();
        if by_text && !(by_mail && only_mail) { Channel::Sms } else { Channel::Email }
    }

    /// Queues a message to a guest, unless they learn it anyway.
    pub(super) fn tell(&self, tx: &Tx<'_>, guest: &Guest, kind: Kind, step: Step) -> Result<(), StoreError> {
        let is_told = step.answered == Some(guest.id) && matches!(kind, Kind::Offered | Kind::Seated);
        if is_told {
            return Ok(());
        }
        let kept = tx.event(guest.event)?;
        let revision = kept.as_ref().map_or(0, |event| event.revision);
        let cause = match kind {
            // Told once for every change, whatever round the invitation has come to.
            Kind::Changed => format!("invitation:{}:change-{revision}:{}", guest.id.0, kind.word()),
            Kind::Noted => format!("invitation:{}:{}:{}-{}", guest.id.0, guest.invitation.round, kind.word(), step.now),
            _ if guest.undelivered => {
                format!("invitation:{}:{}:{}:{}", guest.id.0, guest.invitation.round, kind.word(), guest.channel.word())
            }
            _ => format!("invitation:{}:{}:{}", guest.id.0, guest.invitation.round, kind.word()),
        };
        let can_text = self.can_text(guest.phone.as_ref(), guest.is_opted_out);
        let channel = match guest.channel {
            Channel::Sms if !can_text => Channel::Email,
            Channel::Email if guest.mail().is_none() && can_text => Channel::Sms,
            as_before => as_before,
        };
        let begins = kept.map(|event| event.terms.starts_at);
        let offers = matches!(kind, Kind::Invited | Kind::Offered);
        // A night, and the hours that an answer has from when it was sent, may lie between now and its lapse.
        let not_after = if offers { guest.invitation.lapses_at } else { begins };
        tx.enqueue(&NewMessage {
            cause: &cause,
            topic: guest.event,
            basis: Basis::Invitation,
            kind: kind.word(),
            parameters: &serde_json::json!({ "round": guest.invitation.round }).to_string(),
            draw: None,
            recipient: Recipient::Person(guest.person),
            channel,
            at: step.now,
            due: step.now,
            not_after,
        })?;
        Ok(())
    }

    /// What follows from a message of an open invitation not having arrived: another way once, or its seats are free.
    pub(super) fn undelivered(&self, tx: &Tx<'_>, guest: &Guest, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let Some(event) = tx.event(guest.event)? else { return Ok(()) };
        let step = Step { now, answered: None };
        let other = match guest.channel {
            Channel::Sms => Some(Channel::Email).filter(|_| guest.mail().is_some()),
            _ => Some(Channel::Sms).filter(|_| self.can_text(guest.phone.as_ref(), guest.is_opted_out)),
        };
        let other = other.filter(|_| !guest.undelivered);
        tx.invitation_undelivered(guest.id, why, other.unwrap_or(guest.channel))?;
        let table = self.table(tx, event, 0, now)?;
        if let Some(stands) = dealing::undelivered(&table.view, &guest.invitation, other.is_some(), now) {
            tx.put_invitation((guest.event, guest.id), &stands, Some(why))?;
            if let Some(channel) = other.filter(|_| stands.state == State::Open) {
                let kind = if dealing::is_offer(&stands) { Kind::Offered } else { Kind::Invited };
                self.tell(tx, &Guest { invitation: stands, channel, undelivered: true, ..guest.clone() }, kind, step)?;
            }
        }
        self.settle(tx, guest.event, step).map(drop)
    }

    /// What follows from a message having left: an answer has its time from then on.
    pub(super) fn left(&self, tx: &Tx<'_>, guest: &Guest, round: u32, now: Timestamp) -> Result<(), StoreError> {
        let Some(event) = tx.event(guest.event)? else { return Ok(()) };
        let is_open = guest.invitation.state == State::Open && guest.invitation.round == round;
        let lapses_at = is_open.then(|| event.terms.lapses_once_sent(&guest.invitation, now));
        tx.invitation_sent(guest.id, now, lapses_at.filter(|at| *at > now))
    }
}

fn kind_of(action: &Action) -> Option<Kind> {
    match action {
        Action::Seat(_) => Some(Kind::Seated),
        Action::Offer { .. } => Some(Kind::Offered),
        Action::AskAgain(_) => Some(Kind::AskedAgain),
        Action::Remind(_) => Some(Kind::Reminded),
        Action::Invite { .. } => Some(Kind::Invited),
        Action::Lapse(_) | Action::Skip(..) => None,
    }
}
