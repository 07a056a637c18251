//! Audiences without a list of their own, and people ticked one by one.

use super::*;
use crate::app::contacts::{self, forgetting};
use crate::app::event::{self, Events};
use crate::app::list::audience;
use crate::model::ContactId;
use crate::store::{Contact, Reach};

pub(super) fn contact(name: &str, n: Option<u32>, tag: &str) -> Contact {
    let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
    Contact {
        name: name.to_owned(),
        phone: n.map(phone),
        email: Some(Email::parse(&email).expect("an address")).filter(|_| n.is_none()),
        priority: 5,
        tags: vec![tag.to_owned()],
        note: String::new(),
    }
}

impl World {
    pub(super) fn add(&self, contact: &Contact) -> ContactId {
        self.site.store.write(|tx| contacts::add(tx, Reach::SITE, contact, self.site.clock.now())).expect("added")
    }

    pub(super) fn contacts(&self) -> List {
        self.write(|tx| audience::of_contacts(tx, &self.site, Reach::SITE, self.site.clock.now()))
    }

    /// Who is planned for, and who is left out why.
    pub(super) fn plan(&self, list: &List, tags: &[&str], only: Vec<PersonId>) -> (Vec<String>, Vec<String>) {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let draft =
            Draft { text: "Hello {first_name}".to_owned(), subject: String::new(), ways: Ways::Either, tags, only };
        let id = self.write(|tx| broadcasts::draft(tx, list, &draft, self.site.clock.now()));
        planning::plan(&self.site, id).unwrap_or_else(|e| panic!("{e}"));
        let lines = self.read(|tx| tx.results(id, 0, 100));
        let (out, planned): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.state == "left out");
        let said = |line: Outcome| format!("{}: {}", line.name, line.problem.unwrap_or_default());
        (planned.into_iter().map(|line| line.name).collect(), out.into_iter().map(said).collect())
    }
}

// A2 A9 G7: with one list for both, so that who leaves it has left it.
#[test]
fn the_address_book_of_the_site_is_its_keepers_too() {
    let world = World::new();
    let account = |email: &str| world.write(|tx| Ok(tx.insert_account(email, world.site.clock.now())?)).expect("new");
    let (keepers, others) = (Reach::of(account("k@example.org"), true), Reach::of(account("o@example.org"), false));
    for (whose, name) in [(Reach::SITE, "Ada"), (keepers, "Ben"), (others, "Cleo")] {
        world.write(|tx| Ok(contacts::add(tx, whose, &contact(name, None, "choir"), world.site.clock.now())?));
    }
    let planned = |whose| {
        let list = world.write(|tx| audience::of_contacts(tx, &world.site, whose, world.site.clock.now()));
        (world.plan(&list, &["choir"], vec![]).0, list.id)
    };
    let (site, keeper, other) = (planned(Reach::SITE), planned(keepers), planned(others));
    assert_eq!(site.0, ["Ada", "Ben"]);
    assert_eq!(keeper, site);
    assert_eq!(other.0, ["Cleo"]);
}

/// Who stands in the database as somebody of a list.
fn all_of(world: &World) -> String {
    let tables = world.site.store.tables().into_iter();
    let of = |name: &str| ["person", "subscriber", "broadcast_recipient"].contains(&name);
    tables.filter(|table| of(&table.name)).map(|table| format!("{:?}", table.rows)).collect()
}

