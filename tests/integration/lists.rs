//! Lists and broadcasts from outside: the README's section as a script, the public pages by real requests.

use std::time::Instant;

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::house::{House, PATIENCE, PUBLIC_URL, Serving};
use crate::support::readme;
use crate::support::smtp::{LocalSmtp, Mail};

const MEMBERS: &str = "First name,Last name,Phone,Email,Consent,Tags\n\
                       Zoë,O'Brien,+447700900001,,paper form 3 May,choir\n\
                       <script>,,,evil@example.org,,\n\
                       Ann,Hill,+447700900003,ann@example.org,web form,\n";

/// The first message that was written into the folder.
fn mail(house: &House) -> String {
    let started = Instant::now();
    loop {
        let files = std::fs::read_dir(house.path("outbox")).into_iter().flatten();
        let texts = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        if let Some(text) = texts.into_iter().find(|text| text.contains("/confirm/")) {
            return text;
        }
        assert!(started.elapsed() < PATIENCE, "no mail came");
        std::thread::yield_now();
    }
}

// A9 A8
#[test]
fn the_readmes_section_runs_as_it_stands_and_each_command_names_the_next() {
    let house = House::empty();
    house.write("members.csv", MEMBERS);
    let script = readme::script("Sign people up and write to all");
    let mut next = String::new();
    for command in &script {
        let mut words = readme::words(command);
        let verb = words[..2].join(" ");
        if !next.is_empty() && words[0] != "init" && verb != "list new" {
            assert!(
                next.contains("Next: ") && next.contains(&format!("`xchange {verb}")),
                "{command} is not next: {next}"
            );
        }
        if verb == "broadcast send" {
            words.push("--yes".to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        next = house.run(&words).expect(0).stderr;
    }
    let shown = house.run(&["broadcast", "show", "--json"]).expect(0).json();
    assert_eq!((&shown["state"], &shown["counts"]["waiting"]), (&"sending".into(), &2.into()), "{shown}");
    assert_eq!(shown["counts"]["left out"], 1, "one has not confirmed yet: {shown}");
    assert!(!shown.to_string().contains("77009"), "addresses are not shown");
    let again = house.run(&["broadcast", "send", "--yes"]).expect(0);
    assert!(again.stdout.contains("nothing goes out twice"), "{}", again.stdout);
    house.run(&["broadcast", "cancel", "--yes"]).expect(0);
    house.run(&["broadcast", "results", "--csv", "results.csv"]).expect(0);
    house.run(&["broadcast", "results", "--csv", "results.csv"]).expect(2);
    let back = house.run(&["list", "import", "results.csv", "--dry-run", "--json"]).expect(0).json();
    assert_eq!((&back["known"], &back["added"]), (&3.into(), &0.into()), "{back}");
    let exported = house.run(&["list", "export"]).expect(0).stdout;
    assert!(exported.contains("Zoë,O'Brien") && exported.contains("paper form 3 May"), "{exported}");
    let record = house.run(&["list", "subscribers", "+447700900001"]).expect(0).stdout;
    assert!(record.contains("confirmed for text by import") && record.contains("paper form 3 May"), "{record}");
}

// A5 A12
#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let house = House::empty();
    house.run(&["init", "--site"]).expect(0);
    let none = house.run(&["broadcast", "new", "Hi"]).expect(2).stderr;
    assert!(none.contains("there is no list yet") && none.contains("xchange list new NAME"), "{none}");
    house.run(&["list", "new", "Club"]).expect(0);
    let taken = house.run(&["list", "new", "club"]).expect(2).stderr;
    assert!(taken.contains("another list's page is /join/club"), "{taken}");
    for (text, said) in [("", "this text is empty"), ("Hi {frst_name}", "column 4: unknown placeholder {frst_name}")] {
        let refused = house.run(&["broadcast", "new", text]).expect(2).stderr;
        assert!(refused.contains(said), "{refused}");
    }
    house.run(&["broadcast", "new", "Hi"]).expect(0);
    let nobody = house.run(&["broadcast", "plan"]).expect(2).stderr;
    assert!(nobody.contains("nobody would get it: there is nobody on it"), "{nobody}");
    let unplanned = house.run(&["broadcast", "send", "--yes"]).expect(2).stderr;
    assert!(unplanned.contains("is draft; plan it first"), "{unplanned}");
    house.write("bad.csv", "First name,Phone\nAnn,12\n");
    let bad = house.run(&["list", "import", "bad.csv"]).expect(2).stderr;
    assert!(bad.contains("bad.csv") && bad.contains("row 2") && bad.contains("nothing was taken"), "{bad}");
    let unknown = house.run(&["list", "opt-out", "x@example.org", "--reason", "asked"]).expect(2).stderr;
    assert!(unknown.contains("nobody on the list has the address"), "{unknown}");
    house.run(&["list", "opt-out", "+447700900009", "--reason", "called us"]).expect(0);
}

// A1 A6 A7 A8: by the real binary, without an account, and without a script
#[test]
fn people_sign_up_confirm_and_leave_on_the_pages() {
    let house = House::with(
        "[site]\nname = \"Hill\"\ncountry = \"GB\"\n\n\
         [messaging]\nmode = \"files\"\n\n[twilio]\nfrom = \"+447700900999\"\n",
    );
    house.run(&["list", "new", "Club news", "--sender", "Hill Club"]).expect(0);
    let serving = house.serve();
    let page = serving.get("/join/club-news");
    assert_eq!(page.status, 200);
    for shown in [
        "Hill Club",
        "STOP",
        "HELP",
        "rates may apply",
        "not sold or shared",
        "name=\"consent\"",
        "name=\"wording\"",
        "site.css",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert!(!page.body.contains("checked"), "consent is not ticked beforehand");
    assert!(!page.body.contains("<script"), "no script is needed");
    assert_eq!(serving.get("/assets/site.css").status, 200);
    assert_eq!(serving.get("/join/nothing").status, 404);
    let join = |body: &str| serving.raw("POST", "/join/club-news", &[], body);
    let hostile = "first_name=%3Cscript%3Ealert(1)%3C/script%3E&last_name=O%27Brien&email=zoe%40example.org";
    let unticked = join(hostile);
    assert_eq!(unticked.status, 422);
    assert!(unticked.body.contains("tick the box") && !unticked.body.contains("<script>alert"), "{}", unticked.body);
    assert!(unticked.body.contains("O&#39;Brien") || unticked.body.contains("O&#x27;Brien"), "{}", unticked.body);
    let other_site =
        serving.raw("POST", "/join/club-news", &[("Origin", "https://evil.example")], &format!("{hostile}&consent=on"));
    assert_eq!(other_site.status, 403);
    let first = join(&format!("{hostile}&consent=on"));
    let second = join(&format!("{hostile}&consent=on"));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.body, second.body, "the same words, whether known or not");
    let stands = house.run(&["list", "subscribers", "--json"]).expect(0).json();
    assert_eq!(stands["subscribers"][0]["first_name"], "<script>alert(1)</script>");
    assert_eq!(stands["subscribers"][0]["by_email"], "asked");

    let mail = mail(&house);
    let read = mail.split_once("Subject:").expect("a subject").1;
    assert!(read.contains("Hello,") && !read.contains("alert(1)"), "nothing that whoever signed up has typed: {mail}");
    let link = mail.split(PUBLIC_URL).nth(1).expect("a link").split_whitespace().next().expect("its end");
    let link = link.to_owned();
    let looked = serving.get(&link);
    assert_eq!(looked.status, 200);
    let asked = || house.run(&["list", "subscribers", "--json"]).expect(0).json()["subscribers"][0]["by_email"].clone();
    assert_eq!(asked(), "asked", "looking at the page confirms nothing");
    assert_eq!(serving.raw("HEAD", &link, &[], "").status, 200);
    assert_eq!(asked(), "asked");
    assert_eq!(serving.raw("POST", &link, &[], "").status, 200);
    assert_eq!(asked(), "confirmed");
    house.run(&["list", "opt-out", "zoe@example.org", "--reason", "asked at the door"]).expect(0);
    let late = serving.raw("POST", &link, &[], "");
    assert!(late.body.contains("You have left this list, so nothing is sent."), "{}", late.body);
    assert_eq!(asked(), "withdrawn");
    serving.stop();
}

/// A site with this mail server, on whose list Ann has agreed and Ben is asked.
fn mailing(server: &LocalSmtp) -> House {
    let smtp =
        format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"club@example.org\"", server.port());
    let house = House::with(&format!("[site]\nname = \"Hill\"\ncountry = \"GB\"\n\n[smtp]\n{smtp}\n"));
    house.run(&["list", "new", "Club news", "--sender", "Hill Club"]).expect(0);
    house.write("m.csv", "First name,Email,Consent\nAnn,ann@example.org,web form\nBen,ben@example.org,\n");
    house.run(&["list", "import", "m.csv"]).expect(0);
    house
}

