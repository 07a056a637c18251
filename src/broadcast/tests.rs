use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

const SENDER: &str = "Hill Club";

fn phone(n: u32) -> Phone {
    Phone::from_provider(&format!("+4477009{n:05}")).expect("a number")
}

fn somebody(n: u32, first_name: &str) -> Somebody {
    Somebody {
        id: PersonId(i64::from(n)),
        first_name: first_name.to_owned(),
        last_name: String::new(),
        phone: Some((phone(n), Standing::Agreed)),
        email: None,
        is_first: false,
    }
}

fn mailed(n: u32, standing: Standing) -> Somebody {
    let email = Email::parse(&format!("p{n}@example.org")).expect("an address");
    Somebody { phone: None, email: Some((email, standing)), ..somebody(n, "Ann") }
}

fn words(plan: &Plan) -> Vec<&str> {
    plan.messages.iter().map(|message| message.words.as_str()).collect()
}

// A9 A6
#[test]
fn everybody_reads_words_of_their_own_and_a_blank_field_its_fallback() {
    let audience = [somebody(1, "Zoë"), somebody(2, ""), somebody(3, "<script>"), somebody(4, "{name}")];
    let plan = plan("Hi {first_name|there}: {{x}}", SENDER, Ways::Sms, &audience).expect("a plan");
    assert_eq!(words(&plan), ["Hi Zoë: {x}", "Hi there: {x}", "Hi <script>: {x}", "Hi {name}: {x}"]);
    assert_eq!(plan.messages.iter().map(|message| message.segments).sum::<usize>(), 4);
}

// A5 A9
#[test]
fn a_text_that_cannot_be_sent_is_refused_with_its_column() {
    let one = [somebody(1, "Ann")];
    let refused = |text: &str| plan(text, SENDER, Ways::Sms, &one).expect_err("refused").to_string();
    assert_eq!(refused(" "), "column 1: this text is empty");
    assert_eq!(refused("Zoë, {fist_name}"), "column 6: unknown placeholder {fist_name}");
    assert_eq!(refused("{first_name|there"), "column 1: this brace is not closed");
    assert!(refused(&"a".repeat(1_601)).starts_with("column 1601: this text is longer than"));
    let long = refused(&"д".repeat(700));
    assert!(long.starts_with("the text to Ann takes 11 segments of the 10"), "{long}");
    let nobody = plan("Hi", SENDER, Ways::Sms, &[]).expect_err("nobody").to_string();
    assert_eq!(nobody, "nobody would get it: there is nobody on it");
    let none = plan("Hi", SENDER, Ways::Sms, &[mailed(1, Standing::Agreed)]).expect_err("nobody").to_string();
    assert_eq!(none, "nobody would get it: 1 has no address for it");
}

// A5 A9: nobody's name is everybody's trouble
#[test]
fn whoever_has_a_name_that_makes_it_too_long_is_left_out_alone() {
    let with_mail = Somebody { email: mailed(4, Standing::Agreed).email, ..somebody(4, "🎄") };
    let audience = [somebody(1, "Ann"), somebody(2, "🎄"), somebody(3, "Ben"), with_mail];
    let text = format!("Hi {{first_name}}, {}", "a".repeat(700));
    let made = plan(&text, SENDER, Ways::Either, &audience).expect("a plan");
    let got: Vec<_> = made.messages.iter().map(|message| (message.person.0, message.by)).collect();
    assert_eq!(got, [(1, By::Text), (3, By::Text), (4, By::Mail)], "an e-mail is as long as it likes");
    let out: Vec<_> = made.left_out.iter().map(|(id, _, why)| (id.0, why.words())).collect();
    assert_eq!(out, [(2, "would get 11 segments, more than 10".to_owned())]);
}

