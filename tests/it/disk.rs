//! Faults of the disk are noticed: one that is full, and bytes that are missing or damaged. The
//! client is told before the head, the operator in figures, in the log, by probes and by `check`.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::client::{Client, path, value};
use tests::http::{Request, Response};
use tests::mount::SmallDisk;
use tests::server::Server;
use tests::sign::Payload;
use tests::xml::Node;

use crate::iam::call;

const MIB: usize = 1 << 20;
/// Goes into a file of its own.
const LONG: usize = 300_000;
const READ_ERRORS: &str = "portcullis_volume_read_errors_total";
const WRITES: &str = "/health/ready/write";

/// Waits for what happens in the background.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < until, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The lines of the log that contain all of these texts.
fn lines(server: &Server, texts: &[&str]) -> usize {
    server.log().lines().filter(|line| texts.iter().all(|text| line.contains(text))).count()
}

fn put(client: &mut Client, target: &str, bytes: usize) -> Response {
    client.send(Request::new("PUT", target).body(vec![7; bytes]))
}

#[test]
fn a_full_disk_is_told_to_clients_probes_metrics_and_the_log() {
    let disk = SmallDisk::mount(160);
    let server = Server::start_on(&disk.path().join("data"), &["--access-log", "true"]);
    let mut client = server.client();
    client.put("/full", "");
    client.put("/full/there", vec![1; LONG]);
    assert_eq!(server.probe(WRITES), (200, "ready\n".to_owned()));
    // The reserve of 64 MiB, and a little.
    let taken = disk.leave(66 << 20);

    let refused = put(&mut client, "/full/long", 5 * MIB);
    assert_eq!((refused.status, refused.code().as_str()), (503, "ServiceUnavailable"));
    assert!(refused.header("retry-after").is_some());
    // A short one fits.
    assert_eq!(put(&mut client, "/full/short", 100).status, 200);
    assert_eq!(server.metric("portcullis_refused_total", &["limit=\"disk\""]), 1.0);
    assert_eq!(server.metric("portcullis_volume_refused_writes_total", &["reason=\"full\""]), 1.0);
    assert_eq!(server.metric("portcullis_volume_space_low", &[]), 1.0);
    assert!(server.metric("portcullis_volume_free_bytes", &[]) < 70e6);
    assert_eq!(server.metric("portcullis_volume_total_bytes", &[]), 160.0 * MIB as f64);
    let folder = disk.path().display().to_string();
    assert_eq!(lines(&server, &["ERROR", "disk full", &folder, "free_bytes="]), 1, "{}", server.log());
    assert_eq!(lines(&server, &["status=503", "limit=\"disk\""]), 1, "{}", server.log());
    let (status, text) = server.probe(WRITES);
    assert!(status == 503 && text.contains("disk full") && text.contains(&folder), "{status} {text}");
    let (status, text) = server.probe("/health/ready");
    assert!(status == 200 && text.contains("degraded: writes are refused: disk full"), "{status} {text}");
    assert_eq!(server.probe("/minio/health/cluster").0, 503);

    // The refusal comes before the body, so a client that waits for leave keeps it.
    let request = Request::new("PUT", "/full/waits").header("expect", "100-continue").body(vec![0; 5 * MIB]);
    let request = client.signed(request, Payload::Signed);
    let mut connection = server.connect();
    connection.write(&request.head()).unwrap();
    assert_eq!(connection.read("PUT").unwrap().status, 503);
    // More refusals within a minute are no more lines. Reads and deletes go on.
    assert_eq!(put(&mut client, "/full/long", 5 * MIB).status, 503);
    assert_eq!(lines(&server, &["disk full", "free_bytes="]), 1);
    assert_eq!(client.get("/full/there").body.len(), LONG);
    assert_eq!(client.call("DELETE", "/full/short").status, 204);

    std::fs::remove_file(taken).unwrap();
    wait_until("readiness for writes, without a request", || server.probe(WRITES).0 == 200);
    assert_eq!(lines(&server, &["the disk takes writes again"]), 1);
    assert_eq!(server.metric("portcullis_volume_space_low", &[]), 0.0);
    assert_eq!(put(&mut client, "/full/long", 5 * MIB).status, 200);
}

