//! The pipeline: composed, compiled, run, and lent what it needs.

pub(crate) mod adviser;
pub(crate) mod contract;
pub mod peer;
pub(crate) mod row_reader;
pub mod shared;
