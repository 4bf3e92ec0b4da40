//! Requests signed in the query string.

use super::*;
use crate::identity::sigv4::payload::Payload;
use crate::identity::sigv4::sign::Unsigned;

fn url() -> Sent {
    examples::presigned_url()
}

fn changed(from: &str, to: &str) -> Sent {
    let sent = url();
    assert!(sent.query.contains(from), "{} has no {from}", sent.query);
    Sent { query: sent.query.replace(from, to), ..sent }
}

fn signed_url(query: &str, expires_seconds: u64, headers: &[(&str, &str)]) -> Sent {
    let unsigned = Unsigned { method: "PUT", path: "/test.txt", query, headers, date: date() };
    Sent {
        method: "PUT",
        query: SIGNER.presign(&unsigned, expires_seconds).authorization,
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        ..url()
    }
}

const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");

#[test]
fn a_url_ends_at_the_second() {
    let day_ms = 86_400_000;
    assert!(url().later_ms(day_ms - 1).is_verified());
    let expired = url().later_ms(day_ms).error();
    assert_eq!(expired.code.as_str(), "AccessDenied");
    assert_eq!(expired.message.as_deref(), Some("Request has expired"));
    assert_eq!(
        expired.details,
        [
            ("X-Amz-Expires", "86400".to_owned()),
            ("Expires", "2013-05-25T00:00:00Z".to_owned()),
            ("ServerTime", "2013-05-25T00:00:00Z".to_owned()),
        ]
    );
}

#[test]
fn a_url_may_begin_fifteen_minutes_early() {
    let mut early = url();
    early.received_ms -= 900_000;
    assert!(early.is_verified());
    early.received_ms -= 1;
    let error = early.error();
    assert_eq!(error.message.as_deref(), Some("Request is not yet valid"));
    assert_eq!(error.details[0], ("X-Amz-Date", "1369353600000".to_owned()));
}

#[test]
fn a_url_is_valid_for_a_week_at_most() {
    assert!(signed_url("", 604_800, &[HOST]).later_ms(604_799_999).is_verified());
    let cases = [
        ("604801", "X-Amz-Expires must be less than a week (in seconds);"),
        ("99999999999999999999", "X-Amz-Expires must be less than a week (in seconds);"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("-", "X-Amz-Expires should be a number"),
        ("soon", "X-Amz-Expires should be a number"),
        ("1.5", "X-Amz-Expires should be a number"),
    ];
    for (text, message) in cases {
        let (code, told) = changed("X-Amz-Expires=86400", &format!("X-Amz-Expires={text}")).refusal();
        assert_eq!(code, "AuthorizationQueryParametersError", "{text}");
        assert!(told.starts_with(message), "{text}: {told}");
    }
}

#[test]
fn a_url_for_no_seconds_has_expired() {
    assert_eq!(signed_url("", 0, &[HOST]).refusal(), ("AccessDenied", "Request has expired".to_owned()));
}

#[test]
fn every_parameter_is_required() {
    for name in ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"] {
        for sent in [
            changed(&format!("X-Amz-{name}="), "x="),
            changed(&format!("X-Amz-{name}="), &format!("X-Amz-{name}=&x=")),
        ] {
            let (code, message) = sent.refusal();
            assert_eq!(code, "AuthorizationQueryParametersError", "{name}");
            assert!(message.starts_with("Query-string authentication version 4 requires the "), "{message}");
        }
    }
}

#[test]
fn malformed_parameters_are_refused_as_s3_does() {
    let credential = |tail: &str| format!("Error parsing the X-Amz-Credential parameter; {tail}");
    let cases = [
        (
            changed("AWS4-HMAC-SHA256", "AWS4"),
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"".to_owned(),
        ),
        (
            changed("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"".to_owned(),
        ),
        (
            changed("%2Fus-east-1", ""),
            credential(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
            ),
        ),
        (
            changed("%2Fs3%2F", "%2Fec2%2F"),
            credential("incorrect service \"ec2\". This endpoint belongs to \"s3\"."),
        ),
        (
            changed("%2F20130524%2F", "%2F20130523%2F"),
            "Invalid credential date \"20130523\". This date is not the same as X-Amz-Date: \"20130524\"."
                .to_owned(),
        ),
        (
            changed("20130524T000000Z", "2013-05-24"),
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"".to_owned(),
        ),
    ];
    for (sent, message) in cases {
        assert_eq!(sent.refusal(), ("AuthorizationQueryParametersError", message));
    }
}

#[test]
fn signature_version_2_is_refused() {
    for query in ["AWSAccessKeyId=a&Signature=b&Expires=1", "Signature=b", "AWSAccessKeyId=a"] {
        let (code, message) = Sent { query: query.to_owned(), ..url() }.refusal();
        assert_eq!(code, "InvalidRequest");
        assert!(message.starts_with("The authorization mechanism you have provided is not supported."));
    }
}

#[test]
fn other_parameters_are_signed_too() {
    let sent = signed_url("partNumber=1&uploadId=a%2Bb&x-id=UploadPart", 60, &[HOST]);
    assert!(sent.is_verified());
    let tampered = Sent { query: sent.query.replace("partNumber=1", "partNumber=2"), ..sent.clone() };
    assert!(!tampered.is_verified());
    let longer = Sent { query: sent.query.replace("Expires=60", "Expires=61"), ..sent };
    assert!(!longer.is_verified());
}

#[test]
fn signed_headers_must_come_with_the_url_and_others_must_not() {
    let sent = signed_url("", 60, &[HOST, ("content-type", "text/plain"), ("x-amz-acl", "private")]);
    assert!(sent.is_verified());
    assert!(!sent.clone().without("content-type").is_verified());
    let more = sent.with("x-amz-meta-a", "1").error();
    assert_eq!(more.details, [("HeadersNotSigned", "x-amz-meta-a".to_owned())]);
    let hash = url().with("x-amz-content-sha256", "UNSIGNED-PAYLOAD").error();
    assert_eq!(hash.details, [("HeadersNotSigned", "x-amz-content-sha256".to_owned())]);
}

#[test]
fn a_url_may_fix_the_hash_of_its_body() {
    let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let sent = changed("X-Amz-Date=", &format!("X-Amz-Content-Sha256={hash}&X-Amz-Date="));
    sent.verified(|result| {
        let signed = signed(result.unwrap());
        assert_eq!(signed.payload(), &Payload::Sha256(hash.to_owned()));
        assert!(signed.canonical_request().ends_with(hash));
    });
}

#[test]
fn a_session_token_is_handed_on() {
    let sent = changed("X-Amz-Date=", "X-Amz-Security-Token=secret&X-Amz-Date=");
    sent.verified(|result| {
        assert_eq!(signed(result.unwrap()).security_token(), Some("secret"));
    });
}
