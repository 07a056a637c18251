//! The kiosk, the badge and the organizer's list, as a tablet, a visitor, a stranger and an organizer meet them.

use jiff::SignedDuration;

use super::pages::{BEN, Browser, PASSWORD};
use super::*;
use crate::app::desk::hosts::{self, TypedHost};
use crate::app::desk::making::{self, TypedDesk};
use crate::app::desk::{self, Desk, DeskError};

/// What a visitor types.
const FORM: [(&str, &str); 6] = [
    ("name", "Cleo Marsh"),
    ("email", "cleo@example.org"),
    ("phone", "+44 7700 900555"),
    ("host", ""),
    ("until", "1 hour"),
    ("consent", "on"),
];

fn with<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_other = |(name, _): &&(&str, &str)| !fields.iter().any(|(other, _)| name == other);
    FORM.iter().filter(is_other).copied().chain(fields.iter().copied()).collect()
}

/// A reception with one host, the link that pairs a tablet, and one that is paired.
struct Door {
    world: World,
    site: Exchanges,
    desk: Desk,
    link: String,
    tablet: Browser,
}

impl Door {
    async fn new() -> Self {
        let world = World::new();
        let site = Exchanges::around(world.site.clone());
        let typed = TypedDesk {
            name: Some("Reception".to_owned()),
            address: Some("1 Mill Lane".to_owned()),
            ..TypedDesk::default()
        };
        let host = TypedHost {
            name: Some("Ada Hill".to_owned()),
            phone: Some("+44 7700 900777".to_owned()),
            ..TypedHost::default()
        };
        let desk = site.store.write(|tx| {
            let desk = making::make(tx, &site, &typed, None)?;
            hosts::put(tx, &site, &desk, None, &host)?;
            Ok::<_, DeskError>(desk)
        });
        let desk = desk.expect("a desk");
        let link = format!("/desk/{}/{}", desk.stored.slug, desk.kiosk_token(&desk::links(&site)).expect("a key"));
        let mut tablet = Browser::outside(&world);
        assert_eq!(tablet.get(&link).await.status, StatusCode::SEE_OTHER);
        Self { world, site, desk, link, tablet }
    }

    fn path(&self) -> String {
        format!("/desk/{}", self.desk.stored.slug)
    }

    /// Checks somebody in, and gives the path of their visit's page.
    async fn check_in(&mut self, fields: &[(&str, &str)]) -> String {
        let path = self.path();
        let answer = self.tablet.post(&path, &with(fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.header(header::LOCATION).trim_start_matches("/hill").to_owned()
    }

    fn count(&self, what: &str) -> i64 {
        self.site.store.number(&format!("SELECT count(*) FROM visit WHERE {what}"))
    }
}

// V1: the address alone shows nothing
#[tokio::test]
async fn a_kiosk_is_there_for_the_tablet_that_is_paired_and_nobody_else() {
    let mut door = Door::new().await;
    let path = door.path();
    let mut stranger = Browser::outside(&door.world);
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&path, &FORM).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("{path}/{}", "a".repeat(26))).await.status, StatusCode::NOT_FOUND);
    stranger.cookie = Some(format!("xchange-desk={}", "a".repeat(26)));
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    let paired = Browser::outside(&door.world).get(&door.link).await;
    let cookie = paired.header(header::SET_COOKIE).to_owned();
    for part in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/hill/desk/", "; Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let form = door.tablet.get(&path).await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(form.body.contains("Welcome to Reception") && form.body.contains("Ada Hill"), "{}", form.body);
    assert!(!form.body.contains("<script") && !form.body.contains("900777"), "hosts by name alone: {}", form.body);
    assert_eq!(form.header(header::REFRESH), "", "the blank form waits");
    let anew = TypedDesk { new_link: true, ..TypedDesk::default() };
    let owned =
        door.site.store.read(|tx| crate::app::accounts::authorize(tx, crate::store::Reach::SITE, door.desk.id()));
    let owned = owned.expect("a database").expect("the site's");
    door.site.store.write(|tx| making::change(tx, owned, &anew)).expect("changed");
    assert_eq!(door.tablet.get(&path).await.status, StatusCode::NOT_FOUND, "paired by a link of before");
}