// A2 A9 X10
#[test]
fn the_address_book_is_written_to_by_tags_as_it_is_when_it_is_planned() {
    let world = World::new();
    let ids = [("Ada", Some(1), "choir"), ("Ben", Some(2), "choir"), ("Cleo", None, "choir"), ("Dora", None, "band")]
        .map(|(name, n, tag)| world.add(&contact(name, n, tag)));
    let list = world.contacts();
    // Nobody here agreed to anything: who has texted is texted, the others are told by mail or not at all.
    let strangers = world.text(&phone(1), "hello");
    assert_ne!(strangers, Answer::Silence);
    assert_eq!(
        world.plan(&list, &["choir"], vec![]),
        (vec!["Ada".to_owned(), "Cleo".to_owned()], vec!["Ben: has never texted this number".to_owned()])
    );
    // Between being written and planned the book may change: a tag, an address, somebody gone.
    world.write(|tx| {
        let owned = |id| Ok::<_, StoreError>(authorize(tx, Reach::SITE, id)?.expect("the site's"));
        let revision = contacts::get(tx, owned(ids[3])?)?.expect("Dora").1;
        assert!(contacts::change(tx, owned(ids[3])?, &contact("Dora Hill", None, "choir"), revision)?);
        Ok(tx.remove_contact(owned(ids[2])?.id())?)
    });
    assert_eq!(world.plan(&list, &["choir"], vec![]).0, ["Ada", "Dora Hill"]);
    assert_eq!(world.contacts().id, list.id, "one list stands for one book");
    assert_eq!(world.read(|tx| people::all(tx, list.id, 10)).len(), 3, "nobody twice");
}

// A2 A12: whoever has left stays out, also where the book still has them
#[test]
fn a_contact_who_has_left_gets_nothing_more_by_that_way() {
    let world = World::new();
    world.add(&contact("Cleo", None, "choir"));
    world.add(&contact("Dora", None, "choir"));
    let list = world.contacts();
    let cleo = world.read(|tx| people::all(tx, list.id, 10)).remove(0);
    let (token, now) = (world.token("leave", &cleo), world.site.clock.now());
    assert!(world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?)).is_some());
    assert_eq!(world.plan(&list, &[], vec![]), (vec!["Dora".to_owned()], vec!["Cleo: has opted out".to_owned()]));
}

// A8 G5: nor does it know whoever is forgotten, but for what their address wanted
#[test]
fn a_contact_who_is_forgotten_is_forgotten_in_the_list_that_stands_for_the_book() {
    let world = World::new();
    let (cleo, _) = (world.add(&contact("Cleo", None, "choir")), world.add(&contact("Dora", None, "choir")));
    let list = world.contacts();
    let who = world.read(|tx| people::all(tx, list.id, 10)).remove(0);
    let (token, now) = (world.token("leave", &who), world.site.clock.now());
    assert!(world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?)).is_some());
    world.write(|tx| {
        let owned = authorize(tx, Reach::SITE, cleo)?.expect("the site's");
        Ok(forgetting::forget(tx, owned, now).expect("forgotten"))
    });
    assert!(!all_of(&world).to_lowercase().contains("cleo"), "{}", all_of(&world));
    world.add(&contact("Cleo", None, "choir"));
    assert_eq!(world.plan(&list, &[], vec![]).1, ["Cleo: has opted out"], "the address is known again");
}

// A2 D13
#[test]
fn the_guests_of_an_event_are_written_to_by_how_they_stand() {
    let world = World::new();
    for name in ["Ada", "Ben", "Cleo"] {
        world.add(&contact(name, None, ""));
    }
    let (events, now) = (Events::of(&world.site), world.site.clock.now());
    let typed = event::Typed {
        name: "Tea".to_owned(),
        starts_at: (now + SignedDuration::from_hours(24 * 30)).to_string(),
        seats: "2".to_owned(),
        ..event::Typed::default()
    };
    let made: Result<_, event::ActError> = world.site.store.write(|tx| {
        let tea = events.create(tx, Reach::SITE, &typed)?;
        let owned = authorize(tx, Reach::SITE, tea.topic)?.expect("the site's");
        events.act(tx, owned, &event::Act::Deal)
    });
    let tea = made.unwrap_or_else(|e| panic!("{e}"));
    let list = world.write(|tx| audience::of_event(tx, &world.site, (Reach::SITE, &tea), now));
    assert_eq!((&*list.name, list.audience), ("Guests of Tea", Some(tea.topic)));
    assert_eq!(world.plan(&list, &[], vec![]).0, ["Ada", "Ben"], "Cleo has not been invited yet");
    let said: Result<_, event::ActError> = world.site.store.write(|tx| {
        let ada = tx.guests(tea.topic, true)?.remove(0);
        events.answer_for(tx, &ada, (crate::model::Word::Yes, None))
    });
    said.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(world.plan(&list, &["held"], vec![]).0, ["Ada"]);
    assert!(world.read(|tx| tx.list_of_audience(Reach::SITE, None)).is_none(), "the address book is another one");
}

