//! An event with its contacts, played by hand: every action applied as the store does it, every seat a row.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::*;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Answer(usize, Word, u32),
    Advance(SignedDuration),
    Phase(Phase),
    Seats(i32),
    AddContact(bool),
    ChangeReach(usize),
    Undelivered(usize, bool),
    Sent(usize),
    /// Nothing leaves any more, or again.
    Blocked(bool),
    Withdraw(usize),
}

pub(crate) struct World {
    pub(crate) view: View,
    pub(crate) now: Timestamp,
    /// What people were told: whom, in which round, what.
    pub(crate) told: Vec<(InvitationId, u32, &'static str)>,
    /// Who was invited, in that order.
    pub(crate) invited: Vec<ContactId>,
    contacts: BTreeMap<InvitationId, ContactId>,
    /// The seats as rows: whose each is, and whether it is taken.
    rows: Vec<Option<(InvitationId, bool)>>,
    people: i64,
    skipped: BTreeSet<ContactId>,
    /// How many answers there were.
    answers: u32,
    /// Whether nothing leaves.
    pub(crate) is_blocked: bool,
    /// Until when each was told that their invitation is open.
    promised: BTreeMap<InvitationId, Timestamp>,
    /// When something was done while time passed, the last time.
    pub(crate) stops: Vec<Timestamp>,
}

pub(crate) fn terms() -> Terms {
    let starts_at = later(Timestamp::UNIX_EPOCH, hours(24 * 30));
    Terms {
        phase: Phase::Dealing,
        seats: 3,
        at_once: 2,
        overbook: 0,
        size: 1,
        lapse: hours(24),
        cut_off: starts_at,
        starts_at,
        ask_again: hours(48),
    }
}

impl World {
    pub(crate) fn new(terms: Terms, reach: &[bool]) -> Self {
        Self::at(Timestamp::UNIX_EPOCH, terms, reach)
    }

    pub(crate) fn at(now: Timestamp, terms: Terms, reach: &[bool]) -> Self {
        let seats = terms.seats;
        let view = View {
            terms,
            invitations: BTreeMap::new(),
            candidates: Vec::new(),
            has_more: false,
            asleep: BTreeMap::new(),
        };
        let mut world = Self {
            view,
            now,
            told: Vec::new(),
            invited: Vec::new(),
            contacts: BTreeMap::new(),
            rows: vec![None; seats as usize],
            people: 0,
            skipped: BTreeSet::new(),
            answers: 0,
            is_blocked: false,
            promised: BTreeMap::new(),
            stops: Vec::new(),
        };
        for reachable in reach {
            world.add(*reachable);
        }
        world.deal();
        world
    }

    /// Whom a change of reach lets be invited after all.
    pub(crate) fn first_skipped(&self) -> Option<ContactId> {
        self.skipped.first().copied()
    }

    fn add(&mut self, reachable: bool) {
        self.people += 1;
        let unreachable = (!reachable).then_some("the phone has opted out");
        self.view.candidates.push(Candidate { contact: ContactId(self.people), unreachable, asleep_until: None });
    }

    pub(crate) fn of(&self, state: State) -> Vec<InvitationId> {
        self.view.all(state).map(|(id, _)| id).collect()
    }

    pub(crate) fn open(&self) -> Vec<InvitationId> {
        self.of(State::Open)
    }

    pub(crate) fn contact_of(&self, id: InvitationId) -> ContactId {
        self.contacts[&id]
    }

    /// How everybody stands, in the order of the contacts.
    pub(crate) fn standing(&self) -> Vec<Option<Invitation>> {
        let of = |contact| self.contacts.iter().find(|(_, other)| **other == contact).map(|(id, _)| *id);
        (1..=self.people).map(|n| of(ContactId(n)).map(|id| self.view.invitations[&id].clone())).collect()
    }

    pub(crate) fn nth(&self, who: usize) -> Option<InvitationId> {
        self.view.invitations.keys().copied().nth(who % self.view.invitations.len().max(1))
    }

