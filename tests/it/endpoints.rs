//! Named listeners: what comes through one is told by policies, and limited by the endpoint's own.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::{Server, free_ports, write_config};
use tests::sign::{ALT, MAIN};
use tests::workspace;

fn named(port: u16, endpoint: &str, more: &str) -> String {
    format!("[[listeners]]\naddress = \"127.0.0.1:{port}\"\nendpoint = \"{endpoint}\"\n{more}\n")
}

fn put_policy(client: &mut Client, policy: &str) -> Response {
    let digest = BASE64.encode(md5(policy.as_bytes()));
    client.send(Request::new("PUT", "/photos?policy").header("content-md5", &digest).body(policy))
}

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

/// One statement about everything in `photos`.
fn statement(effect: &str, condition: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
         \"Resource\":[\"arn:aws:s3:::photos\",\"arn:aws:s3:::photos/*\"],\"Condition\":{condition}}}]}}"
    )
}

const READ_PHOTOS: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\
    \"Action\":[\"s3:GetObject\",\"s3:GetBucketPolicy\"],\"Resource\":[\"arn:aws:s3:::photos\",\"arn:aws:s3:::photos/*\"]},\
    {\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/secret*\"}]}";

#[test]
fn the_policy_of_an_endpoint_limits_everybody_who_comes_through_it() {
    let [port, limited, open] = free_ports();
    let listeners = named(limited, "vpce-0a1b", "policy = \"endpoint.json\"")
        + &named(open, "vpce-0c2d", "vpc = \"vpc-1\"");
    let server = Server::start_configured(port, &listeners, &[("endpoint.json", READ_PHOTOS)]);
    let mut owner = server.client();
    for (target, body) in
        [("/photos", ""), ("/photos/cat.jpg", "a cat"), ("/photos/secret", "s"), ("/other", "")]
    {
        owner.put(target, body);
    }
    owner.put("/other/dog.jpg", "a dog");
    let mut through = Client::new(limited, Some(MAIN));
    assert_eq!(through.get("/photos/cat.jpg").text(), "a cat");
    for (method, target) in [
        ("GET", "/photos/secret"),
        ("GET", "/other/dog.jpg"),
        ("GET", "/photos"),
        ("GET", "/photos?acl"),
        ("GET", "/"),
        ("PUT", "/photos/cat.jpg"),
        ("PUT", "/another"),
        ("DELETE", "/photos/cat.jpg"),
        ("DELETE", "/photos?policy"),
        // Who may not list learns nothing of what is not there.
        ("GET", "/photos/missing"),
    ] {
        check(&through.call(method, target), 403, "AccessDenied");
    }
    check(&through.call("GET", "/photos?policy"), 404, "NoSuchBucketPolicy");
    // Calls of IAM come through it as well.
    let list = Request::new("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("Action=ListUsers&Version=2010-05-08");
    assert_eq!(through.send(list.clone()).status, 403);
    assert_eq!(Client::new(open, Some(MAIN)).send(list).status, 200);
    // It gives nothing to those who have nothing, and takes from those to whom others give.
    let (mut stranger, mut nobody) = (Client::new(limited, Some(ALT)), Client::new(limited, None));
    check(&stranger.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&nobody.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    let everybody = statement("Allow", "{\"StringLike\":{\"aws:SourceVpce\":\"vpce-0?1b\"}}");
    assert_eq!(put_policy(&mut owner, &everybody).status, 204);
    for client in [&mut stranger, &mut nobody] {
        assert_eq!(client.get("/photos/cat.jpg").text(), "a cat");
        check(&client.call("GET", "/photos/secret"), 403, "AccessDenied");
        check(&client.call("PUT", "/photos/new"), 403, "AccessDenied");
    }
    // By another way there is no such limit.
    check(&server.anonymous().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    assert_eq!(Client::new(open, Some(MAIN)).get("/photos/secret").text(), "s");
    assert_eq!(owner.get("/photos/secret").text(), "s");
}

#[test]
fn conditions_tell_endpoints_apart() {
    let [port, first, second] = free_ports();
    let listeners = named(first, "vpce-0a1b", "vpc = \"vpc-1\"") + &named(second, "vpce-0c2d", "");
    let server = Server::start_configured(port, &listeners, &[]);
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "a cat");
    let mut status = |condition: &str| {
        assert_eq!(put_policy(&mut owner, &statement("Deny", condition)).status, 204);
        [server.port(), first, second]
            .map(|port| Client::new(port, Some(MAIN)).call("GET", "/photos/cat.jpg").status)
    };
    assert_eq!(status("{\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-0a1b\"}}"), [403, 200, 403]);
    assert_eq!(status("{\"StringNotEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}"), [403, 200, 403]);
    assert_eq!(status("{\"Null\":{\"aws:SourceVpce\":\"false\"}}"), [200, 403, 403]);
    assert_eq!(status("{\"IpAddress\":{\"aws:SourceIp\":\"127.0.0.0/8\"}}"), [403, 200, 200]);
    assert_eq!(status("{\"IpAddress\":{\"aws:VpcSourceIp\":\"127.0.0.0/8\"}}"), [200, 403, 403]);
    // A header is no endpoint.
    let claimed = Request::new("GET", "/photos/cat.jpg").header("x-amz-source-vpce", "vpce-0a1b");
    assert_eq!(
        put_policy(&mut owner, &statement("Deny", "{\"Null\":{\"aws:SourceVpce\":\"true\"}}")).status,
        204
    );
    check(&owner.send(claimed), 403, "AccessDenied");
}

#[test]
fn what_cannot_be_a_policy_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], policy: &str| {
        let listener = named(0, "vpce-0a1b", "policy = \"endpoint.json\"");
        let config = write_config(folder.path(), &listener, &[("endpoint.json", policy)]);
        let output = Command::new(workspace::binary())
            .args(arguments)
            .arg("--config")
            .arg(config)
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path().join("data"))
            .arg("--cache-dir")
            .arg(workspace::target().join("tests-cache"))
            .current_dir(workspace::root())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (policy, expected) in [
        ("", "first byte must be '{'"),
        ("{\"Version\":\"2012-10-17\"}", "Statement"),
        ("{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}", "Principal"),
        (
            "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:Fly\",\"Resource\":\"*\"}]}",
            "invalid action",
        ),
    ] {
        for arguments in [&["serve"][..], &["config", "check"]] {
            let (accepted, why) = run(arguments, policy);
            assert!(!accepted && why.contains("vpce-0a1b") && why.contains(expected), "{arguments:?}: {why}");
            assert!(!folder.path().join("data").exists(), "nothing is made before: {arguments:?}");
        }
    }
    assert_eq!(run(&["config", "check"], READ_PHOTOS), (true, String::new()));
}
