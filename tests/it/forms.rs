//! Uploads from HTML forms, and the old way of signing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::timestamp;
use tests::bodies::md5_hex;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, ALT, Credentials, MAIN};

const BOUNDARY: &str = "----a boundary";

/// A form for the bucket `photos`.
#[derive(Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    file: Vec<u8>,
}

impl Form {
    pub(crate) fn new(fields: &[(&str, &str)]) -> Form {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Form { fields, file: b"a picture of a cat".to_vec() }
    }

    fn field(mut self, name: &str, value: &str) -> Form {
        self.fields.push((name.into(), value.into()));
        self
    }

    fn file(self, file: impl Into<Vec<u8>>) -> Form {
        Form { file: file.into(), ..self }
    }

    /// With the credential's fields, and a policy that covers every field so far and `conditions`.
    pub(crate) fn signed(self, credentials: &Credentials, conditions: &str) -> Form {
        let now = sign::now();
        let scope = format!("{}/{}/us-east-1/s3/aws4_request", credentials.access_key_id, &now.basic()[..8]);
        let form = self
            .field("x-amz-algorithm", "AWS4-HMAC-SHA256")
            .field("x-amz-credential", &scope)
            .field("x-amz-date", &now.basic());
        let policy = form.policy(conditions);
        let signature = sign::text(&policy, credentials, now);
        form.field("policy", &policy).field("x-amz-signature", &signature)
    }

    /// The same by Signature Version 2.
    fn signed_v2(self, credentials: &Credentials, conditions: &str) -> Form {
        let policy = self.policy(conditions);
        let signature = sign::text_v2(&policy, credentials);
        let key = credentials.access_key_id;
        self.field("AWSAccessKeyId", key).field("policy", &policy).field("signature", &signature)
    }

    fn policy(&self, conditions: &str) -> String {
        let end = timestamp::iso8601(sign::now().after(600).milliseconds());
        let mut all = vec!["{\"bucket\":\"photos\"}".to_owned()];
        all.extend(self.fields.iter().map(|(name, _)| format!("[\"starts-with\",\"${name}\",\"\"]")));
        all.extend((!conditions.is_empty()).then(|| conditions.to_owned()));
        BASE64.encode(format!("{{\"expiration\":\"{end}\",\"conditions\":[{}]}}", all.join(",")))
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"C:\\cat.jpg\"";
        let head = format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: image/jpeg\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&self.file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        body
    }

    pub(crate) fn send(&self, server: &Server) -> Response {
        server.anonymous().send(post(self.body()))
    }
}

fn post(body: Vec<u8>) -> Request {
    let content_type = format!("multipart/form-data; boundary=\"{BOUNDARY}\"");
    Request::new("POST", "/photos").header("content-type", &content_type).body(body)
}

fn photos(flags: &[&str]) -> Server {
    let server = Server::start_with(flags);
    server.client().put("/photos", "");
    server
}

fn verdict(response: &Response) -> (u16, String) {
    (response.status, response.code())
}

#[test]
fn a_signed_form_makes_what_a_put_makes() {
    let server = photos(&[]);
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>";
    let form = Form::new(&[
        ("key", "cats/${filename}"),
        ("acl", "public-read"),
        ("Content-Type", "image/png"),
        ("x-amz-meta-mood", "sleepy"),
        ("tagging", tags),
        ("x-amz-storage-class", "STANDARD_IA"),
    ]);
    // More than one frame, and full of what could be the start of the delimiter.
    let file = format!("\r\n--{}\r\n-", &BOUNDARY[..BOUNDARY.len() - 1]).repeat(40_000).into_bytes();
    let answer = form.file(file.clone()).signed(&MAIN, "").send(&server);
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.etag(), md5_hex(&file));
    let location = format!("http://127.0.0.1:{}/photos/cats/cat.jpg", server.port());
    assert_eq!(answer.header("location"), Some(location.as_str()));

    // The ACL lets everybody read.
    let read = server.anonymous().call("GET", "/photos/cats/cat.jpg");
    assert_eq!((read.status, read.body == file), (200, true));
    assert_eq!(read.header("content-type"), Some("image/png"));
    assert_eq!(read.header("x-amz-meta-mood"), Some("sleepy"));
    assert_eq!(read.header("x-amz-storage-class"), Some("STANDARD_IA"));
    assert!(read.header("x-amz-checksum-crc64nvme").is_none());
    assert!(server.client().get("/photos/cats/cat.jpg?tagging").text().contains("<Value>b c</Value>"));
}

