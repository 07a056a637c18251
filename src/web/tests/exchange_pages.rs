//! A whole exchange by forms alone, and what its pages never show.

use super::pages::{ADA, Browser, PASSWORD};
use super::*;
use crate::app::overview::Overview;
use crate::store::Reach;

/// Everybody of the exchange that is made here.
const PEOPLE: [&str; 4] = ["Ada Hill", "Ben Hill", "Cleo Marsh", "Dev Marsh"];

/// A spreadsheet as a browser sends one.
pub(super) fn upload(path: &str, csv: &str) -> Request<Body> {
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n--edge--\r\n"
    );
    Request::post(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request")
}

/// Makes an exchange with four people, and gives where its pages are.
async fn made(ada: &mut Browser) -> String {
    let refused = ada.post("/exchanges", &[("name", "Hill"), ("timezone", "Nowhere/City")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"Nowhere/City\""), "what was typed stands there: {}", refused.body);
    let made = ada.post("/exchanges", &[("name", "Hill 2026"), ("budget", "25 GBP"), ("country", "GB")]).await;
    let at = made.header(header::LOCATION).strip_prefix("/hill").expect("behind the prefix").to_owned();
    let at = at.strip_suffix("/people").expect("to its people").to_owned();
    let bad =
        ada.send(upload(&format!("{at}/people/import"), "Name,Phone\nAda Hill,07700 900123\nBen Hill,12\n")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.body.contains("row 3") && bad.body.contains("Nobody yet"), "{}", bad.body);
    let sheet =
        "Name,Phone,Household\nAda Hill,07700 900123,north\nBen Hill,07700 900124,north\nCleo Marsh,07700 900125,\n";
    let good = ada.send(upload(&format!("{at}/people/import"), sheet)).await;
    assert!(good.body.contains("3 added") && good.body.contains("Cleo Marsh"), "{}", good.body);
    assert!(!good.body.contains("900123"), "addresses are masked");
    let dev = [("name", "Dev Marsh"), ("email", "dev@example.org"), ("wishes", "tea\nwool socks")];
    assert_eq!(ada.post(&format!("{at}/people"), &dev).await.status, StatusCode::SEE_OTHER);
    at
}

