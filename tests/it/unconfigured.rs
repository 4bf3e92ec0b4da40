//! A server that nobody configured, and clients with the defaults that they come with.
//!
//! rclone 1.60 sends `x-amz-acl: private` with everything. Where that was refused, it could make a
//! bucket and put nothing into it, and no test saw that, because all of them ran on a configuration
//! with ACLs.

use tests::http::Request;
use tests::server::Server;

fn private(method: &str, target: &str) -> Request {
    Request::new(method, target).header("x-amz-acl", "private")
}

#[test]
fn a_bucket_that_is_asked_to_be_private_has_acls_and_is_private() {
    let server = Server::start_unconfigured();
    let mut client = server.client();
    client.expect(private("PUT", "/photos"));
    let ownership = client.get("/photos?ownershipControls").text();
    assert!(ownership.contains("<ObjectOwnership>BucketOwnerPreferred</ObjectOwnership>"), "{ownership}");
    // All of Block Public Access is on, as in every new bucket.
    let refused = client.send(Request::new("PUT", "/photos/a").header("x-amz-acl", "public-read").body("x"));
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    let stranger = server.anonymous().call("GET", "/photos");
    assert_eq!((stranger.status, stranger.code().as_str()), (403, "AccessDenied"));
}

#[test]
fn whatever_is_private_can_be_written_into_whatever_bucket() {
    let server = Server::start_unconfigured();
    let mut client = server.client();
    client.expect(private("PUT", "/private"));
    client.put("/plain", "");
    let ownership = client.get("/plain?ownershipControls").text();
    assert!(ownership.contains("<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"), "{ownership}");
    for bucket in ["private", "plain"] {
        client.expect(private("PUT", &format!("/{bucket}/a")).body("a picture of a cat"));
        let copy = format!("/{bucket}/b");
        client.expect(private("PUT", &copy).header("x-amz-copy-source", &format!("/{bucket}/a")));
        assert_eq!(client.get(&copy).text(), "a picture of a cat");
        client.expect(private("POST", &format!("/{bucket}/c?uploads")));
    }
}

#[test]
fn where_acls_are_disabled_no_other_acl_is_taken() {
    let server = Server::start_unconfigured();
    let mut client = server.client();
    client.put("/plain", "");
    for acl in ["public-read", "authenticated-read", "bucket-owner-read", "aws-exec-read"] {
        let refused = client.send(Request::new("PUT", "/plain/a").header("x-amz-acl", acl).body("x"));
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "AccessControlListNotSupported"),
            "{acl}"
        );
    }
    // A bucket that exists has no ACL that could be set, be it the one that it has.
    let refused = client.send(private("PUT", "/plain?acl"));
    assert_eq!((refused.status, refused.code().as_str()), (400, "AccessControlListNotSupported"));
    let refused = client.send(Request::new("PUT", "/public").header("x-amz-acl", "public-read"));
    assert_eq!((refused.status, refused.code().as_str()), (400, "InvalidBucketAclWithObjectOwnership"));
    let enforced = private("PUT", "/enforced").header("x-amz-object-ownership", "BucketOwnerEnforced");
    client.expect(enforced);
    assert!(client.get("/enforced?ownershipControls").text().contains("BucketOwnerEnforced"));
}
