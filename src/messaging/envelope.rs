//! One message ready to go: an address and words. Neither prints.

use std::fmt;

use jiff::Timestamp;

use crate::model::{Email, Phone};

/// Where a message goes. Prints masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A text to this phone.
    Phone(Phone),
    /// An e-mail to this address.
    Email(Email),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => phone.fmt(f),
            Self::Email(email) => email.fmt(f),
        }
    }
}

/// The words of a message. They may show a pairing, so they never print.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A text.
    Text(String),
    /// An e-mail.
    Mail {
        /// Subject, one line.
        subject: String,
        /// The text part.
        text: String,
        /// The HTML part.
        html: String,
        /// Where whoever gets it can leave at a click (RFC 8058).
        leave: Option<String>,
        /// An entry for a calendar that goes with it (RFC 5545).
        calendar: Option<String>,
    },
}

impl Body {
    /// An e-mail's subject.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        if let Self::Mail { subject, .. } = self { Some(subject) } else { None }
    }

    /// The words as plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Mail { text, .. } => text,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Mail { .. } => "Mail(..)",
        })
    }
}

/// A message ready to go. Prints its reference alone: address and addressee together may show a pairing.
#[derive(Clone)]
pub struct Envelope {
    /// Where it goes.
    pub to: Address,
    /// Its words.
    pub body: Body,
    /// Stays the same however often the message is sent, and belongs to no other: letters, digits, `-` and `.`.
    pub reference: String,
    /// Who it is for, in words fit for a file on the organizer's disk.
    pub addressee: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// How many seconds a provider may keep a text in a queue of its own; as long as it likes where there is none.
    pub valid_for: Option<u32>,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("reference", &self.reference).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // X11
    #[test]
    fn an_envelope_prints_its_reference_alone() {
        let envelope = Envelope {
            to: Address::Phone(Phone::from_provider("+447700900123").expect("a phone")),
            body: Body::Text("You give to Ben".to_owned()),
            reference: "7-relay".to_owned(),
            addressee: "the receiver of Ada".to_owned(),
            queued_at: Timestamp::UNIX_EPOCH,
            valid_for: None,
        };
        assert_eq!(format!("{envelope:?}"), "Envelope { reference: \"7-relay\", .. }");
    }
}
