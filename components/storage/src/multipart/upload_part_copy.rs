//! UploadPartCopy: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>
//!
//! Where source and upload are both under the folder key, no byte is copied: the part refers to the
//! blobs of its source. Its digests are computed from the stored bytes, unless the part is a whole
//! object that has them. Everything else is opened under one key and sealed under another.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType, copy_algorithm};
use gateway::object::etag::ETag;
use gateway::operations::copy_source::CopySource;
use gateway::request::range::{ByteRange, Range};
use gateway::timestamp;
use gateway::xml::XmlWriter;
use sdk::response::push_header;
use sdk::{DigestAlgorithm, Response, SealedRole, Work, failure_to_error};

use super::upload_part::part_number;
use super::{checksum, find, parts};
use crate::object::copy_object::{find_bucket, find_version, refuse_body};
use crate::object::put_object::BODY_BYTES_MAX;
use crate::object::read::Found;
use crate::object::reseal::{self, Copied};
use crate::object::{checksums, slice};
use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::quota::announced;
use crate::records::{Checksum, Part, Span, Upload, Versioning};
use crate::request::{DecidedOn, Request};
use crate::sealing::{self, Key, ObjectName};

/// Makes bytes of an object a part.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let number = part_number(&request.query)?;
    refuse_body(request)?;
    let source = request.copy_source()?;
    let range = request.headers.get("x-amz-copy-source-range").map(Range::parse_copy_source).transpose()?;
    let bucket = request.bucket_row()?.record.id;
    let mut copied: Option<Copied> = None;
    let mut upload_key: Option<Key> = None;
    let mut decided_on = None;
    for attempt in 0..ATTEMPTS_MAX {
        let upload = find(request, bucket)?;
        let wanted = copy_algorithm(&request.headers)?;
        checksum::check_copied_part(&upload.record, wanted)?;
        let key = match upload_key.take() {
            Some(key) => key,
            None => {
                let name = ObjectName::of(request);
                sealing::open(request, SealedRole::Upload, name, &upload.record.protection).await?
            }
        };
        let source_bucket = find_bucket(request, &source.bucket)?;
        let found = find_version(request, &source_bucket.record, &source)?;
        decided_on.get_or_insert_with(|| DecidedOn::of(&found.row.record)).check_source(
            request,
            &source_bucket.record,
            &found.row.record,
        )?;
        let stretch = stretch(range, found.row.record.summary.size)?;
        let Some(spans) = slice::spans(&found.row.record, stretch.offset, stretch.length)? else { continue };
        announced::check_part(request, &upload.record, number, stretch.length)?;
        // The bytes of an earlier attempt will do, as long as the source has the same blobs.
        let current = match copied.take().filter(|copied| copied.source == spans) {
            Some(copied) => copied,
            None => copy(request, &source, &found, stretch, &spans, &upload.record, &key).await?,
        };
        let part = Part {
            number,
            size: stretch.length,
            modified_ms: request.now_ms(),
            md5: current.etag,
            checksums: vec![current.checksum.clone()],
            spans: current.kept().to_vec(),
        };
        let row = request.bucket_decided_again(attempt).await?;
        sealing::check_part_still_fits(request, &row.record, &upload.record.protection)?;
        let mut plan = Plan::new();
        plan.require_bucket(&row);
        if current.resealed.is_none() {
            // The part refers to the blobs of its source. They are still there if its row is.
            plan.require_unchanged(found.table_name(), &found.row);
        }
        parts::put(&mut plan, &upload, &part)?;
        if plan.commit(&request.call).await?.is_some() {
            let version = (source_bucket.record.versioning != Versioning::Unversioned)
                .then(|| found.row.record.summary.version_id().to_string());
            let mut lines = String::with_capacity(256);
            sealing::push_headers(&mut lines, &upload.record.protection, key.customer_md5.as_deref());
            return Ok(respond(&part, version.as_deref(), lines));
        }
        (copied, upload_key) = (Some(current), Some(key));
    }
    Err(contended())
}

/// Which bytes of the source are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    offset: u64,
    length: u64,
    whole: bool,
}

fn stretch(range: Option<Range>, size: u64) -> Result<Stretch> {
    let stretch = match range {
        None => Stretch { offset: 0, length: size, whole: true },
        Some(range) => {
            let ByteRange { start, length } = range.within_copy_source(size)?;
            Stretch { offset: start, length, whole: length == size }
        }
    };
    if stretch.length > BODY_BYTES_MAX {
        return Err(S3Error::new(ErrorCode::EntityTooLarge)
            .detail("ProposedSize", stretch.length.to_string())
            .detail("MaxSizeAllowed", BODY_BYTES_MAX.to_string()));
    }
    Ok(stretch)
}

/// Seals bytes of the source under the key of the upload, where that is another one. Returns their
/// digests and where they are.
async fn copy(
    request: &Request,
    source: &CopySource,
    found: &Found,
    stretch: Stretch,
    spans: &[Span],
    upload: &Upload,
    to: &Key,
) -> Result<Copied> {
    let kept = &found.row.record.details.protection;
    let name = ObjectName { bucket: &source.bucket, key: &source.key };
    let from = sealing::open(request, SealedRole::Source, name, kept).await?;
    let algorithm = checksum::algorithm(upload);
    if reseal::may_share_blobs(kept, &upload.protection) {
        return digest(request, found, stretch, spans, algorithm).await;
    }
    reseal::reseal(request, spans, &from, to, &upload.protection, algorithm).await
}

async fn digest(
    request: &Request,
    found: &Found,
    stretch: Stretch,
    spans: &[Span],
    algorithm: ChecksumAlgorithm,
) -> Result<Copied> {
    let version = &found.row.record;
    let stored = version.details.checksums.iter().find(|checksum| checksum.algorithm == algorithm);
    let is_plain =
        version.summary.etag.parts == 0 && version.summary.checksum_type == ChecksumType::FullObject;
    if let Some(checksum) = stored.filter(|_| stretch.whole && is_plain) {
        let (etag, checksum) = (version.summary.etag.md5, checksum.clone());
        return Ok(Copied { source: spans.to_vec(), etag, checksum, resealed: None, made: None });
    }
    let mut wanted = vec![DigestAlgorithm::Md5];
    if algorithm != ChecksumAlgorithm::Md5 {
        wanted.push(algorithm.into());
    }
    let stored: Vec<sdk::Span> = spans.iter().map(|span| sdk::Span::from(*span)).collect();
    let computed = request.call.digest(&stored, &wanted).await.map_err(failure_to_error)?;
    let value = checksums::find(&computed, algorithm)?.to_vec();
    let etag = checksums::find_md5(&computed)?;
    let checksum = Checksum { algorithm, value };
    Ok(Copied { source: spans.to_vec(), etag, checksum, resealed: None, made: None })
}

fn respond(part: &Part, source_version: Option<&str>, mut lines: String) -> Response {
    if let Some(id) = source_version {
        push_header(&mut lines, "x-amz-copy-source-version-id", id);
    }
    let mut xml = XmlWriter::document("CopyPartResult");
    xml.with("LastModified", |out| timestamp::push_iso8601(out, part.modified_ms));
    xml.with("ETag", |out| ETag::of_object(part.md5).push_xml(out));
    for checksum in &part.checksums {
        xml.text(checksum.algorithm.element(), &checksums::encode(&checksum.value));
    }
    Response::with_lines(200, lines).xml(xml.finish())
}
