//! UploadPart: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>

use gateway::errors::Result;
use gateway::object::checksum::presigned_algorithm;
use gateway::object::etag::ETag;
use gateway::request::query::Query;
use sdk::{IngestPlan, IngestSource, Response, SealedRole, Work, failure_to_error};

use super::{checksum, find, parts};
use crate::object::checksums::{self, Claims};
use crate::object::put_object::{BODY_BYTES_MAX, check_length};
use crate::object::slice;
use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::quota::announced;
use crate::records::{Checksum, Part, Span};
use crate::request::Request;
use crate::sealing::{self, ObjectName};

/// Receives a part. It replaces a part that was uploaded under the same number before.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let number = part_number(&request.query)?;
    let length = check_length(request)?;
    let claims = Claims::read(&request.headers)?;
    let bucket = request.bucket_row()?.record.id;
    let upload = find(request, bucket)?.record;
    let kept = checksum::algorithm(&upload);
    let presigned = presigned_algorithm(&request.query).filter(|named| *named == kept);
    checksum::check_part(&upload, claims.algorithm().or(presigned))?;
    if let Some(length) = length {
        announced::check_part(request, &upload, number, length)?;
    }
    let key = sealing::open(request, SealedRole::Upload, ObjectName::of(request), &upload.protection).await?;

    let claimed = claims.algorithm().unwrap_or(kept);
    let mut digests = claims.digests(claimed);
    if claimed != kept {
        digests.push(kept.into());
    }
    let plan =
        IngestPlan { length_max: BODY_BYTES_MAX, digests, key: key.number, source: IngestSource::Sent };
    let received = request.call.ingest(plan).await.map_err(failure_to_error)?;
    let verified = claims.verify(claimed, &received)?;
    let mut part = Part {
        number,
        size: received.length,
        modified_ms: request.now_ms(),
        md5: sealing::etag(&upload.protection, verified.md5),
        checksums: vec![verified.checksum],
        spans: Span::of(&received),
    };
    if claimed != kept {
        let value = checksums::find(&received.digests, kept)?.to_vec();
        part.checksums.push(Checksum { algorithm: kept, value });
    }
    store(request, bucket, &part).await?;

    let mut lines = String::with_capacity(256);
    sealing::push_headers(&mut lines, &upload.protection, key.customer_md5.as_deref());
    let mut response = Response::with_lines(200, lines).header("etag", &ETag::of_object(part.md5).quoted());
    if let Some(checksum) = part.checksums.first() {
        response = response.header(checksum.algorithm.header(), &checksums::encode(&checksum.value));
    }
    Ok(response)
}

/// Reads `partNumber`: 1 to 10,000.
pub(super) fn part_number(query: &Query) -> Result<u32> {
    slice::parse_part_number(query.get("partNumber").unwrap_or_default())
}

/// Makes `part` one of the upload's parts. `NoSuchUpload` when the upload was completed or aborted
/// meanwhile.
async fn store(request: &Request, bucket: u64, part: &Part) -> Result<()> {
    for attempt in 0..ATTEMPTS_MAX {
        let row = request.bucket_decided_again(attempt).await?;
        let upload = find(request, bucket)?;
        sealing::check_part_still_fits(request, &row.record, &upload.record.protection)?;
        let mut plan = Plan::new();
        plan.require_bucket(&row);
        parts::put(&mut plan, &upload, part)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(contended())
}
