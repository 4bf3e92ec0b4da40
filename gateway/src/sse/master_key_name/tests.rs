use super::*;

const ACCOUNT: &str = "111122223333";

#[test]
fn an_arn_is_taken_apart() {
    let arn = KeyArn::parse("arn:aws:kms:us-east-1:111122223333:key/a:b").unwrap();
    assert_eq!((arn.region, arn.account, arn.relative), ("us-east-1", ACCOUNT, "key/a:b"));
    for name in ["", "key", "alias/photos", "arn:aws:kms:us-east-1:1", "arn:aws:s3:::a:b:c"] {
        assert_eq!(KeyArn::parse(name), None, "{name}");
    }
}

#[test]
fn a_key_that_is_not_there_is_named_as_s3_does() {
    let uuid = "134f2428-cec1-4b25-a1ae-9048164dba47";
    let own = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{uuid}");
    let cases = [
        ("fake-key-id".to_owned(), "Invalid keyId 'fake-key-id'".to_owned()),
        (uuid.to_owned(), format!("Key '{own}' does not exist")),
        (own.clone(), format!("Key '{own}' does not exist")),
        ("alias/x".to_owned(), format!("Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/x is not found.")),
        (
            format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/x"),
            format!("Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/x is not found."),
        ),
        ("aws/s3".to_owned(), "Invalid keyId 'aws/s3'".to_owned()),
    ];
    for (name, expected) in cases {
        let error = not_found(&name, ACCOUNT, "us-east-1");
        assert_eq!((error.code, error.message), (ErrorCode::KmsNotFoundException, Some(expected)));
    }
    assert_eq!(check_region(&own, "us-east-1"), Ok(()));
    assert_eq!(check_region("fake", "us-east-1"), Ok(()));
    let elsewhere = check_region(&own.replace("us-east-1", "us-west-2"), "us-east-1").unwrap_err();
    assert_eq!(elsewhere.message.as_deref(), Some("Invalid arn us-west-2"));
    assert_eq!(disabled(&own).message, Some(format!("{own} is disabled.")));
}
