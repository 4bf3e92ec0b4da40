//! Any token, any set of keys and any discovery document is read, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("web_identity", bytes));
