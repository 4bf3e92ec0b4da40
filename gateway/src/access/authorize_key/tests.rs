//! Who may use a key: its policy, the policies of the principal, and both between accounts.

use super::*;
use crate::policy::{Identity, PrincipalKind};

const OWNER: &str = "111122223333";
const OTHER: &str = "999999999999";
const REGION: &str = "us-east-1";
const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/photos";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

struct Nobody;

impl OfPrincipal for Nobody {
    fn tags(&self) -> Vec<(String, String)> {
        vec![("Team".to_owned(), "blue".to_owned())]
    }

    fn of_session(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}

/// The policies of the principal: the text of each, or nothing of the kind.
#[derive(Clone, Copy, Default)]
struct Own<'a> {
    /// `None` without limits.
    identity: Option<&'a str>,
    boundary: Option<&'a str>,
    session: Option<&'a str>,
}

/// A user of IAM without policies.
const USER: Own<'_> = Own { identity: Some(""), boundary: None, session: None };

fn may(actions: &str) -> String {
    statement("Allow", actions, "")
}

fn statement(effect: &str, actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{actions}","Resource":"*"{condition}}}}}"#
    )
}

fn key_policy(effect: &str, principal: &str, condition: &str) -> Policy {
    let text = statement(effect, "kms:*", condition)
        .replace("\"Action\"", &format!("\"Principal\":{{\"AWS\":\"{principal}\"}},\"Action\""));
    Policy::parse(Kind::Key, &text).unwrap()
}

fn principal(account: &'static str, kind: PrincipalKind) -> Principal<'static> {
    let arn = match (account, kind) {
        (OWNER, PrincipalKind::Root) => "arn:aws:iam::111122223333:root",
        (OWNER, PrincipalKind::AssumedRole) => "arn:aws:sts::111122223333:assumed-role/reader/job",
        (OWNER, _) => ALICE,
        (_, PrincipalKind::Root) => "arn:aws:iam::999999999999:root",
        _ => "arn:aws:iam::999999999999:user/bob",
    };
    let issuer_arn = (kind == PrincipalKind::AssumedRole).then_some("arn:aws:iam::111122223333:role/reader");
    Principal { kind, issuer_arn, ..Principal::of_account(account, "c", "x", arn) }
}

fn user() -> Principal<'static> {
    principal(OWNER, PrincipalKind::User)
}

fn stranger() -> Principal<'static> {
    principal(OTHER, PrincipalKind::User)
}

/// Decides on a use; the message where it is denied.
fn ask(key: Option<MasterKey<'_>>, principal: &Principal<'_>, own: Own<'_>, usage: KeyUse) -> Result<String> {
    let read = |kind, text: Option<&str>| {
        text.filter(|text| !text.is_empty()).map(|text| Policy::parse(kind, text).unwrap())
    };
    let identity = read(Kind::Identity, own.identity);
    let boundary = read(Kind::Boundary, own.boundary);
    let session = read(Kind::Session, own.session);
    let source = |policy| Source { label: "p", policy };
    let identity: Vec<_> = identity.iter().map(source).collect();
    let session: Vec<_> = session.iter().map(source).collect();
    let context = [
        ("aws:s3:arn".to_owned(), "arn:aws:s3:::photos/cat.jpg".to_owned()),
        ("Project".to_owned(), "x".to_owned()),
    ];
    authorize_key(&KeyRequest {
        usage,
        key,
        name: ARN,
        encryption_context: &context,
        principal,
        grants: Grants {
            identity: if own.identity.is_some() {
                Identity::Policies(&identity)
            } else {
                Identity::Unlimited
            },
            boundary: boundary.as_ref().map(source),
            session: own.session.is_some().then_some(&session),
            endpoint: None,
        },
        received_ms: 1_700_000_000_000,
        region: REGION,
        of_principal: &Nobody,
        budget: Box::leak(Box::default()),
        witness: None,
    })
}

fn key(policy: &Policy) -> MasterKey<'_> {
    MasterKey { arn: ARN, account: OWNER, aliases: &[], enabled: true, policy }
}

