//! A trap ends one call. Calls that wait for their bodies, or for the disk, when the instance of
//! the pipeline is lost begin again in a fresh one, and nobody notices.
//!
//! `tests/stages/trapping` stands in front of every slot and traps where the header `x-trap` says
//! so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::http::{Connection, Request, Response};
use tests::server::Server;
use tests::sign::Payload;

use crate::iam::element;
use crate::mfa::Phone;
use crate::pipeline::{Staged, serve_trapping};

const REPLACED: &str = "portcullis_instances_replaced_total";
const REPEATED: &str = "portcullis_calls_repeated_total";

const BODY: &[u8] = b"a body of which the last byte comes late";

/// A request whose last byte has not been sent.
struct Hanging {
    connection: Connection,
    method: &'static str,
    last: Vec<u8>,
}

impl Hanging {
    fn send(
        server: &Server,
        method: &'static str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Hanging {
        let (first, last) = body.split_at(body.len() - 1);
        let mut request = Request::new(method, target).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = server.client().signed(request, Payload::Signed);
        let mut connection = server.connect();
        connection.write(&request.head()).unwrap();
        connection.write(first).unwrap();
        Hanging { connection, method, last: last.to_vec() }
    }

    fn finish(mut self) -> Response {
        self.connection.write(&self.last).unwrap();
        self.connection.read(self.method).unwrap()
    }
}

/// Where each request traps, by the value of `x-trap`: one for every stage that a request can
/// reach, when it is asked and when it goes on.
fn trapping_requests() -> Vec<Request> {
    let get = |place: &str| Request::new("GET", "/photos/cat.jpg").header("x-trap", place);
    let put = |place: &str| Request::new("PUT", "/photos/lost.jpg").header("x-trap", place).body("lost");
    let form = |place: &str, action: &str| {
        Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-trap", place)
            .body(format!("Action={action}&Version=2010-05-08"))
    };
    let names = "<Delete><Object><Key>lost.jpg</Key></Object></Delete>";
    let digest = BASE64.encode(md5(names.as_bytes()));
    let delete = Request::new("POST", "/photos?delete").header("content-md5", &digest);
    let delete = delete.header("x-trap", "policy.each").body(names);
    vec![
        get("auth"),
        get("policy"),
        get("cors").header("origin", "https://example.com"),
        get("storage.locate"),
        get("storage"),
        Request::new("GET", "/photos/named.jpg").header("x-trap", "encryption.open"),
        Request::new("GET", "/photos/named.jpg").header("x-trap", "policy.key"),
        put("encryption").header("x-amz-server-side-encryption", "AES256"),
        put("storage.resume"),
        Request::new("PUT", "/albums/kept.jpg").header("x-trap", "storage.resume.2").body("kept"),
        delete,
        form("iam.code", "ListUsers"),
        form("iam.plan", "ListUsers"),
        form("iam", "ListUsers"),
        form("iam.resume", "CreateUser&UserName=lost"),
    ]
}

fn photos() -> Staged {
    let staged = serve_trapping();
    let mut client = staged.server.client();
    client.put("/photos", "");
    client.put("/photos/cat.jpg", "a picture of a cat");
    client.expect(
        Request::new("PUT", "/photos/named.jpg")
            .header("x-amz-server-side-encryption", "aws:kms")
            .body("under a key with a name"),
    );
    let policy = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Principal": "*",
        "Action": "s3:*", "Resource": "arn:aws:s3:::photos/nobody/*" } }"#;
    client.expect(Request::new("PUT", "/photos?policy").body(policy));
    client.put("/albums", "");
    client.set_versioning("albums", "Enabled");
    staged
}

fn upload(server: &Server, target: &str) -> String {
    let started = server.client().expect(Request::new("POST", &format!("{target}?uploads")));
    element(&started.text(), "UploadId")
}

/// A completion of an upload with one part, of which the last byte is missing.
fn hanging_completion(server: &Server, target: &str) -> Hanging {
    let id = upload(server, target);
    let part = server.client().put(&format!("{target}?partNumber=1&uploadId={id}"), BODY);
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        part.etag()
    );
    Hanging::send(server, "POST", &format!("{target}?uploadId={id}"), &[], document.as_bytes())
}

