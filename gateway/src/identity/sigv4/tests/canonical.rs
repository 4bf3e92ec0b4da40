//! Canonical URIs, queries and headers.

use super::*;
use crate::identity::sigv4::canonical_request::{push_query, push_uri};
use crate::identity::sigv4::signed_headers::{ContentSha256, SignedHeaders};

fn uri(path: &str) -> String {
    let mut out = String::new();
    push_uri(&mut out, path);
    out
}

fn query(query: &str) -> String {
    let mut out = String::new();
    push_query(&mut out, query);
    out
}

#[test]
fn a_path_is_escaped_once_and_not_normalised() {
    for (path, expected) in [
        ("", "/"),
        ("/", "/"),
        ("/a/b.txt", "/a/b.txt"),
        ("/a//b/../c/./", "/a//b/../c/./"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/a+b", "/a%2Bb"),
        ("/a%2bb", "/a%2Bb"),
        ("/a%2Fb", "/a%2Fb"),
        ("/%7Euser/%41", "/~user/A"),
        ("/~user", "/~user"),
        ("/test$file.text", "/test%24file.text"),
        ("/(a)!*'", "/%28a%29%21%2A%27"),
        ("/\u{e9}", "/%C3%A9"),
        ("/%c3%a9", "/%C3%A9"),
        ("/%FF", "/%FF"),
        ("/%", "/%25"),
        ("/%4", "/%254"),
        ("/%zz", "/%25zz"),
        ("/%\u{e9}", "/%25%C3%A9"),
        ("/%+1", "/%25%2B1"),
    ] {
        assert_eq!(uri(path), expected, "{path}");
    }
}

#[test]
fn a_query_is_escaped_anew_and_sorted() {
    for (sent, expected) in [
        ("", ""),
        ("acl", "acl="),
        ("acl=", "acl="),
        ("&&a=1&", "a=1"),
        ("prefix=a/b&delimiter=/", "delimiter=%2F&prefix=a%2Fb"),
        ("prefix=a%2fb", "prefix=a%2Fb"),
        ("a=x+y", "a=x%20y"),
        ("a=x%20y", "a=x%20y"),
        ("a=x%2By", "a=x%2By"),
        ("a==b", "a=%3Db"),
        ("b=2&a=1&b=1", "a=1&b=1&b=2"),
        ("a-b=1&a=2", "a=2&a-b=1"),
        ("A=1&a=1&B=1", "A=1&B=1&a=1"),
        ("X-Amz-Signature=1&X-Amz-Date=2", "X-Amz-Date=2"),
        ("k=\u{e9}", "k=%C3%A9"),
        ("k=%", "k=%25"),
    ] {
        assert_eq!(query(sent), expected, "{sent}");
    }
}

#[test]
fn header_values_are_trimmed_folded_and_joined() {
    let mut sent = get_object().with("range", "  bytes=0-9   of  many ");
    sent.headers.push(("range".to_owned(), "second".to_owned()));
    sent.verified(|result| {
        let signed = signed(result.unwrap());
        assert!(signed.canonical_request().contains("\nrange:bytes=0-9 of many,second\n"));
    });
}

#[test]
fn a_signed_header_that_was_not_sent_is_empty() {
    get_object().without("range").verified(|result| {
        assert!(signed(result.unwrap()).canonical_request().contains("\nrange:\n"));
    });
}

#[test]
fn the_authority_stands_in_for_the_host_header() {
    assert!(get_object().without("host").is_verified());
}

#[test]
fn a_list_of_signed_headers_names_each_once_and_not_too_many() {
    let parse = |list: &str| SignedHeaders::parse(list.to_owned().into()).is_some();
    let names = |count: usize| (0..count).map(|at| format!("x-amz-meta-{at}")).collect::<Vec<_>>().join(";");
    assert!(parse("host") && parse(&names(1024)));
    // Each stands for all values of its header: a long one would be written as often as the list
    // says.
    for list in ["", "host;host", "host;x-amz-date;host", &names(1025)] {
        assert!(!parse(list), "{list}");
    }
}

#[test]
fn what_is_not_signed_is_named_once_however_much_there_is() {
    let signed = SignedHeaders::parse("host;x-amz-date".into()).unwrap();
    let names: Vec<String> = (0..3000).map(|at| format!("x-amz-meta-{}", at % 1500)).collect();
    let headers: Headers = names.iter().map(|name| (name.as_str(), "v")).collect();
    let error = signed.check_complete(&headers, ContentSha256::MayBeUnsigned).unwrap_err();
    assert_eq!(error.details[0].1.split(", ").count(), 1500);
}
