//! Single keys of a roster's text, set without touching the rest: its comments and its order stay.

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// What a key is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(u32),
    /// A day.
    Day(jiff::civil::Date),
}

/// Sets keys, each in its section; a text that is no TOML stays as it is.
#[must_use]
pub fn set(text: &str, settings: &[(&str, &str, Setting)]) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    for (section, key, setting) in settings {
        let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let Some(table) = table.as_table_like_mut() else { continue };
        set_in(table, key, setting);
    }
    document.to_string()
}

/// Sets keys, each in its section, or takes them out; a text that is no TOML stays as it is.
#[must_use]
pub fn set_or_unset(text: &str, settings: &[(&str, &'static str, Option<Setting>)]) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    for (section, key, setting) in settings {
        let table = document.entry(section).or_insert_with(|| Item::Table(Table::new())).as_table_like_mut();
        table.into_iter().for_each(|table| set_all(table, &[(key, setting.clone())]));
    }
    document.to_string()
}

/// Sets keys of a section; `None`, and an empty list, takes one out.
pub(super) fn set_all(table: &mut dyn TableLike, fields: &[(&'static str, Option<Setting>)]) {
    for (key, setting) in fields {
        match setting.as_ref().filter(|it| !matches!(it, Setting::Texts(texts) if texts.is_empty())) {
            Some(setting) => set_in(table, key, setting),
            None => drop(table.remove(key)),
        }
    }
}

fn set_in(table: &mut dyn TableLike, key: &str, setting: &Setting) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => replace(old, value(setting)),
        None => drop(table.insert(key, Item::Value(value(setting)))),
    }
}

/// Puts another value in the place of one. What stands around it, a comment behind it, belongs to the line.
pub(super) fn replace(old: &mut Value, mut new: Value) {
    *new.decor_mut() = old.decor().clone();
    *old = new;
}

/// Whether a text says anything under a key of a section.
#[must_use]
pub fn is_set(text: &str, section: &str, key: &str) -> bool {
    text.parse::<DocumentMut>()
        .is_ok_and(|document| document.get(section).is_some_and(|table| table.get(key).is_some()))
}

fn value(setting: &Setting) -> Value {
    match setting {
        Setting::Text(text) => text.into(),
        Setting::Texts(texts) => Value::Array(texts.iter().collect::<Array>()),
        Setting::Flag(flag) => (*flag).into(),
        Setting::Number(number) => i64::from(*number).into(),
        Setting::Day(day) => day.to_string().parse().unwrap_or_else(|_never| day.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // G8
    #[test]
    fn keys_are_set_in_their_place_and_all_else_stays() {
        let text = "# ours\n[exchange]\nname = \"Office\" # the name\n\n[[people]]\nname = \"Ada\"\n";
        let day = Setting::Day("2026-12-24".parse().expect("a day"));
        let keys = [
            ("exchange", "name", Setting::Text("Office \"2026\"".to_owned())),
            ("exchange", "date", day),
            ("rules", "mutual", Setting::Flag(false)),
            ("rules", "gifts_each", Setting::Number(2)),
            ("seal", "auditors", Setting::Texts(vec!["age1".to_owned()])),
        ];
        insta::assert_snapshot!(set(text, &keys), @r#"
        # ours
        [exchange]
        name = 'Office "2026"' # the name
        date = 2026-12-24

        [[people]]
        name = "Ada"

        [rules]
        mutual = false
        gifts_each = 2

        [seal]
        auditors = ["age1"]
        "#);
        assert_eq!(set("[exchange", &keys), "[exchange");
    }
}
