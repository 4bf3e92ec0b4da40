//! What S3 means: operations, errors, addressing, signatures, documents. Performs no I/O.
//!
//! Time, randomness and bodies are arguments. The crate builds natively and for WebAssembly, so that every
//! stage of the pipeline, and every test, speaks of S3 in the same types.

pub mod access;
pub mod account;
pub mod acl;
pub mod addressing;
pub mod bucket_encryption;
pub mod bucket_name;
pub mod checksum;
pub mod copy_source;
pub mod cors;
pub mod encryption;
pub mod errors;
pub mod etag;
pub mod explanation;
pub mod form;
pub mod headers;
pub mod hex;
pub mod key;
mod lookup;
pub mod master_key;
pub mod metadata;
pub mod object_lock;
pub mod object_ownership;
pub mod operations;
pub mod post_policy;
pub mod precondition;
pub mod public_access_block;
pub mod query;
pub mod range;
pub mod request_payment;
pub mod response_overrides;
pub mod sigv2;
pub mod sigv4;
pub mod storage_class;
pub mod tagging;
pub mod url_encoding;
pub mod versioning;
pub mod web_identity;
pub mod xml;

pub use policy_language as policy;
pub use policy_language::timestamp;
