//! The listener as Twilio meets it.

use std::collections::BTreeMap;

use crate::support::house::{House, PEOPLE, Serving, family, fresh_sid, phone_of};

const SID: &str = "SM00000000000000000000000000000000";

fn drawn() -> House {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house
}

fn receivers(house: &House) -> BTreeMap<String, String> {
    house.pairings(1).into_iter().collect()
}

// X1 X4 X5 X6 X7
#[test]
fn everybody_is_told_their_one_name_however_they_ask_and_after_every_restart() {
    let house = drawn();
    let receivers = receivers(&house);
    for asking in ["christmas", "Merry CHRISTMAS!!", "who"] {
        let serving = house.serve();
        for person in PEOPLE {
            assert_eq!(serving.text(person, asking), receivers[person], "{person} texts {asking}");
        }
        serving.stop();
        assert!(!house.path("exchange.db-wal").exists(), "everything is in the one file");
    }
}

// X6 X25
#[test]
fn the_usual_answer_is_a_sentence_and_never_one_to_a_question_about_another() {
    let house = House::with(&family("Hill family 2026", "").replace("reply = \"{receiver}\"\n", ""));
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    let receiver = &receivers(&house)["Ada Hill"];
    assert_eq!(serving.text("Ada Hill", "who do I have?"), format!("You have {receiver}."));
    for asking in ["who has me", "who does Ben have", "WHO Cleo", "CHRISTMAS Dev"] {
        let words = serving.text("Ada Hill", asking);
        assert!(
            words.contains("CHRISTMAS") && PEOPLE.iter().all(|person| !words.contains(person)),
            "{asking}: {words}"
        );
    }
}

// X8
#[test]
fn any_other_text_gets_one_short_useful_line() {
    let house = drawn();
    let serving = house.serve();
    let words = serving.text("Ada Hill", "hello?");
    assert!(words.to_lowercase().contains("christmas") && words.len() < 160 && !words.contains('\n'), "{words}");
}

// X9
#[test]
fn an_unknown_number_learns_nothing_and_hears_one_line_a_day() {
    let house = drawn();
    let serving = house.serve();
    let first = serving.text_from("+447700900999", "christmas").words();
    assert!(!first.is_empty() && PEOPLE.iter().all(|person| !first.contains(person)), "{first}");
    assert!(!first.contains("Hill"), "not even the exchange's name: {first}");
    assert_eq!(serving.text_from("+447700900999", "christmas").words(), "");
}

// H1
#[test]
fn a_webhook_without_a_valid_signature_learns_nothing() {
    let house = drawn();
    let serving = house.serve();
    let form = [("MessageSid", SID), ("From", &*phone_of("Ada Hill")), ("Body", "christmas")];
    for path in ["/sms", "/", "/sms/status"] {
        let reply = serving.post(path, &form, Some("c2lnbmF0dXJl"));
        assert_eq!(reply.status, 403, "{path}: {reply:?}");
        assert_eq!(serving.raw("POST", path, &[], "From=%2B447700900100&Body=christmas&MessageSid=SM1").status, 403);
    }
    let receiver = &receivers(&house)["Ada Hill"];
    assert_eq!(serving.post("/", &form, None).words(), *receiver, "the root takes texts too");
    let log = serving.stop();
    assert!(log.contains("https://xmas.example.org/sms"), "the log names the URL that was checked: {log}");
    assert!(!log.contains("+447700900100") && !log.contains(receiver), "{log}");
}

// H1
#[test]
fn requests_that_are_no_texts_get_the_status_they_deserve() {
    let house = drawn();
    let serving = house.serve();
    assert_eq!(serving.post("/sms", &[("From", "+447700900100"), ("Body", "christmas")], None).status, 400);
    assert_eq!(serving.post("/sms", &[("From", "+447700900100"), ("MessageSid", SID)], None).status, 400);
    assert_eq!(serving.post("/sms", &[("MessageSid", SID), ("Body", "christmas")], None).status, 400);
    let huge = "x".repeat(65 * 1024);
    let form = [("MessageSid", SID), ("From", "+447700900100"), ("Body", huge.as_str())];
    assert_eq!(serving.post("/sms", &form, None).status, 413);
    // What stands at `/` is the organizers' page; from this machine it says how the first account is made.
    for path in ["/sms", "/draw", "/exchange.db", "/../exchange.key", "/phones"] {
        assert_eq!(serving.get(path).status, 404, "GET {path}");
    }
    assert_eq!(serving.get("/healthz").body, "ok");
    assert_eq!(serving.get("/metrics").status, 200);
}

// H2
#[test]
fn a_repeated_webhook_has_its_effect_once() {
    let house = drawn();
    let serving = house.serve();
    let sid = fresh_sid();
    let first = serving.deliver(&sid, &phone_of("Ada Hill"), "christmas").words();
    for _ in 0..3 {
        assert_eq!(serving.deliver(&sid, &phone_of("Ada Hill"), "christmas").words(), first);
    }
    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["people"][0]["name"], "Ada Hill");
    assert_eq!(status["people"][0]["asked"], 1);

    let sid = fresh_sid();
    let counted = |serving: &Serving| serving.deliver(&sid, &phone_of("Ben Hill"), "WISH a kite").words();
    assert_eq!(counted(&serving), counted(&serving));
    assert_eq!(serving.text("Ben Hill", "WISHES").matches("kite").count(), 1);
}

