//! Multipart uploads under one key, and forms.

use super::*;

/// The smallest part that may have another behind it.
const PART: usize = 5 << 20;

fn create(client: &mut Client, request: Request) -> String {
    let response = client.expect(request);
    Node::parse(&response.text()).value("UploadId").to_owned()
}

fn part(upload: &str, number: u32) -> String {
    format!("/photos/large?partNumber={number}&uploadId={upload}")
}

fn complete(upload: &str, etags: &[String]) -> Request {
    let parts: String = (1..)
        .zip(etags)
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    Request::new("POST", &format!("/photos/large?uploadId={upload}")).body(document)
}

#[test]
fn the_parts_of_an_upload_come_under_one_key() {
    let (mut server, mut client) = photos();
    let created = client.expect(with_key("POST", "/photos/large?uploads", 1));
    assert_eq!(kept(&created), kept_under(1));
    let upload = Node::parse(&created.text()).value("UploadId").to_owned();
    let pieces = [bytes(PART + 1, 1), bytes(PART, 2), bytes(70_000, 3)];
    let mut etags = Vec::new();
    for (number, piece) in (1..).zip(&pieces) {
        let sent =
            client.expect(keyed(Request::new("PUT", &part(&upload, number)), OBJECT, 1).body(piece.clone()));
        assert_eq!(kept(&sent), kept_under(1));
        assert_ne!(sent.etag().trim_matches('"'), md5_hex(piece));
        etags.push(sent.etag().to_owned());
    }
    let put = |byte: Option<u8>| {
        let request = Request::new("PUT", &part(&upload, 4)).body("a part");
        byte.map_or(request.clone(), |byte| keyed(request, OBJECT, byte))
    };
    let differs = "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate \
                   encryption parameters.";
    assert_eq!(refusal(&client.send(put(None))), (400, "InvalidRequest".to_owned(), differs.to_owned()));
    let wrong = "The provided encryption parameters did not match the ones used originally.";
    assert_eq!(refusal(&client.send(put(Some(2)))), (400, "InvalidRequest".to_owned(), wrong.to_owned()));
    // A checksum tells what bytes are: to those who have the key.
    let parts = format!("/photos/large?uploadId={upload}");
    let list = |client: &mut Client, request: Request| client.expect(request).text();
    assert!(!list(&mut client, Request::new("GET", &parts)).contains("<ChecksumCRC64NVME>"));
    assert!(list(&mut client, with_key("GET", &parts, 1)).contains("<ChecksumCRC64NVME>"));
    assert_eq!(client.send(with_key("GET", &parts, 2)).code(), "InvalidRequest");
    // Completing takes no key where nobody chose a checksum; one that comes must fit.
    assert_eq!(client.send(keyed(complete(&upload, &etags), OBJECT, 2)).code(), "InvalidRequest");
    let completed = client.expect(complete(&upload, &etags));
    for answer in [&completed, &client.expect(complete(&upload, &etags))] {
        assert!(!answer.text().contains("<ChecksumCRC64NVME>"), "{}", answer.text());
    }
    let etag = Node::parse(&completed.text()).value("ETag").trim_matches('"').to_owned();
    assert!(etag.ends_with("-3"), "{etag}");

    let whole = pieces.concat();
    let got = client.expect(with_key("GET", "/photos/large", 1));
    assert_eq!((kept(&got), got.etag(), got.body == whole), (kept_under(1), &*etag, true));
    assert_eq!(client.call("GET", "/photos/large").status, 400);
    for (first, last) in
        [(PART - 5, PART + 5), (PART, PART + 1), (2 * PART - 70_000, 2 * PART + 40_000), (0, 0)]
    {
        let range = format!("bytes={first}-{last}");
        let got = client.expect(with_key("GET", "/photos/large", 1).header("range", &range));
        assert!(got.body == whole[first..=last], "{range}");
    }
    for (number, piece) in (1..).zip(&pieces) {
        let got = client.expect(with_key("GET", &format!("/photos/large?partNumber={number}"), 1));
        assert!((got.body == *piece) && got.header("x-amz-mp-parts-count") == Some("3"));
    }
    // Out of its parts into one blob under another key.
    let copied =
        keyed(Request::new("PUT", "/photos/copy").header("x-amz-copy-source", "/photos/large"), SOURCE, 1);
    client.expect(copied);
    let got = client.get("/photos/copy");
    assert!(got.body == whole && got.etag().trim_matches('"') == md5_hex(&whole));
    server.terminate();
    server.wait(std::time::Duration::from_secs(20)).expect("it ends");
    server.check().unwrap();
}

