//! Accounts as both doors use them, over a real database.

use std::net::IpAddr;

use jiff::ToSpan;
use secrecy::{ExposeSecret, SecretString};

use super::owned::Ownable;
use super::tokens::bearer;
use super::*;
use crate::app::exchanges::Exchanges;
use crate::app::site::Site;
use crate::clock::Clock;
use crate::model::{ContactId, Email, TopicId};
use crate::store::{Contact, Scope};

const ROSTER: &str = "[exchange]\nname = \"Hill family\"\n[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n\
                      [[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";

const PASSWORD: &str = "correct horse battery";
const ADA: &str = "ada@example.org";
const BEN: &str = "ben@example.org";

struct World {
    folder: tempfile::TempDir,
    site: Exchanges,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let roster = crate::roster::parse(ROSTER, &folder.path().join("exchange.toml")).expect("a sound roster");
        let site = Exchanges::around(Site::of_test(&roster, Clock::system()));
        Self { folder, site }
    }

    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, AccountError>) -> Result<T, AccountError> {
        self.site.store.write(work)
    }

    fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    /// An account whose password is [`PASSWORD`].
    async fn account(&self, email: &str) -> SignedIn {
        let (_, link) = self.write(|tx| add(tx, email, self.now())).expect("added");
        let session = set_password(&self.site, link.expose_secret(), PASSWORD.into(), client(1)).await.expect("set");
        self.who(&session).await.expect("signed in")
    }

    async fn sign_in_from(&self, email: &str, password: &str, from: IpAddr) -> Result<SecretString, AccountError> {
        sign_in(&self.site, (email, password.into()), from, None).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<SecretString, AccountError> {
        self.sign_in_from(email, password, client(1)).await
    }

    async fn who(&self, session: &SecretString) -> Option<SignedIn> {
        who_is(&self.site, session.expose_secret()).await.expect("a sound database")
    }

    async fn is_live(&self, session: &SecretString) -> bool {
        self.who(session).await.is_some()
    }

    fn pass(&self, time: jiff::Span) {
        self.site.clock.advance(time.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).expect("a length"));
    }

    fn contact_of(&self, reach: Reach) -> ContactId {
        let contact = Contact {
            name: "Cleo".to_owned(),
            phone: None,
            email: Some(Email::parse("cleo@example.org").expect("an address")),
            priority: 5,
            tags: vec![],
            note: String::new(),
        };
        self.write(|tx| Ok(crate::app::contacts::add(tx, reach, &contact, self.now())?)).expect("kept")
    }

    fn reaches<I: Ownable>(&self, reach: Reach, id: I) -> bool {
        self.write(|tx| Ok(authorize(tx, reach, id)?)).expect("a sound database").is_some()
    }
}

fn client(number: u8) -> IpAddr {
    [203, 0, 113, number].into()
}

// G7
#[tokio::test]
async fn a_link_sets_a_password_once_and_within_a_day() {
    let world = World::new();
    let (email, first) = world.write(|tx| add(tx, " Ada@Example.ORG ", world.now())).expect("added");
    assert_eq!(email, ADA);
    assert!(matches!(world.write(|tx| add(tx, ADA, world.now())), Err(AccountError::Taken)));
    assert!(matches!(world.write(|tx| add(tx, "no address", world.now())), Err(AccountError::NotAnEmail)));
    assert!(matches!(world.sign_in(ADA, "").await, Err(AccountError::Wrong)), "there is no default password");

    let (_, second) = world.write(|tx| link(tx, ADA, world.now())).expect("another");
    let site = &world.site;
    let opens = |link: &SecretString| {
        let link = link.clone();
        async move { link_holder(site, link.expose_secret(), client(1)).await.is_ok() }
    };
    assert!(!opens(&first).await, "a newer link takes its place");
    assert!(opens(&second).await && opens(&second).await, "looking uses nothing up");
    world.pass(24.hours());
    assert!(!opens(&second).await, "a day is over");

    let (_, third) = world.write(|tx| link(tx, ADA, world.now())).expect("another");
    let short = set_password(site, third.expose_secret(), "short".into(), client(1)).await;
    assert!(matches!(short, Err(AccountError::Password(PasswordFault::TooShort))));
    assert!(opens(&third).await, "a refused password leaves the link");
    let (one, other) = tokio::join!(
        set_password(site, third.expose_secret(), PASSWORD.into(), client(1)),
        set_password(site, third.expose_secret(), "another password".into(), client(1)),
    );
    assert!(one.is_ok() != other.is_ok(), "used twice at the same moment, it works once");
    assert!(!opens(&third).await);
    let set = if one.is_ok() { PASSWORD } else { "another password" };
    assert!(world.sign_in(ADA, set).await.is_ok());
    assert!(matches!(world.write(|tx| link(tx, BEN, world.now())), Err(AccountError::Unknown)));
}

