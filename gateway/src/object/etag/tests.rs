use super::*;
use proptest::prelude::*;

const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

#[test]
fn etags_are_read_with_and_without_quotes() {
    let plain = ETag::parse(EMPTY).unwrap();
    assert_eq!(plain.to_string(), EMPTY);
    assert_eq!(plain.quoted(), format!("\"{EMPTY}\""));
    assert_eq!(ETag::parse(&plain.quoted()), Some(plain));
    assert_eq!(ETag::parse(&EMPTY.to_uppercase()), Some(plain));
    let parts = ETag::parse(&format!("\"{EMPTY}-12\"")).unwrap();
    assert_eq!((parts.parts, parts.to_string()), (12, format!("{EMPTY}-12")));
    let mut xml = String::new();
    parts.push_xml(&mut xml);
    assert_eq!(xml, format!("&quot;{EMPTY}-12&quot;"));
}

#[test]
fn other_text_is_no_etag() {
    for text in [
        "",
        "\"",
        "*",
        "abc",
        &EMPTY[1..],
        &format!("{EMPTY}-"),
        &format!("{EMPTY}-0"),
        &format!("{EMPTY}-x"),
        "é",
    ] {
        assert_eq!(ETag::parse(text), None, "{text}");
    }
}

#[test]
fn a_list_matches_if_one_of_it_does() {
    let etag = ETag::parse(EMPTY).unwrap();
    for list in ["*", "*, \"x\"", "\"x\",*", "*,", EMPTY, "\"x\", W/\"d41d8cd98f00b204e9800998ecf8427e\""] {
        assert!(EntityTags::parse(list).matches(&etag), "{list}");
    }
    for list in ["", "\"*\"", "ABCORZ", "\"d41d8cd98f00b204e9800998ecf8427e-1\""] {
        assert!(!EntityTags::parse(list).matches(&etag), "{list}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(md5: [u8; 16], parts: u32) {
        let etag = ETag { md5, parts };
        prop_assert_eq!(ETag::parse(&etag.to_string()), Some(etag));
        prop_assert_eq!(ETag::parse(&etag.quoted()), Some(etag));
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,50}") {
        let _ = (ETag::parse(&text), EntityTags::parse(&text));
    }
}