#[test]
fn a_file_system_that_takes_nothing_more_ends_nothing() {
    let disk = SmallDisk::mount(96);
    let flags = ["--storage-reserve-bytes", "0", "--storage-segment-bytes", "16MiB"];
    let mut server = Server::start_on(&disk.path().join("data"), &flags);
    let mut client = server.client();
    client.put("/full", "");
    let mut acknowledged = BTreeSet::new();
    let taken = disk.leave(256 << 10);
    let mut refused = 0;
    for number in 0..4000 {
        let key = format!("/full/{number}");
        match put(&mut client, &key, 20_000).status {
            200 => drop(acknowledged.insert(key)),
            503 => refused += 1,
            other => panic!("{key}: {other}; {}", server.log_tail()),
        }
        if refused > 3 {
            break;
        }
    }
    assert!(refused > 3, "the disk was never full");
    assert!(server.is_alive());
    assert_eq!(server.probe(WRITES).0, 503);
    assert_eq!(lines(&server, &["ERROR", "disk full"]), 1, "{}", server.log());
    assert!(server.metric("portcullis_volume_refused_writes_total", &["reason=\"full\""]) > 3.0);

    std::fs::remove_file(taken).unwrap();
    wait_until("readiness for writes", || server.probe(WRITES).0 == 200);
    wait_until("a write", || put(&mut client, "/full/again", LONG).status == 200);
    for key in &acknowledged {
        assert_eq!(client.get(key).body.len(), 20_000, "{key}");
    }
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    server.check().unwrap_or_else(|report| panic!("{report}"));
}

/// A change without a body, or with a short one.
fn change(client: &mut Client, method: &str, target: &str, body: &str) -> Response {
    client.send(Request::new(method, target).body(body))
}

fn begin_upload(client: &mut Client, target: &str) -> String {
    let answer = client.expect(Request::new("POST", &format!("{target}?uploads")));
    value(Node::parse(&answer.text()).value("UploadId"))
}

