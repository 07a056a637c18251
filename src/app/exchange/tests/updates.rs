//! What changed after the draw is brought in: addresses by entries of the chain, joiners and leavers by a new draw.

mod any_season;
mod while_texts_come;

use std::sync::Arc;

use super::several_world::{Several, Somebody, phone, toml};
use crate::app::exchange::ServedExchanges;
use crate::app::exchange::archiver::Archiver;
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::update::{self, Plan, Redrawn, UpdateError, Updated};
use crate::app::exchange::verify::{self, Check};
use crate::app::exchange::{rerun, restore};
use crate::app::site::Site;
use crate::messaging::envelope::Address;
use crate::messaging::inbox::Inbox;
use crate::model::PersonIndex;
use crate::store::StoreError;

const FAMILY: [Somebody; 7] = [("Ada", 1), ("Ben", 2), ("Cleo", 3), ("Dev", 4), ("Edith", 5), ("Finn", 6), ("Gwen", 7)];
const OTHERS_NUMBER: u32 = 70;

fn number_of(to: &Address) -> String {
    if let Address::Phone(phone) = to { phone.expose().to_owned() } else { to.to_string() }
}

struct World {
    several: Several,
    listener: Arc<ServedExchanges>,
}

impl World {
    async fn drawn() -> Self {
        let several = Several::with(&toml("Hills 2026", "christmas", &FAMILY));
        several.draw(&several.in_file(), None).await.expect("drawn");
        let listener = several.listener();
        Self { several, listener }
    }

    /// The roster as it is written from now on.
    fn write(&self, people: &[Somebody], more: &str) {
        let text = toml("Hills 2026", "christmas", people);
        std::fs::write(self.several.path("exchange.toml"), format!("{text}{more}")).expect("written");
    }

    fn replace(&self, from: &str, to: &str) {
        let path = self.several.path("exchange.toml");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from));
        std::fs::write(path, text.replace(from, to)).expect("written");
    }

    fn site(&self) -> Site {
        self.several.opened().in_file().expect("the file has one")
    }

    fn plan(&self) -> Plan {
        update::plan(&self.site()).expect("a live draw")
    }

    async fn update(&self) -> Result<Option<Updated>, UpdateError> {
        update::update(&self.site(), None).await
    }

    async fn updated(&self) -> Option<u32> {
        let updated = self.update().await.expect("an archive").expect("something changed");
        assert_eq!(updated.waits, None);
        updated.draw.map(|draw| draw.number)
    }

    fn text(&mut self, from: u32, body: &str) -> Option<String> {
        self.several.text(&self.listener, from, body)
    }

    /// Whom somebody gives to in the newest draw.
    fn receiver(&self, giver: &str) -> String {
        let document = self.several.open(&self.site());
        let giver = document.roster().find(giver).expect("somebody");
        let to = document.receivers_of(giver).next().expect("a receiver");
        document.roster().person(to).name.clone()
    }

    fn pairings(&self) -> Vec<(String, String)> {
        let document = self.several.open(&self.site());
        let name = |place: PersonIndex| document.roster().person(place).name.clone();
        document.all_pairings().map(|(giver, to)| (name(giver), name(to))).collect()
    }

    async fn failed(&self) -> Vec<Check> {
        let checks = verify::verify(&self.site(), None).await.expect("a sound database");
        checks.into_iter().filter(|check| !check.ok).collect()
    }

    /// What goes out now, by the last digits of the number it goes to.
    async fn sent(&self) -> Vec<(String, String)> {
        let inbox = Inbox::default();
        let outbox = self.several.outbox(&self.listener, inbox.clone());
        outbox.drain(|_| {}).await.expect("a database");
        let taken = inbox.since(0).into_iter();
        taken.map(|message| (number_of(&message.to), message.body.text().to_owned())).collect()
    }
}

