//! What can be said about a roster before drawing: possible or not and why, how many draws, who is guessable, how long
//! the answers are. Opens no earlier draw: a check that knew last year's pairings could be asked until it told them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::draw_record::roster_of;
use super::mend::{self, Mend};
use super::question;
use super::ways::landlines;
use crate::app::site::Site;
use crate::conversation::exchange::{Receiver, reply};
use crate::matcher::{self, Basis, Count, Malformed, Matrix, NoDraw, RuleRef, Verdict};
use crate::messaging::length::{Length, measure};
use crate::model::{Exchange, PastYear, PersonIndex, Repeats};
use crate::roster::{Diagnostic, Roster, Severity, Spot};
use crate::store::StoreError;

/// What was found out about a roster.
#[derive(Debug)]
pub struct Checked {
    /// Whether there is a draw.
    pub verdict: Verdict,
    /// How many valid draws there are.
    pub draws: Count,
    /// Pairings that the rules alone make more likely than not.
    pub guessable: Vec<Guessable>,
    /// Why there is no draw.
    pub impossible: Option<Impossible>,
    /// What should be known before the draw, a sentence each.
    pub notes: Vec<String>,
    /// How many earlier draws are avoided besides, which the count knows nothing of.
    pub earlier: usize,
    /// The longest answer anybody may get, as an SMS.
    pub longest_answer: Length,
}

/// A pairing that the rules alone make more likely than not.
#[derive(Debug, Clone, PartialEq)]
pub struct Guessable {
    pub giver: String,
    /// To whom, most likely.
    pub receiver: String,
    /// How likely.
    pub probability: f64,
    /// How that is known; counted and 1, there is no other way.
    pub basis: Basis,
}

/// Why there is no draw, in names and words.
#[derive(Debug, Clone, PartialEq)]
pub struct Impossible {
    /// Givers who clash.
    pub givers: Vec<String>,
    /// Receivers who clash.
    pub receivers: Vec<String>,
    /// The rules that make them clash.
    pub rules: Vec<String>,
    /// The clash in a sentence.
    pub why: String,
    /// What would mend it, a sentence each.
    pub repairs: Vec<String>,
    /// Those of them that can be taken at once.
    pub mends: Vec<Mend>,
}

/// Checks a roster.
///
/// # Errors
/// [`Malformed`] when the rules make no sense together.
pub fn check(exchange: &Exchange, earlier: &Earlier) -> Result<Checked, Malformed> {
    let problem = question::problem(exchange, &[]);
    let survey = matcher::survey(&problem)?;
    let notes = notes(exchange, earlier)?;
    let name = |person: u32| exchange.person(PersonIndex(person)).name.clone();
    let guessable = survey
        .guessable
        .iter()
        .map(|g| Guessable {
            giver: name(g.giver),
            receiver: name(g.receiver),
            probability: g.probability,
            basis: g.basis,
        })
        .collect();
    let impossible = survey.impossible.map(|found| {
        let mut sentences = question::explain(&found, exchange).into_iter();
        Impossible {
            givers: found.givers.iter().copied().map(name).collect(),
            receivers: found.receivers.iter().copied().map(name).collect(),
            rules: found.rules.iter().map(|rule: &RuleRef| question::rule_in_words(rule, exchange)).collect(),
            why: sentences.next().unwrap_or_default(),
            repairs: sentences.collect(),
            mends: mend::mends(&found, exchange),
        }
    });
    Ok(Checked {
        verdict: survey.verdict,
        draws: survey.count,
        guessable,
        impossible,
        notes,
        earlier: earlier.draws,
        longest_answer: longest_answer(exchange),
    })
}

/// What earlier draws leave to avoid, judged from their rosters alone.
#[derive(Debug, Default)]
pub struct Earlier {
    /// How many draws are avoided.
    draws: usize,
    /// In how many of them each of today's people took part, by name.
    of: BTreeMap<String, u32>,
}

