//! Seals and opens draws: age, receipts, fingerprint, the chain of openings.