/// Opened once, with a reason and the password; what is wrong with either opens nothing.
async fn an_audit_wants_the_password(ada: &mut Browser, at: &str) {
    let page = |path: &str| format!("{at}{path}");
    let wrong = [("by", "giver"), ("name", "Ada Hill"), ("reason", "two parcels"), ("password", "wrong wrong wrong")];
    let refused = ada.post(&page("/audit"), &wrong).await;
    assert!(refused.body.contains("Nothing was opened") && !refused.body.contains(" gives to "), "{}", refused.body);
    assert!(!refused.body.contains("wrong wrong") && refused.body.contains("two parcels"));
    let right = [("by", "giver"), ("name", "Ada Hill"), ("reason", "two parcels"), ("password", PASSWORD)];
    let opened = ada.post(&page("/audit"), &right).await;
    assert_eq!((opened.status, opened.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(PEOPLE.iter().any(|name| opened.body.contains(&format!("Ada Hill gives to {name}"))), "{}", opened.body);
    assert!(opened.body.contains("no. 2"), "the moved phone was the first entry: {}", opened.body);
}

// G13, G2, A7: from an empty list to an audit, without script; nothing but the audit's own answer shows a pairing
#[tokio::test]
async fn an_exchange_is_made_drawn_watched_and_audited_by_forms_alone() {
    let (world, mut ada) = World::with_ada().await;
    let at = made(&mut ada).await;
    let page = |path: &str| format!("{at}{path}");
    let twice = ada.post(&page("/people"), &[("name", "Dev Marsh"), ("phone", "07700 900199")]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.body.contains("value=\"07700 900199\""), "what was typed stands there");

    // An impossible rule is told in words, with a press that mends it.
    for receiver in ["Cleo Marsh", "Dev Marsh"] {
        ada.post(&page("/exclusions"), &[("giver", "Ada Hill"), ("receiver", receiver)]).await;
    }
    let rules = ada.get(&page("/rules")).await.body;
    assert!(rules.contains("No draw is possible") && rules.contains("Ada Hill can give to nobody"), "{rules}");
    assert!(!rules.contains("(line "), "nobody sees the lines: {rules}");
    let draw = ada.post(&page("/draw"), &[]).await;
    assert!(draw.status == StatusCode::UNPROCESSABLE_ENTITY && draw.body.contains("Ada Hill"), "{}", draw.body);
    let mend = rules.split("name=\"mend\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a press");
    let mend = mend.replace("&#34;", "\"").replace("&#62;", ">").replace("&gt;", ">").replace("&quot;", "\"");
    assert_eq!(ada.post(&page("/mend"), &[("mend", &mend)]).await.status, StatusCode::SEE_OTHER, "{mend}");
    assert!(ada.get(&page("/rules")).await.body.contains("A draw is possible"));
    let stale = ada.post(&page("/mend"), &[("mend", &mend)]).await;
    assert!(stale.body.contains("has changed meanwhile"), "{}", stale.body);
    let bad = ada.post(&page("/rules"), &[("name", "Hill 2026"), ("gifts_each", "many"), ("mutual", "yes")]).await;
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.body.contains("not a whole number"), "{}", bad.body);
    assert!(ada.get(&page("/picture.svg")).await.body.starts_with("<svg"));

    assert_eq!(ada.post(&page("/draw"), &[]).await.header(header::LOCATION), format!("/hill{at}?done=first"));
    let again = ada.post(&page("/draw"), &[]).await;
    assert!(again.body.contains("drawn meanwhile"), "pressed twice, it draws once: {}", again.body);
    let drawn = ada.get(&at).await.body;
    assert!(
        drawn.contains("Fingerprint") && drawn.contains("has never texted") && drawn.contains("of 4 know"),
        "{drawn}"
    );
    assert!(ada.get(&page("/history")).await.body.contains("Hill 2026"));

    let first = ada.post(&page("/announce"), &[("text", "Dear {first_name}, at six.")]).await.body;
    assert!(first.contains("Dear Ada, at six.") && first.contains("With the answer to their first text"), "{first}");
    let told = ada.post(&page("/announce"), &[("text", "Dear {first_name}, at six."), ("sure", "yes")]).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER);

    let moved = [("was", "Ben Hill"), ("name", "Ben Hill"), ("phone", "07700 900155"), ("households", "north")];
    ada.post(&page("/people"), &moved).await;
    let plan = ada.get(&page("/update")).await.body;
    assert!(plan.contains("Ben Hill: phone") && plan.contains("The draw stays as it is"), "{plan}");
    let other = ada.post(&page("/update"), &[("plan", "another")]).await;
    assert!(other.body.contains("changed since this was shown"), "{}", other.body);
    let mark = plan.split("name=\"plan\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a mark");
    assert_eq!(ada.post(&page("/update"), &[("plan", mark)]).await.status, StatusCode::SEE_OTHER);

    an_audit_wants_the_password(&mut ada, &at).await;
    for path in ["", "/fragment", "/people", "/rules", "/draw", "/update", "/history", "/announce", "/audit"] {
        let shown = ada.get(&page(path)).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
        // Whose receiver the rules alone tell is said there, before a draw and after it.
        let by_rules = matches!(path, "/rules" | "/draw");
        assert!(by_rules || !shown.body.contains(" gives to "), "{path}: {}", shown.body);
        assert_eq!(shown.header(header::CACHE_CONTROL), "no-store", "{path}");
    }
    assert!(ada.get(&page("/audit")).await.body.contains("has been opened once"));
    let lines = world.site.store.read(|tx| Overview::of(tx, Reach::SITE)).expect("read").exchanges;
    assert!(lines.iter().all(|line| line.name != "Hill 2026"), "it is the account's own");
}

