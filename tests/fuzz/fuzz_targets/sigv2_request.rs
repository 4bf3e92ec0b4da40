//! Any head that may be signed by Version 2 is read, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("sigv2_request", bytes));
