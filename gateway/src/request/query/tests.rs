use super::*;
use crate::errors::ErrorCode;

#[test]
fn names_and_values_are_decoded() {
    let query = Query::parse("prefix=a%2Fb+c&acl&marker=&x%20y=1%2B1&prefix=second").unwrap();
    assert_eq!(query.get("prefix"), Some("a/b c"));
    assert_eq!(query.get("acl"), Some(""));
    assert_eq!(query.get("marker"), Some(""));
    assert_eq!(query.get("x y"), Some("1+1"));
    assert_eq!(query.get("delimiter"), None);
    assert_eq!(query.get_non_empty("marker"), None);
    assert!(query.has("acl") && !query.has("ACL"));
    assert_eq!(query.iter().count(), 5);
}

#[test]
fn an_empty_query_has_no_parameters() {
    assert!(Query::parse("").unwrap().is_empty());
    assert!(Query::parse("&&").unwrap().is_empty());
}

#[test]
fn values_keep_further_equals_signs() {
    assert_eq!(Query::parse("token=ab==").unwrap().get("token"), Some("ab=="));
}

#[test]
fn broken_escapes_are_an_invalid_uri() {
    for raw in ["prefix=%", "prefix=%2", "prefix=%zz", "prefix=%ff", "%c3=1"] {
        assert_eq!(Query::parse(raw).unwrap_err().code, ErrorCode::InvalidURI, "{raw}");
    }
}

#[test]
fn parameters_are_found_among_many_as_among_few() {
    let text: String = (0..500).map(|at| format!("p{}={at}&&", at % 100)).collect();
    let query = Query::parse(&text).unwrap();
    assert_eq!((query.get("p0"), query.get("p99"), query.get("p100")), (Some("0"), Some("99"), None));
    assert_eq!(query.iter().count(), 500);
}
