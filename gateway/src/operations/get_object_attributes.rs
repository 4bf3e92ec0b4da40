//! GetObjectAttributes: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>

use super::parameters::{PAGE_MAX, limit, version_id};
use crate::checksum::{Checksum, ChecksumType};
use crate::errors::{Result, S3Error};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::query::Query;
use crate::storage_class::StorageClass;
use crate::xml::XmlWriter;

/// What is asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The version; the current one without it.
    pub version_id: Option<String>,
    /// Which attributes.
    pub attributes: Attributes,
    /// How many parts a page has at most: 0 to 1,000.
    pub limit: u32,
    /// The parts start after the one with this number; 0 for the start.
    pub after: u32,
}

/// The attributes that a request names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "S3's own names")]
#[expect(clippy::struct_excessive_bools, reason = "a set of five")]
pub struct Attributes {
    pub etag: bool,
    pub checksum: bool,
    pub object_parts: bool,
    pub storage_class: bool,
    pub object_size: bool,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones and for no attribute at all.
    pub fn parse(query: &Query, headers: &Headers) -> Result<Input> {
        let names = headers.joined("x-amz-object-attributes").unwrap_or_default();
        let marker = headers.get("x-amz-part-number-marker").unwrap_or("0");
        Ok(Input {
            version_id: version_id(query)?,
            attributes: attributes(&names)?,
            limit: limit("x-amz-max-parts", headers.get("x-amz-max-parts"), PAGE_MAX)?,
            after: limit("x-amz-part-number-marker", Some(marker), u32::MAX)?,
        })
    }
}

fn attributes(names: &str) -> Result<Attributes> {
    let mut attributes = Attributes::default();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name {
            "ETag" => attributes.etag = true,
            "Checksum" => attributes.checksum = true,
            "ObjectParts" => attributes.object_parts = true,
            "StorageClass" => attributes.storage_class = true,
            "ObjectSize" => attributes.object_size = true,
            _ => return Err(invalid(names)),
        }
    }
    if attributes == Attributes::default() { Err(invalid(names)) } else { Ok(attributes) }
}

fn invalid(names: &str) -> S3Error {
    S3Error::invalid_argument("x-amz-object-attributes", names, "Invalid attribute name specified.")
}

/// What there is to tell of an object version.
#[derive(Clone, Copy, Debug)]
pub struct ObjectAttributes<'a> {
    /// Its ETag, which this document prints without quotes.
    pub etag: ETag,
    /// Its checksums.
    pub checksums: &'a [Checksum],
    /// What they are taken of.
    pub checksum_type: Option<ChecksumType>,
    /// The page of its parts, for an object of a multipart upload.
    pub parts: Option<Parts<'a>>,
    /// Its class.
    pub storage_class: StorageClass,
    /// In bytes.
    pub size: u64,
}

/// A page of parts.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// How many parts the object has.
    pub total: u32,
    /// Those of the page. S3 tells them only of uploads that were created with a checksum.
    pub rows: &'a [ObjectPart],
    /// Whether there are more.
    pub truncated: bool,
}

/// A part of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectPart {
    /// Its number.
    pub number: u32,
    /// In bytes.
    pub size: u64,
    /// Its checksums.
    pub checksums: Vec<Checksum>,
}

impl Input {
    /// The response document: the attributes that were asked for.
    pub fn document(&self, object: &ObjectAttributes<'_>) -> String {
        let mut xml = XmlWriter::document("GetObjectAttributesResponse");
        if self.attributes.etag {
            xml.with("ETag", |out| object.etag.push(out));
        }
        if self.attributes.checksum && !object.checksums.is_empty() {
            xml.open("Checksum");
            push_checksums(&mut xml, object.checksums);
            xml.optional("ChecksumType", object.checksum_type.map(ChecksumType::name));
            xml.close("Checksum");
        }
        if let Some(parts) = object.parts.filter(|_| self.attributes.object_parts) {
            self.push_parts(&mut xml, &parts);
        }
        if self.attributes.storage_class {
            xml.text("StorageClass", object.storage_class.name());
        }
        if self.attributes.object_size {
            xml.number("ObjectSize", object.size);
        }
        xml.finish()
    }

