//! What is read through functions: by Object Lambda access points and by rules of buckets, over
//! real sockets. Heads, ranges and conditions are about what was made.

mod inner;
mod listings;
mod writes;

use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::Credentials;
use tests::transforms::{component, creation};

/// The account of the main client.
const OWN: &str = "000000000001";
const TEXT: &str = "a picture of a cat";

/// A server with a bucket, an object, an access point, and the two transforms of the tests.
struct Prepared {
    server: Server,
    main: Client,
}

fn prepared() -> Prepared {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.txt", TEXT);
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    main.expect(control("PUT", "accesspoint/plain").body(point));
    let mut prepared = Prepared { server, main };
    prepared.deploy("buffered", "buffered", &[("PORTCULLIS_GRANTS", GRANTS)]);
    prepared.deploy("streaming", "streaming", &[("PORTCULLIS_VARY", "none")]);
    prepared
}

/// All that the buffered transform imports.
const GRANTS: &str = "clock,random,objects,scratch,http=api.example.com";

fn control(method: &str, path: &str) -> Request {
    Request::new(method, &format!("/v20180820/{path}")).header("x-amz-account-id", OWN)
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{OWN}:function:{function}")
}

/// Deploys a component as a function.
fn deployment(name: &str, of: &str, variables: &[(&str, &str)]) -> Request {
    let variables = [&[("TOKEN", "hush")], variables].concat();
    let mut document = creation(name, &component(of), &variables);
    document["Timeout"] = 2.into();
    Request::new("POST", "/2015-03-31/functions").body(document.to_string())
}

/// Sets the rules of the bucket: what each is about, and its function.
fn rules(prepared: &mut Prepared, rules: &[(&str, &str)]) {
    let rule = |(about, function): &(&str, &str)| {
        let function = arn(function);
        format!("<Rule><Operation>GetObject</Operation>{about}<FunctionArn>{function}</FunctionArn></Rule>")
    };
    let rules: String = rules.iter().map(rule).collect();
    let document = format!("<TransformConfiguration>{rules}</TransformConfiguration>");
    prepared.main.expect(Request::new("PUT", "/photos?transforms").body(document));
}

/// A user of the main account with an inline policy of some statements.
fn user(prepared: &Prepared, name: &str, statements: &[&str]) -> Client {
    let mut main = prepared.server.client();
    let mut call = |form: &str| {
        let request = Request::new("POST", "/").header("content-type", "application/x-www-form-urlencoded");
        main.expect(request.body(format!("{form}&Version=2010-05-08"))).text()
    };
    call(&format!("Action=CreateUser&UserName={name}"));
    let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    let policy = tests::client::value(&policy);
    call(&format!("Action=PutUserPolicy&UserName={name}&PolicyName=own&PolicyDocument={policy}"));
    let made = call(&format!("Action=CreateAccessKey&UserName={name}"));
    let element = |name: &str| {
        made.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap().to_owned().leak()
    };
    prepared.server.client_as(Credentials {
        access_key_id: element("AccessKeyId"),
        secret_access_key: element("SecretAccessKey"),
    })
}

