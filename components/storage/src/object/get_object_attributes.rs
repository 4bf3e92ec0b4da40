//! GetObjectAttributes:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::ChecksumType;
use gateway::request::headers::Headers;
use gateway::timestamp;
use gateway::xml::XmlWriter;
use sdk::response::push_header;
use sdk::{Response, SealedRole};

use crate::records::{Body, Checksum, ManifestPart, Protection, Version};
use crate::request::Request;
use crate::rows;
use crate::sealing::{self, ObjectName};
use crate::tables::MANIFEST_PAGE_PARTS;

use super::copy_object::refuse_transformed;
use super::headers;

/// Parts in one response.
const PARTS_MAX: usize = 1000;

/// How often the version is looked for again when it is deleted while the response is made.
const ATTEMPTS_MAX: u32 = 16;

/// The attributes that `x-amz-object-attributes` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wanted {
    etag: bool,
    checksum: bool,
    object_parts: bool,
    storage_class: bool,
    object_size: bool,
}

/// Which parts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Paging {
    max: usize,
    marker: usize,
}

/// GetObjectAttributes.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let wanted = Wanted::read(&request.headers)?;
    let paging = Paging::read(&request.headers)?;
    let bucket = &request.bucket_row()?.record;
    refuse_transformed(bucket, &request.bucket, &request.key)?;
    for _ in 0..ATTEMPTS_MAX {
        let version = request.object(bucket)?.row.record;
        open(request, &version.details.protection, wanted).await?;
        let Some(document) = write(&version, wanted, paging)? else { continue };
        let mut lines = String::new();
        push_header(&mut lines, "last-modified", &timestamp::http_date(version.summary.modified_ms));
        headers::push_version_id(&mut lines, bucket, &version.summary);
        return Ok(Response::with_lines(200, lines).xml(document));
    }
    Err(ErrorCode::SlowDown.into())
}

/// Opens the object, where that is needed. Under SSE-C, everything that is said of it needs the
/// customer key. Under SSE-KMS, only checksums need the use of the master key.
async fn open(request: &Request, protection: &Protection, wanted: Wanted) -> Result<()> {
    let tells_of_bytes = wanted.checksum || wanted.object_parts || !request.is_sealing_unsaid();
    if matches!(protection, Protection::SseKms(_)) && !tells_of_bytes {
        return Ok(());
    }
    sealing::open(request, SealedRole::Object, ObjectName::of(request), protection).await.map(|_key| ())
}

impl Wanted {
    fn read(headers: &Headers) -> Result<Wanted> {
        let mut wanted = Wanted::default();
        let text = headers.joined("x-amz-object-attributes").unwrap_or_default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let flag = match name {
                "ETag" => &mut wanted.etag,
                "Checksum" => &mut wanted.checksum,
                "ObjectParts" => &mut wanted.object_parts,
                "StorageClass" => &mut wanted.storage_class,
                "ObjectSize" => &mut wanted.object_size,
                other => return Err(invalid(other)),
            };
            *flag = true;
        }
        if wanted == Wanted::default() {
            return Err(S3Error::invalid_request(
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or \
                 empty",
            ));
        }
        Ok(wanted)
    }
}

fn invalid(value: &str) -> S3Error {
    S3Error::invalid_argument("x-amz-object-attributes", value, "Invalid attribute name specified.")
}

impl Paging {
    fn read(headers: &Headers) -> Result<Paging> {
        let number = |name: &'static str, default: usize| match headers.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                S3Error::invalid_argument(
                    name,
                    text,
                    format!("Provided {name} not an integer or within integer range"),
                )
            }),
        };
        Ok(Paging {
            max: number("x-amz-max-parts", PARTS_MAX)?.min(PARTS_MAX),
            marker: number("x-amz-part-number-marker", 0)?,
        })
    }
}

/// The document; `None` when the version was deleted in between.
fn write(version: &Version, wanted: Wanted, paging: Paging) -> Result<Option<String>> {
    let summary = &version.summary;
    let mut xml = XmlWriter::document("GetObjectAttributesResponse");
    if wanted.etag {
        xml.text("ETag", &summary.etag.to_string());
    }
    if wanted.checksum && !version.details.checksums.is_empty() {
        xml.open("Checksum");
        write_checksums(&mut xml, &version.details.checksums);
        xml.text("ChecksumType", summary.checksum_type.name());
        xml.close("Checksum");
    }
    if wanted.object_parts
        && let Body::Parts { manifest, count, .. } = version.details.body
        && !write_parts(&mut xml, summary.checksum_type, manifest, count as usize, paging)?
    {
        return Ok(None);
    }
    if wanted.storage_class {
        xml.text("StorageClass", summary.storage_class.name());
    }
    if wanted.object_size {
        xml.number("ObjectSize", summary.size);
    }
    Ok(Some(xml.finish()))
}

/// Here, unlike in headers, composite checksums are printed without the number of parts.
fn write_checksums(xml: &mut XmlWriter, checksums: &[Checksum]) {
    for checksum in checksums {
        let text = headers::print_checksum(checksum, ChecksumType::FullObject, 0);
        xml.text(checksum.algorithm.element(), &text);
    }
}

/// Writes `ObjectParts`. False when the version was deleted in between.
///
/// S3 lists parts for their checksums. It lists the parts of an object with a composite checksum.
/// Where the checksum covers the whole object, it only counts the parts. That is also so for an
/// upload without an algorithm. LocalStack's authors recorded it (localstack/localstack pull
/// request 12764).
fn write_parts(
    xml: &mut XmlWriter,
    kind: ChecksumType,
    manifest: u64,
    count: usize,
    paging: Paging,
) -> Result<bool> {
    let first = paging.marker.min(count);
    let end = first.saturating_add(paging.max).min(count);
    xml.open("ObjectParts");
    xml.number("PartsCount", count as u64);
    if kind == ChecksumType::FullObject {
        xml.close("ObjectParts");
        return Ok(true);
    }
    xml.number("PartNumberMarker", paging.marker as u64);
    if end < count {
        xml.number("NextPartNumberMarker", end as u64);
    }
    xml.number("MaxParts", paging.max as u64);
    xml.boolean("IsTruncated", end < count);
    let mut position = first;
    while position < end {
        let Some(page) = rows::manifest_page(manifest, position / MANIFEST_PAGE_PARTS)? else {
            return Ok(false);
        };
        let parts = page.record.parts.iter().skip(position % MANIFEST_PAGE_PARTS).take(end - position);
        let before = position;
        for part in parts {
            position += 1;
            write_part(xml, position, part);
        }
        if position == before {
            return Ok(false);
        }
    }
    xml.close("ObjectParts");
    Ok(true)
}

fn write_part(xml: &mut XmlWriter, number: usize, part: &ManifestPart) {
    xml.open("Part");
    xml.number("PartNumber", number as u64);
    xml.number("Size", part.size);
    write_checksums(xml, &part.checksums);
    xml.close("Part");
}
