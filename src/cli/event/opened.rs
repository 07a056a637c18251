//! What the verbs of events do.

use std::time::Duration;

use serde_json::json;

use super::details::Details;
use super::{Args, find, found, shown};
use crate::app::accounts::{self, Owned, authorize};
use crate::app::contacts;
use crate::app::event::{Act, ActError, Answered, Events, Typed};
use crate::app::exchanges::Exchanges;
use crate::cli::{Context, Failure, next};
use crate::model::{ContactId, TopicId, Word};
use crate::store::{Event, Guest, StoreError, Tx};

/// What a verb works on.
pub(super) struct Opened<'a> {
    pub(super) context: &'a Context,
    pub(super) site: Exchanges,
    pub(super) events: Events,
    pub(super) args: &'a Args,
}

impl Opened<'_> {
    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, ActError>) -> Result<T, Failure> {
        Ok(self.site.store.write(work)?)
    }

    /// Does something about the event that is meant, which is looked for in the same transaction.
    fn write_to<T>(
        &self,
        work: impl FnOnce(&Tx<'_>, Owned<TopicId>, Event) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.site.store.write(|tx| {
            let (id, event) = found(tx, &self.events, self.args.named(), self.args.account.as_deref())?;
            work(tx, id, event)
        })
    }

    fn command(&self, verb: &str) -> String {
        next::command_for(self.context, verb, None)
    }

    /// The event that is meant.
    fn find(&self) -> Result<(Owned<TopicId>, Event), Failure> {
        find(&self.site, self.args.named(), self.args.account.as_deref())
    }

    /// The contacts of these names.
    fn contacts(&self, names: &[String]) -> Result<Vec<ContactId>, Failure> {
        let one = |name: &String| {
            let account = self.args.account.as_deref();
            let mut found = self.site.store.read(|tx| contacts::named(tx, name, account))?;
            match (found.pop(), found.is_empty()) {
                (Some(only), true) => Ok(only.id.id()),
                (None, _) => Err(Failure::error(format!("there is no contact {name:?}"))
                    .hint("`xchange contact add NAME --phone PHONE` adds one; `xchange contact list` names them.")),
                (Some(_), false) => Err(Failure::error(format!("there are several contacts {name:?}"))
                    .hint("Give the number instead; `xchange contact list` shows it.")),
            }
        };
        names.iter().map(one).collect()
    }

    pub(super) fn make(&self, name: &str, details: &Details) -> Result<(), Failure> {
        let mut typed = Typed { name: name.to_owned(), ..Typed::default() };
        details.put_into(&mut typed);
        let first = self.contacts(&details.first)?;
        let account = self.args.account.as_deref();
        let reach = self.site.store.read(|tx| accounts::reach_of(tx, account))?;
        let event = self.write(|tx| {
            let event = self.events.create(tx, reach, &typed)?;
            let id = authorize(tx, reach, event.topic)?.ok_or(ActError::Gone)?;
            self.events.name_first(tx, id, &first)?;
            self.events.reword(tx, id, &details.message)?;
            Ok(event)
        })?;
        if self.context.ui.json() {
            return self.context.ui.document(&json!({"id": event.topic.0.to_string(), "event": event.name}));
        }
        self.context.ui.talk(&format!(
            "Made {:?} with {} seats; nothing is sent yet.\nNext: {} says who would be asked and when.",
            event.name,
            event.terms.seats,
            self.command("event deal --plan")
        ));
        Ok(())
    }

    pub(super) fn list(&self) -> Result<(), Failure> {
        let listed = self.site.store.read(|tx| {
            let mut listed = Vec::new();
            for (_, reach) in accounts::hands(tx, self.args.account.as_deref())? {
                for event in tx.events_within(reach)? {
                    listed.push(self.events.show(tx, event)?);
                }
            }
            Ok::<_, accounts::AccountError>(listed)
        })?;
        shown::list(&self.context.ui, &listed)
    }

    pub(super) fn show(&self, watch: bool) -> Result<(), Failure> {
        let mut last = String::new();
        loop {
            let (id, _) = self.find()?;
            let shown = self.site.store.read(|tx| {
                let event = self.events.get(tx, id)?;
                event.map(|event| self.events.show(tx, event)).transpose()
            });
            let shown = shown.map_err(|error: StoreError| error)?.ok_or(ActError::Gone)?;
            let now = shown.as_json().to_string();
            if now != last {
                shown::event(&self.context.ui, &shown)?;
                last = now;
            }
            if !watch {
                return Ok(());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    pub(super) fn change(&self, new_name: Option<&str>, details: &Details) -> Result<(), Failure> {
        let first = self.contacts(&details.first)?;
        let (event, is_moved) = self.write_to(|tx, id, before| {
            let mut typed = Typed::from(&before);
            details.put_into(&mut typed);
            typed.name = new_name.unwrap_or(&before.name).to_owned();
            self.events.reword(tx, id, &details.message)?;
            self.events.name_first(tx, id, &first)?;
            let event = self.events.change(tx, id, &typed)?;
            let is_moved = event.revision > before.revision;
            Ok((event, is_moved))
        })?;
        let told = if is_moved { " Everybody who was asked is told." } else { "" };
        self.context.ui.talk(&format!("Changed {:?}.{told}", event.name));
        Ok(())
    }

    pub(super) fn invite(&self, names: &[String]) -> Result<(), Failure> {
        let (id, _) = self.find()?;
        let first = self.contacts(names)?;
        self.write(|tx| self.events.invite_first(tx, id, &first))?;
        self.context.ui.talk(&format!("To be invited before all others: {}.", next::names(names)));
        Ok(())
    }

    pub(super) fn plan(&self) -> Result<(), Failure> {
        let (_, event) = self.find()?;
        let timezone = event.timezone.clone();
        let planning = self.site.store.read(|tx| self.events.plan(tx, event))?;
        shown::plan(&self.context.ui, &planning, &timezone)?;
        if !self.context.ui.json() {
            self.context.ui.talk(&format!("Next: {} sends the first invitations.", self.command("event deal")));
        }
        Ok(())
    }

    pub(super) fn act(&self, act: &Act) -> Result<(), Failure> {
        let (id, _) = self.find()?;
        if *act == Act::Deal {
            // The links in invitations are made from the key.
            self.site.keys.identity_or_new(None).map_err(ActError::Key)?;
            for (is_there, without) in [
                (
                    self.events.has_public_address(),
                    "without public_url under [listener] invitations carry no link, so only those who are texted can answer",
                ),
                (self.events.has_name(), "without a name under [site] invitations do not say who writes"),
            ] {
                if !is_there {
                    self.context.ui.talk(&format!("warning: {without}"));
                }
            }
        }
        let shown = self.write(|tx| {
            let event = self.events.act(tx, id, act)?;
            Ok(self.events.show(tx, event)?)
        })?;
        if self.context.ui.json() {
            return self.context.ui.document(&shown.as_json());
        }
        let what = match act {
            Act::Deal | Act::Resume => "is being dealt",
            Act::Pause => "is paused; answers are taken",
            Act::Close => "is closed; nobody new is invited",
            Act::Cancel(_) => "is cancelled; everybody who may still come is told",
        };
        let next = match act {
            Act::Pause => format!("Next: {} goes on.", self.command("event resume")),
            Act::Deal | Act::Resume => format!(
                "Next: {} sends them and takes the answers; {} shows how it goes.",
                self.command("serve"),
                self.command("event show")
            ),
            Act::Close | Act::Cancel(_) => format!("Next: {} sends what waits.", self.command("serve")),
        };
        self.context.ui.talk(&format!("{:?} {what}: {}.\n{next}", shown.event.name, shown.why_in_words()));
        Ok(())
    }

    pub(super) fn cancel(&self, reason: Option<&str>, yes: bool) -> Result<(), Failure> {
        let (_, event) = self.find()?;
        let question = format!("{:?} is called off for good, and everybody who may still come is told.", event.name);
        self.context.ui.confirm(yes, &question, "Nothing was changed.")?;
        self.act(&Act::Cancel(reason.unwrap_or_default().to_owned()))
    }

    pub(super) fn answer(&self, name: &str, answer: (Word, Option<u32>)) -> Result<(), Failure> {
        let answered = self.write_to(|tx, id, _| {
            let guest = guest(tx, id, name)?;
            Ok(self.events.answer_for(tx, &guest, answer)?)
        })?;
        let Answered { guest, words, .. } = answered;
        let is = if guest.invitation.is_reachable { "is told" } else { "stands so, and cannot be told" };
        self.context.ui.talk(&format!("{} {is}: {words}", guest.name));
        Ok(())
    }

    pub(super) fn withdraw(&self, name: &str) -> Result<(), Failure> {
        let name = self.write_to(|tx, id, _| {
            let guest = guest(tx, id, name)?;
            self.events.withdraw(tx, &guest)?;
            Ok(guest.name)
        })?;
        self.context.ui.talk(&format!("The invitation of {name} is taken back."));
        Ok(())
    }
}

/// The guest of this name or number.
fn guest(tx: &Tx<'_>, event: Owned<TopicId>, name: &str) -> Result<Guest, Failure> {
    let wanted = name.trim().to_lowercase();
    let mut called = tx.guests(event.id(), true)?;
    called.retain(|guest| guest.name.to_lowercase() == wanted || guest.id.0.to_string() == wanted);
    match <[_; 1]>::try_from(called) {
        Ok([only]) => Ok(only),
        Err(_none_or_several) => Err(Failure::error(format!(
            "nobody, or more than one, is invited by the name {name:?}"
        ))
        .hint("`xchange event show --json` shows everybody with the number of the invitation, which does as well.")),
    }
}