// A2: as announcements, to whoever can be reached
#[test]
fn the_people_of_an_exchange_are_written_to() {
    let file = "[exchange]\nname = \"Hill 2026\"\ncountry = \"GB\"\n[[people]]\nname = \"Ada Hill\"\nphone = \"+447700900001\"\n\
                [[people]]\nname = \"Ben Hill\"\nemail = \"ben@example.org\"\n[[people]]\nname = \"Cleo Marsh\"\n\
                email = \"cleo@example.org\"\n[[people]]\nname = \"Dev Marsh\"\nphone = \"+447700900004\"\n\n";
    let world = World::with(&format!("{file}{FILE}"));
    assert_ne!(world.text(&phone(1), "hello"), Answer::Silence);
    let topic = world.write(|tx| Ok(world.site.in_file().expect("the file's").enter(tx)?.id));
    let now = world.site.clock.now();
    let list = || {
        world.write(|tx| {
            let owned = authorize(tx, Reach::SITE, topic)?.expect("the site's");
            audience::of_exchange(tx, &world.site, (Reach::SITE, owned), now)
        })
    };
    let (made, again) = (list(), list());
    assert_eq!((&*made.name, made.id), ("People of Hill 2026", again.id));
    let (planned, left_out) = world.plan(&made, &[], vec![]);
    assert_eq!(planned, ["Ada Hill", "Ben Hill", "Cleo Marsh"]);
    assert_eq!(left_out, ["Dev Marsh: has never texted this number"]);
    let ben = world.read(|tx| people::all(tx, made.id, 10)).remove(1).contact.expect("whom he stands for");
    world.write(|tx| Ok(tx.forget_person(PersonId(ben.0))?));
    let names: Vec<_> = world.read(|tx| people::all(tx, made.id, 10)).iter().map(Subscriber::name).collect();
    assert_eq!(names, ["Ada Hill", "Cleo Marsh", "Dev Marsh"], "whoever is forgotten there is forgotten here");
    assert!(!all_of(&world).contains("Ben"), "{}", all_of(&world));
    let other = world.site.store.write(|tx| {
        let owned = authorize(tx, Reach::SITE, world.list.id)?.expect("the site's");
        audience::of_exchange(tx, &world.site, (Reach::SITE, owned), now)
    });
    assert!(matches!(other, Err(ListError::NoExchange(_))), "a list is no exchange");
}

// A2 A5
#[test]
fn those_who_are_ticked_get_it_and_nobody_else() {
    let world = World::new();
    world.crowd(5);
    let people = world.people();
    let some = vec![people[1].id, people[3].id];
    assert_eq!(world.plan(&world.list, &[], some).0, ["P1", "P3"]);
    let other = World::new();
    other.crowd(1);
    let stranger = PersonId(people[4].id.0 + 100);
    let draft =
        Draft { text: "Hi".to_owned(), subject: String::new(), ways: Ways::Either, tags: vec![], only: vec![stranger] };
    let now = other.site.clock.now();
    let id = other.write(|tx| broadcasts::draft(tx, &other.list, &draft, now));
    let refused = planning::plan(&other.site, id);
    assert!(matches!(refused, Err(ListError::Plan(_))), "nobody of the list is meant");
}

