//! Signature Version 4: which access key signed a request, and which text exactly.
//!
//! [`authenticate`] reads a request head. It leaves two computations to its caller: one SHA-256 (of
//! the canonical request) and one HMAC (of the string to sign). So no secret key is here.
//!
//! | module | what |
//! | --- | --- |
//! | [`authorization`] | the `Authorization` header |
//! | [`presigned`] | the same in a query string, with an end |
//! | [`credential_scope`] | `KEYID/20130524/us-east-1/s3/aws4_request` |
//! | [`signed_headers`] | which headers are signed, and which must be |
//! | [`canonical_request`](mod@canonical_request), [`string_to_sign`] | what both sides write |
//! | [`payload`] | what the request promises about its body |
//! | [`amz_date`] | `20130524T000000Z` |
//! | [`sign`] | the client's side: headers, URLs, chunks |
//!
//! SigV4A is refused, and Signature Version 2 as well: where Version 2 is on,
//! [`sigv2`](crate::identity::sigv2) reads the request first.

use std::borrow::Cow;
use std::fmt;

use crate::errors::{ErrorCode, S3Error};
use crate::hex;
use crate::request::headers::Headers;

pub mod amz_date;
pub mod authorization;
pub mod canonical_request;
pub mod credential_scope;
pub mod payload;
pub mod presigned;
mod request;
pub mod sign;
pub mod signed_headers;
pub mod string_to_sign;

use amz_date::AmzDate;
pub use authorization::unsupported_mechanism;
use authorization::{AuthorizationHeader, malformed};
use canonical_request::canonical_request;
use credential_scope::{Credential, LAMBDA};
use payload::Payload;
use presigned::{Mechanism, Presigned};
pub use request::{CLOCK_SKEW_MS_MAX, Request};
use signed_headers::{ContentSha256, SignedHeaders};

/// How a request authenticates itself.
#[derive(Debug)]
pub enum Authentication<'a> {
    /// Not at all.
    Anonymous(Payload),
    /// By a signature that remains to be verified.
    Signed(Signed<'a>),
}

/// A well-formed, timely claim to have signed a request. It proves nothing until its signature is
/// verified.
pub struct Signed<'a> {
    credential: Credential<'a>,
    timestamp: Cow<'a, str>,
    signature: Cow<'a, str>,
    canonical_request: String,
    payload: Payload,
    security_token: Option<Cow<'a, str>>,
    presigned_ms: Option<u64>,
}

/// Finds out how a request authenticates itself. The errors are those that S3 gives before it
/// verifies the signature.
pub fn authenticate<'a>(request: &Request<'a>) -> Result<Authentication<'a>, S3Error> {
    let mut authorizations = request.headers.all("authorization");
    let authorization = authorizations.next();
    if authorizations.next().is_some() {
        return Err(one_mechanism_only(authorization.unwrap_or_default()));
    }
    // An empty header counts as missing.
    let authorization = authorization.filter(|value| !value.is_empty());
    let mechanism = presigned::mechanism(request.query);
    match (authorization, mechanism) {
        (None, None) => Payload::of_anonymous(request.headers).map(Authentication::Anonymous),
        (Some(value), None) => header_signed(request, value).map(Authentication::Signed),
        (Some(value), _) => Err(one_mechanism_only(value)),
        (None, Some(Mechanism::Several)) => Err(one_mechanism_only("")),
        (None, Some(Mechanism::SigV4)) => query_signed(request).map(Authentication::Signed),
        (None, Some(Mechanism::SigV2)) => Err(unsupported_mechanism()),
    }
}

/// Refuses an upload from a form whose head is signed as well: the credentials of a form are in its
/// fields.
pub fn refuse_head_signature(request: &Request<'_>) -> Result<(), S3Error> {
    let authorization = request.headers.get("authorization").filter(|value| !value.is_empty());
    match (authorization, presigned::mechanism(request.query)) {
        (None, None) => Ok(()),
        (authorization, _) => Err(one_mechanism_only(authorization.unwrap_or_default())),
    }
}

