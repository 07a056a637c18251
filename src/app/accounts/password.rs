//! Passwords: Argon2id, kept as PHC strings. Whether an address is known cannot be told by the clock, for a password is
//! verified either way; and however many sign in at once, two are verified at a time, so that memory stays bounded.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;

/// The longest password, in bytes.
pub const LONGEST: usize = 1024;

/// KiB of memory, passes over it, lanes: above OWASP's least (19 MiB, 2, 1). Below 32 MiB the C library would keep the memory
/// for the next time (its mmap threshold grows up to that), and the listener would not go back to its size.
const COST: (u32, u32, u32) = (32 * 1024, 3, 1);

pub(super) static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Verified against where there is no password to verify against.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Why a new password is refused; said to whoever chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordFault {
    /// Too easily guessed.
    #[error("a password has at least {SHORTEST} characters; a few words in a row do well")]
    TooShort,
    /// Longer than anybody types.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    /// The first thing that is tried.
    #[error("the address itself is no password")]
    Address,
}

/// What came of verifying a password.
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, and hashed at less than today's cost.
    RightAndOld,
}

/// Refuses what is no good password for this address.
pub(super) fn check(password: &SecretString, email: &str) -> Result<(), PasswordFault> {
    let password = password.expose_secret();
    if password.len() > LONGEST {
        Err(PasswordFault::TooLong)
    } else if password.trim().to_lowercase() == email.to_lowercase() {
        Err(PasswordFault::Address)
    } else if password.chars().count() < SHORTEST {
        Err(PasswordFault::TooShort)
    } else {
        Ok(())
    }
}

/// Hashes a password; `None` when the machine has no memory or no entropy for it.
pub(super) async fn hash(password: SecretString) -> Option<String> {
    heavy(move || hash_now(password.expose_secret())).await?
}

/// Verifies a password; without a hash to verify it against, at the same cost, it is wrong.
pub(super) async fn verify(password: SecretString, hash: Option<String>) -> Verdict {
    heavy(move || verify_now(password.expose_secret(), hash.as_deref())).await.unwrap_or(Verdict::Wrong)
}

/// Runs what takes time and memory, few at once.
async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let permit = AT_ONCE.acquire().await.ok()?;
    let done = tokio::task::spawn_blocking(move || {
        // Held by the work and not by whoever waits for it: a client that hangs up does not end the work.
        let _permit = permit;
        work()
    });
    done.await.ok()
}

fn hash_now(password: &str) -> Option<String> {
    let hash: PasswordHash = argon2()?.hash_password(normal(password).as_bytes()).ok()?;
    Some(hash.to_string())
}

fn verify_now(password: &str, hash: Option<&str>) -> Verdict {
    let read = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let is_known = read.is_some();
    let Some(against) = read.or_else(|| PasswordHash::new(&NOBODYS).ok()) else { return Verdict::Wrong };
    let typed = if password.len() > LONGEST { String::new() } else { normal(password) };
    let right = Argon2::default().verify_password(typed.as_bytes(), &against).is_ok();
    match (right && is_known, Params::try_from(&against)) {
        (false, _) => Verdict::Wrong,
        (true, Ok(params)) if (params.m_cost(), params.t_cost(), params.p_cost()) == COST => Verdict::Right,
        (true, _) => Verdict::RightAndOld,
    }
}

/// One password, one spelling: keyboards differ in how they compose letters with accents.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn argon2() -> Option<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, lanes, None).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    // G7
    #[test]
    fn a_password_is_kept_as_argon2id_and_verified_however_its_letters_are_composed() {
        let hash = hash_now("mélange of words").expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=32768,t=3,p=1$"), "{hash}");
        assert!(matches!(verify_now("me\u{301}lange of words", Some(&hash)), Verdict::Right));
        for wrong in ["melange of words", "", "mélange of words "] {
            assert!(matches!(verify_now(wrong, Some(&hash)), Verdict::Wrong), "{wrong}");
        }
        assert_ne!(hash_now("mélange of words"), Some(hash), "each has a salt of its own");
    }

    // G7
    #[test]
    fn one_hashed_at_another_cost_is_right_and_old_and_nobodys_is_wrong() {
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).expect("sound"));
        let hash: PasswordHash = cheap.hash_password(b"correct horse").expect("hashed");
        assert!(matches!(verify_now("correct horse", Some(&hash.to_string())), Verdict::RightAndOld));
        for none in [None, Some(""), Some("$argon2id$"), Some("plain text")] {
            assert!(matches!(verify_now("nobody has this password", none), Verdict::Wrong), "{none:?}");
        }
    }

    // G7, A7
    #[test]
    fn short_long_and_obvious_passwords_are_refused() {
        let check = |password: &str| check(&SecretString::from(password), "ada.lovelace@example.org");
        assert_eq!(check("eleven char"), Err(PasswordFault::TooShort));
        assert_eq!(check("twelve chars"), Ok(()));
        assert_eq!(check("zwölf äöü éè"), Ok(()));
        assert_eq!(check(" Ada.Lovelace@Example.org"), Err(PasswordFault::Address));
        assert_eq!(check(&"x".repeat(LONGEST)), Ok(()));
        assert_eq!(check(&"x".repeat(LONGEST + 1)), Err(PasswordFault::TooLong));
    }
}
