use super::*;

const TAG: &str = "d41d8cd98f00b204e9800998ecf8427e";
const BEFORE: &str = "Thu, 23 May 2013 00:00:00 GMT";
const SAME: &str = "Fri, 24 May 2013 00:00:00 GMT";
const AFTER: &str = "Sat, 25 May 2013 00:00:00 GMT";
/// `SAME` and half a second.
const MODIFIED_MS: u64 = 1_369_353_600_500;

fn etag() -> ETag {
    ETag::parse(TAG).unwrap()
}

fn check_read(headers: &[(&str, &str)], expected: Evaluated) {
    let headers = Headers::from_iter(headers.iter().copied());
    assert_eq!(ReadPreconditions::parse(&headers).evaluate(&etag(), MODIFIED_MS), expected, "{headers:?}");
}

#[test]
fn each_read_precondition_holds_or_does_not() {
    use Evaluated::{Failed, NotModified, Proceed};
    check_read(&[], Proceed);
    check_read(&[("if-match", TAG)], Proceed);
    check_read(&[("if-match", "*")], Proceed);
    check_read(&[("if-match", "\"other\"")], Failed("If-Match"));
    check_read(&[("if-none-match", TAG)], NotModified);
    check_read(&[("if-none-match", "*")], NotModified);
    check_read(&[("if-none-match", "other")], Proceed);
    check_read(&[("if-modified-since", BEFORE)], Proceed);
    check_read(&[("if-modified-since", SAME)], NotModified);
    check_read(&[("if-modified-since", AFTER)], NotModified);
    check_read(&[("if-modified-since", "yesterday")], Proceed);
    check_read(&[("if-unmodified-since", BEFORE)], Failed("If-Unmodified-Since"));
    check_read(&[("if-unmodified-since", SAME)], Proceed);
    check_read(&[("if-unmodified-since", AFTER)], Proceed);
}

#[test]
fn a_modification_date_in_the_future_is_ignored() {
    let headers = Headers::from_iter([("if-modified-since", AFTER)]);
    let read = ReadPreconditions::parse(&headers);
    let evaluate = |now_ms| read.clone().at(now_ms).evaluate(&etag(), MODIFIED_MS);
    assert_eq!(evaluate(MODIFIED_MS), Evaluated::Proceed);
    assert_eq!(evaluate(MODIFIED_MS + 86_400_000), Evaluated::NotModified);
}

#[test]
fn tags_take_precedence_over_dates() {
    use Evaluated::{Failed, NotModified, Proceed};
    check_read(&[("if-match", TAG), ("if-unmodified-since", BEFORE)], Proceed);
    check_read(&[("if-none-match", TAG), ("if-modified-since", BEFORE)], NotModified);
    check_read(&[("if-none-match", "other"), ("if-modified-since", AFTER)], Proceed);
    check_read(&[("if-match", "other"), ("if-none-match", TAG)], Failed("If-Match"));
    check_read(&[("if-match", TAG), ("if-none-match", TAG)], NotModified);
}

#[test]
fn a_copy_source_that_was_not_modified_fails() {
    let evaluate = |name, value| {
        let headers = Headers::from_iter([(name, value)]);
        ReadPreconditions::parse_copy_source(&headers).check_copy_source(&etag(), MODIFIED_MS)
    };
    assert!(evaluate("x-amz-copy-source-if-match", TAG).is_ok());
    assert!(evaluate("x-amz-copy-source-if-none-match", "other").is_ok());
    for (name, value) in [
        ("x-amz-copy-source-if-match", "ABCORZ"),
        ("x-amz-copy-source-if-none-match", TAG),
        ("x-amz-copy-source-if-modified-since", AFTER),
        ("x-amz-copy-source-if-unmodified-since", BEFORE),
    ] {
        let error = evaluate(name, value).unwrap_err();
        assert_eq!(error.code, ErrorCode::PreconditionFailed);
        assert_eq!(error.details[0].1.to_ascii_lowercase(), name);
    }
}

