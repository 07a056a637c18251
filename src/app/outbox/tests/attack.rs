//! Attackers without the key: who gives to whom, from one copy of the database, from a copy after every event, from the
//! screens alone. They know the code, what people do, and the pairings of other seasons, from which they learn what in a
//! copy tells anything; then they guess the receivers of seasons that are new to them.
//!
//! People ask, and answer what they are asked ten minutes later or so; some have not written yet when they are asked, one
//! says STOP.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rusqlite::types::Value;

use super::super::{Ledger, Outbox, Pace};
use super::twilio::LocalTwilio;
use super::world::{Member, World, by_twilio, crowd, phone, quick};
use crate::app::exchange::status::status;
use crate::model::Phone;
use crate::seal::{self, Identity};
use crate::store::testing::Table;

const PEOPLE: usize = 10;

/// Tables that are as they are since the draw, and hold everybody.
const OF_THE_DRAW: [&str; 3] = ["draw", "person", "archive_copy"];

/// In minutes.
const SEASON: i64 = 600;

/// A cell by its column; bytes as their length and a hash that tells one value from another.
type Cells = Vec<(String, Value)>;

/// Every row that can be seen at one moment, by its table.
type Copy = Vec<(String, Cells)>;

/// What an attacker has of a season, and what they are after.
struct Season {
    people: Vec<Somebody>,
    /// The receiver of each.
    receivers: Vec<usize>,
    /// The database after every event, oldest first.
    copies: Vec<Copy>,
    /// What the verbs show after every event.
    screens: Vec<Copy>,
    /// The last copy as a server tells its age: what was there after each transaction that left something.
    ages: Vec<Copy>,
}

/// Somebody, by all that a row could know them by.
struct Somebody {
    id: i64,
    words: [String; 2],
}

enum Event {
    Text(usize, String),
    /// The worker's turn.
    Turn,
}

impl Season {
    async fn live(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let names: Vec<String> = ('A'..).take(PEOPLE).map(|letter| format!("Guest {letter}")).collect();
        let members: Vec<Member<'_>> = names.iter().zip(0..).map(|(name, n)| (name.as_str(), Some(n), None)).collect();
        let (world, twilio) = (World::of(&crowd(&members, "2099-12-24")).await, LocalTwilio::start().await);
        // The start of a day, so that all of it is one day.
        let into_day = world.clock.now().as_second().rem_euclid(86_400);
        world.clock.advance(SignedDuration::from_secs(86_400 + 3_600 - into_day));
        let outbox = outbox_of(&world, &twilio);
        let mut events = plans(&mut rng);
        let (mut copies, mut screens, mut heard, mut minute) = (Vec::new(), Vec::new(), 0, 0);
        while let Some(((at, _), event)) = events.pop_first() {
            world.clock.advance(SignedDuration::from_secs((at - minute) * 60 + 1));
            minute = at;
            match event {
                Event::Text(person, words) => drop(world.text_from(&phone_at(person), &words).await),
                Event::Turn => drop(outbox.pass().await.expect("a database")),
            }
            for taken in twilio.taken().into_iter().skip(heard) {
                heard += 1;
                let person = (0..PEOPLE).find(|n| phone_at(*n).expose() == taken.to).expect("one of them");
                if taken.body.contains("asks") && rng.random_bool(0.9) {
                    let answer = format!("TELL it is {heard}");
                    events.insert((at + rng.random_range(2..18), 1000 + heard), Event::Text(person, answer));
                }
            }
            copies.push(copy(&world));
            screens.push(screen(&world));
        }
        assert!(heard > PEOPLE, "questions were passed on and answered");
        Self { people: everybody(&world), receivers: receivers(&world), copies, screens, ages: ages(&world) }
    }
}

/// What people set out to do, by minute: ask for their name, ask their receiver. The last two write late, and the one
/// before them says STOP. The worker has its turn every six minutes.
fn plans(rng: &mut impl Rng) -> BTreeMap<(i64, usize), Event> {
    let mut order: Vec<usize> = (0..PEOPLE).collect();
    order.shuffle(rng);
    let mut events = BTreeMap::new();
    for (nth, person) in order.into_iter().enumerate() {
        let first = if nth < PEOPLE - 2 { rng.random_range(0..60) } else { rng.random_range(300..SEASON - 60) };
        events.insert((first, nth), Event::Text(person, "christmas".to_owned()));
        let asks = rng.random_range(first.max(60) + 5..SEASON - 30);
        let padding = "x".repeat(rng.random_range(0..300));
        events.insert((asks, 100 + nth), Event::Text(person, format!("ASK which size? {padding}")));
        if nth == PEOPLE - 3 {
            events.insert((SEASON - 20, 200), Event::Text(person, "STOP".to_owned()));
        }
    }
    events.extend((0..SEASON + 60).step_by(6).map(|minute| ((minute, usize::MAX), Event::Turn)));
    events
}

