//! Use cases, called by both front doors.
