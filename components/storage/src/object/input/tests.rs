use gateway::object::object_lock::{
    DefaultRetention, ObjectLockConfiguration, RetentionMode, RetentionPeriod,
};

use super::*;
use crate::object::write::tests::bucket;
use crate::records::Versioning;

const NOW_MS: u64 = 1_000;

fn read(lines: &[(&str, &str)]) -> Result<ObjectHeaders> {
    let bucket =
        BucketRow { object_lock: Some(ObjectLockConfiguration::default()), ..bucket(Versioning::Enabled) };
    ObjectHeaders::read(&lines.iter().copied().collect(), &bucket, NOW_MS)
}

#[test]
fn what_an_object_is_said_to_be_is_read() {
    let read = read(&[
        ("content-type", "text/plain"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-meta-one", "1"),
        ("x-amz-tagging", "a=b&c"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-acl", "private"),
        ("x-amz-website-redirect-location", "/elsewhere"),
    ])
    .unwrap();
    assert_eq!(read.content.content_type.as_deref(), Some("text/plain"));
    assert_eq!(read.content.content_encoding, None);
    assert_eq!(read.metadata, [("one".to_owned(), "1".to_owned())]);
    assert_eq!(read.tags, [("a".to_owned(), "b".to_owned()), ("c".to_owned(), String::new())]);
    assert_eq!(read.storage_class, Some(StorageClass::StandardIa));
    assert_eq!(
        read.retention,
        Some(Retention { mode: RetentionMode::Compliance, until_ms: 1_893_456_000_000 })
    );
    assert_eq!(read.legal_hold, Some(true));
    assert_eq!(read.website_redirect.as_deref(), Some("/elsewhere"));
}

#[test]
fn a_header_for_what_is_not_implemented_is_refused() {
    let code = |name, value| read(&[(name, value)]).unwrap_err().code;
    assert_eq!(code("x-amz-write-offset-bytes", "0"), ErrorCode::NotImplemented);
    assert_eq!(code("x-amz-acl", "public-ready"), ErrorCode::InvalidArgument);
    assert_eq!(code("x-amz-storage-class", "CHEAP"), ErrorCode::InvalidStorageClass);
}

#[test]
fn a_lock_needs_a_bucket_that_has_object_lock() {
    let headers = [("x-amz-object-lock-legal-hold", "ON")].into_iter().collect();
    let error = ObjectHeaders::read(&headers, &bucket(Versioning::Enabled), NOW_MS).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
}

#[test]
fn the_default_retention_of_the_bucket_is_for_objects_without_one() {
    let default = DefaultRetention { mode: RetentionMode::Governance, period: RetentionPeriod::Days(1) };
    let configuration = ObjectLockConfiguration { default_retention: Some(default) };
    let bucket = BucketRow { object_lock: Some(configuration), ..bucket(Versioning::Enabled) };
    let details = ObjectHeaders::default().details(&bucket, Protection::SseS3, NOW_MS);
    assert_eq!(
        details.retention,
        Some(Retention { mode: RetentionMode::Governance, until_ms: NOW_MS + 86_400_000 })
    );
    let own = Retention { mode: RetentionMode::Compliance, until_ms: 5 };
    let headers = ObjectHeaders { retention: Some(own), ..ObjectHeaders::default() };
    assert_eq!(headers.details(&bucket, Protection::SseS3, NOW_MS).retention, Some(own));
}