fn phone_at(person: usize) -> Phone {
    phone(u32::try_from(person).expect("few people"))
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("few"))
}

fn outbox_of(world: &World, twilio: &LocalTwilio) -> Arc<Outbox> {
    let pace = Pace { look_again: Duration::from_secs(60), ..quick() };
    world.outbox_at(pace, by_twilio(&twilio.base()), |settings| {
        settings.twilio.as_mut().expect("a section").per_second = 1.0;
    })
}

fn everybody(world: &World) -> Vec<Somebody> {
    let people = world.site.exchange.ids().map(|(_, person)| {
        let phone = person.phone.as_ref().expect("a phone").expose().to_owned();
        Somebody { id: world.id(&person.name).0, words: [person.name.clone(), phone] }
    });
    people.collect()
}

fn receivers(world: &World) -> Vec<usize> {
    let key = Identity::load(&world.folder.path().join("exchange.key"), || None).expect("a key").identity;
    let document = seal::open(&world.draw().sealed, &key).expect("opens");
    let mut pairings: Vec<_> = document.all_pairings().collect();
    pairings.sort_unstable();
    pairings.into_iter().map(|(_, receiver)| receiver.index()).collect()
}

/// Every row of every table, but for lists of everybody.
fn copy(world: &World) -> Copy {
    rows(world.site.store.tables())
}

/// A copy after every transaction of which a row is left, by what a server keeps beside each row and its superuser sees.
fn ages(world: &World) -> Vec<Copy> {
    let Some(tables) = world.site.store.tables_by_age() else { return Vec::new() };
    let mut by_age: BTreeMap<i64, Copy> = BTreeMap::new();
    for (table, mut cells) in rows(tables) {
        let Some((_, Value::Integer(age))) = cells.pop() else { panic!("no age: {cells:?}") };
        by_age.entry(age).or_default().push((table, cells));
    }
    let later = |before: &mut Copy, rows: Copy| {
        before.extend(rows);
        Some(before.clone())
    };
    by_age.into_values().scan(Vec::new(), later).collect()
}

fn rows(tables: Vec<Table>) -> Copy {
    let mut rows = Vec::new();
    for table in tables.into_iter().filter(|table| !OF_THE_DRAW.contains(&table.name.as_str())) {
        for row in table.rows {
            rows.push((table.name.clone(), table.columns.iter().cloned().zip(row).collect()));
        }
    }
    rows
}

/// What the verbs show, as rows.
fn screen(world: &World) -> Copy {
    let shown = status(&world.site).expect("a status");
    let mut rows: Copy = Vec::new();
    for person in shown.draw.expect("drawn").people {
        let last = person.last_asked.map_or(Value::Null, |at| Value::Integer(at.as_millisecond()));
        rows.push(("status".to_owned(), vec![("name".to_owned(), Value::Text(person.name)), ("at".to_owned(), last)]));
    }
    for (word, count) in shown.outbox {
        let count = Value::Integer(i64::try_from(count).expect("few"));
        rows.push(("counts".to_owned(), vec![("word".to_owned(), Value::Text(word)), ("count".to_owned(), count)]));
    }
    for entry in Ledger::Exchange(&world.site).list(0, 1000).expect("a list") {
        let cells = [("for", entry.to), ("kind", entry.kind), ("state", format!("{:?}", entry.state))];
        let mut cells: Cells = cells.map(|(column, text)| (column.to_owned(), Value::Text(text))).to_vec();
        cells.push(("at".to_owned(), Value::Integer(entry.queued_at.as_millisecond())));
        rows.push(("outbox".to_owned(), cells));
    }
    rows
}

/// Something seen of somebody: what, and when (a time in the copy, or which copy shows it first).
struct Sighting {
    person: usize,
    what: String,
    at: i64,
}

/// What somebody looks like in the end, a word for each way of looking.
type Looks = Vec<Vec<String>>;

