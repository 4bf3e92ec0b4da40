use proptest::prelude::*;

use gateway::object::metadata::SystemHeaders;

use super::*;
use crate::index::memory;
use crate::plan::Plan;
use crate::records::{Details, ManifestPage, Summary};
use crate::{object::write, tables};

fn span(blob: u64, offset: u64, length: u64) -> Span {
    Span { blob, offset, length }
}

fn version(size: u64, body: Body) -> Version {
    let bucket = crate::object::write::tests::bucket(crate::records::Versioning::Unversioned);
    let details = Details { body, content: SystemHeaders::default(), ..Details::default() };
    let object = write::NewObject { size, details, ..write::tests::object(0) };
    memory::clear();
    let mut plan = Plan::new();
    let as_read = write::KeyAsRead::read(&bucket, "k").unwrap();
    let summary: Summary = write::put(&mut plan, &as_read, &object).unwrap();
    Version { summary, details: object.details }
}

fn headers(lines: &[(&str, &str)]) -> Headers {
    lines.iter().copied().collect()
}

fn selected(version: &Version, lines: &[(&str, &str)], query: &str) -> Result<Slice> {
    let slice = select(version, &headers(lines), &Query::parse(query).unwrap())?;
    Ok(slice.unwrap())
}

#[test]
fn a_range_is_cut_to_the_object() {
    let version = version(10, Body::Spans(vec![span(1, 0, 10)]));
    let range = |text| {
        selected(&version, &[("range", text)], "").map(|slice| (slice.offset, slice.length, slice.partial))
    };
    assert_eq!(range("bytes=2-4"), Ok((2, 3, true)));
    assert_eq!(range("bytes=4-"), Ok((4, 6, true)));
    assert_eq!(range("bytes=-3"), Ok((7, 3, true)));
    assert_eq!(range("bytes=0-1,4-5"), Ok((0, 10, false)));
    assert_eq!(range("bytes=10-").unwrap_err().code, ErrorCode::InvalidRange);
}

#[test]
fn a_range_of_another_version_is_not_served() {
    let version = version(10, Body::Spans(vec![span(1, 0, 10)]));
    let etag = format!("\"{}\"", version.summary.etag);
    let if_range =
        |value: &str| selected(&version, &[("range", "bytes=2-4"), ("if-range", value)], "").unwrap().partial;
    assert!(if_range(&etag));
    assert!(!if_range("\"other\""));
    assert!(if_range(&timestamp::http_date(version.summary.modified_ms)));
    assert!(!if_range("Thu, 01 Jan 1970 00:00:00 GMT"));
}

#[test]
fn an_object_of_one_piece_has_one_part() {
    let version = version(10, Body::Spans(vec![span(1, 0, 10)]));
    let slice = selected(&version, &[], "partNumber=1").unwrap();
    assert_eq!((slice.offset, slice.length, slice.partial), (0, 10, true));
    assert_eq!(slice.part.unwrap().count, None);
    let code = |query| selected(&version, &[], query).unwrap_err().code;
    assert_eq!(code("partNumber=2"), ErrorCode::InvalidPartNumber);
    assert_eq!(code("partNumber=0"), ErrorCode::InvalidArgument);
    assert_eq!(code("partNumber=10001"), ErrorCode::InvalidArgument);
    let both = selected(&version, &[("range", "bytes=0-1")], "partNumber=1").unwrap_err();
    assert_eq!(both.code, ErrorCode::InvalidRequest);
}

/// A multipart object of `sizes`, each part one blob numbered from 1.
fn multipart(sizes: &[u64]) -> Version {
    let mut offset = 0;
    let mut parts = Vec::new();
    for (position, size) in sizes.iter().enumerate() {
        let number = position as u32 + 1;
        let spans = vec![span(u64::from(number), 100, *size)];
        parts.push(ManifestPart { number, offset, size: *size, checksums: Vec::new(), spans });
        offset += size;
    }
    let pages: Vec<ManifestPage> =
        parts.chunks(MANIFEST_PAGE_PARTS).map(|parts| ManifestPage { parts: parts.to_vec() }).collect();
    let page_offsets = pages.iter().map(|page| page.parts[0].offset).collect();
    let version = version(offset, Body::Parts { manifest: 5, count: sizes.len() as u32, page_offsets });
    let mut plan = Plan::new();
    for (number, page) in pages.iter().enumerate() {
        plan.put(tables::MANIFESTS, tables::manifest_key(5, number), page).unwrap();
    }
    assert!(memory::commit(plan.batch()));
    version
}

#[test]
fn a_part_is_selected_by_its_position() {
    let version = multipart(&[5; 300]);
    let slice = selected(&version, &[], "partNumber=130").unwrap();
    assert_eq!((slice.offset, slice.length, slice.partial), (645, 5, true));
    assert_eq!(slice.part.unwrap().count, Some(300));
    assert_eq!(selected(&version, &[], "partNumber=301").unwrap_err().code, ErrorCode::InvalidPartNumber);
}

#[test]
fn a_version_whose_manifest_is_gone_is_looked_for_again() {
    let version = multipart(&[5; 3]);
    memory::clear();
    assert_eq!(spans(&version, 0, 15).unwrap(), None);
    assert_eq!(select(&version, &headers(&[]), &Query::parse("partNumber=1").unwrap()).unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn spans_are_the_same_slice_of_the_same_bytes(
        sizes in proptest::collection::vec(1_u64..4, 1..400), from in 0_u64..1200, length in 0_u64..1200,
    ) {
        let total: u64 = sizes.iter().sum();
        let offset = from.min(total);
        let length = length.min(total - offset);
        // Every byte of the object as (blob, offset in the blob).
        let bytes: Vec<(u64, u64)> =
            sizes.iter().zip(1..).flat_map(|(size, blob)| (100..100 + size).map(move |at| (blob, at))).collect();
        let expected = &bytes[offset as usize..(offset + length) as usize];
        let spans = spans(&multipart(&sizes), offset, length).unwrap().unwrap();
        let served: Vec<(u64, u64)> =
            spans.iter().flat_map(|span| (span.offset..span.offset + span.length).map(|at| (span.blob, at))).collect();
        prop_assert_eq!(served, expected);
    }
}