// V1 V4 V5 V7 H19: what is answered to whom
#[tokio::test]
async fn a_visitor_checks_in_by_a_form_and_every_no_has_its_status() {
    let mut door = Door::new().await;
    let path = door.path();
    for (fields, status, words) in [
        (&[("name", "")][..], StatusCode::UNPROCESSABLE_ENTITY, "Write your name"),
        (&[("consent", "")], StatusCode::UNPROCESSABLE_ENTITY, "Without this the desk may not keep"),
        (&[("phone", "12")], StatusCode::UNPROCESSABLE_ENTITY, "country code"),
        (&[("until", "-5 min")], StatusCode::UNPROCESSABLE_ENTITY, "That time is past."),
        (&[("until", "20 hours")], StatusCode::UNPROCESSABLE_ENTITY, "Nobody stays for more than 16 hours."),
        (&[("until", "later")], StatusCode::BAD_REQUEST, "as a time of today"),
    ] {
        let answer = door.tablet.post(&path, &with(fields)).await;
        assert_eq!(answer.status, status, "{fields:?}");
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        let blank = format!("120; url=/hill{path}");
        assert_eq!(answer.header(header::REFRESH), blank, "what was typed does not stay for long");
    }
    assert_eq!(door.count("1 = 1"), 0);
    let page = door.check_in(&[]).await;
    let seen = door.tablet.get(&page).await;
    assert!(seen.body.contains("Thank you, Cleo Marsh. Ada Hill has been told."), "{}", seen.body);
    assert_eq!(door.check_in(&[]).await, page, "pressed twice it is the same visit");
    let busy = door.tablet.post(&path, &with(&[("name", "Dora"), ("email", ""), ("phone", "")])).await;
    assert_eq!(busy.status, StatusCode::CONFLICT);
    assert!(busy.body.contains("Nobody is free just now. Ada Hill is the next, at "), "{}", busy.body);
    assert!(busy.body.contains("Dora") && !busy.body.contains("Cleo"), "nothing of an earlier visitor");
    let blank = door.tablet.get(&path).await.body;
    assert!(!blank.contains("Cleo") && !blank.contains("Dora"), "{blank}");
    let cross = Request::post(&path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let cross = cross.header("sec-fetch-site", "cross-site").body(Body::from(form(&FORM))).expect("a request");
    assert_eq!(door.tablet.send(cross).await.status, StatusCode::FORBIDDEN);
    // A name is shown as it is, and as nothing else.
    door.site.store.sql("UPDATE visit SET out_at = out_due, ended = 'left'");
    let page = door.check_in(&[("name", "<b>O'Brien & \u{1f642}")]).await;
    let seen = door.tablet.get(&page).await;
    assert!(!seen.body.contains("<b>O") && seen.body.contains("O&#39;Brien"), "{}", seen.body);
}

// V3 V1: the host's word, and the way back to the start
#[tokio::test]
async fn the_kiosk_shows_what_the_host_says_and_is_ready_for_the_next_by_itself() {
    let mut door = Door::new().await;
    let page = door.check_in(&[]).await;
    for (answer, words) in
        [("ok", "Ada Hill is on the way."), ("5", "Ada Hill is here in 5 minutes."), ("no", "Ada Hill cannot come now")]
    {
        door.site.store.sql(&format!("UPDATE visit SET answer = '{answer}'"));
        let seen = door.tablet.get(&page).await;
        assert!(seen.body.contains(words), "{}", seen.body);
        assert_eq!(seen.header(header::REFRESH), format!("10; url=/hill{page}"));
    }
    let badge = door.tablet.get(&format!("{page}/badge")).await;
    assert!(badge.body.contains("<svg"), "{}", badge.body);
    assert_eq!(badge.header(header::REFRESH), format!("60; url=/hill{}", door.path()), "it does not stay either");
    let mut stranger = Browser::outside(&door.world);
    assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND, "only on the tablet");
    assert_eq!(stranger.get(&format!("{page}/badge")).await.status, StatusCode::NOT_FOUND);
    door.site.clock.advance(SignedDuration::from_secs(61));
    let back = door.tablet.get(&page).await;
    assert_eq!(
        (back.status, back.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, format!("/hill{}", door.path()).as_str())
    );
    assert!(!back.body.contains("Cleo"));
}

