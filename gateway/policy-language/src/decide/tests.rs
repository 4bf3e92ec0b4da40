//! How policies are combined: within one account, between two, and for principals without one.

use super::*;
use crate::{ContextEntries, Kind, Principal};

const OWNER: &str = "111122223333";
const OTHER: &str = "999999999999";

fn user(account: &'static str) -> Principal<'static> {
    let arn = if account == OWNER {
        "arn:aws:iam::111122223333:user/alice"
    } else {
        "arn:aws:iam::999999999999:user/alice"
    };
    Principal::of_account(account, if account == OWNER { "c1" } else { "c9" }, "alice", arn)
}

fn root(account: &'static str) -> Principal<'static> {
    let arn =
        if account == OWNER { "arn:aws:iam::111122223333:root" } else { "arn:aws:iam::999999999999:root" };
    Principal::of_account(account, if account == OWNER { "c1" } else { "c9" }, "", arn)
}

fn session() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::AssumedRole,
        arn: "arn:aws:sts::111122223333:assumed-role/reader/job",
        unique_id: "AROAEXAMPLEREADER1:job",
        user_name: "",
        issuer_arn: Some("arn:aws:iam::111122223333:role/reader"),
        ..user(OWNER)
    }
}

fn federated() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::FederatedUser,
        arn: "arn:aws:sts::111122223333:federated-user/alice",
        unique_id: "111122223333:alice",
        user_name: "",
        issuer_arn: Some("arn:aws:iam::111122223333:user/alice"),
        ..user(OWNER)
    }
}

/// A bucket policy of one statement.
fn bucket(effect: &str, principal: &str) -> Policy {
    let text = format!(
        r#"{{"Statement":{{"Sid":"S","Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}}}"#
    );
    Policy::parse(Kind::Bucket("photos"), &text).unwrap()
}

/// An identity policy of one statement.
fn identity(effect: &str, action: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}}}"#
    );
    Policy::parse(Kind::Identity, &text).unwrap()
}

/// The policies besides the resource's.
#[derive(Clone, Copy)]
struct Own {
    identity: &'static str,
    boundary: &'static str,
    session: &'static str,
}

const NOTHING: Own = Own { identity: "silent", boundary: "none", session: "none" };

/// Decides on `s3:GetObject`. Each kind of policy is `none`, `silent`, `allow` or `deny`.
fn outcome(
    principal: &Principal<'_>,
    resource: Option<&Policy>,
    own: Own,
    acl: AclGrant,
) -> (Outcome, String) {
    let policy = |word: &str| match word {
        "allow" => identity("Allow", "s3:*"),
        "deny" => identity("Deny", "s3:GetObject"),
        _ => identity("Allow", "iam:ListUsers"),
    };
    let (own_identity, boundary, session) = (policy(own.identity), policy(own.boundary), policy(own.session));
    let sources = [Source { label: "own", policy: &own_identity }];
    let sessions = [Source { label: "session", policy: &session }];
    let context = ContextEntries::default();
    let request = Request::new(principal, "s3:GetObject", "arn:aws:s3:::photos/cat.jpg", &context);
    let decision = decide(
        &request,
        &Policies {
            owner: Some(OWNER),
            identity: Identity::Policies(&sources),
            boundary: (own.boundary != "none").then_some(Source { label: "boundary", policy: &boundary }),
            session: (own.session != "none").then_some(&sessions),
            resource: resource.map(|policy| Source { label: "photos", policy }),
            acl,
            ..Policies::default()
        },
    );
    (decision.outcome, format!("{:?}", decision.reason))
}

fn allows(principal: &Principal<'_>, resource: Option<&Policy>, own: Own) -> bool {
    outcome(principal, resource, own, AclGrant::None).0 == Outcome::Allow
}

