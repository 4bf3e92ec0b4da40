//! Grants of access control lists, and what takes them back: ownership, Block Public Access,
//! Requester Pays.

use sdk::Form;

use super::*;
use access::{Grantee, Group, ObjectOwnership, Payer, Permission};

const GET_ACL: (&str, &str) = ("GetObjectAcl", "GET /photos/cat.jpg?acl");
const PUT_ACL: (&str, &str) = ("PutObjectAcl", "PUT /photos/cat.jpg?acl");
const DELETE: (&str, &str) = ("DeleteObject", "DELETE /photos/cat.jpg");
const GET_BUCKET_ACL: (&str, &str) = ("GetBucketAcl", "GET /photos?acl");
const PUT_BUCKET_ACL: (&str, &str) = ("PutBucketAcl", "PUT /photos?acl");

fn group(group: Group) -> Grantee {
    Grantee::Group(group)
}

#[test]
fn each_permission_opens_what_it_names_and_nothing_else() {
    let of_object = [GET, GET_ACL, PUT_ACL];
    let of_bucket = [LIST, PUT, DELETE, GET_BUCKET_ACL, PUT_BUCKET_ACL];
    for (permission, opens) in [
        (Permission::Read, vec![GET, LIST]),
        (Permission::Write, vec![PUT, DELETE]),
        (Permission::ReadAcp, vec![GET_ACL, GET_BUCKET_ACL]),
        (Permission::WriteAcp, vec![PUT_ACL, PUT_BUCKET_ACL]),
        (Permission::FullControl, [&of_object[..], &of_bucket].concat()),
    ] {
        photos(|bucket| bucket.acl.push(grant(account(STRANGER), permission)));
        for asked in of_bucket {
            check(asked, &root(STRANGER), opens.contains(&asked));
        }
        of_object.iter().for_each(|asked| check(*asked, &root(STRANGER), false));
        photos(|_| {});
        object(|object| object.acl.push(grant(account(STRANGER), permission)));
        for asked in of_object {
            check(asked, &root(STRANGER), opens.contains(&asked));
            check(asked, &root("000000000042"), false);
        }
        of_bucket.iter().for_each(|asked| check(*asked, &root(STRANGER), false));
    }
}

#[test]
fn a_grant_is_for_whom_it_names() {
    for (grantee, expected) in [
        (account(STRANGER), [true, false]),
        (account("somebody"), [false, false]),
        (group(Group::AllUsers), [true, true]),
        (group(Group::AuthenticatedUsers), [true, false]),
        (group(Group::LogDelivery), [false, false]),
    ] {
        photos(|_| {});
        object(|object| object.acl.push(grant(grantee, Permission::Read)));
        let principals = [root(STRANGER), Principal::Anonymous];
        assert_eq!(principals.map(|principal| may(&call(GET, principal))), expected);
    }
}

#[test]
fn grants_count_unless_the_owner_of_the_bucket_owns_everything() {
    for (ownership, counts) in [
        (ObjectOwnership::ObjectWriter, true),
        (ObjectOwnership::BucketOwnerPreferred, true),
        (ObjectOwnership::BucketOwnerEnforced, false),
    ] {
        photos(|bucket| {
            bucket.ownership = ownership;
            bucket.acl.push(grant(account(STRANGER), Permission::FullControl));
        });
        object(|object| object.acl.push(grant(account(STRANGER), Permission::FullControl)));
        for asked in [GET, PUT, LIST, GET_ACL] {
            check(asked, &root(STRANGER), counts);
            check(asked, &root(OWNER), true);
        }
    }
}

#[test]
fn an_object_of_another_account_is_decided_by_its_own_list() {
    photos(|_| {});
    object(|object| {
        object.owner = STRANGER.to_owned();
        object.acl = vec![grant(account(STRANGER), Permission::FullControl)];
    });
    check(GET, &root(STRANGER), true);
    check(GET, &root(OWNER), false);
    check(DELETE, &root(OWNER), true);
    check(DELETE, &root(STRANGER), false);
}

