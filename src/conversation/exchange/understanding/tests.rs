use proptest::prelude::*;

use super::*;
use crate::conversation::carrier::{carrier_word, is_carriers};
use crate::model::carriers::words as carriers_words;

fn christmas(body: &str) -> Intent {
    understand(body, &Vocabulary::new("christmas"))
}

/// What a test expects, short enough for a table.
fn shown(intent: &Intent) -> String {
    let behind = |who: &Option<String>| who.as_ref().map(|who| format!(" [{who}]")).unwrap_or_default();
    match intent {
        Intent::Name { who, .. } => format!("name{}", behind(who)),
        Intent::Wish(text) => format!("wish {text}"),
        Intent::Wishes { who } => format!("wishes{}", behind(who)),
        Intent::Unwish { who } => format!("unwish{}", behind(who)),
        Intent::Ask { text, insist } => format!("ask{} {text}", if *insist { "!" } else { "" }),
        Intent::Tell { text, insist } => format!("tell{} {text}", if *insist { "!" } else { "" }),
        Intent::Report { report, who } => format!("{}{}", report.word(), behind(who)),
        Intent::Proof { who } => format!("proof{}", behind(who)),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn check(table: &[(&str, &str)]) {
    for (body, expected) in table {
        assert_eq!(&shown(&christmas(body)), expected, "{body:?}");
    }
}

// X4 X5
#[test]
fn the_keyword_counts_anywhere_as_a_word() {
    check(&[
        ("christmas", "name"),
        ("CHRISTMAS", "name"),
        ("Merry Christmas!!", "name [merry]"),
        ("#christmas", "name"),
        ("  'christmas'.  ", "name"),
        ("\"Christmas\"?", "name"),
        ("merry_christmas_everyone", "name [merry everyone]"),
        ("🎄Christmas🎄", "name"),
        ("happy\nchristmas", "name [happy]"),
        ("christmas-time", "name [time]"),
        ("christmas's", "name [s]"),
        ("chr\u{ad}istmas", "name"),
        ("christ\0mas", "name"),
        ("\u{202e}christmas", "name"),
        ("who", "name"),
        ("WHO?", "name"),
        ("so who is it?", "name [so is it]"),
        ("so, who has christmas?", "name [so who has]"),
        ("christmas Ada", "name [ada]"),
        ("christmastime", "other"),
        ("merrychristmas", "other"),
        ("x-mas", "name"),
        ("X-Mas!", "name"),
        ("merry xmas", "name [merry]"),
        ("XMAS?", "name"),
        ("merryxmas", "other"),
        ("whoever", "other"),
    ]);
}

// X5
#[test]
fn the_keyword_may_be_of_any_script() {
    for (keyword, body) in [
        ("Noël", "JOYEUX NOËL !"),
        ("noël", "joyeux noe\u{308}l"),
        ("NOËL", "noël"),
        ("weiß", "WEISS"),
        ("Рождество", "С РОЖДЕСТВОМ, рождество!"),
        ("Χριστός", "ΧΡΙΣΤΌΣ"),
        ("圣诞", "圣诞快乐!!"),
        ("חג", "חג שמח"),
        ("x-mas", "merry X-MAS"),
        ("xmas2026", "XMAS2026!"),
        ("noël", "noël noël"),
    ] {
        let intent = understand(body, &Vocabulary::new(keyword));
        assert!(matches!(intent, Intent::Name { .. }), "{keyword} {body} {intent:?}");
    }
    for (keyword, body) in [("noël", "joyeux noel"), ("ναΐφ", "ναιφ"), ("año", "ano nuevo")] {
        let intent = understand(body, &Vocabulary::new(keyword));
        assert!(matches!(intent, Intent::Name { .. }), "accents are forgiven: {keyword} {body}");
    }
    assert_eq!(understand("please stop", &Vocabulary::new("stöp")), Intent::Other);
    assert_eq!(understand("I do ask", &Vocabulary::new("åsk")), Intent::Other);
    assert_eq!(understand("anything", &Vocabulary::new("")), Intent::Other);
    assert_eq!(understand("who", &Vocabulary::new("")), Intent::Name { who: None, asked: Some(String::new()) });
}

// X5
#[test]
fn one_mistyped_letter_is_forgiven_in_long_words() {
    check(&[
        ("chrismas", "name"),
        ("Cristmas!", "name"),
        ("chritsmas", "name"),
        ("merry christmass", "name [merry]"),
        ("xhristmas", "name"),
        ("chrstms", "other"),
        ("crismas", "other"),
        ("wishs", "wishes"),
        ("wishez", "wishes"),
        ("prooof", "proof"),
        ("prof", "other"),
        ("boght", "bought"),
        ("brought it", "bought [it]"),
        ("unwsh 2", "unwish [2]"),
        ("fought with my sister", "other"),
        ("thought about christmas", "name [thought about]"),
        ("wich socks", "other"),
        ("aks what", "other"),
    ]);
}

// H13
#[test]
fn a_word_that_could_be_two_things_is_neither() {
    assert_eq!(understand("proog", &Vocabulary::new("proot")), Intent::Other);
    assert_eq!(understand("boughs", &Vocabulary::new("coughs")), Intent::Other);
    assert_eq!(understand("stopa", &Vocabulary::new("stops")), Intent::Other);
    assert_eq!(understand("please stop", &Vocabulary::new("stops")), Intent::Other);
    assert_eq!(understand("please stop", &Vocabulary::new("stomp")), Intent::Other);
    assert_eq!(understand("please start", &Vocabulary::new("stars")), Intent::Other);
}

// H3 H13
#[test]
fn a_carriers_word_among_others_is_an_ordinary_word() {
    check(&[
        ("stop christmas", "name [stop]"),
        ("please stop", "other"),
        ("STOP PLEASE", "other"),
        ("stop all", "other"),
        ("yes please", "other"),
        ("help me", "other"),
        ("the end", "other"),
        ("ask stop", "ask stop"),
        ("wish STOP", "wish STOP"),
        ("no", "other"),
        ("maybe", "other"),
        ("probably", "other"),
    ]);
}

// H13
#[test]
fn a_carriers_word_is_never_guessed() {
    for typo in [
        "shop",
        "stip",
        "sto",
        "stopp",
        "cancle",
        "cancell",
        "ens",
        "quite",
        "unsubscibe",
        "strat",
        "star",
        "yess",
        "yea",
        "halp",
        "infp",
        "ſtop",
        "ınfo",
        "revokes",
        "opt out",
    ] {
        assert_eq!((carrier_word(typo), shown(&christmas(typo)).as_str()), (None, "other"), "{typo}");
    }
}

// H10 H12 X8
#[test]
fn a_command_leads() {
    check(&[
        ("WISH wool socks", "wish wool socks"),
        ("wish: Wool Socks, size 42!", "wish Wool Socks, size 42!"),
        ("Wish a merry christmas", "wish a merry christmas"),
        ("Wish you a merry Christmas!", "name [wish you a merry]"),
        ("wish you were here", "wish you were here"),
        ("Tell me who I have", "name [tell me i have]"),
        ("tell me more", "tell me more"),
        ("ASK who made it", "ask who made it"),
        ("WISH", "wishes"),
        ("WISH ...", "wishes"),
        ("WISHES", "wishes"),
        ("wishes Ada", "wishes [ada]"),
        ("UNWISH 2", "unwish [2]"),
        ("unwish #3.", "unwish [3]"),
        ("unwish 2\u{fe0f}\u{20e3}", "unwish [2]"),
        ("UNWISH", "unwish"),
        ("UNWISH socks", "unwish [socks]"),
        ("UNWISH -1", "unwish [1]"),
        ("UNWISH 99999999999999999999", "unwish [99999999999999999999]"),
        ("ASK What size are you?", "ask What size are you?"),
        ("ASK text merry christmas", "ask text merry christmas"),
        ("ask! I am Ada", "ask! I am Ada"),
        ("ASK ! I am Ada", "ask I am Ada"),
        ("ASK", "unfinished(ask)"),
        ("ASK!", "unfinished(ask)"),
        ("tell: 42", "tell 42"),
        ("TELL! it is me", "tell! it is me"),
        ("TELL ", "unfinished(tell)"),
        ("BOUGHT", "bought"),
        ("bought socks", "bought [socks]"),
        ("Bought?", "other"),
        ("SENT it yesterday", "sent [it yesterday]"),
        ("GOT", "got"),
        ("Got it, thanks!", "got [it thanks]"),
        ("GOT Ada Hill", "got [ada hill]"),
        ("Got a question", "other"),
        ("got no name yet", "other"),
        ("got any christmas spirit?", "name [got any spirit]"),
        ("PROOF", "proof"),
        ("proof please", "proof [please]"),
        ("MENU", "menu"),
        ("menu.", "menu"),
        ("?", "menu"),
        (" ?? ", "menu"),
        ("\u{ff1f}", "menu"),
        ("❓\u{fe0f}", "menu"),
    ]);
}

// H10 X8
#[test]
fn what_people_say_in_their_own_words_is_understood() {
    check(&[
        ("wish list", "wishes"),
        ("WISHLIST", "wishes"),
        ("wishlist please", "wishes [please]"),
        ("my wish list", "wishes"),
        ("What's on my list?", "wishes"),
        ("show me my wishes", "wishes"),
        ("WISH list of all birds", "wish list of all birds"),
        ("I wish for a red kite", "wish a red kite"),
        ("i wish for: Wool Socks!", "wish Wool Socks!"),
        ("WISH for a red kite", "wish a red kite"),
        ("I wish for", "wishes"),
        ("I wish I had a kite", "other"),
        ("I wish you a merry Christmas", "name [i wish you a merry]"),
        ("BUDGET", "budget"),
        ("budget?", "budget"),
        ("bugdet", "budget"),
        ("What's the budget?", "budget"),
        ("How much should we spend?", "budget"),
        ("how much wood", "other"),
        ("WHEN", "date"),
        ("when is it?", "date"),
        ("When is christmas?", "date"),
        ("DATE", "date"),
        ("what date is it", "date"),
        ("Date night with my wife", "other"),
        ("when I was young", "other"),
        ("When christmas bells ring", "name [when bells ring]"),
        ("RECEIPT", "proof"),
        ("my receipt please", "proof"),
        ("UNWISH kite", "unwish [kite]"),
    ]);
}

// X5: only the carriers' words and the first of ours are refused as keywords.
#[test]
fn a_keyword_that_is_one_of_our_lesser_words_comes_first() {
    for keyword in ["wishes", "budget", "date", "when", "receipt", "wishlist", "unwish"] {
        let intent = understand(keyword, &Vocabulary::new(keyword));
        assert!(matches!(intent, Intent::Name { who: None, .. }), "{keyword} {intent:?}");
    }
    for (keyword, body) in [("xmas", "merry christmas"), ("x-mas", "XMAS"), ("Hanukkah", "happy chanukah")] {
        let intent = understand(body, &Vocabulary::new(keyword));
        assert!(matches!(intent, Intent::Name { .. }), "{keyword} {intent:?}");
    }
    assert_eq!(understand("xmas", &Vocabulary::new("diwali")), Intent::Other);
}

// X8
#[test]
fn anything_else_is_other_and_nothing_is_empty() {
    check(&[
        ("", "empty"),
        (" \r\n\t", "empty"),
        ("\0\0", "empty"),
        ("\u{200b}\u{feff}", "empty"),
        ("hello", "other"),
        ("!", "other"),
        ("🎄", "other"),
        ("42", "other"),
        ("שלום", "other"),
        ("I want to ask you something", "other"),
    ]);
}

// H10
#[test]
fn texts_are_kept_clean_and_within_bounds() {
    check(&[
        ("ASK a\0b\u{202e}c\nd\t\te", "ask abc d e"),
        ("WISH e\u{301}toile 🎄 שלום", "wish étoile 🎄 שלום"),
        (&format!("WISH {}", "x".repeat(300)), &format!("wish {}", "x".repeat(300))),
        (&format!("WISH {}", "x".repeat(301)), "oversized(wish)"),
        (&format!("ASK {}", "🎄".repeat(1_500)), &format!("ask {}", "🎄".repeat(1_500))),
        (&format!("ASK {}", "🎄".repeat(1_501)), "oversized(ask)"),
        (&format!("TELL {}", "x ".repeat(5_000)), "oversized(tell)"),
    ]);
    let long = format!("{}christmas", "word ".repeat(2_000));
    let Intent::Name { who: Some(who), .. } = christmas(&long) else { panic!("10 KB with the keyword at the end") };
    assert!(who.chars().count() <= 200);
    let longer = format!("{}christmas", "🎄".repeat(16 * 1024));
    assert_eq!(christmas(&longer), Intent::Other, "what lies beyond 64 KiB is not looked at");
}

// H10: would not end in anybody's patience if the work grew faster than the text
#[test]
fn large_bodies_are_understood_in_bounded_work() {
    for unit in ["christmaz ", "stopp ", "e\u{301}\u{302}\u{303}", "\u{301}", "a", "? ", "\u{fdfa}", "wish "] {
        let _ = christmas(&unit.repeat(64 * 1024 / unit.len() + 1));
    }
}

// X11
#[test]
fn what_people_write_is_not_in_debug() {
    let intents = ["ASK is it Ada", "WISH Ada", "christmas Ada", "TELL Ada", "BOUGHT Ada", "UNWISH Ada"].map(christmas);
    assert_eq!(format!("{intents:?}"), "[Ask(..), Wish(..), Name(..), Tell(..), Bought(..), Unwish(..)]");
}

fn any_carriers_word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(carriers_words().collect::<Vec<_>>())
}

/// One edit to a word: a letter left out, put in, replaced, or swapped with the next.
fn edited(word: &str, kind: u8, at: usize, letter: char) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = at % letters.len();
    match kind % 4 {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letter),
        2 => letters[at] = letter,
        _ if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.push(letter),
    }
    letters.into_iter().collect()
}

