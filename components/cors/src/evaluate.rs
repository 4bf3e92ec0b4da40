//! The evaluation of a cross-origin request.

use gateway::errors::{ErrorCode, S3Error};
use sdk::{Call, Progress};

/// Refuses a preflight; leaves everything else as it is.
pub(crate) fn evaluate(call: &Call) -> Result<Progress, S3Error> {
    if !call.head().text.starts_with("OPTIONS ") {
        return Ok(Progress::Pending);
    }
    if call.header("origin").is_none() {
        return Err(no_origin());
    }
    let method = call.header("access-control-request-method").unwrap_or_default();
    Err(not_enabled(&method, call.target().key.is_some()))
}

/// The answer to an `OPTIONS` that is no preflight.
pub(crate) fn no_origin() -> S3Error {
    S3Error::new(ErrorCode::BadRequest).message("Insufficient information. Origin request header needed.")
}

/// The answer to a preflight where no bucket has rules.
pub(crate) fn not_enabled(method: &str, of_object: bool) -> S3Error {
    S3Error::new(ErrorCode::AccessForbidden)
        .message("CORSResponse: CORS is not enabled for this bucket.")
        .detail("Method", method)
        .detail("ResourceType", if of_object { "OBJECT" } else { "BUCKET" })
}

#[cfg(test)]
mod tests;
