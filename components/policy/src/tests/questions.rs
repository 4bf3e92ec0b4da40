//! What a decision reads from others: what it needs, once, and nothing else.

use sdk::{Decision, NamedObject};

use super::*;
use crate::authorize::authorize_each;
use crate::host::memory::questions;

/// Decides on a call. Returns what was read meanwhile.
fn asked(call: &Call) -> Vec<String> {
    questions();
    let _ = authorize(call);
    questions()
}

#[test]
fn where_only_ownership_decides_nothing_is_read() {
    photos(|_| {});
    let own = || {
        let mut call = call(GET, root(OWNER));
        call.owner = Some(Owner { account: OWNER.to_owned(), guarded: false });
        call
    };
    let alone = own();
    assert_eq!(asked(&alone), [""; 0]);
    assert_eq!(alone.decision.get(), Some(Decision::AsOwner));
    // Of a user of the configuration, `iam` says whether anything limits it.
    let mut configured = own();
    configured.principal = authenticated(IdentityKind::ConfiguredUser, OWNER, "alice");
    assert_eq!(asked(&configured), ["iam: permissions alice"]);
    assert_eq!(configured.decision.get(), Some(Decision::AsOwner));
    identity("alice", &[]);
    configured.decision.set(None);
    asked(&configured);
    assert_eq!(configured.decision.get(), None, "it has policies now, and they allow nothing");
}

#[test]
fn the_bucket_and_the_object_decide_on_any_other_principal() {
    photos(|_| {});
    for (line, expected) in [
        (GET, vec!["storage: bucket photos", "storage: object photos/cat.jpg"]),
        (
            ("GetObject", "GET /photos/cat.jpg?versionId=v1"),
            vec!["storage: bucket photos", "storage: object photos/cat.jpg v1"],
        ),
        (LIST, vec!["storage: bucket photos"]),
        (PUT, vec!["storage: bucket photos"]),
        (
            ("ListParts", "GET /photos/cat.jpg?uploadId=1"),
            vec!["storage: bucket photos", "storage: initiator of photos/cat.jpg 1"],
        ),
        // A denial is decided again, to explain it.
        (("GetObject", "GET /nowhere/cat.jpg"), vec!["storage: bucket nowhere"; 2]),
    ] {
        assert_eq!(asked(&call(line, root(OWNER))), expected, "{line:?}");
    }
    let copy = call(("CopyObject", "PUT /photos/cat.jpg"), root(OWNER))
        .with_header("x-amz-copy-source: photos/dog.jpg?versionId=v2");
    let of_source = ["storage: bucket photos", "storage: bucket photos", "storage: object photos/dog.jpg v2"];
    assert_eq!(asked(&copy), of_source);
}

#[test]
fn the_principal_that_began_an_upload_may_list_and_end_it() {
    photos(|_| {});
    for asked in [
        ("ListParts", "GET /photos/cat.jpg?uploadId=1"),
        ("AbortMultipartUpload", "DELETE /photos/cat.jpg?uploadId=1"),
    ] {
        change(|world| world.initiator = None);
        check(asked, &root(STRANGER), false);
        change(|world| world.initiator = Some(STRANGER.to_owned()));
        check(asked, &root(STRANGER), true);
        check(asked, &root("000000000042"), false);
    }
}