fn header_signed<'a>(request: &Request<'a>, value: &'a str) -> Result<Signed<'a>, S3Error> {
    let AuthorizationHeader { credential, signed_headers, signature } = AuthorizationHeader::parse(value)?;
    let (date, timestamp) = request_date(request.headers)?;
    if !timestamp.starts_with(credential.date()) {
        return Err(malformed(&presigned::date_mismatch(credential.date(), &timestamp)));
    }
    check_skew(request, date)?;
    let (payload_hash, payload) = match request.headers.get("x-amz-content-sha256") {
        Some(value) => {
            let payload = Payload::parse(value, request.headers)?;
            payload.check_form(request.form_sha256)?;
            (value, payload)
        }
        // Such calls sign the hash of their body, and need not send it in a header.
        None if hashes_body(&credential) => {
            let sha256 = request.form_sha256.unwrap_or(string_to_sign::EMPTY_SHA256);
            (sha256, Payload::Sha256(sha256.to_owned()))
        }
        None => {
            return Err(S3Error::invalid_request(
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
    };
    signed_headers.check_complete(request.headers, ContentSha256::MayBeUnsigned)?;
    Ok(Signed {
        canonical_request: canonical_request(request, &signed_headers, payload_hash, credential.service()),
        credential,
        timestamp,
        signature: Cow::Borrowed(signature),
        payload,
        security_token: request.headers.get("x-amz-security-token").map(Cow::Borrowed),
        presigned_ms: None,
    })
}

fn query_signed<'a>(request: &Request<'a>) -> Result<Signed<'a>, S3Error> {
    let presigned = Presigned::parse(request.query)?;
    presigned.check_time(request.received_ms)?;
    let payload_hash = match request.form_sha256 {
        // Presigned calls of Query APIs sign the hash of their form, as calls that are signed in
        // the header do.
        Some(sha256) if hashes_body(&presigned.credential) => sha256,
        _ => presigned_payload_hash(&presigned.content_sha256, &presigned.signed_headers, request.headers),
    };
    let payload = Payload::parse(payload_hash, request.headers)?;
    payload.check_form(request.form_sha256)?;
    presigned.signed_headers.check_complete(request.headers, ContentSha256::MustBeSigned)?;
    Ok(Signed {
        canonical_request: canonical_request(
            request,
            &presigned.signed_headers,
            payload_hash,
            presigned.credential.service(),
        ),
        presigned_ms: Some(presigned.date.milliseconds()),
        timestamp: Cow::Owned(presigned.date.basic()),
        credential: presigned.credential,
        signature: Cow::Owned(presigned.signature),
        payload,
        security_token: presigned
            .security_token
            .map(Cow::Owned)
            .or_else(|| request.headers.get("x-amz-security-token").map(Cow::Borrowed)),
    })
}

/// The last line of a presigned URL's canonical request: what its query or a signed header says,
/// and `UNSIGNED-PAYLOAD` otherwise.
fn presigned_payload_hash<'h>(
    of_query: &'h Option<String>,
    signed_headers: &SignedHeaders<'_>,
    headers: &'h Headers,
) -> &'h str {
    if let Some(value) = of_query {
        return value;
    }
    match headers.get("x-amz-content-sha256") {
        Some(value) if signed_headers.contains("x-amz-content-sha256") => value,
        _ => payload::UNSIGNED_PAYLOAD,
    }
}

/// `x-amz-date`, else `Date`, with the timestamp that the string to sign has for it.
fn request_date(headers: &Headers) -> Result<(AmzDate, Cow<'_, str>), S3Error> {
    let date = match headers.get("x-amz-date") {
        Some(text) => AmzDate::parse(text).map(|date| (date, Cow::Borrowed(text))),
        None => {
            headers.get("date").and_then(AmzDate::parse_http).map(|date| (date, Cow::Owned(date.basic())))
        }
    };
    date.ok_or_else(|| {
        S3Error::new(ErrorCode::AccessDenied)
            .message("AWS authentication requires a valid Date or x-amz-date header")
    })
}

pub(crate) fn check_skew(request: &Request<'_>, date: AmzDate) -> Result<(), S3Error> {
    if date.milliseconds().abs_diff(request.received_ms) <= CLOCK_SKEW_MS_MAX {
        return Ok(());
    }
    let sent = request.headers.get("x-amz-date").or_else(|| request.headers.get("date")).unwrap_or_default();
    Err(S3Error::new(ErrorCode::RequestTimeTooSkewed)
        .detail("RequestTime", sent)
        .detail("ServerTime", AmzDate::from_milliseconds(request.received_ms).extended())
        .detail("MaxAllowedSkewMilliseconds", CLOCK_SKEW_MS_MAX.to_string()))
}

