//! Cross-origin rules: what browsers are told, whatever becomes of the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, Credentials, MAIN};

const SITE: &str = "https://www.example.com";
const ELSEWHERE: &str = "https://elsewhere.example";
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// A rule that lets the site do everything, and exposes the ETag.
const RULE: &str = "<CORSRule><AllowedOrigin>https://www.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
    <AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>\
    <AllowedMethod>DELETE</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
    <MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>";

fn put_rules(bucket: &str, rules: &str) -> Request {
    let document = format!("<CORSConfiguration>{rules}</CORSConfiguration>");
    let digest = BASE64.encode(md5(document.as_bytes()));
    Request::new("PUT", &format!("/{bucket}?cors")).header("content-md5", &digest).body(document)
}

fn preflight(target: &str, origin: &str, method: &str) -> Request {
    Request::new("OPTIONS", target).header("origin", origin).header("access-control-request-method", method)
}

/// A bucket with the rule, which everybody may write into, and a cat.
fn photos(server: &Server) -> Client {
    let mut owner = server.client();
    owner.expect(Request::new("PUT", "/photos").header("x-amz-acl", "public-read-write"));
    owner.put("/photos/cat.jpg", "a picture of a cat");
    owner.expect(put_rules("photos", RULE));
    owner
}

/// Whether a page of the site may see the answer, which has to be said in full or not at all.
fn is_granted(answer: &Response) -> bool {
    let header = |name: &str| answer.header(&format!("access-control-{name}"));
    let Some(origin) = header("allow-origin") else {
        let others =
            answer.headers.iter().any(|(name, _)| name == "vary" || name.starts_with("access-control-"));
        assert!(!others, "{:?}", answer.headers);
        return false;
    };
    assert_eq!(origin, SITE);
    assert_eq!(header("allow-credentials"), Some("true"));
    assert_eq!(header("allow-methods"), Some("GET, HEAD, PUT, POST, DELETE"));
    assert_eq!(header("expose-headers"), Some("ETag"));
    assert_eq!(header("max-age"), Some("600"));
    assert_eq!(answer.header("vary"), Some(VARY));
    let said = answer.headers.iter().filter(|(name, _)| name.starts_with("access-control-")).count();
    assert_eq!(said, 5 + usize::from(header("allow-headers").is_some()), "each is said once");
    true
}

/// What an answer is, and that the site may see it.
fn seen(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
    assert!(is_granted(answer), "{:?}", answer.headers);
}

fn form(file: &str, fields: &[(&str, &str)]) -> Request {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a\"";
    body.push_str(&format!("--B\r\n{disposition}\r\n\r\n{file}\r\n--B--\r\n"));
    Request::new("POST", "/photos").header("content-type", "multipart/form-data; boundary=B").body(body)
}

#[test]
fn answers_and_refusals_are_shown_to_the_page_alike() {
    let server = Server::start();
    let mut owner = photos(&server);
    let mut from_site = |request: Request| owner.send(request.header("origin", SITE));
    let cat = || Request::new("GET", "/photos/cat.jpg");
    let got = from_site(cat());
    seen(&got, 200, "");
    seen(&from_site(cat().header("range", "bytes=2-8")), 206, "");
    seen(&from_site(cat().header("if-none-match", got.header("etag").unwrap())), 304, "");
    seen(&from_site(cat().header("if-match", "\"0\"")), 412, "PreconditionFailed");
    seen(&from_site(cat().header("range", "bytes=99-")), 416, "InvalidRange");
    seen(&from_site(Request::new("HEAD", "/photos/cat.jpg")), 200, "");
    seen(&from_site(Request::new("GET", "/photos/dog.jpg")), 404, "NoSuchKey");
    seen(&from_site(Request::new("GET", "/photos?list-type=2")), 200, "");
    seen(&from_site(Request::new("PUT", "/photos/dog.jpg").body("a dog")), 200, "");
    seen(&from_site(Request::new("DELETE", "/photos/dog.jpg")), 204, "");
    seen(&from_site(Request::new("GET", "/photos?website")), 404, "NoSuchWebsiteConfiguration");
    seen(&from_site(Request::new("GET", "/photos/cat.jpg?torrent")), 501, "NotImplemented");
    // Nor does it matter that nobody knows what is asked for.
    seen(&from_site(Request::new("POST", "/photos/cat.jpg")), 405, "MethodNotAllowed");
    seen(&from_site(Request::new("GET", "/photos/cat.jpg?%zz")), 400, "InvalidURI");

    let mut stranger = server.anonymous();
    seen(&stranger.send(cat().header("origin", SITE)), 403, "AccessDenied");
    let wrong = Credentials { secret_access_key: "not the secret", ..MAIN };
    seen(&server.client_as(wrong).send(cat().header("origin", SITE)), 403, "SignatureDoesNotMatch");

    // Who is not of the site is served, and shown nothing.
    let answer = owner.send(cat().header("origin", ELSEWHERE));
    assert_eq!((answer.status, is_granted(&answer)), (200, false));
    let answer = owner.send(cat());
    assert_eq!((answer.status, is_granted(&answer)), (200, false));
    let answer = owner.send(Request::new("GET", "/").header("origin", SITE));
    assert_eq!((answer.status, is_granted(&answer)), (200, false));
    let answer = owner.send(Request::new("GET", "/none/cat.jpg").header("origin", SITE));
    assert_eq!((answer.status, is_granted(&answer)), (404, false));
}

