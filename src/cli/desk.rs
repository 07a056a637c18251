//! `xchange desk`.

use jiff::Timestamp;
use serde_json::json;

use super::{Context, Failure, next};
use crate::app::accounts;
use crate::app::desk::hosts::{self, TypedHost};
use crate::app::desk::making::{self, TypedDesk};
use crate::app::desk::{self, Desk, keeping};
use crate::app::exchanges::Exchanges;
use crate::roster::SiteFile;
use crate::store::{Reach, Store};
use crate::web::signature::webhook_url;

mod board;
mod host;
mod visits;

/// Keep a front desk: visitors announced to their host, goodbyes on time, and who is inside
///
/// A tablet at the door, or you, checks visitors in. Their host is told at once by text and e-mail; a host is with one visitor at a
/// time. When it is time the visitor is told. Who is inside is read from the database alone, also while nothing serves.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange desk new Reception --address \"1 Mill Lane\"\n  \
                             xchange desk host add \"Ada Hill\" --phone \"+44 7700 900123\"\n  \
                             xchange desk visit \"Cleo Marsh\" --host \"Ada Hill\" --until \"45 min\" --consent\n  \
                             xchange desk inside --print inside.html")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Which desk, where there are several: its name or its number
    #[arg(long, value_name = "NAME", global = true)]
    desk: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a desk
    New {
        /// What it is called
        name: String,
        #[command(flatten)]
        details: Details,
        /// Whose it is, instead of the site's
        #[arg(long, value_name = "EMAIL")]
        account: Option<String>,
    },
    /// Change a desk; what is not given stays
    Change {
        /// Call it this from now on
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
        /// Say a text differently: its name, "=", the text; with nothing behind it is said as usual again
        #[arg(long = "message", value_name = "NAME=TEXT")]
        messages: Vec<String>,
        /// Make the kiosk's link anew, so that the tablets paired before are paired no more
        #[arg(long)]
        new_link: bool,
    },
    /// List the desks
    List,
    /// Show a desk: who is inside, who is free, what waits to be sent, the kiosk's link
    Show {
        /// Show it again whenever something has changed
        #[arg(long)]
        watch: bool,
    },
    /// List every text that hosts and visitors read
    Messages,
    /// Keep the hosts
    Host(host::Args),
    /// Check a visitor in
    Visit(visits::Visit),
    /// A visitor leaves
    Leave(visits::Leave),
    /// A visitor stays longer, or less long
    Extend(visits::Extend),
    /// A visit does not take place
    Cancel(visits::Cancel),
    /// List who is inside, from the database alone
    Inside {
        /// Write a page to be printed, with a box to tick beside each; never overwrites
        #[arg(long, value_name = "FILE")]
        print: Option<std::path::PathBuf>,
    },
    /// Empty the rows of past visitors; says first how many
    Expire {
        /// Those who left before: a day such as 2026-06-01, or so long ago, such as "30 days"
        #[arg(long, value_name = "WHEN")]
        before: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Empty the rows of somebody's past visits; says first how many
    Forget {
        /// What they are called
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Details {
    /// Where it stands
    #[arg(long)]
    address: Option<String>,
    /// Its time zone, such as Europe/London; usually the site's
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// When it opens, such as 09:00; "" with --closes "": always open, as it usually is
    #[arg(long, value_name = "TIME")]
    opens: Option<String>,
    /// When it closes
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
    /// How long visitors' names and addresses are to be kept; usually 30 days
    #[arg(long, value_name = "LENGTH", value_parser = days)]
    keep: Option<u32>,
}

impl Details {
    fn typed(&self, name: Option<String>) -> TypedDesk {
        let Self { address, timezone, opens, closes, keep } = self;
        TypedDesk {
            name,
            address: address.clone(),
            timezone: timezone.clone(),
            opens: opens.clone(),
            closes: closes.clone(),
            keep_days: *keep,
            ..TypedDesk::default()
        }
    }
}

/// A length of whole days: `30d`, `30 days`, `P30D`.
fn days(text: &str) -> Result<u32, String> {
    keeping::days(text).ok_or_else(|| "write a length such as 30 days".to_owned())
}

/// What a verb of a desk is given.
struct At<'a> {
    context: &'a Context,
    site: Exchanges,
    desk: Desk,
}

impl At<'_> {
    fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    /// A command of this desk as it is typed here.
    fn next(&self, verb: &str) -> String {
        next::command(self.context, &format!("desk {verb}"))
    }

    /// The link that pairs a tablet; only its path where the public address is not known.
    fn kiosk(&self) -> Result<String, Failure> {
        let path = self.desk.kiosk_path(&desk::links(&self.site))?;
        let public = self.site.settings.listener.public_url.as_ref();
        Ok(public.map_or_else(|| path.clone(), |public| webhook_url(public, &path)))
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.about_the_site("desk")?;
    let file = context.site_file()?;
    let site = match &args.what {
        // What only looks leaves no database behind.
        What::List | What::Show { .. } | What::Inside { .. } | What::Messages => looking(context, file)?,
        _ => context.exchanges(file)?,
    };
    match &args.what {
        What::New { name, details, account } => {
            return new(context, &site, &details.typed(Some(name.clone())), account.as_deref());
        }
        What::List => return list(context, &site),
        _ => {}
    }
    let desk = site.store.read(|tx| desk::find(tx, args.desk.as_deref()))?;
    let at = At { context, site, desk };
    match &args.what {
        What::New { .. } | What::List => {}
        What::Change { new_name, details, messages, new_link } => {
            let messages = messages.iter().map(|text| reworded(text)).collect::<Result<_, _>>()?;
            let typed = TypedDesk { messages, new_link: *new_link, ..details.typed(new_name.clone()) };
            change(&at, &typed)?;
        }
        What::Show { watch } => board::show(&at, *watch)?,
        What::Messages => super::messages::print(context, ("desk", &at.desk.stored.name), &desk::wordings(&at.desk))?,
        What::Host(args) => host::run(args, &at)?,
        What::Visit(args) => visits::visit(args, &at)?,
        What::Leave(args) => visits::leave(args, &at)?,
        What::Extend(args) => visits::extend(args, &at)?,
        What::Cancel(args) => visits::cancel(args, &at)?,
        What::Inside { print } => board::inside(&at, print.as_deref())?,
        What::Expire { before, yes } => visits::expire(&at, before.as_deref(), *yes)?,
        What::Forget { name, yes } => visits::forget(&at, name, *yes)?,
    }
    Ok(())
}

fn looking(context: &Context, file: SiteFile) -> Result<Exchanges, Failure> {
    let store = Store::open_to_look(&file.settings().database)?;
    let ask = super::passphrase::existing(context, &file.settings().seal.key_file);
    Ok(Exchanges::with(file, store, ask, context.clock.clone()))
}

fn reworded(text: &str) -> Result<(String, String), Failure> {
    let parts = text.split_once('=').map(|(name, text)| (name.trim().to_owned(), text.to_owned()));
    parts.ok_or_else(|| {
        Failure::error(format!("{text:?} says no name")).hint("Write --message \"goodbye=Thank you for coming.\"")
    })
}

fn new(context: &Context, site: &Exchanges, typed: &TypedDesk, account: Option<&str>) -> Result<(), Failure> {
    let owner = site.store.read(|tx| accounts::reach_of(tx, account))?.owner();
    let desk = site.store.write(|tx| making::make(tx, site, typed, owner))?;
    let at = At { context, site: site.clone(), desk };
    let (name, kiosk) = (&at.desk.stored.name, at.kiosk()?);
    if context.ui.json() {
        return context.ui.document(&json!({
            "id": at.desk.id().0.to_string(), "slug": at.desk.stored.slug, "desk": name, "kiosk": kiosk,
        }));
    }
    context.ui.talk(&format!("Made {name:?}; it is on {} time.", at.desk.stored.timezone));
    context.ui.talk(&format!("Next: {}.", at.next("host add NAME --phone PHONE")));
    Ok(())
}

fn change(at: &At<'_>, typed: &TypedDesk) -> Result<(), Failure> {
    let changed = at.site.store.write(|tx| {
        // The command line reaches whatever there is.
        let reach = at.desk.stored.owner.map_or(Reach::SITE, |owner| Reach::of(owner, false));
        let owned = accounts::authorize(tx, reach, at.desk.id())?.ok_or(desk::DeskError::NoDesk)?;
        making::change(tx, owned, typed)
    })?;
    at.context.ui.talk(&format!("Changed {:?}.", changed.stored.name));
    if typed.new_link {
        let at = At { context: at.context, site: at.site.clone(), desk: changed };
        at.context.ui.data(&at.kiosk()?)?;
    }
    Ok(())
}

fn list(context: &Context, site: &Exchanges) -> Result<(), Failure> {
    let desks = site.store.read(desk::all)?;
    if context.ui.json() {
        let row = |desk: &Desk| {
            json!({"id": desk.id().0.to_string(), "desk": desk.stored.name, "slug": desk.stored.slug,
                   "address": desk.stored.address, "timezone": desk.stored.timezone, "keep_days": desk.stored.keep_days})
        };
        context.ui.document(&json!({"desks": desks.iter().map(row).collect::<Vec<_>>()}))?;
    } else if desks.is_empty() {
        context.ui.data("There is no desk yet.")?;
    } else {
        let row = |desk: &Desk| {
            let hours = desk.stored.hours.as_ref().map_or("always".to_owned(), |(from, to)| format!("{from} to {to}"));
            let stored = &desk.stored;
            vec![
                stored.id.0.to_string(),
                stored.name.clone(),
                stored.address.clone(),
                stored.timezone.clone(),
                hours,
                format!("{} days", stored.keep_days),
            ]
        };
        let header = ["no.", "desk", "address", "time zone", "open", "keeps"];
        context.ui.table(&header, &desks.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// A host as they are typed at the command line.
fn typed_host(name: Option<&String>, details: &host::Details) -> TypedHost {
    let host::Details { phone, email, room } = details;
    TypedHost { name: name.cloned(), phone: phone.clone(), email: email.clone(), room: room.clone() }
}

/// The host of a name.
fn found(at: &At<'_>, name: &str) -> Result<crate::store::StoredHost, Failure> {
    Ok(at.site.store.read(|tx| hosts::find(tx, &at.desk, name))?)
}
