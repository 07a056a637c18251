//! `xchange list`.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Failure, next, reason};
use crate::app::exchanges::Exchanges;
use crate::app::list::{self, ListError, NewList, people, sheet};
use crate::roster::render_all;
use crate::store::{List, Reply};

mod taken;

/// Keep lists that people sign up for
///
/// A list has a page, /join/NAME, where people sign up and agree; each is asked once to confirm, by text (YES) or by e-mail (a
/// button). Whoever is imported with evidence of their consent is on it at once. `xchange broadcast` writes to all of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  xchange list new \"Club news\" --sender \"Hill Club\"
  xchange list import members.csv
  xchange list subscribers club
  xchange list opt-out \"07700 900123\" --reason \"asked at the door\"")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Which list, by its name, where there are several
    #[arg(long, value_name = "NAME", global = true)]
    list: Option<String>,
    /// Whose, instead of the site's
    #[arg(long, value_name = "EMAIL", global = true)]
    account: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a list, and its page
    New {
        /// What it is called
        name: String,
        /// Who writes, as people read it; usually the list's name
        #[arg(long)]
        sender: Option<String>,
        /// What people agree to; every version is kept
        #[arg(long)]
        wording: Option<String>,
        /// The last part of the page's address
        #[arg(long)]
        slug: Option<String>,
    },
    /// Show the lists: how many are on each, and what they read
    Show {
        /// Every text that people read, with its name
        #[arg(long)]
        messages: bool,
    },
    /// Say one text in other words, or `wording`: what people agree to
    Reword {
        /// Its name, as `list show --messages` has it
        name: String,
        /// The words
        text: String,
    },
    /// List who is on it, addresses masked; with a whole address, everything they agreed to
    Subscribers {
        /// Part of a name or a tag, or an address
        sought: Option<String>,
    },
    /// Take people over from a CSV, XLSX or ODS file; those without evidence of their consent are asked first
    Import {
        /// With the columns First name, Last name, Phone, Email, Consent, Tags, Time zone
        spreadsheet: PathBuf,
        /// Take nobody; say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Print everybody as CSV, which can be taken over again
    Export,
    /// Write down that somebody wants no more, who asked for it in another way
    OptOut {
        /// Their phone or e-mail address
        address: String,
        /// How they asked
        #[arg(long, value_parser = reason)]
        reason: String,
    },
    /// Forget somebody: name, addresses and what they wrote
    Forget {
        /// Their phone or e-mail address
        address: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        let hint = match &error {
            ListError::Unknown(_) => Some("`xchange list show` names them."),
            ListError::Which(names) if names.is_empty() => Some("`xchange list new NAME` makes one."),
            ListError::Which(_) => Some("Name one with --list."),
            ListError::Taken(_) => Some("Give it another one with --slug."),
            ListError::Nobody(_) => Some("`xchange list subscribers` names them."),
            ListError::NoEvent(_) => Some("`xchange event list` names them."),
            ListError::NoExchange(_) => Some("`xchange exchange list` names them."),
            ListError::NoBroadcast(_) => Some("`xchange broadcast show` numbers them."),
            ListError::Plan(_) => Some("Nothing was kept. `xchange broadcast --help` shows what may stand in a text."),
            _ => None,
        };
        let failure = match error {
            ListError::Store(error) => return error.into(),
            ListError::Account(error) => return error.into(),
            ListError::Key(error) => return error.into(),
            ListError::Faults(faults) => Self::mistyped(&faults),
            ListError::Sheet(ref problems) => Self::error(format!("{error}\n{}", render_all(problems))),
            other => Self::error(other.to_string()),
        };
        hint.into_iter().fold(failure, Self::hint)
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("list")?;
    let account = args.account.as_deref();
    if let What::New { name, sender, wording, slug } = &args.what {
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        let new = NewList { name: name.clone(), sender: text(sender), wording: text(wording), slug: text(slug) };
        return made(context, &site, &list::make(&site, account, &new)?);
    }
    if let (What::Show { messages }, None) = (&args.what, &args.list) {
        return show_all(context, &site, account, *messages);
    }
    let (_, list) = list::find(&site.store, account, args.list.as_deref())?;
    let (store, now) = (&site.store, site.clock.now());
    match &args.what {
        What::New { .. } => {}
        What::Show { messages } => show(context, &site, &[list], *messages)?,
        What::Reword { name, text } => {
            store.write(|tx| list::reword(tx, &list, name, text, now))?;
            context.ui.talk(&format!("{name} of {:?} is now said in these words.", list.name));
        }
        What::Subscribers { sought } => {
            taken::subscribers(context, &site, &list, sought.as_deref().unwrap_or_default())?;
        }
        What::Import { spreadsheet, dry_run } => taken::import(context, &site, &list, spreadsheet, *dry_run)?,
        What::Export => {
            let csv = store.read(|tx| sheet::export(tx, list.id))?;
            context.ui.verbatim(&csv)?;
        }
        What::OptOut { address, reason } => {
            let count = store.write(|tx| people::opt_out(tx, &list, (address, site.country()), reason, now))?;
            context.ui.talk(&format!("Noted; {} of {:?} get nothing more there.", next::people(count), list.name));
        }
        What::Forget { address, yes } => {
            let question = "Name, addresses and what they wrote go for good; that they wanted no more stays known.";
            context.ui.confirm(*yes, question, "Nobody was forgotten.")?;
            let count = store.write(|tx| people::forget(tx, &site, &list, address))?;
            context.ui.talk(&format!("Forgot {}.", next::people(count)));
        }
    }
    Ok(())
}

/// Where people sign up; what stands for people who are kept elsewhere has no page.
fn page_of(site: &Exchanges, list: &List) -> Option<String> {
    let public = site.settings.listener.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/'));
    list.slug.as_ref().map(|slug| format!("{}/join/{slug}", public.unwrap_or_default()))
}

fn made(context: &Context, site: &Exchanges, list: &List) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(&as_json(site, list, &[], &[]));
    }
    context.ui.data(&format!("Made {:?}. People sign up at {}", list.name, page_of(site, list).unwrap_or_default()))?;
    let import = next::command(context, "list import FILE");
    context.ui.talk(&format!(
        "Next: {import} for those who have agreed before, {} for the page.",
        next::command(context, "serve")
    ));
    Ok(())
}

