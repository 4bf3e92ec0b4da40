//! The pipeline: composed, compiled, and run for each request.
//!
//! A start goes from `compose` to `engine` to `worker`. A request goes from `worker` to `call`, to
//! the components and the `capabilities` that they are lent, to `work`, and back.

pub(crate) mod added_refusal;
pub mod added_stages;
pub(crate) mod adviser;
pub mod bindings;
pub mod call;
pub mod capabilities;
pub mod compose;
pub(crate) mod contract;
pub mod contract_text;
pub mod engine;
pub(crate) mod head;
pub mod header_lines;
pub(crate) mod inner;
pub mod instance_limits;
pub mod journal;
pub(crate) mod owners;
pub mod peer;
pub mod quotas;
pub mod request_body;
pub mod responses;
pub(crate) mod row_reader;
pub mod rules;
pub mod shared;
pub mod shares;
pub mod transforming;
pub(crate) mod usage_count;
mod variables;
pub(crate) mod webhooks;
pub mod work;
pub mod worker;
