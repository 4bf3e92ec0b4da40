//! What cannot be known, and what cannot be read, lets nobody in.

use sdk::Form;

use super::*;
use access::{Grantee, Group, Permission};

/// Policies that no release wrote, and none at all.
const UNREADABLE: [&str; 4] =
    ["", "{}", "{\"Version\"", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}"#];

#[test]
fn what_is_not_known_is_open_to_nobody() {
    photos(|_| {});
    check(GET, &root(OWNER), true);
    check(("Nothing", GET.1), &root(OWNER), false);
    check(("GetObject", "GET /nowhere/cat.jpg"), &root(OWNER), false);
    bucket(|bucket| bucket.owner = "somebody".to_owned());
    check(GET, &root(OWNER), false);
}

#[test]
fn an_object_whose_owner_is_not_known_is_not_shown() {
    photos(|_| {});
    object(|object| object.acl.push(grant(Grantee::Group(Group::AllUsers), Permission::Read)));
    check(GET, &Principal::Anonymous, true);
    object(|object| object.owner = "somebody".to_owned());
    check(GET, &Principal::Anonymous, false);
}

#[test]
fn a_bucket_policy_that_cannot_be_read_denies_all_but_its_replacement() {
    let replace = ("PutBucketPolicy", "PUT /photos?policy");
    for text in UNREADABLE {
        photos(|bucket| bucket.acl.push(grant(Grantee::Group(Group::AllUsers), Permission::FullControl)));
        object(|object| object.acl.push(grant(Grantee::Group(Group::AllUsers), Permission::FullControl)));
        identity("alice", &[&document(&[ALLOW])]);
        check(GET, &Principal::Anonymous, true);
        bucket_policy(text);
        for (principal, may_replace) in [
            (root(OWNER), true),
            (user(OWNER, "alice"), false),
            (root(STRANGER), false),
            (Principal::Anonymous, false),
        ] {
            for asked in [GET, PUT, LIST] {
                check(asked, &principal, false);
            }
            check(replace, &principal, may_replace);
        }
    }
}

#[test]
fn a_principal_that_iam_does_not_know_may_do_nothing() {
    photos(|bucket| bucket.acl.push(grant(Grantee::Group(Group::AllUsers), Permission::FullControl)));
    object(|object| object.acl.push(grant(Grantee::Group(Group::AllUsers), Permission::FullControl)));
    let configured = authenticated(IdentityKind::ConfiguredUser, OWNER, "alice");
    let role = || {
        let principal = authenticated(IdentityKind::AssumedRole, OWNER, "alice");
        call(GET, principal).in_session(session(IdentityKind::AssumedRole, "alice"))
    };
    // A user of the configuration needs no row.
    check(GET, &configured, true);
    check(GET, &user(OWNER, "alice"), false);
    assert!(!may(&role()), "the role is gone");
    identity("alice", &[&document(&[ALLOW])]);
    check(GET, &user(OWNER, "alice"), true);
    assert!(may(&role()));
    change(|world| world.permissions.insert("alice".to_owned(), Err(())));
    for principal in [configured, user(OWNER, "alice")] {
        check(GET, &principal, false);
    }
    assert!(!may(&role()), "what it may cannot be read");
}

#[test]
fn a_policy_of_iam_that_cannot_be_read_denies_everything() {
    photos(|_| {});
    let allow = document(&[ALLOW]);
    for text in UNREADABLE {
        identity("alice", &[&allow]);
        check(GET, &user(OWNER, "alice"), true);
        boundary("alice", text);
        check(GET, &user(OWNER, "alice"), false);
        identity("alice", &[&allow, text]);
        check(GET, &user(OWNER, "alice"), false);
    }
    // A policy that is lost has no text.
    identity("alice", &[&allow]);
    own("alice", |own| own.policies.push(Source { label: "lost".to_owned(), id: "lost".to_owned() }));
    check(GET, &user(OWNER, "alice"), false);
}

#[test]
fn a_session_policy_that_cannot_be_read_denies_everything() {
    photos(|_| {});
    identity("reader", &[&document(&[ALLOW])]);
    let with = |policies: &[&str], arns: &[&str]| {
        let session = Session {
            policies: policies.iter().map(|text| (*text).to_owned()).collect(),
            policy_arns: arns.iter().map(|arn| (*arn).to_owned()).collect(),
            ..session(IdentityKind::AssumedRole, "reader")
        };
        may(&call(GET, authenticated(IdentityKind::AssumedRole, OWNER, "reader")).in_session(session))
    };
    let allow = document(&[ALLOW]);
    assert!(with(&[], &[]));
    assert!(with(&[&allow], &[]));
    for text in UNREADABLE {
        assert!(!with(&[text], &[]), "{text}");
        assert!(!with(&[&allow, text], &[]), "{text}");
    }
    let known = source(&allow);
    change(|world| world.managed.insert("arn:known".to_owned(), known));
    assert!(with(&[], &["arn:known"]));
    assert!(!with(&[], &["arn:gone"]));
    assert!(!with(&[&allow], &["arn:known", "arn:gone"]));
}

#[test]
fn an_endpoint_whose_policy_cannot_be_read_lets_nothing_pass() {
    photos(|_| {});
    let through = |policy: Option<&str>| may(&call(GET, root(OWNER)).through_endpoint(policy));
    assert!(through(None));
    assert!(through(Some(&document(&[r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#]))));
    for text in UNREADABLE {
        assert!(!through(Some(text)), "{text}");
    }
    let mut silent = call(GET, root(OWNER)).through_endpoint(Some("the host forgot it"));
    silent.endpoint_policy = None;
    assert!(!may(&silent));
}

#[test]
fn an_upload_from_a_form_has_fields() {
    photos(|_| {});
    let mut upload = call(("PostObject", "POST /photos"), root(OWNER));
    assert!(!may(&upload));
    let fields = vec![("key".to_owned(), "cat.jpg".to_owned())];
    upload.form = Some(Form { fields, file_name: "cat.jpg".to_owned() });
    upload.target.key = Some("cat.jpg".to_owned());
    assert!(may(&upload));
}
