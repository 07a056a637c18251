//! `exchange.toml`: as written, then as meant.
//!
//! A roster file is read in three steps. The `toml` crate turns the text into a tree with a span for every value; small
//! readers, one per section, walk that tree and collect everything that is wrong instead of stopping at the first; and
//! only a file without errors becomes a [`Roster`]. What was wrong comes back as [`Diagnostic`]s, each with file, line,
//! column, source line, caret and hint:
//!
//! ```text
//! exchange.toml:31:12: there is no person called "Bne Hill"
//!   31 | receiver = "Bne Hill"
//!      |            ^^^^^^^^^^
//!   hint: did you mean "Ben Hill"?
//! ```
//!
//! The source line is shown where it is safe to show; of an address, and under a key we do not know, only the key is. A
//! secret written under a mistyped name is not echoed.

mod channels;
pub mod contacts_file;
mod database;
mod diagnostic;
pub mod edit;
mod error;
mod exchange;
mod exclusions;
mod findings;
mod kept;
mod keys;
mod names;
mod people;
pub mod people_file;
mod reading;
mod secrets;
mod section;
mod series;
mod set;
mod settings;
mod sheet;
mod snippet;
mod source;
pub mod subscribers_file;
mod syntax;
mod texts;
mod values;
mod wordings;
mod words;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use self::reading::parse_site;
use self::section::Spanned;
use self::source::{Source, Span};
use self::wordings::Wordings;
use crate::model::{Exchange, Position, Settings, TopicId};

pub use self::diagnostic::{Diagnostic, SHOWN_PROBLEMS, Severity, render_all};
pub use self::error::RosterError;
pub use self::kept::{exchange_part, parse_kept, site_template};
pub use self::names::{LONGEST_NAME, fault as name_fault, is_same_name, tidy};
pub use self::series::{series_of, slug};
pub use self::set::{Setting, is_set, set, set_or_unset};
pub use self::settings::web_address;
pub use self::sheet::{LARGEST_SHEET, write_csv as csv};

/// What `init` writes: every key with its default and what it needs, around a small example family.
pub const TEMPLATE: &str = include_str!("../exchange.example.toml");

/// The largest roster file, in bytes: 64 MiB, a usual roster of as many people as a sealed draw has room for, some 300,000.
pub const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// What is around a roster's text.
#[derive(Clone, Copy)]
struct Around<'f> {
    /// How the bytes of a spreadsheet that it names are come by.
    files: &'f dyn Fn(&Path) -> Result<Vec<u8>, RosterError>,
    /// Whether it may lack people still.
    draft: bool,
}

impl Around<'_> {
    /// No folder.
    const NOTHING: Self = Self { files: &|_people| Err(RosterError::NoFolder), draft: false };
}

