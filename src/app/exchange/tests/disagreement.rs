//! A database and an archive that do not know the same.

use std::collections::BTreeMap;

use super::world::{World, roster_of};
use crate::app::exchange::agreement::{self, AGAIN, BRING_BACK, Gap, Listed, NamedBy, RENAME, RESTORE, Records, gaps};
use crate::app::exchange::audit::AuditError;
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::tests::world::health_of;
use crate::app::responder::Health;
use crate::app::service::{self, StartError};
use crate::archive::{Archive, Key};
use crate::messaging::sender::Sender;
use crate::model::ArchiveSettings;

fn key(name: &str) -> Key {
    Key::parse(&format!("hills/{name}")).expect("a key")
}

/// What both sides name, and the words of what is then missing.
async fn words(draws: &[(u32, bool)], openings: &[(u64, u32)], announced: &[u64], keys: &[&str]) -> Vec<String> {
    let settings = ArchiveSettings::Folder { path: "sealed".into(), prefix: String::new() };
    let archive = Archive::connect(&settings).await.expect("prepared");
    let records = Records {
        draws: draws.iter().copied().collect(),
        openings: openings
            .iter()
            .map(|(number, draw)| (*number, (Some((*draw, "Hills 2026".to_owned())), false)))
            .collect(),
        announced: announced.to_vec(),
    };
    let keys = keys.iter().map(|name| key(name)).collect();
    let listed = Listed { archive: &archive, folder: "hills", keys, headers: BTreeMap::new() };
    gaps("Hills", &records, &listed).iter().map(ToString::to_string).collect()
}

// H8
#[tokio::test]
async fn what_either_side_names_is_missed_where_it_is_not() {
    let both = ["draw-0001.age", "draw-0001.json"];
    assert_eq!(words(&[(1, true)], &[(1, 1)], &[1], &both).await, Vec::<String>::new());
    // Its copy is still being written.
    assert_eq!(words(&[(1, false)], &[], &[], &[]).await, Vec::<String>::new());
    assert_eq!(
        words(&[(1, true)], &[], &[], &both[..1]).await,
        ["sealed/hills/draw-0001.json is missing from the archive"]
    );
    assert_eq!(
        words(&[(3, false)], &[], &[], &[]).await,
        [
            "draw 1 is not in the database, though draw 3 came after it",
            "draw 2 is not in the database, though draw 3 came after it"
        ]
    );
    assert_eq!(
        words(&[(1, false)], &[(1, 2)], &[2], &[]).await,
        [
            "draw 2 is not in the database, though opening 1 names it",
            "opening 2 is not in the database, though a notice of it was queued",
        ]
    );
    assert_eq!(
        words(&[(1, false)], &[], &[1], &["draw-0002.json", "openings/000001.json"]).await,
        [
            "draw 2 is not in the database, though sealed/hills/draw-0002.json is in the archive",
            "opening 1 is not in the database, though sealed/hills/openings/000001.json is in the archive",
        ]
    );
}

// X1: only a draw that could be the exchange's newest keeps another one closed.
#[test]
fn a_draw_of_another_exchange_replaces_nothing() {
    let missing = |number, exchange: Option<&str>| Gap::Draw {
        number,
        exchange: exchange.map(str::to_owned),
        named_by: NamedBy::Notice,
    };
    assert!(missing(2, None).replaces("Hills 2026", 1));
    assert!(missing(2, Some("Hills 2026")).replaces("Hills 2026", 1));
    assert!(!missing(2, Some("Hills 2027")).replaces("Hills 2026", 1));
    assert!(!missing(1, None).replaces("Hills 2026", 2));
}

/// A world whose database was put back to before the second draw and the second opening.
async fn put_back() -> World {
    let world = World::drawn().await;
    world.audit("Zaphira").await.expect("opened");
    let backup = world.back_up();
    world.draw().await.expect("drawn again");
    world.put_database(&backup);
    world
}

// X1 X12
#[tokio::test]
async fn nobody_is_answered_from_a_database_of_before_a_redraw() {
    let world = put_back().await;
    assert_eq!(world.health().await, Health::Replaced);
    let (site, served) = world.served().await;
    let health = || health_of(&site, &served);
    assert_eq!(health(), Health::Replaced);
    let looked = look(&world).await;
    assert!(matches!(&looked[..], [gap @ Gap::Draw { number: 2, .. }] if gap.remedy() == RESTORE), "{looked:?}");
    // Nor does a verb send anything.
    let refused = service::outbox_of(&site, Sender::live(None, None)).await.expect_err("replaced");
    assert!(matches!(&refused, StartError::Replaced(gap) if *gap == looked[0]), "{refused:?}");
    // Found out while serving that it is as it should be after all.
    world.lose(&["draw-0002.age", "draw-0002.json"]);
    served.guard().await.expect("both answer");
    assert_eq!(health(), Health::Live);
}

