//! Object Lambda access points: how they are made, every way in which a request names one, and who
//! may do what by one.

mod control;
mod names;
mod rights;
mod webhook;

use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, ALT, Credentials, MAIN, Payload};

/// The account of the main client, and that of the other.
const OWN: &str = "000000000001";
const OTHER: &str = "000000000002";

const ARN: &str = "arn:aws:s3-object-lambda:us-east-1:000000000001:accesspoint/redacted";
/// The access point that supports it.
const SUPPORTING: &str = "arn:aws:s3:us-east-1:000000000001:accesspoint/reports";
/// A function that nobody has deployed: whoever may invoke it is told so.
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000001:function:redact";

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

/// A request of the API for the settings of an account.
fn control(method: &str, path: &str, account: &str) -> Request {
    Request::new(method, &format!("/v20180820/{path}")).header("x-amz-account-id", account)
}

/// A request about the Object Lambda access points of the main account.
fn own(method: &str, path: &str) -> Request {
    control(method, &format!("accesspointforobjectlambda{path}"), OWN)
}

fn element(document: &str, name: &str) -> String {
    document.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// The configuration by which a function transforms some actions.
fn configuration(actions: &[&str], more: &str) -> String {
    configured(SUPPORTING, actions, FUNCTION, more)
}

fn configured(supporting: &str, actions: &[&str], function: &str, more: &str) -> String {
    let actions: String = actions.iter().map(|own| format!("<Action>{own}</Action>")).collect();
    format!(
        "<Configuration><SupportingAccessPoint>{supporting}</SupportingAccessPoint>{more}\
         <TransformationConfigurations><TransformationConfiguration><Actions>{actions}</Actions>\
         <ContentTransformation><AwsLambda><FunctionArn>{function}</FunctionArn>\
         <FunctionPayload>{{&quot;level&quot;:2}}</FunctionPayload></AwsLambda></ContentTransformation>\
         </TransformationConfiguration></TransformationConfigurations></Configuration>"
    )
}

fn creation(name: &str, account: &str, configuration: &str) -> Request {
    let root = "CreateAccessPointForObjectLambdaRequest";
    control("PUT", &format!("accesspointforobjectlambda/{name}"), account).body(format!(
        "<{root} xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">{configuration}</{root}>"
    ))
}

/// Makes one of the main account; its alias.
fn create(client: &mut Client, name: &str, configuration: &str) -> String {
    let made = client.send(creation(name, OWN, configuration));
    assert_eq!(made.status, 200, "{}", made.text());
    element(&made.text(), "Value")
}

/// Replaces the configuration of `redacted`.
fn configure(client: &mut Client, configuration: &str) -> Response {
    let root = "PutAccessPointConfigurationForObjectLambdaRequest";
    client.send(own("PUT", "/redacted/configuration").body(format!("<{root}>{configuration}</{root}>")))
}

/// Sets a policy: of `redacted`, or of its supporting access point.
fn put_policy(client: &mut Client, path: &str, policy: &str) -> Response {
    let root = match path.starts_with("accesspointforobjectlambda") {
        true => "PutAccessPointPolicyForObjectLambdaRequest",
        false => "PutAccessPointPolicyRequest",
    };
    let escaped = policy.replace('"', "&quot;");
    client.send(
        control("PUT", &format!("{path}/policy"), OWN)
            .body(format!("<{root}><Policy>{escaped}</Policy></{root}>")),
    )
}

/// A policy of one statement; without a principal, one of a user.
fn policy(effect: &str, principal: &str, actions: &str, resources: &[&str], condition: &str) -> String {
    let resources = resources.iter().map(|own| format!("\"{own}\"")).collect::<Vec<_>>().join(",");
    let principal = if principal.is_empty() { String::new() } else { format!("\"Principal\":{principal},") };
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"Only\",\"Effect\":\"{effect}\",{principal}\
         \"Action\":{actions},\"Resource\":[{resources}],\"Condition\":{condition}}}]}}"
    )
}

/// A user of the main account with an inline policy of some statements.
fn user(server: &Server, name: &str, statements: &[&str]) -> Client {
    let mut main = server.client();
    let mut call = |form: &str| {
        let request = Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{form}&Version=2010-05-08"));
        let answer = main.send(request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    call(&format!("Action=CreateUser&UserName={name}"));
    let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    let policy = tests::client::value(&policy);
    call(&format!("Action=PutUserPolicy&UserName={name}&PolicyName=own&PolicyDocument={policy}"));
    let made = call(&format!("Action=CreateAccessKey&UserName={name}"));
    server.client_as(Credentials {
        access_key_id: element(&made, "AccessKeyId").leak(),
        secret_access_key: element(&made, "SecretAccessKey").leak(),
    })
}

/// Sends a request that is signed for a service.
fn send_for(
    client: &mut Client,
    credentials: &Credentials,
    service: &'static str,
    request: Request,
) -> Response {
    let signed = sign::sign_for(request, credentials, Payload::Signed, sign::now(), |_| service);
    client.try_send_as_is(&signed).unwrap()
}

/// A server with the bucket `photos`, an object in it, the access point `reports`, and `redacted`
/// in front of it; its alias.
fn with_redacted(actions: &[&str]) -> (Server, Client, String) {
    let server = Server::start_with(&["--domain", "s3.test"]);
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    assert_eq!(main.send(control("PUT", "accesspoint/reports", OWN).body(point)).status, 200);
    let alias = create(&mut main, "redacted", &configuration(actions, ""));
    (server, main, alias)
}
