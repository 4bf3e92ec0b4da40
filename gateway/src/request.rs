//! What every request is made of: headers, query, ranges, escapes.

pub mod headers;
pub(crate) mod lookup;
pub mod query;
pub mod range;
pub mod response_overrides;
pub mod url_encoding;
