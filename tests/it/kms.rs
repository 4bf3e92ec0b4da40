//! Keys with names: defaults of buckets, and who may use which key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::process::Command;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::{Server, free_ports, write_config};
use tests::workspace;

use crate::iam::{credentials, element, ok};

const SSE: &str = "x-amz-server-side-encryption";
const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
/// The key of `tests/conformance.toml`.
const TESTKEY: &str = "arn:aws:kms:us-east-1:000000000001:key/testkey-1";

/// Keys besides those of `tests/conformance.toml`: one that two accounts share, and one that is
/// off.
const KEYS: &str = "[[kms_keys]]\nid = \"shared\"\naccount = \"000000000001\"\nalias = [\"alias/shared\"]\npolicy = \"shared.json\"\n\
                    [[kms_keys]]\nid = \"off\"\naccount = \"000000000001\"\nenabled = false\n";
/// The account of the key leaves it to its own policies; another account may read what is below
/// `photos/public/`.
const SHARED: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"AWS":"000000000001"},"Action":"kms:*","Resource":"*"},
    {"Effect":"Allow","Principal":{"AWS":"000000000002"},"Action":"kms:Decrypt","Resource":"*",
     "Condition":{"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::photos/public/*"},
                  "StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}]}"#;

fn start() -> Server {
    let [port] = free_ports();
    Server::start_configured(port, KEYS, &[("shared.json", SHARED)])
}

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

/// The default of a bucket: a key, or the deployment's own.
fn put_default(client: &mut Client, bucket: &str, key: Option<&str>, more: &str) -> Response {
    let default = match key {
        Some(key) => format!("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"),
        None => "<SSEAlgorithm>AES256</SSEAlgorithm>".to_owned(),
    };
    let body = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{default}\
         </ApplyServerSideEncryptionByDefault>{more}</Rule></ServerSideEncryptionConfiguration>"
    );
    let digest = BASE64.encode(md5(body.as_bytes()));
    client
        .send(Request::new("PUT", &format!("/{bucket}?encryption")).header("content-md5", &digest).body(body))
}

fn under(key: &str, target: &str) -> Request {
    Request::new("PUT", target).header(SSE, "aws:kms").header(KEY_ID, key).body("a cat")
}

/// What an answer says of sealing.
fn told(answer: &Response) -> (Option<&str>, Option<&str>) {
    (answer.header(SSE), answer.header(KEY_ID))
}

const OWN: (Option<&str>, Option<&str>) = (Some("AES256"), None);
const NAMED: (Option<&str>, Option<&str>) = (Some("aws:kms"), Some("testkey-1"));

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A policy that allows actions, on everything.
fn allow(actions: &[&str]) -> String {
    let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
    encoded(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":[{}],"Resource":"*"}}}}"#,
        actions.join(",")
    ))
}

/// A user of IAM in the account of the main user.
fn make_user(server: &Server, name: &str) -> Client {
    let mut main = server.client();
    ok(&mut main, &format!("CreateUser&UserName={name}"));
    server.client_as(credentials(&ok(&mut main, &format!("CreateAccessKey&UserName={name}"))))
}

fn let_user(server: &Server, name: &str, actions: &[&str]) {
    let policy = allow(actions);
    let form = format!("PutUserPolicy&UserName={name}&PolicyName=own&PolicyDocument={policy}");
    ok(&mut server.client(), &form);
}

#[test]
fn a_bucket_that_blocks_keys_of_clients_blocks_parts_under_them() {
    let server = Server::start_with(&["--variable", "block_sse_c=true"]);
    let mut main = server.client();
    main.put("/photos", "");
    let begun = main.call("POST", "/photos/cat.jpg?uploads");
    let target = format!("/photos/cat.jpg?partNumber=1&uploadId={}", element(&begun.text(), "UploadId"));
    let part = |name: &str, value: &str| Request::new("PUT", &target).header(name, value).body("a cat");
    let blocked = main.send(part("x-amz-server-side-encryption-customer-algorithm", "AES256"));
    check(&blocked, 403, "AccessDenied");
    // What else a part says of sealing is not looked at, here as elsewhere.
    assert_eq!(main.send(part(SSE, "AES128")).status, 200);
}

