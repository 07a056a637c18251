//! An incoming text: see `xchange::fuzzing::conversation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xchange::fuzzing::conversation(bytes));
