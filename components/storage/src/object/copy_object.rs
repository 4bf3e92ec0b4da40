//! CopyObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
//!
//! Where source and copy are both under the folder key, no byte is copied: the new version refers
//! to the blobs of its source. Only digests that the source does not have are computed: the MD5 of
//! a multipart object, and a checksum of another algorithm. Everything else is opened under one key
//! and sealed under another. A rule of the bucket about transforms applies to copies, too.

use gateway::bucket::transforms::{TransformRule, When};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType, copy_algorithm};
use gateway::object::etag::ETag;
use gateway::object::precondition::{ReadPreconditions, WritePreconditions};
use gateway::operations::copy_source::CopySource;
use gateway::request::query::Query;
use gateway::timestamp;
use gateway::xml::XmlWriter;
use sdk::response::push_header;
use sdk::{DigestAlgorithm, Response, SealedRole, Stored, Work, failure_to_error};

use crate::plan::{ATTEMPTS_MAX, Plan};
use crate::quota::announced;
use crate::records::{Body, BucketRow, Checksum, Details, Row, Span, Summary, Version, Versioning};
use crate::request::{self, DecidedOn, Request};
use crate::sealing::{self, ObjectName, Seal};
use crate::{access, rows};

use super::input::ObjectHeaders;
use super::put_object::BODY_BYTES_MAX;
use super::read::{self, Found};
use super::reseal::{self, Copied};
use super::transformed::{self, Came};
use super::write::{self, KeyAsRead, NewObject, Table};
use super::{checksums, headers, slice};

/// Where metadata or tags of the new object come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    /// From the source.
    Copy,
    /// From the request.
    Replace,
}

/// CopyObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    refuse_body(request)?;
    let source = request.copy_source()?;
    let input = ObjectHeaders::read(&request.headers, &request.bucket_row()?.record, request.now_ms())?;
    let metadata = directive(request, "x-amz-metadata-directive", "Unknown metadata directive.")?;
    let tagging = directive(request, "x-amz-tagging-directive", "Unknown tagging directive.")?;
    let algorithm = copy_algorithm(&request.headers)?;
    let conditions = WritePreconditions::parse(&request.headers);
    // Once for all attempts: what an attempt has sealed under this key, the next one uses.
    let seal = Seal::of(request)?;
    let rule = transformed::rule(request, &request.bucket_row()?.record)?;
    let mut copied: Option<Copied> = None;
    let mut runs = 0;
    let mut decided_on = None;
    for attempt in 0..ATTEMPTS_MAX {
        let source_bucket = find_bucket(request, &source.bucket)?;
        let found = find_source(request, &source_bucket.record, &source)?;
        decided_on.get_or_insert_with(|| DecidedOn::of(&found.row.record)).check_source(
            request,
            &source_bucket.record,
            &found.row.record,
        )?;
        if !changes(request, metadata, &input) && is_same(request, &source, &found) {
            return Err(onto_itself());
        }
        let version = &found.row.record;
        let Some(spans) = slice::spans(version, 0, version.summary.size)? else { continue };
        announced::check_object(request, version.summary.size)?;
        let headers = details(&input, version, metadata, tagging);
        // The bytes of an earlier attempt will do, as long as the source has the same blobs.
        let current = match copied.take().filter(|copied| copied.source == spans) {
            Some(copied) => copied,
            None => match &rule {
                Some(rule) => {
                    runs += 1;
                    if runs > transformed::RUNS_MAX {
                        break;
                    }
                    let of = (&source, &found.row, &*spans);
                    transform(request, rule, of, &headers, &seal, algorithm).await?
                }
                None => copy(request, &source, &found.row, &spans, &seal, algorithm).await?,
            },
        };
        // Copying may have taken long. What the decision rested on may have changed.
        let bucket = request.bucket_decided_again(attempt).await?;
        if tagging == Directive::Copy && !has_tags_of(request, &source_bucket.record, &source, version)? {
            copied = Some(current);
            continue;
        }
        sealing::check_still_fits(request, &bucket.record, &seal.protection)?;
        transformed::check_still_applies(request, &bucket.record, rule.as_ref())?;
        let object = new_object(request, &bucket.record, headers, &seal, &current)?;
        let as_read = KeyAsRead::read(&bucket.record, &request.key)?;
        write::check(&conditions, &as_read)?;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        if current.resealed.is_none() {
            // The copy refers to the blobs of its source. They are still there if its row is.
            plan.require_unchanged(found.table_name(), &found.row);
        }
        access::require_unblocked(request, &mut plan, &bucket.record, &object)?;
        access::note_owner(&mut plan, &bucket, object.owner)?;
        let summary = write::put(&mut plan, &as_read, &object)?;
        plan.keep(current.kept());
        if plan.commit(&request.call).await?.is_some() {
            return Ok(respond(&source_bucket.record, &version.summary, &summary, &object, &seal));
        }
        copied = Some(current);
    }
    Err(write::conflict(&conditions))
}