#[test]
fn the_answer_is_what_the_form_asks_for() {
    let server = photos(&[]);
    let form =
        |name: &str, value: &str| Form::new(&[("key", "a b"), (name, value)]).signed(&MAIN, "").send(&server);
    assert_eq!(form("success_action_status", "200").status, 200);
    assert_eq!(form("success_action_status", "404").status, 204);
    let created = form("success_action_status", "201");
    assert_eq!(created.status, 201);
    let document = created.text();
    assert!(document.contains("<PostResponse><Location>http://127.0.0.1:"), "{document}");
    assert!(document.contains("/photos/a%20b</Location><Bucket>photos</Bucket><Key>a b</Key>"), "{document}");
    let sent_on = form("success_action_redirect", "http://example.com/done?x=1");
    assert_eq!(sent_on.status, 303);
    let location = sent_on.header("location").unwrap();
    assert!(
        location.starts_with("http://example.com/done?x=1&bucket=photos&key=a%20b&etag=%22"),
        "{location}"
    );
}

#[test]
fn a_form_is_held_to_its_policy() {
    let server = photos(&[]);
    let form = Form::new(&[("key", "cat.jpg")]);
    let denied = (403, "AccessDenied".to_owned());
    for (form, expected) in [
        (form.clone().signed(&MAIN, "[\"starts-with\",\"$key\",\"dogs/\"]"), denied.clone()),
        (form.clone().signed(&MAIN, "{\"acl\":\"private\"}"), denied.clone()),
        (form.clone().signed(&MAIN, "").field("x-amz-meta-more", "1"), denied.clone()),
        (form.clone().signed(&MAIN, "").field("x-ignore-more", "1"), (204, String::new())),
        (form.clone().signed(&MAIN, "{\"bucket\":\"other\"}"), denied.clone()),
        (form.clone().signed(&MAIN, "[\"content-length-range\",18,18]"), (204, String::new())),
        (form.clone().signed(&MAIN, "[\"content-length-range\",19,30]"), (400, "EntityTooSmall".into())),
        (form.clone().signed(&MAIN, "[\"content-length-range\",1,17]"), (400, "EntityTooLarge".into())),
        (form.clone().signed(&MAIN, "[\"bogus\",1,17]"), (400, "InvalidPolicyDocument".into())),
        // Somebody else's signature, which gives what they may do.
        (form.clone().signed(&ALT, ""), denied.clone()),
        // Nobody's.
        (form.clone(), denied.clone()),
    ] {
        let answer = form.send(&server);
        assert_eq!(verdict(&answer), expected, "{:?}\n{}", form.fields, answer.text());
    }
    let mut forged = form.clone().signed(&MAIN, "");
    forged.fields.last_mut().unwrap().1 = "0".repeat(64);
    assert_eq!(verdict(&forged.send(&server)), (403, "SignatureDoesNotMatch".into()));
    let nobody = Credentials { access_key_id: "NOBODY", ..MAIN };
    assert_eq!(verdict(&form.signed(&nobody, "").send(&server)), (403, "InvalidAccessKeyId".into()));
}

