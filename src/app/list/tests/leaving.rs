//! Leaving, however it is said, and staying out.

use super::*;
use crate::store::NewSubscriber;

impl World {
    /// Another list, the site's own or an account's, with these people on it.
    fn another(&self, account: Option<&str>, csv: &str) -> List {
        let new = NewList { name: "Choir".to_owned(), ..NewList::default() };
        let list = make(&self.site, account, &new).expect("a list");
        sheet::import(&self.site, &list, (csv.as_bytes(), Path::new("m.csv")), false).expect("sound rows");
        list
    }
}

fn words(answer: Answer) -> String {
    match answer {
        Answer::Words(words) => words,
        Answer::Silence => panic!("an answer"),
    }
}

// A12: it is about the number, whatever else that is in, and is never lost among too many texts
#[test]
fn a_phone_on_two_lists_is_out_of_both_without_a_question() {
    let world = World::new();
    world.crowd(2);
    let choir = world.another(None, &format!("Name,Phone,Consent\nP0,{},paper\n", phone(0).expose()));
    let said = words(world.text(&phone(0), "Please stop texting me"));
    assert!(said.contains("you get no more messages"), "{said}");
    for list in [world.list.id, choir.id] {
        let who = world.read(|tx| tx.subscribers_at(list, Some(&phone(0)), None)).remove(0);
        assert_eq!((who.by_sms, who.is_opted_out), (Agreed::Withdrawn, true));
    }
    while world.text(&phone(1), "hello") != Answer::Silence {}
    let said = words(world.text(&phone(1), "stop sending me messages"));
    assert!(said.contains("you get no more messages"), "{said}");
}

// A8: whoever types an address at the page has it asked, and no more
#[test]
fn a_stranger_at_the_page_brings_nobody_back_who_has_left() {
    let world = World::new();
    let csv = "First name,Email,Consent\nAnn,p1@example.org,paper form\n";
    world.import(csv);
    let who = world.people().remove(0);
    let now = world.site.clock.now();
    world.write(|tx| Ok(sign_up::leave(tx, &world.token("leave", &who), "c", now)?));
    world.join(&Form { phone: String::new(), ..form("Mallory", 1) });
    assert_eq!(world.people()[0].by_email, Agreed::Asked);
    assert_eq!((world.import(csv).withdrawn, world.people()[0].by_email), (1, Agreed::Asked), "old evidence is no yes");
    let asked = world.rows().len();
    assert_eq!(world.import(&csv.replace("paper form", "")).withdrawn, 1);
    assert_eq!(world.rows().len(), asked, "nor are they asked again for a file's sake");
    world.write(|tx| Ok(sign_up::confirm(tx, &world.token("confirm", &who), "c", now)?));
    assert_eq!((world.import(csv).withdrawn, world.people()[0].by_email), (0, Agreed::Confirmed), "they do themselves");
}

// A8 A12: what was left by a link stays left when it is forgotten, though the phone's number has opted out of nothing
#[test]
fn whoever_left_by_a_link_and_was_forgotten_stays_out() {
    let world = World::new();
    let csv = format!("First name,Phone,Email,Consent\nAnn,{},p1@example.org,paper\n", phone(1).expose());
    let stands = || world.people().iter().map(|who| (who.by_sms, who.by_email)).collect::<Vec<_>>();
    let forget = || world.write(|tx| people::forget(tx, &world.site, &world.list, phone(1).expose()));
    world.import(&csv);
    let (who, now) = (world.people().remove(0), world.site.clock.now());
    world.write(|tx| Ok(sign_up::leave(tx, &world.token("leave", &who), "c", now)?));
    forget();
    assert_eq!((world.import(&csv).withdrawn, stands()), (1, vec![(Agreed::Withdrawn, Agreed::Withdrawn)]));
    world.text(&phone(1), "START");
    assert_eq!(stands()[0].0, Agreed::Withdrawn, "no STOP, so nothing to take back");
    // To be asked once more at the page, then forgotten, takes nothing back either; nor does the page itself.
    for _ in 0..2 {
        world.join(&form("Mallory", 1));
        assert_eq!(stands(), [(Agreed::Asked, Agreed::Asked)]);
        assert_eq!((world.import(&csv).withdrawn, stands()), (1, vec![(Agreed::Asked, Agreed::Asked)]));
        forget();
    }
    world.join(&form("Ann", 1));
    world.text(&phone(1), "YES");
    assert_eq!(stands(), [(Agreed::Confirmed, Agreed::Asked)], "they come back themselves");
    forget();
    assert_eq!((world.import(&csv).withdrawn, stands()), (1, vec![(Agreed::Confirmed, Agreed::Withdrawn)]));
}

