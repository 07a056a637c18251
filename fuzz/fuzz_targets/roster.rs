//! exchange.toml: see `xchange::fuzzing::roster`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xchange::fuzzing::roster(bytes));
