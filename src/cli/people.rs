//! `xchange people`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, Failure, next};
use crate::app::exchange::differences::{Difference, differences};
use crate::app::exchange::editing::Place;
use crate::app::exchange::import::Imported;
use crate::model::{Deliver, Person};
use crate::roster::edit::{Edit, Edited, Fields};
use crate::roster::people_file::{self, Listed};
use crate::roster::{self, Roster, RosterError, Setting, render_all};

/// How many changes are shown before the rest is only counted.
const SHOWN: usize = 20;

/// List, add, change and remove people, and who may not give to whom; take people over from a spreadsheet
///
/// Changes the roster file where it says so and nowhere else: comments and layout stay. With -x NAME it is an exchange that is kept
/// in the database. What would break the roster is refused. People of a spreadsheet that `people = "..."` names are changed there.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  xchange people list
  xchange people add \"Finn Lane\" --phone \"07700 900129\" --household north
  xchange people change \"Finn Lane\" --phone \"\" --email finn@example.org
  xchange people exclude \"Finn Lane\" \"Ada Hill\" --both-ways
  xchange people import staff.xlsx --dry-run
  xchange people export > people.csv")]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List everybody, addresses masked
    List,
    /// Add somebody
    Add {
        /// Their name
        name: String,
        #[command(flatten)]
        about: About,
    },
    /// Change what is known of somebody; an empty value takes it away
    Change {
        /// Their name
        name: String,
        /// What they are called from now on, in the exclusions too
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        about: About,
    },
    /// Remove somebody, and the exclusions that name them
    Remove {
        /// Their name
        name: String,
    },
    /// Say that somebody may not give to somebody
    Exclude(Pair),
    /// Take such a saying back; one of a whole household stays
    Allow(Pair),
    /// List who may not give to whom
    Exclusions,
    /// Take people over from a CSV, XLSX or ODS file: adds and changes, removes nobody
    Import {
        /// The spreadsheet
        spreadsheet: PathBuf,
        /// Only show what would be added and changed
        #[arg(long)]
        dry_run: bool,
    },
    /// Print everybody as CSV, addresses and all
    Export,
}

#[derive(Debug, clap::Args)]
struct Pair {
    /// Who may not give
    giver: String,
    /// To whom
    receiver: String,
    /// Nor the other way round
    #[arg(long)]
    both_ways: bool,
}

#[derive(Debug, clap::Args)]
struct About {
    /// Where they text from, written any usual way
    #[arg(long, allow_hyphen_values = true)]
    phone: Option<String>,
    /// Where they are written to
    #[arg(long)]
    email: Option<String>,
    /// How they are told who they have; without it those with a phone text for it
    #[arg(long, value_name = "sms|email")]
    deliver: Option<String>,
    /// A household, team or couple of theirs; may be given several times
    #[arg(long = "household", value_name = "HOUSEHOLD")]
    households: Vec<String>,
    /// A wish, best first; may be given several times
    #[arg(long = "wish", value_name = "WISH")]
    wishes: Vec<String>,
}

