//! The sealed file as a whole: what opens it, what does not, and what it never shows.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;
use crate::model::{Exchange, Person, PersonIndex, Phone, Rules};

const NAMES: [&str; 5] = ["Ada Hill", "Ben Hill", "Cy \"Quote\" Moss", "Dee Ünal", "Zoë O'Brien 🎄"];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/seal")
}

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(vectors().join(name)).expect("the vector is there")
}

fn test_key() -> Identity {
    Identity::load(&vectors().join("key.txt"), || None).expect("the test key").identity
}

fn roster(gifts_each: u32) -> Exchange {
    let person = |name: &&str| Person {
        id: None,
        name: (*name).to_owned(),
        phone: Some(Phone::parse("+447700900123", None).expect("phone")),
        email: None,
        deliver: None,
        households: Vec::new(),
        wishes: vec!["wool socks".into()],
        place: None,
    };
    Exchange {
        name: "Hill family 2026".into(),
        series: "Hill family".into(),
        keyword: "christmas".into(),
        date: Some("2026-12-24".parse().expect("date")),
        timezone: "Europe/London".into(),
        budget: Some("25 GBP".into()),
        reply: "{receiver}".into(),
        country: Some("GB".into()),
        rules: Rules { gifts_each, ..Rules::default() },
        people: NAMES.iter().map(person).collect(),
        exclusions: Vec::new(),
        past: Vec::new(),
        messages: BTreeMap::from([("menu".to_owned(), "Text {keyword}".to_owned())]),
    }
}

fn about() -> DrawDetails {
    DrawDetails {
        draw: 1,
        drawn_at: "2026-12-01T18:00:00.123456789Z".parse().expect("time"),
        uniformity: "exact".into(),
        method: "subsets".into(),
        seed: Seed::from_bytes([0xA5; 32]),
        reason: None,
        previous: None,
        avoided: None,
        updates: None,
    }
}

/// Everybody gives to the one `step` places further on.
fn circle(step: u32) -> Vec<(PersonIndex, PersonIndex)> {
    (0..5).map(|n| (PersonIndex(n), PersonIndex((n + step) % 5))).collect()
}

fn draw(step: u32) -> DrawDocument {
    DrawDocument::new(roster(1), about(), circle(step)).expect("a draw")
}

/// An error as one line with its causes, as the command line would print it.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(" {error} {error:?}");
        cause = error.source();
    }
    text
}

// H9, X1: what answers need comes back, down to the wishes and the organizer's own wording.
#[test]
fn a_sealed_draw_opens_to_the_same_draw() {
    let own = Identity::generate();
    let document = draw(2);
    let (header, sealed) = seal(&document, &own.public_key(), &[]).expect("sealed");
    let opened = open(&sealed, &own).expect("opened");
    assert!(opened == document);
    assert_eq!(opened.roster(), &roster(1));
    assert_eq!(opened.about().drawn_at.to_string(), "2026-12-01T18:00:00Z");
    assert_eq!(opened.receivers_of(PersonIndex(4)).collect::<Vec<_>>(), [PersonIndex(1)]);
    assert_eq!(opened.givers_of(PersonIndex(1)).collect::<Vec<_>>(), [PersonIndex(4)]);
    assert_eq!(opened.receivers_of(PersonIndex(5)).count(), 0);
    assert_eq!(opened.receivers_of(PersonIndex(u32::MAX)).count(), 0);
    assert_eq!(header.verify_sealed(&sealed), Ok(()));
    assert_eq!(header.verify_document(&opened), Ok(()));
    assert_eq!(Header::from_json(&header.to_json()).expect("read"), header);
    assert_eq!(header.fingerprint, document.fingerprint());
}

