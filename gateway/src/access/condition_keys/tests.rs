//! The value that a request has for each key.

use super::*;
use crate::policy::PrincipalKind;
use std::cell::Cell;

/// Everything that can be looked up, and how often it was.
#[derive(Default)]
struct Known {
    asked: Cell<u32>,
    plain: bool,
    /// A proxy ended TLS, and did not say which version it was.
    proxied: bool,
    signature: Option<Signature>,
}

impl Known {
    fn count<T>(&self, value: T) -> Option<T> {
        self.asked.set(self.asked.get() + 1);
        Some(value)
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl Lookups for Known {
    fn source_ip(&self) -> Option<String> {
        self.count("203.0.113.7".to_owned())
    }

    fn tls_version(&self) -> Option<Cow<'_, str>> {
        if self.plain { None } else { self.count(Cow::Borrowed(if self.proxied { "" } else { "1.3" })) }
    }

    fn endpoint_id(&self) -> Option<Cow<'_, str>> {
        if self.plain { None } else { self.count(Cow::Borrowed("vpce-1")) }
    }

    fn object_tags(&self) -> Option<Tags> {
        self.count(tags(&[("security", "public"), ("Team", "a")]))
    }

    fn signature(&self) -> Option<Signature> {
        self.signature
    }

    fn copied_tags(&self) -> Option<Tags> {
        self.count(tags(&[("of", "source")]))
    }

    fn begun_with(&self, header: &str) -> Option<String> {
        match header {
            "x-amz-server-side-encryption" => Some("AES256".to_owned()),
            "x-amz-tagging" => Some("of=upload".to_owned()),
            _ => None,
        }
    }

    fn bucket_tags(&self) -> Option<Tags> {
        self.count(tags(&[("stage", "test")]))
    }

    fn principal_tags(&self) -> Option<Tags> {
        self.count(tags(&[("Team", "blue")]))
    }

    fn said(&self, key: &Key) -> Option<Values<'_>> {
        match key.id() {
            KeyId::LocationConstraint => Some(Values::one("eu-west-1")),
            KeyId::RequestObjectTag => Some(Values::one("body")),
            KeyId::ObjectLockMode => Some(Values::one("COMPLIANCE")),
            _ => None,
        }
    }

    fn other(&self, key: &Key) -> Option<Values<'_>> {
        (key.id() == KeyId::MultiFactorAuthPresent).then(|| Values::one("true"))
    }
}

const ALICE: Principal<'static> = Principal {
    kind: PrincipalKind::User,
    account: "111122223333",
    canonical_id: "c1",
    arn: "arn:aws:iam::111122223333:user/alice",
    unique_id: "AIDAEXAMPLEALICE01",
    user_name: "alice",
    issuer_arn: None,
};

/// 1 January 2020
const NOW_MS: u64 = 1_577_836_800_000;

struct Sent<'a> {
    operation: Operation,
    headers: &'a [(&'a str, &'a str)],
    query: &'a str,
    principal: Principal<'a>,
    known: Known,
}

impl Default for Sent<'_> {
    fn default() -> Self {
        Sent {
            operation: Operation::GetObject,
            headers: &[],
            query: "",
            principal: ALICE,
            known: Known::default(),
        }
    }
}

impl Sent<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        let headers = Headers::from_iter(self.headers.iter().copied());
        let query = Query::parse(self.query).unwrap();
        let request = S3Request {
            operation: self.operation,
            headers: &headers,
            query: &query,
            principal: &self.principal,
            owner: Some("999999999999"),
            version_id: query.get("versionId"),
            received_ms: NOW_MS,
            region: "us-east-1",
            lookups: &self.known,
        };
        let values = request.value(&Key::parse(key))?;
        Some(values.as_slice().iter().map(|value| value.clone().into_owned()).collect())
    }

    fn check(&self, key: &str, expected: Option<&str>) {
        assert_eq!(self.values(key), expected.map(|value| vec![value.to_owned()]), "{key}");
    }
}

