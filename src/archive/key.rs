//! Names of what is archived.

use super::ArchiveError;

/// What stands in the archive. `series` is the slug of the series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A sealed draw.
    Draw {
        /// Slug of the series.
        series: String,
        /// Number of the draw, from 1.
        number: u32,
    },
    /// The clear header of a draw.
    Header {
        /// Slug of the series.
        series: String,
        /// Number of the draw, from 1.
        number: u32,
    },
    /// An entry of the chain of openings.
    Opening {
        /// Slug of the series.
        series: String,
        /// Number of the entry, from 1.
        number: u64,
    },
}

impl Key {
    /// The path behind the archive's prefix.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Draw { series, number } => format!("{series}/draw-{number:04}.age"),
            Self::Header { series, number } => format!("{series}/draw-{number:04}.json"),
            Self::Opening { series, number } => format!("{series}/openings/{number:06}.json"),
        }
    }

    /// Reads a path back; `None` for anything [`Key::path`] does not write.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (series, rest) = path.split_once('/')?;
        let series = series.to_owned();
        let key = if let Some(name) = rest.strip_prefix("openings/") {
            Self::Opening { series, number: name.strip_suffix(".json")?.parse().ok()? }
        } else {
            let (number, kind) = rest.strip_prefix("draw-")?.split_once('.')?;
            let number = number.parse().ok()?;
            match kind {
                "age" => Self::Draw { series, number },
                "json" => Self::Header { series, number },
                _ => return None,
            }
        };
        // One key, one spelling: `draw-1.age` or `draw-+001.age` would read the same, but is not ours.
        (key.path() == path && sound_series(key.series()).is_ok()).then_some(key)
    }

    fn series(&self) -> &str {
        match self {
            Self::Draw { series, .. } | Self::Header { series, .. } | Self::Opening { series, .. } => series,
        }
    }

    /// The path, if the series cannot lead anywhere else.
    pub(super) fn checked_path(&self) -> Result<String, ArchiveError> {
        sound_series(self.series())?;
        Ok(self.path())
    }
}

/// Accepts a series that is one plain part of a path.
pub(super) fn sound_series(series: &str) -> Result<(), ArchiveError> {
    let is_sound = !series.is_empty()
        && !series.starts_with('.')
        && !series.contains(['/', '\\'])
        && !series.chars().any(char::is_control);
    if is_sound { Ok(()) } else { Err(ArchiveError::Name { name: series.to_owned() }) }
}

/// Accepts a prefix that stays inside the archive; a slash at its beginning is dropped.
pub(super) fn sound_prefix(prefix: &str) -> Result<&str, ArchiveError> {
    let inner = prefix.trim_start_matches('/');
    let is_sound = !inner.contains("//")
        && !inner.contains('\\')
        && !inner.chars().any(char::is_control)
        && !inner.split('/').any(|part| part == "." || part == "..");
    if is_sound { Ok(inner) } else { Err(ArchiveError::Name { name: prefix.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> [(Key, &'static str); 4] {
        let series = || "hill-family".to_owned();
        [
            (Key::Draw { series: series(), number: 1 }, "hill-family/draw-0001.age"),
            (Key::Draw { series: series(), number: 12345 }, "hill-family/draw-12345.age"),
            (Key::Header { series: series(), number: 1 }, "hill-family/draw-0001.json"),
            (Key::Opening { series: series(), number: 7 }, "hill-family/openings/000007.json"),
        ]
    }

    // X12
    #[test]
    fn keys_are_the_contracts_and_are_read_back() {
        for (key, path) in keys() {
            assert_eq!(key.path(), path);
            assert_eq!(Key::parse(path), Some(key));
        }
    }

    #[test]
    fn what_is_not_ours_is_no_key() {
        for path in [
            "",
            "hill-family",
            "hill-family/",
            "hill-family/draw-1.age",
            "hill-family/draw-+001.age",
            "hill-family/draw-0001.age.part",
            "hill-family/draw-99999999999.age",
            "hill-family/openings/x.json",
            "hill-family/other/draw-0001.age",
            "/draw-0001.age",
            "../draw-0001.age",
            "hill-family/openings/1.json",
        ] {
            assert_eq!(Key::parse(path), None, "{path}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for series in ["", ".", "..", "../x", "a/b", "a\\b", "a\0"] {
            let key = Key::Draw { series: series.to_owned(), number: 1 };
            assert!(matches!(key.checked_path(), Err(ArchiveError::Name { .. })), "{series:?}");
        }
        for prefix in ["..", "a/../b", "a//b", "./", "a\\b", "a\n"] {
            assert!(matches!(sound_prefix(prefix), Err(ArchiveError::Name { .. })), "{prefix:?}");
        }
        for (prefix, inner) in [("", ""), ("xchange/", "xchange/"), ("/a/b-", "a/b-")] {
            assert_eq!(sound_prefix(prefix).expect("sound"), inner);
        }
    }
}
