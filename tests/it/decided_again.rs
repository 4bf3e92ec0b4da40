//! What was decided when a head came, and is another matter by the time that the request takes
//! effect.

use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Connection, Request, Response};
use tests::server::Server;
use tests::sign::Payload;

use crate::iam;

const PICTURE: &str = "a picture of a cat";

fn with_digest(method: &str, target: &str, body: &str) -> Request {
    Request::new(method, target).header("content-md5", &BASE64.encode(md5(body.as_bytes()))).body(body)
}

/// A request of which all but the last byte was sent, and judged.
pub(crate) struct Half {
    connection: Connection,
    method: String,
    last: Vec<u8>,
}

impl Half {
    pub(crate) fn send(server: &Server, client: &Client, request: Request) -> Half {
        let request = client.signed(request, Payload::Signed);
        let (first, last) = request.body.split_at(request.body.len() - 1);
        let mut connection = server.connect();
        connection.write(&request.head()).unwrap();
        connection.write(first).unwrap();
        // Long enough that the head was judged; if it was not, the test shows less, and passes all
        // the same.
        sleep(Duration::from_millis(300));
        Half { connection, method: request.method.clone(), last: last.to_vec() }
    }

    pub(crate) fn finish(mut self) -> Response {
        self.connection.write(&self.last).unwrap();
        self.connection.read(&self.method).unwrap()
    }
}

fn put(target: &str) -> Request {
    with_digest("PUT", target, PICTURE)
}

fn verdict(answer: &Response) -> (u16, String) {
    (answer.status, if answer.status < 300 { String::new() } else { answer.code() })
}

fn allowed() -> (u16, String) {
    (200, String::new())
}

fn denied() -> (u16, String) {
    (403, "AccessDenied".to_owned())
}

fn locked_photos(server: &Server) -> Client {
    let mut owner = server.client();
    owner.expect(Request::new("PUT", "/photos").header("x-amz-bucket-object-lock-enabled", "true"));
    owner
}

fn policy(owner: &mut Client, statement: &str) {
    let document = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statement}]}}");
    assert_eq!(owner.send(with_digest("PUT", "/photos?policy", &document)).status, 204, "{document}");
}

const DENY_PUT: &str =
    r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"}"#;

const BLOCK: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";

#[test]
fn an_object_is_retained_by_the_default_that_holds_when_it_is_there() {
    let server = Server::start();
    let mut owner = locked_photos(&server);
    let upload = Half::send(&server, &owner, put("/photos/cat.jpg"));
    let rule = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
        <Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    assert_eq!(owner.send(with_digest("PUT", "/photos?object-lock", rule)).status, 200);
    assert_eq!(verdict(&upload.finish()), allowed());
    let retention = owner.get("/photos/cat.jpg?retention").text();
    assert!(retention.contains("COMPLIANCE"), "{retention}");
}

#[test]
fn an_upload_is_denied_by_the_policy_that_holds_when_it_is_there() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let upload = Half::send(&server, &owner, put("/photos/cat.jpg"));
    let id = begin(&mut owner, Request::new("POST", "/photos/dog.jpg?uploads"));
    let part_target = format!("/photos/dog.jpg?partNumber=1&uploadId={id}");
    let part = Half::send(&server, &owner, put(&part_target));
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    let tagging = Half::send(&server, &owner, with_digest("PUT", "/photos?tagging", tags));
    policy(
        &mut owner,
        r#"{"Effect":"Deny","Principal":"*","Action":["s3:PutObject","s3:PutBucketTagging"],"Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}"#,
    );
    assert_eq!(verdict(&upload.finish()), denied());
    assert_eq!(verdict(&part.finish()), denied());
    assert_eq!(verdict(&tagging.finish()), denied());
    // And the other way round: whom a policy lets in while the body comes is judged when it is
    // refused, at the head.
    assert_eq!(owner.call("DELETE", "/photos?policy").status, 204);
    assert_eq!(owner.call("GET", "/photos/cat.jpg").status, 404);
    assert_eq!(verdict(&owner.send(put(&part_target))), allowed());
}

