//! What every request is made of: method, headers, query, ranges, escapes.

pub mod headers;
pub(crate) mod lookup;
pub mod method;
pub mod query;
pub mod range;
pub mod response_overrides;
pub(crate) mod subresource;
pub mod url_encoding;
