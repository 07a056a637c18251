//! Archive copies: lost ones put back, and occupied places looked at again.

use std::sync::Arc;

use super::world::World;
use crate::app::exchange::archiver::Archiver;
use crate::app::exchange::put_back::{PutBackError, put_back};
use crate::archive::ArchiveError;
use crate::store::{ArchiveState, StoredDraw};

fn newest(world: &World) -> StoredDraw {
    let site = world.site();
    let draw = site.store.read(|tx| match site.topic(tx)? {
        Some(topic) => tx.newest_draw(topic.id),
        None => Ok(None),
    });
    draw.expect("a sound database").expect("drawn")
}

async fn put_all(world: &World) -> Vec<(String, Result<bool, String>)> {
    let done = put_back(&world.site()).await.expect("tried");
    let name = |location: &str| location.rsplit('/').next().unwrap_or_default().to_owned();
    done.into_iter().map(|put| (name(&put.location), put.outcome)).collect()
}

// X27
#[tokio::test]
async fn lost_copies_are_put_back_and_nothing_else_is_written() {
    let world = World::drawn().await;
    world.audit("Zaphira").await.expect("opened");
    let sealed = std::fs::read(world.archived("draw-0001.age")).expect("there");
    world.lose(&["draw-0001.age", "openings/000001.json"]);
    let there = |name: &str, before| (name.to_owned(), Ok(before));
    assert_eq!(
        put_all(&world).await,
        [there("draw-0001.age", false), there("draw-0001.json", true), there("000001.json", false)]
    );
    assert_eq!(std::fs::read(world.archived("draw-0001.age")).expect("there"), sealed);
    assert_eq!(world.failed().await, []);
    assert!(put_all(&world).await.iter().all(|(_, outcome)| *outcome == Ok(true)));

    std::fs::write(world.archived("draw-0001.json"), b"{}").expect("written");
    let outcomes = put_all(&world).await;
    assert!(outcomes[1].1.as_ref().is_err_and(|problem| problem.contains("something else stands")), "{outcomes:?}");
    assert_eq!(std::fs::read(world.archived("draw-0001.json")).expect("there"), b"{}");
}

// X27: a copy of what was changed would make it look right.
#[tokio::test]
async fn what_is_not_sound_in_the_database_does_not_get_into_the_archive() {
    for change in [
        "UPDATE draw SET sealed = substr(sealed, 2)",
        "UPDATE draw SET header = replace(header, '\"people\": 6', '\"people\": 7')",
        "UPDATE opening SET entry = replace(entry, 'two parcels', 'no parcels')",
    ] {
        let world = World::drawn().await;
        world.audit("Zaphira").await.expect("opened");
        world.lose(&["draw-0001.age", "draw-0001.json"]);
        assert_eq!(world.sql(change), 1);
        let error = put_back(&world.site()).await.expect_err("unsound");
        assert!(matches!(error, PutBackError::Unsound(_)), "{error:?}");
        assert!(!world.archived("draw-0001.age").exists());
    }
}

// X27: the stick is not plugged in.
#[tokio::test]
async fn a_folder_that_is_gone_is_not_made_anew() {
    let world = World::drawn().await;
    std::fs::rename(world.path("sealed"), world.path("away")).expect("moved");
    let error = put_back(&world.site()).await.expect_err("no folder");
    assert!(matches!(error, PutBackError::Archive(ArchiveError::NoFolder { .. })), "{error:?}");
    assert!(!world.path("sealed").exists());
    std::fs::create_dir(world.path("sealed")).expect("made");
    assert!(put_all(&world).await.iter().all(|(_, outcome)| *outcome == Ok(false)));
}

// X12: a store that reads back wrongly for a while leaves nothing behind for ever.
#[tokio::test]
async fn an_occupied_place_is_looked_at_again() {
    let world = World::drawn().await;
    let (site, served) = world.served().await;
    let archiver = Archiver::new(served);
    let right = std::fs::read(world.archived("draw-0001.age")).expect("there");
    std::fs::write(world.archived("draw-0001.age"), b"something else").expect("written");
    assert_eq!(world.sql("UPDATE archive_copy SET state = 'pending'"), 1);
    let next = archiver.step().await;
    assert_eq!(newest(&world).archive_state, ArchiveState::Occupied);
    assert!(next > site.clock.now());
    archiver.step().await;
    assert_eq!(newest(&world).archive_state, ArchiveState::Occupied);
    assert_eq!(std::fs::read(world.archived("draw-0001.age")).expect("there"), b"something else");

    std::fs::write(world.archived("draw-0001.age"), right).expect("written");
    archiver.step().await;
    assert_eq!(newest(&world).archive_state, ArchiveState::Confirmed);
}

// X1: found out while the listener runs.
#[tokio::test]
async fn database_and_archive_are_held_against_each_other_now_and_then() {
    use crate::app::exchange::tests::world::health_of;
    use crate::app::responder::Health;
    use jiff::SignedDuration;

    let world = World::drawn().await;
    let (site, served) = world.served().await;
    let archiver = Archiver::new(Arc::clone(&served));
    for ending in ["age", "json"] {
        std::fs::copy(world.archived(&format!("draw-0001.{ending}")), world.archived(&format!("draw-0002.{ending}")))
            .expect("copied");
    }
    let health = || health_of(&site, &served);
    archiver.step().await;
    assert_eq!(health(), Health::Live, "not every time");
    site.clock.advance(SignedDuration::from_mins(11));
    archiver.step().await;
    assert_eq!(health(), Health::Replaced);
}