/// The copy, as its bucket wants new objects now.
fn new_object(
    request: &Request,
    bucket: &BucketRow,
    headers: ObjectHeaders,
    seal: &Seal,
    copied: &Copied,
) -> Result<NewObject> {
    let headers = transformed::changed(headers, copied.made.as_ref());
    let owned = access::of_new_object(request, bucket, &headers.acl)?;
    let storage_class = headers.storage_class.unwrap_or_default();
    let details = Details {
        acl: owned.acl,
        checksums: vec![copied.checksum.clone()],
        body: Body::Spans(copied.kept().to_vec()),
        ..headers.details(bucket, seal.protection.clone(), request.now_ms())
    };
    Ok(NewObject {
        owner: owned.owner,
        modified_ms: request.now_ms(),
        size: copied.size(),
        etag: ETag::of_object(copied.etag),
        storage_class,
        checksum_type: ChecksumType::FullObject,
        details,
    })
}

/// Whether the source still has the tags that the copy takes from it. `policy` has just decided on
/// the tags that it has now.
fn has_tags_of(
    request: &Request,
    bucket: &BucketRow,
    source: &CopySource,
    version: &Version,
) -> Result<bool> {
    Ok(find_source(request, bucket, source)?.row.record.details.tags == version.details.tags)
}

/// Refuses a copy with a body: `InvalidRequest`. A body in HTTP's own chunks has no length, so it
/// is not noticed here. It is not read either. Shared with UploadPartCopy.
pub(crate) fn refuse_body(request: &Request) -> Result<()> {
    match request.head.content_length {
        None | Some(0) => Ok(()),
        Some(_) => Err(S3Error::invalid_request(
            "The request included a body. Requests of this type must not include a non-empty body.",
        )),
    }
}

/// The bucket of a copy's source. Shared with UploadPartCopy.
///
/// `AccessDenied` when it has another owner than `x-amz-source-expected-bucket-owner`. `policy` has
/// decided whether the principal may read the source.
pub(crate) fn find_bucket(request: &Request, name: &str) -> Result<Row<BucketRow>> {
    let row = rows::bucket(name)?.ok_or_else(|| request::no_such_bucket(name))?;
    request::check_expected_owner(&request.headers, "x-amz-source-expected-bucket-owner", row.record.owner)?;
    request.note_source(&row.record);
    Ok(row)
}

/// The version to copy from. Its preconditions hold, and it has at most 5 GiB. Shared with
/// UploadPartCopy, which has no such limit, in [`find_version`].
fn find_source(request: &Request, bucket: &BucketRow, source: &CopySource) -> Result<Found> {
    let found = find_version(request, bucket, source)?;
    if found.row.record.summary.size > BODY_BYTES_MAX {
        return Err(S3Error::invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy source: {BODY_BYTES_MAX}"
        )));
    }
    Ok(found)
}