/// What is seen of a season: sightings in time, and looks.
struct Seen {
    sightings: Vec<Sighting>,
    looks: Looks,
}

impl Season {
    fn mentioned(&self, cells: &Cells) -> Option<usize> {
        let mentions = |somebody: &Somebody| {
            cells.iter().any(|(_, value)| match value {
                Value::Integer(number) => *number == somebody.id,
                Value::Text(text) => somebody.words.iter().any(|word| text.contains(word)),
                _ => false,
            })
        };
        self.people.iter().position(mentions)
    }

    /// What a row is, whoever it mentions and whenever it is from: its table and its words.
    fn kind(&self, table: &str, cells: &Cells) -> String {
        let mut kind = table.to_owned();
        for (column, value) in cells {
            match value {
                Value::Text(text)
                    if text.len() < 30
                        && !text.chars().any(|c| c.is_ascii_digit())
                        && !self
                            .people
                            .iter()
                            .any(|somebody| somebody.words.iter().any(|word| text.contains(word))) =>
                {
                    kind += &format!(" {column}={text}");
                }
                Value::Null => kind += &format!(" {column}=-"),
                _ => {}
            }
        }
        kind
    }

    /// One copy: rows with times of their own, and all rows of somebody together.
    fn of_one(&self, copy: &Copy) -> Seen {
        let mut sightings = Vec::new();
        let mut kinds: Vec<BTreeSet<String>> = vec![BTreeSet::new(); self.people.len()];
        let mut tables: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); self.people.len()];
        for (table, cells) in copy {
            let Some(person) = self.mentioned(cells) else { continue };
            let what = self.kind(table, cells);
            kinds[person].insert(what.clone());
            *tables[person].entry(table.clone()).or_default() += 1;
            for (column, value) in cells {
                // Times to the day are no times; small numbers order the rows.
                if let Value::Integer(at) = value
                    && at % 86_400_000 != 0
                    && *at != self.people[person].id
                {
                    sightings.push(Sighting { person, what: format!("{what} by {column}"), at: *at });
                }
            }
        }
        let looks = kinds.iter().zip(&tables).map(|(kinds, tables)| vec![format!("{kinds:?}"), format!("{tables:?}")]);
        Seen { sightings, looks: looks.collect() }
    }

    /// Many copies: what is new or changed in which of them, and what else changes beside it.
    fn of_many(&self, copies: &[Copy]) -> Seen {
        let mut seen = self.of_one(copies.last().expect("one"));
        let mut before: HashMap<String, usize> = HashMap::new();
        let mut besides: Vec<Vec<String>> = vec![Vec::new(); self.people.len()];
        let mut last_person = None;
        for (at, copy) in copies.iter().enumerate() {
            let mut now: HashMap<String, usize> = HashMap::new();
            let (mut touched, mut opaque) = (Vec::new(), BTreeMap::<&str, usize>::new());
            for (table, cells) in copy {
                let row = format!("{table} {cells:?}");
                let count = now.entry(row.clone()).or_default();
                *count += 1;
                if *count <= before.get(&row).copied().unwrap_or_default() {
                    continue;
                }
                match self.mentioned(cells) {
                    Some(person) => touched.push((person, self.kind(table, cells))),
                    None => *opaque.entry(table).or_default() += 1,
                }
            }
            let at = i64::try_from(at).expect("few copies");
            seen.sightings.extend(touched.iter().map(|(person, what)| Sighting {
                person: *person,
                what: format!("new {what}"),
                at,
            }));
            last_person = touched.first().map(|(person, _)| *person).or(last_person);
            // Whatever changes that mentions nobody is held to concern who was seen last.
            if let (Some(person), false) = (last_person, opaque.is_empty()) {
                let what = format!("{opaque:?}");
                besides[person].push(what.clone());
                seen.sightings.push(Sighting { person, what: format!("beside {what}"), at });
            }
            before = now;
        }
        for (looks, besides) in seen.looks.iter_mut().zip(besides) {
            looks.push(format!("{:?}", besides.iter().take(3).collect::<Vec<_>>()));
        }
        seen
    }
}

