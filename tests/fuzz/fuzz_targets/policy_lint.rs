//! Lint has something to say of any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("policy_lint", bytes));