/// Refuses an object that a rule of its bucket transforms for everybody who reads it:
/// `MethodNotAllowed`. A copy would have what readers are not to see, and digests tell of it.
/// Shared with GetObjectAttributes.
pub(crate) fn refuse_transformed(bucket: &BucketRow, name: &str, key: &str) -> Result<()> {
    if !bucket.transforms {
        return Ok(());
    }
    let rules = rows::transforms(name)?.ok_or(ErrorCode::InternalError)?;
    match rules.record.find(When::Read, key, &Query::default()) {
        None => Ok(()),
        Some(_) => Err(S3Error::new(ErrorCode::MethodNotAllowed)
            .message("A rule of the bucket transforms this object for its readers.")
            .detail("ResourceType", "TRANSFORM")),
    }
}

/// The version that a copy's source names, if its preconditions (`x-amz-copy-source-if-…`) hold. A
/// delete marker is no source: `InvalidRequest` when it is named, `NoSuchKey` when it is the latest
/// version.
pub(crate) fn find_version(request: &Request, bucket: &BucketRow, source: &CopySource) -> Result<Found> {
    refuse_transformed(bucket, &source.bucket, &source.key)?;
    let id = source.version_id.as_deref();
    let found = read::named_object(bucket, &source.key, id, &request.head.method).map_err(
        |error| match error.code {
            ErrorCode::MethodNotAllowed => S3Error::invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            ),
            _ => S3Error { headers: Vec::new(), ..error },
        },
    )?;
    let Summary { etag, modified_ms, .. } = found.row.record.summary;
    let conditions = ReadPreconditions::parse_copy_source(&request.headers).at(request.now_ms());
    conditions.check_copy_source(&etag, modified_ms)?;
    Ok(found)
}

fn directive(request: &Request, name: &'static str, unknown: &str) -> Result<Directive> {
    match request.headers.get(name) {
        None | Some("COPY") => Ok(Directive::Copy),
        Some("REPLACE") => Ok(Directive::Replace),
        Some(other) => Err(S3Error::invalid_argument(name, other, unknown)),
    }
}

/// Whether the request wants something of the copy that may differ from its source.
fn changes(request: &Request, metadata: Directive, input: &ObjectHeaders) -> bool {
    metadata == Directive::Replace
        || input.storage_class.is_some()
        || input.website_redirect.is_some()
        || request.says_protection()
}

/// Whether the copy would replace the current version of a key by itself.
fn is_same(request: &Request, source: &CopySource, found: &Found) -> bool {
    source.bucket == request.bucket && source.key == request.key && found.table == Table::Objects
}

fn onto_itself() -> S3Error {
    S3Error::invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's \
         metadata, storage class, website redirect location or encryption attributes.",
    )
}

/// The headers of the new version. The directives say which of them come from the source.
fn details(
    input: &ObjectHeaders,
    source: &Version,
    metadata: Directive,
    tagging: Directive,
) -> ObjectHeaders {
    let mut headers = input.clone();
    if metadata == Directive::Copy {
        headers.content = source.details.content.clone();
        headers.metadata = source.details.metadata.clone();
    }
    if tagging == Directive::Copy {
        headers.tags = source.details.tags.clone();
    }
    headers
}

/// Seals the bytes of the source under the key of the copy, where that is another one. Returns
/// their digests and where they are.
async fn copy(
    request: &Request,
    source: &CopySource,
    row: &Row<Version>,
    spans: &[Span],
    seal: &Seal,
    wanted: Option<ChecksumAlgorithm>,
) -> Result<Copied> {
    let details = &row.record.details;
    let name = ObjectName { bucket: &source.bucket, key: &source.key };
    let key = sealing::open(request, SealedRole::Source, name, &details.protection).await?;
    let (stored, algorithm) = checksum_of(&details.checksums, wanted);
    if reseal::may_share_blobs(&details.protection, &seal.protection) {
        return digest_source(request, row, spans, stored, algorithm).await;
    }
    reseal::reseal(request, spans, &key, &seal.key, &seal.protection, algorithm).await
}

/// The checksum of a source that the copy may have, too, and the algorithm of that of the copy.
fn checksum_of(
    stored: &[Checksum],
    wanted: Option<ChecksumAlgorithm>,
) -> (Option<&Checksum>, ChecksumAlgorithm) {
    let stored = match wanted {
        Some(wanted) => stored.iter().find(|checksum| checksum.algorithm == wanted),
        None => stored.first(),
    };
    let algorithm = wanted.or(stored.map(|checksum| checksum.algorithm));
    (stored, algorithm.unwrap_or(ChecksumAlgorithm::Crc64Nvme))
}

