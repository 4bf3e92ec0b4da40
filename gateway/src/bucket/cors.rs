//! Cross-origin rules: which pages of other origins a browser lets at a bucket, and at what of the
//! answers.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>. The rules protect nobody from
//! a client that is no browser: a request that no rule allows is served all the same, without the
//! headers that a browser asks for.
//!
//! What storage keeps is [`row`], and what a request says of itself is [`CrossOrigin`].

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