// X22 H6
#[tokio::test]
async fn a_changed_phone_answers_once_its_entry_is_archived_and_the_old_one_learns_nothing() {
    let mut world = World::drawn().await;
    let bens = world.receiver("Ben");
    assert_eq!(world.text(2, "christmas"), Some(format!("You have {bens}.")));
    let people: Vec<Somebody> =
        FAMILY.into_iter().map(|(name, number)| (name, if name == "Ada" { OTHERS_NUMBER } else { number })).collect();
    world.write(&people, "");
    let plan = world.plan();
    assert_eq!((plan.redrawn, plan.moved(), plan.told()), (Redrawn::Nothing, vec!["Ada"], 1));
    assert_eq!(world.updated().await, None);
    assert!(world.update().await.expect("an archive").is_none(), "there is nothing more to bring in");

    let adas = world.receiver("Ada");
    assert_eq!(world.text(OTHERS_NUMBER, "christmas"), Some(format!("You have {adas}.")));
    // The old number had not written before: it reads of it first, once, whatever it texts.
    let first = world.text(1, "christmas").expect("words");
    assert!(first.starts_with("Hills 2026: the organizer has changed where one person is told"), "{first}");
    assert!(first.contains("\n\nHello! This number is not on our list.") && !first.contains(&adas), "{first}");
    assert!(!FAMILY.iter().any(|(name, _)| first.contains(name)), "{first}");
    assert_eq!(world.several.deliver(&world.listener, "SM3", 1, "christmas"), Some(first));
    assert_eq!(world.text(1, "christmas"), None);
    // Nobody else notices anything but the count.
    assert_eq!(world.text(2, "christmas"), Some(format!("You have {bens}.")));
    let proof = world.text(2, "proof").expect("words");
    assert!(proof.ends_with("\nAddresses changed so far: 1"), "{proof}");
    let own = world.text(OTHERS_NUMBER, "proof").expect("words");
    assert!(own.contains("\nAddresses changed so far: 1, yours on "), "{own}");
    assert_eq!(world.failed().await, []);
}

// X22: a number that has written is told at once, and told of a change back as well.
#[tokio::test]
async fn a_number_that_has_written_is_told_at_once() {
    let mut world = World::drawn().await;
    world.text(1, "christmas").expect("a name");
    let moved = phone(OTHERS_NUMBER);
    world.replace(phone(1).expose(), moved.expose());
    world.updated().await;
    let sent = world.sent().await;
    assert_eq!(sent.len(), 1);
    assert!(sent[0].0 == phone(1).expose() && sent[0].1.contains("(change 1, "), "{sent:?}");
    world.replace(moved.expose(), phone(1).expose());
    world.updated().await;
    assert_eq!(world.text(1, "christmas").map(|words| words.contains("You have")), Some(true));
    let told = world.text(OTHERS_NUMBER, "hello").expect("words");
    assert!(told.contains("(change 2, "), "{told}");
    assert_eq!(world.failed().await, []);
}

// X22 H8: while the archive does not answer the old address does, and nothing is half done.
#[tokio::test]
async fn an_update_waits_for_the_archive_and_a_listener_sees_it_through() {
    let mut world = World::drawn().await;
    world.replace(phone(1).expose(), phone(OTHERS_NUMBER).expose());
    let (sealed, aside) = (world.several.path("sealed"), world.several.path("aside"));
    std::fs::rename(&sealed, &aside).expect("moved");
    std::fs::write(&sealed, "no folder").expect("written");
    let updated = world.update().await.expect("written down").expect("something changed");
    assert!(updated.waits.is_some(), "the archive does not answer");
    let adas = world.receiver("Ada");
    // That it changes is announced before it does.
    let first = world.text(1, "christmas").expect("words");
    assert!(first.starts_with("Hills 2026: the organizer") && first.ends_with(&format!("You have {adas}.")), "{first}");
    let stranger = world.text(OTHERS_NUMBER, "christmas").expect("words");
    assert!(stranger.starts_with("Hello! This number is not on our list."), "{stranger}");
    std::fs::remove_file(&sealed).expect("removed");
    std::fs::rename(&aside, &sealed).expect("moved back");
    Archiver::new(Arc::clone(&world.listener)).step().await;
    world.several.clock.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(world.text(OTHERS_NUMBER, "christmas"), Some(format!("You have {adas}.")));
    assert_eq!(world.failed().await, []);
}

