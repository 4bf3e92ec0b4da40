//! Any body of a form is read, or refused, however it is cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::run("post_form", bytes));