#[test]
fn forms_that_are_none_are_refused_and_leave_nothing() {
    let server = photos(&[]);
    let whole = Form::new(&[("key", "cat.jpg")]).signed(&MAIN, "").body();
    let without_end = whole[..whole.len() - BOUNDARY.len() - 8].to_vec();
    let head_only = whole[..200].to_vec();
    let no_file =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--{BOUNDARY}--");
    let large = Form::new(&[("key", "cat.jpg"), ("x-ignore", &"x".repeat(30 << 10))]).body();
    let larger = Form::new(&[("key", "cat.jpg"), ("x-ignore", &"x".repeat(100 << 10))]).body();
    for (body, expected) in [
        (without_end, (400, "MalformedPOSTRequest")),
        (head_only, (400, "MalformedPOSTRequest")),
        (b"no form".to_vec(), (400, "MalformedPOSTRequest")),
        (no_file.into_bytes(), (400, "InvalidArgument")),
        (Form::new(&[("acl", "private")]).body(), (400, "InvalidArgument")),
        (large, (400, "MaxPostPreDataLengthExceededError")),
        (larger, (400, "MaxPostPreDataLengthExceededError")),
    ] {
        let answer = server.anonymous().send(post(body));
        assert_eq!((answer.status, answer.code().as_str()), expected, "{}", answer.text());
    }
    let other = Request::new("POST", "/photos").header("content-type", "text/plain").body("x");
    assert_eq!(verdict(&server.anonymous().send(other)), (412, "PreconditionFailed".into()));
    // The head of a form may not be signed as well.
    assert_eq!(verdict(&server.client().send(post(whole))), (400, "InvalidArgument".into()));
    assert_eq!(server.client().get("/photos").text().matches("<Key>").count(), 0);
    assert!(server.is_alive());
}

#[test]
fn a_wrong_checksum_and_a_protection_that_there_is_not_are_refused() {
    let server = photos(&[]);
    let send = |name: &str, value: &str| {
        verdict(&Form::new(&[("key", "cat.jpg"), (name, value)]).signed(&MAIN, "").send(&server))
    };
    assert_eq!(send("x-amz-checksum-crc32", "AAAAAA=="), (400, "BadDigest".into()));
    assert_eq!(send("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="), (400, "BadDigest".into()));
    assert_eq!(send("x-amz-server-side-encryption", "AES128"), (400, "InvalidArgument".into()));
    assert_eq!(send("X-Amz-Server-Side-Encryption", "aws:kms:dsse"), (501, "NotImplemented".into()));
    assert_eq!(server.client().call("GET", "/photos/cat.jpg").status, 404);
}

#[test]
fn a_form_brings_its_key_along() {
    let server = photos(&[]);
    let key = [1; 32];
    let md5 = BASE64.encode(tests::bodies::md5(&key));
    let fields = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-customer-key", &*BASE64.encode(key)),
        ("X-Amz-Server-Side-Encryption-Customer-Key-MD5", &*md5),
    ];
    let named: Vec<(&str, &str)> = [("key", "cat.jpg")].into_iter().chain(fields).collect();
    let answer = Form::new(&named).signed(&MAIN, "").send(&server);
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.header("x-amz-server-side-encryption-customer-key-md5"), Some(&*md5));
    assert_eq!(server.client().call("GET", "/photos/cat.jpg").status, 400);
    let get = fields
        .iter()
        .fold(Request::new("GET", "/photos/cat.jpg"), |request, (name, value)| request.header(name, value));
    assert_eq!(server.client().expect(get).text(), "a picture of a cat");
    let plain = Form::new(&[("key", "dog.jpg"), ("x-amz-server-side-encryption", "AES256")]);
    let answer = plain.signed(&MAIN, "").send(&server);
    assert_eq!((answer.status, answer.header("x-amz-server-side-encryption")), (204, Some("AES256")));
}

#[test]
fn a_public_bucket_takes_forms_of_nobody() {
    let server = photos(&[]);
    let acl = Request::new("PUT", "/photos?acl").header("x-amz-acl", "public-read-write");
    server.client().expect(acl);
    let answer = Form::new(&[("key", "cat.jpg")]).send(&server);
    assert_eq!(answer.status, 204, "{}", answer.text());
}