/// `allowed`, or how the message goes on after the resource.
fn outcome(policy: &Policy, principal: &Principal<'_>, own: Own<'_>) -> String {
    match ask(Some(key(policy)), principal, own, KeyUse::Generate) {
        Ok(arn) => {
            assert_eq!(arn, ARN);
            "allowed".to_owned()
        }
        Err(error) => {
            assert_eq!(error.code, ErrorCode::AccessDenied);
            let message = error.message.unwrap();
            let who =
                format!("User: {} is not authorized to perform: kms:GenerateDataKey on ", principal.arn);
            let what = message.strip_prefix(&who).unwrap();
            let rest = what.strip_prefix(&format!("resource: {ARN} "));
            rest.unwrap_or("hidden")
                .replace(" the kms:GenerateDataKey action", "")
                .replace("-based policy", "")
        }
    }
}

#[test]
fn the_policies_of_both_sides_decide() {
    let default = default_policy(OWNER).unwrap();
    let direct = key_policy("Allow", ALICE, "");
    let silent = key_policy("Allow", OTHER, "");
    let deny = key_policy("Deny", ALICE, "");
    let bob = key_policy("Allow", "arn:aws:iam::999999999999:user/bob", "");
    let (all, other) = (may("kms:*"), may("kms:Decrypt"));
    let (with_all, with_other) =
        (Own { identity: Some(&all), ..USER }, Own { identity: Some(&other), ..USER });
    let refuses = statement("Deny", "kms:GenerateDataKey", "");
    let (root, foreign_root) = (principal(OWNER, PrincipalKind::Root), principal(OTHER, PrincipalKind::Root));
    let (user, stranger, free) = (user(), stranger(), Own::default());
    let nothing = "because no identity allows";
    let cases = [
        // Without a policy of its own, the policies of the account decide on the key.
        (&default, &user, USER, nothing),
        (&default, &user, with_all, "allowed"),
        (&default, &user, with_other, nothing),
        (&default, &user, free, "allowed"),
        (&default, &root, free, "allowed"),
        (&default, &stranger, with_all, "hidden"),
        (&default, &foreign_root, free, "hidden"),
        // It allows principals that it names. The account can limit them, and deny.
        (&direct, &user, USER, "allowed"),
        (&direct, &user, Own { identity: Some(&refuses), ..USER }, "with an explicit deny in an identity"),
        (&direct, &user, Own { boundary: Some(&other), ..USER }, "allowed"),
        (
            &default,
            &user,
            Own { boundary: Some(&other), ..with_all },
            "because no permissions boundary allows",
        ),
        (&default, &user, Own { session: Some(&other), ..with_all }, "because no session policy allows"),
        (&default, &user, Own { session: Some(""), ..with_all }, "because no session policy allows"),
        // Where it does not mean the account, the policies of the account do not count.
        (&silent, &user, with_all, "because no resource allows"),
        (&silent, &user, free, "allowed"),
        (&silent, &root, free, "allowed"),
        // It can deny.
        (&deny, &user, with_all, "with an explicit deny in a resource"),
        (&deny, &user, free, "with an explicit deny in a resource"),
        (&deny, &root, free, "allowed"),
        // Principals of other accounts need both.
        (&silent, &stranger, USER, nothing),
        (&silent, &stranger, with_all, "allowed"),
        (&bob, &stranger, USER, nothing),
        (&bob, &stranger, with_all, "allowed"),
        (&silent, &foreign_root, free, "allowed"),
    ];
    for (at, (policy, principal, own, expected)) in cases.into_iter().enumerate() {
        assert_eq!(outcome(policy, principal, own), expected, "case {at}");
    }
}

#[test]
fn a_session_of_a_role_may_what_the_role_may() {
    let session = principal(OWNER, PrincipalKind::AssumedRole);
    let role = key_policy("Allow", "arn:aws:iam::111122223333:role/reader", "");
    let other = may("kms:Decrypt");
    assert_eq!(outcome(&role, &session, USER), "allowed");
    let limited = Own { session: Some(&other), ..USER };
    assert_eq!(outcome(&role, &session, limited), "because no session policy allows");
    let all = may("kms:*");
    let own = Own { identity: Some(&all), ..USER };
    assert_eq!(outcome(&default_policy(OWNER).unwrap(), &session, own), "allowed");
}