#[test]
fn principals_answer_for_themselves() {
    let alice = Sent::default();
    for (key, expected) in [
        ("aws:username", Some("alice")),
        ("aws:userid", Some("AIDAEXAMPLEALICE01")),
        ("aws:PrincipalArn", Some("arn:aws:iam::111122223333:user/alice")),
        ("aws:PrincipalAccount", Some("111122223333")),
        ("aws:PrincipalType", Some("User")),
        ("aws:PrincipalIsAWSService", Some("false")),
        ("aws:PrincipalTag/team", Some("blue")),
        ("aws:PrincipalTag/none", None),
        ("aws:MultiFactorAuthPresent", Some("true")),
        ("aws:TokenIssueTime", None),
    ] {
        alice.check(key, expected);
    }
    let session = Principal {
        kind: PrincipalKind::AssumedRole,
        arn: "arn:aws:sts::111122223333:assumed-role/reader/job",
        unique_id: "AROAEXAMPLEREADER1:job",
        user_name: "",
        issuer_arn: Some("arn:aws:iam::111122223333:role/reader"),
        ..ALICE
    };
    let session = Sent { principal: session, ..Sent::default() };
    session.check("aws:PrincipalArn", Some("arn:aws:iam::111122223333:role/reader"));
    session.check("aws:userid", Some("AROAEXAMPLEREADER1:job"));
    session.check("aws:username", None);
    session.check("aws:PrincipalType", Some("AssumedRole"));
    let nobody = Sent { principal: Principal::ANONYMOUS, ..Sent::default() };
    nobody.check("aws:PrincipalArn", None);
    nobody.check("aws:PrincipalAccount", None);
    nobody.check("aws:PrincipalType", Some("Anonymous"));
    nobody.check("aws:username", None);
    nobody.check("aws:userid", Some("anonymous"));
    let root = Principal::of_account("111122223333", "c1", "", "arn:aws:iam::111122223333:root");
    let root = Sent { principal: root, ..Sent::default() };
    root.check("aws:userid", Some("111122223333"));
    root.check("aws:PrincipalType", Some("Account"));
}

#[test]
fn circumstances_are_told() {
    let sent =
        Sent { headers: &[("referer", "https://example.com/"), ("user-agent", "test/1")], ..Sent::default() };
    for (key, expected) in [
        ("aws:CurrentTime", Some("2020-01-01T00:00:00.000Z")),
        ("aws:EpochTime", Some("1577836800")),
        ("aws:SourceIp", None),
        ("aws:SecureTransport", Some("true")),
        ("s3:TlsVersion", Some("1.3")),
        ("aws:SourceVpce", Some("vpce-1")),
        ("aws:VpcSourceIp", Some("203.0.113.7")),
        ("aws:Referer", Some("https://example.com/")),
        ("aws:UserAgent", Some("test/1")),
        ("aws:RequestedRegion", Some("us-east-1")),
        ("aws:ResourceAccount", Some("999999999999")),
        ("s3:ResourceAccount", Some("999999999999")),
        ("aws:ViaAWSService", Some("false")),
        ("aws:SomethingElse", None),
    ] {
        sent.check(key, expected);
    }
    let plain = Sent { known: Known { plain: true, ..Known::default() }, ..Sent::default() };
    plain.check("aws:SourceIp", Some("203.0.113.7"));
    plain.check("aws:SecureTransport", Some("false"));
    plain.check("s3:TlsVersion", None);
    plain.check("aws:SourceVpce", None);
    plain.check("aws:VpcSourceIp", None);
    let proxied = Sent { known: Known { proxied: true, ..Known::default() }, ..Sent::default() };
    proxied.check("aws:SecureTransport", Some("true"));
    proxied.check("s3:TlsVersion", None);
}

