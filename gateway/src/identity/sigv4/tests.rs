//! What the tests of this module share: AWS's example account, and native digests.

mod canonical;
mod dates;
mod examples;
mod header;
mod presigned;
mod robustness;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::amz_date::AmzDate;
use super::sign::{Primitives, Signer};
use super::{Authentication, Request, Signed, authenticate};
use crate::errors::S3Error;
use crate::hex;
use crate::request::headers::Headers;

#[derive(Clone, Copy)]
struct Native;

impl Primitives for Native {
    fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().into()
    }
}

/// The account of every example in AWS's documentation.
const SIGNER: Signer<'static, Native> = Signer {
    primitives: Native,
    access_key_id: "AKIAIOSFODNN7EXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
    service: "s3",
};

/// The moment of every example.
const TIMESTAMP: &str = "20130524T000000Z";

fn date() -> AmzDate {
    AmzDate::parse(TIMESTAMP).unwrap()
}

fn sha256(text: &str) -> String {
    hex::encode(&Native.sha256(text.as_bytes()))
}

/// A request to be changed by the tests, arrived at the moment of the examples.
#[derive(Clone)]
struct Sent {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    form_sha256: Option<&'static str>,
    received_ms: u64,
}

impl Sent {
    fn with(mut self, name: &str, value: &str) -> Sent {
        self.headers.retain(|(sent, _)| sent != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Sent {
        self.headers.retain(|(sent, _)| sent != name);
        self
    }

    /// Changes the `Authorization` header.
    fn authorization(self, from: &str, to: &str) -> Sent {
        let value = self.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
        assert!(value.contains(from), "{value} has no {from}");
        self.with("authorization", &value.replace(from, to))
    }

    fn later_ms(mut self, milliseconds: u64) -> Sent {
        self.received_ms += milliseconds;
        self
    }

    fn verified<T>(&self, then: impl FnOnce(Result<Authentication<'_>, S3Error>) -> T) -> T {
        let headers: Headers =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request {
            method: self.method,
            path: &self.path,
            query: &self.query,
            host: "examplebucket.s3.amazonaws.com",
            headers: &headers,
            form_sha256: self.form_sha256,
            received_ms: self.received_ms,
        };
        then(authenticate(&request))
    }

    fn error(&self) -> S3Error {
        self.verified(|result| result.unwrap_err())
    }

    /// What the error document would show: code, message, details.
    fn refusal(&self) -> (&'static str, String) {
        let error = self.error();
        (error.code.as_str(), error.message.unwrap_or_else(|| error.code.message().to_owned()))
    }

    fn is_verified(&self) -> bool {
        self.verified(|result| verify(&signed(result.unwrap())))
    }
}

fn signed(authentication: Authentication<'_>) -> Signed<'_> {
    match authentication {
        Authentication::Signed(signed) => signed,
        Authentication::Anonymous(_) => panic!("anonymous"),
    }
}

/// What a caller does with a signed request: computes the signature, and compares.
fn verify(signed: &Signed<'_>) -> bool {
    let string_to_sign = signed.string_to_sign(&sha256(signed.canonical_request()));
    let date = AmzDate::parse(signed.timestamp()).unwrap();
    let signer = Signer {
        access_key_id: "",
        region: signed.credential().region(),
        service: signed.credential().service(),
        ..SIGNER
    };
    let key = signer.signing_key(date);
    hex::encode(&Native.hmac_sha256(&key, string_to_sign.as_bytes())) == signed.signature()
}

/// AWS's example "GET Object", as it arrives.
fn get_object() -> Sent {
    examples::EXAMPLES[0].sent()
}

#[test]
fn a_request_says_which_service_it_is_signed_for() {
    use super::credential_scope::claimed_service;
    use crate::request::query::Query;
    let claimed = |authorization: Option<&str>, query: &str| {
        let headers: Headers = authorization.map(|value| ("authorization", value)).into_iter().collect();
        claimed_service(&headers, &Query::parse(query).unwrap())
    };
    let header =
        "AWS4-HMAC-SHA256 Credential=A/20130524/us-east-1/s3-object-lambda/aws4_request, SignedHeaders=host";
    assert_eq!(claimed(Some(header), "").as_deref(), Some("s3-object-lambda"));
    assert_eq!(claimed(Some(&header.replace(", ", ",")), "").as_deref(), Some("s3-object-lambda"));
    let query = "X-Amz-Credential=A%2F20130524%2Fus-east-1%2Fs3%2Faws4_request";
    assert_eq!(claimed(None, query).as_deref(), Some("s3"));
    for (authorization, query) in [
        (None, ""),
        (Some("AWS A:signature"), query),
        (Some("AWS4-HMAC-SHA256 Credential=A/20130524/us-east-1/s3/other"), ""),
        (Some("AWS4-HMAC-SHA256 Credential="), ""),
        (None, "X-Amz-Credential=aws4_request"),
    ] {
        assert_eq!(claimed(authorization, query), None, "{authorization:?} {query}");
    }
}
