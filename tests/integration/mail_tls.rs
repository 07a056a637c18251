//! E-mail over TLS: who is believed to be the mail server, and that nothing is said in the clear.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::support::certificates::Authority;
use crate::support::house::{House, Run, family};
use crate::support::smtp::{LocalSmtp, Protection};

const LOGIN: (&str, &str) = ("ada", "correct-horse");

/// The ways to protect a mail server's connections, as the roster calls them.
const WAYS: [(&str, Way); 2] = [("starttls", Protection::StartTls), ("tls", Protection::Tls)];

type Way = fn(Arc<ServerConfig>) -> Protection;

/// A drawn exchange with somebody who is only reached by mail, and this mail server.
fn drawn(server: &LocalSmtp, security: &str) -> House {
    let sections = format!(
        "[[people]]\nname = \"Gil Marsh\"\nemail = \"gil@example.org\"\n\n\
         [smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"{security}\"\nuser = \"{}\"\nfrom = \"xmas@example.org\"\n",
        server.port(),
        LOGIN.0
    );
    let mut house = House::with(&family("Hill family 2026", &sections));
    house.set("SMTP_PASSWORD", LOGIN.1);
    house.run(&["draw"]).expect(0);
    house
}

/// What was said before the connection was protected: at most that it should be.
#[track_caller]
fn nothing_in_the_clear(server: &LocalSmtp) {
    let spoken = server.unprotected();
    assert!(spoken.iter().all(|line| line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT"), "{spoken:?}");
}

fn finding(doctor: &Run) -> String {
    doctor.stdout.lines().find(|line| line.starts_with("mail\t")).expect("a line about mail").to_owned()
}

// G10
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_protected_to_a_server_that_is_who_it_should_be() {
    for (security, protection) in WAYS {
        let authority = Authority::new("Hill");
        let server = LocalSmtp::start_with(Some(LOGIN), protection(authority.server("localhost"))).await;
        let mut house = drawn(&server, security);
        authority.write(&house.path("ca.pem"));
        house.set("SSL_CERT_FILE", house.path("ca.pem").to_str().expect("UTF-8"));
        assert!(finding(&house.run(&["doctor"])).contains("localhost accepts our login"), "{security}");

        let sent = house.run(&["send"]).expect(0);
        assert!(sent.stdout.contains("1 sent"), "{security}: {sent:?}");
        assert_eq!(server.mails()[0].to, ["gil@example.org"], "{security}");
        assert!(server.logins().iter().all(|(user, password)| (user.as_str(), password.as_str()) == LOGIN));
        nothing_in_the_clear(&server);
        assert_eq!(server.unprotected().is_empty(), security == "tls");
    }
}

/// Somebody else answers in the mail server's place: no mail, no password, and a word on what is wrong.
async fn is_found_out(impostor: impl Fn(&Authority) -> Arc<ServerConfig>, is_trusted: bool, why: &str) {
    for (security, protection) in WAYS {
        let authority = Authority::new("Hill");
        let server = LocalSmtp::start_with(Some(LOGIN), protection(impostor(&authority))).await;
        let mut house = drawn(&server, security);
        let trusted = if is_trusted { authority } else { Authority::new("Marsh") };
        trusted.write(&house.path("ca.pem"));
        house.set("SSL_CERT_FILE", house.path("ca.pem").to_str().expect("UTF-8"));

        let doctor = house.run(&["doctor"]).expect(1);
        assert!(finding(&doctor).contains(why), "{security}: {}", finding(&doctor));
        house.run(&["send"]).expect(1);
        let waiting = house.run(&["outbox", "--json"]).expect(0).json();
        assert_eq!(waiting["messages"][0]["state"], "waiting", "{security}: {waiting}");
        assert!(waiting["messages"][0].to_string().contains(why), "{security}: {waiting}");
        assert!(server.mails().is_empty() && server.logins().is_empty(), "{security}");
        nothing_in_the_clear(&server);
    }
}

// G10
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_nobody_vouches_for_is_not_believed() {
    is_found_out(
        |authority| authority.server("localhost"),
        false,
        "its certificate comes from nobody this machine trusts",
    )
    .await;
}

// G10
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_not_believed() {
    is_found_out(|authority| authority.server("mail.example.net"), true, "its certificate is for another name").await;
}

// G10
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_over_is_not_believed() {
    is_found_out(|authority| authority.expired_server("localhost"), true, "its certificate is not valid today").await;
}

// G10: a server, or somebody between, that offers no protection gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_offers_no_protection_learns_neither_mail_nor_password() {
    for (security, _) in WAYS {
        let server = LocalSmtp::start(Some(LOGIN)).await;
        let house = drawn(&server, security);
        house.run(&["send"]).expect(1);
        assert!(server.mails().is_empty() && server.logins().is_empty(), "{security}");
        let spoken = server.unprotected();
        assert!(!spoken.iter().any(|line| line.contains("AUTH") || line.contains("gil")), "{security}: {spoken:?}");
    }
}
