//! PutObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use gateway::bucket::acl;
use gateway::bucket::transforms::TransformRule;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType};
use gateway::object::etag::ETag;
use gateway::object::object_lock::Retention;
use gateway::object::precondition::WritePreconditions;
use sdk::{Failure, HoldPlan, IngestPlan, IngestSource, Ingested, Response, Work, failure_to_error};

use crate::access::{self, Owned};
use crate::plan::{ATTEMPTS_MAX, Plan};
use crate::quota::announced;
use crate::records::{Body, BucketRow, Span, Summary};
use crate::request::Request;
use crate::sealing::{self, Seal};
use crate::subresource::lock;

use super::checksums::{Claims, Verified};
use super::headers;
use super::input::ObjectHeaders;
use super::transformed::{self, Came};
use super::write::{self, KeyAsRead, NewObject};

/// Bytes of one PutObject, of one part, and of the source of one CopyObject: 5 GiB.
pub(crate) const BODY_BYTES_MAX: u64 = 5 << 30;

/// PutObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let length = check_length(request)?;
    let upload = Announced::read(request, bucket)?;
    if let Some(length) = length {
        announced::check_object(request, length)?;
    }
    let received = upload.receive(request, BODY_BYTES_MAX).await.map_err(failure_to_error)?;
    let lines = upload.store(request, bucket, received).await?;
    Ok(Response::with_lines(200, lines))
}

/// What the headers of a request, or the fields of a form, say of the object to make. Shared with
/// PostObject.
pub(crate) struct Announced {
    claims: Claims,
    algorithm: ChecksumAlgorithm,
    input: ObjectHeaders,
    owned: Owned,
    conditions: WritePreconditions,
    seal: Seal,
    /// What makes of the body what is stored.
    rule: Option<TransformRule>,
}

impl Announced {
    /// Reads it before the body comes, and refuses what could not be stored.
    pub(crate) fn read(request: &Request, bucket: &BucketRow) -> Result<Announced> {
        let claims = Claims::read(&request.headers)?;
        let is_retained = bucket.object_lock.as_ref().is_some_and(|lock| lock.default_retention.is_some());
        let input = ObjectHeaders::read(&request.headers, bucket, request.now_ms())?;
        if (input.is_locked() || is_retained) && !claims.are_any() {
            return Err(S3Error::invalid_request(
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock \
                 parameters",
            ));
        }
        let owned = access::of_new_object(request, bucket, &input.acl)?;
        let conditions = WritePreconditions::parse(&request.headers);
        if conditions.is_conditional() {
            // A write whose precondition fails already need not receive its body. The precondition
            // is evaluated again with the rows that the commit requires.
            write::check(&conditions, &KeyAsRead::read(bucket, &request.key)?)?;
        }
        let algorithm = claims.algorithm().unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let seal = Seal::of(request)?;
        let rule = transformed::rule(request, bucket)?;
        Ok(Announced { claims, algorithm, input, owned, conditions, seal, rule })
    }

    /// Receives the body.
    pub(crate) async fn receive(
        &self,
        request: &Request,
        length_max: u64,
    ) -> std::result::Result<Ingested, Failure> {
        let digests = self.claims.digests(self.algorithm);
        match self.rule {
            Some(_) => request.call.hold(HoldPlan { length_max, digests }).await,
            None => {
                let (key, source) = (self.seal.key.number, IngestSource::Sent);
                request.call.ingest(IngestPlan { length_max, digests, key, source }).await
            }
        }
    }

