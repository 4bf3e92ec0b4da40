//! Rules about PutObject: what is stored is what functions make of what the client sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::{md5, md5_hex};
use tests::client::Client;
use tests::http::Request;
use tests::sign::{MAIN, Payload};

use super::{Prepared, arn, prepared};
use crate::decided_again::Half;
use crate::forms::Form;
use crate::iam::element;
use crate::pipeline::serve_trapping;

const SENT: &str = "what a client sends";
const STORED: &str = "WHAT A CLIENT SENDS";

fn rule(prefix: &str, functions: &[&str], more: &str) -> String {
    let functions: String =
        functions.iter().map(|name| format!("<FunctionArn>{}</FunctionArn>", arn(name))).collect();
    format!("<Rule><Operation>PutObject</Operation><Prefix>{prefix}</Prefix>{more}{functions}</Rule>")
}

fn set_rules(client: &mut Client, rules: &[String]) {
    let document = format!("<TransformConfiguration>{}</TransformConfiguration>", rules.concat());
    client.expect(Request::new("PUT", "/photos?transforms").body(document));
}

/// A server whose bucket has the function `streaming` for keys below `in/`, which turns letters
/// into capitals, and that chain of two below `both/`.
fn writing() -> Prepared {
    let mut prepared = prepared();
    let rules = [rule("in/", &["streaming"], ""), rule("both/", &["buffered", "streaming"], "")];
    set_rules(&mut prepared.main, &rules);
    prepared
}

fn put(target: &str, body: &str) -> Request {
    Request::new("PUT", target).body(body)
}

#[test]
fn what_is_stored_is_what_the_function_made() {
    let Prepared { main, .. } = &mut writing();
    let digest = |text: &str| BASE64.encode(md5(text.as_bytes()));
    let crc = |text: &str| BASE64.encode(crc32(text.as_bytes()).to_be_bytes());
    // What the client says of its bytes is about those that it sent, what it is told about those
    // that are stored.
    let sent = put("/photos/in/a", SENT)
        .header("content-md5", &digest(SENT))
        .header("x-amz-checksum-crc32", &crc(SENT))
        .header("x-amz-meta-kept", "yes")
        .header("content-type", "text/csv");
    let answer = main.expect(sent);
    assert_eq!(answer.etag(), md5_hex(STORED.as_bytes()));
    assert_eq!(answer.header("x-amz-checksum-crc32"), Some(crc(STORED).as_str()));
    let read = main.get("/photos/in/a");
    assert_eq!((read.text().as_str(), read.etag()), (STORED, answer.etag()));
    assert_eq!(read.header("content-type"), Some("text/csv"));
    assert_eq!(read.header("x-amz-meta-kept"), Some("yes"));
    // Elsewhere, what is sent is stored.
    main.expect(put("/photos/out/a", SENT));
    assert_eq!(main.get("/photos/out/a").text(), SENT);

    for wrong in [digest(STORED), digest("")] {
        let refused = main.send(put("/photos/in/wrong", SENT).header("content-md5", &wrong));
        assert_eq!((refused.status, refused.code().as_str()), (400, "BadDigest"));
    }
    let refused = main.send(put("/photos/in/wrong", SENT).header("x-amz-checksum-crc32", &crc(STORED)));
    assert_eq!((refused.status, refused.code().as_str()), (400, "BadDigest"));
    assert_eq!(main.call("GET", "/photos/in/wrong").status, 404);
    // An empty body goes the same way.
    assert_eq!(main.expect(put("/photos/in/empty", "")).etag(), md5_hex(b""));
}

fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    }) ^ !0
}

#[test]
fn functions_of_a_rule_run_one_after_the_other() {
    let Prepared { main, .. } = &mut writing();
    main.expect(put("/photos/both/a", SENT).header("content-type", "text/csv").header("x-amz-meta-a", "b"));
    let read = main.get("/photos/both/a");
    assert_eq!(read.text(), STORED);
    // The first says what it is, and the second leaves that.
    assert_eq!(read.header("content-type"), Some("text/plain"));
    assert_eq!(read.header("x-amz-meta-checked"), Some("yes"));
    assert_eq!(read.header("x-amz-meta-a"), None);
}

