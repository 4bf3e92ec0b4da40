use super::*;

#[test]
fn every_code_parses_back_from_its_spelling() {
    for &code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
        assert!((300..600).contains(&code.status()), "{code}");
        assert!(!code.message().is_empty(), "{code}");
    }
    assert_eq!(ErrorCode::parse("NoSuchThing"), None);
}

#[test]
fn codes_that_sdks_check_have_the_documented_status() {
    let expected = [
        (
            400,
            "AuthorizationHeaderMalformed BadDigest EntityTooLarge EntityTooSmall ExpiredToken \
             IncompleteBody InvalidArgument InvalidBucketName InvalidDigest \
             InvalidEncryptionAlgorithmError InvalidLocationConstraint InvalidPart InvalidPartOrder \
             InvalidRequest InvalidStorageClass InvalidTag InvalidToken InvalidURI KeyTooLongError \
             MalformedACLError MalformedPolicy MalformedXML MetadataTooLarge TooManyBuckets \
             XAmzContentSHA256Mismatch",
        ),
        (
            403,
            "AccessDenied InvalidAccessKeyId InvalidObjectState QuotaExceeded RequestTimeTooSkewed \
             SignatureDoesNotMatch",
        ),
        (
            404,
            "NoSuchBucket NoSuchKey NoSuchUpload NoSuchVersion NoSuchBucketPolicy \
             NoSuchLifecycleConfiguration NoSuchCORSConfiguration NoSuchWebsiteConfiguration \
             NoSuchTagSet NoSuchConfiguration NoSuchPublicAccessBlockConfiguration \
             NoSuchObjectLockConfiguration ObjectLockConfigurationNotFoundError \
             OwnershipControlsNotFoundError ReplicationConfigurationNotFoundError \
             ServerSideEncryptionConfigurationNotFoundError NoSuchAccessPoint NoSuchAccessPointPolicy",
        ),
        (405, "MethodNotAllowed"),
        (
            409,
            "BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty ConditionalRequestConflict \
             InvalidBucketState OperationAborted",
        ),
        (411, "MissingContentLength"),
        (412, "PreconditionFailed"),
        (416, "InvalidRange"),
        (501, "NotImplemented"),
        (503, "SlowDown"),
    ];
    for (status, codes) in expected {
        for code in codes.split(' ') {
            assert_eq!(ErrorCode::parse(code).map(ErrorCode::status), Some(status), "{code}");
        }
    }
}

#[test]
fn the_document_names_the_resource_unless_a_detail_does() {
    let plain = render(&ErrorCode::AccessDenied.into(), "/photos/a&b", "R1", "H1");
    assert_eq!(
        plain,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
         <Message>Access Denied</Message>\
         <Resource>/photos/a&amp;b</Resource><RequestId>R1</RequestId><HostId>H1</HostId></Error>"
    );
    let detailed = S3Error::new(ErrorCode::NoSuchKey).message("gone").detail("Key", "a<b");
    assert_eq!(
        render(&detailed, "/photos/a<b", "R1", "H1"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>gone</Message>\
         <Key>a&lt;b</Key><RequestId>R1</RequestId><HostId>H1</HostId></Error>"
    );
}

#[test]
fn an_error_displays_its_code_and_its_own_message() {
    let error = S3Error::invalid_argument("max-keys", "x", "Provided max-keys not an integer");
    assert_eq!(error.to_string(), "InvalidArgument: Provided max-keys not an integer");
    assert_eq!(
        S3Error::from(ErrorCode::NoSuchKey).to_string(),
        "NoSuchKey: The specified key does not exist."
    );
}

#[test]
fn what_is_wrong_with_a_policy_becomes_an_error_document() {
    let error = S3Error::from(MalformedPolicy::NotJson);
    assert_eq!(error.code.status(), 400);
    assert_eq!(
        error.to_string(),
        "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'"
    );
}
