use proptest::prelude::*;

use super::*;
use crate::messaging::length::{Encoding, measure};
use crate::model::{Person, PersonIndex, Rules};

pub(crate) fn family() -> Exchange {
    let person = |name: &str| Person {
        id: None,
        name: name.to_owned(),
        phone: None,
        email: None,
        deliver: None,
        households: Vec::new(),
        wishes: Vec::new(),
        place: None,
    };
    Exchange {
        name: "Hill family 2026".to_owned(),
        series: "Hill family".to_owned(),
        keyword: "christmas".to_owned(),
        date: Some(jiff::civil::date(2026, 12, 24)),
        timezone: "Europe/London".to_owned(),
        budget: Some("25 GBP".to_owned()),
        reply: DEFAULT_REPLY.to_owned(),
        country: Some("GB".to_owned()),
        rules: Rules::default(),
        people: ["Ada Hill", "Ben O'Brien", "Zoë 🎄 <script>", "Ada Dale"].map(person).to_vec(),
        exclusions: Vec::new(),
        past: Vec::new(),
        messages: std::collections::BTreeMap::new(),
    }
}

const ADA: PersonIndex = PersonIndex(0);

/// Ada's view, from a phone that she and Zoë share.
fn adas<'a>(exchange: &'a Exchange, receivers: &'a [Receiver<'a>]) -> View<'a> {
    View { me: Some(ADA), sharers: &["Ada Hill", "Zoe Hill"], receivers, ..View::stranger(exchange) }
}

fn ben<'a>(wishes: &'a [String]) -> [Receiver<'a>; 1] {
    [Receiver { name: "Ben O'Brien", wishes }]
}

fn all_outcomes() -> Vec<Outcome> {
    let verbs = [Verb::Name, Verb::Wish, Verb::Ask, Verb::Tell, Verb::Proof];
    let mut outcomes = vec![
        Outcome::Told,
        Outcome::NotYours,
        Outcome::NotDrawnYet,
        Outcome::NotReadyYet,
        Outcome::WishAdded { count: 1 },
        Outcome::WishList,
        Outcome::WishListFull { count: 20 },
        Outcome::Unwished { left: 0 },
        Outcome::NoSuchWish { count: 2 },
        Outcome::Reported(GiftReport::Bought),
        Outcome::Reported(GiftReport::Sent),
        Outcome::Reported(GiftReport::Got),
        Outcome::Proof,
        Outcome::Menu,
        Outcome::Budget,
        Outcome::Date,
        Outcome::Nudge,
        Outcome::UnknownNumber,
        Outcome::TooMany,
        Outcome::Silence,
    ];
    for verb in verbs {
        outcomes.extend([
            Outcome::WhichPerson { verb },
            Outcome::Relayed(verb),
            Outcome::RelayWaits(verb),
            Outcome::RelayUnreachable(verb),
            Outcome::RelayHeldBack(verb),
            Outcome::Unfinished(verb),
            Outcome::Oversized(verb),
        ]);
    }
    outcomes
}

// X4 X6 X7
#[test]
fn the_answer_is_the_name_in_a_sentence_with_the_wishes_behind_it() {
    let exchange = family();
    let told = Outcome::Told;
    assert_eq!(words(&told, &adas(&exchange, &ben(&[]))).as_deref(), Some("You have Ben O'Brien."));
    let wishes = ["wool socks".to_owned(), "a book".to_owned()];
    let receivers = ben(&wishes);
    let answer = words(&told, &adas(&exchange, &receivers));
    assert_eq!(answer.as_deref(), Some("You have Ben O'Brien.\nWishes: wool socks; a book"));
    assert_eq!(words(&told, &adas(&exchange, &receivers)), answer, "asked again, told the same");
}

// X6
#[test]
fn several_receivers_are_named_one_after_the_other() {
    let exchange = family();
    let wishes = ["socks".to_owned()];
    let receivers = [ben(&wishes)[0], Receiver { name: "Zoë", wishes: &[] }];
    let answer = words(&Outcome::Told, &adas(&exchange, &receivers));
    assert_eq!(answer.as_deref(), Some("You have Ben O'Brien, Zoë.\nBen O'Brien: socks"));
}

