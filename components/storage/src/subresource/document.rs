//! Receives the small XML documents that configure a bucket or an object.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::{BodyDigest, BodyKind};
use sdk::{Work, failure_to_error};

use crate::object::checksums::{Claims, Need};
use crate::request::Request;

/// Receives the request's document. How long it may be, and whether it must come with a digest, say the
/// operations table. `MissingRequestBodyError` when the body is empty, `BadDigest`, or what [`Claims`]
/// refuses.
pub(crate) async fn receive(request: &Request) -> Result<Vec<u8>> {
    let document = receive_optional(request).await?;
    if document.is_empty() { Err(ErrorCode::MissingRequestBodyError.into()) } else { Ok(document) }
}

/// [`receive`] for operations that work without a document: it may be empty.
pub(crate) async fn receive_optional(request: &Request) -> Result<Vec<u8>> {
    let claims = Claims::read(&request.headers)?;
    let need = match request.operation.row().digest {
        BodyDigest::Required => Need::Required,
        BodyDigest::Expected | BodyDigest::Optional => Need::Optional,
    };
    let collected = request.call.collect(length_max(request)?).await.map_err(failure_to_error)?;
    claims.verify_document(&collected, need)?;
    Ok(collected.body)
}

/// The longest document of the request's operation, in bytes.
pub(crate) fn length_max(request: &Request) -> Result<u64> {
    match request.operation.row().body {
        BodyKind::Xml(max) => Ok(max),
        _ => Err(ErrorCode::InternalError.into()),
    }
}
