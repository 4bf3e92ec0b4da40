//! Deployed functions: the API of Lambda over real sockets, what packages are refused, and the
//! commands that deploy.

mod command;
mod control;
mod invoke;
mod packages;
mod rights;

use serde_json::{Value, json};
use tests::client::Client;
use tests::http::{Request, Response};
use tests::transforms::component;

/// The account of the main client.
const OWN: &str = "000000000001";
const PATH: &str = "/2015-03-31/functions";
/// All that the transform of the tests imports.
const GRANTS: &str = "clock,random,objects,scratch,http=api.example.com";

/// A call of the API of functions.
fn call(client: &mut Client, method: &str, target: &str, document: Option<&Value>) -> Response {
    let request = Request::new(method, target);
    client.send(match document {
        Some(document) => request.body(document.to_string()),
        None => request,
    })
}

/// A call that must have a status; its document.
#[track_caller]
fn expect(client: &mut Client, line: &str, document: Option<&Value>, status: u16) -> Value {
    let (method, target) = line.split_once(' ').unwrap();
    let answer = call(client, method, target, document);
    assert_eq!(answer.status, status, "{line}: {}", answer.text());
    match answer.body.is_empty() {
        true => Value::Null,
        false => serde_json::from_str(&answer.text()).unwrap(),
    }
}

/// A call that must be refused: the status, the code, and a part of the message.
#[track_caller]
fn refused(client: &mut Client, line: &str, document: Option<&Value>, status: u16, code: &str, part: &str) {
    let (method, target) = line.split_once(' ').unwrap();
    let answer = call(client, method, target, document);
    let text = answer.text();
    let kind = answer.header("x-amzn-errortype").unwrap_or_default().to_owned();
    assert_eq!((answer.status, kind.as_str()), (status, code), "{line}: {text}");
    assert!(text.contains(part), "{line}: `{part}` is not in: {text}");
}

/// The document of CreateFunction, with the transform of the tests.
fn creation(name: &str) -> Value {
    let variables = [("PORTCULLIS_GRANTS", GRANTS), ("TOKEN", "hush-hush")];
    let mut document = tests::transforms::creation(name, &component("buffered"), &variables);
    document["Timeout"] = 5.into();
    document["MemorySize"] = 256.into();
    document
}

/// Makes a function; what the server shows of it.
#[track_caller]
fn create(client: &mut Client, name: &str) -> Value {
    expect(client, &format!("POST {PATH}"), Some(&creation(name)), 201)
}
