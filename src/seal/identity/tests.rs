//! Key files: written once, read back, under a passphrase or not.

use std::cell::Cell;

use std::path::PathBuf;

use super::*;
use crate::seal::{open_note, seal_note};

/// Enough work for a test.
const QUICK: u8 = 2;

fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/seal").join(name)
}

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn load(path: &Path, text: &str) -> Result<Loaded, KeyError> {
    Identity::load(path, || Some(passphrase(text)))
}

/// Writes a key file of mode 0600 with the given content and says why it is refused.
fn refusal(content: &[u8]) -> KeyError {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("exchange.key");
    crate::write_once::write_new(&path, content).expect("written");
    load(&path, "throwaway passphrase").expect_err("refused")
}

// H8
#[test]
fn a_key_is_saved_for_its_owner_only_and_read_back() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("keys/exchange.key");
    let identity = Identity::generate();
    identity.save_new(&path, None).expect("saved");
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    let asked = Cell::new(false);
    let loaded = Identity::load(&path, || {
        asked.set(true);
        None
    });
    let loaded = loaded.expect("loaded");
    assert_eq!(loaded.identity.public_key(), identity.public_key());
    assert!(!loaded.open_to_others && !asked.get());
    let note = seal_note(b"hello", &identity.public_key(), &[]).expect("sealed");
    assert_eq!(open_note(&note, &loaded.identity).expect("opened").as_slice(), b"hello");

    let before = std::fs::read(&path).expect("there");
    assert!(matches!(Identity::generate().save_new(&path, None), Err(KeyError::Exists { .. })));
    assert_eq!(std::fs::read(&path).expect("there"), before);
}

#[test]
fn a_key_others_may_read_is_reported() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("exchange.key");
    Identity::generate().save_new(&path, None).expect("saved");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
    assert!(load(&path, "").expect("loaded").open_to_others);
}

#[test]
fn a_key_under_a_passphrase_opens_with_it_and_only_with_it() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("exchange.key");
    let identity = Identity::generate();
    identity.save_with_work(&path, Some(&passphrase("correct horse")), QUICK).expect("saved");
    let text = std::fs::read_to_string(&path).expect("armored");
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && !text.contains("SECRET"));
    let loaded = load(&path, "correct horse").expect("loaded");
    assert_eq!(loaded.identity.public_key(), identity.public_key());
    assert!(matches!(load(&path, "Correct horse"), Err(KeyError::WrongPassphrase { .. })));
    assert!(matches!(load(&path, ""), Err(KeyError::WrongPassphrase { .. })));
    assert!(matches!(Identity::load(&path, || None), Err(KeyError::NeedsPassphrase { .. })));
    let other = folder.path().join("other.key");
    assert!(matches!(identity.save_new(&other, Some(&passphrase(""))), Err(KeyError::EmptyPassphrase)));
    assert!(!other.exists());
}

// H9: files of the ordinary tool, armored and binary.
#[test]
fn keys_under_a_passphrase_by_the_age_tool_are_read() {
    let plain = load(&vector("key.txt"), "").expect("loaded").identity.public_key();
    for name in ["key-passphrase.txt", "key-passphrase.age"] {
        let loaded = load(&vector(name), "throwaway passphrase").expect(name);
        assert_eq!(loaded.identity.public_key(), plain, "{name}");
        let unasked = Identity::load(&vector(name), || None);
        assert!(matches!(unasked, Err(KeyError::NeedsPassphrase { .. })), "{name}");
    }
}

#[test]
fn older_keys_in_the_same_file_still_open_what_was_sealed_to_them() {
    let folder = tempfile::tempdir().expect("folder");
    let (new, old) = (Identity::generate(), Identity::generate());
    let path = folder.path().join("exchange.key");
    let both = [new.to_text().as_slice(), b"\r\n# the key before\r\n", old.to_text().as_slice()].concat();
    crate::write_once::write_new(&path, &both).expect("written");
    let loaded = load(&path, "").expect("loaded").identity;
    assert_eq!(loaded.public_key(), new.public_key());
    let note = seal_note(b"hello", &old.public_key(), &[]).expect("sealed");
    assert_eq!(open_note(&note, &loaded).expect("opened").as_slice(), b"hello");
    let copy = folder.path().join("copy.key");
    loaded.save_new(&copy, None).expect("saved");
    assert!(open_note(&note, &load(&copy, "").expect("loaded").identity).is_ok());
}

#[test]
fn every_malformed_key_file_is_refused_for_its_own_reason() {
    let missing = Path::new("/nowhere/exchange.key");
    assert!(matches!(load(missing, ""), Err(KeyError::Missing { .. })));
    let folder = tempfile::tempdir().expect("folder");
    assert!(matches!(load(folder.path(), ""), Err(KeyError::Read { .. })));
    assert!(matches!(refusal(b""), KeyError::NoIdentity { .. }));
    assert!(matches!(refusal(b"# only a comment\n"), KeyError::NoIdentity { .. }));
    assert!(matches!(refusal(&[0xFF; 100]), KeyError::NotAnIdentity { line: 1, .. }));
    assert!(matches!(refusal(b"# a comment\n\nage1public\n"), KeyError::NotAnIdentity { line: 3, .. }));
    assert!(matches!(refusal(&vec![b'#'; 300 << 10]), KeyError::TooLarge { .. }));
    let ssh = std::fs::read(vector("auditor_ed25519")).expect("there");
    assert!(matches!(refusal(&ssh), KeyError::NotAnIdentity { line: 1, .. }));
    let draw = std::fs::read(vector("draw.age")).expect("there");
    assert!(matches!(refusal(&draw), KeyError::NotByPassphrase { .. }));
    assert!(matches!(refusal(b"age-encryption.org/v1\n-> scrypt"), KeyError::Damaged { .. }));
    assert!(matches!(refusal(b"-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n"), KeyError::Damaged { .. }));
}

#[test]
fn a_damaged_or_greedy_passphrase_file_is_refused() {
    let identity = Identity::generate();
    let text = encrypt(&identity.to_text(), &passphrase("throwaway passphrase"), QUICK).expect("encrypted");
    let mut binary = Vec::new();
    ArmoredReader::new(&text[..]).read_to_end(&mut binary).expect("armored");
    let last = binary.len() - 1;
    binary[last] ^= 1;
    assert!(matches!(refusal(&binary), KeyError::Damaged { .. }));
    // The work factor stands in the clear: a file may ask for any amount.
    let header = String::from_utf8_lossy(&binary).into_owned();
    let asks = header.lines().nth(1).expect("a stanza").to_owned();
    let greedy = format!("{} 40", asks.strip_suffix(" 2").expect("the work is last"));
    let at = asks.len() + "age-encryption.org/v1\n".len();
    let file = [b"age-encryption.org/v1\n", greedy.as_bytes(), &binary[at..]].concat();
    assert!(matches!(refusal(&file), KeyError::TooMuchWork { asked: 40, most: MAX_WORK, .. }));
}

// X11
#[test]
fn errors_and_debug_never_repeat_a_key() {
    let secret = Identity::generate();
    let text = String::from_utf8(secret.to_text().to_vec()).expect("text").replace("SECRET-KEY-1", "SECRET-KEY-1X");
    let error = refusal(text.as_bytes());
    assert!(!format!("{error} {error:?}").contains("SECRET"));
    assert!(!format!("{secret:?} {:?}", secret.public_key()).contains("SECRET"));
}
