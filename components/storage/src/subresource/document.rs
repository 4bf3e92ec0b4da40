//! Receives the small XML documents that configure a bucket or an object.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::{BodyDigest, Purpose};
use gateway::request::headers::with_signed_query;
use sdk::{Collected, Work, failure_to_error};

use crate::object::checksums::{Claims, Need};
use crate::request::Request;

/// Receives the request's document. The operations table says how long it may be, and whether it
/// must come with a digest. `MissingRequestBodyError` when the body is empty (`MalformedXML` where
/// the lock of an object is changed), `BadDigest`, or what [`Claims`] refuses.
pub(crate) async fn receive(request: &Request) -> Result<Vec<u8>> {
    let need = match request.operation.row().digest {
        BodyDigest::Required => Need::Required,
        BodyDigest::Expected | BodyDigest::Optional => Need::Optional,
    };
    let document = collect(request, |_| need).await?;
    if document.is_empty() {
        // An empty document is refused as such. There is nothing in it to decide on.
        return Err(match request.operation.purpose() {
            Purpose::SetLock => ErrorCode::MalformedXML.into(),
            _ => ErrorCode::MissingRequestBodyError.into(),
        });
    }
    request.decide_on_document(&document).await?;
    Ok(document)
}

/// [`receive`] for operations that work without a document: it may be empty, and then needs no
/// digest.
pub(crate) async fn receive_optional(request: &Request) -> Result<Vec<u8>> {
    let required = request.operation.row().digest == BodyDigest::Required;
    let document = collect(request, |document| match required && !document.is_empty() {
        true => Need::Required,
        false => Need::Optional,
    });
    let document = document.await?;
    request.decide_on_document(&document).await?;
    Ok(document)
}

/// The document, before it was decided on. `InvalidRequest` for `aws-chunked` framing, which is for
/// streams.
async fn collect(request: &Request, need: impl Fn(&[u8]) -> Need) -> Result<Vec<u8>> {
    if request.headers.get("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-")) {
        return Err(S3Error::invalid_request("The value of x-amz-content-sha256 header is invalid."));
    }
    let claims = Claims::read(&request.headers)?;
    let collected = request.call.collect(length_max(request)?).await.map_err(failure_to_error)?;
    let need = match need(&collected.body) {
        Need::Required if !claims.are_any() && is_presigned_for(request, &collected) => Need::Optional,
        need => need,
    };
    claims.verify_document(&collected, need)?;
    Ok(collected.body)
}

/// Whether the query of a presigned URL holds the checksum of the document. Then whoever made the
/// URL had the document, and the signature covers the checksum.
fn is_presigned_for(request: &Request, document: &Collected) -> bool {
    let claims =
        with_signed_query(request.headers.clone(), &request.query).and_then(|all| Claims::read(&all));
    claims.is_ok_and(|claims| claims.verify_document(document, Need::Required).is_ok())
}

/// The longest document of the request's operation, in bytes.
pub(crate) fn length_max(request: &Request) -> Result<u64> {
    request.operation.row().body.length_max().ok_or_else(|| ErrorCode::InternalError.into())
}
