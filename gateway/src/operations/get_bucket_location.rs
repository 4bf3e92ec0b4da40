//! GetBucketLocation: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>

use crate::xml::{XmlWriter, push_escaped};

/// The response document: empty for `us-east-1`, for historical reasons, as in S3.
pub fn document(region: &str) -> String {
    let mut xml = XmlWriter::document("LocationConstraint");
    if region != "us-east-1" {
        xml.push(|out| push_escaped(out, region));
    }
    xml.finish()
}

#[cfg(test)]
mod tests;