impl About {
    /// What is given; an empty text takes it away.
    fn fields(&self, name: Option<&String>) -> Fields {
        let text = |text: &String| (!text.is_empty()).then(|| Setting::Text(text.clone()));
        let texts = |list: &[String]| list.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>();
        let mut fields: Fields = Vec::new();
        let lines = [("name", name), ("phone", self.phone.as_ref()), ("email", self.email.as_ref())];
        let lines = lines.into_iter().chain([("deliver", self.deliver.as_ref())]);
        fields.extend(lines.filter_map(|(key, value)| Some((key, text(value?)))));
        if !self.households.is_empty() {
            let households = texts(&self.households);
            let one = if let [one] = &households[..] { Some(Setting::Text(one.clone())) } else { None };
            fields.push(("household", one.or(Some(Setting::Texts(households)))));
        }
        fields.extend((!self.wishes.is_empty()).then(|| ("wishes", Some(Setting::Texts(texts(&self.wishes))))));
        fields
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let place = at_hand(context)?;
    match &args.verb {
        Verb::List => list(context, &place.draft()?)?,
        Verb::Export => export(context, &place.draft()?)?,
        Verb::Add { name, about } => change(context, &place, &Edit::Add(about.fields(Some(name))))?,
        Verb::Change { name, new_name, about } => {
            let fields = about.fields(new_name.as_ref());
            if fields.is_empty() {
                return Err(Failure::error("nothing to change was given").hint("--phone, --email and others say what."));
            }
            change(context, &place, &Edit::Change(name.clone(), fields))?;
        }
        Verb::Remove { name } => change(context, &place, &Edit::Remove(name.clone()))?,
        Verb::Exclude(Pair { giver, receiver, both_ways }) => {
            let (giver, receiver) = (giver.clone(), receiver.clone());
            change(context, &place, &Edit::Exclude { giver, receiver, both_ways: *both_ways })?;
        }
        Verb::Allow(Pair { giver, receiver, both_ways }) => {
            let (giver, receiver) = (giver.clone(), receiver.clone());
            change(context, &place, &Edit::Allow { giver, receiver, both_ways: *both_ways })?;
        }
        Verb::Exclusions => exclusions(context, &place.draft()?)?,
        Verb::Import { spreadsheet, dry_run } => import(context, &place, spreadsheet, *dry_run)?,
    }
    Ok(())
}

/// Where the roster at hand is kept. That of the file may want people still.
fn at_hand(context: &Context) -> Result<Place, Failure> {
    let path = context.file();
    if context.exchange.is_none() && roster::is_set(&roster::read_text(path)?, "exchange", "name") {
        return Ok(Place::File(path.to_owned()));
    }
    let roster = context.roster()?;
    Ok(match roster.kept {
        None => Place::File(path.to_owned()),
        Some(id) => Place::Database(context.site(&roster)?, id),
    })
}

fn change(context: &Context, place: &Place, edit: &Edit) -> Result<(), Failure> {
    let edited = place.change(std::slice::from_ref(edit), context.clock.now())?;
    let changes = differences(&edited.before.exchange, &edited.after.exchange);
    if context.ui.json() {
        return context.ui.document(&json!({"exchange": edited.after.exchange.name, "changes": changes}));
    }
    if changes.is_empty() {
        context.ui.data("That changes nothing.")?;
        if let Edit::Allow { .. } = edit {
            context
                .ui
                .talk(&format!("{} lists who may not give to whom.", next::command(context, "people exclusions")));
        }
        return Ok(());
    }
    // Somebody with another name and another address looks like somebody else.
    let joined = changes.iter().find(|it| matches!(edit, Edit::Change(..)) && it.kind == "joined");
    let said = match joined.and_then(|it| it.person.as_ref()) {
        Some(name) => format!("Changed {name}: name and addresses."),
        None => changes.iter().map(in_words).collect::<Vec<_>>().join("\n"),
    };
    context.ui.data(&said)?;
    context.ui.talk(&format!("Next: {}.", next::command(context, "check")));
    Ok(())
}

fn in_words(change: &Difference) -> String {
    if let ("exclusion", from, to) = (change.kind.as_str(), &change.from, &change.to) {
        let now = to.as_ref().map(|now| format!("{now}."));
        return now.or(from.as_ref().map(|gone| format!("No more: {gone}."))).unwrap_or_default();
    }
    match (change.kind.as_str(), &change.person) {
        ("joined", Some(person)) => format!("Added {person}."),
        ("left", Some(person)) => format!("Removed {person}."),
        _ => format!("Changed {change}."),
    }
}

fn import(context: &Context, place: &Place, spreadsheet: &Path, dry_run: bool) -> Result<(), Failure> {
    let before = place.draft()?;
    let bytes = roster::on_disk(spreadsheet).map_err(|error| unreadable(spreadsheet, error))?;
    let listed = people_file::read_people(&bytes, spreadsheet, &before.exchange)
        .map_err(|problems| Failure::error(format!("{UNSOUND}\n{}", render_all(&problems))))?;
    let edits = people_file::import(&listed.people, &before.exchange);
    let edited = if dry_run { place.planned(&edits)? } else { place.change(&edits, context.clock.now())? };
    if !listed.warnings.is_empty() {
        context.ui.talk(&render_all(&listed.warnings));
    }
    say_imported(context, &listed, &edited, dry_run)?;
    if !context.ui.json() {
        let again = format!("people import {}", spreadsheet.display());
        context.ui.talk(&format!("Next: {}.", next::command(context, if dry_run { &again } else { "check" })));
    }
    Ok(())
}

/// What is said above all that is wrong with a spreadsheet.
pub(super) const UNSOUND: &str = "the spreadsheet has to be mended first; nothing was taken";

pub(super) fn unreadable(spreadsheet: &Path, error: RosterError) -> Failure {
    match &error {
        RosterError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Failure::error(format!("cannot find {}", spreadsheet.display())).hint("Name a CSV, XLSX or ODS file.")
        }
        _ => error.into(),
    }
}

