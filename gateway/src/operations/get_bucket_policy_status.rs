//! GetBucketPolicyStatus:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html>

use crate::xml::XmlWriter;

/// The response document.
pub fn document(is_public: bool) -> String {
    let mut xml = XmlWriter::document("PolicyStatus");
    xml.boolean("IsPublic", is_public);
    xml.finish()
}

#[cfg(test)]
mod tests;
