//! Ways out of an impossible roster that can be taken at the press of a button: rules that are dropped.

use super::check::{self, Earlier};
use super::editing::EditingError;
use super::kept::{self, KeepError};
use super::question::{households, rule_in_words};
use crate::app::accounts::Owned;
use crate::app::site::Site;
use crate::matcher::{self, Repair, RuleRef};
use crate::model::{Exchange, TopicId};
use crate::roster::edit::{self, Edit};
use crate::roster::{self, Setting};

/// A way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Mend {
    /// What it does, as a button says it.
    pub words: String,
    edits: Vec<Edit>,
    settings: Vec<(&'static str, &'static str, Setting)>,
}

/// The ways out of an impossible roster that need no new people.
pub(super) fn mends(found: &matcher::Impossible, exchange: &Exchange) -> Vec<Mend> {
    let mend = |repair: &Repair| match repair {
        Repair::Drop(rule) => dropping(&[*rule], exchange),
        Repair::DropAll { rules, .. } => dropping(rules, exchange),
        Repair::Gifts(gifts) => Some(Mend {
            words: format!("Give {gifts} each"),
            edits: Vec::new(),
            settings: vec![("rules", "gifts_each", Setting::Number(*gifts))],
        }),
        Repair::Guests(_) | Repair::Inside { .. } => None,
    };
    found.repairs.iter().filter_map(mend).collect()
}

fn dropping(rules: &[RuleRef], exchange: &Exchange) -> Option<Mend> {
    let words: Vec<String> = rules.iter().map(|rule| without_lines(&rule_in_words(rule, exchange))).collect();
    let mut mend = Mend { words: format!("Drop {}", words.join(" and ")), edits: Vec::new(), settings: Vec::new() };
    let (names, mut gone) = (households(exchange), Vec::new());
    for rule in rules {
        match rule {
            RuleRef::OneCircle => mend.settings.push(("rules", "one_circle", Setting::Flag(false))),
            RuleRef::NoMutual => mend.settings.push(("rules", "mutual", Setting::Flag(true))),
            RuleRef::Household(number) => gone.extend(names.get(*number as usize).copied()),
            RuleRef::Exclusion(number) => {
                match exchange.exclusions.get(*number as usize) {
                    Some(first) => mend.edits.extend(
                        exchange.exclusions.iter().filter(|rule| rule.place == first.place).map(|rule| Edit::Allow {
                            giver: exchange.person(rule.giver).name.clone(),
                            receiver: exchange.person(rule.receiver).name.clone(),
                            both_ways: rule.both_ways,
                        }),
                    ),
                    None => gone.extend(names.get(*number as usize - exchange.exclusions.len()).copied()),
                }
            }
            RuleRef::SelfRule | RuleRef::History(_) => return None,
        }
    }
    for person in exchange.people.iter().filter(|person| person.households.iter().any(|it| gone.contains(&it.as_str())))
    {
        let left = person.households.iter().filter(|it| !gone.contains(&it.as_str())).cloned().collect();
        mend.edits.push(Edit::Change(person.name.clone(), vec![("household", Some(Setting::Texts(left)))]));
    }
    Some(mend)
}

/// Takes the way out of these words, if it is one still; `false` where it is none any more.
/// Where it fails, the roster is as it was.
pub fn take(site: &Site, id: Owned<TopicId>, words: &str) -> Result<bool, EditingError> {
    let impossible = check::check(&site.exchange, &Earlier::default()).ok().and_then(|checked| checked.impossible);
    let Some(mend) = impossible.and_then(|it| it.mends.into_iter().find(|mend| mend.words == words)) else {
        return Ok(false);
    };
    let read = |text: &str| roster::parse_kept(text, &site.exchange.name, &site.settings);
    let edit = |toml: &str| {
        let text = edit::apply(toml, read, &mend.edits)?.text;
        Ok::<_, EditingError>(roster::set(&text, &mend.settings))
    };
    match kept::change(&site.store, &site.settings, id.id(), None, edit, site.clock.now()) {
        Err(EditingError::Keep(KeepError::Stale { .. })) => Ok(false),
        changed => changed.map(|_kept| true),
    }
}

/// A rule without the line of a text that nobody sees.
pub fn without_lines(words: &str) -> String {
    let mut left = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once(" (line ") {
        left.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    left + rest
}
