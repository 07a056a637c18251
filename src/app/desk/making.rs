//! Desks are made and changed.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{Desk, DeskError, Fault};
use crate::app::accounts::Owned;
use crate::app::exchanges::Exchanges;
use crate::conversation::desk::check_wording;
use crate::model::{AccountId, TopicId};
use crate::roster::{LONGEST_NAME, slug, tidy};
use crate::store::{StoredDesk, Tx};

/// The longest address, in characters.
const LONGEST_ADDRESS: usize = 200;

/// The most days that visitors are kept.
const LONGEST_KEEP: u32 = 3650;

/// A desk as somebody typed it; what is not given stays, or is as usual.
#[derive(Debug, Clone, Default)]
pub struct TypedDesk {
    pub name: Option<String>,
    /// Where it stands.
    pub address: Option<String>,
    /// The IANA name of its zone.
    pub timezone: Option<String>,
    /// `09:00`; empty with `closes`: always open.
    pub opens: Option<String>,
    /// `17:30`
    pub closes: Option<String>,
    /// So many days visitors' names and addresses are to be kept.
    pub keep_days: Option<u32>,
    /// Texts that it words differently, by name; an empty one is said as usual again.
    pub messages: Vec<(String, String)>,
    /// Whether the tablets are to be paired anew.
    pub new_link: bool,
}

/// Makes a desk. The key is made with it where there is none, for links need it.
pub fn make(tx: &Tx<'_>, site: &Exchanges, typed: &TypedDesk, owner: Option<AccountId>) -> Result<Desk, DeskError> {
    let timezone = site.settings.site.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
    let usual = StoredDesk {
        id: TopicId(0),
        name: String::new(),
        owner,
        slug: String::new(),
        address: String::new(),
        timezone,
        hours: None,
        keep_days: 30,
        link: 1,
        wordings: "{}".to_owned(),
    };
    let mut desk = put_into(usual, typed)?;
    let name = desk.name.to_lowercase();
    if tx.desks()?.iter().any(|other| other.owner == owner && other.name.to_lowercase() == name) {
        return Err(DeskError::fault("name", format!("there is a desk {:?} already", desk.name)));
    }
    site.keys.identity_or_new(None)?;
    desk.id = tx.insert_topic("desk", &desk.name, owner)?;
    let base = slug(&desk.name);
    desk.slug.clone_from(&base);
    for number in 2.. {
        if tx.insert_desk(&desk)? {
            break;
        }
        desk.slug = format!("{base}-{number}");
    }
    tx.update_desk(&desk)?;
    Ok(Desk::of(desk)?)
}

/// Changes a desk.
pub fn change(tx: &Tx<'_>, id: Owned<TopicId>, typed: &TypedDesk) -> Result<Desk, DeskError> {
    let stored = tx.desk(id.id())?.ok_or(DeskError::NoDesk)?;
    let mut changed = put_into(stored, typed)?;
    if typed.new_link {
        changed.link += 1;
    }
    tx.update_desk(&changed)?;
    Ok(Desk::of(changed)?)
}

/// Takes a desk away that nobody has ever come to, with its hosts.
pub fn remove(tx: &Tx<'_>, id: Owned<TopicId>) -> Result<(), DeskError> {
    if tx.desk(id.id())?.is_none() {
        return Err(DeskError::NoDesk);
    }
    if tx.remove_desk(id.id())? { Ok(()) } else { Err(DeskError::Visited) }
}

/// Puts what is given into the place of what is there.
fn put_into(mut desk: StoredDesk, typed: &TypedDesk) -> Result<StoredDesk, DeskError> {
    let mut faults: Vec<Fault> = Vec::new();
    let is_line = |text: &str, most: usize| {
        !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
    };
    for (field, given, place, most) in [
        ("name", &typed.name, &mut desk.name, LONGEST_NAME),
        ("address", &typed.address, &mut desk.address, LONGEST_ADDRESS),
    ] {
        if let Some(given) = given {
            *place = tidy(given);
        }
        if !is_line(place, most) {
            faults.push((field, format!("one line of at most {most} characters is needed")));
        }
    }
    if let Some(timezone) = &typed.timezone {
        if TimeZone::get(timezone).is_err() {
            faults.push(("timezone", "no time zone is called so; write one such as Europe/London".to_owned()));
        }
        desk.timezone.clone_from(timezone);
    }
    hours(&mut desk, typed, &mut faults);
    if let Some(days) = typed.keep_days {
        if !(1..=LONGEST_KEEP).contains(&days) {
            faults.push(("keep", format!("from 1 to {LONGEST_KEEP} days")));
        }
        desk.keep_days = days;
    }
    reword(&mut desk, typed, &mut faults)?;
    if faults.is_empty() { Ok(desk) } else { Err(DeskError::Refused { faults, is_malformed: false }) }
}

fn hours(desk: &mut StoredDesk, typed: &TypedDesk, faults: &mut Vec<Fault>) {
    let (opens, closes) = desk.hours.clone().unzip();
    let (opens, closes) = (typed.opens.clone().or(opens), typed.closes.clone().or(closes));
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
    desk.hours = match (given(opens), given(closes)) {
        (None, None) => None,
        (Some(opens), Some(closes)) => match (time(&opens), time(&closes)) {
            (Some(from), Some(to)) if from < to => {
                Some((from.strftime("%H:%M").to_string(), to.strftime("%H:%M").to_string()))
            }
            _ => {
                faults.push(("opens", "write two times of one day, such as 09:00 and 17:30".to_owned()));
                None
            }
        },
        _ => {
            faults.push(("opens", "a desk has both an opening and a closing time, or neither".to_owned()));
            None
        }
    };
}

fn reword(desk: &mut StoredDesk, typed: &TypedDesk, faults: &mut Vec<Fault>) -> Result<(), DeskError> {
    let mut messages = Desk::of(StoredDesk { timezone: "UTC".to_owned(), ..desk.clone() })?.place.messages;
    for (name, text) in &typed.messages {
        if text.is_empty() {
            messages.remove(name);
            continue;
        }
        for problem in check_wording(name, text) {
            let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            faults.push(("message", format!("{name}: {}{hint}", problem.message)));
        }
        messages.insert(name.clone(), text.clone());
    }
    desk.wordings = serde_json::to_string(&messages).map_err(|e| crate::store::StoreError::damaged("wordings", e))?;
    Ok(())
}
