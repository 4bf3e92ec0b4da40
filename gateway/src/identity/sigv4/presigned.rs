//! Presigned URLs: authentication in the query string.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use std::borrow::Cow;

use super::amz_date::AmzDate;
use super::credential_scope::{Credential, CredentialError};
use super::request::CLOCK_SKEW_MS_MAX;
use super::signed_headers::SignedHeaders;
use super::string_to_sign::ALGORITHM;
use crate::errors::{ErrorCode, S3Error};
use crate::request::query::Query;

/// A URL is valid for a week at most.
pub const EXPIRES_SECONDS_MAX: u64 = 604_800;

/// How a query string claims to authenticate a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mechanism {
    /// `X-Amz-Algorithm` and its companions.
    SigV4,
    /// `AWSAccessKeyId`, `Signature`, `Expires`.
    SigV2,
    /// Parameters of both: it is not clear which is meant.
    Several,
}

/// The mechanism whose parameters a query string has.
pub(crate) fn mechanism(query: &str) -> Option<Mechanism> {
    let names = query.split('&').map(|parameter| parameter.split_once('=').map_or(parameter, |part| part.0));
    let (mut is_v4, mut is_v2) = (false, false);
    for name in names {
        is_v4 |= matches!(name, "X-Amz-Algorithm" | "X-Amz-Credential" | "X-Amz-Signature");
        is_v2 |= matches!(name, "AWSAccessKeyId" | "Signature");
    }
    match (is_v4, is_v2) {
        (false, false) => None,
        (true, false) => Some(Mechanism::SigV4),
        (false, true) => Some(Mechanism::SigV2),
        (true, true) => Some(Mechanism::Several),
    }
}

/// What a presigned URL says of its own authentication.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presigned {
    /// Who signed, and for which scope.
    pub credential: Credential<'static>,
    /// What was signed beside the URL.
    pub signed_headers: SignedHeaders<'static>,
    /// As sent.
    pub signature: String,
    /// When the URL was signed.
    pub date: AmzDate,
    /// For how many seconds from then it is valid.
    pub expires_seconds: u64,
    /// `X-Amz-Content-Sha256`
    pub content_sha256: Option<String>,
    /// `X-Amz-Security-Token`
    pub security_token: Option<String>,
}

impl Presigned {
    /// Reads the parameters and checks their form.
    pub fn parse(query: &str) -> Result<Presigned, S3Error> {
        let query = Query::parse(query)?;
        match required(&query, "X-Amz-Algorithm")? {
            ALGORITHM => {}
            "AWS4-ECDSA-P256-SHA256" => {
                return Err(malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
            }
            _ => {
                return Err(malformed(
                    "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
                ));
            }
        }
        let credential = required(&query, "X-Amz-Credential")?;
        let signature = required(&query, "X-Amz-Signature")?.to_owned();
        let date = required(&query, "X-Amz-Date")?;
        let signed_headers = required(&query, "X-Amz-SignedHeaders")?.to_owned();
        let expires = required(&query, "X-Amz-Expires")?;
        let credential =
            Credential::parse(Cow::Owned(credential.to_owned())).map_err(|error| wrong_credential(&error))?;
        let signed_at = AmzDate::parse(date).ok_or_else(|| {
            malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        })?;
        if !date.starts_with(credential.date()) {
            return Err(malformed(date_mismatch(credential.date(), date)));
        }
        Ok(Presigned {
            credential,
            signed_headers: SignedHeaders::parse(Cow::Owned(signed_headers)).ok_or_else(missing)?,
            signature,
            date: signed_at,
            expires_seconds: expires_seconds(expires)?,
            content_sha256: query.get("X-Amz-Content-Sha256").map(str::to_owned),
            security_token: query.get("X-Amz-Security-Token").map(str::to_owned),
        })
    }

    /// Refuses a URL outside of its time: it is valid from its date, less the tolerated skew, until
    /// `X-Amz-Expires` seconds after it.
    pub fn check_time(&self, now_ms: u64) -> Result<(), S3Error> {
        let server_time = AmzDate::from_milliseconds(now_ms).extended();
        let end = self.date.after(self.expires_seconds);
        if self.date.milliseconds() > now_ms.saturating_add(CLOCK_SKEW_MS_MAX) {
            return Err(S3Error::new(ErrorCode::AccessDenied)
                .message("Request is not yet valid")
                .detail("X-Amz-Date", self.date.milliseconds().to_string())
                .detail("Expires", end.extended())
                .detail("ServerTime", server_time));
        }
        if end.milliseconds() <= now_ms {
            return Err(S3Error::new(ErrorCode::AccessDenied)
                .message("Request has expired")
                .detail("X-Amz-Expires", self.expires_seconds.to_string())
                .detail("Expires", end.extended())
                .detail("ServerTime", server_time));
        }
        Ok(())
    }
}

/// The message for a credential of another day, in a header or in a query.
pub(super) fn date_mismatch(credential_date: &str, request_date: &str) -> String {
    let day = request_date.get(..8).unwrap_or(request_date);
    format!(
        "Invalid credential date \"{credential_date}\". This date is not the same as X-Amz-Date: \"{day}\"."
    )
}

/// 0 is allowed: such a URL has expired when it is made.
fn expires_seconds(text: &str) -> Result<u64, S3Error> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed("X-Amz-Expires should be a number"));
    }
    if digits.len() < text.len() {
        return Err(malformed("X-Amz-Expires must be non-negative"));
    }
    // More digits than fit are too many seconds as well.
    match digits.parse() {
        Ok(seconds) if seconds <= EXPIRES_SECONDS_MAX => Ok(seconds),
        _ => Err(malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
             less than 604800 seconds",
        )),
    }
}

fn required<'q>(query: &'q Query, name: &str) -> Result<&'q str, S3Error> {
    query.get(name).filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn missing() -> S3Error {
    malformed(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
         X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    )
}

/// `AuthorizationQueryParametersError` for a credential that is refused.
pub(super) fn wrong_credential(error: &CredentialError) -> S3Error {
    malformed(format!("Error parsing the X-Amz-Credential parameter; {error}"))
}

fn malformed(message: impl Into<String>) -> S3Error {
    S3Error::new(ErrorCode::AuthorizationQueryParametersError).message(message)
}
