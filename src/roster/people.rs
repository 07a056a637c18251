//! `[[people]]`.

mod everybody;
mod reach;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use super::exchange::Heading;
use super::findings::Findings;
use super::keys;
use super::names::{self, LONGEST_NAME, Looks};
use super::section::{Section, Spanned};
use super::sheet::Sheet;
use super::source::{Cursor, Source, Span};
pub(super) use everybody::People;
use reach::read_deliver;
pub(super) use reach::{read_email, read_phone};

use crate::model::{Email, MAX_WISH_CHARS, MAX_WISHES, Person, PersonIndex, Phone, Position};

pub(super) fn read_people(
    root: &Section<'_, '_>,
    heading: &Heading,
    rows: Option<(&Sheet, &mut Findings)>,
    source: &Source,
    draft: bool,
    findings: &mut Findings,
) -> People {
    let sections = root.tables("people", &keys::PERSON, findings);
    let sheet = rows.as_ref().map(|(sheet, _)| *sheet);
    let has = |key| sections.iter().any(|section| section.has(key)) || sheet.is_some_and(|sheet| sheet.has(key));
    let count = sections.len() + sheet.map_or(0, |sheet| sheet.rows().count());
    let mut reader = Reader::new(heading, has("phone") || has("email"), count);
    let mut cursor = Cursor::new(source);
    for section in &sections {
        let place = cursor.position(section.at.start);
        reader.person(section, Some(place), findings);
    }
    // Whom a file that cannot be read names nobody can tell.
    let all_read = heading.people.is_none() || rows.as_ref().is_some_and(|(_, in_sheet)| !in_sheet.any_error());
    if let Some((sheet, in_sheet)) = rows {
        reader.sheet(sheet, in_sheet);
    }
    let crowd = (root.key_at("people"), sections.first().map_or(root.at, |first| first.at));
    if all_read && !draft {
        report_too_few(root, count, crowd, findings);
    }
    if all_read && !reader.reachable && count > 1 {
        findings
            .error(crowd.1, "nobody can be reached: no person has a phone or an email")
            .hint("give each person the phone they text from");
    }
    reader.people.complete = all_read;
    reader.people
}

/// Everybody of a spreadsheet alone. Of those who are known already it need not say how they are reached.
pub(super) fn read_rows(sheet: &Sheet, heading: &Heading, known: &[Person], findings: &mut Findings) -> Vec<Person> {
    let mut reader = Reader::new(heading, true, sheet.rows().count());
    reader.known = known.iter().map(|person| names::fold(&person.name)).collect();
    reader.sheet(sheet, findings);
    reader.people.list
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
    /// Where everybody stands: a line, or a row of the sheet.
    places: Vec<u32>,
    /// The sheet, and how many people stand before it.
    sheet: Option<(String, usize)>,
    reachable: bool,
    known: HashSet<String>,
    people: People,
    phones: HashMap<Phone, PersonIndex>,
    emails: HashMap<Email, PersonIndex>,
}

impl<'s> Reader<'s> {
    fn new(heading: &'s Heading, reachable: bool, people: usize) -> Self {
        Self {
            heading,
            places: Vec::with_capacity(people),
            sheet: None,
            reachable,
            known: HashSet::new(),
            people: People {
                list: Vec::with_capacity(people),
                by_name: HashMap::with_capacity(people),
                households: BTreeMap::new(),
                looks: Looks::default(),
                complete: true,
            },
            phones: HashMap::with_capacity(people),
            emails: HashMap::with_capacity(people),
        }
    }

    fn sheet(&mut self, sheet: &Sheet, findings: &mut Findings) {
        self.sheet = Some((sheet.name(), self.places.len()));
        for row in sheet.rows() {
            let (table, at) = sheet.table(row, findings);
            let section = Section::new(&keys::PERSON_ROW, &table, at, findings);
            let before = self.places.len();
            self.person(&section, None, findings);
            self.places[before..].fill(row);
        }
    }

    /// Where somebody stands, in words.
    fn place(&self, id: PersonIndex) -> String {
        let place = self.places.get(id.index()).copied().unwrap_or_default();
        match &self.sheet {
            Some((sheet, before)) if id.index() >= *before => format!("row {place} of {sheet}"),
            _ => format!("line {place}"),
        }
    }

    /// Reads a person; `place` is none where they stand in a sheet.
    fn person(&mut self, section: &Section<'_, '_>, place: Option<Position>, findings: &mut Findings) {
        let name = section.needed_name("name", findings);
        let phone = section.line("phone", LONGEST_NAME, findings);
        let email = section.line("email", 254, findings);
        let is_known = |name: &Spanned<&str>| self.known.contains(&names::fold(name.value));
        if self.reachable && !section.has("phone") && !section.has("email") && !name.as_ref().is_some_and(is_known) {
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
    fn enlist(&mut self, name: Spanned<&str>, place: Option<Position>, findings: &mut Findings) -> Option<PersonIndex> {
        // A roster is at most 64 MiB, so its people fit into 32 bits.
        let id = PersonIndex(u32::try_from(self.people.list.len()).ok()?);
        let folded = names::fold(name.value);
        let alike = self.people.looks.note(&folded, id, &self.people.by_name);
        match self.people.by_name.entry(folded) {
            Entry::Occupied(first) => {
                let first = *first.get();
                let message = format!("{} is in the roster already, at {}", quoted(name.value), self.place(first));
                findings.error(name.at, message).hint("each name must be unique: add a surname or an initial");
                None
            }
            Entry::Vacant(free) => {
                free.insert(id);
                if let Some(alike) = alike {
                    let what = format!("{} looks like the name at {}", quoted(name.value), self.place(alike));
                    findings.warning(name.at, what).hint("write both in one alphabet, or add a surname");
                }
                let name = names::tidy(name.value);
                let (phone, email, households, wishes) = (None, None, Vec::new(), Vec::new());
                self.people.list.push(Person {
                    id: None,
                    name,
                    phone,
                    email,
                    deliver: None,
                    households,
                    wishes,
                    place,
                });
                self.places.push(place.map_or(0, |place| place.line));
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
        let place = self.place(first);
        let (first, second) = (&self.people.list[first.index()], &self.people.list[second.index()]);
        let (phone, keyword) = (&phone.value, self.heading.keyword.to_uppercase());
        let (one, other) = tell_apart(&first.name, &second.name);
        let (who, with) = (quoted(&second.name), quoted(&first.name));
        findings
            .warning(at, format!("{who} shares the phone {phone} with {with} ({place})"))
            .hint(format!("they text \"{keyword} {one}\" and \"{keyword} {other}\", and each can read the other's"));
    }

    fn warn_of_shared_email(&self, at: Span, first: PersonIndex, second: PersonIndex, findings: &mut Findings) {
        let place = self.place(first);
        let (first, second) =
            (quoted(&self.people.list[first.index()].name), quoted(&self.people.list[second.index()].name));
        findings
            .warning(at, format!("{second} shares an email with {first} ({place})"))
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

fn read_wishes(section: &Section<'_, '_>, findings: &mut Findings) -> Vec<String> {
    let wishes = section.lines("wishes", MAX_WISH_CHARS, findings);
    if wishes.len() > MAX_WISHES {
        findings.error(section.key_at("wishes"), format!("more than {MAX_WISHES} wishes"));
    }
    wishes.iter().map(|found| names::tidy(found.value)).collect()
}
