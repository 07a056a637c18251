//! The words a gift exchange is asked by, and what a mistyped one was meant to be.

use std::collections::HashSet;

use crate::conversation::carrier::{could_be_carriers, is_carriers};
use crate::conversation::spelling::{fold, is_near, is_written_without_spaces, skeleton, split_words};
use crate::model::Exchange;

use super::intent::Verb;
use super::secrecy::telling_words;

/// Works beside every keyword.
pub(super) const WHO: &str = "who";

/// What people write for a keyword without thinking: each counts where another of its line is the keyword.
const WRITTEN_ALSO: [&[&str]; 2] = [&["christmas", "xmas", "x mas"], &["hanukkah", "chanukah", "hanukah", "channukah"]];

/// The words an exchange is asked by: its keyword, and `who`; and the names that make a question one about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// The keyword's words, folded. One as a rule; a keyword such as `x-mas` has two.
    keyword: Vec<String>,
    /// What is written for it as well, as words.
    also: Vec<Vec<&'static str>>,
    /// The keyword is of a writing without spaces, and counts within a longer run of letters.
    unspaced: bool,
    /// The keyword without its accents, where it has any: many type `noel` for `noël`. Never a word with a meaning.
    bare: Option<String>,
    /// The words of everybody's names, without their accents.
    names: HashSet<String>,
}

impl Vocabulary {
    /// Takes the keyword and the names of an exchange.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let names = exchange.people.iter().flat_map(|person| telling_words(&person.name)).collect();
        Self { names, ..Self::new(&exchange.keyword) }
    }

    /// Takes a keyword alone.
    pub fn new(keyword: &str) -> Self {
        let folded = fold(keyword);
        let keyword: Vec<String> = split_words(&folded).map(str::to_owned).collect();
        let joined = keyword.join(" ");
        let line = WRITTEN_ALSO.iter().find(|line| line.contains(&joined.as_str())).copied().unwrap_or_default();
        let also = line.iter().filter(|other| **other != joined).map(|other| split_words(other).collect()).collect();
        let unspaced = keyword.len() == 1 && keyword.iter().all(|word| is_written_without_spaces(word));
        let bare = keyword.first().filter(|_| keyword.len() == 1).map(|word| (word, skeleton(word)));
        let bare = bare.filter(|(word, bare)| *word != bare && !has_a_meaning(bare)).map(|(_, bare)| bare);
        Self { keyword, also, unspaced, bare, names: HashSet::new() }
    }

    /// Whether a folded word alone is the keyword.
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        matches!(self.keyword.as_slice(), [keyword] if keyword == word)
    }

    /// Whether a word is part of somebody's name.
    pub(super) fn is_name(&self, word: &str) -> bool {
        self.names.contains(word)
    }

    /// The words around the keyword or `who`, if one of them is there exactly.
    pub(super) fn exact<'t>(&self, folded: &[&'t str]) -> Option<Vec<&'t str>> {
        if let Some((at, length)) = self.keyword_at(folded) {
            return Some(around(folded, at, length));
        }
        if let Some(at) = folded.iter().position(|word| *word == WHO) {
            return Some(around(folded, at, 1));
        }
        let keyword = self.keyword.first().filter(|_| self.unspaced)?;
        let at = folded.iter().position(|word| word.contains(keyword.as_str()))?;
        Some(around(folded, at, 1))
    }

    /// Where the keyword stands, and how many words it is there.
    fn keyword_at(&self, folded: &[&str]) -> Option<(usize, usize)> {
        let find = |length: usize, is_it: &dyn Fn(&[&str]) -> bool| {
            folded.windows(length.max(1)).position(is_it).map(|at| (at, length))
        };
        let keyword = || self.keyword.iter().map(String::as_str);
        find(self.keyword.len(), &|window| window.iter().copied().eq(keyword()))
            .or_else(|| self.also.iter().find_map(|other| find(other.len(), &|window| window == other.as_slice())))
    }

    /// The words around the keyword without its accents, or mistyped by one letter.
    pub(super) fn near<'t>(&self, folded: &[&'t str]) -> Option<Vec<&'t str>> {
        let [keyword] = self.keyword.as_slice() else { return None };
        let at = folded.iter().position(|word| {
            let bare = self.bare.as_ref().is_some_and(|bare| skeleton(word) == *bare);
            bare || (is_near(word, keyword) && self.guess(word) == Some(Guess::Keyword))
        })?;
        Some(around(folded, at, 1))
    }

    /// What a mistyped word was meant to be; `None` when it is nothing of ours, or could be two things, or could be
    /// a carrier's word: those are never guessed.
    pub(super) fn guess(&self, word: &str) -> Option<Guess> {
        let keyword =
            if let [keyword] = self.keyword.as_slice() { Some((keyword.as_str(), Guess::Keyword)) } else { None };
        let commands = Verb::COMMANDS.into_iter().map(|verb| (verb.word(), Guess::Command(verb)));
        let mut meant = keyword.into_iter().chain(commands).filter(|(ours, _)| is_near(word, ours));
        let (_, first) = meant.next()?;
        let ambiguous = meant.next().is_some() || could_be_carriers(word);
        (!ambiguous).then_some(first)
    }
}

/// What a mistyped word was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// The keyword.
    Keyword,
    /// A command.
    Command(Verb),
}

/// The words but for the `length` words at `at`.
fn around<'t>(folded: &[&'t str], at: usize, length: usize) -> Vec<&'t str> {
    let (before, from) = folded.split_at(at);
    before.iter().chain(from.iter().skip(length)).copied().collect()
}

/// Whether a word is a carrier's or a command of ours.
fn has_a_meaning(word: &str) -> bool {
    is_carriers(word) || Verb::COMMANDS.iter().any(|verb| verb.word() == word)
}
