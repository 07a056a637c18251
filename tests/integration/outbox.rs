//! What goes out: by `send` and by the listener, to a local Twilio and a local mail server.

use serde_json::{Value, json};

use crate::support::house::{House, Serving, family, phone_of};
use crate::support::smtp::LocalSmtp;
use crate::support::twilio::{ACCOUNT, LocalTwilio, Taken};

const GIL: &str = "[[people]]\nname = \"Gil Marsh\"\nemail = \"gil@example.org\"\n\n";

fn with_mail(smtp: &LocalSmtp, more: &str) -> House {
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"xmas@example.org\"\n\n{more}",
        smtp.port()
    );
    House::with(&family("Hill family 2026", &format!("{GIL}{smtp}")))
}

fn with_twilio(twilio: &LocalTwilio) -> House {
    let section = format!("[twilio]\nfrom = \"+447700900000\"\nbase_url = \"{}\"\nper_second = 50\n", twilio.base());
    let mut house = House::with(&family("Hill family 2026", &section));
    house.set("TWILIO_ACCOUNT_SID", ACCOUNT);
    house.run(&["draw"]).expect(0);
    house
}

fn messages(house: &House) -> Vec<Value> {
    let listed = house.run(&["outbox", "--json"]).expect(0).json();
    listed["messages"].as_array().expect("a list").clone()
}

/// The mail's text, quoted-printable undone as far as names need it.
fn words(source: &str) -> String {
    source.replace("=\r\n", "").replace("=27", "'")
}

// G10, X11, X17
#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_phone_get_their_pairing_by_mail_once_and_nobody_else_reads_it() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "");
    // Before there is a draw there is nothing to send.
    assert_eq!(house.run(&["send", "--json"]).expect(0).json()["sent"], 0);
    house.run(&["draw"]).expect(0);
    let (_, receiver) = house.pairings(1).into_iter().find(|(giver, _)| giver == "Gil Marsh").expect("Gil gives");

    let plan = house.run(&["send", "--dry-run", "--json"]).expect(0).json();
    assert_eq!((&plan["plan"]["emails"], &plan["plan"]["texts"]), (&Value::from(1), &Value::from(0)));
    assert!(smtp.mails().is_empty() && messages(&house).is_empty(), "a dry run changes nothing");

    let sent = house.run(&["send"]).expect(0);
    assert!(sent.stdout.contains("1 sent"), "{sent:?}");
    let mails = smtp.mails();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, ["gil@example.org".to_owned()].as_slice()));
    assert!(words(&mails[0].source).contains(&receiver), "{}", mails[0].source);
    assert!(!mails[0].header("Subject").expect("a subject").contains(&receiver), "previews show subjects");

    house.run(&["send"]).expect(0);
    assert_eq!(smtp.mails().len(), 1, "nobody gets a mail twice");
    let listed = messages(&house);
    assert_eq!((&listed[0]["kind"], &listed[0]["for"]), (&Value::from("pairing"), &Value::from("Gil Marsh")));
    assert_eq!(listed[0]["state"], "sent");
    for shown in [sent.stdout, sent.stderr, listed[0].to_string()] {
        assert!(!shown.contains(&receiver), "{shown}");
    }
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["outbox"]["sent"], 1);
}

// X17, X11
#[tokio::test(flavor = "multi_thread")]
async fn in_files_mode_nothing_leaves_and_no_file_shows_a_pairing() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "[messaging]\nmode = \"files\"\n");
    house.run(&["draw"]).expect(0);
    house.run(&["send"]).expect(0);
    assert!(smtp.mails().is_empty());
    let (_, receiver) = house.pairings(1).into_iter().find(|(giver, _)| giver == "Gil Marsh").expect("Gil gives");
    let files: Vec<_> = house.files().into_iter().filter(|(path, _)| path.starts_with(house.path("outbox"))).collect();
    let [(_, bytes)] = files.as_slice() else { panic!("one file") };
    let text = String::from_utf8_lossy(bytes);
    assert!(text.contains("To: Gil Marsh") && !text.contains(&receiver), "{text}");
    assert_eq!(text.matches("(not shown here)").count(), 2, "the name and the receipt: {text}");
}

