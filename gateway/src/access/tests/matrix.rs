//! The authorization matrix: who may do which operation, by which way. `BLESS=1 cargo test -p gateway matrix` rewrites
//! `gateway/tests/vectors/authorization.tsv`; review the difference.

use super::*;
use crate::operations::Selector;
use std::fmt::Write as _;

/// Everybody who may ask, by the letter that stands for them.
const ASKERS: [(char, Who); 4] =
    [('o', Who::Root), ('u', Who::User), ('s', Who::Stranger), ('n', Who::Nobody)];

/// The ways in which something is granted, and what takes it back.
fn ways() -> Vec<(&'static str, Stored)> {
    let private = Stored::private;
    let stranger = format!("{{\"AWS\":\"{STRANGER}\"}}");
    let public = || private().bucket_acl(canned("public-read-write")).object_acl(canned("public-read"));
    let restricted = |stored: Stored| stored.change(|bucket| bucket.public_access = PublicAccessBlock::ALL);
    let all = granted_to_stranger(Permission::FullControl);
    vec![
        ("private", private()),
        ("bucket-public-read", private().bucket_acl(canned("public-read"))),
        ("bucket-public-read-write", private().bucket_acl(canned("public-read-write"))),
        ("bucket-authenticated-read", private().bucket_acl(canned("authenticated-read"))),
        ("bucket-log-delivery", private().bucket_acl(canned("log-delivery-write"))),
        ("bucket-read-acp", private().bucket_acl(granted_to_stranger(Permission::ReadAcp))),
        ("bucket-write-acp", private().bucket_acl(granted_to_stranger(Permission::WriteAcp))),
        ("bucket-full-control", private().bucket_acl(all.clone())),
        ("object-public-read", private().object_acl(canned("public-read"))),
        ("object-read-acp", private().object_acl(granted_to_stranger(Permission::ReadAcp))),
        ("object-write-acp", private().object_acl(granted_to_stranger(Permission::WriteAcp))),
        ("object-full-control", private().object_acl(all)),
        ("public-acls-ignored", public().change(|bucket| bucket.public_access.ignore_public_acls = true)),
        ("acls-disabled", public().change(|bucket| bucket.ownership = ObjectOwnership::BucketOwnerEnforced)),
        ("policy-allows-all", private().policy("Allow", EVERYBODY, EVERYTHING, "")),
        ("policy-allows-stranger", private().policy("Allow", &stranger, EVERYTHING, "")),
        ("policy-allows-all-restricted", restricted(private().policy("Allow", EVERYBODY, EVERYTHING, ""))),
        (
            "policy-allows-stranger-restricted",
            restricted(private().policy("Allow", &stranger, EVERYTHING, "")),
        ),
        ("policy-denies-all", public().policy("Deny", EVERYBODY, EVERYTHING, "")),
        ("policy-denies-stranger", public().policy("Deny", &stranger, EVERYTHING, "")),
        ("strangers-object", private().foreign()),
        (
            "strangers-object-policy-allows-all",
            private().foreign().policy("Allow", EVERYBODY, EVERYTHING, ""),
        ),
        ("no-object", private().missing()),
        ("no-object-bucket-public-read", private().missing().bucket_acl(canned("public-read"))),
        ("no-object-policy-allows-all", private().missing().policy("Allow", EVERYBODY, EVERYTHING, "")),
    ]
}

/// Those who may, each by its letter.
fn cell(stored: &Stored, operation: Operation) -> String {
    let copies = operation.row().selected_by.contains(&Selector::Header("x-amz-copy-source"));
    let headers: &[(&str, &str)] = if copies { &[("x-amz-copy-source", "photos/cat.jpg")] } else { &[] };
    let letters = ASKERS
        .iter()
        .map(|(letter, who)| if may(stored, *who, operation, headers, "uploadId=1") { *letter } else { '-' });
    letters.collect()
}

fn matrix() -> String {
    let mut text = String::from(
        "# Who may do what: o the root user of the bucket's account, u a user of it, s another account, n nobody in particular.\n\
         # The columns are what is granted or taken back; `no-object` is before there is an object with the key.\noperation",
    );
    let ways = ways();
    for (name, _) in &ways {
        text.push('\t');
        text.push_str(name);
    }
    text.push('\n');
    for operation in Operation::ALL.iter().filter(|operation| !operation.row().superseded) {
        let _ = write!(text, "{operation}");
        for (_, stored) in &ways {
            let _ = write!(text, "\t{}", cell(stored, *operation));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_authorization_matrix_is_as_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/authorization.tsv");
    let came = matrix();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &came).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    for (line, (came, written)) in came.lines().zip(written.lines()).enumerate() {
        assert_eq!(came, written, "line {}", line + 1);
    }
    assert_eq!(came.lines().count(), written.lines().count(), "BLESS=1 rewrites {path}");
}

/// What no way may ever give, whatever the written matrix says.
#[test]
fn nobody_gets_in_where_nothing_is_granted() {
    for operation in Operation::ALL.iter().copied().filter(|operation| !operation.row().superseded) {
        let own = cell(&Stored::private(), operation);
        let without_bucket = matches!(operation.row().target, crate::operations::TargetKind::Service)
            || operation == Operation::CreateBucket;
        assert_eq!(own, if without_bucket { "ous-" } else { "ou--" }, "{operation}");
        let denied = cell(&Stored::private().policy("Deny", EVERYBODY, EVERYTHING, ""), operation);
        let exempt = matches!(
            operation,
            Operation::GetBucketPolicy | Operation::PutBucketPolicy | Operation::DeleteBucketPolicy
        );
        // Actions of other services than s3 are not what the policy is about.
        let other = operation.row().actions.iter().any(
            |action| matches!(action, crate::operations::Action::Target(name) if !name.starts_with("s3:")),
        );
        let expected = match (without_bucket, exempt || other) {
            (true, _) => "ous-",
            (false, true) if other => "ou--",
            (false, true) => "o---",
            (false, false) => "----",
        };
        assert_eq!(denied, expected, "{operation}");
    }
}
