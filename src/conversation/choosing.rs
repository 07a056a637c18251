//! Which of several topics of one phone a text is about, by the words in it; and what to ask where they do not say.
//!
//! A topic is named by its keyword where no other of them has it, by its name, or by the word of its name that tells it
//! from the others: its label. In a text that carries words of its own (WISH) that word stands right behind the command,
//! for further back it may belong to the wish; otherwise it stands anywhere. What only says which topic is meant is
//! taken out of the text.

use super::sharing::{addressed, named};
use super::spelling::{bounded, first_word, skeleton, split_words};

/// By what a topic can be told from the others of a phone.
#[derive(Debug, Clone)]
pub struct Signs {
    /// The word it is asked by.
    pub keyword: String,
    /// What it is called.
    pub name: String,
    /// What the phone's people are called in it.
    pub people: Vec<String>,
    /// Whether it is past, so that who names none means another.
    pub is_over: bool,
}

/// What a text asks of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Nothing for which it matters which topic is meant.
    Nothing,
    /// What no topic does; whoever hears it says so.
    Refused,
    /// Something that one topic is to do.
    Something {
        /// The command, in capitals; `None` is the topic's keyword.
        command: Option<String>,
        /// Whether words belong to the command that are kept or passed on.
        has_text: bool,
    },
}

/// Which topic a text is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, by its place, and the text without what only says so.
    One(usize, String),
    /// It does not say; these texts would.
    Which(Vec<String>),
}

/// Words of names that stand in front of many a wish.
const ORDINARY: [&str; 12] = ["the", "and", "our", "your", "for", "all", "new", "old", "big", "one", "two", "any"];

/// A word for each topic that says that it is meant.
pub fn labels(signs: &[Signs]) -> Vec<String> {
    (0..signs.len()).map(|place| label(signs, place)).collect()
}

fn label(signs: &[Signs], place: usize) -> String {
    let sign = &signs[place];
    if has_own_keyword(signs, place) {
        return sign.keyword.to_uppercase();
    }
    let tells = |word: &str| {
        let word = skeleton(word);
        let holds = |text: &str| split_words(&skeleton(text)).any(|other| other == word);
        let elsewhere = others(signs, place).any(|other| holds(&other.name));
        let is_keyword = signs.iter().any(|other| skeleton(&other.keyword) == word);
        // What only some of the phone's people are called says which of them is texting.
        let called = sign.people.iter().filter(|name| holds(name)).count();
        let is_personal = called > 0 && called < sign.people.len();
        word.chars().count() > 2 && !ORDINARY.contains(&&*word) && !elsewhere && !is_keyword && !is_personal
    };
    split_words(&sign.name).find(|word| tells(word)).map_or_else(|| (place + 1).to_string(), str::to_owned)
}

fn others(signs: &[Signs], place: usize) -> impl Iterator<Item = &Signs> {
    signs.iter().enumerate().filter(move |(other, _)| *other != place).map(|(_, sign)| sign)
}

fn has_own_keyword(signs: &[Signs], place: usize) -> bool {
    let keyword = skeleton(&signs[place].keyword);
    others(signs, place).all(|other| skeleton(&other.keyword) != keyword)
}

/// The ways to name a topic, as folded words: the longest first.
fn aliases(signs: &[Signs], place: usize) -> Vec<Vec<String>> {
    let words = |text: &str| split_words(&skeleton(text)).map(str::to_owned).collect::<Vec<String>>();
    let name = words(&signs[place].name);
    let mut all = vec![words(&label(signs, place))];
    if name.len() > 1 && others(signs, place).all(|other| words(&other.name) != name) {
        all.insert(0, name);
    }
    all
}

