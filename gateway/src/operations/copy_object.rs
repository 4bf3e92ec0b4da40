//! CopyObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>

use super::put_object::NewObject;
use crate::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, copy_algorithm};
use crate::copy_source::CopySource;
use crate::errors::{Result, S3Error};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::precondition::{ReadPreconditions, WritePreconditions};
use crate::timestamp::push_iso8601;
use crate::xml::XmlWriter;

/// The largest object that one CopyObject copies: 5 GiB.
pub const SOURCE_LENGTH_MAX: u64 = 5 << 30;

/// Where metadata or tags of a copy come from.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Directive {
    /// From the source.
    #[default]
    Copy,
    /// From the request.
    Replace,
}

/// What is to be copied, and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// What is copied.
    pub source: CopySource,
    /// Preconditions on the source.
    pub source_preconditions: ReadPreconditions,
    /// `x-amz-metadata-directive`
    pub metadata_directive: Directive,
    /// `x-amz-tagging-directive`
    pub tagging_directive: Directive,
    /// What the request says of the copy.
    pub object: NewObject,
    /// `x-amz-checksum-algorithm`; the source's without it.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// Preconditions on what the target key holds now.
    pub preconditions: WritePreconditions,
    /// Whether the request sets a storage class, a redirect or encryption, which makes a copy onto itself a
    /// change.
    changes: bool,
}

impl Input {
    /// Reads the headers. `InvalidArgument` for invalid ones, and the errors of [`NewObject::parse`].
    pub fn parse(headers: &Headers, now_ms: u64) -> Result<Input> {
        let changes =
            ["x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption"];
        Ok(Input {
            source: CopySource::of_headers(headers)?,
            source_preconditions: ReadPreconditions::parse_copy_source(headers),
            metadata_directive: directive(
                headers,
                "x-amz-metadata-directive",
                "Unknown metadata directive.",
            )?,
            tagging_directive: directive(headers, "x-amz-tagging-directive", "Unknown tagging directive.")?,
            object: NewObject::parse(headers, now_ms)?,
            checksum_algorithm: copy_algorithm(headers)?,
            preconditions: WritePreconditions::parse(headers),
            changes: changes.iter().any(|name| headers.has(name)),
        })
    }

    /// Refuses to copy an object onto itself without changing anything: `InvalidRequest`. Copying an older
    /// version is a change.
    pub fn check_target(&self, bucket: &str, key: &str) -> Result<()> {
        let onto_itself =
            self.source.bucket == bucket && self.source.key == key && self.source.version_id.is_none();
        let kept = self.metadata_directive == Directive::Copy && !self.changes;
        if onto_itself && kept {
            return Err(S3Error::invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without \
                 changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        Ok(())
    }
}

fn directive(headers: &Headers, name: &'static str, message: &str) -> Result<Directive> {
    match headers.get(name) {
        None | Some("COPY") => Ok(Directive::Copy),
        Some("REPLACE") => Ok(Directive::Replace),
        Some(other) => Err(S3Error::invalid_argument(name, other, message)),
    }
}

/// What a copy made, of an object or of a part.
#[derive(Clone, Copy, Debug)]
pub struct Copied<'a> {
    /// Its ETag.
    pub etag: ETag,
    /// When it was made.
    pub modified_ms: u64,
    /// Its checksums.
    pub checksums: &'a [Checksum],
    /// What they are taken of; not printed for parts.
    pub checksum_type: Option<ChecksumType>,
}

impl Copied<'_> {
    /// The response document of CopyObject.
    pub fn object_document(&self) -> String {
        self.document("CopyObjectResult")
    }

    /// The response document of UploadPartCopy.
    pub fn part_document(&self) -> String {
        self.document("CopyPartResult")
    }

    fn document(&self, root: &str) -> String {
        let mut xml = XmlWriter::document(root);
        xml.with("ETag", |out| self.etag.push_xml(out));
        xml.with("LastModified", |out| push_iso8601(out, self.modified_ms));
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
    use crate::errors::ErrorCode;

    fn input(headers: &[(&str, &str)]) -> Result<Input> {
        Input::parse(&Headers::from_iter(headers.iter().copied()), 0)
    }

    #[test]
    fn directives_say_where_metadata_comes_from() {
        let source = ("x-amz-copy-source", "photos/a");
        let default = input(&[source]).unwrap();
        assert_eq!(
            (default.metadata_directive, default.tagging_directive),
            (Directive::Copy, Directive::Copy)
        );
        let replaced = input(&[source, ("x-amz-metadata-directive", "REPLACE")]).unwrap();
        assert_eq!(replaced.metadata_directive, Directive::Replace);
        for name in ["x-amz-metadata-directive", "x-amz-tagging-directive"] {
            assert_eq!(input(&[source, (name, "MOVE")]).unwrap_err().code, ErrorCode::InvalidArgument);
        }
        assert_eq!(input(&[]).unwrap_err().code, ErrorCode::InvalidArgument);
    }

    #[test]
    fn a_copy_onto_itself_must_change_something() {
        let source = ("x-amz-copy-source", "photos/a");
        let check = |headers: &[(&str, &str)]| {
            input(headers).unwrap().check_target("photos", "a").map_err(|error| error.code)
        };
        assert_eq!(check(&[source]), Err(ErrorCode::InvalidRequest));
        assert_eq!(check(&[source, ("x-amz-metadata-directive", "REPLACE")]), Ok(()));
        assert_eq!(check(&[source, ("x-amz-storage-class", "STANDARD_IA")]), Ok(()));
        assert_eq!(check(&[("x-amz-copy-source", "photos/a?versionId=v")]), Ok(()));
        assert_eq!(check(&[("x-amz-copy-source", "photos/b")]), Ok(()));
    }

    #[test]
    fn the_document_tells_what_was_made() {
        let checksums = [Checksum::new(ChecksumAlgorithm::Crc32, vec![0xb0, 0xe3, 0xbc, 0xfd])];
        let copied = Copied {
            etag: ETag::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap(),
            modified_ms: 0,
            checksums: &checksums,
            checksum_type: Some(ChecksumType::FullObject),
        };
        assert!(copied.object_document().ends_with(
            "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\
             <LastModified>1970-01-01T00:00:00.000Z</LastModified>\
             <ChecksumCRC32>sOO8/Q==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>\
             </CopyObjectResult>"
        ));
        let part = Copied { checksums: &[], ..copied };
        assert!(part.part_document().ends_with("000Z</LastModified></CopyPartResult>"));
    }
}
