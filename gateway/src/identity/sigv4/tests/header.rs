//! Requests signed in the `Authorization` header, and what is refused before the signature counts.

use super::*;
use crate::identity::sigv4::payload::{Chunked, Chunks, Payload};
use crate::identity::sigv4::sign::Unsigned;

const MINUTE_MS: u64 = 60_000;

fn malformed(reason: &str) -> (&'static str, String) {
    ("AuthorizationHeaderMalformed", format!("The authorization header is malformed; {reason}"))
}

/// A request signed by the example account, with these headers beside `host`.
fn sign(path: &str, query: &str, headers: &[(&str, &str)], payload_hash: &str) -> Sent {
    let headers: Vec<(&str, &str)> =
        [("host", "examplebucket.s3.amazonaws.com")].into_iter().chain(headers.iter().copied()).collect();
    let unsigned = Unsigned { method: "PUT", path, query, headers: &headers, date: date() };
    let authorization = SIGNER.sign_head(&unsigned, payload_hash).authorization;
    let sent = Sent {
        method: "PUT",
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        form_sha256: None,
        received_ms: date().milliseconds(),
    };
    sent.with("authorization", &authorization)
}

#[test]
fn malformed_headers_are_refused_as_s3_does() {
    let three =
        "the authorization header requires three components: Credential, SignedHeaders, and Signature.";
    let shape =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    let cases = [
        (get_object().authorization(",Signature", ";Signature"), malformed(three)),
        (get_object().authorization("Signature=", "more=1,Signature="), malformed(three)),
        (get_object().with("authorization", "AWS4-HMAC-SHA256"), malformed(three)),
        (get_object().authorization("Credential=", "Creds="), malformed("missing Credential.")),
        (get_object().authorization("SignedHeaders=", "Headers="), malformed("missing SignedHeaders.")),
        (get_object().authorization("Signature=", "Sig="), malformed("missing Signature.")),
        (
            get_object().authorization("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date", "Signed"),
            malformed("the authorization component \"Signed\" is malformed."),
        ),
        (get_object().authorization("/us-east-1", ""), malformed(shape)),
        (get_object().authorization("AKIAIOSFODNN7EXAMPLE", ""), malformed(shape)),
        (
            get_object().authorization("/20130524/", "/2013052/"),
            malformed(
                "incorrect date format \"2013052\". This date in the credential must be in the format \"yyyyMMdd\".",
            ),
        ),
        (
            get_object().authorization("/s3/", "/ec2/"),
            malformed("incorrect service \"ec2\". This endpoint belongs to \"s3\"."),
        ),
        (
            get_object().authorization("aws4_request", "aws4_reques"),
            malformed("incorrect terminal \"aws4_reques\". This endpoint uses \"aws4_request\"."),
        ),
        (
            get_object().authorization("/20130524/", "/20130523/"),
            malformed(
                "Invalid credential date \"20130523\". This date is not the same as X-Amz-Date: \"20130524\".",
            ),
        ),
    ];
    for (sent, expected) in cases {
        assert_eq!(sent.refusal(), expected);
    }
}

#[test]
fn other_mechanisms_are_refused() {
    let unsupported = (
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            .to_owned(),
    );
    let v2 = get_object().with("authorization", "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=");
    assert_eq!(v2.refusal(), unsupported);
    assert_eq!(
        get_object().authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").refusal(),
        unsupported
    );

    let basic = get_object().with("authorization", "Basic c2VjcmV0").error();
    assert_eq!(basic.message.as_deref(), Some("Unsupported Authorization Type"));
    assert_eq!(basic.details, [("ArgumentName", "Authorization".into()), ("ArgumentValue", "Basic".into())]);

    let token = get_object().with("authorization", "c2VjcmV0").error();
    assert!(!format!("{token:?}").contains("c2VjcmV0"), "what may be a password is not repeated");
}

#[test]
fn a_request_without_credentials_is_anonymous() {
    for sent in [get_object().without("authorization"), get_object().with("authorization", "")] {
        sent.verified(|result| {
            assert!(matches!(result.unwrap(), Authentication::Anonymous(Payload::Sha256(_))))
        });
    }
}

