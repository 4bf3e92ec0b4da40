//! What is stored with an object is as long as S3 takes it, whichever way it comes.

use super::{Bounded, verdict};
use tests::http::Request;

const TOO_LARGE: (u16, &str) = (400, "MetadataTooLarge");

/// The requests that store metadata: PutObject, CopyObject, CreateMultipartUpload.
fn writes() -> [Request; 3] {
    [
        Request::new("PUT", "/photos/dog.jpg").body("dog"),
        Request::new("PUT", "/photos/dog.jpg")
            .header("x-amz-copy-source", "/photos/cat.jpg")
            .header("x-amz-metadata-directive", "REPLACE"),
        Request::new("POST", "/photos/dog.jpg?uploads"),
    ]
}

#[test]
fn system_metadata_beyond_two_kilobytes_is_refused_by_every_write() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    let value = |name: &str, size: usize| "d".repeat(size - name.len());
    for name in [
        "content-disposition",
        "cache-control",
        "content-language",
        "content-encoding",
        "expires",
        "content-type",
    ] {
        for write in writes() {
            let line = format!("{} {} {name}", write.method, write.target);
            for size in [2049, 3000, 5000] {
                let answer = client.send(write.clone().header(name, &value(name, size)));
                assert_eq!((answer.status, &*answer.code()), TOO_LARGE, "{line}: {}", answer.text());
                let text = answer.text();
                assert!(
                    text.contains(&format!("<Size>{size}</Size><MaxSizeAllowed>2048<")),
                    "{line}: {text}"
                );
            }
            client.expect(write.header(name, &value(name, 2048)));
        }
    }
    // All of them together count.
    let half = |name: &str| value(name, 1024);
    for write in writes() {
        let two = write
            .header("content-disposition", &half("content-disposition"))
            .header("cache-control", &half("cache-control"));
        client.expect(two.clone());
        let answer = client.send(two.header("expires", "0"));
        assert_eq!((answer.status, &*answer.code()), TOO_LARGE);
    }
    // What the attack sent; such a head may be refused as a whole.
    for write in writes() {
        let answer = client.send(write.header("content-disposition", &"d".repeat(60_000)));
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    bounded.is_unharmed();
}

#[test]
fn a_form_stores_no_more_metadata_than_a_put() {
    let bounded = Bounded::start();
    let acl = Request::new("PUT", "/photos?acl").header("x-amz-acl", "public-read-write");
    bounded.server.client().expect(acl);
    let send = |name: &str, value: &str| {
        let field = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dog.jpg\"\r\n\r\ndog\r\n--b--\r\n";
        let body = format!("{}{}{file}", field("key", "dog.jpg"), field(name, value));
        let form = Request::new("POST", "/photos").header("content-type", "multipart/form-data; boundary=b");
        verdict(&bounded.server.anonymous().send(form.body(body)))
    };
    let too_large = (TOO_LARGE.0, TOO_LARGE.1.to_owned());
    let fits = "d".repeat(2048 - "content-disposition".len());
    assert_eq!(send("Content-Disposition", &fits), (204, String::new()));
    assert_eq!(send("Content-Disposition", &format!("{fits}d")), too_large);
    assert_eq!(send("Content-Disposition", &"d".repeat(19_000)), too_large);
    assert_eq!(send("x-amz-meta-a", &"d".repeat(2048)), too_large);
    // What the name of the file makes of it counts.
    assert_eq!(send("x-amz-meta-a", &"${filename}".repeat(300)), too_large);
    bounded.is_unharmed();
}

#[test]
fn a_redirect_is_no_longer_than_two_kilobytes() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    let name = "x-amz-website-redirect-location";
    for write in writes() {
        client.expect(write.clone().header(name, &format!("/{}", "r".repeat(2047))));
        let answer = client.send(write.header(name, &format!("/{}", "r".repeat(2048))));
        assert_eq!(verdict(&answer), (400, "InvalidRedirectLocation".into()), "{}", answer.text());
    }
    bounded.is_unharmed();
}
