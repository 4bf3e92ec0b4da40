//! The condition keys that documents in bodies say. Operations with such documents are decided on a
//! second time, when the document is here.

use crate::bucket::object_ownership::ObjectOwnership;
use crate::errors::Result;
use crate::object::object_lock::{LegalHold, ObjectLockConfiguration, Retention};
use crate::object::tagging::{TagSet, Tagged};
use crate::operations::{Operation, create_bucket};
use crate::policy::KeyId;
use crate::timestamp;

/// Condition keys with their values, as a document says them.
pub type Said = Vec<(String, Vec<String>)>;

/// The condition keys of a document, and what reads them.
struct Keyed {
    /// The keys that the document says. Nothing else of the request can say them.
    keys: &'static [KeyId],
    /// Reads the document as the operation reads it: with the same refusals. The number is the time
    /// now, in milliseconds since 1970.
    read: fn(&[u8], u64) -> Result<Said>,
}

/// The document of an operation, where it says condition keys.
fn keyed(operation: Operation) -> Option<Keyed> {
    Some(match operation {
        Operation::PutObjectTagging => Keyed {
            keys: &[KeyId::RequestObjectTag, KeyId::RequestObjectTagKeys],
            read: |document, _| {
                let set = TagSet::parse_document(document, Tagged::Object)?;
                Ok(tags("s3:RequestObjectTag/", KeyId::RequestObjectTagKeys, &set))
            },
        },
        Operation::PutBucketTagging => Keyed {
            keys: &[KeyId::RequestTag, KeyId::TagKeys],
            read: |document, _| {
                let set = TagSet::parse_document(document, Tagged::Bucket)?;
                Ok(tags("aws:RequestTag/", KeyId::TagKeys, &set))
            },
        },
        Operation::CreateBucket => Keyed {
            keys: &[KeyId::RequestTag, KeyId::TagKeys, KeyId::LocationConstraint],
            read: |document, _| of_new_bucket(document),
        },
        Operation::PutObjectRetention => Keyed {
            keys: &[KeyId::ObjectLockMode, KeyId::ObjectLockRemainingDays, KeyId::ObjectLockRetainUntil],
            read: of_retention,
        },
        Operation::PutObjectLegalHold => Keyed {
            keys: &[KeyId::ObjectLockLegalHold],
            read: |document, _| {
                Ok(vec![one(KeyId::ObjectLockLegalHold, LegalHold::parse_document(document)?.name())])
            },
        },
        Operation::PutObjectLockConfiguration => Keyed {
            keys: &[KeyId::ObjectLockMode, KeyId::ObjectLockRemainingDays],
            read: |document, _| of_object_lock(document),
        },
        Operation::PutBucketOwnershipControls => Keyed {
            keys: &[KeyId::ObjectOwnership],
            read: |document, _| {
                Ok(vec![one(KeyId::ObjectOwnership, ObjectOwnership::parse_document(document)?.name())])
            },
        },
        _ => return None,
    })
}

/// Whether the document of an operation says a key.
pub(super) fn is_said(operation: Operation, key: KeyId) -> bool {
    keyed(operation).is_some_and(|keyed| keyed.keys.contains(&key))
}

/// What the document of an operation says, read as the operation reads it: with the same refusals.
/// Empty for operations whose documents say no condition key.
pub fn said(operation: Operation, document: &[u8], now_ms: u64) -> Result<Said> {
    keyed(operation).map_or(Ok(Said::new()), |keyed| (keyed.read)(document, now_ms))
}

fn of_retention(document: &[u8], now_ms: u64) -> Result<Said> {
    // An empty document takes the retention away.
    let Some(Retention { mode, until_ms }) = Retention::parse_document(document, now_ms)? else {
        return Ok(Said::new());
    };
    Ok(vec![
        one(KeyId::ObjectLockMode, mode.name()),
        one(KeyId::ObjectLockRetainUntil, timestamp::iso8601(until_ms)),
        one(KeyId::ObjectLockRemainingDays, days_until(until_ms, now_ms).to_string()),
    ])
}

fn of_object_lock(document: &[u8]) -> Result<Said> {
    let Some(default) = ObjectLockConfiguration::parse_document(document)?.default_retention else {
        return Ok(Said::new());
    };
    Ok(vec![
        one(KeyId::ObjectLockMode, default.mode.name()),
        one(KeyId::ObjectLockRemainingDays, default.period.days().to_string()),
    ])
}

fn of_new_bucket(document: &[u8]) -> Result<Said> {
    let (location, set) = create_bucket::read_document(document)?;
    let mut said = tags("aws:RequestTag/", KeyId::TagKeys, &set);
    said.extend(location.map(|location| one(KeyId::LocationConstraint, location)));
    Ok(said)
}

fn one(key: KeyId, value: impl Into<String>) -> (String, Vec<String>) {
    (key.name().to_owned(), vec![value.into()])
}

/// The condition keys of a tag set: one for each tag, and one that lists the keys of all tags.
fn tags(family: &str, list: KeyId, set: &TagSet) -> Said {
    let each = set.tags.iter().map(|(key, value)| (format!("{family}{key}"), vec![value.clone()]));
    let all = set.tags.iter().map(|(key, _)| key.clone()).collect();
    each.chain([(list.name().to_owned(), all)]).collect()
}

/// Days from now to a moment; a part of a day counts as one.
pub(super) fn days_until(until_ms: u64, now_ms: u64) -> u64 {
    until_ms.saturating_sub(now_ms).div_ceil(timestamp::DAY_MS)
}

#[cfg(test)]
mod tests;
