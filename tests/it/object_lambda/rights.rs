//! Who may do what by an Object Lambda access point: it, the access point, the bucket and the
//! function have to allow.

use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use tests::workspace;

const POINT: &str = "accesspointforobjectlambda/redacted";
const VIA: &str = "{\"ForAnyValue:StringEquals\":{\"aws:CalledVia\":\"s3-object-lambda.amazonaws.com\"}}";
const THEM: &str = "{\"AWS\":\"000000000002\"}";
const EVERYBODY: &str = "\"*\"";

/// A statement of a user that allows.
fn allow(actions: &str, resources: &str, condition: &str) -> String {
    format!(
        "{{\"Effect\":\"Allow\",\"Action\":\"{actions}\",\"Resource\":\"{resources}\",\"Condition\":{condition}}}"
    )
}

/// What becomes of a request whose response a function would transform, if there were one. Who may
/// invoke it is told that there is none.
fn word(answer: &Response) -> &'static str {
    match (answer.status, answer.code().as_str()) {
        (200 | 206, _) => "yes",
        (404, "LambdaNotFound") => "invokes",
        (403, "LambdaPermissionError") => "function",
        (403, "AccessDenied") => "-",
        other => panic!("{other:?} {}", answer.text()),
    }
}

/// Rows: the policy of the Object Lambda access point. Columns: who reads an object by it, once
/// with a transformation and once without, and directly.
#[test]
fn the_matrix_is_as_written() {
    let (server, mut main, alias) = with_redacted(&["GetObject"]);
    let plain = create(&mut main, "plain", &configuration(&["ListObjects"], ""));
    let lambda = allow("s3-object-lambda:*", "arn:aws:s3-object-lambda:*:*:accesspoint/*", "{}");
    let via = allow("s3:*", "arn:aws:s3:us-east-1:000000000001:accesspoint/reports*", VIA);
    let bucket = allow("s3:*", "arn:aws:s3:::photos*", "{}");
    let invoke = allow("lambda:InvokeFunction", &format!("{FUNCTION}:$LATEST"), VIA);
    let mut who = [
        ("root", server.client()),
        ("all", user(&server, "all", &[&lambda, &via, &invoke])),
        ("no-lambda", user(&server, "no-lambda", &[&bucket, &invoke])),
        ("no-bucket", user(&server, "no-bucket", &[&lambda, &invoke])),
        ("no-function", user(&server, "no-function", &[&lambda, &via])),
        ("bucket", user(&server, "bucket", &[&bucket])),
        ("other", server.client_as(ALT)),
        ("anonymous", server.anonymous()),
    ];
    let mut matrix = String::new();
    for (name, statement) in [
        ("no policy", None),
        ("allows other", Some(("Allow", THEM))),
        ("denies all", Some(("Deny", EVERYBODY))),
    ] {
        for point in ["redacted", "plain"] {
            let path = format!("accesspointforobjectlambda/{point}");
            let answer = match statement {
                None => main.send(control("DELETE", &format!("{path}/policy"), OWN)),
                Some((effect, principal)) => {
                    let arn = ARN.replace("redacted", point);
                    put_policy(
                        &mut main,
                        &path,
                        &policy(effect, principal, "\"s3-object-lambda:*\"", &[&arn], "{}"),
                    )
                }
            };
            assert!(answer.status < 300, "{}", answer.text());
        }
        let _ = write!(matrix, "{name}:");
        for (name, client) in &mut who {
            let transformed = word(&client.call("GET", &format!("/{alias}/cat.jpg")));
            let passed = word(&client.call("GET", &format!("/{plain}/cat.jpg")));
            let direct = word(&client.call("GET", "/photos/cat.jpg"));
            let _ = write!(matrix, " {name}={transformed}/{passed}/{direct}");
        }
        matrix.push('\n');
    }
    let path = workspace::tests().join("it/object_lambda/matrix.txt");
    if workspace::blessing() {
        std::fs::write(&path, &matrix).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(matrix, written, "BLESS=1 writes {}", path.display());
}

#[test]
fn another_account_needs_to_be_allowed_by_each() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    let mut other = server.client_as(ALT);
    let target = format!("/{alias}/cat.jpg");
    check(&other.call("GET", &target), 403, "AccessDenied");
    let allowed = policy("Allow", THEM, "\"s3-object-lambda:GetObject\"", &[ARN], "{}");
    assert_eq!(put_policy(&mut main, POINT, &allowed).status, 200);
    check(&other.call("GET", &target), 403, "AccessDenied");
    let by_point = policy("Allow", THEM, "\"s3:GetObject\"", &[&format!("{SUPPORTING}/object/*")], VIA);
    assert_eq!(put_policy(&mut main, "accesspoint/reports", &by_point).status, 200);
    check(&other.call("GET", &target), 403, "AccessDenied");
    let by_bucket = policy("Allow", THEM, "\"s3:GetObject\"", &["arn:aws:s3:::photos/*"], VIA);
    assert_eq!(main.send(Request::new("PUT", "/photos?policy").body(by_bucket)).status, 204);
    assert_eq!(other.get(&target).text(), "a picture of a cat");
    // What Object Lambda asks for is not open without it.
    check(&other.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&other.call("PUT", &target), 403, "AccessDenied");
    check(&server.anonymous().call("GET", &target), 403, "AccessDenied");
    // The function of another account takes a policy of its own, which there is none of.
    assert_eq!(configure(&mut main, &configuration(&["GetObject"], "")).status, 200);
    check(&other.call("GET", &target), 403, "LambdaPermissionError");
}

