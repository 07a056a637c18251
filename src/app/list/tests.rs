//! A list in a folder of its own: people sign up, confirm by text and by link, are written to, and leave.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::broadcasts::{self, Act, Draft};
use super::sign_up::{self, Form, Joined};
use super::*;
use crate::app::exchange::ServedExchanges;
use crate::app::links::Links;
use crate::app::outbox::{MessageTopic, Outbox, Pace};
use crate::app::responder::{self, Answer};
use crate::app::served_topics::ServedTopics;
use crate::app::topics::Topics;
use crate::broadcast::Ways;
use crate::clock::Clock;
use crate::messaging::pacing::Backoff;
use crate::messaging::sender::Sender;
use crate::model::{Email, PersonId, Phone};
use crate::roster::{self, subscribers_file};
use crate::store::{Agreed, BroadcastId, BroadcastState, Channel, OutboxRow, OutboxState, Outcome, Subscriber};

mod audiences;
mod fate;
mod leaving;
mod parts;
mod sending;

const FILE: &str = "[site]\nname = \"Hill\"\ncountry = \"GB\"\ntimezone = \"Europe/London\"\n\n[listener]\n\
                    public_url = \"https://hill.example.org\"\n\n[messaging]\nquiet = \"never\"\ndaily_segments = 1000000\n";

struct World {
    folder: tempfile::TempDir,
    site: Exchanges,
    list: List,
    texts: std::cell::Cell<u32>,
}

fn open(folder: &Path, clock: Clock) -> Exchanges {
    let file = roster::load_site(&folder.join("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    let store = Store::of_settings(&file.settings().database);
    Exchanges::with(file, store, Box::new(|| None), clock)
}

fn phone(n: u32) -> Phone {
    Phone::from_provider(&format!("+4477009{n:05}")).expect("a number")
}

impl World {
    fn new() -> Self {
        Self::with(FILE)
    }

    fn with(file: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("exchange.toml"), file).expect("written");
        let site = open(folder.path(), Clock::system());
        let new = NewList { name: "Club news".to_owned(), sender: "Hill Club".to_owned(), ..NewList::default() };
        let list = make(&site, None, &new).expect("a list");
        Self { folder, site, list, texts: std::cell::Cell::default() }
    }

    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, ListError>) -> T {
        self.site.store.write(work).expect("done")
    }

    fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.site.store.read(work).expect("a read")
    }

    fn join(&self, form: &Form) -> Joined {
        self.write(|tx| sign_up::join(tx, &self.site, (&self.list, form), "203.0.113.9", self.site.clock.now()))
    }

    fn text(&self, from: &Phone, body: &str) -> Answer {
        self.texts.set(self.texts.get() + 1);
        let sid = format!("SM{:032}", self.texts.get());
        let exchanges = ServedExchanges::enter(self.site.clone()).expect("entered");
        let topics = ServedTopics::new(Arc::new(exchanges), vec![Arc::new(ListKind::new(self.site.clone()))]);
        let site = (&self.site.store, &self.site.clock);
        responder::decide(site, Arc::new(topics), (&sid, from.clone(), body))
    }

    fn people(&self) -> Vec<Subscriber> {
        self.read(|tx| people::all(tx, self.list.id, 100))
    }

    fn import(&self, csv: &str) -> sheet::Imported {
        sheet::import(&self.site, &self.list, (csv.as_bytes(), Path::new("m.csv")), false).expect("sound rows").0
    }

    /// So many people who have agreed, by text.
    fn crowd(&self, size: u32) {
        let rows: String = (0..size).map(|n| format!("P{n},{},signed in May\n", phone(n).expose())).collect();
        self.import(&format!("First name,Phone,Consent\n{rows}"));
    }

    fn broadcast(&self, text: &str) -> BroadcastId {
        let draft = Draft {
            text: text.to_owned(),
            subject: String::new(),
            ways: Ways::Either,
            tags: Vec::new(),
            only: Vec::new(),
        };
        let id = self.write(|tx| broadcasts::draft(tx, &self.list, &draft, self.site.clock.now()));
        planning::plan(&self.site, id).unwrap_or_else(|e| panic!("{e}"));
        id
    }

    fn act(&self, id: BroadcastId, act: Act) -> Result<bool, ListError> {
        let done = self.site.store.write(|tx| broadcasts::act(tx, id, act, self.site.clock.now()));
        while self.write(|tx| Ok(broadcasts::move_some(tx, self.site.clock.now())?)) > 0 {}
        done
    }

    fn counts(&self, id: BroadcastId) -> Vec<(String, u64)> {
        self.read(|tx| tx.count_results(id))
    }

    fn state(&self, id: BroadcastId) -> BroadcastState {
        self.read(|tx| tx.broadcast(id)).expect("it").state
    }

    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone holds for one lifetime only")]
    fn rows(&self) -> Vec<OutboxRow> {
        self.read(|tx| tx.messages())
    }

    fn token(&self, kind: &str, who: &Subscriber) -> String {
        Links::new(Arc::clone(&self.site.keys)).token(kind, who.id.0, who.added_at.as_millisecond()).expect("a key")
    }
}

