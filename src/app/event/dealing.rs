//! The dealing of an event's seats, written down: every change of an invitation goes through here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Events;
use crate::app::accounts::reach_of_owner;
use crate::app::links::link_hash;
use crate::app::outbox::fault;
use crate::conversation::event::Kind;
use crate::dealing::{self, Action, Candidate, View};
use crate::model::{Invitation, InvitationId, Phone, State, Terms, TopicId};
use crate::store::{Basis, Channel, Event, Guest, InvitedBy, Invitee, NewMessage, Recipient, StoreError, Tx};

/// How many more of those who may be invited are looked at than can be: some of them cannot be reached.
pub(super) const MORE: u32 = 16;

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
    /// An event as it stands, without those who may be invited yet.
    pub(super) fn table(&self, tx: &Tx<'_>, event: Event, now: Timestamp) -> Result<Table, StoreError> {
        let mut guests: BTreeMap<_, _> =
            tx.guests(event.topic, false)?.into_iter().map(|guest| (guest.id, guest)).collect();
        // Where its time is not over yet, it does not matter whether a message has left.
        let is_over = |guest: &Guest| guest.invitation.lapses_at.is_some_and(|at| at <= now);
        let on_their_way = match guests.values().any(is_over) {
            true => tx.people_waiting(event.topic, (Kind::Invited.word(), Kind::Offered.word()))?,
            false => Vec::new(),
        };
        for guest in guests.values_mut() {
            guest.invitation.waits = on_their_way.binary_search(&guest.person).is_ok();
            guest.invitation.is_reachable = self.is_reachable(guest);
        }
        let waiting = |guest: &&Guest| matches!(guest.invitation.state, State::Line | State::Maybe);
        let asleep =
            |guest: &Guest| Some((guest.id, self.asleep_until(&event, guest.phone.as_ref(), self.way_to(guest), now)?));
        let view = View {
            terms: event.terms.clone(),
            invitations: guests.iter().map(|(id, guest)| (*id, guest.invitation.clone())).collect(),
            candidates: Vec::new(),
            has_more: true,
            asleep: guests.values().filter(waiting).filter_map(asleep).collect(),
        };
        Ok(Table { event, guests, invitees: Vec::new(), view })
    }

    /// Looks for at most so many of those who may be invited yet.
    pub(super) fn look(&self, tx: &Tx<'_>, table: &mut Table, most: u32, now: Timestamp) -> Result<(), StoreError> {
        let hand = reach_of_owner(tx, tx.owner_of_topic(table.event.topic)?.flatten())?;
        table.invitees = tx.invitees(&table.event, hand, most)?;
        let candidate = |who: &Invitee| Candidate {
            contact: who.contact,
            unreachable: self.unreachable(who),
            asleep_until: self.asleep_until(&table.event, who.phone.as_ref(), self.way_to_invite(who), now),
        };
        table.view.candidates = table.invitees.iter().map(candidate).collect();
        table.view.has_more = table.invitees.len() >= most as usize;
        Ok(())
    }

    fn is_reachable(&self, guest: &Guest) -> bool {
        guest.mail().is_some() || self.can_text(guest.phone.as_ref(), guest.is_opted_out)
    }

    /// Writes down how a guest stands from now on, and why, and deals.
    pub(super) fn stand(
        &self,
        tx: &Tx<'_>,
        mut table: Table,
        (guest, reason): (Guest, Option<&str>),
        step: Step,
    ) -> Result<usize, StoreError> {
        tx.put_invitation((guest.event, guest.id), &guest.invitation, reason)?;
        fault::point("answer taken");
        let invitation = Invitation { is_reachable: self.is_reachable(&guest), ..guest.invitation.clone() };
        table.view.invitations.insert(guest.id, invitation.clone());
        table.guests.insert(guest.id, Guest { invitation, ..guest });
        self.deal(tx, table, step)
    }

    /// Deals until there is nothing more to do, and queues what follows.
    pub(super) fn settle(&self, tx: &Tx<'_>, topic: TopicId, step: Step) -> Result<usize, StoreError> {
        let Some(event) = tx.event(topic)? else { return Ok(0) };
        self.deal(tx, self.table(tx, event, step.now)?, step)
    }

    fn deal(&self, tx: &Tx<'_>, mut table: Table, step: Step) -> Result<usize, StoreError> {
        let (mut done, mut more) = (0, MORE);
        loop {
            let openings = table.view.openings(step.now);
            if openings > 0 {
                self.look(tx, &mut table, openings.saturating_add(more), step.now)?;
            }
            let actions = dealing::deal(&table.view, step.now);
            for action in &actions {
                self.write(tx, &mut table, action, step)?;
                fault::point("seat dealt");
            }
            done += actions.len();
            // Where some were skipped others may stand behind those who were looked at.
            if !actions.iter().any(|action| matches!(action, Action::Skip(..))) {
                return Ok(done);
            }
            let Some(event) = tx.event(table.event.topic)? else { return Ok(done) };
            table = self.table(tx, event, step.now)?;
            more = more.saturating_mul(4);
        }
    }

    fn write(&self, tx: &Tx<'_>, table: &mut Table, action: &Action, step: Step) -> Result<(), StoreError> {
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
                    round: guest.invitation.round,
                    lapses_at: Some(*lapses_at),
                    ..Invitation::blank(step.now)
                };
                tx.put_invitation((topic, id), &opened, None)?;
                self.tell(tx, (&table.event, &Guest { invitation: opened, ..guest }), Kind::Invited, step)
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
                // Another action about them may follow.
                let Some(guest) = table.guests.get_mut(id) else { return Ok(()) };
                action.apply(&mut guest.invitation, step.now);
                let guest = guest.clone();
                tx.put_invitation((topic, *id), &guest.invitation, guest.reason.as_deref())?;
                match kind_of(action) {
                    Some(kind) => self.tell(tx, (&table.event, &guest), kind, step),
                    None => Ok(()),
                }
            }
        }
    }

    /// The row of an invitation, made or taken up again, which stands as skipped until it is put otherwise.
    fn enter(&self, tx: &Tx<'_>, topic: TopicId, who: &Invitee, now: Timestamp) -> Result<InvitationId, StoreError> {
        let id = tx.insert_invitation(topic, who, &Invitation::blank(now), self.way_to_invite(who))?;
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

    /// How somebody is invited.
    pub(super) fn way_to_invite(&self, who: &Invitee) -> Channel {
        self.channel(self.can_text(who.phone.as_ref(), who.is_opted_out), who.mail().is_some())
    }

    /// How a guest is told something: as before, where that is a way still.
    fn way_to(&self, guest: &Guest) -> Channel {
        let can_text = self.can_text(guest.phone.as_ref(), guest.is_opted_out);
        match guest.channel {
            Channel::Sms if !can_text => Channel::Email,
            Channel::Email if guest.mail().is_none() && can_text => Channel::Sms,
            as_before => as_before,
        }
    }

    /// Until when whoever has a phone is not texted, if a text it would be and it is night there.
    fn asleep_until(
        &self,
        event: &Event,
        phone: Option<&Phone>,
        channel: Channel,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.window(event, phone).filter(|_| channel == Channel::Sms)?.opens(now)
    }

    /// Queues a message about an event to a guest, unless they learn it anyway.
    pub(super) fn tell(
        &self,
        tx: &Tx<'_>,
        (event, guest): (&Event, &Guest),
        kind: Kind,
        step: Step,
    ) -> Result<(), StoreError> {
        self.tell_of(tx, (event, guest), (kind, event.terms.starts_at), step)
    }

    /// The same to somebody who counts on it to begin then.
    pub(super) fn tell_of(
        &self,
        tx: &Tx<'_>,
        (event, guest): (&Event, &Guest),
        (kind, begins): (Kind, Timestamp),
        step: Step,
    ) -> Result<(), StoreError> {
        let is_told = step.answered == Some(guest.id) && matches!(kind, Kind::Offered | Kind::Seated);
        if is_told {
            return Ok(());
        }
        let cause = match kind {
            Kind::Changed => changed(guest.id, event.revision),
            // Whoever said no meanwhile may come through the line again.
            Kind::Noted | Kind::Seated => {
                format!("invitation:{}:{}:{}-{}", guest.id.0, guest.invitation.round, kind.word(), step.now)
            }
            // Before another date they are asked and reminded anew.
            Kind::AskedAgain | Kind::Reminded => {
                format!("invitation:{}:{}:{}:{}", guest.id.0, guest.invitation.round, kind.word(), event.revision)
            }
            _ if guest.undelivered => {
                format!("invitation:{}:{}:{}:{}", guest.id.0, guest.invitation.round, kind.word(), guest.channel.word())
            }
            _ => format!("invitation:{}:{}:{}", guest.id.0, guest.invitation.round, kind.word()),
        };
        tx.enqueue(&NewMessage {
            cause: &cause,
            topic: guest.event,
            basis: Basis::Invitation,
            kind: kind.word(),
            parameters: &serde_json::json!({ "round": guest.invitation.round, "begins": begins }).to_string(),
            draw: None,
            recipient: Recipient::Person(guest.person),
            channel: self.way_to(guest),
            at: step.now,
            due: step.now,
            not_after: Some(too_late(&event.terms, kind)),
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
        let table = self.table(tx, event, now)?;
        let leaves = |way| self.asleep_until(&table.event, guest.phone.as_ref(), way, now).unwrap_or(now);
        let stands = dealing::undelivered(&table.view, &guest.invitation, other.map(leaves), now);
        let Some(invitation) = stands else { return self.deal(tx, table, step).map(drop) };
        let guest = Guest { invitation, channel: other.unwrap_or(guest.channel), undelivered: true, ..guest.clone() };
        if guest.invitation.state == State::Open {
            let kind = if dealing::is_offer(&guest.invitation) { Kind::Offered } else { Kind::Invited };
            self.tell(tx, (&table.event, &guest), kind, step)?;
        }
        self.stand(tx, table, (guest, Some(why)), step).map(drop)
    }

    /// What follows from the message of an invitation having left: an answer has its time from then on.
    pub(super) fn left(&self, tx: &Tx<'_>, guest: &Guest, round: u32, now: Timestamp) -> Result<(), StoreError> {
        let Some(event) = tx.event(guest.event)?.filter(|_| guest.invitation.round == round) else { return Ok(()) };
        let is_open = guest.invitation.state == State::Open;
        let lapses_at = is_open.then(|| event.terms.lapses_once_sent(&guest.invitation, now));
        tx.invitation_sent(guest.id, now, lapses_at)
    }
}

/// When it is too late for a message to leave.
pub(super) fn too_late(terms: &Terms, kind: Kind) -> Timestamp {
    match kind {
        Kind::Invited | Kind::Offered => terms.leaves_until(kind == Kind::Offered),
        _ => terms.starts_at,
    }
}

/// The cause of the message that an event has changed: one for every change, whatever round the invitation has come to.
pub(super) fn changed(id: InvitationId, revision: i64) -> String {
    format!("invitation:{}:change-{revision}:{}", id.0, Kind::Changed.word())
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