    fn push_parts(&self, xml: &mut XmlWriter, parts: &Parts<'_>) {
        xml.open("ObjectParts");
        xml.number("PartsCount", u64::from(parts.total));
        xml.number("PartNumberMarker", u64::from(self.after));
        xml.number(
            "NextPartNumberMarker",
            u64::from(parts.rows.last().map_or(self.after, |part| part.number)),
        );
        xml.number("MaxParts", u64::from(self.limit));
        xml.boolean("IsTruncated", parts.truncated);
        for part in parts.rows {
            xml.open("Part");
            xml.number("PartNumber", u64::from(part.number));
            xml.number("Size", part.size);
            push_checksums(xml, &part.checksums);
            xml.close("Part");
        }
        xml.close("ObjectParts");
    }
}

fn push_checksums(xml: &mut XmlWriter, checksums: &[Checksum]) {
    for checksum in checksums {
        xml.with(checksum.algorithm.element(), |out| checksum.push(out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::ChecksumAlgorithm;
    use crate::errors::ErrorCode;

    fn input(headers: &[(&str, &str)]) -> Result<Input> {
        Input::parse(&Query::default(), &Headers::from_iter(headers.iter().copied()))
    }

    #[test]
    fn attributes_are_named_in_one_or_more_headers() {
        let read = input(&[
            ("x-amz-object-attributes", "ETag, ObjectSize"),
            ("x-amz-object-attributes", "Checksum"),
        ])
        .unwrap();
        let expected = Attributes { etag: true, object_size: true, checksum: true, ..Attributes::default() };
        assert_eq!((read.attributes, read.limit, read.after), (expected, 1000, 0));
        for names in ["", "etag", "ETag,Colour"] {
            assert_eq!(
                input(&[("x-amz-object-attributes", names)]).unwrap_err().code,
                ErrorCode::InvalidArgument,
                "{names}"
            );
        }
        assert_eq!(input(&[]).unwrap_err().code, ErrorCode::InvalidArgument);
    }

    #[test]
    fn the_document_has_what_was_asked_for() {
        let checksum = Checksum::new(ChecksumAlgorithm::Crc32, vec![0xb0, 0xe3, 0xbc, 0xfd]);
        let rows = [ObjectPart { number: 3, size: 5, checksums: vec![checksum.clone()] }];
        let object = ObjectAttributes {
            etag: ETag::parse("d41d8cd98f00b204e9800998ecf8427e-4").unwrap(),
            checksums: &[checksum],
            checksum_type: Some(ChecksumType::FullObject),
            parts: Some(Parts { total: 4, rows: &rows, truncated: true }),
            storage_class: StorageClass::Standard,
            size: 20,
        };
        let all = [
            ("x-amz-object-attributes", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"),
            ("x-amz-max-parts", "1"),
            ("x-amz-part-number-marker", "2"),
        ];
        assert!(input(&all).unwrap().document(&object).ends_with(
            "<ETag>d41d8cd98f00b204e9800998ecf8427e-4</ETag><Checksum><ChecksumCRC32>sOO8/Q==</ChecksumCRC32>\
             <ChecksumType>FULL_OBJECT</ChecksumType></Checksum><ObjectParts><PartsCount>4</PartsCount>\
             <PartNumberMarker>2</PartNumberMarker><NextPartNumberMarker>3</NextPartNumberMarker>\
             <MaxParts>1</MaxParts>\
             <IsTruncated>true</IsTruncated><Part><PartNumber>3</PartNumber><Size>5</Size>\
             <ChecksumCRC32>sOO8/Q==</ChecksumCRC32></Part></ObjectParts>\
             <StorageClass>STANDARD</StorageClass>\
             <ObjectSize>20</ObjectSize></GetObjectAttributesResponse>"
        ));
        let size = input(&[("x-amz-object-attributes", "ObjectSize")]).unwrap();
        assert!(
            size.document(&object)
                .ends_with("2006-03-01/\"><ObjectSize>20</ObjectSize></GetObjectAttributesResponse>")
        );
    }
}
