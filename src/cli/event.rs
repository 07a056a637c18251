//! `xchange event`.

use std::time::Duration;

use serde_json::json;

use super::{Context, Ending, Failure, next, reason};
use crate::app::accounts::{self, Owned, authorize};
use crate::app::contacts;
use crate::app::event::{Act, ActError, Events, Typed};
use crate::app::exchanges::Exchanges;
use crate::model::{ContactId, TopicId, Word};
use crate::store::{Event, Guest, InvitedBy, StoreError, Tx};

mod details;
mod shown;

use details::Details;

/// Invite people until the seats are full
///
/// Say who, how many seats and when. A few are invited at a time, by text or e-mail, until YES and PROBABLY fill the seats; whoever
/// declines or stays silent is replaced by the next. Nothing is sent before `event deal`. Guests are the site's contacts: first those
/// that the event names, then by priority, then by age.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange event new Dinner --seats 6 --starts-at \"2026-12-04 19:00\" --first \"Ada Hill\"\n  \
                       xchange event deal --plan\n  xchange event deal\n  xchange event show --watch"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Which event, by its name or number, where there are several
    #[arg(long, value_name = "NAME", global = true)]
    event: Option<String>,
    /// Whose events, instead of the site's
    #[arg(long, value_name = "EMAIL", global = true)]
    account: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make an event; nothing is sent
    New {
        /// What it is called
        name: String,
        #[command(flatten)]
        details: Details,
    },
    /// List the events
    List,
    /// Show who was asked, what they said, and why nothing goes out
    Show {
        /// Show it again whenever something changes, until Ctrl-C
        #[arg(long)]
        watch: bool,
    },
    /// Change an event; what is not given stays. A changed time or place is told to everybody who was asked
    Change {
        /// Call it this from now on
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// Invite these before all others, in this order
    Invite {
        /// Contacts, by name or number
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Begin to deal the seats: invitations go out
    Deal {
        /// Only say what would happen: order, who is left out, who is reached in time, what it costs
        #[arg(long)]
        plan: bool,
    },
    /// Send nothing more until it goes on; answers are taken
    Pause,
    /// Go on
    Resume,
    /// Invite nobody new; a seat that comes free goes to those in line
    Close,
    /// Call it off; everybody who was asked is told
    Cancel {
        /// Why, for everybody to read
        #[arg(long, value_parser = reason)]
        reason: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Answer for somebody who told you; they are told how they stand
    Answer {
        /// The guest
        name: String,
        /// yes, probably, maybe or no
        #[arg(value_parser = word)]
        word: Word,
        /// For how many
        many: Option<u32>,
    },
    /// Take an invitation back; a seat of theirs goes to the next
    Withdraw {
        /// The guest
        name: String,
    },
}

fn word(text: &str) -> Result<Word, String> {
    Word::from_word(text).ok_or_else(|| "an answer is yes, probably, maybe or no".to_owned())
}

/// What a verb works on.
struct Opened<'a> {
    context: &'a Context,
    site: Exchanges,
    events: Events,
    args: &'a Args,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.about_the_site("event")?;
    let site = context.exchanges(context.site_file()?)?;
    let events = Events::of(&site);
    let opened = Opened { context, site, events, args };
    match &args.what {
        What::New { name, details } => opened.make(name, details)?,
        What::List => opened.list()?,
        What::Show { watch } => opened.show(*watch)?,
        What::Change { new_name, details } => opened.change(new_name.as_deref(), details)?,
        What::Invite { names } => opened.invite(names)?,
        What::Deal { plan: true } => opened.plan()?,
        What::Deal { plan: false } => opened.act(&Act::Deal)?,
        What::Pause => opened.act(&Act::Pause)?,
        What::Resume => opened.act(&Act::Resume)?,
        What::Close => opened.act(&Act::Close)?,
        What::Cancel { reason, yes } => opened.cancel(reason.as_deref(), *yes)?,
        What::Answer { name, word, many } => opened.answer(name, (*word, *many))?,
        What::Withdraw { name } => opened.withdraw(name)?,
    }
    Ok(Ending::Done)
}

/// The event that is meant: the one named, or the only one.
pub(super) fn find(
    site: &Exchanges,
    name: Option<&str>,
    account: Option<&str>,
) -> Result<(Owned<TopicId>, Event), Failure> {
    let events = Events::of(site);
    let found = site.store.read(|tx| {
        let mut found = Vec::new();
        for (_, reach) in accounts::hands(tx, account)? {
            for event in events.named(tx, reach, name)? {
                found.extend(authorize(tx, reach, event.topic)?.map(|id| (id, event)));
            }
        }
        Ok::<_, accounts::AccountError>(found)
    })?;
    match <[_; 1]>::try_from(found) {
        Ok([only]) => Ok(only),
        Err(none) if none.is_empty() => Err(match name {
            Some(name) => Failure::error(format!("there is no event {name:?}")),
            None => Failure::error("there is no event yet"),
        }
        .hint("`xchange event new NAME --seats 6 --starts-at TIME` makes one; `xchange event list` lists them.")),
        Err(several) => {
            let names: Vec<String> =
                several.iter().map(|(id, event)| format!("{:?} (number {})", event.name, id.id().0)).collect();
            Err(Failure::error(format!("there are several events: {}", names.join(", ")))
                .hint("Say which with --event NAME or its number."))
        }
    }
}

impl Opened<'_> {
    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, ActError>) -> Result<T, Failure> {
        Ok(self.site.store.write(work)?)
    }

    fn command(&self, verb: &str) -> String {
        next::command_for(self.context, verb, None)
    }

    /// The event that is meant.
    fn find(&self) -> Result<(Owned<TopicId>, Event), Failure> {
        find(&self.site, self.args.event.as_deref(), self.args.account.as_deref())
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

    /// The guest of this name.
    fn guest(&self, name: &str) -> Result<Guest, Failure> {
        let (id, _) = self.find()?;
        let wanted = name.trim().to_lowercase();
        let found = self.site.store.read(|tx| {
            let all = tx.guests(id.id(), true)?;
            let mut called: Vec<Guest> = all
                .into_iter()
                .filter(|guest| guest.name.to_lowercase() == wanted || guest.id.0.to_string() == wanted)
                .collect();
            match (called.pop(), called.is_empty()) {
                (Some(only), true) => tx.guest(InvitedBy::Id(only.id)),
                _ => Ok::<_, StoreError>(None),
            }
        })?;
        found.ok_or_else(|| {
            Failure::error(format!("nobody, or more than one, is invited by the name {name:?}")).hint(
                "`xchange event show --json` shows everybody with the number of the invitation, which does as well.",
            )
        })
    }

    fn make(&self, name: &str, details: &Details) -> Result<(), Failure> {
        let mut typed = Typed { name: name.to_owned(), ..Typed::default() };
        details.put_into(&mut typed);
        let first = self.contacts(&details.first)?;
        let account = self.args.account.as_deref();
        let reach = self.site.store.read(|tx| accounts::reach_of(tx, account))?;
        let event = self.write(|tx| {
            let event = self.events.create(tx, reach, &typed)?;
            let id = authorize(tx, reach, event.topic)?.ok_or(ActError::Gone)?;
            self.events.invite_first(tx, id, &first)?;
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

    fn list(&self) -> Result<(), Failure> {
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

    fn show(&self, watch: bool) -> Result<(), Failure> {
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

    fn change(&self, new_name: Option<&str>, details: &Details) -> Result<(), Failure> {
        let (id, before) = self.find()?;
        let mut typed = Typed::from(&before);
        details.put_into(&mut typed);
        typed.name = new_name.unwrap_or(&before.name).to_owned();
        let first = self.contacts(&details.first)?;
        let event = self.write(|tx| {
            self.events.reword(tx, id, &details.message)?;
            self.events.invite_first(tx, id, &first)?;
            self.events.change(tx, id, &typed)
        })?;
        let told = if event.revision > before.revision { " Everybody who was asked is told." } else { "" };
        self.context.ui.talk(&format!("Changed {:?}.{told}", event.name));
        Ok(())
    }

    fn invite(&self, names: &[String]) -> Result<(), Failure> {
        let (id, event) = self.find()?;
        let first = self.contacts(names)?;
        self.write(|tx| self.events.invite_first(tx, id, &first))?;
        self.context.ui.talk(&format!("{} come before all others of {:?}.", next::names(names), event.name));
        Ok(())
    }

    fn plan(&self) -> Result<(), Failure> {
        let (_, event) = self.find()?;
        let timezone = event.timezone.clone();
        let planning = self.site.store.read(|tx| self.events.plan(tx, event))?;
        shown::plan(&self.context.ui, &planning, &timezone)?;
        if !self.context.ui.json() {
            self.context.ui.talk(&format!("Next: {} sends the first invitations.", self.command("event deal")));
        }
        Ok(())
    }

    fn act(&self, act: &Act) -> Result<(), Failure> {
        let (id, _) = self.find()?;
        if *act == Act::Deal {
            // The links in invitations are made from the key.
            self.site.keys.identity_or_new(None).map_err(ActError::Key)?;
            if !self.events.has_public_address() {
                self.context.ui.talk(
                    "warning: without public_url under [listener] invitations carry no link, so only those who are texted can answer",
                );
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
            Act::Cancel(_) => "is cancelled; everybody who was asked is told",
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

    fn cancel(&self, reason: Option<&str>, yes: bool) -> Result<(), Failure> {
        let (_, event) = self.find()?;
        let question = format!("{:?} is called off for good, and everybody who was asked is told.", event.name);
        if !yes && !self.context.ui.confirm(&question)? {
            return Err(Failure::no("Nothing was changed."));
        }
        self.act(&Act::Cancel(reason.unwrap_or_default().to_owned()))
    }

    fn answer(&self, name: &str, answer: (Word, Option<u32>)) -> Result<(), Failure> {
        let guest = self.guest(name)?;
        let answered = self.write(|tx| self.events.answer_for(tx, &guest, answer))?;
        self.context.ui.talk(&format!("{} is told: {}", answered.guest.name, answered.words));
        Ok(())
    }

    fn withdraw(&self, name: &str) -> Result<(), Failure> {
        let guest = self.guest(name)?;
        self.write(|tx| self.events.withdraw(tx, &guest))?;
        self.context.ui.talk(&format!("The invitation of {} is taken back.", guest.name));
        Ok(())
    }
}

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Store(error) => error.into(),
            ActError::Key(error) => error.into(),
            ActError::Faults(_) => Self::error(error.to_string())
                .hint("Nothing was kept. `xchange event new --help` shows how it is typed."),
            ActError::Phase { .. } => Self::no(error.to_string()).hint("`xchange event show` says how it stands."),
            ActError::SeatsTaken { .. } => {
                Self::no(error.to_string()).hint("`xchange event withdraw NAME` takes an invitation back.")
            }
            other => Self::error(other.to_string()),
        }
    }
}