// G7
#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let world = World::new();
    world.account(ADA).await;
    world.write(|tx| add(tx, BEN, world.now())).expect("added");
    assert!(world.sign_in("  ADA@example.org ", PASSWORD).await.is_ok());
    for (email, password) in [
        (ADA, "correct horse batterie"),
        (ADA, ""),
        (BEN, PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("", ""),
        ("\0", "\0"),
        (&"x".repeat(10_000), &"y".repeat(10_000)),
    ] {
        let answer = world.sign_in_from(email, password, client(7)).await;
        assert!(matches!(answer, Err(AccountError::Wrong)), "{email:.20}: {answer:?}");
    }
}

// G7, H19
#[tokio::test]
async fn tries_are_limited_by_client_and_by_address_and_the_owner_is_not_locked_out() {
    let world = World::new();
    world.account(ADA).await;
    for _ in 0..9 {
        assert!(matches!(world.sign_in(ADA, "wrong wrong wrong").await, Err(AccountError::Wrong)));
    }
    assert!(world.sign_in(ADA, PASSWORD).await.is_ok(), "the tenth is right, and the count begins anew");
    for _ in 0..10 {
        assert!(matches!(world.sign_in(ADA, "wrong wrong wrong").await, Err(AccountError::Wrong)));
    }
    assert!(matches!(world.sign_in(ADA, PASSWORD).await, Err(AccountError::TooMany { .. })), "even with the password");
    assert!(world.sign_in_from(ADA, PASSWORD, client(2)).await.is_ok(), "from elsewhere its owner gets in");
    // The same again from a hundred machines would be too much even so.
    for number in 100..200 {
        let tried = world.sign_in_from(ADA, "wrong wrong wrong", client(number)).await;
        assert!(matches!(tried, Err(AccountError::Wrong)), "{number}");
    }
    assert!(matches!(world.sign_in_from(ADA, PASSWORD, client(3)).await, Err(AccountError::TooMany { .. })));
    world.pass(61.minutes());
    assert!(world.sign_in(ADA, PASSWORD).await.is_ok(), "an hour later it is over");

    // Whoever comes with the right one is none who guesses, however many there are at one address.
    for _ in 0..40 {
        assert!(world.sign_in_from(ADA, PASSWORD, client(4)).await.is_ok());
    }

    // One client, many addresses; of IPv6 one client has a whole /64.
    let v6 = |end: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, end]);
    for number in 0..30 {
        if number == 29 {
            assert!(world.sign_in_from(ADA, PASSWORD, v6(1)).await.is_ok(), "which buys no tries at others'");
        }
        let email = format!("{number}@example.org");
        assert!(matches!(world.sign_in_from(&email, "x", v6(number)).await, Err(AccountError::Wrong)));
    }
    assert!(matches!(world.sign_in_from(ADA, PASSWORD, v6(99)).await, Err(AccountError::TooMany { .. })));
}

// G7
#[tokio::test]
async fn a_session_ends_when_nothing_is_heard_of_it_and_at_the_latest_after_a_month() {
    let world = World::new();
    world.account(ADA).await;
    let idle = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let busy = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    for _ in 0..2 {
        world.pass(6.hours());
        assert!(world.is_live(&busy).await);
    }
    assert!(!world.is_live(&idle).await, "twelve hours without a word");
    for _ in 0..(29 * 4 + 1) {
        world.pass(6.hours());
        assert!(world.is_live(&busy).await);
    }
    world.pass(6.hours());
    assert!(!world.is_live(&busy).await, "thirty days");
    for nothing in ["", "x", "../../", &"z".repeat(100_000)] {
        assert!(!world.is_live(&nothing.to_owned().into()).await);
    }
}

// G7
#[tokio::test]
async fn signing_in_begins_a_session_that_nobody_knew_before_and_signing_out_ends_it() {
    let world = World::new();
    world.account(ADA).await;
    let before = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let typed = (ADA, PASSWORD.into());
    let after = sign_in(&world.site, typed, client(1), Some(before.expose_secret())).await.expect("signed in");
    assert_ne!(before.expose_secret(), after.expose_secret());
    assert!(!world.is_live(&before).await, "the session that was presented ends");

    let elsewhere = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let who = world.who(&after).await.expect("signed in");
    sign_out(&world.site.store, &who).await.expect("out");
    assert!(!world.is_live(&after).await && world.is_live(&elsewhere).await);
    let who = world.who(&elsewhere).await.expect("signed in");
    let others = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let listed = world.write(|tx| Ok(sessions(tx, &who, world.now())?)).expect("listed");
    assert_eq!((listed.len(), listed.iter().filter(|session| session.this).count()), (3, 1), "with that of the link");
    sign_out_everywhere(&world.site.store, &who).await.expect("out");
    assert!(!world.is_live(&elsewhere).await && !world.is_live(&others).await);
}