#[test]
fn anonymous_requests_never_pass() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    let open = "<CreateAccessPointRequest><Bucket>photos</Bucket><PublicAccessBlockConfiguration/></CreateAccessPointRequest>";
    assert_eq!(main.send(control("PUT", "accesspoint/open", OWN).body(open)).status, 200);
    let arn = SUPPORTING.replace("reports", "open");
    let by_point = policy("Allow", EVERYBODY, "\"s3:*\"", &[&arn, &format!("{arn}/object/*")], "{}");
    assert_eq!(put_policy(&mut main, "accesspoint/open", &by_point).status, 200);
    let by_bucket =
        policy("Allow", EVERYBODY, "\"s3:*\"", &["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"], "{}");
    assert_eq!(main.send(Request::new("PUT", "/photos?policy").body(by_bucket)).status, 204);
    assert_eq!(configure(&mut main, &configured(&arn, &["ListObjects"], FUNCTION, "")).status, 200);
    let mut nobody = server.anonymous();
    assert_eq!(nobody.call("GET", "/photos/cat.jpg").status, 200);
    let denied = nobody.call("GET", &format!("/{alias}/cat.jpg"));
    check(&denied, 403, "AccessDenied");
    let reason = explained(&server, &denied)["reason"].to_string();
    assert!(reason.contains("Object Lambda access points need an account"), "{reason}");
    check(&nobody.call("PUT", &format!("/{alias}/new.jpg")), 403, "AccessDenied");
    let body = "<Delete><Object><Key>cat.jpg</Key></Object></Delete>";
    check(&nobody.send(Request::new("POST", &format!("/{alias}?delete")).body(body)), 403, "AccessDenied");
    assert_eq!(main.get(&format!("/{alias}/cat.jpg")).text(), "a picture of a cat");
}

#[test]
fn conditions_see_how_a_request_came() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    let mut reads = |path: &str, policy: &str| {
        assert!(put_policy(&mut main, path, policy).status == 200);
        server.client().call("GET", &format!("/{alias}/cat.jpg")).status
    };
    let deny = |condition: &str| policy("Deny", EVERYBODY, "\"s3-object-lambda:*\"", &[ARN], condition);
    for (condition, expected) in [
        ("{\"StringEquals\":{\"s3-object-lambda:authType\":\"REST-HEADER\"}}", 403),
        ("{\"StringEquals\":{\"s3-object-lambda:authType\":\"REST-QUERY-STRING\"}}", 200),
        ("{\"StringEquals\":{\"aws:ResourceAccount\":\"000000000001\"}}", 403),
        ("{\"StringEquals\":{\"aws:ResourceAccount\":\"000000000002\"}}", 200),
        // Object Lambda itself is asked by the principal.
        (VIA, 200),
        ("{\"Null\":{\"aws:CalledVia\":\"true\"}}", 403),
        ("{\"Bool\":{\"aws:ViaAWSService\":\"true\"}}", 200),
        ("{\"NumericLessThan\":{\"s3-object-lambda:TlsVersion\":\"1.2\"}}", 200),
        ("{\"NumericGreaterThan\":{\"s3-object-lambda:signatureAge\":\"1\"}}", 200),
        ("{\"Null\":{\"s3-object-lambda:versionid\":\"false\"}}", 200),
    ] {
        assert_eq!(reads(POINT, &deny(condition)), expected, "{condition}");
    }
    assert_eq!(reads(POINT, &deny("{\"StringEquals\":{\"aws:ResourceAccount\":\"000000000002\"}}")), 200);
    let below = |condition: &str| {
        policy("Deny", EVERYBODY, "\"s3:GetObject\"", &[&format!("{SUPPORTING}/object/*")], condition)
    };
    for (condition, expected) in [
        (VIA, 403),
        ("{\"StringEquals\":{\"aws:CalledViaFirst\":\"s3-object-lambda.amazonaws.com\"}}", 403),
        ("{\"StringEquals\":{\"aws:CalledViaLast\":\"s3-object-lambda.amazonaws.com\"}}", 403),
        ("{\"ForAnyValue:StringEquals\":{\"aws:CalledVia\":\"athena.amazonaws.com\"}}", 200),
        ("{\"Bool\":{\"aws:ViaAWSService\":\"true\"}}", 403),
        ("{\"StringEquals\":{\"s3:DataAccessPointAccount\":\"000000000001\"}}", 403),
    ] {
        assert_eq!(reads("accesspoint/reports", &below(condition)), expected, "{condition}");
    }
    // By the access point alone, nothing is called via anything.
    assert_eq!(reads("accesspoint/reports", &below(VIA)), 403);
    let point = element(&server.client().send(control("GET", "accesspoint/reports", OWN)).text(), "Alias");
    assert_eq!(server.client().call("GET", &format!("/{point}/cat.jpg")).status, 200);
}