// H11
#[tokio::test]
async fn names_wishes_and_wordings_change_without_a_draw_or_an_entry() {
    let mut world = World::drawn().await;
    let pairings = world.pairings();
    world.replace("keyword = \"christmas\"", "keyword = \"yule\"\nbudget = \"25 GBP\"");
    world.replace("name = \"Ada\"", "name = \"Adelaide\"\nwishes = [\"tea\"]");
    assert_eq!(world.updated().await, None);
    let giver = pairings.iter().find(|(_, to)| to == "Ada").map(|(giver, _)| giver.clone()).expect("somebody");
    let number = FAMILY.iter().find(|(name, _)| *name == giver).map(|(_, number)| *number).expect("one");
    assert_eq!(world.text(number, "yule").as_deref(), Some("You have Adelaide.\nWishes: tea"));
    assert_eq!(world.text(number, "budget").as_deref(), Some("The budget: 25 GBP"));
    assert_eq!(world.pairings(), pairings);
    assert_eq!(world.failed().await, []);
}

// H11 X1
#[tokio::test]
async fn who_joins_and_who_leaves_change_as_few_pairings_as_can_be_and_everybody_is_told_the_same() {
    let mut world = World::drawn().await;
    let before = world.pairings();
    for (_, number) in &FAMILY[..4] {
        world.text(*number, "christmas").expect("a name");
    }
    let people: Vec<Somebody> = FAMILY.into_iter().filter(|(name, _)| *name != "Gwen").chain([("Hugo", 8)]).collect();
    world.write(&people, "");
    let plan = world.plan();
    assert_eq!((plan.redrawn, plan.told()), (Redrawn::Fewest, 8));
    assert_eq!((plan.joined, plan.left), (vec!["Hugo".to_owned()], vec!["Gwen".to_owned()]));
    assert_eq!(world.updated().await, Some(2));
    let after = world.pairings();
    assert_eq!(after.len(), 7);
    let stay = |name: &str| name != "Gwen" && name != "Hugo";
    let kept = before.iter().filter(|pairing| after.contains(pairing)).count();
    let could_stay = before.iter().filter(|(giver, to)| stay(giver) && stay(to)).count();
    // One pairing gives way to Hugo; that of Gwen's giver is new anyway, and needs another's where Gwen had them.
    let had_each_other = before.iter().any(|(giver, to)| to == "Gwen" && before.contains(&(to.clone(), giver.clone())));
    assert!(kept + 1 + usize::from(had_each_other) >= could_stay, "{kept} of {could_stay}");

    // Those who have written are told now, all of them the same; the others by their answer alone.
    let sent = world.sent().await;
    let words = "Hills 2026: Hugo joined; Gwen left. There is a new draw with as few changes as fairness allows. Text \
                 CHRISTMAS to hear who you have now; questions not passed on yet end with the old draw.";
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|(_, body)| body == words), "{sent:?}");
    let (mut still, mut another) = (0, 0);
    for (name, number) in &FAMILY[..4] {
        let old = &before.iter().find(|(giver, _)| giver == name).expect("drawn").1;
        let new = world.receiver(name);
        let expected = match *old == new {
            true => format!("Still {new}."),
            false => format!("It is now {new} (before: {old})."),
        };
        *(if *old == new { &mut still } else { &mut another }) += 1;
        assert_eq!(world.text(*number, "christmas"), Some(expected), "{name}");
        assert_eq!(world.text(*number, "christmas"), Some(format!("You have {new}.")), "{name}");
    }
    assert_eq!(still + another, 4);
    let new = world.receiver("Edith");
    assert_eq!(world.text(5, "christmas"), Some(format!("You have {new}.")));
    let hugos = world.receiver("Hugo");
    assert_eq!(world.text(8, "christmas"), Some(format!("You have {hugos}.")));
    let gwen = world.text(7, "christmas").expect("words");
    assert!(gwen.starts_with("Hello! This number is not on our list."), "{gwen}");
    let proof = world.text(1, "proof").expect("words");
    assert!(proof.ends_with("\nDrawn so far: 2 times"), "{proof}");
    assert_eq!(world.failed().await, []);
    // Its seed gives it again.
    let found = rerun::find(&world.site(), None).await.expect("found");
    let again = rerun::rerun(&world.site(), found, "a doubt").await.expect("drawn again");
    assert!(again.check.ok, "{:?}", again.check);
}

