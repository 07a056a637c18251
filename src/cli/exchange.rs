//! `xchange exchange`.

use serde_json::json;

use super::{Context, Failure, next, passphrase};
use crate::app::accounts;
use crate::app::exchange::kept::{self, KeepError};
use crate::app::exchange::status;
use crate::app::exchanges::Exchanges;
use crate::app::site::{Kept, Site};
use crate::model::TopicId;
use crate::roster::{self, Roster, Setting};
use crate::store::{KeptExchange, Store, StoreError, Tx};

mod details;

use details::Details;

/// Make, list, show, change, export or remove exchanges that are kept in the database
///
/// Besides the exchange of its file a site can have any number of others, each with its own people, rules, auditors and history, on
/// the same number. Every other verb is about one of them with -x NAME; a running listener answers for all of them and needs no
/// restart. Keywords may repeat: whoever is in several is asked which they mean.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange exchange new \"Office 2026\" --keyword office\n  xchange draw -x \"Office 2026\"\n  \
                       xchange exchange export \"Office 2026\" > office.toml\n  xchange exchange change \"Office 2026\" --from office.toml"
)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List all exchanges of the site
    List,
    /// Make an exchange
    New {
        /// What it is called
        name: String,
        /// Whose it is, instead of the site's
        #[arg(long, value_name = "EMAIL")]
        account: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// Show an exchange
    Show {
        /// Its name or number; the one at hand, if left out
        name: Option<String>,
    },
    /// Change an exchange; what has been drawn stays as it was drawn
    Change {
        /// Its name or number; the only one, if left out
        name: Option<String>,
        /// Call it this from now on
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// Print the roster of an exchange as a file would hold it
    Export {
        /// Its name or number; the one at hand, if left out
        name: Option<String>,
    },
    /// Remove an exchange that was never drawn
    Remove {
        /// Its name or number
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.action {
        Action::List => list(context),
        Action::New { name, account, details } => new(context, name, account.as_deref(), details),
        Action::Show { name } => show(context, &find(context, name.as_deref())?),
        Action::Change { name, new_name, details } => change(context, name.as_deref(), new_name.as_deref(), details),
        Action::Export { name } => export(context, &find(context, name.as_deref())?),
        Action::Remove { name, yes } => remove(context, name, *yes),
    }
}

/// The exchange that is named here, or with -x, or is at hand.
fn find(context: &Context, name: Option<&str>) -> Result<Roster, Failure> {
    if name.is_some() && context.exchange.is_some() {
        return Err(Failure::error("the exchange is named twice").hint("Leave --exchange out."));
    }
    Ok(context.find(name.or(context.exchange.as_deref()))?)
}

/// The row of an exchange that is kept in the database.
fn row_of(context: &Context, roster: &Roster) -> Result<TopicId, Failure> {
    roster.kept.ok_or_else(|| {
        let (name, file) = (&roster.exchange.name, context.file().display());
        Failure::error(format!("{name:?} is kept in {file}, which is yours to change"))
    })
}

fn new(context: &Context, name: &str, account: Option<&str>, details: &Details) -> Result<(), Failure> {
    let exchanges = context.whole_site("exchange new")?;
    let owner = exchanges.store.read(|tx| accounts::reach_of(tx, account))?.owner();
    let given = details.text(context)?.unwrap_or_default();
    let mut settings = vec![("exchange", "name", Setting::Text(name.to_owned()))];
    settings.extend(details.settings());
    let toml = kept::with_defaults(&exchanges.settings.site, &roster::set(&given, &settings));
    let made = kept::make(&exchanges.store, &exchanges.settings, &toml, owner, context.clock.now())?;
    done(context, &exchanges, &made, "Made")
}

fn change(context: &Context, name: Option<&str>, new_name: Option<&str>, details: &Details) -> Result<(), Failure> {
    let id = row_of(context, &find(context, name)?)?;
    let exchanges = context.exchanges(context.site_file()?)?;
    let mut settings = details.settings();
    settings.extend(new_name.map(|name| ("exchange", "name", Setting::Text(name.to_owned()))));
    let given = details.text(context)?;
    if settings.is_empty() && given.is_none() {
        return Err(Failure::error("nothing is given that could be changed")
            .hint("`xchange exchange change --help` lists it all."));
    }
    let edit = |toml: &str| Ok::<_, KeepError>(roster::set(given.as_deref().unwrap_or(toml), &settings));
    let changed = kept::change(&exchanges.store, &exchanges.settings, id, None, edit, context.clock.now())?;
    done(context, &exchanges, &changed, "Changed")
}

/// Says what was kept, and what comes next.
fn done(context: &Context, exchanges: &Exchanges, kept: &KeptExchange, what: &str) -> Result<(), Failure> {
    let site = exchanges.kept(kept)?;
    if context.ui.json() {
        return context.ui.document(&as_json(&site)?);
    }
    let (name, people) = (&site.exchange.name, site.exchange.people.len());
    context.ui.talk(&format!("{what} {name:?} with {}; its number is {}.", next::people(people), kept.topic.id.0));
    let is_drawn = site.store.read(|tx| tx.newest_draw_state(kept.topic.id))?.is_some();
    if is_drawn {
        context.say_differences(&status::differences_since_draw(&site)?);
    } else if people < 2 {
        let next = |verb| next::command_for(context, verb, Some(name));
        let (import, add) = (next("people import FILE"), next("people add NAME --phone PHONE"));
        context.ui.talk(&format!("Next: put people in it, from a spreadsheet with {import}, or each with {add}."));
    } else {
        context.ui.talk(&format!("Next: {}.", next::command_for(context, "check", Some(name))));
    }
    Ok(())
}

fn list(context: &Context) -> Result<(), Failure> {
    context.about_the_site("exchange list")?;
    let file = context.site_file()?;
    let store = Store::open_to_look(&file.settings().database)?;
    let ask = passphrase::existing(context, &file.settings().seal.key_file);
    let sites = Exchanges::with(file, store, ask, context.clock.clone()).all()?;
    if context.ui.json() {
        let rows = sites.iter().map(as_json).collect::<Result<Vec<_>, _>>()?;
        return context.ui.document(&json!({"exchanges": rows}));
    }
    if sites.is_empty() {
        return context.ui.data("There is no exchange yet.");
    }
    let row = |site: &Site| {
        let Looked { number, draw, .. } = looked(site)?;
        Ok::<_, Failure>(vec![
            number.map(|number| number.to_string()).unwrap_or_default(),
            site.exchange.name.clone(),
            site.exchange.series.clone(),
            site.exchange.keyword.to_uppercase(),
            site.exchange.people.len().to_string(),
            draw.map_or_else(|| "not yet".to_owned(), |draw| format!("draw {draw}")),
            if site.name_in_database().is_some() { "database" } else { "file" }.to_owned(),
        ])
    };
    let rows = sites.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    context.ui.table(&["no.", "exchange", "series", "keyword", "people", "drawn", "kept in"], &rows)
}

/// What the database says of an exchange.
struct Looked {
    number: Option<i64>,
    draw: Option<u32>,
    owner: Option<String>,
}

fn looked(site: &Site) -> Result<Looked, Failure> {
    let look = |tx: &Tx<'_>| {
        let topic = site.topic(tx)?;
        let draw = topic.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten();
        let owner = topic.map(|topic| tx.owner_of(topic.id)).transpose()?.flatten();
        Ok::<_, StoreError>(Looked { number: topic.map(|topic| topic.id.0), draw: draw.map(|draw| draw.number), owner })
    };
    Ok(site.store.read(look)?)
}

fn as_json(site: &Site) -> Result<serde_json::Value, Failure> {
    let Looked { number, draw, owner } = looked(site)?;
    let exchange = &site.exchange;
    Ok(json!({
        "id": number.map(|number| number.to_string()),
        "name": exchange.name,
        "series": exchange.series,
        "keyword": exchange.keyword,
        "date": exchange.date,
        "timezone": exchange.timezone,
        "budget": exchange.budget,
        "people": exchange.people.len(),
        "draw": draw,
        "owner": owner,
        "kept": if site.name_in_database().is_some() { "database" } else { "file" },
    }))
}

fn show(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let site = context.site_to_look(roster)?;
    if context.ui.json() {
        return context.ui.document(&as_json(&site)?);
    }
    let Looked { number, draw, owner } = looked(&site)?;
    let exchange = &site.exchange;
    let mut facts = vec![("exchange", exchange.name.clone())];
    facts.extend(number.map(|number| ("number", number.to_string())));
    facts.push(("series", exchange.series.clone()));
    facts.push(("keyword", exchange.keyword.to_uppercase()));
    facts.extend(exchange.date.map(|date| ("day", date.to_string())));
    facts.push(("time zone", exchange.timezone.clone()));
    facts.extend(exchange.budget.clone().map(|budget| ("budget", budget)));
    facts.push(("people", exchange.people.len().to_string()));
    facts.push(("drawn", draw.map_or_else(|| "not yet".to_owned(), |draw| format!("draw {draw}"))));
    facts.extend(owner.map(|owner| ("owner", owner)));
    facts.push((
        "kept in",
        match site.kept {
            Kept::Database { .. } => "the database".to_owned(),
            Kept::File => context.file().display().to_string(),
        },
    ));
    context.ui.facts(&facts)
}

fn export(context: &Context, roster: &Roster) -> Result<(), Failure> {
    let toml = match roster.kept {
        None => roster::exchange_part(&roster::read_text(context.file())?),
        Some(id) => {
            let kept = context.site_to_look(roster)?.store.read(|tx| tx.kept_exchange(id))?;
            kept.ok_or(KeepError::Gone)?.toml
        }
    };
    if context.ui.json() {
        context.ui.document(&json!({"exchange": roster.exchange.name, "toml": toml}))?;
    } else {
        context.ui.data(toml.trim_end())?;
    }
    Ok(())
}

fn remove(context: &Context, name: &str, yes: bool) -> Result<(), Failure> {
    let roster = find(context, Some(name))?;
    let id = row_of(context, &roster)?;
    let site = context.site(&roster)?;
    let question = format!(
        "This removes {:?} with {} and what they have texted their wishes are.",
        roster.exchange.name,
        next::people(roster.exchange.people.len())
    );
    let is_drawn = site.store.read(|tx| tx.newest_draw_state(id))?.is_some();
    context.ui.confirm(yes || is_drawn, &question, "Nothing was removed.")?;
    kept::remove(&site.store, id)?;
    context.ui.talk(&format!("Removed {:?}.", roster.exchange.name));
    Ok(())
}
