//! Usage: objects and bytes of buckets and accounts, exact whatever happens. Quotas, which hold
//! exactly.

use std::process::Command;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use tests::client::{Client, value};
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::Payload;
use tests::workspace;
use tests::xml::Node;
use volume::{Add, Batch, Options, Put, Volume};

const ACCOUNT: &str = "000000000001";

/// Whether `portcullis` did it, and what it printed.
fn portcullis(server: &Server, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(workspace::binary());
    let output = command.args(arguments).arg("--data-dir").arg(server.data()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), text)
}

/// What a bucket holds: objects and bytes. The empty name stands for the account.
fn usage(server: &Server, bucket: &str) -> Option<(u64, u64)> {
    let (done, text) = portcullis(server, &["usage", "--json"]);
    assert!(done, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let lines = document["usage"].as_array().unwrap();
    let line = lines
        .iter()
        .find(|line| line["account"] == ACCOUNT && line["bucket"].as_str().unwrap_or_default() == bucket)?;
    Some((line["objects"].as_u64().unwrap(), line["bytes"].as_u64().unwrap()))
}

fn ended_in_order(server: &mut Server) {
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some_and(|status| status.success()));
    let report = server.check().unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("clean"), "{report}");
}

fn version_id(answer: &Response) -> String {
    value(answer.header("x-amz-version-id").unwrap())
}

fn create_upload(client: &mut Client, target: &str) -> String {
    let answer = client.expect(Request::new("POST", &format!("{target}?uploads")));
    value(Node::parse(&answer.text()).value("UploadId"))
}

/// Changes of every kind. The usage after each is what it has to be.
fn exercise(server: &Server, client: &mut Client) {
    let holds = |objects, bytes| assert_eq!(usage(server, "counted"), Some((objects, bytes)));
    client.put("/counted", "");
    holds(0, 0);
    client.put("/counted/a", vec![1; 100]);
    client.put("/counted/a", vec![1; 50]);
    holds(1, 50);
    client.expect(Request::new("PUT", "/counted/b").header("x-amz-copy-source", "/counted/a"));
    holds(2, 100);
    client.expect(Request::new("DELETE", "/counted/b"));
    client.expect(Request::new("DELETE", "/counted/b"));
    holds(1, 50);

    client.set_versioning("counted", "Enabled");
    let second = version_id(&client.put("/counted/a", vec![2; 7]));
    holds(2, 57);
    let marker = version_id(&client.expect(Request::new("DELETE", "/counted/a")));
    holds(3, 57);
    client.expect(Request::new("DELETE", &format!("/counted/a?versionId={second}")));
    holds(2, 50);
    client.expect(Request::new("DELETE", &format!("/counted/a?versionId={marker}")));
    holds(1, 50);
    client.put("/counted/a", vec![3; 3]);
    client.set_versioning("counted", "Suspended");
    // The null version ends, wherever it is.
    client.put("/counted/a", vec![4; 4]);
    holds(2, 7);

    let upload = create_upload(client, "/counted/parts");
    let part = |number: u32| format!("/counted/parts?partNumber={number}&uploadId={upload}");
    // An upload counts from its beginning, so that uploads without parts fill no disk unseen.
    holds(3, 7);
    client.put(&part(1), vec![5; 10]);
    client.put(&part(1), vec![5; 20]);
    let etag = client.put(&part(2), vec![5; 30]).etag().to_owned();
    holds(5, 57);
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    client.expect(Request::new("POST", &format!("/counted/parts?uploadId={upload}")).body(document));
    holds(3, 37);
    let aborted = create_upload(client, "/counted/parts");
    client.put(&format!("/counted/parts?partNumber=1&uploadId={aborted}"), vec![6; 1000]);
    holds(5, 1037);
    client.expect(Request::new("DELETE", &format!("/counted/parts?uploadId={aborted}")));
    holds(3, 37);

    // With an upload in progress, which goes with its bucket.
    client.put("/brief", "");
    let left = create_upload(client, "/brief/left");
    client.put(&format!("/brief/left?partNumber=1&uploadId={left}"), vec![7; 9]);
    assert_eq!(usage(server, "brief"), Some((2, 9)));
    assert_eq!(usage(server, ""), Some((5, 46)));
    client.expect(Request::new("DELETE", "/brief"));
    assert_eq!(usage(server, "brief"), None);
    assert_eq!(usage(server, ""), Some((3, 37)));
}