// X23
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_says_so_everywhere_and_everybody_is_told_for_real_afterwards() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "[messaging]\noverride_to = \"me@example.org\"\n");
    let live = std::fs::read_to_string(house.path("exchange.toml")).expect("a roster");
    let live = live.replace("override_to", "# override_to");
    for verb in [&["draw"][..], &["send", "--dry-run"], &["send"], &["status"]] {
        let run = house.run(verb).expect(0);
        assert!(run.stderr.contains("REHEARSAL: everything goes to m") && !run.stderr.contains("me@"), "{run:?}");
    }
    let doctor = house.run(&["doctor"]);
    assert!(doctor.stdout.contains("REHEARSAL"), "{doctor:?}");
    assert!(house.run(&["status", "--json"]).expect(0).json()["rehearsal"].is_string());
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["outbox"]["rehearsed"], 1);
    let again = house.run(&["send", "--json"]).expect(0).json();
    assert_eq!((&again["sent"], &again["rehearsed"]), (&Value::from(0), &Value::from(0)), "it is rehearsed once");
    let mails = smtp.mails();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, ["me@example.org".to_owned()].as_slice()));
    let listed = messages(&house);
    assert_eq!(listed[0]["state"], "rehearsed");
    // What the listener answers is real.
    let serving = house.serve();
    serving.text("Ada Hill", "christmas");
    assert!(serving.stop().contains("REHEARSAL"));

    house.write("exchange.toml", &live);
    let sent = house.run(&["send"]).expect(0);
    assert!(sent.stdout.contains("1 sent") && !sent.stderr.contains("REHEARSAL"), "{sent:?}");
    assert_eq!(smtp.mails().last().expect("two").to, ["gil@example.org"]);
    let status = house.run(&["status", "--json"]).expect(0).json();
    let asked: Vec<&Value> = status["people"].as_array().expect("people").iter().filter(|p| p["asked"] != 0).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(status["rehearsal"].is_null());
}

// X27
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_mail_is_sent_again_by_name_after_a_question() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "");
    let early = house.run(&["send", "--again", "Gil", "Marsh", "--yes"]).expect(1);
    assert!(early.stderr.contains("no live draw"), "{early:?}");
    house.run(&["draw"]).expect(0);
    house.run(&["send"]).expect(0);
    let asked = house.run(&["send", "--again", "Gil Marsh"]).expect(2);
    assert!(asked.stderr.contains("--yes") && smtp.mails().len() == 1, "{asked:?}");
    // Without quotes it is the same name.
    let again = house.run(&["send", "--again", "Gil", "Marsh", "--yes"]).expect(0);
    assert!(again.stdout.contains("1 sent"), "{again:?}");
    assert_eq!((smtp.mails().len(), messages(&house).len()), (2, 2));
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["people"][6]["asked"], 2);
    for (name, code, says) in [
        (vec![], 2, "--again needs the name"),
        (vec!["Gill Marsh"], 2, "Did you mean Gil Marsh"),
        (vec!["Ada Hill"], 1, "They text CHRISTMAS to the number"),
    ] {
        let refused = house.run(&[&["send", "--yes", "--again"], name.as_slice()].concat()).expect(code);
        assert!(refused.stderr.contains(says), "{refused:?}");
    }
    assert_eq!(smtp.mails().len(), 2);
}

// G16
#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_before_the_draw_is_read_by_everybody_once() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "");
    let text = "Dear {first_name}, names are drawn on Sunday.";
    for (args, code, says) in [
        (vec!["announce"], 2, "nothing to tell"),
        (vec!["announce", "You have {receiver}!"], 2, "unknown placeholder {receiver}"),
        (vec!["announce", text], 2, "--yes"),
    ] {
        let refused = house.run(&args).expect(code);
        assert!(refused.stderr.contains(says), "{refused:?}");
    }
    let plan = house.run(&["announce", "--dry-run", "--json", text]).expect(0).json();
    assert_eq!(
        (&plan["by_email"], plan["with_first_answer"].as_array().map(Vec::len)),
        (&json!(["Gil Marsh"]), Some(6))
    );
    assert_eq!(plan["text"], "Hill family 2026, from the organizer: Dear Ada, names are drawn on Sunday.");
    assert!(messages(&house).is_empty() && smtp.mails().is_empty());
    let sent = house.run(&["announce", "--yes", text]).expect(0);
    assert!(
        sent.stdout.contains("1 sent") && sent.stderr.contains("With the answer to their first text: Ada Hill"),
        "{sent:?}"
    );
    assert!(words(&smtp.mails()[0].source).contains("Dear Gil, names are drawn on Sunday."));
    house.run(&["announce", "--yes", text]).expect(0);
    assert_eq!(smtp.mails().len(), 1);

    let serving = house.serve();
    let news = "Hill family 2026, from the organizer: Dear Ada, names are drawn on Sunday.";
    let sid = "SM00000000000000000000000000000007";
    let first = serving.deliver(sid, &phone_of("Ada Hill"), "christmas").words();
    assert!(first.starts_with("The names are not drawn yet.") && first.ends_with(news), "{first}");
    assert_eq!(serving.deliver(sid, &phone_of("Ada Hill"), "christmas").words(), first);
    house.run(&["draw"]).expect(0);
    assert_eq!(serving.text("Ada Hill", "christmas"), receiver_of(&house, "Ada Hill"));
    assert!(serving.text("Ben Hill", "christmas").ends_with("Dear Ben, names are drawn on Sunday."));
}

