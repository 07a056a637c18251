//! `[[people]]` and `[[exclusions]]`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::exchange::{Country, Heading};
use super::findings::Findings;
use super::keys;
use super::names::{self, LONGEST_NAME};
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::source::{Cursor, Source, Span};
use crate::model::{AddressError, Email, Exclusion, MAX_WISH_CHARS, MAX_WISHES, Person, PersonIndex, Phone};

/// Everybody who could be read.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) list: Vec<Person>,
    by_name: HashMap<String, PersonIndex>,
}

pub(super) fn read_people(
    root: &Section<'_, '_>,
    heading: &Heading,
    source: &Source,
    findings: &mut Findings,
) -> People {
    let sections = root.tables("people", &keys::PERSON, findings);
    let reachable = sections.iter().any(|section| section.has("phone") || section.has("email"));
    let mut reader = Reader::new(source, heading, reachable, sections.len());
    for section in &sections {
        reader.person(section, findings);
    }
    let crowd = (root.key_at("people"), sections.first().map_or(root.at, |first| first.at));
    report_too_few(root, sections.len(), crowd, findings);
    if !reachable && sections.len() > 1 {
        findings
            .error(crowd.1, "nobody can be reached: no person has a phone or an email")
            .hint("give each person the phone they text from");
    }
    reader.people
}

fn report_too_few(root: &Section<'_, '_>, people: usize, (key, first): (Span, Span), findings: &mut Findings) {
    match people {
        0 if !root.is_list_or_missing("people") => {}
        0 if !root.has("people") => {
            findings.error(root.at, "there are no people").hint("add a [[people]] section for each");
        }
        0 => {
            findings.error(key, "there are no people").hint("add a [[people]] section for each");
        }
        1 => {
            findings.error(first, "one person alone cannot exchange gifts").hint("add at least one more");
        }
        _ => {}
    }
}

struct Reader<'s> {
    heading: &'s Heading,
    cursor: Cursor<'s>,
    reachable: bool,
    people: People,
    phones: HashMap<Phone, PersonIndex>,
    emails: HashMap<Email, PersonIndex>,
    households: HashMap<String, String>,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source, heading: &'s Heading, reachable: bool, people: usize) -> Self {
        Self {
            heading,
            cursor: Cursor::new(source),
            reachable,
            people: People { list: Vec::with_capacity(people), by_name: HashMap::with_capacity(people) },
            phones: HashMap::with_capacity(people),
            emails: HashMap::with_capacity(people),
            households: HashMap::new(),
        }
    }

    fn person(&mut self, section: &Section<'_, '_>, findings: &mut Findings) {
        let place = self.cursor.position(section.at.start);
        let name = section.needed_name("name", findings);
        let phone = section.line("phone", LONGEST_NAME, findings);
        let email = section.line("email", 254, findings);
        if self.reachable && !section.has("phone") && !section.has("email") {
            let whose = name.map_or_else(|| "this person".to_owned(), |name| names::quoted(name.value));
            findings.error(section.at, format!("{whose} has neither a phone nor an email")).hint("add one of them");
        }
        let phone = phone.and_then(|found| read_phone(found, &self.heading.country, findings));
        let email = email.and_then(|found| read_email(found, findings));
        let household = section.name("household", findings).map(|found| self.household(found.value));
        let wishes = read_wishes(section, findings);
        let Some(id) = name.and_then(|name| self.enlist(name, place, findings)) else { return };
        if let Some(phone) = &phone
            && let Some(first) = sharer(&mut self.phones, phone, id)
        {
            self.warn_of_shared_phone(phone, section.key_at("phone"), (first, id), findings);
        }
        if let Some(first) = email.as_ref().and_then(|found| sharer(&mut self.emails, found, id)) {
            self.warn_of_shared_email(section.key_at("email"), first, id, findings);
        }
        let person = &mut self.people.list[id.index()];
        person.phone = phone.map(|found| found.value);
        person.email = email.map(|found| found.value);
        person.household = household;
        person.wishes = wishes;
    }

    /// Adds a person of this name, unless there is one already.
    fn enlist(
        &mut self,
        name: Spanned<&str>,
        place: crate::model::Position,
        findings: &mut Findings,
    ) -> Option<PersonIndex> {
        // A roster is at most 64 MiB, so its people fit into 32 bits.
        let id = PersonIndex(u32::try_from(self.people.list.len()).ok()?);
        match self.people.by_name.entry(names::fold(name.value)) {
            Entry::Occupied(first) => {
                let line = self.people.list[first.get().index()].place.map_or(0, |place| place.line);
                let message = format!("{} is in the roster already, at line {line}", names::quoted(name.value));
                findings.error(name.at, message).hint("each name must be unique: add a surname or an initial");
                None
            }
            Entry::Vacant(free) => {
                free.insert(id);
                let name = names::tidy(name.value);
                let (phone, email, household, wishes) = (None, None, None, Vec::new());
                self.people.list.push(Person { id: None, name, phone, email, household, wishes, place: Some(place) });
                Some(id)
            }
        }
    }

    /// The household in its first spelling.
    fn household(&mut self, written: &str) -> String {
        self.households.entry(names::fold(written)).or_insert_with(|| names::tidy(written)).clone()
    }

    // X18
    fn warn_of_shared_phone(
        &self,
        phone: &Spanned<Phone>,
        at: Span,
        (first, second): (PersonIndex, PersonIndex),
        findings: &mut Findings,
    ) {
        let (first, second) = (&self.people.list[first.index()], &self.people.list[second.index()]);
        let line = first.place.map_or(0, |place| place.line);
        let (phone, keyword) = (&phone.value, self.heading.keyword.to_uppercase());
        let (one, other) = tell_apart(&first.name, &second.name);
        let (who, with) = (quoted(&second.name), quoted(&first.name));
        findings
            .warning(at, format!("{who} shares the phone {phone} with {with} (line {line})"))
            .hint(format!("they text \"{keyword} {one}\" and \"{keyword} {other}\", and each can read the other's"));
    }

    fn warn_of_shared_email(&self, at: Span, first: PersonIndex, second: PersonIndex, findings: &mut Findings) {
        let (first, second) = (&self.people.list[first.index()], &self.people.list[second.index()]);
        let line = first.place.map_or(0, |place| place.line);
        findings
            .warning(at, format!("{} shares an email with {} (line {line})", quoted(&second.name), quoted(&first.name)))
            .hint("each can read the other's");
    }
}

