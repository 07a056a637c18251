//! From an archive that lacks something.

use super::world::{World, roster_of};
use crate::app::exchange::agreement::{Gap, NamedBy};
use crate::app::exchange::restore::{RestoreError, restore};

/// Two draws, and an opening of the second.
async fn drawn_twice() -> World {
    let world = World::drawn().await;
    world.draw().await.expect("drawn again");
    world.audit("Zaphira").await.expect("opened");
    world
}

/// Nothing comes back, and nothing is left behind in the database.
async fn refused(world: &World) -> RestoreError {
    let site = world.site();
    let error = restore(&site).await.expect_err("it lacks something");
    assert!(site.store.read(|tx| tx.series_named("Hills")).expect("sound").is_none());
    error
}

// H8 X1: what is left could be the draw that was replaced.
#[tokio::test]
async fn an_archive_without_the_newest_draw_restores_nothing() {
    for (lost, missing) in [
        (&["draw-0002.age"][..], "draw-0002.age"),
        (&["draw-0002.json"], "draw-0002.json"),
        // The opening still names it.
        (&["draw-0002.age", "draw-0002.json"], "draw-0002.age"),
    ] {
        let world = drawn_twice().await.without_database();
        world.lose(lost);
        let error = refused(&world).await;
        assert!(matches!(&error, RestoreError::Missing { location, .. } if location.ends_with(missing)), "{error:?}");
    }
    let world = drawn_twice().await.without_database();
    world.lose(&["draw-0002.age", "draw-0002.json"]);
    assert!(matches!(refused(&world).await, RestoreError::Missing { named_by: NamedBy::Opening(1), .. }));
}

// H8 G3: no answer depends on an older draw, but its pairings can no longer be avoided.
#[tokio::test]
async fn an_older_draw_that_is_lost_is_named() {
    for lost in [&["draw-0001.age", "draw-0001.json"][..], &["draw-0001.age"]] {
        let world = drawn_twice().await.without_database();
        world.lose(lost);
        let restored = restore(&world.site()).await.expect("restored");
        assert_eq!((restored.draws, restored.openings), (vec![2], 1));
        assert!(matches!(&restored.gaps[..], [Gap::Draw { number: 1, .. }]), "{:?}", restored.gaps);
        let failed = world.failed().await;
        assert!(failed.iter().any(|check| check.name == "draw 1"), "{failed:?}");
    }
}

// H8: "Hills" and "HILLS" have one folder.
#[tokio::test]
async fn draws_of_another_series_are_told_from_damaged_ones() {
    let world = drawn_twice().await.without_database();
    world.write("exchange.toml", &roster_of("Hills 2026", "HILLS", ""));
    let error = restore(&world.site()).await.expect_err("not ours");
    assert!(matches!(&error, RestoreError::OtherSeries { found, .. } if found == "Hills"), "{error:?}");
}

// H8
#[tokio::test]
async fn what_is_whole_comes_back_without_a_word() {
    let world = drawn_twice().await.without_database();
    let restored = restore(&world.site()).await.expect("restored");
    assert_eq!((restored.draws, restored.openings, restored.gaps), (vec![1, 2], 1, vec![]));
    assert_eq!(world.failed().await, []);
}
