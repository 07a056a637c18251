//! `xchange broadcast`.

use std::path::PathBuf;

use super::{Context, Failure, next};
use crate::app::accounts;
use crate::app::event::Events;
use crate::app::exchanges::Exchanges;
use crate::app::list::broadcasts::{self, Act, Draft};
use crate::app::list::{self, ListError, audience, people, planning, trial};
use crate::broadcast::Ways;
use crate::store::{Broadcast, BroadcastState, List, Tx};

mod shown;

/// Write to everybody of a list, once
///
/// A text is written, planned, and sent: the plan fixes who reads which words and says what it costs, how long it takes and who is
/// left out. `{first_name|there}` is somebody's own; behind the | stands what others read. `xchange serve` sends it, by day where
/// people are, and never twice.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  xchange broadcast new \"Hello {first_name|there}, we meet on Friday at 8.\"
  xchange broadcast plan
  xchange broadcast send --yes
  xchange broadcast show --watch
  xchange broadcast results --csv results.csv")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Which list, by its name, where there are several
    #[arg(long, value_name = "NAME", global = true)]
    list: Option<String>,
    /// Whose, instead of the site's
    #[arg(long, value_name = "EMAIL", global = true)]
    account: Option<String>,
    /// Which broadcast, by its number, where the newest is not meant
    #[arg(long, short = 'n', value_name = "NUMBER", global = true)]
    number: Option<i64>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write one; nothing is sent
    New {
        /// The text
        text: String,
        /// The subject of e-mails; usually who writes
        #[arg(long)]
        subject: Option<String>,
        /// Text whom texts reach and mail the others, or one of the two alone, or both
        #[arg(long, value_name = "WAYS", default_value = "either", value_parser = ["either", "sms", "email", "both"])]
        by: String,
        /// Only those with one of these tags
        #[arg(long, value_delimiter = ',')]
        tags: Vec<String>,
        /// To the address book instead of a list: texts go to whoever has texted before, e-mails to the others
        #[arg(long, conflicts_with = "event")]
        contacts: bool,
        /// To the guests of an event instead, as to the address book; their tags are open, held, line and maybe
        #[arg(long, value_name = "NAME")]
        event: Option<String>,
        /// Only to whoever has this phone or e-mail address; can be repeated
        #[arg(long, value_name = "ADDRESS")]
        only: Vec<String>,
    },
    /// Fix who reads which words; say what it costs and who is left out
    Plan,
    /// Send it to yourself first, as the first of its readers gets it
    Test {
        /// An e-mail address, or a phone that has texted this number
        address: String,
    },
    /// Send a plan, once; what is paused or has stopped goes on
    Send {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show how it goes, and what people wrote back
    Show {
        /// Until all of it has gone
        #[arg(long)]
        watch: bool,
    },
    /// Send nothing more for now
    Pause,
    /// Send nothing more
    Cancel {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Send what failed for a reason that may have passed once more
    Retry,
    /// What became of each
    Results {
        /// Write all of it into a file
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("broadcast")?;
    let now = site.clock.now();
    let account = args.account.as_deref();
    let list = match &args.what {
        What::New { contacts: true, .. } => {
            site.store.write(|tx| audience::of_contacts(tx, &site, accounts::reach_of(tx, account)?, now))?
        }
        What::New { event: Some(event), .. } => site.store.write(|tx| guests_of(tx, &site, (account, event)))?,
        _ => list::find(&site.store, account, args.list.as_deref())?.1,
    };
    if let What::New { text, subject, by, tags, only, .. } = &args.what {
        let only = site.store.read(|tx| people::at_addresses(tx, &list, only, site.country()))?;
        let draft = Draft {
            text: text.clone(),
            subject: subject.clone().unwrap_or_default(),
            ways: Ways::from_word(by).unwrap_or(Ways::Either),
            tags: tags.clone(),
            only,
        };
        let id = site.store.write(|tx| broadcasts::draft(tx, &list, &draft, now))?;
        context.ui.data(&format!("Broadcast {} to {:?} is written. Nothing has been sent.", id.0, list.name))?;
        let named = if list.slug.is_none() { format!(" --list {:?}", list.name) } else { String::new() };
        context.ui.talk(&format!("Next: {}.", next::command(context, &format!("broadcast plan{named}"))));
        return Ok(());
    }
    let broadcast = chosen(&site, &list, args.number)?;
    let id = broadcast.id;
    match &args.what {
        What::New { .. } => {}
        What::Plan => {
            let forecast = planning::plan(&site, id)?;
            shown::say_plan(context, &site, id, &forecast)?;
        }
        What::Test { address } => {
            site.store.write(|tx| trial::send(tx, &site, (id, address), now))?;
            context.ui.data("It is on its way to you alone.")?;
            next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
            context.ui.talk(&format!("Next: {}.", next::command(context, "broadcast send")));
        }
        What::Send { yes } => return send(context, &site, &broadcast, *yes),
        What::Show { watch: true } => return shown::watch(context, &site, id),
        What::Show { watch: false } => shown::show(context, &site, id)?,
        What::Pause => done(context, &site, &broadcast, Act::Pause)?,
        What::Cancel { yes } => {
            context.ui.confirm(*yes, "What has not gone out yet never will.", "Nothing was cancelled.")?;
            done(context, &site, &broadcast, Act::Cancel)?;
        }
        What::Retry => {
            let count = broadcasts::retry(&site, id)?;
            context.ui.data(&format!("{count} go out once more; the others failed for good."))?;
        }
        What::Results { csv } => shown::results(context, &site, id, csv.as_deref())?,
    }
    Ok(())
}

/// The list of an event's guests.
fn guests_of(tx: &Tx<'_>, site: &Exchanges, (account, named): (Option<&str>, &str)) -> Result<List, ListError> {
    let events = Events::of(site);
    for (_, reach) in accounts::hands(tx, account)? {
        if let [event] = &events.named(tx, reach, Some(named))?[..] {
            return audience::of_event(tx, site, (reach, event), site.clock.now());
        }
    }
    Err(ListError::NoEvent(named.to_owned()))
}

/// The broadcast of a number, or the newest of a list.
fn chosen(site: &Exchanges, list: &List, number: Option<i64>) -> Result<Broadcast, Failure> {
    let all = site.store.read(|tx| tx.broadcasts_of(list.id))?;
    let found = all.into_iter().find(|broadcast| number.is_none_or(|number| broadcast.id.0 == number));
    match (found, number) {
        (Some(found), _) => Ok(found),
        (None, Some(number)) => Err(ListError::NoBroadcast(number).into()),
        (None, None) => Err(Failure::error(format!("nothing has been written to {:?} yet", list.name))
            .hint("`xchange broadcast new TEXT` writes something.")),
    }
}

fn send(context: &Context, site: &Exchanges, broadcast: &Broadcast, yes: bool) -> Result<(), Failure> {
    let question = format!("{} messages with {} segments go out.", broadcast.messages, broadcast.segments);
    context.ui.confirm(yes || broadcast.state != BroadcastState::Planned, &question, "Nothing was sent.")?;
    done(context, site, broadcast, Act::Send)?;
    broadcasts::move_all(&site.store, site.clock.now())?;
    next::rehearsal(&site.settings).iter().for_each(|line| context.ui.talk(line));
    let (serve, show) = (next::command(context, "serve"), next::command(context, "broadcast show --watch"));
    context.ui.talk(&format!("Next: {serve} sends it, if it does not run already; {show}."));
    Ok(())
}

fn done(context: &Context, site: &Exchanges, broadcast: &Broadcast, act: Act) -> Result<(), Failure> {
    let (id, now) = (broadcast.id, site.clock.now());
    let changed = site.store.write(|tx| match act {
        Act::Send => broadcasts::send_as_shown(tx, id, broadcast.planned_at, now),
        act => broadcasts::act(tx, id, act, now),
    })?;
    let words = match (act, changed) {
        (Act::Send, true) => "is on its way",
        (Act::Send, false) => "was sent before; nothing goes out twice",
        (Act::Pause, true) => "is paused",
        (Act::Pause, false) => "was paused already",
        (Act::Cancel, true) => "is cancelled",
        (Act::Cancel, false) => "was cancelled already",
    };
    context.ui.data(&format!("Broadcast {} {words}.", id.0))
}
