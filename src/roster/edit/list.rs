//! Sections of one kind as a list.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike};

use super::super::set::set_all;
use super::Fields;

/// A list of sections, written as `[[key]]` or within one value.
pub(super) struct List<'t> {
    pub(super) tree: &'t mut DocumentMut,
    pub(super) key: &'static str,
}

impl List<'_> {
    pub(super) fn len(&self) -> usize {
        match self.tree.get(self.key) {
            Some(Item::ArrayOfTables(tables)) => tables.len(),
            Some(item) => item.as_array().map_or(0, Array::len),
            None => 0,
        }
    }

    pub(super) fn at(&mut self, place: usize) -> Option<&mut dyn TableLike> {
        match self.tree.get_mut(self.key)? {
            Item::ArrayOfTables(tables) => tables.get_mut(place).map(|table| table as &mut dyn TableLike),
            item => item.as_array_mut()?.get_mut(place)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike),
        }
    }

    pub(super) fn each(&mut self, mut with: impl FnMut(&mut dyn TableLike)) {
        (0..self.len()).for_each(|place| {
            self.at(place).into_iter().for_each(&mut with);
        });
    }

    pub(super) fn push(&mut self, fields: &Fields) {
        if let Some(list) = self.tree.get_mut(self.key).and_then(Item::as_array_mut) {
            let mut table = InlineTable::new();
            set_all(&mut table, fields);
            return list.push(table);
        }
        let mut table = Table::new();
        set_all(&mut table, fields);
        if self.len() == 0 {
            table.set_position(self.beginning());
        }
        let item = self.tree.entry(self.key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        item.as_array_of_tables_mut().into_iter().for_each(|tables| tables.push(table.clone()));
    }

    /// Where the first section of its kind stands: behind the people, or behind the rules.
    fn beginning(&self) -> Option<isize> {
        let last = |key: &str| match self.tree.get(key)? {
            Item::Table(table) => table.position(),
            Item::ArrayOfTables(tables) => tables.iter().filter_map(Table::position).max(),
            _ => None,
        };
        ["exchange", "rules", "people"].into_iter().filter_map(last).max()
    }

    pub(super) fn remove(&mut self, place: usize) {
        match self.tree.get_mut(self.key) {
            Some(Item::ArrayOfTables(tables)) => {
                let gone = tables.remove(place);
                if tables.is_empty() {
                    self.tree.remove(self.key);
                }
                let kept = kept_comments(&above(&gone), place == 0).to_owned();
                self.put_above_next(gone.position(), kept);
            }
            Some(item) => item.as_array_mut().into_iter().for_each(|list| drop(list.remove(place))),
            None => {}
        }
    }

    /// Puts comments above whichever section comes next.
    fn put_above_next(&mut self, position: Option<isize>, comments: String) {
        if comments.is_empty() {
            return;
        }
        let each = self.tree.iter_mut().flat_map(|(_, item)| -> Box<dyn Iterator<Item = &mut Table>> {
            match item {
                Item::Table(table) => Box::new(std::iter::once(table)),
                Item::ArrayOfTables(tables) => Box::new(tables.iter_mut()),
                _ => Box::new(std::iter::empty()),
            }
        });
        match each.filter(|table| table.position() > position).min_by_key(|table| table.position()) {
            Some(next) => {
                let own = above(next);
                let own = if own.trim().is_empty() { "" } else { &own };
                next.decor_mut().set_prefix(comments + own);
            }
            None => {
                let end = self.tree.trailing().as_str().unwrap_or("").to_owned();
                self.tree.set_trailing(comments + &end);
            }
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut dyn TableLike) -> bool) {
        for place in (0..self.len()).rev() {
            if !self.at(place).is_none_or(&mut keep) {
                self.remove(place);
            }
        }
    }
}

/// What stands above a section's header.
fn above(table: &Table) -> String {
    table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

/// What stands above a section that goes, and is about the others too: all of it above the first, else what an empty line
/// keeps apart.
fn kept_comments(above: &str, is_first: bool) -> &str {
    let (text, end) = (above.trim_end_matches(['\n', '\r', ' ', '\t']), above.len());
    let is_apart = above[text.len()..].matches('\n').count() > 1;
    let end = if is_first || is_apart { end } else { text.rfind("\n\n").map_or(0, |at| at + 2) };
    if above[..end].trim().is_empty() { "" } else { &above[..end] }
}
