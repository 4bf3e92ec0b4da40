//! Signatures that are wrong, old, or no signatures.

use gateway::identity::sigv4::amz_date::AmzDate;
use tests::http::Request;
use tests::sign::{self, Credentials, MAIN, Payload};

use super::{Verdicts, server};

const TARGET: &str = "/photos/cat.jpg";

#[test]
fn an_authorization_header_that_is_none_is_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let date = sign::now().basic();
    let day = &date[..8];
    let scope = format!("{}/{day}/us-east-1/s3/aws4_request", MAIN.access_key_id);
    let hex = "0".repeat(64);
    let sigv4 = |credential: &str, names: &str, signature: &str| {
        format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}")
    };
    let names = "host;x-amz-content-sha256;x-amz-date";
    let cases: [(String, (u16, &str)); 10] = [
        ("Bearer abc".into(), (400, "InvalidArgument")),
        ("Basic dXNlcjpwYXNz".into(), (400, "InvalidArgument")),
        ("AWS4-HMAC-SHA256".into(), (400, "AuthorizationHeaderMalformed")),
        ("AWS4-HMAC-SHA256 nonsense".into(), (400, "AuthorizationHeaderMalformed")),
        (sigv4("abc", names, &hex), (400, "AuthorizationHeaderMalformed")),
        (
            sigv4(&scope.replace("aws4_request", "aws5_request"), names, &hex),
            (400, "AuthorizationHeaderMalformed"),
        ),
        (sigv4(&scope.replace(day, "20200101"), names, &hex), (400, "AuthorizationHeaderMalformed")),
        (sigv4(&scope.replace(MAIN.access_key_id, "AKIANOBODY"), names, &hex), (403, "InvalidAccessKeyId")),
        (sigv4(&scope, names, &hex), (403, "SignatureDoesNotMatch")),
        (sigv4(&scope, names, "short"), (403, "SignatureDoesNotMatch")),
    ];
    for (authorization, expected) in cases {
        let request = Request::new("GET", TARGET)
            .header("x-amz-date", &date)
            .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
            .header("authorization", &authorization);
        let answer = server.anonymous().send(request);
        verdicts.expect(&authorization, &answer, expected);
        let secret_shown = answer.text().contains(MAIN.secret_access_key);
        assert!(!secret_shown, "the answer holds the secret");
    }
    assert!(!server.log().contains(MAIN.secret_access_key), "the log holds the secret");
    verdicts.give(&server);
}

#[test]
fn a_request_must_be_signed_now_and_as_it_is() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let host = format!("127.0.0.1:{}", server.port());
    let plain = || Request::new("GET", TARGET).header("host", &host);
    let seconds = |request: i64| {
        let now = i64::try_from(sign::now().milliseconds() / 1000).unwrap();
        AmzDate::from_milliseconds(1000 * u64::try_from(now + request).unwrap())
    };
    let mut send = |what: &str, request: Request, expected| {
        let answer = server.anonymous().send(request);
        verdicts.expect(what, &answer, expected);
    };
    for (what, offset) in [("an hour ago", -3_600), ("in an hour", 3_600)] {
        let request = sign::sign_at(plain(), &MAIN, Payload::Signed, seconds(offset));
        send(what, request, (403, "RequestTimeTooSkewed"));
    }
    let within = sign::sign_at(plain(), &MAIN, Payload::Signed, seconds(-600));
    send("ten minutes ago", within, (200, ""));

    let mut other_path = sign::sign(plain(), &MAIN, Payload::Signed);
    other_path.target = "/photos".into();
    send("another path", other_path, (403, "SignatureDoesNotMatch"));
    let mut other_header = sign::sign(plain().header("range", "bytes=0-1"), &MAIN, Payload::Signed);
    other_header
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "range")
        .for_each(|(_, value)| *value = "bytes=0-9".into());
    send("another range", other_header, (403, "SignatureDoesNotMatch"));
    let unsigned_header = sign::sign(plain(), &MAIN, Payload::Signed).header("x-amz-meta-a", "b");
    send("an x-amz header that is not signed", unsigned_header, (403, "AccessDenied"));
    let other_secret = Credentials { secret_access_key: "no", ..MAIN };
    send(
        "another secret",
        sign::sign(plain(), &other_secret, Payload::Signed),
        (403, "SignatureDoesNotMatch"),
    );
    let token = plain().header("x-amz-security-token", "abc");
    send("a token that nobody gave", sign::sign(token, &MAIN, Payload::Signed), (400, "InvalidToken"));
    verdicts.give(&server);
}

#[test]
fn a_presigned_url_opens_one_thing_for_a_while() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let host = format!("127.0.0.1:{}", server.port());
    let request = Request::new("GET", TARGET).header("host", &host);
    let url = |seconds_ago: u64, expires: u64| {
        let date = AmzDate::from_milliseconds(sign::now().milliseconds() - 1000 * seconds_ago);
        sign::presign(&request, &MAIN, date, expires)
    };
    let good = url(0, 60);
    let cases = [
        ("a good one", good.clone(), (200, "")),
        ("an old one that still holds", url(3_600, 7_200), (200, "")),
        ("an expired one", url(120, 60), (403, "AccessDenied")),
        ("one for longer than a week", url(0, 604_801), (400, "AuthorizationQueryParametersError")),
        ("one for another object", good.replace("cat.jpg", "dog.jpg"), (403, "SignatureDoesNotMatch")),
        (
            "one that was prolonged",
            good.replace("X-Amz-Expires=60", "X-Amz-Expires=61"),
            (403, "SignatureDoesNotMatch"),
        ),
        (
            "one without a date",
            good.replace("X-Amz-Date", "X-Amz-Data"),
            (400, "AuthorizationQueryParametersError"),
        ),
        ("one with a version added", format!("{good}&versionId=null"), (403, "SignatureDoesNotMatch")),
    ];
    for (what, target, expected) in cases {
        let answer = server.anonymous().send(Request::new("GET", &target));
        verdicts.expect(what, &answer, expected);
    }
    let other_method = server.anonymous().send(Request::new("DELETE", &good));
    verdicts.expect("another method", &other_method, (403, "SignatureDoesNotMatch"));
    verdicts.give(&server);
}
