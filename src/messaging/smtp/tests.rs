//! The client against a local mail server over a socket.

use std::time::Duration;

use proptest::prelude::*;
use secrecy::SecretString;

use super::local_server::{LocalSmtp, Trouble};
use super::{Smtp, SmtpError};
use crate::messaging::sender::{SendError, Verdict};
use crate::model::{Email, SmtpSecurity, SmtpSettings};

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

/// What a roster accepts as an address can be written to.
#[test]
fn the_addresses_a_roster_accepts_are_those_the_client_can_send_to() {
    for text in [
        "ada@example.org",
        "Ada.Hill+xmas@Mail.Example.ORG",
        "o'brien@example.org",
        "\"a b\"@example.org",
        "zoë@exämple.org",
        "ada@münchen.example",
        "ada@डाटामेल.भारत",
        "ada@localhost",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        "ada@[IPv6:2001:db8::1]",
        "ada",
        "ada@",
        "@example.org",
        "ada@@example.org",
        "ada hill@example.org",
        "ada@example .org",
        "ada@.org",
        "ada@example..org",
        "ada@-example.org",
        ".ada@example.org",
        "ada.@example.org",
        "Ada <ada@example.org>",
        "ada@example.org, ben@example.org",
        "ada@example.org\r\nRCPT TO:<ben@example.org>",
        &format!("{}@example.org", "a".repeat(64)),
        &format!("{}@example.org", "a".repeat(65)),
        &format!("ada@{}.org", "a".repeat(64)),
        "ada@0.",
        "ada@%6A",
    ] {
        assert_eq!(Email::parse(text).is_ok(), text.parse::<lettre::Address>().is_ok(), "{text}");
    }
}

proptest! {
    #[test]
    fn every_address_a_roster_accepts_can_be_sent_to(text in "[a-zA-Zé家.+\"' -]{0,8}@[a-zA-Zé家İ।.0-9%\\[\\]: -]{0,12}") {
        if let Ok(email) = Email::parse(&text) {
            prop_assert!(super::address(&email).is_ok(), "{text}");
        }
    }
}

fn settings(host: &str, security: SmtpSecurity) -> SmtpSettings {
    SmtpSettings { host: host.to_owned(), port: 25, security, user: None, from: email("xmas@example.org") }
}

fn client(server: &LocalSmtp) -> Smtp {
    let settings = SmtpSettings { port: server.port(), ..settings("127.0.0.1", SmtpSecurity::None) };
    Smtp::with_timeout(&settings, None, Duration::from_secs(5)).expect("a client")
}

async fn send(smtp: &Smtp) -> Result<String, SmtpError> {
    let html = "<html><body><p>Zo\u{eb}</p></body></html>";
    smtp.send(&email("dee@example.org"), ("Who you have: Zo\u{eb}", "Zo\u{eb}", html), (None, None), "7-pairing.0a1b2c")
        .await
}

#[tokio::test]
async fn without_protection_only_this_machine_is_spoken_to() {
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(Smtp::new(&settings(host, SmtpSecurity::None), None).is_ok(), "{host}");
    }
    for host in ["mail.example.org", "localhost.example.org", "10.0.0.1"] {
        let refused = Smtp::new(&settings(host, SmtpSecurity::None), None);
        assert!(matches!(refused, Err(SmtpError::Unprotected { .. })), "{host}");
    }
}

#[tokio::test]
async fn a_user_needs_a_password() {
    let settings = SmtpSettings { user: Some("ada".to_owned()), ..settings("localhost", SmtpSecurity::None) };
    assert!(matches!(Smtp::new(&settings, None), Err(SmtpError::NoPassword)));
}

// G10
#[tokio::test]
async fn a_mail_has_both_parts_the_way_out_and_a_lasting_id() {
    let server = LocalSmtp::start(None).await;
    let smtp = client(&server);
    for _ in 0..8 {
        assert_eq!(send(&smtp).await.expect("sent"), "<7-pairing.0a1b2c@example.org>");
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 8);
    assert!(server.connections() < 8, "a connection serves for many mails");
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("xmas@example.org", ["dee@example.org".to_owned()].as_slice())
    );
    assert_eq!(mail.header("Message-ID").as_deref(), Some("<7-pairing.0a1b2c@example.org>"));
    assert_eq!(mail.header("List-Unsubscribe").as_deref(), Some("<mailto:xmas@example.org?subject=unsubscribe>"));
    assert!(mail.header("Content-Type").is_some_and(|kind| kind.starts_with("multipart/alternative")));
    let (text, html) = (mail.source.find("Content-Type: text/plain"), mail.source.find("Content-Type: text/html"));
    // The last part is the one preferred (RFC 2046, section 5.1.4).
    assert!(text.is_some() && text < html);
    assert!(!mail.source.contains("http"), "nothing is fetched from anywhere");
}