fn form(first: &str, n: u32) -> Form {
    Form {
        first_name: first.to_owned(),
        last_name: "O'Brien".to_owned(),
        email: format!("p{n}@example.org"),
        phone: phone(n).expose().to_owned(),
        consent: true,
        wording: String::new(),
        website: String::new(),
    }
}

// A1 A8
#[test]
fn whoever_signs_up_is_asked_once_on_each_channel_and_confirms_there() {
    let world = World::new();
    assert_eq!(world.join(&form("Zoë", 1)), Joined::Taken);
    let rows = world.rows();
    assert_eq!(
        rows.iter().map(|row| (&*row.kind, row.channel)).collect::<Vec<_>>(),
        [("confirm", Channel::Sms), ("confirm", Channel::Email)]
    );
    assert!(rows.iter().all(|row| row.basis.word() == "confirmation"));
    assert_eq!(world.join(&form("Mallory", 1)), Joined::Taken, "the same words, whether known or not");
    assert_eq!(world.rows().len(), 2, "once a day");
    let who = &world.people()[..];
    assert_eq!(who.len(), 1);
    assert_eq!((&*who[0].first_name, who[0].by_sms, who[0].by_email), ("Zoë", Agreed::Asked, Agreed::Asked));

    let Answer::Words(words) = world.text(&phone(1), "Yes!") else { panic!("an answer") };
    assert!(words.starts_with("Hill Club: you are on the list"), "{words}");
    let token = world.token("confirm", &who[0]);
    let now = world.site.clock.now();
    assert!(world.write(|tx| Ok(sign_up::confirm(tx, &token, "203.0.113.9", now)?)).is_some());
    assert!(world.write(|tx| Ok(sign_up::confirm(tx, "guessed", "203.0.113.9", now)?)).is_none());
    let who = &world.people()[0];
    assert_eq!((who.by_sms, who.by_email), (Agreed::Confirmed, Agreed::Confirmed));
    let acts = world.read(|tx| tx.consents(who.id));
    assert!(acts.iter().all(|act| act.wording.as_ref() == Some(&world.list.wording_hash)), "{acts:?}");
    let shown = world.read(|tx| tx.wording(world.list.id, &world.list.wording_hash));
    assert!(shown.is_some_and(|text| text.contains("Hill Club") && text.contains("STOP")));
}

// A8: what somebody has read is what they agreed to, though it was reworded while they typed
#[test]
fn the_record_names_the_words_that_were_shown() {
    let world = World::new();
    let shown = world.list.wording_hash.clone();
    world.write(|tx| reword(tx, &world.list, "wording", "I agree to other words.", world.site.clock.now()));
    let now = world.read(|tx| tx.list(world.list.id)).expect("a list");
    assert_ne!(now.wording_hash, shown);
    let recorded = |n, wording: &str| {
        let form = Form { wording: wording.to_owned(), ..form("Ann", n) };
        world.write(|tx| sign_up::join(tx, &world.site, (&now, &form), "203.0.113.9", world.site.clock.now()));
        let who = world.people().into_iter().find(|who| who.phone == Some(phone(n))).expect("somebody");
        world.read(|tx| tx.consents(who.id))[0].wording.clone().expect("words")
    };
    assert_eq!(recorded(1, &shown), shown);
    assert_eq!(recorded(2, &now.wording_hash), now.wording_hash);
    assert_eq!(recorded(3, "made up"), now.wording_hash, "never words that nobody was shown");
}

