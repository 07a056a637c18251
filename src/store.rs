//! SQLite. One file per aggregate, SQL beside its function.
