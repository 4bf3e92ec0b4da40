//! Any request head is resolved to an operation, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("request_head", bytes));
