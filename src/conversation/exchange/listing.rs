//! The texts of an exchange as a list, for whoever words them differently.

use crate::conversation::wording::{Listed, Way};
use crate::model::{DEFAULT_REPLY, Exchange};

use super::outcome::Receiver;
use super::rendering::{date, reply};
use super::wording::{REPLY_PLACEHOLDERS, WORDINGS};

/// Every text that people of an exchange read, the answer with the name first.
pub fn listed(exchange: &Exchange) -> Vec<Listed> {
    let wishes = [SAMPLE_WISH.to_owned()];
    let name = longest_name(exchange);
    let answer = Listed {
        name: "reply",
        when: "The keyword or WHO: the answer with the name; under [exchange]",
        way: Way::Sms,
        placeholders: REPLY_PLACEHOLDERS.to_vec(),
        text: exchange.reply.clone(),
        usual: DEFAULT_REPLY,
        example: reply(exchange, name, &[Receiver { name, wishes: &wishes }]),
    };
    let others = WORDINGS.iter().map(|wording| wording.listed(exchange, |name| sample(exchange, name)));
    std::iter::once(answer).chain(others).collect()
}

const SAMPLE_WISH: &str = "wool socks";

/// A value of usual length for a placeholder.
fn sample(exchange: &Exchange, placeholder: &str) -> String {
    let text = match placeholder {
        "receiver" | "giver" | "person" | "people" | "before" => longest_name(exchange),
        "budget" => exchange.budget.as_deref().unwrap_or("25 GBP"),
        "date" => match date(exchange) {
            date if date.is_empty() => "24 December 2026",
            date => return date,
        },
        "wishes" => SAMPLE_WISH,
        "count" => "3 wishes",
        "choices" => {
            return [longest_name(exchange); 2]
                .map(|name| format!("{} {name}", exchange.keyword.to_uppercase()))
                .join(" or ");
        }
        "receipt" => "XXXX-XXXX-XXXX-XXXX-XXXX",
        "fingerprint" => "XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX",
        "openings" => "never",
        "told" => "24 December 2026, 18:05, by text",
        "link" => "https://xmas.example.org/me/abcdefghijklmnopqrstuvwxyz",
        "text" => "What size are you?",
        "reason" => "somebody cannot come",
        "changes" => return format!("{} joined", longest_name(exchange)),
        "dates" => "24 December 2026",
        "when" => "in 14 days",
        "command" => "ASK",
        "month" => "December",
        "year" => "2026",
        "most" => "300",
        "time" => "18:05",
        _ => "14",
    };
    text.to_owned()
}

fn longest_name(exchange: &Exchange) -> &str {
    exchange.people.iter().map(|person| person.name.as_str()).max_by_key(|name| name.chars().count()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::family;
    use crate::messaging::length::{Encoding, measure};

    fn plain_family() -> Exchange {
        let mut exchange = family();
        exchange.people.truncate(2);
        exchange
    }

    // H20 X6: what people read, all of it.
    #[test]
    fn every_text_has_a_name_a_time_and_words() {
        let texts = listed(&plain_family());
        let shown = |it: &Listed| format!("{} ({:?}): {}\n{}", it.name, it.way, it.when, it.example);
        insta::assert_snapshot!(texts.iter().map(shown).collect::<Vec<_>>().join("\n\n"));
    }

    // A4
    #[test]
    fn every_text_by_sms_is_short_and_of_the_cheap_alphabet() {
        for text in listed(&plain_family()) {
            let length = measure(&text.example);
            let most = if ["menu", "opening_notice", "redraw_notice", "address_notice", "update_notice"]
                .contains(&text.name)
            {
                2
            } else {
                1
            };
            assert!(text.way == Way::Mail || length.segments <= most, "{length:?} {}", text.example);
            assert_eq!(length.encoding, Encoding::Gsm7, "{}", text.example);
        }
    }

    // H20
    #[test]
    fn the_list_shows_the_organizers_own_words() {
        let mut exchange = plain_family();
        exchange.reply = "Psst: {receiver}".to_owned();
        exchange.messages.insert("or".to_owned(), "oder".to_owned());
        let reworded: Vec<String> =
            listed(&exchange).into_iter().filter(|it| it.text != it.usual).map(|it| it.example).collect();
        assert_eq!(reworded, ["Psst: Ben O'Brien", "oder"]);
    }
}
