//! Deployed functions, by the API of AWS Lambda that tools use: what requests name, their documents
//! and errors.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>. Its requests are signed for
//! a service of their own, so that a path like `/2015-03-31/functions` may be a bucket's as well.
//!
//! | module | what |
//! | --- | --- |
//! | [`table`] | THE FUNCTION OPERATIONS TABLE: a request to its operation |
//! | [`names`] | names and ARNs of functions, versions and aliases |
//! | [`input`] | the documents of requests |
//! | [`environment`] | environment variables: what they declare, and which are secrets |
//! | [`output`] | the documents of responses |
//! | [`test_event`] | what Invoke calls a function with, and the document of its answer |
//! | [`statements`] | the policy of a function, statement by statement |

pub mod environment;
pub mod input;
pub mod names;
pub mod output;
pub mod statements;
pub mod table;
pub mod test_event;

use serde_json::json;

use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::sigv4::credential_scope::LAMBDA;

/// The service that requests are signed for.
pub const SERVICES: &[&str] = &[LAMBDA];
/// How that stands in the header `Authorization`.
const SCOPE: &str = "/lambda/aws4_request";

/// The document of a request with code: 18 MiB of a package in base64. Those of interpreters have
/// up to 8 MiB.
pub const CODE_BYTES_MAX: u64 = 24 << 20;
/// Every other document but test events.
pub const DOCUMENT_BYTES_MAX: u64 = 256 << 10;

/// Whether a request is for this API: its path begins with a date, and it is signed for this
/// service.
pub fn is_addressed(path: &str, authorization: Option<&str>) -> bool {
    // Nearly every other request ends here.
    path.starts_with("/20") && is_dated(path) && authorization.is_some_and(|value| value.contains(SCOPE))
}

/// `/2015-03-31/…`
fn is_dated(path: &str) -> bool {
    let Some(date) = path.get(1..11) else { return false };
    let fits = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    date.bytes().enumerate().all(fits) && path.as_bytes().get(11) == Some(&b'/')
}

/// `InvalidParameterValueException`
pub fn invalid(message: impl Into<String>) -> S3Error {
    S3Error::new(ErrorCode::InvalidParameterValueException).message(message)
}

/// `ResourceNotFoundException`
pub fn not_found(message: impl Into<String>) -> S3Error {
    S3Error::new(ErrorCode::ResourceNotFoundException).message(message)
}

/// `ResourceConflictException`
pub fn conflict(message: impl Into<String>) -> S3Error {
    S3Error::new(ErrorCode::ResourceConflictException).message(message)
}

/// Quotation marks of a document, and commas: twice what 250 variables and all settings have.
const QUOTES_MAX: usize = 4_000;

/// Reads the document of a request. `InvalidRequestContentException`, which says where, and not
/// what: a document has secrets.
pub fn parse<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    let body = if body.is_empty() { b"{}".as_slice() } else { body };
    // A package is one long text. Everything else of a document is short.
    if memchr::memchr_iter(b'"', body).take(QUOTES_MAX + 1).count() > QUOTES_MAX
        || memchr::memchr_iter(b',', body).take(QUOTES_MAX + 1).count() > QUOTES_MAX
    {
        return Err(S3Error::new(ErrorCode::InvalidRequestContentException)
            .message("The document has too many members."));
    }
    serde_json::from_slice(body).map_err(|error| {
        S3Error::new(ErrorCode::InvalidRequestContentException).message(format!(
            "Could not parse request body into json: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

/// The code that Lambda has for an error that S3 spells differently.
fn code_of(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::AccessDenied => ErrorCode::AccessDeniedException,
        ErrorCode::SignatureDoesNotMatch
        | ErrorCode::RequestTimeTooSkewed
        | ErrorCode::AuthorizationHeaderMalformed => ErrorCode::InvalidSignatureException,
        ErrorCode::InvalidAccessKeyId | ErrorCode::InvalidToken => ErrorCode::UnrecognizedClientException,
        ErrorCode::MissingAuthenticationToken => ErrorCode::MissingAuthenticationTokenException,
        ErrorCode::ExpiredToken => ErrorCode::ExpiredTokenException,
        ErrorCode::SlowDown | ErrorCode::OperationAborted => ErrorCode::TooManyRequestsException,
        ErrorCode::InternalError | ErrorCode::ServiceUnavailable => ErrorCode::ServiceException,
        ErrorCode::MaxMessageLengthExceeded | ErrorCode::EntityTooLarge => {
            ErrorCode::RequestEntityTooLargeException
        }
        ErrorCode::MalformedPolicy => ErrorCode::InvalidParameterValueException,
        other => other,
    }
}

/// An error as Lambda sends it: its status, the value of `x-amzn-errortype`, and the document.
pub fn render_error(code: ErrorCode, message: Option<&str>) -> (u16, &'static str, String) {
    let own = code_of(code);
    let status = match own {
        // A token of a web identity has another status with this name.
        ErrorCode::ExpiredTokenException => 403,
        other => other.status(),
    };
    let kind = if status < 500 { "User" } else { "Service" };
    let message = message.unwrap_or(own.message());
    (status, own.as_str(), json!({ "Type": kind, "Message": message }).to_string())
}

#[cfg(test)]
mod tests;
