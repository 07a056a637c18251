//! The second copy of the sealed draw: S3, or a folder.
