//! Cross-origin rules: which pages of other origins a browser lets use a bucket, and what of the
//! responses they may read.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>. Only browsers obey these
//! rules. A request that no rule allows is served all the same, without the headers that a browser
//! needs.
//!
//! [`row`] is what storage keeps, and [`CrossOrigin`] is what a request says of itself.

mod document;
mod evaluate;
mod refusal;
mod request;
pub mod row;
mod rules;

pub use evaluate::{Found, actual, preflight};
pub use refusal::ResourceType;
pub use request::{CrossOrigin, REQUEST_HEADERS_LENGTH_MAX};
pub use rules::{Allowance, Configuration, Rule};

#[cfg(test)]
mod tests;
