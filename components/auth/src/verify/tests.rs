//! Verification against a host that knows one key.

use std::cell::{Cell, RefCell};

use gateway::errors::ErrorCode;
use gateway::operations::addressing::Domains;
use gateway::request::headers::Headers;

use super::*;
use crate::settings::Version2;

const MAC: &str = "the right signature";
const NOW_MS: u64 = 1_369_353_600_000;

/// A host with one access key, which counts its digests and keeps what was established.
#[derive(Default)]
struct OneKey {
    digests: Cell<u32>,
    established: RefCell<Option<(Option<String>, sdk::Payload)>>,
}

impl OneKey {
    fn established(&self) -> (Option<String>, sdk::Payload) {
        self.established.take().unwrap()
    }
}

impl Verifier for OneKey {
    fn verify(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict {
        assert_eq!(signed.credential().scope(), "20130524/us-east-1/s3/aws4_request");
        assert_eq!(signed.timestamp(), "20130524T000000Z");
        match (signed.access_key_id(), signed.signature()) {
            ("known", MAC) => {
                self.established.replace(Some((Some("known".to_owned()), payload)));
                Verdict::Verified
            }
            ("known", _) => Verdict::Mismatch,
            _ => Verdict::UnknownKey,
        }
    }

    fn verify_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict {
        assert!(matches!(claim.signing, Signing::V2));
        match (claim.access_key_id.as_str(), claim.signature.as_str()) {
            ("known", MAC) => {
                self.established.replace(Some((Some("known".to_owned()), payload)));
                Verdict::Verified
            }
            ("known", _) => Verdict::Mismatch,
            _ => Verdict::UnknownKey,
        }
    }

    fn anonymous(&self, payload: sdk::Payload) {
        self.established.replace(Some((None, payload)));
    }

    fn services(&self) -> &'static [&'static str] {
        &["s3"]
    }

    fn sha256(&self, text: &str) -> String {
        self.digests.set(self.digests.get() + 1);
        format!("sha256 of {} bytes", text.len())
    }
}

fn identified(keys: &OneKey, access_key_id: &str, mac: &str, content_sha256: &str) -> Result<(), S3Error> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={access_key_id}/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length, Signature={mac}"
    );
    let headers: Headers = [
        ("host", "h"),
        ("authorization", &authorization),
        ("x-amz-content-sha256", content_sha256),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-decoded-content-length", "5"),
    ]
    .into_iter()
    .collect();
    identify(&request(&headers), &with(Version2::Off), keys)
}

fn with(version2: Version2) -> Settings {
    Settings { version2, domains: Domains::default() }
}

fn request(headers: &Headers) -> Request<'_> {
    Request {
        method: "PUT",
        path: "/photos/cat.jpg",
        query: "",
        host: "h",
        headers,
        form_sha256: None,
        received_ms: NOW_MS,
    }
}

#[test]
fn a_right_signature_names_the_principal() {
    let keys = OneKey::default();
    identified(&keys, "known", MAC, "UNSIGNED-PAYLOAD").unwrap();
    let (signer, payload) = keys.established();
    assert_eq!(signer.as_deref(), Some("known"));
    assert!(matches!(payload, sdk::Payload::Unsigned));
}

#[test]
fn what_is_signed_for_another_service_is_refused() {
    let refused = |service: &str, is_presigned: bool| {
        let credential = format!("known/20130524/us-east-1/{service}/aws4_request");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={MAC}"
        );
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60\
             &X-Amz-SignedHeaders=host&X-Amz-Signature=0",
            credential.replace('/', "%2F")
        );
        let header = [
            ("host", "h"),
            ("authorization", authorization.as_str()),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let headers: Headers = header.into_iter().take(if is_presigned { 1 } else { 4 }).collect();
        let query = if is_presigned { query.as_str() } else { "" };
        let request = Request { query, ..request(&headers) };
        identify(&request, &with(Version2::Off), &OneKey::default()).unwrap_err().to_string()
    };
    for service in ["iam", "sts", "s3express", "s3-object-lambda", "ec2"] {
        let what = format!("incorrect service \"{service}\". This endpoint belongs to \"s3\".");
        assert_eq!(
            refused(service, false),
            format!("AuthorizationHeaderMalformed: The authorization header is malformed; {what}")
        );
        assert_eq!(
            refused(service, true),
            format!(
                "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; {what}"
            )
        );
    }
}