#[test]
fn an_upload_without_a_key_takes_none() {
    let (_server, mut client) = photos();
    let upload = create(&mut client, Request::new("POST", "/photos/large?uploads"));
    let keyed_part = keyed(Request::new("PUT", &part(&upload, 1)), OBJECT, 1).body("a part");
    assert_eq!(client.send(keyed_part).code(), "InvalidRequest");
    // What clients repeat of the upload itself does no harm.
    let sent = client.expect(Request::new("PUT", &part(&upload, 1)).header(OBJECT, "AES256").body("a part"));
    assert_eq!((kept(&sent).as_str(), sent.etag().trim_matches('"')), ("AES256", &*md5_hex(b"a part")));
    let completed = client.expect(complete(&upload, &[sent.etag().to_owned()]));
    assert_eq!(kept(&completed), "AES256");
    assert_eq!(client.get("/photos/large").text(), "a part");
}

#[test]
fn a_chosen_checksum_takes_the_key_to_the_end() {
    let (_server, mut client) = photos();
    let begin = with_key("POST", "/photos/large?uploads", 1).header("x-amz-checksum-algorithm", "CRC32");
    let upload = create(&mut client, begin.header("x-amz-checksum-type", "FULL_OBJECT"));
    let sent = client.expect(keyed(Request::new("PUT", &part(&upload, 1)), OBJECT, 1).body("a part"));
    let etags = [sent.etag().to_owned()];
    assert_eq!(client.send(complete(&upload, &etags)).code(), "InvalidRequest");
    client.expect(keyed(complete(&upload, &etags), OBJECT, 1));
    assert_eq!(client.expect(with_key("GET", "/photos/large", 1)).text(), "a part");
}

#[test]
fn parts_are_copied_between_keys() {
    let (_server, mut client) = photos();
    let body = bytes(PART + 100_000, 5);
    client.expect(with_key("PUT", "/photos/sealed", 1).body(body.clone()));
    client.put("/photos/plain", body.clone());
    for target in [None, Some(2)] {
        let of_target =
            |request: Request| target.map_or(request.clone(), |byte| keyed(request, OBJECT, byte));
        let upload = create(&mut client, of_target(Request::new("POST", "/photos/large?uploads")));
        let copy = |number, source: &str| {
            Request::new("PUT", &part(&upload, number)).header("x-amz-copy-source", source)
        };
        // The key of the source is one thing, that of the upload another.
        assert_eq!(client.send(of_target(copy(1, "/photos/sealed"))).code(), "InvalidRequest");
        let foreign = of_target(keyed(copy(1, "/photos/sealed"), SOURCE, 3));
        assert_eq!(client.send(foreign).code(), "AccessDenied");
        if target.is_some() {
            assert_eq!(client.send(keyed(copy(1, "/photos/sealed"), SOURCE, 1)).code(), "InvalidRequest");
        }
        let first = client.expect(of_target(keyed(copy(1, "/photos/sealed"), SOURCE, 1)));
        let told = target.map_or("AES256".to_owned(), kept_under);
        assert_eq!(kept(&first), told);
        let second = copy(2, "/photos/plain").header("x-amz-copy-source-range", "bytes=65530-165530");
        let second = client.expect(of_target(second));
        let etags = [&first, &second].map(|response| Node::parse(&response.text()).value("ETag").to_owned());
        assert_eq!(etags[0].trim_matches('"') == md5_hex(&body), target.is_none());
        client.expect(of_target(complete(&upload, &etags)));
        let got = client.expect(of_target(Request::new("GET", "/photos/large")));
        assert!(got.body == [&body[..], &body[65_530..=165_530]].concat());
        assert_eq!(kept(&got), told);
    }
}