// A1 A6: a name is kept as it was checked, on one line and without what is blank
#[test]
fn a_name_is_kept_as_short_as_it_was_checked() {
    let world = World::new();
    world.join(&form(&format!(" A{}B\n\tC", " ".repeat(30_000)), 1));
    assert_eq!(world.people()[0].first_name, "A B C");
}

// A1 A7 H19
#[test]
fn a_form_is_checked_and_bounded_and_a_honeypot_is_told_the_same() {
    let world = World::new();
    let faults = |form: Form| match world.join(&form) {
        Joined::Faults(faults) => faults.into_iter().map(|(field, _)| field).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(faults(Form { consent: false, ..form("Ann", 1) }), ["consent"]);
    assert_eq!(faults(Form { first_name: " ".to_owned(), ..form("Ann", 1) }), ["first_name"]);
    assert_eq!(faults(Form { phone: "12".to_owned(), ..form("Ann", 1) }), ["phone"]);
    assert_eq!(faults(Form { phone: "+12125550100".to_owned(), ..form("Ann", 1) }), ["phone"], "of another country");
    assert_eq!(faults(Form { phone: "+442079460000".to_owned(), ..form("Ann", 1) }), ["phone"], "a landline");
    assert_eq!(faults(Form { phone: String::new(), email: String::new(), ..form("Ann", 1) }), ["phone"]);
    let honeypot = Form { website: "https://spam.example".to_owned(), ..form("Bot", 9) };
    assert_eq!(world.join(&honeypot), Joined::Taken);
    assert!(world.people().is_empty() && world.rows().is_empty(), "nothing of all this counts");
    for n in 0..20 {
        assert_eq!(world.join(&form("Ann", n)), Joined::Taken);
    }
    assert!(matches!(world.join(&form("Ann", 20)), Joined::TooMany(_)));
}

// A8 A12 H3
#[test]
fn whoever_has_left_gets_nothing_however_they_said_it() {
    let world = World::new();
    world.crowd(5);
    let id = world.broadcast("Hello {first_name}");
    assert_eq!(world.counts(id), [("planned".to_owned(), 5)]);
    assert_eq!(world.text(&phone(0), "STOP"), Answer::Silence);
    let Answer::Words(words) = world.text(&phone(1), "please stop texting me") else { panic!("an answer") };
    assert!(words.contains("you get no more messages"), "{words}");
    assert_eq!(world.text(&phone(1), "and now?"), Answer::Silence, "nothing more, not even an answer");
    let now = world.site.clock.now();
    world.write(|tx| people::opt_out(tx, &world.list, (phone(2).expose(), None), "asked at the door", now));
    let token = world.token("leave", &world.people()[3]);
    assert!(world.write(|tx| Ok(sign_up::leave(tx, &token, "203.0.113.9", now)?)).is_some());
    let stands: Vec<Agreed> = world.people().iter().map(|who| who.by_sms).collect();
    let left = Agreed::Withdrawn;
    assert_eq!(stands, [left, left, left, left, Agreed::Confirmed]);

    assert!(world.act(id, Act::Send).expect("sent"));
    let kind = ListKind::new(world.site.clone());
    let topic: Arc<dyn MessageTopic> =
        world.read(|tx| Topics::<dyn MessageTopic>::of(&kind, tx, world.list.id)).expect("a topic");
    drop(topic);
    let again = world.broadcast("Hello again");
    assert_eq!(world.counts(again), [("left out".to_owned(), 4), ("planned".to_owned(), 1)]);
    assert_eq!(world.text(&phone(0), "START"), Answer::Silence);
    assert_eq!(world.people()[0].by_sms, Agreed::Confirmed, "START takes STOP back");
    assert_eq!(world.import("Name,Phone,Consent\nAnn,07700 900002,paper\n").withdrawn, 1, "an import does not");
}

// A8 G2
#[test]
fn an_import_with_evidence_confirms_and_without_it_asks_first() {
    let world = World::new();
    let done = world.import(
        "First name,Last name,Phone,Email,Consent,Tags\nZoe,O'Brien,07700 900001,,paper form 3 May,choir\n\
         <script>,,,evil@example.org,,\n\"=cmd()\",X,447700900003,,no,\n",
    );
    assert_eq!(
        done,
        sheet::Imported {
            added: ["Zoe O'Brien", "<script>", "=cmd() X"].map(str::to_owned).to_vec(),
            known: 0,
            confirmed: 1,
            asked: 2,
            withdrawn: 0
        }
    );
    assert_eq!(world.rows().len(), 2, "those without evidence are asked");
    let who = world.people();
    assert_eq!(who[1].first_name, "<script>");
    assert!(world.read(|tx| tx.consents(who[0].id))[0].evidence.starts_with("paper form 3 May"));
    let csv = world.read(|tx| sheet::export(tx, world.list.id));
    assert!(csv.contains("\"'=cmd()\"") && csv.contains("\"+447700900003\""), "{csv}");
    let other = World::new();
    let done = other.import(&csv);
    assert_eq!((done.added.len(), done.confirmed), (3, 1));
    let names = |world: &World| world.people().iter().map(Subscriber::name).collect::<Vec<_>>();
    assert_eq!(names(&other), names(&world), "an export is read back");
    let wrong = subscribers_file::read(b"First name,Phone\nAnn,12\nBen,\n", Path::new("m.csv"), Some("GB"));
    let rows: Vec<u32> = wrong.expect_err("refused").iter().map(|problem| problem.line).collect();
    assert_eq!(rows, [2, 3]);
}

// A3 A9 H15
#[test]
fn a_plan_is_sent_once_however_often_it_is_asked_for() {
    let world = World::new();
    world.crowd(2_500);
    let id = world.broadcast("Hello {first_name|there}");
    assert!(matches!(world.act(id, Act::Pause), Err(ListError::NotNow(_))));
    assert!(world.act(id, Act::Send).expect("sent"));
    assert!(!world.act(id, Act::Send).expect("a repetition"));
    let rows = world.rows();
    assert_eq!(rows.len(), 2_500);
    assert!(rows.iter().all(|row| row.basis.word() == "subscriber" && row.cause.starts_with("broadcast:")));
    let again = planning::plan(&world.site, id);
    assert!(matches!(again, Err(ListError::NotNow(_))), "what is sent is not planned again");
    world.read(|tx| tx.results(id, 0, 10)).iter().for_each(|result| assert_eq!(result.state, "waiting"));

    assert!(world.act(id, Act::Pause).expect("paused"));
    assert!(world.rows().iter().all(|row| row.problem.as_deref() == Some("the broadcast is paused")));
    assert!(world.act(id, Act::Send).expect("goes on"));
    assert!(world.act(id, Act::Cancel).expect("cancelled"));
    assert_eq!(world.counts(id), [("cancelled".to_owned(), 2_500)]);
    assert!(matches!(world.act(id, Act::Send), Err(ListError::NotNow(_))));
    assert_eq!(world.rows().len(), 2_500);
}

// H18 A9: brought back from a backup, what was planned or on its way may have gone since
#[test]
fn a_backup_that_is_brought_back_sends_no_broadcast_twice() {
    let world = World::new();
    world.crowd(3);
    let (planned, sending) = (world.broadcast("One"), world.broadcast("Two"));
    let now = world.site.clock.now();
    assert!(world.site.store.write(|tx| broadcasts::act(tx, sending, Act::Send, now)).expect("sent"));
    world.write(|tx| Ok(tx.count_as_perhaps_sent(now, now)?));
    assert!(matches!(world.act(planned, Act::Send), Err(ListError::NotNow(_))));
    let rows = world.rows();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.unsure_since.is_some()), "each is looked up before it is sent");
}

