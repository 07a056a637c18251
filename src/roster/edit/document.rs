//! The text as a tree that keeps its comments.

use std::collections::HashMap;

use toml_edit::{DocumentMut, Item, TableLike, Value as TomlValue};

use super::super::findings::Findings;
use super::super::set::{replace, set_all};
use super::super::{Roster, Setting, names};
use super::list::List;
use super::{Edit, Fields, Refusal};

pub(super) struct Document {
    tree: DocumentMut,
    /// The places of people in the text, by folded name.
    people: HashMap<String, usize>,
    /// Those who stand in a file of their own, by folded name, and the file.
    elsewhere: HashMap<String, String>,
    /// All names as they were.
    spellings: Vec<String>,
    bom: bool,
    windows: bool,
}

impl Document {
    /// Takes a text that has been read as this roster.
    pub(super) fn read(text: &str, roster: &Roster) -> Option<Self> {
        let bom = text.starts_with('\u{feff}');
        let text = text.trim_start_matches('\u{feff}');
        let windows = text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count();
        let tree: DocumentMut = text.parse().ok()?;
        let file = roster.people_file().map_or_else(String::new, |file| file.display().to_string());
        let in_file = roster.exchange.people.iter().filter(|person| person.place.is_none());
        let elsewhere = in_file.map(|person| (names::fold(&person.name), file.clone())).collect();
        let spellings = roster.exchange.people.iter().map(|person| person.name.clone()).collect();
        let mut document = Self { tree, people: HashMap::new(), elsewhere, spellings, bom, windows };
        document.number();
        Some(document)
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.tree.to_string();
        if self.windows {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if self.bom {
            text.insert(0, '\u{feff}');
        }
        text
    }

    pub(super) fn make(&mut self, edit: &Edit) -> Result<(), Refusal> {
        match edit {
            Edit::Add(fields) => {
                if let Some((_, Some(Setting::Text(name)))) = fields.iter().find(|(key, _)| *key == "name") {
                    let count = self.list("people").len();
                    self.people.entry(names::fold(name)).or_insert(count);
                }
                self.list("people").push(fields);
            }
            Edit::Change(name, fields) => {
                let place = self.place(name)?;
                self.list("people").at(place).into_iter().for_each(|table| set_all(table, fields));
                if let Some((_, Some(Setting::Text(new)))) = fields.iter().find(|(key, _)| *key == "name") {
                    self.each_name(&mut |found| {
                        if names::is_same_name(found, name) { Some(new.clone()) } else { None }
                    });
                    self.number();
                }
            }
            Edit::Exclude { giver, receiver, both_ways } => {
                let names = [("giver", giver), ("receiver", receiver)];
                let mut fields: Fields = names.map(|(key, name)| (key, Some(Setting::Text(name.clone())))).into();
                fields.extend(both_ways.then_some(("both_ways", Some(Setting::Flag(true)))));
                self.list("exclusions").push(&fields);
            }
            Edit::Allow { giver, receiver, both_ways } => self.list("exclusions").retain(|table| {
                let says_both = table.get("both_ways").and_then(Item::as_bool).unwrap_or(false);
                let is_it = text_of(table.get("giver")).is_some_and(|name| names::is_same_name(name, giver))
                    && says_both == *both_ways;
                !is_it || keeps_receivers(table, receiver)
            }),
            Edit::Remove(name) => {
                let place = self.place(name)?;
                self.list("people").remove(place);
                self.forget(name);
                self.number();
            }
        }
        Ok(())
    }

    fn number(&mut self) {
        let mut names = Vec::new();
        self.list("people").each(|table| names.push(text_of(table.get("name")).map(names::fold)));
        self.people = names.into_iter().zip(0..).filter_map(|(name, place)| Some((name?, place))).collect();
    }

    fn place(&self, name: &str) -> Result<usize, Refusal> {
        let (folded, quoted) = (names::fold(name), names::quoted(name));
        if let Some(file) = self.elsewhere.get(&folded) {
            return Err(Refusal::new(format!("{quoted} is in {file}"), Some("change them there".to_owned())));
        }
        let unknown = || Refusal::new(format!("there is no person called {quoted}"), self.near(name));
        self.people.get(&folded).copied().ok_or_else(unknown)
    }

    fn near(&self, name: &str) -> Option<String> {
        let mut findings = Findings::new();
        let near = findings.nearest(name, self.spellings.iter().map(String::as_str));
        let meant = near.map(|near| format!("did you mean {}?", names::quoted(near)));
        Some(meant.unwrap_or_else(|| "`xchange people list` names everybody".to_owned()))
    }

    fn list(&mut self, key: &'static str) -> List<'_> {
        List { tree: &mut self.tree, key }
    }

    /// Gives every name in exclusions and the past its turn to be another.
    fn each_name(&mut self, renamed: &mut dyn FnMut(&str) -> Option<String>) {
        for key in ["exclusions", "past"] {
            self.list(key).each(|table| {
                for key in ["giver", "receiver", "pairings"] {
                    table
                        .get_mut(key)
                        .and_then(Item::as_value_mut)
                        .into_iter()
                        .for_each(|value| rename(value, renamed));
                }
            });
        }
    }

    /// Takes a person out of the exclusions.
    fn forget(&mut self, name: &str) {
        self.list("exclusions").retain(|table| {
            text_of(table.get("giver")).is_none_or(|giver| !names::is_same_name(giver, name))
                && keeps_receivers(table, name)
        });
    }
}

fn text_of(item: Option<&Item>) -> Option<&str> {
    item.and_then(Item::as_str)
}

fn receivers(table: &dyn TableLike) -> Vec<String> {
    match table.get("receiver") {
        Some(item) if item.is_str() => text_of(Some(item)).map(str::to_owned).into_iter().collect(),
        Some(item) => item.as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned())).collect(),
        None => Vec::new(),
    }
}

/// Takes somebody out of the receivers of an exclusion; whether it still excludes anybody.
fn keeps_receivers(table: &mut dyn TableLike, name: &str) -> bool {
    if !receivers(table).iter().any(|receiver| names::is_same_name(receiver, name)) {
        return true;
    }
    if let Some(list) = table.get_mut("receiver").and_then(Item::as_array_mut) {
        list.retain(|receiver| receiver.as_str().is_none_or(|receiver| !names::is_same_name(receiver, name)));
        list.get_mut(0).into_iter().for_each(|first| first.decor_mut().set_prefix(""));
    }
    if receivers(table).iter().all(|receiver| names::is_same_name(receiver, name)) {
        table.remove("receiver");
    }
    table.contains_key("receiver") || table.contains_key("household")
}

fn rename(value: &mut TomlValue, renamed: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        TomlValue::Array(list) => list.iter_mut().for_each(|value| rename(value, renamed)),
        TomlValue::String(text) => {
            if let Some(new) = renamed(text.value()) {
                replace(value, new.into());
            }
        }
        _ => {}
    }
}