#[test]
fn headers_are_keys() {
    for (key, header, value) in [
        ("s3:x-amz-acl", "x-amz-acl", "public-read"),
        ("s3:x-amz-grant-full-control", "x-amz-grant-full-control", "id=c1"),
        ("s3:x-amz-grant-read", "x-amz-grant-read", "id=c1"),
        ("s3:x-amz-grant-read-acp", "x-amz-grant-read-acp", "id=c1"),
        ("s3:x-amz-grant-write", "x-amz-grant-write", "id=c1"),
        ("s3:x-amz-grant-write-acp", "x-amz-grant-write-acp", "id=c1"),
        ("s3:x-amz-metadata-directive", "x-amz-metadata-directive", "REPLACE"),
        ("s3:x-amz-server-side-encryption", "x-amz-server-side-encryption", "AES256"),
        (
            "s3:x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "k",
        ),
        (
            "s3:x-amz-server-side-encryption-customer-algorithm",
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
        ),
        ("s3:x-amz-storage-class", "x-amz-storage-class", "STANDARD_IA"),
        ("s3:x-amz-website-redirect-location", "x-amz-website-redirect-location", "/a"),
        ("s3:x-amz-object-ownership", "x-amz-object-ownership", "ObjectWriter"),
        ("s3:object-lock-mode", "x-amz-object-lock-mode", "GOVERNANCE"),
        ("s3:object-lock-legal-hold", "x-amz-object-lock-legal-hold", "ON"),
        ("s3:object-lock-retain-until-date", "x-amz-object-lock-retain-until-date", "2020-01-11T00:00:00Z"),
        ("s3:if-match", "if-match", "\"etag\""),
        ("s3:if-none-match", "if-none-match", "*"),
    ] {
        let operation = match header {
            "x-amz-metadata-directive" => Operation::CopyObject,
            "x-amz-object-ownership" => Operation::CreateBucket,
            _ => Operation::PutObject,
        };
        Sent { operation, headers: &[(header, value)], ..Sent::default() }.check(key, Some(value));
        Sent { operation, ..Sent::default() }.check(key, None);
        Sent { operation, headers: &[(header, "")], ..Sent::default() }.check(key, None);
    }
}

/// A header without effect must not fulfil what a policy demands.
#[test]
fn an_upload_keeps_the_headers_that_describe_an_object() {
    let of_object = KeyId::ALL.iter().filter_map(|id| header(*id));
    let of_object = of_object.filter(|(_, effect)| matches!(effect, Effect::Object | Effect::Acl));
    // Tags are not the value of one key: each tag has its own.
    let mut names: Vec<&str> = of_object.map(|(name, _)| name).chain([TAGGING]).collect();
    names.sort_unstable();
    assert_eq!(BEGINNING.to_vec(), names);
}

#[test]
fn headers_without_effect_carry_no_key() {
    for (key, header, value) in [
        ("s3:if-none-match", "if-none-match", ","),
        ("s3:if-none-match", "if-none-match", " , ,"),
        ("s3:if-match", "if-match", ","),
        ("s3:x-amz-grant-read", "x-amz-grant-read", ""),
        ("s3:x-amz-grant-read", "x-amz-grant-read", " ,"),
        ("s3:x-amz-grant-full-control", "x-amz-grant-full-control", ","),
        ("aws:Referer", "referer", ""),
        ("aws:UserAgent", "user-agent", " "),
    ] {
        Sent { headers: &[(header, value)], ..Sent::default() }.check(key, None);
    }
    let twice = [("if-none-match", ""), ("if-none-match", "")];
    Sent { headers: &twice, ..Sent::default() }.check("s3:if-none-match", None);
    let listed = [("if-none-match", ""), ("if-none-match", "*")];
    Sent { headers: &listed, ..Sent::default() }.check("s3:if-none-match", Some(",*"));
    Sent { headers: &[("referer", ",")], ..Sent::default() }.check("aws:Referer", Some(","));
}

#[test]
fn a_copy_source_is_compared_decoded_and_without_a_version() {
    for (sent, expected) in [
        ("/photos/a%20b.jpg?versionId=v1", "photos/a b.jpg"),
        ("photos/public/x", "photos/public/x"),
        ("photos%2Fx", "photos/x"),
        ("%2Fphotos%2Fa+b%2Bc", "photos/a b+c"),
    ] {
        let headers = [("x-amz-copy-source", sent)];
        for operation in [Operation::CopyObject, Operation::UploadPartCopy] {
            Sent { operation, headers: &headers, ..Sent::default() }
                .check("s3:x-amz-copy-source", Some(expected));
        }
        Sent { headers: &headers, ..Sent::default() }.check("s3:x-amz-copy-source", None);
    }
}