/// The first mail to somebody that says this.
async fn mail_with(server: &LocalSmtp, to: &str, words: &str) -> Mail {
    let started = Instant::now();
    loop {
        let found = server.mails().into_iter().find(|mail| mail.to == [to] && mail.source.contains(words));
        if let Some(mail) = found {
            return mail;
        }
        assert!(started.elapsed() < PATIENCE, "no mail came");
        tokio::task::yield_now().await;
    }
}

fn standing(house: &House, who: usize) -> serde_json::Value {
    house.run(&["list", "subscribers", "--json"]).expect(0).json()["subscribers"][who]["by_email"].clone()
}

// A8 A12 H20: RFC 8058, by a real mail and a real request
#[tokio::test(flavor = "multi_thread")]
async fn one_click_in_a_mail_program_leaves_the_list_and_looking_does_not() {
    let server = LocalSmtp::start(None).await;
    let house = mailing(&server);
    house.run(&["broadcast", "new", "Hello {first_name}"]).expect(0);
    house.run(&["broadcast", "plan"]).expect(0);
    house.run(&["broadcast", "test", "me@example.org"]).expect(0);
    let serving = house.serve();
    mail_with(&server, "me@example.org", "Hello Ann").await;
    assert_eq!(house.run(&["broadcast", "show", "--json"]).expect(0).json()["counts"]["planned"], 1);
    house.run(&["broadcast", "send", "--yes"]).expect(0);
    let mail = mail_with(&server, "ann@example.org", "Hello Ann").await;
    assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let link = mail.header("List-Unsubscribe").expect("a way to leave");
    let link = link.strip_prefix('<').and_then(|link| link.split('>').next()).expect("a link in brackets");
    let path = link.strip_prefix(PUBLIC_URL).expect("https, at our address");
    for method in ["GET", "HEAD"] {
        assert_eq!(serving.raw(method, path, &[], "").status, 200, "{method} {path:?}");
    }
    assert_eq!(standing(&house, 0), "confirmed", "a scanner that looks at links takes nobody off a list");
    let clicked = serving.raw("POST", path, &[], "List-Unsubscribe=One-Click");
    assert_eq!((clicked.status, standing(&house, 0)), (200, json!("withdrawn")));
    assert_eq!(serving.raw("POST", path, &[], "List-Unsubscribe=One-Click").status, 200, "once more is no error");
    let record = house.run(&["list", "subscribers", "ann@example.org"]).expect(0).stdout;
    assert!(
        record.contains("confirmed for e-mail by import") && record.contains("withdrawn for e-mail by link"),
        "{record}"
    );
    serving.stop();
}

