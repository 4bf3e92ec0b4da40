//! New objects to which a rule of their bucket applies: what is stored is what functions make of
//! the bytes that came. S3 has no such rules (docs/transforms.md).
//!
//! First the bytes are here, and are what the client claims. Then the stage `transform` has
//! functions make something of them, and that becomes a blob. ETag and checksums are of what is
//! stored.

use gateway::bucket::transforms::{TransformRule, When};
use gateway::errors::{ErrorCode, Result};
use gateway::object::checksum::ChecksumAlgorithm;
use sdk::bindings::storage::exports::portcullis::gateway::storage::{Given, Step};
use sdk::{
    IngestPlan, IngestSource, NewObjectHead, ReceivedObject, Stored, TransformedObject, Work as _,
    failure_to_error,
};

use super::checksums::{Claims, Verified};
use super::input::ObjectHeaders;
use super::put_object::BODY_BYTES_MAX;
use crate::plan::contended;
use crate::records::{BucketRow, Span};
use crate::request::Request;
use crate::rows;
use crate::sealing::Seal;

/// The rule that applies to the object that a request writes.
pub(crate) fn rule(request: &Request, bucket: &BucketRow) -> Result<Option<TransformRule>> {
    if !bucket.transforms {
        return Ok(None);
    }
    let rules = rows::transforms(&request.bucket)?.ok_or_else(contended)?;
    Ok(rules.record.find(When::Write, &request.key, &request.query).cloned())
}

/// Checks that the bucket, as it is now, has no other rule for the object. Otherwise the client has
/// to send the request again: `SlowDown`, which SDKs retry.
pub(crate) fn check_still_applies(
    request: &Request,
    bucket: &BucketRow,
    applied: Option<&TransformRule>,
) -> Result<()> {
    if rule(request, bucket)?.as_ref() == applied { Ok(()) } else { Err(contended()) }
}

/// What functions made, stored.
#[derive(Clone, Debug)]
pub(crate) struct Transformed {
    /// What they say of it.
    pub(crate) head: NewObjectHead,
    /// Its digests.
    pub(crate) verified: Verified,
    /// Where it is. No commit has kept that blob yet.
    pub(crate) spans: Vec<Span>,
}

impl Transformed {
    /// Bytes of it.
    pub(crate) fn size(&self) -> u64 {
        self.spans.iter().map(|span| span.length).sum()
    }
}

/// How often functions make the object of one request, at most, where what it is made of changes
/// meanwhile.
pub(crate) const RUNS_MAX: u32 = 3;

/// The bytes that came: stored ones, or those that are held.
pub(crate) struct Came {
    pub(crate) size: u64,
    pub(crate) source: Option<Stored>,
}

/// Has the functions of a rule make an object of bytes that came with `headers`, and stores that.
pub(crate) async fn transform(
    request: &Request,
    rule: &TransformRule,
    came: Came,
    headers: &ObjectHeaders,
    seal: &Seal,
    algorithm: ChecksumAlgorithm,
) -> Result<Transformed> {
    let object = TransformedObject {
        version_id: None,
        size: came.size,
        etag: String::new(),
        content_type: headers.content.content_type.clone(),
        last_modified_ms: request.now_ms(),
        metadata: headers.metadata.clone(),
        tags: headers.tags.clone(),
    };
    let (functions, payload) = (rule.functions.clone(), rule.payload.clone());
    let received = ReceivedObject { functions, payload, source: came.source, object };
    let Some(Given::Made(head)) = request.exchange.ask(Step::Received(received)).await else {
        return Err(ErrorCode::InternalError.into());
    };
    // Nobody claims anything of what was made.
    let claims = Claims::default();
    let plan = IngestPlan {
        length_max: BODY_BYTES_MAX,
        digests: claims.digests(algorithm),
        key: seal.key.number,
        source: IngestSource::Made,
    };
    let stored = request.call.ingest(plan).await.map_err(failure_to_error)?;
    let verified = claims.verify(algorithm, &stored)?;
    let spans = Span::of(&stored);
    Ok(Transformed { head, verified, spans })
}

/// The headers of an object, as functions change them.
pub(crate) fn changed(headers: ObjectHeaders, made: Option<&NewObjectHead>) -> ObjectHeaders {
    let mut headers = headers;
    let Some(NewObjectHead { content_type, metadata, .. }) = made else { return headers };
    if let Some(content_type) = content_type {
        headers.content.content_type = Some(content_type.clone());
    }
    if let Some(metadata) = metadata {
        headers.metadata.clone_from(metadata);
    }
    headers
}
