//! Whatever was stored, copied, assembled and deleted: every blob has as many references as rows
//! hold, says `portcullis check`.

use std::time::Duration;

use tests::client::{Client, value};
use tests::http::Request;
use tests::server::Server;
use tests::xml::Node;

const PART_BYTES_MIN: usize = 5 << 20;

fn create(client: &mut Client, target: &str) -> String {
    let answer = client.expect(Request::new("POST", &format!("{target}?uploads")));
    value(Node::parse(&answer.text()).value("UploadId"))
}

/// Uploads a part; its element of the completion.
fn part(client: &mut Client, target: &str, number: usize, body: Vec<u8>) -> String {
    let answer = client.expect(Request::new("PUT", target).body(body));
    format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", answer.etag())
}

fn complete(client: &mut Client, target: &str, upload: &str, parts: &str) {
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    client.expect(Request::new("POST", &format!("{target}?uploadId={upload}")).body(document));
}

fn copy(client: &mut Client, target: &str, source: &str) {
    client.expect(Request::new("PUT", target).header("x-amz-copy-source", source));
}

/// Uploads in parts: completed with a part left out and one written twice, copied from, aborted,
/// left in progress.
fn multipart(client: &mut Client, bucket: &str) {
    let whole = format!("{bucket}/whole");
    let upload = create(client, &whole);
    let at = |number: usize| format!("{whole}?partNumber={number}&uploadId={upload}");
    part(client, &at(1), 1, vec![0; 10]);
    let first = part(client, &at(1), 1, vec![1; PART_BYTES_MIN]);
    part(client, &at(2), 2, vec![2; PART_BYTES_MIN]);
    let ranged = Request::new("PUT", &at(3))
        .header("x-amz-copy-source", &format!("{bucket}/one"))
        .header("x-amz-copy-source-range", "bytes=1-3");
    let third = Node::parse(&client.expect(ranged).text()).value("ETag").to_string();
    let third = format!("<Part><PartNumber>3</PartNumber><ETag>{third}</ETag></Part>");
    complete(client, &whole, &upload, &(first + &third));
    copy(client, &format!("{bucket}/whole-copy"), &whole);
    copy(client, &whole, &format!("{bucket}/whole-copy"));

    let aborted = create(client, &whole);
    part(client, &format!("{whole}?partNumber=1&uploadId={aborted}"), 1, vec![3; 300_000]);
    client.expect(Request::new("DELETE", &format!("{whole}?uploadId={aborted}")));
    let open = create(client, &whole);
    part(client, &format!("{whole}?partNumber=1&uploadId={open}"), 1, vec![4; 100]);
}

fn exercise(client: &mut Client, bucket: &str) {
    for (key, bytes) in [("one", 10), ("two", 300_000), ("three", 0)] {
        client.put(&format!("{bucket}/{key}"), vec![7; bytes]);
        client.put(&format!("{bucket}/{key}"), vec![8; bytes]);
        copy(client, &format!("{bucket}/{key}-copy"), &format!("{bucket}/{key}"));
    }
    let renamed = Request::new("PUT", &format!("{bucket}/one"))
        .header("x-amz-copy-source", &format!("{bucket}/one"))
        .header("x-amz-metadata-directive", "REPLACE")
        .header("x-amz-meta-a", "b");
    client.expect(renamed);
    multipart(client, bucket);
    client.expect(Request::new("DELETE", &format!("{bucket}/two")));
    client.expect(Request::new("DELETE", &format!("{bucket}/whole-copy")));
    // What was refused leaves nothing behind.
    let refused = Request::new("PUT", &format!("{bucket}/one")).header("if-none-match", "*").body("refused");
    assert_eq!(client.send(refused).status, 412);
}

fn delete_a_version(client: &mut Client, bucket: &str) {
    let listing = client.expect(Request::new("GET", &format!("{bucket}?versions&prefix=one")));
    let listing = Node::parse(&listing.text());
    for version in listing.all("Version").filter(|version| version.value("IsLatest") == "false") {
        let (key, id) = (version.value("Key"), version.value("VersionId"));
        client.expect(Request::new("DELETE", &format!("{bucket}/{key}?versionId={}", value(id))));
    }
}

#[test]
fn references_are_counted_right_after_everything() {
    let mut server = Server::start();
    let mut client = server.client();
    for bucket in ["/plain", "/versioned"] {
        client.put(bucket, "");
    }
    exercise(&mut client, "/plain");
    exercise(&mut client, "/versioned");
    client.set_versioning("versioned", "Enabled");
    exercise(&mut client, "/versioned");
    delete_a_version(&mut client, "/versioned");
    client.set_versioning("versioned", "Suspended");
    exercise(&mut client, "/versioned");

    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some_and(|status| status.success()));
    let report = server.check().unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("clean: ") && !report.contains("not counted"), "{report}");
}
