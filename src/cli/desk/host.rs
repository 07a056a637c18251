//! `xchange desk host`.

use serde_json::json;

use super::{At, Failure, found, typed_host};
use crate::app::desk::{board, hosts};

/// Keep the hosts of a desk
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a host
    Add {
        /// What they are called
        name: String,
        #[command(flatten)]
        details: Details,
    },
    /// Change a host; what is not given stays
    Change {
        /// Their name or number
        name: String,
        /// Call them this from now on
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        details: Details,
    },
    /// A host is away: no visitor comes to them
    Away {
        /// Their name or number
        name: String,
        /// From then on, such as "2026-12-24 14:30", or a time of today; usually from now on
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Until then; usually until they are back
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
    },
    /// A host is back
    Back {
        /// Their name or number
        name: String,
    },
    /// List the hosts
    List,
    /// Remove a host; their past visits stay
    Remove {
        /// Their name or number
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Details {
    /// Where they are texted
    #[arg(long)]
    pub(super) phone: Option<String>,
    /// Where they are written to besides
    #[arg(long)]
    pub(super) email: Option<String>,
    /// Where they receive visitors
    #[arg(long)]
    pub(super) room: Option<String>,
}

pub(super) fn run(args: &Args, at: &At<'_>) -> Result<(), Failure> {
    let (store, ui) = (&at.site.store, &at.context.ui);
    match &args.what {
        What::Add { name, details } => {
            let typed = typed_host(Some(name), details);
            let id = store.write(|tx| hosts::put(tx, &at.site, &at.desk, None, &typed))?;
            if ui.json() {
                return ui.document(&json!({"id": id.0.to_string(), "host": name}));
            }
            ui.talk(&format!("Added {name:?} to {:?}.", at.desk.stored.name));
            ui.talk(&format!("Next: {}.", at.next("visit NAME --until \"45 min\" --consent")));
        }
        What::Change { name, new_name, details } => {
            let (old, typed) = (found(at, name)?, typed_host(new_name.as_ref(), details));
            store.write(|tx| hosts::put(tx, &at.site, &at.desk, Some(&old), &typed))?;
            ui.talk(&format!("Changed {:?}.", new_name.as_ref().unwrap_or(&old.name)));
        }
        What::Away { name, from, to } => {
            let host = found(at, name)?;
            let times = (from.as_deref(), to.as_deref());
            let (from, to) = store.write(|tx| hosts::away(tx, &at.desk, &host, times, at.now()))?;
            let say = |time| at.desk.say(time, at.now());
            let until = to.map_or_else(|| "they are back".to_owned(), say);
            ui.talk(&format!("{} is away from {} until {until}.", host.name, say(from)));
            ui.talk(&format!("Next: {}, once they are.", at.next(&format!("host back {:?}", host.name))));
        }
        What::Back { name } => {
            let host = found(at, name)?;
            let was_away = store.write(|tx| hosts::back(tx, &host, at.now()))?;
            let what = if was_away { "is back" } else { "was not away" };
            ui.talk(&format!("{} {what}.", host.name));
        }
        What::List => list(at)?,
        What::Remove { name, yes } => {
            let host = found(at, name)?;
            ui.confirm(*yes, &format!("No visitor comes to {:?} any more.", host.name), "Nothing was removed.")?;
            store.write(|tx| hosts::remove(tx, &at.desk, &host, at.now()))?;
            ui.talk(&format!("Removed {:?}.", host.name));
        }
    }
    Ok(())
}

fn list(at: &At<'_>) -> Result<(), Failure> {
    let now = at.now();
    let hosts = at.site.store.read(|tx| board::hosts(tx, &at.desk, now))?;
    if at.context.ui.json() {
        return at.context.ui.document(&json!({"hosts": super::board::hosts_as_json(&hosts)}));
    }
    if hosts.is_empty() {
        return at.context.ui.data("There is no host yet.");
    }
    at.context.ui.table(&super::board::HOSTS, &super::board::host_rows(at, &hosts))
}
