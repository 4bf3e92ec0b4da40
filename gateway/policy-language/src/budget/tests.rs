//! What decisions spend, and what happens when nothing is left.

use super::*;
use crate::context::Known;
use crate::keys::Key;
use crate::memory::Memory;
use crate::{
    ContextEntries, Decision, Identity, Kind, Outcome, Policies, Policy, Principal, Reason, Request, Source,
    decide,
};

#[test]
fn what_is_spent_is_spent() {
    let budget = Budget::of(10);
    assert!(budget.spend(4));
    assert!(budget.spend_bytes(95));
    assert_eq!(budget.left(), 0);
    assert!(!budget.is_exhausted());
    assert!(budget.spend(0));
    assert!(!budget.spend(1));
    assert!(budget.is_exhausted());
    // Once it is exhausted, it stays so.
    assert!(!budget.spend(0));
    assert!(!Budget::of(10).spend(usize::MAX));
}

fn policy(kind: Kind<'_>, statement: &str) -> Policy {
    Policy::parse(kind, &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()
}

fn gaps(count: usize) -> String {
    let gaps = (0..count).map(|n| format!("\"*{}{n}*\"", "a?".repeat(230)));
    gaps.collect::<Vec<_>>().join(",")
}

/// Every kind of policy.
#[test]
fn whatever_policy_takes_too_much_the_request_is_denied() {
    let condition = format!(r#""Condition":{{"StringNotLike":{{"aws:UserAgent":[{}]}}}}"#, gaps(40));
    let open = r#""Effect":"Allow","Action":"*","Resource":"*""#;
    let (heavy, light) = (format!("{{{open},{condition}}}"), format!("{{{open}}}"));
    let of_bucket = |condition: &str| {
        policy(
            Kind::Bucket("photos"),
            &format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"{condition}}}"#
            ),
        )
    };
    let (bucket, heavy_bucket) = (of_bucket(""), of_bucket(&format!(",{condition}")));
    let [identity, heavy] = [light, heavy].map(|own| policy(Kind::Identity, &own));
    let [identity, heavy] = [&identity, &heavy].map(|policy| Source { label: "own", policy });
    let [bucket, heavy_bucket] = [&bucket, &heavy_bucket].map(|policy| Source { label: "photos", policy });
    let (identities, heavies) = ([identity], [heavy]);
    let alice = Principal::of_account("111122223333", "", "alice", "arn:aws:iam::111122223333:user/alice");
    let context = ContextEntries::default().with("aws:UserAgent", &[&"a".repeat(8000)]);
    let steps = 100_000;
    let decide_all = |policies: &Policies<'_>| {
        let budget = Budget::of(steps);
        let request = Request::new(&alice, "s3:GetObject", "arn:aws:s3:::photos/x", &context).within(&budget);
        let Decision { outcome, reason } = decide(&request, policies);
        (outcome, reason == Reason::Exhausted)
    };
    let base = Policies {
        owner: Some("999999999999"),
        identity: Identity::Policies(&identities),
        boundary: Some(identity),
        session: Some(&identities),
        endpoint: Some(identity),
        resource: Some(bucket),
        ..Policies::default()
    };
    assert_eq!(decide_all(&base), (Outcome::Allow, false));
    for heavy in [
        Policies { identity: Identity::Policies(&heavies), ..base },
        Policies { boundary: Some(heavy), ..base },
        Policies { session: Some(&heavies), ..base },
        Policies { endpoint: Some(heavy), ..base },
        Policies { resource: Some(heavy_bucket), ..base },
    ] {
        assert_eq!(decide_all(&heavy), (Outcome::ExplicitDeny, true));
    }
}

/// What the largest policies take that can be stored: none of them ends at the budget.
#[test]
fn large_policies_leave_most_of_it() {
    let statement = |n: usize| {
        format!(
            r#"{{"Sid":"S{n}","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:user/u{n}"}},
               "Action":["s3:GetObject","s3:PutObject","s3:List*"],
               "Resource":["arn:aws:s3:::photos/u{n}/*","arn:aws:s3:::photos/shared-{n}*","arn:aws:s3:::photos"],
               "Condition":{{"StringLike":{{"aws:UserAgent":"*agent-{n}*"}}}}}}"#
        )
    };
    let statements: Vec<String> = (0..55).map(statement).collect();
    let policy = policy(Kind::Bucket("photos"), &statements.join(","));
    let alice = Principal::of_account("111122223333", "", "u54", "arn:aws:iam::111122223333:user/u54");
    let context = ContextEntries::default().with("aws:UserAgent", &["some agent-54"]);
    let policies = Policies {
        owner: Some("999999999999"),
        resource: Some(Source { label: "photos", policy: &policy }),
        ..Policies::default()
    };
    let budget = Budget::default();
    for key in 0..1000 {
        let arn = format!("arn:aws:s3:::photos/u54/{key}");
        let request = Request::new(&alice, "s3:GetObject", &arn, &context).within(&budget);
        assert_eq!(decide(&request, &policies).outcome, Outcome::Allow);
    }
    assert!(budget.left() > WORK_MAX / 2, "{} of {WORK_MAX} are left", budget.left());
}

#[test]
fn lookups_are_paid_for_by_what_they_find() {
    let context = ContextEntries::default().with("aws:UserAgent", &[&"a".repeat(8000)]);
    let budget = Budget::of(10_000);
    let memory = Memory::default();
    let known = Known { context: &context, budget: &budget, memory: &memory };
    let key = Key::parse("aws:UserAgent");
    assert!(known.value(&key).is_some());
    let left = budget.left();
    assert!(left < 9_500);
    // A value that was found before costs little.
    for _ in 0..20 {
        assert!(known.value(&key).is_some());
    }
    assert!(left - budget.left() < 20 * 16);
    for _ in 0..20 {
        known.budget.spend_bytes(9_000);
    }
    assert!(budget.is_exhausted());
    assert_eq!(known.value(&key), None);
}
