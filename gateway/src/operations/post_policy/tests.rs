//! What forms may say, and the errors when they say something else.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// 1 January 2020
const NOW_MS: u64 = 1_577_836_800_000;

fn policy(document: &str) -> Result<PostPolicy> {
    PostPolicy::parse(&STANDARD.encode(document))
}

fn with(conditions: &str) -> PostPolicy {
    policy(&format!(r#"{{"expiration":"2020-01-01T00:00:01Z","conditions":[{conditions}]}}"#)).unwrap()
}

fn form(fields: &[(&str, &str)]) -> Form {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Form::expand(fields, "cat.jpg").unwrap()
}

fn outcome(conditions: &str, fields: &[(&str, &str)]) -> String {
    match with(conditions).check(&form(fields), "photos", NOW_MS) {
        Ok(()) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_example_of_the_documentation_is_fulfilled() {
    // The policy of <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    let document = r#"{ "expiration": "2015-12-30T12:00:00.000Z",
      "conditions": [
        {"bucket": "sigv4examplebucket"},
        ["starts-with", "$key", "user/user1/"],
        {"acl": "public-read"},
        {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
        ["starts-with", "$Content-Type", "image/"],
        {"x-amz-meta-uuid": "14365123651274"},
        {"x-amz-server-side-encryption": "AES256"},
        ["starts-with", "$x-amz-meta-tag", ""],
        {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
        {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
        {"x-amz-date": "20151229T000000Z" }
      ]
    }"#;
    let fields = [
        ("key", "user/user1/${filename}"),
        ("acl", "public-read"),
        ("success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"),
        ("Content-Type", "image/jpeg"),
        ("x-amz-meta-uuid", "14365123651274"),
        ("x-amz-server-side-encryption", "AES256"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Date", "20151229T000000Z"),
        ("x-amz-meta-tag", ""),
        ("Policy", "…"),
        ("X-Amz-Signature", "…"),
    ];
    let policy = policy(document).unwrap();
    let at = |time: &str| crate::timestamp::parse_iso8601(time).unwrap();
    assert_eq!(policy.check(&form(&fields), "sigv4examplebucket", at("2015-12-30T11:59:59Z")), Ok(()));
    let late = policy.check(&form(&fields), "sigv4examplebucket", at("2015-12-30T12:00:00Z")).unwrap_err();
    assert_eq!(late.to_string(), "AccessDenied: Invalid according to Policy: Policy expired.");
    assert_eq!(late.code.status(), 403);
}

fn accepted(conditions: &str, fields: &[(&str, &str)]) {
    assert_eq!(outcome(conditions, fields), "accepted", "{conditions} {fields:?}");
}

fn denied(conditions: &str, fields: &[(&str, &str)], reason: &str) {
    let expected = format!("AccessDenied: Invalid according to Policy: {reason}");
    assert_eq!(outcome(conditions, fields), expected, "{conditions} {fields:?}");
}

/// Checks that a condition fails, and that the error shows it as the document writes it.
fn failed(conditions: &str, fields: &[(&str, &str)], condition: &str) {
    denied(conditions, fields, &format!("Policy Condition failed: {condition}"));
}

#[test]
fn fields_have_to_be_as_the_policy_says() {
    accepted(r#"{"bucket":"photos"},["starts-with","$key","c"]"#, &[("key", "cat")]);
    accepted(r#"{"bUcKeT":"photos"},["StArTs-WiTh","$KeY","c"]"#, &[("kEy", "cat")]);
    accepted(r#"["eq","$bucket","photos"],["eq","$key","a/cat.jpg"]"#, &[("key", "a/${filename}")]);
    accepted(r#"["starts-with", "$bucket", "ph"],["starts-with","$key",""]"#, &[("key", "x")]);
    accepted(r#"{"bucket":"photos"},["starts-with","$key","\\$foo"]"#, &[("key", "\\$foo.txt")]);
    accepted(r#"{"bucket":"photos"},["starts-with","$key","\$foo"]"#, &[("key", "$foo.txt")]);
    let status = r#"{"bucket":"photos"},{"key":"x"},["eq","$success_action_status",201]"#;
    accepted(status, &[("key", "x"), ("success_action_status", "201")]);
    for (conditions, fields, condition) in [
        (
            r#"{"bucket":"photos"},["eq","$key","${filename}"]"#,
            &[("key", "cat.jpg")][..],
            r#"["eq","$key","${filename}"]"#,
        ),
        (
            r#"{"bucket":"photos"},[ "starts-with" , "$key","b" ]"#,
            &[("key", "cat")],
            r#"[ "starts-with" , "$key","b" ]"#,
        ),
        (
            r#"{"bucket":"photos"},{"key":"x"},{"acl":"private"}"#,
            &[("key", "x")],
            r#"["eq", "$acl", "private"]"#,
        ),
        (r#"{"bucket":"photos"},{"key":"x"}"#, &[("key", "X")], r#"["eq", "$key", "x"]"#),
        // With a field that comes twice, both values have to fulfil the condition.
        (
            r#"{"bucket":"photos"},["starts-with","$key","a"]"#,
            &[("key", "a"), ("key", "b")],
            r#"["starts-with","$key","a"]"#,
        ),
    ] {
        failed(conditions, fields, condition);
    }
}

#[test]
fn of_a_list_of_types_each_is_checked() {
    let images = r#"{"bucket":"photos"},{"key":"x"},["starts-with","$Content-Type","image/"]"#;
    accepted(images, &[("key", "x"), ("content-type", "image/png, image/jpeg")]);
    let mixed = [("key", "x"), ("content-type", "image/png,text/html")];
    failed(images, &mixed, r#"["starts-with","$Content-Type","image/"]"#);
}

#[test]
fn the_bucket_is_the_one_that_the_form_was_sent_to() {
    let other = r#"{"bucket":"other"},["starts-with","$key",""]"#;
    failed(other, &[("key", "x")], r#"["eq", "$bucket", "other"]"#);
    failed(other, &[("key", "x"), ("bucket", "other")], r#"["eq", "$bucket", "other"]"#);
    let photos = r#"{"bucket":"photos"},["starts-with","$key",""]"#;
    failed(photos, &[("key", "x"), ("bucket", "other")], r#"["eq", "$bucket", "photos"]"#);
    accepted(photos, &[("key", "x"), ("bucket", "photos")]);
    denied(r#"["starts-with","$key",""]"#, &[("key", "x")], "Extra input fields: bucket");
}

#[test]
fn every_field_has_to_be_covered_but_those_that_sign() {
    let only_key = r#"{"bucket":"photos"},{"key":"x"}"#;
    for exempt in ["x-ignore-me", "policy", "signature", "AWSAccessKeyId", "x-amz-signature"] {
        accepted(only_key, &[("key", "x"), (exempt, "1")]);
    }
    denied(r#"{"bucket":"photos"}"#, &[("key", "x")], "Extra input fields: key");
    denied(only_key, &[("key", "x"), ("x-amz-date", "d")], "Extra input fields: x-amz-date");
    let several = [("key", "x"), ("acl", "private"), ("tagging", ""), ("Acl", "x")];
    denied(only_key, &several, "Extra input fields: acl, tagging");
}

#[test]
fn a_document_that_is_no_policy_is_told_why() {
    for (document, expected) in [
        ("", "Expecting '{' but found End-of-Input"),
        ("invalid json", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        (r#"{"conditions":[]}"#, "Policy missing expiration."),
        (r#"{"EXPIRATION":"2020-01-01T00:00:01Z","conditions":[]}"#, "Policy missing expiration."),
        (r#"{"expiration":"2020-01-01T00:00:01Z"}"#, "Policy missing conditions."),
        (r#"{"expiration":"2020-01-01T00:00:01Z","CONDITIONS":[]}"#, "Policy missing conditions."),
        (r#"{"expiration":"2020-01-01T00:00:01Z","conditions":[],"extra":1}"#, "Unexpected: \"extra\""),
        (r#"{"expiration":true,"conditions":[]}"#, "Invalid JSON."),
        (r#"{"expiration":"soon","conditions":[]}"#, "Invalid 'expiration' value: 'soon'"),
        (
            r#"{"expiration":"2020-01-01 00:00:01+00:00","conditions":[]}"#,
            "Invalid 'expiration' value: '2020-01-01 00:00:01+00:00'",
        ),
        (
            r#"{"expiration":"2020-01-01T00:00:01Z","conditions":true}"#,
            "Invalid 'conditions' value: must be a List.",
        ),
    ] {
        let error = policy(document).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("InvalidPolicyDocument: Invalid Policy: {expected}"),
            "{document}"
        );
        assert_eq!(error.code.status(), 400);
    }
    let error = PostPolicy::parse("no base64!").unwrap_err();
    assert_eq!(error.to_string(), "InvalidPolicyDocument: Invalid Policy: invalid Base64 encoding.");
}

#[test]
fn a_condition_that_is_none_is_told_why() {
    for (condition, expected) in [
        ("true", "Invalid condition test: must be a List or Object."),
        ("{}", "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
        (
            r#"{"a":"1","b":"2"}"#,
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (r#"{"a":1}"#, "Invalid Simple-Condition: value must be a string."),
        ("[]", "Invalid Condition: missing operation identifier."),
        ("[7]", "Invalid JSON."),
        (r#"["ends-with","$key","x"]"#, "Invalid Condition: unknown operation 'ends-with'."),
        (r#"["eq","$key"]"#, "Invalid eq: wrong number of arguments."),
        (r#"["eq","$key","a","b"]"#, "Invalid eq: wrong number of arguments."),
        (r#"["eq",false,"a"]"#, "Invalid JSON."),
        (r#"["eq","$key",true]"#, "Invalid JSON."),
        (r#"["content-length-range",0]"#, "Invalid content-length-range: wrong number of arguments."),
        (r#"["content-length-range",-1,10]"#, "Invalid JSON."),
        (r#"["content-length-range",0,1.5]"#, "Invalid JSON."),
        (r#"["content-length-range","a","b"]"#, "Invalid JSON."),
    ] {
        let document = format!(r#"{{"expiration":"2020-01-01T00:00:01Z","conditions":[{condition}]}}"#);
        let error = policy(&document).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("InvalidPolicyDocument: Invalid Policy: {expected}"),
            "{condition}"
        );
    }
    let error =
        policy(r#"{"expiration":"2020-01-01T00:00:01Z","conditions":[["eq","key","a"]]}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq","key","a"]"#
    );
}

#[test]
fn the_length_of_the_file_is_checked() {
    let unlimited = with(r#"{"bucket":"photos"}"#);
    assert_eq!((unlimited.length_range(), unlimited.check_length(u64::MAX)), (None, Ok(())));
    let limited = with(r#"["content-length-range",10,"1024"],["content-length-range", 20, 2000]"#);
    assert_eq!(limited.length_range(), Some((20, 1024)));
    assert_eq!(limited.check_length(20), Ok(()));
    assert_eq!(limited.check_length(1024), Ok(()));
    let small = limited.check_length(19).unwrap_err();
    assert_eq!(small.code, ErrorCode::EntityTooSmall);
    assert_eq!(small.details, [("ProposedSize", "19".to_owned()), ("MinSizeAllowed", "20".to_owned())]);
    let large = limited.check_length(1025).unwrap_err();
    assert_eq!(large.code, ErrorCode::EntityTooLarge);
    assert_eq!(large.details, [("ProposedSize", "1025".to_owned()), ("MaxSizeAllowed", "1024".to_owned())]);
}

proptest! {
    #[test]
    fn any_document_is_a_policy_or_an_error(text in ".{0,80}", condition in r#"[\[\]{}",$a-z0-9: ]{0,40}"#) {
        let _ = PostPolicy::parse(&text);
        let _ = policy(&text);
        let _ = policy(&format!(r#"{{"expiration":"2020-01-01T00:00:01Z","conditions":[{condition}]}}"#));
    }

    #[test]
    fn a_field_without_a_condition_is_never_accepted(name in "[a-z-]{1,12}", value in ".{0,8}") {
        let exempt = is_exempt(&name) || name == "key";
        let fields = [("key", "x"), (name.as_str(), value.as_str())];
        let accepted = outcome(r#"{"bucket":"photos"},["starts-with","$key",""]"#, &fields) == "accepted";
        prop_assert_eq!(accepted, exempt && (name != "bucket" || value == "photos"));
    }
}

#[test]
fn a_condition_holds_for_every_value_of_its_field() {
    let twice = |first, second| [("key", first), ("x-amz-meta-a", "1"), ("Key", second)];
    let rest = r#"["eq","$bucket","photos"],["starts-with","$x-amz-meta-a",""]"#;
    for (condition, first, second, fits) in [
        (r#"["starts-with","$key","a/"]"#, "a/1", "a/2", true),
        (r#"["starts-with","$key","a/"]"#, "a/1", "b/2", false),
        (r#"["starts-with","$key","a/"]"#, "b/1", "a/2", false),
        (r#"["starts-with","$key","a/1"]"#, "a/1", "a/", false),
        (r#"["eq","$key","a"]"#, "a", "a", true),
        (r#"["eq","$key","a"]"#, "a", "b", false),
        (r#"["eq","$key","a"]"#, "b", "b", false),
    ] {
        let outcome = outcome(&format!("{rest},{condition}"), &twice(first, second));
        assert_eq!(outcome == "accepted", fits, "{condition} {first} {second}: {outcome}");
    }
}

#[test]
fn a_list_of_types_is_held_to_a_condition_as_a_whole() {
    let rest = r#"["eq","$bucket","photos"],["starts-with","$key",""]"#;
    for (types, fits) in [
        ("image/jpeg, image/png", true),
        ("image/jpeg,text/html", false),
        ("image/,", false),
        ("text/html", false),
    ] {
        let condition = format!(r#"{rest},["starts-with","$Content-Type","image/"]"#);
        let outcome = outcome(&condition, &[("key", "k"), ("Content-Type", types)]);
        assert_eq!(outcome == "accepted", fits, "{types}: {outcome}");
    }
}
