//! A server that goes away, comes back, and lets in only whom it should: real ones, each of a test's own.

use std::path::Path;
use std::time::Instant;

use secrecy::SecretString;

use super::cable::{Cable, State};
use super::certificates::Authority;
use super::postgres::LocalPostgres;
use super::*;
use crate::error_chain::in_full;
use crate::model::{DatabaseServer, ServerTls};
use crate::store::testing::server_at;

fn at_socket(server: &LocalPostgres) -> DatabaseServer {
    server_at(&server.socket().to_string_lossy(), server.port)
}

fn open(server: &DatabaseServer) -> Result<Store, StoreError> {
    Store::open(&DatabaseSettings::Server(server.clone()))
}

fn enter(store: &Store, name: &str) -> Result<(), StoreError> {
    store.write(|tx| tx.enter_exchange(name, name).map(drop))
}

fn count(store: &Store) -> i64 {
    store.number("SELECT count(*) FROM series")
}

fn cabled(server: &LocalPostgres) -> (Cable, Store) {
    let cable = Cable::to(server.socket().join(format!(".s.PGSQL.{}", server.port)));
    let through = server_at("127.0.0.1", cable.address.port());
    let store = open(&through).expect("a database");
    (cable, store)
}

// H15 H16: whether a commit happened that was cut off is not known, so it is an error, whichever it was.
#[test]
fn a_connection_lost_at_the_commit_is_no_success() {
    let Some(server) = LocalPostgres::start() else { return };
    let (cable, store) = cabled(&server);
    for (how, kept) in [(State::CutBeforeCommit, 0), (State::CutAfterCommit, 1)] {
        cable.put(how);
        let lost = enter(&store, &format!("{how:?}"));
        assert!(matches!(lost, Err(StoreError::Unknown(_))), "{how:?}: {lost:?}");
        assert_eq!(cable.state(), State::Cut);
        cable.put(State::Whole);
        assert_eq!(count(&store), kept, "{how:?}");
    }
    enter(&store, "afterwards").expect("by itself");
}

// H16
#[test]
fn a_server_that_comes_back_is_waited_for_and_one_that_does_not_is_told_of() {
    let Some(server) = LocalPostgres::start() else { return };
    let store = open(&at_socket(&server)).expect("a database");
    enter(&store, "before").expect("kept");
    for how in ["fast", "immediate"] {
        server.end(how);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| enter(&store, how));
            server.begin();
            waiting.join().expect("no defect").expect("kept, though the server was away");
        });
    }
    server.end("fast");
    let started = Instant::now();
    assert!(matches!(enter(&store, "away"), Err(StoreError::Away { .. })));
    assert!((3..15).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    // Whoever comes next is told at once.
    let started = Instant::now();
    assert!(matches!(enter(&store, "away"), Err(StoreError::Away { .. })));
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
    server.begin();
    enter(&store, "after").expect("by itself");
    assert_eq!(count(&store), 4);
}

// H16: a killed process, and a machine that is no longer there.
#[test]
fn a_writer_that_dies_or_falls_silent_in_the_middle_holds_nobody_up_for_long_and_leaves_nothing() {
    let Some(server) = LocalPostgres::start() else { return };
    let (cable, dying) = cabled(&server);
    let other = open(&at_socket(&server)).expect("a database");
    for (state, name) in [(State::Cut, "one"), (State::Silent, "another")] {
        let died = dying.write(|tx| {
            tx.enter_exchange("half", "half")?;
            cable.put(state);
            enter(&other, name).expect("kept");
            cable.put(State::Whole);
            tx.enter_exchange("whole", "whole")
        });
        assert!(matches!(died, Err(StoreError::Away { .. })), "{died:?}");
    }
    assert_eq!(count(&other), 2);
    enter(&dying, "afterwards").expect("by itself");
}

/// A server that lets in by TLS and password alone, but for its own socket.
fn guarded(authority: &Authority) -> Option<LocalPostgres> {
    let (certificate, key) = authority.files("localhost");
    let server = LocalPostgres::with("-c listen_addresses=127.0.0.1 -c ssl=on", |data| {
        let owner = |path: &Path| {
            use std::os::unix::fs::{MetadataExt, chown};
            let of = std::fs::metadata(data).expect("there");
            chown(path, Some(of.uid()), Some(of.gid())).expect("given");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("private");
        };
        for (name, text) in [
            ("server.crt", certificate.as_str()),
            ("server.key", key.as_str()),
            ("pg_hba.conf", "local all all trust\nhostssl all all all scram-sha-256\n"),
        ] {
            std::fs::write(data.join(name), text).expect("written");
            owner(&data.join(name));
        }
    })?;
    server.ask("ALTER ROLE postgres PASSWORD 'correct horse'");
    Some(server)
}