    fn deal(&mut self) {
        self.deal_after(None);
    }

    /// Deals, and sees that there is nothing more to do; whoever has just answered reads in words what they are offered.
    fn deal_after(&mut self, answered: Option<InvitationId>) {
        let actions = deal(&self.view, self.now);
        for action in &actions {
            self.apply(action);
        }
        assert_eq!(deal(&self.view, self.now), [], "I6 after {actions:?}");
        answered.into_iter().for_each(|id| self.leave(id));
        for id in self.open() {
            let waiting = self.view.invitations[&id].clone();
            let is_late = self.view.terms.leaves_until(is_offer(&waiting)) <= self.now;
            // What was called off before it left is not said any more.
            if !waiting.waits || self.view.terms.phase == Phase::Cancelled {
                continue;
            }
            if is_late || !waiting.is_reachable {
                let after = undelivered(&self.view, &waiting, None, self.now);
                if let Some(after) = after {
                    self.put(id, after);
                    return self.deal();
                }
            } else if !self.is_blocked && self.view.terms.phase != Phase::Paused {
                self.leave(id);
            }
        }
    }

    /// The message of an open invitation leaves, with its time in it.
    fn leave(&mut self, id: InvitationId) {
        let Some(open) = self.view.invitations.get_mut(&id).filter(|found| found.state == State::Open) else { return };
        let until = self.view.terms.lapses_once_sent(open, self.now);
        (open.waits, open.lapses_at) = (false, Some(until));
        self.promised.insert(id, until);
    }

    fn apply(&mut self, action: &Action) {
        let what = match *action {
            Action::Invite { contact, size, seats, lapses_at } => {
                let id = InvitationId(1 + i64::try_from(self.contacts.len()).unwrap());
                // I2 I4
                assert!(self.contacts.values().all(|other| *other != contact), "invited twice");
                assert!(self.view.line().iter().all(|(_, waiting)| !waiting.is_reachable), "somebody waits");
                assert!(lapses_at > self.now && self.now < self.view.terms.cut_off, "I10");
                let before = self.view.candidates.iter().take_while(|other| other.contact != contact);
                let is_passed = |other: &Candidate| other.unreachable.is_some() || other.asleep_until.is_some();
                assert!(before.into_iter().all(is_passed), "I4");
                self.view.candidates.retain(|other| other.contact != contact);
                self.contacts.insert(id, contact);
                self.invited.push(contact);
                let blank = Invitation::blank(self.now);
                self.put(
                    id,
                    Invitation { state: State::Open, size, seats, lapses_at: Some(lapses_at), waits: true, ..blank },
                );
                self.told.push((id, 1, "invite"));
                return;
            }
            Action::Skip(contact, _) => {
                self.view.candidates.retain(|other| other.contact != contact);
                self.skipped.insert(contact);
                return;
            }
            Action::Lapse(id) => {
                assert!(self.promised[&id] <= self.now, "D19: it was said to be open until {}", self.promised[&id]);
                None
            }
            Action::Seat(_) => Some("seat"),
            Action::Offer { .. } => Some("offer"),
            Action::AskAgain(_) => Some("ask"),
            Action::Remind(_) => Some("remind"),
        };
        let id = action.of().unwrap();
        let mut invitation = self.view.invitations[&id].clone();
        action.apply(&mut invitation, self.now);
        // Each seat from the line follows another answer.
        let turn = if matches!(action, Action::Seat(_)) { self.answers } else { invitation.round };
        self.told.extend(what.map(|what| (id, turn, what)));
        self.put(id, invitation);
    }