/// Opens a link of a mail where the listener really is, presses the page's one button, and lets axe-core judge both.
async fn press_the_button(browser: &Browser, serving: &Serving, mail: &Mail, page: &str) {
    // Long links are broken over lines in quoted-printable.
    let text = mail.source.replace("=\r\n", "");
    let path = text.split(PUBLIC_URL).find(|rest| rest.starts_with(&format!("/{page}/"))).expect("a link");
    let path = path.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).next().expect("its end");
    browser.client.goto(&format!("http://{}{path}", serving.address)).await.expect("a page");
    judge(browser, page).await;
    let button = browser.client.find(fantoccini::Locator::Css("main button")).await.expect("a button");
    button.click().await.expect("pressed");
    let said = browser.client.wait().for_element(fantoccini::Locator::Css("main [role=status]")).await;
    said.expect("what was done is said");
    judge(browser, &format!("{page}-done")).await;
}

/// Every width, light and dark; keeps pictures where somebody wants to look at them.
async fn judge(browser: &Browser, page: &str) {
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    for (width, scheme) in [(320, "light"), (320, "dark"), (768, "light"), (1280, "dark")] {
        browser.look_like(width, 900, scheme).await;
        // A page with a button is short.
        let faults = browser.faults().await;
        let faults: Vec<&str> = faults.as_array().into_iter().flatten().filter_map(|fault| fault.as_str()).collect();
        assert!(faults.iter().all(|fault| fault.starts_with("only ")), "{page} at {width}, {scheme}: {faults:?}");
        assert_eq!(browser.violations().await, json!([]), "{page} at {width}, {scheme}");
        if let Some(folder) = std::env::var_os("XCHANGE_TEST_SCREENSHOTS") {
            let shot = browser.client.screenshot().await.expect("a picture");
            std::fs::write(std::path::Path::new(&folder).join(format!("{page}-{width}-{scheme}.png")), shot)
                .expect("kept");
        }
    }
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
}

