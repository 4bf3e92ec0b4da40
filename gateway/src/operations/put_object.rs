//! PutObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use super::parameters::body_length;
use crate::acl::Requested;
use crate::checksum::{RequestChecksum, content_md5};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::headers::Headers;
use crate::metadata::{SystemHeaders, user_metadata, website_redirect};
use crate::object_lock::RequestedLock;
use crate::precondition::WritePreconditions;
use crate::storage_class::StorageClass;
use crate::tagging::TagSet;

/// What a client says of a new object, in PutObject, CopyObject and CreateMultipartUpload alike.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct NewObject {
    /// `Content-Type` and its relatives.
    pub system: SystemHeaders,
    /// `x-amz-meta-…`
    pub metadata: Vec<(String, String)>,
    /// `x-amz-tagging`; absent when the header is.
    pub tags: Option<TagSet>,
    /// `x-amz-storage-class`
    pub storage_class: StorageClass,
    /// `x-amz-object-lock-…`
    pub lock: RequestedLock,
    /// `x-amz-website-redirect-location`
    pub website_redirect: Option<String>,
    /// `x-amz-acl` or `x-amz-grant-…`
    pub acl: Requested,
}

impl NewObject {
    /// Reads the headers. The errors of each.
    pub fn parse(headers: &Headers, now_ms: u64) -> Result<NewObject> {
        Ok(NewObject {
            acl: Requested::of_headers(headers)?,
            system: SystemHeaders::parse(headers),
            metadata: user_metadata(headers)?,
            tags: headers.get("x-amz-tagging").map(TagSet::parse_header).transpose()?,
            storage_class: StorageClass::of_headers(headers)?,
            lock: RequestedLock::parse(headers, now_ms)?,
            website_redirect: website_redirect(headers)?,
        })
    }
}

/// The digests that a client gives for a body.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BodyDigests {
    /// `Content-MD5`
    pub md5: Option<[u8; 16]>,
    /// `x-amz-checksum-…`, in a header or a trailer.
    pub checksum: RequestChecksum,
}

impl BodyDigests {
    /// Reads the headers. `InvalidDigest` or `InvalidRequest`.
    pub fn parse(headers: &Headers) -> Result<BodyDigests> {
        Ok(BodyDigests { md5: content_md5(headers)?, checksum: RequestChecksum::parse(headers)? })
    }
}

/// What is to be written.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// In bytes, without framing.
    pub length: u64,
    /// To verify the body with.
    pub digests: BodyDigests,
    /// What to keep with it.
    pub object: NewObject,
    /// `If-Match` and `If-None-Match`
    pub preconditions: WritePreconditions,
}

impl Input {
    /// Reads the headers. Errors of [`NewObject::parse`], [`BodyDigests::parse`] and of the length;
    /// `NotImplemented` for appends.
    pub fn parse(headers: &Headers, now_ms: u64) -> Result<Input> {
        if headers.has("x-amz-write-offset-bytes") {
            return Err(S3Error::new(ErrorCode::NotImplemented).detail("Header", "x-amz-write-offset-bytes"));
        }
        Ok(Input {
            length: body_length(headers)?,
            digests: BodyDigests::parse(headers)?,
            object: NewObject::parse(headers, now_ms)?,
            preconditions: WritePreconditions::parse(headers),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(headers: &[(&str, &str)]) -> Result<Input> {
        let length = [("content-length", "3")];
        Input::parse(&Headers::from_iter(length.iter().chain(headers).copied()), 0)
    }

    #[test]
    fn every_header_has_its_field() {
        let input = input(&[
            ("content-type", "text/plain"),
            ("x-amz-meta-a", "1"),
            ("x-amz-tagging", "k=v"),
            ("x-amz-storage-class", "STANDARD_IA"),
            ("x-amz-website-redirect-location", "/b"),
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-amz-checksum-crc32", "sOO8/Q=="),
            ("if-none-match", "*"),
        ])
        .unwrap();
        assert_eq!(input.length, 3);
        assert_eq!(input.object.system.content_type.as_deref(), Some("text/plain"));
        assert_eq!(input.object.metadata, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(input.object.tags.unwrap().tags, [("k".to_owned(), "v".to_owned())]);
        assert_eq!(input.object.storage_class, StorageClass::StandardIa);
        assert_eq!(input.object.website_redirect.as_deref(), Some("/b"));
        assert!(input.digests.md5.is_some() && input.digests.checksum.value.is_some());
        assert!(input.preconditions.is_conditional());
    }

    #[test]
    fn each_invalid_header_has_its_code() {
        let large = "v".repeat(3000);
        let cases = [
            ("content-md5", "", ErrorCode::InvalidDigest),
            ("x-amz-checksum-crc32", "x", ErrorCode::InvalidRequest),
            ("x-amz-tagging", "a=1&a=1", ErrorCode::InvalidTag),
            ("x-amz-meta-a", large.as_str(), ErrorCode::MetadataTooLarge),
            ("x-amz-storage-class", "COLD", ErrorCode::InvalidStorageClass),
            ("x-amz-acl", "public-ready", ErrorCode::InvalidArgument),
            ("x-amz-object-lock-legal-hold", "x", ErrorCode::InvalidArgument),
            ("x-amz-write-offset-bytes", "0", ErrorCode::NotImplemented),
            ("x-amz-decoded-content-length", "5368709121", ErrorCode::EntityTooLarge),
        ];
        for (name, value, code) in cases {
            assert_eq!(input(&[(name, value)]).unwrap_err().code, code, "{name}");
        }
        assert_eq!(Input::parse(&Headers::default(), 0).unwrap_err().code, ErrorCode::MissingContentLength);
    }
}
