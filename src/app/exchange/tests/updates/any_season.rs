//! Whatever is edited, brought in, drawn anew, texted, opened and restored, in whatever order: a draw stays the draw it was, each
//! phone learns its own name and no other, and every opening is counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::app::exchange::audit::{self, Wanted};
use crate::app::exchange::draw_record::{header_of, roster_today};
use crate::seal::{By, EntryKind, Opening};
use crate::store::{StoredDraw, Tx};

/// Whoever may come.
const OTHERS: [&str; 4] = ["Hugo", "Iris", "Jonas", "Kira"];

/// Numbers that somebody may have.
const NUMBERS: u32 = 14;

/// Fewest people that are left.
const FEWEST: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    Join(usize),
    Leave(Index),
    Rename(Index),
    Move(Index, u32),
    /// Two people change their numbers.
    Swap(Index, Index),
    /// A rule between two people, or none any more.
    Rule(Index, Index),
    Update,
    Redraw,
    Audit(Index),
    Restore,
    Restart,
    Text(u32, usize),
}

const BODIES: [&str; 6] = ["christmas", "christmas", "proof", "ASK what size?", "WISH a kite", "hello"];

fn step() -> impl Strategy<Value = Step> {
    let somebody = any::<Index>;
    prop_oneof![
        2 => (0..OTHERS.len()).prop_map(Step::Join),
        1 => somebody().prop_map(Step::Leave),
        1 => somebody().prop_map(Step::Rename),
        2 => (somebody(), 1..=NUMBERS).prop_map(|(who, number)| Step::Move(who, number)),
        1 => (somebody(), somebody()).prop_map(|(a, b)| Step::Swap(a, b)),
        1 => (somebody(), somebody()).prop_map(|(a, b)| Step::Rule(a, b)),
        5 => Just(Step::Update),
        1 => Just(Step::Redraw),
        2 => somebody().prop_map(Step::Audit),
        1 => Just(Step::Restore),
        1 => Just(Step::Restart),
        10 => (1..=NUMBERS, 0..BODIES.len()).prop_map(|(from, body)| Step::Text(from, body)),
    ]
}

type People = Vec<(String, u32)>;

/// What a draw was when it was first seen: its fingerprint and its pairings.
type Seen = (String, Vec<(u32, u32)>);

struct Season {
    world: World,
    /// The roster as it is written, and as it was last brought in.
    written: People,
    live: People,
    rules: BTreeSet<(String, String)>,
    draws: BTreeMap<u32, Seen>,
    audits: usize,
    renamed: usize,
    minutes: i64,
}

impl Season {
    async fn begin() -> Self {
        let people: People = FAMILY.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
        Self {
            world: World::drawn().await,
            written: people.clone(),
            live: people,
            rules: BTreeSet::new(),
            draws: BTreeMap::new(),
            audits: 0,
            renamed: 0,
            minutes: 0,
        }
    }

    fn write(&self) {
        let there = |name: &str| self.written.iter().any(|(other, _)| other == name);
        let rules = self.rules.iter().filter(|(giver, to)| there(giver) && there(to));
        let rules: String =
            rules.map(|(giver, to)| format!("[[exclusions]]\ngiver = \"{giver}\"\nreceiver = \"{to}\"\n")).collect();
        let people: Vec<Somebody> = self.written.iter().map(|(name, number)| (&**name, *number)).collect();
        self.world.write(&people, &rules);
    }

