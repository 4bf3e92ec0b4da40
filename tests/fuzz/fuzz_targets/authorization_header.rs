//! Any Authorization header or presigned query is read, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("authorization_header", bytes));
