//! Any bytes are read as the document of each operation, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("request_documents", bytes));
