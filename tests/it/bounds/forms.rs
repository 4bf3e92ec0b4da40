//! Anybody may send the form of an upload: what its fields become is judged before it is written.

use super::{Bounded, verdict};
use tests::http::{Request, Response};

const BOUNDARY: &str = "boundary";
const FILE_NAME: &str = "${filename}";
const TOO_LARGE: (u16, &str) = (400, "MaxPostPreDataLengthExceededError");

fn part(name: &str, value: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn post(bucket: &str, fields: &[(&str, &str)], file_name: &str) -> Request {
    let fields: String = fields.iter().map(|(name, value)| part(name, value)).collect();
    let file = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\ncat\r\n\
         --{BOUNDARY}--\r\n"
    );
    Request::new("POST", bucket)
        .header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(format!("{fields}{file}"))
}

/// The same form from several connections at once.
fn answers(bounded: &Bounded, request: &Request) -> Vec<Response> {
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..8).map(|_| scope.spawn(|| bounded.server.anonymous().send(request.clone()))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    })
}

#[test]
fn a_long_file_name_that_is_asked_for_many_times_is_refused() {
    let bounded = Bounded::start();
    let (many, long) = (FILE_NAME.repeat(1800), "n".repeat(43_000));
    let halves = [("key", &*FILE_NAME.repeat(900)), ("x-amz-meta-a", &*FILE_NAME.repeat(900))];
    let multi_byte = "\u{1F408}".repeat(10_000);
    let deep = format!("{}{}", "${file".repeat(1000), "name}".repeat(1000));
    for bucket in ["/photos", "/nowhere"] {
        for (fields, file_name) in [
            (&[("key", &*many)][..], &*long),
            (&[("key", "k"), ("x-ignore-a", &many)], &long),
            (&[("key", "k"), ("x-amz-meta-a", &many)], &multi_byte),
            (&halves, &long),
            // As long as a key may be: every place of it is one of thousands.
            (&halves, &"n".repeat(1024)),
            // The name brings its own places along, which are none.
            (&[("key", &*many)], &FILE_NAME.repeat(3900)),
            (&[("key", &*many), ("x-ignore-b", &deep)], &long),
        ] {
            for answer in answers(&bounded, &post(bucket, fields, file_name)) {
                let code = answer.code();
                assert_eq!((answer.status, code.as_str()), TOO_LARGE, "{bucket}: {}", answer.text());
            }
        }
    }
    bounded.is_unharmed();
}

#[test]
fn many_fields_many_parts_and_long_names_are_refused_or_judged_like_few() {
    let bounded = Bounded::start();
    let names: Vec<String> = (0..700).map(|at| format!("x-ignore-{at}")).collect();
    let many: Vec<(&str, &str)> =
        [("key", "k")].into_iter().chain(names.iter().map(|name| (&**name, ""))).collect();
    // Nobody may write here without credentials, whatever else there is.
    for answer in answers(&bounded, &post("/photos", &many, "cat.jpg")) {
        assert_eq!(verdict(&answer), (403, "AccessDenied".into()));
    }
    let same: Vec<(&str, &str)> = std::iter::repeat_n(("key", FILE_NAME), 600).collect();
    for answer in answers(&bounded, &post("/photos", &same, "cat.jpg")) {
        assert_eq!(verdict(&answer), (403, "AccessDenied".into()));
    }
    let (long, longer) = ("n".repeat(20 << 10), "n".repeat(60 << 10));
    for fields in
        [&[("key", "k"), (&*long, "v")][..], &[("key", "k"), (&*longer, "v")], &[("", &*long), ("", &long)]]
    {
        for answer in answers(&bounded, &post("/photos", fields, "cat.jpg")) {
            let code = answer.code();
            assert_eq!((answer.status, code.as_str()), TOO_LARGE, "{}", answer.text());
        }
    }
    let padded = format!("--{BOUNDARY}{}\r\n", " ".repeat(60 << 10));
    let boundary = format!("multipart/form-data; boundary={}", "b".repeat(7000));
    let mut client = bounded.server.anonymous();
    let form = |content_type: &str, body: String| {
        Request::new("POST", "/photos").header("content-type", content_type).body(body)
    };
    let plain = format!("multipart/form-data; boundary={BOUNDARY}");
    assert_eq!(client.send(form(&plain, padded)).status, 400);
    assert_eq!(client.send(form(&boundary, part("key", "k"))).status, 400);
    bounded.is_unharmed();
}

#[test]
fn a_name_that_fits_is_put_in_once() {
    let bounded = Bounded::start();
    let acl = Request::new("PUT", "/photos?acl").header("x-amz-acl", "public-read-write");
    bounded.server.client().expect(acl);
    let request = post("/photos", &[("key", "in/${filename}/${file${filename}name}")], "a${filename}b");
    assert_eq!(bounded.server.anonymous().send(request).status, 204);
    let listing = bounded.server.client().get("/photos?prefix=in/").text();
    assert!(listing.contains("<Key>in/a${filename}b/${filea${filename}bname}</Key>"), "{listing}");
    bounded.is_unharmed();
}
