//! Objects that a body names, each decided alone, within one budget.

use sdk::{Decision, NamedObject};

use super::*;
use crate::authorize::{authorize_again, authorize_each};

const DELETE_EACH: (&str, &str) = ("DeleteObjects", "POST /photos?delete");

/// A call that was let through to its body, which names objects: `a/1`, or `a/1 version`.
fn named(call: Call, objects: &[&str]) -> Vec<u32> {
    let named = |object: &&str| {
        let (key, version_id) = object.split_once(' ').map_or((*object, None), |(key, id)| (key, Some(id)));
        NamedObject { key: key.to_owned(), version_id: version_id.map(str::to_owned) }
    };
    authorize(&call).unwrap();
    assert_eq!(call.decision.get(), Some(Decision::Each));
    let call = Call { named: objects.iter().map(named).collect(), ..call };
    authorize_each(&call).unwrap();
    call.refused.take()
}

fn delete(principal: Principal) -> Call {
    call(DELETE_EACH, principal)
}

#[test]
fn each_object_is_decided_by_its_key_and_its_version() {
    photos(|_| {});
    let of_a = r#"{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/a/*"}"#;
    let versions =
        r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::photos/b/*"}"#;
    identity("alice", &[&document(&[of_a, versions])]);
    let refused = named(delete(user(OWNER, "alice")), &["a/1", "b/1", "a/2 v1", "b/2 v1", "", "a/3"]);
    assert_eq!(refused, [1, 2, 4]);
    assert_eq!(named(delete(root(OWNER)), &["a/1", "b/1 v1"]), [0_u32; 0]);
}

#[test]
fn a_denial_of_one_object_is_none_of_the_others() {
    photos(|_| {});
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/kept"}"#;
    bucket_policy(&document(&[ALLOW_EVERYBODY, deny]));
    for principal in [Principal::Anonymous, root(STRANGER), root(OWNER)] {
        assert_eq!(named(delete(principal), &["kept", "other", "kept v1", "kept"]), [0, 3]);
    }
}

#[test]
fn what_passes_over_a_retention_is_asked_of_each() {
    photos(|_| {});
    let all = r#"{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*"}"#;
    let bypass =
        r#"{"Effect":"Allow","Action":"s3:BypassGovernanceRetention","Resource":"arn:aws:s3:::photos/a"}"#;
    identity("alice", &[&document(&[all, bypass])]);
    assert_eq!(named(delete(user(OWNER, "alice")), &["a", "b"]), [0_u32; 0]);
    let bypassing = delete(user(OWNER, "alice")).with_header("x-amz-bypass-governance-retention: true");
    assert_eq!(named(bypassing, &["a", "b"]), [1]);
}

#[test]
fn an_anonymous_principal_that_may_delete_nothing_sends_no_body() {
    photos(|_| {});
    check(DELETE_EACH, &Principal::Anonymous, false);
    assert_eq!(named(delete(root(STRANGER)), &["a/1"]), [0], "accounts are told of each object");
    let of_a = r#"{"Effect":"Allow","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/a/*"}"#;
    bucket_policy(&document(&[of_a]));
    assert_eq!(named(delete(Principal::Anonymous), &["a/1", "b/1"]), [1]);
    check(("DeleteObjects", "POST /nowhere?delete"), &root(OWNER), false);
}

#[test]
fn all_objects_have_one_budget_and_none_is_touched_where_it_ends() {
    photos(|_| {});
    let deny = |n: usize| {
        let pattern = "*x".repeat(20);
        format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/{pattern}{n}"}}"#
        )
    };
    let denials: Vec<String> = (0..100).map(deny).collect();
    let statements: Vec<&str> = denials.iter().map(String::as_str).chain([ALLOW_EVERYBODY]).collect();
    bucket_policy(&document(&statements));
    let keys: Vec<String> = (0..1000).map(|n| format!("{}{n:04}y", "x".repeat(800))).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(named(delete(root(OWNER)), &keys[..10]), [0_u32; 0]);
    assert_eq!(named(delete(root(OWNER)), &keys), (0..1000).collect::<Vec<u32>>());
    let explained = change(|world| std::mem::take(&mut world.explained));
    assert_eq!(explained.len(), 1, "one stands for all");
    assert!(explained[0].contains("more work than a request may cause"), "{}", explained[0]);
    // The next request has a budget of its own.
    assert_eq!(named(delete(root(OWNER)), &keys[..10]), [0_u32; 0]);
}

#[test]
fn what_only_a_document_says_is_decided_with_it() {
    photos(|_| {});
    let condition = r#""Condition":{"StringEquals":{"s3:RequestObjectTag/team":"cats"}}"#;
    let allow =
        r#"{"Effect":"Allow","Action":"s3:PutObjectTagging","Resource":"*","#.to_owned() + condition + "}";
    identity("alice", &[&document(&[&allow])]);
    let tagging = ("PutObjectTagging", "PUT /photos/cat.jpg?tagging");
    check(tagging, &user(OWNER, "alice"), true);
    let again = |said: &[(String, Vec<String>)]| {
        authorize_again(&call(tagging, user(OWNER, "alice")), said).map_err(|error| error.code)
    };
    let tag = |value: &str| vec![("s3:RequestObjectTag/team".to_owned(), vec![value.to_owned()])];
    assert_eq!(again(&tag("cats")), Ok(()));
    assert_eq!(again(&tag("dogs")), Err(ErrorCode::AccessDenied));
    assert_eq!(again(&[]), Err(ErrorCode::AccessDenied));
}

#[test]
fn what_is_stored_may_have_changed_by_the_commit() {
    photos(|_| {});
    bucket_policy(&document(&[ALLOW_EVERYBODY]));
    let put = || call(PUT, root(STRANGER));
    assert!(may(&put()));
    assert!(authorize_again(&put(), &[]).is_ok());
    bucket_policy(&document(&[&ALLOW_EVERYBODY.replace("s3:*", "s3:Get*")]));
    assert!(authorize_again(&put(), &[]).is_err());
}
