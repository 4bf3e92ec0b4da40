//! What a function may read besides its object: other objects of the bucket, and tags. Everybody's
//! rights hold there, too.

use tests::http::Request;

use super::{GRANTS, Prepared, TEXT, deployment, prepared, rules};

/// What a function of the tests says of a read that gives nothing.
const MISSING: &str = r#"name: "missing""#;
const DENIED: &str = r#"name: "denied""#;

/// Of a user who reads by Object Lambda access points, and what else it may.
fn reader(prepared: &Prepared, name: &str, more: &str) -> tests::client::Client {
    let by = r#"{"Effect":"Allow","Action":["s3-object-lambda:*","lambda:InvokeFunction"],"Resource":"*"}"#;
    super::user(prepared, name, &[by, more])
}

#[test]
fn a_function_reads_other_objects_with_the_rights_of_the_caller() {
    let mut prepared = prepared();
    prepared.main.put("/photos/some%20other.txt", "another one");
    let alias = prepared.point("asks", "buffered", "ask object some other.txt", &[]);
    let path = format!("/{alias}/cat.txt");
    let before = prepared.server.metric("portcullis_inner_requests_total", &[]);
    assert_eq!(prepared.get(&path).text(), "another one");
    assert_eq!(prepared.server.metric("portcullis_inner_requests_total", &[]) - before, 1.0);
    let missing = prepared.point("misses", "buffered", "ask object none", &[]);
    assert!(prepared.get(&format!("/{missing}/cat.txt")).text().contains(MISSING));

    let one = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/cat.txt"}"#;
    let mut one = reader(&prepared, "one", one);
    assert!(one.get(&path).text().contains(DENIED));
    let both = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;
    let mut both = reader(&prepared, "both", both);
    assert_eq!(both.get(&path).text(), "another one");

    // What decides is decided again by each read.
    let denies = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",
                     "Resource":"arn:aws:s3:::photos/some*"}]}"#;
    prepared.main.expect(Request::new("PUT", "/photos?policy").body(denies));
    assert!(both.get(&path).text().contains(DENIED));
    // The owner is denied by its own policy.
    assert!(prepared.get(&path).text().contains(DENIED));
    prepared.main.expect(Request::new("DELETE", "/photos?policy"));
    assert_eq!(prepared.get(&path).text(), "another one");
}

/// Endless reads trap, and an endless chain of functions is not there: an inner request runs none.
#[test]
fn reads_are_counted_and_what_a_rule_transforms_is_not_read() {
    let mut prepared = prepared();
    let many = prepared.point("many", "buffered", "ask objects 17", &[]);
    let answer = prepared.get(&format!("/{many}/cat.txt"));
    assert_eq!((answer.status, answer.code().as_str()), (500, "LambdaRuntimeError"));

    prepared.main.put("/photos/secret/a.txt", "hush");
    rules(
        &mut prepared,
        &[("<Prefix>secret/</Prefix>", "streaming"), ("<QueryParameter>up</QueryParameter>", "streaming")],
    );
    for (key, read) in [("secret/a.txt", DENIED), ("cat.txt", TEXT)] {
        let alias =
            prepared.point(&key.replace(['/', '.'], "-"), "buffered", &format!("ask object {key}"), &[]);
        let answer = prepared.get(&format!("/{alias}/cat.txt")).text();
        assert!(answer.contains(read), "{answer}");
    }
}

#[test]
fn an_anonymous_caller_reads_what_is_open() {
    let mut prepared = prepared();
    prepared.main.put("/photos/open.txt", "for all");
    prepared.main.put("/photos/closed.txt", "for few");
    prepared.main.expect(Request::new("DELETE", "/photos?publicAccessBlock"));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
                     "Resource":["arn:aws:s3:::photos/cat.txt","arn:aws:s3:::photos/open.txt"]}]}"#;
    prepared.main.expect(Request::new("PUT", "/photos?policy").body(policy));
    let mut anonymous = prepared.server.anonymous();
    for (key, read) in [("open.txt", "for all"), ("closed.txt", DENIED)] {
        let rule = format!("<QueryParameter>x</QueryParameter><Payload>ask object {key}</Payload>");
        rules(&mut prepared, &[(&rule, "buffered")]);
        let answer = anonymous.get("/photos/cat.txt?x").text();
        assert!(answer.contains(read), "{answer}");
    }
}

/// Nothing stands for what other objects say. So there is no ETag, and nothing is kept.
#[test]
fn what_other_objects_say_is_never_old() {
    let mut prepared = prepared();
    prepared.deploy("certain", "buffered", &[("PORTCULLIS_GRANTS", GRANTS), ("PORTCULLIS_VARY", "none")]);
    let alias = prepared.point("asks", "certain", "ask object other.txt", &[]);
    for text in ["one", "two"] {
        prepared.main.put("/photos/other.txt", text);
        let answer = prepared.get(&format!("/{alias}/cat.txt"));
        assert_eq!((answer.text().as_str(), answer.header("etag")), (text, None));
    }
    let without = deployment(
        "refused",
        "buffered",
        &[("PORTCULLIS_GRANTS", "clock,random,scratch,http=api.example.com")],
    );
    let refused = prepared.main.send(without);
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("objects"), "{}", refused.text());
}

#[test]
fn tags_are_shown_where_the_function_asks_and_the_caller_may() {
    let mut prepared = prepared();
    let set = |prepared: &mut Prepared, team: &str| {
        let tags =
            format!("<Tagging><TagSet><Tag><Key>team</Key><Value>{team}</Value></Tag></TagSet></Tagging>");
        prepared.main.expect(Request::new("PUT", "/photos/cat.txt?tagging").body(tags));
    };
    set(&mut prepared, "red");
    prepared.deploy("untold", "showing", &[]);
    prepared.deploy("told", "showing", &[("PORTCULLIS_GRANTS", "tags"), ("PORTCULLIS_VARY", "none")]);
    let untold = prepared.point("untold", "untold", "context", &[]);
    assert!(prepared.get(&format!("/{untold}/cat.txt")).text().contains("tags: []"));
    let path = format!("/{}/cat.txt", prepared.point("told", "told", "context", &[]));
    let red = prepared.get(&path);
    assert!(red.text().contains(r#"tags: [("team", "red")]"#), "{}", red.text());
    // Other tags are another result, also where the object is the same.
    set(&mut prepared, "blue");
    let blue = prepared.get(&path);
    assert!(blue.text().contains(r#"tags: [("team", "blue")]"#), "{}", blue.text());
    assert_ne!(red.header("etag"), blue.header("etag"));

    let reads = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;
    let shown = reader(&prepared, "reads", reads).get(&path);
    assert!(shown.status == 200 && shown.text().contains("tags: []"), "{}", shown.text());
    let knows = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":"arn:aws:s3:::photos/*"}"#;
    assert_eq!(reader(&prepared, "knows", knows).get(&path).text(), blue.text());
}