fn show_all(context: &Context, site: &Exchanges, account: Option<&str>, messages: bool) -> Result<(), Failure> {
    let mut lists = Vec::new();
    site.store.read(|tx| {
        for (_, reach) in crate::app::accounts::hands(tx, account)? {
            lists.extend(list::within(tx, reach)?);
        }
        Ok::<_, ListError>(())
    })?;
    show(context, site, &lists, messages)?;
    Ok(())
}

/// How many replies to no broadcast are shown.
const NAMED: u32 = 20;

type Counts = [(String, String, u64)];

fn as_json(site: &Exchanges, list: &List, counts: &Counts, replies: &[Reply]) -> serde_json::Value {
    let replies: Vec<_> = replies.iter().map(|it| json!({ "name": it.name, "text": it.text, "at": it.at })).collect();
    let counts: Vec<_> =
        counts.iter().map(|(sms, email, count)| json!({ "sms": sms, "email": email, "people": count })).collect();
    json!({
        "id": list.id.0.to_string(), "list": list.name, "slug": list.slug, "sender": list.sender, "wording": list.wording,
        "page": page_of(site, list), "subscribers": counts, "replies": replies,
    })
}

fn show(context: &Context, site: &Exchanges, lists: &[List], messages: bool) -> Result<(), Failure> {
    let of = |list: &List| {
        site.store.read(|tx| Ok::<_, ListError>((tx.count_subscribers(list.id)?, tx.replies(list.id, None, NAMED)?)))
    };
    let counted: Result<Vec<_>, Failure> = lists.iter().map(|list| Ok((list, of(list)?))).collect();
    let counted = counted?;
    if context.ui.json() {
        let lists: Vec<_> =
            counted.iter().map(|(list, (counts, replies))| as_json(site, list, counts, replies)).collect();
        return context.ui.document(&json!({ "lists": lists }));
    }
    if lists.is_empty() {
        return context.ui.data(&format!("There is no list yet. Next: {}.", next::command(context, "list new NAME")));
    }
    for (list, (counts, replies)) in &counted {
        let of = |state: &str| -> u64 {
            counts.iter().filter(|(sms, email, _)| sms == state || email == state).map(|(.., count)| count).sum()
        };
        let all: u64 = counts.iter().map(|(.., count)| count).sum();
        context.ui.data(&format!(
            "{}: {all} on it, {} confirmed, {} asked, {} left. {}",
            list.name,
            of("confirmed"),
            of("asked"),
            of("withdrawn"),
            page_of(site, list).map(|page| format!("{page}\n  {}", list.wording)).unwrap_or_default(),
        ))?;
        for reply in replies {
            context.ui.data(&format!("  {}, to no broadcast: {}", reply.name, reply.text.replace('\n', " ")))?;
        }
        if messages {
            context.ui.data("")?;
            super::messages::print(context, ("list", &list.name), &list::texts(list))?;
        }
    }
    Ok(())
}
