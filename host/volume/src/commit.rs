//! Commits: batches of changes, made durable and visible together by one thread.

pub(crate) mod apply;
pub(crate) mod batch;
pub(crate) mod committer;
pub(crate) mod queue;

pub use batch::{Batch, Put, Requirement};
pub use queue::Done;