async fn look(world: &World) -> Vec<Gap> {
    let site = world.site();
    let archive = Archive::connect(&site.settings.archive).await.expect("prepared");
    agreement::look(&site, &archive).await.expect("both answer").gaps
}

// X12 H6: whoever may write to the database can seal a draw, but not the one that was archived.
#[tokio::test]
async fn nobody_is_answered_from_a_row_that_the_archive_does_not_have_so() {
    let world = World::drawn().await;
    let other = world.without_database();
    other.lose(&["draw-0001.age", "draw-0001.json"]);
    other.draw().await.expect("another draw under the same key");
    world.put_database(&other.back_up());
    assert_eq!(world.health().await, Health::Replaced);
    let gaps = look(&world).await;
    assert!(matches!(&gaps[..], [Gap::OtherDraw { number: 1, .. }]), "{gaps:?}");

    let damaged = World::drawn().await;
    std::fs::write(damaged.archived("draw-0001.json"), b"{}").expect("written");
    assert_eq!(damaged.health().await, Health::Live, "a damaged copy replaces nothing");
}

// H7: without the check each try would have added an entry, and none could ever be archived.
#[tokio::test]
async fn an_audit_on_an_older_database_is_refused_before_it_leaves_a_trace() {
    let world = World::drawn().await;
    world.audit("Zaphira").await.expect("opened");
    let backup = world.back_up();
    world.audit("Quillon").await.expect("opened");
    world.put_database(&backup);
    assert_eq!(world.health().await, Health::Live, "the draw is the right one");
    for _ in 0..2 {
        let Err(AuditError::Disagree(gap)) = world.audit("Brunhilda").await else { panic!("it was opened") };
        assert!(matches!(gap, Gap::Opening { number: 2, named_by: NamedBy::Archive(_) }), "{gap:?}");
        assert_eq!(gap.remedy(), RESTORE);
    }
    let openings = world.site().store.read(|tx| match tx.series_named("Hills")? {
        Some(series) => tx.openings(series),
        None => Ok(Vec::new()),
    });
    assert_eq!(openings.expect("sound").len(), 1);
}

// H7: a stick that is not there must not get a log of its own.
#[tokio::test]
async fn an_audit_wants_the_archive_that_it_had() {
    let world = World::drawn().await;
    std::fs::rename(world.path("sealed"), world.path("away")).expect("moved");
    let Err(AuditError::Disagree(gap)) = world.audit("Zaphira").await else { panic!("it was opened") };
    assert_eq!(gap.remedy(), AGAIN);
    assert!(!world.path("sealed").exists());
    assert_eq!(world.health().await, Health::Live, "the copy was confirmed once");
}

// H7
#[tokio::test]
async fn a_last_opening_taken_out_everywhere_is_missed_by_its_notice() {
    let world = World::drawn().await;
    world.audit("Zaphira").await.expect("opened");
    assert_eq!(world.sql("DELETE FROM opening"), 1);
    world.lose(&["openings/000001.json"]);
    let gaps = look(&world).await;
    assert!(matches!(&gaps[..], [Gap::Opening { number: 1, named_by: NamedBy::Notice }]), "{gaps:?}");
    assert_eq!(gaps[0].remedy(), BRING_BACK);
    assert_eq!(world.failed().await.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["opening 1"]);
}

// H8: two series whose names make one folder.
#[tokio::test]
async fn a_series_is_not_drawn_into_the_folder_of_another() {
    let world = World::drawn().await;
    world.write("exchange.toml", &roster_of("Hills 2027", "HILLS", ""));
    let error = world.draw().await.expect_err("taken");
    assert!(matches!(&error, DrawError::OtherSeries { found, .. } if found == "Hills"), "{error:?}");
    let gaps = look(&world).await;
    assert_eq!(gaps, [Gap::OtherSeries { series: "Hills".to_owned() }]);
    assert_eq!(gaps[0].remedy(), RENAME);
}
