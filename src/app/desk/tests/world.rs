//! A reception with three hosts in a folder of its own.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::*;
use crate::app::exchange::ServedExchanges;
use crate::app::outbox::tests::world::{quick, site_in};
use crate::app::outbox::{MessageTopic, Outbox};
use crate::app::responder::{self, Answer};
use crate::app::served_topics::ServedTopics;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::messaging::sender::Sender;
use crate::model::Phone;
use crate::store::{Ended, StoredVisit};

pub(super) const ADA: &str = "Ada";
pub(super) const BEN: &str = "Ben";
pub(super) const CLEO: &str = "Cleo";

const ROSTER: &str = "[exchange]\nname = \"Hill family\"\n[[people]]\nname = \"Zoe\"\nemail = \"z@example.org\"\n\
                      [[people]]\nname = \"Yan\"\nemail = \"y@example.org\"\n";

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) site: Exchanges,
    pub(super) desk: Desk,
}

/// Somebody with a phone and an address, who stays for an hour with anybody.
pub(super) fn visitor(number: u32) -> Typed {
    Typed {
        name: format!("Visitor {number}"),
        phone: format!("+44 7700 902{number:03}"),
        email: format!("visitor{number}@example.org"),
        host: String::new(),
        until: "1 hour".to_owned(),
        consent: true,
    }
}

pub(super) fn host(name: &str, number: u32) -> hosts::TypedHost {
    hosts::TypedHost {
        name: Some(name.to_owned()),
        phone: Some(format!("+44 7700 901{number:03}")),
        email: Some(format!("host{number}@example.org")),
        room: Some(format!("2.{number}")),
    }
}

/// The site of a folder in which there is a desk.
pub(super) fn site(folder: &std::path::Path, clock: Clock) -> Exchanges {
    Exchanges::around(site_in(folder, "exchange.toml", clock))
}

impl World {
    pub(super) fn new() -> Self {
        Self::with("Asia/Kolkata", &[ADA, BEN, CLEO], "")
    }

    pub(super) fn in_zone(zone: &str) -> Self {
        Self::with(zone, &[ADA, BEN, CLEO], "")
    }

    pub(super) fn in_country(country: &str) -> Self {
        Self::with("Europe/London", &[ADA, BEN, CLEO], &format!("[site]\ncountry = \"{country}\"\n"))
    }

    pub(super) fn with(zone: &str, names: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("exchange.toml"), format!("{ROSTER}{more}")).expect("written");
        let site = site(folder.path(), Clock::system());
        let typed = making::TypedDesk {
            name: Some("Reception".to_owned()),
            address: Some("1 Mill Lane".to_owned()),
            timezone: Some(zone.to_owned()),
            ..making::TypedDesk::default()
        };
        let desk = site.store.write(|tx| {
            let desk = making::make(tx, &site, &typed, None)?;
            for (number, name) in (1..).zip(names) {
                hosts::put(tx, &site, &desk, None, &host(name, number))?;
            }
            Ok::<_, DeskError>(desk)
        });
        Self { folder, desk: desk.expect("a desk"), site }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.site.clock
    }

    pub(super) fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    pub(super) fn set_clock(&self, time: &str) {
        let time: Timestamp = time.parse().expect("a time");
        self.clock().advance(time.duration_since(self.now()));
    }

    pub(super) fn local(&self, at: Timestamp) -> String {
        self.desk.local(at).strftime("%H:%M").to_string()
    }

    pub(super) fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, DeskError>) -> Result<T, DeskError> {
        self.site.store.write(work)
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.site.store.read(work).expect("a database")
    }

    pub(super) fn check_in(&self, typed: &Typed) -> Result<CheckedIn, DeskError> {
        self.write(|tx| check_in(tx, &self.site, &self.desk, typed, false))
    }

    pub(super) fn kiosk(&self, typed: &Typed) -> Result<CheckedIn, DeskError> {
        self.write(|tx| check_in(tx, &self.site, &self.desk, typed, true))
    }

    pub(super) fn leave(&self, visit: &CheckedIn) -> Left {
        let left = self.write(|tx| Ok(leave(tx, &visit.visit, self.now(), self.now())?));
        left.expect("a database")
    }

    pub(super) fn close(&self) -> usize {
        self.write(|tx| Ok(leaving::close_overdue(tx, &self.desk, self.now())?)).expect("a database")
    }

    pub(super) fn host(&self, name: &str) -> StoredHost {
        self.site.store.read(|tx| hosts::find(tx, &self.desk, name)).expect("a host")
    }

    pub(super) fn phone_of_host(&self, number: u32) -> Phone {
        Phone::from_provider(&format!("+447700901{number:03}")).expect("a phone")
    }

    pub(super) fn visit(&self, visit: &CheckedIn) -> StoredVisit {
        self.read(|tx| tx.visit(visit.visit.id)).expect("a visit")
    }

    pub(super) fn ended(&self, visit: &CheckedIn) -> Option<Ended> {
        self.visit(visit).ended.map(|(_, ended)| ended)
    }

    pub(super) fn inside(&self) -> Vec<(String, &'static str)> {
        let inside = self.read(|tx| board::inside(tx, &self.desk, self.now()));
        inside.into_iter().map(|it| (it.visit.name, it.state)).collect()
    }

    pub(super) fn rows(&self) -> Vec<crate::store::OutboxRow> {
        self.read(|tx| {
            let rows = tx.messages()?;
            Ok(rows)
        })
    }

    /// Every message: its cause, how it stands, why it may be sent.
    pub(super) fn causes(&self) -> Vec<String> {
        self.rows().iter().map(|row| format!("{} {} {}", row.cause, row.state.word(), row.basis.word())).collect()
    }

    /// What a text is answered with.
    pub(super) fn text(&self, sid: &str, from: &Phone, body: &str) -> Option<String> {
        let exchanges = Arc::new(ServedExchanges::enter(self.site.clone()).expect("entered"));
        let topics = Arc::new(ServedTopics::new(exchanges, vec![Arc::new(ServedDesks)]));
        match responder::decide((&self.site.store, self.clock()), topics, (sid, from.clone(), body)) {
            Answer::Words(words) => Some(words),
            Answer::Silence => None,
        }
    }

    pub(super) fn outbox(&self, sender: Sender) -> Arc<Outbox> {
        outbox(&self.site, sender)
    }
}

/// A site's outbox, as far as it is its desks'.
pub(super) fn outbox(site: &Exchanges, sender: Sender) -> Arc<Outbox> {
    let topics: Arc<dyn Topics<dyn MessageTopic>> = Arc::new(ServedDesks);
    Outbox::new(site.store.clone(), sender, topics, &site.settings, site.clock.clone(), quick())
}