#[test]
fn a_grant_that_a_request_presents_takes_a_right_of_its_own() {
    photos(|_| {});
    let plain = document(&[r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#]);
    let with_acl =
        document(&[r#"{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectAcl"],"Resource":"*"}"#]);
    let put = || call(PUT, user(OWNER, "alice"));
    let presigned =
        "PUT /photos/cat.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&x-amz-acl=public-read";
    let form = |acl: &[&str]| {
        let mut upload = call(("PostObject", "POST /photos"), user(OWNER, "alice"));
        upload.target.key = Some("cat.jpg".to_owned());
        let fields = [&["key"][..], acl].concat();
        let fields = fields.iter().map(|name| ((*name).to_owned(), "public-read".to_owned())).collect();
        upload.form = Some(Form { fields, file_name: "cat.jpg".to_owned() });
        upload
    };
    for (upload, presents) in [
        (put(), false),
        (put().with_header("x-amz-acl: public-read"), true),
        (put().with_header("x-amz-grant-read: id=\"1\""), true),
        (call(("PutObject", presigned), user(OWNER, "alice")), true),
        (form(&[]), false),
        (form(&["acl"]), true),
    ] {
        identity("alice", &[&plain]);
        assert_eq!(may(&upload), !presents, "{upload:?}");
        upload.decision.set(None);
        identity("alice", &[&with_acl]);
        assert!(may(&upload), "{upload:?}");
    }
}

/// What a switch of Block Public Access takes back.
#[test]
fn each_switch_takes_back_what_it_names() {
    type Switch = fn(&mut access::PublicAccessBlock) -> &mut bool;
    let switches: [(Switch, bool, bool); 4] = [
        // These two refuse ACLs and policies when they are put. They do not act here.
        (|block| &mut block.block_public_acls, true, true),
        (|block| &mut block.block_public_policy, true, true),
        (|block| &mut block.ignore_public_acls, false, true),
        (|block| &mut block.restrict_public_buckets, true, false),
    ];
    identity("alice", &[]);
    for (at, (switch, by_acl, by_policy)) in switches.into_iter().enumerate() {
        let blocked = || photos(|bucket| *switch(&mut bucket.public_access) = true);
        let shown = |grantee| object(|object| object.acl.push(grant(grantee, Permission::Read)));
        blocked();
        shown(group(Group::AllUsers));
        assert_eq!(may(&call(GET, Principal::Anonymous)), by_acl, "{at}");
        blocked();
        shown(account(STRANGER));
        assert!(may(&call(GET, root(STRANGER))), "{at}: an account is not the public");
        blocked();
        bucket_policy(&document(&[ALLOW_EVERYBODY]));
        for principal in [Principal::Anonymous, root(STRANGER)] {
            assert_eq!(may(&call(GET, principal)), by_policy, "{at}");
        }
        assert!(may(&call(GET, user(OWNER, "alice"))), "{at}: who is of the account passes");
        let stranger = format!(r#""Principal":{{"AWS":"{STRANGER}"}}"#);
        bucket_policy(&document(&[&ALLOW_EVERYBODY.replace(r#""Principal":"*""#, &stranger)]));
        assert!(may(&call(GET, root(STRANGER))), "{at}: such a policy is not public");
    }
}

#[test]
fn where_the_requester_pays_a_request_has_to_say_so() {
    let accept = "x-amz-request-payer: requester";
    let in_query = ("GetObject", "GET /photos/cat.jpg?x-amz-request-payer=requester");
    for (payer, is_free) in [(Payer::BucketOwner, true), (Payer::Requester, false)] {
        photos(|bucket| bucket.payer = payer);
        object(|object| object.acl.push(grant(group(Group::AllUsers), Permission::Read)));
        check(GET, &root(STRANGER), is_free);
        check(GET, &Principal::Anonymous, is_free);
        check(GET, &root(OWNER), true);
        check(in_query, &root(STRANGER), true);
        assert!(may(&call(GET, root(STRANGER)).with_header(accept)));
        let nobody = call(GET, Principal::Anonymous).with_header(accept);
        assert_eq!(may(&nobody), is_free, "who has no account cannot be charged");
        // A requester that pays needs a grant all the same.
        photos(|bucket| bucket.payer = payer);
        assert!(!may(&call(GET, root(STRANGER)).with_header(accept)));
    }
}