// G13: what is kept in the file is the file's to change; drawing, progress and an audit work
#[tokio::test]
async fn the_files_exchange_is_not_changed_from_its_pages() {
    let (world, mut ada) = World::with_ada().await;
    let id = world.site.store.read(|tx| world.site.topic(tx)).expect("read").expect("entered").id.0;
    let at = format!("/exchanges/{id}");
    assert!(ada.get(&format!("{at}/people")).await.body.contains("kept in its file"));
    for (path, fields) in [
        ("/people", &[("name", "Mallory"), ("email", "m@example.org")][..]),
        ("/people/remove", &[("name", "Ada")]),
        ("/rules", &[("name", "Other")]),
        ("/exclusions", &[("giver", "Ada"), ("receiver", "Brunhilda")]),
        ("/exclusions/remove", &[("giver", "Ada"), ("receiver", "Cy & Co")]),
        ("/mend", &[("mend", "Drop it")]),
    ] {
        let refused = ada.post(&format!("{at}{path}"), fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(refused.body.contains("kept in its file"), "{path}: {}", refused.body);
    }
    assert_eq!(ada.post(&format!("{at}/draw"), &[]).await.status, StatusCode::SEE_OTHER);
    let redraw = ada.post(&format!("{at}/draw"), &[("draw", "1"), ("reason", " ")]).await;
    assert!(redraw.body.contains("Say in a few words why"), "{}", redraw.body);
    let redraw = ada.post(&format!("{at}/draw"), &[("draw", "1"), ("reason", "Gil cannot come")]).await;
    assert_eq!(redraw.status, StatusCode::SEE_OTHER);
    assert!(ada.get(&format!("{at}/history")).await.body.contains("Gil cannot come"));
    let right = [("by", "giver"), ("name", "Ada"), ("reason", "two parcels"), ("password", PASSWORD)];
    assert!(ada.post(&format!("{at}/audit"), &right).await.body.contains("Ada gives to Brunhilda"));
    drop((world, ADA));
}

/// The mark of what a form was shown with.
fn seen(page: &str) -> &str {
    page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a mark")
}

// G1 G13: whoever comes second is told what the first has made of it, and nothing of either is lost
#[tokio::test]
async fn of_two_who_change_somebody_at_once_the_second_is_told() {
    let (_world, mut ada) = World::with_ada().await;
    let at = made(&mut ada).await;
    let (people, ben) = (format!("{at}/people"), format!("{at}/person?name=Ben+Hill"));
    let (shown, cleo) = (ada.get(&ben).await.body, ada.get(&format!("{at}/person?name=Cleo+Marsh")).await.body);
    let change = |seen: &str, phone: &str, wishes: &str| {
        let fields = [("was", "Ben Hill"), ("name", "Ben Hill"), ("phone", phone), ("wishes", wishes), ("seen", seen)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let post = async |ada: &mut Browser, fields: [(String, String); 5]| {
        ada.post(&people, &fields.each_ref().map(|(name, value)| (name.as_str(), value.as_str()))).await
    };
    let first = post(&mut ada, change(seen(&shown), "07700 900155", "")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let second = post(&mut ada, change(seen(&shown), "07700 900124", "tea")).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.body);
    for words in ["changed this meanwhile", "<dt>Phone, now</dt><dd>+447700900155</dd>", ">\ntea</textarea>"] {
        assert!(second.body.contains(words), "{words}: {}", second.body);
    }
    assert!(second.body.contains("value=\"07700 900124\"") && !second.body.contains("Name, now"), "{}", second.body);
    let now = ada.get(&ben).await.body;
    assert!(now.contains("+447700900155") && !now.contains("tea"), "{now}");
    // Who keeps their own words then has seen the others'.
    let third = post(&mut ada, change(seen(&second.body), "07700 900124", "tea")).await;
    assert_eq!(third.status, StatusCode::SEE_OTHER);
    assert!(ada.get(&ben).await.body.contains("tea"));
    // What was done to somebody else is in nobody's way.
    let fields = [("was", "Cleo Marsh"), ("name", "Cleo Marsh"), ("phone", "07700 900126"), ("seen", seen(&cleo))];
    assert_eq!(ada.post(&people, &fields).await.status, StatusCode::SEE_OTHER);
}

// G8 G13
#[tokio::test]
async fn of_two_who_change_the_rules_at_once_the_second_is_told() {
    let (_world, mut ada) = World::with_ada().await;
    let at = made(&mut ada).await;
    let rules = format!("{at}/rules");
    let shown = ada.get(&rules).await.body;
    let fields = |seen: &'static str, budget: &'static str, date: &'static str| {
        let usual = [("avoid_repeats", "3"), ("gifts_each", "1"), ("repeats", "avoid"), ("mutual", "yes")];
        [&[("name", "Hill 2026"), ("budget", budget), ("date", date), ("seen", seen)][..], &usual].concat()
    };
    let mark: &'static str = seen(&shown).to_owned().leak();
    assert_eq!(ada.post(&rules, &fields(mark, "30 GBP", "")).await.status, StatusCode::SEE_OTHER);
    let second = ada.post(&rules, &fields(mark, "25 GBP", "2026-12-24")).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.body);
    for words in ["changed this meanwhile", "<dt>Budget, now</dt><dd>30 GBP</dd>", "value=\"2026-12-24\""] {
        assert!(second.body.contains(words), "{words}: {}", second.body);
    }
    let now = ada.get(&rules).await.body;
    assert!(now.contains("value=\"30 GBP\"") && !now.contains("2026-12-24"), "nothing was kept: {now}");
    let mark: &'static str = seen(&second.body).to_owned().leak();
    assert_eq!(ada.post(&rules, &fields(mark, "25 GBP", "2026-12-24")).await.status, StatusCode::SEE_OTHER);
}
