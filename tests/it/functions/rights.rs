//! Who may invoke functions, who may let others, and who may choose functions for a bucket.

use super::*;
use crate::iam;
use tests::server::Server;

/// A user of the main account with an inline policy of some statements.
pub(super) fn user(server: &Server, name: &str, statements: &[&str]) -> Client {
    let mut main = server.client();
    iam::ok(&mut main, &format!("CreateUser&UserName={name}"));
    allow(&mut main, name, statements);
    let made = iam::ok(&mut main, &format!("CreateAccessKey&UserName={name}"));
    server.client_as(iam::credentials(&made))
}

pub(super) fn allow(main: &mut Client, name: &str, statements: &[&str]) {
    let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    let policy = tests::client::value(&policy);
    iam::ok(main, &format!("PutUserPolicy&UserName={name}&PolicyName=own&PolicyDocument={policy}"));
}

fn statement(action: &str, resource: &str, condition: &str) -> String {
    format!(
        "{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"{resource}\",\"Condition\":{condition}}}"
    )
}

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{OWN}:function:{name}")
}

fn invoke(client: &mut Client, name: &str) -> (u16, String) {
    let name = tests::client::value(name);
    let answer = client.send(Request::new("POST", &format!("{PATH}/{name}/invocations")).body("{}"));
    (answer.status, answer.header("x-amzn-errortype").unwrap_or_default().to_owned())
}

#[test]
fn who_invokes_is_allowed_by_its_policies_or_by_that_of_the_function() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "shout");
    let denied = (403, "AccessDeniedException".to_owned());
    let allowed = (200, String::new());
    let mut alice = user(&server, "alice", &[&statement("lambda:GetFunction", "*", "{}")]);
    assert_eq!(invoke(&mut alice, "shout"), denied);
    allow(&mut main, "alice", &[&statement("lambda:InvokeFunction", &arn("shout"), "{}")]);
    assert_eq!(invoke(&mut alice, "shout"), allowed);
    assert_eq!(invoke(&mut alice, "shout:$LATEST"), allowed);
    expect(&mut main, &format!("POST {PATH}/shout/versions"), Some(&json!({})), 201);
    assert_eq!(invoke(&mut alice, "shout:1"), denied);
    // By the policy of the function, a principal of its account needs no more.
    let mut bob = user(&server, "bob", &[&statement("s3:GetObject", "*", "{}")]);
    assert_eq!(invoke(&mut bob, "shout"), denied);
    let permission = |id: &str, principal: &str| json!({ "StatementId": id, "Action": "lambda:InvokeFunction", "Principal": principal });
    let of_bob = permission("bob", &format!("arn:aws:iam::{OWN}:user/bob"));
    expect(&mut main, &format!("POST {PATH}/shout/policy"), Some(&of_bob), 201);
    assert_eq!(invoke(&mut bob, "shout"), allowed);
    // Another account needs both.
    let mut other = server.other_client();
    assert_eq!(invoke(&mut other, &arn("shout")), denied);
    expect(&mut main, &format!("POST {PATH}/shout/policy"), Some(&permission("other", "000000000002")), 201);
    assert_eq!(invoke(&mut other, &arn("shout")), allowed);
    assert_eq!(invoke(&mut other, &arn("none")), denied);
    // It may do nothing else with it.
    let line = format!("GET {PATH}/{}", tests::client::value(&arn("shout")));
    refused(&mut other, &line, None, 403, "AccessDeniedException", "");
}

