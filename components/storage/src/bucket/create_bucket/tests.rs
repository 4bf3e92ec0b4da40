use gateway::errors::ErrorCode;
use gateway::headers::Headers;
use gateway::xml::Element;

use super::{Configuration, check_acl, check_ownership, object_lock_enabled};

fn header(name: &str, value: &str) -> Headers {
    [(name, value)].into_iter().collect()
}

fn code(result: gateway::errors::Result<()>) -> Option<ErrorCode> {
    result.err().map(|error| error.code)
}

#[test]
fn only_what_is_enforced_is_accepted_as_ownership() {
    let check = |value| code(check_ownership(&header("x-amz-object-ownership", value)));
    assert_eq!(check("BucketOwnerEnforced"), None);
    assert_eq!(check("ObjectWriter"), Some(ErrorCode::NotImplemented));
    assert_eq!(check("Nobody"), Some(ErrorCode::InvalidArgument));
}

#[test]
fn a_bucket_without_acls_takes_the_private_one() {
    let check = |value| code(check_acl(&header("x-amz-acl", value)));
    assert_eq!(check("private"), None);
    assert_eq!(check("public-read"), Some(ErrorCode::AccessControlListNotSupported));
    assert_eq!(check("public-ready"), Some(ErrorCode::InvalidArgument));
    let grant = code(check_acl(&header("x-amz-grant-read", "id=1")));
    assert_eq!(grant, Some(ErrorCode::AccessControlListNotSupported));
}

#[test]
fn object_lock_is_asked_for_in_any_case() {
    let check = |value| object_lock_enabled(&header("x-amz-bucket-object-lock-enabled", value));
    assert!(check("True").unwrap());
    assert!(!check("false").unwrap());
    assert_eq!(check("1").unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn the_request_document_is_optional() {
    assert_eq!(Configuration::parse(None).unwrap(), Configuration::default());
    let text = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
        </CreateBucketConfiguration>";
    let parsed = Configuration::parse(Some(Element::parse(text.as_bytes()).unwrap())).unwrap();
    assert_eq!(parsed.location.as_deref(), Some("eu-west-1"));
    let text = "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>";
    let refused = Configuration::parse(Some(Element::parse(text.as_bytes()).unwrap())).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotImplemented);
}
