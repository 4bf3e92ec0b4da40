use super::environment::{Declared, EnvironmentVariables};
use super::input::{CodeInput, CodeSource, FunctionInput, LongText};
use super::names::FunctionName;
use super::statements::{PermissionInput, add, of, principal_of, remove};
use super::table::{FunctionOperation, resolve};
use super::test_event::{TestCaller, TestEntry, TestInput, TestReply};
use super::*;

#[test]
fn only_requests_that_are_signed_for_lambda_are_addressed_to_it() {
    let signed =
        Some("AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/lambda/aws4_request, SignedHeaders=host");
    let of_s3 =
        Some("AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/s3/aws4_request, SignedHeaders=host");
    assert!(is_addressed("/2015-03-31/functions", signed));
    assert!(is_addressed("/2017-03-31/tags/arn", signed));
    assert!(!is_addressed("/2015-03-31/functions", of_s3));
    assert!(!is_addressed("/2015-03-31/functions", None));
    for path in ["/", "/20", "/2015-03-31", "/2015-03-3é/x", "/2015_03-31/functions", "/photos/2015-03-31/x"]
    {
        assert!(!is_addressed(path, signed), "{path}");
    }
}

#[test]
fn requests_resolve_to_operations() {
    let check = |request: &str, name: &str, first: Option<&str>, second: Option<&str>| {
        let (method, path) = request.split_once(' ').unwrap();
        let found = resolve(method, path).unwrap();
        assert_eq!(found.operation.name(), name, "{request}");
        assert_eq!((found.name.as_deref(), found.second.as_deref()), (first, second), "{request}");
    };
    check("POST /2015-03-31/functions", "CreateFunction", None, None);
    check("GET /2015-03-31/functions/", "ListFunctions", None, None);
    check("GET /2015-03-31/functions/resize", "GetFunction", Some("resize"), None);
    check("GET /2015-03-31/functions/resize/aliases/live", "GetAlias", Some("resize"), Some("live"));
    check("DELETE /2015-03-31/functions/a%3Ab/policy/one", "RemovePermission", Some("a:b"), Some("one"));
    check("GET /2017-03-31/tags/arn%3Aaws%3Alambda", "ListTags", Some("arn:aws:lambda"), None);
    check("PUT /2017-10-31/functions/f/concurrency", "PutFunctionConcurrency", Some("f"), None);
    for request in
        ["PATCH /2015-03-31/functions", "GET /2015-03-31/functions/a/b/c/d", "GET /2015-03-31/layers"]
    {
        let (method, path) = request.split_once(' ').unwrap();
        assert_eq!(resolve(method, path).unwrap_err().code, ErrorCode::NotImplemented, "{request}");
    }
    for operation in FunctionOperation::ALL {
        assert!(crate::policy::actions::lambda::ACTIONS.contains(&operation.action()), "{operation:?}");
    }
}

#[test]
fn names_are_read_in_each_of_their_forms() {
    let check = |text: &str, account: Option<&str>, name: &str, qualifier: Option<&str>| {
        let read = FunctionName::parse(text).unwrap();
        assert_eq!(
            (read.account.as_deref(), read.name.as_str(), read.qualifier.as_deref()),
            (account, name, qualifier),
            "{text}"
        );
    };
    check("resize", None, "resize", None);
    check("resize:live", None, "resize", Some("live"));
    check("resize:$LATEST", None, "resize", Some("$LATEST"));
    check("111122223333:function:resize", Some("111122223333"), "resize", None);
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:resize";
    check(arn, Some("111122223333"), "resize", None);
    check(&format!("{arn}:7"), Some("111122223333"), "resize", Some("7"));
    for text in
        ["", "a b", "a:", ":a", "a:b:c", "a/b", "arn:aws:s3:::b", &"x".repeat(65), &":".repeat(100_000)]
    {
        let error = FunctionName::parse(text).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidParameterValueException);
        assert!(error.message.unwrap().len() < 1000);
    }
}

