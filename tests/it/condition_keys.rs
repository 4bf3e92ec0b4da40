//! Every condition key, asked of the operations whose requests carry it: a policy that denies where
//! the key has a value stops the request that carries it and no other, and one that allows lets
//! that one in and no other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::policy::KeyId;
use gateway::policy::keys::Carried;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, ALT, Credentials, MAIN};
use tests::workspace;

use crate::iam;

mod rows;
mod signatures;

use rows::{Row, row};

/// A request. `{k}` in its target is a key under which there is an object, `{n}` a new one, `{u}`
/// an upload, which its headers begin; a body `{c}` completes it.
#[derive(Clone, Debug)]
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

fn sent(method: &'static str, target: &str) -> Sent {
    Sent { method, target: target.to_owned(), headers: Vec::new(), body: String::new() }
}

impl Sent {
    fn header(mut self, name: &'static str, value: &str) -> Sent {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn body(self, body: &str) -> Sent {
        Sent { body: body.to_owned(), ..self }
    }
}

/// What a request is compared with that is to pass where the other is stopped.
#[derive(Clone, Debug)]
enum Other {
    /// One that does not carry the key, or not with the value.
    Request(Sent),
    /// The same, under a policy that asks for another value: of keys that every request carries.
    Value(&'static str),
}

/// A condition, and what is sent under it.
#[derive(Clone, Debug)]
struct Case {
    action: &'static str,
    operator: &'static str,
    /// The name of the key, with that of a tag.
    key: String,
    value: String,
    with: Sent,
    other: Other,
}

/// The bucket of one case, and who asks.
struct World {
    owner: Client,
    stranger: Client,
    bucket: String,
    keys: u32,
}

impl World {
    fn new(server: &Server, number: usize) -> World {
        let bucket = format!("bucket-{number}");
        let mut owner = server.client();
        let lock =
            Request::new("PUT", &format!("/{bucket}")).header("x-amz-bucket-object-lock-enabled", "true");
        owner.expect(lock);
        let mut world = World { owner, stranger: server.other_client(), bucket, keys: 0 };
        world.expect("PUT", "source", &[("x-amz-tagging", "stage=test")]);
        let tags = "<Tagging><TagSet><Tag><Key>stage</Key><Value>test</Value></Tag></TagSet></Tagging>";
        world.owner.expect(with_digest("PUT", &format!("/{}?tagging", world.bucket), tags));
        world
    }

    fn expect(&mut self, method: &str, key: &str, headers: &[(&str, &str)]) -> Response {
        let request = with_digest(method, &format!("/{}/{key}", self.bucket), "");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        self.owner.expect(request)
    }

    fn policy(&mut self, statements: &str) {
        let statements = statements.replace(
            "RESOURCES",
            &format!(r#""Resource":["arn:aws:s3:::{0}","arn:aws:s3:::{0}/*"]"#, self.bucket),
        );
        let document = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
        let answer = self.owner.send(with_digest("PUT", &format!("/{}?policy", self.bucket), &document));
        assert_eq!(answer.status, 204, "{document}: {}", answer.text());
    }

    /// The request, with what it needs to find there.
    fn request(&mut self, sent: &Sent) -> Request {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let mut target = sent.target.replace("{b}", &self.bucket);
        let mut body = sent.body.clone();
        let mut headers: Vec<(&str, &str)> =
            sent.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if target.contains("{k}") {
            let version = self.expect("PUT", &key, &[("x-amz-tagging", "stage=test")]);
            let version = version.header("x-amz-version-id").unwrap_or_default();
            target = target.replace("{k}", &key).replace("{v}", version);
        }
        if target.contains("{u}") {
            let begun = self.expect("POST", &format!("{key}?uploads"), &headers);
            headers.clear();
            let id = iam::element(&begun.text(), "UploadId");
            if body == "{c}" {
                let part = self.expect("PUT", &format!("{key}?partNumber=1&uploadId={id}"), &[]);
                body = format!(
                    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
                    part.etag().trim_matches('"')
                );
            }
            target = target.replace("{u}", &id);
        }
        let request = with_digest(sent.method, &target.replace("{n}", &key), &body);
        headers
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, &value.replace("{b}", &self.bucket)))
    }
}

fn with_digest(method: &str, target: &str, body: &str) -> Request {
    Request::new(method, target).header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body)
}

