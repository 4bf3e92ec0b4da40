//! Denials and their explanations: what the operator is told, what the client is not, and what
//! policies would say.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{Credentials, MAIN};
use tests::workspace;

const CLOSED: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"OfficeOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\
    \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\",\
    \"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":[\"10.9.8.0/24\"]}}}]}";

/// Exit status, standard output, standard error.
fn portcullis(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(workspace::binary())
        .args(arguments)
        .env_remove("PORTCULLIS_BIN")
        .current_dir(workspace::root())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn explain(data: &Path, question: &[&str]) -> (i32, String, String) {
    portcullis(&[&["explain", "--data-dir", data.to_str().unwrap()], question].concat())
}

/// The explanation of an answer.
fn explained(server: &Server, answer: &Response) -> Value {
    let id = answer.header("x-amz-request-id").unwrap();
    let (status, text, error) = explain(server.data(), &["--json", "--request-id", id]);
    assert_eq!(status, 0, "{error}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["request_id"], id);
    document
}

fn put_policy(client: &mut Client, target: &str, policy: &str) {
    let request = Request::new("PUT", target).header("content-md5", &BASE64.encode(md5(policy.as_bytes())));
    assert_eq!(client.send(request.body(policy)).status, 204);
}

fn call(client: &mut Client, form: &str) -> Response {
    let request = Request::new("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("{form}&Version=2010-05-08").into_bytes());
    client.send(request)
}

fn element(document: &str, name: &str) -> String {
    document.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// A user of the main account without any policy.
fn alice(server: &Server) -> Client {
    let mut main = server.client();
    assert_eq!(call(&mut main, "Action=CreateUser&UserName=alice").status, 200);
    let made = call(&mut main, "Action=CreateAccessKey&UserName=alice").text();
    server.client_as(Credentials {
        access_key_id: element(&made, "AccessKeyId").leak(),
        secret_access_key: element(&made, "SecretAccessKey").leak(),
    })
}

#[test]
fn a_denial_is_explained_to_the_operator_and_not_to_the_client() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let mut alice = alice(&server);

    let silent = alice.call("GET", "/photos/cat.jpg");
    let document = explained(&server, &silent);
    assert_eq!(
        (&document["outcome"], &document["reason"]),
        (&"implicitDeny".into(), &"no statement allows s3:GetObject".into())
    );
    assert_eq!(document["principal"]["arn"], "arn:aws:iam::000000000001:user/alice");

    put_policy(&mut main, "/photos?policy", CLOSED);
    let denied = alice.call("GET", "/photos/cat.jpg");
    assert_eq!((denied.status, denied.code().as_str()), (403, "AccessDenied"));
    for leak in ["OfficeOnly", "SourceIp", "10.9.8.0", "policy", "Statement"] {
        assert!(!denied.text().contains(leak), "{leak} in {}", denied.text());
    }
    let document = explained(&server, &denied);
    assert_eq!(document["reason"], "explicit deny in the resource policy photos, statement OfficeOnly");
    assert_eq!((&document["operation"], &document["action"]), (&"GetObject".into(), &"s3:GetObject".into()));
    assert_eq!(document["resource"], "arn:aws:s3:::photos/cat.jpg");
    let condition = &document["considered"][0]["statements"][0]["conditions"][0];
    assert_eq!(condition["request_values"], serde_json::json!(["127.0.0.1"]));
    assert_eq!(condition["policy_values"], serde_json::json!(["10.9.8.0/24"]));

    let (status, text, _) =
        explain(server.data(), &["--request-id", denied.header("x-amz-request-id").unwrap()]);
    assert_eq!(status, 0);
    for line in
        ["reason: explicit deny in the resource policy photos, statement OfficeOnly", "key: aws:SourceIp"]
    {
        assert!(text.contains(line), "{text}");
    }

    // What was allowed leaves nothing, and the latest come first.
    assert_eq!(call(&mut main, "Action=ListUsers").status, 200);
    let (_, text, _) = explain(server.data(), &["--json", "--latest", "10"]);
    let latest: Value = serde_json::from_str(&text).unwrap();
    let outcomes: Vec<&str> = latest["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["explicitDeny", "implicitDeny"]);
}

#[test]
fn every_way_to_be_denied_is_explained() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let mut alice = alice(&server);

    // A call of IAM.
    let document = explained_form(&server, &call(&mut alice, "Action=ListUsers"));
    assert_eq!(document["reason"], "no statement allows iam:ListUsers");
    // An object that is not there.
    let document = explained(&server, &server.other_client().call("GET", "/photos/dog.jpg"));
    assert_eq!(document["action"], "s3:ListBucket");
    assert!(document["note"].as_str().unwrap().starts_with("there is no such object"));
    // Nobody, and nothing in particular.
    let document = explained(&server, &server.anonymous().call("GET", "/photos/cat.jpg"));
    assert_eq!(document["principal"]["kind"], "anonymous");
    explained(&server, &server.anonymous().call("GET", "/"));
    // Objects that the body names.
    let delete = "<Delete><Object><Key>cat.jpg</Key></Object></Delete>";
    let request =
        Request::new("POST", "/photos?delete").header("content-md5", &BASE64.encode(md5(delete.as_bytes())));
    let answer = server.other_client().send(request.body(delete));
    assert!(answer.status == 403 || answer.text().contains("AccessDenied"), "{}", answer.text());
    assert_eq!(explained(&server, &answer)["action"], "s3:DeleteObject");
}

fn explained_form(server: &Server, answer: &Response) -> Value {
    assert_eq!(answer.status, 403, "{}", answer.text());
    explained(server, answer)
}

#[test]
fn who_was_not_believed_is_explained_without_secrets() {
    let server = Server::start();
    let wrong = Credentials { secret_access_key: "not the secret", ..MAIN };
    let refused = server.client_as(wrong).call("GET", "/photos/cat.jpg");
    assert_eq!(refused.code(), "SignatureDoesNotMatch");
    let document = explained(&server, &refused);
    assert_eq!(document["outcome"], "SignatureDoesNotMatch");
    assert_eq!(document["principal"]["kind"], "unknown");
    assert_eq!(document["principal"]["access_key_id"], MAIN.access_key_id);
    let signature = element(&refused.text(), "SignatureProvided");
    let text = document.to_string();
    assert!(!text.contains(&signature) && !text.contains("not the secret"), "{text}");
    let unknown = Credentials { access_key_id: "AKIANOBODY0000000000", secret_access_key: "x" };
    let document = explained(&server, &server.client_as(unknown).call("GET", "/"));
    assert_eq!(document["outcome"], "InvalidAccessKeyId");
    assert_eq!(document["principal"]["access_key_id"], "AKIANOBODY0000000000");
}

#[test]
fn a_flood_of_denials_is_not_explained_as_a_whole() {
    let server = Server::start_with(&["--explanations-per-second-max", "3", "--explanations-count-max", "5"]);
    let mut anonymous = server.anonymous();
    for _ in 0..200 {
        assert_eq!(anonymous.call("GET", "/").status, 403);
    }
    let (_, text, _) = explain(server.data(), &["--json", "--latest", "100"]);
    let latest: Value = serde_json::from_str(&text).unwrap();
    let count = latest["explanations"].as_array().unwrap().len();
    assert!((1..=5).contains(&count), "{count}");
    let off = Server::start_with(&["--explanations-count-max", "0"]);
    assert_eq!(off.anonymous().call("GET", "/").status, 403);
    let (status, text, _) = explain(off.data(), &["--latest"]);
    assert_eq!((status, text.as_str()), (0, "no denials are explained yet\n"));
}

#[test]
fn without_a_server_and_without_an_explanation_the_command_says_so() {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let mut server = Server::start();
    let socket = server.data().join("admin.sock");
    let found = std::fs::symlink_metadata(&socket).unwrap();
    assert!(found.file_type().is_socket() && found.mode() & 0o777 == 0o600, "{found:?}");
    let (status, _, error) = explain(server.data(), &["--request-id", "NOSUCHREQUEST000"]);
    assert!(
        status == 1 && error.contains("nothing is kept of a request NOSUCHREQUEST000"),
        "{status} {error}"
    );
    assert_eq!(explain(server.data(), &["--request-id", "../x"]).0, 2);
    // A server that was killed leaves its socket, and the next one replaces it.
    server.kill();
    let (status, _, error) = explain(server.data(), &["--latest"]);
    assert!(status == 2 && error.contains("no server runs on the data folder"), "{status} {error}");
    server.start_again();
    assert_eq!(explain(server.data(), &["--latest"]).0, 0);
    server.terminate();
    assert!(server.wait(std::time::Duration::from_secs(30)).is_some());
    assert!(!socket.exists());
    assert!(server.check().is_ok());
}

/// Files in a folder, and the flags that keep the compiled pipeline of the tests.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn of(files: &[(&str, &str)]) -> Files {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Files { folder }
    }

    fn run(&self, command: &str, arguments: &[&str]) -> (i32, String, String) {
        let cache = workspace::target().join("tests-cache");
        let output = Command::new(workspace::binary())
            .args(["policy", command, "--cache-dir"])
            .arg(cache)
            .args(arguments)
            .env_remove("PORTCULLIS_BIN")
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn policies_in_files_are_looked_at() {
    let files = Files::of(&[
        (
            "good.json",
            "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\"}}",
        ),
        (
            "typo.json",
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Sid\": \"Read\", \"Effect\": \"Allow\", \"Action\": \"s3:GetObjekt\", \"Resource\": \"*\"}]\n}",
        ),
        (
            "public.json",
            "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\"}}",
        ),
        ("broken.json", "{\"Version\":"),
    ]);
    let (status, text, _) = files.run("lint", &["good.json"]);
    assert_eq!((status, text.as_str()), (0, "good.json: nothing is suspicious\n"));
    let (status, text, _) = files.run("lint", &["good.json", "typo.json"]);
    assert_eq!(status, 1);
    let line = "typo.json:3: error: unknown-action: s3:GetObjekt: S3 has no such action, so the statement never applies to \
                one; did you mean s3:GetObject? (statement Read)\n";
    assert!(text.ends_with(line), "{text}");
    let (status, text, _) = files.run("lint", &["--json", "public.json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 1);
    assert_eq!(found[0]["findings"][0]["code"], "public-grant");
    assert_eq!(found[0]["findings"][0]["severity"], "warning");
    // As an identity policy, it is none.
    let (status, text, _) = files.run("lint", &["--kind", "identity", "public.json"]);
    assert!(status == 1 && text.contains("malformed: Policy document"), "{text}");
    let (status, text, _) = files.run("lint", &["broken.json"]);
    assert!(status == 1 && text.starts_with("broken.json: error: malformed: "), "{text}");
    let (status, _, error) = files.run("lint", &["absent.json"]);
    assert!(status == 2 && error.contains("reading absent.json"), "{error}");
}

#[test]
fn requests_that_nobody_made_are_judged() {
    let files = Files::of(&[
        (
            "read.json",
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Read\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\
             \"Resource\":\"arn:aws:s3:::photos/*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}}]}",
        ),
        (
            "bucket.json",
            "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:user/alice\"},\
             \"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::photos/*\"}}",
        ),
    ]);
    let asked =
        ["--policy", "read.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::photos/cat.jpg"];
    let inside = [&asked[..], &["--context", "aws:SourceIp=10.1.2.3"]].concat();
    let (status, text, error) = files.run("simulate", &inside);
    assert_eq!(status, 0, "{error}");
    assert_eq!(
        text,
        "allowed       s3:GetObject arn:aws:s3:::photos/cat.jpg\n    by read.json, statement Read (line 1, column 38)\n"
    );
    let (status, text, _) = files.run("simulate", &asked);
    assert_eq!(status, 1);
    assert!(text.ends_with("    asked for and not given: aws:SourceIp\n"), "{text}");
    let across = [
        "--json",
        "--resource-policy",
        "bucket.json",
        "--caller-arn",
        "arn:aws:iam::111122223333:user/alice",
        "--action",
        "s3:PutObject,s3:GetObject",
        "--resource",
        "arn:aws:s3:::photos/cat.jpg",
    ];
    let (status, text, error) = files.run("simulate", &across);
    assert_eq!(status, 1, "{error}");
    let results: Value = serde_json::from_str(&text).unwrap();
    let results = results["EvaluationResults"].as_array().unwrap();
    assert_eq!(
        (&results[0]["EvalActionName"], &results[0]["EvalDecision"]),
        (&"s3:PutObject".into(), &"allowed".into())
    );
    assert_eq!(results[0]["MatchedStatements"][0]["SourcePolicyId"], "bucket.json");
    assert_eq!(results[1]["EvalDecision"], "implicitDeny");
    let (status, _, error) = files.run("simulate", &["--action", "s3:*"]);
    assert!(status == 2 && error.contains("is not the name of an action"), "{error}");
}

#[test]
fn a_user_is_simulated_over_its_api() {
    let server = Server::start();
    let mut main = server.client();
    alice(&server);
    let simulate = "Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::000000000001:user/alice&\
                    ActionNames.member.1=s3:GetObject&ResourceArns.member.1=arn:aws:s3:::photos/cat.jpg";
    let decision = |main: &mut Client| element(&call(main, simulate).text(), "EvalDecision");
    assert_eq!(decision(&mut main), "implicitDeny");
    let attach =
        "Action=AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    assert_eq!(call(&mut main, attach).status, 200);
    assert_eq!(decision(&mut main), "allowed");
}

const ALL_ON: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
    <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
    <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

const OPEN: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\
    \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\"}]}";

fn with_md5(method: &str, target: &str, body: &'static str) -> Request {
    Request::new(method, target).header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body)
}

/// `level: switch` of each, in order.
fn blocked_by(document: &Value) -> Vec<String> {
    let of = |own: &Value| format!("{}: {}", own["level"].as_str().unwrap(), own["switch"].as_str().unwrap());
    document["blocked_by"].as_array().map(|all| all.iter().map(of).collect()).unwrap_or_default()
}

#[test]
fn block_public_access_names_the_switch_the_level_and_the_command() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.expect(Request::new("PUT", "/photos/cat.jpg").header("x-amz-acl", "public-read").body("cat"));
    put_policy(&mut main, "/photos?policy", OPEN);
    main.expect(with_md5("PUT", "/photos?publicAccessBlock", ALL_ON));

    // What would be public is not let in.
    let refused = main.send(with_md5("PUT", "/photos?policy", OPEN));
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    let words = "User: arn:aws:iam::000000000001:root is not authorized to perform: s3:PutBucketPolicy on resource: \
                 &quot;arn:aws:s3:::photos&quot; because public policies are blocked by the BlockPublicPolicy block \
                 public access setting.";
    let text = refused.text().replace('"', "&quot;");
    assert!(text.contains(words), "{text}");
    let document = explained(&server, &refused);
    assert_eq!(document["action"], "s3:PutBucketPolicy");
    assert_eq!(blocked_by(&document), ["bucket: BlockPublicPolicy"]);
    let command = document["blocked_by"][0]["turned_off_by"].as_str().unwrap();
    assert!(command.starts_with("aws s3api put-public-access-block --bucket photos "), "{command}");
    assert!(
        command.contains("BlockPublicAcls=true") && command.contains("BlockPublicPolicy=false"),
        "{command}"
    );

    let public = Request::new("PUT", "/photos/dog.jpg").header("x-amz-acl", "public-read").body("dog");
    let refused = main.send(public);
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    assert!(refused.text().contains("s3:PutObject on resource"), "{}", refused.text());
    assert!(refused.text().contains("(ACLs) are blocked by the BlockPublicAcls"), "{}", refused.text());
    assert_eq!(blocked_by(&explained(&server, &refused)), ["bucket: BlockPublicAcls"]);

    // What was public before is not any more, for both reasons.
    let read = server.anonymous().call("GET", "/photos/cat.jpg");
    assert_eq!(read.status, 403);
    let document = explained(&server, &read);
    assert_eq!(blocked_by(&document), ["bucket: IgnorePublicAcls", "bucket: RestrictPublicBuckets"]);

    // The account blocks it in all of its buckets.
    main.expect(Request::new("DELETE", "/photos?publicAccessBlock"));
    assert_eq!(server.anonymous().call("GET", "/photos/cat.jpg").status, 200);
    let account = with_md5("PUT", "/v20180820/configuration/publicAccessBlock", ALL_ON);
    main.expect(account.header("x-amz-account-id", "000000000001"));
    let refused = main.send(with_md5("PUT", "/photos?policy", OPEN));
    let document = explained(&server, &refused);
    assert_eq!(blocked_by(&document), ["account: BlockPublicPolicy"]);
    let command = document["blocked_by"][0]["turned_off_by"].as_str().unwrap();
    assert!(
        command.starts_with("aws s3control put-public-access-block --account-id 000000000001 "),
        "{command}"
    );
}

#[test]
fn a_wrong_signature_shows_what_the_server_saw() {
    let server = Server::start();
    let mut wrong = server.client_as(Credentials { secret_access_key: "no such secret at all", ..MAIN });
    let request =
        Request::new("GET", "/photos/a%2520b?list-type=2").header("x-forwarded-host", "files.example.com");
    let refused = wrong.send(request);
    assert_eq!((refused.status, refused.code().as_str()), (403, "SignatureDoesNotMatch"));
    for element in
        ["StringToSign", "CanonicalRequest", "SignatureProvided", "AWSAccessKeyId", "StringToSignBytes"]
    {
        assert!(refused.text().contains(&format!("<{element}>")), "{element}");
    }
    let document = explained(&server, &refused);
    let seen = &document["seen"];
    assert_eq!((&seen["method"], &seen["path"]), (&"GET".into(), &"/photos/a%2520b".into()));
    assert_eq!(seen["canonical_request"][1], "/photos/a%2520b");
    assert_eq!(seen["string_to_sign"][0], "AWS4-HMAC-SHA256");
    let hints = document["hints"].to_string();
    assert!(
        hints.contains("changed the host from files.example.com") && hints.contains("escaped twice"),
        "{hints}"
    );
    // Neither the signature that was sent nor the one that would have been right is in it.
    let sent = element(&refused.text(), "SignatureProvided");
    assert!(!document.to_string().contains(&sent), "{document}");
    let id = refused.header("x-amz-request-id").unwrap();
    let (_, text, _) = explain(server.data(), &["--request-id", id]);
    assert!(text.contains("\n  canonical request:\n    - GET\n    - /photos/a%2520b\n"), "{text}");
}