#[test]
fn usage_follows_every_change_and_outlives_a_kill() {
    let mut server = Server::start();
    let mut client = server.client();
    exercise(&server, &mut client);
    assert_eq!(server.metric("portcullis_bucket_objects", &["bucket=\"counted\""]), 3.0);
    assert_eq!(server.metric("portcullis_bucket_bytes", &["bucket=\"counted\""]), 37.0);
    assert_eq!(server.metric("portcullis_account_buckets", &[&format!("account=\"{ACCOUNT}\"")]), 1.0);
    let (_, table) = portcullis(&server, &["usage"]);
    assert!(table.contains("counted") && table.starts_with("ACCOUNT"), "{table}");
    server.kill();
    server.start_again();
    assert_eq!(usage(&server, "counted"), Some((3, 37)));
    ended_in_order(&mut server);
}

/// Opens the folder of an ended server.
fn open(server: &Server) -> std::sync::Arc<Volume> {
    let key = std::fs::read_to_string(server.data().join("sealing-key")).unwrap();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&key[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let mut bodies = Hmac::<sha2::Sha256>::new_from_slice(&bytes).unwrap();
    bodies.update(b"portcullis bodies");
    let key = volume::KeySource::fixed(volume::DataKey::new(bodies.finalize().into_bytes().into()));
    Volume::open(Options { background: false, key: Some(key), ..Options::new(server.data()) }).unwrap()
}

#[test]
fn a_folder_from_before_there_were_counts_is_counted_at_its_first_start() {
    let mut server = Server::start();
    let mut client = server.client();
    exercise(&server, &mut client);
    let open_upload = create_upload(&mut client, "/counted/open");
    client.put(&format!("/counted/open?partNumber=1&uploadId={open_upload}"), vec![8; 5]);
    ended_in_order(&mut server);
    // What such a folder does not have: counters, the row that says that there are, and the format.
    let volume = open(&server);
    let counters = volume.snapshot().unwrap().counters().unwrap();
    let take = |(counter, amounts): (String, volume::Amounts)| Add {
        counter,
        amounts: amounts.map(|amount| -amount),
        at_most: [None; 3],
    };
    let batch = Batch {
        delete: vec![("counts".to_owned(), b"usage".to_vec())],
        add: counters.into_iter().map(take).collect(),
        ..Batch::default()
    };
    volume.commit_blocking(batch).unwrap();
    drop(volume);
    let format = server.data().join("FORMAT");
    let newest = std::fs::read_to_string(&format).unwrap();
    std::fs::write(&format, newest.replacen(" 3 ", " 2 ", 1)).unwrap();

    server.start_again();
    assert_eq!(std::fs::read_to_string(&format).unwrap(), newest);
    assert_eq!((usage(&server, "counted"), usage(&server, "")), (Some((5, 42)), Some((5, 42))));
    ended_in_order(&mut server);
}

#[test]
fn what_another_storage_component_has_left_is_counted_again() {
    let mut server = Server::start();
    let mut client = server.client();
    exercise(&server, &mut client);
    ended_in_order(&mut server);
    // Another component has counted otherwise, and has left a counter of what is not there.
    let volume = open(&server);
    let mark = Put { table: "counts".to_owned(), key: b"usage".to_vec(), value: vec![2; 33] };
    let add = |counter: &str, amounts| Add { counter: counter.to_owned(), amounts, at_most: [None; 3] };
    let skewed = vec![add("000000000001/", [0, 1, -7]), add("000000000001/counted", [0, 100, 5])];
    volume.commit_blocking(Batch { put: vec![mark], add: skewed, ..Batch::default() }).unwrap();
    let gone = vec![add("000000000009/gone", [1, 1, 1])];
    volume.commit_blocking(Batch { add: gone, ..Batch::default() }).unwrap();
    drop(volume);
    let report = server.check().unwrap();
    assert!(report.contains("usage was not compared"), "{report}");

    server.start_again();
    assert_eq!((usage(&server, "counted"), usage(&server, "")), (Some((3, 37)), Some((3, 37))));
    assert!(!portcullis(&server, &["usage", "--json"]).1.contains("gone"));
    assert!(server.log().contains("usage was counted from the rows"), "{}", server.log_tail());
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    let report = server.check().unwrap_or_else(|report| panic!("{report}"));
    assert!(!report.contains("not compared"), "{report}");
}

#[test]
fn uploads_are_held_to_quotas_from_their_beginning() {
    let [port] = tests::server::free_ports();
    let more = "[[quotas]]\nbucket = \"uploads\"\nobjects_max = 4\nbytes_max = 100\n\n\
                [[quotas]]\nbucket = \"uplaods\"\nobjects_max = 4\n";
    let mut server = Server::start_configured(port, more, &[]);
    assert!(server.log().contains("for a bucket that is not there"), "{}", server.log());
    let mut client = server.client();
    client.put("/uploads", "");
    let used =
        |server: &Server| server.metric("portcullis_bucket_quota_used_percent", &["bucket=\"uploads\""]);
    assert_eq!(used(&server), 0.0);
    let begun: Vec<String> = (0..3).map(|_| create_upload(&mut client, "/uploads/key")).collect();
    assert_eq!(usage(&server, "uploads"), Some((3, 0)));
    let part = |upload: &str, bytes: usize| {
        Request::new("PUT", &format!("/uploads/key?partNumber=1&uploadId={upload}")).body(vec![1; bytes])
    };
    client.expect(part(&begun[0], 80));
    assert_eq!(used(&server), 100.0);
    refused(&client.call("POST", "/uploads/key?uploads"));
    refused(&client.send(Request::new("PUT", "/uploads/other").body("")));
    // A part that is replaced counts for the difference, up to the last byte.
    let etag = client.expect(part(&begun[0], 100)).etag().to_owned();
    refused(&client.send(part(&begun[0], 101)));
    client.expect(Request::new("DELETE", &format!("/uploads/key?uploadId={}", begun[1])));
    refused(&client.send(part(&begun[2], 1)));
    // To complete counts nothing twice.
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    client.expect(Request::new("POST", &format!("/uploads/key?uploadId={}", begun[0])).body(document));
    assert_eq!(usage(&server, "uploads"), Some((2, 100)));
    client.expect(Request::new("DELETE", &format!("/uploads/key?uploadId={}", begun[2])));
    assert_eq!(usage(&server, "uploads"), Some((1, 100)));
    ended_in_order(&mut server);
}

#[test]
fn a_check_reports_counts_that_are_wrong() {
    let mut server = Server::start();
    let mut client = server.client();
    client.put("/wrong", "");
    client.put("/wrong/key", "12345");
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    let volume = open(&server);
    let add = Add { counter: format!("{ACCOUNT}/wrong"), amounts: [0, 1, -2], at_most: [None; 3] };
    volume.commit_blocking(Batch { add: vec![add], ..Batch::default() }).unwrap();
    drop(volume);
    let report = server.check().unwrap_err();
    let expected = "counter \"000000000001/wrong\": [1, 2, 3] are noted, [1, 1, 5] were counted";
    assert!(report.contains(expected), "{report}");
}

fn refused(answer: &Response) {
    assert_eq!((answer.status, answer.code().as_str()), (403, "QuotaExceeded"), "{}", answer.text());
}

#[test]
fn a_quota_holds_exactly_however_many_write_at_once() {
    let [port] = tests::server::free_ports();
    let more = "[[quotas]]\nbucket = \"*\"\nobjects_max = 10\n\n[[quotas]]\nbucket = \"wide\"\nbytes_max = \"1 KiB\"\n";
    let mut server = Server::start_configured(port, more, &[]);
    let mut client = server.client();
    client.put("/full", "");
    let stored: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let server = &server;
                scope.spawn(move || {
                    let mut client = server.client();
                    let put = |number: u32| {
                        let target = format!("/full/{writer}-{number}");
                        client.send(Request::new("PUT", &target).body("x")).status
                    };
                    let statuses: Vec<u16> = (0..5).map(put).collect();
                    assert!(statuses.iter().all(|status| [200, 403].contains(status)), "{statuses:?}");
                    statuses.into_iter().filter(|status| *status == 200).count()
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(stored, 10);
    assert_eq!(usage(&server, "full"), Some((10, 10)));
    let answer = client.send(Request::new("PUT", "/full/more").body("x"));
    refused(&answer);
    assert!(answer.text().contains("The quota of the bucket would be exceeded."), "{}", answer.text());
    assert!(!answer.text().contains("10"), "{}", answer.text());

    // The operator is told more than the client.
    let id = answer.header("x-amz-request-id").unwrap();
    let (_, explained) = portcullis(&server, &["explain", "--request-id", id]);
    assert!(explained.contains("The quota of bucket full is 10 objects. It holds 10"), "{explained}");

    // What deletes always goes through: a delete marker, too, where it hides an object.
    client.set_versioning("full", "Enabled");
    refused(&client.call("DELETE", "/full/never"));
    let keys = (0..30).map(|number| format!("/full/{}-{}", number / 5, number % 5));
    let key = keys.into_iter().find(|key| client.call("HEAD", key).status == 200).unwrap();
    let marker = version_id(&client.expect(Request::new("DELETE", &key)));
    assert_eq!(usage(&server, "full"), Some((11, 10)));
    client.expect(Request::new("DELETE", &format!("{key}?versionId={marker}")));

    // Bytes: up to the last one, and what replaces an object counts for the difference.
    client.put("/wide", "");
    client.put("/wide/key", vec![1; 1024]);
    client.put("/wide/key", vec![2; 1024]);
    refused(&client.send(Request::new("PUT", "/wide/key").body(vec![3; 1025])));
    refused(&client.send(Request::new("PUT", "/wide/other").body("x")));
    client.put("/wide/empty", "");
    client.put("/wide/key", vec![4; 1000]);
    client.put("/wide/other", vec![5; 24]);
    refused(&client.send(Request::new("PUT", "/wide/copy").header("x-amz-copy-source", "/wide/other")));
    let upload = create_upload(&mut client, "/wide/parts");
    let part = Request::new("PUT", &format!("/wide/parts?partNumber=1&uploadId={upload}")).body("x");
    refused(&client.send(part));
    ended_in_order(&mut server);
}

#[test]
fn a_long_body_that_does_not_fit_is_not_asked_for() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/small", "");
    client.put("/small/key", vec![1; 200_000]);
    let (done, text) = portcullis(&server, &["quota", "set", "account", ACCOUNT, "--bytes-max", "300000"]);
    assert!(done && text.contains("bytes max 300000 (call)"), "{text}");
    let first_status = |target: &str, length: usize| {
        let request = Request::new("PUT", target).header("expect", "100-continue").body(vec![7; length]);
        let request = server.client().signed(request, Payload::Signed);
        let mut connection = server.connect();
        connection.write(&request.head()).unwrap();
        connection.read_status().unwrap()
    };
    assert_eq!(first_status("/small/other", 100_001), 403);
    assert_eq!(first_status("/small/other", 100_000), 100);
    // The object that it replaces makes room.
    assert_eq!(first_status("/small/key", 300_000), 100);
    assert_eq!(first_status("/small/key", 300_001), 403);
}

#[test]
fn quotas_change_while_the_server_runs() {
    let server = Server::start();
    let (mut client, mut other) = (server.client(), server.other_client());
    client.put("/mine", "");
    other.put("/theirs", "");
    assert_eq!(portcullis(&server, &["quota", "show"]), (true, "no quotas are set\n".to_owned()));
    assert!(portcullis(&server, &["quota", "set", "account", ACCOUNT, "--objects-max", "1"]).0);
    client.put("/mine/one", "x");
    let answer = client.send(Request::new("PUT", "/mine/two").body("x"));
    refused(&answer);
    assert!(answer.text().contains("The quota of the account that owns the bucket"), "{}", answer.text());
    other.put("/theirs/one", "x");
    other.put("/theirs/two", "x");
    let (_, told) = portcullis(&server, &["quota", "set", "bucket", "mime", "--objects-max", "1"]);
    assert!(told.contains("there is no bucket mime"), "{told}");
    let (_, told) = portcullis(&server, &["quota", "set", "bucket", "mine", "--objects-max", "9"]);
    assert!(!told.contains("there is no bucket"), "{told}");
    let (_, shown) = portcullis(&server, &["quota", "show", "--json"]);
    assert!(shown.contains("\"objects_max\":1") && shown.contains("\"set_by\":\"call\""), "{shown}");
    let (_, table) = portcullis(&server, &["usage"]);
    assert!(table.contains("OBJECTS MAX"), "{table}");
    assert!(portcullis(&server, &["quota", "clear", "account", ACCOUNT]).0);
    client.put("/mine/two", "x");
    assert!(!portcullis(&server, &["quota", "clear", "account", ACCOUNT]).0);
    assert!(!portcullis(&server, &["quota", "set", "bucket", "mine"]).0);
    assert!(!portcullis(&server, &["quota", "set", "bucket", "mine", "--bytes-max", "much"]).0);
}
