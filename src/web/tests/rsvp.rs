//! A guest's page as the guest meets it, a mail scanner, and somebody who guesses.

use axum::http::Method;
use jiff::SignedDuration;

use super::pages::Browser;
use super::*;
use crate::app::accounts::authorize;
use crate::app::event::{Act, Events, Typed};
use crate::model::{State, TopicId};
use crate::store::{Guest, Reach, StoreError};

/// A dinner of one seat with two guests, dealt.
fn dinner(world: &World) -> (Events, TopicId) {
    let site = Exchanges::around(world.site.clone());
    site.keys.identity_or_new(None).expect("a key");
    let events = Events::of(&site);
    let starts_at = site.clock.now() + SignedDuration::from_hours(24 * 30);
    let typed = Typed {
        name: "Dinner <b>".to_owned(),
        description: "Bring nothing.\n\nCome hungry.".to_owned(),
        place: "The old mill".to_owned(),
        starts_at: starts_at.to_string(),
        seats: "1".to_owned(),
        at_once: "1".to_owned(),
        ..Typed::default()
    };
    let topic = site.store.write(|tx| {
        for (name, email) in [("Ada Hill", "ada@example.org"), ("Ben Hill", "ben@example.org")] {
            let typed = crate::app::contacts::Typed {
                name: name.to_owned(),
                email: email.to_owned(),
                ..crate::app::contacts::Typed::default()
            };
            crate::app::contacts::add(tx, Reach::SITE, &typed.read(None).expect("sound"), site.clock.now())?;
        }
        let event = events.create(tx, Reach::SITE, &typed).expect("made");
        let id = authorize(tx, Reach::SITE, event.topic)?.expect("the site's");
        events.act(tx, id, &Act::Deal).expect("dealt");
        Ok::<_, StoreError>(event.topic)
    });
    (events, topic.expect("a sound database"))
}

fn guests(world: &World, event: TopicId) -> Vec<Guest> {
    world.site.store.read(|tx| tx.guests(event, true)).expect("a sound database")
}

fn states(world: &World, event: TopicId) -> Vec<State> {
    guests(world, event).into_iter().map(|guest| guest.invitation.state).collect()
}

fn path_of(events: &Events, guest: &Guest) -> String {
    format!("/rsvp/{}", events.token(guest).expect("a key"))
}

