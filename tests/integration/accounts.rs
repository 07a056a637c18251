//! Who may sign in, from the first command to the page behind the link.

use crate::support::house::{House, Serving};

/// The session's cookie in an answer.
fn cookie(head: &str) -> &str {
    let set = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_default();
    set.split(';').next().unwrap_or_default()
}

fn get(serving: &Serving, path: &str, cookie: &str) -> crate::support::house::Reply {
    serving.raw("GET", path, &[("Cookie", cookie)], "")
}

// G7, A7: the way of a first organizer
#[test]
fn an_account_is_added_at_the_command_line_and_signs_in_on_the_running_listener() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    assert!(serving.get("/").body.contains("xchange account add"), "before there is an account, what to type");
    assert_eq!(serving.get("/account").body, serving.get("/").body);

    let added = house.run(&["account", "add", "Ada@Example.org"]).expect(0);
    let path = added.stdout.trim();
    assert!(
        path.starts_with("/password/") && path.len() > 50,
        "a path, while no public address is in the file: {path}"
    );
    assert!(added.stderr.contains("ada@example.org: once, within 24 hours"), "{}", added.stderr);
    assert_eq!(serving.get("/").status, 303, "the listener knows at once");

    assert!(serving.get(path).body.contains("ada@example.org"));
    let password = "correct horse battery";
    let form = format!("password={password}&again={password}").replace(' ', "+");
    let set = serving.raw("POST", path, &[("Sec-Fetch-Site", "same-origin")], &form);
    assert_eq!(set.status, 303, "{set:?}");
    let home = get(&serving, "/", cookie(&set.head));
    assert!(home.body.contains("Hill family 2026") && home.body.contains("0 of 6"), "{}", home.body);
    assert_eq!(serving.get(path).status, 404, "used");

    let log = serving.stop();
    assert!(log.contains("route=\"/password/{link}\""), "{log}");
    assert!(!log.contains(path.trim_start_matches("/password/")) && !log.contains("ada@"), "{log}");
}