/// Finds out which of several topics a text is about; `asks` says what a text would ask of the topic at a place.
pub fn choose<E>(
    body: &str,
    signs: &[Signs],
    mut asks: impl FnMut(usize, &str) -> Result<Asks, E>,
) -> Result<Choice, E> {
    let body = bounded(body);
    // Nothing but the word that says which: whoever was asked that answers so, and mostly had asked for the name.
    if let Some(place) = label_alone(body, signs) {
        return Ok(Choice::One(place, signs[place].keyword.clone()));
    }
    let mut meant = Vec::new();
    for place in 0..signs.len() {
        meant.extend(without_label(body, signs, place, &mut asks)?.map(|rest| Choice::One(place, rest)));
    }
    if meant.len() == 1 {
        return Ok(meant.remove(0));
    }
    let mut wanting = Vec::new();
    let mut what = (None, false);
    for place in 0..signs.len() {
        match asks(place, body)? {
            Asks::Nothing => {}
            Asks::Refused => return Ok(Choice::One(place, body.to_owned())),
            Asks::Something { command, has_text } => {
                wanting.push(place);
                what = (command, has_text);
            }
        }
    }
    let (command, has_text) = what;
    let by_person = by_person(body, signs, &wanting, has_text);
    let open: Vec<usize> = wanting.iter().copied().filter(|place| !signs[*place].is_over).collect();
    Ok(match (&wanting[..], by_person, &open[..]) {
        ([], ..) => {
            let first = (0..signs.len()).find(|place| !signs[*place].is_over).unwrap_or(0);
            Choice::One(first, body.to_owned())
        }
        (_, Some((place, rest)), _) => Choice::One(place, rest),
        ([only], ..) | (_, _, [only]) => Choice::One(*only, body.to_owned()),
        (all, _, open) => {
            let pool = if open.is_empty() { all } else { open };
            let choices = pool.iter().map(|place| in_words(signs, *place, command.as_deref(), has_text)).collect();
            Choice::Which(choices)
        }
    })
}

/// The text that would say that this topic is meant.
fn in_words(signs: &[Signs], place: usize, command: Option<&str>, has_text: bool) -> String {
    let keyword = signs[place].keyword.to_uppercase();
    let (command, label) = (command.unwrap_or(&keyword), label(signs, place));
    let tail = if has_text { ": ..." } else { "" };
    if command == label { format!("{command}{tail}") } else { format!("{command} {label}{tail}") }
}

/// The topic whose label is all that a text says.
fn label_alone(body: &str, signs: &[Signs]) -> Option<usize> {
    let body = skeleton(body);
    let is_meant = |place: &usize| {
        !has_own_keyword(signs, *place)
            && aliases(signs, *place).iter().any(|alias| split_words(&body).eq(alias.iter().map(String::as_str)))
    };
    (0..signs.len()).find(is_meant)
}

/// A text that names the topic at a place and asks something of it, without what names it.
fn without_label<E>(
    body: &str,
    signs: &[Signs],
    place: usize,
    asks: &mut impl FnMut(usize, &str) -> Result<Asks, E>,
) -> Result<Option<String>, E> {
    for alias in aliases(signs, place) {
        if let Some(rest) = without_in_front(body, &alias)
            && asks(place, &rest)? != Asks::Nothing
        {
            return Ok(Some(rest));
        }
        if let Some(rest) = without_anywhere(body, &alias)
            && matches!(asks(place, &rest)?, Asks::Refused | Asks::Something { has_text: false, .. })
        {
            return Ok(Some(rest));
        }
    }
    Ok(None)
}

/// A text without these words right behind its first.
fn without_in_front(body: &str, alias: &[String]) -> Option<String> {
    let (command, rest) = first_word(body)?;
    let mut behind = rest;
    for part in alias {
        let (word, next) = first_word(behind)?;
        if skeleton(word) != *part {
            return None;
        }
        behind = next;
    }
    // "ASK!" is more than "ASK".
    let insists = if rest.starts_with('!') { "!" } else { "" };
    Some(format!("{command}{insists} {}", after(behind)))
}