/// What may tell that one gives to the other: each feature with what it says of this pair.
fn features(seen: &Seen, giver: usize, receiver: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    for (i, of_giver) in seen.looks[giver].iter().enumerate() {
        for (j, of_receiver) in seen.looks[receiver].iter().enumerate() {
            found.push((format!("looks {i} {j}"), format!("{of_giver} {of_receiver}")));
        }
    }
    let of = |person: usize| {
        let mut by_what: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for sighting in seen.sightings.iter().filter(|sighting| sighting.person == person) {
            by_what.entry(&sighting.what).or_default().push(sighting.at);
        }
        by_what
    };
    // How soon after the one was seen the other was.
    for (first, at) in of(giver) {
        for (then, after) in &of(receiver) {
            let lags = at.iter().flat_map(|at| after.iter().map(move |after| after - at));
            if let Some(lag) = lags.filter(|lag| *lag > 0).min() {
                found.push((format!("{first} | {then}"), lag.ilog2().to_string()));
            }
        }
    }
    found
}

/// What is said of a pair by a feature.
type Finding = (String, String);

/// What an attacker has found in a season: for each giver the others, each with what speaks for or against the pair.
struct Case<'a> {
    receivers: &'a [usize],
    found: Vec<Vec<(usize, Vec<Finding>)>>,
}

impl<'a> Case<'a> {
    fn of(season: &'a Season, seen: &Seen) -> Self {
        let people = season.people.len();
        let others = |giver: usize| (0..people).filter(move |other| *other != giver);
        let found = (0..people).map(|giver| others(giver).map(|o| (o, features(seen, giver, o))).collect()).collect();
        Self { receivers: &season.receivers, found }
    }

    /// How many receivers are guessed rightly by one feature alone, or by all together.
    fn hits(&self, weights: &Weights, way: Option<&str>) -> usize {
        let score = |found: &[Finding]| -> f64 {
            let found = found.iter().filter(|(name, _)| way.is_none_or(|way| name == way));
            found.map(|finding| weights.get(finding).copied().unwrap_or_default()).sum()
        };
        let guesses = self.found.iter().zip(self.receivers).filter(|(others, receiver)| {
            // Among equals the one who stands later: as good as any.
            let guess = others.iter().max_by(|a, b| score(&a.1).total_cmp(&score(&b.1)));
            guess.is_some_and(|(other, _)| other == *receiver)
        });
        guesses.count()
    }
}

type Weights = HashMap<Finding, f64>;

