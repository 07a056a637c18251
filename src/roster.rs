//! `exchange.toml`: as written, then as meant.
