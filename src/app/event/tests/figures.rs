//! How fast seats are dealt: `cargo test --release figures_of_dealing -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::*;
use crate::app::event::Via;
use crate::dealing::deal;
use crate::model::Phone;
use crate::store::Contact;

const CONTACTS: usize = 100_000;
const SEATS: u32 = 5_000;
const WAVE: u32 = 1_000;

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = work();
    (began.elapsed(), done)
}

fn say(what: &str, took: Duration, most: u64) {
    eprintln!("{what:<64} {took:>9.1?}  (aim: below {most} ms)");
}

// Figures of the issue: a step among 100,000 contacts and 5,000 seats, and a wave of 1,000.
#[test]
#[ignore = "a measurement"]
fn figures_of_dealing() {
    let world = World::with(&[]);
    let now = world.now();
    let filled: Result<(), StoreError> = world.store().write(|tx| {
        for n in 0..CONTACTS {
            let phone = Phone::from_provider(&format!("+4477{:08}", 10_000_000 + n));
            let name = format!("Guest {n}");
            let contact = Contact { name, phone, email: None, priority: 5, tags: Vec::new(), note: String::new() };
            contacts_add(tx, &contact, now)?;
        }
        Ok(())
    });
    filled.expect("a sound database");
    let event = world.dinner(SEATS, &WAVE.to_string());
    let (took, ()) = timed(|| world.act(event, &Act::Deal));
    say("a wave of 1,000 invitations, queued", took, 200);
    assert_eq!(world.queued().len(), WAVE as usize);
    for _ in 0..3 {
        world.store().sql("UPDATE seat SET taken = 1 WHERE invitation IS NOT NULL");
        world.store().sql("UPDATE invitation SET state = 'held', wants = 1, certain = 1, lapses_at = NULL");
        world.pass(hours(0));
    }
    let guests = world.store().read(|tx| tx.guests(event, false)).expect("sound");
    assert_eq!(guests.len(), 4 * WAVE as usize);
    let open: Vec<_> = guests.iter().filter(|guest| guest.invitation.state == State::Open).take(21).collect();
    let mut steps: Vec<Duration> = open
        .into_iter()
        .map(|guest| {
            let answer = || world.store().write(|tx| world.events.answer(tx, guest, (Word::No, None), Via::Text, now));
            let (took, answered) = timed(answer);
            answered.expect("a sound database");
            took
        })
        .collect();
    steps.sort();
    say("an answer and what follows, committed (the median of 21)", steps[10], 50);
    let view = world.store().read(|tx| {
        let event = tx.event(event)?.expect("an event");
        Ok::<_, StoreError>(world.events.table(tx, event, u32::MAX >> 1, now)?.view)
    });
    let view = view.expect("sound");
    let (took, actions) = timed(|| deal(&view, now));
    say("the pure function with all 100,000 in its view", took, 50);
    assert!(actions.is_empty(), "there was nothing left to do");
}

fn contacts_add(tx: &crate::store::Tx<'_>, contact: &Contact, now: Timestamp) -> Result<(), StoreError> {
    crate::app::contacts::add(tx, Reach::SITE, contact, now).map(drop)
}
