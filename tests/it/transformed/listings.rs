//! Listings agree with what is read: sizes and ETags that follow from functions, and pages that
//! functions change.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tests::http::Request;

use super::{TEXT, prepared, rules};

/// The entry of a key in a listing.
fn entry(listing: &str, key: &str) -> String {
    let from = listing.split(&format!("<Key>{key}</Key>")).nth(1);
    from.unwrap_or_else(|| panic!("{key} is not in {listing}"))
        .split("</Contents>")
        .next()
        .unwrap()
        .to_owned()
}

fn element(document: &str, name: &str) -> Option<String> {
    Some(document.split_once(&format!("<{name}>"))?.1.split('<').next().unwrap().to_owned())
}

#[test]
fn sizes_and_etags_of_a_listing_are_those_of_get() {
    let mut prepared = prepared();
    prepared.deploy("certain", "showing", &[("PORTCULLIS_VARY", "none")]);
    prepared.deploy("plain", "showing", &[]);
    prepared.main.put("/photos/a%26b.txt", "short");
    let alias = prepared.point("certain", "certain", "context", &[]);
    let plain = prepared.point("plainly", "plain", "", &[]);
    for listing in ["?list-type=2", "?"] {
        let listing = prepared.get(&format!("/{alias}{listing}")).text();
        for (key, shown) in [("cat.txt", "cat.txt"), ("a%26b.txt", "a&amp;b.txt")] {
            let entry = entry(&listing, shown);
            let read = prepared.get(&format!("/{alias}/{key}"));
            assert_eq!(element(&entry, "Size").unwrap(), read.header("content-length").unwrap(), "{entry}");
            let etag = read.header("etag").unwrap().replace('"', "&quot;");
            assert_eq!(element(&entry, "ETag").unwrap(), etag);
            assert_ne!(read.text().len(), TEXT.len());
        }
        assert_eq!(element(&listing, "MaxKeys").unwrap(), "1000");
    }
    // Without saying what it depends on, a function has no ETag, and the listing has none.
    let listing = prepared.get(&format!("/{plain}?list-type=2")).text();
    assert!(!listing.contains("ETag") && !listing.contains("Checksum"), "{listing}");
}

#[test]
fn what_cannot_be_read_is_listed_without_its_bytes() {
    let mut prepared = prepared();
    prepared.main.put("/photos/hidden.txt", "hush");
    let alias = prepared.point("stream", "streaming", "", &[]);
    let mut user = super::user(
        &prepared,
        "lists",
        &[
            r#"{"Effect":"Allow","Action":["s3-object-lambda:*","lambda:InvokeFunction","s3:ListBucket"],"Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/cat.txt"}"#,
        ],
    );
    let listing = user.get(&format!("/{alias}?list-type=2")).text();
    assert_eq!(element(&entry(&listing, "cat.txt"), "Size").unwrap(), "18");
    let hidden = entry(&listing, "hidden.txt");
    assert_eq!((element(&hidden, "Size").unwrap().as_str(), element(&hidden, "ETag")), ("0", None));
    // A function that fails fails the listing.
    let broken = prepared.point("broken", "streaming", "panic", &[]);
    let answer = prepared.get(&format!("/{broken}?list-type=2"));
    assert_eq!((answer.status, answer.code().as_str()), (500, "LambdaRuntimeError"));
}

#[test]
fn a_page_that_is_read_is_short() {
    let mut prepared = prepared();
    for number in 0..103 {
        prepared.main.put(&format!("/photos/many/{number:03}"), "x");
    }
    let alias = prepared.point("stream", "streaming", "", &[]);
    let first = prepared.get(&format!("/{alias}?list-type=2&prefix=many/")).text();
    assert_eq!(first.matches("<Key>").count(), 100);
    assert_eq!(element(&first, "IsTruncated").unwrap(), "true");
    let token = element(&first, "NextContinuationToken").unwrap();
    let next = prepared.get(&format!("/{alias}?list-type=2&prefix=many/&continuation-token={token}")).text();
    assert_eq!(next.matches("<Key>").count(), 3);
}

