//! The tree hash of RFC 6962, section 2.1: one hash over all pairings.
//!
//! Leaves and inner nodes are hashed with different first bytes, so that neither can be passed off as the other.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// First byte under a leaf's hash (RFC 6962, 2.1).
const LEAF: u8 = 0x00;
/// First byte under an inner node's hash (RFC 6962, 2.1).
const NODE: u8 = 0x01;

/// A SHA-256 hash. Written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash before the first one of a chain: all zero.
    pub const ZERO: Self = Self([0; 32]);

    /// The plain SHA-256 of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hex digits of either case.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.to_ascii_lowercase().as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a hash is 64 hex digits"))
    }
}

/// `SHA-256(0x00 || leaf)`.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    let hash = Sha256::new().chain_update([LEAF]).chain_update(bytes);
    Hash(hash.finalize().into())
}

/// `SHA-256(0x01 || left || right)`.
fn node(left: &Hash, right: &Hash) -> Hash {
    let hash = Sha256::new().chain_update([NODE]).chain_update(left.0).chain_update(right.0);
    Hash(hash.finalize().into())
}

/// Where a tree of `leaves` splits: the largest power of two smaller than `leaves`, which is at least 2.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

/// The tree hash `MTH` over the leaves' hashes. Of no leaves it is the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(b""),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inputs and roots of the reference tree of google/certificate-transparency
    /// (`merkletree/merkle_tree_test.cc`), the vectors every RFC 6962 implementation is checked against.
    const INPUTS: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn reference_leaves() -> Vec<Hash> {
        INPUTS.iter().map(|text| leaf(&HEXLOWER.decode(text.as_bytes()).expect("hex"))).collect()
    }

    // H6
    #[test]
    fn tree_hashes_are_those_of_the_reference_tree() {
        let leaves = reference_leaves();
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(root(&leaves[..size]).to_string(), *expected, "{size} leaves");
        }
    }

    #[test]
    fn hashes_are_read_back_strictly() {
        assert_eq!(Hash::from_hex(&ROOTS[3].to_uppercase()).expect("either case").to_string(), ROOTS[3]);
        for text in ["", "00", &ROOTS[1][1..], "zz340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"] {
            assert_eq!(Hash::from_hex(text), None);
        }
    }
}
