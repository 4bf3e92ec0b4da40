//! Every way in which a request names an Object Lambda access point, and what goes by it.

use super::*;

fn in_host(method: &str, host: &str, target: &str) -> Request {
    Request::new(method, target).header("host", host)
}

#[test]
fn hosts_and_paths_name_it() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    let cat = "a picture of a cat";
    assert_eq!(main.get(&format!("/{alias}/cat.jpg")).text(), cat);
    assert_eq!(main.send(in_host("GET", &format!("{alias}.s3.test"), "/cat.jpg")).text(), cat);
    let by_alias = in_host("GET", "127.0.0.1", &format!("/{alias}/cat.jpg"));
    assert_eq!(send_for(&mut main, &MAIN, "s3-object-lambda", by_alias).text(), cat);
    let hosts = [
        format!("redacted-{OWN}.s3.test"),
        format!("REDACTED-{OWN}.s3.test:9000"),
        format!("redacted-{OWN}.s3-object-lambda.us-east-1.s3.test"),
        format!("redacted-{OWN}.s3-object-lambda.s3.test"),
    ];
    for host in &hosts {
        let answer = send_for(&mut main, &MAIN, "s3-object-lambda", in_host("GET", host, "/cat.jpg"));
        assert_eq!((answer.status, answer.text().as_str()), (200, cat), "{host}");
    }
    // The same host, signed for S3, is that of an access point or a bucket.
    check(&main.send(in_host("GET", &hosts[0], "/cat.jpg")), 404, "NoSuchBucket");
    check(&main.send(in_host("GET", &hosts[2], "/cat.jpg")), 400, "AuthorizationHeaderMalformed");
    let missing = format!("missing-{OWN}.s3.test");
    let answer = send_for(&mut main, &MAIN, "s3-object-lambda", in_host("GET", &missing, "/cat.jpg"));
    check(&answer, 404, "NoSuchAccessPoint");
    check(&main.call("GET", "/redacted-aaaa--ol-s3/cat.jpg"), 404, "NoSuchBucket");
    // An access point of the same name is another one.
    let point = "<CreateAccessPointRequest><Bucket>empty</Bucket></CreateAccessPointRequest>";
    main.put("/empty", "");
    assert_eq!(main.send(control("PUT", "accesspoint/redacted", OWN).body(point)).status, 200);
    check(&main.send(in_host("GET", &hosts[0], "/cat.jpg")), 404, "NoSuchKey");
    let answer = send_for(&mut main, &MAIN, "s3-object-lambda", in_host("GET", &hosts[0], "/cat.jpg"));
    assert_eq!(answer.text(), cat);
    // Other services are refused, wherever they are claimed.
    let plain = in_host("GET", "127.0.0.1", "/photos/cat.jpg");
    let answer = send_for(&mut main, &MAIN, "s3-object-lambda", plain);
    check(&answer, 400, "AuthorizationHeaderMalformed");
    let answer =
        send_for(&mut main, &MAIN, "s3express", in_host("GET", "127.0.0.1", &format!("/{alias}/cat.jpg")));
    check(&answer, 400, "AuthorizationHeaderMalformed");

    let date = sign::now();
    for (host, target, service) in [
        (format!("127.0.0.1:{}", server.port()), format!("/{alias}/cat.jpg"), "s3"),
        (hosts[0].clone(), "/cat.jpg".to_owned(), "s3-object-lambda"),
        (hosts[2].clone(), "/cat.jpg".to_owned(), "s3-object-lambda"),
    ] {
        let signed = sign::presign_for(&in_host("GET", &host, &target), &MAIN, date, 60, service);
        let opened = server.anonymous().send(in_host("GET", &host, &signed));
        assert_eq!((opened.status, opened.text().as_str()), (200, cat), "{host} {service}");
    }
}

