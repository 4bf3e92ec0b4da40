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

/// Elements of a list of parts: each has a number, an ETag and a checksum, and there are ten kinds
/// of checksums.
const ELEMENTS_MAX: usize = 120_000;

/// A part of the object.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CompletedPart {
    /// 1 to 10,000.
    pub number: u32,
    /// Absent for text that no part can have as its ETag.
    pub etag: Option<ETag>,
    /// That text.
    pub other_etag: String,
    /// The checksum that the part must have.
    pub checksum: Option<Checksum>,
}

impl Input {
    /// Reads parameters, headers and body. `MalformedXML` against the schema and without parts,
    /// `InvalidPartOrder`, `InvalidArgument` for a part number out of bounds and for checksums of
    /// parts that are none or several, `InvalidRequest` for a checksum, a type or a size of the
    /// object that is none.
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
mod tests {
    use super::*;

    const TAG: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn input(parts: &str, headers: &[(&str, &str)]) -> Result<Input> {
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let query = Query::parse("uploadId=u").unwrap();
        Input::parse(&query, &Headers::from_iter(headers.iter().copied()), body.as_bytes())
    }

    fn part(number: i64) -> String {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{TAG}\"</ETag></Part>")
    }

    #[test]
    fn parts_are_read_with_their_checksums() {
        let read = input(
            &format!(
                "<Part><ETag>{TAG}</ETag><ChecksumCRC32>sOO8/Q==</ChecksumCRC32>\
                <PartNumber> 2 </PartNumber></Part>{}",
                part(7)
            ),
            &[("x-amz-checksum-type", "FULL_OBJECT"), ("x-amz-mp-object-size", "10"), ("if-none-match", "*")],
        )
        .unwrap();
        assert_eq!((read.parts[0].number, read.parts[1].number), (2, 7));
        assert_eq!(read.parts[0].etag, ETag::parse(TAG));
        assert_eq!(read.parts[0].checksum.as_ref().unwrap().algorithm, ChecksumAlgorithm::Crc32);
        assert_eq!((read.checksum_type, read.object_size), (Some(ChecksumType::FullObject), Some(10)));
        assert!(read.preconditions.is_conditional());
        let other = input("<Part><PartNumber>1</PartNumber><ETag>ffff</ETag></Part>", &[]).unwrap();
        assert_eq!(other.parts[0].etag, None);
    }

    #[test]
    fn ten_thousand_parts_are_read() {
        let parts: String = (1..=10_000).map(part).collect();
        assert_eq!(input(&parts, &[]).unwrap().parts.len(), 10_000);
    }

    #[test]
    fn wrong_part_lists_have_their_code() {
        let cases = [
            (String::new(), ErrorCode::MalformedXML),
            ("<Other/>".to_owned(), ErrorCode::MalformedXML),
            ("<Part><PartNumber>1</PartNumber></Part>".to_owned(), ErrorCode::MalformedXML),
            ("<Part><ETag>x</ETag></Part>".to_owned(), ErrorCode::MalformedXML),
            ("<Part><PartNumber>one</PartNumber><ETag>x</ETag></Part>".to_owned(), ErrorCode::MalformedXML),
            (part(0), ErrorCode::InvalidArgument),
            (part(10_001), ErrorCode::InvalidArgument),
            (part(2) + &part(1), ErrorCode::InvalidPartOrder),
            (part(1) + &part(1), ErrorCode::InvalidPartOrder),
            (
                "<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumSHA1>x</ChecksumSHA1></Part>"
                    .to_owned(),
                ErrorCode::InvalidArgument,
            ),
        ];
        for (parts, code) in cases {
            assert_eq!(input(&parts, &[]).unwrap_err().code, code, "{parts}");
        }
    }

    #[test]
    fn numbers_sizes_and_checksums_that_are_none_are_named() {
        let message = |error: S3Error| (error.message.unwrap_or_default(), error.details);
        let argument = |name: &str, value: &str| {
            vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]
        };
        let refused = |parts: &str| message(input(parts, &[]).unwrap_err());
        assert_eq!(refused(&part(-4)), ("PartNumber must be >= 1".to_owned(), argument("PartNumber", "-4")));
        let two = "<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumSHA1>a</ChecksumSHA1>\
            <ChecksumCRC32>b</ChecksumCRC32></Part>";
        let invalid = "Invalid Base64 or multiple checksums present in request".to_owned();
        assert_eq!(refused(two), (invalid, argument("Checksum", "CRC32:b;SHA1:a;")));
        let sized = |size| message(input(&part(1), &[("x-amz-mp-object-size", size)]).unwrap_err()).0;
        assert_eq!(sized("size"), "Value for x-amz-mp-object-size header is invalid: 'size'");
        assert_eq!(sized("-4"), "Value for x-amz-mp-object-size header is less than zero: '-4'");
    }

    #[test]
    fn the_document_tells_what_was_made() {
        let value = vec![0xb0, 0xe3, 0xbc, 0xfd];
        let checksum = Checksum { algorithm: ChecksumAlgorithm::Crc32, value, parts: Some(2) };
        let completed = Completed {
            location: "http://127.0.0.1:9000/photos/a",
            bucket: "photos",
            key: "a",
            etag: ETag { parts: 2, ..ETag::parse(TAG).unwrap() },
            checksums: &[checksum],
            checksum_type: Some(ChecksumType::Composite),
        };
        assert!(completed.document().ends_with(
            "<Location>http://127.0.0.1:9000/photos/a</Location><Bucket>photos</Bucket><Key>a</Key>\
             <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-2&quot;</ETag>\
             <ChecksumCRC32>sOO8/Q==-2</ChecksumCRC32>\
             <ChecksumType>COMPOSITE</ChecksumType></CompleteMultipartUploadResult>"
        ));
    }
}