#[test]
fn parameters_of_listings_are_keys() {
    let list = Sent {
        operation: Operation::ListObjectsV2,
        query: "prefix=a%2F&delimiter=/&max-keys=10",
        ..Sent::default()
    };
    list.check("s3:prefix", Some("a/"));
    list.check("s3:delimiter", Some("/"));
    list.check("s3:max-keys", Some("10"));
    Sent { operation: Operation::ListObjects, query: "prefix=", ..Sent::default() }
        .check("s3:prefix", Some(""));
    Sent { operation: Operation::ListObjects, ..Sent::default() }.check("s3:prefix", None);
    Sent { operation: Operation::GetObject, query: "prefix=a", ..Sent::default() }.check("s3:prefix", None);
    Sent { query: "versionId=v1", ..Sent::default() }.check("s3:VersionId", Some("v1"));
}

#[test]
fn the_way_of_signing_is_what_was_verified() {
    let signed = |auth_type, version, signed_ms| Known {
        signature: Some(Signature { auth_type, version, signed_ms }),
        ..Known::default()
    };
    // Only the verified signature counts, and neither these parameters nor these headers.
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20191231T235959Z&Signature=x";
    let headers = [("authorization", ""), ("x-amz-algorithm", "AWS")];
    let check = |known: Known, expected: [Option<&str>; 4]| {
        let sent = Sent { headers: &headers, query, known, ..Sent::default() };
        let keys = ["s3:authType", "s3:signatureversion", "s3:signatureAge", "s3:x-amz-content-sha256"];
        for (key, expected) in keys.into_iter().zip(expected) {
            sent.check(key, expected);
        }
    };
    let (v2, v4) = (SignatureVersion::V2, SignatureVersion::V4);
    let unsigned = Some("UNSIGNED-PAYLOAD");
    let (old, new) = (Some("AWS"), Some("AWS4-HMAC-SHA256"));
    check(Known::default(), [None; 4]);
    check(signed(AuthType::Header, v4, None), [Some("REST-HEADER"), new, None, unsigned]);
    check(signed(AuthType::Header, v2, None), [Some("REST-HEADER"), old, None, unsigned]);
    let then = Some(NOW_MS - 600_000);
    check(signed(AuthType::Query, v4, then), [Some("REST-QUERY-STRING"), new, Some("600000"), unsigned]);
    check(signed(AuthType::Query, v2, None), [Some("REST-QUERY-STRING"), old, Some("0"), unsigned]);
    check(signed(AuthType::Form, v4, then), [Some("POST"), new, Some("600000"), unsigned]);
    check(signed(AuthType::Form, v2, None), [Some("POST"), old, Some("0"), unsigned]);
    let known = signed(AuthType::Header, v4, None);
    Sent { headers: &[("x-amz-content-sha256", "e3b0")], known, ..Sent::default() }
        .check("s3:x-amz-content-sha256", Some("e3b0"));
}

#[test]
fn tags_are_told_by_their_key() {
    let headers = [("x-amz-tagging", "a=1&b=2")];
    let sent = Sent { operation: Operation::PutObject, headers: &headers, ..Sent::default() };
    sent.check("s3:ExistingObjectTag/security", Some("public"));
    sent.check("s3:existingobjecttag/security", Some("public"));
    // In S3, keys of tags that differ in case are different.
    sent.check("s3:ExistingObjectTag/Security", None);
    sent.check("s3:RequestObjectTag/a", Some("1"));
    assert_eq!(sent.values("s3:RequestObjectTagKeys"), Some(vec!["a".to_owned(), "b".to_owned()]));
    sent.check("s3:BucketTag/stage", Some("test"));
    sent.check("aws:ResourceTag/stage", Some("test"));
    // Where the header has no effect, the key is missing.
    for operation in [Operation::GetObject, Operation::PutObjectTagging] {
        let elsewhere = Sent { operation, headers: &headers, ..Sent::default() };
        elsewhere
            .check("s3:RequestObjectTag/a", (operation == Operation::PutObjectTagging).then_some("body"));
    }
}

