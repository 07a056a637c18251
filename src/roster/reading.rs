//! From a text to what it holds: the tree, its sections, and what is wrong with them.

use std::path::Path;

use toml::de::DeTable;

use super::exchange::{self, Heading};
use super::findings::Findings;
use super::section::Section;
use super::settings::{self, Base};
use super::source::{Source, Span};
use super::{
    Around, LARGEST_FILE, Roster, RosterError, SiteFile, Spots, channels, database, exclusions, keys, people,
    people_file, syntax, wordings,
};
use crate::model::{DEFAULT_REPLY, Exchange, Settings, SiteSettings};

/// [`super::parse`] for files that may have no exchange.
pub(super) fn parse_site(text: &str, path: &Path, around: Around<'_>) -> Result<SiteFile, RosterError> {
    parsed(text, path, &keys::ROOT, |root, source, findings| {
        let base = Base { file: path };
        let (seal, auditors) = settings::read_seal(root, base, findings);
        let site = settings::read_site(root, findings);
        let (exchange, heading, mut spots) = read_exchange(root, &site, around, source, findings);
        spots.auditors = auditors;
        let settings = Settings {
            listener: settings::read_listener(root, findings),
            twilio: channels::read_twilio(root, &heading, findings),
            archive: settings::read_archive(root, base, findings),
            seal,
            database: database::read_store(root, base, findings),
            messaging: channels::read_messaging(root, &heading, base, findings),
            smtp: channels::read_smtp(root, findings),
            reminders: channels::read_reminders(root, &heading, findings),
            site,
            sign_in: settings::read_sign_in(root, findings),
        };
        settings::refuse_shared_files(root, &settings, findings);
        (exchange, settings, spots)
    })
}

/// Walks a tree of this shape, unless it is broken, and gives what was read if nothing is wrong with it.
pub(super) fn parsed(
    text: &str,
    path: &Path,
    shape: &'static keys::Shape,
    read: impl FnOnce(&Section<'_, '_>, &Source, &mut Findings) -> (Option<Exchange>, Settings, Spots),
) -> Result<SiteFile, RosterError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(RosterError::Empty(path.to_owned()));
    }
    if text.len() as u64 > LARGEST_FILE {
        return Err(RosterError::TooLarge { path: path.to_owned(), most: LARGEST_FILE });
    }
    let source = Source::new(text, path);
    let mut findings = Findings::new();
    let (tree, faults) = DeTable::parse_recoverable(text);
    if !faults.is_empty() {
        syntax::report(&source, &faults, &mut findings);
        return Err(RosterError::Problems(source.problems(findings)));
    }
    let root = Section::new(shape, tree.get_ref(), Span::default(), &mut findings);
    let (exchange, settings, spots) = read(&root, &source, &mut findings);
    let refused = findings.any_error();
    let problems = source.problems(findings);
    if refused {
        return Err(RosterError::Problems(problems));
    }
    Ok(match exchange {
        Some(exchange) => {
            SiteFile::Exchange(Box::new(Roster { exchange, settings, warnings: problems, kept: None, source, spots }))
        }
        None => SiteFile::Site { settings: Box::new(settings), warnings: problems },
    })
}

/// Reads everything that is about an exchange; none is missed in a file that only has sections about its site.
pub(super) fn read_exchange(
    root: &Section<'_, '_>,
    site: &SiteSettings,
    around: Around<'_>,
    source: &Source,
    findings: &mut Findings,
) -> (Option<Exchange>, Heading, Spots) {
    let is_about_it = |key: &str| keys::KEPT.keys.contains(&key) && key != "seal";
    let has = |about_it: bool| keys::ROOT.keys.iter().any(|key| is_about_it(key) == about_it && root.has(key));
    if has(false) && !has(true) && !root.is_kept() {
        return (None, Heading::of_site(site), Spots::default());
    }
    let heading = exchange::read_heading(root, site, findings);
    let base = Base { file: &source.file };
    let mut in_sheet = Findings::new();
    let sheet = people_file::open(&heading, base, around, &mut in_sheet, findings);
    let rows = sheet.as_ref().map(|sheet| (sheet, &mut in_sheet));
    let people = people::read_people(root, &heading, rows, source, around.draft, findings);
    findings.append(sheet.map(|sheet| sheet.problems(in_sheet)).unwrap_or_default());
    let rules = exchange::read_rules(root, people.list.len(), findings);
    let exclusions = exclusions::read_exclusions(root, &people, source, findings);
    let past = exclusions::read_past(root, &people, findings);
    let wordings = wordings::read_wordings(root, findings);
    let exchange = Exchange {
        name: heading.name.clone(),
        series: heading.series.clone(),
        keyword: heading.keyword.clone(),
        date: heading.date.map(|found| found.value),
        timezone: heading.timezone.clone(),
        budget: heading.budget.clone(),
        reply: heading.reply.as_ref().map_or_else(|| DEFAULT_REPLY.to_owned(), |found| found.value.clone()),
        country: heading.country.clone().known(),
        rules,
        people: people.list,
        exclusions,
        past,
        messages: wordings.texts(),
    };
    let date = heading.date.map(|found| found.at);
    let people_file = heading.people.as_ref().map(|file| base.join(&file.value));
    let spots = Spots { date, reply: heading.reply.clone(), wordings, auditors: Vec::new(), people_file };
    (Some(exchange), heading, spots)
}
