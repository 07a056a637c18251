//! Keys of those who may open a draw besides the machine it was made on.

use std::fmt;
use std::str::FromStr;

use age::ssh::ParseRecipientKeyError;

/// Why an auditor's key was refused. Never repeats the text, which may be a private key pasted by mistake.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditorError {
    /// A private key, which must never stand in a roster.
    #[error("this is a private key, not a public one")]
    PrivateKey,
    /// Begins like an age key, and is none.
    #[error("this begins like an age key, but is not a whole one")]
    NotAnAgeKey,
    /// Begins like an ssh key, and is none.
    #[error("this begins like an ssh key, but is not a whole one")]
    NotAnSshKey,
    /// An age plugin's key, or a kind of ssh key age cannot seal to.
    #[error("keys of the kind {kind} cannot be sealed to")]
    Unsupported {
        /// The kind, such as `ecdsa-sha2-nistp256`.
        kind: String,
    },
    /// An RSA key that is too short to be safe or too long to be used.
    #[error("this RSA key is too {0}: 2048 to 4096 bits are taken")]
    RsaSize(&'static str),
    /// Nothing that is known.
    #[error("this is neither an age1... nor an ssh key")]
    Unknown,
}

#[derive(Clone)]
enum Key {
    Age(age::x25519::Recipient),
    Ssh(age::ssh::Recipient),
}

/// A public key the draw is sealed to: `age1...`, `ssh-ed25519 ...` or `ssh-rsa ...`; a comment after it is passed over.
#[derive(Clone)]
pub struct Auditor(Key);

impl Auditor {
    pub(super) fn recipient(&self) -> &dyn age::Recipient {
        match &self.0 {
            Key::Age(key) => key,
            Key::Ssh(key) => key,
        }
    }
}

impl FromStr for Auditor {
    type Err = AuditorError;

    fn from_str(text: &str) -> Result<Self, AuditorError> {
        let text = text.trim();
        let upper = text.to_ascii_uppercase();
        if upper.contains("AGE-SECRET-KEY-") || upper.contains("PRIVATE KEY") || upper.contains("AGE-PLUGIN-") {
            return Err(AuditorError::PrivateKey);
        }
        if upper.starts_with("AGE1") {
            return age_key(text);
        }
        if text.starts_with("ssh-") {
            return ssh_key(text);
        }
        match text.split_whitespace().next() {
            Some(kind) if kind.starts_with("ecdsa-sha2-") || kind.starts_with("sk-") => unsupported(kind),
            _ => Err(AuditorError::Unknown),
        }
    }
}

fn age_key(text: &str) -> Result<Auditor, AuditorError> {
    let word = text.split_whitespace().next().unwrap_or_default();
    // `age1` and 58 characters of bech32 are a native key; `age1NAME1...` belongs to the plugin NAME.
    match word.parse() {
        Ok(key) => Ok(Auditor(Key::Age(key))),
        Err(_reason) => match word.get(4..).and_then(|rest| rest.split_once('1')) {
            Some((name, key)) if is_plugin(name) && !key.is_empty() => unsupported(&format!("age1{name}")),
            _ => Err(AuditorError::NotAnAgeKey),
        },
    }
}

fn is_plugin(name: &str) -> bool {
    (1..20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn ssh_key(text: &str) -> Result<Auditor, AuditorError> {
    match text.parse() {
        Ok(key) => Ok(Auditor(Key::Ssh(key))),
        Err(ParseRecipientKeyError::RsaModulusTooSmall) => Err(AuditorError::RsaSize("short")),
        Err(ParseRecipientKeyError::RsaModulusTooLarge) => Err(AuditorError::RsaSize("long")),
        Err(ParseRecipientKeyError::Unsupported(kind)) => unsupported(&kind),
        Err(_reason) => Err(AuditorError::NotAnSshKey),
    }
}

/// A kind is repeated only if it can be nothing but a kind: short and plain.
fn unsupported<T>(kind: &str) -> Result<T, AuditorError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@');
    let kind: String = kind.chars().take_while(|c| is_plain(*c)).take(40).collect();
    Err(AuditorError::Unsupported { kind })
}

impl fmt::Display for Auditor {
    /// The public key itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Age(key) => key.fmt(f),
            Key::Ssh(key) => key.fmt(f),
        }
    }
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auditor({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    fn refusal(text: &str) -> AuditorError {
        text.parse::<Auditor>().expect_err("refused")
    }

    // H9
    #[test]
    fn native_and_ssh_keys_are_taken_with_their_comments() {
        let ed25519 = include_str!("../../tests/vectors/seal/auditor_ed25519.pub");
        let rsa = include_str!("../../tests/vectors/seal/auditor_rsa.pub");
        for text in [AGE, ed25519, rsa, " age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n"] {
            let auditor: Auditor = text.parse().expect("a key");
            assert!(text.contains(&auditor.to_string()));
        }
        assert_eq!(format!("{AGE} Ann's key").parse::<Auditor>().expect("a key").to_string(), AGE);
    }

    #[test]
    fn private_keys_are_refused_and_never_repeated() {
        let private = include_str!("../../tests/vectors/seal/auditor_ed25519");
        let secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
        for text in [private, secret, &secret.to_lowercase(), "AGE-PLUGIN-YUBIKEY-1QQQ"] {
            let error = refusal(text);
            assert_eq!(error, AuditorError::PrivateKey);
            assert!(!format!("{error}{error:?}").contains("GFPY"));
        }
    }

    #[test]
    fn anything_else_is_refused_for_its_own_reason() {
        assert_eq!(refusal(&AGE[..40]), AuditorError::NotAnAgeKey);
        assert_eq!(refusal(&AGE.replace('q', "p")), AuditorError::NotAnAgeKey);
        assert_eq!(refusal("ssh-ed25519 AAAA"), AuditorError::NotAnSshKey);
        assert_eq!(refusal("ssh-rsa"), AuditorError::NotAnSshKey);
        assert_eq!(refusal(""), AuditorError::Unknown);
        assert_eq!(refusal("ann@example.org"), AuditorError::Unknown);
        assert_eq!(refusal("äge1"), AuditorError::Unknown);
        assert_eq!(refusal("age1é1"), AuditorError::NotAnAgeKey);
        let kind = |text| match refusal(text) {
            AuditorError::Unsupported { kind } => kind,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind("ecdsa-sha2-nistp256 AAAAE2VjZHNh ann@example.org"), "ecdsa-sha2-nistp256");
        assert_eq!(kind("sk-ssh-ed25519@openssh.com AAAAGnNr"), "sk-ssh-ed25519@openssh.com");
        assert_eq!(kind("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"), "age1yubikey");
    }

    #[test]
    fn short_rsa_keys_are_refused() {
        let short = include_str!("../../tests/vectors/seal/auditor_rsa_1024.pub");
        assert_eq!(refusal(short), AuditorError::RsaSize("short"));
    }
}
