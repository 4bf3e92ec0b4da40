//! Every way in which a request names an access point.

use super::*;
use tests::sign;

fn in_host(method: &str, host: &str, target: &str) -> Request {
    Request::new(method, target).header("host", host)
}

#[test]
fn hosts_and_paths_name_it() {
    let (_server, mut main, alias) = with_reports("");
    let by_path = main.get(&format!("/{alias}/cat.jpg"));
    assert_eq!(by_path.text(), "a picture of a cat");
    for host in [
        format!("{alias}.s3.test"),
        format!("reports-{OWN}.s3.test"),
        format!("REPORTS-{OWN}.s3.test:9000"),
        format!("reports-{OWN}.s3-accesspoint.us-east-1.s3.test"),
        format!("reports-{OWN}.s3-accesspoint.s3.test"),
    ] {
        let answer = main.send(in_host("GET", &host, "/cat.jpg"));
        assert_eq!((answer.status, answer.text().as_str()), (200, "a picture of a cat"), "{host}");
    }
    let missing = format!("missing-{OWN}.s3-accesspoint.us-east-1.s3.test");
    check(&main.send(in_host("GET", &missing, "/cat.jpg")), 404, "NoSuchAccessPoint");
    check(&main.send(in_host("GET", &format!("missing-{OWN}.s3.test"), "/cat.jpg")), 404, "NoSuchBucket");
    check(&main.call("GET", "/reports-aaaa-s3alias/cat.jpg"), 404, "NoSuchBucket");
    check(&main.call("GET", "/reports-aaaa--ol-s3/cat.jpg"), 404, "NoSuchBucket");
    // In a path, only the alias names it.
    check(&main.call("GET", &format!("/reports-{OWN}/cat.jpg")), 404, "NoSuchBucket");
    // A bucket that is named like the host of one is a bucket.
    main.put(&format!("/reviews-{OWN}"), "");
    assert_eq!(main.send(in_host("PUT", &format!("reviews-{OWN}.s3.test"), "/a")).status, 200);
    assert_eq!(main.send(in_host("PUT", &format!("drafts-{OWN}.s3.test"), "/")).status, 200);
}

#[test]
fn only_what_goes_by_access_points_does() {
    let (_server, mut main, alias) = with_reports("");
    let head = main.call("HEAD", &format!("/{alias}"));
    assert_eq!(head.header("x-amz-access-point-alias"), Some("true"));
    assert_eq!(main.call("HEAD", "/photos").header("x-amz-access-point-alias"), Some("false"));
    let by_host = main.send(in_host("HEAD", &format!("reports-{OWN}.s3.test"), "/"));
    assert_eq!(by_host.header("x-amz-access-point-alias"), Some("false"));
    let list = main.get(&format!("/{alias}?list-type=2")).text();
    assert_eq!((element(&list, "Name").as_str(), element(&list, "Key").as_str()), ("photos", "cat.jpg"));
    for (method, target) in [
        ("DELETE", ""),
        ("GET", "?versioning"),
        ("PUT", "?versioning"),
        ("PUT", "?policy"),
        ("DELETE", "?policy"),
        ("GET", "?encryption"),
        ("GET", "?publicAccessBlock"),
    ] {
        check(&main.call(method, &format!("/{alias}{target}")), 405, "MethodNotAllowed");
    }
    check(&main.call("PUT", &format!("/{alias}")), 400, "InvalidBucketName");
    assert_eq!(main.call("GET", &format!("/{alias}?location")).status, 200);
    check(&main.call("GET", &format!("/{alias}?cors")), 404, "NoSuchCORSConfiguration");
}