impl Prepared {
    fn deploy(&mut self, name: &str, of: &str, variables: &[(&str, &str)]) {
        let answer = self.main.send(deployment(name, of, variables));
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// An Object Lambda access point in front of `plain`; its alias.
    fn point(&mut self, name: &str, function: &str, payload: &str, features: &[&str]) -> String {
        let root = "CreateAccessPointForObjectLambdaRequest";
        let features: String =
            features.iter().map(|own| format!("<AllowedFeature>{own}</AllowedFeature>")).collect();
        let document = format!(
            "<{root}><Configuration>\
             <SupportingAccessPoint>arn:aws:s3:us-east-1:{OWN}:accesspoint/plain</SupportingAccessPoint>\
             <AllowedFeatures>{features}</AllowedFeatures>\
             <TransformationConfigurations><TransformationConfiguration>\
             <Actions><Action>GetObject</Action><Action>HeadObject</Action><Action>ListObjects</Action><Action>ListObjectsV2</Action></Actions>\
             <ContentTransformation><AwsLambda><FunctionArn>{}</FunctionArn>\
             <FunctionPayload>{payload}</FunctionPayload></AwsLambda></ContentTransformation>\
             </TransformationConfiguration></TransformationConfigurations></Configuration></{root}>",
            arn(function)
        );
        let made =
            self.main.expect(control("PUT", &format!("accesspointforobjectlambda/{name}")).body(document));
        made.text().split("<Value>").nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    fn get(&mut self, path: &str) -> Response {
        self.main.send(Request::new("GET", path))
    }
}

/// All that may be asked of what was made.
const ALL: [&str; 4] =
    ["GetObject-Range", "GetObject-PartNumber", "HeadObject-Range", "HeadObject-PartNumber"];

#[test]
fn what_is_read_is_what_the_function_made() {
    let mut prepared = prepared();
    let plain = prepared.point("upper", "buffered", "", &[]);
    let answer = prepared.get(&format!("/{plain}/cat.txt"));
    assert_eq!((answer.status, answer.text()), (200, TEXT.to_uppercase()));
    // What it made has no ETag, checksum or length of the object.
    assert_eq!(answer.header("etag"), None);
    assert_eq!(answer.header("content-length"), Some("18"));
    // The object itself is as it was, also by the access point in between.
    assert_eq!(prepared.get("/photos/cat.txt").text(), TEXT);
    // What is not there is no matter for a function.
    let missing = prepared.get(&format!("/{plain}/dog.txt"));
    assert_eq!((missing.status, missing.code().as_str()), (404, "NoSuchKey"));
    // The component says itself what HEAD and listings are.
    let head = prepared.main.send(Request::new("HEAD", &format!("/{plain}/cat.txt")));
    assert_eq!((head.status, head.header("content-length")), (200, Some("7")));
    prepared.main.put("/photos/secret.txt", "hush");
    let listing = prepared.get(&format!("/{plain}?list-type=2")).text();
    assert!(listing.contains("<Key>cat.txt</Key>") && !listing.contains("secret.txt"), "{listing}");
    assert!(listing.contains("<KeyCount>1</KeyCount>"), "{listing}");
    assert!(prepared.get("/photos?list-type=2").text().contains("secret.txt"));
}

#[test]
fn heads_ranges_and_conditions_are_about_what_was_made() {
    let mut prepared = prepared();
    let alias = prepared.point("stream", "streaming", "", &ALL);
    let path = format!("/{alias}/cat.txt");
    let get = |prepared: &mut Prepared, name: &str, value: &str| {
        prepared.main.send(Request::new("GET", &path).header(name, value))
    };
    let whole = prepared.get(&path);
    assert_eq!((whole.status, whole.text()), (200, TEXT.to_uppercase()));
    let etag = whole.header("etag").unwrap().to_owned();
    assert_ne!(Some(etag.as_str()), prepared.get("/photos/cat.txt").header("etag"));

    let head = prepared.main.send(Request::new("HEAD", &path));
    assert_eq!((head.status, head.header("content-length")), (200, Some("18")));
    assert_eq!(head.header("etag"), Some(etag.as_str()));
    let part = get(&mut prepared, "range", "bytes=2-8");
    assert_eq!((part.status, part.text().as_str()), (206, "PICTURE"));
    assert_eq!(part.header("content-range"), Some("bytes 2-8/18"));
    assert_eq!(get(&mut prepared, "range", "bytes=-3").text(), "CAT");
    let beyond = get(&mut prepared, "range", "bytes=18-");
    assert_eq!((beyond.status, beyond.code().as_str()), (416, "InvalidRange"));
    let one = prepared.get(&format!("{path}?partNumber=1"));
    assert_eq!((one.status, one.text()), (206, TEXT.to_uppercase()));
    let two = prepared.get(&format!("{path}?partNumber=2"));
    assert_eq!((two.status, two.code().as_str()), (416, "InvalidPartNumber"));

    assert_eq!(get(&mut prepared, "if-none-match", &etag).status, 304);
    assert_eq!(get(&mut prepared, "if-match", &etag).status, 200);
    let own = prepared.get("/photos/cat.txt").header("etag").unwrap().to_owned();
    assert_eq!(get(&mut prepared, "if-match", &own).status, 412);
    assert_eq!(get(&mut prepared, "if-none-match", &own).status, 200);
    // Another object under the key is another one for the function, too.
    prepared.main.put("/photos/cat.txt", "a dog");
    let changed = prepared.get(&path);
    assert_eq!(changed.text(), "A DOG");
    assert_ne!(changed.header("etag"), Some(etag.as_str()));
}

#[test]
fn a_range_that_the_access_point_does_not_allow_is_not_implemented() {
    let mut prepared = prepared();
    let alias = prepared.point("stream", "streaming", "", &[]);
    let range = Request::new("GET", &format!("/{alias}/cat.txt")).header("range", "bytes=0-1");
    let answer = prepared.main.send(range);
    assert_eq!((answer.status, answer.code().as_str()), (501, "NotImplemented"));
    let answer = prepared.get(&format!("/{alias}/cat.txt?partNumber=1"));
    assert_eq!((answer.status, answer.code().as_str()), (501, "NotImplemented"));
}

/// What a hostile or broken function costs its own request.
#[test]
fn what_goes_wrong_in_a_function_is_an_error_of_its_request() {
    let mut prepared = prepared();
    let cases = [
        ("panic", 500, "LambdaRuntimeError"),
        ("exit", 500, "LambdaRuntimeError"),
        ("stack", 500, "LambdaRuntimeError"),
        ("memory", 500, "LambdaRuntimeError"),
        ("loop", 500, "LambdaTimeout"),
        ("sleep", 500, "LambdaTimeout"),
        ("header-crlf", 400, "LambdaInvalidResponse"),
        ("header-frames", 400, "LambdaInvalidResponse"),
        ("header-id", 400, "LambdaInvalidResponse"),
        ("headers-many", 400, "LambdaInvalidResponse"),
        ("status", 400, "LambdaInvalidResponse"),
        ("metadata", 400, "LambdaInvalidResponse"),
        ("error", 451, "NotHere"),
    ];
    for (at, (payload, status, code)) in cases.into_iter().enumerate() {
        let alias = prepared.point(&format!("case{at}"), "buffered", payload, &[]);
        let answer = prepared.get(&format!("/{alias}/cat.txt"));
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{payload}: {}", answer.text());
    }
    // Others are served as before.
    let alias = prepared.point("good", "buffered", "", &[]);
    assert_eq!(prepared.get(&format!("/{alias}/cat.txt")).text(), TEXT.to_uppercase());
}

/// A body that is not whole never looks whole.
#[test]
fn a_stream_that_breaks_off_breaks_the_transfer() {
    let mut prepared = prepared();
    prepared.deploy("broken", "streaming", &[]);
    for payload in ["later-panic", "failed", "unsaid"] {
        let alias = prepared.point(payload, "broken", payload, &[]);
        let answer = prepared.main.try_send(Request::new("GET", &format!("/{alias}/cat.txt")));
        match answer {
            Err(_) => {}
            // It failed before the head was sent.
            Ok(answer) => assert!(answer.status >= 400, "{payload}: {}", answer.status),
        }
        prepared.main = prepared.server.client();
    }
}

/// A function sees what it says that it depends on, and nothing else. So nobody gets what was made
/// for another.
#[test]
fn what_was_made_is_kept_for_those_who_ask_for_the_same() {
    let mut prepared = prepared();
    prepared.deploy("apart", "showing", &[("PORTCULLIS_VARY", "query:w,header:x-kind")]);
    prepared.deploy("personal", "showing", &[("PORTCULLIS_VARY", "caller")]);
    let alias = prepared.point("apart", "apart", "context", &ALL);
    let ask = |prepared: &mut Prepared, query: &str, kind: &str| {
        let request = Request::new("GET", &format!("/{alias}/cat.txt{query}")).header("x-kind", kind);
        prepared.main.send(request).text()
    };
    let first = ask(&mut prepared, "?w=1&h=2", "a");
    assert!(first.contains(r#"query: [("w", "1")]"#) && first.contains("caller: None"), "{first}");
    assert!(first.contains(r#"headers: [("x-kind", "a")]"#) && !first.contains("amz-date"), "{first}");
    // The request id is shown: here it says whose answer it is.
    assert_eq!(ask(&mut prepared, "?w=1&h=3", "a"), first);
    assert_ne!(ask(&mut prepared, "?w=2", "a"), first);
    assert_ne!(ask(&mut prepared, "?w=1", "b"), first);
    // The object has changed.
    prepared.main.put("/photos/cat.txt", TEXT);
    assert_ne!(ask(&mut prepared, "?w=1", "a"), first);

    let alias = prepared.point("personal", "personal", "context", &ALL);
    let own = prepared.get(&format!("/{alias}/cat.txt")).text();
    assert!(own.contains(&format!("arn:aws:iam::{OWN}:")), "{own}");
    assert_eq!(prepared.get(&format!("/{alias}/cat.txt")).text(), own);
}

#[test]
fn rules_of_a_bucket_name_functions_one_after_the_other() {
    let mut prepared = prepared();
    let rule = |more: &str, functions: &[&str]| {
        let functions: String =
            functions.iter().map(|name| format!("<FunctionArn>{}</FunctionArn>", arn(name))).collect();
        format!("<Rule><Operation>GetObject</Operation>{more}{functions}</Rule>")
    };
    let rules = [
        rule("<Prefix>cat</Prefix><QueryParameter>upper</QueryParameter>", &["streaming"]),
        rule("<Prefix>two/</Prefix><Payload>same</Payload>", &["buffered", "streaming"]),
    ];
    let document = format!("<TransformConfiguration>{}</TransformConfiguration>", rules.concat());
    let none = prepared.get("/photos?transforms");
    assert_eq!((none.status, none.code().as_str()), (404, "NoSuchTransformConfiguration"));
    prepared.main.expect(Request::new("PUT", "/photos?transforms").body(document));
    let shown = prepared.get("/photos?transforms").text();
    assert!(shown.contains("<QueryParameter>upper</QueryParameter>"), "{shown}");

    assert_eq!(prepared.get("/photos/cat.txt").text(), TEXT);
    assert_eq!(prepared.get("/photos/cat.txt?upper").text(), TEXT.to_uppercase());
    let part = Request::new("GET", "/photos/cat.txt?upper").header("range", "bytes=2-8");
    assert_eq!(prepared.main.send(part).text(), "PICTURE");
    prepared.main.put("/photos/two/b.txt", "two of them");
    assert_eq!(prepared.get("/photos/two/b.txt").text(), "TWO OF THEM");
    let head = prepared.main.send(Request::new("HEAD", "/photos/two/b.txt"));
    assert_eq!(head.header("content-length"), Some("11"));

    // A copy would have what readers do not get; where a rule is a matter of choice, they get it.
    let copy = |source: &str| Request::new("PUT", "/photos/copy").header("x-amz-copy-source", source);
    let refused = prepared.main.send(copy("photos/two/b.txt"));
    assert_eq!((refused.status, refused.code().as_str()), (405, "MethodNotAllowed"));
    prepared.main.expect(copy("photos/cat.txt"));
    let told = Request::new("GET", "/photos/two/b.txt?attributes").header("x-amz-object-attributes", "ETag");
    let refused = prepared.main.send(told);
    assert_eq!((refused.status, refused.code().as_str()), (405, "MethodNotAllowed"));

    // A function that is not there, and rules that are deleted.
    let gone = format!("<TransformConfiguration>{}</TransformConfiguration>", rule("", &["none"]));
    prepared.main.expect(Request::new("PUT", "/photos?transforms").body(gone));
    let answer = prepared.get("/photos/cat.txt");
    assert_eq!((answer.status, answer.code().as_str()), (404, "LambdaNotFound"));
    prepared.main.expect(Request::new("DELETE", "/photos?transforms"));
    assert_eq!(prepared.get("/photos/cat.txt").text(), TEXT);
}
