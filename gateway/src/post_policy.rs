//! The policy of a form: what whoever signed it lets others upload.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>. It is a JSON
//! document in base64: an end, and conditions on the fields of the form. Every field has to be covered by a
//! condition.

mod read;

use crate::errors::{ErrorCode, Result, S3Error};
use crate::form::Form;

/// A policy, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostPolicy {
    /// In milliseconds since 1970.
    expiration_ms: u64,
    conditions: Vec<Condition>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Condition {
    /// On the value of a field.
    Field {
        /// In lower case.
        name: String,
        matching: Matching,
        value: String,
        /// As the policy writes it.
        text: String,
    },
    /// On the length of the file, ends included.
    Length { min: u64, max: u64 },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Matching {
    Exact,
    StartsWith,
}

impl PostPolicy {
    /// Reads a policy as it stands in its field. `InvalidPolicyDocument` for anything else.
    pub fn parse(base64: &str) -> Result<PostPolicy> {
        read::read(base64)
    }

    /// Judges the fields of a form for an upload into `bucket`. `AccessDenied` for the first reason not to
    /// take it.
    pub fn check(&self, form: &Form, bucket: &str, now_ms: u64) -> Result<()> {
        if now_ms >= self.expiration_ms {
            return Err(denied("Policy expired."));
        }
        let mut extra: Vec<&str> = Vec::new();
        for (name, _) in form.iter() {
            if !is_exempt(name) && !self.covers(name) && !extra.contains(&name) {
                extra.push(name);
            }
        }
        if !extra.is_empty() {
            return Err(denied(&format!("Extra input fields: {}", extra.join(", "))));
        }
        for condition in &self.conditions {
            condition.check(form, bucket)?;
        }
        // Without one, the form would do for every bucket of whoever signed it.
        if self.covers("bucket") { Ok(()) } else { Err(denied("Extra input fields: bucket")) }
    }

    /// The lengths that the file may have, from the least to the greatest; `None` where they are not limited.
    /// With several conditions, all hold.
    pub fn length_range(&self) -> Option<(u64, u64)> {
        let ranges = self.conditions.iter().filter_map(|condition| match condition {
            Condition::Length { min, max } => Some((*min, *max)),
            Condition::Field { .. } => None,
        });
        ranges.reduce(|(min, max), (other_min, other_max)| (min.max(other_min), max.min(other_max)))
    }

    /// Judges the length of the file, once it is known. `EntityTooSmall` and `EntityTooLarge`.
    pub fn check_length(&self, length: u64) -> Result<()> {
        let Some((min, max)) = self.length_range() else { return Ok(()) };
        let (code, name, limit) = match () {
            () if length > max => (ErrorCode::EntityTooLarge, "MaxSizeAllowed", max),
            () if length < min => (ErrorCode::EntityTooSmall, "MinSizeAllowed", min),
            () => return Ok(()),
        };
        Err(S3Error::new(code).detail("ProposedSize", length.to_string()).detail(name, limit.to_string()))
    }

    fn covers(&self, field: &str) -> bool {
        self.conditions.iter().any(|own| matches!(own, Condition::Field { name, .. } if name == field))
    }
}

impl Condition {
    fn check(&self, form: &Form, bucket: &str) -> Result<()> {
        let Condition::Field { name, matching, value, text } = self else { return Ok(()) };
        let holds = |actual: &str| match matching {
            Matching::Exact => actual == value,
            // Of a list of types, each has to be one that is meant.
            Matching::StartsWith if name == "content-type" => {
                actual.split(',').all(|part| part.trim_start().starts_with(value.as_str()))
            }
            Matching::StartsWith => actual.starts_with(value.as_str()),
        };
        let fulfilled = match name.as_str() {
            // Where the form was sent to counts, not what it says.
            "bucket" => holds(bucket) && form.all("bucket").all(holds),
            // A field may occur more than once: what is judged must be what is used.
            _ => form.get(name).is_some() && form.all(name).all(holds),
        };
        if fulfilled { Ok(()) } else { Err(denied(&format!("Policy Condition failed: {text}"))) }
    }
}

/// Fields that no condition has to cover: the file, and what signs.
fn is_exempt(name: &str) -> bool {
    matches!(name, "file" | "policy" | "x-amz-signature" | "signature" | "awsaccesskeyid" | "bucket")
        || name.starts_with("x-ignore-")
}

fn denied(reason: &str) -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message(format!("Invalid according to Policy: {reason}"))
}

#[cfg(test)]
mod tests;
