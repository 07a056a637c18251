//! The engines: what opens a database and runs a statement. The only place that names a driver.

pub(super) mod sqlite;