// H13: a list without a page is on nobody's way
#[test]
fn a_text_goes_to_what_its_sender_signed_up_for() {
    let world = World::new();
    world.crowd(1);
    world.add(&contact("P0", Some(0), ""));
    let book = world.contacts();
    let Answer::Words(_) = world.text(&phone(0), "Is there parking?") else { panic!("an answer") };
    assert_eq!(world.read(|tx| tx.replies(world.list.id, None, 10)).len(), 1);
    assert!(world.read(|tx| tx.replies(book.id, None, 10)).is_empty());
}

// A9 H15: a thousand at a time, whatever is done between two
#[test]
fn what_was_done_to_a_broadcast_is_followed_a_thousand_at_a_time() {
    let world = World::new();
    world.crowd(2_500);
    let id = world.broadcast("Hello");
    let now = world.site.clock.now();
    let act = |act| world.site.store.write(|tx| broadcasts::act(tx, id, act, now)).expect("done");
    let step = || world.write(|tx| Ok(broadcasts::move_some(tx, now)?));
    let held = || world.rows().iter().filter(|row| row.problem.as_deref() == Some(crate::store::PAUSED)).count();
    assert!(act(Act::Send));
    assert_eq!((step(), step()), (1_000, 1_000));
    assert!(act(Act::Pause));
    assert_eq!(held(), 1_000);
    assert_eq!((step(), held()), (1_000, 2_000));
    assert_eq!((step(), step()), (0, 0));
    assert_eq!(world.rows().len(), 2_000, "nothing more is moved while it rests");
    assert!(act(Act::Send));
    while step() > 0 {}
    assert_eq!((world.rows().len(), held()), (2_500, 0));
    assert!(act(Act::Cancel));
    let cancelled = || world.rows().iter().filter(|row| row.state == OutboxState::Cancelled).count();
    assert_eq!(cancelled(), 1_000);
    while step() > 0 {}
    assert_eq!(world.counts(id), [("cancelled".to_owned(), 2_500)]);
    // One that was cancelled before all of it was on its way has no line left that looks planned.
    let other = world.broadcast("Hello again");
    assert!(world.site.store.write(|tx| broadcasts::act(tx, other, Act::Send, now)).expect("sent"));
    step();
    assert!(world.site.store.write(|tx| broadcasts::act(tx, other, Act::Cancel, now)).expect("cancelled"));
    assert_eq!(world.counts(other), [("cancelled".to_owned(), 2_500)]);
}

// A10 G2: by where they say they are, rather than by where their number is from
#[test]
fn a_zone_of_ones_own_says_when_it_is_night() {
    let now = World::new().site.clock.now().in_tz("Europe/London").expect("a zone").time();
    let hour = |hours| now.wrapping_add(SignedDuration::from_hours(hours)).strftime("%H:%M").to_string();
    let world = World::with(&FILE.replace("\"never\"", &format!("\"{}-{}\"", hour(-1), hour(2))));
    let csv = "First name,Phone,Consent,Time zone\nAnn,07700 900001,paper,\nBen,07700 900002,paper,pacific/auckland\n";
    world.import(csv);
    let draft = Draft { text: "Hi".to_owned(), subject: String::new(), ways: Ways::Sms, tags: vec![], only: vec![] };
    let asleep = || {
        let id = world.write(|tx| broadcasts::draft(tx, &world.list, &draft, world.site.clock.now()));
        planning::plan(&world.site, id).unwrap_or_else(|e| panic!("{e}")).asleep
    };
    assert_eq!(asleep(), 1);
    let csv = world.read(|tx| sheet::export(tx, world.list.id));
    assert!(csv.contains("Pacific/Auckland"), "{csv}");
    world.import(&csv.replace("Pacific/Auckland", "Europe/Paris"));
    assert_eq!(asleep(), 2, "an import says so of whoever is known, too");
    let wrong = subscribers_file::read(
        b"First name,Phone,Time zone\nAnn,07700 900001,Europe/Lundon\n",
        Path::new("m.csv"),
        Some("GB"),
    );
    let problem = wrong.expect_err("refused").remove(0);
    assert!(problem.line == 2 && problem.message.contains("Europe/Lundon"), "{}", problem.message);
}