// H3
#[test]
fn stop_is_kept_until_start_and_never_answered() {
    let house = drawn();
    let serving = house.serve();
    assert_eq!(serving.text("Ada Hill", "Stop."), "");
    assert_eq!(serving.text("Ada Hill", "christmas"), "", "Twilio would not deliver it either");
    assert_eq!(serving.text("Ada Hill", "HELP"), "");
    assert_eq!(serving.text("Ada Hill", "START"), "");
    assert_eq!(serving.text("Ada Hill", "christmas"), receivers(&house)["Ada Hill"]);
}

// X18
#[test]
fn a_shared_phone_is_answered_by_name_and_never_by_the_first_match() {
    let roster = family("Hill family 2026", "").replace(&phone_of("Ben Hill"), &phone_of("Ada Hill"));
    let house = House::with(&roster);
    let drawn = house.run(&["draw"]).expect(0);
    assert!(drawn.stderr.contains("warning"), "{}", drawn.stderr);
    let receivers = receivers(&house);
    let serving = house.serve();
    let which = serving.text("Ada Hill", "christmas");
    assert!(which.contains("Ada") && which.contains("Ben"), "{which}");
    assert_eq!(serving.text("Ada Hill", "CHRISTMAS Ada"), receivers["Ada Hill"]);
    assert_eq!(serving.text("Ada Hill", "christmas ben"), receivers["Ben Hill"]);
}

// X1
#[test]
fn a_draw_made_by_another_process_is_picked_up_without_a_restart() {
    let house = House::family();
    let serving = house.serve();
    let before = serving.text("Ada Hill", "christmas");
    assert!(before.contains("not drawn yet"), "{before}");
    assert_eq!(serving.get("/healthz").status, 503);

    house.run(&["draw"]).expect(0);
    assert_eq!(serving.text("Ada Hill", "christmas"), receivers(&house)["Ada Hill"]);
    assert_eq!(serving.get("/healthz").status, 200);

    house.run(&["draw", "--redraw", "--yes", "--reason", "Gil cannot come"]).expect(0);
    let redrawn: BTreeMap<String, String> = house.pairings(2).into_iter().collect();
    for person in PEOPLE {
        assert_eq!(serving.text(person, "christmas"), redrawn[person]);
    }
}

// X1 H2
#[test]
fn two_listeners_on_one_database_answer_alike_and_count_every_text_once() {
    let house = drawn();
    let receivers = receivers(&house);
    let listeners = [house.serve(), house.serve()];
    let sids: Vec<String> = (0..12).map(|_| fresh_sid()).collect();
    std::thread::scope(|scope| {
        for serving in &listeners {
            let (sids, receivers) = (&sids, &receivers);
            scope.spawn(move || {
                for (sid, person) in sids.iter().zip(PEOPLE.iter().cycle()) {
                    assert_eq!(serving.deliver(sid, &phone_of(person), "christmas").words(), receivers[*person]);
                }
            });
        }
    });
    let status = house.run(&["status", "--json"]).expect(0).json();
    for person in status["people"].as_array().expect("people") {
        assert_eq!(person["asked"], 2, "{person}");
    }
}

// H15
#[test]
fn an_answered_text_survives_a_kill() {
    let house = drawn();
    let serving = house.serve();
    serving.text("Edith Wood", "christmas");
    serving.kill();
    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["people"][4]["name"], "Edith Wood");
    assert_eq!(status["people"][4]["asked"], 1);
}

// X9
#[test]
fn odd_bodies_are_answered_calmly() {
    let house = drawn();
    let serving = house.serve();
    for body in ["", "\u{0}\u{0}christmas\u{0}", "🎄🎁🎅", "שלום christmas", "\u{202e}samtsirhc", &"é".repeat(5000)]
    {
        let reply = serving.text_from(&phone_of("Dev Marsh"), body);
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.head.to_lowercase().contains("application/xml"), "{reply:?}");
    }
    assert_eq!(serving.text("Dev Marsh", "christmas"), receivers(&house)["Dev Marsh"]);
}

#[test]
fn without_a_token_or_a_public_address_it_refuses_to_start_and_says_why() {
    let mut house = drawn();
    let refused = house.run(&["serve", "--bind", "127.0.0.1:0"]).expect(2);
    assert!(refused.stderr.contains("public"), "{}", refused.stderr);
    house.set("TWILIO_AUTH_TOKEN", "");
    let refused = house.run(&["serve", "--bind", "127.0.0.1:0", "--public-url", "https://x.example.org"]).expect(2);
    assert!(refused.stderr.contains("TWILIO_AUTH_TOKEN"), "{}", refused.stderr);
}

// G15: whoever is told by e-mail alone has no number, and needs none.
#[test]
fn by_email_alone_it_listens_without_twilio_and_refuses_every_webhook() {
    let mut house = House::with(
        "[exchange]\nname = \"Club\"\n\n[[people]]\nname = \"Ada\"\nemail = \"ada@example.org\"\n\n\
         [[people]]\nname = \"Ben\"\nemail = \"ben@example.org\"\n",
    );
    house.set("TWILIO_AUTH_TOKEN", "");
    let serving = house.serve_with(&[]);
    assert_eq!(
        serving.post("/sms", &[("From", "+447700900001"), ("Body", "who"), ("MessageSid", "SM1")], None).status,
        403
    );
}