// A4
#[test]
fn a_plan_says_what_it_costs_and_when_it_goes() {
    let world = World::with(&FILE.replace("quiet = \"never\"\ndaily_segments = 1000000", "price_per_segment = 0.05"));
    world.crowd(700);
    let now = world.site.clock.now();
    let draft = Draft {
        text: "Zoë: {first_name}".to_owned(),
        subject: String::new(),
        ways: Ways::Sms,
        tags: vec![],
        only: vec![],
    };
    let id = world.write(|tx| broadcasts::draft(tx, &world.list, &draft, now));
    let shown = planning::plan(&world.site, id).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((shown.texts, shown.mails, shown.segments), (700, 0, 700));
    assert!(shown.price.is_some_and(|price| (price - 35.0).abs() < 1e-6));
    assert_eq!(shown.example, "Hill Club: Zoë: P0", "the first text says who writes");
    assert!(shown.dearest.is_some_and(|dearest| dearest.words().contains("'ë' makes it dear")));
    assert!(shown.time.len() >= 2, "more than a day's bound: {:?}", shown.time);
    assert_eq!(shown.time.iter().map(|stretch| stretch.segments).sum::<u64>(), 700);
}

// A12
#[test]
fn what_people_write_back_is_kept_for_the_organizer() {
    let world = World::new();
    world.crowd(1);
    let Answer::Words(_) = world.text(&phone(0), "Is there parking? <b>") else { panic!("an answer") };
    let replies = world.read(|tx| tx.replies(world.list.id, None, 10));
    assert_eq!((&*replies[0].name, &*replies[0].text), ("P0", "Is there parking? <b>"));
    world.write(|tx| people::forget(tx, &world.site, &world.list, phone(0).expose()));
    assert!(world.people().is_empty() && world.read(|tx| tx.replies(world.list.id, None, 10)).is_empty());
}

