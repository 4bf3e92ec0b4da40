use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::object::storage_class::StorageClass;

use super::*;
use crate::records::{AlgorithmSet, Details, Kind, ManifestPart, Summary};

fn spans(blobs: &[u64]) -> Vec<Span> {
    blobs.iter().map(|&blob| Span { blob, offset: 0, length: 1 }).collect()
}

fn version(body: Body) -> Vec<u8> {
    let summary = Summary {
        kind: Kind::Object,
        sequence: 1,
        nonce: 2,
        null: true,
        modified_ms: 3,
        size: 1,
        etag: ETag::default(),
        storage_class: StorageClass::Standard,
        checksum_algorithms: AlgorithmSet::default(),
        checksum_type: ChecksumType::FullObject,
        owner: gateway::identity::account::Account::default(),
    };
    Version { summary, details: Details { body, ..Details::default() } }.encode().unwrap()
}

#[test]
fn each_reference_of_a_row_counts() {
    let check = |table: &str, value: &[u8], expected: &[u64]| {
        assert_eq!(blobs_of(table, value).unwrap(), expected, "{table}");
    };
    for table in [tables::OBJECTS, tables::VERSIONS] {
        check(table, &version(Body::Spans(spans(&[7, 8, 7]))), &[7, 8, 7]);
        check(table, &version(Body::default()), &[]);
        check(table, &version(Body::Parts { manifest: 1, count: 1, page_offsets: vec![0] }), &[]);
    }
    let part = |blobs: &[u64]| ManifestPart {
        number: 1,
        offset: 0,
        size: 1,
        checksums: Vec::new(),
        spans: spans(blobs),
    };
    let page = ManifestPage { parts: vec![part(&[1, 2]), part(&[3])] };
    check(tables::MANIFESTS, &page.encode().unwrap(), &[1, 2, 3]);
    let part =
        Part { number: 1, size: 1, modified_ms: 1, md5: [0; 16], checksums: Vec::new(), spans: spans(&[9]) };
    check(tables::PARTS, &part.encode().unwrap(), &[9]);
    check(tables::BUCKETS, b"whatever", &[]);
}

#[test]
fn a_row_that_cannot_be_read_is_an_error() {
    for table in [tables::OBJECTS, tables::VERSIONS, tables::PARTS, tables::MANIFESTS] {
        for value in [&b""[..], b"\x01", b"\xFFwhatever"] {
            assert!(blobs_of(table, value).is_err(), "{table} {value:?}");
        }
    }
}

#[test]
fn a_row_says_what_it_is_and_where_it_belongs() {
    let check = |table: &str, key: &[u8], value: &[u8], names: &[(&str, &str)], number, within| {
        let described = describe(table, key, value, Some(9)).unwrap();
        let found: Vec<(&str, &str)> =
            described.names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!((&*found, described.number, described.within), (names, number, within), "{table}");
    };
    let whole = version(Body::Spans(spans(&[9])));
    let names = [("key", "a\u{1}ü"), ("version", "null")];
    check(tables::OBJECTS, &tables::object_key(5, "a\u{1}ü"), &whole, &names, None, Some(5));
    let several = version(Body::Parts { manifest: 8, count: 1, page_offsets: vec![0] });
    let names = [("key", "a"), ("version", "null")];
    check(tables::VERSIONS, &tables::version_key(5, "a", 3), &several, &names, Some(8), Some(5));
    // What the key says of a row that cannot be read.
    check(tables::OBJECTS, &tables::object_key(5, "a"), b"", &[("key", "a")], None, Some(5));
    check(tables::UPLOADS, &tables::upload_key(5, "a", 7), b"", &[("key", "a")], Some(7), Some(5));
    let part = |number: u32, blob: u64| ManifestPart {
        number,
        offset: 0,
        size: 1,
        checksums: Vec::new(),
        spans: spans(&[blob]),
    };
    let page = ManifestPage { parts: vec![part(3, 1), part(4, 9)] }.encode().unwrap();
    check(tables::MANIFESTS, &tables::manifest_key(8, 0), &page, &[("part", "4")], None, Some(8));
    let part =
        Part { number: 6, size: 1, modified_ms: 1, md5: [0; 16], checksums: Vec::new(), spans: spans(&[9]) };
    let part = part.encode().unwrap();
    check(tables::PARTS, &tables::part_key(7, 6), &part, &[("part", "6")], None, Some(7));
    check(tables::BUCKETS, b"photos", b"", &[("bucket", "photos")], None, None);
    assert!(describe(tables::POLICIES, b"", b"", None).is_none());
}
