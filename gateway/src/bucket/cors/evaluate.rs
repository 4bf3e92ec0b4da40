//! The response to preflights, and the headers that are added to responses of actual requests.

use super::refusal::{self, ResourceType};
use super::request::{CrossOrigin, origin};
use super::rules::{Allowance, Configuration};
use crate::errors::Result;
use crate::request::headers::Headers;
use crate::request::method::Method;
use std::fmt::Write as _;

/// What a response depends on, for caches.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// What is known of a bucket.
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
/// the bucket, after the headers of the request were read.
///
/// `BadRequest` for a request with a missing or wrong header, `AccessForbidden` where no rule
/// allows it.
pub fn preflight(
    headers: &Headers,
    resource: ResourceType,
    find: impl FnOnce() -> Result<Found>,
) -> Result<String> {
    let cross_origin = CrossOrigin::read(origin(headers).ok_or_else(refusal::no_origin)?, headers)?;
    let named = cross_origin.method.map(Method::as_str);
    let configuration = match find()? {
        Found::Rules(configuration) => configuration,
        Found::Bucket => return Err(refusal::not_enabled(named)),
        Found::Nothing => return Err(refusal::bucket_not_found(named)),
    };
    // S3 refuses a missing method only where the bucket has rules.
    let method = cross_origin.method.ok_or_else(|| refusal::invalid_method("null"))?;
    match configuration.find(&cross_origin, method) {
        Some(grant) => Ok(grant.lines()),
        None => Err(refusal::not_allowed(method.as_str(), resource)),
    }
}

/// The header lines that are added to the response of any other request; empty where no rule allows
/// it. `method` is that of the request. Where the request has `Access-Control-Request-Method`, that
/// counts instead, as in S3. `find` looks for the rules.
///
/// `BadRequest` as for a preflight, where the bucket has rules.
pub fn actual(
    method: &str,
    headers: &Headers,
    find: impl FnOnce() -> Result<Option<Configuration>>,
) -> Result<String> {
    let Some(origin) = origin(headers) else { return Ok(String::new()) };
    let Some(configuration) = find()? else { return Ok(String::new()) };
    let cross_origin = CrossOrigin::read(origin, headers)?;
    let method = cross_origin.method.or_else(|| Method::parse(method));
    let grant = method.and_then(|method| configuration.find(&cross_origin, method));
    Ok(grant.map(|grant| grant.lines()).unwrap_or_default())
}

impl Allowance<'_> {
    /// The response headers, as `name: value\n` lines.
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

/// Appends a header whose value is a list; nothing for an empty list.
fn push<'a>(lines: &mut String, name: &str, values: impl IntoIterator<Item = &'a str>) {
    let mut separator = ": ";
    for value in values.into_iter().filter(|value| !value.is_empty()) {
        if separator == ": " {
            lines.push_str(name);
        }
        lines.push_str(separator);
        // A line break would begin another header. Requests and rules cannot have one: this is a
        // second check.
        lines.extend(value.chars().filter(|character| !matches!(character, '\r' | '\n')));
        separator = ", ";
    }
    if separator != ": " {
        lines.push('\n');
    }
}