#[test]
fn a_function_that_refuses_or_fails_stores_nothing() {
    let Prepared { main, .. } = &mut writing();
    main.expect(put("/photos/both/a", "clean"));
    let refused = main.send(put("/photos/both/a", "virus"));
    assert_eq!((refused.status, refused.code().as_str()), (422, "Infected"));
    assert!(refused.text().contains("This is a virus"), "{}", refused.text());
    assert_eq!(main.get("/photos/both/a").text(), "CLEAN");
    let rules: Vec<String> = [
        ("panic", "buffered"),
        ("loop", "buffered"),
        ("memory", "buffered"),
        ("later-panic", "streaming"),
        ("failed", "streaming"),
        ("unsaid", "streaming"),
        ("gone", "none"),
    ]
    .iter()
    .map(|(payload, function)| rule(payload, &[function], &format!("<Payload>{payload}</Payload>")))
    .collect();
    set_rules(main, &rules);
    let cases = [
        ("panic", 500, "LambdaRuntimeError"),
        ("loop", 500, "LambdaTimeout"),
        ("memory", 500, "LambdaRuntimeError"),
        ("later-panic", 500, "LambdaRuntimeError"),
        ("failed", 500, "LambdaResponseNotReceived"),
        ("unsaid", 500, "LambdaResponseNotReceived"),
        ("gone", 404, "LambdaNotFound"),
    ];
    for (payload, status, code) in cases {
        let answer = main.send(put(&format!("/photos/{payload}/a"), SENT));
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{payload}: {}", answer.text());
        assert_eq!(main.call("GET", &format!("/photos/{payload}/a")).status, 404, "{payload}");
    }
    assert_eq!(main.get("/photos?list-type=2&prefix=failed").text().matches("<Key>").count(), 0);
}

#[test]
fn every_way_of_writing_goes_through_the_functions() {
    let Prepared { main, server } = &mut writing();
    // A copy of what is stored elsewhere, with metadata of its own and without.
    main.expect(put("/photos/out/a", SENT).header("x-amz-meta-from", "source"));
    let copy = |to: &str| Request::new("PUT", to).header("x-amz-copy-source", "photos/out/a");
    let answer = main.expect(copy("/photos/in/copy"));
    assert!(answer.text().contains(&md5_hex(STORED.as_bytes())), "{}", answer.text());
    let read = main.get("/photos/in/copy");
    assert_eq!((read.text().as_str(), read.header("x-amz-meta-from")), (STORED, Some("source")));
    assert_eq!(main.get("/photos/out/a").text(), SENT);
    // An upload in parts.
    let first = "a".repeat(5 << 20);
    let id = element(&main.expect(Request::new("POST", "/photos/in/parts?uploads")).text(), "UploadId");
    let mut document = String::new();
    for (number, body) in [(1, first.as_str()), (2, SENT)] {
        let part = main.expect(put(&format!("/photos/in/parts?partNumber={number}&uploadId={id}"), body));
        document += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", part.etag());
    }
    let complete = || {
        let document = format!("<CompleteMultipartUpload>{document}</CompleteMultipartUpload>");
        Request::new("POST", &format!("/photos/in/parts?uploadId={id}")).body(document)
    };
    let whole = first.to_uppercase() + STORED;
    let completed = main.expect(complete()).text();
    assert!(completed.contains(&md5_hex(whole.as_bytes())), "{completed}");
    // Said once more, because the first answer may have been lost.
    assert_eq!(main.expect(complete()).text(), completed);
    let read = main.get("/photos/in/parts");
    assert_eq!((read.text() == whole, read.etag()), (true, md5_hex(whole.as_bytes()).as_str()));

    // From a form of a browser.
    let form = Form::new(&[("key", "in/form")]).signed(&MAIN, "").send(server);
    assert_eq!((form.status, form.etag()), (204, md5_hex(b"A PICTURE OF A CAT").as_str()));
    assert_eq!(main.get("/photos/in/form").text(), "A PICTURE OF A CAT");

    // In chunks, each of them signed.
    let chunked = server.client().signed(put("/photos/in/chunks", SENT), Payload::Chunks(7, &[]));
    assert_eq!(main.try_send_as_is(&chunked).unwrap().status, 200);
    assert_eq!(main.get("/photos/in/chunks").text(), STORED);
}

/// A rule that is set while a body comes holds for it, or the client has to send it again.
#[test]
fn a_rule_that_is_new_when_a_body_is_here_is_not_passed_by() {
    let Prepared { main, server } = &mut prepared();
    let upload = Half::send(server, main, put("/photos/in/a", SENT));
    set_rules(main, &[rule("in/", &["streaming"], "")]);
    let answer = upload.finish();
    assert_eq!((answer.status, answer.code().as_str()), (503, "SlowDown"));
    assert_eq!(main.call("GET", "/photos/in/a").status, 404);
    main.expect(put("/photos/in/a", SENT));
    assert_eq!(main.get("/photos/in/a").text(), STORED);
}