// A4 A9
#[test]
fn everybody_who_is_left_out_is_named_with_the_reason() {
    let standing = |n, standing| Somebody { phone: Some((phone(n), standing)), ..somebody(n, "Ann") };
    let audience = [
        somebody(1, "Ann"),
        standing(2, Standing::Withdrawn),
        standing(3, Standing::Asked),
        standing(4, Standing::NeverWrote),
        Somebody { phone: Some((phone(1), Standing::Agreed)), ..somebody(5, "Ann") },
        standing(6, Standing::Landline),
        mailed(7, Standing::Agreed),
        mailed(8, Standing::NotAsked),
    ];
    let made = plan("Hi", SENDER, Ways::Both, &audience).expect("a plan");
    let out = |by: By| {
        let of = made.left_out.iter().filter(move |(_, way, _)| *way == by);
        of.map(|(id, _, why)| (id.0, why.words())).collect::<Vec<_>>()
    };
    let said = |all: &[(i64, &str)]| all.iter().map(|(id, why)| (*id, (*why).to_owned())).collect::<Vec<_>>();
    let texts = [
        (2, "has opted out"),
        (3, "has not confirmed"),
        (4, "has never texted this number"),
        (5, "same address and same words as Ann"),
        (6, "the phone is a landline"),
        (7, "has no address for it"),
        (8, "has no address for it"),
    ];
    assert_eq!(out(By::Text), said(&texts));
    assert_eq!(out(By::Mail).last(), said(&[(8, "has not confirmed")]).last());
    assert_eq!(made.messages.len(), 2);
    // One way each: whoever cannot be texted gets an e-mail, and is left out once at most.
    let either = plan("Hi", SENDER, Ways::Either, &audience).expect("a plan");
    assert_eq!((either.messages.len(), either.left_out.len()), (2, 6));
}

// A4
#[test]
fn the_dearest_text_names_its_character_and_a_cheaper_spelling() {
    let dear = |text: &str| Dearest::of("Ann".to_owned(), text);
    let smart = format!("{}’s", "a".repeat(100));
    assert_eq!(
        dear(&smart).words(),
        "the longest text, to Ann, takes 2 segments; '’' makes it dear (write ': 1 would do)"
    );
    assert_eq!(dear("Zoë").words(), "the longest text, to Ann, takes 1 segment; 'ë' makes it dear (write e)");
    assert_eq!(dear("🎄").words(), "the longest text, to Ann, takes 1 segment; '🎄' makes it dear (leave it out)");
    assert_eq!(dear("Hi").words(), "the longest text, to Ann, takes 1 segment");
    assert_eq!(cheaper("“Zoë’s” café… 🎄"), "\"Zoe's\" café... 🎄");
}

#[test]
fn the_first_text_says_who_writes() {
    let first = [Somebody { is_first: true, ..somebody(1, "Ann") }];
    let said = |text: &str| words(&plan(text, SENDER, Ways::Sms, &first).expect("a plan"))[0].to_owned();
    assert_eq!(said("We meet at 8."), "Hill Club: We meet at 8.");
    assert_eq!(said("Hill Club meets at 8."), "Hill Club meets at 8.");
}

// A11
#[test]
fn a_code_says_what_follows() {
    for (code, class) in [
        (30036, Class::Wait),
        (30003, Class::Retry),
        (30008, Class::Retry),
        (21211, Class::Never),
        (30005, Class::Never),
        (21610, Class::OptedOut),
        (20003, Class::Stop),
        (30034, Class::Stop),
        (21408, Class::StopIfMany),
        (30007, Class::StopIfMany),
        (550, Class::Never),
    ] {
        assert_eq!(Class::of(Some(code)), class, "{code}");
    }
    assert_eq!(Class::of(None), Class::Retry);
}

