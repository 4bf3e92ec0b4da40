//! How a request is signed is what was verified, and not what it says of itself.

use super::*;

fn world(server: &Server) -> World {
    let mut world = World::new(server, 1);
    world.expect("PUT", "cat.jpg", &[]);
    world
}

/// Denies reading and writing under a condition, and lets everybody do it else.
fn deny(world: &mut World, condition: &str) {
    world.policy(&format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],RESOURCES}},
           {{"Effect":"Deny","Principal":"*","Action":["s3:GetObject","s3:PutObject"],RESOURCES,"Condition":{{{condition}}}}}"#
    ));
}

/// Lets everybody do it only under a condition.
fn allow(world: &mut World, condition: &str) {
    world.policy(&format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],RESOURCES,"Condition":{{{condition}}}}}"#
    ));
}

const TARGET: &str = "/bucket-1/cat.jpg";

/// The ways by which a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Header,
    UnsignedPayload,
    Url,
    UrlAndEmptyHeader,
    OldUrl,
    OldHeader,
    Form,
    OldForm,
    Nobody,
    /// Nobody, with parameters that only look like a signature.
    Pretence,
    PretendedHeader,
}

const WAYS: [Way; 11] = [
    Way::Header,
    Way::UnsignedPayload,
    Way::Url,
    Way::UrlAndEmptyHeader,
    Way::OldUrl,
    Way::OldHeader,
    Way::Form,
    Way::OldForm,
    Way::Nobody,
    Way::Pretence,
    Way::PretendedHeader,
];

fn old_url(credentials: &Credentials) -> String {
    let expires = sign::now().milliseconds() / 1000 + 60;
    let signature = sign::text_v2(&format!("GET\n\n\n{expires}\n{TARGET}"), credentials);
    format!(
        "{TARGET}?AWSAccessKeyId={}&Signature={}&Expires={expires}",
        credentials.access_key_id,
        tests::client::value(&signature)
    )
}

fn form(server: &Server, old: bool) -> Request {
    let now = sign::now();
    let end = gateway::timestamp::iso8601(now.after(600).milliseconds());
    let mut fields = vec![("key".to_owned(), "form.jpg".to_owned())];
    if !old {
        let scope = format!("{}/{}/us-east-1/s3/aws4_request", MAIN.access_key_id, &now.basic()[..8]);
        fields.push(("x-amz-algorithm".to_owned(), "AWS4-HMAC-SHA256".to_owned()));
        fields.push(("x-amz-credential".to_owned(), scope));
        fields.push(("x-amz-date".to_owned(), now.basic()));
    }
    let names: String =
        fields.iter().map(|(name, _)| format!(",[\"starts-with\",\"${name}\",\"\"]")).collect();
    let policy = BASE64
        .encode(format!("{{\"expiration\":\"{end}\",\"conditions\":[{{\"bucket\":\"bucket-1\"}}{names}]}}"));
    if old {
        fields.push(("AWSAccessKeyId".to_owned(), MAIN.access_key_id.to_owned()));
        fields.push(("signature".to_owned(), sign::text_v2(&policy, &MAIN)));
    } else {
        fields.push(("x-amz-signature".to_owned(), sign::text(&policy, &MAIN, now)));
    }
    fields.push(("policy".to_owned(), policy));
    let mut body = String::new();
    for (name, value) in &fields {
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ncats\r\n--b--\r\n",
    );
    Request::new("POST", "/bucket-1")
        .header("host", &format!("127.0.0.1:{}", server.port()))
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
}

