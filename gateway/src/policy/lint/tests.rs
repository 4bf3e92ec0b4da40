//! One document for each finding, and one without any.

use super::*;
use crate::policy::document::Kind;

fn codes(version: &str, statement: &str) -> Vec<&'static str> {
    let text = format!(r#"{{"Version":"{version}","Statement":[{statement}]}}"#);
    let kind = if statement.contains("Principal\"") { Kind::Endpoint } else { Kind::Identity };
    lint(&Policy::parse(kind, &text).unwrap()).into_iter().map(|finding| finding.code).collect()
}

fn check(statement: &str, expected: &[&str]) {
    assert_eq!(codes("2012-10-17", statement), expected, "{statement}");
}

#[test]
fn a_usual_policy_is_not_suspicious() {
    check(
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::photos/${aws:username}/*"}"#,
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos","Condition":{"StringLike":{"s3:prefix":"a/*"}}}"#,
        &[],
    );
    check(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
        &[],
    );
    check(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/x"}"#,
        &[],
    );
}

#[test]
fn each_kind_of_suspicion_is_found() {
    let with = |condition: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*","Condition":{condition}}}"#
        )
    };
    for (statement, expected) in [
        (r#"{"Effect":"Allow","Action":"s3:GetObjekt","Resource":"*"}"#.to_owned(), "unknown-action"),
        (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#.to_owned(), "every-action"),
        (r#"{"Effect":"Allow","NotAction":"s3:DeleteObject","Resource":"*"}"#.to_owned(), "allow-not-action"),
        (r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}"#.to_owned(), "public-grant"),
        (r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}"#.to_owned(), "not-principal"),
        (r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a"}"#.to_owned(), "action-without-resource"),
        (r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::a/*"}"#.to_owned(), "action-without-resource"),
        (r#"{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::a"}"#.to_owned(), "action-without-resource"),
        (r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1::a/*"}"#.to_owned(), "impossible-resource"),
        (with(r#"{"StringEquals":{"s3:prefixx":"a"}}"#), "unknown-condition-key"),
        (with(r#"{"StringEquals":{"s3:prefix":"a*"}}"#), "wildcard-in-equals"),
        (with(r#"{"StringEquals":{"s3:prefix":[]}}"#), "empty-condition"),
        (with(r#"{"IpAddress":{"s3:prefix":"10.0.0.0/8"}}"#), "wrong-operator"),
        (with(r#"{"DateLessThan":{"aws:SecureTransport":"2020-01-01"}}"#), "wrong-operator"),
        (with(r#"{"StringEquals":{"s3:RequestObjectTagKeys":"a"}}"#), "set-without-quantifier"),
        (with(r#"{"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":"a"}}"#), "for-all-values-of-none"),
        (with(r#"{"Null":{"s3:prefix":"true"},"StringEquals":{"s3:prefix":"a"}}"#), "never-applies"),
    ] {
        check(&statement, &[expected]);
    }
}

#[test]
fn claims_of_web_identities_are_no_unknown_keys() {
    check(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*","Condition":{"StringEquals":{"accounts.google.com:aud":"x"}}}"#,
        &[],
    );
}

#[test]
fn variables_of_the_old_version_are_found() {
    let text = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/${aws:username}"}}"#;
    let findings = lint(&Policy::parse(Kind::Endpoint, text).unwrap());
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].statement, findings[0].severity, findings[0].code),
        (Some(0), Severity::Mistake, "literal-variable")
    );
    assert_eq!(
        findings[0].message,
        "arn:aws:s3:::a/${aws:username}: variables are text unless \"Version\" is \"2012-10-17\""
    );
}