#[test]
fn documents_are_read_and_what_nothing_would_enforce_is_refused() {
    let check = |document: &str, expected: Option<&str>| {
        let input: FunctionInput = parse(document.as_bytes()).unwrap();
        let came = input.check().err().map(|error| error.message.unwrap());
        assert_eq!(came.is_some(), expected.is_some(), "{document}: {came:?}");
        if let (Some(came), Some(expected)) = (came, expected) {
            assert!(came.contains(expected), "{came}");
        }
    };
    check("{}", None);
    check(
        r#"{"VpcConfig":{"SubnetIds":[],"SecurityGroupIds":[]},"Layers":[],"SnapStart":{"ApplyOn":"None"}}"#,
        None,
    );
    check(r#"{"TracingConfig":{"Mode":"PassThrough"},"EphemeralStorage":{"Size":512}}"#, None);
    check(r#"{"VpcConfig":{"SubnetIds":["subnet-1"]}}"#, Some("VpcConfig"));
    check(r#"{"TracingConfig":{"Mode":"Active"}}"#, Some("TracingConfig"));
    check(r#"{"EphemeralStorage":{"Size":1024}}"#, Some("EphemeralStorage"));
    check(r#"{"KMSKeyArn":"arn:aws:kms:x"}"#, Some("KMSKeyArn"));
    check(r#"{"PackageType":"Image"}"#, Some("PackageType"));
    check(r#"{"Tags":{"aws:x":"y"}}"#, Some("tag"));
    let broken = parse::<FunctionInput>(br#"{"Handler":7}"#).unwrap_err();
    assert_eq!(broken.code, ErrorCode::InvalidRequestContentException);
    let secret = parse::<FunctionInput>(br#"{"Environment":{"Variables":"hush"}}"#).unwrap_err();
    assert!(!secret.message.unwrap().contains("hush"));
    let input: FunctionInput = parse(br#"{"Timeout":901,"MemorySize":64}"#).unwrap();
    assert!(input.timeout_seconds().unwrap_err().message.unwrap().contains("less than or equal to 900"));
    assert!(input.memory_mb().unwrap_err().message.unwrap().contains("greater than or equal to 128"));
    for (document, expected) in [(r#"{"ZipFile":"UEs\/"}"#, "UEs/"), (r#"{"ZipFile":"UEsD"}"#, "UEsD")] {
        let code: CodeInput = parse(document.as_bytes()).unwrap();
        let CodeSource::Sent(package) = code.package().unwrap() else { panic!("{document}") };
        match package.position(document.as_bytes()) {
            Some((start, length)) => {
                assert_eq!(&document[start as usize..][..length as usize], expected);
                assert_eq!(package.position(b"elsewhere"), None);
            }
            None => assert!(matches!(package, LongText::Apart(text) if text == expected)),
        }
    }
    let code: CodeInput = parse(br#"{"S3Bucket":"b","S3Key":"k","S3ObjectVersion":"v"}"#).unwrap();
    let CodeSource::Object(bucket, key, version) = code.package().unwrap() else { panic!() };
    assert_eq!((bucket.as_str(), key.as_str(), version.as_deref()), ("b", "k", Some("v")));
    for document in [
        r#"{}"#,
        r#"{"S3Bucket":"b"}"#,
        r#"{"S3Key":"k"}"#,
        r#"{"S3Bucket":"b","S3Key":"k","ZipFile":"UEsD"}"#,
        r#"{"ImageUri":"i"}"#,
    ] {
        let code: CodeInput = parse(document.as_bytes()).unwrap();
        assert_eq!(code.package().unwrap_err().code, ErrorCode::InvalidParameterValueException, "{document}");
    }
}

#[test]
fn variables_declare_something_or_are_secrets() {
    let read = |text: &str| -> EnvironmentVariables { serde_json::from_str(text).unwrap() };
    let divided = read(
        r#"{"PORTCULLIS_GRANTS":"clock, http=api.example.com","PORTCULLIS_LIMITS":"cpu_ms_max=500",
            "PORTCULLIS_VARY":"query:w,header:Accept,caller","PORTCULLIS_RANGES":"own","TOKEN":"hush"}"#,
    )
    .divide()
    .unwrap();
    assert_eq!(divided.secrets, [("TOKEN".to_owned(), "hush".to_owned())]);
    assert!(!format!("{divided:?}").contains("hush"));
    let declared = Declared::read(&divided.declared).unwrap();
    assert_eq!(declared.grants, ["clock", "http=api.example.com"]);
    assert_eq!(declared.vary.as_deref().unwrap(), ["query:w", "header:accept", "caller"]);
    assert!(declared.applies_ranges);
    let settings = declared.settings(&[("cpu_ms_max", 1), ("time_ms_max", 3000)], &[]);
    assert_eq!(
        settings,
        r#"{"grants":["clock","http=api.example.com"],"limits":{"cpu_ms_max":1,"time_ms_max":3000},"secrets":{}}"#
    );
    let none = read(r#"{"PORTCULLIS_VARY":"none"}"#).divide().unwrap();
    assert_eq!(Declared::read(&none.declared).unwrap().vary, Some(Vec::new()));
    assert_eq!(Declared::read(&[]).unwrap().vary, None);
    for text in [
        r#"{"PORTCULLIS_X":"1"}"#,
        r#"{"PORTCULLIS_LIMITS":"cpu_ms_max"}"#,
        r#"{"PORTCULLIS_VARY":"none,caller"}"#,
        r#"{"PORTCULLIS_VARY":""}"#,
        r#"{"PORTCULLIS_RANGES":"host"}"#,
        r#"{"9x":"1"}"#,
    ] {
        assert_eq!(
            read(text).divide().unwrap_err().code,
            ErrorCode::InvalidParameterValueException,
            "{text}"
        );
    }
    let long = format!(r#"{{"TOKEN":"{}"}}"#, "x".repeat(4096));
    assert!(read(&long).divide().unwrap_err().message.unwrap().contains("4KB"));
}

#[test]
fn statements_are_added_and_removed_by_their_ids() {
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:resize";
    let input = |text: &str| -> PermissionInput { serde_json::from_str(text).unwrap() };
    let one = input(r#"{"StatementId":"one","Action":"lambda:InvokeFunction","Principal":"444455556666"}"#);
    let statement = one.statement(arn).unwrap();
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::444455556666:root");
    let policy = add(arn, None, statement.clone()).unwrap();
    assert_eq!(add(arn, Some(&policy), statement).unwrap_err().code, ErrorCode::ResourceConflictException);
    let two = input(
        r#"{"StatementId":"two","Action":"lambda:*","Principal":"s3.amazonaws.com","SourceAccount":"111122223333"}"#,
    );
    let both = add(arn, Some(&policy), two.statement(arn).unwrap()).unwrap();
    assert!(both.contains(r#""Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"}}"#), "{both}");
    assert_eq!(of(&both, arn).unwrap().unwrap(), both);
    assert_eq!(of(&both, &format!("{arn}:live")).unwrap(), None);
    let rest = remove(Some(&both), "one", arn).unwrap().unwrap();
    assert!(!rest.contains("\"one\"") && rest.contains("\"two\""));
    assert_eq!(remove(Some(&rest), "one", arn).unwrap_err().code, ErrorCode::ResourceNotFoundException);
    assert_eq!(remove(Some(&rest), "two", arn).unwrap(), None);
    for text in [
        r#"{"StatementId":"","Action":"lambda:InvokeFunction","Principal":"444455556666"}"#,
        r#"{"StatementId":"a","Action":"s3:GetObject","Principal":"444455556666"}"#,
        r#"{"StatementId":"a","Action":"lambda:InvokeFunctions","Principal":"444455556666"}"#,
        r#"{"StatementId":"a","Action":"lambda:InvokeFunction","Principal":"somebody"}"#,
        r#"{"StatementId":"a","Action":"lambda:InvokeFunction","Principal":"*","EventSourceToken":"t"}"#,
    ] {
        let error = input(text).statement(arn).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidParameterValueException, "{text}");
    }
    let everybody = r#"{"StatementId":"a","Action":"lambda:InvokeFunction","Principal":"*"}"#;
    assert_eq!(input(everybody).statement(arn).unwrap_err().code, ErrorCode::PublicPolicyException);
    let bound = everybody.replace("\"*\"", "\"*\",\"SourceAccount\":\"111122223333\"");
    assert!(input(&bound).statement(arn).is_ok());
    // What is allowed is named as it was given.
    let named = |policy: &str, id: &str| principal_of(Some(policy), id, arn).unwrap();
    assert_eq!(named(&both, "one").as_deref(), Some("444455556666"));
    assert_eq!(named(&both, "two").as_deref(), Some("s3.amazonaws.com"));
    assert_eq!(named(&both, "three"), None);
}

#[test]
fn errors_have_the_shape_of_lambda() {
    let (status, kind, document) =
        render_error(ErrorCode::ResourceNotFoundException, Some("Function not found: x"));
    assert_eq!((status, kind), (404, "ResourceNotFoundException"));
    assert_eq!(document, r#"{"Message":"Function not found: x","Type":"User"}"#);
    assert_eq!(render_error(ErrorCode::AccessDenied, None).1, "AccessDeniedException");
    assert_eq!(render_error(ErrorCode::InternalError, None).0, 500);
    assert_eq!(render_error(ErrorCode::ExpiredToken, None).0, 403);
}

#[test]
fn a_test_event_says_what_a_function_is_called_with() {
    let empty = TestInput::parse(b"").unwrap();
    assert_eq!((empty.entry, empty.body.as_slice(), empty.method.as_str()), (TestEntry::Get, &[][..], "GET"));
    assert_eq!(
        (empty.url.as_str(), empty.caller),
        ("http://localhost/amzn-s3-demo-bucket/test.txt", TestCaller::Invoker)
    );
    let parse = |text: &str| TestInput::parse(text.as_bytes());
    let binary = parse(r#"{"entry":"put","body":"/w==","isBase64Encoded":true,"caller":null}"#).unwrap();
    assert_eq!(
        (binary.entry, binary.body, binary.caller),
        (TestEntry::Put, vec![0xFF], TestCaller::Anonymous)
    );
    let other = parse(r#"{"caller":{"account":"111122223333","sessionTags":{"a":"b"}}}"#).unwrap();
    let TestCaller::Other(caller) = other.caller else { panic!() };
    assert_eq!((caller.account.as_str(), caller.session_tags["a"].as_str()), ("111122223333", "b"));
    let page = parse(r#"{"entry":"list-page","page":{"entries":[{"key":"a","size":3}]}}"#).unwrap();
    assert_eq!((page.key.as_str(), page.page.entries[0].size), ("", 3));
    let of_aws = parse(
        r#"{"headObjectContext":{"inputS3Url":"https://x"},"userRequest":{"url":"https://h/a/b.txt?w=1%202","headers":{"Host":"h"}},
            "configuration":{"accessPointArn":"arn","supportingAccessPointArn":"s","payload":"p"},"protocolVersion":"1.1"}"#,
    )
    .unwrap();
    assert_eq!(
        (of_aws.entry, of_aws.key.as_str(), of_aws.payload.as_str()),
        (TestEntry::Head, "a/b.txt", "p")
    );
    assert_eq!(of_aws.query, [("w".to_owned(), "1 2".to_owned())]);
    assert_eq!(of_aws.headers, [("host".to_owned(), "h".to_owned())]);
    let check = |text: &str, code: ErrorCode, part: &str| {
        let error = parse(text).unwrap_err();
        assert_eq!(error.code, code, "{text}");
        assert!(error.message.as_ref().is_some_and(|message| message.contains(part)), "{text}: {error:?}");
    };
    let (broken, bad) =
        (ErrorCode::InvalidRequestContentException, ErrorCode::InvalidParameterValueException);
    check("{", broken, "line 1");
    check(r#"{"boddy":""}"#, broken, "boddy");
    check(r#"{"page":{"entries":[{"size":1}]}}"#, broken, "key");
    check(&format!("[{}", "\"\",".repeat(40_000)), broken, "quotation marks");
    check(r#"{"body":"%","isBase64Encoded":true}"#, bad, "base64");
    check(r#"{"entry":"list-page"}"#, bad, "page");
    check(r#"{"listObjectsV2Context":{}}"#, bad, "page");
    check(r#"{"getObjectContext":{"inputS3Url":"u"}}"#, bad, "inputS3Url");
}

#[test]
fn an_answer_to_a_test_event_is_a_text_where_it_is_one() {
    let reply = |body: &'static [u8]| TestReply {
        status: 200,
        headers: "content-type: text/plain\nx-a: b: c\n",
        metadata: None,
        body: Some(body),
        size: None,
    };
    let document = reply(b"hello\n").document();
    assert_eq!(
        (document["body"].as_str(), document["isBase64Encoded"].as_bool()),
        (Some("hello\n"), Some(false))
    );
    assert_eq!(document["headers"]["x-a"], "b: c");
    for (body, expected) in [(b"a\xFF".as_slice(), "Yf8="), (b"a\0", "YQA=")] {
        let document = reply(body).document();
        assert_eq!(
            (document["body"].as_str(), document["isBase64Encoded"].as_bool()),
            (Some(expected), Some(true))
        );
    }
    let metadata = [("author".to_owned(), "alice".to_owned())];
    let head = TestReply { body: None, size: Some(7), metadata: Some(&metadata), ..reply(b"") }.document();
    assert_eq!((head["size"].as_u64(), head.get("body")), (Some(7), None));
    assert_eq!(head["metadata"]["author"], "alice");
}
