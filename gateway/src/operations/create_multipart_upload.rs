//! CreateMultipartUpload: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>

use super::put_object::NewObject;
use crate::checksum::MultipartChecksum;
use crate::errors::Result;
use crate::headers::Headers;
use crate::xml::XmlWriter;

/// What the object is to be.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// What to keep with it.
    pub object: NewObject,
    /// Its checksums.
    pub checksum: Option<MultipartChecksum>,
}

impl Input {
    /// Reads the headers. Errors of [`NewObject::parse`] and [`MultipartChecksum::parse`].
    pub fn parse(headers: &Headers, now_ms: u64) -> Result<Input> {
        Ok(Input { object: NewObject::parse(headers, now_ms)?, checksum: MultipartChecksum::parse(headers)? })
    }
}

/// The response document.
pub fn document(bucket: &str, key: &str, upload_id: &str) -> String {
    let mut xml = XmlWriter::document("InitiateMultipartUploadResult");
    xml.text("Bucket", bucket);
    xml.text("Key", key);
    xml.text("UploadId", upload_id);
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::{ChecksumAlgorithm, ChecksumType};

    #[test]
    fn object_and_checksum_are_read() {
        let headers =
            Headers::from_iter([("content-type", "text/plain"), ("x-amz-checksum-algorithm", "CRC64NVME")]);
        let input = Input::parse(&headers, 0).unwrap();
        assert_eq!(input.object.system.content_type.as_deref(), Some("text/plain"));
        let expected =
            MultipartChecksum { algorithm: ChecksumAlgorithm::Crc64Nvme, kind: ChecksumType::FullObject };
        assert_eq!(input.checksum, Some(expected));
    }

    #[test]
    fn the_document_names_the_upload() {
        assert!(document("photos", "a&b", "u1").ends_with(
            "<Bucket>photos</Bucket><Key>a&amp;b</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
        ));
    }
}
