use super::*;
use proptest::prelude::*;

/// The response to a range of a 10-byte object: `Content-Range`, or what is sent instead.
fn check(header: &str, expected: &str) {
    check_of(10, header, expected);
}

fn check_of(size: u64, header: &str, expected: &str) {
    let found = match Range::parse(header).map(|range| range.within(size)) {
        None | Some(Ok(None)) => "whole".to_owned(),
        Some(Ok(Some(range))) => range.content_range(size),
        Some(Err(error)) => error.code.to_string(),
    };
    assert_eq!(found, expected, "{header}");
}

#[test]
fn one_range_is_served() {
    check("bytes=0-9", "bytes 0-9/10");
    check("bytes=0-0", "bytes 0-0/10");
    check("bytes=4-", "bytes 4-9/10");
    check("bytes=-3", "bytes 7-9/10");
    check("bytes=-30", "bytes 0-9/10");
    check("bytes=5-100", "bytes 5-9/10");
    check("bytes=5-99999999999999999999999", "bytes 5-9/10");
    check(" Bytes=01-02 ", "bytes 1-2/10");
}

#[test]
fn a_range_without_bytes_is_unsatisfiable() {
    check("bytes=10-", "InvalidRange");
    check("bytes=10-20", "InvalidRange");
    check("bytes=-0", "InvalidRange");
    check("bytes=99999999999999999999-", "InvalidRange");
    let error = Range::From(0).within(0).unwrap_err();
    assert_eq!(error.code.status(), 416);
    assert_eq!(
        error.details,
        [("RangeRequested", "bytes=0-".to_owned()), ("ActualObjectSize", "0".to_owned())]
    );
}

#[test]
fn the_last_bytes_of_nothing_are_nothing() {
    for header in ["bytes=-1", "bytes=-8", "bytes=-18446744073709551615", "bytes=-99999999999999999999"] {
        check_of(0, header, "whole");
    }
    for header in ["bytes=-0", "bytes=0-", "bytes=0-0", "bytes=1-", "bytes=0-99"] {
        check_of(0, header, "InvalidRange");
    }
    check_of(0, "bytes=0-0,-1", "whole");
}

#[test]
fn what_is_not_one_range_gives_the_whole_object() {
    for header in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-3",
        "bytes=0-1,3-4",
        "bytes=a-b",
        "items=0-1",
        "bytes=+1-2",
        "bytes=1--2",
        "bytes= -1",
        "bytes=0 -1",
        "bytes = 0-1",
    ] {
        check(header, "whole");
    }
}

#[test]
fn a_copy_source_range_must_exist_in_full() {
    let parsed = Range::parse_copy_source("bytes=0-9").unwrap();
    assert_eq!(parsed.within_copy_source(10).unwrap(), ByteRange { start: 0, length: 10 });
    assert_eq!(parsed.within_copy_source(9).unwrap_err().code, ErrorCode::InvalidArgument);
    for header in [
        "0-2",
        "bytes=0",
        "bytes=hello-world",
        "bytes=0-bar",
        "bytes=hello-",
        "bytes=0-2,3-5",
        "bytes=-5",
        "bytes=5-",
    ] {
        assert_eq!(
            Range::parse_copy_source(header).unwrap_err().code,
            ErrorCode::InvalidArgument,
            "{header}"
        );
    }
}

proptest! {
    #[test]
    fn printed_ranges_are_read_back(first in 0..u64::MAX, more: u32) {
        let last = first.saturating_add(u64::from(more));
        let ranges = [Range::From(first), Range::Suffix(first), Range::Between(first, last)];
        for range in ranges {
            prop_assert_eq!(Range::parse(&range.to_string()), Some(range));
        }
    }

    #[test]
    fn a_served_range_lies_within_the_object(header in "bytes=[0-9]{0,3}-[0-9]{0,3}", size in 0..200_u64) {
        if let Some(Ok(Some(range))) = Range::parse(&header).map(|range| range.within(size)) {
            prop_assert!(range.length > 0 && range.start + range.length <= size);
        }
    }

    #[test]
    fn reading_never_panics(header in "\\PC{0,30}", size: u64) {
        let _ = Range::parse(&header).map(|range| range.within(size));
    }
}
