//! Any rules are read, or refused, and no request that is held to them gets other headers than
//! theirs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("cors_document", bytes));