#[test]
fn two_headers_that_sign_are_one_too_many() {
    for (first, second) in [("", "AWS4-HMAC-SHA256 Credential=x"), ("AWS a:b", ""), ("", "AWS a:b"), ("", "")]
    {
        let headers: Headers = [("authorization", first), ("authorization", second)].into_iter().collect();
        let error = identify(&request(&headers), &with(Version2::On), &OneKey::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{first:?} {second:?}");
    }
}

#[test]
fn a_wrong_signature_and_an_unknown_key_cost_the_same() {
    let keys = OneKey::default();
    let wrong = identified(&keys, "known", "another", "UNSIGNED-PAYLOAD").unwrap_err();
    assert_eq!(wrong.code, ErrorCode::SignatureDoesNotMatch);
    let spent = keys.digests.replace(0);
    let unknown = identified(&keys, "unknown", MAC, "UNSIGNED-PAYLOAD").unwrap_err();
    assert_eq!(unknown.code, ErrorCode::InvalidAccessKeyId);
    assert_eq!(unknown.details, [("AWSAccessKeyId", "unknown".to_owned())]);
    assert_eq!(keys.digests.get(), spent);
    assert!(keys.established.take().is_none());
}

#[test]
fn chunks_are_signed_if_the_request_says_so() {
    for (streaming, signed) in
        [("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true), ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", false)]
    {
        let keys = OneKey::default();
        identified(&keys, "known", MAC, streaming).unwrap();
        let (_, payload) = keys.established();
        let sdk::Payload::Chunked(chunked) = payload else { panic!("{payload:?}") };
        assert_eq!((chunked.decoded_length, chunked.signed, chunked.trailers), (Some(5), signed, true));
    }
}

#[test]
fn no_credentials_are_anonymous_and_cost_nothing() {
    let keys = OneKey::default();
    identify(&request(&Headers::default()), &with(Version2::On), &keys).unwrap();
    assert!(matches!(keys.established(), (None, sdk::Payload::Unsigned)));
    assert_eq!(keys.digests.get(), 0);
}

#[test]
fn urls_of_version_2_are_verified_by_default_and_headers_are_not() {
    let identified = |headers: &[(&str, &str)], query: &str, version2| {
        let headers: Headers = headers.iter().copied().collect();
        let keys = OneKey::default();
        let request = Request { query, ..request(&headers) };
        let outcome = identify(&request, &with(version2), &keys);
        outcome.map(|()| keys.established().0.unwrap_or_default()).map_err(|error| error.code)
    };
    let query = format!("AWSAccessKeyId=known&Signature={}&Expires=1369353601", MAC.replace(' ', "+"));
    let header = [("authorization", "AWS known:the right signature"), ("x-amz-date", "20130524T000000Z")];
    for (version2, url, by_header) in [
        (Version2::Off, Err(ErrorCode::InvalidRequest), Err(ErrorCode::InvalidRequest)),
        (Version2::Presigned, Err(ErrorCode::SignatureDoesNotMatch), Err(ErrorCode::InvalidRequest)),
        (Version2::On, Err(ErrorCode::SignatureDoesNotMatch), Ok("known".to_owned())),
    ] {
        // In a signature, a space stands for a plus. So this one is wrong, and it is verified.
        assert_eq!(identified(&[], &query, version2), url, "{version2:?}");
        assert_eq!(identified(&[("authorization", "")], &query, version2), url, "{version2:?}");
        assert_eq!(identified(&header, "", version2), by_header, "{version2:?}");
        // One mechanism at a time, and one version of it.
        assert_eq!(identified(&header, &query, version2), Err(ErrorCode::InvalidArgument));
        let both = format!("{query}&X-Amz-Algorithm=AWS4-HMAC-SHA256");
        assert_eq!(identified(&[], &both, version2), Err(ErrorCode::InvalidArgument));
    }
}

#[test]
fn version_2_is_verified_only_where_it_is_on() {
    let identified = |access_key_id: &str, signature: &str, version2| {
        let authorization = format!("AWS {access_key_id}:{signature}");
        let headers: Headers =
            [("host", "h"), ("authorization", &authorization), ("x-amz-date", "20130524T000000Z")]
                .into_iter()
                .collect();
        let keys = OneKey::default();
        identify(&request(&headers), &with(version2), &keys).map(|()| keys.established().0)
    };
    assert_eq!(identified("known", MAC, Version2::On).unwrap().as_deref(), Some("known"));
    let code =
        |access_key_id, signature, version2| identified(access_key_id, signature, version2).unwrap_err().code;
    assert_eq!(code("known", "another", Version2::On), ErrorCode::SignatureDoesNotMatch);
    assert_eq!(code("unknown", MAC, Version2::On), ErrorCode::InvalidAccessKeyId);
    assert_eq!(code("known", MAC, Version2::Off), ErrorCode::InvalidRequest);
}