    /// Makes an object of what was received. Returns the header lines that say what was written.
    pub(crate) async fn store(
        self,
        request: &Request,
        bucket: &BucketRow,
        received: Ingested,
    ) -> Result<String> {
        let Announced { claims, algorithm, input, owned, conditions, seal, rule } = self;
        let verified = claims.verify(algorithm, &received)?;
        let Content { input, verified, spans } = match rule {
            None => Content { input, verified, spans: Span::of(&received) },
            Some(ref rule) => {
                let came = Came { size: received.length, source: None };
                let made = transformed::transform(request, rule, came, &input, &seal, algorithm).await?;
                let input = transformed::changed(input, Some(&made.head));
                Content { input, verified: made.verified, spans: made.spans }
            }
        };
        let size = spans.iter().map(|span| span.length).sum();
        let storage_class = input.storage_class.unwrap_or_default();
        let requested = Requested { acl: input.acl.clone(), retention: input.retention, rule };
        let etag = ETag::of_object(sealing::etag(&seal.protection, verified.md5));
        let mut details = input.details(bucket, seal.protection.clone(), request.now_ms());
        details.acl = owned.acl;
        details.checksums = vec![verified.checksum];
        details.body = Body::Spans(spans);
        let mut object = NewObject {
            owner: owned.owner,
            modified_ms: request.now_ms(),
            size,
            etag,
            storage_class,
            checksum_type: ChecksumType::FullObject,
            details,
        };
        let summary = commit(request, &mut object, &requested, &conditions).await?;
        let mut lines = String::with_capacity(256);
        headers::push_etag(&mut lines, &summary);
        headers::push_written_id(&mut lines, &summary);
        seal.push_chosen(&mut lines);
        headers::push_checksums(&mut lines, &object.details.checksums, object.checksum_type, 0);
        Ok(lines)
    }
}

/// What is stored.
struct Content {
    input: ObjectHeaders,
    verified: Verified,
    spans: Vec<Span>,
}

/// What the request wants, where the result also depends on the bucket's settings.
struct Requested {
    acl: acl::RequestedAcl,
    retention: Option<Retention>,
    rule: Option<TransformRule>,
}

/// Makes `object` the current version of the request's key. Its body is the blob that was just
/// received. The bucket counts as it is now: it may have changed while the body came.
async fn commit(
    request: &Request,
    object: &mut NewObject,
    requested: &Requested,
    conditions: &WritePreconditions,
) -> Result<Summary> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_decided_again(attempt).await?;
        // The bucket has changed since the head was read. Owner, ACL and retention follow its
        // settings of now.
        if bucket.revision != request.bucket_row()?.revision {
            sealing::check_still_fits(request, &bucket.record, &object.details.protection)?;
            transformed::check_still_applies(request, &bucket.record, requested.rule.as_ref())?;
            let owned = access::of_new_object(request, &bucket.record, &requested.acl)?;
            object.owner = owned.owner;
            object.details.acl = owned.acl;
            object.details.retention =
                requested.retention.or_else(|| lock::default_of(&bucket.record, request.now_ms()));
        }
        let as_read = KeyAsRead::read(&bucket.record, &request.key)?;
        write::check(conditions, &as_read)?;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        access::require_unblocked(request, &mut plan, &bucket.record, object)?;
        access::note_owner(&mut plan, &bucket, object.owner)?;
        let summary = write::put(&mut plan, &as_read, object)?;
        if let Body::Spans(spans) = &object.details.body {
            plan.keep(spans);
        }
        if plan.commit(&request.call).await?.is_some() {
            return Ok(summary);
        }
    }
    Err(write::conflict(conditions))
}

/// The length of the body, which must be known, and not more than 5 GiB: `MissingContentLength`,
/// `EntityTooLarge`. A body in HTTP's own chunks may come without a length, because SDKs send
/// streams like that. It is counted while it passes. S3 itself refuses such a body without
/// `x-amz-decoded-content-length`. Shared with UploadPart.
pub(crate) fn check_length(request: &Request) -> Result<Option<u64>> {
    let framed = request.headers.get("x-amz-decoded-content-length");
    let length = match framed {
        Some(text) => Some(text.parse().map_err(|_| ErrorCode::MissingContentLength)?),
        None => request.head.content_length,
    };
    match length {
        None if request.headers.has("transfer-encoding") => Ok(None),
        None => Err(ErrorCode::MissingContentLength.into()),
        Some(length) if length > BODY_BYTES_MAX => Err(S3Error::new(ErrorCode::EntityTooLarge)
            .detail("ProposedSize", length.to_string())
            .detail("MaxSizeAllowed", BODY_BYTES_MAX.to_string())),
        Some(length) => Ok(Some(length)),
    }
}