/// The call begins again in a fresh instance. Its bytes are held already, and functions run once.
#[test]
fn a_write_under_way_outlives_a_trap() {
    let staged = serve_trapping();
    let (server, main) = (&staged.server, &mut staged.server.client());
    main.put("/photos", "");
    main.expect(super::deployment("streaming", "streaming", &[]));
    set_rules(main, &[rule("in/", &["streaming"], "")]);
    let uploads = ["a", "b"].map(|name| Half::send(server, main, put(&format!("/photos/in/{name}"), SENT)));
    let trapped = main.send(Request::new("GET", "/photos/in/a").header("x-trap", "storage"));
    assert_eq!((trapped.status, trapped.code().as_str()), (500, "InternalError"));
    for upload in uploads {
        assert_eq!(upload.finish().etag(), md5_hex(STORED.as_bytes()));
    }
    assert_eq!(server.metric("portcullis_calls_repeated_total", &[]) as u64, 2);
    // One that traps on the way, with its bytes held, and before functions run.
    let upload = Half::send(server, main, put("/photos/in/c", SENT));
    let lost = main.send(put("/photos/in/lost", SENT).header("x-trap", "transform.write"));
    assert_eq!((lost.status, lost.code().as_str()), (500, "InternalError"));
    assert_eq!(upload.finish().status, 200);
    for name in ["a", "b", "c"] {
        assert_eq!(main.get(&format!("/photos/in/{name}")).text(), STORED);
    }
    assert_eq!(main.call("GET", "/photos/in/lost").status, 404);
}

#[test]
fn a_function_sees_the_tags_of_a_new_object_where_they_are_granted() {
    let mut prepared = prepared();
    prepared.deploy("tagged", "buffered", &[("PORTCULLIS_GRANTS", &format!("{},tags", super::GRANTS))]);
    let main = &mut prepared.main;
    let payload = "<Payload>tags</Payload>";
    set_rules(main, &[rule("shown/", &["tagged"], payload), rule("kept/", &["buffered"], payload)]);
    for (prefix, seen) in [("shown", "team=red"), ("kept", "")] {
        main.expect(put(&format!("/photos/{prefix}/a"), SENT).header("x-amz-tagging", "team=red"));
        let read = main.get(&format!("/photos/{prefix}/a"));
        assert_eq!(read.header("x-amz-meta-tags").unwrap_or_default(), seen, "{prefix}");
        assert!(main.get(&format!("/photos/{prefix}/a?tagging")).text().contains("team"), "{prefix}");
    }
}

#[test]
fn what_functions_make_is_sealed_as_the_client_says() {
    let Prepared { main, .. } = &mut writing();
    // Under a customer's key, and out of one.
    let key = [7; 32];
    let sse = [
        ("algorithm", "AES256".to_owned()),
        ("key", BASE64.encode(key)),
        ("key-md5", BASE64.encode(md5(&key))),
    ];
    let with = |request: Request, kind: &str| {
        sse.iter().fold(request, |request, (name, value)| {
            request.header(&format!("x-amz-{kind}server-side-encryption-customer-{name}"), value)
        })
    };
    main.expect(with(put("/photos/in/sealed", SENT), ""));
    assert_eq!(main.call("GET", "/photos/in/sealed").status, 400);
    assert_eq!(main.send(with(Request::new("GET", "/photos/in/sealed"), "")).text(), STORED);
    main.expect(with(put("/photos/out/sealed", SENT), ""));
    let opened = Request::new("PUT", "/photos/in/opened").header("x-amz-copy-source", "photos/out/sealed");
    main.expect(with(opened, "copy-source-"));
    assert_eq!(main.get("/photos/in/opened").text(), STORED);

    // Under a customer's key, which is needed to read the parts.
    let begun = main.expect(with(Request::new("POST", "/photos/in/own?uploads"), ""));
    let id = element(&begun.text(), "UploadId");
    let part = main.expect(with(put(&format!("/photos/in/own?partNumber=1&uploadId={id}"), SENT), ""));
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        part.etag()
    );
    let complete = || Request::new("POST", &format!("/photos/in/own?uploadId={id}")).body(document.as_str());
    assert_eq!(main.send(complete()).status, 400);
    main.expect(with(complete(), ""));
    assert_eq!(main.send(with(Request::new("GET", "/photos/in/own"), "")).text(), STORED);
}
