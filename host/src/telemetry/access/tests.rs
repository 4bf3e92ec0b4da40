use std::time::{Duration, SystemTime};

use http::Response;
use http_body_util::Full;

use super::moment::Moment;
use super::*;
use crate::telemetry::metrics::TextForm;

const ID: &str = "0123456789ABCDEF";

/// A page whose URL has secrets wherever one can be, and what would end the field.
const REFERER: &str = "https://me:pass5ec2e7@example.com/a b\"?X-Amz-Signature=5ec2e7&prefix=x&\
                       X-Amz-Security-Token%3D5ec2e7#5ec2e7";

/// A request with hostile headers and a presigned query.
fn request(target: &str) -> http::request::Parts {
    let request = http::Request::get(target)
        .header("host", "s3.example.com:9000")
        .header("user-agent", http::HeaderValue::from_bytes(b"evil\\\x09\"agent\" \xff").unwrap())
        .header("referer", REFERER);
    request.body(()).unwrap().into_parts().0
}

fn line(target: &str) -> Box<AccessLine> {
    let arrived = Arrived {
        client: Some("192.0.2.3:4711".parse().unwrap()),
        proxy: Some("127.0.0.1:80".parse().unwrap()),
        listener: "127.0.0.1:9000".into(),
        endpoint: Some("vpce-1".to_owned()),
    };
    Box::new(AccessLine::begin(&request(target), arrived, ID))
}

/// The line of a response of five bytes, of which so many were sent.
fn answered(target: &str, sent: usize) -> Box<AccessLine> {
    let mut line = line(target);
    let mut response = Response::new(Full::new(bytes::Bytes::from_static(b"12345")));
    response.headers_mut().insert("content-length", 5.into());
    response.extensions_mut().insert(Resolved {
        operation: "GetObject".to_owned(),
        is_by_form: false,
        bucket: "photos".to_owned(),
        key: "a key\n\u{202e}%41".to_owned(),
        owner: "0c0ffee".to_owned(),
        access_key_id: "AKIA".to_owned(),
        account: "123456789012".to_owned(),
        canonical_id: "0c0ffee".to_owned(),
        principal: "arn:aws:iam::123456789012:user/alice".to_owned(),
        is_root: false,
        signed_by: SignedBy { version: "SigV4", place: "QueryString" },
        stages: vec![("auth", Duration::from_micros(3))],
    });
    line.answered(&mut response);
    line.sent(sent);
    line
}

fn log(form: Access, file: &std::path::Path) -> (Arc<AccessLog>, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new(1));
    let options = AccessOptions { access: form, file: Some(file.to_owned()), stages: false };
    (AccessLog::start(&options, LogFormat::Text, &metrics).unwrap().unwrap(), metrics)
}

/// The line as it is written.
fn written(form: Access, line: Box<AccessLine>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let (log, metrics) = log(form, &file);
    log.write(line, 7);
    log.close();
    assert!(metrics.render(TextForm::Plain).contains("portcullis_access_log_lines_total 1\n"));
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn moments_follow_the_calendar() {
    let at = |seconds: u64| Moment::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(0).iso(), "1970-01-01T00:00:00.000000Z");
    assert_eq!(at(951_827_696).iso(), "2000-02-29T12:34:56.000000Z");
    assert_eq!(at(1_549_411_238).clf(), "06/Feb/2019:00:00:38 +0000");
    assert_eq!(at(4_107_542_399).iso(), "2100-02-28T23:59:59.000000Z");
    assert_eq!(at(4_107_542_400).iso(), "2100-03-01T00:00:00.000000Z");
}

const TARGET: &str = "/photos/a%20key?X-Amz-Signature=5ec2e7&X-Amz-Credential=AKIA&acl&prefix=x";