#[test]
fn each_key_is_deleted_by_the_policy_that_holds_when_it_is_named() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    for key in ["kept.jpg", "gone.jpg"] {
        owner.put(&format!("/photos/{key}"), PICTURE);
    }
    let named = "<Object><Key>kept.jpg</Key></Object><Object><Key>gone.jpg</Key></Object>";
    let document = format!("<Delete>{named}{named}</Delete>");
    let deletion = Half::send(&server, &owner, with_digest("POST", "/photos?delete", &document));
    policy(
        &mut owner,
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/kept.jpg"}"#,
    );
    let answer = deletion.finish();
    assert_eq!(verdict(&answer), allowed());
    let text = answer.text();
    assert_eq!(text.matches("<Key>kept.jpg</Key><Code>AccessDenied</Code>").count(), 2, "{text}");
    assert_eq!(text.matches("<Deleted><Key>gone.jpg</Key></Deleted>").count(), 2, "{text}");
    assert_eq!(owner.call("GET", "/photos/kept.jpg").status, 200);
    assert_eq!(owner.call("GET", "/photos/gone.jpg").status, 404);
}

#[test]
fn who_may_no_longer_write_does_not_finish_what_was_begun() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    iam::ok(&mut owner, "CreateUser&UserName=alice");
    let alice = server.client_as(iam::credentials(&iam::ok(&mut owner, "CreateAccessKey&UserName=alice")));
    let document = tests::client::value(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#,
    );
    let grant = format!("PutUserPolicy&UserName=alice&PolicyName=write&PolicyDocument={document}");
    iam::ok(&mut owner, &grant);
    let upload = Half::send(&server, &alice, put("/photos/cat.jpg"));
    iam::ok(&mut owner, "DeleteUserPolicy&UserName=alice&PolicyName=write");
    assert_eq!(verdict(&upload.finish()), denied());
    iam::ok(&mut owner, &grant);
    let upload = Half::send(&server, &alice, put("/photos/cat.jpg"));
    assert_eq!(verdict(&upload.finish()), allowed());
}

#[test]
fn an_upload_by_an_access_point_is_denied_by_the_policy_that_it_has_by_then() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let control = |method: &str, path: &str, body: &str| {
        Request::new(method, &format!("/v20180820/accesspoint/reports{path}"))
            .header("x-amz-account-id", "000000000001")
            .body(body.to_owned())
    };
    let made = owner.expect(control(
        "PUT",
        "",
        "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>",
    ));
    let alias = made.text().split("<Alias>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let target = format!("/{alias}/cat.jpg");
    // The root user of the owner, whom nothing limits until then.
    let early = Half::send(&server, &owner, put(&target));
    assert_eq!(verdict(&early.finish()), allowed());
    let (late, gone) = (Half::send(&server, &owner, put(&target)), Half::send(&server, &owner, put(&target)));
    let arn = "arn:aws:s3:us-east-1:000000000001:accesspoint/reports";
    let policy = format!(
        "{{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[{{&quot;Effect&quot;:&quot;Deny&quot;,\
         &quot;Principal&quot;:&quot;*&quot;,&quot;Action&quot;:&quot;s3:PutObject&quot;,\
         &quot;Resource&quot;:&quot;{arn}/object/*&quot;}}]}}"
    );
    let policy =
        format!("<PutAccessPointPolicyRequest><Policy>{policy}</Policy></PutAccessPointPolicyRequest>");
    owner.expect(control("PUT", "/policy", &policy));
    assert_eq!(verdict(&late.finish()), denied());
    assert_eq!(owner.send(control("DELETE", "", "")).status, 204);
    assert_eq!(verdict(&gone.finish()), denied());
}

