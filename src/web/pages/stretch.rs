//! A long list that is shown a stretch at a time, and looked through.

use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

/// Lines on one page.
pub(super) const SHOWN: usize = 100;

/// What is looked for, and where the stretch of it begins that is shown.
#[derive(Debug, Default, Clone, Deserialize)]
pub(in crate::web) struct Sought {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) from: usize,
}

impl Sought {
    /// Whether something is what is looked for, by one of these words about it.
    pub(super) fn is_in<'w>(&self, mut words: impl Iterator<Item = &'w str>) -> bool {
        let sought = self.q.trim().to_lowercase();
        sought.is_empty() || words.any(|word| word.to_lowercase().contains(&sought))
    }
}

/// Which part of a list is shown.
pub(super) struct Stretch {
    pub(super) sought: Sought,
    /// Lines that are shown, and that there are.
    pub(super) shown: usize,
    pub(super) all: usize,
    /// Lines on one page.
    most: usize,
    /// Where the list is.
    path: String,
}

impl Stretch {
    pub(super) fn new(path: String, sought: Sought, shown: usize, all: usize) -> Self {
        Self { sought, shown, all, most: SHOWN, path }
    }

    /// The stretch of a whole list that is shown, at most so many lines of it.
    pub(super) fn of<T>(path: String, sought: Sought, all: Vec<T>, most: usize) -> (Self, Vec<T>) {
        let many = all.len();
        let shown: Vec<T> = all.into_iter().skip(sought.from).take(most).collect();
        (Self { most, ..Self::new(path, sought, shown.len(), many) }, shown)
    }

    /// Where the stretch ends.
    fn end(&self) -> usize {
        self.sought.from.saturating_add(self.shown)
    }

    /// Which lines these are, of how many.
    pub(super) fn in_words(&self) -> String {
        format!("{} to {} of {}", self.sought.from.saturating_add(1), self.end(), self.all)
    }

    /// Where the stretch before is, and the next one.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'static str, String)> {
        let before = (self.sought.from > 0).then(|| ("Before", self.sought.from.saturating_sub(self.most)));
        let next = (self.end() < self.all).then(|| ("Next", self.end()));
        let sought: String = byte_serialize(self.sought.q.as_bytes()).collect();
        let link = move |(word, from)| (word, format!("{}?q={sought}&from={from}", self.path));
        before.into_iter().chain(next).map(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_lead_to_each_other_and_end_with_the_list() {
        let stretch = |q: &str, from, all| {
            let sought = Sought { q: q.to_owned(), from };
            let (stretch, shown) = Stretch::of("/p".to_owned(), sought, (0..all).collect(), SHOWN);
            let links: Vec<_> = stretch.others().map(|(_, link)| link).collect();
            (stretch.in_words(), shown.len(), links.join(" "))
        };
        assert_eq!(stretch("", 0, 100), ("1 to 100 of 100".to_owned(), 100, String::new()));
        assert_eq!(stretch("a&b", 0, 101), ("1 to 100 of 101".to_owned(), 100, "/p?q=a%26b&from=100".to_owned()));
        assert_eq!(stretch("", 150, 300).2, "/p?q=&from=50 /p?q=&from=250");
        assert_eq!(stretch("", usize::MAX, 300).1, 0);
    }
}