proptest! {
    // H10
    #[test]
    fn any_text_is_understood(body in any::<String>(), keyword in "\\PC{0,20}") {
        let _ = understand(&body, &Vocabulary::new(&keyword));
    }

    // H10
    #[test]
    fn any_mixture_of_our_words_is_understood(body in "((wish|ASK!?|tell|Who|christmas|STOP|unwish|[0-9]+|[\\x00-\\x20]|[!?.:]|\u{202e}|🎄|e\u{301}){1,2} ?){0,8}") {
        let _ = christmas(&body);
    }

    // X5
    #[test]
    fn the_keyword_as_a_word_asks_for_the_name_unless_a_command_leads(
        before in "([a-z]{1,8}[ ,.!]{1,3}){0,4}", after in "([ ,.!?]{1,3}[a-z]{1,8}){0,4}",
        keyword in prop::sample::select(vec!["christmas", "CHRISTMAS", "Christmas", "who", "WHO"]),
    ) {
        let body = format!("{before}{keyword}{after}");
        let leads = first_word(&before).is_some_and(|(word, _)| leading(word, &Vocabulary::new("christmas")).is_some());
        prop_assume!(!leads);
        let is_name = matches!(christmas(&body), Intent::Name { .. });
        prop_assert!(is_name, "{}", body);
    }

    // H13
    #[test]
    fn a_typo_never_becomes_a_carriers_word(word in any_carriers_word(), kind: u8, at: usize, letter in "[a-z]") {
        let typo = edited(word, kind, at, letter.chars().next().unwrap_or('x'));
        prop_assume!(!carriers_words().any(|theirs| theirs == typo));
        prop_assume!(typo != "who");
        let intent = christmas(&typo);
        let is_nothing = matches!(intent, Intent::Other | Intent::Empty);
        prop_assert!(is_nothing && carrier_word(&typo).is_none(), "{} {:?}", typo, intent);
    }

    // H13
    #[test]
    fn a_mistyped_word_of_ours_never_becomes_a_carriers_word(
        verb in prop::sample::select(Verb::COMMANDS.to_vec()), kind: u8, at: usize, letter in "[a-z]",
    ) {
        let typo = edited(verb.word(), kind, at, letter.chars().next().unwrap_or('x'));
        prop_assume!(!carriers_words().any(|theirs| theirs == typo));
        prop_assert_eq!(carrier_word(&typo), None);
    }

    // H3 H13
    #[test]
    fn a_carriers_word_never_becomes_ours(
        word in any_carriers_word(), before in "[ \\n.,!\"'(-]{0,3}", after in "[ \\n.,!?\"')-]{0,3}", upper: bool,
        keyword in "[a-z]{3,9}",
    ) {
        let word = if upper { word.to_uppercase() } else { word.to_owned() };
        prop_assume!(!is_carriers(&keyword));
        let body = format!("{before}{word}{after}");
        prop_assert!(carrier_word(&body).is_some());
        prop_assert_eq!(understand(&body, &Vocabulary::new(&keyword)), Intent::Other);
    }

    // H10
    #[test]
    fn texts_passed_on_are_clean(body in "\\PC{0,40}[\\x00-\\x1f\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,5}\\PC{0,40}") {
        if let Intent::Ask { text, .. } = christmas(&format!("ASK {body}")) {
            let turning = |c: char| matches!(u32::from(c), 0x202A..=0x202E | 0x2066..=0x2069);
            let clean = !text.chars().any(|c| c.is_control() || turning(c));
            prop_assert!(clean);
            prop_assert_eq!(text.trim(), &text);
        }
    }
}

// X8: which of the three it is, they say themselves.
#[test]
fn done_is_asked_after() {
    for body in ["done", "All done!", "I'm done", "I am done"] {
        check(&[(body, "unfinished(bought)")]);
    }
    check(&[("done with all this", "other")]);
    let said = crate::conversation::exchange::words(
        &crate::conversation::exchange::Outcome::Unfinished(Verb::Bought),
        &crate::conversation::exchange::View::stranger(&crate::conversation::exchange::family()),
    );
    assert!(said.is_some_and(|said| ["BOUGHT", "SENT", "GOT"].iter().all(|word| said.contains(word))));
}