// G16
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_and_whom_nothing_reaches_is_listed() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "");
    assert!(house.run(&["status", "--waiting"]).expect(0).stdout.contains("not been drawn yet"));
    house.run(&["draw"]).expect(0);
    let waiting = || house.run(&["status", "--waiting", "--json"]).expect(0).json()["waiting"].clone();
    let of = |name: &str| {
        let listed = waiting();
        let found = listed.as_array().expect("a list").iter().find(|person| person["name"] == name).cloned();
        found.map(|person| (person["reach"].as_str().map(str::to_owned), person["why"].as_str().map(str::to_owned)))
    };
    let is = |reach: &str, why: &str| Some((Some(reach.to_owned()), Some(why.to_owned())));
    let mail = of("Gil Marsh");
    assert_eq!(mail, is("e-mail", "the e-mail waits for `xchange send` or the listener"));
    // The listener sends it by itself.
    let serving = house.serve();
    serving.text("Ada Hill", "christmas");
    serving.text("Ben Hill", "hello");
    serving.text("Cleo Marsh", "STOP");
    wait_for(&house, "mailed", |message| message["state"] == "sent");
    serving.stop();
    assert_eq!((of("Ada Hill"), of("Gil Marsh")), (None, None));
    assert_eq!(of("Ben Hill"), is("text", "has texted, and not asked"));
    assert_eq!(of("Cleo Marsh"), is("not at all", "has said STOP"));
    assert_eq!(of("Dev Marsh"), is("once they text", "has never texted"));
    let roster = family("Hill family 2026", GIL);
    let without = House::with(&roster);
    without.run(&["draw"]).expect(0);
    let shown = without.run(&["status", "--waiting"]).expect(0);
    assert!(shown.stdout.contains("e-mail, once [smtp] is set up"), "{shown:?}");
    let shown = house.run(&["status", "--waiting"]).expect(0);
    assert!(shown.stderr.contains("tell them yourself: Cleo Marsh, Dev Marsh, Edith Wood, Finn O'Brien"), "{shown:?}");
}

// G10: who is not told for want of a mail server is said, and told as soon as there is one.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_mail_server_says_so_and_goes_once_there_is_one() {
    let smtp = LocalSmtp::start(None).await;
    let house = with_mail(&smtp, "");
    let with = std::fs::read_to_string(house.path("exchange.toml")).expect("a roster");
    house.write("exchange.toml", &family("Hill family 2026", GIL));
    house.run(&["draw"]).expect(0);
    let waits = house.run(&["send"]).expect(1);
    assert!(waits.stderr.contains("1 waits until 2") && waits.stderr.contains("no way to send e-mails"), "{waits:?}");
    let announced = house.run(&["announce", "--yes", "We meet at six."]).expect(1);
    assert!(announced.stderr.contains("told by e-mail, which needs an [smtp] section: Gil Marsh."), "{announced:?}");
    assert!(announced.stderr.contains("2 wait until"), "{announced:?}");
    house.write("exchange.toml", &with);
    let sent = house.run(&["send"]).expect(0);
    assert!(sent.stdout.contains("2 sent") && smtp.mails().len() == 2, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_wants_a_login_is_a_well_formed_no() {
    let smtp = LocalSmtp::start(Some(("ada", "secret"))).await;
    let house = with_mail(&smtp, "");
    house.run(&["draw"]).expect(0);
    house.run(&["send"]).expect(1);
    // The line is closed for a while: each verb says why, and none that all is well.
    house.run(&["announce", "--yes", "We meet at six."]).expect(1);
    let why = messages(&house)[0]["problem"].as_str().expect("a reason").to_owned();
    let mails: Vec<Value> = messages(&house).into_iter().filter(|message| message["channel"] == "email").collect();
    assert!(mails.len() == 2 && mails.iter().all(|mail| mail["problem"] == why.as_str()), "{mails:?}");
    let planned = house.run(&["send", "--dry-run"]).expect(0);
    assert!(planned.stdout.contains("2 wait until 2") && planned.stdout.contains(&why[..30]), "{planned:?}");
    assert!(house.run(&["doctor"]).expect(1).stdout.contains("e-mails wait until"));
    let listed = messages(&house);
    assert_eq!((&listed[0]["state"], &listed[0]["code"]), (&Value::from("waiting"), &Value::from(530)));
}

/// Lets everybody write once, so that they can be texted.
fn everybody_asks(serving: &Serving) {
    for person in crate::support::house::PEOPLE {
        serving.text(person, "christmas");
    }
}

fn receiver_of(house: &House, giver: &str) -> String {
    house.pairings(1).into_iter().find(|(g, _)| g == giver).expect("everybody gives").1
}

/// Waits until a message of the list is as wanted.
fn wait_for(house: &House, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let patience = std::time::Instant::now();
    loop {
        let listed = messages(house);
        if let Some(found) = listed.iter().find(|message| wanted(message)) {
            return found.clone();
        }
        assert!(patience.elapsed().as_secs() < 60, "{what}: {listed:?}");
    }
}

// H1
async fn report(twilio: &LocalTwilio, serving: &Serving, message: &Taken, status: &str) {
    let answer = twilio.report(message, status, None, &serving.address).await;
    assert!(answer.is_success(), "{answer}");
}

// H10, X11
#[tokio::test(flavor = "multi_thread")]
async fn a_question_goes_from_phone_to_phone_by_way_of_the_listener() {
    let twilio = LocalTwilio::start().await;
    let house = with_twilio(&twilio);
    let serving = house.serve();
    everybody_asks(&serving);
    serving.text("Ada Hill", "ASK what size are your socks?");
    twilio.next_arrival().await;
    let taken = twilio.taken();
    let receiver = receiver_of(&house, "Ada Hill");
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, phone_of(&receiver).as_str()));
    assert!(taken[0].body.contains("what size are your socks?") && !taken[0].body.contains("Ada"));
    report(&twilio, &serving, &taken[0], "delivered").await;
    assert_eq!(messages(&house), Vec::<Value>::new(), "who asks whom is nobody's to see");
    let log = serving.stop();
    assert!(!log.contains("socks") && !log.contains(&phone_of(&receiver)), "{log}");
    twilio.assert_well_behaved();
}

