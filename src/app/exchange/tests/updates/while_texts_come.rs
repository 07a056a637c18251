//! Updates, one after the other, while everybody texts as fast as they can.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::app::exchange::draw_record::roster_today;
use crate::app::exchanges::Exchanges;
use crate::app::responder::{Answer, Responder, Text, TextTopics};

/// Whom each number is told, at one moment.
type State = BTreeMap<String, String>;

/// One answer: the moments it may be of, from whom, and its words.
struct Told {
    from: String,
    first: usize,
    last: usize,
    words: String,
}

fn state(world: &World) -> State {
    let site = world.site();
    let newest = site.store.read(|tx| tx.newest_draw(site.topic(tx)?.expect("entered").id));
    let today = roster_today(&newest.expect("sound").expect("drawn")).expect("a roster");
    let number = |person: &crate::model::Person| person.phone.as_ref().expect("a phone").expose().to_owned();
    let pairings = world.several.open(&site).all_pairings().collect::<Vec<_>>();
    pairings.into_iter().map(|(giver, to)| (number(today.person(giver)), today.person(to).name.clone())).collect()
}

/// The one name that words tell, if any.
fn name_in(words: &str) -> Option<&str> {
    let last = words.rsplit("\n\n").next()?;
    let rest = ["You have ", "Still ", "It is now "].iter().find_map(|begin| last.strip_prefix(begin))?;
    rest.split(['.', ' ']).next()
}

async fn texting(
    responder: Responder,
    numbers: Vec<String>,
    live: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
) -> Vec<Told> {
    let mut told = Vec::new();
    for from in numbers.iter().cycle() {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let first = live.load(Ordering::SeqCst);
        let from_phone = crate::model::Phone::from_provider(from).expect("a phone");
        let sid = format!("SM{:032x}", rand::random::<u128>());
        let text = Text { sid, from: from_phone, body: "christmas".to_owned() };
        let answer = responder.answer(text).await.expect("answered");
        // An update under way may be live though nobody has said so.
        let last = live.load(Ordering::SeqCst) + 1;
        let words = if let Answer::Words(words) = answer { words } else { String::new() };
        told.push(Told { from: from.clone(), first, last, words });
    }
    told
}

// X1 X22 H11: no answer from a replaced draw once the new one is live, and none to an old number once it is changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_answer_comes_from_a_replaced_draw_and_none_to_an_old_number() {
    let world = World::drawn().await;
    let Exchanges { store, clock, .. } = world.several.opened();
    let topics: Arc<dyn TextTopics> = Arc::<ServedExchanges>::clone(&world.listener);
    let (responder, _answering) = Responder::start(store, topics, clock, false);
    let (live, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut states = vec![state(&world)];
    let numbers = |from: u32| [from, from + 4].map(|number| phone(number).expose().to_owned());
    let mut of_all: Vec<Vec<String>> = (1..=4).map(|from| numbers(from).to_vec()).collect();
    of_all.push([1, OTHERS_NUMBER].map(|number| phone(number).expose().to_owned()).to_vec());
    let texters: Vec<_> = of_all
        .into_iter()
        .map(|numbers| tokio::spawn(texting(responder.clone(), numbers, Arc::clone(&live), Arc::clone(&stop))))
        .collect();
    let started = std::time::Instant::now();
    for round in 0..8 {
        // Hugo comes and goes; Ada's number changes and changes back.
        let ada = if round % 4 < 2 { OTHERS_NUMBER } else { 1 };
        let hugo = [("Hugo", 8)].into_iter().filter(|_| round % 2 == 0);
        let people: Vec<Somebody> = FAMILY
            .into_iter()
            .map(|(name, number)| (name, if name == "Ada" { ada } else { number }))
            .chain(hugo)
            .collect();
        world.write(&people, "");
        let updated = world.update().await.expect("an archive").expect("something changed");
        assert_eq!(updated.waits, None);
        states.push(state(&world));
        live.store(states.len() - 1, Ordering::SeqCst);
    }
    let took = started.elapsed();
    stop.store(true, Ordering::SeqCst);
    let mut told = Vec::new();
    for texter in texters {
        told.extend(texter.await.expect("it ends"));
    }
    println!("{} texts beside 8 updates in {took:?}", told.len());
    assert!(told.len() > 100, "they came together: {}", told.len());
    for Told { from, first, last, words } in &told {
        let may = states[*first..=(*last).min(states.len() - 1)].iter();
        let is_right = may.map(|state| state.get(from).map(String::as_str)).any(|name| name == name_in(words));
        assert!(is_right, "{from} in {first}..={last}: {words}");
    }
    let names = told.iter().filter(|told| name_in(&told.words).is_some()).count();
    assert!(names > told.len() / 2, "most are told a name: {names} of {}", told.len());
    assert_eq!(world.failed().await, []);
}
