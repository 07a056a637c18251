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
    let page = ada.get("/events").await;
    for word in ["Dinner &#60;b&#62;", "Ada Hill", "to be sent", "waiting for 1 answer", "data-live"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert!(!page.body.contains("ada@example.org</td>"), "addresses are not shown");
    let number = event.0;
    assert_eq!(ada.post(&format!("/events/{number}/pause"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(ada.get("/events/fragment").await.body.contains("paused"));
    let guest = guests(&world, event)[0].id.0.to_string();
    let answer = ada.post(&format!("/events/{number}/answer"), &[("guest", &guest), ("answer", "yes")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(states(&world, event), [State::Held]);
    let mut stranger = Browser::outside(&world);
    let refused = stranger.post(&format!("/events/{number}/deal"), &[]).await;
    assert_ne!(refused.status, StatusCode::OK);
    assert!(ada.get("/events").await.body.contains("paused"), "nothing was moved on");
}
