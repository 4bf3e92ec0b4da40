//! The pipeline: composed, compiled, run for each request, and lent what it needs.

pub mod added_stages;
pub(crate) mod adviser;
pub mod bindings;
pub mod call;
pub mod capabilities;
pub mod compose;
pub(crate) mod contract;
pub mod engine;
pub(crate) mod head;
pub mod header_lines;
pub mod journal;
pub mod peer;
pub mod responses;
pub(crate) mod row_reader;
pub mod shared;
pub mod shares;
pub mod work;
pub mod worker;