    async fn take(&mut self, step: &Step) {
        let is_free = |people: &People, number: u32| people.iter().all(|(_, taken)| *taken != number);
        match step {
            Step::Join(other) => {
                let number = (1..=NUMBERS).find(|number| is_free(&self.written, *number));
                let name = OTHERS[*other];
                if let Some(number) = number.filter(|_| self.written.iter().all(|(taken, _)| taken != name)) {
                    self.written.push((name.to_owned(), number));
                }
            }
            Step::Leave(who) if self.written.len() > FEWEST => drop(self.written.remove(who.index(self.written.len()))),
            Step::Rename(who) => {
                self.renamed += 1;
                let who = who.index(self.written.len());
                self.written[who].0 = format!("Person{}", self.renamed);
            }
            Step::Move(who, number) if is_free(&self.written, *number) => {
                let who = who.index(self.written.len());
                self.written[who].1 = *number;
            }
            Step::Swap(a, b) => {
                let (a, b) = (a.index(self.written.len()), b.index(self.written.len()));
                let (first, second) = (self.written[a].1, self.written[b].1);
                (self.written[a].1, self.written[b].1) = (second, first);
            }
            Step::Rule(giver, to) => {
                let name = |who: &Index| self.written[who.index(self.written.len())].0.clone();
                let rule = (name(giver), name(to));
                if rule.0 != rule.1 && !self.rules.remove(&rule) {
                    self.rules.insert(rule);
                }
            }
            Step::Update => self.update().await,
            Step::Redraw => {
                self.write();
                if self.world.several.draw(&self.world.site(), Some("a doubt")).await.is_ok() {
                    self.live.clone_from(&self.written);
                }
            }
            Step::Audit(who) => {
                let name = self.live[who.index(self.live.len())].0.clone();
                let site = self.world.site();
                let wanted = Wanted { by: By::Giver, name: &name, draw: None };
                let found = audit::find(&site, wanted).await.expect("somebody of the draw");
                audit::open(&site, found, "two parcels").await.expect("opened");
                self.audits += 1;
            }
            Step::Restore => self.restore().await,
            Step::Restart => self.world.listener = self.world.several.listener(),
            Step::Text(from, body) => self.text(*from, BODIES[*body]),
            Step::Leave(_) | Step::Move(..) => {}
        }
    }