fn quoted(name: &str) -> String {
    names::quoted(name)
}

/// Notes whose address this is, and tells who had it before.
fn sharer<T: Hash + Eq + Clone>(
    known: &mut HashMap<T, PersonIndex>,
    found: &Spanned<T>,
    id: PersonIndex,
) -> Option<PersonIndex> {
    match known.entry(found.value.clone()) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(id);
            None
        }
    }
}

/// First names if they differ, whole names otherwise.
fn tell_apart<'n>(one: &'n str, other: &'n str) -> (&'n str, &'n str) {
    let first_name = |name: &'n str| name.split(' ').next().unwrap_or(name);
    if names::fold(first_name(one)) == names::fold(first_name(other)) {
        (one, other)
    } else {
        (first_name(one), first_name(other))
    }
}

/// A phone in the exchange's country, in E.164.
pub(super) fn read_phone(found: Spanned<&str>, country: &Country, findings: &mut Findings) -> Option<Spanned<Phone>> {
    let region = if let Country::Known(code) = country { Some(code.as_str()) } else { None };
    match Phone::parse(found.value, region) {
        Ok(value) => Some(Spanned { value, at: found.at }),
        Err(AddressError::NoCountry) => {
            if *country == Country::Missing {
                findings
                    .error(found.at, AddressError::NoCountry.to_string())
                    .hint("write it with a plus (+44 ...), or set `country` in [exchange]");
            }
            None
        }
        Err(why) => {
            let hint = region.map_or_else(
                || "write it with a plus and the country code: +44 7700 900123".to_owned(),
                |code| format!("write it as it is dialled in {code}, or with a plus and the country code"),
            );
            findings.error(found.at, why.to_string()).hint(hint);
            None
        }
    }
}

pub(super) fn read_email(found: Spanned<&str>, findings: &mut Findings) -> Option<Spanned<Email>> {
    match Email::parse(found.value) {
        Ok(value) => Some(Spanned { value, at: found.at }),
        Err(why) => {
            findings.error(found.at, why.to_string()).hint("write it as name@example.org");
            None
        }
    }
}

fn read_wishes(section: &Section<'_, '_>, findings: &mut Findings) -> Vec<String> {
    let wishes = section.lines("wishes", MAX_WISH_CHARS, findings);
    if wishes.len() > MAX_WISHES {
        findings.error(section.key_at("wishes"), format!("more than {MAX_WISHES} wishes"));
    }
    wishes.iter().map(|found| names::tidy(found.value)).collect()
}

pub(super) fn read_exclusions(
    root: &Section<'_, '_>,
    people: &People,
    source: &Source,
    findings: &mut Findings,
) -> Vec<Exclusion> {
    let mut cursor = Cursor::new(source);
    let mut lines: HashMap<(PersonIndex, PersonIndex), u32> = HashMap::new();
    let mut exclusions = Vec::new();
    for section in root.tables("exclusions", &keys::EXCLUSION, findings) {
        let place = cursor.position(section.at.start);
        let both_ways = section.flag("both_ways", findings).unwrap_or(false);
        let giver = section.needed_line("giver", LONGEST_TEXT, findings);
        let receiver = section.needed_line("receiver", LONGEST_TEXT, findings);
        let giver = giver.and_then(|found| known_person(found, people, findings));
        let receiver = receiver.and_then(|found| known_person(found, people, findings));
        let (Some(giver), Some(receiver)) = (giver, receiver) else { continue };
        if giver == receiver {
            let name = quoted(&people.list[giver.index()].name);
            findings
                .error(section.at, format!("{name} is excluded from giving to themselves"))
                .hint("nobody ever draws themselves; remove this exclusion");
            continue;
        }
        let ways = [(giver, receiver), (receiver, giver)];
        let ways = if both_ways { &ways[..] } else { &ways[..1] };
        if let Some(line) = lines.get(&ways[0]).copied().filter(|_| ways.iter().all(|way| lines.contains_key(way))) {
            findings.warning(section.at, format!("this exclusion already stands at line {line}"));
        }
        for way in ways {
            lines.entry(*way).or_insert(place.line);
        }
        exclusions.push(Exclusion { giver, receiver, both_ways, place: Some(place) });
    }
    exclusions
}

fn known_person(found: Spanned<&str>, people: &People, findings: &mut Findings) -> Option<PersonIndex> {
    let id = people.by_name.get(&names::fold(found.value)).copied();
    if id.is_none() {
        let near = findings.nearest(found.value, people.list.iter().map(|person| person.name.as_str()));
        let finding = findings.error(found.at, format!("there is no person called {}", quoted(found.value)));
        if let Some(near) = near {
            finding.hint(format!("did you mean {}?", quoted(near)));
        }
    }
    id
}
