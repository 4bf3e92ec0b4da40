//! Request documents that are no XML, hostile XML, or not what the operation takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::http::{Request, Response};
use tests::server::Server;

use super::{Verdicts, server};

fn post(server: &Server, method: &str, target: &str, document: &[u8]) -> Response {
    let request = Request::new(method, target).header("content-md5", &BASE64.encode(md5(document)));
    server.client().send(request.body(document))
}

#[test]
fn a_delete_that_is_no_document_is_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let deep = format!("<Delete>{}{}</Delete>", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>\
        <Delete><Object><Key>&b;</Key></Object></Delete>";
    let outside = "<!DOCTYPE d [<!ENTITY f SYSTEM \"file:///etc/hostname\">]>\
        <Delete><Object><Key>&f;</Key></Object></Delete>";
    let many = format!("<Delete>{}</Delete>", "<Object><Key>k</Key></Object>".repeat(1_001));
    let cases: [(&str, &[u8]); 13] = [
        ("no XML", b"nonsense"),
        ("half a document", b"<Delete><Object><Key>a"),
        ("two roots", b"<Delete></Delete><Delete></Delete>"),
        ("tags that cross", b"<Delete><Object><Key>a</Object></Key></Delete>"),
        ("another root", b"<Remove><Object><Key>a</Key></Object></Remove>"),
        ("no key", b"<Delete><Object></Object></Delete>"),
        ("no object", b"<Delete></Delete>"),
        ("bytes that are no UTF-8", b"<Delete><Object><Key>\xff\xfe</Key></Object></Delete>"),
        ("an entity nobody declared", b"<Delete><Object><Key>&x;</Key></Object></Delete>"),
        ("an entity bomb", bomb.as_bytes()),
        ("a file from outside", outside.as_bytes()),
        ("ten thousand levels", deep.as_bytes()),
        ("1,001 keys", many.as_bytes()),
    ];
    for (what, document) in cases {
        verdicts.expect(what, &post(&server, "POST", "/photos?delete", document), (400, "MalformedXML"));
    }
    let nothing = post(&server, "POST", "/photos?delete", b"");
    verdicts.expect("nothing", &nothing, (400, "MissingRequestBodyError"));
    let long = vec![b' '; 3 << 20];
    verdicts.expect_4xx("three megabytes", &post(&server, "POST", "/photos?delete", &long));
    let unchecked =
        Request::new("POST", "/photos?delete").body("<Delete><Object><Key>a</Key></Object></Delete>");
    verdicts.expect("no digest", &server.client().send(unchecked), (400, "InvalidRequest"));
    let wrong = Request::new("POST", "/photos?delete").header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    let wrong = wrong.body("<Delete><Object><Key>cat.jpg</Key></Object></Delete>");
    verdicts.expect("a wrong digest", &server.client().send(wrong), (400, "BadDigest"));
    verdicts.give(&server);
}

#[test]
fn configurations_that_are_wrong_are_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let many = "<Tag><Key>k</Key><Value>v</Value></Tag>";
    let eleven: String = (0..11).map(|at| many.replace(">k<", &format!(">k{at}<"))).collect();
    let long = many.replace(">k<", &format!(">{}<", "k".repeat(129)));
    let twice = many.repeat(2);
    let tagging = |tags: &str| format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
    let reserved = many.replace(">k<", ">aws:k<");
    let tags = "/photos/cat.jpg?tagging";
    let cases: [(&str, &str, String, &str); 10] = [
        ("versioning", "/photos?versioning", "<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>".into(), "MalformedXML"),
        ("versioning of nothing", "/photos?versioning", "<Other/>".into(), "MalformedXML"),
        ("eleven tags", tags, tagging(&eleven), "BadRequest"),
        ("a long tag", tags, tagging(&long), "InvalidTag"),
        ("a tag twice", tags, tagging(&twice), "InvalidTag"),
        ("a tag of Amazon's", tags, tagging(&reserved), "InvalidTag"),
        ("no tag set", tags, "<Tagging/>".into(), "MalformedXML"),
        ("a hold that is none", "/photos/cat.jpg?legal-hold", "<LegalHold><Status>MAYBE</Status></LegalHold>".into(), "InvalidRequest"),
        ("retention without lock", "/photos/cat.jpg?retention", "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>".into(), "InvalidRequest"),
        ("lock on a bucket without", "/photos?object-lock", "<ObjectLockConfiguration/>".into(), "MalformedXML"),
    ];
    for (what, target, document, code) in cases {
        verdicts.expect(what, &post(&server, "PUT", target, document.as_bytes()), (400, code));
    }
    let region = "<CreateBucketConfiguration><LocationConstraint>nowhere-1</LocationConstraint></CreateBucketConfiguration>";
    let answer = server.client().send(Request::new("PUT", "/elsewhere").body(region));
    verdicts.expect("a region that is none", &answer, (400, "InvalidLocationConstraint"));
    verdicts.give(&server);
}

#[test]
fn part_lists_that_are_wrong_leave_the_upload_as_it_was() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let mut client = server.client();
    let created = client.expect(Request::new("POST", "/photos/big?uploads")).text();
    let id = created
        .split("<UploadId>")
        .nth(1)
        .and_then(|rest| rest.split("</UploadId>").next())
        .unwrap()
        .to_string();
    let etag = client.put(&format!("/photos/big?partNumber=2&uploadId={id}"), "part two").etag().to_string();
    let part = |number: &str, etag: &str| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let whole = |parts: String| format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let cases = [
        ("no part", whole(String::new()), "MalformedXML"),
        ("no XML", "nonsense".into(), "MalformedXML"),
        ("part zero", whole(part("0", &etag)), "InvalidArgument"),
        ("a part that was not sent", whole(part("3", &etag)), "InvalidPart"),
        ("another ETag", whole(part("2", "00000000000000000000000000000000")), "InvalidPart"),
        ("the same part twice", whole(part("2", &etag) + &part("2", &etag)), "InvalidPartOrder"),
        ("the wrong order", whole(part("2", &etag) + &part("1", &etag)), "InvalidPartOrder"),
    ];
    for (what, document, code) in cases {
        let request = Request::new("POST", &format!("/photos/big?uploadId={id}")).body(document);
        let answer = client.send(request);
        if code == "InvalidArgument" {
            verdicts.expect_4xx(what, &answer)
        } else {
            verdicts.expect(what, &answer, (400, code))
        }
    }
    let request = Request::new("POST", &format!("/photos/big?uploadId={id}")).body(whole(part("2", &etag)));
    assert_eq!(client.send(request).status, 200);
    assert_eq!(client.get("/photos/big").text(), "part two");
    verdicts.give(&server);
}