// G7
#[test]
fn accounts_and_tokens_are_listed_and_taken_away() {
    let house = House::family();
    assert!(house.run(&["account", "list"]).expect(0).stdout.contains("There is no account"));
    let added = house.run(&["account", "add", "ada@example.org", "--json"]).expect(0).json();
    assert_eq!(added["account"], "ada@example.org");
    assert!(added["link"].as_str().is_some_and(|link| link.starts_with("/password/")), "{added}");
    house.run(&["account", "add", "ben@example.org"]).expect(0);
    let again = house.run(&["account", "add", "BEN@example.org"]).expect(1);
    assert!(again.stderr.contains("already") && again.stderr.contains("account link"), "{}", again.stderr);
    let wrong = house.run(&["account", "add", "nobody"]).expect(2);
    assert!(wrong.stderr.contains("not an e-mail address") && wrong.stderr.contains("hint: "), "{}", wrong.stderr);
    assert!(house.run(&["account", "link", "cleo@example.org"]).expect(2).stderr.contains("account list"));
    let link = house.run(&["account", "link", "ada@example.org"]).expect(0);
    assert_ne!(link.stdout.trim(), added["link"].as_str().unwrap_or_default());

    let made = house.run(&["token", "new", "backup", "--scope", "audit", "--json"]).expect(0).json();
    assert!(made["token"].as_str().is_some_and(|token| token.starts_with("xchange_")) && made["scope"] == "audit");
    house.run(&["token", "new", "backup", "--account", "ben@example.org"]).expect(0);
    house.run(&["token", "new", "backup"]).expect(1);
    house.run(&["token", "new", "other", "--scope", "all"]).expect(2);
    let listed = house.run(&["token", "list", "--json"]).expect(0).json();
    let listed: Vec<_> =
        listed["tokens"].as_array().expect("a list").iter().map(|t| (&t["name"], &t["scope"], &t["account"])).collect();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].2.is_null() && listed[1].2 == "ben@example.org" && listed[1].1 == "read", "{listed:?}");
    house.run(&["token", "revoke", "backup"]).expect(0);
    house.run(&["token", "revoke", "backup"]).expect(2);

    assert!(house.run(&["account", "remove", "ben@example.org"]).expect(2).stderr.contains("--yes"));
    house.run(&["account", "remove", "ben@example.org", "--yes"]).expect(0);
    let left = house.run(&["account", "list", "--json"]).expect(0).json();
    assert_eq!(left["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["accounts"][0]["keeper"], true);
    assert!(house.run(&["token", "list"]).expect(0).stdout.contains("There is no token"), "with its tokens");
}

// G7
#[test]
fn a_link_is_whole_where_the_public_address_is_known() {
    let house = House::with(&crate::support::house::family(
        "Hill family 2026",
        "[listener]\npublic_url = \"https://xmas.example.org/hill\"\n",
    ));
    let added = house.run(&["account", "add", "ada@example.org"]).expect(0);
    assert!(added.stdout.starts_with("https://xmas.example.org/hill/password/"), "{}", added.stdout);
}

// D1, G7: the site's contacts and an account's
#[test]
fn contacts_are_kept_at_the_command_line_as_on_the_pages() {
    let house = House::family();
    house.run(&["account", "add", "ada@example.org"]).expect(0);
    assert!(house.run(&["contact", "list"]).expect(0).stdout.contains("no contact yet"));
    let wrong = house.run(&["contact", "add", "Cleo Marsh", "--priority", "0"]).expect(2);
    assert!(wrong.stderr.contains("a phone or an e-mail address"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("--priority") && wrong.stderr.contains("nothing was changed"), "{}", wrong.stderr);
    let added = house.run(&["contact", "add", "Cleo Marsh", "--email", "cleo@example.org", "--json"]).expect(0).json();
    assert_eq!((&added["id"], &added["priority"]), (&"1".into(), &5.into()));
    let hers = ["contact", "add", "Cleo Marsh", "--phone", "+447700900123", "--account", "ada@example.org"];
    house.run(&hers).expect(0);

    let two = house.run(&["contact", "change", "cleo marsh", "--priority", "1"]).expect(2);
    assert!(two.stderr.contains("number instead: 1 or 2"), "{}", two.stderr);
    house.run(&["contact", "change", "2", "--priority", "1", "--tags", "club, family"]).expect(0);
    house.run(&["contact", "change", "Cleo Marsh", "--account", "ada@example.org", "--name", "Cleo M."]).expect(0);
    let emptied = house.run(&["contact", "change", "2", "--phone", ""]).expect(2);
    assert!(emptied.stderr.contains("a phone or an e-mail address"), "{}", emptied.stderr);
    let listed = house.run(&["contact", "list", "CLUB", "--json"]).expect(0).json();
    assert_eq!(listed["contacts"].as_array().map(Vec::len), Some(1));
    let hers = &listed["contacts"][0];
    assert_eq!(
        (&hers["name"], &hers["phone"], &hers["account"]),
        (&"Cleo M.".into(), &"+447700900123".into(), &"ada@example.org".into())
    );

    assert!(house.run(&["contact", "remove", "Cleo"]).expect(2).stderr.contains("no contact \"Cleo\""));
    assert!(house.run(&["contact", "remove", "Cleo Marsh"]).expect(2).stderr.contains("--yes"));
    house.run(&["contact", "remove", "Cleo Marsh", "--yes"]).expect(0);
    assert!(house.run(&["contact", "list"]).expect(0).stdout.contains("Cleo M."));
    house.run(&["contact", "list", "--account", "nobody@example.org"]).expect(2);
    house.run(&["contact", "list", "-x", "Hill family 2026"]).expect(2);
}

// G7, G8: what is made for an account is the account's
#[test]
fn an_exchange_is_made_for_an_account_and_goes_to_the_keeper_with_it() {
    let house = House::family();
    for email in ["ada@example.org", "ben@example.org"] {
        house.run(&["account", "add", email]).expect(0);
    }
    house.run(&["exchange", "new", "Office", "--account", "cleo@example.org"]).expect(2);
    house.run(&["exchange", "new", "Office", "--account", "ben@example.org"]).expect(0);
    // Of one name and one series in another hand, and later in the same.
    house.run(&["exchange", "new", "Office", "--account", "ada@example.org"]).expect(0);
    let owners = || {
        let listed = house.run(&["exchange", "list", "--json"]).expect(0).json();
        let rows = listed["exchanges"].as_array().cloned().unwrap_or_default();
        rows.iter().filter(|row| row["name"] == "Office").map(|row| row["owner"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(owners(), ["ben@example.org", "ada@example.org"]);
    house.run(&["account", "remove", "ben@example.org", "--yes"]).expect(0);
    assert_eq!(owners(), ["ada@example.org", "ada@example.org"], "two of one name in one hand stay two");
}