#[track_caller]
fn is_internal_error(response: &Response, what: &str) {
    assert_eq!((response.status, response.code().as_str()), (500, "InternalError"), "{what}: {response:?}");
    assert!(response.header("x-amz-request-id").is_some_and(|id| !id.is_empty()), "{what}");
}

#[test]
fn sixty_four_calls_under_way_outlive_a_trap_in_every_stage() {
    let Staged { server, .. } = &photos();
    for number in 0..20 {
        server.client().put(&format!("/photos/list/{number}"), "x");
    }
    let mut hanging = Vec::new();
    for number in 0..16 {
        hanging.push(Hanging::send(server, "PUT", &format!("/photos/plain/{number}"), &[], BODY));
        hanging.push(Hanging::send(server, "PUT", &format!("/albums/kept/{number}"), &[], BODY));
        hanging.push(hanging_completion(server, &format!("/photos/whole/{number}")));
    }
    let named = [("x-amz-server-side-encryption", "aws:kms")];
    let new = [("if-none-match", "*")];
    let id = upload(server, "/photos/parts");
    for number in 1..=5 {
        let part = format!("/photos/parts?partNumber={number}&uploadId={id}");
        hanging.push(Hanging::send(server, "PUT", &part, &[], BODY));
        hanging.push(Hanging::send(server, "PUT", &format!("/photos/sealed/{number}"), &named, BODY));
        hanging.push(Hanging::send(server, "PUT", &format!("/photos/new/{number}"), &new, BODY));
    }
    let names = "<Delete><Object><Key>list/0</Key></Object></Delete>";
    let digest = BASE64.encode(md5(names.as_bytes()));
    let digest = [("content-md5", digest.as_str())];
    hanging.push(Hanging::send(server, "POST", "/photos?delete", &digest, names.as_bytes()));
    assert_eq!(hanging.len(), 64);

    let mut traps = 0.0;
    for request in trapping_requests() {
        let place = request.get("x-trap").unwrap().to_owned();
        is_internal_error(&server.client().send(request), &place);
        traps += 1.0;
        assert_eq!(server.metric(REPLACED, &[]), traps, "{place} does not trap");
        let listing = server.client().get("/photos?list-type=2&prefix=list/").text();
        assert!(listing.contains("<KeyCount>20</KeyCount>"), "after {place}: {listing}");
    }
    let repeated = server.metric(REPEATED, &[]);
    for (number, hanging) in hanging.into_iter().enumerate() {
        let response = hanging.finish();
        assert_eq!(response.status, 200, "{number}: {}", response.text());
    }
    assert_eq!(server.metric(REPEATED, &[]) - repeated, 64.0, "they did not wait in the lost instance");
    assert_eq!(server.metric(REPLACED, &[]), traps, "beginning again trapped");

    let mut client = server.client();
    for number in 0..16 {
        for folder in ["/photos/plain", "/albums/kept", "/photos/whole"] {
            assert_eq!(client.get(&format!("{folder}/{number}")).body, BODY);
        }
    }
    for number in 1..=5 {
        assert_eq!(client.get(&format!("/photos/sealed/{number}")).body, BODY);
        assert_eq!(client.get(&format!("/photos/new/{number}")).body, BODY);
    }
    let listing = client.get("/photos?list-type=2&prefix=list/").text();
    assert!(listing.contains("<KeyCount>19</KeyCount>"), "{listing}");
    assert_eq!(client.call("GET", "/photos/lost.jpg").status, 404);
    assert_eq!(client.get("/albums/kept.jpg").text(), "kept", "it was on disk before the stage went on");
}

