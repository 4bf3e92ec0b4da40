//! What any headers say of an object is read, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("upload_headers", bytes));
