//! Contacts taken over from spreadsheets and written into one.

use std::fmt::Write as _;
use std::path::Path;

use super::sheet::{ImportError, Taken, export, import};
use super::{forgetting, out_of_reach};
use crate::app::accounts::authorize;
use crate::app::exchange::tests::world::World;
use crate::app::exchanges::Exchanges;
use crate::roster::Diagnostic;
use crate::store::{Contact, NewPerson, Reach};

struct House {
    _world: World,
    site: Exchanges,
}

impl House {
    fn new() -> Self {
        let world = World::new();
        let site = Exchanges::around(world.site());
        Self { _world: world, site }
    }

    fn import(&self, csv: &str, dry_run: bool) -> Result<Taken, Vec<Diagnostic>> {
        self.import_of(Reach::SITE, csv, dry_run)
    }

    fn import_of(&self, whose: Reach, csv: &str, dry_run: bool) -> Result<Taken, Vec<Diagnostic>> {
        let imported = import(&self.site, whose, (csv.as_bytes(), Path::new("c.csv")), dry_run);
        imported.map(|(taken, _)| taken).map_err(|error| match error {
            ImportError::Sheet(problems) => problems,
            ImportError::Store(error) => panic!("{error}"),
        })
    }

    /// Names added, what changed of whom, and how many are the same.
    fn taken(&self, csv: &str) -> (Vec<String>, Vec<String>, usize) {
        let taken = self.import(csv, false).unwrap_or_else(|problems| panic!("{problems:?}"));
        let changed = taken.changed.iter().map(|it| format!("{} {}", it.person.as_deref().unwrap_or(""), it.kind));
        (taken.added, changed.collect(), taken.same)
    }

    fn all(&self) -> Vec<Contact> {
        let all = self.site.store.read(|tx| tx.contacts(Reach::SITE)).expect("sound");
        all.into_iter().map(|(_, contact)| contact).collect()
    }
}

// D1 G2: the plan first, then the same for real, then nothing more; an empty cell says nothing, and nobody goes.
#[test]
fn a_spreadsheet_adds_and_changes_and_takes_nobody_out() {
    let house = House::new();
    let first = "Name,Mobile,Email,Priority,Group,Notes\nAda Hill,+44 7700 900123,,1,\"family, club\",brings cake\n\
                 Ben Hill,,ben@example.org,,,\n";
    assert_eq!(house.import(first, true).expect("sound").added, ["Ada Hill", "Ben Hill"]);
    assert!(house.all().is_empty(), "a dry run keeps nothing");
    assert_eq!(house.taken(first).0, ["Ada Hill", "Ben Hill"]);
    assert_eq!(house.taken(first), (vec![], vec![], 2));
    let second =
        "Full name;Tel;Labels\nADA  hill;+447700900124;family\nBen Hill;+447700900125;\nCleo;+447700900126;x\n";
    let (added, changed, same) = house.taken(second);
    assert_eq!((added, same), (vec!["Cleo".to_owned()], 0));
    assert_eq!(changed, ["Ada Hill phone", "Ada Hill tags", "Ben Hill phone"]);
    let all = house.all();
    let ada = &all[0];
    assert_eq!(
        (&*ada.name, ada.priority, &ada.tags[..], &*ada.note),
        ("Ada Hill", 1, &["family".to_owned()][..], "brings cake")
    );
    assert_eq!(all[1].email.as_ref().map(crate::model::Email::expose), Some("ben@example.org"));
    assert_eq!(all.len(), 3);
}

// D1 D4 G7: nobody is kept twice, and so invited twice, because one half of a hand took a spreadsheet that the other had.
#[test]
fn the_site_and_its_keeper_take_one_spreadsheet_over_once() {
    let house = House::new();
    let account = |email: &str| {
        let added = house.site.store.write(|tx| tx.insert_account(email, house.site.clock.now()));
        added.expect("sound").expect("a new one")
    };
    let (keepers, others) = (Reach::of(account("k@example.org"), true), Reach::of(account("o@example.org"), false));
    let sheet = |tags: &str| format!("Name,Email,Tags\nAda,ada@example.org,{tags}\n");
    for (whose, tags, added, changed) in
        [(keepers, "choir", 1, 0), (Reach::SITE, "band", 0, 1), (keepers, "band", 0, 0), (others, "band", 1, 0)]
    {
        let taken = house.import_of(whose, &sheet(tags), false).expect("sound");
        assert_eq!((taken.added.len(), taken.changed.len()), (added, changed), "{whose:?}");
    }
}

// D1 G2: a name may be several people's, an address several names'.
#[test]
fn people_of_one_name_are_told_apart_by_their_addresses() {
    let house = House::new();
    house.taken("Name,Email\nJohn Smith,a@example.org\nJohn Smith,b@example.org\n");
    let (added, changed, _) = house.taken("Name,Email,Tags\nJohn Smith,B@example.org,x\nJohn Smith,c@example.org,\n");
    assert_eq!((added.len(), changed), (1, vec!["John Smith tags".to_owned()]));
    let tagged: Vec<_> = house.all().into_iter().filter(|one| !one.tags.is_empty()).collect();
    assert_eq!(
        tagged.iter().map(|one| one.email.as_ref().expect("one").expose()).collect::<Vec<_>>(),
        ["b@example.org"]
    );
    let mary = house.import("Name,Email\nMary Smith,a@example.org\n", false).expect("sound");
    assert_eq!(mary.notes, ["Mary Smith has an address of John Smith, and is added beside them"]);
    assert_eq!(house.all().len(), 4);
}

