//! Invitations, their seats, and the answers to them.

use jiff::Timestamp;

use super::Invitee;
use crate::model::{ContactId, Email, Invitation, InvitationId, PersonId, Phone, State, TopicId, Word};
use crate::store::{Channel, FromRow, NewPerson, Row, StoreError, Tx, values};

/// Somebody who is invited, or was to be.
#[derive(Debug, Clone)]
pub struct Guest {
    pub id: InvitationId,
    pub event: TopicId,
    /// Whom it was made for.
    pub contact: ContactId,
    /// Their row in the event's topic.
    pub person: PersonId,
    pub name: String,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// Whether their phone has said STOP.
    pub is_opted_out: bool,
    /// Whether their e-mail address wants no more.
    pub refuses_mail: bool,
    /// How the invitation stands.
    pub invitation: Invitation,
    pub channel: Channel,
    /// When the last of its messages was taken by the provider.
    pub sent_at: Option<Timestamp>,
    /// Whether a message of it did not arrive.
    pub undelivered: bool,
    /// Why it was skipped, or what did not arrive.
    pub reason: Option<String>,
}

impl Guest {
    /// Where they may be written to.
    pub fn mail(&self) -> Option<&Email> {
        self.email.as_ref().filter(|_| !self.refuses_mail)
    }
}

/// By what an invitation is looked for.
#[derive(Debug, Clone, Copy)]
pub enum InvitedBy<'a> {
    Id(InvitationId),
    /// Whoever is invited.
    Person(PersonId),
    /// Its link.
    Link(&'a [u8]),
}

const SELECT: &str = "SELECT invitation.id, event, contact, person, person.name, person.phone, person.email, \
                      phone.opted_out_at IS NOT NULL, mail_opt_out.email IS NOT NULL, state, size, seats, wants, round, \
                      certain, dealt_at, lapses_at, answered_at, lined_at, asked_again, reminded, channel, sent_at, \
                      undelivered, reason \
                      FROM invitation JOIN person ON person.id = invitation.person \
                      LEFT JOIN phone ON phone.number = person.phone \
                      LEFT JOIN mail_opt_out ON mail_opt_out.email = lower(person.email) WHERE";

