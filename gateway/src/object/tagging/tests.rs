use super::*;
use proptest::prelude::*;

fn document(tags: &[(String, String)]) -> Vec<u8> {
    TagSet { tags: tags.to_vec() }.document().into_bytes()
}

fn numbered(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (number.to_string(), number.to_string())).collect()
}

#[test]
fn the_header_form_is_url_encoded() {
    let set = TagSet::parse_header("foo=bar&bar&a%20b=c+d%2B").unwrap();
    let expected = [("a b", "c d+"), ("bar", ""), ("foo", "bar")];
    assert_eq!(set.tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(TagSet::parse_header("").unwrap().is_empty());
    for text in ["a=%zz", "a=1&a=2", "=1", "="] {
        let error = TagSet::parse_header(text).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{text}");
        assert_eq!(error.details[1], ("ArgumentValue", text.to_owned()));
    }
    let value = TagSet::parse_header("k=v!").unwrap_err();
    assert_eq!(value.details, [("TagKey", "k".to_owned()), ("TagValue", "v!".to_owned())]);
}

#[test]
fn limits_are_counted_in_characters() {
    let check =
        |key: String, value: String| TagSet::parse_document(&document(&[(key, value)]), Tagged::Object);
    assert!(check("é".repeat(128), "ü".repeat(256)).is_ok());
    assert_eq!(check("k".repeat(129), String::new()).unwrap_err().code, ErrorCode::InvalidTag);
    assert_eq!(check("k".into(), "v".repeat(257)).unwrap_err().code, ErrorCode::InvalidTag);
    assert_eq!(check("AWS:k".into(), "v".into()).unwrap_err().code, ErrorCode::InvalidTag);
    assert_eq!(check("k{".into(), "v".into()).unwrap_err().code, ErrorCode::InvalidTag);
    assert!(check("a_.:/=+-@ Z9".into(), String::new()).is_ok());
}

#[test]
fn objects_have_ten_tags_and_buckets_fifty() {
    assert!(TagSet::parse_document(&document(&numbered(10)), Tagged::Object).is_ok());
    assert_eq!(
        TagSet::parse_document(&document(&numbered(11)), Tagged::Object).unwrap_err().code,
        ErrorCode::BadRequest
    );
    assert!(TagSet::parse_document(&document(&numbered(50)), Tagged::Bucket).is_ok());
    assert_eq!(
        TagSet::parse_document(&document(&numbered(51)), Tagged::Bucket).unwrap_err().code,
        ErrorCode::BadRequest
    );
}

#[test]
fn other_documents_are_malformed() {
    for xml in [
        "<Tags/>",
        "<Tagging/>",
        "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Value>a</Value></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Other/></TagSet></Tagging>",
        "<Tagging><TagSet/><More/></Tagging>",
    ] {
        assert_eq!(
            TagSet::parse_document(xml.as_bytes(), Tagged::Object).unwrap_err().code,
            ErrorCode::MalformedXML,
            "{xml}"
        );
    }
    assert!(TagSet::parse_document(b"<Tagging><TagSet/></Tagging>", Tagged::Bucket).unwrap().is_empty());
}

proptest! {
    #[test]
    fn a_written_set_is_read_back(
        tags in proptest::collection::btree_map("[a-zA-Z0-9é ]{1,20}", "[a-z:/@ü ]{0,20}", 0..10),
    ) {
        let tags: Vec<_> = tags.into_iter().collect();
        let read = TagSet::parse_document(&document(&tags), Tagged::Object).unwrap();
        prop_assert_eq!(read.tags, tags);
    }

    #[test]
    fn reading_the_header_never_panics(text in "\\PC{0,60}") {
        let _ = TagSet::parse_header(&text);
    }
}
