//! What ordinary policies cost a request for a thousand objects: the budget has room for more.

use super::*;
use crate::policy::{Budget, WORK_MAX};

/// The most of the budget that ordinary policies may spend.
const SHARE: u64 = WORK_MAX / 10 * 7;

fn statements(count: usize, principal: &str, condition: impl Fn(usize) -> String) -> String {
    let deny = |n| {
        format!(
            r#",{{"Sid":"D{n}","Effect":"Deny"{principal},"Action":"s3:*","Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],
            "Condition":{{{}}}}}"#,
            condition(n)
        )
    };
    let allow = format!(r#"{{"Effect":"Allow"{principal},"Action":"s3:*","Resource":"*"}}"#);
    let denied: String = (0..count).map(deny).collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{allow}{denied}]}}"#)
}

/// DeleteObjects, by a principal with these policies; everything is allowed without any.
fn deletion<'a>(
    principal: &'a Principal<'a>,
    identity: &'a [Source<'a>],
    (headers, query): (&'a Headers, &'a Query),
    budget: &'a Budget,
) -> AccessRequest<'a> {
    AccessRequest {
        operation: Operation::DeleteObjects,
        bucket: Some("photos"),
        key: None,
        headers,
        query,
        body: Body::Ahead,
        principal,
        grants: match identity {
            [] => Grants::UNLIMITED,
            identity => Grants { identity: Identity::Policies(identity), ..Grants::UNLIMITED },
        },
        received_ms: 0,
        region: "us-east-1",
        budget,
        witness: None,
    }
}

/// Of DeleteObjects of a thousand keys: how many are refused, and what is left.
fn delete_a_thousand(kind: Kind<'_>, document: &str) -> (usize, u64) {
    let policy = Policy::parse(kind, document).unwrap();
    let mut stored = Stored::private();
    let identity = match kind {
        Kind::Identity => vec![Source { label: "own", policy: &policy }],
        _ => {
            stored = stored.change(|bucket| bucket.policy = Some(Rc::new(policy.clone())));
            Vec::new()
        }
    };
    let account = OWNER.to_string();
    let arn = identity_arn(&account, "alice");
    let principal = Principal::of_account(&account, "", "alice", &arn);
    let headers = Headers::from_iter([("user-agent", "aws-cli/2.17 Python/3.12")]);
    let query = Query::parse("delete").unwrap();
    let budget = Budget::default();
    let access = deletion(&principal, &identity, (&headers, &query), &budget);
    let keys: Vec<String> = (0..1000).map(|n| format!("albums/2026/november/{n:04}.jpg")).collect();
    let named: Vec<_> = keys.iter().map(|key| (key.as_str(), None)).collect();
    let refused = authorize_each(&access, &named, &stored);
    (refused.len(), budget.left())
}

#[test]
fn ordinary_policies_leave_room_for_a_thousand_keys() {
    let everybody = r#","Principal":"*""#;
    let of_bucket = |count, condition: fn(usize) -> String| {
        (Kind::Bucket("photos"), statements(count, everybody, condition))
    };
    let of_principal =
        |count, condition: fn(usize) -> String| (Kind::Identity, statements(count, "", condition));
    for (name, (kind, document)) in [
        (
            "tags of the bucket",
            of_principal(8, |n| format!(r#""StringEquals":{{"aws:ResourceTag/x{n}":"1"}}"#)),
        ),
        (
            "tags of the objects",
            of_principal(8, |n| format!(r#""StringEquals":{{"s3:ExistingObjectTag/x{n}":"1"}}"#)),
        ),
        (
            "tags of the principal",
            of_bucket(12, |_| r#""StringEquals":{"aws:PrincipalTag/x":"1"}"#.to_owned()),
        ),
        (
            "many tags of the principal",
            of_bucket(40, |n| format!(r#""StringEquals":{{"aws:PrincipalTag/x{n}":"1"}}"#)),
        ),
        (
            "networks and accounts",
            of_bucket(70, |n| {
                format!(
                    r#""NotIpAddress":{{"aws:SourceIp":"192.0.2.0/24"}},"StringEquals":{{"aws:PrincipalAccount":"{n:012}"}}"#
                )
            }),
        ),
        (
            "ARNs",
            of_bucket(60, |n| {
                format!(
                    r#""ArnLike":{{"aws:PrincipalArn":["arn:aws:iam::{n:012}:user/*","arn:aws:iam::{n:012}:role/*"]}}"#
                )
            }),
        ),
        (
            "agents",
            of_bucket(60, |n| {
                format!(r#""StringLike":{{"aws:UserAgent":["*bot-{n}*","*crawler-{n}*","*spider?{n}*"]}}"#)
            }),
        ),
    ] {
        let (refused, left) = delete_a_thousand(kind, &document);
        assert_eq!(refused, 0, "{name}");
        assert!(left >= WORK_MAX - SHARE, "{name}: {left} of {WORK_MAX} are left");
    }
}

#[test]
fn conditions_on_the_object_are_compared_for_each() {
    let by_version = statements(1, "", |_| r#""StringEquals":{"s3:VersionId":"kept"}"#.to_owned());
    let policy = Policy::parse(Kind::Identity, &by_version).unwrap();
    let identity = [Source { label: "own", policy: &policy }];
    let account = OWNER.to_string();
    let arn = identity_arn(&account, "alice");
    let principal = Principal::of_account(&account, "", "alice", &arn);
    let (headers, query) = (Headers::default(), Query::parse("delete").unwrap());
    let budget = Budget::default();
    let access = deletion(&principal, &identity, (&headers, &query), &budget);
    let named = [("a", Some("other")), ("b", Some("kept")), ("c", None), ("d", Some("kept"))];
    assert_eq!(authorize_each(&access, &named, &Stored::private()), [1, 3]);
}