/// A request that is signed by Version 2.
fn signed_v2(server: &Server, method: &str, target: &str, resource: &str, body: &str) -> Request {
    let date = timestamp::http_date(sign::now().milliseconds());
    let text = format!("{method}\n\n\n{date}\n{resource}");
    let authorization = format!("AWS {}:{}", MAIN.access_key_id, sign::text_v2(&text, &MAIN));
    let host = format!("127.0.0.1:{}", server.port());
    let request = Request::new(method, target).header("host", &host).header("date", &date);
    request.header("authorization", &authorization).body(body)
}

/// The target of a URL that is signed by Version 2.
fn presigned_v2(method: &str, target: &str, expires: u64) -> String {
    let signature = sign::text_v2(&format!("{method}\n\n\n{expires}\n{target}"), &MAIN);
    let separator = if target.contains('?') { '&' } else { '?' };
    let signature = tests::client::value(&signature);
    format!(
        "{target}{separator}AWSAccessKeyId={}&Signature={signature}&Expires={expires}",
        MAIN.access_key_id
    )
}

#[test]
fn version_2_works_where_it_is_on() {
    let server = photos(&[]);
    let mut client = server.anonymous();
    let put = signed_v2(&server, "PUT", "/photos/cat.jpg", "/photos/cat.jpg", "cats");
    assert_eq!(client.send(put).status, 200);
    // What is not part of the resource is not signed, what is part of it is.
    let listing = signed_v2(&server, "GET", "/photos?prefix=cat", "/photos/", "");
    assert!(client.send(listing).text().contains("<Key>cat.jpg</Key>"));
    let acl = signed_v2(&server, "GET", "/photos?acl", "/photos", "");
    assert_eq!(verdict(&client.send(acl)), (403, "SignatureDoesNotMatch".into()));

    let now = sign::now().milliseconds() / 1000;
    let url = presigned_v2("GET", "/photos/cat.jpg?response-content-type=x", now + 60);
    let read = client.call("GET", &url);
    assert_eq!((read.text().as_str(), read.header("content-type")), ("cats", Some("x")));
    assert_eq!(client.call("DELETE", &url).code(), "SignatureDoesNotMatch");
    assert_eq!(client.call("GET", &format!("{url}&tagging")).code(), "SignatureDoesNotMatch");
    assert_eq!(client.call("GET", &format!("{url}&x-amz-acl=private")).code(), "SignatureDoesNotMatch");
    let ended = client.call("GET", &presigned_v2("GET", "/photos/cat.jpg", now - 1));
    assert_eq!(verdict(&ended), (403, "AccessDenied".into()));
    assert!(ended.text().contains("Request has expired"));

    let form = Form::new(&[("key", "dog.jpg")]).signed_v2(&MAIN, "");
    assert_eq!(form.send(&server).status, 204);
    let mut forged = form;
    forged.fields.last_mut().unwrap().1 = BASE64.encode([0; 20]);
    assert_eq!(verdict(&forged.send(&server)), (403, "SignatureDoesNotMatch".into()));
}

#[test]
fn urls_and_forms_of_version_2_are_served_by_default_and_headers_are_not() {
    let server = photos(&["--variable", "sigv2=presigned"]);
    let mut client = server.anonymous();
    let now = sign::now().milliseconds() / 1000;
    assert_eq!(
        client
            .send(Request::new("PUT", &presigned_v2("PUT", "/photos/cat.jpg", now + 60)).body("cats"))
            .status,
        200
    );
    let url = presigned_v2("GET", "/photos/cat.jpg?response-content-disposition=attachment", now + 60);
    let read = client.call("GET", &url);
    assert_eq!((read.text().as_str(), read.header("content-disposition")), ("cats", Some("attachment")));
    let form = Form::new(&[("key", "dog.jpg")]).signed_v2(&MAIN, "");
    assert_eq!(form.send(&server).status, 204);
    let listing = client.call("GET", &presigned_v2("GET", "/photos?versions", now + 60));
    assert!(listing.text().contains("<Key>dog.jpg</Key>"), "{}", listing.text());

    let by_header = client.send(signed_v2(&server, "GET", "/photos/cat.jpg", "/photos/cat.jpg", ""));
    assert_eq!(verdict(&by_header), (400, "InvalidRequest".into()));
    assert!(by_header.text().contains("Please use AWS4-HMAC-SHA256."));
    // What is wrong with a URL is said in S3's words.
    let ended = client.call("GET", &presigned_v2("GET", "/photos/cat.jpg", now - 1));
    assert_eq!(verdict(&ended), (403, "AccessDenied".into()));
    assert!(ended.text().contains("<Message>Request has expired</Message>"), "{}", ended.text());
    let other = url.replace("cat.jpg", "dog.jpg");
    assert_eq!(verdict(&client.call("GET", &other)), (403, "SignatureDoesNotMatch".into()));
    let unknown = url.replace(MAIN.access_key_id, "NOBODY");
    assert_eq!(verdict(&client.call("GET", &unknown)), (403, "InvalidAccessKeyId".into()));
    let both = format!("{url}&X-Amz-Algorithm=AWS4-HMAC-SHA256");
    assert_eq!(verdict(&client.call("GET", &both)), (400, "InvalidArgument".into()));
}