impl Earlier {
    /// The draws of the series whose pairings a draw made now avoids. Opens none of them.
    pub fn of(site: &Site) -> Result<Self, StoreError> {
        let draws = site.store.read(|tx| {
            let topic = site.topic(tx)?.map(|topic| topic.id);
            let draws = site.series(tx)?.map(|series| tx.draws(series)).transpose()?.unwrap_or_default();
            Ok::<_, StoreError>(question::avoided(&site.exchange, topic, &draws, site.clock.now()))
        })?;
        let mut earlier = Self { draws: draws.len(), of: BTreeMap::new() };
        for person in draws.iter().map(roster_of).collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|it| it.people) {
            *earlier.of.entry(person.name).or_default() += 1;
        }
        Ok(earlier)
    }

    /// How many years somebody has a pairing of to avoid, those that the roster tells of included.
    fn years(&self, exchange: &Exchange, (id, name): (PersonIndex, &str)) -> u32 {
        let takes_part =
            |year: &&PastYear| year.pairings.iter().any(|(giver, receiver)| *giver == id || *receiver == id);
        let room = exchange.rules.avoid_repeats as usize - self.draws.min(exchange.rules.avoid_repeats as usize);
        let told = exchange.past.iter().take(room).filter(takes_part).count();
        self.of.get(name).copied().unwrap_or_default() + u32::try_from(told).unwrap_or(u32::MAX)
    }
}

/// Fewer receivers, or givers, than this to choose from once earlier draws are avoided is little choice.
const LITTLE: u32 = 3;

/// A sealed draw, and so a roster that can be drawn, has room for some 300,000 people; how many exactly depends on their names
/// and addresses.
const MANY: usize = 250_000;

/// What should be known before the draw, judged from the rosters alone, today's and earlier ones: no pairing plays a part,
/// so that asking tells nothing.
///
/// # Errors
/// [`Malformed`] when the rules make no sense together.
pub fn notes(exchange: &Exchange, earlier: &Earlier) -> Result<Vec<String>, Malformed> {
    let mut notes = Vec::new();
    let (avoided, gifts) = (exchange.rules.avoid_repeats, exchange.rules.gifts_each);
    let least = LITTLE - 1 + gifts;
    let has_history = avoided > 0 && (earlier.draws > 0 || !exchange.past.is_empty());
    if has_history {
        let matrix = matrix(exchange)?;
        let few = exchange.ids().filter(|(id, person)| {
            let (to, from) = matrix.options(id.0);
            let years = earlier.years(exchange, (*id, &person.name));
            years > 0 && to.min(from).saturating_sub(years.saturating_mul(gifts)) < least
        });
        let names: Vec<&str> = few.map(|(_, person)| person.name.as_str()).collect();
        // Where there is no draw at all, that is what is said.
        if let [first, others @ ..] = &names[..]
            && !matches!(matcher::Ready::of(&question::problem(exchange, &[])), Err(NoDraw::Impossible(_)))
        {
            let others = match others.len() {
                0 => String::new(),
                1 => " and 1 other".to_owned(),
                more => format!(" and {more} others"),
            };
            notes.push(format!(
                "note: once earlier pairings are avoided, {first}{others} may have fewer than {least} people left to give to \
                 or to receive from, and pairings may be guessed; a lower avoid_repeats leaves more."
            ));
        }
    }
    let people = exchange.people.len();
    let rules = &exchange.rules;
    // Said here and not at the draw, where it would tell that something came again.
    if has_history && rules.repeats == Repeats::Avoid {
        let hard = [
            (rules.one_circle || !rules.mutual, "under a rule about circles"),
            (people > matcher::MOST_UPDATED as usize, "among more than 2,000 people"),
        ];
        if let Some((_, why)) = hard.iter().find(|(hard, _)| *hard) {
            notes.push(format!(
                "note: {why}, pairings of earlier draws are avoided as far as is found; fewer may be possible."
            ));
        }
    }
    let landlines = landlines(exchange);
    if !landlines.is_empty() {
        notes.push(format!("warning: a landline takes no texts: {}.", landlines.join(", ")));
    }
    if people > MANY {
        notes.push(format!(
            "note: a sealed draw has room for some 300,000 people; {people} may be too many to be drawn."
        ));
    }
    Ok(notes)
}

