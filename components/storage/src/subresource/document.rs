//! Receives the small XML documents that configure a bucket or an object.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::BodyDigest;
use sdk::{Work, failure_to_error};

use crate::object::checksums::{Claims, Need};
use crate::request::Request;

/// Receives the request's document. How long it may be, and whether it must come with a digest, say the
/// operations table. `MissingRequestBodyError` when the body is empty, `BadDigest`, or what [`Claims`]
/// refuses.
pub(crate) async fn receive(request: &Request) -> Result<Vec<u8>> {
    let need = match request.operation.row().digest {
        BodyDigest::Required => Need::Required,
        BodyDigest::Expected | BodyDigest::Optional => Need::Optional,
    };
    let document = receive_if(request, |_| need).await?;
    if document.is_empty() { Err(ErrorCode::MissingRequestBodyError.into()) } else { Ok(document) }
}

/// [`receive`] for operations that work without a document: it may be empty, and then needs no digest.
pub(crate) async fn receive_optional(request: &Request) -> Result<Vec<u8>> {
    let required = request.operation.row().digest == BodyDigest::Required;
    receive_if(request, |document| match required && !document.is_empty() {
        true => Need::Required,
        false => Need::Optional,
    })
    .await
}

async fn receive_if(request: &Request, need: impl Fn(&[u8]) -> Need) -> Result<Vec<u8>> {
    let claims = Claims::read(&request.headers)?;
    let collected = request.call.collect(length_max(request)?).await.map_err(failure_to_error)?;
    claims.verify_document(&collected, need(&collected.body))?;
    Ok(collected.body)
}

/// The longest document of the request's operation, in bytes.
pub(crate) fn length_max(request: &Request) -> Result<u64> {
    request.operation.row().body.length_max().ok_or_else(|| ErrorCode::InternalError.into())
}
