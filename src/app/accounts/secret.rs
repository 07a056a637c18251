//! What lets somebody in: 256 random bits, shown once, of which only the SHA-256 is kept. No salt and no slow hash is
//! needed, for nobody can guess them.

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::store::Hash;

/// A new secret behind a prefix by which it is recognised, and what is kept of it.
pub(super) fn new_secret(prefix: &str) -> (SecretString, Hash) {
    let secret = SecretString::from(format!("{prefix}{}", BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>())));
    let hash = hash_of(secret.expose_secret());
    (secret, hash)
}

/// What is kept of a secret that somebody presents.
pub(super) fn hash_of(presented: &str) -> Hash {
    Sha256::digest(presented).into()
}