#[test]
fn the_key_that_everybody_has_is_open_to_the_account_through_s3() {
    let managed = aws_managed_policy(OWNER, REGION).unwrap();
    assert_eq!(outcome(&managed, &user(), USER), "allowed");
    assert_eq!(outcome(&managed, &principal(OWNER, PrincipalKind::AssumedRole), USER), "allowed");
    assert_eq!(outcome(&managed, &principal(OWNER, PrincipalKind::Root), Own::default()), "allowed");
    let all = may("kms:*");
    assert_eq!(outcome(&managed, &stranger(), Own { identity: Some(&all), ..USER }), "hidden");
    let denies = statement("Deny", "kms:*", "");
    let own = Own { identity: Some(&denies), ..USER };
    assert_eq!(outcome(&managed, &user(), own), "with an explicit deny in an identity");
    let elsewhere = aws_managed_policy(OWNER, "eu-west-1").unwrap();
    assert_eq!(outcome(&elsewhere, &user(), USER), "because no resource allows");
}

#[test]
fn conditions_see_how_a_key_is_used() {
    let check = |operator: &str, key: &str, value: &str, expected: bool| {
        let condition = format!(r#","Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#);
        let policy = key_policy("Allow", ALICE, &condition);
        let allowed = outcome(&policy, &user(), USER) == "allowed";
        assert_eq!(allowed, expected, "{operator} {key} {value}");
    };
    check("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com", true);
    check("StringEquals", "kms:ViaService", "ec2.us-east-1.amazonaws.com", false);
    check("StringEquals", "kms:CallerAccount", OWNER, true);
    check("StringEquals", "kms:CallerAccount", OTHER, false);
    check("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::photos/*", true);
    check("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::other/*", false);
    check("StringEquals", "kms:EncryptionContext:project", "x", true);
    check("Null", "kms:EncryptionContext:Other", "true", true);
    check("ForAnyValue:StringEquals", "kms:EncryptionContextKeys", "Project", true);
    check("ForAllValues:StringEquals", "kms:EncryptionContextKeys", "Project", false);
    check("StringEquals", "aws:PrincipalTag/team", "blue", true);
    check("StringEquals", "aws:PrincipalAccount", OWNER, true);
    check("StringEquals", "aws:ResourceAccount", OWNER, true);
    check("Bool", "aws:ViaAWSService", "true", true);
    check("Bool", "aws:SecureTransport", "true", true);
    check("Null", "aws:SourceIp", "true", true);
    check("IpAddress", "aws:SourceIp", "0.0.0.0/0", false);
    check("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT", true);
    check("Null", "kms:RequestAlias", "true", true);
}

#[test]
fn what_keeps_a_key_from_being_used_at_all() {
    let policy = default_policy(OWNER).unwrap();
    let code = |key, principal: &Principal<'_>, own| {
        let error = ask(key, principal, own, KeyUse::Decrypt).unwrap_err();
        (error.code, error.message.unwrap())
    };
    let disabled = MasterKey { enabled: false, ..key(&policy) };
    let (answer, message) = code(Some(disabled), &user(), Own::default());
    assert_eq!((answer, message), (ErrorCode::KmsDisabledException, format!("{ARN} is disabled.")));
    let (answer, _) = code(Some(disabled), &user(), USER);
    assert_eq!(answer, ErrorCode::AccessDenied, "who may not use it does not learn that it is disabled");
    let (answer, message) = code(None, &user(), Own::default());
    assert_eq!((answer, message), (ErrorCode::KmsNotFoundException, format!("Key '{ARN}' does not exist")));
    let (answer, message) = code(None, &stranger(), Own::default());
    assert_eq!(answer, ErrorCode::AccessDenied);
    assert!(message.ends_with("or a resource-based policy explicitly denies access"), "{message}");
    let (answer, message) = code(Some(key(&policy)), &Principal::ANONYMOUS, Own::default());
    assert_eq!(answer, ErrorCode::InvalidArgument);
    assert!(message.ends_with("require AWS Signature Version 4."), "{message}");
    let denied = Policy::deny_everything();
    assert_eq!(outcome(&denied, &user(), Own::default()), "with an explicit deny in a resource");
}

#[test]
fn a_use_is_read_by_its_action() {
    for usage in [KeyUse::Generate, KeyUse::Decrypt] {
        assert_eq!(KeyUse::parse(usage.action()), Some(usage));
    }
    assert_eq!(KeyUse::parse("kms:Encrypt"), None);
}