#[test]
fn a_public_acl_counts_as_what_is_blocked_when_the_object_is_there() {
    let public = |target: &str| put(target).header("x-amz-acl", "public-read");
    let account = Request::new("PUT", "/v20180820/configuration/publicAccessBlock")
        .header("x-amz-account-id", "000000000001")
        .body("<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>");
    let enforced = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
    for (change, expected) in [
        (with_digest("PUT", "/photos?publicAccessBlock", BLOCK), denied()),
        (account, denied()),
        (
            with_digest("PUT", "/photos?ownershipControls", enforced),
            (400, "AccessControlListNotSupported".to_owned()),
        ),
    ] {
        let server = Server::start();
        let mut owner = server.client();
        owner.put("/photos", "");
        let upload = Half::send(&server, &owner, public("/photos/cat.jpg"));
        let id = begin(
            &mut owner,
            Request::new("POST", "/photos/dog.jpg?uploads").header("x-amz-acl", "public-read"),
        );
        let etag =
            owner.put(&format!("/photos/dog.jpg?partNumber=1&uploadId={id}"), PICTURE).etag().to_owned();
        let plain = Half::send(&server, &owner, put("/photos/plain.jpg"));
        owner.expect(change);
        assert_eq!(verdict(&upload.finish()), expected);
        assert_eq!(verdict(&complete(&mut owner, "/photos/dog.jpg", &id, &etag)), expected);
        assert_eq!(verdict(&plain.finish()), allowed());
        let mut anyone = server.anonymous();
        for key in ["cat.jpg", "dog.jpg", "plain.jpg"] {
            assert_eq!(anyone.call("GET", &format!("/photos/{key}")).status, 403, "{key}");
        }
    }
}

#[test]
fn an_upload_into_a_bucket_that_was_made_anew_is_not_an_upload_into_the_old_one() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let upload = Half::send(&server, &owner, put("/photos/cat.jpg"));
    assert_eq!(owner.call("DELETE", "/photos").status, 204);
    server.other_client().put("/photos", "");
    assert_eq!(verdict(&upload.finish()), (404, "NoSuchBucket".to_owned()));
    assert_eq!(server.other_client().get("/photos").text().matches("<Key>").count(), 0);
}

#[test]
fn an_object_is_sealed_as_its_bucket_wants_it_when_it_is_there() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let upload = Half::send(&server, &owner, put("/photos/cat.jpg"));
    let said = put("/photos/dog.jpg").header("x-amz-server-side-encryption", "AES256");
    let said = Half::send(&server, &owner, said);
    let id = begin(&mut owner, Request::new("POST", "/photos/bird.jpg?uploads"));
    let part = Half::send(&server, &owner, put(&format!("/photos/bird.jpg?partNumber=1&uploadId={id}")));
    let kms = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
        <KMSMasterKeyID>testkey-1</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    assert_eq!(owner.send(with_digest("PUT", "/photos?encryption", kms)).status, 200);
    // Its bytes are sealed otherwise by now: it is to be sent again.
    assert_eq!(verdict(&upload.finish()), (503, "SlowDown".to_owned()));
    assert_eq!(verdict(&said.finish()), allowed());
    // A part is under the key of its upload, which its bucket has no say in any more.
    assert_eq!(verdict(&part.finish()), allowed());
    assert_eq!(verdict(&owner.send(put("/photos/cat.jpg"))), allowed());
}

#[test]
fn a_version_is_made_where_versions_are_kept_by_now() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let upload = Half::send(&server, &owner, put("/photos/cat.jpg"));
    owner.set_versioning("photos", "Enabled");
    let answer = upload.finish();
    assert_eq!(answer.status, 200);
    assert!(answer.header("x-amz-version-id").is_some_and(|id| id != "null"));
}

#[test]
fn completion_is_judged_by_what_the_upload_was_begun_with() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    let begun = Request::new("POST", "/photos/dog.jpg?uploads")
        .header("x-amz-acl", "public-read")
        .header("x-amz-tagging", "class=secret");
    let id = begin(&mut owner, begun);
    let etag = owner.put(&format!("/photos/dog.jpg?partNumber=1&uploadId={id}"), PICTURE).etag().to_owned();
    for condition in [
        r#""StringEquals":{"s3:x-amz-acl":"public-read"}"#,
        r#""StringEquals":{"s3:RequestObjectTag/class":"secret"}"#,
    ] {
        policy(&mut owner, &DENY_PUT.replace('}', &format!(",\"Condition\":{{{condition}}}}}")));
        assert_eq!(verdict(&complete(&mut owner, "/photos/dog.jpg", &id, &etag)), denied(), "{condition}");
    }
    policy(
        &mut owner,
        &DENY_PUT.replace('}', r#","Condition":{"StringEquals":{"s3:x-amz-acl":"private"}}}"#),
    );
    assert_eq!(verdict(&complete(&mut owner, "/photos/dog.jpg", &id, &etag)), allowed());
}

