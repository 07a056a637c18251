//! `xchange event`.

use super::{Context, Failure, reason};
use crate::app::accounts::{self, Owned, authorize};
use crate::app::event::{Act, ActError, Events};
use crate::app::exchanges::Exchanges;
use crate::model::{TopicId, Word};
use crate::store::{Event, Tx};

mod details;
mod opened;
mod shown;

use details::Details;
use opened::Opened;

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
        #[command(flatten)]
        which: Which,
        /// Show it again whenever something changes, until Ctrl-C
        #[arg(long)]
        watch: bool,
    },
    /// Change an event; what is not given stays. A changed time or place is told to everybody who was asked
    Change {
        #[command(flatten)]
        which: Which,
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
        #[command(flatten)]
        which: Which,
        /// Only say what would happen: order, who is left out, who is reached in time, what it costs
        #[arg(long)]
        plan: bool,
    },
    /// Send nothing more until it goes on; answers are taken
    Pause(Which),
    /// Go on
    Resume(Which),
    /// Invite nobody new; a seat that comes free goes to those in line
    Close(Which),
    /// Call it off; everybody who may still come is told
    Cancel {
        #[command(flatten)]
        which: Which,
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
        #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
        many: Option<u32>,
    },
    /// Take an invitation back; a seat of theirs goes to the next
    Withdraw {
        /// The guest
        name: String,
    },
}

/// The event itself, as an argument.
#[derive(Debug, clap::Args)]
struct Which {
    /// The event, by its name or number, where there are several
    #[arg(value_name = "EVENT")]
    named: Option<String>,
}

impl Args {
    /// The event that is named, here or there.
    fn named(&self) -> Option<&str> {
        let which = match &self.what {
            What::Show { which, .. }
            | What::Change { which, .. }
            | What::Deal { which, .. }
            | What::Cancel { which, .. } => which,
            What::Pause(which) | What::Resume(which) | What::Close(which) => which,
            _ => return self.event.as_deref(),
        };
        which.named.as_deref().or(self.event.as_deref())
    }
}

fn word(text: &str) -> Result<Word, String> {
    Word::from_word(text).ok_or_else(|| "an answer is yes, probably, maybe or no".to_owned())
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("event")?;
    let events = Events::of(&site);
    let opened = Opened { context, site, events, args };
    match &args.what {
        What::New { name, details } => opened.make(name, details)?,
        What::List => opened.list()?,
        What::Show { watch, .. } => opened.show(*watch)?,
        What::Change { new_name, details, .. } => opened.change(new_name.as_deref(), details)?,
        What::Invite { names } => opened.invite(names)?,
        What::Deal { plan: true, .. } => opened.plan()?,
        What::Deal { plan: false, .. } => opened.act(&Act::Deal)?,
        What::Pause(_) => opened.act(&Act::Pause)?,
        What::Resume(_) => opened.act(&Act::Resume)?,
        What::Close(_) => opened.act(&Act::Close)?,
        What::Cancel { reason, yes, .. } => opened.cancel(reason.as_deref(), *yes)?,
        What::Answer { name, word, many } => opened.answer(name, (*word, *many))?,
        What::Withdraw { name } => opened.withdraw(name)?,
    }
    Ok(())
}

/// The event that is meant: the one named, or the only one.
pub(super) fn find(
    site: &Exchanges,
    name: Option<&str>,
    account: Option<&str>,
) -> Result<(Owned<TopicId>, Event), Failure> {
    site.store.read(|tx| found(tx, &Events::of(site), name, account))
}

/// The same in a transaction.
fn found(
    tx: &Tx<'_>,
    events: &Events,
    name: Option<&str>,
    account: Option<&str>,
) -> Result<(Owned<TopicId>, Event), Failure> {
    let mut found = Vec::new();
    for (_, reach) in accounts::hands(tx, account)? {
        for event in events.named(tx, reach, name)? {
            found.extend(authorize(tx, reach, event.topic)?.map(|id| (id, event)));
        }
    }
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

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Store(error) => error.into(),
            ActError::Key(error) => error.into(),
            ActError::NotTaken(_) | ActError::Begun | ActError::Untold => Self::no(error.to_string()),
            ActError::Faults(faults) => {
                Self::mistyped(&faults).hint("`xchange event new --help` shows how it is typed.")
            }
            ActError::Phase { .. } => Self::no(error.to_string()).hint("`xchange event show` says how it stands."),
            ActError::SeatsTaken { .. } => {
                Self::no(error.to_string()).hint("`xchange event withdraw NAME` takes an invitation back.")
            }
            other => Self::error(other.to_string()),
        }
    }
}