// D1 G2: everything at once, by row and column, and nothing of it is taken.
#[test]
fn a_spreadsheet_with_a_fault_is_refused_whole() {
    let house = House::new();
    let csv = "Name,Phone,Email,Priority\nAda,12,,first\n,+447700900188,,\nCleo,,,\nBen,,b@example.org,\nBEN,,B@example.org,1\n";
    let problems = house.import(csv, false).expect_err("refused");
    let at: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
    assert_eq!(at, [(2, 2), (2, 4), (3, 0), (4, 0), (6, 1)]);
    assert!(problems[4].message.contains("row 5"), "{:?}", problems[4]);
    let shown = crate::roster::render_all(&problems);
    assert!(!shown.contains("900188"), "addresses are not shown: {shown}");
    assert!(house.all().is_empty());
}

// D1 G2 A11: what is exported is read back as it was, and no cell is a formula.
#[test]
fn an_export_is_read_back() {
    let house = House::new();
    let csv = "Name,Email,Tags,Note\n\"O'Brien, Zoë\",z@example.org,\"a;b\n\",\"=cmd|' /C calc'!A0\nsecond line\"\nX,x@example.org,one; two,\n";
    house.taken(csv);
    let all = house.all();
    assert_eq!(
        (&all[0].tags[..], &all[1].tags[..]),
        (&["a;b".to_owned()][..], &["one".to_owned(), "two".to_owned()][..])
    );
    let csv = export(all.iter());
    assert!(!csv.contains("\"=cmd") && !csv.contains(",=cmd"), "{csv}");
    assert_eq!(house.taken(&csv), (vec![], vec![], 2));
    assert_eq!(house.all(), all);
}

// D1 G2
#[test]
fn twenty_thousand_rows_are_taken_over_at_once() {
    let house = House::new();
    let mut csv = "Name,Phone,Tags\n".to_owned();
    (0..20_000).for_each(|n| writeln!(csv, "Somebody {n},+4477{n:08},club").expect("written"));
    assert_eq!(house.taken(&csv).0.len(), 20_000);
    assert_eq!(house.taken(&csv), (vec![], vec![], 20_000));
    csv.push_str("One More,+447900000000,\n");
    let problems = house.import(&csv, false).expect_err("too many");
    assert!(problems[0].message.contains("more than 20000 rows"), "{problems:?}");
}

// D1 D16 G5: who has said STOP is shown so, and stays known after everything else is forgotten.
#[test]
fn a_contact_is_forgotten_and_its_stop_is_not() {
    let house = House::new();
    house.taken("Name,Phone,Email\nAda,+447700900123,\nBen,+447700900124,b@example.org\nCleo,+447700900125,\n");
    let (store, now) = (&house.site.store, house.site.clock.now());
    let phones: Vec<_> = house.all().into_iter().map(|contact| contact.phone.expect("a phone")).collect();
    let (adas, cleos) = (phones[0].clone(), phones[2].clone());
    let topic = store.write(|tx| {
        tx.opt_out(&phones[0], now)?;
        tx.opt_out(&phones[1], now)?;
        tx.hear_from(&cleos, now)?;
        let topic = tx.insert_topic("list", "Club", None)?;
        tx.insert_persons(topic, &[NewPerson { name: "Cleo", phone: Some(cleos.expose()), email: None }])?;
        Ok::<_, crate::store::StoreError>(topic)
    });
    topic.expect("a sound database");
    let reach = |contact: &Contact| store.read(|tx| out_of_reach(tx, contact)).expect("sound");
    let all = house.all();
    assert_eq!(
        all.iter().map(reach).collect::<Vec<_>>(),
        ["has said STOP: out of reach", "has said STOP: by e-mail only", ""]
    );
    let rows = store.read(|tx| tx.contacts(Reach::SITE)).expect("sound");
    for (id, _) in rows {
        let forgotten = store.write(|tx| {
            let owned = authorize(tx, Reach::SITE, id)?.expect("the site's");
            forgetting::forget(tx, owned, now)
        });
        assert_eq!(forgotten.expect("nothing keeps them"), 0);
    }
    assert!(house.all().is_empty());
    let known = store.read(|tx| Ok::<_, crate::store::StoreError>((tx.is_opted_out(&adas)?, tx.has_written(&cleos)?)));
    assert_eq!(known.expect("sound"), (true, true), "Cleo is on a list as well");
    let held = store.number("SELECT count(*) FROM phone");
    assert_eq!((held, store.number("SELECT count(*) FROM opted_out")), (1, 2), "the others by a hash alone");
}
