//! Which principals a statement means, and how directly.

use super::*;

const ACCOUNT: &str = "111122223333";

fn alice() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::User,
        account: ACCOUNT,
        canonical_id: "c1",
        arn: "arn:aws:iam::111122223333:user/alice",
        unique_id: "AIDAEXAMPLEALICE01",
        user_name: "alice",
        issuer_arn: None,
    }
}

fn session() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::AssumedRole,
        arn: "arn:aws:sts::111122223333:assumed-role/reader/job",
        unique_id: "AROAEXAMPLEREADER1:job",
        user_name: "",
        issuer_arn: Some("arn:aws:iam::111122223333:role/team/reader"),
        ..alice()
    }
}

fn root() -> Principal<'static> {
    Principal::of_account(ACCOUNT, "c1", "", "arn:aws:iam::111122223333:root")
}

fn reach(element: &str, principal: &Principal<'_>) -> Option<Reach> {
    parse(Kind::Bucket("b"), &Json::parse(element).unwrap(), false).unwrap().reach(principal)
}

#[test]
fn principals_are_meant_more_or_less_directly() {
    let bob =
        Principal { arn: "arn:aws:iam::111122223333:user/bob", unique_id: "", user_name: "bob", ..alice() };
    let other = Principal::of_account("999999999999", "c9", "", "arn:aws:iam::999999999999:root");
    let anonymous = Principal::ANONYMOUS;
    for (element, principal, expected) in [
        (r#""*""#, &anonymous, Some(Reach::Direct)),
        (r#"{"AWS":"*"}"#, &anonymous, Some(Reach::Direct)),
        (r#"{"AWS":["999999999999","*"]}"#, &alice(), Some(Reach::Direct)),
        (r#"{"AWS":"111122223333"}"#, &alice(), Some(Reach::Account)),
        (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, &alice(), Some(Reach::Account)),
        (r#"{"AWS":"111122223333"}"#, &root(), Some(Reach::Direct)),
        (r#"{"AWS":"111122223333"}"#, &session(), Some(Reach::Account)),
        (r#"{"AWS":"111122223333"}"#, &other, None),
        (r#"{"AWS":"111122223333"}"#, &anonymous, None),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#, &alice(), Some(Reach::Direct)),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/Alice"}"#, &alice(), None),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#, &bob, None),
        (r#"{"AWS":"AIDAEXAMPLEALICE01"}"#, &alice(), Some(Reach::Direct)),
        (r#"{"AWS":"AIDAEXAMPLEALICE"}"#, &alice(), None),
        (r#"{"AWS":"arn:aws:iam::111122223333:role/team/reader"}"#, &session(), Some(Reach::Issuer)),
        (r#"{"AWS":"AROAEXAMPLEREADER1"}"#, &session(), Some(Reach::Issuer)),
        (r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader/job"}"#, &session(), Some(Reach::Direct)),
        (r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader/other"}"#, &session(), None),
        // The most direct of those that fit counts.
        (
            r#"{"AWS":["111122223333","arn:aws:iam::111122223333:role/team/reader"]}"#,
            &session(),
            Some(Reach::Issuer),
        ),
        (r#"{"CanonicalUser":"c1"}"#, &alice(), Some(Reach::Account)),
        (r#"{"CanonicalUser":"c1"}"#, &root(), Some(Reach::Direct)),
        (r#"{"CanonicalUser":"c2"}"#, &root(), None),
        (r#"{"Federated":"accounts.google.com"}"#, &alice(), None),
    ] {
        assert_eq!(reach(element, principal), expected, "{element} {principal:?}");
    }
}

#[test]
fn services_and_web_identities_are_meant_by_name() {
    let service =
        Principal { kind: PrincipalKind::Service, arn: "logging.s3.amazonaws.com", ..Principal::ANONYMOUS };
    assert_eq!(reach(r#"{"Service":"logging.s3.amazonaws.com"}"#, &service), Some(Reach::Direct));
    assert_eq!(reach(r#"{"Service":"cloudtrail.amazonaws.com"}"#, &service), None);
    assert_eq!(reach(r#"{"AWS":"111122223333"}"#, &service), None);
    let token =
        Principal { kind: PrincipalKind::WebIdentity, arn: "accounts.google.com", ..Principal::ANONYMOUS };
    assert_eq!(reach(r#"{"Federated":"accounts.google.com"}"#, &token), Some(Reach::Direct));
    assert_eq!(reach(r#"{"Service":"accounts.google.com"}"#, &token), None);
    assert_eq!(reach(r#"{"AWS":"arn:aws:iam::111122223333:user/accounts.google.com"}"#, &token), None);
}

#[test]
fn not_principal_leaves_out_those_who_are_named_with_all_that_they_are_part_of() {
    let bob =
        Principal { arn: "arn:aws:iam::111122223333:user/bob", unique_id: "", user_name: "bob", ..alice() };
    let account = "111122223333";
    let user = "arn:aws:iam::111122223333:user/alice";
    let role = "arn:aws:iam::111122223333:role/team/reader";
    let of_role = "arn:aws:sts::111122223333:assumed-role/reader/job";
    for (listed, principal, is_left_out) in [
        (&[account, user][..], &alice(), true),
        (&[account, user], &bob, false),
        (&[account, user], &root(), true),
        (&[account, user], &Principal::ANONYMOUS, false),
        (&[user], &alice(), false),
        (&[account], &alice(), false),
        (&[account], &root(), true),
        (&[account, role, of_role], &session(), true),
        (&[account, role], &session(), false),
        (&[account, of_role], &session(), false),
        (&["*"], &Principal::ANONYMOUS, true),
    ] {
        let names: Vec<String> = listed.iter().map(|name| format!("{name:?}")).collect();
        let json = Json::parse(&format!(r#"{{"AWS":[{}]}}"#, names.join(","))).unwrap();
        let element = parse(Kind::Bucket("b"), &json, true).unwrap();
        let expected = if is_left_out { None } else { Some(Reach::Direct) };
        assert_eq!(element.reach(principal), expected, "{listed:?} {principal:?}");
    }
}

#[test]
fn what_nobody_is_cannot_be_named() {
    for element in [
        r#""arn:aws:iam::111122223333:user/alice""#,
        r#"["*"]"#,
        r#"{"AWS":""}"#,
        r#"{"AWS":[]}"#,
        r#"{"AWS":"1111"}"#,
        r#"{"AWS":"alice"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#,
        r#"{"AWS":"arn:aws:iam::*:root"}"#,
        r#"{"AWS":"arn:aws:iam:::root"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:group/staff"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/"}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/reader"}"#,
        r#"{"AWS":"arn:aws:s3:::photos"}"#,
        r#"{"AWS":7}"#,
        r#"{"Service":"*"}"#,
        r#"{"Service":"s3"}"#,
        r#"{"Federated":""}"#,
        r#"{"CanonicalUser":""}"#,
        r#"{"CanonicalUser":"*"}"#,
        r#"{"Somebody":"x"}"#,
        "7",
    ] {
        let error = parse(Kind::Bucket("b"), &Json::parse(element).unwrap(), false).unwrap_err();
        assert_eq!(error, MalformedPolicy::Principal, "{element}");
    }
    let empty = parse(Kind::Bucket("b"), &Json::parse("{}").unwrap(), false).unwrap_err();
    assert_eq!(empty.to_string(), "Missing required field Principal cannot be empty!");
    let trust = parse(Kind::Trust, &Json::parse(r#"{"AWS":"x"}"#).unwrap(), false).unwrap_err();
    assert_eq!(trust.to_string(), r#"Invalid principal in policy: "AWS":"x""#);
}