// X6
#[test]
fn the_organizers_reply_says_exactly_what_it_says() {
    let mut exchange = family();
    exchange.reply = "{giver} -> {receiver} ({wishes}) {budget}, {date} {{}}".to_owned();
    let wishes = ["socks".to_owned()];
    let answer = reply(&exchange, "Ada Hill", &ben(&wishes));
    assert_eq!(answer, "Ada Hill -> Ben O'Brien (Wishes: socks) 25 GBP, 24 December 2026 {}");
    exchange.reply = "You have {receiver}".to_owned();
    assert_eq!(reply(&exchange, "Ada Hill", &ben(&wishes)), "You have Ben O'Brien");
    exchange.reply = "{receiver}".to_owned();
    assert_eq!(reply(&exchange, "Ada Hill", &ben(&wishes)), "Ben O'Brien");
    exchange.reply = "{nonsense}".to_owned();
    assert_eq!(reply(&exchange, "Ada Hill", &ben(&[])), "You have Ben O'Brien.", "an unsound reply is not used");
    exchange.reply = "{receiver} {budget}{date}".to_owned();
    (exchange.budget, exchange.date) = (None, None);
    assert_eq!(reply(&exchange, "Ada Hill", &ben(&[])), "Ben O'Brien ");
}

// X11 G9
#[test]
fn a_view_of_nobody_shows_nobodys_own() {
    let exchange = family();
    let receivers = ben(&[]);
    let own = ["a kite".to_owned(), "AAAA".to_owned()];
    let view = View { me: None, wishes: &own, receipts: &own, ..adas(&exchange, &receivers) };
    for outcome in all_outcomes() {
        let answer = words(&outcome, &view);
        if matches!(outcome, Outcome::Told | Outcome::Proof | Outcome::WishList) {
            assert_eq!(answer, None, "{outcome:?}");
        }
        let shown = answer.unwrap_or_default();
        assert!(!["O'Brien", "kite", "AAAA"].iter().any(|own| shown.contains(own)), "{outcome:?}: {shown}");
    }
}

// X11
#[test]
fn only_told_names_the_receiver() {
    let exchange = family();
    let receivers = ben(&[]);
    for outcome in all_outcomes() {
        let answer = words(&outcome, &adas(&exchange, &receivers)).unwrap_or_default();
        assert_eq!(answer.contains("O'Brien"), outcome == Outcome::Told, "{outcome:?}: {answer}");
    }
}

// X9 X11
#[test]
fn a_stranger_learns_nothing() {
    let exchange = family();
    for outcome in all_outcomes() {
        let answer = words(&outcome, &View::stranger(&exchange)).unwrap_or_default();
        assert!(!exchange.people.iter().any(|person| answer.contains(&person.name)), "{outcome:?}: {answer}");
    }
    let hello = words(&Outcome::UnknownNumber, &View::stranger(&exchange)).unwrap_or_default();
    assert!(!hello.to_lowercase().contains("christmas") && !hello.contains("Hill"), "{hello}");
}

// X8 X10
#[test]
fn every_outcome_but_silence_has_short_words_that_carriers_let_through() {
    let exchange = family();
    let receivers = ben(&[]);
    let receipts = ["ABCD-EFGH-JKMN-PQRS-TVWX".to_owned()];
    let fingerprint = "ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345-6789";
    for outcome in all_outcomes() {
        let told = Some(LastTold { at: jiff::civil::date(2026, 9, 30).at(18, 5, 0, 0), by: ToldBy::Mail });
        let view = View { receipts: &receipts, fingerprint, told, openings: 12, ..adas(&exchange, &receivers) };
        let Some(answer) = words(&outcome, &view) else {
            assert_eq!(outcome, Outcome::Silence);
            continue;
        };
        let length = measure(&answer);
        let most = if matches!(outcome, Outcome::Menu) { 2 } else { 1 };
        assert_eq!(length.encoding, Encoding::Gsm7, "{answer} {:?}", length.culprit);
        assert!(length.segments <= most, "{} units: {answer}", length.units);
        for filtered in ["gift", "free", "win", "prize", "present", "http"] {
            let found = answer.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word == filtered);
            assert!(!found, "{filtered}: {answer}");
        }
    }
}