/// A roster file as meant.
#[derive(Debug, Clone)]
pub struct Roster {
    /// People, rules and words.
    pub exchange: Exchange,
    /// Everything around them; paths are made relative to the roster file's folder.
    pub settings: Settings,
    /// What the organizer should know though the file is accepted, in the order of the file.
    pub warnings: Vec<Diagnostic>,
    /// Its row, where it is kept in the database; `None`: in a file.
    pub kept: Option<TopicId>,
    source: Source,
    spots: Spots,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub enum SiteFile {
    /// An exchange, and the site around it.
    Exchange(Box<Roster>),
    /// A site whose exchanges are kept in its database.
    Site {
        /// Everything in the file.
        settings: Box<Settings>,
        /// What the organizer should know.
        warnings: Vec<Diagnostic>,
    },
}

/// Where things stand that other rooms may find fault with.
#[derive(Debug, Clone, Default)]
struct Spots {
    date: Option<Span>,
    reply: Option<Spanned<String>>,
    wordings: Wordings,
    auditors: Vec<Span>,
    people_file: Option<PathBuf>,
}

/// Something in a roster file that a problem can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot<'a> {
    /// The name of a message in `[messages]`.
    Message(&'a str),
    /// A byte of a message's text in `[messages]`.
    MessageText(&'a str, usize),
    /// The day of the exchange.
    Date,
    /// The text of the reply.
    Reply,
    /// A byte of the text of the reply.
    ReplyText(usize),
    /// An auditor by their place in [`crate::model::SealSettings::auditors`].
    Auditor(usize),
}

/// Reads a roster file: a regular file of at most [`LARGEST_FILE`] bytes, UTF-8, with or without a byte order mark; and
/// the people's file that it names.
///
/// # Errors
/// [`RosterError`].
pub fn load(path: &Path) -> Result<Roster, RosterError> {
    with_exchange(load_site(path)?, path)
}

/// [`load`] for files that may have no exchange.
///
/// # Errors
/// [`RosterError`].
pub fn load_site(path: &Path) -> Result<SiteFile, RosterError> {
    parse_site(&read_text(path)?, path, Around { files: &on_disk, draft: false })
}

/// Reads the text of a roster file.
///
/// # Errors
/// [`RosterError`], but no [`RosterError::Problems`].
pub fn read_text(path: &Path) -> Result<String, RosterError> {
    String::from_utf8(read_file(path, LARGEST_FILE)?).map_err(|wrong| {
        let Position { line, column } = end_of(wrong.as_bytes().get(..wrong.utf8_error().valid_up_to()).unwrap_or(&[]));
        RosterError::NotUtf8 { path: path.to_owned(), line, column }
    })
}

/// Reads a spreadsheet from where it is named.
///
/// # Errors
/// [`RosterError`], but no [`RosterError::Problems`].
pub fn on_disk(path: &Path) -> Result<Vec<u8>, RosterError> {
    read_file(path, LARGEST_SHEET)
}

/// Reads a regular file of at most so many bytes.
fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, RosterError> {
    let unreadable = |source| RosterError::Read { path: path.to_owned(), source };
    // Asked before opening: opening a pipe would wait for somebody to write into it.
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    if kind.is_dir() {
        return Err(RosterError::Directory(path.to_owned()));
    }
    if !kind.is_file() {
        return Err(RosterError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(RosterError::TooLarge { path: path.to_owned(), most });
    }
    Ok(bytes)
}

fn with_exchange(file: SiteFile, path: &Path) -> Result<Roster, RosterError> {
    match file {
        SiteFile::Exchange(roster) => Ok(*roster),
        SiteFile::Site { .. } => Err(RosterError::NoExchange(path.to_owned())),
    }
}

/// The place right after some sound UTF-8.
fn end_of(bytes: &[u8]) -> Position {
    let text = String::from_utf8_lossy(bytes);
    Source::new(&text, Path::new("")).position(text.len())
}

/// Reads a roster from its text. Opens no file, and refuses a roster that names one for its people; `path` serves messages
/// and relative paths. Time zones are looked up in the system's zone database.
///
/// # Errors
/// [`RosterError::Empty`], [`RosterError::TooLarge`], [`RosterError::NoExchange`] or [`RosterError::Problems`].
pub fn parse(text: &str, path: &Path) -> Result<Roster, RosterError> {
    with_exchange(parse_site(text, path, Around::NOTHING)?, path)
}

/// Reads the text of a roster file that may want people still, and the spreadsheet that it may name.
///
/// # Errors
/// [`RosterError`].
pub fn parse_draft(text: &str, path: &Path) -> Result<Roster, RosterError> {
    with_exchange(parse_site(text, path, Around { files: &on_disk, draft: true })?, path)
}

/// Whether these are the invented people of [`TEMPLATE`], as they are before anybody has put their own in their place.
#[must_use]
pub fn is_example(exchange: &Exchange) -> bool {
    let names =
        |exchange: &Exchange| -> Vec<String> { exchange.people.iter().map(|person| person.name.clone()).collect() };
    parse(TEMPLATE, Path::new("exchange.toml")).is_ok_and(|example| names(&example.exchange) == names(exchange))
}

impl Roster {
    /// The spreadsheet that holds those of the people who have no place in the roster's own text.
    #[must_use]
    pub fn people_file(&self) -> Option<&Path> {
        self.spots.people_file.as_deref()
    }

    /// The file, or what it is called where it is kept elsewhere.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.source.file
    }

    /// Makes a diagnostic about something in the file, to be shown like those found while reading it. A spot the file does
    /// not have falls back to the file's first line.
    #[must_use]
    pub fn diagnostic(
        &self,
        severity: Severity,
        spot: Spot<'_>,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Diagnostic {
        let span = match spot {
            Spot::Message(name) => self.spots.wordings.key(name),
            Spot::MessageText(name, offset) => self.spots.wordings.text_at(name, offset, &self.source),
            Spot::Date => self.spots.date.unwrap_or_default(),
            Spot::Reply => self.spots.reply.as_ref().map_or_else(Span::default, |found| found.at),
            Spot::ReplyText(offset) => self.spots.reply.as_ref().map_or_else(Span::default, |found| {
                words::part_at(&self.source, Spanned { value: found.value.as_str(), at: found.at }, offset)
            }),
            Spot::Auditor(index) => self.spots.auditors.get(index).copied().unwrap_or_default(),
        };
        let position = self.source.position(span.start);
        self.source.diagnostic(severity, span, position, (message.into(), hint))
    }
}
