//! CompleteMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>

use super::parameters::{PART_NUMBER_MAX, upload_id};
use crate::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, RequestChecksum};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::precondition::WritePreconditions;
use crate::query::Query;
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

/// A part of the object.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CompletedPart {
    /// 1 to 10,000.
    pub number: u32,
    /// Absent for text that no part can have as its ETag.
    pub etag: Option<ETag>,
    /// The checksum that the part must have.
    pub checksum: Option<Checksum>,
}

impl Input {
    /// Reads parameters, headers and body. `MalformedXML` against the schema and without parts,
    /// `InvalidPartOrder`, `InvalidArgument` for a part number out of bounds, `InvalidRequest` for checksums
    /// that are none.
    pub fn parse(query: &Query, headers: &Headers, body: &[u8]) -> Result<Input> {
        let root = Element::parse_named(body, "CompleteMultipartUpload")?;
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
        let object_size = headers.get("x-amz-mp-object-size").map(|text| {
            let message = "Value for x-amz-mp-object-size header is invalid.";
            text.parse().map_err(|_| S3Error::invalid_argument("x-amz-mp-object-size", text, message))
        });
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

fn part(element: &Element) -> Result<CompletedPart> {
    let number = element.number_of("PartNumber")?.ok_or(ErrorCode::MalformedXML)?;
    let number = match u32::try_from(number) {
        Ok(number) if (1..=PART_NUMBER_MAX).contains(&number) => number,
        _ => {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            return Err(S3Error::invalid_argument("partNumber", number.to_string(), message));
        }
    };
    let mut checksum = None;
    for algorithm in ChecksumAlgorithm::ALL {
        let Some(text) = element.text_of(algorithm.element()) else { continue };
        if checksum.is_some() {
            return Err(S3Error::invalid_request("Expecting a single checksum for each part."));
        }
        checksum = Some(Checksum::parse(algorithm, text)?);
    }
    Ok(CompletedPart { number, etag: ETag::parse(element.required("ETag")?), checksum })
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
                ErrorCode::InvalidRequest,
            ),
        ];
        for (parts, code) in cases {
            assert_eq!(input(&parts, &[]).unwrap_err().code, code, "{parts}");
        }
    }

    #[test]
    fn the_document_tells_what_was_made() {
        let mut checksum = Checksum::new(ChecksumAlgorithm::Crc32, vec![0xb0, 0xe3, 0xbc, 0xfd]);
        checksum.parts = Some(2);
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
