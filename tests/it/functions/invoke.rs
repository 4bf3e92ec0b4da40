//! Test events: what Invoke calls a function with, what it answers, and how it fails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::*;
use tests::server::Server;

/// Invokes a function with headers.
fn invoke_with(client: &mut Client, name: &str, headers: &[(&str, &str)], event: &str) -> Response {
    let request = Request::new("POST", &format!("{PATH}/{name}/invocations"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    client.send(request.body(event.to_owned()))
}

/// Invokes it; the document that it answers.
#[track_caller]
fn invoke(client: &mut Client, name: &str, event: &Value) -> Value {
    let answer = invoke_with(client, name, &[], &event.to_string());
    assert_eq!((answer.status, answer.header("x-amz-function-error")), (200, None), "{}", answer.text());
    serde_json::from_str(&answer.text()).unwrap()
}

#[test]
fn a_test_event_says_what_the_function_is_called_with() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "shout");
    let answer = invoke(&mut main, "shout", &json!({ "body": "hello" }));
    assert_eq!(
        answer,
        json!({ "statusCode": 200, "headers": {}, "isBase64Encoded": false, "body": "HELLO" })
    );
    // Without a document it is about an empty object.
    let empty = invoke_with(&mut main, "shout", &[], "");
    assert_eq!((empty.status, empty.header("x-amz-executed-version")), (200, Some("$LATEST")));
    assert!(empty.text().contains(r#""body":"""#), "{}", empty.text());
    let bytes = BASE64.encode([0xFF, b'a']);
    let answer = invoke(&mut main, "shout", &json!({ "body": bytes, "isBase64Encoded": true }));
    assert_eq!(answer["body"], BASE64.encode([0xFF, b'A']));
    assert_eq!(answer["isBase64Encoded"], true);

    // All that it says is what the function is told.
    let event = json!({
        "bucket": "photos", "key": "a/b.txt", "body": "hello", "contentType": "text/x", "payload": "context",
        "metadata": { "author": "alice" }, "query": { "w": "7" }, "headers": { "Accept": "image/webp" },
        "versionId": "v1", "etag": "e1", "lastModifiedMs": 5, "range": "bytes=0-1", "partNumber": 3,
        "accessPointArn": "arn:x",
        "caller": { "account": "444455556666", "arn": "arn:y", "userId": "AIDA", "sessionTags": { "team": "red" } },
    });
    let told = invoke(&mut main, "shout", &event)["body"].as_str().unwrap().to_owned();
    for part in [
        r#"bucket: "photos""#,
        r#"key: "a/b.txt""#,
        r#""text/x""#,
        r#""alice""#,
        r#"("w", "7")"#,
        r#"("accept", "image/webp")"#,
        r#""v1""#,
        r#""e1""#,
        "size: 5",
        r#""bytes=0-1""#,
        "part-number: Some(3)",
        r#""arn:x""#,
        r#""444455556666""#,
        r#"("team", "red")"#,
    ] {
        assert!(told.contains(part), "`{part}` is not in: {told}");
    }
    let told = |client: &mut Client, event: &Value| {
        invoke(client, "shout", event)["body"].as_str().unwrap().to_owned()
    };
    let own = told(&mut main, &json!({ "payload": "context" }));
    assert!(own.contains("arn:aws:iam::000000000001:root"), "{own}");
    let nobody = told(&mut main, &json!({ "payload": "context", "caller": null }));
    assert!(nobody.contains("caller: None"), "{nobody}");
}

#[test]
fn each_export_is_called_and_the_event_of_aws_is_taken() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "shout");
    let head = invoke(&mut main, "shout", &json!({ "entry": "head" }));
    assert_eq!(head, json!({ "statusCode": 200, "headers": {}, "size": 7 }));
    let page =
        json!({ "entries": [{ "key": "a", "size": 1 }, { "key": "secret" }], "commonPrefixes": ["x/"] });
    let listed = invoke(&mut main, "shout", &json!({ "entry": "list-page", "page": page }));
    let first = json!({ "key": "a", "size": 1, "etag": "", "lastModifiedMs": 0 });
    assert_eq!(listed["page"], json!({ "entries": [first], "commonPrefixes": ["x/"] }));
    let refused = invoke(&mut main, "shout", &json!({ "payload": "error" }));
    let expected =
        json!({ "statusCode": 451, "errorCode": "NotHere", "errorMessage": "Not in this country" });
    assert_eq!(refused, expected);
    let put = invoke(&mut main, "shout", &json!({ "entry": "put", "body": "stored" }));
    assert_eq!(put["statusCode"], 200, "{put}");

    // AWS's event, with the bytes beside it.
    let of_aws = json!({
        "xAmzRequestId": "r", "getObjectContext": { "inputS3Url": "https://x/", "outputRoute": "o", "outputToken": "t" },
        "configuration": { "accessPointArn": "arn:olap", "supportingAccessPointArn": "arn:s", "payload": "context" },
        "userRequest": { "url": "https://olap.example.com/cat.jpg?w=9", "headers": { "Host": "h" } },
        "userIdentity": { "type": "AssumedRole" }, "protocolVersion": "1.00", "body": "",
    });
    let told = invoke(&mut main, "shout", &of_aws)["body"].as_str().unwrap().to_owned();
    for part in [r#"key: "cat.jpg""#, r#"("w", "9")"#, r#"("host", "h")"#, r#""arn:olap""#] {
        assert!(told.contains(part), "`{part}` is not in: {told}");
    }
}