#[test]
fn an_anonymous_body_may_be_chunked_but_not_signed() {
    let chunked = get_object()
        .without("authorization")
        .with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .with("x-amz-decoded-content-length", "3");
    chunked.verified(|result| {
        let expected =
            Payload::Chunked(Chunked { decoded_length: 3, chunks: Chunks::Unsigned, trailers: true });
        assert!(matches!(result.unwrap(), Authentication::Anonymous(payload) if payload == expected));
    });
    let signed = chunked.with("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    assert_eq!(signed.refusal().0, "InvalidRequest");
}

#[test]
fn only_one_mechanism_is_allowed() {
    let url = examples::presigned_url().query;
    for query in [url.as_str(), "AWSAccessKeyId=a&Signature=b&Expires=1"] {
        let error = Sent { query: query.to_owned(), ..get_object() }.error();
        assert_eq!(error.code.as_str(), "InvalidArgument");
        assert!(error.message.unwrap().starts_with("Only one auth mechanism allowed;"));
    }
    let mut twice = get_object();
    let (name, value) = twice.headers.last().unwrap().clone();
    twice.headers.push((name, value));
    assert_eq!(twice.error().code.as_str(), "InvalidArgument");
}

#[test]
fn a_date_may_differ_by_fifteen_minutes() {
    assert!(get_object().later_ms(15 * MINUTE_MS).is_verified());
    let late = get_object().later_ms(15 * MINUTE_MS + 1).error();
    assert_eq!(late.code.as_str(), "RequestTimeTooSkewed");
    assert_eq!(
        late.details,
        [
            ("RequestTime", "20130524T000000Z".to_owned()),
            ("ServerTime", "2013-05-24T00:15:00Z".to_owned()),
            ("MaxAllowedSkewMilliseconds", "900000".to_owned()),
        ]
    );
    let mut early = get_object();
    early.received_ms -= 15 * MINUTE_MS;
    assert!(early.is_verified());
    early.received_ms -= 1;
    assert_eq!(early.error().code.as_str(), "RequestTimeTooSkewed");
}

#[test]
fn the_date_header_serves_where_x_amz_date_is_missing() {
    for date in ["Fri, 24 May 2013 00:00:00 GMT", "Fri, 24 May 2013 00:00:00 -0000", "20130524T000000Z"] {
        let headers = [("date", date), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")];
        assert!(sign("/a", "", &headers, "UNSIGNED-PAYLOAD").is_verified(), "{date}");
    }
}

#[test]
fn a_missing_or_broken_date_is_denied() {
    let missing = get_object().without("x-amz-date");
    let broken = get_object().with("x-amz-date", "yesterday").with("date", "Fri, 24 May 2013 00:00:00 GMT");
    for sent in [missing, broken] {
        let message = "AWS authentication requires a valid Date or x-amz-date header".to_owned();
        assert_eq!(sent.refusal(), ("AccessDenied", message));
    }
}

#[test]
fn the_payload_hash_is_required_and_must_be_one() {
    let missing = get_object().without("x-amz-content-sha256");
    let message = "Missing required header for this request: x-amz-content-sha256".to_owned();
    assert_eq!(missing.refusal(), ("InvalidRequest", message));

    let broken = get_object().with("x-amz-content-sha256", "tjnVEQ5UTP/DL91eAGOmew==").error();
    assert!(broken.message.unwrap().starts_with("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "));
    let name = "x-amz-content-sha256".to_owned();
    let value = "tjnVEQ5UTP/DL91eAGOmew==".to_owned();
    assert_eq!(broken.details, [("ArgumentName", name), ("ArgumentValue", value)]);

    let asymmetric = get_object().with("x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD");
    assert_eq!(asymmetric.error().code.as_str(), "NotImplemented");
}

#[test]
fn a_chunked_body_needs_its_decoded_length() {
    let chunked = examples::EXAMPLES[4].sent();
    assert_eq!(
        chunked.clone().without("x-amz-decoded-content-length").error().code.as_str(),
        "MissingContentLength"
    );
    for text in ["-1", "+1", "", "1e3", "18446744073709551616"] {
        let sent = chunked.clone().with("x-amz-decoded-content-length", text);
        assert_eq!(sent.error().code.as_str(), "MissingContentLength", "{text:?}");
    }
}

#[test]
fn headers_that_must_be_signed_are_named() {
    let unsigned = get_object().with("x-amz-meta-s1", "1").with("x-amz-tagging", "a=b").error();
    assert_eq!(unsigned.code.as_str(), "AccessDenied");
    assert_eq!(
        unsigned.message.as_deref(),
        Some("There were headers present in the request which were not signed")
    );
    assert_eq!(unsigned.details, [("HeadersNotSigned", "x-amz-meta-s1, x-amz-tagging".to_owned())]);

    let no_host = get_object().authorization("SignedHeaders=host;", "SignedHeaders=").error();
    assert_eq!(no_host.details, [("HeadersNotSigned", "host".to_owned())]);
}

#[test]
fn headers_that_need_not_be_signed_are_not_asked_for() {
    let sent = get_object().with("user-agent", "x").with("content-type", "y").with("x-amzn-trace-id", "z");
    assert!(sent.is_verified());
    // Its value ends the canonical request, so it is signed wherever it stands.
    let hash = "UNSIGNED-PAYLOAD";
    let sent = sign("/a", "", &[("x-amz-date", TIMESTAMP)], hash).with("x-amz-content-sha256", hash);
    assert!(sent.is_verified());
    assert!(!sent.with("x-amz-content-sha256", &"0".repeat(64)).is_verified());
}

#[test]
fn a_session_token_is_handed_on_and_never_shown() {
    let headers = [("x-amz-date", TIMESTAMP), ("x-amz-security-token", "secret")];
    let sent = sign("/a", "", &headers, "UNSIGNED-PAYLOAD").with("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    sent.verified(|result| {
        let signed = signed(result.unwrap());
        assert_eq!(signed.security_token(), Some("secret"));
        assert!(!format!("{signed:?}{:?}", signed.mismatch("")).contains("secret"));
    });
}

#[test]
fn any_region_is_accepted() {
    for region in ["eu-central-1", "garage", "", "auto"] {
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-date", TIMESTAMP),
        ];
        let unsigned = Unsigned { method: "GET", path: "/", query: "", headers: &headers, date: date() };
        let signature = Signer { region, ..SIGNER }.sign_head(&unsigned, "UNSIGNED-PAYLOAD");
        let sent = Sent {
            method: "GET",
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            form_sha256: None,
            received_ms: date().milliseconds(),
        };
        assert!(sent.with("authorization", &signature.authorization).is_verified(), "{region:?}");
    }
}