#[test]
fn below_the_reserve_what_adds_is_refused_and_what_frees_space_goes_on() {
    let disk = SmallDisk::mount(160);
    let mut server = Server::start_on(&disk.path().join("data"), &[]);
    let mut client = server.client();
    let policy = |effect: &str| {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":\"*\",\
             \"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::full/never/*\"}}]}}"
        )
    };
    client.put("/full", "");
    client.put("/full/there", vec![1; LONG]);
    client.put("/full/short", "short");
    client.put("/spare", "");
    client.put("/old", "");
    client.set_versioning("old", "Enabled");
    let version = value(client.put("/old/key", "1").header("x-amz-version-id").unwrap());
    client.put("/old/key", "2");
    let upload = begin_upload(&mut client, "/full/begun");
    client.put(&format!("/full/begun?partNumber=1&uploadId={upload}"), vec![7; LONG]);
    assert_eq!(call(&mut client, "CreateUser&UserName=alice").status, 200);

    // Less than the reserve of 64 MiB, and more than half of it.
    let taken = disk.leave(52 << 20);
    wait_until("that the disk is full", || server.probe(WRITES).0 == 503);
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    let refused = |response: Response, what: &str| {
        assert_eq!((response.status, response.code().as_str()), (503, "ServiceUnavailable"), "{what}");
    };
    let before = server.metric("portcullis_volume_refused_writes_total", &["reason=\"full\""]);
    for (method, target, body) in [
        ("PUT", "/full/empty", ""),
        ("PUT", "/full/new", "new"),
        ("PUT", "/more", ""),
        ("PUT", "/full/short?tagging", tags),
        ("POST", "/full/other?uploads", ""),
        ("DELETE", "/old/key", ""),
    ] {
        refused(change(&mut client, method, target, body), &format!("{method} {target}"));
    }
    let copy = Request::new("PUT", "/full/copy").header("x-amz-copy-source", "/full/there");
    refused(client.send(copy), "a copy that shares its bytes");
    assert_eq!(call(&mut client, "CreateUser&UserName=bob").status, 503);
    let after = server.metric("portcullis_volume_refused_writes_total", &["reason=\"full\""]);
    assert_eq!(after - before, 8.0);
    assert_eq!(server.metric("portcullis_volume_conflicts_total", &[]), 0.0);

    // What frees space, and what an operator needs then.
    let went_on = |response: Response, what: &str| {
        assert!(response.status < 300, "{what}: {} {}", response.status, response.text());
    };
    let deny = policy("Deny");
    for (method, target, body) in [
        ("DELETE", format!("/old/key?versionId={version}"), ""),
        ("DELETE", format!("/full/begun?uploadId={upload}"), ""),
        ("DELETE", "/full/short".to_owned(), ""),
        ("DELETE", "/spare".to_owned(), ""),
        ("PUT", "/full/there".to_owned(), ""),
        ("PUT", "/full?policy".to_owned(), deny.as_str()),
    ] {
        went_on(change(&mut client, method, &target, body), &target);
    }
    let put_policy = "PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C\
                      %22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A\
                      %22*%22%7D%5D%7D";
    went_on(call(&mut client, put_policy), "PutUserPolicy");

    // The other half of the reserve is for what frees space alone.
    std::fs::remove_file(taken).unwrap();
    let taken = disk.leave(20 << 20);
    wait_until("less", || server.metric("portcullis_volume_free_bytes", &[]) < (30 << 20) as f64);
    refused(change(&mut client, "PUT", "/old?policy", &deny.replace("full", "old")), "a policy");
    went_on(change(&mut client, "DELETE", "/full?policy", ""), "the end of a policy");
    went_on(call(&mut client, "DeleteUserPolicy&UserName=alice&PolicyName=p"), "DeleteUserPolicy");
    went_on(change(&mut client, "DELETE", "/full/there", ""), "a delete");

    std::fs::remove_file(taken).unwrap();
    wait_until("readiness for writes", || server.probe(WRITES).0 == 200);
    assert_eq!(call(&mut client, "CreateUser&UserName=bob").status, 200);
    went_on(change(&mut client, "DELETE", "/old/key", ""), "a delete marker");
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    server.check().unwrap_or_else(|report| panic!("{report}"));
}

#[test]
fn rows_that_fill_a_file_system_to_its_end_damage_nothing() {
    let disk = SmallDisk::mount(64);
    let flags = ["--storage-reserve-bytes", "0", "--storage-segment-bytes", "16MiB"];
    let mut server = Server::start_on(&disk.path().join("data"), &flags);
    let mut client = server.client();
    client.put("/full", "");
    let taken = disk.leave(64 << 10);
    let long = "x".repeat(1900);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for number in 0..20_000 {
        let key = format!("/full/{number}");
        match client.send(Request::new("PUT", &key).header("x-amz-meta-long", &long)).status {
            200 => acknowledged.push(key),
            503 => refused += 1,
            other => panic!("{key}: {other}; {}", server.log_tail()),
        }
        if refused > 3 {
            break;
        }
    }
    assert!(refused > 3, "the disk was never full");
    assert!(server.is_alive());
    std::fs::remove_file(taken).unwrap();
    wait_until("readiness for writes", || server.probe(WRITES).0 == 200);
    wait_until("a write", || change(&mut client, "PUT", "/full/again", "").status == 200);
    for key in acknowledged.iter().rev().take(50).chain(acknowledged.iter().take(50)) {
        assert_eq!(client.call("HEAD", key).status, 200, "{key}");
    }
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    server.check().unwrap_or_else(|report| panic!("{report}"));
}