    /// Writes an invitation down, and its seats row by row: the rows are the referee.
    fn put(&mut self, id: InvitationId, invitation: Invitation) {
        let is_taken = invitation.state == State::Held;
        let mut wanted = invitation.seats;
        for row in &mut self.rows {
            if let Some((owner, taken)) = row
                && *owner == id
            {
                if wanted > 0 {
                    (*taken, wanted) = (is_taken, wanted - 1);
                } else {
                    *row = None;
                }
            }
        }
        for row in self.rows.iter_mut().filter(|row| row.is_none()).take(wanted as usize) {
            (*row, wanted) = (Some((id, is_taken)), wanted - 1);
        }
        assert_eq!(wanted, 0, "there are not so many free seats");
        self.view.invitations.insert(id, invitation);
    }

    pub(crate) fn answer(&mut self, id: InvitationId, word: Word, many: u32) {
        let before = self.view.invitations[&id].clone();
        self.answers += 1;
        if let Outcome::Stands(after) = answer(&self.view, (id, &before), (word, many), self.now) {
            let yes = matches!(word, Word::Yes | Word::Probably);
            if yes && before.state == State::Open && self.view.terms.overbook == 0 {
                assert_eq!(after.state, State::Held, "I3");
                assert_eq!(after.seats, many.min(before.size), "I3");
            }
            if yes && before.state == State::Held {
                assert!(after.seats >= before.seats.min(many), "I8");
            }
            self.put(id, after.clone());
            // I6: the same answer twice is one.
            let again = answer(&self.view, (id, &after), (word, many), self.now);
            let seated = |outcome: &Outcome| match outcome {
                Outcome::Stands(found) => Some((found.state, found.seats)),
                _ => None,
            };
            if before.state != State::Open && self.view.seats().free == 0 {
                assert_eq!(seated(&again), Some((after.state, after.seats)));
            }
            return self.deal_after(Some(id));
        }
        self.deal();
    }

    /// Time passes: what is due on the way is done when it is due.
    fn advance(&mut self, by: SignedDuration) {
        let until = later(self.now, by);
        self.stops.clear();
        while let Some(next) = next_at(&self.view, self.now).filter(|next| *next <= until) {
            assert!(next > self.now);
            self.now = next;
            self.stops.push(next);
            self.deal();
        }
        self.now = until;
        self.stops.push(until);
        self.deal();
    }

    fn change_seats(&mut self, more: i32) {
        for _ in more..0 {
            // Only what is nobody's can be taken away.
            if let Some(free) = self.rows.iter().rposition(Option::is_none) {
                self.rows.remove(free);
            }
        }
        self.rows.extend((0..more).map(|_| None));
        self.view.terms.seats = u32::try_from(self.rows.len()).unwrap();
        self.deal();
    }

    fn withdraw(&mut self, who: usize) {
        if let Some(id) = self.nth(who) {
            let withdrawn = Invitation {
                state: State::Withdrawn,
                seats: 0,
                lapses_at: None,
                lined_at: None,
                ..self.view.invitations[&id].clone()
            };
            self.put(id, withdrawn);
        }
        self.deal();
    }

    pub(crate) fn step(&mut self, op: &Op) {
        let before = self.view.clone();
        match *op {
            Op::Answer(who, word, many) => {
                if let Some(id) = self.nth(who) {
                    self.answer(id, word, many);
                }
            }
            Op::Advance(by) => self.advance(by),
            // What was called off stays so.
            Op::Phase(_) if before.terms.phase == Phase::Cancelled => {}
            Op::Phase(phase) => {
                self.view.terms.phase = phase;
                self.deal();
            }
            Op::Seats(more) => self.change_seats(more),
            Op::AddContact(reachable) => {
                self.add(reachable);
                self.deal();
            }
            Op::ChangeReach(who) => {
                if let Some(id) = self.nth(who) {
                    let found = self.view.invitations.get_mut(&id).unwrap();
                    found.is_reachable = !found.is_reachable;
                }
                // A contact with a new address may be invited after all, in its place.
                if let Some(contact) = self.skipped.pop_first() {
                    self.view.candidates.push(Candidate { contact, unreachable: None, asleep_until: None });
                    self.view.candidates.sort_by_key(|candidate| candidate.contact);
                }
                self.deal();
            }
            Op::Undelivered(who, other_way) => {
                if let Some(id) = self.nth(who)
                    && let Some(after) =
                        undelivered(&self.view, &self.view.invitations[&id], other_way.then_some(self.now), self.now)
                {
                    self.put(id, after);
                }
                self.deal();
            }
            Op::Sent(who) => {
                self.nth(who).into_iter().for_each(|id| self.leave(id));
                self.deal();
            }
            Op::Blocked(is_blocked) => {
                self.is_blocked = is_blocked;
                self.deal();
            }
            Op::Withdraw(who) => self.withdraw(who),
        }
        // I8: nobody loses a seat but by their own answer or the organizer's hand.
        if !matches!(op, Op::Answer(..) | Op::Withdraw(_)) {
            for (id, held) in before.all(State::Held) {
                assert!(self.view.invitations[&id].seats >= held.seats, "I8 {op:?}");
            }
        }
    }

