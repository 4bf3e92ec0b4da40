use super::*;

fn location(xml: &str) -> Result<Option<String>> {
    Input::parse("photos", &Headers::default(), xml.as_bytes()).map(|input| input.location)
}

#[test]
fn the_body_is_optional() {
    assert_eq!(location("").unwrap(), None);
    assert_eq!(location("<CreateBucketConfiguration/>").unwrap(), None);
    let xml = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
        </CreateBucketConfiguration>";
    assert_eq!(location(xml).unwrap().as_deref(), Some("eu-west-1"));
    assert_eq!(location("<Other/>").unwrap_err().code, ErrorCode::MalformedXML);
    assert_eq!(location("x").unwrap_err().code, ErrorCode::MalformedXML);
}

#[test]
fn tags_and_object_lock_are_set_at_once() {
    let headers = Headers::from_iter([
        ("x-amz-bucket-object-lock-enabled", "True"),
        ("x-amz-object-ownership", "BucketOwnerEnforced"),
    ]);
    let xml = b"<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>\
        </CreateBucketConfiguration>";
    let input = Input::parse("photos", &headers, xml).unwrap();
    assert!(input.object_lock);
    assert_eq!(input.ownership, Some(ObjectOwnership::BucketOwnerEnforced));
    assert_eq!(input.tags.tags, [("a".to_owned(), "b".to_owned())]);
}

#[test]
fn names_and_ownership_are_checked() {
    let code = |bucket: &str, ownership: &str| {
        let headers = Headers::from_iter([("x-amz-object-ownership", ownership)]);
        Input::parse(bucket, &headers, b"").unwrap_err().code
    };
    assert_eq!(code("Photos", "BucketOwnerEnforced"), ErrorCode::InvalidBucketName);
    assert_eq!(code("photos", "Me"), ErrorCode::InvalidArgument);
}