/// How much each finding speaks for a pair, learnt from seasons whose pairings are known.
fn learn(cases: &[Case<'_>]) -> Weights {
    let mut counts: HashMap<Finding, (f64, f64)> = HashMap::new();
    for case in cases {
        for (others, receiver) in case.found.iter().zip(case.receivers) {
            for (other, findings) in others {
                for finding in findings {
                    let count = counts.entry(finding.clone()).or_default();
                    if other == receiver { count.0 += 1.0 } else { count.1 += 1.0 }
                }
            }
        }
    }
    let others = float(PEOPLE) - 2.0;
    counts.into_iter().map(|(finding, (yes, no))| (finding, ((yes + 0.5) / (no / others + 0.5)).ln())).collect()
}

/// Learns from half of the seasons, picks what did best there, and guesses the receivers of the others.
fn attack(what: &str, seasons: &[Season], look: impl Fn(&Season) -> Seen) {
    let mut known: Vec<Case<'_>> = seasons.iter().map(|season| Case::of(season, &look(season))).collect();
    let unknown = known.split_off(seasons.len() / 2);
    let weights = learn(&known);
    let hits = |cases: &[Case<'_>], way| cases.iter().map(|case| case.hits(&weights, way)).sum::<usize>();
    let names: BTreeSet<&str> = weights.keys().map(|(name, _)| name.as_str()).collect();
    let best = names.into_iter().max_by_key(|way| hits(&known, Some(way)));
    let guesses = float(PEOPLE) * float(unknown.len());
    let chance = 1.0 / (float(PEOPLE) - 1.0);
    // Five standard deviations above what chance gives.
    let most = guesses * chance + 5.0 * (guesses * chance * (1.0 - chance)).sqrt();
    for way in [best, None] {
        let right = hits(&unknown, way);
        assert!(float(right) < most, "{what}: {right} of {guesses} right by {way:?}, chance gives {most} at most");
    }
}

// X11, H10
#[tokio::test(flavor = "multi_thread")]
async fn no_copy_and_no_screen_tells_more_than_chance_who_asked_whom() {
    let mut seasons = Vec::new();
    for seed in 0..8 {
        seasons.push(Season::live(seed).await);
    }
    attack("one copy", &seasons, |season| season.of_one(season.copies.last().expect("one")));
    attack("one copy at noon", &seasons, |season| season.of_one(&season.copies[season.copies.len() / 2]));
    attack("a copy after every event", &seasons, |season| season.of_many(&season.copies));
    if seasons.iter().all(|season| !season.ages.is_empty()) {
        attack("one copy of a server, by age", &seasons, |season| season.of_many(&season.ages));
    }
    attack("the screens", &seasons, |season| season.of_many(&season.screens));
}

/// What a copy shows to whoever cannot open it: of what is sealed or hashed only how much there is, of times which event
/// they are of.
fn visible(copy: &Copy, times: &[i64]) -> BTreeSet<String> {
    let clear = |(column, value): &(String, Value), table: &str| {
        let is_opaque = table.starts_with("relay") && column != "topic";
        match value {
            Value::Blob(_) => format!("{column} sealed"),
            Value::Text(_) | Value::Integer(_) if is_opaque => format!("{column} opaque"),
            Value::Text(_) if column == "sid" => format!("{column} of Twilio's"),
            Value::Integer(at) if *at > times[0] => format!("{column} {}", times.partition_point(|time| time <= at)),
            value => format!("{column} {value:?}"),
        }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (table, cells) in copy {
        let cells: Vec<String> = cells.iter().map(|cell| clear(cell, table)).collect();
        *counts.entry(format!("{table}: {}", cells.join(", "))).or_default() += 1;
    }
    counts.into_iter().map(|(row, count)| format!("{count} {row}")).collect()
}

/// A season whose texts do not depend on the draw: what can be seen after each event, and which rows that nobody can read
/// are new or changed since the one before.
async fn the_same_texts() -> (Vec<usize>, Vec<(BTreeSet<String>, BTreeMap<String, usize>)>) {
    let names: Vec<String> = (0..6).map(|n| format!("Guest {n}")).collect();
    let members: Vec<Member<'_>> = names.iter().zip(0..).map(|(name, n)| (name.as_str(), Some(n), None)).collect();
    let (world, twilio) = (World::of(&crowd(&members, "2099-12-24")).await, LocalTwilio::start().await);
    let into_day = world.clock.now().as_second().rem_euclid(86_400);
    world.clock.advance(SignedDuration::from_secs(86_400 + 3_600 - into_day));
    let outbox = outbox_of(&world, &twilio);
    let (mut times, mut shown) = (vec![world.clock.now().as_millisecond()], Vec::new());
    let mut before: BTreeSet<String> = BTreeSet::new();
    let texts = [
        (0, "christmas"),
        (1, "christmas"),
        (2, "christmas"),
        (0, "ASK which size?"),
        (1, "ASK red or green?"),
        (
            2,
            "ASK do you have a teapot? I should like to know, and so on, at a length that takes more than one segment of a text, so that a line would be busy for longer",
        ),
        (0, "TELL eleven"),
        (3, "ASK tea?"),
        (1, "TELL! Guest 1 says hello"),
        (2, "ASK"),
        (4, "christmas"),
        (1, "STOP"),
        (0, "ASK and now?"),
        (2, "TELL blue"),
        (5, "MENU"),
        (2, "ASK which size?"),
    ];
    for (person, text) in
        texts.into_iter().map(|(person, text)| (person, Some(text))).flat_map(|text| [text, (0, None), (0, None)])
    {
        world.clock.advance(SignedDuration::from_secs(45));
        times.push(world.clock.now().as_millisecond());
        match text {
            Some(text) => drop(world.text_from(&phone(person), text).await),
            None => drop(outbox.pass().await.expect("a database")),
        }
        let copy = copy(&world);
        let rows: BTreeSet<String> = copy.iter().map(|(table, cells)| format!("{table} {cells:?}")).collect();
        let mut changed: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows.difference(&before) {
            *changed.entry(row.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        before = rows;
        shown.push((visible(&copy, &times), changed));
    }
    (receivers(&world), shown)
}

// X11, H10
#[tokio::test(flavor = "multi_thread")]
async fn two_seasons_that_differ_in_who_gives_to_whom_alone_look_the_same_after_every_event() {
    let (first, shown) = the_same_texts().await;
    let mut others = 0;
    while others < 3 {
        let (receivers, other) = the_same_texts().await;
        for (nth, (one, other)) in shown.iter().zip(&other).enumerate() {
            assert_eq!(one, other, "event {nth}");
        }
        others += usize::from(receivers != first);
    }
}
