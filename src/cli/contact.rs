//! `xchange contact`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, Failure, next, people};
use crate::app::accounts;
use crate::app::contacts::forgetting::{self, NotForgotten};
use crate::app::contacts::sheet::{self, ImportError, Taken};
use crate::app::contacts::{self, Found, Typed};
use crate::app::exchanges::Exchanges;
use crate::model::{ContactId, Email, Phone};
use crate::roster::{self, render_all};
use crate::store::Contact;

/// Keep the address book
///
/// Contacts are whom an organizer invites and writes to; the people of an exchange are not among them. They belong to the site, or with
/// --account to somebody who signs in to the pages.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange contact add \"Cleo Marsh\" --email cleo@example.org --tags family,club\n  xchange contact list club\n  \
                       xchange contact change \"Cleo Marsh\" --priority 1\n  xchange contact import friends.xlsx --dry-run\n  \
                       xchange contact export > contacts.csv"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Whose contacts, instead of the site's
    #[arg(long, value_name = "EMAIL", global = true)]
    account: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List contacts: all, or those in whose name, address or tags something stands
    List {
        /// What is looked for
        sought: Option<String>,
    },
    /// Add a contact
    Add {
        /// What they are called
        name: String,
        #[command(flatten)]
        details: Details,
    },
    /// Change a contact; what is not given stays, and "" takes something away
    Change {
        /// Their name, or their number where several have it
        name: String,
        /// Call them this from now on
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// Take contacts over from a CSV, XLSX or ODS file: adds and changes, removes nobody
    ///
    /// Columns: Name (or First name and Last name), Phone, Email, Priority, Tags, Note, in any order; others are left out, and named. A row
    /// is the contact of its name that has one of its addresses or, where there is one contact and one row of the name, that
    /// one. An empty cell changes nothing. With anything wrong in any row nothing is taken.
    Import {
        /// The spreadsheet
        spreadsheet: PathBuf,
        /// Only show what would be added and changed
        #[arg(long)]
        dry_run: bool,
    },
    /// Print all contacts as CSV, which can be taken over again
    Export,
    /// Forget a contact: the contact, and name and addresses in past invitations
    ///
    /// Whoever is invited to an event that is still to come is not forgotten before the invitation is taken back. What is not
    /// reached is said before anything is asked.
    Forget {
        /// Their name, or their number where several have it
        name: String,
        /// Only show what would go
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Remove a contact
    Remove {
        /// Their name, or their number where several have it
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Details {
    /// Where they are texted
    #[arg(long)]
    phone: Option<String>,
    /// Where they are written to
    #[arg(long)]
    email: Option<String>,
    /// 1 is invited first; usually 5
    #[arg(long, value_name = "NUMBER")]
    priority: Option<String>,
    /// With commas between them
    #[arg(long)]
    tags: Option<String>,
    /// Whatever is to be remembered
    #[arg(long)]
    note: Option<String>,
}

impl Details {
    /// Puts what is given into the place of what is there.
    fn put_into(&self, typed: &mut Typed) {
        let Self { phone, email, priority, tags, note } = self;
        for (given, place) in [
            (phone, &mut typed.phone),
            (email, &mut typed.email),
            (priority, &mut typed.priority),
            (tags, &mut typed.tags),
            (note, &mut typed.note),
        ] {
            if let Some(given) = given {
                place.clone_from(given);
            }
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("contact")?;
    let account = args.account.as_deref();
    match &args.what {
        What::List { sought } => list(context, &site, sought.as_deref().unwrap_or_default(), account)?,
        What::Add { name, details } => {
            let mut typed = Typed { name: name.clone(), ..Typed::default() };
            details.put_into(&mut typed);
            let contact = read(&typed, &site)?;
            let id = site.store.write(|tx| {
                let reach = accounts::reach_of(tx, account)?;
                Ok::<_, accounts::AccountError>(contacts::add(tx, reach, &contact, site.clock.now())?)
            })?;
            done(context, "Added", &contact, id.0)?;
            if !context.ui.json() {
                let command = |verb| next::command_for(context, verb, None);
                context.ui.talk(&format!(
                    "Next: {} for the others, then {}.",
                    command("contact add NAME"),
                    command("event new NAME --seats NUMBER --starts-at TIME")
                ));
            }
        }
        What::Change { name, new_name, details } => {
            let found = find(&site, name, account)?;
            let mut typed = Typed::from(&found.contact);
            details.put_into(&mut typed);
            typed.name.clone_from(new_name.as_ref().unwrap_or(&found.contact.name));
            let contact = read(&typed, &site)?;
            if !site.store.write(|tx| contacts::change(tx, found.id, &contact, found.revision))? {
                return Err(Failure::no("Somebody has changed this contact at the same time. Nothing was changed."));
            }
            done(context, "Changed", &contact, found.id.id().0)?;
        }
        What::Import { spreadsheet, dry_run } => import(context, &site, spreadsheet, account, *dry_run)?,
        What::Export => {
            let all = site.store.read(|tx| contacts::all(tx, "", account))?;
            let csv = sheet::export(all.iter().map(|(_, contact, _)| contact));
            context.ui.verbatim(csv.trim_end())?;
        }
        What::Forget { name, dry_run, yes } => forget(context, &site, &find(&site, name, account)?, *dry_run, *yes)?,
        What::Remove { name, yes } => {
            let found = find(&site, name, account)?;
            let question = format!("{:?} is removed for good.", found.contact.name);
            context.ui.confirm(*yes, &question, "Nothing was removed.")?;
            let removed = site.store.write(|tx| forgetting::remove(tx, found.id, site.clock.now()));
            removed.map_err(|error| not_forgotten(error, "removed"))?;
            done(context, "Removed", &found.contact, found.id.id().0)?;
        }
    }
    Ok(())
}

/// The contact that is typed, or everything that is wrong with it.
fn read(typed: &Typed, site: &Exchanges) -> Result<Contact, Failure> {
    typed
        .read(site.country())
        .map_err(|faults| Failure::mistyped(&faults).hint("`xchange contact add --help` shows how it is typed."))
}

fn find(site: &Exchanges, name: &str, account: Option<&str>) -> Result<Found, Failure> {
    let mut found = site.store.read(|tx| contacts::named(tx, name, account))?;
    match (found.pop(), found.as_slice()) {
        (Some(only), []) => Ok(only),
        (None, _) => Err(Failure::error(format!("there is no contact {name:?}"))
            .hint("`xchange contact list` names them, with their numbers.")),
        (Some(last), others) => {
            let numbers: Vec<String> = others.iter().chain([&last]).map(|found| found.id.id().0.to_string()).collect();
            Err(Failure::error(format!("there are several contacts {name:?}"))
                .hint(format!("Give the number instead: {}.", numbers.join(" or "))))
        }
    }
}

fn import(
    context: &Context,
    site: &Exchanges,
    spreadsheet: &Path,
    account: Option<&str>,
    dry_run: bool,
) -> Result<(), Failure> {
    let reach = site.store.read(|tx| accounts::reach_of(tx, account))?;
    let bytes = roster::on_disk(spreadsheet).map_err(|error| people::unreadable(spreadsheet, error))?;
    let imported = sheet::import(site, reach, (&bytes, spreadsheet), dry_run).map_err(|error| match error {
        ImportError::Sheet(problems) => Failure::error(format!("{}\n{}", people::UNSOUND, render_all(&problems))),
        ImportError::Store(error) => error.into(),
    });
    let (Taken { added, changed, same, notes }, warnings) = imported?;
    if context.ui.json() {
        return context.ui.document(&json!({
            "dry_run": dry_run, "added": added, "changed": changed, "same": same, "problems": warnings, "notes": notes,
        }));
    }
    if !warnings.is_empty() {
        context.ui.talk(&render_all(&warnings));
    }
    notes.iter().for_each(|note| context.ui.talk(&format!("note: {note}.")));
    context.ui.data(&people::imported((&[], &added), &changed, same, dry_run))?;
    let again = format!("contact import {}", spreadsheet.display());
    let then = if dry_run { &again } else { "event new NAME --seats NUMBER --starts-at TIME" };
    context.ui.talk(&format!("Next: {}.", next::command_for(context, then, None)));
    Ok(())
}

/// What forgetting a contact does not reach.
const KEPT: &str = "Not reached: exchanges, lists and desks, which forget by `xchange forget`, `list forget` and `desk forget`; that a phone \
                    or an e-mail address wants no more messages, which is kept as a hash of it; messages that were sent, what providers keep of them, the archive, backups.";

fn forget(context: &Context, site: &Exchanges, found: &Found, dry_run: bool, yes: bool) -> Result<(), Failure> {
    let (name, now) = (&found.contact.name, site.clock.now());
    // The inner error is what keeps it from being forgotten, the outer one the database's.
    let invitations = site
        .store
        .undone(|tx| Ok(forgetting::forget(tx, found.id, now)))?
        .map_err(|error| not_forgotten(error, "forgotten"))?;
    let would = if dry_run { "Would forget" } else { "Forgets" };
    if !context.ui.json() {
        let past = if invitations == 1 { "1 invitation".to_owned() } else { format!("{invitations} invitations") };
        context.ui.talk(&format!("{would} {name:?}: the contact, and name and addresses in {past}.\n{KEPT}"));
    }
    if !dry_run {
        context.ui.confirm(yes, "This cannot be taken back.", "Nobody was forgotten.")?;
        site.store
            .write(|tx| forgetting::forget(tx, found.id, now))
            .map_err(|error| not_forgotten(error, "forgotten"))?;
    }
    if context.ui.json() {
        return context.ui.document(&json!({"contact": name, "dry_run": dry_run, "invitations": invitations}));
    }
    if !dry_run {
        context.ui.talk(&format!("Forgot {name:?}."));
    }
    Ok(())
}

fn not_forgotten(error: NotForgotten, done: &str) -> Failure {
    match error {
        NotForgotten::Store(error) => error.into(),
        NotForgotten::Invited { ref name, ref event } => Failure::no(format!("{error}. Nothing was {done}."))
            .hint(format!("Take the invitation back by `xchange event withdraw {name:?} --event {event:?}`; then `xchange contact forget` takes them out.")),
        NotForgotten::BeingSent(_) => {
            Failure::no(format!("{error}. Nothing was {done}.")).hint("Try again in a minute.")
        }
    }
}

fn done(context: &Context, what: &str, contact: &Contact, number: i64) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(&as_json(number, contact, None));
    }
    context.ui.talk(&format!("{what} {:?}, number {number}.", contact.name));
    Ok(())
}

fn as_json(number: i64, contact: &Contact, owner: Option<&str>) -> serde_json::Value {
    let Contact { name, phone, email, priority, tags, note } = contact;
    let (phone, email) = (phone.as_ref().map(Phone::expose), email.as_ref().map(Email::expose));
    json!({"id": number.to_string(), "name": name, "phone": phone, "email": email, "priority": priority, "tags": tags,
        "note": note, "account": owner})
}

fn list(context: &Context, site: &Exchanges, sought: &str, account: Option<&str>) -> Result<(), Failure> {
    let listed = site.store.read(|tx| {
        let all = contacts::all(tx, sought, account)?.into_iter();
        all.map(|(id, contact, owner)| {
            let kept = contacts::out_of_reach(tx, &contact)?;
            Ok((id, contact, owner, kept))
        })
        .collect::<Result<Vec<_>, accounts::AccountError>>()
    })?;
    if context.ui.json() {
        let row = |(id, contact, owner, kept): &(ContactId, Contact, Option<String>, &str)| {
            let mut row = as_json(id.0, contact, owner.as_deref());
            row["reach"] = json!(kept);
            row
        };
        let rows: Vec<_> = listed.iter().map(row).collect();
        return context.ui.document(&json!({"contacts": rows}));
    }
    if listed.is_empty() {
        return context.ui.data(if sought.is_empty() { "There is no contact yet." } else { "No contact matches." });
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|(id, contact, owner, kept)| {
            vec![
                id.0.to_string(),
                contact.name.clone(),
                contact.phone.as_ref().map(|phone| phone.expose().to_owned()).unwrap_or_default(),
                contact.email.as_ref().map(|email| email.expose().to_owned()).unwrap_or_default(),
                contact.priority.to_string(),
                contact.tags.join(", "),
                contact.note.lines().next().unwrap_or_default().chars().take(40).collect(),
                (*kept).to_owned(),
                owner.clone().unwrap_or_else(|| "the site".to_owned()),
            ]
        })
        .collect();
    context.ui.table(&["no.", "name", "phone", "e-mail", "priority", "tags", "note", "reach", "of"], &rows)
}