#[test]
fn objects_are_written_tagged_and_deleted_by_it() {
    let (server, mut main, alias) = with_reports("");
    main.put(&format!("/{alias}/dog.jpg"), "a picture of a dog");
    assert_eq!(main.get("/photos/dog.jpg").text(), "a picture of a dog");
    let tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    assert_eq!(
        main.send(Request::new("PUT", &format!("/{alias}/dog.jpg?tagging")).body(tagging)).status,
        200
    );
    assert!(main.get("/photos/dog.jpg?tagging").text().contains("<Key>a</Key>"));
    // An upload in parts.
    let made = main.call("POST", &format!("/{alias}/long?uploads"));
    assert_eq!(element(&made.text(), "Bucket"), "photos");
    let id = element(&made.text(), "UploadId");
    let part = main.put(&format!("/{alias}/long?partNumber=1&uploadId={id}"), "all of it");
    let etag = part.header("etag").unwrap().to_owned();
    let copy = Request::new("PUT", &format!("/{alias}/long?partNumber=2&uploadId={id}"))
        .header("x-amz-copy-source", &format!("{ARN}/object/dog.jpg"));
    assert_eq!(main.send(copy).status, 200);
    assert_eq!(main.get(&format!("/{alias}/long?uploadId={id}")).text().matches("<PartNumber>").count(), 2);
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = main.send(Request::new("POST", &format!("/{alias}/long?uploadId={id}")).body(parts));
    assert_eq!(element(&done.text(), "Bucket"), "photos");
    assert_eq!(main.get("/photos/long").text(), "all of it");
    // A presigned URL, by the alias and by a host.
    let date = sign::now();
    for (host, target) in [
        (format!("127.0.0.1:{}", server.port()), format!("/{alias}/cat.jpg")),
        (format!("reports-{OWN}.s3.test"), "/cat.jpg".to_owned()),
    ] {
        let request = in_host("GET", &host, &target);
        let signed = sign::presign(&request, &MAIN, date, 60);
        let opened = server.anonymous().send(in_host("GET", &host, &signed));
        assert_eq!(opened.text(), "a picture of a cat", "{host}");
    }
    let named = "<Delete><Object><Key>dog.jpg</Key></Object><Object><Key>long</Key></Object></Delete>";
    let digest = base64_of(&tests::bodies::md5(named.as_bytes()));
    let delete = Request::new("POST", &format!("/{alias}?delete")).header("content-md5", &digest).body(named);
    assert_eq!(main.send(delete).text().matches("<Deleted>").count(), 2);
    check(&main.call("GET", "/photos/dog.jpg"), 404, "NoSuchKey");
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn copies_name_their_source_by_it() {
    let (_server, mut main, alias) = with_reports("");
    main.put("/other", "");
    let copied = |client: &mut Client, source: &str, target: &str| {
        client.send(Request::new("PUT", target).header("x-amz-copy-source", source))
    };
    for (number, source) in [
        format!("{ARN}/object/cat.jpg"),
        format!("{ARN}/object/cat.jpg").replace(':', "%3A").replace('/', "%2F"),
        format!("{alias}/cat.jpg"),
        format!("/{alias}/cat.jpg"),
    ]
    .iter()
    .enumerate()
    {
        let target = format!("/other/copy-{number}");
        assert_eq!(copied(&mut main, source, &target).status, 200, "{source}");
        assert_eq!(main.get(&target).text(), "a picture of a cat");
    }
    let to_alias = copied(&mut main, "photos/cat.jpg", &format!("/{alias}/copy"));
    assert_eq!(to_alias.status, 200);
    assert_eq!(main.get("/photos/copy").text(), "a picture of a cat");
    let missing = ARN.replace("reports", "missing");
    check(&copied(&mut main, &format!("{missing}/object/cat.jpg"), "/other/a"), 404, "NoSuchAccessPoint");
    check(&copied(&mut main, "missing-aaaa-s3alias/cat.jpg", "/other/a"), 404, "NoSuchBucket");
    check(&copied(&mut main, ARN, "/other/a"), 400, "InvalidArgument");
}

#[test]
fn a_form_uploads_by_it() {
    let (server, _, alias) = with_reports("");
    let now = sign::now();
    let date = now.basic();
    let day = date.to_string().get(..8).unwrap().to_owned();
    let credential = format!("{}/{day}/us-east-1/s3/aws4_request", MAIN.access_key_id);
    let policy = format!(
        "{{\"expiration\":\"2999-01-01T00:00:00Z\",\"conditions\":[{{\"bucket\":\"{alias}\"}},[\"eq\",\"$key\",\"form.jpg\"],\
         {{\"x-amz-algorithm\":\"AWS4-HMAC-SHA256\"}},{{\"x-amz-credential\":\"{credential}\"}},{{\"x-amz-date\":\"{date}\"}}]}}"
    );
    let policy = base64_of(policy.as_bytes());
    let signature = sign::text(&policy, &MAIN, now);
    let mut body = String::new();
    for (name, value) in [
        ("key", "form.jpg"),
        ("policy", &policy),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-credential", &credential),
        ("x-amz-date", &date.to_string()),
        ("x-amz-signature", &signature),
    ] {
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nof a form\r\n--edge--\r\n";
    let post = Request::new("POST", &format!("/{alias}"))
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body);
    let answer = server.anonymous().send(post);
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(server.client().get("/photos/form.jpg").text(), "of a form");
}

#[test]
fn a_preflight_by_it_meets_the_rules_of_the_bucket() {
    let (server, mut main, alias) = with_reports("");
    let rules = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example\
        </AllowedOrigin></CORSRule></CORSConfiguration>";
    let digest = base64_of(&tests::bodies::md5(rules.as_bytes()));
    let put = Request::new("PUT", "/photos?cors").header("content-md5", &digest).body(rules);
    assert_eq!(main.send(put).status, 200);
    let preflight = Request::new("OPTIONS", &format!("/{alias}/cat.jpg"))
        .header("origin", "https://a.example")
        .header("access-control-request-method", "GET");
    assert_eq!(server.anonymous().send(preflight).status, 200);
}