#[test]
fn a_policy_can_refuse_version_2() {
    let server = photos(&["--variable", "sigv2=presigned"]);
    server.client().put("/photos/cat.jpg", "cats");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",
        "Resource":"arn:aws:s3:::photos/*","Condition":{"StringEquals":{"s3:signatureversion":"AWS"}}}]}"#;
    server.client().expect(Request::new("PUT", "/photos?policy").body(policy));
    let now = sign::now().milliseconds() / 1000;
    let url = presigned_v2("GET", "/photos/cat.jpg", now + 60);
    assert_eq!(verdict(&server.anonymous().call("GET", &url)), (403, "AccessDenied".into()));
    let form = Form::new(&[("key", "dog.jpg")]).signed_v2(&MAIN, "");
    assert_eq!(verdict(&form.send(&server)), (403, "AccessDenied".into()));
    assert_eq!(server.client().call("GET", "/photos/cat.jpg").status, 200);
    assert_eq!(Form::new(&[("key", "dog.jpg")]).signed(&MAIN, "").send(&server).status, 204);
}

#[test]
fn temporary_credentials_sign_by_version_2_too() {
    let server = photos(&["--variable", "sigv2=presigned"]);
    let made = server.client().send(
        Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("Action=GetSessionToken&Version=2011-06-15"),
    );
    let made = made.text();
    let element = |name: &str| -> &'static str {
        let text = made.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap();
        Box::leak(text.to_owned().into_boxed_str())
    };
    let session =
        Credentials { access_key_id: element("AccessKeyId"), secret_access_key: element("SecretAccessKey") };
    let token = element("SessionToken");
    let expires = sign::now().milliseconds() / 1000 + 60;
    let url = |token: &str, signed: &str| {
        let text = format!("PUT\n\n\n{expires}\nx-amz-security-token:{signed}\n/photos/cat.jpg");
        let signature = tests::client::value(&sign::text_v2(&text, &session));
        let (id, token) = (session.access_key_id, tests::client::value(token));
        format!(
            "/photos/cat.jpg?AWSAccessKeyId={id}&Signature={signature}&Expires={expires}&x-amz-security-token={token}"
        )
    };
    let mut client = server.anonymous();
    let mut put = |url: &str| verdict(&client.send(Request::new("PUT", url).body("cats")));
    assert_eq!(put(&url(token, token)), (200, String::new()));
    assert_eq!(put(&url("another", "another")), (400, "InvalidToken".into()));
    assert_eq!(put(&url(token, "another")), (403, "SignatureDoesNotMatch".into()));
    let without = url(token, token);
    let without = without.split("&x-amz-security-token").next().unwrap();
    assert_eq!(put(without).0, 403);
    let form = Form::new(&[("key", "dog.jpg"), ("x-amz-security-token", token)]).signed_v2(&session, "");
    let answer = form.send(&server);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let form = Form::new(&[("key", "dog.jpg"), ("x-amz-security-token", "x")]).signed_v2(&session, "");
    assert_eq!(verdict(&form.send(&server)), (400, "InvalidToken".into()));
}

