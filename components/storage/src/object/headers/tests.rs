use gateway::object::checksum::ChecksumAlgorithm;
use gateway::object::object_lock::{Retention, RetentionMode};
use gateway::request::query::Query;

use super::*;
use crate::object::write::tests as stored;

fn version() -> Version {
    let content = SystemHeaders { cache_control: Some("no-store".to_owned()), ..SystemHeaders::default() };
    let metadata = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "é".to_owned())];
    let details = Details {
        content,
        metadata,
        tags: vec![("k".to_owned(), "v".to_owned())],
        retention: Some(Retention { mode: RetentionMode::Governance, until_ms: 0 }),
        legal_hold: Some(false),
        ..Details::default()
    };
    crate::index::memory::clear();
    let bucket = stored::bucket(Versioning::Enabled);
    let as_read = crate::object::write::KeyAsRead::read(&bucket, "k").unwrap();
    let object = crate::object::write::NewObject {
        details,
        storage_class: StorageClass::Glacier,
        ..stored::object(0)
    };
    let summary = crate::object::write::put(&mut crate::plan::Plan::new(), &as_read, &object).unwrap();
    Version { summary, details: object.details }
}

fn lines(query: &str) -> String {
    let mut lines = String::new();
    let overrides = ResponseOverrides::parse(&Query::parse(query).unwrap()).unwrap();
    push_object(&mut lines, &version(), &overrides);
    lines
}

#[test]
fn an_object_is_described_completely() {
    let expected = "accept-ranges: bytes\ncontent-type: binary/octet-stream\ncache-control: no-store\n\
        x-amz-storage-class: GLACIER\nx-amz-meta-a: 1\nx-amz-meta-b: =?UTF-8?B?w6k=?=\nx-amz-tagging-count: 1\n\
        x-amz-object-lock-mode: GOVERNANCE\nx-amz-object-lock-retain-until-date: 1970-01-01T00:00:00.000Z\n\
        x-amz-object-lock-legal-hold: OFF\n";
    assert_eq!(lines(""), expected);
}

#[test]
fn text_of_a_client_is_ascii_in_a_header_and_what_cannot_be_one_is_counted() {
    let mut version = version();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    version.details.metadata =
        vec![pair("a b", "1"), pair("a", "1"), pair("\u{e9}", "1"), pair("b", "1\u{1}"), pair("c", "x\ty")];
    version.details.content.content_disposition = Some("attachment; filename=\"\u{e9}\"".to_owned());
    version.details.website_redirect = Some("/\u{20ac}".to_owned());
    let mut lines = String::new();
    push_object(&mut lines, &version, &ResponseOverrides::default());
    assert!(lines.contains("x-amz-meta-a: 1\nx-amz-meta-c: x\ty\nx-amz-missing-meta: 3\n"), "{lines}");
    assert!(
        lines.contains("content-disposition: =?UTF-8?B?YXR0YWNobWVudDsgZmlsZW5hbWU9IsOpIg==?=\n"),
        "{lines}"
    );
    assert!(lines.contains("x-amz-website-redirect-location: =?UTF-8?B?L+KCrA==?=\n"), "{lines}");
    assert!(lines.is_ascii());
}

#[test]
fn a_304_says_how_long_an_object_may_be_used() {
    let mut version = version();
    version.details.content.expires = Some("0".to_owned());
    let lines = |query: &str| {
        let mut lines = String::new();
        let overrides = ResponseOverrides::parse(&Query::parse(query).unwrap()).unwrap();
        push_freshness(&mut lines, &version.details.content, &overrides);
        lines
    };
    assert_eq!(lines(""), "cache-control: no-store\nexpires: 0\n");
    assert_eq!(lines("response-expires=1"), "cache-control: no-store\nexpires: 1\n");
}

#[test]
fn a_query_replaces_headers() {
    let lines = lines("response-content-type=text/x&response-cache-control=max-age%3D1");
    assert!(lines.contains("content-type: text/x\ncache-control: max-age=1\n"), "{lines}");
}

#[test]
fn validators_name_the_version_only_where_there_are_versions() {
    let version = version();
    let lines = |versioning| validators(&stored::bucket(versioning), &version.summary);
    let id = version.summary.version_id();
    let plain = "last-modified: Thu, 01 Jan 1970 00:00:01 GMT\netag: \"00000000000000000000000000000000\"\n";
    assert_eq!(lines(Versioning::Unversioned), plain);
    assert_eq!(lines(Versioning::Suspended), format!("{plain}x-amz-version-id: {id}\n"));
}

#[test]
fn composite_checksums_name_the_number_of_parts() {
    let checksum = Checksum { algorithm: ChecksumAlgorithm::Crc32, value: vec![1, 2, 3, 4] };
    let mut lines = String::new();
    push_checksums(&mut lines, std::slice::from_ref(&checksum), ChecksumType::Composite, 3);
    assert_eq!(lines, "x-amz-checksum-crc32: AQIDBA==-3\nx-amz-checksum-type: COMPOSITE\n");
    assert_eq!(print_checksum(&checksum, ChecksumType::FullObject, 3), "AQIDBA==");
    lines.clear();
    push_checksums(&mut lines, &[], ChecksumType::FullObject, 0);
    assert_eq!(lines, "");
}

#[test]
fn encoded_words_are_not_longer_than_mail_allows() {
    let words = encoded_words(&"é".repeat(100));
    assert!(words.split(' ').all(|word| word.len() <= 75), "{words}");
    assert_eq!(words.split(' ').count(), 5);
}

#[test]
fn a_written_version_is_named_unless_it_is_the_null_version() {
    let mut lines = String::new();
    let mut summary = version().summary;
    push_written_id(&mut lines, &summary);
    assert_eq!(lines, format!("x-amz-version-id: {}\n", summary.version_id()));
    lines.clear();
    summary.null = true;
    push_written_id(&mut lines, &summary);
    assert_eq!(lines, "");
}
