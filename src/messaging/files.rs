//! Messages into a folder, one readable file each: the dry run.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::envelope::{Address, Body, Envelope};
use crate::write_once;

/// A folder that messages are put into.
#[derive(Debug, Clone)]
pub(super) struct MessageFolder(PathBuf);

impl MessageFolder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Writes a message, whole or not at all and readable by its owner only. One that is there already stays: it is
    /// the same message, sent before a crash.
    pub(super) fn put(&self, envelope: &Envelope) -> io::Result<()> {
        let time = envelope.queued_at.strftime("%Y-%m-%dT%H-%M-%SZ");
        let path = self.0.join(format!("{time}-{}.txt", envelope.reference));
        match write_once::write_new(&path, readable(envelope).as_bytes()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }
}

fn readable(envelope: &Envelope) -> String {
    let way = match envelope.to {
        Address::Phone(_) => "SMS",
        Address::Email(_) => "e-mail",
    };
    let head = format!("To: {}\nBy: {way}\nQueued: {}\n", envelope.addressee, envelope.queued_at);
    match &envelope.body {
        Body::Text(text) => format!("{head}\n{text}\n"),
        Body::Mail { subject, text, calendar, .. } => {
            let with = if calendar.is_some() { "With: event.ics\n" } else { "" };
            format!("{head}Subject: {subject}\n{with}\n{text}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::model::Phone;

    // X17
    #[test]
    fn a_message_becomes_one_private_readable_file_however_often_it_is_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let envelope = Envelope {
            to: Address::Phone(Phone::from_provider("+447700900123").expect("a phone")),
            body: Body::Text("Have you bought it?".to_owned()),
            reference: "7-reminder".to_owned(),
            addressee: "Ada Hill".to_owned(),
            queued_at: "2026-12-01T12:00:00Z".parse().expect("a time"),
            valid_for: None,
        };
        let files = MessageFolder::new(&folder.path().join("out"));
        files.put(&envelope).expect("written");
        files.put(&envelope).expect("there already");
        let path = folder.path().join("out/2026-12-01T12-00-00Z-7-reminder.txt");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "To: Ada Hill\nBy: SMS\nQueued: 2026-12-01T12:00:00Z\n\nHave you bought it?\n");
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("out")).expect("a folder").count(), 1);
    }
}
