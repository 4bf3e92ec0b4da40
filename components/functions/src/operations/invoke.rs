//! Invoke.

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{Call, Response};

use crate::request::Request;

/// Invoke of a test event is not here yet.
pub(crate) async fn invoke(_call: &Call, request: Request) -> Result<Response> {
    request.function()?;
    Err(S3Error::new(ErrorCode::NotImplemented).message("Invoke is not implemented."))
}