#[test]
fn a_line_for_programs_is_one_document() {
    let text = written(Access::Json, answered(TARGET, 5));
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, value) in [
        ("request_id", ID),
        ("client", "192.0.2.3"),
        ("proxy", "127.0.0.1:80"),
        ("endpoint", "vpce-1"),
        ("host", "s3.example.com:9000"),
        ("path", "/photos/a%20key"),
        ("operation", "GetObject"),
        ("principal", "arn:aws:iam::123456789012:user/alice"),
        ("access_key_id", "AKIA"),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert_eq!((&line["status"], &line["bytes_in"], &line["bytes_out"]), (&200.into(), &7.into(), &5.into()));
    assert_eq!(line["stage_micros"]["auth"], 3);
    assert!(line["user_agent"].as_str().unwrap().starts_with("evil\\\t\"agent\""));
    assert!(line.get("aborted").is_none() && !text.contains("5ec2e7"));
}

#[test]
fn a_line_for_programs_has_no_character_that_changes_how_it_looks() {
    let agent = "a\u{9b}31m\u{85}b\u{2028}c\u{202e}d\u{2067}";
    let mut parts = request(TARGET);
    parts.headers.insert("user-agent", http::HeaderValue::from_bytes(agent.as_bytes()).unwrap());
    let arrived = Arrived { client: None, proxy: None, listener: "a".into(), endpoint: None };
    let text = written(Access::Json, Box::new(AccessLine::begin(&parts, arrived, ID)));
    assert!(text.is_ascii(), "{text:?}");
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["user_agent"], agent);
}

#[test]
fn a_line_for_people_cannot_be_broken() {
    let text = written(Access::Text, answered(TARGET, 3));
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("user_agent=\"evil\\\\\\t\\\"agent\\\""), "{text}");
    assert!(text.contains(" aborted=\"client\" ") && text.contains(" bytes_out=3 "), "{text}");
    assert!(text.contains(" client=\"192.0.2.3\" client_port=4711 "), "{text}");
    assert!(text.contains(&format!("Z  INFO access: request_id=\"{ID}\" ")), "{text}");
    // A client that went away before the response has a line as well.
    let text = written(Access::Text, line(TARGET));
    assert!(text.contains(" aborted=\"client\" ") && !text.contains(" status="), "{text}");
    // So has one whose response ended because stored bytes could not be read.
    let mut cut = answered(TARGET, 5);
    cut.failed();
    let text = written(Access::Text, cut);
    assert!(text.contains(" aborted=\"storage\" ") && text.contains(" status=200 "), "{text}");
}

#[test]
fn a_line_in_the_form_of_s3_has_27_fields() {
    let text = written(Access::S3, answered(TARGET, 5));
    let line = text.strip_suffix('\n').unwrap();
    // As its readers split it: at blanks, except in brackets and in quotes.
    let mut fields = vec![String::new()];
    let (mut quoted, mut bracketed) = (false, false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | ']' if !quoted => bracketed = letter == '[',
            ' ' if !quoted && !bracketed => fields.push(String::new()),
            letter => fields.last_mut().unwrap().push(letter),
        }
    }
    assert_eq!(fields.len(), 27, "{line}");
    assert_eq!(fields[..2], ["0c0ffee", "photos"]);
    assert_eq!(
        fields[3..8],
        [
            "192.0.2.3",
            "arn:aws:iam::123456789012:user/alice",
            ID,
            "REST.GET.OBJECT",
            "a%20key%0A%E2%80%AE%2541"
        ]
    );
    assert_eq!(
        fields[8],
        "GET /photos/a%20key?X-Amz-Signature=REDACTED&X-Amz-Credential=AKIA&acl&prefix=x HTTP/1.1"
    );
    assert_eq!(fields[9..13], ["200", "-", "5", "5"]);
    assert_eq!(
        fields[15..17],
        [
            "https://example.com/a b%22?X-Amz-Signature=REDACTED&prefix=x&REDACTED",
            "evil%5C%09%22agent%22 %EF%BF%BD"
        ]
    );
    assert_eq!(fields[19..23], ["SigV4", "-", "QueryString", "s3.example.com:9000"]);
}

