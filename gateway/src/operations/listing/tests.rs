use super::*;
use crate::errors::ErrorCode;
use crate::object::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::object::etag::ETag;
use crate::object::storage_class::StorageClass;
use crate::operations::{list_multipart_uploads, list_object_versions, list_objects, list_objects_v2};
use crate::request::url_encoding::decode_query;
use crate::xml::Element;
use proptest::prelude::*;

const OWNER: Owner<'static> = Owner { id: "75aa57f0", display_name: "alice" };

fn row(key: &str) -> ObjectRow<'_> {
    ObjectRow {
        key,
        modified_ms: 1_369_353_600_000,
        etag: ETag::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap(),
        size: 1024,
        storage_class: StorageClass::Standard,
        checksum_algorithms: ChecksumAlgorithm::Crc64Nvme.bit(),
        checksum_type: Some(ChecksumType::FullObject),
        owner: None,
    }
}

fn query(raw: &str) -> Query {
    Query::parse(raw).unwrap()
}

/// A document without its declaration and namespace, one line for each top-level element.
fn lines(document: &str) -> String {
    let body = document.split_once("2006-03-01/\">").unwrap().1;
    [
        "<MaxKeys>",
        "<MaxUploads>",
        "<IsTruncated>",
        "<Contents>",
        "<Version>",
        "<DeleteMarker>",
        "<Upload>",
        "<CommonPrefixes>",
    ]
    .iter()
    .fold(body.to_owned(), |text, name| text.replace(name, &format!("\n{name}")))
}

#[test]
fn list_objects_v2_prints_entries_before_common_prefixes() {
    let input = list_objects_v2::Input::parse(&query(
        "list-type=2&prefix=a/&delimiter=/&max-keys=2&start-after=a%2F0&fetch-owner=true",
    ))
    .unwrap();
    assert_eq!((input.after(), input.fetch_owner), ("a/0", true));
    let mut page = Page::new(&input.selection);
    page.common_prefix("a/b&/");
    page.object(&ObjectRow { owner: Some(OWNER), ..row("a/c") });
    assert_eq!(page.count(), 2);
    let expected = "<Name>photos</Name><Prefix>a/</Prefix>\
        <NextContinuationToken>OY50LmEvYw</NextContinuationToken><StartAfter>a/0</StartAfter>\
        <KeyCount>2</KeyCount>\n\
        <MaxKeys>2</MaxKeys><Delimiter>/</Delimiter>\n\
        <IsTruncated>true</IsTruncated>\n\
        <Contents><Key>a/c</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified>\
        <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>\
        <Size>1024</Size><Owner><ID>75aa57f0</ID><DisplayName>alice</DisplayName></Owner>\
        <StorageClass>STANDARD</StorageClass></Contents>\n\
        <CommonPrefixes><Prefix>a/b&amp;/</Prefix></CommonPrefixes></ListBucketResult>";
    assert_eq!(lines(&input.document("photos", &page, Some("a/c"))), expected);
}

#[test]
fn a_continuation_token_takes_precedence_and_is_echoed() {
    let input = list_objects_v2::Input::parse(&query("continuation-token=OY50LmEvYw&start-after=z")).unwrap();
    assert_eq!(input.after(), "a/c");
    let document = input.document("photos", &Page::new(&input.selection), None);
    assert!(document.contains(
        "<ContinuationToken>OY50LmEvYw</ContinuationToken><StartAfter>z</StartAfter><KeyCount>0</KeyCount>"
    ));
    let empty = list_objects_v2::Input::parse(&query("continuation-token=")).unwrap();
    assert_eq!(empty.after(), "");
    assert!(
        empty.document("photos", &Page::default(), None).contains("<ContinuationToken></ContinuationToken>")
    );
}

#[test]
fn list_objects_prints_the_next_marker_only_with_a_delimiter() {
    let plain = list_objects::Input::parse(&query("marker=b")).unwrap();
    let document = plain.document("photos", &Page::new(&plain.selection), Some("c"));
    assert_eq!(
        lines(&document),
        "<Name>photos</Name><Prefix></Prefix>\
         <Marker>b</Marker>\n<MaxKeys>1000</MaxKeys>\n<IsTruncated>true</IsTruncated></ListBucketResult>"
    );
    let rolled = list_objects::Input::parse(&query("delimiter=/")).unwrap();
    assert!(
        rolled
            .document("photos", &Page::new(&rolled.selection), Some("c/"))
            .contains("<NextMarker>c/</NextMarker>")
    );
}

#[test]
fn encoding_type_url_encodes_every_key() {
    let input =
        list_objects::Input::parse(&query("encoding-type=url&prefix=a+&delimiter=%25&marker=%01")).unwrap();
    let mut page = Page::new(&input.selection);
    page.object(&row("a b+é\u{1}"));
    page.common_prefix("a c%");
    let document = input.document("photos", &page, Some("a c%"));
    for element in [
        "<Prefix>a%20</Prefix>",
        "<Marker>%01</Marker>",
        "<NextMarker>a%20c%25</NextMarker>",
        "<Delimiter>%25</Delimiter>",
        "<EncodingType>url</EncodingType>",
        "<Key>a%20b%2B%C3%A9%01</Key>",
        "<CommonPrefixes><Prefix>a%20c%25</Prefix></CommonPrefixes>",
    ] {
        assert!(document.contains(element), "{element} in {document}");
    }
    assert!(Element::parse(document.as_bytes()).is_ok());
}

