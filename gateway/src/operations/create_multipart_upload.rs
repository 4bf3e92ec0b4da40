//! CreateMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>

use crate::xml::XmlWriter;

/// The response document.
pub fn document(bucket: &str, key: &str, upload_id: &str) -> String {
    let mut xml = XmlWriter::document("InitiateMultipartUploadResult");
    xml.text("Bucket", bucket);
    xml.text("Key", key);
    xml.text("UploadId", upload_id);
    xml.finish()
}

#[cfg(test)]
mod tests;
