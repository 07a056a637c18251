//! `xchange openapi`.

use super::{Context, Failure};
use crate::web;

/// Print the document of the API
///
/// OpenAPI 3.1, for generators and testers. The listener has the same at /api/openapi.json, and at /api/docs to be read and tried.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange openapi > openapi.json")]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.document(&web::document())
}
