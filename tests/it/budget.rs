//! What policies may cost: long patterns, many of them, values of conditions, and bodies that
//! nobody could be allowed to send.
//!
//! One request with policies that take too much is denied, and nobody else notices: it once took
//! two seconds of a worker, and everything under way with it.

use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::workspace;

use crate::iam::{call, credentials, element, ok};

fn with_digest(method: &str, target: &str, body: &str) -> Request {
    Request::new(method, target).header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body)
}

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

/// A policy of `photos` with one statement.
fn policy(effect: &str, actions: &str, more: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":\"*\",\"Action\":{actions},{more}}}]}}"
    )
}

const OBJECTS: &str = "\"Resource\":\"arn:aws:s3:::photos/*\"";

fn list(patterns: impl Iterator<Item = String>) -> String {
    patterns.map(|own| format!("\"{own}\"")).collect::<Vec<_>>().join(",")
}

/// The input that was reported: 36 patterns, each a star and 500 times any one character, and a
/// number behind.
fn stars(prefix: &str) -> String {
    list((0..36).map(|n| format!("{prefix}*{}{n:02}", "?".repeat(500))))
}

/// Letters with gaps, which have to be sought place by place: what takes the most.
fn gaps(prefix: &str, count: usize) -> String {
    list((0..count).map(|n| format!("{prefix}*{}{n:02}*", "a?".repeat(220))))
}

fn photos(server: &Server) -> Client {
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "a picture of a cat");
    owner
}

fn set(owner: &mut Client, policy: &str) {
    let answer = owner.send(with_digest("PUT", "/photos?policy", policy));
    assert_eq!(answer.status, 204, "{}", answer.text());
}

fn delete(client: &mut Client, keys: &[String]) -> Response {
    let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    client.send(with_digest("POST", "/photos?delete", &format!("<Delete>{objects}</Delete>")))
}