#[test]
fn a_master_key_is_not_used_by_version_2() {
    let server = photos(&["--variable", "sigv2=presigned"]);
    let sealed =
        Request::new("PUT", "/photos/cat.jpg").header("x-amz-server-side-encryption", "aws:kms").body("cats");
    server.client().expect(sealed);
    let now = sign::now().milliseconds() / 1000;
    let mut client = server.anonymous();
    let text = format!("PUT\n\n\n{}\nx-amz-server-side-encryption:aws:kms\n/photos/dog.jpg", now + 60);
    let signature = tests::client::value(&sign::text_v2(&text, &MAIN));
    let put = format!(
        "/photos/dog.jpg?AWSAccessKeyId={}&Signature={signature}&Expires={}&x-amz-server-side-encryption=aws%3Akms",
        MAIN.access_key_id,
        now + 60
    );
    let form =
        Form::new(&[("key", "dog.jpg"), ("x-amz-server-side-encryption", "aws:kms")]).signed_v2(&MAIN, "");
    for answer in [
        client.call("GET", &presigned_v2("GET", "/photos/cat.jpg", now + 60)),
        client.send(Request::new("PUT", &put).body("dogs")),
        form.send(&server),
    ] {
        assert_eq!(verdict(&answer), (400, "InvalidArgument".into()), "{}", answer.text());
        assert!(answer.text().contains("require AWS Signature Version 4."), "{}", answer.text());
    }
}

#[test]
fn a_field_that_no_header_can_be_is_refused() {
    let server = photos(&[]);
    for name in ["x-amz-meta-a b", "x-amz-meta-a:b", "x-amz-meta-é", "x-amz-meta-(a)"] {
        let answer = Form::new(&[("key", "cat.jpg"), (name, "1")]).signed(&MAIN, "").send(&server);
        assert_eq!(verdict(&answer), (400, "MalformedPOSTRequest".into()), "{name}");
        assert_eq!(server.client().call("GET", "/photos/cat.jpg").status, 404, "{name}");
    }
    // Text of any characters is stored, and read back in ASCII.
    let form = Form::new(&[
        ("key", "cat.jpg"),
        ("x-amz-meta-a", "né"),
        ("Content-Disposition", "inline; filename=é"),
    ]);
    assert_eq!(form.signed(&MAIN, "").send(&server).status, 204);
    let read = server.client().get("/photos/cat.jpg");
    assert_eq!(read.header("x-amz-meta-a"), Some("=?UTF-8?B?bsOp?="));
    assert_eq!(read.header("content-disposition"), Some("=?UTF-8?B?aW5saW5lOyBmaWxlbmFtZT3DqQ==?="));
    // A browser is sent on to a URL of ASCII.
    let form = Form::new(&[("key", "cat.jpg"), ("success_action_redirect", "http://example.com/é?a=é#é")]);
    let answer = form.signed(&MAIN, "").send(&server);
    let location = answer.header("location").unwrap();
    assert!(location.starts_with("http://example.com/%C3%A9?a=%C3%A9&bucket=photos"), "{location}");
    assert!(location.ends_with("#%C3%A9"), "{location}");
}

#[test]
fn version_2_is_refused_where_it_is_off() {
    let server = photos(&["--variable", "sigv2=off"]);
    let now = sign::now().milliseconds() / 1000;
    let mut client = server.anonymous();
    let answers = [
        client.send(signed_v2(&server, "PUT", "/photos/cat.jpg", "/photos/cat.jpg", "cats")),
        client.call("GET", &presigned_v2("GET", "/photos/cat.jpg", now + 60)),
        Form::new(&[("key", "dog.jpg")]).signed_v2(&MAIN, "").send(&server),
    ];
    for answer in answers {
        assert_eq!(verdict(&answer), (400, "InvalidRequest".into()), "{}", answer.text());
        assert!(answer.text().contains("Please use AWS4-HMAC-SHA256."));
    }
    assert_eq!(server.client().get("/photos").text().matches("<Key>").count(), 0);
}