// G11 X13: TLS as `sslmode` says, and what is refused is refused without a word of the password.
#[test]
fn tls_is_as_sslmode_says() {
    let authority = Authority::new("The tests' own");
    let Some(server) = guarded(&authority) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (right, wrong) = (folder.path().join("right.pem"), folder.path().join("wrong.pem"));
    authority.write(&right);
    Authority::new("Somebody else").write(&wrong);
    let with = |host: &str, tls, authority: Option<&Path>, password: &str| {
        let password = Some(SecretString::from(password.to_owned()));
        let authority = authority.map(Path::to_owned);
        open(&DatabaseServer { tls, authority, password, ..server_at(host, server.port) })
    };
    let (name, number, password) = ("localhost", "127.0.0.1", "correct horse");
    for (host, tls, authority) in [
        (name, ServerTls::VerifyFull, Some(&*right)),
        (number, ServerTls::VerifyCa, Some(&right)),
        (number, ServerTls::Require, None),
        (number, ServerTls::Prefer, None),
    ] {
        let store = with(host, tls, authority, password).unwrap_or_else(|e| panic!("{tls:?}: {}", in_full(&e)));
        let facts = store.read(|tx| tx.server()).expect("asked").expect("a server");
        assert_eq!(facts.tls.as_deref(), Some("TLSv1.3"), "{tls:?}");
    }
    for (host, tls, authority, password, said) in [
        (number, ServerTls::VerifyFull, Some(&*right), password, "certificate"),
        (name, ServerTls::VerifyFull, Some(&wrong), password, "certificate"),
        (number, ServerTls::VerifyCa, Some(&wrong), password, "certificate"),
        (name, ServerTls::VerifyFull, None, password, "certificate"),
        (name, ServerTls::VerifyFull, Some(folder.path()), password, "sslrootcert"),
        (name, ServerTls::Disable, None, password, "no encryption"),
        (name, ServerTls::Require, None, "battery staple", "password authentication failed"),
    ] {
        let refused = with(host, tls, authority, password).expect_err(said);
        let words = format!("{} {refused:?}", in_full(&refused));
        assert!(matches!(refused, StoreError::Connect { .. }) && words.contains(said), "{tls:?}: {words}");
        assert!(!words.contains("horse") && !words.contains("staple"), "{words}");
    }
    // The server's own socket knows no TLS, and needs none.
    open(&DatabaseServer { tls: ServerTls::Require, ..at_socket(&server) }).expect("let in");
}

// G11
#[test]
fn a_pooler_that_mixes_connections_is_refused_in_words() {
    const POOLER: &str = "/usr/sbin/pgbouncer";
    if !Path::new(POOLER).exists() {
        assert!(std::env::var_os("CI").is_none(), "PgBouncer is not installed");
        println!("skipped: PgBouncer is not installed");
        return;
    }
    let Some(server) = LocalPostgres::start() else { return };
    let socket = server.socket().display();
    // It listens at a socket in the folder alone; the port is part of its name.
    for (mode, port) in [("session", 1), ("statement", 2)] {
        let settings = server.socket().join(mode);
        let text = format!(
            "[databases]\npostgres = host={socket} port={} user=postgres\n[pgbouncer]\npool_mode = {mode}\nlisten_port = {port}\n\
             unix_socket_dir = {socket}\nauth_type = any\nignore_startup_parameters = options\n",
            server.port
        );
        std::fs::write(&settings, text).expect("written");
        let mut pooler = server.as_its_user(POOLER).arg("-q").arg(&settings).spawn().expect("it runs");
        let through = DatabaseServer { port, ..at_socket(&server) };
        let opened = (0..100).find_map(|_| match open(&through) {
            Err(StoreError::Away { .. }) => None,
            other => Some(other),
        });
        pooler.kill().expect("killed");
        pooler.wait().expect("gone");
        match opened.expect("it answers") {
            Ok(_) => assert_eq!(mode, "session"),
            Err(refused) => {
                let words = in_full(&refused);
                assert!(mode == "statement" && words.contains("set its pool_mode to session"), "{mode}: {words}");
            }
        }
    }
}
