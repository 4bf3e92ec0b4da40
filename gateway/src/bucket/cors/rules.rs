//! The rules of a bucket, and the one of them that counts.

use super::request::CrossOrigin;
use crate::request::method::Method;
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
    /// Its id, which the bucket's owner chose; at most 255 characters.
    pub id: Option<String>,
    /// `https://example.com`, with at most one `*`. Case counts.
    pub allowed_origins: Vec<String>,
    /// In the order given.
    pub allowed_methods: Vec<Method>,
    /// `x-amz-*`, with at most one `*`. Case does not count.
    pub allowed_headers: Vec<String>,
    /// Headers of responses that a page may read; names without a `*`.
    pub exposed_headers: Vec<String>,
    /// How long a browser may keep the response to a preflight. S3 takes numbers below zero, too.
    pub max_age_seconds: Option<i32>,
}

/// What a rule grants to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance<'a> {
    /// The origin of the request, or `*` where the rule says `*` alone: then the response allows no
    /// credentials.
    pub origin: &'a str,
    /// The rule.
    pub rule: &'a Rule,
    /// The headers that the request names. All of them are allowed.
    pub headers: &'a [String],
}

impl Configuration {
    /// The first rule that allows the request, and what it grants.
    pub fn find<'a>(&'a self, cross_origin: &'a CrossOrigin<'_>, method: Method) -> Option<Allowance<'a>> {
        self.rules.iter().find_map(|rule| rule.grant(cross_origin, method))
    }
}

impl Rule {
    fn grant<'a>(&'a self, cross_origin: &'a CrossOrigin<'_>, method: Method) -> Option<Allowance<'a>> {
        if !self.allowed_methods.contains(&method) {
            return None;
        }
        let origin =
            self.allowed_origins.iter().find(|pattern| matches_origin(pattern, cross_origin.origin))?;
        let allows_all = || self.allowed_headers.iter().any(|pattern| pattern == "*");
        if !cross_origin.headers.is_empty() && !allows_all() && !self.allows_each(&cross_origin.headers) {
            return None;
        }
        let origin = if origin == "*" { "*" } else { cross_origin.origin };
        Some(Allowance { origin, rule: self, headers: &cross_origin.headers })
    }

    /// Whether each of some headers is allowed. The patterns may be as long as a document can be.
    /// They are read once: a header that one pattern allows is not compared with the next.
    fn allows_each(&self, headers: &[String]) -> bool {
        let mut left: Vec<&str> = headers.iter().map(String::as_str).collect();
        for pattern in self.allowed_headers.iter().map(|pattern| Pattern::of(pattern)) {
            left.retain(|name| !pattern.matches(name, <[u8]>::eq_ignore_ascii_case));
            if left.is_empty() {
                return true;
            }
        }
        false
    }
}

/// Whether an origin matches a pattern with at most one `*`. `*` stands for any characters, or
/// none.
pub(super) fn matches_origin(pattern: &str, origin: &str) -> bool {
    Pattern::of(pattern).matches(origin, |one, other| one == other)
}

/// The texts before and behind the star of a pattern.
#[derive(Clone, Copy)]
pub(super) struct Pattern<'a> {
    start: &'a [u8],
    /// `None` for a pattern without a star.
    end: Option<&'a [u8]>,
}

impl<'a> Pattern<'a> {
    pub(super) fn of(text: &'a str) -> Pattern<'a> {
        match text.split_once('*') {
            Some((start, end)) => Pattern { start: start.as_bytes(), end: Some(end.as_bytes()) },
            None => Pattern { start: text.as_bytes(), end: None },
        }
    }

    pub(super) fn matches(self, text: &str, same: fn(&[u8], &[u8]) -> bool) -> bool {
        let text = text.as_bytes();
        let Some(end) = self.end else { return same(self.start, text) };
        // The texts before and behind the star must not overlap: `ab*bc` is not `abc`.
        text.split_at_checked(self.start.len()).is_some_and(|(first, rest)| {
            let last = rest.len().checked_sub(end.len()).and_then(|middle| rest.get(middle..));
            same(self.start, first) && last.is_some_and(|last| same(end, last))
        })
    }
}
