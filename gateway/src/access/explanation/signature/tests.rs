use super::*;
use crate::access::explanation::ShownPrincipal;
use serde_json::Value;

const CANONICAL: &str = "GET\n/photos/cat.jpg\nx=1\nhost:s3.example.com\nx-amz-date:20130524T000000Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD";
const TO_SIGN: &str = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\nabc";
/// 2013-05-24T00:00:00Z
const SIGNED_MS: u64 = 1_369_353_600_000;

fn explained<'a>(change: impl FnOnce(&mut Seen<'a>), headers: &str, received_ms: u64) -> Value {
    // Lives as long as the texts of the tests: it is small.
    let headers: &'static Headers = Box::leak(Box::new(Headers::parse(headers.to_owned())));
    let mut seen = Seen {
        method: "GET",
        host: "s3.example.com",
        path: "/photos/cat.jpg",
        query: "x=1",
        headers,
        canonical_request: CANONICAL,
        string_to_sign: TO_SIGN,
    };
    change(&mut seen);
    let circumstances = Circumstances {
        request_id: "1",
        received_ms,
        operation: "GetObject",
        principal: ShownPrincipal { kind: "unknown", arn: "", account: "", access_key_id: "AKID" },
        address: Some("arn:aws:s3:::photos/cat.jpg".to_owned()),
        source_ip: "192.0.2.1",
    };
    serde_json::from_str(&of_mismatch(&circumstances, "wrong", &seen)).unwrap()
}

#[test]
fn an_operator_sees_what_the_server_saw() {
    let document = explained(|_| {}, "host: s3.example.com\n", SIGNED_MS);
    let seen = &document["seen"];
    assert_eq!((&seen["method"], &seen["host"]), (&"GET".into(), &"s3.example.com".into()));
    assert_eq!(seen["signed_headers"], "host, x-amz-date");
    assert_eq!(seen["canonical_request"].as_array().unwrap().len(), 8);
    assert_eq!(seen["string_to_sign"][3], "abc");
    let hints = document["hints"].as_array().unwrap();
    assert!(hints.len() == 1 && hints[0].as_str().unwrap().starts_with("otherwise: the secret"), "{hints:?}");
}

#[test]
fn each_usual_reason_has_a_hint() {
    let hint = |document: Value| document["hints"][0].as_str().unwrap().to_owned();
    let with = |headers: &str| hint(explained(|_| {}, headers, SIGNED_MS));
    let forwarded = with("x-forwarded-host: files.example.com\n");
    assert!(forwarded.contains("from files.example.com to s3.example.com"), "{forwarded}");
    assert!(with("via: 1.1 proxy\n").contains("came through a proxy"));
    let path = |path: &'static str| hint(explained(|seen| seen.path = path, "", SIGNED_MS));
    assert!(path("/photos/a%2520b").contains("escaped twice"));
    assert!(path("/photos//b").contains("empty parts"));
    assert!(hint(explained(|seen| seen.query = "prefix=a+b", "", SIGNED_MS)).contains("%2B"));
    assert!(hint(explained(|_| {}, "", SIGNED_MS + 90_000)).contains("90 s behind"));
    let signed = CANONICAL.replace("host;x", "accept-encoding;host;x");
    assert!(
        hint(explained(|seen| seen.canonical_request = &signed, "", SIGNED_MS)).contains("accept-encoding")
    );
}

#[test]
fn a_url_that_opens_something_is_not_shown() {
    let query =
        "X-Amz-Signature=0123&X-Amz-Security-Token=4567&x-amz-server-side-encryption-customer-key=89&x=1";
    let document = explained(|seen| seen.query = query, "", SIGNED_MS);
    let shown = document["seen"]["query"].as_str().unwrap();
    assert!(
        shown.ends_with("&x=1") && !["0123", "4567", "89"].iter().any(|secret| shown.contains(secret)),
        "{shown}"
    );
}

#[test]
fn a_long_request_is_cut() {
    let long = "/é".repeat(20_000);
    let document = explained(
        |seen| {
            seen.path = &long;
            seen.canonical_request = &long;
        },
        "",
        SIGNED_MS,
    );
    assert!(document.to_string().len() < crate::access::explanation::EXPLANATION_BYTES_MAX);
}
