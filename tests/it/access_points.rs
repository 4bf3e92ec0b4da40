//! Access points: how they are made and shown, every way in which a request names one, and who may
//! do what by one.

mod control;
mod names;
mod rights;

use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{ALT, Credentials, MAIN};

/// The account of the main client, and that of the other.
const OWN: &str = "000000000001";
const OTHER: &str = "000000000002";

const ARN: &str = "arn:aws:s3:us-east-1:000000000001:accesspoint/reports";

/// A server that takes buckets and access points in the names of hosts.
fn server() -> Server {
    Server::start_with(&["--domain", "s3.test"])
}

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

/// A request of the API for the settings of an account.
fn control(method: &str, path: &str, account: &str) -> Request {
    Request::new(method, &format!("/v20180820/{path}")).header("x-amz-account-id", account)
}

/// A request for a new access point for `photos`, with more in its document.
fn creation(name: &str, account: &str, more: &str) -> Request {
    control("PUT", &format!("accesspoint/{name}"), account)
        .body(format!("<CreateAccessPointRequest><Bucket>photos</Bucket>{more}</CreateAccessPointRequest>"))
}

/// Makes an access point for `photos`; its alias.
fn create(client: &mut Client, name: &str, account: &str, more: &str) -> String {
    let made = client.send(creation(name, account, more));
    assert_eq!(made.status, 200, "{}", made.text());
    element(&made.text(), "Alias")
}

fn element(document: &str, name: &str) -> String {
    document.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// Sets the policy of an access point of the main account.
fn put_policy(client: &mut Client, name: &str, policy: &str) -> Response {
    let escaped = policy.replace('"', "&quot;");
    client.send(control("PUT", &format!("accesspoint/{name}/policy"), OWN).body(format!(
        "<PutAccessPointPolicyRequest><Policy>{escaped}</Policy></PutAccessPointPolicyRequest>"
    )))
}

/// A policy of one statement.
fn policy(effect: &str, principal: &str, actions: &str, resources: &[&str], condition: &str) -> String {
    let resources = resources.iter().map(|own| format!("\"{own}\"")).collect::<Vec<_>>().join(",");
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"Only\",\"Effect\":\"{effect}\",\"Principal\":{principal},\
         \"Action\":{actions},\"Resource\":[{resources}],\"Condition\":{condition}}}]}}"
    )
}

/// A policy of the access point `reports` about everything that is reached by it.
fn by_point(effect: &str, principal: &str) -> String {
    policy(effect, principal, "\"s3:*\"", &[ARN, &format!("{ARN}/object/*")], "{}")
}

/// A policy of the bucket `photos` about everything in it.
fn of_bucket(effect: &str, principal: &str, condition: &str) -> String {
    policy(effect, principal, "\"s3:*\"", &["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"], condition)
}

fn put_bucket_policy(client: &mut Client, policy: &str) {
    let answer = client.send(Request::new("PUT", "/photos?policy").body(policy));
    assert_eq!(answer.status, 204, "{}", answer.text());
}

/// A call of IAM.
fn iam(client: &mut Client, form: &str) -> Response {
    let answer = client.send(
        Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{form}&Version=2010-05-08")),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// A user of the main account with an inline policy.
fn user(server: &Server, name: &str, policy: &str) -> Client {
    let mut main = server.client();
    iam(&mut main, &format!("Action=CreateUser&UserName={name}"));
    let policy = tests::client::value(policy);
    iam(&mut main, &format!("Action=PutUserPolicy&UserName={name}&PolicyName=own&PolicyDocument={policy}"));
    let made = iam(&mut main, &format!("Action=CreateAccessKey&UserName={name}")).text();
    server.client_as(Credentials {
        access_key_id: element(&made, "AccessKeyId").leak(),
        secret_access_key: element(&made, "SecretAccessKey").leak(),
    })
}

/// A server with the bucket `photos`, an object in it, and the access point `reports`; its alias.
fn with_reports(more: &str) -> (Server, Client, String) {
    let server = server();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let alias = create(&mut main, "reports", OWN, more);
    (server, main, alias)
}

/// Block Public Access of an access point, with all switches off.
const UNBLOCKED: &str = "<PublicAccessBlockConfiguration/>";