/// The part of a statement that asks for a value.
fn condition(case: &Case, value: &str) -> String {
    format!(r#""Condition":{{"{}":{{"{}":"{value}"}}}}"#, case.operator, case.key)
}

fn check(server: &Server, number: usize, case: &Case) {
    let mut world = World::new(server, number);
    let (with, other) = (case.with.clone(), case.other.clone());
    let everything = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*",RESOURCES}"#;
    let deny = |value: &str| {
        format!(
            r#"{everything},{{"Effect":"Deny","Principal":"*","Action":"{}",RESOURCES,{}}}"#,
            case.action,
            condition(case, value)
        )
    };
    // What is there before comes without a policy.
    let (stopped, passes) = match &other {
        Other::Request(other) => (world.request(&with), world.request(other)),
        Other::Value(_) => (world.request(&with), world.request(&with)),
    };
    world.policy(&deny(&case.value));
    let answer = world.owner.send(stopped);
    assert_eq!((answer.status, answer.status == 403), (403, true), "not denied: {case:?}: {}", answer.text());
    if let Other::Value(value) = other {
        world.policy(&deny(value));
    }
    let answer = world.owner.send(passes);
    assert!(answer.status < 300, "denied: {case:?}: {} {}", answer.status, answer.text());
    world.owner.call("DELETE", &format!("/{}?policy", world.bucket));

    let allow = |value: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":"*","NotAction":"{0}",RESOURCES}},
               {{"Effect":"Allow","Principal":"*","Action":"{0}",RESOURCES,{1}}}"#,
            case.action,
            condition(case, value)
        )
    };
    // Who asks now is another principal, and may use no master key of the first.
    let is_of_owner = case.key.starts_with("aws:Principal") || case.key == "aws:userid";
    if is_of_owner || case.key.ends_with("-kms-key-id") {
        return;
    }
    let (allowed, refused) = match &case.other {
        Other::Request(other) => (world.request(&with), world.request(other)),
        Other::Value(_) => (world.request(&with), world.request(&with)),
    };
    world.policy(&allow(&case.value));
    let answer = world.stranger.send(allowed);
    assert!(answer.status < 300, "not allowed: {case:?}: {} {}", answer.status, answer.text());
    if let Other::Value(value) = case.other {
        world.policy(&allow(value));
    }
    let answer = world.stranger.send(refused);
    assert_eq!(answer.status, 403, "allowed: {case:?}: {}", answer.text());
}

#[test]
fn every_key_is_asked_of_requests_that_carry_it_and_of_others() {
    let server = Server::start();
    let mut number = 0;
    for id in KeyId::ALL {
        let Row::Asked(cases) = row(*id) else { continue };
        assert!(!cases.is_empty(), "{}", id.name());
        for case in &cases {
            number += 1;
            check(&server, number, case);
        }
        // Each action that the table names for the key has a case, unless nothing here takes it.
        if let Carried::By(actions) = id.carried() {
            for action in actions {
                let is_asked = cases.iter().any(|case| case.action == *action);
                assert!(is_asked || rows::is_not_asked(*id, action), "{}: no case for {action}", id.name());
            }
        }
    }
}

#[test]
fn what_never_comes_and_what_is_asked_elsewhere_is_said() {
    for id in KeyId::ALL {
        match row(*id) {
            Row::Never => assert!(matches!(id.carried(), Carried::Never(_)), "{}", id.name()),
            Row::Elsewhere(file) => {
                assert!(!matches!(id.carried(), Carried::Never(_)), "{}", id.name());
                let text = std::fs::read_to_string(workspace::root().join(file)).unwrap();
                let name = id.name().trim_end_matches(['/', ':']);
                let is_asked = text.contains(name) || text.contains(&format!("KeyId::{id:?}"));
                assert!(is_asked, "{file} does not ask for {name}");
            }
            Row::Asked(_) => assert!(!matches!(id.carried(), Carried::Never(_)), "{}", id.name()),
        }
    }
}