// D10 D11 P9
#[tokio::test]
async fn following_a_link_decides_nothing_and_pressing_does() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let path = path_of(&events, &guests(&world, event)[0]);
    let mut guest = Browser::outside(&world);
    let before = states(&world, event);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let mut request = get_request(&path);
        *request.method_mut() = method;
        request.headers_mut().insert("sec-purpose", "prefetch".parse().expect("a value"));
        assert_eq!(guest.send(request).await.status, StatusCode::OK);
    }
    assert_eq!(states(&world, event), before);
    let page = guest.get(&path).await;
    assert!(page.body.len() < 6_000, "{} bytes", page.body.len());
    assert!(!page.body.contains("<script") && page.body.contains("Dinner &#60;b&#62;"), "{}", page.body);
    for word in ["Yes", "Probably", "Maybe", "No", "The old mill", "Come hungry.", "until then a seat is kept"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    let css = guest.get("/assets/site.css").await;
    assert_eq!(css.status, StatusCode::OK, "without an account");
    assert!(page.body.len() + css.body.len() < 20_000, "{} bytes", page.body.len() + css.body.len());
    assert_eq!(guest.post(&path, &[("answer", "yes")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(states(&world, event), [State::Held]);
    let page = guest.get(&path).await;
    assert!(page.body.contains("You are in: 1 seat") && page.body.contains("I did not mean that"), "{}", page.body);
    // Twice is once, and another answer takes its place.
    guest.post(&path, &[("answer", "yes")]).await;
    assert_eq!(states(&world, event), [State::Held]);
    guest.post(&path, &[("answer", "no")]).await;
    assert_eq!(states(&world, event), [State::Declined, State::Open]);
}

// D11: a form of somewhere else, and one that says nothing.
#[tokio::test]
async fn no_other_site_answers_for_a_guest() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let path = path_of(&events, &guests(&world, event)[0]);
    let mut guest = Browser::outside(&world);
    let mut forged = Request::post(&path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("answer=no"))
        .expect("a request");
    forged.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(guest.send(forged).await.status, StatusCode::FORBIDDEN);
    assert!(guest.post(&path, &[("answer", "perhaps")]).await.status.is_client_error());
    assert_eq!(states(&world, event), [State::Open]);
}

// D21
#[tokio::test]
async fn the_calendar_file_is_one() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let path = path_of(&events, &guests(&world, event)[0]);
    let answer = Browser::outside(&world).get(&format!("{path}/event.ics")).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/calendar; charset=utf-8");
    assert!(answer.body.contains("SUMMARY:Dinner <b>\r\nLOCATION:The old mill\r\n"), "{}", answer.body);
}

// D16 A8: the way out of e-mails: a page that changes nothing, a button that does, also a mail program's own, and the way back.
#[tokio::test]
async fn a_guest_leaves_the_mails_and_is_skipped_from_then_on() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let path = format!("{}/leave", path_of(&events, &guests(&world, event)[0]));
    let ada: crate::model::Email = crate::model::Email::parse("Ada@example.org").expect("an address");
    let refuses = || world.site.store.read(|tx| tx.has_opted_out_of_mail(&ada)).expect("a sound database");
    let mut guest = Browser::outside(&world);
    assert!(guest.get(&path).await.body.contains("Do not write to me again"));
    assert!(!refuses(), "following a link changes nothing");
    let left = guest.post(&path, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(left.status, StatusCode::OK, "without a redirection");
    assert!(left.body.contains("no more e-mails") && refuses(), "{}", left.body);
    assert_eq!(states(&world, event), [State::Open], "her answer stands");
    guest.post(&path, &[("again", "yes")]).await;
    assert!(!refuses());
    // The other kind of form, which RFC 8058 names first.
    let body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let click = Request::post(&path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b").body(body.into());
    assert_eq!(guest.send(click.expect("a request")).await.status, StatusCode::OK);
    assert!(refuses());
    assert_eq!(guest.post("/rsvp/aaaaaaaaaaaaaaaaaaaaaaaaaa/leave", &[]).await.status, StatusCode::NOT_FOUND);
}

// D10 P10: who guesses learns nothing, and is soon told to wait.
#[tokio::test]
async fn guessed_links_lead_nowhere_and_are_limited() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let mut somebody = Browser::outside(&world);
    let mut waits = 0;
    for guess in 0..100 {
        let answer = somebody.get(&format!("/rsvp/{guess:026}")).await;
        assert!(!answer.body.contains("Dinner"));
        waits += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(waits, 70, "thirty may be mistyped");
    let mut other = Browser::outside(&world);
    other.peer = "198.51.100.9:4000".parse().expect("an address");
    let path = path_of(&events, &guests(&world, event)[0]);
    assert_eq!(other.get(&path).await.status, StatusCode::OK);
    assert_eq!(somebody.get(&path).await.status, StatusCode::OK, "a good link opens all the same");
}

// D13 G7
#[tokio::test]
async fn the_organizer_watches_and_moves_an_event_on() {
    let (world, mut ada) = World::with_ada().await;
    let (_, event) = dinner(&world);
    let number = event.0;
    let list = ada.get("/events").await.body;
    assert!(list.contains("Dinner &#60;b&#62;") && list.contains("data-live"), "{list}");
    assert!(!list.contains("Ada Hill"), "its guests stand on its own page");
    let page = ada.get(&format!("/events/{number}")).await;
    for word in ["Dinner &#60;b&#62;", "Ada Hill", "to be sent", "waiting for 1 answer", "data-live"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert!(!page.body.contains("ada@example.org</td>"), "addresses are not shown");
    assert_eq!(ada.post(&format!("/events/{number}/pause"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(ada.get("/events/fragment").await.body.contains("paused"));
    let guest = guests(&world, event)[0].id.0.to_string();
    let answer = ada.post(&format!("/events/{number}/answer"), &[("guest", &guest), ("answer", "yes")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(states(&world, event), [State::Held]);
    let chosen = ada.get(&format!("/events/{number}?guest={guest}")).await.body;
    assert!(chosen.contains("Ada Hill: comes") && chosen.contains("Take the invitation back"), "{chosen}");
    for size in ["0", "two", "101"] {
        let answer = [("guest", &*guest), ("answer", "yes"), ("size", size)];
        assert_eq!(ada.post(&format!("/events/{number}/answer"), &answer).await.status, StatusCode::BAD_REQUEST);
    }
    ada.post(&format!("/events/{number}/withdraw"), &[("guest", &guest)]).await;
    assert_eq!(states(&world, event)[0], State::Withdrawn);
    assert!(ada.get(&format!("/events/{number}/fragment")).await.body.contains("taken back"));
    let mut stranger = Browser::outside(&world);
    let refused = stranger.post(&format!("/events/{number}/deal"), &[]).await;
    assert_ne!(refused.status, StatusCode::OK);
    assert!(ada.get("/events").await.body.contains("paused"), "nothing was moved on");
}

// D2 D13: what is over is not moved on, and what is off is not changed.
#[tokio::test]
async fn what_is_over_or_off_offers_nothing_that_cannot_be_done() {
    let (world, mut ada) = World::with_ada().await;
    let (_, event) = dinner(&world);
    let path = format!("/events/{}", event.0);
    assert!(ada.get(&path).await.body.contains("/pause\""));
    let begins = world.site.store.number("SELECT starts_at FROM event");
    world.site.store.sql("UPDATE event SET cut_off = 1000, starts_at = 1000");
    for page in [&*path, "/events"] {
        let body = ada.get(page).await.body;
        assert!(body.contains(">over<") && !body.contains("/pause\""), "{page}: {body}");
    }
    world.site.store.sql(&format!("UPDATE event SET starts_at = {begins}, cut_off = {begins}"));
    let mark = mark(&ada.get(&path).await.body);
    ada.post(&format!("{path}/cancel"), &[("reason", "")]).await;
    let body = ada.get(&path).await.body;
    for word in ["Keep the changes", "Invite first", "What dealing would do", "Call it off"] {
        assert!(!body.contains(word), "{word}: {body}");
    }
    let form = [("name", "Supper"), ("seats", "1"), ("starts_at", "2099-12-04T19:00"), ("mark", &mark)];
    let refused = ada.post(&path, &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
}

/// What the page of an event that is shown is told by from what it may be by then.
fn mark(page: &str) -> String {
    let mark = page.split("name=\"mark\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    mark.expect("a mark").to_owned()
}

/// Changes an event in one tab; what stood in another is not put back unseen.
async fn change_it_in_two_tabs(ada: &mut Browser, path: &str, page: &str) {
    let seen = mark(page);
    let mut changed = vec![
        ("name", "Supper"),
        ("seats", "2"),
        ("starts_at", "2099-12-04T19:00"),
        ("timezone", "Europe/London"),
        ("mark", &*seen),
    ];
    assert_eq!(ada.post(path, &changed).await.status, StatusCode::SEE_OTHER);
    // Another tab, opened before that, would put it back.
    changed[2] = ("starts_at", "2099-12-05T20:00");
    let stale = ada.post(path, &changed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("changed this event meanwhile") && stale.body.contains("2099-12-05T20:00"));
    let newer = mark(&stale.body);
    changed[4] = ("mark", &newer);
    changed[2] = ("starts_at", "2099-12-04T19:00");
    assert_eq!(ada.post(path, &changed).await.status, StatusCode::SEE_OTHER, "what is kept now is meant so");
}

// D2 D3 D17 D20 G7: an event made, filled, planned, dealt and called off on pages, without script.
#[tokio::test]
async fn an_event_is_made_and_run_on_pages() {
    let (world, mut ada) = World::with_ada().await;
    let wrong = [("name", "Dinner <b>"), ("seats", "none"), ("starts_at", "2099-12-04T19:00"), ("lapse", "soon")];
    let refused = ada.post("/events", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "value=\"Dinner &#60;b&#62;\"",
        "value=\"none\"",
        "2099-12-04T19:00",
        "value=\"soon\"",
        "Give a number from 1",
        "2 fields need",
    ] {
        assert!(refused.body.contains(kept), "{kept}: {}", refused.body);
    }
    let good = [("name", "Dinner"), ("seats", "1"), ("starts_at", "2099-12-04T19:00"), ("timezone", "Europe/London")];
    let made = ada.post("/events", &good).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let path = made.header(header::LOCATION).replace("/hill", "");
    assert!(ada.get(&path).await.body.contains("Nobody is left to invite"));

    for (name, tags) in [("Cleo", "club"), ("Dora", ""), ("Eli", "club")] {
        let email = format!("{name}@example.org").to_lowercase();
        ada.post("/contacts", &[("name", name), ("email", &email), ("tags", tags), ("priority", "5")]).await;
    }
    let invite = format!("{path}/invite");
    let unknown = ada.post(&invite, &[("who", "Nobody Here")]).await;
    assert!(
        unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.body.contains("value=\"Nobody Here\""),
        "{}",
        unknown.body
    );
    assert!(unknown.body.contains("There is no such contact."));
    assert_eq!(ada.post(&invite, &[("who", "dora")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ada.post(&invite, &[("who", ""), ("tag", "club")]).await.status, StatusCode::SEE_OTHER);
    let page = ada.get(&path).await.body;
    for word in
        ["In this order: Dora, Cleo, Eli", "3 to invite", "at once", "if a seat is left", "value=\"2099-12-04T19:00\""]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("cleo@example.org"), "addresses are not shown");

    change_it_in_two_tabs(&mut ada, &path, &page).await;
    let events = ada.get("/events").await.body;
    assert!(events.contains("Supper") && events.contains("nothing is sent before you deal"), "{events}");
    for (act, words) in [
        ("deal", "waiting for 2 answers"),
        ("pause", "paused"),
        ("resume", "waiting for 2 answers"),
        ("close", "waiting for 2 answers"),
        ("cancel", "cancelled"),
    ] {
        let acted = ada.post(&format!("{path}/{act}"), &[("reason", "The cook\r\nis ill.")]).await;
        assert_eq!(acted.status, StatusCode::SEE_OTHER, "{act}");
        assert!(ada.get("/events").await.body.contains(words), "{act}");
    }
    let event = TopicId(path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a number"));
    let kept = world.site.store.read(|tx| tx.event(event)).expect("sound").expect("an event");
    assert_eq!(kept.reason, "The cook is ill.");
}

// D11: a scanner that follows every link of the page and of the mail, and presses whatever a link can press.
#[tokio::test]
async fn a_scanner_that_presses_everything_answers_nothing() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let path = path_of(&events, &guests(&world, event)[0]);
    let before = (states(&world, event), world.site.store.number("SELECT count(*) FROM answer"));
    let mut scanner = Browser::outside(&world);
    let page = scanner.get(&path).await.body;
    let mut targets: Vec<String> = ["href=\"", "src=\"", "action=\""]
        .iter()
        .flat_map(|mark| page.split(mark).skip(1).filter_map(|rest| rest.split('"').next()))
        .map(|target| target.replace("/hill", ""))
        .collect();
    targets.extend(["yes", "probably", "maybe", "no"].map(|word| format!("{path}?answer={word}&size=1")));
    assert!(targets.len() >= 7, "{targets:?}");
    for target in &targets {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
            for purpose in ["prefetch", "prefetch;prerender", ""] {
                let mut request = get_request(target);
                *request.method_mut() = method.clone();
                request.headers_mut().insert("sec-purpose", purpose.parse().expect("a value"));
                scanner.send(request).await;
            }
        }
        // A form that is sent from nowhere, or as something else than a form.
        for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
            let request = Request::post(target).header(header::CONTENT_TYPE, kind).body(Body::from("answer=yes"));
            scanner.send(request.expect("a request")).await;
        }
        scanner.post(target, &[]).await;
    }
    let after = (states(&world, event), world.site.store.number("SELECT count(*) FROM answer"));
    assert_eq!(after, before);
}

// P10: ten thousand guesses, many a letter away from a good link.
#[tokio::test]
async fn ten_thousand_guesses_learn_nothing() {
    let world = World::new();
    let (events, event) = dinner(&world);
    let good = path_of(&events, &guests(&world, event)[0]);
    let mut guesser = Browser::outside(&world);
    let nowhere = guesser.get("/rsvp/aaaaaaaaaaaaaaaaaaaaaaaaaa").await;
    let (mut waits, letters) = (0, "abcdefghijklmnopqrstuvwxyz234567");
    for guess in 0..10_000_usize {
        let place = "/rsvp/".len() + guess % 26;
        let letter = letters.chars().nth(guess / 26 % 32).expect("a letter");
        let mut path = good.clone();
        path.replace_range(place..=place, &letter.to_string());
        if path == good {
            continue;
        }
        let answer = guesser.get(&path).await;
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => waits += 1,
            status => assert_eq!((status, &answer.body), (StatusCode::NOT_FOUND, &nowhere.body), "{path}"),
        }
    }
    assert!(waits > 9_000, "{waits}");
    assert_eq!(guesser.get(&good).await.status, StatusCode::OK, "whoever has the link is not shut out");
}