// G7
#[tokio::test]
async fn a_changed_password_was_asked_for_and_ends_every_other_session() {
    let world = World::new();
    let who = world.account(ADA).await;
    let other = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let change = |old: &str, new: &str| {
        let typed = (old.into(), new.into());
        change_password(&world.site, &who, typed, client(1))
    };
    assert!(matches!(change("wrong wrong wrong", "a new password").await, Err(AccountError::Wrong)));
    assert!(matches!(change(PASSWORD, "short").await, Err(AccountError::Password(_))));
    assert!(matches!(change(PASSWORD, "ADA@example.org").await, Err(AccountError::Password(PasswordFault::Address))));
    assert!(world.is_live(&other).await, "nothing has changed so far");
    let token = world.write(|tx| make_token(tx, who.reach, ("backup", Scope::Read), world.now())).expect("made");
    let renewed = change(PASSWORD, "a new password").await.expect("changed");
    assert!(world.is_live(&renewed).await && !world.is_live(&other).await);
    let still = bearer(&world.site, token.expose_secret()).await.expect("a sound database");
    assert!(still.is_some(), "a token is revoked by its name: what runs by it goes on");
    assert!(matches!(world.sign_in(ADA, PASSWORD).await, Err(AccountError::Wrong)));
    assert!(world.sign_in(ADA, "a new password").await.is_ok());

    // A stolen session does not find the password out either.
    for _ in 0..10 {
        let _refused = change("wrong wrong wrong", "another password").await;
    }
    assert!(matches!(change("a new password", "another password").await, Err(AccountError::TooMany { .. })));
}

// G7: whoever is quick with a password that is being changed at that moment.
#[tokio::test]
async fn a_password_that_was_changed_while_it_was_verified_lets_nobody_in() {
    let world = World::new();
    let who = world.account(ADA).await;
    let new = password::hash("a new password".into()).await.expect("hashed");
    let tries = || world.site.store.number("SELECT count(*) FROM attempt");
    let both = password::AT_ONCE.acquire_many(2).await.expect("open");
    let change = async {
        while tries() == 0 {
            tokio::task::yield_now().await;
        }
        world.write(|tx| Ok(tx.set_password(who.account, &new)?)).expect("set");
        drop(both);
    };
    let (signed_in, ()) = tokio::join!(world.sign_in(ADA, PASSWORD), change);
    assert!(matches!(signed_in, Err(AccountError::Wrong)));
    assert!(world.sign_in(ADA, "a new password").await.is_ok());
}

// G7
#[tokio::test]
async fn an_address_is_changed_with_the_password_and_to_a_free_one() {
    let world = World::new();
    let who = world.account(ADA).await;
    world.account(BEN).await;
    let change = |password: &str, email: &'static str| {
        change_email(&world.site, &who, (SecretString::from(password), email), client(1))
    };
    assert!(matches!(change("wrong wrong wrong", "new@example.org").await, Err(AccountError::Wrong)));
    assert!(matches!(change(PASSWORD, "nowhere").await, Err(AccountError::NotAnEmail)));
    assert!(matches!(change(PASSWORD, " BEN@example.org").await, Err(AccountError::Taken)));
    change(PASSWORD, "New@Example.org").await.expect("changed");
    assert!(world.sign_in("new@example.org", PASSWORD).await.is_ok());
    assert!(matches!(world.sign_in(ADA, PASSWORD).await, Err(AccountError::Wrong)));
}