/// Whether a request in this way gets through.
fn passes(server: &Server, way: Way) -> bool {
    let mut nobody = server.anonymous();
    let host = format!("127.0.0.1:{}", server.port());
    let get = Request::new("GET", TARGET).header("host", &host);
    let url = || sign::presign(&get, &MAIN, sign::now(), 600);
    let today = sign::now().basic();
    let answer = match way {
        Way::Header => server.client().send(get.clone()),
        Way::UnsignedPayload => {
            let signed = sign::sign(get.clone(), &MAIN, sign::Payload::Unsigned);
            nobody.try_send_as_is(&signed).unwrap()
        }
        Way::Url => nobody.call("GET", &url()),
        Way::UrlAndEmptyHeader => nobody.send(Request::new("GET", &url()).header("authorization", "")),
        Way::OldUrl => nobody.call("GET", &old_url(&MAIN)),
        Way::OldHeader => {
            let date = gateway::timestamp::http_date(sign::now().milliseconds());
            let signature = sign::text_v2(&format!("GET\n\n\n{date}\n{TARGET}"), &MAIN);
            let old = get.clone().header("date", &date);
            nobody.send(old.header("authorization", &format!("AWS {}:{signature}", MAIN.access_key_id)))
        }
        Way::Form => nobody.send(form(server, false)),
        Way::OldForm => nobody.send(form(server, true)),
        Way::Nobody => nobody.send(get.clone()),
        Way::Pretence => nobody.call(
            "GET",
            &format!("{TARGET}?%58-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={today}&X-Amz-Expires=600&%53ignature=x"),
        ),
        Way::PretendedHeader => nobody.send(
            get.clone()
                .header("authorization", "")
                .header("x-amz-algorithm", "AWS4-HMAC-SHA256")
                .header("x-amz-date", &today)
                .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ),
    };
    assert!(answer.status < 300 || answer.status == 403, "{way:?}: {} {}", answer.status, answer.text());
    answer.status < 300
}

fn check(key: &str, value: &str, carriers: &[Way]) {
    let server = Server::start();
    let mut world = world(&server);
    let operator = if key == "s3:signatureAge" { "NumericLessThan" } else { "StringEquals" };
    let condition = format!(r#""{operator}":{{"{key}":"{value}"}}"#);
    deny(&mut world, &condition);
    for way in WAYS {
        assert_eq!(passes(&server, way), !carriers.contains(&way), "{key} {value}: denied, {way:?}");
    }
    // Of the owner's own requests, a policy that allows takes nothing away: those that nobody
    // signed are let in by it alone.
    allow(&mut world, &condition);
    for way in [Way::Nobody, Way::Pretence, Way::PretendedHeader] {
        assert!(!passes(&server, way), "{key} {value}: allowed, {way:?}");
    }
}

#[test]
fn the_place_of_a_signature_is_where_it_was_verified() {
    check("s3:authType", "REST-HEADER", &[Way::Header, Way::UnsignedPayload, Way::OldHeader]);
    check("s3:authType", "REST-QUERY-STRING", &[Way::Url, Way::UrlAndEmptyHeader, Way::OldUrl]);
    check("s3:authType", "POST", &[Way::Form, Way::OldForm]);
}

#[test]
fn the_version_of_a_signature_is_that_which_was_verified() {
    let new = [Way::Header, Way::UnsignedPayload, Way::Url, Way::UrlAndEmptyHeader, Way::Form];
    check("s3:signatureversion", "AWS4-HMAC-SHA256", &new);
    check("s3:signatureversion", "AWS", &[Way::OldUrl, Way::OldHeader, Way::OldForm]);
}

#[test]
fn the_age_of_a_signature_is_that_of_urls_and_forms() {
    let kept = [Way::Url, Way::UrlAndEmptyHeader, Way::OldUrl, Way::Form, Way::OldForm];
    check("s3:signatureAge", "600000", &kept);
}

#[test]
fn a_body_is_signed_where_its_digest_was_verified() {
    let unsigned = [
        Way::UnsignedPayload,
        Way::Url,
        Way::UrlAndEmptyHeader,
        Way::OldUrl,
        Way::OldHeader,
        Way::Form,
        Way::OldForm,
    ];
    check("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", &unsigned);
}

/// The row of the issue: only requests that are signed in their header.
#[test]
fn an_empty_header_does_not_make_a_url_a_request_that_is_signed_in_its_header() {
    let server = Server::start();
    let mut world = world(&server);
    deny(&mut world, r#""StringNotEquals":{"s3:authType":"REST-HEADER"}"#);
    for way in WAYS {
        let is_header = matches!(way, Way::Header | Way::UnsignedPayload | Way::OldHeader);
        assert_eq!(passes(&server, way), is_header, "{way:?}");
    }
    let get = Request::new("GET", TARGET).header("host", &format!("127.0.0.1:{}", server.port()));
    let url = sign::presign(&get, &ALT, sign::now(), 600);
    assert_eq!(server.anonymous().send(Request::new("GET", &url).header("authorization", "")).status, 403);
}
