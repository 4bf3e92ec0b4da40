//! Any policy document is read, or refused; what is read can be asked.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("policy_document", bytes));
