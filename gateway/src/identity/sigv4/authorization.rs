//! The `Authorization` header.
//!
//! `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=host;x-amz-date, Signature=…`

use std::borrow::Cow;

use super::credential_scope::Credential;
use super::signed_headers::SignedHeaders;
use super::string_to_sign::ALGORITHM;
use crate::errors::{ErrorCode, S3Error};

/// What the header says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthorizationHeader<'a> {
    /// Who signed, and for which scope.
    pub credential: Credential<'a>,
    /// What was signed.
    pub signed_headers: SignedHeaders<'a>,
    /// As sent.
    pub signature: &'a str,
}

impl<'a> AuthorizationHeader<'a> {
    /// Reads the value of the header. Errors name the scheme, never the rest: it may be a password.
    pub fn parse(value: &'a str) -> Result<AuthorizationHeader<'a>, S3Error> {
        let (scheme, components) = value.split_once(' ').unwrap_or((value, ""));
        match scheme {
            ALGORITHM => Self::parse_components(components),
            "AWS" | "AWS4-ECDSA-P256-SHA256" => Err(unsupported_mechanism()),
            _ if components.is_empty() => Err(S3Error::new(ErrorCode::InvalidArgument)
                .message("Authorization header is invalid -- one and only one ' ' (space) required")
                .detail("ArgumentName", "Authorization")),
            _ => Err(S3Error::invalid_argument("Authorization", scheme, "Unsupported Authorization Type")),
        }
    }

    fn parse_components(components: &'a str) -> Result<AuthorizationHeader<'a>, S3Error> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        let mut components = parts(components).map(str::trim_ascii).filter(|part| !part.is_empty());
        let named = [components.next(), components.next(), components.next()];
        if components.next().is_some() || named.iter().any(Option::is_none) {
            return Err(malformed(
                "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
            ));
        }
        for component in named.into_iter().flatten() {
            let part = component.split_once('=').map(|(name, value)| (name.trim_ascii(), value.trim_ascii()));
            match part {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                Some(_) => {}
                None => {
                    return Err(malformed(&format!(
                        "the authorization component \"{component}\" is malformed."
                    )));
                }
            }
        }
        let credential = credential.ok_or_else(|| malformed("missing Credential."))?;
        let signed_headers = signed_headers.ok_or_else(|| malformed("missing SignedHeaders."))?;
        let signature = signature.ok_or_else(|| malformed("missing Signature."))?;
        Ok(AuthorizationHeader {
            credential: Credential::parse(Cow::Borrowed(credential))
                .map_err(|error| malformed(&error.to_string()))?,
            signed_headers: SignedHeaders::parse(Cow::Borrowed(signed_headers))
                .ok_or_else(|| malformed("the authorization component \"SignedHeaders\" is malformed."))?,
            signature,
        })
    }
}

/// The parts between commas. Most requests have such a header, of some 200 bytes, so it is searched
/// with vector instructions.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (part, behind) = match memchr::memchr(b',', text.as_bytes()) {
            Some(comma) => (text.get(..comma), text.get(comma + 1..)),
            None => (Some(text), None),
        };
        rest = behind;
        part
    })
}

/// `AuthorizationHeaderMalformed` for this reason.
pub(super) fn malformed(reason: &str) -> S3Error {
    S3Error::new(ErrorCode::AuthorizationHeaderMalformed)
        .message(format!("The authorization header is malformed; {reason}"))
}

/// The error that S3 gives for Signature Version 2, and this server for SigV4A.
pub fn unsupported_mechanism() -> S3Error {
    S3Error::invalid_request(
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
}
