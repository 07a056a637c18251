//! Whatever people text, in whatever order, however often it is delivered: nobody learns what is not theirs, every
//! message has its effect once, and a phone that has opted out hears nothing.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::world::{PEOPLE, SHARED, World, phone, phone_of};
use crate::app::service;
use crate::messaging::envelope::Address;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::PersonIndex;

/// Phones that write: five of the roster and a stranger.
const PHONES: usize = 6;

const BODIES: [&str; 24] = [
    "christmas",
    "christmas",
    "Merry CHRISTMAS!",
    "who",
    "christmas Zaphira",
    "who quillon",
    "PROOF",
    "PROOF Zaphira",
    "WISH a kite",
    "WISHES",
    "UNWISH 1",
    "ASK which size?",
    "ASK! Brunhilda asks",
    "ASK Quillon: tea?",
    "TELL forty-two",
    "TELL Zaphira: blue",
    "BOUGHT",
    "MENU",
    "hello",
    "",
    "STOP",
    "STOP",
    "START",
    "HELP",
];

#[derive(Debug, Clone)]
enum Step {
    Text {
        phone: usize,
        body: usize,
        listener: usize,
    },
    /// An earlier text comes again, perhaps to the other listener, perhaps from another phone.
    Again {
        which: prop::sample::Index,
        listener: usize,
        from: Option<usize>,
    },
    Draw,
    Restart(usize),
    Minutes(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        14 => (0..PHONES, 0..BODIES.len(), 0..2_usize).prop_map(|(phone, body, listener)| Step::Text { phone, body, listener }),
        5 => (any::<prop::sample::Index>(), 0..2_usize, prop::option::weighted(0.2, 0..PHONES))
            .prop_map(|(which, listener, from)| Step::Again { which, listener, from }),
        1 => Just(Step::Draw),
        1 => (0..2_usize).prop_map(Step::Restart),
        1 => (1..3_i64).prop_map(Step::Minutes),
    ]
}

/// The names that words to a phone may hold: of its people, and of those they give to.
fn may_read(world: &World, number: usize) -> BTreeSet<&'static str> {
    let document = world.open();
    let owners = (0..PEOPLE.len()).filter(|person| phone_of(*person) == number);
    let mut names = BTreeSet::new();
    for owner in owners {
        names.insert(PEOPLE[owner]);
        let id = PersonIndex(u32::try_from(owner).expect("few people"));
        names.extend(document.iter().flat_map(|d| d.receivers_of(id)).map(|receiver| PEOPLE[receiver.index()]));
    }
    names
}

fn assert_readable(world: &World, number: usize, words: &str) {
    let allowed = may_read(world, number);
    for person in PEOPLE {
        assert!(allowed.contains(person) || !words.contains(person), "phone {number} was told of {person}: {words}");
    }
}

struct Story {
    world: World,
    delivered: Vec<(String, usize, &'static str)>,
    opted_out: HashSet<usize>,
}

impl Story {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Text { phone: from, body, listener } => {
                let sid = format!("SM{}", self.delivered.len());
                // From a phone of one person a name in front would be part of what is passed on.
                let body = if *from == SHARED || !BODIES[*body].contains(": ") { BODIES[*body] } else { "MENU" };
                match body {
                    "STOP" => drop(self.opted_out.insert(*from)),
                    "START" => drop(self.opted_out.remove(from)),
                    _ => {}
                }
                self.hear(*listener, &sid, *from, body);
                self.delivered.push((sid, *from, body));
            }
            Step::Again { which, listener, from } if !self.delivered.is_empty() => {
                let (sid, first, body) = which.get(&self.delivered).clone();
                let before = self.world.effects();
                self.hear(*listener, &sid, from.unwrap_or(first), body);
                assert_eq!(self.world.effects(), before, "{sid} ({body}) had an effect again");
            }
            Step::Again { .. } => {}
            Step::Draw => self.world.draw(),
            Step::Restart(listener) => self.world.restart(*listener),
            Step::Minutes(minutes) => self.world.pass_minutes(*minutes),
        }
    }

    fn hear(&mut self, listener: usize, sid: &str, from: usize, body: &str) {
        let Some(words) = self.world.deliver(listener, sid, &phone(from), body) else { return };
        assert_readable(&self.world, from, &words);
        assert!(!self.opted_out.contains(&from), "phone {from} has opted out and hears: {words}");
    }

    /// One telling a message at the most, whoever was told in whichever draw.
    fn assert_told_once_a_text(&self) {
        let series = self.world.topic().series;
        let mut sids = HashSet::new();
        for draw in self.world.read(|tx| tx.draws(series)) {
            for told in self.world.read(|tx| tx.tellings(draw.id)) {
                assert!(sids.insert(told.sid.clone()), "{} told twice", told.sid);
            }
        }
    }

    /// Sends what waits, and looks at what arrives on the phones.
    fn empty_the_outbox(&self) {
        let inbox = Inbox::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let sender = Sender::phones(inbox.clone());
            let outbox = service::outbox_of(&self.world.site, sender).await.expect("an outbox");
            outbox.drain(|_| {}).await.expect("a sound database");
        });
        for arrival in inbox.since(0) {
            let words = arrival.body.text();
            let number = (0..PHONES).find(|n| Address::Phone(phone(*n)) == arrival.to).expect("a phone of the roster");
            assert!(!self.opted_out.contains(&number), "phone {number} has opted out and gets: {words}");
            let wrote = self.delivered.iter().any(|(_, from, _)| *from == number);
            assert!(wrote, "phone {number} never wrote and gets: {words}");
            // A question may hold what its sender insisted on saying.
            if !words.contains("Brunhilda asks") {
                assert_readable(&self.world, number, words);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    // X4 X7 X11 H2 H3
    #[test]
    fn any_sequence_of_texts_keeps_the_invariants(steps in prop::collection::vec(step(), 1..60)) {
        let world = World::of(&super::world::roster(&PEOPLE));
        let mut story = Story { world, delivered: Vec::new(), opted_out: HashSet::new() };
        for (number, step) in steps.iter().enumerate() {
            // Most of a story happens after the draw.
            if number == 5 {
                story.world.draw();
            }
            story.take(step);
        }
        story.assert_told_once_a_text();
        story.empty_the_outbox();
    }
}