// X8
#[test]
fn what_to_text_is_said_in_one_line() {
    let exchange = family();
    let nudge = words(&Outcome::Nudge, &View::stranger(&exchange));
    assert_eq!(nudge.as_deref(), Some("Text CHRISTMAS to learn who you have, or MENU for everything else."));
    insta::assert_snapshot!(words(&Outcome::Menu, &View::stranger(&exchange)).unwrap_or_default(), @"
    CHRISTMAS: who you have
    WISH socks, WISHES, UNWISH 2: your list
    ASK + question: ask them anonymously
    TELL + message: answer your giver
    BOUGHT, SENT, GOT: tell us when done
    BUDGET, WHEN: how much, which day
    PROOF: has anybody looked?
    LINK: a page of your own
    ");
}

// X18
#[test]
fn the_people_of_a_shared_phone_are_told_what_to_text() {
    let exchange = family();
    let which =
        |verb, sharers: &[&str]| words(&Outcome::WhichPerson { verb }, &View { sharers, ..View::stranger(&exchange) });
    let both = ["Ada Hill", "Ben O'Brien"];
    insta::assert_snapshot!(which(Verb::Name, &both).unwrap_or_default(), @"Which of you is it? Please text CHRISTMAS Ada or CHRISTMAS Ben");
    insta::assert_snapshot!(which(Verb::Wish, &both).unwrap_or_default(), @"Which of you is it? Please text WISH Ada: ... or WISH Ben: ...");
    let namesakes = which(Verb::Proof, &["Ada Hill", "Ada Dale"]).unwrap_or_default();
    assert_eq!(namesakes, "Which of you is it? Please text PROOF Ada Hill or PROOF Ada Dale");
    assert_eq!(which(Verb::Name, &["Ada Hill"]), None, "nobody is asked which of one they are");
}

// H10
#[test]
fn a_giver_is_no_easier_to_guess_by_being_out_of_reach() {
    let exchange = family();
    let said = |outcome| words(&outcome, &View::stranger(&exchange));
    assert_eq!(said(Outcome::RelayWaits(Verb::Tell)), said(Outcome::Relayed(Verb::Tell)));
    assert_eq!(said(Outcome::RelayUnreachable(Verb::Tell)), said(Outcome::Relayed(Verb::Tell)));
    assert_ne!(said(Outcome::RelayWaits(Verb::Ask)), said(Outcome::Relayed(Verb::Ask)));
    let held = said(Outcome::RelayHeldBack(Verb::Ask)).unwrap_or_default();
    assert!(held.contains("ASK!"), "{held}");
}

// H6 H7
#[test]
fn proof_shows_receipt_fingerprint_and_openings() {
    let exchange = family();
    let receipts = ["ABCD-EFGH".to_owned()];
    let proof = |openings| {
        let view = View { receipts: &receipts, fingerprint: "JKMN-PQRS", openings, ..adas(&exchange, &[]) };
        words(&Outcome::Proof, &view).unwrap_or_default()
    };
    assert_eq!(proof(0), "Receipt: ABCD-EFGH\nFingerprint: JKMN-PQRS\nOpened so far: never\nName last sent: never");
    assert!(proof(1).contains("so far: once\n") && proof(3).contains("so far: 3 times\n"));
}

// H7
#[test]
fn proof_says_when_and_how_the_name_was_last_told() {
    let mut exchange = family();
    let at = jiff::civil::date(2026, 12, 3).at(18, 5, 59, 0);
    let proof = |exchange: &Exchange, by| {
        let view = View { told: Some(LastTold { at, by }), ..adas(exchange, &[]) };
        words(&Outcome::Proof, &view).unwrap_or_default()
    };
    assert!(proof(&exchange, ToldBy::Text).ends_with("\nName last sent: 3 December 2026, 18:05, by text"));
    assert!(proof(&exchange, ToldBy::Mail).ends_with("\nName last sent: 3 December 2026, 18:05, by mail"));
    assert!(proof(&exchange, ToldBy::Page).ends_with("\nName last sent: 3 December 2026, 18:05, on your page"));
    exchange.messages.insert("day".to_owned(), "{day}.{month_number}.{year}".to_owned());
    assert!(proof(&exchange, ToldBy::Text).ends_with("\nName last sent: 3.12.2026, 18:05, by text"));
}

// G8
#[test]
fn budget_and_day_are_said_to_whoever_asks() {
    let mut exchange = family();
    let said = |exchange: &Exchange, outcome| words(&outcome, &View::stranger(exchange)).unwrap_or_default();
    assert_eq!(said(&exchange, Outcome::Budget), "The budget: 25 GBP");
    assert_eq!(said(&exchange, Outcome::Date), "The day: 24 December 2026");
    (exchange.budget, exchange.date) = (None, None);
    assert_eq!(said(&exchange, Outcome::Budget), "No budget has been set.");
    assert_eq!(said(&exchange, Outcome::Date), "No day has been set.");
}

// H10 H12
#[test]
fn whatever_is_kept_is_acknowledged_as_noted() {
    let exchange = family();
    let reports = [GiftReport::Bought, GiftReport::Sent, GiftReport::Got].map(Outcome::Reported);
    let relays = [Verb::Ask, Verb::Tell].map(|verb| [Outcome::Relayed(verb), Outcome::RelayWaits(verb)]);
    for outcome in reports.into_iter().chain(relays.into_iter().flatten()).chain([Outcome::WishAdded { count: 2 }]) {
        let answer = words(&outcome, &View::stranger(&exchange)).unwrap_or_default();
        assert!(answer.starts_with("Noted"), "{outcome:?}: {answer}");
    }
}

// X25
#[test]
fn a_question_about_somebody_else_is_turned_down_in_words() {
    let exchange = family();
    let receivers = ben(&[]);
    let answer = words(&Outcome::NotYours, &adas(&exchange, &receivers)).unwrap_or_default();
    assert_eq!(answer, "You can only ask who you have yourself. Text CHRISTMAS for that.");
}

#[test]
fn wishes_are_numbered_as_unwish_counts_them() {
    let exchange = family();
    let wishes = ["wool socks".to_owned(), "a {book}".to_owned()];
    let view = View { wishes: &wishes, ..adas(&exchange, &[]) };
    assert_eq!(words(&Outcome::WishList, &view).as_deref(), Some("Your wishes:\n1 wool socks\n2 a {book}"));
    let added = words(&Outcome::WishAdded { count: 1 }, &view);
    assert_eq!(added.as_deref(), Some("Noted. Your list has 1 wish now. Text WISHES to see it."));
}

// H10
#[test]
fn an_answer_never_outgrows_one_message() {
    let exchange = family();
    let wishes: Vec<String> = (0..50).map(|_| "🎄".repeat(200)).collect();
    let receivers = ben(&wishes);
    for outcome in [Outcome::Told, Outcome::WishList] {
        let view = View { wishes: &wishes, ..adas(&exchange, &receivers) };
        let answer = words(&outcome, &view).unwrap_or_default();
        assert_eq!(answer.chars().count(), MAX_SMS);
    }
}

// X11 H2: the log holds outcomes, from which a repeated delivery is answered again
#[test]
fn outcomes_are_stored_without_a_person_and_read_back() {
    for outcome in all_outcomes() {
        let stored = serde_json::to_string(&outcome).expect("plain data");
        assert_eq!(serde_json::from_str::<Outcome>(&stored).expect("what was written"), outcome);
        let has_a_number = stored.contains(|c: char| c.is_ascii_digit());
        assert!(!has_a_number || stored.contains("count") || stored.contains("left"), "{stored}");
    }
    let stored = |outcome: &Outcome| serde_json::to_string(outcome).expect("plain data");
    assert_eq!(stored(&Outcome::Told), r#""told""#);
    assert_eq!(stored(&Outcome::Proof), r#""proof""#);
    assert_eq!(stored(&Outcome::WhichPerson { verb: Verb::Name }), r#"{"which_person":{"verb":"name"}}"#);
    assert_eq!(stored(&Outcome::Reported(GiftReport::Got)), r#"{"reported":"got"}"#);
    assert_eq!(stored(&Outcome::Unwished { left: 3 }), r#"{"unwished":{"left":3}}"#);
}

proptest! {
    // X11
    #[test]
    fn told_mentions_nobody_but_the_own_receiver(me in proptest::option::of(0u32..4), receiver in 0usize..4) {
        let exchange = family();
        let receivers = [Receiver { name: &exchange.people[receiver].name, wishes: &[] }];
        let view = View { me: me.map(PersonIndex), receivers: &receivers, ..View::stranger(&exchange) };
        let answer = words(&Outcome::Told, &view);
        prop_assert_eq!(answer, me.map(|_| format!("You have {}.", exchange.people[receiver].name)));
    }
}
