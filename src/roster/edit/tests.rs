use proptest::prelude::*;

use super::super::TEMPLATE;
use super::super::tests::draft;
use super::*;

fn edited(text: &str, edits: &[Edit]) -> Result<String, Vec<Refusal>> {
    match apply(text, |text| draft(text, b""), edits) {
        Ok(edited) => Ok(edited.text),
        Err(EditError::Refused(refusals)) => Err(refusals),
        Err(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(text: &str, edit: Edit) -> String {
    let refusals = edited(text, &[edit]).expect_err("refused");
    let line = |refusal: &Refusal| {
        format!("{:?} {} ({})", refusal.key, refusal.message, refusal.hint.as_deref().unwrap_or(""))
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// The lines that are gone, after a minus, and those that are new, after a plus; the order of all others is kept.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let ahead = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let behind = old[ahead..].iter().rev().zip(new[ahead..].iter().rev()).take_while(|(old, new)| old == new).count();
    let gone = old[ahead..old.len() - behind].iter().map(|line| format!("-{line}"));
    let come = new[ahead..new.len() - behind].iter().map(|line| format!("+{line}"));
    gone.chain(come).collect::<Vec<_>>().join("\n")
}

fn text(text: &str) -> Option<Setting> {
    Some(Setting::Text(text.to_owned()))
}

fn finn() -> Fields {
    let homes = vec!["north".to_owned(), "choir".to_owned()];
    vec![("name", text("Finn Lane")), ("phone", text("07700 900129")), ("household", Some(Setting::Texts(homes)))]
}

// G1: a person more or less, and nothing else of the file is another.
#[test]
fn the_file_is_changed_where_it_says_it_and_nowhere_else() {
    let added = edited(TEMPLATE, &[Edit::Add(finn())]).expect("sound");
    insta::assert_snapshot!(difference(TEMPLATE, &added), @r#"
    +[[people]]
    +name = "Finn Lane"
    +phone = "07700 900129"
    +household = ["north", "choir"]
    +
    "#);
    let fields = vec![
        ("phone", text("+44 7700 900199")),
        ("email", None),
        ("wishes", Some(Setting::Texts(vec![]))),
        ("household", text("west")),
    ];
    let changed = edited(TEMPLATE, &[Edit::Change("ada hill".to_owned(), fields)]).expect("sound");
    insta::assert_snapshot!(difference(TEMPLATE, &changed), @r#"
    -phone = "+44 7700 900123"            # any usual way of writing it
    -email = "ada@example.org"
    -# deliver = "sms"                    # how they are told: "sms", where there is a phone, or "email"
    -household = "north"                  # members of one household never draw each other; also a list: ["north", "choir"]
    -wishes = ["wool socks", "a good mystery"]   # best first; people can also text theirs
    +phone = "+44 7700 900199"            # any usual way of writing it
    +# deliver = "sms"                    # how they are told: "sms", where there is a phone, or "email"
    +household = "west"                  # members of one household never draw each other; also a list: ["north", "choir"]
    "#);
    let removed = edited(TEMPLATE, &[Edit::Remove("Edith Wood".to_owned())]).expect("sound");
    insta::assert_snapshot!(difference(TEMPLATE, &removed), @r#"
    -[[people]]
    -name = "Edith Wood"
    -phone = "07700 900127"
    -
    -# One [[exclusions]] section for each pair that must not happen.
    -[[exclusions]]
    -giver = "Edith Wood"
    -receiver = "Ada Hill"                # also a list: ["Ada Hill", "Ben Hill"]; or household = "south" for all of its members
    +# One [[exclusions]] section for each pair that must not happen.
    "#);
    // The comment above the first person is about all of them.
    let removed = edited(TEMPLATE, &[Edit::Remove("Ada Hill".to_owned())]).expect("sound");
    assert!(removed.contains("# One [[people]] section per person. A name is required, and a phone or an email.\n[[people]]\nname = \"Ben Hill\""), "{removed}");
    let back = edited(&added, &[Edit::Remove("FINN lane".to_owned())]).expect("sound");
    assert_eq!(back, TEMPLATE);
}

// G1
#[test]
fn another_name_is_known_everywhere() {
    let past =
        "\n[[past]]\nyear = 2024\npairings = [[\"Edith Wood\", \"Ben Hill\"], [\"Ada Hill\", \"edith  wood\"]]\n";
    let before = format!("{TEMPLATE}{past}");
    let renamed = edited(&before, &[Edit::Change("Edith Wood".to_owned(), vec![("name", text("Edith Marsh"))])]);
    let renamed = renamed.expect("sound");
    assert!(!renamed.to_lowercase().contains("edith wood") && renamed.matches("Edith Marsh").count() == 4, "{renamed}");
}

// G1: what would break the roster is refused with its reason and the key, and every change with it.
#[test]
fn a_change_that_would_break_the_roster_is_refused() {
    let person = |key: &'static str, value: &str| Edit::Change("Ada Hill".to_owned(), vec![(key, text(value))]);
    insta::assert_snapshot!(
        [
            refused(TEMPLATE, person("phone", "0770090012")),
            refused(TEMPLATE, person("name", "BEN hill")),
            refused(TEMPLATE, Edit::Add(vec![("name", text("Gwen"))])),
            refused(TEMPLATE, Edit::Add(finn().into_iter().chain([("email", text("gwen"))]).collect())),
            refused(TEMPLATE, Edit::Remove("Ada".to_owned())),
        ]
        .join("\n"),
        @r#"
    Some("phone") this is not a valid phone number (write it as it is dialled in GB, or with a plus and the country code)
    Some("name") "Ben Hill" is in the roster already, at line 26 (each name must be unique: add a surname or an initial)
    None "Gwen" has neither a phone nor an email (add one of them)
    Some("email") this is not an e-mail address (write it as name@example.org)
    None there is no person called "Ada" (did you mean "Ada Hill"?)
    "#
    );
    let two =
        "[exchange]\nname = \"x\"\n[[people]]\nname = \"Ada\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
    let both = [Edit::Change("Ada".to_owned(), vec![("email", text("a@example.org"))]), Edit::Remove("Bem".to_owned())];
    let mended = two.replacen("\n[[people]]\nname = \"Ben", "\nemail = \"c@example.org\"\n[[people]]\nname = \"Ben", 1);
    assert!(edited(&mended, &both[..1]).is_ok() && edited(&mended, &both).is_err());
    assert!(matches!(apply(two, |text| draft(text, b""), &[]), Err(EditError::Before(_))));
}

// G1 G8: a roster begun in the database has nobody in it.
#[test]
fn people_are_added_to_an_exchange_that_has_none() {
    let mut text =
        "\u{feff}[exchange]\r\nname = \"x\"\r\ncountry = \"GB\"\r\n\r\n[messages]\r\nbudget = \"{budget}!\"\r\n"
            .to_owned();
    for name in ["Ada", "Ben"] {
        let fields = vec![("name", self::text(name)), ("email", self::text(&format!("{name}@example.org")))];
        text = edited(&text, &[Edit::Add(fields)]).expect("sound");
    }
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    insta::assert_snapshot!(text.trim_start_matches('\u{feff}').replace('\r', ""), @r#"
    [exchange]
    name = "x"
    country = "GB"

    [[people]]
    name = "Ada"
    email = "Ada@example.org"

    [[people]]
    name = "Ben"
    email = "Ben@example.org"

    [messages]
    budget = "{budget}!"
    "#);
}

// G1: with whoever goes.
#[test]
fn exclusions_are_taken_out_as_they_are_written() {
    let rules = "\n# why\n[[exclusions]]\ngiver = \"Ada Hill\"\nreceiver = [\"Ben Hill\", \"Cleo Marsh\"]\nboth_ways = true\n\
                 [[exclusions]]\ngiver = \"Ben Hill\"\nhousehold = \"south\"\n";
    let before = format!("{TEMPLATE}{rules}");
    let less = edited(&before, &[Edit::Remove("ben hill".to_owned())]).expect("sound");
    assert!(less.contains("# why\n[[exclusions]]\ngiver = \"Ada Hill\"\nreceiver = [\"Cleo Marsh\"]\n"), "{less}");
    let gone = edited(&before, &[Edit::Remove("Ada Hill".to_owned())]).expect("sound");
    assert!(!gone.contains("giver = \"Ada Hill\"") && gone.contains("household = \"south\""), "{gone}");
}

// G1
#[test]
fn people_written_within_one_value_are_changed_there() {
    let before = "people = [\n  { name = \"Ada\", email = \"a@example.org\" }, # first\n  { name = \"Ben\", email = \"b@example.org\" },\n]\n[exchange]\nname = \"x\"\n";
    let edits = [
        Edit::Add(vec![("name", text("Cy")), ("email", text("c@example.org"))]),
        Edit::Change("Ben".to_owned(), vec![("email", text("d@example.org"))]),
        Edit::Remove("Ada".to_owned()),
    ];
    insta::assert_snapshot!(edited(before, &edits).expect("sound"), @r#"
    people = [ # first
      { name = "Ben", email = "d@example.org" }, { name = "Cy", email = "c@example.org" },
    ]
    [exchange]
    name = "x"
    "#);
}

// G14: whoever stands in a spreadsheet is changed there.
#[test]
fn people_of_a_file_are_not_changed_here() {
    let before =
        "[exchange]\nname = \"x\"\npeople = \"staff.csv\"\n[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n";
    let staff = b"Name,Email\nBen,b@example.org\n";
    let change = [Edit::Remove("ben".to_owned())];
    let Err(EditError::Refused(refusals)) = apply(before, |text| draft(text, staff), &change) else {
        panic!("changed")
    };
    assert_eq!(refusals[0].message, "\"ben\" is in staff.csv");
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let name = prop_oneof![Just("Ada Hill"), Just("Ben Hill"), Just("Edith Wood"), Just("Finn"), Just("Gw\"en\n")]
        .prop_map(str::to_owned);
    let value = prop_oneof![
        "\\PC{0,12}".prop_map(|text| Some(Setting::Text(text))),
        prop::collection::vec("\\PC{0,9}", 0..3).prop_map(|list| Some(Setting::Texts(list))),
        Just(None),
        Just(Some(Setting::Text("+44 7700 900150".to_owned()))),
    ];
    let key = prop_oneof![Just("name"), Just("phone"), Just("email"), Just("household"), Just("wishes")];
    let fields = prop::collection::vec((key, value), 0..4);
    prop_oneof![
        fields.clone().prop_map(Edit::Add),
        (name.clone(), fields).prop_map(|(name, fields)| Edit::Change(name, fields)),
        name.prop_map(Edit::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    // G1: whatever is asked for, what comes out is a roster, with every comment of the file still in it but for those of
    // sections that went.
    #[test]
    fn any_changes_leave_a_roster_or_nothing_changed(edits in prop::collection::vec(any_edit(), 1..5)) {
        if let Ok(after) = apply(TEMPLATE, |text| draft(text, b""), &edits) {
            prop_assert!(draft(&after.text, b"").is_ok());
            let within = |line: &str| line.starts_with("# deliver") || line.starts_with("# both_ways");
            let comments = TEMPLATE.lines().filter(|line| line.starts_with('#') && !within(line));
            for comment in comments {
                prop_assert!(after.text.contains(comment), "{}", comment);
            }
        }
    }
}
