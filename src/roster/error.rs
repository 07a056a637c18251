//! Why a roster cannot be had.

use std::io;
use std::path::PathBuf;

use super::{Diagnostic, Severity};

/// Why there is no roster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The path leads to a folder.
    #[error("{} is a folder, not a file", .0.display())]
    Directory(PathBuf),
    /// The path leads to a device, a pipe or a socket, which might never end.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The roster names a people's file, and stands nowhere that one could be beside.
    #[error("a roster that is kept in no folder cannot name a file")]
    NoFolder,
    /// The file is too large.
    #[error("{} is larger than {} MiB", path.display(), most / 1024 / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How large it may be, in bytes.
        most: u64,
    },
    /// The file is not UTF-8.
    #[error("{}:{line}:{column}: this is not UTF-8 text", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line of the first wrong byte, from 1.
        line: u32,
        /// Column of the first wrong byte in characters, from 1.
        column: u32,
    },
    /// There is nothing in the file.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// The file describes a site without an exchange of its own.
    #[error("{} has no [exchange]", .0.display())]
    NoExchange(PathBuf),
    /// The file is refused; errors and warnings in the order of the file.
    #[error("{}", summary(.0))]
    Problems(Vec<Diagnostic>),
}

fn summary(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let file = problems.first().map_or_else(String::new, |problem| problem.file.display().to_string());
    let noun = if errors == 1 { "problem" } else { "problems" };
    format!("{file} has {errors} {noun}")
}