#[test]
fn a_disk_that_is_full_to_its_end_ends_readiness_where_reads_are_refused() {
    let disk = SmallDisk::mount(64);
    let flags = ["--storage-reserve-bytes", "0", "--storage-segment-bytes", "16MiB"];
    let server = Server::start_on(&disk.path().join("data"), &flags);
    let mut client = server.client();
    client.put("/full", "");
    client.put("/full/there", "there");
    let taken = disk.leave(0);
    // The log has reserved its space, and takes these rows. The index has no room for them when it
    // is checkpointed, and none to be opened again.
    let long = "x".repeat(1900);
    for number in 0..600 {
        client.send(Request::new("PUT", &format!("/full/{number}")).header("x-amz-meta-long", &long));
    }
    let line = ["ERROR", "the index cannot be recovered", "reads are refused until then, too"];
    wait_until("the line of the log", || lines(&server, &line) == 1);
    assert_eq!(server.probe("/health/ready").0, 503);
    let refused = client.call("GET", "/full/there");
    assert_eq!((refused.status, refused.code().as_str()), (503, "ServiceUnavailable"));
    for target in ["/health/ready", WRITES] {
        let (status, text) = server.probe(target);
        assert_eq!(status, 503, "{target}: {text}");
        assert!(text.starts_with("not ready\ndegraded: reads and writes are refused: disk full"), "{text}");
    }
    assert!(server.is_alive());
    std::fs::remove_file(taken).unwrap();
    wait_until("readiness", || server.probe(WRITES).0 == 200);
    assert_eq!(client.get("/full/there").text(), "there");
    assert_eq!(server.probe("/health/ready"), (200, "ready\n".to_owned()));
}

/// The files of long bodies.
fn blob_files(data: &Path) -> BTreeSet<PathBuf> {
    let folders = std::fs::read_dir(data.join("files")).unwrap().map(|entry| entry.unwrap().path());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()).collect()
}

/// The file that a request made.
fn made_by(server: &Server, request: impl FnOnce()) -> PathBuf {
    let before = blob_files(server.data());
    request();
    let made: Vec<PathBuf> = blob_files(server.data()).difference(&before).cloned().collect();
    assert_eq!(made.len(), 1, "{made:?}");
    made[0].clone()
}

fn shorten(file: &Path, bytes: u64) {
    OpenOptions::new().write(true).open(file).unwrap().set_len(bytes).unwrap();
}

/// A whole refusal, counted and in the log, with its id.
fn assert_refused(server: &Server, response: &Response, file: &Path) {
    assert_eq!((response.status, response.code().as_str()), (500, "InternalError"), "{}", response.text());
    let id = response.header("x-amz-request-id").unwrap();
    assert!(response.text().contains(&format!("<RequestId>{id}</RequestId>")), "{}", response.text());
    let file = file.file_name().unwrap().to_str().unwrap();
    assert_eq!(lines(server, &["ERROR", file, id]), 1, "{}", server.log_tail());
    wait_until("the access line", || lines(server, &["access:", id, "status=500"]) == 1);
}

/// Two parts of their own; the files of both.
fn upload(server: &Server, client: &mut Client, target: &str) -> [PathBuf; 2] {
    let answer = client.expect(Request::new("POST", &format!("{target}?uploads")));
    let upload = value(Node::parse(&answer.text()).value("UploadId"));
    let mut parts = String::new();
    let files = [(1, 5 * MIB), (2, LONG)].map(|(number, bytes)| {
        made_by(server, || {
            let part = format!("{target}?partNumber={number}&uploadId={upload}");
            let etag = client.put(&part, vec![7; bytes]).etag().to_owned();
            parts += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        })
    });
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    client.expect(Request::new("POST", &format!("{target}?uploadId={upload}")).body(document));
    files
}

fn range(client: &mut Client, target: &str, bytes: &str) -> Response {
    client.send(Request::new("GET", target).header("range", &format!("bytes={bytes}")))
}