fn say_imported(context: &Context, listed: &Listed, edited: &Edited, dry_run: bool) -> Result<(), Failure> {
    let Imported { added, changed, removed, same } = Imported::of(edited, listed.people.len());
    if context.ui.json() {
        return context.ui.document(&json!({
            "exchange": edited.after.exchange.name,
            "dry_run": dry_run,
            "added": added,
            "changed": changed,
            "removed": removed,
            "same": same,
            "problems": listed.warnings,
        }));
    }
    context.ui.data(&imported((&removed, &added), &changed, same, dry_run))
}

/// What came of a spreadsheet, or would come of it.
pub(super) fn imported(
    (removed, added): (&[String], &[String]),
    changed: &[Difference],
    same: usize,
    dry_run: bool,
) -> String {
    let (adds, changes, removes) =
        if dry_run { ("Would add", "Would change", "Would remove") } else { ("Added", "Changed", "Removed") };
    let mut lines = Vec::new();
    for (verb, what, names) in [(removes, " of the example", removed), (adds, "", added)] {
        if !names.is_empty() {
            lines.push(format!("{verb} {}{what}: {}.", next::people(names.len()), next::names(names)));
        }
    }
    lines.extend(changed.iter().take(SHOWN).map(|it| format!("{changes} {it}.")));
    if changed.len() > SHOWN {
        lines.push(format!("{changes} {} more.", changed.len() - SHOWN));
    }
    lines.push(format!("The same: {}.", next::people(same)));
    lines.join("\n")
}

fn exclusions(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let exchange = &roster.exchange;
    let all = exchange
        .exclusions
        .iter()
        .map(|rule| (&*exchange.person(rule.giver).name, &*exchange.person(rule.receiver).name, rule.both_ways));
    if context.ui.json() {
        let all = all
            .map(|(giver, receiver, both_ways)| json!({"giver": giver, "receiver": receiver, "both_ways": both_ways}));
        return context.ui.document(&json!({"exchange": exchange.name, "exclusions": all.collect::<Vec<_>>()}));
    }
    let lines: Vec<String> = all
        .map(|(giver, receiver, both_ways)| {
            let back = if both_ways { ", nor the other way round" } else { "" };
            format!("{giver} never gives to {receiver}{back}.")
        })
        .collect();
    let none = || "Nobody is kept from anybody but by a household.".to_owned();
    context.ui.data(&if lines.is_empty() { none() } else { lines.join("\n") })
}

fn list(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let people = &roster.exchange.people;
    if context.ui.json() {
        let people: Vec<_> = people.iter().map(|person| as_json(person, roster)).collect();
        return context.ui.document(&json!({"exchange": roster.exchange.name, "people": people}));
    }
    if people.is_empty() {
        return context.ui.data("There are no people yet.");
    }
    let row = |person: &Person| {
        vec![
            person.name.clone(),
            person.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
            person.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            person.deliver.map_or("", Deliver::word).to_owned(),
            person.households.join(", "),
            person.wishes.join(", "),
            place(person, roster),
        ]
    };
    let rows: Vec<_> = people.iter().map(row).collect();
    context.ui.table(&["name", "phone", "e-mail", "told by", "household", "wishes", "where"], &rows)
}

fn place(person: &Person, roster: &Roster) -> String {
    match (person.place, roster.people_file()) {
        (None, Some(file)) => file.display().to_string(),
        (Some(place), _) => format!("line {}", place.line),
        (None, None) => String::new(),
    }
}

fn as_json(person: &Person, roster: &Roster) -> serde_json::Value {
    json!({
        "name": person.name,
        "phone": person.phone.as_ref().map(ToString::to_string),
        "email": person.email.as_ref().map(ToString::to_string),
        "deliver": person.deliver.map(Deliver::word),
        "households": person.households,
        "wishes": person.wishes,
        "line": person.place.map(|place| place.line),
        "file": if person.place.is_none() { roster.people_file() } else { None },
    })
}

fn export(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let csv = people_file::export(&roster.exchange.people);
    if context.ui.json() {
        return context.ui.document(&json!({"exchange": roster.exchange.name, "csv": csv}));
    }
    context.ui.verbatim(csv.trim_end())
}
