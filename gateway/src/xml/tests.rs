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
fn what_only_xml_1_1_has_is_declared_as_that() {
    let declared = |text: &str| {
        let mut xml = XmlWriter::document_in("R", "");
        xml.text("T", text);
        let mut document = xml.finish();
        declare(&mut document);
        let version = document[15..18].to_owned();
        // A reader of both versions gets the text back.
        let mut reader = quick_xml::Reader::from_str(&document);
        let mut read = String::new();
        loop {
            use quick_xml::events::Event;
            match reader.read_event().unwrap() {
                Event::Text(text) => read.push_str(text.xml11_content().trim_start_matches('\n')),
                Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                    Some(character) => read.push(character),
                    None => read.push_str(&format!("&{};", reference.xml10_content())),
                },
                Event::Eof => break,
                _ => {}
            }
        }
        (version, read)
    };
    for (text, version) in [
        ("a b", "1.0"),
        ("a\rb\u{7f}\u{85}\u{9f}\u{2028}é", "1.0"),
        ("a\u{1}b", "1.1"),
        ("\u{1f}\u{85}\u{2028}\u{ad}", "1.1"),
        ("\u{8}", "1.1"),
    ] {
        assert_eq!(declared(text), (version.to_owned(), text.to_owned()), "{text:?}");
    }
    assert_eq!(declared("&#x1;").0, "1.0", "text that looks like a reference is none");
    let (version, read) = declared("a\0b\u{fffe}\u{ffff}c");
    assert_eq!((version.as_str(), read.as_str()), ("1.0", "a\u{fffd}b\u{fffd}\u{fffd}c"));
}

#[test]
fn texts_are_read_as_written_and_words_without_white_space() {
    let text = |xml: &str| {
        Element::parse(format!("<r>{xml}</r>").as_bytes()).map(|root| root.exact("k").map(str::to_owned))
    };
    for (xml, expected) in [
        ("<k> report</k>", " report"),
        ("<k>report\t</k>", "report\t"),
        ("<k>   </k>", "   "),
        ("<k>&#32;&#10;&#9;&#13;</k>", " \n\t\r"),
        ("<k>a\r\nb\rc</k>", "a\nb\nc"),
        ("<k><![CDATA[ a&b\r\n]]></k>", " a&b\n"),
        ("<k> a<!-- c -->b </k>", " ab "),
        ("<k></k>", ""),
        ("<k/>", ""),
        ("<k>\u{a0}\u{3000}a\u{2028}</k>", "\u{a0}\u{3000}a\u{2028}"),
    ] {
        assert_eq!(text(xml).unwrap().as_deref(), Ok(expected), "{xml}");
    }
    for xml in ["", "<k>a</k><k>b</k>", "<k>a<b/></k>"] {
        assert_eq!(text(xml).unwrap().unwrap_err().code, ErrorCode::MalformedXML, "{xml}");
    }
    let root = Element::parse("<r><w>\r\n on\t</w><s>\u{a0}on</s></r>".as_bytes()).unwrap();
    assert_eq!((root.word_of("w"), root.word_of("s")), (Some("on"), Some("\u{a0}on")));
    assert_eq!(root.required("w"), Ok("on"));
}

#[test]
fn characters_that_xml_does_not_have_are_malformed() {
    for text in [
        "\u{1}", "\u{8}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}", "\0", "&#1;", "&#x1F;", "&#xFFFE;",
        "&#0;", "]]>",
    ] {
        for xml in
            [format!("<a>b{text}</a>"), format!("<a b=\"{text}\"/>"), format!("<a><![CDATA[{text}]]></a>")]
        {
            // In CDATA a reference is text, and an attribute may contain `]]>`.
            if (xml.contains("CDATA") && text.is_ascii() && text.len() > 1)
                || (xml.contains('"') && text == "]]>")
            {
                continue;
            }
            assert_eq!(
                Element::parse(xml.as_bytes()).map(drop).map_err(|error| error.code),
                Err(ErrorCode::MalformedXML),
                "{xml:?}"
            );
        }
    }
    for xml in ["<a b=\"<\"/>", "<a b=\"&\"/>", "<a b=\"&x;\"/>"] {
        assert_eq!(Element::parse(xml.as_bytes()).unwrap_err().code, ErrorCode::MalformedXML, "{xml}");
    }
    assert!(Element::parse("<a b=\"&amp;&#x9;\">&#x7f;\u{85}\u{e000}\u{1F600}</a>".as_bytes()).is_ok());
}

#[test]
fn numbers_and_booleans_are_pushed() {
    let mut xml = XmlWriter::document_in("R", "");
    xml.number("A", 0);
    xml.number("B", u64::MAX);
    xml.boolean("T", true);
    xml.optional("N", None);
    assert_eq!(
        xml.finish(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R><A>0</A><B>18446744073709551615</B>\
         <T>true</T></R>"
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
    let xml = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count - 1));
    assert_eq!(Element::parse_named(xml(16_000).as_bytes(), "a").unwrap().children.len(), 15_999);
    assert!(Element::parse_named(xml(16_001).as_bytes(), "a").is_err());
    assert!(Element::parse_long(xml(120_000).as_bytes(), "a", 120_000).is_ok());
    let xml = xml(120_001);
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

#[test]
fn the_text_of_an_element_has_a_limit_however_it_is_written() {
    let read = |text: &str| Element::parse(format!("<a><b>{text}</b></a>").as_bytes());
    assert_eq!(read(&"t".repeat(64 << 10)).unwrap().text_of("b").map(str::len), Some(64 << 10));
    for text in
        ["t".repeat((64 << 10) + 1), "&amp;".repeat((64 << 10) + 1), "<![CDATA[tt]]>".repeat((32 << 10) + 1)]
    {
        assert_eq!(read(&text).unwrap_err().code, ErrorCode::MalformedXML);
    }
    let many = format!("<a>{}</a>", format!("<b>{}</b>", "t".repeat(60 << 10)).repeat(10));
    assert_eq!(Element::parse(many.as_bytes()).unwrap().children.len(), 10);
}