// V6 V11 V7: the page behind the badge
#[tokio::test]
async fn a_badge_leads_to_two_buttons_and_looking_changes_nothing() {
    let mut door = Door::new().await;
    let page = door.check_in(&[]).await;
    let visit = page.rsplit_once('/').map(|(_, token)| format!("/visit/{token}")).expect("a token");
    let before = door.site.store.tables();
    let mut scanner = Browser::outside(&door.world);
    for _ in 0..2 {
        let seen = scanner.get(&visit).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.body.contains("I am leaving") && seen.body.contains("I need longer"), "{}", seen.body);
        assert!(!seen.body.contains("900555") && !seen.body.contains("cleo@"), "no addresses");
        let head = Request::head(&visit).header("sec-purpose", "prefetch").body(Body::empty()).expect("a request");
        assert_eq!(scanner.send(head).await.status, StatusCode::OK);
        let badge = scanner.get(&format!("{visit}/badge")).await;
        assert!(badge.body.contains("<svg") && badge.body.contains("Cleo Marsh"), "{}", badge.body);
        assert!(!badge.body.contains("<?xml") && !badge.body.contains("style="), "{}", badge.body);
    }
    assert_eq!(door.site.store.tables(), before);
    assert_eq!(scanner.get(&format!("/visit/{}", "a".repeat(26))).await.status, StatusCode::NOT_FOUND);

    let longer = scanner.post(&visit, &[("action", "longer"), ("until", "2 hours")]).await;
    assert_eq!(longer.status, StatusCode::SEE_OTHER, "{}", longer.body);
    assert_eq!(door.count("revision = 2"), 1);
    let past = scanner.post(&visit, &[("action", "longer"), ("until", "-1 hour")]).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(past.body.contains("That time is past."), "{}", past.body);
    assert_eq!(scanner.post(&visit, &[("action", "explode")]).await.status, StatusCode::BAD_REQUEST);
    for _ in 0..2 {
        assert_eq!(scanner.post(&visit, &[("action", "leave")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(door.count("ended = 'early'"), 1);
    }
    assert!(scanner.get(&visit).await.body.contains("This visit is over"));
    let over = scanner.post(&visit, &[("action", "longer"), ("until", "2 hours")]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    let badge = scanner.get(&format!("{visit}/badge")).await;
    assert_eq!(badge.status, StatusCode::OK);
    assert_eq!(door.count("out_at IS NULL"), 0);
}

// H19: sixty an hour
#[tokio::test]
async fn a_kiosk_takes_so_many_an_hour_and_says_when_it_takes_more() {
    let mut door = Door::new().await;
    let path = door.path();
    for number in 0..60 {
        let name = format!("Visitor {number}");
        door.check_in(&[("name", &name), ("email", ""), ("phone", "")]).await;
        door.site.store.sql("UPDATE visit SET out_at = out_due, ended = 'left'");
    }
    let many = door.tablet.post(&path, &with(&[("name", "One more")])).await;
    assert_eq!(many.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(many.header(header::RETRY_AFTER).parse::<i64>().is_ok_and(|seconds| (1..=3601).contains(&seconds)));
    door.site.clock.advance(SignedDuration::from_mins(61));
    door.check_in(&[("name", "One more")]).await;
}

// V9 V12 G7: the organizer's page, the list to print, and that they are the owner's alone
#[tokio::test]
async fn an_organizer_sees_who_is_inside_and_what_waits_and_nobody_else_does() {
    let mut door = Door::new().await;
    door.check_in(&[]).await;
    door.world.account("ada@example.org").await;
    door.world.account(BEN).await;
    let id = door.desk.id().0;
    let mut ada = Browser::outside(&door.world);
    ada.sign_in("ada@example.org", PASSWORD).await;
    let page = ada.get("/desks").await;
    for words in ["Reception", "Cleo Marsh", "with a visitor", "goodbye", "arrival", "Has left"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(ada.get("/desks/fragment").await.body.contains("Cleo Marsh"));
    let paper = ada.get(&format!("/desks/{id}/inside")).await;
    for words in ["Reception: 1 person", "Cleo Marsh", "Ada Hill", "+447700900555", "class=\"box\""] {
        assert!(paper.body.contains(words), "{words}: {}", paper.body);
    }
    door.site.clock.advance(SignedDuration::from_mins(100));
    door.site.store.sql("UPDATE visit SET out_at = out_due, ended = 'auto'");
    let paper = ada.get(&format!("/desks/{id}/inside")).await;
    assert!(paper.body.contains("left by the clock, not confirmed"), "{}", paper.body);
    let visit = door.site.store.number("SELECT id FROM visit");
    let leave = format!("/desks/{id}/visits/{visit}/leave");
    let mut ben = Browser::outside(&door.world);
    ben.sign_in(BEN, PASSWORD).await;
    assert!(!ben.get("/desks").await.body.contains("Reception"));
    assert_eq!(ben.get(&format!("/desks/{id}/inside")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.post(&leave, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(door.count("left_at IS NOT NULL"), 0);
    assert_eq!(ada.post(&leave, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(door.count("left_at IS NOT NULL"), 1);
    let paper = ada.get(&format!("/desks/{id}/inside")).await;
    assert!(paper.body.contains("Nobody is inside."), "{}", paper.body);
}

// G12 X11: how many, at which desk by its number, and nobody's name
#[tokio::test]
async fn a_dashboard_sees_how_many_are_inside() {
    let mut door = Door::new().await;
    let id = door.desk.id().0;
    let lines = |inside, overdue| {
        [("inside", inside), ("overdue", overdue)]
            .map(|(state, count)| format!("xchange_visits_open{{desk=\"{id}\",state=\"{state}\"}} {count}"))
    };
    door.check_in(&[]).await;
    for (passed, wanted) in [(0, lines(1, 0)), (61, lines(0, 1))] {
        door.site.clock.advance(SignedDuration::from_mins(passed));
        let seen = ask(&door.world.router(), monitoring::metrics_from(Some("127.0.0.1:9"), &[])).await.2;
        assert!(wanted.iter().all(|line| seen.contains(line)), "{wanted:?} in {seen}");
        assert!(!seen.contains("Cleo") && !seen.contains("Reception") && !seen.contains("Ada"), "{seen}");
    }
}
