//! What a draw was made from.

use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;

use super::SealError;

/// The 32 bytes a draw was made from. Whoever has them can draw again, so they print as stars and are wiped when
/// dropped.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A fresh seed from the operating system.
    ///
    /// # Errors
    /// [`SealError::NoEntropy`] when the system gives none.
    pub fn random() -> Result<Self, SealError> {
        let mut seed = Self([0; 32]);
        SysRng.try_fill_bytes(&mut seed.0).map_err(|source| SealError::NoEntropy { source })?;
        Ok(seed)
    }

    /// Takes 32 bytes as they are: for drawing again and for tests.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the matcher's stream.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(***)")
    }
}
