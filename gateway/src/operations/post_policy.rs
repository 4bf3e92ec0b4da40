//! The policy of a form: what its signer allows others to upload.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>. It is a
//! JSON document in base64: a time until which it is valid, and conditions on the fields of the
//! form. Every field has to be covered by a condition.

mod read;

use crate::errors::{ErrorCode, Result, S3Error};
use crate::operations::form::Form;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Checks the fields of a form for an upload into `bucket`. `AccessDenied` with the first
    /// reason against it.
    pub fn check(&self, form: &Form, bucket: &str, now_ms: u64) -> Result<()> {
        if now_ms >= self.expiration_ms {
            return Err(denied("Policy expired."));
        }
        let covered: BTreeSet<&str> = self.conditions.iter().filter_map(Condition::field).collect();
        let (mut extra, mut seen) = (Vec::new(), BTreeSet::new());
        for (name, _) in form.iter() {
            if !is_exempt(name) && !covered.contains(name) && seen.insert(name) {
                extra.push(name);
            }
        }
        if !extra.is_empty() {
            return Err(denied(&format!("Extra input fields: {}", extra.join(", "))));
        }
        let fields = sent(form, bucket);
        for condition in &self.conditions {
            condition.check(&fields)?;
        }
        // Without a condition on the bucket, the form would be valid for every bucket of the
        // signer.
        if covered.contains("bucket") { Ok(()) } else { Err(denied("Extra input fields: bucket")) }
    }

    /// The lengths that the file may have, from the least to the greatest; `None` where they are
    /// not limited. With several conditions, all hold.
    pub fn length_range(&self) -> Option<(u64, u64)> {
        let ranges = self.conditions.iter().filter_map(|condition| match condition {
            Condition::Length { min, max } => Some((*min, *max)),
            Condition::Field { .. } => None,
        });
        ranges.reduce(|(min, max), (other_min, other_max)| (min.max(other_min), max.min(other_max)))
    }

    /// Checks the length of the file, once it is known. `EntityTooSmall` and `EntityTooLarge`.
    pub fn check_length(&self, length: u64) -> Result<()> {
        let Some((min, max)) = self.length_range() else { return Ok(()) };
        let (code, name, limit) = match () {
            () if length > max => (ErrorCode::EntityTooLarge, "MaxSizeAllowed", max),
            () if length < min => (ErrorCode::EntityTooSmall, "MinSizeAllowed", min),
            () => return Ok(()),
        };
        Err(S3Error::new(code).detail("ProposedSize", length.to_string()).detail(name, limit.to_string()))
    }
}

impl Condition {
    /// The field that it is about.
    fn field(&self) -> Option<&str> {
        match self {
            Condition::Field { name, .. } => Some(name),
            Condition::Length { .. } => None,
        }
    }

    fn check(&self, fields: &BTreeMap<&str, FieldValues<'_>>) -> Result<()> {
        let Condition::Field { name, matching, value, text } = self else { return Ok(()) };
        let fulfilled = fields.get(name.as_str()).is_some_and(|sent| match matching {
            Matching::Exact => sent.is_one && sent.first == value,
            Matching::StartsWith => sent.begins.starts_with(value.as_bytes()),
        });
        if fulfilled { Ok(()) } else { Err(denied(&format!("Policy Condition failed: {text}"))) }
    }
}

/// A summary of all values of a field. A field may occur more than once, and a condition has to
/// hold for each value, because any of them may be used. There may be many values and many
/// conditions, so they are not compared pair by pair.
struct FieldValues<'a> {
    first: &'a str,
    /// Whether all values are equal to the first.
    is_one: bool,
    /// The longest start that all values share.
    begins: &'a [u8],
}

/// The values of a form by the names of its fields. The bucket to which the form was sent counts as
/// a value of `bucket`, besides a field of that name.
fn sent<'a>(form: &'a Form, bucket: &'a str) -> BTreeMap<&'a str, FieldValues<'a>> {
    let mut fields: BTreeMap<&str, FieldValues<'_>> = BTreeMap::new();
    for (name, value) in std::iter::once(("bucket", bucket)).chain(form.iter()) {
        let begins = begins(name, value);
        fields
            .entry(name)
            .and_modify(|sent| {
                sent.is_one &= sent.first == value;
                sent.begins = shared(sent.begins, begins);
            })
            .or_insert(FieldValues { first: value, is_one: true, begins });
    }
    fields
}

/// The start of a value. Of a list of types, each type counts as a value of its own.
fn begins<'a>(name: &str, value: &'a str) -> &'a [u8] {
    if name != "content-type" {
        return value.as_bytes();
    }
    let parts = value.split(',').map(|part| part.trim_start().as_bytes());
    parts.reduce(shared).unwrap_or_default()
}

/// The start that two texts have in common.
fn shared<'a>(one: &'a [u8], other: &[u8]) -> &'a [u8] {
    let length = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    one.get(..length).unwrap_or_default()
}

/// Fields that need no condition: the file, and those of the signature.
fn is_exempt(name: &str) -> bool {
    matches!(name, "file" | "policy" | "x-amz-signature" | "signature" | "awsaccesskeyid" | "bucket")
        || name.starts_with("x-ignore-")
}

fn denied(reason: &str) -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message(format!("Invalid according to Policy: {reason}"))
}

#[cfg(test)]
mod tests;
