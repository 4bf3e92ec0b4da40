//! CompleteMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>

use gateway::bucket::transforms::TransformRule;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::operations::complete_multipart_upload::{Completed, Input};
use gateway::request::headers::Headers;
use gateway::request::url_encoding;
use sdk::{Response, SealedRole, Stored, Work, digests, failure_to_error};

use super::assembly::Assembly;
use super::{Told, checksum, find, no_such_upload, open, part_list, parts};
use crate::object::checksums::{Claims, Need, bad_checksum};
use crate::object::headers;
use crate::object::input::ObjectHeaders;
use crate::object::transformed::{self, Came, Transformed};
use crate::object::write::{self, KeyAsRead, NewObject};
use crate::plan::{ATTEMPTS_MAX, Plan};
use crate::records::{Body, BucketRow, Checksum, Details, Part, Row, Span, Upload, Version};
use crate::request::Request;
use crate::sealing::{ObjectName, Seal};
use crate::subresource::{document, lock};
use crate::{access, index, rows, sealing, tables, version_id};

/// Where there are more parts than this, other calls go first between two steps of the work.
const SLICE: usize = 1000;

/// Completes the upload: its parts become one object, and no byte of them is copied, unless a rule
/// of the bucket has functions make something of them.
///
/// Repeated, it gives the same response, as long as the object is the latest version of its key.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query, &request.headers, &receive(request).await?)?;
    let rest = async |parts: usize| {
        if parts > SLICE {
            request.call.pause().await;
        }
    };
    rest(input.parts.len()).await;
    let mut opened = None;
    let mut transformed: Option<Remade> = None;
    let mut runs = 0;
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_decided_again(attempt).await?;
        let as_read = KeyAsRead::read(&bucket.record, &request.key)?;
        let upload = match find(request, bucket.record.id) {
            Ok(upload) => upload,
            Err(error) if error.code == ErrorCode::NoSuchUpload => {
                return completed_before(request, &bucket.record, as_read.current.as_ref());
            }
            Err(error) => return Err(error),
        };
        let told = match opened {
            Some(told) => told,
            None => *opened.insert(open(request, &upload.record).await?),
        };
        let uploaded = parts::all(upload.record.sequence)?;
        rest(uploaded.len()).await;
        let mut object = object(request, &bucket.record, &upload.record, &input, &uploaded)?;
        write::check(&input.preconditions, &as_read)?;
        if let Some(rule) = transformed::rule(request, &bucket.record)? {
            match &transformed {
                Some(remade) if remade.is_of(&rule, &object) => remade.replace(&mut object),
                // That may take long. What the decision rested on may have changed.
                _ => {
                    runs += 1;
                    if runs > transformed::RUNS_MAX {
                        return Err(write::conflict(&input.preconditions));
                    }
                    transformed = Some(Remade::make(request, rule, &upload.record, &object).await?);
                    continue;
                }
            }
        }

        rest(uploaded.len()).await;
        // Other calls went first, so the bucket may have changed. The decision is made again,
        // because it has to be on the row that the commit requires.
        if uploaded.len() > SLICE && request.bucket_decided_again(attempt).await?.revision != bucket.revision
        {
            continue;
        }
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        access::require_unblocked(request, &mut plan, &bucket.record, &object.object)?;
        access::note_owner(&mut plan, &bucket, object.object.owner)?;
        let version = end_upload(&mut plan, &upload, &uploaded, &object, &as_read)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(respond(request, &version, told));
        }
    }
    Err(write::conflict(&input.preconditions))
}

/// Receives the document. The checksum headers of this request are about the object, not the
/// document: only `Content-MD5` is compared with the document.
async fn receive(request: &Request) -> Result<Vec<u8>> {
    let of_document: Headers =
        request.headers.get("content-md5").map(|md5| ("content-md5", md5)).into_iter().collect();
    let claims = Claims::read(&of_document)?;
    let collected = request.call.collect(document::length_max(request)?).await.map_err(failure_to_error)?;
    claims.verify_document(&collected, Need::Optional)?;
    Ok(collected.body)
}

/// The object that the listed parts make, and how.
#[derive(Debug)]
pub(super) struct Made {
    /// All but its body.
    pub(super) object: NewObject,
    pub(super) content: CompletedBody,
    /// The numbers of the parts whose blobs it has, rising.
    pub(super) numbers: Vec<u32>,
}

