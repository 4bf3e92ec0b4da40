//! Who gets in, beyond what single exchanges show: new buckets, restarts, and decisions that other
//! requests overtake.

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

/// Whoever may share an object of their own must not share what somebody else puts in its place
/// meanwhile.
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

/// A request about the settings of an account: by a host that is an address, with the account in
/// the header alone.
fn account_block(method: &str, account: &str) -> Request {
    Request::new(method, "/v20180820/configuration/publicAccessBlock").header("x-amz-account-id", account)
}

/// The document with these switches on.
fn switches(on: &[&str]) -> String {
    let all = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let switches = all.map(|name| format!("<{name}>{}</{name}>", on.contains(&name)));
    format!(
        "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">{}\
         </PublicAccessBlockConfiguration>",
        switches.concat()
    )
}

const MAIN_ACCOUNT: &str = "000000000001";

#[test]
fn an_account_blocks_public_access_in_all_of_its_buckets() {
    let mut server = Server::start();
    let (mut owner, mut nobody) = (server.client(), server.anonymous());
    owner.send(Request::new("PUT", "/photos"));
    owner.put("/photos/cat.jpg", "a picture of a cat");
    owner.send(Request::new("PUT", "/photos/open.jpg").header("x-amz-acl", "public-read").body("open"));
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", OPEN)).status, 204);

    let none = owner.send(account_block("GET", MAIN_ACCOUNT));
    check(&none, 404, "NoSuchPublicAccessBlockConfiguration");
    assert!(none.text().contains("<ErrorResponse xmlns=\"http://awss3control."), "{}", none.text());
    let set = |client: &mut Client, on: &[&str]| {
        client.send(account_block("PUT", MAIN_ACCOUNT).body(switches(on))).status
    };
    assert_eq!(set(&mut owner, &["BlockPublicAcls"]), 200);
    let shown = owner.send(account_block("GET", MAIN_ACCOUNT));
    assert_eq!(shown.text().split_once('\n').unwrap().1, switches(&["BlockPublicAcls"]));
    check(&put_acl(&mut owner, "/photos/cat.jpg?acl", "public-read"), 403, "AccessDenied");
    check(&put_acl(&mut owner, "/photos?acl", "public-read"), 403, "AccessDenied");
    check(&put_acl(&mut owner, "/photos/new.jpg", "public-read"), 403, "AccessDenied");
    check(&put_acl(&mut owner, "/shared", "public-read"), 400, "InvalidBucketAclWithBlockPublicAccessError");
    assert_eq!(put_acl(&mut owner, "/photos/cat.jpg?acl", "private").status, 200);
    assert_eq!(nobody.call("GET", "/photos/open.jpg").status, 200, "what was there stays");

    // The policy allows it all the same, until it is restricted.
    assert_eq!(set(&mut owner, &["IgnorePublicAcls"]), 200);
    assert_eq!(nobody.call("GET", "/photos/cat.jpg").status, 200);
    assert_eq!(set(&mut owner, &["RestrictPublicBuckets"]), 200);
    check(&nobody.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&server.other_client().call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    assert_eq!(owner.get("/photos/cat.jpg").text(), "a picture of a cat");
    // Whatever the bucket says.
    let open = "<PublicAccessBlockConfiguration/>";
    assert_eq!(owner.send(with_digest("PUT", "/photos?publicAccessBlock", open)).status, 200);
    check(&nobody.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");

    assert_eq!(set(&mut owner, &["BlockPublicPolicy"]), 200);
    assert_eq!(nobody.call("GET", "/photos/cat.jpg").status, 200);
    check(&owner.send(with_digest("PUT", "/photos?policy", OPEN)), 403, "AccessDenied");
    assert_eq!(owner.call("DELETE", "/photos?policy").status, 204);

    // Another account's buckets are its own affair, and this account's settings are not its.
    let mut stranger = server.other_client();
    stranger.put("/theirs", "");
    stranger.send(Request::new("PUT", "/theirs/dog.jpg").header("x-amz-acl", "public-read").body("a dog"));
    assert_eq!(set(&mut owner, &["BlockPublicAcls", "IgnorePublicAcls"]), 200);
    assert_eq!(nobody.call("GET", "/theirs/dog.jpg").status, 200);
    check(&nobody.call("GET", "/photos/open.jpg"), 403, "AccessDenied");
    for method in ["GET", "PUT", "DELETE"] {
        let request = || account_block(method, MAIN_ACCOUNT).body(switches(&[]));
        check(&stranger.send(request()), 403, "AccessDenied");
        check(&nobody.send(request()), 403, "AccessDenied");
    }
    check(&owner.send(account_block("GET", "")), 403, "AccessDenied");

    server.kill();
    server.start_again();
    let (mut owner, mut nobody) = (server.client(), server.anonymous());
    check(&nobody.call("GET", "/photos/open.jpg"), 403, "AccessDenied");
    for _ in 0..2 {
        assert_eq!(owner.send(account_block("DELETE", MAIN_ACCOUNT)).status, 204);
    }
    assert_eq!(nobody.call("GET", "/photos/open.jpg").status, 200);
    check(&owner.send(account_block("GET", MAIN_ACCOUNT)), 404, "NoSuchPublicAccessBlockConfiguration");
    for (document, code) in [("", "MissingRequestBodyError"), ("<Block/>", "MalformedXML")] {
        check(&owner.send(account_block("PUT", MAIN_ACCOUNT).body(document)), 400, code);
    }
    let other = Request::new("GET", "/v20180820/jobs").header("x-amz-account-id", MAIN_ACCOUNT);
    check(&owner.send(other), 501, "NotImplemented");
    // Without the header, it is a bucket's name and a key.
    owner.put("/v20180820", "");
    owner.put("/v20180820/configuration/publicAccessBlock", "an object");
    assert_eq!(owner.get("/v20180820/configuration/publicAccessBlock").text(), "an object");
}

fn payment(client: &mut Client, payer: &str) -> Response {
    let document = format!(
        "<RequestPaymentConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Payer>{payer}</Payer>\
         </RequestPaymentConfiguration>"
    );
    client.send(with_digest("PUT", "/photos?requestPayment", &document))
}

#[test]
fn who_asks_pays_where_the_bucket_says_so() {
    let server = Server::start();
    let (mut owner, mut stranger, mut nobody) = (server.client(), server.other_client(), server.anonymous());
    owner.put("/photos", "");
    owner.put("/photos/cat.jpg", "a picture of a cat");
    let open =
        OPEN.replace("\"s3:GetObject\",\"Resource\":", "[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":");
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", &open)).status, 204);
    assert!(owner.get("/photos?requestPayment").text().contains("<Payer>BucketOwner</Payer>"));
    let paying =
        |method: &str, target: &str| Request::new(method, target).header("x-amz-request-payer", "requester");
    // Where the owner pays, nobody is charged for saying so.
    let answer = stranger.send(paying("GET", "/photos/cat.jpg"));
    assert_eq!((answer.status, answer.header("x-amz-request-charged")), (200, None));
    check(&payment(&mut owner, "Nobody"), 400, "MalformedXML");
    assert_eq!(payment(&mut owner, "Requester").status, 200);
    assert!(owner.get("/photos?requestPayment").text().contains("<Payer>Requester</Payer>"));

    let answer = owner.get("/photos/cat.jpg");
    assert_eq!(answer.header("x-amz-request-charged"), None);
    check(&stranger.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&stranger.call("PUT", "/photos/new.jpg"), 403, "AccessDenied");
    check(&nobody.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&nobody.send(paying("GET", "/photos/cat.jpg")), 403, "AccessDenied");
    for request in [
        paying("GET", "/photos/cat.jpg"),
        paying("HEAD", "/photos/cat.jpg"),
        paying("PUT", "/photos/theirs.jpg").body("theirs"),
        paying("PUT", "/photos/copied.jpg").header("x-amz-copy-source", "photos/cat.jpg"),
        Request::new("GET", "/photos/cat.jpg?x-amz-request-payer=requester"),
    ] {
        let line = format!("{} {}", request.method, request.target);
        let answer = stranger.send(request);
        assert_eq!(
            (answer.status, answer.header("x-amz-request-charged")),
            (200, Some("requester")),
            "{line}"
        );
    }
    // What policies do not allow, money does not buy.
    check(&stranger.send(paying("DELETE", "/photos/cat.jpg")), 403, "AccessDenied");

    // A copy out of it is charged too.
    stranger.put("/theirs", "");
    let copy = |request: Request| request.header("x-amz-copy-source", "photos/cat.jpg");
    check(&stranger.send(copy(Request::new("PUT", "/theirs/cat.jpg"))), 403, "AccessDenied");
    let answer = stranger.send(copy(paying("PUT", "/theirs/cat.jpg")));
    assert_eq!((answer.status, answer.header("x-amz-request-charged")), (200, Some("requester")));

    assert_eq!(payment(&mut owner, "BucketOwner").status, 200);
    assert_eq!(nobody.call("GET", "/photos/cat.jpg").status, 200);
}