// A1 A8: in a real browser, without script
#[tokio::test(flavor = "multi_thread")]
async fn people_confirm_and_leave_by_the_buttons_behind_their_links() {
    let server = LocalSmtp::start(None).await;
    let house = mailing(&server);
    let Some(browser) = Browser::start().await else {
        assert!(std::env::var_os("CI").is_none(), "CI has a browser");
        return;
    };
    let serving = house.serve();
    browser.client.goto(&format!("http://{}/join/club-news", serving.address)).await.expect("the page");
    judge(&browser, "join").await;
    let asked = mail_with(&server, "ben@example.org", "/confirm/").await;
    press_the_button(&browser, &serving, &asked, "confirm").await;
    assert_eq!(standing(&house, 1), "confirmed");
    for args in [&["broadcast", "new", "Hello"][..], &["broadcast", "plan"], &["broadcast", "send", "--yes"]] {
        house.run(args).expect(0);
    }
    let mail = mail_with(&server, "ben@example.org", "/leave/").await;
    let watched = house.run(&["broadcast", "show", "--watch"]).expect(0).stdout;
    assert!(watched.lines().last().is_some_and(|last| last == "Broadcast 1 is done. 2 sent"), "{watched}");
    assert_eq!(house.run(&["broadcast", "show", "--json"]).expect(0).json()["state"], "done");
    let late = house.run(&["broadcast", "cancel", "--yes"]).expect(2).stderr;
    assert!(late.contains("broadcast 1 is done; nothing of it is on its way"), "{late}");
    press_the_button(&browser, &serving, &mail, "leave").await;
    assert_eq!(standing(&house, 1), "withdrawn");
    browser.close().await;
    serving.stop();
}

// A9 G15: said before money is spent
#[test]
fn doctor_says_in_one_line_that_carriers_block_a_us_number_without_a_service() {
    let site = |twilio: &str| House::with(&format!("[site]\ncountry = \"US\"\n\n[twilio]\n{twilio}\n"));
    let line = |house: &House| {
        let said = house.run(&["doctor"]).stdout;
        said.lines().find(|line| line.starts_with("broadcasts\t")).map(str::to_owned)
    };
    let house = site("from = \"+12125550100\"");
    house.run(&["list", "new", "Club"]).expect(0);
    let said = line(&house).expect("a line");
    assert!(said.contains("a US number without a messaging service: carriers block them"), "{said}");
    assert!(said.contains("messaging_service_sid") && said.contains("docs/running.md"), "{said}");
    for other in ["from = \"+447700900999\"", "messaging_service_sid = \"MG0123456789abcdef0123456789abcdef\""] {
        let house = site(other);
        house.run(&["list", "new", "Club"]).expect(0);
        assert_eq!(line(&house), None);
    }
    assert_eq!(line(&site("from = \"+12125550100\"")), None, "nobody is written to");
}

// A2: from the shell, to the address book and to an event's guests
#[test]
fn contacts_and_guests_are_written_to_without_a_list() {
    let house = House::empty();
    house.run(&["init", "--site"]).expect(0);
    for (name, tag) in [("Ada Hill", "choir"), ("Ben Hill", "band")] {
        let email = format!("{}@example.org", &name[..3].to_lowercase());
        house.run(&["contact", "add", name, "--email", &email, "--tags", tag]).expect(0);
    }
    let written = house.run(&["broadcast", "new", "Hello", "--contacts", "--tags", "choir"]).expect(0).stderr;
    assert!(written.contains("broadcast plan --list \"Contacts\""), "{written}");
    let plan = house.run(&["broadcast", "plan", "--list", "Contacts", "--json"]).expect(0).json();
    assert_eq!((&plan["emails"], &plan["left_out"]), (&json!(1), &json!([])));
    let shown = house.run(&["list", "show"]).expect(0).stdout;
    assert!(shown.contains("Contacts: ") && !shown.contains("/join/"), "it has no page: {shown}");
    let only = ["broadcast", "new", "Hello", "--contacts", "--only", "ben@example.org"];
    house.run(&only).expect(0);
    assert_eq!(house.run(&["broadcast", "plan", "--list", "Contacts", "--json"]).expect(0).json()["emails"], 1);
    let unknown = house.run(&["broadcast", "new", "Hello", "--contacts", "--only", "x@example.org"]).expect(2).stderr;
    assert!(unknown.contains("nobody on the list has the address"), "{unknown}");
    let none = house.run(&["broadcast", "new", "Hello", "--event", "Tea"]).expect(2).stderr;
    assert!(none.contains("there is no event") && none.contains("xchange event list"), "{none}");
    house.run(&["event", "new", "Tea", "--starts-at", "2099-06-01 18:00", "--seats", "2"]).expect(0);
    house.run(&["event", "deal"]).expect(0);
    let written = house.run(&["broadcast", "new", "Bring cake", "--event", "Tea", "--tags", "open"]).expect(0);
    assert!(written.stdout.contains("Guests of Tea"), "{written:?}");
    let plan = house.run(&["broadcast", "plan", "--list", "Guests of Tea", "--json"]).expect(0).json();
    assert_eq!(plan["emails"], 2, "{plan}");
}
