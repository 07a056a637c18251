//! An impossible roster in words.

use crate::matcher::answer::{Clash, Impossible, Repair, RuleRef};

/// Most names in one list; further people are counted.
const MOST_NAMES: usize = 6;

/// Says why there is no draw, and what would help, a sentence each. `names` gives a person's name, `rules` a rule in the
/// caller's words ("the exclusion at line 12", "last year's draw").
pub fn explain(found: &Impossible, names: &dyn Fn(u32) -> String, rules: &dyn Fn(&RuleRef) -> String) -> Vec<String> {
    let words = Words { names, rules };
    let mut said = vec![words.too_large(found).unwrap_or_else(|| words.clash(found))];
    said.extend(words.repairs(found));
    said
}

struct Words<'a> {
    names: &'a dyn Fn(u32) -> String,
    rules: &'a dyn Fn(&RuleRef) -> String,
}

impl Words<'_> {
    fn clash(&self, found: &Impossible) -> String {
        let because = self.because(&found.rules);
        let (givers, receivers) = (&found.givers, &found.receivers);
        match found.clash {
            Clash::Givers if receivers.is_empty() && found.room == 0 => {
                format!("{} can give to nobody{because}.", self.list(givers, "and"))
            }
            Clash::Receivers if givers.is_empty() && found.room == 0 => {
                format!("nobody can give to {}{because}.", self.list(receivers, "or"))
            }
            Clash::Givers if found.needed > givers.len() as u64 => {
                let (needed, room) = (found.needed, found.room);
                format!("{} would give {needed} gifts, but can give only {room}{because}.", self.list(givers, "and"))
            }
            Clash::Receivers if found.needed > receivers.len() as u64 => {
                let (needed, room) = (found.needed, found.room);
                format!(
                    "{} would receive {needed} gifts, but can receive only {room}{because}.",
                    self.list(receivers, "and")
                )
            }
            Clash::Givers => {
                let (crowd, seen) = (self.list(givers, "and"), self.list(receivers, "or"));
                format!("{crowd} can give only to {seen}{because}.")
            }
            Clash::Receivers => {
                let (seen, crowd) = (self.list(givers, "or"), self.list(receivers, "and"));
                format!("only {seen} can give to {crowd}{because}.")
            }
            Clash::ClosedGivers => {
                format!(
                    "{} can give only among themselves, so no single circle leaves them{because}.",
                    self.list(givers, "and")
                )
            }
            Clash::ClosedReceivers => {
                format!(
                    "{} can receive only from each other, so no single circle reaches them{because}.",
                    self.list(receivers, "and")
                )
            }
            Clash::Partners => {
                let (who, each, room) = (self.list(givers, "and"), found.needed / 2, found.room);
                format!(
                    "{who} would give to {each} people and receive from {each} others, but may deal with only {room}\
                     {because}."
                )
            }
            Clash::Exhausted => format!("every possibility was gone through and none is allowed{because}."),
        }
    }

    /// A household of more than half of everybody is a clearer reason than any of its members.
    fn too_large(&self, found: &Impossible) -> Option<String> {
        let (household, members, people) = found.repairs.iter().find_map(|repair| match repair {
            Repair::Inside { household, members, people, .. } => Some((*household, *members, *people)),
            _ => None,
        })?;
        let household = (self.rules)(&RuleRef::Household(household));
        Some(format!(
            "{household} is {members} of {people} people, and none of them may give to another: it can be at most half of everybody, {} here.",
            people / 2
        ))
    }

    /// The rules to blame. That nobody gives to themselves goes without saying, unless it is all there is to say.
    fn because(&self, rules: &[RuleRef]) -> String {
        let told: Vec<String> = rules.iter().filter(|&&rule| rule != RuleRef::SelfRule).map(self.rules).collect();
        match (told.is_empty(), rules.first()) {
            (true, None) => String::new(),
            (true, Some(rule)) => format!(": {}", (self.rules)(rule)),
            (false, _) => format!(": {}", shortened(&told, "and")),
        }
    }

    fn repairs(&self, found: &Impossible) -> Vec<String> {
        let mut said = Vec::new();
        let circles = !matches!(found.clash, Clash::Givers | Clash::Receivers);
        if circles && found.repairs.is_empty() {
            said.push("no single rule was found whose dropping makes a draw possible.".to_owned());
        }
        let single: Vec<String> = found
            .repairs
            .iter()
            .filter_map(|repair| match repair {
                Repair::Drop(rule) => Some((self.rules)(rule)),
                _ => None,
            })
            .collect();
        let others = if found.all_tried { "" } else { " (not every rule was tried)" };
        match &single[..] {
            [] => {}
            [only] => said.push(format!("dropping {only} makes a draw possible{others}.")),
            _ => {
                let single = shortened(&single, "or");
                said.push(format!("dropping any one of these makes a draw possible{others}: {single}."));
            }
        }
        if found.must_go > 1 {
            said.push(format!("at least {} forbidden pairings have to be allowed.", found.must_go));
        }
        said.extend(found.repairs.iter().filter_map(|repair| self.other(repair)));
        said
    }

    fn other(&self, repair: &Repair) -> Option<String> {
        Some(match repair {
            Repair::Drop(_) => return None,
            Repair::DropAll { rules, fewest } => {
                let rules: Vec<String> = rules.iter().map(self.rules).collect();
                let sure = if *fewest { "no fewer will do" } else { "the fewest found" };
                format!("dropping all of these together makes a draw possible ({sure}): {}.", list(&rules, "and"))
            }
            Repair::Guests(1) => "inviting 1 more person from elsewhere makes a draw possible.".to_owned(),
            Repair::Guests(guests) => format!("inviting {guests} more people from elsewhere makes a draw possible."),
            Repair::Inside { household, pairings, .. } => {
                let household = (self.rules)(&RuleRef::Household(*household));
                let pairings = if *pairings == 1 { "1 pairing".to_owned() } else { format!("{pairings} pairings") };
                format!("allowing {pairings} in spite of {household} makes a draw possible.")
            }
            Repair::Gifts(1) => "giving 1 gift each is possible.".to_owned(),
            Repair::Gifts(gifts) => format!("giving {gifts} gifts each is possible."),
        })
    }

    fn list(&self, people: &[u32], last: &str) -> String {
        let shown = if people.len() <= MOST_NAMES + 1 { people.len() } else { MOST_NAMES };
        let mut names: Vec<String> = people[..shown].iter().map(|&person| (self.names)(person)).collect();
        if shown < people.len() {
            names.push(format!("{} others", people.len() - shown));
        }
        list(&names, last)
    }
}

fn shortened(items: &[String], last: &str) -> String {
    if items.len() <= MOST_NAMES + 1 {
        return list(items, last);
    }
    let mut shown = items[..MOST_NAMES].to_vec();
    shown.push(format!("{} others", items.len() - MOST_NAMES));
    list(&shown, last)
}

/// "Ann, Bob and Cy".
fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