/// Everybody who reads below the rule gets what it makes; so does everybody who lists.
#[test]
fn listings_of_a_bucket_follow_its_rules() {
    let mut prepared = prepared();
    prepared.deploy("certain", "showing", &[("PORTCULLIS_VARY", "none")]);
    prepared.main.put("/photos/two/b.txt", "two of them");
    let plain = prepared.get("/photos?list-type=2").text();
    rules(
        &mut prepared,
        &[("<Prefix>two/</Prefix>", "certain"), ("<QueryParameter>w</QueryParameter>", "certain")],
    );
    let listing = prepared.get("/photos?list-type=2").text();
    let read = prepared.get("/photos/two/b.txt");
    let ruled = entry(&listing, "two/b.txt");
    assert_eq!(element(&ruled, "Size").unwrap(), read.header("content-length").unwrap());
    assert_eq!(element(&ruled, "ETag").unwrap(), read.header("etag").unwrap().replace('"', "&quot;"));
    // Other keys, and listings that show none of these, are as they were.
    assert_eq!(entry(&listing, "cat.txt"), entry(&plain, "cat.txt"));
    assert_eq!(prepared.get("/photos?list-type=2&prefix=cat").text().matches("<Size>18</Size>").count(), 1);
}

#[test]
fn a_position_does_not_tell_what_a_function_leaves_out() {
    let mut prepared = prepared();
    for key in ["secret-1", "secret-2", "zebra"] {
        prepared.main.put(&format!("/photos/{key}"), "x");
    }
    let alias = prepared.point("upper", "buffered", "", &[]);
    for (first, next, name) in [
        ("list-type=2", "NextContinuationToken", "continuation-token"),
        ("delimiter=/", "NextMarker", "marker"),
        ("", "NextMarker", "marker"),
    ] {
        let (mut keys, mut position) = (Vec::new(), String::new());
        for _ in 0..4 {
            let target = format!("/{alias}?{first}&max-keys=1{position}");
            let page = prepared.get(&target).text();
            keys.extend(page.split("<Key>").skip(1).map(|from| from.split('<').next().unwrap().to_owned()));
            let Some(text) = element(&page, next) else { break };
            let bytes = STANDARD.decode(&text).or_else(|_| URL_SAFE_NO_PAD.decode(&text)).unwrap();
            for hidden in [text.as_bytes(), &bytes] {
                assert!(!hidden.windows(6).any(|part| part == b"secret"), "{text}");
            }
            position = format!("&{name}={text}");
            assert!(!page.contains("secret"), "{page}");
        }
        assert_eq!(keys, ["cat.txt", "zebra"], "{first}");
    }
    // What was sealed for one listing says nothing in another one.
    let page = prepared.get(&format!("/{alias}?list-type=2&max-keys=1")).text();
    let token = element(&page, "NextContinuationToken").unwrap();
    let answer = prepared.get(&format!("/photos?list-type=2&continuation-token={token}"));
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidArgument"), "{}", answer.text());
}

#[test]
fn a_key_that_xml_cannot_hold_is_listed_as_without_a_function() {
    let mut prepared = prepared();
    prepared.main.put("/photos/ctl%01.txt", "x");
    let alias = prepared.point("upper", "buffered", "", &[]);
    let stream = prepared.point("stream", "streaming", "", &[]);
    for alias in [alias, stream] {
        let listing = prepared.get(&format!("/{alias}?list-type=2"));
        assert_eq!(listing.status, 200, "{}", listing.text());
        assert!(listing.text().contains("<Key>ctl&#x1;.txt</Key>"), "{}", listing.text());
        let encoded = prepared.get(&format!("/{alias}?list-type=2&encoding-type=url")).text();
        assert!(encoded.contains("<Key>ctl%01.txt</Key>"), "{encoded}");
    }
}

/// The error is that of the function that failed, not of the one that read what it made.
#[test]
fn a_chain_says_which_function_failed() {
    let mut prepared = prepared();
    for (payload, code) in [("later-panic", "LambdaRuntimeError"), ("failed", "LambdaResponseNotReceived")] {
        let rule = format!("<Prefix>cat</Prefix><Payload>{payload}</Payload>");
        rules(&mut prepared, &[(&rule, "streaming")]);
        let alias = prepared.point(payload, "buffered", "", &[]);
        let answer = prepared.get(&format!("/{alias}/cat.txt"));
        assert_eq!((answer.status, answer.code().as_str()), (500, code), "{payload}: {}", answer.text());
    }
    let request = Request::new("DELETE", "/photos?transforms");
    prepared.main.expect(request);
}
