//! Users, roles and sessions over HTTP: what was given is taken at once, on every worker.

use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, Credentials};

/// A call of IAM or STS.
pub(crate) fn call(client: &mut Client, form: &str) -> Response {
    let version = match ["AssumeRole&", "GetCallerIdentity", "GetSessionToken"]
        .iter()
        .any(|name| form.starts_with(name))
    {
        true => "2011-06-15",
        false => "2010-05-08",
    };
    let request = Request::new("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("Action={form}&Version={version}").into_bytes());
    client.send(request)
}

/// One that must work.
pub(crate) fn ok(client: &mut Client, form: &str) -> String {
    let response = call(client, form);
    assert_eq!(response.status, 200, "{form}: {}", response.text());
    response.text()
}

/// The text of an element.
pub(crate) fn element(document: &str, name: &str) -> String {
    let start =
        document.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("no {name} in {document}"));
    start.split('<').next().unwrap().to_owned()
}

/// The credentials in an answer.
pub(crate) fn credentials(document: &str) -> Credentials {
    Credentials {
        access_key_id: element(document, "AccessKeyId").leak(),
        secret_access_key: element(document, "SecretAccessKey").leak(),
    }
}

const ALLOW: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22\
                     %3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aphotos%2F*%22%7D%7D";

fn photos(server: &Server) {
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
}

#[test]
fn a_user_may_read_while_its_policy_says_so() {
    let server = Server::start();
    photos(&server);
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let mut alice = server.client_as(credentials(&ok(&mut main, "CreateAccessKey&UserName=alice")));
    let read = |alice: &mut Client| {
        let response = alice.call("GET", "/photos/cat.jpg");
        (response.status, if response.status == 200 { String::new() } else { response.code() })
    };
    let denied = (403, "AccessDenied".to_owned());
    assert_eq!(read(&mut alice), denied);
    ok(&mut main, &format!("PutUserPolicy&UserName=alice&PolicyName=read&PolicyDocument={ALLOW}"));
    assert_eq!(read(&mut alice), (200, String::new()));
    assert_eq!(alice.call("DELETE", "/photos/cat.jpg").status, 403);
    ok(&mut main, "DeleteUserPolicy&UserName=alice&PolicyName=read");
    assert_eq!(read(&mut alice), denied);
    let refused = call(&mut alice, "ListUsers");
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("is not authorized to perform: iam:ListUsers"), "{}", refused.text());
}

#[test]
fn a_key_that_was_deleted_is_unknown_and_a_wrong_secret_is_told_the_same() {
    let server = Server::start();
    photos(&server);
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let key = credentials(&ok(&mut main, "CreateAccessKey&UserName=alice"));
    let wrong = Credentials { secret_access_key: "not the secret", ..key };
    assert_eq!(server.client_as(wrong).call("GET", "/").code(), "SignatureDoesNotMatch");
    assert_eq!(server.client_as(key).call("GET", "/").code(), "AccessDenied");
    ok(&mut main, &format!("DeleteAccessKey&UserName=alice&AccessKeyId={}", key.access_key_id));
    assert_eq!(server.client_as(key).call("GET", "/").code(), "InvalidAccessKeyId");
}

#[test]
fn a_role_is_assumed_and_ends_with_its_session() {
    let server = Server::start();
    photos(&server);
    let mut main = server.client();
    let trust = ALLOW.replace("s3%3AGetObject", "sts%3AAssumeRole").replace(
        "%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aphotos%2F*%22",
        "%22Principal%22%3A%7B%22AWS%22%3A%22000000000001%22%7D",
    );
    ok(&mut main, &format!("CreateRole&RoleName=reader&AssumeRolePolicyDocument={trust}"));
    let assume = "AssumeRole&RoleArn=arn:aws:iam::000000000001:role/reader&RoleSessionName=session";
    // The account trusts itself: its users may where it lets them, and no root user may, its own
    // neither.
    assert_eq!(call(&mut server.other_client(), assume).status, 403);
    let other_root = Credentials {
        access_key_id: "ABCDEFGHIJKLMNOPQRST",
        secret_access_key: "abcdefghijklmnopqrstuvwxyzabcdefghijklmn",
    };
    for mut root in [server.client_as(other_root), server.client()] {
        let refused = call(&mut root, assume);
        assert_eq!((refused.status, refused.code()), (403, "AccessDenied".to_owned()));
        assert!(refused.text().contains("Roles may not be assumed by root accounts."), "{}", refused.text());
    }
    ok(&mut main, "CreateUser&UserName=alice");
    let mut alice = server.client_as(credentials(&ok(&mut main, "CreateAccessKey&UserName=alice")));
    assert_eq!(call(&mut alice, assume).status, 403);
    let may =
        ALLOW.replace("s3%3AGetObject", "sts%3AAssumeRole").replace("arn%3Aaws%3As3%3A%3A%3Aphotos%2F*", "*");
    ok(&mut main, &format!("PutUserPolicy&UserName=alice&PolicyName=assume&PolicyDocument={may}"));
    let made = ok(&mut alice, assume);
    let (key, token) = (credentials(&made), element(&made, "SessionToken"));
    let mut client = server.anonymous();
    let mut get = |token: &str| {
        let host = format!("127.0.0.1:{}", server.port());
        let request = Request::new("GET", "/photos/cat.jpg")
            .header("host", &host)
            .header("x-amz-security-token", token);
        let response = client.send(sign::sign(request, &key, sign::Payload::Signed));
        (response.status, if response.status == 200 { String::new() } else { response.code() })
    };
    assert_eq!(get(&token), (403, "AccessDenied".to_owned()));
    ok(&mut main, &format!("PutRolePolicy&RoleName=reader&PolicyName=read&PolicyDocument={ALLOW}"));
    assert_eq!(get(&token), (200, String::new()));
    assert_eq!(get(&token[1..]), (400, "InvalidToken".to_owned()));
    ok(&mut main, "DeleteRolePolicy&RoleName=reader&PolicyName=read");
    assert_eq!(get(&token), (403, "AccessDenied".to_owned()));
    ok(&mut main, "DeleteRole&RoleName=reader");
    assert_eq!(get(&token), (400, "InvalidToken".to_owned()));
}

#[test]
fn a_form_that_was_changed_on_its_way_is_refused() {
    let server = Server::start();
    let client = server.client();
    let host = format!("127.0.0.1:{}", server.port());
    let request = Request::new("POST", "/")
        .header("host", &host)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(b"Action=CreateUser&UserName=alice&Version=2010-05-08".to_vec());
    let signed = client.signed(request, sign::Payload::Signed);
    let changed = signed.clone().body(b"Action=CreateUser&UserName=mallo&Version=2010-05-08".to_vec());
    let refused = server.anonymous().try_send_as_is(&changed).unwrap();
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("XAmzContentSHA256Mismatch"), "{}", refused.text());
    assert_eq!(server.anonymous().try_send_as_is(&signed).unwrap().status, 200);
}

#[test]
fn calls_need_credentials() {
    let server = Server::start();
    let refused = call(&mut server.anonymous(), "ListUsers");
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("<Code>MissingAuthenticationToken</Code>"), "{}", refused.text());
}

#[test]
fn what_is_stored_outlives_the_server() {
    let mut server = Server::start();
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let key = credentials(&ok(&mut main, "CreateAccessKey&UserName=alice"));
    server.kill();
    server.start_again();
    let who = ok(&mut server.client_as(key), "GetCallerIdentity");
    assert_eq!(element(&who, "Arn"), "arn:aws:iam::000000000001:user/alice");
}