#[test]
fn a_page_uploads_by_presigned_url_and_by_form() {
    let server = Server::start();
    let mut owner = photos(&server);
    let mut page = server.anonymous();
    let target = |expires: u64| {
        let request =
            Request::new("PUT", "/photos/by-url").header("host", &format!("127.0.0.1:{}", server.port()));
        sign::presign(&request, &MAIN, sign::now(), expires)
    };
    let asked = preflight(&target(60), SITE, "PUT").header("access-control-request-headers", "content-type");
    let answer = page.send(asked);
    seen(&answer, 200, "");
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!((answer.header("content-length"), answer.body.len()), (Some("0"), 0));
    let put = |target: &str| Request::new("PUT", target).header("origin", SITE).body("by url");
    seen(&page.send(put(&target(60))), 200, "");
    assert_eq!(owner.get("/photos/by-url").text(), "by url");
    let broken = target(60).replace("X-Amz-Expires=60", "X-Amz-Expires=61");
    seen(&page.send(put(&broken)), 403, "SignatureDoesNotMatch");

    // What nobody in particular writes is not the owner's to read, unless the form says so.
    let fields = [("key", "by-form"), ("acl", "bucket-owner-full-control")];
    seen(&page.send(form("by form", &fields).header("origin", SITE)), 204, "");
    assert_eq!(owner.get("/photos/by-form").text(), "by form");
    seen(&page.send(form("no key", &[]).header("origin", SITE)), 400, "InvalidArgument");
    let answer = page.send(form("elsewhere", &[("key", "elsewhere")]).header("origin", ELSEWHERE));
    assert_eq!((answer.status, is_granted(&answer)), (204, false));
}

#[test]
fn rules_hold_at_once_outlive_a_crash_and_go_with_their_bucket() {
    let mut server = Server::start();
    let mut owner = photos(&server);
    let mut page = server.anonymous();
    let ask = || preflight("/photos/cat.jpg", SITE, "DELETE");
    seen(&page.send(ask()), 200, "");
    owner.expect(put_rules("photos", &RULE.replace("<AllowedMethod>DELETE</AllowedMethod>", "")));
    assert_eq!(page.send(ask()).status, 403);
    owner.expect(put_rules("photos", RULE));

    server.kill();
    server.start_again();
    let (mut owner, mut page) = (server.client(), server.anonymous());
    seen(&page.send(ask()), 200, "");
    assert!(owner.get("/photos?cors").text().contains("<ExposeHeader>ETag</ExposeHeader>"));

    owner.expect(Request::new("DELETE", "/photos/cat.jpg"));
    owner.expect(Request::new("DELETE", "/photos"));
    let gone = page.send(ask());
    assert_eq!((gone.status, gone.code().as_str()), (403, "AccessForbidden"));
    assert!(gone.text().contains("CORSResponse: Bucket not found"), "{}", gone.text());
    owner.put("/photos", "");
    let plain = page.send(ask());
    assert!(plain.text().contains("CORS is not enabled for this bucket."), "{}", plain.text());
    assert_eq!(owner.call("GET", "/photos?cors").code(), "NoSuchCORSConfiguration");
}

#[test]
fn rules_that_arrive_while_their_bucket_goes_do_not_stay() {
    let server = Server::start();
    for _ in 0..20 {
        server.client().put("/fleeting", "");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let answer = server.client().send(put_rules("fleeting", RULE));
                    assert!(matches!(answer.status, 200 | 404), "{} {}", answer.status, answer.text());
                });
            }
            scope.spawn(|| server.client().expect(Request::new("DELETE", "/fleeting")));
        });
        let left = server.anonymous().send(preflight("/fleeting", SITE, "GET"));
        assert!(left.text().contains("CORSResponse: Bucket not found"), "{}", left.text());
    }
}

#[test]
fn a_bucket_in_the_host_name_has_its_rules() {
    let server = Server::start_with(&["--domain", "s3.example.test"]);
    photos(&server);
    let host = "photos.s3.example.test";
    let answer = server.anonymous().send(preflight("/cat.jpg", SITE, "PUT").header("host", host));
    seen(&answer, 200, "");
    let refused = server.anonymous().send(preflight("/cat.jpg", ELSEWHERE, "PUT").header("host", host));
    assert!(refused.text().contains("<ResourceType>OBJECT</ResourceType>"), "{}", refused.text());
}

#[test]
fn the_longest_rules_and_requests_are_answered() {
    let server = Server::start();
    let mut owner = photos(&server);
    // As many patterns as a document can have, of which none but the last fits.
    let header = |name: &str| format!("<AllowedHeader>{name}</AllowedHeader>");
    let count = (64 * 1024 - 600) / header("*x").len();
    let last = header("q");
    let rule = RULE.replace("<AllowedHeader>*</AllowedHeader>", &(header("*x").repeat(count) + &last));
    owner.expect(put_rules("photos", &rule));
    // As many names as a head can have, besides what else is in it.
    let names = vec!["q"; 3900].join(",");
    let ask = |names: &str| preflight("/photos", SITE, "PUT").header("access-control-request-headers", names);
    seen(&server.anonymous().send(ask(&names)), 200, "");

    let refused = server.anonymous().send(ask(&format!("{names},{names}")));
    assert_eq!((refused.status, refused.code().as_str()), (400, "RequestHeaderSectionTooLarge"));
    let too_long = owner.send(put_rules("photos", &rule.replace(&last, &last.repeat(30))));
    assert_eq!((too_long.status, too_long.code().as_str()), (400, "EntityTooLarge"));
    // A stage that takes longer than two seconds is interrupted, which is such an end.
    assert_eq!(server.metric("portcullis_instances_replaced_total", &[]), 0.0, "a stage trapped");
}