#[test]
fn get_caller_identity_is_signed_with_a_body_hash_that_is_not_sent() {
    let form_sha256 = "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843";
    assert_eq!(sha256("Action=GetCallerIdentity&Version=2011-06-15"), form_sha256);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("host", "sts.amazonaws.com"),
        ("x-amz-date", TIMESTAMP),
    ];
    let unsigned = Unsigned { method: "POST", path: "/", query: "", headers: &headers, date: date() };
    let signature = Signer { service: "sts", ..SIGNER }.sign_head(&unsigned, form_sha256);
    let sent = Sent {
        method: "POST",
        path: "/".to_owned(),
        query: String::new(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        form_sha256: Some(form_sha256),
        received_ms: date().milliseconds(),
    }
    .with("authorization", &signature.authorization);
    assert!(sent.is_verified());
    sent.verified(|result| {
        assert_eq!(signed(result.unwrap()).payload(), &Payload::Sha256(form_sha256.to_owned()));
    });
    let other = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    assert!(!Sent { form_sha256: Some(other), ..sent }.is_verified());
}

#[test]
fn a_wrong_signature_is_explained() {
    let sent = get_object().authorization("Signature=f0e8", "Signature=0000");
    sent.verified(|result| {
        let signed = signed(result.unwrap());
        assert!(!verify(&signed));
        let error = signed.mismatch("AWS4\n");
        let names: Vec<&str> = error.details.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            [
                "AWSAccessKeyId",
                "StringToSign",
                "SignatureProvided",
                "StringToSignBytes",
                "CanonicalRequest",
                "CanonicalRequestBytes"
            ]
        );
        assert_eq!(error.details[3].1, "41 57 53 34 0a");
        assert_eq!(error.details[4].1, signed.canonical_request());
        let unknown = signed.unknown_access_key();
        assert_eq!(unknown.details, [("AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE".to_owned())]);
    });
}

#[test]
fn a_customer_key_is_not_repeated() {
    let headers = [
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-date", TIMESTAMP),
        ("x-amz-server-side-encryption-customer-key", "c2VjcmV0"),
    ];
    sign("/a", "", &headers, "UNSIGNED-PAYLOAD").verified(|result| {
        let signed = signed(result.unwrap());
        assert!(!format!("{:?}", signed.mismatch("")).contains("c2VjcmV0"));
        assert!(!format!("{signed:?}").contains("c2VjcmV0"));
    });
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let headers =
        [("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), ("x-amz-date", TIMESTAMP), ("x-amz-acl", "private")];
    let sent = sign("/a/b", "x=1", &headers, "UNSIGNED-PAYLOAD");
    assert!(sent.is_verified());
    let changed = [
        Sent { method: "DELETE", ..sent.clone() },
        Sent { path: "/a/c".to_owned(), ..sent.clone() },
        Sent { path: "/a%2Fb".to_owned(), ..sent.clone() },
        Sent { query: "x=2".to_owned(), ..sent.clone() },
        Sent { query: "x=1&acl".to_owned(), ..sent.clone() },
        sent.clone().with("host", "other.s3.amazonaws.com"),
        sent.clone().with("x-amz-acl", "public-read"),
        sent.clone().with("x-amz-date", "20130524T000001Z"),
        sent.clone().authorization("us-east-1", "us-east-2"),
    ];
    for sent in changed {
        assert!(!sent.is_verified(), "{} {}?{} {:?}", sent.method, sent.path, sent.query, sent.headers);
    }
}