#[test]
fn each_object_of_a_body_is_decided_on_at_every_level() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    main.put("/photos/dog.jpg", "a picture of a dog");
    let lambda = allow("s3-object-lambda:*", ARN, "{}");
    let bucket = allow("s3:*", "arn:aws:s3:::photos/dog*", "{}");
    let mut alice = user(&server, "alice", &[&lambda, &bucket]);
    let mut bob = user(&server, "bob", &[&bucket]);
    let named = "<Delete><Object><Key>cat.jpg</Key></Object><Object><Key>dog.jpg</Key></Object></Delete>";
    let digest = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(tests::bodies::md5(named.as_bytes()))
    };
    let delete = |client: &mut Client| {
        let request =
            Request::new("POST", &format!("/{alias}?delete")).header("content-md5", &digest).body(named);
        client.send(request).text()
    };
    let text = delete(&mut bob);
    assert_eq!(text.matches("<Code>AccessDenied</Code>").count(), 2, "{text}");
    let text = delete(&mut alice);
    assert!(text.contains("<Deleted><Key>dog.jpg</Key>"), "{text}");
    assert!(text.contains("<Error><Key>cat.jpg</Key><Code>AccessDenied</Code>"), "{text}");
}

#[test]
fn a_decision_holds_until_the_commit() {
    let (server, mut main, alias) = with_redacted(&["ListObjects"]);
    let made = main.call("POST", &format!("/{alias}/long?uploads"));
    let id = element(&made.text(), "UploadId");
    // Root is bound by the policy of the access point as well, also where it changes later.
    let deny = policy("Deny", EVERYBODY, "\"s3-object-lambda:PutObject\"", &[ARN], "{}");
    assert_eq!(put_policy(&mut main, POINT, &deny).status, 200);
    let part = server
        .client()
        .send(Request::new("PUT", &format!("/{alias}/long?partNumber=1&uploadId={id}")).body("a"));
    check(&part, 403, "AccessDenied");
    assert_eq!(main.send(own("DELETE", "/redacted/policy")).status, 204);
    assert_eq!(main.put(&format!("/{alias}/long?partNumber=1&uploadId={id}"), "a").status, 200);
}

/// The explanation of an answer.
fn explained(server: &Server, answer: &Response) -> Value {
    let output = std::process::Command::new(workspace::binary())
        .args(["explain", "--json", "--data-dir", server.data().to_str().unwrap(), "--request-id"])
        .arg(answer.header("x-amz-request-id").unwrap())
        .env_remove("PORTCULLIS_BIN")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_explanation_names_the_level() {
    let (server, mut main, alias) = with_redacted(&["GetObject"]);
    let target = format!("/{alias}/cat.jpg");
    let lambda = allow("s3-object-lambda:*", "*", "{}");
    let via = allow("s3:*", "*", VIA);
    let mut none = user(&server, "none", &[&via]);
    let mut half = user(&server, "half", &[&lambda]);
    let mut most = user(&server, "most", &[&lambda, &via]);
    let document = explained(&server, &none.call("GET", &target));
    assert_eq!(document["level"], "Object Lambda access point", "{document}");
    assert_eq!(
        (&document["action"], &document["resource"]),
        (&"s3-object-lambda:GetObject".into(), &ARN.into())
    );
    assert!(
        document["considered"].to_string().contains("the Object Lambda access point has no policy"),
        "{document}"
    );
    let document = explained(&server, &half.call("GET", &target));
    assert_eq!(document["level"], "access point", "{document}");
    assert_eq!(document["resource"], format!("{SUPPORTING}/object/cat.jpg"));
    let denied = most.call("GET", &target);
    check(&denied, 403, "LambdaPermissionError");
    let document = explained(&server, &denied);
    assert_eq!(document["level"], "function", "{document}");
    assert_eq!(
        (&document["action"], &document["resource"]),
        (&"lambda:InvokeFunction".into(), &FUNCTION.into())
    );
    let deny = policy("Deny", EVERYBODY, "\"s3-object-lambda:*\"", &[ARN], "{}");
    assert_eq!(put_policy(&mut main, POINT, &deny).status, 200);
    let document = explained(&server, &most.call("GET", &target));
    assert_eq!(document["decided_by"]["policy"], "redacted", "{document}");
    let bucket = policy("Deny", EVERYBODY, "\"s3:*\"", &["arn:aws:s3:::photos/*"], "{}");
    assert_eq!(main.send(own("DELETE", "/redacted/policy")).status, 204);
    assert_eq!(main.send(Request::new("PUT", "/photos?policy").body(bucket)).status, 204);
    assert_eq!(explained(&server, &most.call("GET", &target))["level"], "bucket");
}
