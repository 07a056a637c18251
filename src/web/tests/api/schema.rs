//! As much of JSON Schema as the API's document uses: whether a value is of a schema, and values that are, or are not.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// Words that people, and those who are not, put into a field.
const WORDS: [&str; 22] = [
    "Ada Hill",
    "Cleo Marsh",
    "",
    " ",
    "+44 7700 900123",
    "07700 900129",
    "ada@example.org",
    "cleo@example.org",
    "sms",
    "2026-12-24",
    "Europe/London",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "line\nbreak",
    "nul\u{0}byte",
    "\u{202e}turned round",
    "🎁🎄",
    "{receiver} {nobody}",
    "a,b",
    "../../etc/passwd",
    "9223372036854775807",
    "-1",
];

pub(super) struct Schemas<'a>(pub(super) &'a Value);

impl Schemas<'_> {
    fn resolved<'b>(&'b self, schema: &'b Value) -> &'b Value {
        match schema["$ref"].as_str() {
            Some(name) => {
                let found = self.0.pointer(name.trim_start_matches('#'));
                self.resolved(found.unwrap_or_else(|| panic!("{name} is not in the document")))
            }
            None => schema,
        }
    }

    /// What is wrong with a value; nothing, if it is of the schema.
    pub(super) fn fault(&self, schema: &Value, value: &Value) -> Option<String> {
        let schema = self.resolved(schema);
        let fails = |schema: &Value| self.fault(schema, value);
        for all in schema["allOf"].as_array().into_iter().flatten() {
            if let Some(fault) = fails(all) {
                return Some(fault);
            }
        }
        for any in ["oneOf", "anyOf"] {
            if schema[any].as_array().is_some_and(|some| some.iter().all(|one| fails(one).is_some())) {
                return Some(format!("{value} is none of {any}"));
            }
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            return Some(format!("{value} is none of {}", schema["enum"]));
        }
        if !types(schema).is_empty() && !types(schema).iter().any(|kind| is_of(kind, value)) {
            return Some(format!("{value} is no {}", schema["type"]));
        }
        match value {
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let below = schema["minimum"].as_f64().is_some_and(|least| number < least);
                let above = schema["maximum"].as_f64().is_some_and(|most| number > most);
                (below || above).then(|| format!("{number} is out of bounds"))
            }
            Value::String(text) if schema["format"] == "date-time" => {
                text.parse::<jiff::Timestamp>().err().map(|_| format!("{text:?} is no time"))
            }
            Value::Array(items) => items.iter().find_map(|item| self.fault(&schema["items"], item)),
            Value::Object(fields) => self.fault_of_fields(schema, fields),
            _ => None,
        }
    }

    fn fault_of_fields(&self, schema: &Value, fields: &Map<String, Value>) -> Option<String> {
        let missing = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(name) = missing.into_iter().find(|name| !fields.contains_key(*name)) {
            return Some(format!("{name} is missing"));
        }
        fields.iter().find_map(|(name, value)| match schema["properties"].get(name) {
            Some(property) => self.fault(property, value).map(|fault| format!("{name}: {fault}")),
            None if schema["additionalProperties"] == false => Some(format!("{name} is unknown")),
            None => None,
        })
    }

    /// A value of a schema; one time in two it is what somebody would mean, if there is an example of it.
    pub(super) fn valid(&self, schema: &Value, random: &mut ChaCha8Rng) -> Value {
        let schema = self.resolved(schema);
        if let Some(one) = ["oneOf", "anyOf"].iter().find_map(|any| schema[*any].as_array()) {
            return self.valid(&one[random.random_range(0..one.len())], random);
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[random.random_range(0..words.len())].clone();
        }
        let all = types(schema);
        match all.get(random.random_range(0..all.len().max(1))).copied().unwrap_or("null") {
            "string" if schema["format"] == "date-time" => json!("2026-12-24T12:00:00Z"),
            "string" => json!(WORDS[random.random_range(0..WORDS.len())]),
            "integer" => {
                let (least, most) = (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(9));
                json!(random.random_range(least..=most))
            }
            "number" => json!(0.5),
            "boolean" => json!(random.random_bool(0.5)),
            "array" => (0..random.random_range(0..4)).map(|_| self.valid(&schema["items"], random)).collect(),
            "object" => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let mut fields = Map::new();
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    if required.contains(&json!(name)) || random.random_bool(0.5) {
                        fields.insert(name.clone(), self.valid(property, random));
                    }
                }
                Value::Object(fields)
            }
            _ => Value::Null,
        }
    }

    /// A value that is not of a schema.
    pub(super) fn invalid(&self, schema: &Value, random: &mut ChaCha8Rng) -> Option<Value> {
        let strays = [json!(null), json!(-1), json!(1.5), json!("?"), json!([[]]), json!({"a": {}}), json!(true)];
        (0..50).find_map(|_| {
            let mut value = self.valid(schema, random);
            let stray = strays[random.random_range(0..strays.len())].clone();
            match &mut value {
                Value::Object(fields) => match random.random_range(0..3) {
                    0 => drop(fields.insert("surprise".to_owned(), stray)),
                    1 => fields.clear(),
                    _ => {
                        let named = self.resolved(schema)["properties"].as_object().cloned().unwrap_or_default();
                        if let Some(name) = named.keys().nth(random.random_range(0..named.len().max(1))) {
                            fields.insert(name.clone(), stray);
                        }
                    }
                },
                other => *other = stray,
            }
            self.fault(schema, &value).is_some().then_some(value)
        })
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    }
}