/// The code is used up before the document comes; the call that used it finds it unused when it
/// begins again, and nobody else does.
#[test]
fn a_one_time_code_counts_for_the_call_that_used_it_up() {
    let Staged { server, .. } = &photos();
    let code = Phone::new(&mut server.client(), "phone", "").header();
    let document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let headers = [("x-amz-mfa", code.as_str())];
    let waiting = Hanging::send(server, "PUT", "/photos?versioning", &headers, document);
    // The chance to use its code up.
    std::thread::sleep(std::time::Duration::from_millis(300));
    is_internal_error(
        &server.client().send(Request::new("GET", "/photos/cat.jpg").header("x-trap", "auth")),
        "auth",
    );
    let response = waiting.finish();
    assert_eq!(response.status, 200, "{}", response.text());
    let again = Request::new("PUT", "/photos?versioning").header("x-amz-mfa", &code).body(&document[..]);
    assert_eq!(server.client().send(again).status, 403);
}

/// An instance that grew is replaced between two steps; whoever made it grow, in the step before
/// its commit, does not notice.
#[test]
fn an_instance_that_grew_gives_its_memory_back_and_its_calls_go_on() {
    let Staged { server, .. } = &photos();
    let waiting: Vec<_> =
        (0..8).map(|number| Hanging::send(server, "PUT", &format!("/albums/{number}"), &[], BODY)).collect();
    for number in 1..=3 {
        let place = ["grow:storage.resume", "grow:storage.resume.2", "grow:storage.resume"][number - 1];
        server.client().expect(Request::new("PUT", "/albums/grown").header("x-trap", place).body("x"));
        let listing = server.client().get("/albums?versions&prefix=grown").text();
        assert_eq!(listing.matches("<VersionId>").count(), number, "{place}: {listing}");
    }
    // Not each time: that would be work, too.
    assert!(server.metric("portcullis_instances_renewed_total", &[]) >= 1.0, "it did not grow enough");
    for waiting in waiting {
        assert_eq!(waiting.finish().status, 200);
    }
    assert!(server.metric(REPEATED, &[]) >= 8.0);
    assert_eq!(server.metric(REPLACED, &[]), 0.0);
}

/// Each write is acknowledged once and is there once, while the instance is lost again and again
/// under way: between a body and its commit, and between a commit and its answer.
#[test]
fn writers_beside_a_storm_of_traps_lose_nothing_and_write_nothing_twice() {
    const WRITERS: usize = 8;
    const WRITES: usize = 60;
    let mut staged = photos();
    let server = &staged.server;
    let ends = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let storm = scope.spawn(|| {
            let mut client = server.client();
            let mut traps = 0;
            while !ends.load(Ordering::Relaxed) {
                let place = ["storage.resume", "storage.resume.2"][traps % 2];
                let put = Request::new("PUT", "/albums/storm").header("x-trap", place).body("x");
                is_internal_error(&client.send(put), place);
                traps += 1;
            }
            traps
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    let mut client = server.client();
                    let write = |number: usize| {
                        let put = Request::new("PUT", &format!("/albums/{writer}")).body(format!("{number}"));
                        let answer = client.expect(put);
                        answer.header("x-amz-version-id").unwrap().to_owned()
                    };
                    (0..WRITES).map(write).collect::<Vec<_>>()
                })
            })
            .collect();
        let told: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        ends.store(true, Ordering::Relaxed);
        assert!(storm.join().unwrap() > 0);
        told
    });
    assert!(server.metric(REPEATED, &[]) > 0.0, "no call was ever under way in an instance that was lost");
    let mut client = server.client();
    for (writer, told) in told.into_iter().enumerate() {
        let listing = client.get(&format!("/albums?versions&prefix={writer}")).text();
        let there: BTreeSet<String> = listing
            .split("<VersionId>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect();
        assert_eq!(there, told.iter().cloned().collect(), "writer {writer}");
        for (number, version) in told.iter().enumerate() {
            let body = client.get(&format!("/albums/{writer}?versionId={version}")).text();
            assert_eq!(body, number.to_string());
        }
    }
    staged.server.terminate();
    assert!(staged.server.wait(std::time::Duration::from_secs(20)).is_some());
    assert_eq!(staged.server.check().map(drop), Ok(()));
}
