//! The condition keys that documents in bodies say. Operations with such documents are decided on a
//! second time, when the document is here.

use crate::bucket::object_ownership::ObjectOwnership;
use crate::errors::Result;
use crate::object::object_lock::{LegalHold, ObjectLockConfiguration, Retention, RetentionPeriod};
use crate::object::tagging::{TagSet, Tagged};
use crate::operations::{Operation, create_bucket};
use crate::policy::KeyId;
use crate::timestamp;

/// Condition keys with their values, as a document says them.
pub type Said = Vec<(String, Vec<String>)>;

/// The keys that the document of an operation says. Nothing else of the request can say them.
fn keys_of(operation: Operation) -> &'static [KeyId] {
    match operation {
        Operation::PutObjectTagging => &[KeyId::RequestObjectTag, KeyId::RequestObjectTagKeys],
        Operation::PutBucketTagging => &[KeyId::RequestTag, KeyId::TagKeys],
        Operation::CreateBucket => &[KeyId::RequestTag, KeyId::TagKeys, KeyId::LocationConstraint],
        Operation::PutObjectRetention => {
            &[KeyId::ObjectLockMode, KeyId::ObjectLockRemainingDays, KeyId::ObjectLockRetainUntil]
        }
        Operation::PutObjectLegalHold => &[KeyId::ObjectLockLegalHold],
        Operation::PutObjectLockConfiguration => &[KeyId::ObjectLockMode, KeyId::ObjectLockRemainingDays],
        Operation::PutBucketOwnershipControls => &[KeyId::ObjectOwnership],
        _ => &[],
    }
}

/// Whether the document of an operation says a key.
pub(super) fn is_said(operation: Operation, key: KeyId) -> bool {
    keys_of(operation).contains(&key)
}

/// What the document of an operation says, read as the operation reads it: with the same refusals.
/// Empty for operations whose documents say no condition key.
pub fn said(operation: Operation, document: &[u8], now_ms: u64) -> Result<Said> {
    Ok(match operation {
        Operation::PutObjectTagging => {
            let set = TagSet::parse_document(document, Tagged::Object)?;
            tags("s3:RequestObjectTag/", KeyId::RequestObjectTagKeys, &set)
        }
        Operation::PutBucketTagging => {
            let set = TagSet::parse_document(document, Tagged::Bucket)?;
            tags("aws:RequestTag/", KeyId::TagKeys, &set)
        }
        Operation::CreateBucket => of_new_bucket(document)?,
        Operation::PutObjectRetention => match Retention::parse_document(document, now_ms)? {
            Some(Retention { mode, until_ms }) => vec![
                one(KeyId::ObjectLockMode, mode.name()),
                one(KeyId::ObjectLockRetainUntil, timestamp::iso8601(until_ms)),
                one(KeyId::ObjectLockRemainingDays, days_until(until_ms, now_ms).to_string()),
            ],
            // An empty document takes the retention away.
            None => Vec::new(),
        },
        Operation::PutObjectLegalHold => {
            vec![one(KeyId::ObjectLockLegalHold, LegalHold::parse_document(document)?.name())]
        }
        Operation::PutObjectLockConfiguration => {
            match ObjectLockConfiguration::parse_document(document)?.default_retention {
                Some(default) => {
                    let days = match default.period {
                        RetentionPeriod::Days(days) => u64::from(days),
                        RetentionPeriod::Years(years) => u64::from(years) * 365,
                    };
                    vec![
                        one(KeyId::ObjectLockMode, default.mode.name()),
                        one(KeyId::ObjectLockRemainingDays, days.to_string()),
                    ]
                }
                None => Vec::new(),
            }
        }
        Operation::PutBucketOwnershipControls => {
            vec![one(KeyId::ObjectOwnership, ObjectOwnership::parse_document(document)?.name())]
        }
        _ => Vec::new(),
    })
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
