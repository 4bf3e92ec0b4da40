//! What S3 means: operations, errors, addressing, signatures, documents. Performs no I/O.
//!
//! Time, randomness and bodies are arguments. The crate builds natively and for WebAssembly, so
//! that every stage of the pipeline, and every test, speaks of S3 in the same types.
//!
//! | room | what |
//! | --- | --- |
//! | [`access`] | may the principal do it: the decision, and the reasons |
//! | [`operations`] | THE OPERATIONS TABLE, and parameters and documents of each operation |
//! | [`sse`] | server-side encryption: what requests say of it |
//! | [`bucket`] | buckets and the settings that they keep |
//! | [`identity`] | the principal: accounts, signatures, tokens |
//! | [`object`] | objects: metadata, checksums, tags, locks, preconditions |
//! | [`request`] | what every request is made of: method, headers, query, escapes |
//! | [`errors`], [`xml`], [`hex`] | THE ERROR TABLE, and how documents are written |
//!
//! These are floors, in this order: a room uses only those below it.

pub mod access;
pub mod bucket;
pub mod errors;
pub mod hex;
pub mod identity;
pub mod object;
pub mod operations;
pub mod request;
pub mod sse;
pub mod xml;

pub use policy_language as policy;
pub use policy_language::timestamp;
