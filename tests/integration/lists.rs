//! Lists and broadcasts from outside: the README's section as a script, the public pages by real requests.

use std::time::Instant;

use crate::support::house::{House, PATIENCE, PUBLIC_URL};
use crate::support::readme;

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
    for shown in ["Hill Club", "STOP", "HELP", "rates may apply", "not sold or shared", "name=\"consent\"", "site.css"]
    {
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
    assert!(mail.contains("Hello <script>alert(1)</script> O'Brien"), "{mail}");
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
    serving.stop();
}
