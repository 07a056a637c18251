//! What `verify` holds against each other.

use super::world::World;
use crate::app::exchange::agreement::{AGAIN, RESTORE};
use crate::app::exchange::verify::verify;
use crate::seal::Fingerprint;

async fn published(world: &World, fingerprint: &str) -> (bool, String) {
    let code: Fingerprint = fingerprint.parse().expect("a code");
    let checks = verify(&world.site(), Some(code)).await.expect("a sound database");
    let check = checks.into_iter().find(|check| check.name == "published fingerprint").expect("checked");
    (check.ok, check.detail)
}

// H6
#[tokio::test]
async fn the_published_fingerprint_is_that_of_the_draw_that_answers() {
    let world = World::new();
    let first = world.draw().await.expect("drawn").fingerprint.to_string();
    for spelling in [first.clone(), first.to_lowercase().replace('-', " "), first.replace('-', "")] {
        assert_eq!(published(&world, &spelling).await, (true, "that of draw 1".to_owned()));
    }
    let second = world.draw().await.expect("drawn again").fingerprint.to_string();
    assert_eq!(published(&world, &first).await, (false, "that of draw 1; answers come from draw 2".to_owned()));
    assert!(published(&world, &second).await.0);
    let other = World::new().draw().await.expect("drawn").fingerprint.to_string();
    assert_eq!(published(&world, &other).await, (false, format!("draw 2 has {second}")));
    assert!(!published(&World::new(), &first).await.0, "there is no draw");
}

// H7: a draw replaced in database, archive and header alike differs from what was published, and from nothing else.
#[tokio::test]
async fn columns_that_repeat_what_is_sealed_are_compared() {
    for (change, name) in [
        ("UPDATE draw SET drawn_at = drawn_at + 60000", "draw 1: roster in the database"),
        ("UPDATE draw SET archive_location = 's3://elsewhere/draw-0001.age'", "draw 1: roster in the database"),
        ("UPDATE opening SET at = at - 60000", "opening 1"),
    ] {
        let world = World::drawn().await;
        world.audit("Zaphira").await.expect("opened");
        assert_eq!(world.failed().await, [], "before");
        assert_eq!(world.sql(change), 1);
        let failed = world.failed().await;
        let names: Vec<&str> = failed.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, [name], "{change}");
        assert_eq!(failed[0].todo, RESTORE);
    }
}

// X27
#[tokio::test]
async fn the_advice_fits_what_is_wrong() {
    let world = World::drawn().await;
    world.lose(&["draw-0001.age"]);
    let failed = world.failed().await;
    let only: Vec<(&str, &str)> = failed.iter().map(|check| (check.name.as_str(), check.todo)).collect();
    assert_eq!(only, [("draw 1: archive copy", AGAIN)]);
    std::fs::remove_file(world.path("exchange.key")).expect("removed");
    let failed = world.failed().await;
    let key = failed.iter().find(|check| check.name == "key").expect("it is named");
    assert!(key.todo.contains("key file back"), "{key:?}");
}
