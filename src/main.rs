//! The `xchange` command: parse, run, print a failure once, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    xchange::main()
}
