//! Every operation of S3 that is not implemented says so, in S3's words, and changes nothing.

use gateway::operations::nothing::{self, NothingResponse};
use gateway::operations::{BodyDigest, Operation, OperationRow, Selector, Support, TargetKind};
use tests::bodies::{hex, md5};
use tests::http::Request;
use tests::server::Server;
use tests::sign::Payload;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A request that selects the row.
fn request(row: &OperationRow) -> Request {
    let mut path = match row.target {
        TargetKind::Service => "/".to_string(),
        TargetKind::Bucket => "/photos".to_string(),
        TargetKind::Object => "/photos/cat.jpg".to_string(),
    };
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for selector in row.selected_by {
        match selector {
            Selector::Subresource(name) => query.push((*name).to_string()),
            Selector::Parameter(name) => query.push(format!("{name}=1")),
            Selector::ParameterIs(name, value) => query.push(format!("{name}={value}")),
            Selector::Header(name) => headers.push(*name),
            Selector::Path(whole) => path = (*whole).to_string(),
            Selector::Under(start, end) => path = format!("{start}name{end}"),
            Selector::Below(start) => path = format!("{start}arn"),
        }
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(&query.join("&"));
    }
    let mut request = Request::new(row.method.as_str(), &path);
    for header in headers {
        request = request.header(header, "1");
    }
    if row.digest == BodyDigest::Required {
        let body = "<Configuration/>";
        request = request.header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body);
    }
    request
}

#[test]
fn every_other_operation_answers_not_implemented() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    client.put("/photos/cat.jpg", "a picture of a cat");
    let mut wrong = Vec::new();
    let mut asked = 0;
    for operation in Operation::ALL {
        let row = operation.row();
        if row.support != Support::Missing {
            continue;
        }
        let signed = client.signed(request(row), Payload::Signed);
        match client.try_send_as_is(&signed) {
            Ok(answer)
                if answer.status == 501
                    && (row.method.as_str() == "HEAD" || answer.code() == "NotImplemented") => {}
            Ok(answer) => wrong.push(format!("{}: {} {}", operation.name(), answer.status, answer.code())),
            Err(error) => wrong.push(format!("{}: {error}", operation.name())),
        }
        asked += 1;
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 25, "the table has more operations than that");
    assert_eq!(hex(&md5(&client.get("/photos/cat.jpg").body)), hex(&md5(b"a picture of a cat")));
}

#[test]
fn what_nobody_can_make_is_not_there() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    let rows = Operation::ALL.iter().map(|operation| operation.row());
    for row in rows.filter(|row| row.support == Support::Nothing) {
        let name = row.operation.name();
        let answer = client.send(request(row));
        match nothing::respond(row.operation, "photos") {
            Ok(NothingResponse::Document(document)) => {
                assert_eq!((answer.status, answer.text()), (200, document), "{name}")
            }
            Ok(NothingResponse::Deleted) => {
                assert_eq!((answer.status, answer.body.len()), (204, 0), "{name}")
            }
            Err(error) => {
                let found = (answer.status, answer.code());
                assert_eq!(found, (error.code.status(), error.code.to_string()), "{name}");
            }
        }
        let stranger = server.anonymous().send(request(row));
        assert_eq!((stranger.status, stranger.code().as_str()), (403, "AccessDenied"), "{name}");
        let elsewhere =
            Request::new(row.method.as_str(), &request(row).target.replacen("photos", "nowhere", 1));
        let elsewhere = client.send(elsewhere);
        assert_eq!((elsewhere.status, elsewhere.code().as_str()), (404, "NoSuchBucket"), "{name}");
        let expected = client.send(request(row).header("x-amz-expected-bucket-owner", "000000000002"));
        assert_eq!((expected.status, expected.code().as_str()), (403, "AccessDenied"), "{name}");
    }
}

#[test]
fn a_stranger_does_not_even_learn_what_is_implemented() {
    let server = Server::start();
    server.client().put("/photos", "");
    for target in ["/photos?policy", "/photos?acl", "/photos?website", "/photos/cat.jpg?acl"] {
        let answer = server.anonymous().call("GET", target);
        assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"), "{target}");
    }
}
