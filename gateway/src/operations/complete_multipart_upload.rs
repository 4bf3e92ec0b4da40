//! CompleteMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>

use super::parameters::{PART_NUMBER_MAX, upload_id};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::object::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, RequestChecksum};
use crate::object::etag::ETag;
use crate::object::precondition::WritePreconditions;
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::xml::{Element, XmlWriter};

/// What the object is made of.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The upload.
    pub upload_id: String,
    /// 1 to 10,000 of them, in ascending order of number.
    pub parts: Vec<CompletedPart>,
    /// `x-amz-checksum-…`: the checksum that the object must have.
    pub checksum: Option<Checksum>,
    /// `x-amz-checksum-type`: the type that the upload must have.
    pub checksum_type: Option<ChecksumType>,
    /// `x-amz-mp-object-size`: the size that the object must have.
    pub object_size: Option<u64>,
    /// `If-Match` and `If-None-Match`
    pub preconditions: WritePreconditions,
}

/// Elements of a list of parts: each part has a number, an ETag and checksums, of which there are
/// ten kinds.
const ELEMENTS_MAX: usize = 120_000;

/// A part of the object.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CompletedPart {
    /// 1 to 10,000.
    pub number: u32,
    /// `None` for a text that cannot be the ETag of a part.
    pub etag: Option<ETag>,
    /// That text.
    pub other_etag: String,
    /// The checksum that the part must have.
    pub checksum: Option<Checksum>,
}

impl Input {
    /// Reads parameters, headers and body. `MalformedXML` against the schema and without parts,
    /// `InvalidPartOrder`, `InvalidArgument` for a part number out of bounds, and for a part with a
    /// malformed checksum or several, `InvalidRequest` for a malformed checksum, type or size of
    /// the object.
    pub fn parse(query: &Query, headers: &Headers, body: &[u8]) -> Result<Input> {
        let root = Element::parse_long(body, "CompleteMultipartUpload", ELEMENTS_MAX)?;
        root.only(&["Part"])?;
        if root.children.is_empty() || root.children.len() > PART_NUMBER_MAX as usize {
            return Err(ErrorCode::MalformedXML.into());
        }
        let parts = root.children.iter().map(part).collect::<Result<Vec<_>>>()?;
        if !parts.iter().zip(parts.iter().skip(1)).all(|(first, second)| first.number < second.number) {
            return Err(ErrorCode::InvalidPartOrder.into());
        }
        let checksum_type = headers.get("x-amz-checksum-type").map(|name| {
            ChecksumType::parse(name)
                .ok_or_else(|| S3Error::invalid_request("Value for x-amz-checksum-type header is invalid."))
        });
        let object_size = headers.get("x-amz-mp-object-size").map(object_size);
        Ok(Input {
            upload_id: upload_id(query)?,
            parts,
            checksum: RequestChecksum::parse(headers)?.value,
            checksum_type: checksum_type.transpose()?,
            object_size: object_size.transpose()?,
            preconditions: WritePreconditions::parse(headers),
        })
    }
}

fn object_size(text: &str) -> Result<u64> {
    let wrong = match text.trim().parse::<i64>().map(u64::try_from) {
        Ok(Ok(size)) => return Ok(size),
        Ok(Err(_)) => "less than zero",
        Err(_) => "invalid",
    };
    Err(S3Error::invalid_request(format!("Value for x-amz-mp-object-size header is {wrong}: '{text}'")))
}

fn part(element: &Element) -> Result<CompletedPart> {
    let number = part_number(element.required("PartNumber")?)?;
    let text = element.required("ETag")?;
    let etag = ETag::parse(text);
    let other_etag = if etag.is_none() { text.trim_matches('"').to_owned() } else { String::new() };
    Ok(CompletedPart { number, etag, other_etag, checksum: part_checksum(element)? })
}

fn part_number(text: &str) -> Result<u32> {
    let number: i64 = text.parse().map_err(|_| ErrorCode::MalformedXML)?;
    if number < 1 {
        return Err(S3Error::invalid_argument("PartNumber", text, "PartNumber must be >= 1"));
    }
    u32::try_from(number).ok().filter(|number| *number <= PART_NUMBER_MAX).ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        S3Error::invalid_argument("partNumber", text, message)
    })
}

/// The one checksum of a part.
fn part_checksum(element: &Element) -> Result<Option<Checksum>> {
    let given = || {
        ChecksumAlgorithm::ALL
            .into_iter()
            .filter_map(move |algorithm| Some((algorithm, element.word_of(algorithm.element())?)))
    };
    let invalid = |value: String| {
        let message = "Invalid Base64 or multiple checksums present in request";
        S3Error::invalid_argument("Checksum", value, message)
    };
    match (given().next(), given().nth(1)) {
        (None, _) => Ok(None),
        (Some((algorithm, text)), None) => {
            Checksum::read(algorithm, text).map(Some).ok_or_else(|| invalid(text.to_owned()))
        }
        (Some(_), Some(_)) => {
            Err(invalid(given().map(|(algorithm, text)| format!("{}:{text};", algorithm.name())).collect()))
        }
    }
}

/// The object that was made.
#[derive(Clone, Copy, Debug)]
pub struct Completed<'a> {
    /// Its URL.
    pub location: &'a str,
    /// Its bucket.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Its ETag.
    pub etag: ETag,
    /// Its checksums.
    pub checksums: &'a [Checksum],
    /// What they are taken of.
    pub checksum_type: Option<ChecksumType>,
}

impl Completed<'_> {
    /// The response document.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("CompleteMultipartUploadResult");
        xml.text("Location", self.location);
        xml.text("Bucket", self.bucket);
        xml.text("Key", self.key);
        xml.with("ETag", |out| self.etag.push_xml(out));
        for checksum in self.checksums {
            xml.with(checksum.algorithm.element(), |out| checksum.push(out));
        }
        if let Some(kind) = self.checksum_type.filter(|_| !self.checksums.is_empty()) {
            xml.text("ChecksumType", kind.name());
        }
        xml.finish()
    }
}

#[cfg(test)]
mod tests;