// A8 A12: whoever left and was forgotten is not written to because somebody still has their address
#[test]
fn whoever_has_left_stays_out_when_they_are_forgotten() {
    let world = World::new();
    let csv = "First name,Email,Consent\nAnn,ann@example.org,paper\nBen,ben@example.org,paper\n";
    world.import(csv);
    let (country, now) = (None, world.site.clock.now());
    world.write(|tx| people::opt_out(tx, &world.list, ("ann@example.org", country), "asked at the door", now));
    for address in ["ann@example.org", "ben@example.org"] {
        world.write(|tx| people::forget(tx, &world.site, &world.list, address));
    }
    assert!(world.people().is_empty());
    let again = world.import(&csv.replace("ann@", "Ann@"));
    assert_eq!((again.added.len(), again.withdrawn, again.confirmed), (2, 1, 1));
    // They may come again of their own will, and are asked first.
    let form = Form { email: "ann@example.org".to_owned(), phone: String::new(), ..form("Ann", 1) };
    world.join(&form);
    let stands = |world: &World| world.people().iter().map(|who| who.by_email).collect::<Vec<_>>();
    assert_eq!(stands(&world), [Agreed::Asked, Agreed::Confirmed]);
}

// A8 G5: a phone that has said STOP and was forgotten is shown so when a file brings it back, and is not asked
#[test]
fn a_phone_that_left_stays_out_when_it_is_forgotten() {
    let world = World::new();
    let csv = format!("First name,Phone,Consent\nAnn,{},paper\n", phone(0).expose());
    world.import(&csv);
    world.text(&phone(0), "STOP");
    world.write(|tx| people::forget(tx, &world.site, &world.list, phone(0).expose()));
    let held = |table: &crate::store::testing::Table| {
        table.rows.iter().flatten().any(|cell| format!("{cell:?}").contains(&phone(0).expose()[1..]))
    };
    assert!(!world.site.store.tables().iter().any(held), "the number is nowhere");
    let again = world.import(&csv);
    assert_eq!((again.added.len(), again.withdrawn, again.confirmed, again.asked), (1, 1, 0, 0));
    assert!(world.people()[0].is_opted_out);
}