#[test]
fn answers_call_a_key_by_its_arn_unless_told_otherwise() {
    let server = Server::start_with(&["--variable", "kms_key_names=arn"]);
    let mut main = server.client();
    main.put("/photos", "");
    for name in ["testkey-1", "alias/testkey-1", TESTKEY] {
        let put = main.send(under(name, "/photos/cat.jpg"));
        assert_eq!(told(&put), (Some("aws:kms"), Some(TESTKEY)), "{name}");
        assert_eq!(told(&main.get("/photos/cat.jpg")), (Some("aws:kms"), Some(TESTKEY)));
    }
}

#[test]
fn the_default_of_a_bucket_holds_for_writes_that_say_nothing() {
    let server = start();
    let mut main = server.client();
    main.put("/photos", "");
    let target = "/photos/cat.jpg";
    let put = |main: &mut Client| main.send(Request::new("PUT", target).body("a cat"));
    assert_eq!(told(&put(&mut main)), OWN);
    for key in ["testkey-1", "alias/testkey-1", TESTKEY] {
        assert_eq!(put_default(&mut main, "photos", Some(key), "").status, 200);
        assert_eq!(told(&put(&mut main)), NAMED, "{key}");
        let read = main.get(target);
        assert_eq!((told(&read), read.text().as_str()), (NAMED, "a cat"));
        assert_eq!(told(&main.call("HEAD", target)), NAMED);
        assert!(main.get("/photos?encryption").text().contains(&format!("<KMSMasterKeyID>{key}<")));
    }
    // What a request says goes first.
    let own = main.send(Request::new("PUT", target).header(SSE, "AES256").body("a cat"));
    assert_eq!(told(&own), OWN);
    let other = main.send(under("testkey-2", target));
    assert_eq!(other.header(KEY_ID), Some("testkey-2"));
    // What is written stays as it is.
    assert_eq!(put(&mut main).status, 200);
    assert_eq!(main.call("DELETE", "/photos?encryption").status, 204);
    assert_eq!(told(&main.get(target)), NAMED);
    assert_eq!(told(&put(&mut main)), OWN);
    // A name is not looked for before it is used.
    assert_eq!(put_default(&mut main, "photos", Some("nothing"), "").status, 200);
    check(&put(&mut main), 400, "KMS.NotFoundException");
    assert_eq!(put_default(&mut main, "photos", Some("off"), "").status, 200);
    check(&put(&mut main), 400, "KMS.DisabledException");
}

#[test]
fn objects_are_wrapped_for_the_bucket_where_it_says_so() {
    let server = start();
    let mut main = server.client();
    main.put("/photos", "");
    let enabled = "x-amz-server-side-encryption-bucket-key-enabled";
    assert_eq!(
        put_default(&mut main, "photos", Some("testkey-1"), "<BucketKeyEnabled>true</BucketKeyEnabled>")
            .status,
        200
    );
    let put = main.send(Request::new("PUT", "/photos/cat.jpg").body("a cat"));
    assert_eq!((told(&put), put.header(enabled)), (NAMED, Some("true")));
    let read = main.get("/photos/cat.jpg");
    assert_eq!((read.header(enabled), read.text().as_str()), (Some("true"), "a cat"));
    let without = main.send(under("testkey-1", "/photos/dog.jpg").header(enabled, "false"));
    assert_eq!((without.status, without.header(enabled)), (200, None));
}