#[test]
fn within_an_account_one_of_the_two_has_to_allow() {
    let (named, other) = (
        bucket("Allow", r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#),
        bucket("Allow", r#"{"AWS":"999999999999"}"#),
    );
    let alice = user(OWNER);
    assert!(!allows(&alice, None, NOTHING));
    assert!(!allows(&alice, Some(&other), NOTHING));
    assert!(allows(&alice, Some(&named), NOTHING));
    assert!(allows(&alice, None, Own { identity: "allow", ..NOTHING }));
    assert!(allows(&alice, Some(&other), Own { identity: "allow", ..NOTHING }));
}

#[test]
fn an_explicit_deny_wins_wherever_it_is() {
    let everybody = bucket("Allow", r#""*""#);
    let nobody = bucket("Deny", r#""*""#);
    for principal in [user(OWNER), session(), user(OTHER)] {
        assert_eq!(
            outcome(&principal, Some(&nobody), Own { identity: "allow", ..NOTHING }, AclGrant::Everyone).0,
            Outcome::ExplicitDeny
        );
        for own in [
            Own { identity: "deny", ..NOTHING },
            Own { boundary: "deny", identity: "allow", ..NOTHING },
            Own { session: "deny", identity: "allow", ..NOTHING },
        ] {
            assert_eq!(
                outcome(&principal, Some(&everybody), own, AclGrant::Everyone).0,
                Outcome::ExplicitDeny
            );
        }
    }
    assert_eq!(
        outcome(&Principal::ANONYMOUS, Some(&nobody), NOTHING, AclGrant::Everyone).0,
        Outcome::ExplicitDeny
    );
    assert_eq!(outcome(&root(OWNER), Some(&nobody), NOTHING, AclGrant::None).0, Outcome::ExplicitDeny);
}

/// The table of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>:
/// what a bucket policy grants while the principal's own policies say nothing.
#[test]
fn limits_do_not_apply_to_what_is_granted_directly() {
    let limited = Own { identity: "silent", boundary: "silent", session: "silent" };
    let bounded = Own { identity: "silent", boundary: "silent", session: "none" };
    let in_session = Own { identity: "silent", boundary: "none", session: "silent" };
    let account = r#"{"AWS":"111122223333"}"#;
    let user_arn = r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#;
    let role_arn = r#"{"AWS":"arn:aws:iam::111122223333:role/reader"}"#;
    let session_arn = r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader/job"}"#;
    let federated_arn = r#"{"AWS":"arn:aws:sts::111122223333:federated-user/alice"}"#;
    for (principal, granted_to, own, expected) in [
        // A user: neither its own policies nor the boundary limit.
        (user(OWNER), user_arn, bounded, true),
        (user(OWNER), "\"*\"", bounded, true),
        (user(OWNER), account, NOTHING, false),
        (user(OWNER), account, Own { identity: "allow", ..NOTHING }, true),
        // A role: its own policies do not limit, the boundary and the session do.
        (session(), role_arn, NOTHING, true),
        (session(), role_arn, bounded, false),
        (session(), role_arn, in_session, false),
        (session(), role_arn, Own { identity: "silent", boundary: "allow", session: "allow" }, true),
        // A session: nothing limits.
        (session(), session_arn, limited, true),
        (session(), "\"*\"", limited, true),
        (session(), account, NOTHING, false),
        // A federated user: the session is granted to directly, the user who federated is not.
        (federated(), federated_arn, limited, true),
        (federated(), user_arn, limited, false),
        (federated(), user_arn, in_session, false),
        (federated(), user_arn, Own { identity: "silent", boundary: "none", session: "allow" }, true),
    ] {
        let policy = bucket("Allow", granted_to);
        assert_eq!(allows(&principal, Some(&policy), own), expected, "{granted_to} {principal:?}");
    }
}

#[test]
fn boundary_and_session_limit_what_own_policies_grant() {
    for (boundary, session_policy, expected) in [
        ("none", "none", true),
        ("allow", "none", true),
        ("silent", "none", false),
        ("none", "allow", true),
        ("none", "silent", false),
        ("allow", "silent", false),
        ("silent", "allow", false),
        ("allow", "allow", true),
    ] {
        let own = Own { identity: "allow", boundary, session: session_policy };
        assert_eq!(allows(&session(), None, own), expected, "{boundary} {session_policy}");
    }
    // Boundaries and session policies grant nothing themselves.
    assert!(!allows(&session(), None, Own { identity: "silent", boundary: "allow", session: "allow" }));
}

#[test]
fn between_accounts_both_have_to_allow() {
    let account = bucket("Allow", r#"{"AWS":"999999999999"}"#);
    let named = bucket("Allow", r#"{"AWS":"arn:aws:iam::999999999999:user/alice"}"#);
    let everybody = bucket("Allow", r#""*""#);
    let alice = user(OTHER);
    for policy in [&account, &named, &everybody] {
        assert!(!allows(&alice, Some(policy), NOTHING));
        assert!(allows(&alice, Some(policy), Own { identity: "allow", ..NOTHING }));
        let bounded = Own { identity: "allow", boundary: "silent", session: "none" };
        assert!(!allows(&alice, Some(policy), bounded));
        // Its account lets its root user do everything.
        assert_eq!(allows(&root(OTHER), Some(policy), NOTHING), !std::ptr::eq(policy, &named));
    }
    assert!(!allows(&alice, None, Own { identity: "allow", ..NOTHING }));
    assert!(!allows(&root(OTHER), None, NOTHING));
}

#[test]
fn the_root_user_of_the_owner_is_denied_only_explicitly() {
    let other = bucket("Allow", r#"{"AWS":"999999999999"}"#);
    assert!(allows(&root(OWNER), None, NOTHING));
    assert!(allows(
        &root(OWNER),
        Some(&other),
        Own { identity: "silent", boundary: "silent", session: "none" }
    ));
    assert!(!allows(&root(OWNER), Some(&bucket("Deny", r#"{"AWS":"111122223333"}"#)), NOTHING));
}

#[test]
fn of_those_without_an_account_only_the_resource_decides() {
    let everybody = bucket("Allow", r#""*""#);
    let account = bucket("Allow", r#"{"AWS":"111122223333"}"#);
    let generous = Own { identity: "allow", ..NOTHING };
    assert!(allows(&Principal::ANONYMOUS, Some(&everybody), NOTHING));
    assert!(!allows(&Principal::ANONYMOUS, Some(&account), generous));
    assert!(!allows(&Principal::ANONYMOUS, None, generous));
    let service =
        Principal { kind: PrincipalKind::Service, arn: "logging.s3.amazonaws.com", ..Principal::ANONYMOUS };
    assert!(allows(&service, Some(&bucket("Allow", r#"{"Service":"logging.s3.amazonaws.com"}"#)), NOTHING));
    assert!(!allows(&service, Some(&account), NOTHING));
}

#[test]
fn access_control_lists_grant_as_the_resource_does() {
    let acl =
        |principal: &Principal<'_>, own, grant| outcome(principal, None, own, grant).0 == Outcome::Allow;
    let generous = Own { identity: "allow", ..NOTHING };
    assert!(acl(&Principal::ANONYMOUS, NOTHING, AclGrant::Everyone));
    assert!(!acl(&Principal::ANONYMOUS, NOTHING, AclGrant::None));
    assert!(acl(&root(OTHER), NOTHING, AclGrant::Account));
    assert!(!acl(&root(OTHER), NOTHING, AclGrant::None));
    assert!(acl(&user(OTHER), generous, AclGrant::Account));
    assert!(!acl(&user(OTHER), NOTHING, AclGrant::Account));
    assert!(!acl(&user(OTHER), NOTHING, AclGrant::Everyone));
    assert!(acl(&user(OWNER), NOTHING, AclGrant::Everyone));
    assert!(!acl(&user(OWNER), NOTHING, AclGrant::Account));
    // A policy about other things does not change the decision.
    let silent = bucket("Allow", r#"{"AWS":"arn:aws:iam::999999999999:user/bob"}"#);
    assert_eq!(
        outcome(&root(OTHER), Some(&silent), NOTHING, AclGrant::Account),
        (Outcome::Allow, "Acl".to_owned())
    );
}

#[test]
fn restricted_public_policies_are_for_the_account_and_services() {
    let everybody = bucket("Allow", r#""*""#);
    let context = ContextEntries::default();
    let restricted = |principal: &Principal<'_>| {
        let request = Request::new(principal, "s3:GetObject", "arn:aws:s3:::photos/cat.jpg", &context);
        let policies = Policies {
            owner: Some(OWNER),
            resource: Some(Source { label: "photos", policy: &everybody }),
            restrict_public: true,
            ..Policies::default()
        };
        decide(&request, &policies).is_allowed()
    };
    let service = Principal { kind: PrincipalKind::Service, arn: "x.amazonaws.com", ..Principal::ANONYMOUS };
    assert!(restricted(&user(OWNER)) && restricted(&root(OWNER)) && restricted(&service));
    assert!(!restricted(&user(OTHER)) && !restricted(&root(OTHER)) && !restricted(&Principal::ANONYMOUS));
}

#[test]
fn an_endpoint_has_to_let_everything_pass() {
    let text = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::photos/*"}}"#;
    let endpoint = Policy::parse(Kind::Endpoint, text).unwrap();
    let context = ContextEntries::default();
    let owner = root(OWNER);
    let through = |action: &str| {
        let request = Request::new(&owner, action, "arn:aws:s3:::photos/cat.jpg", &context);
        let endpoint = Some(Source { label: "vpce-1", policy: &endpoint });
        decide(&request, &Policies { owner: Some(OWNER), endpoint, ..Policies::default() }).is_allowed()
    };
    assert!(through("s3:GetObject"));
    assert!(!through("s3:PutObject"));
}

#[test]
fn a_role_trusts_only_whom_its_policy_names() {
    let trust = |principal: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
        );
        Policy::parse(Kind::Trust, &text).unwrap()
    };
    let own = identity("Allow", "sts:*");
    let nothing = identity("Allow", "s3:*");
    let context = ContextEntries::default();
    let assumes = |principal: &Principal<'_>, trust: &Policy, own: &Policy| {
        let request =
            Request::new(principal, "sts:AssumeRole", "arn:aws:iam::111122223333:role/reader", &context);
        let sources = [Source { label: "own", policy: own }];
        let policies = Policies {
            owner: Some(OWNER),
            identity: Identity::Policies(&sources),
            resource: Some(Source { label: "reader", policy: trust }),
            ..Policies::default()
        };
        decide(&request, &policies).is_allowed()
    };
    let (alice, by_account) = (user(OWNER), trust(r#"{"AWS":"111122223333"}"#));
    let by_name = trust(r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#);
    let elsewhere = trust(r#"{"AWS":"999999999999"}"#);
    assert!(assumes(&alice, &by_name, &nothing));
    assert!(assumes(&alice, &by_account, &own));
    assert!(!assumes(&alice, &by_account, &nothing));
    assert!(!assumes(&alice, &elsewhere, &own));
    assert!(!assumes(&root(OWNER), &elsewhere, &own));
    assert!(assumes(&user(OTHER), &elsewhere, &own));
    assert!(!assumes(&user(OTHER), &elsewhere, &nothing));
}

#[test]
fn a_decision_says_what_it_rests_on() {
    let named = bucket("Allow", r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#);
    let denied = bucket("Deny", r#""*""#);
    let statement = |layer: &str, label: &str, sid: &str| {
        format!("Statement {{ layer: {layer}, label: {label:?}, statement: 0, sid: {sid} }}")
    };
    for (principal, resource, own, expected) in [
        (user(OWNER), Some(&named), NOTHING, statement("Resource", "photos", "Some(\"S\")")),
        (user(OWNER), Some(&denied), NOTHING, statement("Resource", "photos", "Some(\"S\")")),
        (user(OWNER), None, Own { identity: "allow", ..NOTHING }, statement("Identity", "own", "None")),
        (user(OWNER), None, NOTHING, "Nothing(Identity)".to_owned()),
        (user(OTHER), None, NOTHING, "Nothing(Resource)".to_owned()),
        (
            user(OWNER),
            None,
            Own { identity: "allow", boundary: "silent", session: "none" },
            "Nothing(Boundary)".to_owned(),
        ),
        (
            session(),
            None,
            Own { identity: "allow", boundary: "none", session: "silent" },
            "Nothing(Session)".to_owned(),
        ),
        (
            session(),
            None,
            Own { identity: "allow", boundary: "none", session: "deny" },
            statement("Session", "session", "None"),
        ),
        (root(OWNER), None, NOTHING, "Owner".to_owned()),
    ] {
        assert_eq!(outcome(&principal, resource, own, AclGrant::None).1, expected);
    }
}

/// A resource that has two names: policies of principals see both, those of resources the first.
#[test]
fn policies_of_principals_see_both_names_of_a_resource() {
    const POINT: &str = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/cat.jpg";
    const OBJECT: &str = "arn:aws:s3:::photos/cat.jpg";
    let context = ContextEntries::default();
    let policy = |kind: Kind<'_>, effect: &str, element: &str, resources: &str| {
        let principal = if kind == Kind::Identity { "" } else { r#""Principal":"*","# };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{principal}"Action":"s3:GetObject","{element}":[{resources}]}}}}"#
        );
        Policy::parse(kind, &text).unwrap()
    };
    let verdict = |policy: &Policy, arn: &str, other: Option<&str>| {
        let principal = user(OWNER);
        match policy.evaluate(&Request::new(&principal, "s3:GetObject", arn, &context).also_named(other)) {
            Verdict::Silent => "silent",
            Verdict::Allowed { .. } => "allows",
            Verdict::Denied { .. } => "denies",
        }
    };
    let (bucket, point) = (r#""arn:aws:s3:::photos/*""#, r#""arn:aws:s3:*:*:accesspoint/*""#);
    let (both, neither) = (&*format!("{bucket},{point}"), r#""arn:aws:s3:::other/*""#);
    for (effect, element, resources, expected) in [
        ("Allow", "Resource", bucket, "allows"),
        ("Allow", "Resource", point, "allows"),
        ("Allow", "Resource", neither, "silent"),
        ("Deny", "Resource", bucket, "denies"),
        ("Deny", "Resource", point, "denies"),
        ("Deny", "Resource", neither, "silent"),
        ("Allow", "NotResource", neither, "allows"),
        ("Allow", "NotResource", bucket, "silent"),
        ("Allow", "NotResource", point, "silent"),
        ("Allow", "NotResource", both, "silent"),
        ("Deny", "NotResource", neither, "denies"),
        ("Deny", "NotResource", bucket, "denies"),
        ("Deny", "NotResource", point, "denies"),
        ("Deny", "NotResource", both, "silent"),
    ] {
        let own = policy(Kind::Identity, effect, element, resources);
        for (arn, other) in [(OBJECT, POINT), (POINT, OBJECT)] {
            assert_eq!(verdict(&own, arn, Some(other)), expected, "{effect} {element} {resources} {arn}");
        }
    }
    let arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports";
    let of_point = policy(Kind::AccessPoint(arn), "Allow", "Resource", point);
    assert_eq!(verdict(&of_point, POINT, Some(OBJECT)), "allows");
    assert_eq!(verdict(&of_point, OBJECT, Some(POINT)), "silent");
    assert_eq!(verdict(&policy(Kind::Endpoint, "Allow", "Resource", bucket), POINT, Some(OBJECT)), "silent");
}