/// The error for a credential of another service than `services`: a signature for one service must
/// not be valid for another. `AuthorizationHeaderMalformed` or `AuthorizationQueryParametersError`;
/// STS, IAM and Lambda say `SignatureDoesNotMatch`.
pub fn check_service(
    request: &Request<'_>,
    credential: &Credential<'_>,
    services: &[&'static str],
) -> Result<(), S3Error> {
    let Err(error) = credential.check_service(services) else { return Ok(()) };
    if let Some(own @ ("sts" | "iam" | LAMBDA)) = services.first().copied() {
        return Err(S3Error::new(ErrorCode::SignatureDoesNotMatch)
            .message(format!("Credential should be scoped to correct service: '{own}'.")));
    }
    let is_in_header = request.headers.get("authorization").is_some_and(|value| !value.is_empty());
    Err(match is_in_header {
        true => malformed(&error.to_string()),
        false => presigned::wrong_credential(&error),
    })
}

/// Whether a credential is for a service whose requests sign the hash of their body, and need not
/// send it: STS, IAM or Lambda.
fn hashes_body(credential: &Credential<'_>) -> bool {
    matches!(credential.service(), "sts" | "iam" | LAMBDA)
}

/// The error repeats the header only when it is a signature: anything else may be a password.
fn one_mechanism_only(authorization: &str) -> S3Error {
    let scheme = authorization.split(' ').next().unwrap_or_default();
    let shown = if scheme.starts_with("AWS4-") { authorization } else { scheme };
    S3Error::invalid_argument(
        "Authorization",
        shown,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
         parameter or the Authorization header should be specified",
    )
}

impl Signed<'_> {
    /// Who claims to have signed.
    pub fn access_key_id(&self) -> &str {
        self.credential.access_key_id()
    }

    /// The access key, and the scope.
    pub fn credential(&self) -> &Credential<'_> {
        &self.credential
    }

    /// The text whose SHA-256 [`Signed::string_to_sign`] needs.
    pub fn canonical_request(&self) -> &str {
        &self.canonical_request
    }

    /// The text whose HMAC is the signature, if the claim is true.
    pub fn string_to_sign(&self, canonical_request_sha256: &str) -> String {
        string_to_sign::string_to_sign(&self.timestamp, self.credential.scope(), canonical_request_sha256)
    }

    /// The signature as sent.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// `20130524T000000Z`
    pub fn timestamp(&self) -> &str {
        &self.timestamp
    }

    /// When a presigned URL was signed, in milliseconds since 1970; `None` for a signature in a
    /// header.
    pub fn presigned_ms(&self) -> Option<u64> {
        self.presigned_ms
    }

    /// What the request promises about its body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// The error for an access key that does not exist.
    pub fn unknown_access_key(&self) -> S3Error {
        unknown_access_key(self.access_key_id())
    }

    /// The error for a signature that is wrong, with the texts that show a client why.
    pub fn mismatch(&self, string_to_sign: &str) -> S3Error {
        let error = signature_mismatch(self.access_key_id(), string_to_sign, self.signature());
        if holds_secret(&self.canonical_request) || self.security_token.is_some() {
            return error;
        }
        error
            .detail("CanonicalRequest", self.canonical_request())
            .detail("CanonicalRequestBytes", hex_dump(self.canonical_request()))
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signed").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// The error for an access key that does not exist.
pub fn unknown_access_key(access_key_id: &str) -> S3Error {
    S3Error::new(ErrorCode::InvalidAccessKeyId).detail("AWSAccessKeyId", access_key_id)
}

/// The error for a wrong signature. It shows the client what should have been signed.
pub fn signature_mismatch(access_key_id: &str, string_to_sign: &str, signature: &str) -> S3Error {
    let error = S3Error::new(ErrorCode::SignatureDoesNotMatch).detail("AWSAccessKeyId", access_key_id);
    if holds_secret(string_to_sign) {
        return error.detail("SignatureProvided", signature);
    }
    error
        .detail("StringToSign", string_to_sign)
        .detail("SignatureProvided", signature)
        .detail("StringToSignBytes", hex_dump(string_to_sign))
}

/// Whether a signed text holds a secret of the request's head: a customer key, or a token. In a
/// presigned query, names may be in any case.
fn holds_secret(signed: &str) -> bool {
    let signed = signed.to_ascii_lowercase();
    signed.contains("encryption-customer-key") || signed.contains("x-amz-security-token")
}

/// `41 57 53`
fn hex_dump(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if !out.is_empty() {
            out.push(' ');
        }
        hex::push(&mut out, &[byte]);
    }
    out
}

#[cfg(test)]
mod tests;