// H11 X11: what a plan says, what stands in the outbox and in the clear beside the new draw is the same whatever the live draw is.
// A thousand of them with `XCHANGE_TEST_LIVE_DRAWS=1000`, in some minutes.
#[tokio::test]
async fn nothing_that_is_said_of_an_update_depends_on_the_live_draw() {
    let draws = std::env::var("XCHANGE_TEST_LIVE_DRAWS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let (mut said, mut fates) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for _ in 0..draws {
        let mut world = World::drawn().await;
        for (_, number) in &FAMILY[..3] {
            world.text(*number, "christmas").expect("a name");
        }
        fates.insert(world.pairings());
        let people: Vec<Somebody> =
            FAMILY.into_iter().filter(|(name, _)| *name != "Gwen").chain([("Hugo", 8)]).collect();
        world.write(&people, "");
        let plan = world.plan();
        let changes = serde_json::to_string(&(&plan.changes, &plan.left_out, plan.told())).expect("JSON");
        assert_eq!(world.updated().await, Some(2));
        let site = world.site();
        let newest = site.store.read(|tx| tx.newest_draw(site.topic(tx)?.expect("entered").id));
        let newest = newest.expect("sound").expect("drawn");
        let header: serde_json::Value = serde_json::from_str(&newest.header).expect("JSON");
        // age's own header has a length of its own at random.
        let clear = ["uniformity", "reason", "people", "exchange"].map(|key| header[key].to_string());
        let rows = site.store.read(|tx| {
            let rows = tx.messages()?.into_iter();
            Ok::<_, StoreError>(rows.map(|row| (row.kind.clone(), row.parameters.clone(), row.standing())).collect())
        });
        let rows: Vec<_> = rows.expect("sound");
        said.insert(format!("{changes} {:?} {clear:?} {rows:?}", plan.redrawn));
    }
    assert!(fates.len() > 10, "the live draws differ");
    assert_eq!(said.len(), 1, "{said:?}");
}

// H11: fewest changes only where they cannot be aimed at somebody, judged by the rosters alone.
#[tokio::test]
async fn what_could_be_aimed_is_a_whole_new_draw() {
    let world = World::drawn().await;
    let joined: Vec<Somebody> = FAMILY.into_iter().chain([("Hugo", 8)]).collect();
    let only = |to: &str| {
        let others = FAMILY.iter().filter(|(name, _)| *name != to);
        others.map(|(name, _)| format!("[[exclusions]]\ngiver = \"{name}\"\nreceiver = \"Hugo\"\n")).collect::<String>()
    };
    world.write(&joined, &only("Ada"));
    assert!(matches!(world.plan().redrawn, Redrawn::Whole(why) if why.contains("too few")));
    assert_eq!(world.updated().await, Some(2));
    assert_eq!(world.pairings().len(), 8);
    world.write(&joined[..5], "");
    assert!(matches!(world.plan().redrawn, Redrawn::Whole(why) if why.contains("third")));
    // What no draw can follow changes nothing.
    world.write(
        &FAMILY,
        "[[exclusions]]\ngiver = \"Ada\"\nreceiver = [\"Ben\", \"Cleo\", \"Dev\", \"Edith\", \"Finn\", \"Gwen\"]\n",
    );
    let plan = world.plan();
    assert_eq!((plan.left, plan.left_out.len()), (vec!["Hugo".to_owned()], 6));
    assert_eq!(world.failed().await, []);
}