#[test]
fn a_redraw_and_several_gifts_come_back_too() {
    let own = Identity::generate();
    let previous = draw(1).fingerprint();
    let about = DrawDetails {
        draw: 2,
        reason: Some("Cy joined".into()),
        previous: Some(previous),
        avoided: Some(vec![1]),
        updates: Some(1),
        ..about()
    };
    let pairings = circle(3).into_iter().chain(circle(1));
    let document = DrawDocument::new(roster(2), about, pairings).expect("a draw");
    let (header, sealed) = seal(&document, &own.public_key(), &[]).expect("sealed");
    let opened = open(&sealed, &own).expect("opened");
    assert!(opened == document);
    assert_eq!(header.reason.as_deref(), Some("Cy joined"));
    assert_eq!(header.previous, Some(previous));
    assert_eq!(header.people, 5);
    assert_eq!(opened.receivers_of(PersonIndex(0)).collect::<Vec<_>>(), [PersonIndex(3), PersonIndex(1)]);
    assert_eq!(opened.givers_of(PersonIndex(0)).collect::<Vec<_>>(), [PersonIndex(2), PersonIndex(4)]);
    assert_eq!(opened.indices_by_giver(PersonIndex(2)).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(opened.all_pairings().count(), 10);
}

// X2
#[test]
fn what_is_no_draw_is_not_sealed() {
    let refused = |each, pairings: Vec<(u32, u32)>| {
        let pairings = pairings.into_iter().map(|(giver, receiver)| (PersonIndex(giver), PersonIndex(receiver)));
        DrawDocument::new(roster(each), about(), pairings).expect_err("refused").to_string()
    };
    let whole = |each| refused(each, vec![(0, 1), (1, 2), (2, 3), (3, 4)]);
    assert!(whole(1).contains("number of pairings"));
    assert!(whole(u32::MAX).contains("number of pairings"));
    assert!(whole(0).contains("nobody gives"));
    assert!(refused(1, vec![(0, 0), (1, 2), (2, 3), (3, 4), (4, 1)]).contains("to themselves"));
    assert!(refused(1, vec![(0, 1), (1, 0), (2, 3), (3, 2), (4, 1)]).contains("too often"));
    assert!(refused(1, vec![(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]).contains("not in the roster"));
    let doubled = (0..5).flat_map(|n| [(n, (n + 1) % 5); 2]).collect();
    assert!(refused(2, doubled).contains("to the same person twice"));
}

// H9: nothing of ours between the file and the document.
#[test]
fn the_age_crate_alone_opens_a_sealed_draw() {
    let own = age::x25519::Identity::generate();
    let key: PublicKey = own.to_public().to_string().parse().expect("a key");
    let (_header, sealed) = seal(&draw(1), &key, &[]).expect("sealed");
    let decryptor = age::Decryptor::new(&sealed[..]).expect("an age file");
    let mut text = String::new();
    let mut opened = decryptor.decrypt(std::iter::once(&own as &dyn age::Identity)).expect("opened");
    opened.read_to_string(&mut text).expect("text");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["format"], "xchange-draw/1");
    assert_eq!(json["exchange"], "Hill family 2026");
    assert_eq!(json["series"], "Hill family");
    assert_eq!(json["draw"], 1);
    assert_eq!(json["drawn_at"], "2026-12-01T18:00:00Z");
    assert_eq!(json["uniformity"], "exact");
    assert_eq!(json["seed"], "a5".repeat(32));
    assert_eq!(json["people"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["pairings"][4]["giver"], NAMES[4]);
    assert_eq!(json["pairings"][4]["receiver"], NAMES[0]);
    let salt = json["pairings"][4]["salt"].as_str().expect("salt");
    assert!(salt.len() == 64 && salt.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
}

/// The command-line tools for age files that are installed. In CI one is always: its absence is a failure there.
fn age_tools() -> Vec<&'static str> {
    let runs = |tool: &&str| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    let tools: Vec<_> = ["age", "rage"].into_iter().filter(runs).collect();
    assert!(!tools.is_empty() || std::env::var_os("CI").is_none(), "CI must have age or rage installed");
    if tools.is_empty() {
        println!("skipped: neither age nor rage is installed");
    }
    tools
}

/// Opens a file with an installed tool and a key file of mode 0600.
fn open_with(tool: &str, key: &Path, sealed: &[u8]) -> Vec<u8> {
    let mut child = Command::new(tool)
        .args(["--decrypt", "--identity"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    child.stdin.take().expect("piped").write_all(sealed).expect("fed");
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success(), "{tool} does not open it");
    output.stdout
}

/// A copy of a key that only its owner may read, as ssh keys have to be.
fn private_copy(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    crate::write_once::write_new(&path, &vector(name)).expect("copied");
    path
}

// H9: listener and auditors each open it with their own key and the ordinary tools.
#[test]
fn the_ordinary_tools_open_a_sealed_draw_with_any_of_the_keys() {
    let folder = tempfile::tempdir().expect("folder");
    let own_path = folder.path().join("exchange.key");
    let own = Identity::generate();
    own.save_new(&own_path, None).expect("saved");
    let auditors: Vec<Auditor> = ["auditor_ed25519.pub", "auditor_rsa.pub"]
        .map(|name| String::from_utf8(vector(name)).expect("text").parse().expect("a key"))
        .into();
    let document = draw(1);
    let (_header, sealed) = seal(&document, &own.public_key(), &auditors).expect("sealed");
    let keys = [own_path, private_copy(folder.path(), "auditor_ed25519"), private_copy(folder.path(), "auditor_rsa")];
    for tool in age_tools() {
        for key in &keys {
            let read = DrawDocument::read_json(&open_with(tool, key, &sealed)).expect("a draw");
            assert!(read == document, "{tool} {}", key.display());
        }
    }
}

// H9: the same without any tool installed, by the age crate's own ssh identities.
#[test]
fn ssh_auditors_open_a_sealed_draw() {
    for name in ["auditor_ed25519", "auditor_rsa"] {
        let public = String::from_utf8(vector(&format!("{name}.pub"))).expect("text");
        let auditor: Auditor = public.parse().expect("a key");
        let (_header, sealed) = seal(&draw(1), &Identity::generate().public_key(), &[auditor]).expect("sealed");
        let private = age::ssh::Identity::from_buffer(&vector(name)[..], None).expect("a key");
        let decryptor = age::Decryptor::new(&sealed[..]).expect("an age file");
        let mut plain = Vec::new();
        let mut opened = decryptor.decrypt(std::iter::once(&private as &dyn age::Identity)).expect("opened");
        opened.read_to_end(&mut plain).expect("read");
        assert!(DrawDocument::read_json(&plain).is_ok(), "{name}");
    }
}

// H6, H8: a file made outside of xchange opens, and its codes are those worked out outside of xchange.
#[test]
fn the_published_draw_has_the_published_codes() {
    let document = open(&vector("draw.age"), &test_key()).expect("opened");
    assert!(document == DrawDocument::read_json(&vector("document.json")).expect("read"));
    assert_eq!(document.root().to_string(), "c249b3e3ca285b2eefebf64a89d5881161d1153ee0492ad295f921c5254574e7");
    assert_eq!(document.fingerprint().to_string(), "R94V-7RYA-51DJ-XVZB-YS58-KNC8-25GX-259Y");
    let receipts: Vec<_> = (0..3).map(|index| document.receipt(index).expect("a pairing").to_string()).collect();
    assert_eq!(receipts, ["MXQY-ASBG-4RFZ-BB56-3F6W", "QCFQ-2E7D-BBWP-MTBK-JQWG", "2XNV-1XGS-3D3V-8JJ3-6PFR"]);
    assert_eq!(document.pairing(1), Some((PersonIndex(1), PersonIndex(0))));
    assert_eq!(document.pairing(3), None);
    // A document without a roster of its own answers by the defaults.
    assert_eq!(document.roster().keyword, "who");
    assert_eq!(document.roster().rules.gifts_each, 1);
}

// H8: what this version writes, every later one must read; and it goes on writing the same.
#[test]
fn a_document_with_its_roster_is_read_and_written_as_published() {
    let bytes = vector("document-with-roster.json");
    let document = DrawDocument::read_json(&bytes).expect("read");
    let roster = document.roster();
    assert_eq!(roster.people[0].households, ["north"]);
    assert_eq!(roster.people[0].wishes, ["wool socks", "tea"]);
    assert_eq!(roster.exclusions[0].receiver, PersonIndex(3));
    assert_eq!(roster.messages["menu"], "Text {keyword}");
    assert_eq!(document.about().reason.as_deref(), Some("Cy joined"));
    let mut written = Vec::new();
    document.write_json(&mut written).expect("written");
    let values: Vec<serde_json::Value> =
        [&bytes, &written].map(|text| serde_json::from_slice(text).expect("JSON")).into();
    assert_eq!(values[0], values[1]);
}

// H6, H7: likewise for what stands in the clear in the archive, down to the byte.
#[test]
fn headers_and_openings_are_read_and_written_as_published() {
    let header = Header::from_json(&vector("header.json")).expect("read");
    assert_eq!(header.to_json(), vector("header.json"));
    assert_eq!(header.verify_sealed(&vector("draw.age")), Ok(()));
    let document = open(&vector("draw.age"), &test_key()).expect("opened");
    assert_eq!(header.verify_document(&document), Ok(()));
    let names = ["opening-1.json", "opening-2.json"];
    let chain = names.map(|name| Opening::from_json(&vector(name)).expect("read"));
    assert_eq!(verify_chain(&chain), Ok(()));
    for (opening, name) in chain.iter().zip(names) {
        assert_eq!(opening.to_json(), vector(name));
    }
}

// H6
#[test]
fn an_opened_pairing_and_its_salt_give_the_leaf_under_the_published_root() {
    let document = DrawDocument::read_json(&vector("document.json")).expect("read");
    let leaves: Vec<Hash> = (0..3).map(|index| document.leaf(index).expect("in the tree")).collect();
    assert_eq!(merkle::root(&leaves), document.root());
    let leaf = pair_leaf("Ben Hill", "Ada Hill", &[2; 32]);
    assert_eq!(Some(leaf), document.leaf(1));
    assert_ne!(Some(pair_leaf("Ben Hill", "Zoë O'Brien", &[2; 32])), document.leaf(1));
    assert_ne!(pair_leaf("Ada", "BenCy", &[0; 32]), pair_leaf("AdaBen", "Cy", &[0; 32]));
}

/// The encrypted part of an age file, behind the line with the header's MAC. The header itself has a random size: the
/// age crate adds a stanza of random length to every file.
fn payload(sealed: &[u8]) -> &[u8] {
    let mac = sealed.windows(5).position(|window| window == b"\n--- ").expect("an age header") + 5;
    let line = sealed[mac..].iter().position(|byte| *byte == b'\n').expect("the end of the header");
    &sealed[mac + line + 1..]
}

// X11: the same roster, the same time: the size tells nothing about who gives to whom.
#[test]
fn every_draw_of_a_roster_is_sealed_to_the_same_size() {
    let own = Identity::generate().public_key();
    let size = |document: &DrawDocument| {
        let (header, sealed) = seal(document, &own, &[]).expect("sealed");
        assert_eq!(header.sealed_bytes, sealed.len() as u64);
        payload(&sealed).len()
    };
    let first = size(&draw(1));
    for step in 2..5 {
        assert_eq!(size(&draw(step)), first);
    }
    let fraction = DrawDetails { drawn_at: "2026-12-01T18:00:00.5Z".parse().expect("time"), ..about() };
    assert_eq!(size(&DrawDocument::new(roster(1), fraction, circle(1)).expect("a draw")), first);
    let twice = |a, b| DrawDocument::new(roster(2), about(), circle(a).into_iter().chain(circle(b))).expect("a draw");
    assert_eq!(size(&twice(1, 2)), size(&twice(4, 3)));
}

// H6: without its salt a leaf could be guessed from the names alone.
#[test]
fn the_same_draw_sealed_twice_has_other_codes() {
    let (first, second) = (draw(1), draw(1));
    assert_ne!(first.fingerprint(), second.fingerprint());
    assert_ne!(first.receipt(0), second.receipt(0));
    assert_eq!(first.receipt(5), None);
    let receipts: std::collections::HashSet<_> = (0..5).map(|index| first.receipt(index)).collect();
    assert_eq!(receipts.len(), 5);
}

// H9: one file for each way in which a sealed file may be wrong.
#[test]
fn every_malformed_file_is_refused_for_its_own_reason() {
    let key = test_key();
    for (name, expected) in [
        ("draw-armored.age", "this is not a sealed file"),
        ("draw-cut-header.age", "the sealed file is cut off"),
        ("draw-cut-payload.age", "the sealed file is damaged"),
        ("draw-flipped-mac.age", "the sealed file is damaged"),
        ("draw-flipped-magic.age", "this is not a sealed file"),
        ("draw-flipped-nonce.age", "the sealed file is damaged"),
        ("draw-flipped-payload.age", "the sealed file is damaged"),
        ("draw-flipped-tag.age", "the sealed file is damaged"),
        ("draw-longer.age", "the sealed file is damaged"),
        ("draw-no-payload.age", "the sealed file is cut off"),
        ("draw-not-a-document.age", "the document is malformed at line 1 column 1"),
        ("draw-other-key.age", "this key does not open the sealed file"),
        ("draw-random.age", "this is not a sealed file"),
        ("draw-unknown-format.age", "the document's format is unknown"),
        ("document.json", "this is not a sealed file"),
        ("document-empty.json", "the sealed file is cut off"),
    ] {
        let error = open(&vector(name), &key).expect_err(name);
        assert_eq!(error.to_string(), expected, "{name}");
        assert!(!words(&error).contains("Ben"), "{name} repeats what was in it");
    }
}

// H9: likewise one file for each way in which the document may be wrong.
#[test]
fn every_malformed_document_is_refused_for_its_own_reason() {
    for (name, expected) in [
        ("document-cut-off.json", "the document is malformed at line 1 column 400"),
        ("document-empty.json", "the document is malformed at line 1 column 0"),
        ("document-no-format.json", "the document is malformed at"),
        ("document-unknown-format.json", "the document's format is unknown"),
        ("document-deep.json", "the document is malformed at"),
        ("document-exclusion-of-nobody.json", "the document is not a draw: an exclusion names somebody"),
        ("document-name-twice.json", "the document is not a draw: a name stands twice"),
        ("document-nobody.json", "the document is not a draw: nobody gives"),
        ("document-not-nfc.json", "the document is not a draw: a name is not in Unicode normal form C"),
        ("document-number.json", "the document is malformed at line 5 column 11"),
        ("document-pairing-missing.json", "the document is not a draw: the number of pairings does not fit"),
        ("document-salt-not-hex.json", "the document is not a draw: seed or salt is not 64 hex digits"),
        ("document-seed-upper-case.json", "the document is not a draw: seed or salt is not 64 hex digits"),
        ("document-short-salt.json", "the document is not a draw: seed or salt is not 64 hex digits"),
        ("document-stranger.json", "the document is not a draw: somebody is not in the roster"),
        ("document-time.json", "the document is malformed at line 6 column 24"),
        ("document-to-oneself.json", "the document is not a draw: somebody gives to themselves"),
        ("document-two-givers.json", "the document is not a draw: somebody gives or receives too often"),
    ] {
        let error = DrawDocument::read_json(&vector(name)).expect_err(name);
        assert!(error.to_string().starts_with(expected), "{name}: {error}");
        let words = words(&error);
        assert!(!["Ada", "Ben", "Cy", "yesterday"].iter().any(|word| words.contains(word)), "{name}: {words}");
    }
    let later = DrawDocument::read_json(&vector("document-unknown-keys.json")).expect("unknown keys are passed over");
    assert!(later == DrawDocument::read_json(&vector("document.json")).expect("read"));
}

// H9: a byte changed anywhere, or the end missing anywhere, is found; nothing panics.
#[test]
fn no_byte_of_a_sealed_draw_can_be_changed_or_missing() {
    let own = Identity::generate();
    let auditor: Auditor = String::from_utf8(vector("auditor_ed25519.pub")).expect("text").parse().expect("a key");
    let (header, sealed) = seal(&draw(1), &own.public_key(), &[auditor]).expect("sealed");
    // Every byte of the header; of the payload, which is one authenticated piece, one in seventeen.
    let header_end = sealed.len() - payload(&sealed).len();
    for at in (0..header_end).chain((header_end..sealed.len()).step_by(17)) {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(open(&changed, &own).is_err(), "byte {at} changed");
        assert!(header.verify_sealed(&changed).is_err(), "byte {at} changed");
    }
    for at in (0..sealed.len()).step_by(17) {
        assert!(open(&sealed[..at], &own).is_err(), "cut at {at}");
    }
}

#[test]
fn too_large_a_file_is_refused_before_it_is_read() {
    let large = vec![b'a'; MAX_SEALED + 1];
    assert!(matches!(open(&large, &test_key()), Err(SealError::TooLarge { bytes, .. }) if bytes == MAX_SEALED + 1));
    assert!(matches!(open_note(&large, &test_key()), Err(SealError::TooLarge { .. })));
    let own = Identity::generate();
    assert!(matches!(seal_note(&large[..MAX_NOTE], &own.public_key(), &[]), Err(SealError::TooLarge { .. })));
}

proptest::proptest! {
    // H9
    #[test]
    fn random_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let key = Identity::generate();
        proptest::prop_assert!(open(&bytes, &key).is_err());
        proptest::prop_assert!(DrawDocument::read_json(&bytes).is_err());
        proptest::prop_assert!(Header::from_json(&bytes).is_err());
        proptest::prop_assert!(Opening::from_json(&bytes).is_err());
        let behind = [b"age-encryption.org/v1\n-> X25519 ".as_slice(), &bytes].concat();
        proptest::prop_assert!(open(&behind, &key).is_err());
    }
}

// H6: a header that speaks of another file or another draw is found out, and says in what.
#[test]
fn a_header_of_something_else_is_found_out() {
    let own = Identity::generate();
    let document = draw(1);
    let (header, sealed) = seal(&document, &own.public_key(), &[]).expect("sealed");
    let mut changed = sealed.clone();
    changed[100] ^= 1;
    assert!(matches!(header.verify_sealed(&changed), Err(Difference::Sha256 { .. })));
    assert!(matches!(header.verify_sealed(&sealed[1..]), Err(Difference::Size { .. })));
    assert!(matches!(header.verify_document(&draw(1)), Err(Difference::Root { .. })));
    let changed = |change: fn(&mut Header)| {
        let mut header = header.clone();
        change(&mut header);
        header
    };
    let other = changed(|h| h.fingerprint = Fingerprint::of(&Hash::ZERO));
    assert_eq!(other.verify_sealed(&sealed), Err(Difference::Fingerprint));
    assert_eq!(other.verify_document(&document), Err(Difference::Fingerprint));
    for (field, other) in [
        ("exchange", changed(|h| h.exchange.push('x'))),
        ("series", changed(|h| h.series.push('x'))),
        ("number", changed(|h| h.draw = 9)),
        ("time", changed(|h| h.drawn_at = jiff::Timestamp::UNIX_EPOCH)),
        ("number of people", changed(|h| h.people = 9)),
        ("uniformity", changed(|h| h.uniformity.push('x'))),
        ("reason", changed(|h| h.reason = Some("none".into()))),
        ("previous draw", changed(|h| h.previous = Some(Fingerprint::of(&Hash::ZERO)))),
    ] {
        assert_eq!(other.verify_document(&document), Err(Difference::Field { field }));
    }
    let json = String::from_utf8(header.to_json()).expect("text");
    assert!(matches!(
        Header::from_json(json.replace("xchange-header/1", "xchange-header/2").as_bytes()),
        Err(SealError::UnknownFormat)
    ));
}

// X11
#[test]
fn nothing_that_prints_shows_a_pairing_a_salt_or_a_seed() {
    let own = Identity::generate();
    let document = draw(1);
    let (header, sealed) = seal(&document, &own.public_key(), &[]).expect("sealed");
    let mut json = Vec::new();
    document.write_json(&mut json).expect("written");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let salt = json["pairings"][0]["salt"].as_str().expect("salt");
    let clear = String::from_utf8(header.to_json()).expect("text");
    let shown = format!("{document:?} {document:#?} {:?} {header:?} {clear} {own:?}", document.about());
    for name in NAMES {
        assert!(!shown.contains(name.split(' ').next().expect("a word")), "{name} in {shown}");
    }
    for secret in [salt, "a5a5", "165, 165", "SECRET"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(!sealed.windows(3).any(|window| window == b"Ada"));
}

#[test]
fn a_note_is_sealed_to_the_own_key_only() {
    let own = Identity::generate();
    let note = "Which size do you wear? – 🧦".as_bytes();
    let sealed = seal_note(note, &own.public_key(), &[]).expect("sealed");
    assert_eq!(open_note(&sealed, &own).expect("opened").as_slice(), note);
    assert!(matches!(open_note(&sealed, &Identity::generate()), Err(SealError::WrongKey)));
    assert!(matches!(open_note(&sealed[..sealed.len() - 1], &own), Err(SealError::CutOff | SealError::Damaged)));
    let empty = seal_note(b"", &own.public_key(), &[]).expect("sealed");
    assert!(open_note(&empty, &own).expect("opened").is_empty());
}

#[test]
fn seeds_are_random_and_print_as_stars() {
    let seed = Seed::random().expect("entropy");
    assert_ne!(seed, Seed::random().expect("entropy"));
    assert_eq!(format!("{seed:?}"), "Seed(***)");
    assert_eq!(Seed::from_bytes([7; 32]).expose(), &[7; 32]);
}
