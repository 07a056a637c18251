//! Every section and key an `exchange.toml` may have.
//!
//! They stand here and not with the readers because an unknown key is reported with the section it belongs in, which may
//! be one that the file does not have and no reader looks at. A reader that asks for a key its section lacks fails in any
//! test; a key that the template does not show fails in one.

/// A kind of table: how it is called in messages, and which keys it knows.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) title: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) static ROOT: Shape = Shape {
    title: "the top level",
    keys: &[
        "exchange",
        "rules",
        "people",
        "exclusions",
        "past",
        "listener",
        "twilio",
        "archive",
        "seal",
        "store",
        "messaging",
        "smtp",
        "reminders",
        "messages",
        "site",
        "sign_in",
    ],
};

/// The sections of an exchange that is kept in a database: those of a roster file that are not about its site.
pub(super) static KEPT: Shape = Shape {
    title: "an exchange kept in the database",
    keys: &["exchange", "rules", "people", "exclusions", "past", "seal", "reminders", "messages"],
};

pub(super) static KEPT_SEAL: Shape = Shape { title: "[seal]", keys: &["auditors"] };

pub(super) static SITE: Shape =
    Shape { title: "[site]", keys: &["name", "trusted_proxies", "organizers", "timezone", "country"] };

pub(super) static SIGN_IN: Shape = Shape { title: "[sign_in]", keys: &["issuer", "client_id"] };

pub(super) static EXCHANGE: Shape = Shape {
    title: "[exchange]",
    keys: &["name", "series", "keyword", "date", "timezone", "budget", "reply", "people", "country"],
};

pub(super) static RULES: Shape =
    Shape { title: "[rules]", keys: &["mutual", "one_circle", "avoid_repeats", "repeats", "gifts_each"] };

pub(super) static PERSON: Shape =
    Shape { title: "[[people]]", keys: &["name", "phone", "email", "deliver", "household", "wishes"] };

/// The same in a spreadsheet.
pub(super) static PERSON_ROW: Shape = Shape { title: "this row", keys: PERSON.keys };

/// A subscriber in a spreadsheet.
pub(super) static SUBSCRIBER_ROW: Shape = Shape {
    title: "this row",
    keys: &["first_name", "last_name", "phone", "email", "consent", "tags", "timezone", "state"],
};

pub(super) static EXCLUSION: Shape =
    Shape { title: "[[exclusions]]", keys: &["giver", "receiver", "household", "both_ways"] };

pub(super) static PAST: Shape = Shape { title: "[[past]]", keys: &["year", "pairings"] };

pub(super) static LISTENER: Shape = Shape { title: "[listener]", keys: &["bind", "public_url"] };

pub(super) static TWILIO: Shape =
    Shape { title: "[twilio]", keys: &["from", "messaging_service_sid", "base_url", "per_second"] };

pub(super) static ARCHIVE: Shape =
    Shape { title: "[archive]", keys: &["bucket", "folder", "prefix", "region", "endpoint", "path_style"] };

pub(super) static SEAL: Shape = Shape { title: "[seal]", keys: &["auditors", "key_file"] };

pub(super) static STORE: Shape = Shape { title: "[store]", keys: &["path", "url"] };

pub(super) static MESSAGING: Shape = Shape {
    title: "[messaging]",
    keys: &["mode", "folder", "quiet", "countries", "price_per_segment", "daily_segments", "override_to"],
};

pub(super) static SMTP: Shape = Shape { title: "[smtp]", keys: &["host", "port", "security", "user", "from"] };

pub(super) static REMINDERS: Shape = Shape { title: "[reminders]", keys: &["before"] };

/// All kinds of tables with keys of their own; `[messages]` has none, its keys are the names of messages.
pub(super) static ALL: [&Shape; 16] = [
    &ROOT, &EXCHANGE, &RULES, &PERSON, &EXCLUSION, &PAST, &LISTENER, &TWILIO, &ARCHIVE, &SEAL, &STORE, &MESSAGING,
    &SMTP, &REMINDERS, &SITE, &SIGN_IN,
];

/// What people write for a key or section of ours.
const OTHER_WORDS: [(&str, &str); 26] = [
    ("person", "people"),
    ("persons", "people"),
    ("participant", "people"),
    ("participants", "people"),
    ("member", "people"),
    ("members", "people"),
    ("exclude", "exclusions"),
    ("excludes", "exclusions"),
    ("settings", "exchange"),
    ("email_server", "smtp"),
    ("mail_server", "smtp"),
    ("database", "store"),
    ("mobile", "phone"),
    ("cell", "phone"),
    ("cellphone", "phone"),
    ("tel", "phone"),
    ("telephone", "phone"),
    ("number", "phone"),
    ("mail", "email"),
    ("e-mail", "email"),
    ("team", "household"),
    ("group", "household"),
    ("department", "household"),
    ("family", "household"),
    ("couple", "household"),
    ("title", "name"),
];

/// The key of a section that another word is written for.
pub(super) fn meant_by(shape: &Shape, word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    OTHER_WORDS.iter().find(|(other, ours)| *other == word && shape.keys.contains(ours)).map(|(_, ours)| *ours)
}

/// A section's header as it is written.
pub(super) fn header(key: &str) -> String {
    if matches!(key, "people" | "exclusions" | "past") { format!("[[{key}]]") } else { format!("[{key}]") }
}

/// Whether some section knows the key.
pub(super) fn is_known(key: &str) -> bool {
    ALL.iter().any(|shape| shape.keys.contains(&key))
}

/// Whether a key's value is a phone or an e-mail address, which is never shown.
pub(super) fn is_address(key: &str) -> bool {
    matches!(key, "phone" | "email" | "from" | "override_to" | "user")
}
