//! Cross-origin rules: which pages of other origins a browser lets at a bucket, and at what of the answers.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>. The rules protect nobody from a client that is no browser:
//! a request that no rule allows is served all the same, without the headers that a browser asks for.
//!
//! The documents are [`crate::operations::bucket_cors`], what storage keeps is [`row`], and what a request says of itself is
//! [`CrossOrigin`].

mod evaluate;
mod refusal;
mod request;
pub mod row;

pub use evaluate::{Found, Grant, Subject, actual, preflight};
pub(crate) use request::is_token;
pub use request::{CrossOrigin, REQUEST_HEADERS_LENGTH_MAX};

use crate::operations::Method;
use serde::{Deserialize, Serialize};

/// The rules of a bucket. The first that fits a request is the only one that counts.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Configuration {
    /// 1 to 100 of them.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// What its owner calls it; at most 255 characters.
    pub id: Option<String>,
    /// `https://example.com`, with at most one `*`. Case counts.
    pub allowed_origins: Vec<String>,
    /// In the order given.
    pub allowed_methods: Vec<Method>,
    /// `x-amz-*`, with at most one `*`. Case does not count.
    pub allowed_headers: Vec<String>,
    /// Headers of answers that a page may read; names without a `*`.
    pub exposed_headers: Vec<String>,
    /// How long a browser may remember the answer to a preflight. S3 takes numbers below zero, too.
    pub max_age_seconds: Option<i32>,
}

impl Configuration {
    /// The first rule that allows what is asked for, and what it grants.
    pub fn find<'a>(&'a self, asked: &'a CrossOrigin<'_>, method: Method) -> Option<Grant<'a>> {
        self.rules.iter().find_map(|rule| rule.grant(asked, method))
    }
}

impl Rule {
    fn grant<'a>(&'a self, asked: &'a CrossOrigin<'_>, method: Method) -> Option<Grant<'a>> {
        if !self.allowed_methods.contains(&method) {
            return None;
        }
        let origin = self.allowed_origins.iter().find(|pattern| matches_origin(pattern, asked.origin))?;
        let allows_all = || self.allowed_headers.iter().any(|pattern| pattern == "*");
        let allows_header =
            |name: &String| self.allowed_headers.iter().any(|pattern| matches_header(pattern, name));
        if !asked.headers.is_empty() && !allows_all() && !asked.headers.iter().all(allows_header) {
            return None;
        }
        let origin = if origin == "*" { "*" } else { asked.origin };
        Some(Grant { origin, rule: self, headers: &asked.headers })
    }
}

/// Whether an origin is what a pattern with at most one `*` says. `*` stands for any characters, or none.
pub fn matches_origin(pattern: &str, origin: &str) -> bool {
    matches(pattern, origin, |one, other| one == other)
}

/// The same for the name of a header, whose case does not count.
pub fn matches_header(pattern: &str, name: &str) -> bool {
    matches(pattern, name, <[u8]>::eq_ignore_ascii_case)
}

fn matches(pattern: &str, text: &str, same: fn(&[u8], &[u8]) -> bool) -> bool {
    let text = text.as_bytes();
    let Some((start, end)) = pattern.split_once('*') else { return same(pattern.as_bytes(), text) };
    // What is before the star and what is behind it must not overlap: `ab*bc` is not `abc`.
    text.split_at_checked(start.len()).is_some_and(|(first, rest)| {
        let last = rest.len().checked_sub(end.len()).and_then(|middle| rest.get(middle..));
        same(start.as_bytes(), first) && last.is_some_and(|last| same(end.as_bytes(), last))
    })
}

#[cfg(test)]
mod tests;
