use super::*;
use proptest::prelude::*;

#[test]
fn a_plus_is_a_space_in_queries_only() {
    assert_eq!(decode_query("a+b%2B").unwrap(), "a b+");
    assert_eq!(decode_path("a+b%2B").unwrap(), "a+b+");
    assert!(matches!(decode_path("plain").unwrap(), Cow::Borrowed("plain")));
}

#[test]
fn listings_encode_so_that_every_client_can_decode() {
    let mut out = String::new();
    push_listing(&mut out, "dir/a b+c%d*e~f(é).txt\u{1}");
    assert_eq!(out, "dir/a%20b%2Bc%25d*e%7Ef%28%C3%A9%29.txt%01");
}

#[test]
fn nothing_but_unreserved_bytes_stands_for_itself() {
    assert_eq!(encoded("{\"a\": é}/-._~"), "%7B%22a%22%3A%20%C3%A9%7D%2F-._~");
}

#[test]
fn every_byte_has_its_escape() {
    for byte in 0..=255 {
        let mut out = String::new();
        push_escape(&mut out, byte);
        assert_eq!(out, format!("%{byte:02X}"));
    }
}

#[test]
fn broken_escapes_are_refused() {
    for text in ["%", "%4", "%g1", "%ff", "a%e2%82"] {
        assert_eq!(decode_path(text).unwrap_err().code, ErrorCode::InvalidURI, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(text in "\\PC{0,40}") {
        let (mut listing, mut path) = (String::new(), String::new());
        push_listing(&mut listing, &text);
        push_path(&mut path, &text);
        prop_assert_eq!(decode_query(&listing).unwrap(), text.as_str());
        prop_assert_eq!(decode_path(&listing).unwrap(), text.as_str());
        prop_assert_eq!(decode_path(&path).unwrap(), text.as_str());
    }

    #[test]
    fn decoding_never_panics(text in "(%|[0-9a-f+]|\\PC){0,20}") {
        let _ = decode_path(&text);
        let _ = decode_query(&text);
    }
}