// D21: an entry for the calendar goes beside the words.
#[tokio::test]
async fn a_mail_carries_an_entry_for_the_calendar() {
    let server = LocalSmtp::start(None).await;
    let words = ("Dinner", "See you", "<p>See you</p>");
    let entry = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
    let sent = client(&server).send(&email("dee@example.org"), words, (None, Some(entry)), "8-reminded.0a1b2c").await;
    sent.expect("sent");
    let mail = &server.mails()[0];
    assert!(mail.header("Content-Type").is_some_and(|kind| kind.starts_with("multipart/mixed")), "{}", mail.source);
    let find = |what: &str| mail.source.find(what).unwrap_or_else(|| panic!("{what}: {}", mail.source));
    assert!(find("multipart/alternative") < find("text/html") && find("text/html") < find("text/calendar"));
    assert!(mail.source.contains("filename=\"event.ics\"") && mail.source.contains("method=PUBLISH"));
}

#[tokio::test]
async fn a_login_is_made_where_one_is_wanted_and_a_wrong_one_blocks() {
    let server = LocalSmtp::start(Some(("ada", "secret"))).await;
    let settings =
        SmtpSettings { port: server.port(), user: Some("ada".to_owned()), ..settings("127.0.0.1", SmtpSecurity::None) };
    let with = |password: &str| Smtp::new(&settings, Some(&SecretString::from(password.to_owned()))).expect("a client");
    send(&with("secret")).await.expect("sent");
    with("secret").check().await.expect("sound");
    let refused = send(&with("wrong")).await.expect_err("a wrong password");
    assert!(matches!(refused, SmtpError::Refused { code: 535 }), "{refused:?}");
    assert_eq!(SendError::from(refused).verdict(), Verdict::Blocked);
    assert_eq!(server.logins()[0], ("ada".to_owned(), "secret".to_owned()));
}

// X11
#[tokio::test]
async fn a_refusal_is_read_by_its_code_and_repeats_no_address() {
    let server = LocalSmtp::start(None).await;
    let smtp = client(&server);
    server.plan([Trouble::RefuseRecipient(550), Trouble::RefuseMail(451)]);
    let never = send(&smtp).await.expect_err("refused");
    assert!(!format!("{never} {never:?}").contains("dee"), "{never:?}");
    assert_eq!(SendError::from(never).verdict(), Verdict::Never);
    let later = send(&smtp).await.expect_err("refused");
    assert_eq!(SendError::from(later).verdict(), Verdict::Later { asked: None });
    send(&smtp).await.expect("sent");
}

// H15: what SMTP cannot tell apart is sent again under the same id.
#[tokio::test]
async fn a_mail_whose_fate_is_unknown_is_repeated_with_the_same_id() {
    let server = LocalSmtp::start(None).await;
    let smtp = client(&server);
    server.plan([Trouble::TakeAndHangUp]);
    let unknown = send(&smtp).await.expect_err("no answer");
    assert_eq!(SendError::from(unknown).verdict(), Verdict::Later { asked: None });
    send(&smtp).await.expect("sent");
    let ids: Vec<_> = server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_server_that_offers_no_tls_gets_no_mail_when_tls_is_wanted() {
    let server = LocalSmtp::start(None).await;
    let settings = SmtpSettings { port: server.port(), ..settings("127.0.0.1", SmtpSecurity::StartTls) };
    assert!(send(&Smtp::new(&settings, None).expect("a client")).await.is_err());
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn nobody_there_is_an_error_and_no_hang() {
    let server = LocalSmtp::start(None).await;
    let smtp = client(&server);
    drop(server);
    let error = smtp.check().await.expect_err("nobody there");
    assert!(matches!(error, SmtpError::Broken { .. }), "{error:?}");
}
