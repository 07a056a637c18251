use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::roster::TEMPLATE;
use crate::roster::edit::{Edited, apply};
use crate::roster::tests::draft;

fn imported(text: &str, csv: &str) -> Edited {
    let before = draft(text, b"").expect("sound");
    let listed = read_people(csv.as_bytes(), Path::new("staff.csv"), &before.exchange).expect("sound");
    let edits = import(&listed.people, &before.exchange);
    apply(text, |text| draft(text, b""), &edits).unwrap_or_else(|why| panic!("{why:?}"))
}

const OWN: &str = "[exchange]\nname = \"x\"\ncountry = \"GB\"\n\n[[people]]\nname = \"Ada Hill\"   # the eldest\nphone = \"07700 900123\"\n\
                   household = \"north\"\nwishes = [\"tea\"]\n\n[[people]]\nname = \"Ben Hill\"\nemail = \"ben@example.org\"\n";

// G2: added, changed, the same; an empty cell says nothing, and nobody goes.
#[test]
fn a_list_adds_and_changes_and_takes_nobody_out() {
    let csv = "Name,Mobile,Email,Team\nADA hill,+44 7700 900123,,NORTH\nBen Hill,07700900124,,\nCleo Marsh,,cleo@example.org,south; choir\n";
    let text = imported(OWN, csv).text;
    let expected = OWN.replace("ben@example.org\"\n", "ben@example.org\"\nphone = \"+447700900124\"\n")
        + "\n[[people]]\nname = \"Cleo Marsh\"\nemail = \"cleo@example.org\"\nhousehold = [\"south\", \"choir\"]\n";
    assert_eq!(text, expected);
    assert_eq!(imported(&text, csv).text, text, "once more changes nothing");
    assert_eq!(imported(&text, "Name,Email\nBen Hill,\n").text, text);
}

// G2
#[test]
fn the_invented_family_gives_way() {
    let edited = imported(TEMPLATE, "Name,Email,Team\nAda Hill,a@example.org,x\nZed Moon,z@example.org,y\n");
    let names: Vec<&str> = edited.after.exchange.people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Ada Hill", "Zed Moon"]);
    assert!(
        edited.after.exchange.exclusions.is_empty() && edited.text.contains("# One [[people]] section per person.")
    );
}

// G2: everything at once, and nothing of it is taken.
#[test]
fn a_list_with_a_fault_is_refused_whole() {
    let before = crate::roster::parse(TEMPLATE, Path::new("x.toml")).expect("sound");
    let csv = "Name,Phone\nFinn,07700 900150\nFinn,12\nGwen,\n";
    let problems = read_people(csv.as_bytes(), Path::new("staff.csv"), &before.exchange).expect_err("refused");
    assert_eq!(
        problems.iter().map(|problem| (problem.line, problem.column)).collect::<Vec<_>>(),
        [(3, 1), (3, 2), (4, 0)]
    );
}

fn person() -> impl Strategy<Value = Person> {
    let text = "[=+@'a-z0-9;,\"][=+@'\"a-z;, -]{0,12}[a-z;'\"]";
    let phone = (0..100_000u32).prop_map(|n| Phone::parse(&format!("+4477009{n:05}"), None).ok());
    let wishes = prop::collection::vec(text, 0..4);
    let homes = prop::collection::btree_set("[a-z;'+=][a-z; ]{0,6}[a-z]", 0..3);
    ("[A-Zé'=@][a-zé'\", ;-]{1,20}[a-z]", phone, wishes, homes).prop_map(|(name, phone, wishes, homes)| Person {
        id: None,
        name: names::tidy(&name),
        phone,
        email: Email::parse("p@example.org").ok(),
        deliver: Some(Deliver::Email),
        households: homes.iter().map(|home| names::tidy(home)).collect(),
        wishes: wishes.iter().map(|wish| names::tidy(wish)).collect(),
        place: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // G2: what is exported is read back as it was.
    #[test]
    fn an_export_is_read_back(mut people in prop::collection::vec(person(), 2..6)) {
        let mut seen = std::collections::HashSet::new();
        people.retain(|person| seen.insert(names::fold(&person.name)));
        // One household has one spelling.
        let exchange = crate::roster::parse(TEMPLATE, Path::new("x.toml")).expect("sound").exchange;
        let csv = export(&people);
        let read = read_people(csv.as_bytes(), Path::new("x.csv"), &exchange);
        let read = read.unwrap_or_else(|problems| panic!("{csv}\n{}", crate::roster::render_all(&problems)));
        prop_assert_eq!(read.people, people);
    }
}