fn explained(server: &Server, answer: &Response) -> String {
    let id = answer.header("x-amz-request-id").unwrap();
    let output = Command::new(workspace::binary())
        .args(["explain", "--data-dir", server.data().to_str().unwrap(), "--request-id", id])
        .env_remove("PORTCULLIS_BIN")
        .current_dir(workspace::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs something that must not take as long as a worker that is stopped.
fn soon<T>(what: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = what();
    let taken = begun.elapsed();
    assert!(taken < Duration::from_millis(700), "it took {taken:?}");
    done
}

fn nothing_trapped(server: &Server) {
    assert_eq!(server.metric("portcullis_instances_replaced_total", &[]), 0.0);
}

#[test]
fn long_patterns_are_matched_in_one_go() {
    let server = Server::start();
    let mut owner = photos(&server);
    let get = |end: &str| {
        let agent = format!("{}{end}", "a".repeat(6000));
        let request = Request::new("GET", "/photos/cat.jpg").header("user-agent", &agent);
        soon(|| server.anonymous().send(request))
    };
    let condition = |operator: &str| {
        format!("{OBJECTS},\"Condition\":{{\"{operator}\":{{\"aws:UserAgent\":[{}]}}}}", stars(""))
    };
    set(&mut owner, &policy("Allow", "\"s3:GetObject\"", &condition("StringLike")));
    check(&get("aa"), 403, "AccessDenied");
    assert_eq!(get("35").status, 200);
    set(&mut owner, &policy("Allow", "\"s3:GetObject\"", &condition("StringNotLike")));
    assert_eq!(get("aa").status, 200);
    check(&get("00"), 403, "AccessDenied");
    // The same as resources.
    let resources = format!("\"Resource\":[{}]", stars("arn:aws:s3:::photos/"));
    set(&mut owner, &policy("Allow", "[\"s3:GetObject\",\"s3:DeleteObject\"]", &resources));
    let keys: Vec<String> = (0..20).map(|n| format!("{}{n:02}x", "a".repeat(1000))).collect();
    let mut anonymous = server.anonymous();
    let answer = soon(|| delete(&mut anonymous, &keys));
    assert_eq!(answer.text().matches("<Code>AccessDenied</Code>").count(), 20, "{}", answer.text());
    let keys: Vec<String> = (30..40).map(|n| format!("{}{n:02}", "a".repeat(1000))).collect();
    let answer = soon(|| delete(&mut anonymous, &keys));
    assert_eq!(answer.text().matches("<Deleted>").count(), 6, "{}", answer.text());
    nothing_trapped(&server);
}

#[test]
fn policies_that_take_too_much_deny_one_request() {
    let server = Server::start();
    let mut owner = photos(&server);
    let resources =
        format!("\"Resource\":[\"arn:aws:s3:::photos/cat.jpg\",{}]", gaps("arn:aws:s3:::photos/", 38));
    set(&mut owner, &policy("Allow", "[\"s3:GetObject\",\"s3:DeleteObject\"]", &resources));
    let keys: Vec<String> = (0..300).map(|n| format!("{}{n:03}", "a".repeat(1000))).collect();
    let mut anonymous = server.anonymous();
    // The first keys could be judged: they are not touched either.
    let named = [&["cat.jpg".to_owned()], keys.as_slice()].concat();
    let answer = soon(|| delete(&mut anonymous, &named));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text().matches("<Code>AccessDenied</Code>").count(), 301);
    let why = explained(&server, &answer);
    assert!(why.contains("reason: the policies take more work than a request may cause"), "{why}");
    assert!(why.contains("outcome: explicitDeny"), "{why}");
    // Other requests under the same policy are judged as ever.
    assert_eq!(anonymous.call("GET", "/photos/cat.jpg").text(), "a picture of a cat");
    assert!(delete(&mut anonymous, &["cat.jpg".to_owned()]).text().contains("<Deleted>"));
    owner.put("/photos/cat.jpg", "another cat");
    nothing_trapped(&server);
}

/// A simulation has the same budget, and says so.
#[test]
fn a_simulation_that_takes_too_much_names_the_budget() {
    let server = Server::start();
    let mut main = server.client();
    let text = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\
         \"Condition\":{{\"StringLike\":{{\"aws:UserAgent\":[{}]}}}}}}}}",
        gaps("", 200)
    );
    let document = tests::client::value(&text);
    let resources: String =
        (1..=300).map(|n| format!("&ResourceArns.member.{n}=arn:aws:s3:::photos/{n}")).collect();
    let form = format!(
        "SimulateCustomPolicy&PolicyInputList.member.1={document}&ActionNames.member.1=s3:GetObject{resources}\
         &ContextEntries.member.1.ContextKeyName=aws:UserAgent&ContextEntries.member.1.ContextKeyType=string\
         &ContextEntries.member.1.ContextKeyValues.member.1={}",
        "a".repeat(2000)
    );
    let answer = soon(|| call(&mut main, &form));
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        answer.text().contains("the policies take more work than a request may cause"),
        "{}",
        answer.text()
    );
    nothing_trapped(&server);
}