/// The bytes of a completed object.
#[derive(Debug)]
pub(super) enum CompletedBody {
    /// Its parts, as they lie one after the other.
    Parts(Assembly),
    /// What functions made of them.
    Remade(Vec<Span>),
}

/// What functions made of the parts of an upload, as a rule of its bucket says.
struct Remade {
    rule: TransformRule,
    /// The parts.
    assembly: Assembly,
    /// The upload's, changed by the functions.
    headers: ObjectHeaders,
    transformed: Transformed,
    etag: [u8; 16],
}

impl Remade {
    /// Has the functions of a rule make it.
    async fn make(request: &Request, rule: TransformRule, upload: &Upload, made: &Made) -> Result<Remade> {
        let CompletedBody::Parts(assembly) = &made.content else {
            return Err(ErrorCode::InternalError.into());
        };
        let object = ObjectName::of(request);
        let key = sealing::open(request, SealedRole::Upload, object, &upload.protection).await?;
        let seal = Seal { key, protection: upload.protection.clone() };
        let parts = assembly.pages.iter().flat_map(|page| &page.parts);
        let spans = parts.flat_map(|part| &part.spans).map(|span| sdk::Span::from(*span)).collect();
        let source = Stored { spans, key: seal.key.number };
        let came = Came { size: assembly.size, source: Some(source) };
        let headers = ObjectHeaders {
            content: upload.content.clone(),
            metadata: upload.metadata.clone(),
            tags: upload.tags.clone(),
            ..ObjectHeaders::default()
        };
        let algorithm = checksum::algorithm(upload);
        let transformed = transformed::transform(request, &rule, came, &headers, &seal, algorithm).await?;
        Ok(Remade {
            rule,
            assembly: assembly.clone(),
            headers: transformed::changed(headers, Some(&transformed.head)),
            etag: sealing::etag(&upload.protection, transformed.verified.md5),
            transformed,
        })
    }

    /// Whether it is what the rule makes of these parts.
    fn is_of(&self, rule: &TransformRule, made: &Made) -> bool {
        let is_same = |assembly: &Assembly| *assembly == self.assembly;
        self.rule == *rule && matches!(&made.content, CompletedBody::Parts(assembly) if is_same(assembly))
    }

    /// Takes the place of the parts. ETag and checksum are those of one body.
    fn replace(&self, made: &mut Made) {
        let Made { object, content, numbers } = made;
        object.size = self.transformed.size();
        object.etag = ETag::of_object(self.etag);
        object.checksum_type = ChecksumType::FullObject;
        object.details.checksums = vec![self.transformed.verified.checksum.clone()];
        object.details.content = self.headers.content.clone();
        object.details.metadata.clone_from(&self.headers.metadata);
        *content = CompletedBody::Remade(self.transformed.spans.clone());
        numbers.clear();
    }
}

fn object(
    request: &Request,
    bucket: &BucketRow,
    upload: &Upload,
    input: &Input,
    uploaded: &[Row<Part>],
) -> Result<Made> {
    let chosen = part_list::choose(&input.parts, uploaded, &input.upload_id, checksum::expected(upload))?;
    let assembly = Assembly::of(&chosen);
    check_size(input, assembly.size)?;
    let covers = checksum::covers(upload);
    let whole = checksum::of_object(checksum::algorithm(upload), covers, &chosen)?;
    check_claimed(input, &whole, covers)?;

    let md5s: Vec<u8> = chosen.iter().flat_map(|part| part.md5).collect();
    let md5 = digests::md5(&md5s).try_into().map_err(|_| ErrorCode::InternalError)?;
    let now_ms = request.now_ms();
    // Owner and ACL were chosen when the upload was begun. Whether the bucket permits them is
    // decided by its settings of now.
    let owned = access::of_begun_object(request, bucket, upload.owner, &upload.acl)?;
    let details = Details {
        content: upload.content.clone(),
        metadata: upload.metadata.clone(),
        tags: upload.tags.clone(),
        checksums: vec![whole],
        retention: upload.retention.or_else(|| lock::default_of(bucket, now_ms)),
        legal_hold: upload.legal_hold,
        website_redirect: upload.website_redirect.clone(),
        upload: Some((upload.sequence, upload.nonce)),
        protection: upload.protection.clone(),
        acl: owned.acl,
        ..Details::default()
    };
    let object = NewObject {
        owner: owned.owner,
        modified_ms: now_ms,
        size: assembly.size,
        etag: ETag { md5, parts: assembly.count },
        storage_class: upload.storage_class,
        checksum_type: covers,
        details,
    };
    let numbers = chosen.iter().map(|part| part.number).collect();
    Ok(Made { object, content: CompletedBody::Parts(assembly), numbers })
}