/// A text without the first occurrence of these words.
fn without_anywhere(body: &str, alias: &[String]) -> Option<String> {
    let mut spans = Vec::new();
    let mut rest = body;
    while let Some((word, behind)) = first_word(rest) {
        let end = body.len() - behind.len();
        spans.push(end - word.len()..end);
        rest = behind;
    }
    let is_alias = |window: &&[std::ops::Range<usize>]| {
        window.iter().zip(alias).all(|(span, part)| skeleton(&body[span.clone()]) == *part)
    };
    let found = spans.windows(alias.len().max(1)).find(is_alias)?;
    let (first, last) = (found.first()?, found.last()?);
    Some(format!("{} {}", &body[..first.start], &body[last.end..]))
}

/// Text behind a word that set it off.
fn after(behind: &str) -> &str {
    behind.trim_start_matches(|c: char| c.is_whitespace() || ":;,.-–—".contains(c))
}

/// The topic of the one person of the phone whom a text names, if they are in one of these alone.
fn by_person(body: &str, signs: &[Signs], wanting: &[usize], has_text: bool) -> Option<(usize, String)> {
    let people: Vec<(usize, &str)> =
        wanting.iter().flat_map(|place| signs[*place].people.iter().map(|name| (*place, name.as_str()))).collect();
    if !has_text {
        return named(body, &people).map(|place| (place, body.to_owned()));
    }
    let (command, rest) = first_word(body)?;
    let (place, said) = addressed(after(rest.trim_start_matches('!')), &people)?;
    // Of several people there, the name still says who.
    let alone = signs[place].people.len() == 1;
    let insists = if rest.starts_with('!') { "!" } else { "" };
    Some((place, if alone { format!("{command}{insists} {said}") } else { body.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::{Vocabulary, asks};

    fn sign(keyword: &str, name: &str, people: &[&str]) -> Signs {
        let people = people.iter().map(|name| (*name).to_owned()).collect();
        Signs { keyword: keyword.to_owned(), name: name.to_owned(), people, is_over: false }
    }

    fn chosen(signs: &[Signs], body: &str) -> Choice {
        let asks = |place: usize, body: &str| {
            let people: Vec<&str> = signs[place].people.iter().map(String::as_str).collect();
            Ok::<_, std::convert::Infallible>(asks(body, &people, &Vocabulary::new(&signs[place].keyword)))
        };
        match choose(body, signs, asks) {
            // What is taken out leaves its spaces behind.
            Ok(Choice::One(place, body)) => one(place, &body.split_whitespace().collect::<Vec<_>>().join(" ")),
            Ok(choice) => choice,
        }
    }

    fn one(place: usize, body: &str) -> Choice {
        Choice::One(place, body.to_owned())
    }

    fn choices(choice: Choice) -> Vec<String> {
        match choice {
            Choice::Which(choices) => choices,
            Choice::One(place, body) => panic!("{place} was chosen by {body:?}"),
        }
    }

    // G18
    #[test]
    fn one_keyword_of_two_is_asked_about_by_a_word_of_their_names() {
        let two =
            [sign("christmas", "Hill family 2026", &["Ada Hill"]), sign("christmas", "Office 2026", &["Ada Hill"])];
        assert_eq!(choices(chosen(&two, "Christmas!")), ["CHRISTMAS Hill", "CHRISTMAS Office"]);
        assert_eq!(choices(chosen(&two, "who do i have")), ["CHRISTMAS Hill", "CHRISTMAS Office"]);
        assert_eq!(choices(chosen(&two, "WISH tea")), ["WISH Hill: ...", "WISH Office: ..."]);
        assert_eq!(choices(chosen(&two, "bought it")), ["BOUGHT Hill", "BOUGHT Office"]);
        assert_eq!(choices(chosen(&two, "ASK! am I Ada?")), ["ASK! Hill: ...", "ASK! Office: ..."]);
        for (body, place, rest) in [
            ("CHRISTMAS Hill", 0, "CHRISTMAS"),
            ("christmas, OFFICE!", 1, "christmas !"),
            ("Merry Christmas Hill family 2026", 0, "Merry Christmas"),
            ("WISH OFFICE tea", 1, "WISH tea"),
            ("wish Hill family 2026: an office chair", 0, "wish an office chair"),
            ("ASK! Hill am I Ada?", 0, "ASK! am I Ada?"),
            ("PROOF for the office", 1, "PROOF for the"),
            ("UNWISH hill 2", 0, "UNWISH 2"),
            ("BUDGET hill?", 0, "BUDGET ?"),
        ] {
            assert_eq!(chosen(&two, body), one(place, rest), "{body}");
        }
        assert_eq!(chosen(&two, "office!"), one(1, "christmas"));
        // A wish may speak of anything.
        assert_eq!(choices(chosen(&two, "WISH a chair for the office")).len(), 2);
        // Nothing that one of them would have to do.
        for body in ["hello", "MENU", "", "ASK", "who has me"] {
            assert_eq!(chosen(&two, body), one(0, body), "{body}");
        }
    }

    // G18
    #[test]
    fn a_keyword_of_its_own_names_an_exchange() {
        let two = [sign("christmas", "Hill family", &["Ada"]), sign("office", "Work", &["Ada"])];
        assert_eq!(chosen(&two, "OFFICE"), one(1, "OFFICE"));
        assert_eq!(chosen(&two, "christmas please"), one(0, "christmas please"));
        assert_eq!(choices(chosen(&two, "who")), ["CHRISTMAS", "OFFICE"]);
        assert_eq!(choices(chosen(&two, "WISH tea")), ["WISH CHRISTMAS: ...", "WISH OFFICE: ..."]);
        assert_eq!(chosen(&two, "WISH OFFICE tea"), one(1, "WISH tea"));
        assert_eq!(chosen(&two, "got christmas"), one(0, "got"));
    }

    // G18 X18
    #[test]
    fn people_of_one_phone_who_are_not_in_the_same_tell_them_apart() {
        let two = [sign("christmas", "Hill", &["Ada", "Bea"]), sign("christmas", "Office", &["Carl"])];
        assert_eq!(chosen(&two, "CHRISTMAS Ada"), one(0, "CHRISTMAS Ada"));
        assert_eq!(chosen(&two, "CHRISTMAS Carl"), one(1, "CHRISTMAS Carl"));
        assert_eq!(chosen(&two, "WISH Bea: tea"), one(0, "WISH Bea: tea"));
        assert_eq!(chosen(&two, "WISH Carl: tea"), one(1, "WISH tea"));
        assert_eq!(choices(chosen(&two, "CHRISTMAS")), ["CHRISTMAS Hill", "CHRISTMAS Office"]);
        let both = [sign("christmas", "Ada's", &["Ada", "Bea"]), sign("christmas", "Office", &["Ada", "Bea"])];
        assert_eq!(choices(chosen(&both, "CHRISTMAS Ada")), ["CHRISTMAS 1", "CHRISTMAS Office"]);
    }

    // G18
    #[test]
    fn one_that_is_over_is_meant_only_by_name() {
        let mut two = [sign("christmas", "Hill 2025", &["Ada"]), sign("christmas", "Hill 2026", &["Ada"])];
        two[0].is_over = true;
        assert_eq!(chosen(&two, "CHRISTMAS"), one(1, "CHRISTMAS"));
        assert_eq!(chosen(&two, "CHRISTMAS 2025"), one(0, "CHRISTMAS"));
        two[1].is_over = true;
        assert_eq!(choices(chosen(&two, "CHRISTMAS")), ["CHRISTMAS 2025", "CHRISTMAS 2026"]);
    }

    // G18
    #[test]
    fn namesakes_are_numbered_and_ordinary_words_tell_nothing() {
        let same = [sign("christmas", "Christmas", &["Ada"]), sign("christmas", "Christmas", &["Ada"])];
        assert_eq!(choices(chosen(&same, "CHRISTMAS")), ["CHRISTMAS 1", "CHRISTMAS 2"]);
        assert_eq!(chosen(&same, "christmas 2"), one(1, "christmas"));
        let the = [sign("christmas", "The Hills", &["Ada"]), sign("christmas", "Club", &["Ada"])];
        assert_eq!(labels(&the), ["Hills", "Club"]);
        assert_eq!((label_alone("hills!", &the), label_alone("hills tea", &the)), (Some(0), None));
    }
}