#[test]
fn writes_are_held_to_what_the_key_holds() {
    let check = |name, value, current: Option<&ETag>| {
        let parsed = WritePreconditions::parse(&Headers::from_iter([(name, value)]));
        assert!(parsed.is_conditional());
        parsed.check(current).map_err(|error| error.code)
    };
    let here = etag();
    assert_eq!(check("if-none-match", "*", None), Ok(()));
    assert_eq!(check("if-none-match", "*", Some(&here)), Err(ErrorCode::PreconditionFailed));
    assert_eq!(check("if-none-match", TAG, Some(&here)), Err(ErrorCode::PreconditionFailed));
    assert_eq!(check("if-none-match", "badetag", Some(&here)), Ok(()));
    for list in ["*, \"x\"", "\"x\", *", "*,"] {
        assert_eq!(check("if-none-match", list, Some(&here)), Err(ErrorCode::PreconditionFailed), "{list}");
    }
    assert_eq!(check("if-none-match", TAG, None), Ok(()));
    assert_eq!(check("if-match", TAG, Some(&here)), Ok(()));
    assert_eq!(check("if-match", "*", Some(&here)), Ok(()));
    assert_eq!(check("if-match", "badetag", Some(&here)), Err(ErrorCode::PreconditionFailed));
    assert_eq!(check("if-match", "*", None), Err(ErrorCode::NoSuchKey));
    assert_eq!(check("if-match", TAG, None), Err(ErrorCode::NoSuchKey));
    assert!(!WritePreconditions::parse(&Headers::default()).is_conditional());
    let both = Headers::from_iter([("if-match", TAG), ("if-none-match", "*")]);
    let refused = WritePreconditions::parse(&both).check(None).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotImplemented);
    assert_eq!(refused.details[0], ("Header", "If-Match,If-None-Match".to_owned()));
}

#[test]
fn deletes_are_held_to_tag_size_and_time() {
    let check = |name, value, found| {
        let headers = Headers::from_iter([(name, value)]);
        DeletePreconditions::parse(&headers)
            .and_then(|parsed| parsed.check(found))
            .map_err(|error| error.code)
    };
    let object = Some(DeleteTarget { etag: Some(etag()), size: 5, modified_ms: MODIFIED_MS });
    let marker = Some(DeleteTarget { etag: None, size: 0, modified_ms: MODIFIED_MS });
    let failed = Err(ErrorCode::PreconditionFailed);
    assert_eq!(check("if-match", TAG, object), Ok(()));
    assert_eq!(check("if-match", "badetag", object), failed);
    assert_eq!(check("if-match", "*", object), Ok(()));
    let missing = Err(ErrorCode::NoSuchKey);
    for tags in ["*", TAG, "badetag"] {
        assert_eq!(check("if-match", tags, None), missing);
        assert_eq!(check("if-match", tags, marker), missing);
    }
    assert_eq!(check("x-amz-if-match-size", "5", object), Ok(()));
    assert_eq!(check("x-amz-if-match-size", "6", object), failed);
    assert_eq!(check("x-amz-if-match-size", "6", None), Ok(()));
    assert_eq!(check("x-amz-if-match-size", "0", marker), failed);
    assert_eq!(check("x-amz-if-match-last-modified-time", SAME, marker), failed);
    assert_eq!(check("x-amz-if-match-size", "x", object), Err(ErrorCode::InvalidArgument));
    assert_eq!(check("x-amz-if-match-last-modified-time", SAME, object), Ok(()));
    assert_eq!(check("x-amz-if-match-last-modified-time", AFTER, object), failed);
    assert_eq!(check("x-amz-if-match-last-modified-time", "x", object), Err(ErrorCode::InvalidArgument));
}

#[test]
fn if_match_is_not_for_a_version_that_is_named() {
    let check = |name, value| {
        let parsed = DeletePreconditions::parse(&Headers::from_iter([(name, value)])).unwrap();
        parsed.check_version().map_err(|error| error.code)
    };
    for tags in ["*", TAG, "badetag"] {
        assert_eq!(check("if-match", tags), Err(ErrorCode::NotImplemented));
    }
    assert_eq!(check("x-amz-if-match-size", "5"), Ok(()));
}