#[test]
fn what_nobody_could_be_allowed_is_refused_before_its_body() {
    let server = Server::start();
    let mut owner = photos(&server);
    let head = format!(
        "POST /photos?delete HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-md5: {}\r\ncontent-length: 2000000\r\n\r\n",
        server.port(),
        BASE64.encode([0; 16])
    );
    // Not a byte of the body is sent.
    let refused = || {
        let mut connection = server.connect();
        connection.patience(Duration::from_secs(5)).unwrap();
        connection.write(head.as_bytes()).unwrap();
        connection.read("POST").unwrap()
    };
    let answer = refused();
    check(&answer, 403, "AccessDenied");
    let why = explained(&server, &answer);
    assert!(
        why.contains("neither a resource policy nor an ACL allows s3:DeleteObject to everybody"),
        "{why}"
    );
    let everything = "\"Resource\":[\"arn:aws:s3:::photos\",\"arn:aws:s3:::photos/*\"]";
    for closed in [
        policy("Allow", "[\"s3:GetObject\",\"s3:ListBucket\"]", everything),
        policy("Deny", "\"s3:*\"", everything),
        policy("Allow", "\"s3:DeleteObject\"", OBJECTS)
            .replace("\"*\",\"Action\"", "{\"AWS\":\"000000000002\"},\"Action\""),
    ] {
        set(&mut owner, &closed);
        check(&refused(), 403, "AccessDenied");
    }
    // What depends on the key is judged key by key.
    let some = policy("Allow", "\"s3:DeleteObject\"", "\"Resource\":\"arn:aws:s3:::photos/open/*\"");
    set(&mut owner, &some);
    let keys = ["open/a".to_owned(), "cat.jpg".to_owned()];
    let answer = delete(&mut server.anonymous(), &keys);
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("<Deleted><Key>open/a</Key>"), "{}", answer.text());
    assert!(answer.text().contains("<Key>cat.jpg</Key><Code>AccessDenied</Code>"), "{}", answer.text());
    // An ACL opens the bucket as well.
    assert_eq!(owner.call("DELETE", "/photos?policy").status, 204);
    check(&refused(), 403, "AccessDenied");
    // Who has an account is answered for each key, as at AWS.
    let answer = delete(&mut server.other_client(), &keys);
    assert_eq!((answer.status, answer.text().matches("AccessDenied").count()), (200, 2));
    owner.expect(Request::new("PUT", "/photos?acl").header("x-amz-acl", "public-read-write"));
    assert!(delete(&mut server.anonymous(), &["a".to_owned()]).text().contains("<Deleted>"));
}

const BLOCK: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
    <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

/// The canonical id of everybody who does not sign.
const NOBODY: &str = "65a011a29cdf8ec533ec3d1ccaae921c";

#[test]
fn what_is_granted_to_nobody_is_public() {
    let server = Server::start();
    let mut owner = photos(&server);
    let is_public =
        |owner: &mut Client| owner.get("/photos?policyStatus").text().contains("<IsPublic>true</IsPublic>");
    let grant = |permission: &str, target: &str| {
        Request::new("PUT", target)
            .header(&format!("x-amz-grant-{permission}"), &format!("id=\"{NOBODY}\""))
            .header("x-amz-grant-full-control", "id=\"testid\"")
    };
    assert!(!is_public(&mut owner));
    owner.expect(grant("read", "/photos?acl"));
    assert!(is_public(&mut owner));
    owner.expect(grant("write", "/photos?acl"));
    assert!(is_public(&mut owner));
    owner.expect(grant("read", "/photos/cat.jpg?acl"));
    let mut anonymous = server.anonymous();
    anonymous.put("/photos/of-nobody", "written by anybody");
    for target in ["/photos/cat.jpg", "/photos/of-nobody"] {
        assert_eq!(anonymous.call("GET", target).status, 200, "{target}");
    }
    let begun = anonymous.call("POST", "/photos/upload?uploads").text();
    let upload = format!("/photos/upload?uploadId={}", element(&begun, "UploadId"));
    assert_eq!(anonymous.call("GET", &upload).status, 200);
    owner.expect(with_digest("PUT", "/photos?publicAccessBlock", BLOCK));
    for (method, target) in [
        ("GET", "/photos"),
        ("GET", "/photos/cat.jpg"),
        ("GET", "/photos/of-nobody"),
        ("GET", "/photos/of-nobody?acl"),
        ("PUT", "/photos/of-nobody"),
        ("PUT", "/photos/another"),
        ("DELETE", "/photos/of-nobody"),
        ("GET", upload.as_str()),
        ("DELETE", upload.as_str()),
    ] {
        check(&anonymous.call(method, target), 403, "AccessDenied");
    }
    for request in [
        grant("read", "/photos?acl"),
        grant("write-acp", "/photos?acl"),
        grant("read", "/photos/cat.jpg?acl"),
        grant("read", "/photos/new"),
    ] {
        check(&owner.send(request), 403, "AccessDenied");
    }
}