    /// Everybody answers so long after every offer, as they do.
    pub(crate) fn play(&mut self, answers: &[(Word, i64)]) {
        for _hour in 0..600 {
            let due: Vec<InvitationId> = self
                .view
                .invitations
                .iter()
                .filter(|(id, found)| {
                    let (_, wait) = answers[usize::try_from(self.contacts[id].0 - 1).unwrap()];
                    later(found.dealt_at, hours(wait)) == self.now
                        && found.answered_at.is_none_or(|at| at < found.dealt_at)
                })
                .map(|(id, _)| *id)
                .collect();
            for id in due {
                let (word, _) = answers[usize::try_from(self.contacts[&id].0 - 1).unwrap()];
                self.answer(id, word, 1);
                self.check();
            }
            self.advance(hours(1));
        }
    }

    /// What holds at any time.
    pub(crate) fn check(&self) {
        let (view, terms) = (&self.view, &self.view.terms);
        // I1
        for (id, found) in &view.invitations {
            let rows: Vec<bool> =
                self.rows.iter().flatten().filter(|(owner, _)| owner == id).map(|row| row.1).collect();
            assert_eq!(rows.len(), found.seats as usize, "{found:?}");
            match found.state {
                State::Open => {
                    assert!(!rows.contains(&true), "{found:?}");
                    assert!(terms.overbook > 0 || found.seats == found.size, "{found:?}");
                }
                State::Held => assert!(!rows.contains(&false) && !rows.is_empty(), "{found:?}"),
                _ => assert!(rows.is_empty(), "{found:?}"),
            }
            assert_eq!(found.state == State::Open, found.lapses_at.is_some());
            if found.state == State::Open && !found.waits {
                assert!(found.lapses_at >= Some(self.promised[id]), "D19 {found:?}");
            }
            assert_eq!(found.state == State::Line, found.lined_at.is_some(), "{found:?}");
        }
        let seats = view.seats();
        assert_eq!(seats.taken + seats.reserved + seats.free, seats.total);
        // I5
        let is_dealt = terms.phase == Phase::Dealing && terms.lapses_at(self.now).is_some() && self.now < terms.cut_off;
        let open = u32::try_from(self.open().len()).unwrap();
        if is_dealt && open < terms.at_once && seats.free > 0 {
            assert!(view.candidates.is_empty(), "a seat is left over: {view:?}");
            assert!(view.line().iter().all(|(_, waiting)| !waiting.is_reachable), "somebody in line: {view:?}");
            assert!(!view.all(State::Maybe).any(|(_, maybe)| maybe.is_reachable && maybe.round == 1), "{view:?}");
        }
        // D17: what dealing would do at once has been done.
        if terms.phase == Phase::Dealing {
            assert!(!plan(view, self.now).contains(&Planned::Now), "{view:?}");
        }
        // I7
        let once: BTreeSet<_> = self.told.iter().collect();
        assert_eq!(once.len(), self.told.len(), "told twice: {:?}", self.told);
    }
}