// X22: `draw --redraw` brings changed addresses in by entries as well.
#[tokio::test]
async fn drawing_again_leaves_an_entry_of_a_changed_address() {
    let mut world = World::drawn().await;
    world.replace(phone(1).expose(), phone(OTHERS_NUMBER).expose());
    world.several.draw(&world.site(), Some("a mistyped phone")).await.expect("drawn again");
    let first = world.text(1, "christmas").expect("words");
    assert!(first.starts_with("Hills 2026: the organizer has changed where one person"), "{first}");
    assert!(world.text(2, "proof").expect("words").contains("Addresses changed so far: 1"));
    assert_eq!(world.failed().await, []);
}

// X22 H6: an address that no entry tells of answers nobody, and is found.
#[tokio::test]
async fn an_address_changed_in_the_database_answers_nobody_and_is_found() {
    let mut world = World::drawn().await;
    let other = phone(OTHERS_NUMBER);
    let sql = format!("UPDATE person SET phone = '{}' WHERE name = 'Ada'", other.expose());
    assert_eq!(world.several.exchanges.store.sql(&sql), 1);
    let stranger = world.text(OTHERS_NUMBER, "christmas").expect("words");
    assert!(stranger.starts_with("Hello! This number is not on our list."), "{stranger}");
    let failed = world.failed().await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].detail.contains("without an entry in the log: Ada"), "{failed:?}");
}

// H8 X22
#[tokio::test]
async fn restoring_folds_the_entries_younger_than_the_draw() {
    let world = World::drawn().await;
    world.replace(phone(1).expose(), phone(OTHERS_NUMBER).expose());
    world.updated().await;
    let adas = world.receiver("Ada");
    let text = std::fs::read_to_string(world.several.path("exchange.toml")).expect("a file");
    let mut other = Several::with(&text);
    std::fs::copy(world.several.path("exchange.key"), other.path("exchange.key")).expect("copied");
    std::process::Command::new("cp")
        .args(["-r".as_ref(), world.several.path("sealed").as_os_str(), other.path("sealed").as_os_str()])
        .status()
        .expect("copied");
    restore::restore(&other.in_file()).await.expect("restored");
    let listener = other.listener();
    assert_eq!(other.text(&listener, OTHERS_NUMBER, "christmas"), Some(format!("You have {adas}.")));
    let stranger = other.text(&listener, 1, "christmas").expect("words");
    assert!(!stranger.contains("You have"), "{stranger}");
    let checks = verify::verify(&other.in_file(), None).await.expect("a sound database");
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
}

// H11: one that waits is seen through before anything else is drawn.
#[tokio::test]
async fn nothing_is_drawn_while_an_update_waits() {
    let world = World::drawn().await;
    world.replace(phone(1).expose(), phone(OTHERS_NUMBER).expose());
    let folder = world.several.path("sealed/hills/openings");
    std::fs::create_dir_all(folder.parent().expect("a folder")).expect("made");
    std::fs::write(&folder, "no folder").expect("written");
    let updated = world.update().await.expect("written down").expect("something changed");
    assert!(updated.waits.is_some());
    let refused = world.several.draw(&world.site(), Some("impatience")).await;
    assert!(matches!(refused, Err(DrawError::UpdateWaits)), "{refused:?}");
    assert!(matches!(world.update().await, Err(UpdateError::Waits(_))));
    std::fs::remove_file(&folder).expect("removed");
    assert!(world.update().await.expect("an archive").is_none(), "it was seen through");
    assert_eq!(world.failed().await, []);
}
