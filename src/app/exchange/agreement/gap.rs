//! What can be missing, in words, and what to do about it.

use std::fmt;

/// What to do when the database is the one that lacks something.
pub const RESTORE: &str = "move the database aside and run `xchange restore`, which builds it anew from the archive; \
                           wishes, STOPs and who asked are not in the archive";
/// What to do when an archive copy is lost.
pub const AGAIN: &str = "if the archive is on a disk or stick that is not here, bring it back; otherwise `xchange archive --again` puts lost copies back";
/// What to do when neither side has it.
pub const BRING_BACK: &str = "bring it back from a backup of the archive or of the database";
/// What to do when two say different things and neither is known to be right.
pub const COMPARE: &str = "`xchange verify` says what differs; compare the fingerprint with the one you published";
/// What to do when two series share a place.
pub const RENAME: &str = "if it is the same series, write `series` under [exchange] exactly like that; if not, give this \
                          one another name, or set another `prefix` under [archive]";

/// Something that is named and not where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// A draw that the database does not have.
    Draw {
        number: u32,
        /// Which exchange it is of, where that is known.
        exchange: Option<String>,
        named_by: NamedBy,
    },
    /// A draw of another series, in the same place of the archive.
    OtherSeries { series: String },
    /// A draw's archive copy, or its header's, that has been there.
    DrawCopy { number: u32, location: String },
    /// The archive holds another draw of that number.
    OtherDraw {
        number: u32,
        /// Where it stands.
        location: String,
    },
    /// An opening that the database does not have.
    Opening { number: u64, named_by: NamedBy },
    /// An opening's archive copy that has been there.
    OpeningCopy { location: String },
}

/// What names something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedBy {
    /// The archive holds it, or a part of it, there.
    Archive(String),
    /// A draw of a greater number.
    Draw(u32),
    /// An opening of it.
    Opening(u64),
    /// A notice of it in the outbox.
    Notice,
}

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(location) => write!(f, "{location} is in the archive"),
            Self::Draw(number) => write!(f, "draw {number} came after it"),
            Self::Opening(number) => write!(f, "opening {number} names it"),
            Self::Notice => f.write_str("a notice of it was queued"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draw { number, named_by, .. } => write!(f, "draw {number} is not in the database, though {named_by}"),
            Self::Opening { number, named_by } => {
                write!(f, "opening {number} is not in the database, though {named_by}")
            }
            Self::OtherSeries { series } => write!(f, "the archive keeps the series {series:?} in the same place"),
            Self::DrawCopy { location, .. } | Self::OpeningCopy { location } => {
                write!(f, "{location} is missing from the archive")
            }
            Self::OtherDraw { number, location } => {
                write!(f, "{location} has another fingerprint than draw {number} in the database")
            }
        }
    }
}

impl Gap {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Draw { named_by: NamedBy::Archive(_), .. } | Self::Opening { named_by: NamedBy::Archive(_), .. } => {
                RESTORE
            }
            Self::Draw { .. } | Self::Opening { .. } => BRING_BACK,
            Self::DrawCopy { .. } | Self::OpeningCopy { .. } => AGAIN,
            Self::OtherDraw { .. } => COMPARE,
            Self::OtherSeries { .. } => RENAME,
        }
    }

    /// Where an archive copy is missing.
    pub(super) fn lost_copy(&self) -> Option<&str> {
        match self {
            Self::DrawCopy { location, .. } | Self::OpeningCopy { location } => Some(location),
            _ => None,
        }
    }

    /// Whether answers from this draw, the newest one known of an exchange, could be answers from a replaced one.
    pub fn replaces(&self, exchange: &str, newest: u32) -> bool {
        match self {
            Self::Draw { number, exchange: of, .. } => {
                *number > newest && of.as_deref().is_none_or(|name| name == exchange)
            }
            Self::OtherDraw { number, .. } => *number == newest,
            _ => false,
        }
    }

    /// Whether a pairing of this draw must not be opened before it is mended: the trace would be a second entry of its
    /// number, or stand in another archive than the rest of the log.
    pub fn hinders_opening(&self, exchange: &str, draw: u32) -> bool {
        match self {
            Self::Opening { .. } | Self::OpeningCopy { .. } => true,
            Self::DrawCopy { number, .. } => *number == draw,
            _ => self.replaces(exchange, draw),
        }
    }
}

/// Several in one line; of very many the first few.
pub fn in_words(gaps: &[&Gap]) -> String {
    const MOST: usize = 4;
    let mut words: Vec<String> = gaps.iter().take(MOST).map(ToString::to_string).collect();
    if gaps.len() > MOST {
        words.push(format!("and {} more", gaps.len() - MOST));
    }
    words.join("; ")
}