// A12 X10: nobody in an address book has agreed to anything, so whatever no they have said counts
#[test]
fn whoever_has_said_no_anywhere_is_not_written_to_as_a_contact() {
    let world = World::new();
    for name in ["Ada", "Ben", "Cleo"] {
        world.add(&audiences::contact(name, None, ""));
    }
    world.add(&audiences::contact("Dora", Some(4), ""));
    world.text(&phone(4), "hello");
    world.import("First name,Email,Consent\nAda,ADA@example.org,paper\nBen,ben@example.org,paper\n");
    world.import(&format!("First name,Phone,Consent\nDora,{},paper\n", phone(4).expose()));
    let now = world.site.clock.now();
    let on_list = world.people();
    for who in [&on_list[0], &on_list[2]] {
        world.write(|tx| Ok(sign_up::leave(tx, &world.token("leave", who), "c", now)?));
    }
    let cleo = Email::parse("cleo@example.org").expect("an address");
    world.write(|tx| Ok(tx.set_mail_opt_out(&cleo, true, now)?));
    let list = world.contacts();
    let (planned, out) = world.plan(&list, &[], vec![]);
    assert_eq!(planned, ["Ben"]);
    assert_eq!(out, ["Ada: has opted out", "Cleo: has opted out", "Dora: has opted out"]);
    let id = world.read(|tx| tx.broadcasts_of(list.id)).remove(0).id;
    world.act(id, Act::Send).expect("sent");
    assert_eq!(world.rows()[0].basis.word(), "wrote", "nobody of these is a subscriber");
    // What they agreed to on a list is another matter.
    world.write(|tx| Ok(tx.set_mail_opt_out(on_list[1].email.as_ref().expect("one"), true, now)?));
    assert!(planning::may_get(&world.list, &world.people()[1], Channel::Email));
}

// A11 H3: whatever a phone was opted out by, nobody writes it down as one that agreed
#[test]
fn an_export_knows_of_a_phone_that_opted_out_elsewhere() {
    let world = World::new();
    world.crowd(2);
    world.write(|tx| Ok(tx.opt_out(&phone(0), world.site.clock.now())?));
    let csv = world.read(|tx| sheet::export(tx, world.list.id));
    let other = World::new();
    let done = other.import(&csv);
    assert_eq!((done.withdrawn, done.confirmed), (1, 1), "{csv}");
}

// A8 A12: what was said to one organizer is not another's to read
#[test]
fn the_reason_of_an_opt_out_stays_with_whom_it_was_told() {
    let world = World::new();
    world.crowd(1);
    let now = world.site.clock.now();
    world.write(|tx| Ok(tx.insert_account("ann@example.org", now)?));
    let theirs =
        world.another(Some("ann@example.org"), &format!("Name,Phone,Consent\nP0,{},paper\n", phone(0).expose()));
    world.write(|tx| people::opt_out(tx, &world.list, (phone(0).expose(), None), "is leaving her husband", now));
    let last = |list| {
        let who = world.read(|tx| tx.subscribers_at(list, Some(&phone(0)), None)).remove(0);
        world.read(|tx| tx.consents(who.id)).pop().expect("an act")
    };
    assert_eq!(last(world.list.id).evidence, "is leaving her husband");
    assert_eq!(
        (last(theirs.id).act, &*last(theirs.id).evidence),
        (Agreed::Withdrawn, "the phone wants no more texts from this number")
    );
}

// A11: of two with one phone the second may be who was written to, and an answer is as quick as a text
#[test]
fn what_is_written_back_stands_by_what_was_sent_to_that_phone() {
    let world = World::new();
    let csv = |name: &str, rest: &str| format!("First name,Phone,Tags,Consent\n{name},{},{rest}\n", phone(1).expose());
    world.import(&csv("Ann", ",paper"));
    let id = world.write(|tx| {
        let new = NewSubscriber { first_name: "Ben", phone: Some(&phone(1)), ..NewSubscriber::default() };
        Ok(tx.insert_subscriber(world.list.id, &new, world.site.clock.now())?)
    });
    world.text(&phone(1), "Too early");
    let ben = world.read(|tx| tx.subscriber(id)).expect("Ben");
    world.import(&csv("Ben", ",paper"));
    let (planned, _) = world.plan(&world.list, &[], vec![ben.id]);
    assert_eq!(planned, ["Ben"]);
    let broadcast = world.read(|tx| tx.broadcasts_of(world.list.id)).remove(0).id;
    world.act(broadcast, Act::Send).expect("sent");
    let replies =
        |to| world.read(|tx| tx.replies(world.list.id, to, 10)).into_iter().map(|it| it.text).collect::<Vec<_>>();
    let (row, now) = (world.rows()[0].id, world.site.clock.now());
    world.write(|tx| Ok(tx.claim_message(row, ("worker", false), now, now)?));
    world.text(&phone(1), "While it is on its way");
    assert_eq!(replies(Some(broadcast)), ["While it is on its way"]);
    assert_eq!(replies(None), ["Too early"]);
}

// A8: the page of a link shows what the record then says they agreed to
#[test]
fn a_link_confirms_the_words_it_was_sent_with_and_not_who_has_left() {
    let world = World::new();
    world.join(&form("Ann", 1));
    world.import("First name,Email\nBen,ben@example.org\n");
    let now = world.site.clock.now();
    let refused = world.site.store.write(|tx| reword(tx, &world.list, "wording", " \n", now));
    assert!(matches!(refused, Err(ListError::Faults(_))), "there is no agreeing to nothing");
    world.write(|tx| reword(tx, &world.list, "wording", "I agree to something else.", now));
    let list = world.read(|tx| tx.list(world.list.id)).expect("a list");
    for who in world.people() {
        assert_eq!(world.read(|tx| sign_up::agreed_to(tx, &list, who.id)), world.list.wording);
        let token = world.token("confirm", &who);
        let confirm = || world.write(|tx| Ok(sign_up::confirm(tx, &token, "c", now)?)).expect("a list").1;
        assert_eq!(confirm(), Agreed::Confirmed);
        let act = world.read(|tx| tx.consents(who.id)).pop().expect("an act");
        assert_eq!(act.wording.as_ref(), Some(&world.list.wording_hash));
        world.write(|tx| Ok(sign_up::leave(tx, &world.token("leave", &who), "c", now)?));
        assert_eq!(confirm(), Agreed::Withdrawn);
    }
}
