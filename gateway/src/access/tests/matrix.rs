//! The authorization matrix: who may do which operation, by which way.
//! `BLESS=1 cargo test -p gateway matrix` rewrites `gateway/tests/vectors/authorization.tsv`;
//! review the difference.

use super::*;
use std::fmt::Write as _;

/// The principals, by the letters that stand for them.
const ASKERS: [(char, Who); 7] = [
    ('o', Who::Root),
    ('u', Who::User),
    ('i', Who::Member),
    ('r', Who::Session),
    ('s', Who::Stranger),
    ('g', Who::Guest),
    ('n', Who::Nobody),
];

/// The ways in which something is granted, and those that take it back.
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
    .into_iter()
    .chain(ways_of_principals())
    .collect()
}

/// The policies of the principal, and the ways by which the request comes.
fn ways_of_principals() -> Vec<(&'static str, Stored)> {
    const GET: &str = "\"s3:GetObject\"";
    let private = Stored::private;
    let stranger = format!("{{\"AWS\":\"{STRANGER}\"}}");
    let open = || private().policy("Allow", EVERYBODY, EVERYTHING, "");
    let all = || limit(Kind::Identity, "Allow", EVERYTHING);
    let own = |identity| Limits { identity, ..Limits::default() };
    let through = |effect, actions| Limits { endpoint: limit(Kind::Endpoint, effect, actions), ..own(all()) };
    let with = |limits, stored: Stored| Stored { limits, ..stored };
    let boundary = Limits { boundary: limit(Kind::Boundary, "Allow", GET), ..own(all()) };
    let session = Limits { session: limit(Kind::Session, "Allow", GET), ..own(all()) };
    let paid = || open().change(|bucket| bucket.payer = Payer::Requester);
    vec![
        ("identity-allows", with(own(all()), private())),
        ("identity-allows-get", with(own(limit(Kind::Identity, "Allow", GET)), private())),
        ("identity-and-policy", with(own(all()), private().policy("Allow", &stranger, EVERYTHING, ""))),
        (
            "identity-and-acl",
            with(own(all()), private().bucket_acl(granted_to_stranger(Permission::FullControl))),
        ),
        ("identity-denies", with(own(limit(Kind::Identity, "Deny", EVERYTHING)), open())),
        (
            "identity-allows-policy-denies",
            with(own(all()), private().policy("Deny", EVERYBODY, EVERYTHING, "")),
        ),
        ("identity-and-policy-restricted", {
            let stored = with(own(all()), open());
            stored.change(|bucket| bucket.public_access = PublicAccessBlock::ALL)
        }),
        ("boundary-get", with(boundary.clone(), private())),
        ("boundary-get-policy-allows-all", with(boundary, open())),
        ("session-get", with(session.clone(), private())),
        ("session-get-policy-allows-all", with(session, open())),
        ("endpoint-allows", with(through("Allow", "\"*\""), open())),
        ("endpoint-get", with(through("Allow", GET), open())),
        ("endpoint-denies", with(through("Deny", "\"*\""), open())),
        ("requester-pays", with(own(all()), paid())),
        ("requester-pays-said", {
            let sent = vec![("x-amz-request-payer", "requester")];
            Stored { sent, ..with(own(all()), paid()) }
        }),
        ("object-lambda", with(own(limit(Kind::Identity, "Allow", "\"*\"")), private().by_object_lambda())),
        ("object-lambda-s3-alone", with(own(all()), private().by_object_lambda())),
        (
            "object-lambda-denies",
            with(
                own(limit(Kind::Identity, "Allow", "\"*\"")),
                private().by_object_lambda().object_lambda_policy("Deny", EVERYBODY, ""),
            ),
        ),
    ]
}

/// The principals that may, each by its letter.
fn cell(stored: &Stored, operation: Operation) -> String {
    let headers: &[(&str, &str)] = match operation.copies() {
        true => &[("x-amz-copy-source", "photos/cat.jpg")],
        false if operation.is_of_account() => &[("x-amz-account-id", "111122223333")],
        false => &[],
    };
    let letters = ASKERS
        .iter()
        .map(|(letter, who)| if may(stored, *who, operation, headers, "uploadId=1") { *letter } else { '-' });
    letters.collect()
}

fn matrix() -> String {
    let mut text = String::from(
        "# Who may do what: o the root user of the bucket's account, u a user of it whom no policy limits, i a user of IAM in it,\n\
         # r the session of a role in it, s another account's root user, g a user of IAM in that, n nobody in particular.\n\
         # The columns are what is granted or taken back; `no-object` is before there is an object with the key. The last ones\n\
         # are policies of i, r and g, of r's session, of the endpoint, who pays, and requests by an Object Lambda access point.\noperation",
    );
    let ways = ways();
    for (name, _) in &ways {
        text.push('\t');
        text.push_str(name);
    }
    text.push('\n');
    for operation in Operation::ALL.iter().filter(|operation| !operation.row().is_superseded()) {
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

/// Checks what must hold whatever the written matrix says.
#[test]
fn nobody_gets_in_where_nothing_is_granted() {
    for operation in Operation::ALL.iter().copied().filter(|operation| !operation.row().is_superseded()) {
        let own = cell(&Stored::private(), operation);
        let without_bucket = matches!(operation.row().target, crate::operations::TargetKind::Service)
            || operation.makes_bucket();
        // What everybody may who has an account takes no action of IAM's; users of IAM may do
        // nothing by themselves.
        let without_action = operation.row().actions.is_empty();
        let expected = match (without_bucket, operation.is_of_account()) {
            (true, false) if without_action => "ouirsg-",
            (true, false) => "ou--s--",
            _ => "ou-----",
        };
        assert_eq!(own, expected, "{operation}");
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
            (true, _) => expected,
            (false, true) if other => "ou-----",
            (false, true) => "o------",
            (false, false) => "-------",
        };
        assert_eq!(denied, expected, "{operation}");
    }
}