#[test]
fn the_tags_of_a_copy_are_those_that_it_will_have() {
    let headers = [("x-amz-tagging", "of=header"), ("x-amz-tagging-directive", "REPLACE")];
    let operation = Operation::CopyObject;
    Sent { operation, headers: &headers, ..Sent::default() }.check("s3:RequestObjectTag/of", Some("header"));
    Sent { operation, headers: &headers[..1], ..Sent::default() }
        .check("s3:RequestObjectTag/of", Some("source"));
    Sent { operation, ..Sent::default() }.check("s3:RequestObjectTag/of", Some("source"));
}

#[test]
fn parts_and_completion_are_decided_on_by_what_the_upload_was_begun_with() {
    // Their own headers do not count.
    let headers = [("x-amz-server-side-encryption", "aws:kms"), ("x-amz-acl", "public-read")];
    for operation in [Operation::UploadPart, Operation::UploadPartCopy, Operation::CompleteMultipartUpload] {
        let sent = Sent { operation, headers: &headers, ..Sent::default() };
        sent.check("s3:x-amz-server-side-encryption", Some("AES256"));
        sent.check("s3:RequestObjectTag/of", Some("upload"));
        sent.check("s3:x-amz-acl", None);
    }
    Sent { operation: Operation::GetObject, headers: &headers, ..Sent::default() }
        .check("s3:x-amz-server-side-encryption", None);
}

#[test]
fn of_a_header_that_comes_twice_the_first_counts() {
    let headers = [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "private"),
        ("x-amz-grant-read", "a"),
        ("x-amz-grant-read", "b"),
    ];
    let sent = Sent { operation: Operation::PutObject, headers: &headers, ..Sent::default() };
    sent.check("s3:x-amz-acl", Some("public-read"));
    sent.check("s3:x-amz-grant-read", Some("a,b"));
}

#[test]
fn what_bodies_and_operations_say_is_told() {
    Sent { operation: Operation::CreateBucket, ..Sent::default() }
        .check("s3:LocationConstraint", Some("eu-west-1"));
    let lock = [
        ("x-amz-object-lock-retain-until-date", "2020-01-10T00:00:01Z"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
    ];
    let sent = Sent { operation: Operation::PutObject, headers: &lock, ..Sent::default() };
    sent.check("s3:object-lock-remaining-retention-days", Some("10"));
    sent.check("s3:object-lock-mode", Some("GOVERNANCE"));
    // The document decides, and not a header beside it.
    let sent = Sent { operation: Operation::PutObjectRetention, headers: &lock, ..Sent::default() };
    sent.check("s3:object-lock-mode", Some("COMPLIANCE"));
    sent.check("s3:object-lock-remaining-retention-days", None);
    Sent { operation: Operation::PutObject, ..Sent::default() }
        .check("s3:ObjectCreationOperation", Some("true"));
    Sent { operation: Operation::UploadPart, ..Sent::default() }
        .check("s3:ObjectCreationOperation", Some("false"));
}

#[test]
fn nothing_is_looked_up_that_no_condition_asks_for() {
    let known = Known { plain: true, ..Known::default() };
    let operation = Operation::PutObject;
    let sent = Sent { operation, headers: &[("x-amz-acl", "private")], known, ..Sent::default() };
    sent.check("s3:x-amz-acl", Some("private"));
    sent.check("aws:username", Some("alice"));
    sent.check("aws:CurrentTime", Some("2020-01-01T00:00:00.000Z"));
    assert_eq!(sent.known.asked.get(), 0);
    sent.check("aws:SourceIp", Some("203.0.113.7"));
    assert_eq!(sent.known.asked.get(), 1);
}