// H7, V8
#[tokio::test(flavor = "multi_thread")]
async fn the_giver_hears_of_an_opening_and_the_report_of_its_delivery_is_kept() {
    let twilio = LocalTwilio::start().await;
    let house = with_twilio(&twilio);
    let serving = house.serve();
    everybody_asks(&serving);
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    twilio.next_arrival().await;
    let taken = twilio.taken();
    assert_eq!(taken[0].to, phone_of("Ada Hill"));
    assert!(taken[0].body.contains("two parcels") && !taken[0].body.contains(&receiver_of(&house, "Ada Hill")));
    assert_eq!(taken[0].callback.as_ref().map(url::Url::as_str), Some("https://xmas.example.org/sms/status"));
    for status in ["delivered", "sent", "delivered"] {
        report(&twilio, &serving, &taken[0], status).await;
    }
    let notice = wait_for(&house, "delivered", |message| message["state"] == "delivered");
    assert_eq!((&notice["kind"], &notice["for"]), (&Value::from("opening_notice"), &Value::from("Ada Hill")));
    twilio.assert_well_behaved();
}

// G4, X10
#[tokio::test(flavor = "multi_thread")]
async fn a_new_draw_is_told_to_those_who_had_asked_and_to_nobody_else() {
    let twilio = LocalTwilio::start().await;
    let house = with_twilio(&twilio);
    let serving = house.serve();
    serving.text("Ada Hill", "christmas");
    serving.text("Ben Hill", "hello");
    house.run(&["draw", "--redraw", "--yes", "--reason", "Finn moved away"]).expect(0);
    twilio.next_arrival().await;
    let notice = wait_for(&house, "sent", |message| message["state"] == "sent");
    assert_eq!(notice["kind"], "redraw_notice");
    drop(serving);
    let taken = twilio.taken();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, phone_of("Ada Hill").as_str()));
    assert!(taken[0].body.contains("Finn moved away"));
}

#[test]
fn the_outbox_says_what_can_be_done_about_a_message_and_what_cannot() {
    let house = House::family();
    assert!(house.run(&["outbox"]).expect(0).stdout.contains("empty"));
    let unknown = house.run(&["outbox", "retry", "7"]).expect(2);
    assert!(unknown.stderr.contains("no message 7") && unknown.stderr.contains("hint:"), "{}", unknown.stderr);
    house.run(&["outbox", "cancel", "x"]).expect(2);
    assert_eq!(house.run(&["outbox", "--json"]).expect(0).json()["messages"], Value::Array(Vec::new()));
}