#[test]
fn functions_are_not_public_and_who_may_be_let_in_is_a_condition() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "shout");
    let permission = |id: &str, principal: &str| json!({ "StatementId": id, "Action": "lambda:InvokeFunction", "Principal": principal });
    let line = format!("POST {PATH}/shout/policy");
    refused(&mut main, &line, Some(&permission("all", "*")), 400, "PublicPolicyException", "everybody");
    let mut bound = permission("all", "*");
    bound["SourceAccount"] = OWN.into();
    expect(&mut main, &line, Some(&bound), 201);
    let unknown = json!({ "StatementId": "x", "Action": "lambda:Invoke", "Principal": "000000000002" });
    refused(&mut main, &line, Some(&unknown), 400, "InvalidParameterValueException", "Action");

    let only = "{\"StringEquals\":{\"lambda:Principal\":\"000000000002\"}}";
    let mut alice = user(
        &server,
        "alice",
        &[&statement("lambda:AddPermission", "*", only), &statement("lambda:RemovePermission", "*", only)],
    );
    expect(&mut alice, &line, Some(&permission("two", "000000000002")), 201);
    refused(&mut alice, &line, Some(&permission("three", "000000000003")), 403, "AccessDeniedException", "");
    expect(&mut main, &line, Some(&permission("three", "000000000003")), 201);
    let remove = |id: &str| format!("DELETE {PATH}/shout/policy/{id}");
    refused(&mut alice, &remove("three"), None, 403, "AccessDeniedException", "");
    expect(&mut alice, &remove("two"), None, 204);

    // Tags of requests are conditions of those that write or remove them.
    let keys =
        "{\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"team\"]},\"Null\":{\"aws:TagKeys\":\"false\"}}";
    let mut bob = user(
        &server,
        "bob",
        &[&statement("lambda:TagResource", "*", keys), &statement("lambda:UntagResource", "*", keys)],
    );
    let tags = format!("/2017-03-31/tags/{}", tests::client::value(&arn("shout")));
    let tagged = |key: &str| json!({ "Tags": { key: "x" } });
    expect(&mut bob, &format!("POST {tags}"), Some(&tagged("team")), 204);
    refused(&mut bob, &format!("POST {tags}"), Some(&tagged("cost")), 403, "AccessDeniedException", "");
    refused(&mut bob, &format!("DELETE {tags}?tagKeys=cost"), None, 403, "AccessDeniedException", "");
    expect(&mut bob, &format!("DELETE {tags}?tagKeys=team"), None, 204);
}

#[test]
fn who_chooses_functions_for_a_bucket_may_invoke_them_and_readers_need_not() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.txt", "a cat");
    create(&mut main, "shout");
    expect(&mut main, &format!("POST {PATH}/shout/versions"), Some(&json!({})), 201);
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    expect(&mut main, &format!("POST {PATH}/shout/aliases"), Some(&alias), 201);
    let rules = |functions: &[&str]| {
        let functions: String =
            functions.iter().map(|name| format!("<FunctionArn>{}</FunctionArn>", arn(name))).collect();
        Request::new("PUT", "/photos?transforms").body(format!(
            "<TransformConfiguration><Rule><Operation>GetObject</Operation>{functions}</Rule>\
             </TransformConfiguration>"
        ))
    };
    let configure = statement("s3:*BucketTransforms", "arn:aws:s3:::photos", "{}");
    let mut alice = user(&server, "alice", &[&configure]);
    let check = |client: &mut Client, functions: &[&str], expected: (u16, &str)| {
        let answer = client.send(rules(functions));
        let code = if answer.status < 300 { String::new() } else { answer.code() };
        assert_eq!((answer.status, code.as_str()), expected, "{functions:?}: {}", answer.text());
    };
    let denied = (403, "LambdaPermissionError");
    check(&mut alice, &["shout"], denied);
    assert_eq!(alice.send(Request::new("GET", "/photos?transforms")).status, 404, "nothing was written");
    let invoke = |name: &str| statement("lambda:InvokeFunction", &arn(name), "{}");
    allow(&mut main, "alice", &[&configure, &invoke("shout")]);
    check(&mut alice, &["shout", "shout:live"], denied);
    check(&mut alice, &["shout"], (200, ""));
    check(&mut alice, &["shout:live"], denied);
    allow(&mut main, "alice", &[&configure, &invoke("shout:live")]);
    check(&mut alice, &["shout:live"], (200, ""));
    // Taking rules away takes no such right, and the owner needs none.
    assert_eq!(alice.send(Request::new("DELETE", "/photos?transforms")).status, 204);
    check(&mut main, &["shout"], (200, ""));
    let mut reader = user(&server, "reader", &[&statement("s3:GetObject", "*", "{}")]);
    assert_eq!(reader.get("/photos/cat.txt").text(), "A CAT");
}
