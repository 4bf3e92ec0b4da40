//! Who gets in, beyond what single exchanges show: new buckets, restarts, and decisions that other requests overtake.

use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::Payload;

fn with_digest(method: &str, target: &str, body: &str) -> Request {
    Request::new(method, target).header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body)
}

fn put_acl(client: &mut Client, target: &str, canned: &str) -> Response {
    client.send(Request::new("PUT", target).header("x-amz-acl", canned))
}

fn check(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

const OPEN: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\
    \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\"}]}";

#[test]
fn a_new_bucket_is_closed_unless_the_operator_says_otherwise() {
    let flags =
        ["--variable", "object_ownership=BucketOwnerEnforced", "--variable", "block_public_access=true"];
    let server = Server::start_with(&flags);
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "a picture of a cat");
    let block = owner.get("/photos?publicAccessBlock").text();
    assert_eq!(block.matches(">true<").count(), 4, "{block}");
    assert!(owner.get("/photos?ownershipControls").text().contains("BucketOwnerEnforced"));
    check(&put_acl(&mut owner, "/photos?acl", "public-read"), 400, "AccessControlListNotSupported");
    check(&put_acl(&mut owner, "/photos/cat.jpg?acl", "public-read"), 400, "AccessControlListNotSupported");
    check(&owner.send(with_digest("PUT", "/photos?policy", OPEN)), 403, "AccessDenied");
    let public = Request::new("PUT", "/shared")
        .header("x-amz-acl", "public-read")
        .header("x-amz-object-ownership", "ObjectWriter");
    check(&owner.send(public), 400, "InvalidBucketAclWithBlockPublicAccessError");
    check(&server.anonymous().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&server.other_client().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
}

#[test]
fn a_policy_holds_at_once_and_after_a_restart() {
    let mut server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "a picture of a cat");
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", OPEN)).status, 204);
    assert_eq!(server.anonymous().call("GET", "/photos/cat.jpg").status, 200);
    server.kill();
    server.start_again();
    let mut owner = server.client();
    assert_eq!(server.anonymous().call("GET", "/photos/cat.jpg").status, 200);
    let closed = OPEN.replace("Allow", "Deny");
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", &closed)).status, 204);
    check(&server.anonymous().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&owner.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    assert_eq!(owner.call("DELETE", "/photos?policy").status, 204);
    assert_eq!(owner.call("GET", "/photos/cat.jpg").status, 200);
    // A bucket that is made anew does not inherit what the one before it granted.
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", OPEN)).status, 204);
    owner.call("DELETE", "/photos/cat.jpg");
    assert_eq!(owner.call("DELETE", "/photos").status, 204);
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "another cat");
    check(&server.anonymous().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&owner.call("GET", "/photos?policy"), 404, "NoSuchBucketPolicy");
}

/// Whoever may share an object of their own must not share what somebody else puts in its place meanwhile.
#[test]
fn a_decision_about_one_object_is_not_carried_out_on_another() {
    let server = Server::start();
    let mut owner = server.client();
    owner.send(Request::new("PUT", "/photos").header("x-amz-acl", "public-read-write"));
    let mut stranger = server.other_client();
    stranger.put("/photos/cat.jpg", "the stranger's");
    let acl = stranger.get("/photos/cat.jpg?acl").text();
    let open = acl.replace(
        "<AccessControlList>",
        "<AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">\
         <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>",
    );

    // Allowed, and waiting for the end of its document.
    let request = stranger.signed(with_digest("PUT", "/photos/cat.jpg?acl", &open), Payload::Signed);
    let mut connection = server.connect();
    connection.write(&request.head()).unwrap();
    connection.write(&open.as_bytes()[..open.len() - 1]).unwrap();
    sleep(Duration::from_millis(300));

    owner.put("/photos/cat.jpg", "the owner's");
    connection.write(&open.as_bytes()[open.len() - 1..]).unwrap();
    check(&connection.read("PUT").unwrap(), 403, "AccessDenied");
    check(&server.anonymous().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    assert_eq!(owner.get("/photos/cat.jpg").text(), "the owner's");
}
