use super::*;

#[test]
fn the_document_names_the_upload() {
    assert!(document("photos", "a&b", "u1").ends_with(
        "<Bucket>photos</Bucket><Key>a&amp;b</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
    ));
}
