//! A rehearsal sends nobody anything, so it counts for nothing: not what went well in it, and not what failed.

use std::sync::Arc;

use super::super::Outbox;
use super::twilio::{LocalTwilio, Mishap};
use super::world::{ADA, BEN, DEE, World, by_both, by_twilio, finish, phone, phone_of};
use crate::messaging::sender::Sender;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::store::OutboxState;

fn into_files(world: &World) -> Arc<Outbox> {
    world.outbox(Sender::files(&world.folder.path().join("outbox")))
}

fn files(world: &World) -> usize {
    std::fs::read_dir(world.folder.path().join("outbox")).expect("a folder").count()
}

/// Ben's notice and Dee's pairing wait to be sent.
async fn two_messages() -> World {
    let world = World::new().await;
    world.have_written(&[BEN]).await;
    world.notice(BEN, "two parcels").await;
    world
}

fn all_rehearsed(world: &World) -> bool {
    world.rows().iter().all(|row| row.standing() == "rehearsed" && row.unsure_since.is_none() && row.attempts == 0)
}

// X23
#[tokio::test]
async fn going_live_everybody_is_told_for_real_and_once() {
    let (world, twilio, smtp) = (two_messages().await, LocalTwilio::start().await, LocalSmtp::start(None).await);
    for rehearsed in [2, 0] {
        let outbox = into_files(&world);
        outbox.queue_what_is_missing().await.expect("a database");
        let pass = outbox.drain(|_| {}).await.expect("a database");
        assert_eq!((pass.rehearsed, pass.sent, files(&world)), (rehearsed, 0, 2));
        assert!(all_rehearsed(&world) && world.tellings().is_empty());
    }
    let counts = world.read(|tx| tx.count_messages(world.site.topic(tx)?.expect("entered").id));
    assert_eq!(counts, [("rehearsed".to_owned(), 2)]);

    let live = || world.outbox(by_both(&twilio.base(), smtp.port()));
    assert_eq!(live().rehearse().await.expect("a plan").messages(), 2);
    finish(&live()).await;
    assert!(world.rows().iter().all(|row| row.state == OutboxState::Sent));
    assert_eq!(world.tellings().iter().map(|told| told.person).collect::<Vec<_>>(), [world.id(DEE)]);
    // Back in a rehearsal and live once more, what was told stays told.
    finish(&into_files(&world)).await;
    finish(&live()).await;
    assert_eq!((files(&world), twilio.taken().len(), smtp.mails().len()), (2, 1, 1));
    twilio.assert_well_behaved();
}

// X23: the stand-in's phone may be wrong, or have said STOP; that is nothing to the recipient.
#[tokio::test]
async fn what_becomes_of_the_stand_in_ends_no_message() {
    let (world, twilio) = (two_messages().await, LocalTwilio::start().await);
    let stand_in =
        || world.outbox_with(by_twilio(&twilio.base()), |settings| settings.messaging.override_phone = Some(phone(77)));
    twilio.plan([Mishap::Refuse(400, 21211)]);
    finish(&stand_in()).await;
    assert_eq!((twilio.taken().len(), all_rehearsed(&world)), (0, true));
    world.have_written(&[ADA]).await;
    world.notice(ADA, "two parcels").await;
    world.text_from(&phone(77), "STOP").await;
    finish(&stand_in()).await;
    assert!(all_rehearsed(&world), "{:?}", world.rows());

    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let mut to: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    to.sort();
    assert_eq!(to, [phone_of(ADA).expose(), phone_of(BEN).expose()]);
}

// X23
#[tokio::test]
async fn a_rehearsed_message_is_rehearsed_again_when_it_is_retried() {
    let world = two_messages().await;
    finish(&into_files(&world)).await;
    std::fs::remove_dir_all(world.folder.path().join("outbox")).expect("removed");
    let id = world.rows()[0].id.number();
    super::super::Ledger::Exchange(&world.site).retry(id).expect("queued");
    finish(&into_files(&world)).await;
    assert_eq!((files(&world), all_rehearsed(&world)), (1, true));
}