#[test]
fn versions_and_delete_markers_keep_their_order() {
    let input =
        list_object_versions::Input::parse(&query("versions&key-marker=a&version-id-marker=v0")).unwrap();
    let mut page = Page::new(&input.selection);
    let object = ObjectRow { owner: Some(OWNER), ..row("a") };
    page.version(&VersionRow { object, version_id: "v2", is_latest: true, is_delete_marker: true });
    page.version(&VersionRow { object, version_id: "null", is_latest: false, is_delete_marker: false });
    let next = Next { key: "a", id: Some("null") };
    let expected = "<Name>photos</Name><Prefix></Prefix><KeyMarker>a</KeyMarker>\
        <VersionIdMarker>v0</VersionIdMarker><NextKeyMarker>a</NextKeyMarker>\
        <NextVersionIdMarker>null</NextVersionIdMarker>\n\
        <MaxKeys>1000</MaxKeys>\n\
        <IsTruncated>true</IsTruncated>\n\
        <DeleteMarker><Key>a</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest>\
        <LastModified>2013-05-24T00:00:00.000Z</LastModified><Owner><ID>75aa57f0</ID>\
        <DisplayName>alice</DisplayName></Owner></DeleteMarker>\n\
        <Version><Key>a</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>\
        <LastModified>2013-05-24T00:00:00.000Z</LastModified>\
        <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\
        <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>\
        <Size>1024</Size><StorageClass>STANDARD</StorageClass><Owner><ID>75aa57f0</ID>\
        <DisplayName>alice</DisplayName></Owner></Version></ListVersionsResult>";
    assert_eq!(lines(&input.document("photos", &page, Some(next))), expected);
}

#[test]
fn uploads_name_who_began_them() {
    let input =
        list_multipart_uploads::Input::parse(&query("uploads&max-uploads=1&upload-id-marker=ignored"))
            .unwrap();
    assert_eq!(input.upload_id_marker, None);
    let mut page = Page::new(&input.selection);
    page.upload(&UploadRow {
        key: "a",
        upload_id: "u1",
        initiated_ms: 0,
        storage_class: StorageClass::StandardIa,
        initiator: OWNER,
        owner: Owner { id: "o", display_name: "" },
        checksum: Some((ChecksumAlgorithm::Crc32, ChecksumType::Composite)),
    });
    let next = Next { key: "a", id: Some("u1") };
    let expected = "<Bucket>photos</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>\
        <NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker><Prefix></Prefix>\n\
        <MaxUploads>1</MaxUploads>\n\
        <IsTruncated>true</IsTruncated>\n\
        <Upload><Key>a</Key><UploadId>u1</UploadId><Initiator><ID>75aa57f0</ID>\
        <DisplayName>alice</DisplayName></Initiator><Owner><ID>o</ID></Owner>\
        <StorageClass>STANDARD_IA</StorageClass><Initiated>1970-01-01T00:00:00.000Z</Initiated>\
        <ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType></Upload>\
        </ListMultipartUploadsResult>";
    assert_eq!(lines(&input.document("photos", &page, Some(next))), expected);
}

#[test]
fn invalid_parameters_are_named() {
    for raw in [
        "max-keys=blah",
        "max-keys=-1",
        "encoding-type=base64",
        "version-id-marker=v",
        "continuation-token=*",
    ] {
        let versions = list_object_versions::Input::parse(&query(raw)).err();
        let objects = list_objects_v2::Input::parse(&query(raw)).err();
        let error = objects.or(versions).unwrap();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{raw}");
        assert_eq!(error.details[0].1, raw.split_once('=').unwrap().0);
        assert_eq!(error.details[1].1, raw.split_once('=').unwrap().1);
    }
    // ListObjectVersions has its own message for one of them.
    let versions = list_object_versions::Input::parse(&query("max-keys=-1")).unwrap_err();
    assert_eq!(versions.message.as_deref(), Some("max-keys cannot be negative"));
    assert_eq!(versions.details[0].1, "maxKeys");
    assert_eq!(list_objects::Input::parse(&query("max-keys=0")).unwrap().selection.limit, 0);
    assert_eq!(list_objects::Input::parse(&query("delimiter=")).unwrap().selection.delimiter, None);
}

proptest! {
    #[test]
    fn a_url_encoded_page_gives_every_key_back(
        keys in proptest::collection::vec("\\PC{1,20}|[\u{0}-\u{1f}/%+ ]{1,5}", 0..8),
    ) {
        let input = list_objects_v2::Input::parse(&query("encoding-type=url")).unwrap();
        let mut page = Page::new(&input.selection);
        keys.iter().for_each(|key| page.object(&row(key)));
        let document = Element::parse(input.document("photos", &page, None).as_bytes()).unwrap();
        let read: Vec<String> = document
            .children("Contents")
            .map(|entry| decode_query(entry.text_of("Key").unwrap()).unwrap().into_owned())
            .collect();
        prop_assert_eq!(read, keys);
    }
}