#[test]
fn versions_dry_runs_and_the_log_are_those_of_lambda() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "shout");
    expect(&mut main, &format!("POST {PATH}/shout/versions"), Some(&json!({})), 201);
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    expect(&mut main, &format!("POST {PATH}/shout/aliases"), Some(&alias), 201);
    for (name, version) in [("shout:1", "1"), ("shout:live", "1"), ("shout?Qualifier=live", "1")] {
        let (name, query) = name.split_once('?').unwrap_or((name, ""));
        let request = Request::new("POST", &format!("{PATH}/{name}/invocations?{query}"));
        let answer = main.send(request.body("{}"));
        assert_eq!((answer.status, answer.header("x-amz-executed-version")), (200, Some(version)), "{name}");
    }
    let dry = invoke_with(&mut main, "shout", &[("x-amz-invocation-type", "DryRun")], "{}");
    assert_eq!((dry.status, dry.text().as_str()), (204, ""));
    let event = json!({ "payload": "log all is well" }).to_string();
    let tail = invoke_with(&mut main, "shout", &[("x-amz-log-type", "Tail")], &event);
    let log = BASE64.decode(tail.header("x-amz-log-result").unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("warn: all is well\n") && log.contains("stderr: printed: all is well"), "{log}");
    assert_eq!(invoke_with(&mut main, "shout", &[], &event).header("x-amz-log-result"), None);
    // As many lines as there may be, and of these the last ones.
    let flood = json!({ "payload": "log-flood" }).to_string();
    let tail = invoke_with(&mut main, "shout", &[("x-amz-log-type", "Tail")], &flood);
    let log = BASE64.decode(tail.header("x-amz-log-result").unwrap()).unwrap();
    assert!((1..=4096).contains(&log.len()), "{}", log.len());
}

#[test]
fn a_failure_is_told_as_one_of_the_function() {
    let server = Server::start();
    let mut main = server.client();
    let mut document = creation("shout");
    document["Timeout"] = 1.into();
    expect(&mut main, &format!("POST {PATH}"), Some(&document), 201);
    let check = |client: &mut Client, payload: &str, kind: &str, part: &str| {
        let answer = invoke_with(client, "shout", &[], &json!({ "payload": payload }).to_string());
        let text = answer.text();
        assert_eq!(
            (answer.status, answer.header("x-amz-function-error")),
            (200, Some("Unhandled")),
            "{text}"
        );
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["errorType"], kind, "{text}");
        assert!(document["errorMessage"].as_str().unwrap().contains(part), "`{part}` is not in: {text}");
    };
    check(&mut main, "panic", "Runtime.ExitError", "panicked");
    check(&mut main, "header-crlf", "Runtime.InvalidResponse", "x-a");
    check(&mut main, "large", "Function.ResponseSizeTooLarge", "");
    check(&mut main, "sleep", "Sandbox.Timedout", "");

    create(&mut main, "small");
    let words = format!("{PATH}/small/invocations");
    let refused = |client: &mut Client, event: &str, status: u16, code: &str, part: &str| {
        let answer = client.send(Request::new("POST", &words).body(event.to_owned()));
        let text = answer.text();
        assert_eq!((answer.status, answer.header("x-amzn-errortype")), (status, Some(code)), "{text}");
        assert!(text.contains(part), "`{part}` is not in: {text}");
    };
    let bad = "InvalidParameterValueException";
    let broken = "InvalidRequestContentException";
    refused(&mut main, "{", 400, broken, "line 1");
    refused(&mut main, r#"{"boddy":"x"}"#, 400, broken, "unknown field `boddy`");
    refused(&mut main, r#"{"entry":"post"}"#, 400, bad, "get, put, head or list-page");
    refused(&mut main, r#"{"entry":"list-page"}"#, 400, bad, "needs a page");
    refused(&mut main, r#"{"body":"!","isBase64Encoded":true}"#, 400, bad, "base64");
    refused(&mut main, r#"{"getObjectContext":{"inputS3Url":"https://x/"}}"#, 400, bad, "inputS3Url");
    refused(&mut main, &format!("[{}]", "\"\",".repeat(30_000)), 400, broken, "quotation marks");
    let long = format!(r#"{{"body":"{}"}}"#, "x".repeat(6 << 20));
    refused(&mut main, &long, 413, "RequestEntityTooLargeException", "");
    let event = invoke_with(&mut main, "small", &[("x-amz-invocation-type", "Event")], "{}");
    assert_eq!((event.status, event.header("x-amzn-errortype")), (400, Some(bad)), "{}", event.text());
    let none = invoke_with(&mut main, "none", &[], "{}");
    assert_eq!(none.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
    let gone = invoke_with(&mut main, "small:9", &[], "{}");
    assert_eq!(gone.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
}

#[test]
fn a_function_that_says_what_it_depends_on_is_shown_no_more() {
    let server = Server::start();
    let mut main = server.client();
    let mut document = creation("quiet");
    document["Environment"]["Variables"]["PORTCULLIS_VARY"] = "query:w".into();
    expect(&mut main, &format!("POST {PATH}"), Some(&document), 201);
    let event = json!({ "payload": "context", "query": { "w": "7", "x": "8" }, "headers": { "a": "b" } });
    let told = invoke(&mut main, "quiet", &event)["body"].as_str().unwrap().to_owned();
    assert!(told.contains(r#"("w", "7")"#) && told.contains("caller: None"), "{told}");
    assert!(!told.contains(r#"("x""#) && !told.contains(r#"("a""#), "{told}");
}
