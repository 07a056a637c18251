//! `[[exclusions]]` and `[[past]]`: who may not give to whom, and who did in years before.

use std::collections::HashMap;

use toml::de::DeValue;

use super::findings::Findings;
use super::keys;
use super::names::{self, LONGEST_NAME};
use super::people::People;
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::source::{Cursor, Source};
use super::texts::each_line;
use crate::model::{Exclusion, PastYear, PersonIndex, Position};

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
        let from = exclusions.len();
        read_exclusion(&section, place, people, &mut exclusions, findings);
        let ways = |exclusion: &Exclusion| {
            let Exclusion { giver, receiver, both_ways, .. } = *exclusion;
            [Some((giver, receiver)), both_ways.then_some((receiver, giver))].into_iter().flatten()
        };
        let mut all = exclusions[from..].iter().flat_map(ways);
        if let Some(line) =
            all.next().and_then(|way| lines.get(&way)).copied().filter(|_| all.all(|way| lines.contains_key(&way)))
        {
            findings.warning(section.at, format!("this exclusion already stands at line {line}"));
        }
        for way in exclusions[from..].iter().flat_map(ways) {
            lines.entry(way).or_insert(place.line);
        }
    }
    exclusions
}

/// Reads one section, which may name several receivers, or a household of them.
fn read_exclusion(
    section: &Section<'_, '_>,
    place: Position,
    people: &People,
    exclusions: &mut Vec<Exclusion>,
    findings: &mut Findings,
) {
    let both_ways = section.flag("both_ways", findings).unwrap_or(false);
    let giver = section.needed_line("giver", LONGEST_TEXT, findings);
    let giver = giver.and_then(|found| people.known(found, findings));
    if !section.has("receiver") && !section.has("household") {
        findings.error(section.at, "[[exclusions]] needs `receiver`").hint("or `household`, for all of its members");
    }
    let named = section.line_or_lines("receiver", findings);
    let mut receivers: Vec<PersonIndex> = named.into_iter().filter_map(|found| people.known(found, findings)).collect();
    let themselves = |receiver: &PersonIndex| Some(*receiver) == giver;
    if let Some(giver) = giver.filter(|_| receivers.iter().any(themselves)) {
        let name = names::quoted(&people.list[giver.index()].name);
        findings
            .error(section.at, format!("{name} is excluded from giving to themselves"))
            .hint("nobody ever draws themselves; remove this exclusion");
        return;
    }
    if let Some(household) = section.line("household", LONGEST_NAME, findings) {
        receivers.extend(people.household(household, findings).into_iter().filter(|person| !themselves(person)));
    }
    let Some(giver) = giver else { return };
    let exclusion = |receiver| Exclusion { giver, receiver, both_ways, place: Some(place) };
    exclusions.extend(receivers.into_iter().map(exclusion));
}

/// The pairings of years before the first draw, the newest year first. Who takes no part any more is passed over, as in
/// earlier draws; only a name that looks mistyped is worth a warning.
pub(super) fn read_past(root: &Section<'_, '_>, people: &People, findings: &mut Findings) -> Vec<PastYear> {
    let mut past: Vec<PastYear> = Vec::new();
    for section in root.tables("past", &keys::PAST, findings) {
        for key in ["year", "pairings"].into_iter().filter(|key| !section.has(key)) {
            findings.error(section.at, format!("[[past]] needs `{key}`"));
        }
        let year = section.whole("year", 1900..=2999, findings).map_or(0, |found| found.value);
        past.push(PastYear { year, pairings: read_pairings(&section, people, findings) });
    }
    past.sort_by_key(|year| std::cmp::Reverse(year.year));
    past
}

fn read_pairings(
    section: &Section<'_, '_>,
    people: &People,
    findings: &mut Findings,
) -> Vec<(PersonIndex, PersonIndex)> {
    const HINT: &str = "an example: pairings = [[\"Ada Hill\", \"Cleo Marsh\"]], the giver first";
    let Some(found) = section.raw("pairings") else { return Vec::new() };
    let DeValue::Array(pairs) = found.value else {
        findings.error(found.at, "`pairings` must be a list of pairs").hint(HINT);
        return Vec::new();
    };
    let mut pairings = Vec::new();
    for pair in pairs.iter() {
        let names: Vec<Spanned<&str>> = match pair.get_ref() {
            DeValue::Array(names) => each_line(names, "pairings", LONGEST_TEXT, findings),
            _ => Vec::new(),
        };
        let [giver, receiver] = names[..] else {
            findings.error(pair.span().into(), "this is not a pair of names").hint(HINT);
            continue;
        };
        let today = [giver, receiver].map(|name| (name, people.find(name.value)));
        for (name, _) in today.iter().filter(|(_, id)| id.is_none()) {
            if let Some(near) = people.near(name.value, findings).map(names::quoted) {
                let message = format!("nobody called {} takes part", names::quoted(name.value));
                findings.warning(name.at, message).hint(format!("did you mean {near}?"));
            }
        }
        if let [(_, Some(giver)), (_, Some(receiver))] = today {
            pairings.push((giver, receiver));
        }
    }
    pairings
}
