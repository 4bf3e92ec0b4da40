//! Bodies: what a client sends is checked, digested and stored as it passes; what is stored is
//! sent.
//!
//! [`receive`] enforces what was promised about a request body, whatever its bytes are for: a body
//! that breaks its promise is never delivered as a complete one. [`respond`] never ends a response
//! early without saying so.

pub mod digest;
pub mod framing;
pub(crate) mod lent;
pub mod md5;
pub mod multipart;
pub mod payload;
pub mod receive;
pub mod respond;

pub use digest::{Algorithm, DigestSet};
pub use multipart::Boundary;
pub use payload::{ChunkSignature, Chunked, Failure, Payload};
pub use receive::{Collected, Drained, Ingested, Plan, announced, collect, digest, drain, ingest, reseal};
pub use respond::ResponseBody;
