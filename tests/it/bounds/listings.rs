//! A page of a listing costs what it shows, and documents cost what they are long.

use super::{Bounded, verdict};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::value;
use tests::http::Request;

#[test]
fn uploads_with_all_the_metadata_that_there_can_be_are_listed() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    for (key, bytes) in [("a/1", 0), ("a/2", 1500), ("b", 2000), ("c", 0)] {
        let request = Request::new("POST", &format!("/photos/{key}?uploads"))
            .header("x-amz-storage-class", "STANDARD_IA")
            .header("x-amz-meta-a", &"m".repeat(bytes))
            .header("content-disposition", &"d".repeat(bytes));
        client.expect(request);
    }
    let listed = client.get("/photos?uploads").text();
    assert_eq!(listed.matches("<StorageClass>STANDARD_IA</StorageClass>").count(), 4, "{listed}");
    let listed = client.get("/photos?uploads&delimiter=%2F").text();
    assert_eq!(
        (listed.matches("<Upload>").count(), listed.matches("<Prefix>a/</Prefix>").count()),
        (2, 1),
        "{listed}"
    );
    bounded.is_unharmed();
}

#[test]
fn objects_with_all_the_metadata_that_there_can_be_are_listed() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    client.set_versioning("photos", "Enabled");
    for at in 0..120 {
        let request = Request::new("PUT", &format!("/photos/{:02}/{at:03}", at % 7))
            .header("x-amz-meta-a", &"m".repeat(2000))
            .header("content-disposition", &"d".repeat(2000));
        client.expect(request.body("x"));
    }
    let listed = client.get("/photos?delimiter=%2F&list-type=2").text();
    assert_eq!(
        (listed.matches("<CommonPrefixes>").count(), listed.matches("<Contents>").count()),
        (7, 1),
        "{listed}"
    );
    assert_eq!(client.get("/photos?list-type=2&max-keys=100").text().matches("<Contents>").count(), 100);
    assert_eq!(client.get("/photos?versions").text().matches("<Version>").count(), 121);
    bounded.is_unharmed();
}

#[test]
fn a_delimiter_a_prefix_and_a_marker_may_be_as_long_as_a_head() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    for at in 0..200 {
        client.put(&format!("/photos/{}{at:03}", "a/".repeat(300)), "");
    }
    for long in ["/".repeat(2000), "a/".repeat(1000), "*".repeat(2000)] {
        for name in ["delimiter", "prefix", "marker", "start-after", "key-marker"] {
            for listing in ["list-type=2", "versions", "uploads", "x-id=ListObjects"] {
                let answer = client.call("GET", &format!("/photos?{listing}&{name}={}", value(&long)));
                assert_eq!(answer.status, 200, "{name} {listing}: {}", answer.text());
            }
        }
    }
    bounded.is_unharmed();
}

#[test]
fn documents_of_many_elements_are_read_once() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    let mut send = |target: &str, method: &str, document: String| {
        let digest = BASE64.encode(md5(document.as_bytes()));
        let request = Request::new(method, target).header("content-md5", &digest).body(document);
        verdict(&client.send(request))
    };
    let malformed = (400, "MalformedXML".to_owned());
    let tags = |count: usize, value: &str| {
        let tags: String =
            (0..count).map(|at| format!("<Tag><Key>{at}</Key><Value>{value}</Value></Tag>")).collect();
        format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
    };
    assert_eq!(send("/photos/cat.jpg?tagging", "PUT", tags(1200, "")), (400, "BadRequest".into()));
    assert_eq!(
        send("/photos/cat.jpg?tagging", "PUT", tags(1, &"v".repeat(60_000))),
        (400, "InvalidTag".into())
    );
    let deep = format!("{}{}", "<a>".repeat(9000), "</a>".repeat(9000));
    assert_eq!(send("/photos/cat.jpg?tagging", "PUT", deep), malformed);
    let attributes: String = (0..5000).map(|at| format!(" a{at}=\"\"")).collect();
    assert_eq!(send("/photos?tagging", "PUT", format!("<Tagging{attributes}/>")), malformed);
    let entities = format!("<Tagging>{}</Tagging>", "&amp;".repeat(12_000));
    assert_eq!(send("/photos?tagging", "PUT", entities), malformed);
    let keys: String = (0..1001).map(|at| format!("<Object><Key>{at}</Key></Object>")).collect();
    assert_eq!(send("/photos?delete", "POST", format!("<Delete>{keys}</Delete>")), malformed);
    // A condition that is named more than once may be refused.
    let inner = "<ETag>x</ETag>".repeat(60_000);
    let (status, _) =
        send("/photos?delete", "POST", format!("<Delete><Object><Key>none</Key>{inner}</Object></Delete>"));
    assert!([200, 400].contains(&status), "{status}");
    // What is wrong is said with the text that is wrong, of which each character may take six.
    let part = |text: String| {
        format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{text}</ETag></Part></CompleteMultipartUpload>"
        )
    };
    assert_eq!(send("/photos/cat.jpg?uploadId=u", "POST", part("&quot;".repeat(2_000_000))), malformed);
    assert_eq!(send("/photos/cat.jpg?uploadId=u", "POST", part("x".repeat(15 << 20))), malformed);
    bounded.is_unharmed();
}

#[test]
fn a_preflight_of_many_names_against_many_patterns_is_answered() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    let patterns: String = (0..1400).map(|at| format!("<AllowedHeader>x-{at}-*</AllowedHeader>")).collect();
    let document = format!(
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>{patterns}\
         <AllowedHeader>y-*</AllowedHeader></CORSRule></CORSConfiguration>"
    );
    let digest = BASE64.encode(md5(document.as_bytes()));
    client.expect(Request::new("PUT", "/photos?cors").header("content-md5", &digest).body(document));
    let names: Vec<String> = (0..250).map(|at| format!("y-{at}")).collect();
    let ask = |names: String| {
        Request::new("OPTIONS", "/photos/cat.jpg")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", &names)
    };
    let host = format!("127.0.0.1:{}", bounded.server.port());
    let mut nobody = bounded.server.anonymous();
    let mut send = |names: String| verdict(&nobody.send(ask(names).header("host", &host)));
    assert_eq!(send(names.join(",")), (200, String::new()));
    assert_eq!(send(format!("{},z", names.join(","))), (403, "AccessForbidden".into()));
    bounded.is_unharmed();
}