#[test]
fn bytes_that_are_missing_are_an_error_before_the_head() {
    let server = Server::start_with(&["--access-log", "true"]);
    let mut client = server.client();
    client.put("/lost", "");
    let missing = |server: &Server| server.metric(READ_ERRORS, &["kind=\"missing\""]);

    // A file of its own, which is gone.
    let gone = made_by(&server, || drop(client.put("/lost/gone", vec![7; LONG])));
    std::fs::remove_file(&gone).unwrap();
    let answer = client.call("GET", "/lost/gone");
    assert_refused(&server, &answer, &gone);
    assert_eq!(lines(&server, &["GetObject", "lost", "gone", "is not there"]), 1, "{}", server.log_tail());
    assert_eq!(missing(&server), 1.0);
    assert_eq!(server.metric("portcullis_volume_damaged_blobs", &[]), 1.0);
    assert_refused(&server, &range(&mut client, "/lost/gone", "5-9"), &gone);
    // The head needs no bytes.
    assert_eq!(client.call("HEAD", "/lost/gone").status, 200);

    // One that is too short, and what is left of it.
    let short = made_by(&server, || drop(client.put("/lost/short", vec![7; LONG])));
    shorten(&short, 100_000);
    assert_refused(&server, &client.call("GET", "/lost/short"), &short);
    assert_eq!(range(&mut client, "/lost/short", "0-9").status, 206);

    // A part of several.
    let [_, second] = upload(&server, &mut client, "/lost/parts");
    std::fs::remove_file(&second).unwrap();
    assert_refused(&server, &client.call("GET", "/lost/parts"), &second);
    assert_refused(&server, &range(&mut client, "/lost/parts", &format!("0-{}", 5 * MIB)), &second);
    assert_eq!(range(&mut client, "/lost/parts", &format!("0-{}", 5 * MIB - 1)).status, 206);
    assert_eq!(client.call("GET", "/lost/parts?partNumber=1").status, 206);

    // Copies of what is not there are none, whether they share its bytes or read them.
    for source in ["/lost/gone", "/lost/short", "/lost/parts"] {
        let copy = Request::new("PUT", "/lost/copy").header("x-amz-copy-source", source);
        let answer = client.send(copy);
        assert_eq!((answer.status, answer.code().as_str()), (500, "InternalError"), "{source}");
        let id = answer.header("x-amz-request-id").unwrap();
        let line = ["ERROR", id, "CopyObject", " are missing: the file files/"];
        assert_eq!(lines(&server, &line), 1, "{}", server.log_tail());
        assert_eq!(client.call("HEAD", "/lost/copy").status, 404, "{source}");
    }
    let answer = client.expect(Request::new("POST", "/lost/into?uploads"));
    let into = value(Node::parse(&answer.text()).value("UploadId"));
    let part = Request::new("PUT", &format!("/lost/into?partNumber=1&uploadId={into}"));
    let answer = client.send(part.header("x-amz-copy-source", "/lost/gone"));
    assert_eq!((answer.status, answer.code().as_str()), (500, "InternalError"));
    assert!(!client.get(&format!("/lost/into?uploadId={into}")).text().contains("<Part>"));

    // In the log: the last one, because it takes everything else there with it.
    client.put("/lost/inline", vec![7; 1000]);
    let segment = server.data().join("log/0000000001.log");
    shorten(&segment, 4096);
    assert_refused(&server, &client.call("GET", "/lost/inline"), &segment);
    // It can still be removed.
    assert_eq!(client.call("DELETE", "/lost/gone").status, 204);
    // Every line about a request has its id.
    for reason in ["stored bytes could not be read", "the storage failed under a body"] {
        let all = lines(&server, &[reason]);
        assert!(
            all > 0 && all == lines(&server, &[reason, "request_id="]),
            "{reason}: {}",
            server.log_tail()
        );
    }
}