/// Warns of an exchange whose day is over where it is held. Reminders and `{date}` go by that day, and a roster taken over
/// from last year still says the old one.
pub fn overdue(roster: &Roster, now: Timestamp) -> Option<Diagnostic> {
    let exchange = &roster.exchange;
    let date = exchange.date?;
    let today = now.in_tz(&exchange.timezone).ok()?.date();
    let hint = "write the day of the next one; reminders go by it".to_owned();
    (date < today).then(|| {
        roster.diagnostic(
            Severity::Warning,
            Spot::Date,
            format!("the day of the exchange, {date}, is in the past"),
            Some(hint),
        )
    })
}

/// Who may give to whom by the rules of the roster; earlier draws stay out of it.
///
/// # Errors
/// [`Malformed`] when the rules make no sense together.
pub fn matrix(exchange: &Exchange) -> Result<Matrix, Malformed> {
    Matrix::of(&question::problem(exchange, &[]))
}

/// The answer with the longest names and wishes, in segments and then in units; every real one is at most as long.
fn longest_answer(exchange: &Exchange) -> Length {
    let each = exchange.rules.gifts_each as usize;
    let long = |text: &str| {
        let length = measure(text);
        (length.segments, length.units)
    };
    let mut people: Vec<_> = exchange.people.iter().collect();
    people.sort_by_cached_key(|person| std::cmp::Reverse(long(&format!("{}{}", person.name, person.wishes.concat()))));
    let receivers: Vec<Receiver<'_>> =
        people.iter().take(each).map(|person| Receiver { name: &person.name, wishes: &person.wishes }).collect();
    let giver = exchange.people.iter().map(|person| person.name.as_str()).max_by_key(|name| name.len()).unwrap_or("");
    measure(&reply(exchange, giver, &receivers))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::roster;

    // X26: judged from the roster alone.
    #[test]
    fn little_choice_beside_the_history_is_said() {
        let said = |avoid: u32, people: usize, drawn: u32| {
            let mut text = format!("[exchange]\nname = \"x\"\n[rules]\navoid_repeats = {avoid}\n");
            for person in 0..people {
                text += &format!("[[people]]\nname = \"P{person}\"\nemail = \"p{person}@example.org\"\n");
            }
            text += "[[exclusions]]\ngiver = \"P0\"\nreceiver = \"P1\"\n";
            // The last of them was in no earlier draw.
            let of = (1..people).map(|person| (format!("P{}", person - 1), drawn)).collect();
            let earlier = Earlier { draws: drawn as usize, of };
            notes(&roster::parse(&text, Path::new("exchange.toml")).expect("sound").exchange, &earlier).expect("sound")
        };
        // P0 may give to all but P1 and themselves, P1 receive from all but P0 and themselves.
        assert!(said(0, 4, 0).is_empty() && said(3, 8, 3).is_empty());
        // In the first year there is nothing to avoid, and where there is no draw another sentence says so.
        assert!(said(3, 4, 0).is_empty() && said(3, 2, 1).is_empty());
        assert_eq!(
            said(3, 7, 3),
            [
                "note: once earlier pairings are avoided, P0 and 1 other may have fewer than 3 people left to give to or to \
              receive from, and pairings may be guessed; a lower avoid_repeats leaves more."
            ]
        );
        assert!(said(1, 4, 1)[0].contains("P0 and 2 others"));
    }

    // X20
    #[test]
    fn who_is_told_by_text_at_a_landline_is_named() {
        let person = |name, more| format!("[[people]]\nname = \"{name}\"\nphone = \"+442079460018\"\n{more}");
        let mailed = person("Ben", "deliver = \"email\"\nemail = \"b@example.org\"\n");
        let text = format!("[exchange]\nname = \"x\"\n{}{mailed}", person("Ada", ""));
        let exchange = roster::parse(&text, Path::new("exchange.toml")).expect("sound").exchange;
        let said = notes(&exchange, &Earlier::default()).expect("sound");
        assert_eq!(said, ["warning: a landline takes no texts: Ada."]);
    }

    // G3: before the draw, where it tells nothing of what came again.
    #[test]
    fn where_the_fewest_repeats_may_not_be_found_it_is_said() {
        let said = |rules: &str| {
            let mut text = format!("[exchange]\nname = \"x\"\n[rules]\n{rules}\n");
            for person in 0..12 {
                text += &format!("[[people]]\nname = \"P{person}\"\nemail = \"p{person}@example.org\"\n");
            }
            let earlier = Earlier { draws: 1, of: BTreeMap::new() };
            let exchange = roster::parse(&text, Path::new("exchange.toml")).expect("sound").exchange;
            notes(&exchange, &earlier).expect("sound").join(" ")
        };
        assert!(
            said("one_circle = true")
                .contains("under a rule about circles, pairings of earlier draws are avoided as far")
        );
        assert!(said("mutual = false").contains("fewer may be possible"));
        for none in ["", "one_circle = true\navoid_repeats = 0", "mutual = false\nrepeats = \"never\""] {
            assert_eq!(said(none), "");
        }
    }

    // H5: what may be too large to be sealed is said before it is drawn.
    #[test]
    fn more_people_than_a_sealed_draw_has_room_for_are_said() {
        let people = "[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
        let text = format!("[exchange]\nname = \"x\"\n[rules]\navoid_repeats = 0\n{people}");
        let mut exchange = roster::parse(&text, Path::new("exchange.toml")).expect("sound").exchange;
        let more = exchange.people[0].clone();
        exchange.people.resize(MANY, more.clone());
        assert!(notes(&exchange, &Earlier::default()).expect("sound").is_empty());
        exchange.people.push(more);
        let said = notes(&exchange, &Earlier::default()).expect("sound");
        assert!(said[0].starts_with("note: a sealed draw has room for some 300,000 people; 250001 may"), "{said:?}");
    }

    fn overdue_at(heading: &str, now: &str) -> Option<String> {
        let people = "[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
        let text = format!("[exchange]\nname = \"x\"\n{heading}{people}");
        let roster = roster::parse(&text, Path::new("exchange.toml")).expect("sound");
        overdue(&roster, now.parse().expect("a time")).map(|problem| problem.render())
    }

    // G8
    #[test]
    fn a_day_that_is_over_is_a_warning_at_its_place() {
        let dated = "date = 2026-12-24\n";
        assert_eq!(overdue_at(dated, "2026-12-24T23:59:59Z"), None);
        insta::assert_snapshot!(overdue_at(dated, "2026-12-25T00:00:00Z").expect("over"), @r"
        exchange.toml:3:8: warning: the day of the exchange, 2026-12-24, is in the past
          3 | date = 2026-12-24
            |        ^^^^^^^^^^
          hint: write the day of the next one; reminders go by it
        ");
        assert_eq!(overdue_at("", "2026-12-25T00:00:00Z"), None);
    }

    // G8
    #[test]
    fn a_day_ends_where_the_exchange_is_held() {
        let dated = |zone| format!("date = 2026-12-24\ntimezone = \"{zone}\"\n");
        assert_eq!(overdue_at(&dated("America/New_York"), "2026-12-25T04:59:59Z"), None);
        assert!(overdue_at(&dated("America/New_York"), "2026-12-25T05:00:00Z").is_some());
        assert!(overdue_at(&dated("Asia/Tokyo"), "2026-12-24T15:00:00Z").is_some());
    }
}