#[test]
fn a_policy_that_means_everybody_is_public_however_it_says_so() {
    let server = Server::start();
    let mut owner = photos(&server);
    owner.expect(with_digest("PUT", "/photos?publicAccessBlock", BLOCK));
    let ranges = list((0..256).map(|n| format!("{n}.0.0.0/8")));
    for condition in [
        "\"StringEquals\":{\"aws:userid\":\"anonymous\"}".to_owned(),
        format!("\"IpAddress\":{{\"aws:SourceIp\":[{ranges}]}}"),
        "\"ForAllValues:StringEquals\":{\"aws:PrincipalArn\":\"arn:aws:iam::000000000001:user/alice\"}"
            .to_owned(),
        "\"Null\":{\"aws:SourceVpce\":\"true\"}".to_owned(),
    ] {
        let open = policy("Allow", "\"s3:GetObject\"", &format!("{OBJECTS},\"Condition\":{{{condition}}}"));
        check(&owner.send(with_digest("PUT", "/photos?policy", &open)), 403, "AccessDenied");
    }
    let narrow = format!("{OBJECTS},\"Condition\":{{\"IpAddress\":{{\"aws:SourceIp\":\"127.0.0.0/8\"}}}}");
    set(&mut owner, &policy("Allow", "\"s3:GetObject\"", &narrow));
    assert_eq!(server.anonymous().call("GET", "/photos/cat.jpg").status, 200);
}

#[test]
fn a_tag_without_a_value_escapes_no_condition() {
    let server = Server::start();
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let mut alice = server.client_as(credentials(&ok(&mut main, "CreateAccessKey&UserName=alice")));
    let text = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"*\"},\
        {\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"Resource\":\"*\",\"Condition\":{\"Null\":{\"aws:RequestTag/admin\":\"false\"}}}]}";
    let document = tests::client::value(text);
    ok(&mut main, &format!("PutUserPolicy&UserName=alice&PolicyName=own&PolicyDocument={document}"));
    let trust = tests::client::value(
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"000000000001\"},\"Action\":\"sts:*\"}}",
    );
    ok(&mut main, &format!("CreateRole&RoleName=reader&AssumeRolePolicyDocument={trust}"));
    let made = ok(&mut main, &format!("CreatePolicy&PolicyName=own&PolicyDocument={document}"));
    let arn = element(&made, "Arn");
    for operation in [
        "CreateUser&UserName=bob".to_owned(),
        format!("CreateRole&RoleName=other&AssumeRolePolicyDocument={trust}"),
        format!("CreatePolicy&PolicyName=other&PolicyDocument={document}"),
        "CreateVirtualMFADevice&VirtualMFADeviceName=phone".to_owned(),
        "TagUser&UserName=alice".to_owned(),
        "TagRole&RoleName=reader".to_owned(),
        format!("TagPolicy&PolicyArn={arn}"),
    ] {
        for (tags, status, code) in [
            ("&Tags.member.1.Key=admin", 400, "ValidationError"),
            ("&Tags.member.1.Value=x", 400, "ValidationError"),
            ("&Tags.member.1.Key=team&Tags.member.1.Value=a&Tags.member.2.Key=admin", 400, "ValidationError"),
            ("&Tags.member.1.Key=team&Tags.member.2.Key=admin&Tags.member.2.Value=x", 400, "ValidationError"),
            ("&Tags.member.1.Key=admin&Tags.member.1.Value=", 403, "AccessDenied"),
            ("&Tags.member.1.Key=ADMIN&Tags.member.1.Value=x", 403, "AccessDenied"),
        ] {
            check(&call(&mut alice, &format!("{operation}{tags}")), status, code);
        }
        assert_eq!(
            call(&mut alice, &format!("{operation}&Tags.member.1.Key=team&Tags.member.1.Value=a")).status,
            200
        );
    }
}