    /// Brings in what is written. What no draw can follow changes nothing.
    async fn update(&mut self) {
        self.write();
        let (plan, before) = (self.world.plan(), self.newest().number);
        match self.world.update().await {
            Ok(updated) => {
                assert_eq!(updated.is_none(), plan.changes.is_empty());
                let drawn = u32::from(plan.redrawn != Redrawn::Nothing);
                assert_eq!(self.newest().number, before + drawn, "{plan:?}");
                self.live.clone_from(&self.written);
            }
            Err(UpdateError::Draw(DrawError::Impossible { .. })) => assert_eq!(self.newest().number, before),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A lost laptop: the key, the roster and the archive are there.
    async fn restore(&mut self) {
        self.write();
        let text = std::fs::read_to_string(self.world.several.path("exchange.toml")).expect("a file");
        let other = Several::with(&text);
        other.clock.advance(SignedDuration::from_mins(self.minutes));
        std::fs::copy(self.world.several.path("exchange.key"), other.path("exchange.key")).expect("copied");
        let (from, to) = (self.world.several.path("sealed"), other.path("sealed"));
        let copied = std::process::Command::new("cp").arg("-r").args([from, to]).status();
        assert!(copied.expect("cp runs").success());
        restore::restore(&other.in_file()).await.expect("restored");
        let listener = other.listener();
        // What is looked at from here on is the sealed roster with its entries.
        self.live = self.live_by_the_archive(&other);
        self.world = World { several: other, listener };
    }

    /// Names and wordings of an update are no part of the archive: a restored draw has those it was made with.
    fn live_by_the_archive(&self, restored: &Several) -> People {
        let site = restored.in_file();
        let newest = site.store.read(|tx| newest_in(&site, tx)).expect("sound");
        let people = people_of(&newest);
        let numbers = |people: &People| people.iter().map(|(_, number)| *number).collect::<BTreeSet<_>>();
        assert_eq!(numbers(&people), numbers(&self.live), "addresses are restored as they were");
        people
    }

    // X1 X7 X9 X11
    fn text(&mut self, from: u32, body: &str) {
        self.minutes += 10;
        self.world.several.clock.advance(SignedDuration::from_mins(10));
        let (draw, people) = (self.newest(), people_of(&self.newest()));
        let said = self.world.text(from, body);
        let me = people.iter().position(|(_, number)| *number == from);
        let receiver = me.map(|me| {
            let (_, pairings) = self.seen(&draw);
            let to = pairings.iter().find(|(giver, _)| *giver as usize == me).expect("everybody gives").1;
            people[to as usize].0.clone()
        });
        let Some(words) = said else {
            assert!(me.is_none(), "phone {from} is answered: {body}");
            return;
        };
        // Behind what stands before it in any case.
        let last = words.rsplit("\n\n").next().expect("words").split(" (before: ").next().expect("words");
        if let (Some(receiver), "christmas") = (&receiver, body) {
            let told = ["You have ", "Still ", "It is now "]
                .iter()
                .any(|begin| last.starts_with(&format!("{begin}{receiver}")));
            assert!(told, "phone {from} has {receiver} in draw {}: {words}", draw.number);
        }
        let may_read = |name: &str| receiver.as_deref() == Some(name) || me.is_some_and(|me| people[me].0 == name);
        let read: BTreeSet<&str> = last.split(|c: char| !c.is_alphanumeric()).collect();
        for (name, _) in &people {
            assert!(may_read(name) || !read.contains(&**name), "phone {from} was told of {name}: {words}");
        }
    }

    fn newest(&self) -> StoredDraw {
        let site = self.world.site();
        site.store.read(|tx| newest_in(&site, tx)).expect("a sound database")
    }

    /// A draw's fingerprint and its pairings by place, opened with the key.
    fn seen(&self, draw: &StoredDraw) -> Seen {
        let identity = self.world.site().keys.identity().expect("a key");
        let document = crate::seal::open(&draw.sealed, &identity).expect("opens");
        let fingerprint = header_of(draw).expect("a header").fingerprint.to_string();
        (fingerprint, document.all_pairings().map(|(giver, to)| (giver.0, to.0)).collect())
    }

    /// What holds at any moment.
    fn look(&mut self) {
        let site = self.world.site();
        let (draws, openings) = site
            .store
            .read(|tx| {
                let series = site.series(tx)?.expect("drawn");
                Ok::<_, StoreError>((tx.draws(series)?, tx.openings(series)?))
            })
            .expect("a sound database");
        for draw in &draws {
            let seen = self.seen(draw);
            // X2
            let givers: BTreeSet<u32> = seen.1.iter().map(|(giver, _)| *giver).collect();
            let receivers: BTreeSet<u32> = seen.1.iter().map(|(_, to)| *to).collect();
            assert!(
                givers.len() == seen.1.len() && givers == receivers && seen.1.iter().all(|(giver, to)| giver != to)
            );
            // X1 H6: the draw it was when it was first seen.
            let first = self.draws.entry(draw.number).or_insert_with(|| seen.clone());
            assert_eq!(*first, seen, "draw {}", draw.number);
        }
        assert_eq!(self.draws.len(), draws.len(), "no draw is lost");
        let newest = draws.last().expect("drawn");
        let sorted = |mut people: People| {
            people.sort();
            people
        };
        assert_eq!(sorted(people_of(newest)), sorted(self.live.clone()), "what was brought in, and nothing else");
        // H7: numbered, none lost, each in the archive.
        let entry = |row: &crate::store::StoredOpening| Opening::from_json(row.entry.as_bytes()).expect("an entry");
        let entries: Vec<Opening> = openings.iter().map(entry).collect();
        crate::seal::verify_chain(&entries).expect("a chain");
        assert_eq!(entries.iter().filter(|entry| entry.kind == EntryKind::Opening).count(), self.audits);
        let archived = std::fs::read_dir(self.world.several.path("sealed/hills/openings"));
        assert_eq!(archived.map_or(0, Iterator::count), entries.len());
    }
}

fn newest_in(site: &Site, tx: &Tx<'_>) -> Result<StoredDraw, StoreError> {
    Ok(tx.newest_draw(site.topic(tx)?.expect("entered").id)?.expect("drawn"))
}

/// Everybody of a draw in their places, as they are today.
fn people_of(draw: &StoredDraw) -> People {
    let number = |person: &crate::model::Person| {
        let phone = person.phone.as_ref().expect("a phone").expose().to_owned();
        phone[phone.len() - 2..].parse().expect("two digits")
    };
    let today = roster_today(draw).expect("a roster");
    today.people.iter().map(|person| (person.name.clone(), number(person))).collect()
}

/// How many seasons are played; `XCHANGE_TEST_SEASONS` says another number.
fn seasons() -> u32 {
    std::env::var("XCHANGE_TEST_SEASONS").ok().and_then(|text| text.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: seasons(), failure_persistence: None, ..ProptestConfig::default() })]

    // X1 X2 X11 H6 H7
    #[test]
    fn any_season_keeps_the_invariants(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut season = Season::begin().await;
            season.look();
            for step in &steps {
                season.take(step).await;
                season.look();
            }
            assert_eq!(season.world.failed().await, [], "{steps:?}");
        });
    }
}
