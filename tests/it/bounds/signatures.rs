//! Thousands of parameters and headers are put in order, not held against one another.

use super::{Bounded, verdict};
use tests::http::Request;
use tests::sign::{self, MAIN};

/// `&x-amz-0`, and so on, all different and short.
fn parameters(count: u32) -> String {
    let digit = |number: u32| char::from_digit(number % 36, 36).unwrap();
    let name = |at: u32| -> String {
        [at / 1296, at / 36, at].into_iter().filter(|part| *part > 0 || at == 0).map(digit).collect()
    };
    (0..count).map(|at| format!("&x-amz-{}", name(at))).collect()
}

#[test]
fn a_url_of_version_2_may_carry_thousands_of_parameters() {
    let bounded = Bounded::start();
    let end = sign::now().milliseconds() / 1000 + 60;
    for count in [10, 600, 3000, 6300] {
        let target = format!(
            "/photos/cat.jpg?AWSAccessKeyId={}&Signature=AAAA&Expires={end}{}",
            MAIN.access_key_id,
            parameters(count)
        );
        let answer = bounded.server.anonymous().call("GET", &target);
        // A head may be too long as well; what it may not be is too much work.
        let refused = [(403, "SignatureDoesNotMatch"), (400, "RequestHeaderSectionTooLarge"), (431, "")];
        let code = answer.code();
        assert!(refused.contains(&(answer.status, &code)), "{count}: {} {code}", answer.status);
        assert!(count > 3000 || answer.status == 403, "{count}: {} {code}", answer.status);
    }
    bounded.is_unharmed();
}

#[test]
fn a_url_of_version_4_may_carry_thousands_of_parameters() {
    let bounded = Bounded::start();
    let host = format!("127.0.0.1:{}", bounded.server.port());
    for (count, expected) in [(50, (200, "")), (130, (400, "MetadataTooLarge"))] {
        let metadata: String = (0..count).map(|at| format!("&x-amz-meta-{at:03}=vvvvvvvvvvvvvv")).collect();
        let target = format!("/photos/dog.jpg?x-id=PutObject{metadata}");
        let put = Request::new("PUT", &target).header("host", &host).body("dog");
        let target = sign::presign(&put, &MAIN, sign::now(), 60);
        let answer = bounded.server.anonymous().send(Request { target, ..put });
        assert_eq!(verdict(&answer), (expected.0, expected.1.to_owned()), "{count}: {}", answer.text());
    }
    // The whole head, with nothing in it that counts.
    let target = format!("/photos/cat.jpg?x-id=GetObject{}", parameters(2000));
    let get = Request::new("GET", &target).header("host", &host);
    let target = sign::presign(&get, &MAIN, sign::now(), 60);
    let answer = bounded.server.anonymous().send(Request { target, ..get });
    assert_eq!(answer.status, 200, "{}", answer.text());
    bounded.is_unharmed();
}

#[test]
fn a_header_is_signed_once() {
    let bounded = Bounded::start();
    let client = bounded.server.client();
    let long = "v".repeat(4000);
    let get = Request::new("GET", "/photos/cat.jpg").header("x-long", &long);
    let signed = client.signed(get, sign::Payload::Signed);
    let authorization = signed.get("authorization").unwrap().to_owned();
    let (start, rest) = authorization.split_once("SignedHeaders=").unwrap();
    let many = "x-long;".repeat(120);
    let mut forged = signed.clone();
    for (name, value) in &mut forged.headers {
        if name == "authorization" {
            *value = format!("{start}SignedHeaders={many}{rest}");
        }
    }
    let answer = bounded.server.anonymous().send(forged);
    assert_eq!(verdict(&answer), (400, "AuthorizationHeaderMalformed".into()), "{}", answer.text());
    assert!(answer.body.len() < 20_000, "{} bytes", answer.body.len());
    assert_eq!(bounded.server.anonymous().send(signed).status, 200);
    bounded.is_unharmed();
}
