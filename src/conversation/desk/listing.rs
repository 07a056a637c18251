//! The texts of a desk as a list, for whoever words them differently.

use super::Place;
use super::wording::WORDINGS;
use crate::conversation::Listed;

/// Every text that hosts and visitors read.
pub fn listed(place: &Place) -> Vec<Listed> {
    WORDINGS.iter().map(|wording| wording.listed(place, sample)).collect()
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