#[test]
fn what_is_not_listed_passes_to_the_bucket() {
    let (_server, mut main, alias) = with_redacted(&["ListObjects"]);
    main.put(&format!("/{alias}/dog.jpg"), "a picture of a dog");
    assert_eq!(main.get("/photos/dog.jpg").text(), "a picture of a dog");
    let head = main.call("HEAD", &format!("/{alias}/dog.jpg"));
    assert_eq!((head.status, head.header("content-length")), (200, Some("18")));
    let range = main.send(Request::new("GET", &format!("/{alias}/dog.jpg")).header("range", "bytes=0-8"));
    assert_eq!((range.status, range.text().as_str()), (206, "a picture"));
    let list = main.get(&format!("/{alias}?list-type=2")).text();
    assert_eq!((element(&list, "Name").as_str(), list.matches("<Key>").count()), ("photos", 2));
    let made = main.call("POST", &format!("/{alias}/long?uploads"));
    let id = element(&made.text(), "UploadId");
    let part = main.put(&format!("/{alias}/long?partNumber=1&uploadId={id}"), "all of it");
    let etag = part.header("etag").unwrap().to_owned();
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = main.send(Request::new("POST", &format!("/{alias}/long?uploadId={id}")).body(parts));
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(main.get("/photos/long").text(), "all of it");
    let tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    let tagged = main.send(Request::new("PUT", &format!("/{alias}/dog.jpg?tagging")).body(tagging));
    assert_eq!(tagged.status, 200, "{}", tagged.text());
    // A copy is written by it, but not read by it.
    let copy = Request::new("PUT", &format!("/{alias}/copy")).header("x-amz-copy-source", "photos/cat.jpg");
    assert_eq!(main.send(copy).status, 200);
    assert_eq!(main.call("DELETE", &format!("/{alias}/dog.jpg")).status, 204);
    check(&main.call("GET", "/photos/dog.jpg"), 404, "NoSuchKey");
    assert_eq!(main.call("HEAD", &format!("/{alias}")).status, 200);
}

#[test]
fn what_object_lambda_does_not_do_is_refused() {
    let (_server, mut main, alias) = with_redacted(&["GetObject"]);
    for (method, target) in [
        ("DELETE", ""),
        ("GET", "?versioning"),
        ("PUT", "?policy"),
        ("GET", "?policy"),
        ("GET", "?acl"),
        ("GET", "?cors"),
        ("GET", "?encryption"),
        ("POST", "/cat.jpg?select&select-type=2"),
    ] {
        check(&main.call(method, &format!("/{alias}{target}")), 405, "MethodNotAllowed");
    }
    check(&main.call("PUT", &format!("/{alias}")), 400, "InvalidBucketName");
    let form = Request::new("POST", &format!("/{alias}"))
        .header("content-type", "multipart/form-data; boundary=edge")
        .body("--edge\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n--edge--\r\n");
    check(&main.send(form), 405, "MethodNotAllowed");
    for source in [format!("{alias}/cat.jpg"), format!("{ARN}/object/cat.jpg")] {
        for target in ["/photos/copy", &format!("/{alias}/copy"), "/photos/long?partNumber=1&uploadId=1"] {
            let copy = Request::new("PUT", target).header("x-amz-copy-source", &source);
            check(&main.send(copy), 405, "MethodNotAllowed");
        }
    }
}

#[test]
fn a_preflight_by_it_meets_the_rules_of_the_bucket() {
    let (server, mut main, alias) = with_redacted(&["GetObject"]);
    let rules = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example\
        </AllowedOrigin></CORSRule></CORSConfiguration>";
    let digest = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(tests::bodies::md5(rules.as_bytes()))
    };
    let put = Request::new("PUT", "/photos?cors").header("content-md5", &digest).body(rules);
    assert_eq!(main.send(put).status, 200);
    let from = |request: Request| {
        let asked =
            request.header("origin", "https://a.example").header("access-control-request-method", "GET");
        server.anonymous().send(asked).status
    };
    assert_eq!(from(Request::new("OPTIONS", &format!("/{alias}/cat.jpg"))), 200);
    assert_eq!(from(in_host("OPTIONS", &format!("redacted-{OWN}.s3.test"), "/cat.jpg")), 200);
    assert_eq!(from(in_host("OPTIONS", &format!("missing-{OWN}.s3.test"), "/cat.jpg")), 403);
}