/// Has functions make the copy of the bytes of the source, as a rule of its bucket says.
async fn transform(
    request: &Request,
    rule: &TransformRule,
    (source, row, spans): (&CopySource, &Row<Version>, &[Span]),
    headers: &ObjectHeaders,
    seal: &Seal,
    wanted: Option<ChecksumAlgorithm>,
) -> Result<Copied> {
    let Version { summary, details } = &row.record;
    let name = ObjectName { bucket: &source.bucket, key: &source.key };
    let key = sealing::open(request, SealedRole::Source, name, &details.protection).await?;
    let stored = Stored { spans: spans.iter().map(|span| sdk::Span::from(*span)).collect(), key: key.number };
    let (_, algorithm) = checksum_of(&details.checksums, wanted);
    let came = Came { size: summary.size, source: Some(stored) };
    let made = transformed::transform(request, rule, came, headers, seal, algorithm).await?;
    Ok(Copied {
        source: spans.to_vec(),
        etag: sealing::etag(&seal.protection, made.verified.md5),
        checksum: made.verified.checksum,
        resealed: Some(made.spans),
        made: Some(made.head),
    })
}

/// The MD5 and the checksum of a source whose blobs the copy refers to. Those that the source does
/// not have are computed.
async fn digest_source(
    request: &Request,
    source: &Row<Version>,
    spans: &[Span],
    stored: Option<&Checksum>,
    algorithm: ChecksumAlgorithm,
) -> Result<Copied> {
    let summary = &source.record.summary;
    let checksum = stored.filter(|_| summary.checksum_type == ChecksumType::FullObject).cloned();
    let md5 = (summary.etag.parts == 0).then_some(summary.etag.md5);
    if let (Some(md5), Some(checksum)) = (md5, &checksum) {
        let checksum = checksum.clone();
        return Ok(Copied { source: spans.to_vec(), etag: md5, checksum, resealed: None, made: None });
    }
    let mut missing = Vec::with_capacity(2);
    if md5.is_none() || algorithm == ChecksumAlgorithm::Md5 {
        missing.push(DigestAlgorithm::Md5);
    }
    if checksum.is_none() && algorithm != ChecksumAlgorithm::Md5 {
        missing.push(algorithm.into());
    }
    let stored: Vec<sdk::Span> = spans.iter().map(|span| sdk::Span::from(*span)).collect();
    let computed = request.call.digest(&stored, &missing).await.map_err(failure_to_error)?;
    let md5 = md5.map_or_else(|| checksums::find_md5(&computed), Ok)?;
    let checksum = match checksum {
        Some(checksum) => checksum,
        None => Checksum { algorithm, value: checksums::find(&computed, algorithm)?.to_vec() },
    };
    Ok(Copied { source: spans.to_vec(), etag: md5, checksum, resealed: None, made: None })
}

fn respond(
    source_bucket: &BucketRow,
    source: &Summary,
    summary: &Summary,
    object: &NewObject,
    seal: &Seal,
) -> Response {
    let mut lines = String::with_capacity(256);
    seal.push_chosen(&mut lines);
    headers::push_written_id(&mut lines, summary);
    if source_bucket.versioning != Versioning::Unversioned {
        push_header(&mut lines, "x-amz-copy-source-version-id", &source.version_id().to_string());
    }
    let mut xml = XmlWriter::document("CopyObjectResult");
    xml.with("LastModified", |out| timestamp::push_iso8601(out, summary.modified_ms));
    xml.with("ETag", |out| summary.etag.push_xml(out));
    for checksum in &object.details.checksums {
        xml.text(checksum.algorithm.element(), &headers::print_checksum(checksum, object.checksum_type, 0));
    }
    xml.text("ChecksumType", object.checksum_type.name());
    Response::with_lines(200, lines).xml(xml.finish())
}
