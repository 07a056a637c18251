//! Leaving, however it is said, and staying out.

use super::*;

impl World {
    /// Another list of the site, with these people on it.
    fn another(&self, name: &str, csv: &str) -> List {
        let new = NewList { name: name.to_owned(), ..NewList::default() };
        let list = make(&self.site, None, &new).expect("a list");
        let (rows, _) = subscribers_file::read(csv.as_bytes(), Path::new("m.csv"), Some("GB")).expect("sound rows");
        self.write(|tx| people::import(tx, &self.site, (&list, &rows), "m.csv", self.site.clock.now()));
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
    let choir = world.another("Choir", &format!("Name,Phone,Consent\nP0,{},paper\n", phone(0).expose()));
    let said = words(world.text(&phone(0), "Please stop texting me"));
    assert!(said.contains("you get no more messages"), "{said}");
    for list in [world.list.id, choir.id] {
        let who = world.read(|tx| tx.subscribers_at(list, Some(&phone(0)), None)).remove(0);
        assert_eq!((who.by_sms, who.is_opted_out), (Agreed::Withdrawn, true));
    }
    while words(world.text(&phone(1), "hello")).contains("has been kept") {}
    assert_eq!(world.text(&phone(1), "hello"), Answer::Silence, "too many");
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