#[test]
fn tags_are_asked_for_where_a_condition_is_about_them() {
    for (condition, question) in [
        (r#""StringEquals":{"s3:ExistingObjectTag/a":"b"}"#, "storage: tags of photos/cat.jpg"),
        (r#""StringEquals":{"aws:ResourceTag/a":"b"}"#, "storage: tags of photos"),
        (r#""StringEquals":{"aws:UserAgent":"b"}"#, ""),
    ] {
        photos(|_| {});
        let condition = format!(r#","Condition":{{{condition}}}}}"#);
        bucket_policy(&document(&[&(ALLOW_EVERYBODY.strip_suffix('}').unwrap().to_owned() + &condition)]));
        let stored = asked(&call(GET, Principal::Anonymous));
        let tags: Vec<_> = stored.iter().filter(|question| question.contains("tags")).collect();
        // A denial is decided again, to explain it.
        assert!(tags.iter().all(|own| *own == question), "{stored:?}");
        assert_eq!(tags.len(), if question.is_empty() { 0 } else { 2 }, "{stored:?}");
    }
}

#[test]
fn a_policy_is_read_once_as_long_as_it_stays() {
    photos(|_| {});
    bucket_policy(&document(&[ALLOW_EVERYBODY]));
    let (allow, deny) = (document(&[ALLOW]), document(&[&ALLOW.replace("Allow", "Deny")]));
    identity("alice", &[&allow]);
    let get = || call(GET, user(OWNER, "alice"));
    let once = ["iam: permissions alice", "storage: bucket photos", "storage: object photos/cat.jpg"];
    let text = format!("iam: text {allow}");
    let first = [once[0], &text, once[1], "storage: policy of photos", once[2]];
    assert_eq!(asked(&get()), first);
    assert_eq!(asked(&get()), once);
    bucket_policy(&document(&[ALLOW_EVERYBODY, ALLOW_EVERYBODY]));
    assert_eq!(asked(&get()), [once[0], once[1], "storage: policy of photos", once[2]]);
    identity("alice", &[&deny]);
    assert!(!may(&get()), "what was changed holds for the next request");
}

#[test]
fn as_many_policies_are_kept_as_there_is_room_for() {
    photos(|_| {});
    let texts: Vec<String> = (0..300)
        .map(|n| document(&[&ALLOW.replace(r#""Effect""#, &format!(r#""Sid":"S{n}","Effect""#))]))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let read = |texts: &[&str]| {
        identity("alice", texts);
        asked(&call(LIST, user(OWNER, "alice"))).iter().filter(|own| own.starts_with("iam: text")).count()
    };
    assert_eq!(read(&texts), 300);
    assert_eq!(read(&texts[299..]), 0, "the latest is there");
    assert_eq!(read(&texts[..1]), 1, "the first had to go");
    assert_eq!(read(&texts[45..]), 0, "256 are kept, one of them the first again");
}

#[test]
fn a_thousand_objects_ask_for_their_bucket_once() {
    photos(|_| {});
    bucket_policy(&document(&[ALLOW_EVERYBODY]));
    let named = |n: u32| NamedObject { key: n.to_string(), version_id: None };
    let mut delete = call(("DeleteObjects", "POST /photos?delete"), Principal::Anonymous);
    delete.named = (0..1000).map(named).collect();
    questions();
    authorize_each(&delete).unwrap();
    assert_eq!(questions(), ["storage: bucket photos", "storage: policy of photos"]);
}

#[test]
fn a_denial_is_explained_and_a_mistake_is_not() {
    photos(|_| {});
    let explained = |call: Call| {
        let outcome = authorize(&call).map_err(|error| error.code);
        (outcome, change(|world| std::mem::take(&mut world.explained)))
    };
    assert_eq!(explained(call(GET, root(OWNER))), (Ok(()), Vec::new()));
    let (outcome, texts) = explained(call(GET, root(STRANGER)));
    assert_eq!((outcome, texts.len()), (Err(ErrorCode::AccessDenied), 1));
    let copy = || call(("CopyObject", "PUT /photos/cat.jpg"), root(OWNER));
    let (outcome, texts) = explained(copy().with_header("x-amz-copy-source: photos"));
    assert_eq!((outcome, texts), (Err(ErrorCode::InvalidArgument), Vec::new()));
    // Where no policy decided, the explanation says so.
    let (_, texts) = explained(call(("ListBuckets", "GET /"), Principal::Anonymous));
    assert!(texts[0].contains("no policy decided"), "{texts:?}");
}
