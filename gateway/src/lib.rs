//! What S3 means: operations, errors, addressing, signatures, documents. Performs no I/O.
//!
//! Time, randomness and bodies are arguments. The crate builds natively and for WebAssembly, so that every stage of
//! the pipeline, and every test, speaks of S3 in the same types.

pub mod addressing;
pub mod bucket_name;
pub mod errors;
pub mod headers;
pub mod key;
pub mod operations;
pub mod query;
pub mod sigv4;
pub mod url_encoding;
pub mod xml;
