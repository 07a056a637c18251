//! `[[people]]`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::exchange::{Country, Heading};
use super::findings::Findings;
use super::keys;
use super::names::{self, LONGEST_NAME, Looks};
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::source::{Cursor, Source, Span};
use crate::model::{AddressError, Deliver, Email, MAX_WISH_CHARS, MAX_WISHES, Person, PersonIndex, Phone};

/// Everybody who could be read.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) list: Vec<Person>,
    by_name: HashMap<String, PersonIndex>,
    /// Each household's spelling by its folded name.
    households: HashMap<String, String>,
    looks: Looks,
}

impl People {
    /// The person of this name, in any spelling.
    pub(super) fn find(&self, name: &str) -> Option<PersonIndex> {
        self.by_name.get(&names::fold(name)).copied()
    }

    /// The person whom a value names; nobody is a problem.
    pub(super) fn known(&self, found: Spanned<&str>, findings: &mut Findings) -> Option<PersonIndex> {
        let id = self.find(found.value);
        if id.is_none() {
            let near = self.near(found.value, findings).map(quoted);
            let finding = findings.error(found.at, format!("there is no person called {}", quoted(found.value)));
            if let Some(near) = near {
                finding.hint(format!("did you mean {near}?"));
            }
        }
        id
    }

    /// The name most like one that nobody has.
    pub(super) fn near(&self, name: &str, findings: &mut Findings) -> Option<&str> {
        findings.nearest(name, self.list.iter().map(|person| person.name.as_str()))
    }

    /// Everybody of the household that a value names; none is a problem.
    pub(super) fn household(&self, found: Spanned<&str>, findings: &mut Findings) -> Vec<PersonIndex> {
        let Some(name) = self.households.get(&names::fold(found.value)) else {
            let near = findings.nearest(found.value, self.households.values().map(String::as_str)).map(quoted);
            let finding = findings.error(found.at, format!("there is no household {}", quoted(found.value)));
            if let Some(near) = near {
                finding.hint(format!("did you mean {near}?"));
            }
            return Vec::new();
        };
        let lives_there = |(_, person): &(PersonIndex, &Person)| person.households.contains(name);
        (0..).map(PersonIndex).zip(&self.list).filter(lives_there).map(|(id, _)| id).collect()
    }
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
    // One that is kept in the database gets its people one after the other.
    if !root.is_kept() {
        report_too_few(root, sections.len(), crowd, findings);
    }
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
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source, heading: &'s Heading, reachable: bool, people: usize) -> Self {
        Self {
            heading,
            cursor: Cursor::new(source),
            reachable,
            people: People {
                list: Vec::with_capacity(people),
                by_name: HashMap::with_capacity(people),
                households: HashMap::new(),
                looks: Looks::default(),
            },
            phones: HashMap::with_capacity(people),
            emails: HashMap::with_capacity(people),
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
        let households = self.households(section, findings);
        let deliver = read_deliver(section, findings);
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
        person.deliver = deliver;
        person.households = households;
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
        let folded = names::fold(name.value);
        let alike = self.people.looks.note(&folded, id, &self.people.by_name);
        match self.people.by_name.entry(folded) {
            Entry::Occupied(first) => {
                let line = self.people.list[first.get().index()].place.map_or(0, |place| place.line);
                let message = format!("{} is in the roster already, at line {line}", names::quoted(name.value));
                findings.error(name.at, message).hint("each name must be unique: add a surname or an initial");
                None
            }
            Entry::Vacant(free) => {
                free.insert(id);
                if let Some(place) = alike.and_then(|alike| self.people.list[alike.index()].place) {
                    let what = format!("{} looks like the name at line {}", names::quoted(name.value), place.line);
                    findings.warning(name.at, what).hint("write both in one alphabet, or add a surname");
                }
                let name = names::tidy(name.value);
                let (phone, email, households, wishes) = (None, None, Vec::new(), Vec::new());
                let place = Some(place);
                let person = Person { id: None, name, phone, email, deliver: None, households, wishes, place };
                self.people.list.push(person);
                Some(id)
            }
        }
    }

    /// The households, each once and in its first spelling.
    fn households(&mut self, section: &Section<'_, '_>, findings: &mut Findings) -> Vec<String> {
        let mut homes = Vec::new();
        for found in section.names("household", findings) {
            let spellings = &mut self.people.households;
            let home = spellings.entry(names::fold(found.value)).or_insert_with(|| names::tidy(found.value));
            if !homes.contains(home) {
                homes.push(home.clone());
            }
        }
        homes
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

// G15
fn read_deliver(section: &Section<'_, '_>, findings: &mut Findings) -> Option<Deliver> {
    let found = section.line("deliver", LONGEST_TEXT, findings)?;
    let (deliver, needed) = match found.value {
        "sms" => (Deliver::Sms, "phone"),
        "email" => (Deliver::Email, "email"),
        other => {
            findings
                .error(found.at, format!("`deliver` cannot be {}", quoted(other)))
                .hint("write \"sms\" or \"email\"; without it those with a phone text");
            return None;
        }
    };
    if !section.has(needed) {
        findings
            .error(found.at, format!("`deliver` is {}, and there is no `{needed}`", quoted(found.value)))
            .hint(format!("add `{needed}`, or leave `deliver` out"));
    }
    Some(deliver)
}

fn read_wishes(section: &Section<'_, '_>, findings: &mut Findings) -> Vec<String> {
    let wishes = section.lines("wishes", MAX_WISH_CHARS, findings);
    if wishes.len() > MAX_WISHES {
        findings.error(section.key_at("wishes"), format!("more than {MAX_WISHES} wishes"));
    }
    wishes.iter().map(|found| names::tidy(found.value)).collect()
}