/// The policy that Amazon gives as an example: nothing is stored that does not say how it is
/// sealed.
#[test]
fn a_policy_that_wants_encryption_lets_the_parts_of_an_encrypted_upload_pass() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.put("/photos/source.jpg", PICTURE);
    policy(
        &mut owner,
        &DENY_PUT.replace('}', r#","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}"#),
    );
    assert_eq!(verdict(&owner.send(put("/photos/cat.jpg"))), denied());
    assert_eq!(verdict(&owner.call("POST", "/photos/cat.jpg?uploads")), denied());
    let encrypted =
        Request::new("POST", "/photos/cat.jpg?uploads").header("x-amz-server-side-encryption", "AES256");
    let id = begin(&mut owner, encrypted);
    let etag = owner.put(&format!("/photos/cat.jpg?partNumber=1&uploadId={id}"), PICTURE).etag().to_owned();
    let copy = Request::new("PUT", &format!("/photos/cat.jpg?partNumber=2&uploadId={id}"))
        .header("x-amz-copy-source", "/photos/source.jpg");
    assert_eq!(verdict(&owner.send(copy)), allowed());
    assert_eq!(verdict(&complete(&mut owner, "/photos/cat.jpg", &id, &etag)), allowed());
    // Another protection than that which is wanted stays out at every step.
    let aes = r#","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}"#;
    policy(&mut owner, &DENY_PUT.replace('}', aes));
    let kms = Request::new("POST", "/photos/cat.jpg?uploads")
        .header("x-amz-server-side-encryption", "aws:kms")
        .header("x-amz-server-side-encryption-aws-kms-key-id", "testkey-1");
    let id = begin(&mut owner, kms);
    let etag = owner.put(&format!("/photos/cat.jpg?partNumber=1&uploadId={id}"), PICTURE).etag().to_owned();
    assert_eq!(verdict(&complete(&mut owner, "/photos/cat.jpg", &id, &etag)), allowed());
}

/// Nobody says whether AWS judges the tags that a copy takes over. Who may not write a tag does not
/// get it there by a copy.
#[test]
fn tags_that_a_copy_takes_over_are_judged() {
    let server = Server::start();
    let mut owner = server.client();
    owner.put("/photos", "");
    owner.expect(put("/photos/secret.jpg").header("x-amz-tagging", "class=secret"));
    owner.expect(put("/photos/open.jpg").header("x-amz-tagging", "class=open"));
    let condition = r#","Condition":{"StringEquals":{"s3:RequestObjectTag/class":"secret"}}}"#;
    policy(&mut owner, &DENY_PUT.replace('}', condition));
    let copy = |source: &str| Request::new("PUT", "/photos/copy.jpg").header("x-amz-copy-source", source);
    assert_eq!(verdict(&owner.send(copy("/photos/secret.jpg"))), denied());
    let unread = copy("/photos/secret.jpg").header("x-amz-tagging", "class=open");
    assert_eq!(verdict(&owner.send(unread)), denied(), "the header has no effect");
    let replaced = copy("/photos/secret.jpg").header("x-amz-tagging-directive", "REPLACE");
    assert_eq!(verdict(&owner.send(replaced.header("x-amz-tagging", "class=open"))), allowed());
    assert_eq!(verdict(&owner.send(copy("/photos/open.jpg"))), allowed());
}

fn begin(client: &mut Client, request: Request) -> String {
    iam::element(&client.expect(request).text(), "UploadId")
}

fn complete(client: &mut Client, target: &str, id: &str, etag: &str) -> Response {
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        etag.trim_matches('"')
    );
    client.send(Request::new("POST", &format!("{target}?uploadId={id}")).body(document))
}
