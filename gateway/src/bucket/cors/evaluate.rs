//! What is answered to preflights, and added to the answers of actual requests.

use super::refusal::{self, ResourceType};
use super::request::{CrossOrigin, origin};
use super::rules::{Allowance, Configuration};
use crate::errors::Result;
use crate::operations::Method;
use crate::request::headers::Headers;
use std::fmt::Write as _;

/// What an answer depends on, for caches.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// What there is of a bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// No bucket.
    Nothing,
    /// A bucket without rules.
    Bucket,
    /// Its rules.
    Rules(Configuration),
}

/// Answers a preflight: the header lines (`name: value\n`) of a 200. `find` looks for the rules of
/// the bucket, once what the request says of itself makes sense.
///
/// `BadRequest` for a request that lacks something or makes no sense, `AccessForbidden` where no
/// rule allows it.
pub fn preflight(
    headers: &Headers,
    resource: ResourceType,
    find: impl FnOnce() -> Result<Found>,
) -> Result<String> {
    let asked = CrossOrigin::read(origin(headers).ok_or_else(refusal::no_origin)?, headers)?;
    let named = asked.method.map(Method::as_str);
    let configuration = match find()? {
        Found::Rules(configuration) => configuration,
        Found::Bucket => return Err(refusal::not_enabled(named)),
        Found::Nothing => return Err(refusal::bucket_not_found(named)),
    };
    // Only where there are rules, S3 minds that the method is missing.
    let method = asked.method.ok_or_else(|| refusal::invalid_method("null"))?;
    match configuration.find(&asked, method) {
        Some(grant) => Ok(grant.lines()),
        None => Err(refusal::not_allowed(method.as_str(), resource)),
    }
}

/// What is added to the answer of any other request: header lines, or none where no rule allows it.
/// `method` is that of the request; like S3, a method that a preflight would name counts in its
/// place. `find` looks for the rules.
///
/// `BadRequest` as for a preflight, where the bucket has rules.
pub fn actual(
    method: &str,
    headers: &Headers,
    find: impl FnOnce() -> Result<Option<Configuration>>,
) -> Result<String> {
    let Some(origin) = origin(headers) else { return Ok(String::new()) };
    let Some(configuration) = find()? else { return Ok(String::new()) };
    let asked = CrossOrigin::read(origin, headers)?;
    let method = asked.method.or_else(|| Method::parse(method));
    let grant = method.and_then(|method| configuration.find(&asked, method));
    Ok(grant.map(|grant| grant.lines()).unwrap_or_default())
}

impl Allowance<'_> {
    /// The response headers that say so, as `name: value\n` lines.
    pub fn lines(&self) -> String {
        let mut lines = String::with_capacity(320);
        push(&mut lines, "access-control-allow-origin", [self.origin]);
        push(
            &mut lines,
            "access-control-allow-methods",
            self.rule.allowed_methods.iter().map(|method| method.as_str()),
        );
        push(&mut lines, "access-control-allow-headers", self.headers.iter().map(String::as_str));
        push(
            &mut lines,
            "access-control-expose-headers",
            self.rule.exposed_headers.iter().map(String::as_str),
        );
        if let Some(seconds) = self.rule.max_age_seconds {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "access-control-max-age: {seconds}");
        }
        if self.origin != "*" {
            push(&mut lines, "access-control-allow-credentials", ["true"]);
        }
        push(&mut lines, "vary", [VARY]);
        lines
    }
}

/// Appends a header whose value is a list; nothing for one that says nothing.
fn push<'a>(lines: &mut String, name: &str, values: impl IntoIterator<Item = &'a str>) {
    let mut separator = ": ";
    for value in values.into_iter().filter(|value| !value.is_empty()) {
        if separator == ": " {
            lines.push_str(name);
        }
        lines.push_str(separator);
        // A line break would begin another header. Neither requests nor rules have any.
        lines.extend(value.chars().filter(|character| !matches!(character, '\r' | '\n')));
        separator = ", ";
    }
    if separator != ": " {
        lines.push('\n');
    }
}
