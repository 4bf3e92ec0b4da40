//! Any request document is read, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("xml_body", bytes));