/// Buckets that are not there yet have no policy: what a user may make, its own policies say.
#[test]
fn every_key_of_new_buckets_is_asked() {
    let server = Server::start();
    let mut root = server.client();
    iam::ok(&mut root, "CreateUser&UserName=maker");
    let mut maker = server.client_as(iam::credentials(&iam::ok(&mut root, "CreateAccessKey&UserName=maker")));
    let tags = "<CreateBucketConfiguration><Tags><Tag><Key>stage</Key><Value>test</Value></Tag></Tags></CreateBucketConfiguration>";
    let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let header = |name: &'static str, value: &str| sent("PUT", "/{n}").header(name, value);
    let cases = [
        ("StringEquals", "s3:LocationConstraint", "eu-west-1", sent("PUT", "/{n}").body(place)),
        ("StringEquals", "aws:RequestTag/stage", "test", sent("PUT", "/{n}").body(tags)),
        ("ForAnyValue:StringEquals", "aws:TagKeys", "stage", sent("PUT", "/{n}").body(tags)),
        (
            "StringEquals",
            "s3:x-amz-object-ownership",
            "ObjectWriter",
            header("x-amz-object-ownership", "ObjectWriter"),
        ),
        ("StringEquals", "s3:x-amz-acl", "public-read", header("x-amz-acl", "public-read")),
        (
            "StringLike",
            "s3:x-amz-grant-full-control",
            "*testid*",
            header("x-amz-grant-full-control", "id=testid"),
        ),
        ("StringLike", "s3:x-amz-grant-read", "*testid*", header("x-amz-grant-read", "id=testid")),
        ("StringLike", "s3:x-amz-grant-read-acp", "*testid*", header("x-amz-grant-read-acp", "id=testid")),
        ("StringLike", "s3:x-amz-grant-write", "*testid*", header("x-amz-grant-write", "id=testid")),
        ("StringLike", "s3:x-amz-grant-write-acp", "*testid*", header("x-amz-grant-write-acp", "id=testid")),
    ];
    let mut number = 0;
    let mut make = |maker: &mut Client, sent: &Sent| {
        number += 1;
        let target = sent.target.replace("{n}", &format!("made-{number}"));
        let request = with_digest(sent.method, &target, &sent.body);
        let request = sent.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        maker.send(request).status
    };
    for (operator, key, value, with) in &cases {
        let condition = format!(r#""Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#);
        let others = r#"{"Effect":"Allow","NotAction":"s3:CreateBucket","Resource":"*"}"#;
        let deny = format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*"}},{{"Effect":"Deny","Action":"s3:CreateBucket","Resource":"*",{condition}}}"#
        );
        let allow =
            format!(r#"{others},{{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"*",{condition}}}"#);
        let plain = sent("PUT", "/{n}");
        for (statements, [carries, carries_not]) in [(deny, [403, 200]), (allow, [200, 403])] {
            let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
            let document = tests::client::value(&document);
            iam::ok(
                &mut root,
                &format!("PutUserPolicy&UserName=maker&PolicyName=p&PolicyDocument={document}"),
            );
            assert_eq!(make(&mut maker, with), carries, "{key}: {statements}");
            assert_eq!(make(&mut maker, &plain), carries_not, "{key}: {statements}");
        }
    }
}

#[test]
fn the_keys_of_users_are_asked() {
    let server = Server::start();
    let mut root = server.client();
    iam::ok(&mut root, "CreateUser&UserName=maker&Tags.member.1.Key=Team&Tags.member.1.Value=blue");
    let mut maker = server.client_as(iam::credentials(&iam::ok(&mut root, "CreateAccessKey&UserName=maker")));
    for (key, value, other) in [
        ("aws:username", "maker", "other"),
        ("aws:PrincipalType", "User", "Account"),
        ("aws:PrincipalTag/team", "blue", "red"),
    ] {
        for (asked, status) in [(value, 403), (other, 200)] {
            let document = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
                   {{"Effect":"Deny","Action":"s3:CreateBucket","Resource":"*","Condition":{{"StringEquals":{{"{key}":"{asked}"}}}}}}]}}"#
            );
            let document = tests::client::value(&document);
            iam::ok(
                &mut root,
                &format!("PutUserPolicy&UserName=maker&PolicyName=p&PolicyDocument={document}"),
            );
            let made = maker.call("PUT", &format!("/made-{}", asked.to_lowercase())).status;
            assert_eq!(made, status, "{key}: {asked}");
        }
    }
}

/// Tags may be restricted to a set of keys, which a document must not step over.
#[test]
fn the_tags_of_a_document_are_held_to_the_keys_that_are_allowed() {
    let server = Server::start();
    let mut world = World::new(&server, 1);
    world.policy(
        r#"{"Effect":"Allow","Principal":"*","Action":["s3:PutObjectTagging","s3:PutObjectVersionTagging"],RESOURCES,
            "Condition":{"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["stage","team"]}}}"#,
    );
    let document = |keys: &[&str]| {
        let tags: String =
            keys.iter().map(|key| format!("<Tag><Key>{key}</Key><Value>x</Value></Tag>")).collect();
        format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
    };
    for target in ["/{b}/{k}?tagging", "/{b}/{k}?tagging&versionId={v}"] {
        for (keys, status) in [
            (&["stage"][..], 200),
            (&["stage", "team"], 200),
            (&["stage", "class"], 403),
            (&["class"], 403),
            (&[], 200),
        ] {
            // A header that is about something else says nothing.
            let sent = sent("PUT", target).body(&document(keys)).header("x-amz-tagging", "stage=test");
            let request = world.request(&sent);
            assert_eq!(world.stranger.send(request).status, status, "{target} {keys:?}");
        }
    }
}

/// The page for operators, printed from THE CONDITION KEYS.
fn page() -> String {
    let mut page = "# Condition keys\n\n\
         Printed from the table of condition keys (`gateway/policy-language/src/keys.rs`); do not edit. `BLESS=1` writes it.\n\
         `portcullis policy lint` says the same of the actions of a statement. A key that no request carries is accepted all the\n\
         same, as at AWS: a condition that asks for it is judged as one about a missing key.\n\n\
         | key | compared as | carried by requests for |\n| --- | --- | --- |\n"
        .to_owned();
    for id in KeyId::ALL {
        let carried = match id.carried() {
            Carried::Anywhere => "any action".to_owned(),
            Carried::By(actions) => {
                actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ")
            }
            Carried::Never(why) => format!("none: {why}"),
        };
        page.push_str(&format!("| `{}` | {:?} | {carried} |\n", id.name(), id.value_type()));
    }
    page
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = workspace::root().join("docs").join("condition-keys.md");
    let page = page();
    if workspace::blessing() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == written, "docs/condition-keys.md is not what the table says; BLESS=1 writes it");
}
