//! Receives the small XML documents that configure a bucket or an object.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::{BodyDigest, BodyKind};
use gateway::xml::Element;
use sdk::{Work, failure_to_error};

use crate::object::checksums::{Claims, Need};
use crate::request::Request;

/// Receives the request's document, whose root must be named `root`.
///
/// Its length and its need for a digest come from the operations table. `MissingRequestBodyError` when the body is
/// empty, `MalformedXML`, `BadDigest`, or what [`Claims`] refuses.
pub(crate) async fn receive(request: &Request, root: &str) -> Result<Element> {
    match receive_optional(request, root).await? {
        Some(document) => Ok(document),
        None => Err(ErrorCode::MissingRequestBodyError.into()),
    }
}

/// [`receive`] for operations that work without a document.
pub(crate) async fn receive_optional(request: &Request, root: &str) -> Result<Option<Element>> {
    let row = request.operation.row();
    let limit = match row.body {
        BodyKind::Xml(limit) => limit,
        _ => return Err(ErrorCode::InternalError.into()),
    };
    let claims = Claims::read(&request.headers)?;
    let need = match row.digest {
        BodyDigest::Required => Need::Required,
        _ => Need::Optional,
    };
    let collected = request.call.collect(limit).await.map_err(failure_to_error)?;
    claims.verify_document(&collected, need)?;
    if collected.body.is_empty() {
        return Ok(None);
    }
    Element::parse_named(&collected.body, root).map(Some)
}