#[test]
fn a_user_of_iam_needs_the_key_as_well() {
    let server = start();
    let mut main = server.client();
    main.put("/photos", "");
    put_default(&mut main, "photos", Some("testkey-1"), "");
    main.put("/photos/cat.jpg", "a cat");
    let mut alice = make_user(&server, "alice");
    let put = |alice: &mut Client| alice.send(Request::new("PUT", "/photos/dog.jpg").body("a dog"));
    let denied = |answer: &Response, action: &str| {
        check(answer, 403, "AccessDenied");
        let expected = format!(
            "User: arn:aws:iam::000000000001:user/alice is not authorized to perform: {action} on resource: {TESTKEY} \
             because no identity-based policy allows the {action} action"
        );
        assert_eq!(element(&answer.text(), "Message"), expected);
    };
    let_user(&server, "alice", &["s3:*"]);
    denied(&put(&mut alice), "kms:GenerateDataKey");
    denied(&alice.call("GET", "/photos/cat.jpg"), "kms:Decrypt");
    assert_eq!(told(&alice.call("HEAD", "/photos/cat.jpg")), NAMED, "metadata is not sealed");
    let checksum = Request::new("HEAD", "/photos/cat.jpg").header("x-amz-checksum-mode", "ENABLED");
    assert_eq!(alice.send(checksum.clone()).status, 403, "but checksums are");
    // What is under the key that the account has without asking is open to the account.
    let managed = Request::new("PUT", "/photos/own.jpg").header(SSE, "aws:kms").body("own");
    assert_eq!(alice.send(managed).status, 200);
    assert_eq!(alice.get("/photos/own.jpg").text(), "own");

    let_user(&server, "alice", &["s3:*", "kms:Decrypt"]);
    assert_eq!(alice.get("/photos/cat.jpg").text(), "a cat");
    assert_eq!(alice.send(checksum).status, 200);
    denied(&put(&mut alice), "kms:GenerateDataKey");
    // The source of a copy is read, its target is written.
    let copy = |alice: &mut Client, key: Option<&str>| {
        let request = Request::new("PUT", "/photos/copy.jpg").header("x-amz-copy-source", "/photos/cat.jpg");
        alice.send(match key {
            Some(key) => request.header(SSE, "aws:kms").header(KEY_ID, key),
            None => request.header(SSE, "AES256"),
        })
    };
    assert_eq!(copy(&mut alice, None).status, 200);
    denied(&copy(&mut alice, Some("testkey-1")), "kms:GenerateDataKey");

    let_user(&server, "alice", &["s3:*", "kms:GenerateDataKey"]);
    assert_eq!(put(&mut alice).status, 200);
    denied(&copy(&mut alice, None), "kms:Decrypt");
    // Parts are written under the data key of the upload.
    let begun = alice.call("POST", "/photos/parts?uploads");
    assert_eq!(told(&begun), NAMED);
    let upload = element(&begun.text(), "UploadId");
    let part = format!("/photos/parts?partNumber=1&uploadId={upload}");
    denied(&alice.send(Request::new("PUT", &part).body("part")), "kms:Decrypt");
    let_user(&server, "alice", &["s3:*", "kms:GenerateDataKey", "kms:Decrypt"]);
    let sent = alice.send(Request::new("PUT", &part).body("part"));
    assert_eq!(told(&sent), NAMED);
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        sent.header("etag").unwrap()
    );
    let complete = alice.send(Request::new("POST", &format!("/photos/parts?uploadId={upload}")).body(list));
    assert_eq!((complete.status, told(&complete)), (200, NAMED), "{}", complete.text());
    assert_eq!(alice.get("/photos/parts").text(), "part");

    // A denial is explained to the operator.
    let_user(&server, "alice", &["s3:*"]);
    let id = put(&mut alice).header("x-amz-request-id").unwrap().to_owned();
    let output = Command::new(workspace::binary())
        .args(["explain", "--request-id", &id, "--data-dir"])
        .arg(server.data())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("action: kms:GenerateDataKey") && text.contains(TESTKEY), "{text}");
}

