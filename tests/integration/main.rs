//! Everything that needs real parts: servers, files, the built binary.

/// The archive against a real S3 server over HTTP, and in a folder.
mod archive;
/// What the other modules stand on: servers that speak the real protocols on free ports.
mod support;
