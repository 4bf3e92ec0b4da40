//! The condition keys that documents say.

use super::*;
use crate::errors::ErrorCode;

/// 1 January 2020
const NOW_MS: u64 = 1_577_836_800_000;

fn check(operation: Operation, document: &str, expected: &[(&str, &[&str])]) {
    let said = said(operation, document.as_bytes(), NOW_MS).unwrap();
    let said: Vec<(&str, Vec<&str>)> = said
        .iter()
        .map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    let expected: Vec<(&str, Vec<&str>)> =
        expected.iter().map(|(key, values)| (*key, values.to_vec())).collect();
    assert_eq!(said, expected, "{operation}");
}

#[test]
fn documents_say_what_they_set() {
    let tags = "<Tagging><TagSet><Tag><Key>a/b</Key><Value>1</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>";
    check(
        Operation::PutObjectTagging,
        tags,
        &[
            ("s3:RequestObjectTag/a/b", &["1"]),
            ("s3:RequestObjectTag/c", &[""]),
            ("s3:RequestObjectTagKeys", &["a/b", "c"]),
        ],
    );
    check(
        Operation::PutBucketTagging,
        tags,
        &[("aws:RequestTag/a/b", &["1"]), ("aws:RequestTag/c", &[""]), ("aws:TagKeys", &["a/b", "c"])],
    );
    let bucket = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint><Tags><Tag><Key>a</Key>\
        <Value>b</Value></Tag></Tags></CreateBucketConfiguration>";
    check(
        Operation::CreateBucket,
        bucket,
        &[("aws:RequestTag/a", &["b"]), ("aws:TagKeys", &["a"]), ("s3:LocationConstraint", &["eu-west-1"])],
    );
    check(Operation::CreateBucket, "", &[("aws:TagKeys", &[])]);
    check(
        Operation::PutObjectRetention,
        "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2020-01-10T12:00:00Z</RetainUntilDate></Retention>",
        &[
            ("s3:object-lock-mode", &["COMPLIANCE"]),
            ("s3:object-lock-retain-until-date", &["2020-01-10T12:00:00.000Z"]),
            ("s3:object-lock-remaining-retention-days", &["10"]),
        ],
    );
    check(Operation::PutObjectRetention, "<Retention/>", &[]);
    check(
        Operation::PutObjectLegalHold,
        "<LegalHold><Status>ON</Status></LegalHold>",
        &[("s3:object-lock-legal-hold", &["ON"])],
    );
    check(
        Operation::PutObjectLockConfiguration,
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode>\
         <Years>2</Years></DefaultRetention></Rule></ObjectLockConfiguration>",
        &[("s3:object-lock-mode", &["GOVERNANCE"]), ("s3:object-lock-remaining-retention-days", &["730"])],
    );
    check(
        Operation::PutBucketOwnershipControls,
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
        &[("s3:x-amz-object-ownership", &["ObjectWriter"])],
    );
}

#[test]
fn every_key_that_is_said_is_one_that_is_asked_of_the_document() {
    for operation in Operation::ALL {
        let is_xml = operation.row().body.length_max().is_some();
        assert!(keyed(*operation).is_none() || is_xml, "{operation}");
    }
    let malformed = said(Operation::PutObjectTagging, b"<Other/>", NOW_MS).unwrap_err();
    assert_eq!(malformed.code, ErrorCode::MalformedXML);
    // No condition key is in it: it is not even read.
    assert_eq!(said(Operation::PutBucketPolicy, b"{", NOW_MS).unwrap(), Said::new());
}
