//! One GET through all stages: the first test to read.
//!
//! `/metrics` counts for each stage how often it ran and how long. One signed GET goes through
//! authentication, policy and storage once each; stages that have nothing to do are not called. A
//! request that a stage refuses goes no further.

use tests::http::Request;
use tests::server::Server;
use tests::sign::Credentials;

/// The stages that ran for one request, in the order of `STAGES`: counters do not say when.
fn walk(server: &Server, send: impl FnOnce()) -> Vec<String> {
    const STAGES: [&str; 8] =
        ["cors", "website", "auth", "policy", "transform", "encryption", "functions", "storage"];
    let runs = || {
        STAGES.map(|stage| {
            server.metric("portcullis_stage_duration_seconds_count", &[&format!("stage=\"{stage}\"")])
        })
    };
    let before = runs();
    send();
    let after = runs();
    let walked = STAGES.iter().zip(before.iter().zip(after));
    walked.filter(|(_, (before, after))| after > *before).map(|(stage, _)| (*stage).to_string()).collect()
}

#[test]
fn a_get_walks_the_pipeline() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    client.put("/photos/cat.jpg", "a picture of a cat");

    let walked = walk(&server, || {
        let request = Request::new("GET", "/photos/cat.jpg").header("range", "bytes=2-8");
        let response = client.expect(request);
        assert_eq!((response.status, response.text().as_str()), (206, "picture"));
        assert_eq!(response.header("content-range"), Some("bytes 2-8/18"));
        assert!(response.header("x-amz-request-id").is_some());
    });
    assert_eq!(walked, ["auth", "policy", "storage"]);
}

#[test]
fn a_request_with_an_origin_meets_cors() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    let walked = walk(&server, || {
        client.expect(Request::new("GET", "/photos?list-type=2").header("origin", "https://example.com"));
    });
    assert_eq!(walked, ["cors", "auth", "policy", "storage"]);
}

#[test]
fn a_preflight_goes_no_further_than_cors() {
    let server = Server::start();
    let walked = walk(&server, || {
        let request = Request::new("OPTIONS", "/photos")
            .header("origin", "https://example.com")
            .header("access-control-request-method", "GET");
        let response = server.anonymous().send(request);
        assert_eq!((response.status, response.code().as_str()), (403, "AccessForbidden"));
    });
    assert_eq!(walked, ["cors"]);
}

#[test]
fn a_wrong_signature_goes_no_further_than_auth() {
    let server = Server::start();
    let stranger = Credentials { secret_access_key: "not the secret", ..tests::sign::MAIN };
    let walked = walk(&server, || {
        let response = server.client_as(stranger).call("GET", "/photos/cat.jpg");
        assert_eq!((response.status, response.code().as_str()), (403, "SignatureDoesNotMatch"));
    });
    assert_eq!(walked, ["auth"]);
}

#[test]
fn a_stranger_is_turned_away_by_policy() {
    let server = Server::start();
    server.client().put("/photos", "");
    server.client().put("/photos/cat.jpg", "a picture of a cat");
    for mut client in [server.other_client(), server.anonymous()] {
        for (method, target) in [
            ("GET", "/photos/cat.jpg"),
            ("PUT", "/photos/dog.jpg"),
            ("DELETE", "/photos/cat.jpg"),
            ("GET", "/photos"),
        ] {
            let response = client.call(method, target);
            assert_eq!(
                (response.status, response.code().as_str()),
                (403, "AccessDenied"),
                "{method} {target}"
            );
        }
    }
    assert_eq!(server.client().get("/photos/cat.jpg").text(), "a picture of a cat");
}