fn window(zones: &[&str]) -> Window {
    let zones = zones.iter().map(|zone| TimeZone::get(zone).expect("a zone"));
    Window::new((time(21, 0, 0, 0), time(8, 0, 0, 0)), zones)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Whether it is day in all of these zones, by the clock on the wall alone.
fn is_day(now: Timestamp, zones: &[&str]) -> bool {
    zones.iter().all(|zone| {
        let clock = now.to_zoned(TimeZone::get(zone).expect("a zone")).time();
        clock >= time(8, 0, 0, 0) && clock < time(21, 0, 0, 0)
    })
}

// A10
#[test]
fn a_number_tells_the_zones_it_may_be_in() {
    let zones = |number: &str| possible_zones(None, Some(&Phone::from_provider(number).expect("a number")));
    assert!(zones("+447700900123").contains(&"Europe/London"));
    assert_eq!(zones("+491711234567"), ["Europe/Berlin"]);
    assert!(zones("+12125550100").contains(&"America/New_York"));
    assert!(zones("+12125550100").contains(&"Pacific/Honolulu"), "a number may be anywhere in its country");
    assert!(!zones("+14165550100").contains(&"Pacific/Honolulu"), "Toronto is none of theirs");
    assert_eq!(zones("40404"), Vec::<&str>::new());
    for zone in super::zones::all() {
        assert!(TimeZone::get(zone).is_ok(), "{zone}");
    }
}

// A10
#[test]
fn hours_that_no_zone_shares_are_those_of_the_last() {
    let apart = window(&["Pacific/Kiritimati", "Pacific/Honolulu"]);
    assert_eq!(apart.opens(at("2026-06-01T07:00:00Z")), Some(at("2026-06-01T18:00:00Z")));
    assert_eq!(apart.opens(at("2026-06-01T19:00:00Z")), None);
}

// A10 A4
#[test]
fn the_time_is_split_over_windows_and_days() {
    let pace = Pace { per_second: 1.0, per_day: 100_000, used_today: 0 };
    let night = at("2026-06-01T22:00:00Z");
    let london = schedule(night, vec![(window(&["Europe/London"]), 60)], pace);
    let morning = Stretch { from: at("2026-06-02T07:00:00Z"), until: at("2026-06-02T07:01:00Z"), segments: 60 };
    assert_eq!(london, [morning]);
    let long = schedule(at("2026-06-01T19:59:00Z"), vec![(window(&["Europe/London"]), 100)], pace);
    assert_eq!(long.iter().map(|stretch| stretch.segments).collect::<Vec<_>>(), [60, 40]);
    let bounded = schedule(at("2026-06-01T12:00:00Z"), vec![(window(&[]), 1_200)], Pace { per_day: 500, ..pace });
    assert_eq!(bounded.iter().map(|stretch| stretch.segments).collect::<Vec<_>>(), [500, 500, 200]);
    assert_eq!(bounded[1].from, at("2026-06-02T00:00:00Z"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    // A10: over both changes of the clocks of 2026 and 2027
    #[test]
    fn a_window_is_what_a_scan_of_minutes_finds(
        country in prop::sample::select(vec!["+447700900123", "+12125550100", "+14165550100", "+61412345678",
            "+5511987654321", "+351912345678", "+34612345678", "+6421123456", "+97798123456", "+79161234567"]),
        change in prop::sample::select(vec!["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25",
            "2026-11-01", "2027-03-14", "2027-03-28", "2027-10-31"]),
        minute in -2_880i64..2_880,
    ) {
        let zones = possible_zones(None, Some(&Phone::from_provider(country).expect("a number")));
        let window = window(&zones);
        let now = at(&format!("{change}T00:00:00Z")) + minute.minutes();
        match window.opens(now) {
            None => {
                prop_assert!(is_day(now, &zones));
                let closes = window.closes(now).expect("a night comes");
                let mut clock = now;
                while clock < closes {
                    prop_assert!(is_day(clock, &zones), "{clock} of {zones:?}");
                    clock += 1.minute();
                }
                prop_assert!(!is_day(closes, &zones));
            }
            Some(opens) => {
                prop_assert!(!is_day(now, &zones));
                let mut clock = now;
                while clock < opens {
                    prop_assert!(!is_day(clock, &zones), "{clock} of {zones:?}");
                    clock += 1.minute();
                }
                prop_assert!(is_day(opens, &zones));
            }
        }
    }
}