#[test]
fn no_form_of_a_line_has_a_secret() {
    let target = "http://me:5ec2e7@s3.example.com:9000/a?X-Amz-Security-Token=5ec2e7&x-amz-signature=5ec2e7&\
                  Signature=5ec2e7&X-Amz-Signature%3D5ec2e7&5ec2e7%20&WebIdentityToken=5ec2e7&acl";
    for form in [Access::Text, Access::Json, Access::S3] {
        let text = written(form, answered(target, 5));
        assert!(text.contains("s3.example.com:9000") && !text.contains("5ec2e7"), "{text}");
    }
    let shown = "GET /a?X-Amz-Security-Token=REDACTED&x-amz-signature=REDACTED&Signature=REDACTED&REDACTED&\
                 REDACTED&WebIdentityToken=REDACTED&acl HTTP/1.1";
    assert!(written(Access::S3, answered(target, 5)).contains(shown));
}

#[test]
fn operations_are_named_as_s3_names_them() {
    for (method, operation, expected) in [
        ("GET", "GetObject", "REST.GET.OBJECT"),
        ("PUT", "CopyObject", "REST.COPY.OBJECT"),
        ("PUT", "UploadPartCopy", "REST.COPY.PART"),
        ("PUT", "UploadPart", "REST.PUT.PART"),
        ("POST", "CreateMultipartUpload", "REST.POST.UPLOADS"),
        ("POST", "CompleteMultipartUpload", "REST.POST.UPLOAD"),
        ("POST", "DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE"),
        ("GET", "ListObjectsV2", "REST.GET.BUCKET"),
        ("GET", "ListBuckets", "REST.GET.SERVICE"),
        ("HEAD", "HeadBucket", "REST.HEAD.BUCKET"),
        ("GET", "GetBucketVersioning", "REST.GET.VERSIONING"),
        ("GET", "GetBucketPolicy", "REST.GET.BUCKETPOLICY"),
        ("GET", "GetBucketLogging", "REST.GET.LOGGING_STATUS"),
        ("PUT", "PutObjectAcl", "REST.PUT.ACL"),
        ("GET", "", "REST.GET.SERVICE"),
    ] {
        let resolved = Resolved { operation: operation.to_owned(), ..Resolved::default() };
        assert_eq!(s3::operation(method, &resolved), expected, "{operation}");
    }
    let call = Resolved { operation: "CreateUser".to_owned(), is_by_form: true, ..Resolved::default() };
    assert_eq!(s3::operation("POST", &call), "REST.POST.CREATE_USER");
}

#[test]
fn a_file_that_was_moved_away_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let (log, _metrics) = log(Access::S3, &file);
    log.write(answered("/first", 5), 0);
    let until = std::time::Instant::now() + Duration::from_secs(10);
    let has = |path: &std::path::Path, word: &str| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(word))
    };
    while !has(&file, "/first") {
        assert!(std::time::Instant::now() < until);
        std::thread::yield_now();
    }
    std::fs::rename(&file, &moved).unwrap();
    log.write(answered("/second", 5), 0);
    log.reopen();
    while !file.exists() {
        assert!(std::time::Instant::now() < until);
        std::thread::yield_now();
    }
    log.write(answered("/third", 5), 0);
    log.close();
    assert!(has(&moved, "/first") && has(&moved, "/second") && !has(&moved, "/third"));
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
}

#[test]
fn a_file_that_cannot_be_opened_stops_the_start() {
    let metrics = Arc::new(Metrics::new(1));
    let file = Some(PathBuf::from("/no/such/folder/access.log"));
    let options = AccessOptions { access: Access::On, file, stages: false };
    let error = AccessLog::start(&options, LogFormat::Text, &metrics).unwrap_err().to_string();
    assert!(error.contains("access_log_file") && error.contains("/no/such/folder"), "{error}");
    assert!(
        AccessLog::start(&AccessOptions { access: Access::Off, ..options }, LogFormat::Text, &metrics)
            .unwrap()
            .is_none()
    );
}
