//! What a new draw avoids, and what asking for one tells of earlier ones.

use super::world::World;
use crate::app::exchange::check::{self, Earlier};
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::rerun;
use crate::seal::{self, EntryKind, Opening};

/// Three people have two draws, and one of two is left when the other is avoided.
fn three(name: &str, rules: &str) -> String {
    let people: String = ["Zaphira", "Quillon", "Brunhilda"]
        .map(|n| format!("[[people]]\nname = \"{n}\"\nemail = \"{n}@example.org\"\n"))
        .concat();
    format!("[exchange]\nname = \"{name}\"\nseries = \"Hills\"\n[rules]\n{rules}\n{people}")
}

const NEVER: &str = "repeats = \"never\"";

async fn drawn(name: &str, rules: &str) -> World {
    let world = World::new();
    world.write("exchange.toml", &three(name, rules));
    world.draw().await.expect("drawn");
    world
}

/// The entries of the series' log, sound as a chain.
fn log(world: &World) -> Vec<Opening> {
    let site = world.site();
    let series = site.store.read(|tx| tx.series_named("Hills")).expect("sound").expect("drawn");
    let rows = site.store.read(|tx| tx.openings(series)).expect("sound");
    assert!(rows.iter().all(|row| row.archived), "written down means archived");
    let log: Vec<Opening> =
        rows.iter().map(|row| Opening::from_json(row.entry.as_bytes()).expect("an entry")).collect();
    seal::verify_chain(&log).expect("unbroken");
    log
}

// G3: a year later, the year before; and when nothing is left, one sentence and an entry that was archived before it.
#[tokio::test]
async fn last_years_pairings_are_avoided_and_what_history_refuses_is_written_down_before_it_is_said() {
    let world = drawn("Hills 2024", NEVER).await;
    world.wait(365);
    world.write("exchange.toml", &three("Hills 2025", NEVER));
    world.draw().await.expect("one is left");
    let (first, second) = (world.pairings(1), world.pairings(2));
    assert!(first.iter().all(|pairing| !second.contains(pairing)));

    world.wait(365);
    world.write("exchange.toml", &three("Hills 2026", NEVER));
    let refused = world.draw().await.expect_err("none is left");
    assert!(matches!(refused, DrawError::History), "{refused:?}");
    assert_eq!(refused.to_string(), "history leaves no draw");
    let entries = log(&world);
    assert_eq!(entries.iter().map(|entry| (entry.kind, entry.draw)).collect::<Vec<_>>(), [(EntryKind::Refused, 3)]);
    assert_eq!(world.failed().await, [], "an entry about a draw that was never made is no gap");

    world.write("exchange.toml", &three("Hills 2026", "repeats = \"avoid\""));
    world.draw().await.expect("as far as possible");
    assert_eq!(world.pairings(3), first, "the older year comes again");
    let site = world.site();
    for number in [1, 2, 3] {
        let found = rerun::find(&site, Some(number)).await.expect("found");
        assert!(rerun::rerun(&site, found, "was it?").await.expect("drawn again").check.ok, "draw {number}");
    }
    let opened = site.store.read(|tx| tx.count_openings(tx.series_named("Hills")?.expect("drawn"), 3)).expect("sound");
    assert_eq!(opened, 1, "a refusal is no opening");
}

// G3 X11: were the live draw avoided, or one that was replaced, refusals would tell it.
#[tokio::test]
async fn neither_a_redraw_nor_another_exchange_of_the_series_can_ask_what_was_drawn() {
    let world = drawn("Hills 2026", NEVER).await;
    for _ in 0..30 {
        world.draw().await.expect("drawn again, whatever was drawn");
    }
    // With another name it is another exchange, to the same people; so is one that says it is of another year.
    for date in ["", "date = 2025-12-24\n"] {
        let other = three("Hills probe", NEVER).replace("[rules]", &format!("{date}[rules]"));
        world.write("exchange.toml", &other);
        for _ in 0..30 {
            world.draw().await.expect("nothing young is history");
        }
    }
    world.wait(59);
    world.write("exchange.toml", &three("Hills 2027", NEVER));
    world.draw().await.expect("not yet");
    assert!(log(&world).is_empty());
    // What was replaced is never history, however old.
    world.wait(2);
    world.write("exchange.toml", &three("Hills 2028", "repeats = \"never\"\navoid_repeats = 1"));
    world.draw().await.expect("one is left");
    let last = world.pairings(91);
    assert!(world.pairings(93).iter().all(|pairing| !last.contains(pairing)));
}

// G3 X11: an archive that takes no entry fails alike, whether history leaves a draw or not.
#[tokio::test]
async fn without_the_archive_nothing_is_learnt_of_history() {
    for years in [1, 2] {
        let world = drawn("Hills 2020", NEVER).await;
        world.wait(365);
        for year in 1..years {
            world.write("exchange.toml", &three(&format!("Hills 202{year}"), NEVER));
            world.draw().await.expect("one is left");
            world.wait(365);
        }
        world.write("exchange.toml", &three("Hills 2026", NEVER));
        std::fs::rename(world.path("sealed/hills"), world.path("away")).expect("moved");
        world.write("sealed/hills", "in the way");
        let refused = world.draw().await.expect_err("nothing can be written down");
        assert!(matches!(refused, DrawError::Archive(_)), "{years}: {refused:?}");
        assert_eq!(world.sql("DELETE FROM opening"), 0, "no entry either");
    }
}

// X16: rules that clash by themselves are explained, with history or without.
#[tokio::test]
async fn rules_that_leave_no_draw_by_themselves_are_explained_without_a_word_of_history() {
    let world = drawn("Hills 2025", NEVER).await;
    world.wait(90);
    let never = |receiver: &str| format!("[[exclusions]]\ngiver = \"Zaphira\"\nreceiver = \"{receiver}\"\n");
    let rules = never("Quillon") + &never("Brunhilda");
    world.write("exchange.toml", &(three("Hills 2026", NEVER) + &rules));
    let refused = world.draw().await.expect_err("Zaphira has nobody");
    assert!(matches!(&refused, DrawError::Impossible { why } if why[0].contains("Zaphira")), "{refused:?}");
    assert!(log(&world).is_empty());
}

// X26: whoever was in the draw that is avoided is told that little is left; whoever was not, is not.
#[tokio::test]
async fn what_history_leaves_is_told_by_the_rosters_of_the_draws_that_are_avoided() {
    let world = drawn("Hills 2024", "").await;
    let notes = |world: &World| {
        let (site, exchange) = (world.site(), world.roster().exchange);
        let checked = check::check(&exchange, &Earlier::of(&site).expect("sound")).expect("sound");
        (checked.earlier, checked.notes)
    };
    let joined = three("Hills 2025", "") + "[[people]]\nname = \"Oswaldt\"\nemail = \"o@example.org\"\n";
    world.write("exchange.toml", &joined);
    assert_eq!(notes(&world), (0, vec![]), "too new to be history");
    world.wait(61);
    let (earlier, said) = notes(&world);
    assert_eq!((earlier, said.len()), (1, 1));
    assert!(said[0].starts_with("note: once earlier pairings are avoided, Zaphira and 2 others may have"), "{said:?}");
}
