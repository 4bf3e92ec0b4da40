use super::*;
use crate::errors::ErrorCode;

fn input(raw: &str) -> Result<Input> {
    Input::parse(&Query::parse(raw).unwrap())
}

#[test]
fn a_page_starts_after_its_marker() {
    let read = input("uploadId=u&max-parts=2&part-number-marker=7").unwrap();
    assert_eq!((read.limit, read.after), (2, 7));
    assert_eq!(input("uploadId=u").unwrap(), Input { upload_id: "u".to_owned(), limit: 1000, after: 0 });
    for raw in ["uploadId=u&max-parts=x", "uploadId=u&part-number-marker=-1", "uploadId="] {
        assert_eq!(input(raw).unwrap_err().code, ErrorCode::InvalidArgument, "{raw}");
    }
}

#[test]
fn the_document_names_upload_and_parts() {
    let owner = Owner { id: "75aa57f0", display_name: "alice" };
    let upload = Upload {
        bucket: "photos",
        key: "a",
        initiator: owner,
        owner,
        storage_class: StorageClass::Standard,
        checksum: None,
    };
    let etag = ETag::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap();
    let part = PartRow { number: 8, modified_ms: 0, etag, size: 5, checksums: &[] };
    let document = input("uploadId=u&max-parts=1&part-number-marker=7").unwrap().document(
        &upload,
        [part].into_iter(),
        true,
    );
    assert!(document.ends_with(
        "<StorageClass>STANDARD</StorageClass><PartNumberMarker>7</PartNumberMarker>\
         <NextPartNumberMarker>8</NextPartNumberMarker>\
         <MaxParts>1</MaxParts><IsTruncated>true</IsTruncated><Part><PartNumber>8</PartNumber>\
         <LastModified>1970-01-01T00:00:00.000Z</LastModified>\
         <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\
         <Size>5</Size></Part></ListPartsResult>"
    ));
}
