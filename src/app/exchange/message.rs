//! What a message is to say, as the outbox keeps it: an intent, never words that show a pairing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Email, Phone};
use crate::store::{OutboxRow, StoreError};

/// What a message is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "parameters", rename_all = "snake_case")]
pub enum Message {
    /// To a giver: your pairing was opened.
    OpeningNotice {
        number: u64,
        at: Timestamp,
        /// Why, in the organizer's words.
        reason: String,
    },
    /// To somebody who had asked: there is a new draw.
    RedrawNotice {
        /// Why, in the organizer's words.
        reason: String,
    },
    /// To a giver without a phone: whom you give to. The name is looked up in the open draw when the mail is written.
    Pairing {},
    /// To somebody who asked for it on a page: the link to their own, made when the mail is written.
    OwnLink {},
    /// To somebody who has not asked, or said neither BOUGHT nor SENT.
    Reminder {},
    /// What the organizer tells everybody.
    Announcement {
        /// In their words, with places for the reader's own names.
        text: String,
    },
    /// To an address that was somebody's: it is not any more, or another has come to it. Names nobody.
    AddressNotice {
        number: u64,
        at: Timestamp,
        /// The phone, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Phone>,
        /// The e-mail address, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Email>,
    },
    /// To everybody: who joined and who left, and that there is a new draw for it.
    UpdateNotice {
        /// By name.
        joined: Vec<String>,
        /// By name.
        left: Vec<String>,
    },
    /// A relayed text, to a role. Stands in no outbox.
    Relay {
        /// Where it is kept, sealed.
        relay: String,
        /// Which of the sender's receivers or givers, from 0; they have as many as everybody has gifts.
        nth: usize,
    },
}

impl Message {
    /// The kind and the parameters as the outbox stores them.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the parameters cannot be put into JSON.
    pub fn stored(&self) -> Result<(String, String), StoreError> {
        let value = serde_json::to_value(self).map_err(|e| StoreError::damaged("message", e))?;
        let kind = value.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Ok((kind, value.get("parameters").map(ToString::to_string).unwrap_or_default()))
    }

    /// The message of a row.
    pub fn of(row: &OutboxRow) -> Result<Self, StoreError> {
        let damaged = |e| StoreError::damaged(format!("message {}", row.id.number()), e);
        let parameters: serde_json::Value = serde_json::from_str(&row.parameters).map_err(damaged)?;
        serde_json::from_value(serde_json::json!({ "kind": row.kind, "parameters": parameters })).map_err(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_stored_as_kind_and_parameters() {
        let (kind, parameters) = Message::RedrawNotice { reason: "late".to_owned() }.stored().expect("JSON");
        assert_eq!((kind.as_str(), parameters.as_str()), ("redraw_notice", r#"{"reason":"late"}"#));
        let (kind, parameters) = Message::Pairing {}.stored().expect("JSON");
        assert_eq!((kind.as_str(), parameters.as_str()), ("pairing", "{}"));
    }
}
