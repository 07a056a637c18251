//! A sealed draw, and the document inside: see `xchange::fuzzing::sealed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xchange::fuzzing::sealed(bytes));
