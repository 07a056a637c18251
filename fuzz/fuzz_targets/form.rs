//! The body of a webhook: see `xchange::fuzzing::form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xchange::fuzzing::form(bytes));
