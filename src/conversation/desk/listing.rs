//! The texts of a desk as a list, for whoever words them differently.

use super::Place;
use super::wording::WORDINGS;
use crate::conversation::Listed;
use crate::conversation::template::Template;
use crate::conversation::wording::{Wording, WordingContext};

/// Every text that hosts and visitors read.
#[must_use]
pub fn listed(place: &Place) -> Vec<Listed> {
    WORDINGS.iter().map(|wording| one(place, wording)).collect()
}

fn one(place: &Place, wording: &Wording) -> Listed {
    let text = wording.source(place);
    let fill = |name: &str| place.value_everywhere(name).unwrap_or_else(|| sample(name).to_owned());
    let filled = Template::parse(text, &wording.allowed()).map(|it| it.fill(fill));
    Listed {
        name: wording.name,
        when: wording.when,
        way: wording.way,
        placeholders: wording.allowed(),
        text: text.to_owned(),
        usual: wording.text,
        example: filled.unwrap_or_default(),
    }
}

/// A value of usual length for a placeholder.
fn sample(placeholder: &str) -> &'static str {
    match placeholder {
        "visitor" | "host" | "person" => "Cleo Marsh",
        "phone" => "+447700900123",
        "email" => "cleo@example.org",
        "reach" => "Phone +447700900123, e-mail cleo@example.org",
        "in" | "out" | "when" => "14:30",
        "room" => "2.14",
        "choices" => "DESK or CHRISTMAS",
        "days" => "30",
        "others" => "Ada Hill is free.",
        _ => "5",
    }
}