impl Tx<'_> {
    /// The invitations of an event, in the order they were made; all, or those that are not at their end.
    pub fn guests(&self, event: TopicId, all: bool) -> Result<Vec<Guest>, StoreError> {
        let which = "event = $1 AND ($2 = 1 OR state IN ('open', 'held', 'line', 'maybe'))";
        self.all(&format!("{SELECT} {which} ORDER BY invitation.id"), values![event, all])
    }

    /// An invitation.
    pub fn guest(&self, by: InvitedBy<'_>) -> Result<Option<Guest>, StoreError> {
        let find = |which: &str, given: &[_]| self.one(&format!("{SELECT} {which}"), given);
        match by {
            InvitedBy::Id(id) => find("invitation.id = $1", values![id]),
            InvitedBy::Person(person) => find("invitation.person = $1", values![person]),
            InvitedBy::Link(link) => find("link = $1", values![link]),
        }
    }

    /// Invites somebody, or skips them; again where they were skipped before. Seats come by [`Tx::put_invitation`].
    pub fn insert_invitation(
        &self,
        event: TopicId,
        invitee: &Invitee,
        invitation: &Invitation,
        channel: Channel,
    ) -> Result<InvitationId, StoreError> {
        let before: Option<(InvitationId, PersonId)> = self.one(
            "SELECT id, person FROM invitation WHERE event = $1 AND contact = $2",
            values![event, invitee.contact],
        )?;
        let person = NewPerson {
            name: &invitee.name,
            phone: invitee.phone.as_ref().map(Phone::expose),
            email: invitee.email.as_ref().map(Email::expose),
        };
        if let Some((id, row)) = before {
            self.update_person(row, person)?;
            self.execute(
                "UPDATE invitation SET seen = $2, channel = $3, undelivered = 0, round = round + undelivered WHERE id = $1",
                values![id, invitee.revision, channel],
            )?;
            return Ok(id);
        }
        self.recognise(person.phone, person.email)?;
        let person: PersonId = self.only(
            "INSERT INTO person (topic, name, phone, email) VALUES ($1, $2, $3, $4) RETURNING id",
            values![event, person.name, person.phone, person.email],
        )?;
        self.only(
            "INSERT INTO invitation (event, contact, seen, person, state, size, seats, wants, round, certain, dealt_at, \
             asked_again, reminded, channel) VALUES ($1, $2, $3, $4, 'skipped', $5, 0, 0, $6, 0, $7, 0, 0, $8) RETURNING id",
            values![
                event,
                invitee.contact,
                invitee.revision,
                person,
                invitation.size,
                invitation.round,
                invitation.dealt_at,
                channel,
            ],
        )
    }

    /// Writes an invitation down as it stands now, its seats with it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where there are not so many free seats: nothing may be kept then.
    pub fn put_invitation(
        &self,
        (event, id): (TopicId, InvitationId),
        invitation: &Invitation,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let Invitation { state, size, seats, wants, round, is_certain, dealt_at, lapses_at, .. } = *invitation;
        let Invitation { answered_at, lined_at, asked_again, reminded, .. } = *invitation;
        self.execute(
            "UPDATE invitation SET state = $2, size = $3, seats = $4, wants = $5, round = $6, certain = $7, dealt_at = $8, \
             lapses_at = $9, answered_at = $10, lined_at = $11, asked_again = $12, reminded = $13, reason = $14 WHERE id = $1",
            values![
                id,
                state,
                size,
                seats,
                wants,
                round,
                is_certain,
                dealt_at,
                lapses_at,
                answered_at,
                lined_at,
                asked_again,
                reminded,
                reason,
            ],
        )?;
        self.occupy(event, id, seats, state == State::Held)
    }

    /// Has an invitation own exactly so many rows.
    fn occupy(&self, event: TopicId, id: InvitationId, seats: u32, taken: bool) -> Result<(), StoreError> {
        let own: u32 = self.only("SELECT count(*) FROM seat WHERE invitation = $1", values![id])?;
        if own > seats {
            self.execute(
                "UPDATE seat SET invitation = NULL, taken = 0 WHERE invitation = $1 AND place IN (SELECT place FROM seat \
                 WHERE invitation = $1 ORDER BY place DESC LIMIT $2)",
                values![id, own - seats],
            )?;
        }
        if own > 0 && seats > 0 {
            self.execute("UPDATE seat SET taken = $2 WHERE invitation = $1", values![id, taken])?;
        }
        let more = seats.saturating_sub(own);
        if more > 0 {
            let got = self.changed(
                "UPDATE seat SET invitation = $2, taken = $3 WHERE event = $1 AND invitation IS NULL AND place IN \
                 (SELECT place FROM seat WHERE event = $1 AND invitation IS NULL ORDER BY place LIMIT $4)",
                values![event, id, taken, more],
            )?;
            if got < u64::from(more) {
                return Err(StoreError::damaged("list of seats", "more were given than are free"));
            }
        }
        Ok(())
    }

    /// Lets somebody be invited again who was skipped, whatever the reason.
    pub fn take_up_skipped(&self, event: TopicId, contact: ContactId) -> Result<(), StoreError> {
        let sql = "UPDATE invitation SET seen = -1 WHERE event = $1 AND contact = $2 AND state = 'skipped'";
        self.execute(sql, values![event, contact])
    }

    /// Keeps the hash of an invitation's link.
    pub fn put_link(&self, id: InvitationId, link: &[u8]) -> Result<(), StoreError> {
        self.execute("UPDATE invitation SET link = $2 WHERE id = $1", values![id, link])
    }

    /// Notes that a message of an invitation has left, and until when it is open from then on.
    pub fn invitation_sent(
        &self,
        id: InvitationId,
        at: Timestamp,
        lapses_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE invitation SET sent_at = $2, lapses_at = coalesce($3, lapses_at) WHERE id = $1",
            values![id, at, lapses_at],
        )
    }

    /// Notes that a message of an invitation did not arrive, and how its next one travels.
    pub fn invitation_undelivered(&self, id: InvitationId, why: &str, next: Channel) -> Result<(), StoreError> {
        self.execute(
            "UPDATE invitation SET undelivered = 1, reason = $2, channel = $3 WHERE id = $1",
            values![id, why, next],
        )
    }

    /// Keeps an answer.
    pub fn insert_answer(
        &self,
        id: InvitationId,
        (word, size): (Word, u32),
        via: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO answer (invitation, at, word, size, via) VALUES ($1, $2, $3, $4, $5)",
            values![id, at, word.word(), size, via],
        )
    }

    /// Brings the addresses of a contact to those of its invitations.
    pub fn follow_contact(&self, contact: ContactId) -> Result<(), StoreError> {
        for column in ["name", "phone", "email"] {
            self.execute(
                &format!(
                    "UPDATE person SET {column} = (SELECT {column} FROM contact WHERE contact.id = $1) WHERE id IN \
                     (SELECT person FROM invitation WHERE contact = $1)"
                ),
                values![contact],
            )?;
        }
        Ok(())
    }
}

impl FromRow for Guest {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let mut guest = Self {
            id: row.take()?,
            event: row.take()?,
            contact: row.take()?,
            person: row.take()?,
            name: row.take()?,
            phone: row.take()?,
            email: row.take()?,
            is_opted_out: row.take()?,
            refuses_mail: row.take()?,
            invitation: row.take()?,
            channel: row.take()?,
            sent_at: row.take()?,
            undelivered: row.take()?,
            reason: row.take()?,
        };
        guest.invitation.is_reachable = guest.mail().is_some() || (guest.phone.is_some() && !guest.is_opted_out);
        Ok(guest)
    }
}

impl FromRow for Invitation {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            state: row.take()?,
            size: row.take()?,
            seats: row.take()?,
            wants: row.take()?,
            round: row.take()?,
            is_certain: row.take()?,
            dealt_at: row.take()?,
            lapses_at: row.take()?,
            answered_at: row.take()?,
            lined_at: row.take()?,
            asked_again: row.take()?,
            reminded: row.take()?,
            waits: false,
            is_reachable: true,
        })
    }
}
