use super::*;
use crate::errors::ErrorCode;
use proptest::prelude::*;

#[test]
fn documents_have_a_declaration_and_the_namespace() {
    let mut xml = XmlWriter::document("LocationConstraint");
    xml.push(|out| out.push_str("eu"));
    assert_eq!(
        xml.finish(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu</LocationConstraint>"
    );
}

#[test]
fn text_is_escaped_and_control_characters_are_references() {
    let mut out = String::new();
    push_escaped(&mut out, "a&b<c>\"d\"'é\u{1}\r\n\t\u{1f}\u{7f}");
    assert_eq!(out, "a&amp;b&lt;c&gt;&quot;d&quot;'é&#x1;&#xd;\n\t&#x1f;&#x7f;");
}

#[test]
fn numbers_and_encoded_keys_are_pushed() {
    let mut xml = XmlWriter::document_in("R", "");
    xml.number("A", 0);
    xml.number("B", u64::MAX);
    xml.url_encoded("K", "a b/é+");
    xml.boolean("T", true);
    xml.optional("N", None);
    assert_eq!(
        xml.finish(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R><A>0</A><B>18446744073709551615</B>\
         <K>a%20b/%C3%A9%2B</K><T>true</T></R>"
    );
}

#[test]
fn a_document_is_read_whatever_its_namespace() {
    for xml in [
        "<Delete><Object><Key> a&amp;b </Key></Object><Quiet>true</Quiet></Delete>",
        "<?xml version=\"1.0\"?>\n<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n <Object>\
         <Key> a&#38;b </Key>\n</Object> <Quiet>true</Quiet></Delete>\n",
        "<s:Delete xmlns:s=\"x\"><s:Object><s:Key> a<![CDATA[&]]>b </s:Key></s:Object><!-- c -->\
         <s:Quiet>true</s:Quiet></s:Delete>",
    ] {
        let root = Element::parse_named(xml.as_bytes(), "Delete").unwrap();
        let object = root.child("Object").unwrap();
        assert_eq!(object.text_of("Key"), Some(" a&b "), "{xml}");
        assert_eq!(root.required("Quiet").unwrap(), "true");
        assert_eq!(root.text, "");
        assert!(root.only(&["Object", "Quiet"]).is_ok() && root.only(&["Object"]).is_err());
    }
}

#[test]
fn the_kind_of_a_grantee_is_kept() {
    let xml = b"<Grant>\
        <Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>u</URI>\
        </Grantee></Grant>";
    assert_eq!(Element::parse(xml).unwrap().child("Grantee").unwrap().kind.as_deref(), Some("Group"));
}

#[test]
fn what_is_not_one_well_formed_document_is_malformed() {
    let deep = "<a>".repeat(1000);
    let deep_closed = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    let malformed: &[&[u8]] = &[
        b"",
        b"   ",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a/>tail",
        b"<a>&unknown;</a>",
        b"<a>&#xD800;</a>",
        b"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        b"<a b=1/>",
        b"<a>\xff</a>",
        b"<a",
        b"{}",
        b"<\r/>",
        b"<a:/>",
        b"<:a/>",
        b"<a:b:c/>",
        b"<1/>",
        b"<a\x01/>",
        b"<a><b&/></a>",
        deep.as_bytes(),
        deep_closed.as_bytes(),
    ];
    for bytes in malformed {
        let error = Element::parse(bytes).unwrap_err();
        assert_eq!(error.code, ErrorCode::MalformedXML, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn too_many_attributes_are_malformed() {
    let with = |count: usize| {
        let attributes: String = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        Element::parse(format!("<a{attributes}/>").as_bytes())
    };
    assert!(with(16).is_ok());
    assert_eq!(with(17).unwrap_err().code, ErrorCode::MalformedXML);
    assert_eq!(with(50_000).unwrap_err().code, ErrorCode::MalformedXML);
}

#[test]
fn too_many_elements_are_malformed() {
    let xml = format!("<a>{}</a>", "<b/>".repeat(120_000));
    assert_eq!(Element::parse(xml.as_bytes()).unwrap_err().code, ErrorCode::MalformedXML);
}

proptest! {
    #[test]
    fn written_text_reads_back(text in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}\u{fffe}\u{ffff}]{0,64}") {
        let mut xml = XmlWriter::document("R");
        xml.text("T", &text);
        let root = Element::parse(xml.finish().as_bytes()).unwrap();
        prop_assert_eq!(root.text_of("T"), Some(text.as_str()));
    }

    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = Element::parse(&bytes);
    }

    #[test]
    fn reading_markup_never_panics(xml in "(<|>|/|a|b|&|;|#|!|\\[|\\]|-|\\?|=|\"| ){0,60}") {
        let _ = Element::parse(xml.as_bytes());
    }
}
