//! The pipeline: composed, compiled, run, and lent what it needs.

pub(crate) mod adviser;
pub(crate) mod row_reader;