#[test]
fn another_account_takes_the_word_of_the_key() {
    let server = start();
    let mut main = server.client();
    main.put("/photos", "");
    let policy = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::photos/*"}}"#;
    assert_eq!(main.send(Request::new("PUT", "/photos?policy").body(policy)).status, 204);
    for target in ["/photos/public/cat.jpg", "/photos/cat.jpg"] {
        assert_eq!(main.send(under("alias/shared", target)).status, 200);
    }
    assert_eq!(main.send(under("testkey-1", "/photos/own.jpg")).status, 200);
    let mut other = server.other_client();
    assert_eq!(other.get("/photos/public/cat.jpg").text(), "a cat");
    for target in ["/photos/cat.jpg", "/photos/own.jpg"] {
        let answer = other.call("GET", target);
        check(&answer, 403, "AccessDenied");
        assert!(answer.text().contains("kms:Decrypt on this resource because the resource does not exist"));
    }
    let shared = "arn:aws:kms:us-east-1:000000000001:key/shared";
    check(&other.send(under(shared, "/photos/public/new")), 403, "AccessDenied");
    let nothing = "arn:aws:kms:us-east-1:000000000001:key/nothing";
    let answer = other.send(under(nothing, "/photos/public/new"));
    check(&answer, 403, "AccessDenied");
    // Ids and aliases are of one's own account.
    check(&other.send(under("alias/shared", "/photos/public/new")), 400, "KMS.NotFoundException");
    let elsewhere = shared.replace("us-east-1", "us-west-2");
    let answer = main.send(under(&elsewhere, "/photos/new"));
    check(&answer, 400, "KMS.NotFoundException");
    assert_eq!(element(&answer.text(), "Message"), "Invalid arn us-west-2");
    // An id in the default of a bucket is its owner's, an alias that of whoever writes.
    let new = || Request::new("PUT", "/photos/public/new").body("new");
    assert_eq!(put_default(&mut main, "photos", Some("shared"), "").status, 200);
    let answer = other.send(new());
    check(&answer, 403, "AccessDenied");
    assert!(answer.text().contains("kms:GenerateDataKey on this resource"), "{}", answer.text());
    assert_eq!(put_default(&mut main, "photos", Some("alias/shared"), "").status, 200);
    check(&other.send(new()), 400, "KMS.NotFoundException");
    check(&server.anonymous().send(new()), 400, "InvalidArgument");
    // Nobody is let at a key without credentials, whatever the bucket says.
    let answer = server.anonymous().call("GET", "/photos/public/cat.jpg");
    check(&answer, 400, "InvalidArgument");
    assert!(answer.text().contains("require AWS Signature Version 4."), "{}", answer.text());
}

#[test]
fn a_key_is_off_while_the_configuration_does_not_name_it() {
    let [port] = free_ports();
    let mut server = Server::start_configured(port, KEYS, &[("shared.json", SHARED)]);
    let mut main = server.client();
    main.put("/photos", "");
    assert_eq!(main.send(under("shared", "/photos/cat.jpg")).status, 200);
    let folder = server.data().parent().unwrap().to_owned();
    let mut with = |keys: &str| {
        server.kill();
        write_config(&folder, keys, &[("shared.json", SHARED)]);
        server.start_again();
        server.client().call("GET", "/photos/cat.jpg")
    };
    check(&with(""), 400, "KMS.DisabledException");
    assert_eq!(with(KEYS).text(), "a cat");
    std::fs::remove_file(folder.join("data").join("kms").join("000000000001").join("shared")).unwrap();
    check(&with(""), 400, "KMS.NotFoundException");
}

#[test]
fn new_buckets_refuse_keys_of_clients_unless_somebody_lets_them_in() {
    let server = Server::start_with(&["--variable", "block_sse_c=true"]);
    let mut main = server.client();
    main.put("/photos", "");
    assert!(main.get("/photos?encryption").text().contains("<EncryptionType>SSE-C</EncryptionType>"));
    let key = [7_u8; 32];
    let put = || {
        Request::new("PUT", "/photos/cat.jpg")
            .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
            .header("x-amz-server-side-encryption-customer-key", &BASE64.encode(key))
            .header("x-amz-server-side-encryption-customer-key-md5", &BASE64.encode(md5(&key)))
            .body("a cat")
    };
    check(&main.send(put()), 403, "AccessDenied");
    assert_eq!(put_default(&mut main, "photos", None, "").status, 200, "which says nothing of it");
    check(&main.send(put()), 403, "AccessDenied");
    let open = "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";
    assert_eq!(put_default(&mut main, "photos", None, open).status, 200);
    assert_eq!(main.send(put()).status, 200);
}

#[test]
fn what_cannot_be_the_policy_of_a_key_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], policy: &str| {
        let config = write_config(folder.path(), KEYS, &[("shared.json", policy)]);
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
        (&SHARED.replace("kms:Decrypt", "s3:GetObject"), "invalid action"),
    ] {
        for arguments in [&["serve"][..], &["config", "check"]] {
            let (accepted, why) = run(arguments, policy);
            assert!(!accepted && why.contains("shared") && why.contains(expected), "{arguments:?}: {why}");
            assert!(!folder.path().join("data").exists(), "nothing is made before: {arguments:?}");
        }
    }
    assert_eq!(run(&["config", "check"], SHARED), (true, String::new()));
}