// G7
#[tokio::test]
async fn the_keeper_reaches_what_is_the_sites_and_the_others_their_own() {
    let world = World::new();
    let (ada, ben) = (world.account(ADA).await, world.account(BEN).await);
    assert!(ada.keeper && !ben.keeper);
    let [sites, adas, bens] = [Reach::SITE, ada.reach, ben.reach].map(|reach| world.contact_of(reach));
    let exchange = world.write(|tx| Ok(tx.enter_exchange("Hill family", "Hill family")?.id)).expect("entered");
    for (id, by_ada, by_ben, by_site) in [
        (sites, true, false, true),
        (adas, true, false, false),
        (bens, false, true, false),
        (ContactId(999), false, false, false),
    ] {
        assert_eq!(world.reaches(ada.reach, id), by_ada, "{id:?}");
        assert_eq!(world.reaches(ben.reach, id), by_ben, "{id:?}");
        assert_eq!(world.reaches(Reach::SITE, id), by_site, "{id:?}");
    }
    assert!(world.reaches(ada.reach, exchange) && !world.reaches(ben.reach, exchange));
    assert!(!world.reaches(ada.reach, TopicId(-1)));

    // What Ben had becomes the keeper's; what she had then is the site's, and the next keeper's to reach.
    world.write(|tx| remove(tx, BEN)).expect("removed");
    assert!(world.reaches(ada.reach, bens));
    assert!(matches!(world.sign_in(BEN, PASSWORD).await, Err(AccountError::Wrong)));
    world.write(|tx| remove(tx, ADA)).expect("removed");
    let cleo = world.account("cleo@example.org").await;
    assert!(cleo.keeper);
    assert!([sites, adas, bens].into_iter().all(|id| world.reaches(cleo.reach, id)));
    assert!(matches!(world.write(|tx| remove(tx, ADA)), Err(AccountError::Unknown)));
}

// G7
#[tokio::test]
async fn a_token_does_what_its_scope_and_its_holder_allow_until_it_is_taken_away() {
    let world = World::new();
    let sites = world.write(|tx| make_token(tx, Reach::SITE, ("backup", Scope::Read), world.now())).expect("made");
    let bearer = |token: &SecretString| {
        let token = token.clone();
        let site = world.site.clone();
        async move { bearer(&site, token.expose_secret()).await.expect("a sound database") }
    };
    let (ada, ben) = (world.account(ADA).await, world.account(BEN).await);
    assert_eq!(bearer(&sites).await.map(|b| (b.reach, b.scope)), Some((ada.reach, Scope::Read)), "like the keeper");
    let make = |name: &str| {
        let asked = (name.to_owned(), Scope::Audit);
        make_token_with_password(&world.site, &ben, PASSWORD.into(), asked, client(1))
    };
    let bens = make("backup").await.expect("another holder's name is free");
    assert_eq!(bearer(&bens).await.map(|b| (b.reach, b.scope)), Some((ben.reach, Scope::Audit)));
    assert!(Scope::Audit > Scope::Write && Scope::Write > Scope::Read);
    assert!(matches!(make(" backup ").await, Err(AccountError::TokenTaken)));
    for name in ["", " ", "two\nlines", &"x".repeat(61)] {
        assert!(matches!(make(name).await, Err(AccountError::TokenName)), "{name:?}");
    }
    let asked = ("other".to_owned(), Scope::Read);
    let guessed = make_token_with_password(&world.site, &ben, "wrong wrong wrong".into(), asked, client(1)).await;
    assert!(matches!(guessed, Err(AccountError::Wrong)));

    assert_eq!(world.write(|tx| Ok(tokens(tx, ben.reach)?)).expect("listed").len(), 1);
    assert_eq!(world.write(|tx| Ok(tokens(tx, ada.reach)?)).expect("listed").len(), 0, "the site's are the site's");
    assert!(matches!(world.write(|tx| revoke_token(tx, ada.reach, "backup")), Err(AccountError::NoToken)));
    world.write(|tx| revoke_token(tx, ben.reach, "backup")).expect("revoked");
    assert!(bearer(&bens).await.is_none() && bearer(&sites).await.is_some());
    for nothing in ["", "xchange_", "Bearer"] {
        assert!(bearer(&nothing.to_owned().into()).await.is_none());
    }
}

// G7
#[tokio::test]
async fn no_password_link_session_or_token_stands_in_the_database() {
    let world = World::new();
    world.account(ADA).await;
    let session = world.sign_in(ADA, PASSWORD).await.expect("signed in");
    let (_, link) = world.write(|tx| link(tx, ADA, world.now())).expect("a link");
    let token = world.write(|tx| make_token(tx, Reach::SITE, ("t", Scope::Read), world.now())).expect("made");
    let _refused = world.sign_in("a password typed as an address", "x").await;
    let mut files = format!("{:?}", world.site.store.tables()).into_bytes();
    for entry in std::fs::read_dir(world.folder.path()).expect("a folder") {
        files.extend(std::fs::read(entry.expect("an entry").path()).expect("readable"));
    }
    let holds = |text: &str| files.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(
        holds(ADA) && holds("$argon2id$"),
        "what is looked through is the database, in its files and as its tables"
    );
    for secret in [&session, &link, &token] {
        assert!(!holds(secret.expose_secret()));
    }
    assert!(!holds(PASSWORD) && !holds("typed as an address"));
}