#[derive(Debug, Clone)]
enum Step {
    Join,
    Text(&'static str),
    Confirm,
    Leave,
    Import(bool),
    OptOut(bool),
    /// Twilio says of a message of another topic that the phone has opted out.
    Elsewhere,
    Forget,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // A8: after any sequence the record says how each stands, and every yes has its reason
    #[test]
    fn the_consent_record_is_complete(steps in prop::collection::vec((0u32..3, prop_oneof![
        Just(Step::Join), Just(Step::Text("YES")), Just(Step::Text("STOP")), Just(Step::Text("START")),
        Just(Step::Text("please stop texting me")), Just(Step::Text("hello")), Just(Step::Confirm), Just(Step::Leave),
        any::<bool>().prop_map(Step::Import), any::<bool>().prop_map(Step::OptOut), Just(Step::Elsewhere), Just(Step::Forget),
    ]), 1..14)) {
        let world = World::new();
        // What each said last of themselves, by text and by e-mail: a no stands until they take it back.
        let mut no = [[false; 2]; 3];
        for (n, step) in steps {
            let who = || world.people().into_iter().find(|who| who.phone == Some(phone(n)));
            let now = world.site.clock.now();
            let said = &mut no[n as usize];
            match step {
                Step::Join => drop(world.join(&form("Ann", n))),
                Step::Text(body) => {
                    said[0] = match body {
                        "STOP" => true,
                        "YES" | "START" => false,
                        "please stop texting me" => said[0] || who().is_some(),
                        _ => said[0],
                    };
                    world.text(&phone(n), body);
                }
                Step::Confirm => if let Some(who) = who() {
                    said[1] &= who.by_email != Agreed::Asked;
                    let token = world.token("confirm", &who);
                    world.write(|tx| Ok(sign_up::confirm(tx, &token, "c", now)?));
                },
                Step::Leave => if let Some(who) = who() {
                    *said = [true; 2];
                    let token = world.token("leave", &who);
                    world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?));
                },
                Step::Import(evidence) => {
                    let consent = if evidence { "paper" } else { "" };
                    let at = phone(n);
                    world.import(&format!("Name,Phone,Email,Consent\nAnn,{},p{n}@example.org,{consent}\n", at.expose()));
                }
                Step::OptOut(by_mail) => {
                    let address = if by_mail { format!("p{n}@example.org") } else { phone(n).expose().to_owned() };
                    let done = world.site.store.write(|tx|
                        people::opt_out(tx, &world.list, (&address, None), "asked", now));
                    said[usize::from(by_mail)] |= done.is_ok();
                }
                Step::Elsewhere => {
                    said[0] = true;
                    world.write(|tx| Ok(tx.opt_out(&phone(n), now)?));
                }
                Step::Forget => if who().is_some() {
                    world.write(|tx| people::forget(tx, &world.site, &world.list, phone(n).expose()));
                },
            }
        }
        for who in world.people() {
            let acts = world.read(|tx| tx.consents(who.id));
            for channel in [Channel::Sms, Channel::Email] {
                let theirs: Vec<_> = acts.iter().filter(|act| act.channel == channel).collect();
                prop_assert_eq!(theirs.last().map_or(Agreed::NotAsked, |act| act.act), who.agreed(channel));
                for (at, act) in theirs.iter().enumerate() {
                    let before = theirs[..at].last().map(|act| act.act);
                    let is_founded = match (&*act.source, act.act) {
                        ("import", _) | (_, Agreed::Withdrawn | Agreed::Asked) => true,
                        ("text", Agreed::Confirmed) => before.is_some_and(|act| act != Agreed::Confirmed),
                        (_, Agreed::Confirmed) => before == Some(Agreed::Asked),
                        _ => false,
                    };
                    prop_assert!(is_founded, "{:?}", theirs);
                    prop_assert!(before.is_some() || act.act != Agreed::Withdrawn || act.source != "text");
                }
            }
            let n = (0..3).find(|n| who.phone == Some(phone(*n))).expect("one of them") as usize;
            for (said, channel) in no[n].iter().zip([Channel::Sms, Channel::Email]) {
                prop_assert!(!said || !planning::may_get(&world.list, &who, channel), "{:?}", acts);
            }
            let row = world.read(|tx| sheet::rows(tx, world.list.id)).into_iter().find(|row| row.phone == who.phone);
            prop_assert!(!no[n][0] || row.is_none_or(|row| row.consent.is_none()), "an export has no yes of theirs");
            if who.is_opted_out {
                prop_assert!(!planning::may_get(&world.list, &who, Channel::Sms));
            }
        }
    }
}
