use std::path::Path;

use super::*;
use crate::roster;

const ADA: &str = "[[people]]\nname = \"Ada\"\nphone = \"+447700900101\"\nemail = \"ada@example.org\"\n";
const BEN: &str = "[[people]]\nname = \"Ben\"\nphone = \"+447700900102\"\nwishes = [\"wool socks\"]\n";
const CLEO: &str = "[[people]]\nname = \"Cleo\"\nemail = \"cleo@example.org\"\n";
const DEV: &str = "[[people]]\nname = \"Dev\"\nphone = \"+447700900104\"\n";

fn exchange(heading: &str, people: &[&str], more: &str) -> Exchange {
    let text = format!("[exchange]\nname = \"Hills 2026\"\n{heading}\n{}{more}", people.concat());
    roster::parse(&text, Path::new("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}\n{text}")).exchange
}

fn everybody() -> Exchange {
    exchange("", &[ADA, BEN, CLEO, DEV], "")
}

#[track_caller]
fn assert_told(drawn: &Exchange, file: &Exchange, expected: &[&str]) {
    let told: Vec<String> = differences(drawn, file).iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}

#[track_caller]
fn assert_people(people: &[&str], expected: &[&str]) {
    assert_told(&everybody(), &exchange("", people, ""), expected);
}

// X21
#[test]
fn what_did_not_change_is_no_difference() {
    assert_people(&[ADA, BEN, CLEO, DEV], &[]);
    assert_people(&[DEV, CLEO, BEN, ADA], &[]);
    let rules = |one: &str, other: &str| exchange("", &[ADA, BEN, CLEO, DEV], &format!("{one}{other}"));
    let one = "[[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\nboth_ways = true\n";
    let other = "[[exclusions]]\ngiver = \"Cleo\"\nreceiver = \"Dev\"\n";
    assert_told(&rules(one, other), &rules(other, one), &[]);
}

// X21 G15: how somebody is told, where that changed by their own choice.
#[test]
fn another_way_of_being_told_is_a_difference() {
    let by_mail = format!("{ADA}deliver = \"email\"\n");
    assert_people(&[&by_mail, BEN, CLEO, DEV], &["Ada: deliver sms, now email"]);
    assert_people(&[&format!("{ADA}deliver = \"sms\"\n"), BEN, CLEO, DEV], &[]);
    let drawn = exchange("", &[&by_mail, BEN, CLEO, DEV], "");
    assert_told(&drawn, &everybody(), &["Ada: deliver email, now sms"]);
}

// X21 H2: each by name, the addresses masked.
#[test]
fn changed_people_are_told_by_name() {
    let phone = BEN.replace("0102", "0192");
    assert_people(
        &[ADA, &phone, CLEO, DEV],
        &[&format!("Ben: phone {}, now {}", masked("+447700900102"), masked("+447700900192"))],
    );
    let alike = BEN.replace("900102", "901102");
    assert_people(
        &[ADA, &alike, CLEO, DEV],
        &[&format!("Ben: phone {}, now another that looks the same masked", masked("+447700900102"))],
    );
    let none = ADA.replace("email = \"ada@example.org\"\n", "");
    let told = differences(&everybody(), &exchange("", &[&none, BEN, CLEO, DEV], ""));
    assert_eq!((told[0].kind.as_str(), &told[0].to), ("e-mail", &None));
    assert!(!told[0].to_string().contains("ada@"), "{}", told[0]);
    assert_people(
        &[ADA, &BEN.replace("wool socks", "tea\", \"jam"), CLEO, DEV],
        &["Ben: wishes wool socks, now tea, jam"],
    );
    assert_people(&[ADA, BEN, CLEO, &format!("{DEV}household = \"north\"\n")], &["Dev: household none, now north"]);
}

fn masked(phone: &str) -> String {
    crate::model::Phone::from_provider(phone).expect("a phone").to_string()
}

// X21: found by name, then by phone, then by e-mail.
#[test]
fn somebody_renamed_is_told_from_one_who_joined_and_one_who_left() {
    assert_people(&[ADA, &BEN.replace("Ben", "Benjamin"), CLEO, DEV], &["Benjamin: name Ben, now Benjamin"]);
    assert_people(&[ADA, BEN, &CLEO.replace("\"Cleo", "\"Clea"), DEV], &["Clea: name Cleo, now Clea"]);
    let edith = "[[people]]\nname = \"Edith\"\nphone = \"+447700900105\"\n";
    assert_people(
        &[ADA, BEN, CLEO, edith],
        &["Edith is in the file and was not drawn", "Dev was drawn and is not in the file any more"],
    );
    // A newcomer under the name of somebody is that somebody, whatever their phone.
    let dev = edith.replace("Edith", "Dev");
    let told = differences(&everybody(), &exchange("", &[ADA, BEN, CLEO, &dev], ""));
    assert_eq!(told.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(), ["phone"]);
}

// X21
#[test]
fn changed_settings_rules_and_wordings_are_told() {
    let before = exchange("budget = \"20 GBP\"", &[ADA, BEN, CLEO, DEV], "");
    let heading = "keyword = \"yule\"\nreply = \"It is {receiver}.\"\nbudget = \"25 GBP\"\ndate = 2026-12-24\ntimezone = \"Europe/London\"";
    let more = "[rules]\nmutual = false\ngifts_each = 2\n[messages]\nmenu = \"Text {keyword}.\"\n\
                [[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\n";
    let after = exchange(heading, &[ADA, BEN, CLEO, DEV], more);
    let told: Vec<String> = differences(&before, &after).iter().map(ToString::to_string).collect();
    for expected in [
        "now yule",
        "now It is {receiver}.",
        "budget 20 GBP, now 25 GBP",
        "date none, now 2026-12-24",
        "timezone UTC, now Europe/London",
        "message \"menu\" changed",
        "rule mutual true, now false",
        "rule gifts_each 1, now 2",
        "exclusion none, now Ada never gives to Ben",
    ] {
        assert!(told.iter().any(|line| line.ends_with(expected)), "{expected} in {told:#?}");
    }
    assert_eq!(told.len(), 9, "{told:#?}");
    // Of an exclusion of somebody who left only the leaving is told.
    let left = exchange(heading, &[BEN, CLEO, DEV], &more.replace("\"Ada\"", "\"Dev\""));
    let told: Vec<String> = differences(&after, &left).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["Ada was drawn and is not in the file any more", "exclusion none, now Dev never gives to Ben"]);
}
