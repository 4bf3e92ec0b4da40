//! GetBucketLocation: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>

use crate::xml::{XmlWriter, push_escaped};

/// The response document: empty for `us-east-1`, as ever since that was the only region.
pub fn document(region: &str) -> String {
    let mut xml = XmlWriter::document("LocationConstraint");
    if region != "us-east-1" {
        xml.push(|out| push_escaped(out, region));
    }
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn the_first_region_has_no_name() {
        let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
        assert_eq!(document("us-east-1"), format!("{start}</LocationConstraint>"));
        assert_eq!(document("eu-west-1"), format!("{start}eu-west-1</LocationConstraint>"));
    }
}