/// Plans the object, and the end of the upload. The references to the parts' blobs pass to the
/// object. The blobs of parts that are not in it are freed.
pub(super) fn end_upload(
    plan: &mut Plan,
    upload: &Row<Upload>,
    uploaded: &[Row<Part>],
    made: &Made,
    as_read: &KeyAsRead<'_>,
) -> Result<Version> {
    let mut object = made.object.clone();
    object.details.body = match &made.content {
        CompletedBody::Parts(assembly) => assembly.put(plan, index::next_sequence())?,
        CompletedBody::Remade(spans) => {
            plan.keep(spans);
            Body::Spans(spans.clone())
        }
    };
    let summary = write::put(plan, as_read, &object)?;
    plan.require_unchanged(tables::UPLOADS, upload);
    plan.delete_row(tables::UPLOADS, upload);
    parts::require_exactly(plan, upload.record.sequence, uploaded);
    for part in uploaded {
        plan.delete_row(tables::PARTS, part);
        if made.numbers.binary_search(&part.record.number).is_err() {
            plan.free(&part.record.spans);
        }
    }
    Ok(Version { summary, details: object.details })
}

/// The response to a repeated request. The client may not have got the first response.
fn completed_before(
    request: &Request,
    bucket: &BucketRow,
    current: Option<&Row<Version>>,
) -> Result<Response> {
    let id = request.query.get("uploadId").unwrap_or_default();
    let upload = version_id::decode(id);
    let is_same = |row: &&Row<Version>| upload.is_some() && row.record.details.upload == upload;
    // The object was not opened here, so nothing is told that needs its key.
    let told = |row: &Row<Version>| match row.record.details.protection.has_data_key() {
        true => Told::Nothing,
        false => Told::Checksums,
    };
    if let Some(row) = current.filter(is_same) {
        return Ok(respond(request, &row.record, told(row)));
    }
    match rows::newest_version(bucket.id, &request.key)?.as_ref().filter(is_same) {
        Some(row) => Ok(respond(request, &row.record, told(row))),
        None => Err(no_such_upload(id)),
    }
}

/// `x-amz-mp-object-size`: the size that the client expects of the object.
fn check_size(input: &Input, size: u64) -> Result<()> {
    match input.object_size {
        Some(expected) if expected != size => Err(S3Error::invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: \
             {size}"
        ))),
        _ => Ok(()),
    }
}

/// Compares the checksum of the object with what the client expects. `BadDigest` when it is
/// another, `InvalidRequest` when the upload was created for another type.
fn check_claimed(input: &Input, whole: &Checksum, covers: ChecksumType) -> Result<()> {
    if input.checksum_type.is_some_and(|claimed| claimed != covers) {
        return Err(S3Error::invalid_request(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same \
             checksum mode.",
            covers.name()
        )));
    }
    match &input.checksum {
        Some(claimed) if claimed.algorithm == whole.algorithm && claimed.value != whole.value => {
            Err(bad_checksum(whole.algorithm))
        }
        _ => Ok(()),
    }
}

fn respond(request: &Request, version: &Version, told: Told) -> Response {
    let mut location = format!("http://{}/{}/", request.head.host, request.bucket);
    url_encoding::push_path(&mut location, &request.key);
    let summary = &version.summary;
    let covers = summary.checksum_type;
    let parts = (covers == ChecksumType::Composite).then_some(summary.etag.parts);
    let checksums = match told {
        Told::Checksums => checksum::of_documents(&version.details.checksums, parts),
        Told::Nothing => Vec::new(),
    };
    let completed = Completed {
        location: &location,
        bucket: &request.bucket,
        key: &request.key,
        etag: summary.etag,
        checksums: &checksums,
        checksum_type: Some(covers),
    };
    let mut lines = String::new();
    headers::push_written_id(&mut lines, summary);
    sealing::push_headers(&mut lines, &version.details.protection, None);
    Response::with_lines(200, lines).xml(completed.document())
}
