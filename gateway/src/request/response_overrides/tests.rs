use super::*;
use crate::errors::ErrorCode;

#[test]
fn six_headers_may_be_replaced_by_signed_requests() {
    let query = Query::parse("response-content-type=foo%2Fbar&response-expires=x+y&x=1").unwrap();
    let overrides = ResponseOverrides::parse(&query).unwrap();
    assert_eq!(overrides.get("content-type"), Some("foo/bar"));
    assert_eq!(overrides.get("expires"), Some("x y"));
    assert_eq!(overrides.get("cache-control"), None);
    assert!(overrides.check_signed(true).is_ok());
    assert_eq!(overrides.check_signed(false).unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(ResponseOverrides::default().check_signed(false).is_ok());
}

#[test]
fn other_headers_are_not_replaced() {
    let query = Query::parse("response-content-type=a&response-x-amz-meta-a=b").unwrap();
    let error = ResponseOverrides::parse(&query).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.details[0], ("ArgumentName", "response-x-amz-meta-a".to_owned()));
    assert!(error.message.unwrap().starts_with("response-x-amz-meta-a is not in the set of overridable"));
}

#[test]
fn only_what_can_stand_in_a_header_replaces_one() {
    let parsed = |query: &str| ResponseOverrides::parse(&Query::parse(query).unwrap());
    for (parameter, _) in OVERRIDES {
        for value in
            ["a%0d%0ax:y", "a%0ab", "%00", "a%09b", "%7F", "%C2%85", "%E2%82%AC", "%C4%80", "%F0%9F%98%80"]
        {
            let error = parsed(&format!("{parameter}={value}")).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidArgument, "{parameter}={value}");
            assert_eq!(error.details[0], ("ArgumentName", parameter.to_owned()));
            assert_eq!(
                error.message.as_deref(),
                Some("Header value cannot be represented using ISO-8859-1.")
            );
        }
        assert!(parsed(&format!("{parameter}=caf%C3%A9%20%C2%A0%C3%BF")).is_ok());
    }
}