#[test]
fn a_response_that_is_cut_short_is_not_a_whole_one_in_the_log() {
    let server = Server::start_with(&["--access-log", "true"]);
    let mut client = server.client();
    client.put("/cut", "");
    let file = made_by(&server, || drop(client.put("/cut/off", vec![7; 3 * MIB])));
    // One bit near the end, which is read when the beginning was sent.
    let damaged = OpenOptions::new().read(true).write(true).open(&file).unwrap();
    let at = damaged.metadata().unwrap().len() - 1000;
    let mut byte = [0];
    damaged.read_exact_at(&mut byte, at).unwrap();
    damaged.write_all_at(&[byte[0] ^ 1], at).unwrap();
    assert!(client.try_send(Request::new("GET", "/cut/off")).is_err());
    wait_until("the access line", || lines(&server, &["access:", "GetObject", "aborted=\"storage\""]) == 1);
    assert_eq!(lines(&server, &["aborted", "status=200", &format!("bytes_out={} ", 3 * MIB)]), 0);
    let line = ["ERROR", "request_id=", "GetObject", "cut", "off", "checksum"];
    assert_eq!(lines(&server, &line), 1, "{}", server.log_tail());
    assert_eq!(server.metric(READ_ERRORS, &["kind=\"corrupt\""]), 1.0);
    // A whole one is not aborted.
    client.put("/cut/whole", vec![7; 3 * MIB]);
    client.get("/cut/whole");
    let whole = format!("bytes_out={} ", 3 * MIB);
    wait_until("the other line", || lines(&server, &["access:", "/cut/whole", "status=200", &whole]) == 1);
    assert_eq!(lines(&server, &["aborted"]), 1, "{}", server.log_tail());
}

#[test]
fn the_scrub_and_the_check_name_what_is_missing() {
    let odd = "od\u{1}d \"name\" ü";
    let mut server = Server::start_with(&["--storage-scrub-bytes-per-second", "64 MiB"]);
    let mut client = server.client();
    client.put("/photos", "");
    client.set_versioning("photos", "Enabled");
    client.put("/photos/whole", vec![7; LONG]);
    let mut version = String::new();
    let gone = made_by(&server, || {
        let answer = client.put(&format!("/photos/{}", path(odd)), vec![7; LONG]);
        version = answer.header("x-amz-version-id").unwrap().to_owned();
    });
    let [_, second] = upload(&server, &mut client, "/photos/parts");
    let answer = client.expect(Request::new("POST", "/photos/begun?uploads"));
    let begun = Node::parse(&answer.text()).value("UploadId").to_owned();
    let part = format!("/photos/begun?partNumber=7&uploadId={}", value(&begun));
    let third = made_by(&server, || drop(client.put(&part, vec![7; LONG])));
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some_and(|status| status.success()));
    assert!(server.check().is_ok());

    std::fs::remove_file(&gone).unwrap();
    shorten(&second, 10);
    shorten(&third, 0);
    let report = server.check().unwrap_err();
    let named = [
        format!("bucket \"photos\", key {odd:?}, version \"{version}\"\n"),
        format!("bucket \"photos\", key \"begun\", upload \"{begun}\", part \"7\"\n"),
    ];
    assert!(report.contains("3 problems") && named.iter().all(|name| report.contains(name)), "{report}");
    assert!(report.contains("key \"parts\", version ") && report.contains(", part \"2\"\n"), "{report}");
    let report: Value = serde_json::from_str(&server.check_as(&["--json"]).unwrap_err()).unwrap();
    let damaged = report["damaged"].as_array().unwrap();
    let object = damaged.iter().find(|one| one["version"] == version.as_str()).unwrap();
    assert_eq!((&object["bucket"], &object["key"]), (&"photos".into(), &odd.into()), "{report}");
    assert_eq!(damaged.len(), 3, "{report}");

    server.start_again();
    wait_until("the scrub", || server.metric("portcullis_volume_scrub_errors_total", &[]) == 3.0);
    assert_eq!(server.metric("portcullis_volume_damaged_blobs", &[]), 3.0);
    let file = gone.file_name().unwrap().to_str().unwrap();
    assert_eq!(lines(&server, &["ERROR", "damaged or missing", file, "portcullis check"]), 1);
    // What is deleted is not damaged any more.
    let target = format!("/photos/{}?versionId={version}", path(odd));
    assert_eq!(client.call("DELETE", &target).status, 204);
    wait_until("the figure", || server.metric("portcullis_volume_damaged_blobs", &[]) == 2.0);
}
