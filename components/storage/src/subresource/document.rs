//! Receives the small XML documents that configure a bucket or an object.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::{BodyDigest, Operation};
use sdk::{Work, failure_to_error};

use crate::object::checksums::{Claims, Need};
use crate::request::Request;

/// Receives the request's document. How long it may be, and whether it must come with a digest, say the
/// operations table. `MissingRequestBodyError` when the body is empty (`MalformedXML` where the lock of an object is
/// changed), `BadDigest`, or what [`Claims`] refuses.
pub(crate) async fn receive(request: &Request) -> Result<Vec<u8>> {
    let need = match request.operation.row().digest {
        BodyDigest::Required => Need::Required,
        BodyDigest::Expected | BodyDigest::Optional => Need::Optional,
    };
    let document = receive_if(request, |_| need).await?;
    match request.operation {
        _ if !document.is_empty() => Ok(document),
        Operation::PutObjectRetention | Operation::PutObjectLegalHold => Err(ErrorCode::MalformedXML.into()),
        _ => Err(ErrorCode::MissingRequestBodyError.into()),
    }
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

/// Documents are not sent in the framing of streams: `InvalidRequest`.
async fn receive_if(request: &Request, need: impl Fn(&[u8]) -> Need) -> Result<Vec<u8>> {
    if request.headers.get("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-")) {
        return Err(S3Error::invalid_request("The value of x-amz-content-sha256 header is invalid."));
    }
    let claims = Claims::read(&request.headers)?;
    let collected = request.call.collect(length_max(request)?).await.map_err(failure_to_error)?;
    claims.verify_document(&collected, need(&collected.body))?;
    if judges(request, &collected.body) {
        request.judge_document(&collected.body).await?;
    }
    Ok(collected.body)
}

/// Whether there is something to judge: a document that is missing is refused as such.
fn judges(request: &Request, document: &[u8]) -> bool {
    let may_be_empty = matches!(
        request.operation,
        Operation::CreateBucket | Operation::PutBucketAcl | Operation::PutObjectAcl
    );
    !document.is_empty() || may_be_empty
}

/// The longest document of the request's operation, in bytes.
pub(crate) fn length_max(request: &Request) -> Result<u64> {
    request.operation.row().body.length_max().ok_or_else(|| ErrorCode::InternalError.into())
}
