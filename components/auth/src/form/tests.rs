//! Forms against a host that knows one key.

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::identity::sigv4::Signed;
use gateway::request::headers::Headers;

use super::*;

const NOW_MS: u64 = 1_369_353_600_000;
const POLICY: &str = r#"{"expiration":"2013-05-24T01:00:00Z","conditions":[{"bucket":"photos"},["starts-with","$key","a/"],
    ["starts-with","$x-amz-credential",""],["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-date",""]]}"#;

/// Takes the signature `right` of the key `known`, and keeps who was established.
#[derive(Default)]
struct OneKey {
    established: RefCell<Option<String>>,
}

impl Verifier for OneKey {
    fn verify(&self, _: &Signed<'_>, _: sdk::Payload) -> Verdict {
        Verdict::Mismatch
    }

    fn verify_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict {
        assert!(matches!(payload, sdk::Payload::Unsigned));
        assert_eq!(claim.text, BASE64.encode(POLICY));
        match (claim.access_key_id.as_str(), claim.signature.as_str()) {
            ("known", "right") => {
                self.established.replace(Some("known".to_owned()));
                Verdict::Verified
            }
            ("known", _) => Verdict::Mismatch,
            _ => Verdict::UnknownKey,
        }
    }

    fn anonymous(&self, _: sdk::Payload) {
        self.established.replace(Some("nobody".to_owned()));
    }

    fn sha256(&self, _: &str) -> String {
        String::new()
    }

    fn services(&self) -> &'static [&'static str] {
        &["s3"]
    }
}

fn identified(fields: &[(&str, &str)], headers: &Headers, version2: Version2) -> Result<String, S3Error> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let form = Form::new(fields.collect(), "cat.jpg");
    let request = Request {
        method: "POST",
        path: "/photos",
        query: "",
        host: "h",
        headers,
        form_sha256: None,
        received_ms: NOW_MS,
    };
    let keys = OneKey::default();
    identify(&request, &form, "photos", version2, &keys)?;
    Ok(keys.established.take().unwrap_or_default())
}

fn signed_v4(key: &str, credential: &str, date: &str, signature: &str) -> Result<String, S3Error> {
    let policy = BASE64.encode(POLICY);
    let fields = [
        ("key", key),
        ("policy", &policy),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-credential", &format!("{credential}/{}/us-east-1/s3/aws4_request", &date[..8])),
        ("x-amz-date", date),
        ("x-amz-signature", signature),
    ];
    identified(&fields, &Headers::default(), Version2::Off)
}

#[test]
fn a_form_is_signed_by_its_fields_and_held_to_its_policy() {
    let today = "20130524T000000Z";
    assert_eq!(signed_v4("a/cat.jpg", "known", today, "right").unwrap(), "known");
    for (key, credential, date, signature, code) in [
        ("a/cat.jpg", "known", today, "wrong", ErrorCode::SignatureDoesNotMatch),
        ("a/cat.jpg", "unknown", today, "right", ErrorCode::InvalidAccessKeyId),
        // Not a key that the policy allows.
        ("b/cat.jpg", "known", today, "right", ErrorCode::AccessDenied),
        // A client without the secret learns nothing of what the policy says.
        ("b/cat.jpg", "known", today, "wrong", ErrorCode::SignatureDoesNotMatch),
        ("a/cat.jpg", "known", "20130516T235959Z", "right", ErrorCode::AccessDenied),
        ("a/cat.jpg", "known", "20130524T001501Z", "right", ErrorCode::AccessDenied),
    ] {
        let error = signed_v4(key, credential, date, signature).unwrap_err();
        assert_eq!(error.code, code, "{key} {credential} {date} {signature}");
    }
    assert_eq!(signed_v4("a/cat.jpg", "known", "20130517T000000Z", "right").unwrap(), "known");
}

#[test]
fn a_form_is_signed_for_s3() {
    let policy = BASE64.encode(POLICY);
    let with = |service: &str| {
        let credential = format!("known/20130524/us-east-1/{service}/aws4_request");
        let fields = [
            ("key", "a/cat.jpg"),
            ("policy", &policy),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-credential", &credential),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-signature", "right"),
        ];
        identified(&fields, &Headers::default(), Version2::Off).map_err(|error| error.code)
    };
    assert_eq!(with("s3").as_deref(), Ok("known"));
    for service in ["iam", "sts", "s3express", "ec2"] {
        assert_eq!(with(service), Err(ErrorCode::InvalidArgument), "{service}");
    }
}

#[test]
fn a_form_without_credentials_is_anonymous() {
    let none = Headers::default();
    assert_eq!(identified(&[("key", "k")], &none, Version2::Off).unwrap(), "nobody");
    // A policy that nobody signed is a mistake.
    let error = identified(&[("key", "k"), ("policy", "e30=")], &none, Version2::Off).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
}

#[test]
fn version_2_is_verified_only_where_it_is_on() {
    let policy = BASE64.encode(POLICY);
    let fields =
        [("key", "a/b"), ("AWSAccessKeyId", "known"), ("policy", policy.as_str()), ("signature", "right")];
    let off = identified(&fields, &Headers::default(), Version2::Off).unwrap_err();
    assert_eq!(off.code, ErrorCode::InvalidRequest);
    // Its conditions on fields that are not there fail.
    let on = identified(&fields, &Headers::default(), Version2::On).unwrap_err();
    assert_eq!(on.code, ErrorCode::AccessDenied);
}

#[test]
fn the_head_of_a_form_is_not_signed() {
    let headers: Headers = [("authorization", "AWS4-HMAC-SHA256 Credential=x")].into_iter().collect();
    let error = identified(&[("key", "k")], &headers, Version2::On).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    let headers: Headers = [("x-amz-security-token", "t")].into_iter().collect();
    assert_eq!(identified(&[("key", "k")], &headers, Version2::On).unwrap(), "nobody");
}
