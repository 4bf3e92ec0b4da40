//! One document for each finding, and one without any.

use super::*;
use crate::Kind;

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
    let lists = |condition: &str| {
        with(condition).replace("s3:GetObject", "s3:ListBucket").replace("arn:aws:s3:::a/*", "arn:aws:s3:::a")
    };
    let writes = |condition: &str| with(condition).replace("s3:GetObject", "s3:PutObject");
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
        (lists(r#"{"StringEquals":{"s3:prefix":"a*"}}"#), "wildcard-in-equals"),
        (lists(r#"{"StringEquals":{"s3:prefix":[]}}"#), "empty-condition"),
        (lists(r#"{"IpAddress":{"s3:prefix":"10.0.0.0/8"}}"#), "wrong-operator"),
        (with(r#"{"DateLessThan":{"aws:SecureTransport":"2020-01-01"}}"#), "wrong-operator"),
        (writes(r#"{"StringEquals":{"s3:RequestObjectTagKeys":"a"}}"#), "set-without-quantifier"),
        (writes(r#"{"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":"a"}}"#), "for-all-values-of-none"),
        (with(r#"{"StringLike":{"s3:prefix":"a*"}}"#), "key-never-carried"),
        (with(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#), "key-never-carried"),
        (with(r#"{"StringEquals":{"aws:RequestTag/a":"b"}}"#), "key-never-carried"),
        (with(r#"{"StringEquals":{"kms:ViaService":"s3"}}"#), "key-never-carried"),
        (r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"s3:authType":"POST"}}}"#.to_owned(), "key-never-carried"),
        (r#"{"Effect":"Allow","Action":["iam:CreateUser","s3:PutObject"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/a":"b"}}}"#.to_owned(), "key-not-always-carried"),
        (r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::a","arn:aws:s3:::a/*"]}"#.to_owned(), "resource-without-action"),
        (r#"{"Effect":"Allow","Action":"iam:CreateUsr","Resource":"*"}"#.to_owned(), "unknown-action"),
        (r#"{"Effect":"Allow","Action":"sts:AsumeRole","Resource":"*"}"#.to_owned(), "unknown-action"),
        (r#"{"Effect":"Allow","Action":"s:GetObject","Resource":"*"}"#.to_owned(), "unknown-action"),
        (r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::a","arn:aws:s3:::a/*"],"Condition":{"StringLike":{"s3:prefix":"a/*"}}}"#.to_owned(), "key-not-always-carried"),
        (lists(r#"{"Null":{"s3:prefix":"true"},"StringEquals":{"s3:prefix":"a"}}"#), "never-applies"),
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

fn found(kind: Kind<'_>, text: &str) -> Vec<(&'static str, String)> {
    lint_text(kind, text).into_iter().map(|finding| (finding.code, finding.message)).collect()
}

fn messages(kind: Kind<'_>, text: &str) -> Vec<String> {
    found(kind, text).into_iter().map(|(code, message)| format!("{code}: {message}")).collect()
}

#[test]
fn what_was_meant_is_suggested() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObjekt","Resource":"*","Condition":{"StringLike":{"s3:prefx":"a"}}}}"#;
    assert_eq!(
        messages(Kind::Identity, text),
        [
            "unknown-action: s3:GetObjekt: S3 has no such action, so the statement never applies to one; did you mean \
             s3:GetObject?",
            "unknown-condition-key: s3:prefx: no request carries this key; did you mean s3:prefix?",
        ]
    );
}

#[test]
fn a_text_that_is_no_policy_is_explained_all_the_same() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principle":"*","Action":["s3:GetObject","s3:PutObjct"],"Resource":"arn:aws:s3:::photos/*","Condition":{"StringEqual":{"aws:SourceIpp":"x"}}}]}"#;
    let found = found(Kind::Bucket(""), text);
    let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        ["malformed", "unknown-element", "unknown-action", "unknown-operator", "unknown-condition-key"],
        "{found:?}"
    );
    assert!(found[1].1.ends_with("did you mean Principal?"), "{found:?}");
    assert!(found[2].1.ends_with("did you mean s3:PutObject?"), "{found:?}");
    assert!(found[3].1.ends_with("did you mean StringEquals?"), "{found:?}");
    assert!(found[4].1.ends_with("did you mean aws:SourceIp?"), "{found:?}");
    let broken = messages(Kind::Identity, "{\"Version\":\n  oops}");
    assert!(broken[0].contains("line 2"), "{broken:?}");
    for text in ["", "[]", "null", "{}", "{\"Statement\":7}"] {
        assert_eq!(lint_text(Kind::Bucket(""), text)[0].code, "malformed", "{text}");
    }
}

#[test]
fn the_bucket_is_that_of_the_first_resource() {
    let public = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#;
    let findings = lint_text(Kind::Bucket(""), public);
    assert_eq!((findings[0].code, findings[0].severity.as_str()), ("public-grant", "warning"));
    let two =
        public.replace("\"arn:aws:s3:::photos/*\"", "[\"arn:aws:s3:::photos/*\",\"arn:aws:s3:::other/*\"]");
    assert_eq!(lint_text(Kind::Bucket(""), &two)[0].message, "Policy has invalid resource");
}

#[test]
fn every_operator_that_is_suggested_exists() {
    assert!(text::OPERATORS.iter().all(|name| crate::operator::Operator::parse(name).is_some()));
    assert!(actions::iam::ACTIONS.is_sorted(), "the actions of IAM and STS are in the order of their names");
}

#[test]
fn what_a_document_is_for_is_what_its_elements_say() {
    let kind = |statement: &str| kind_of(&format!("{{\"Statement\":[{{{statement}}}]}}"));
    assert_eq!(kind(r#""Action":"s3:*","Resource":"*""#), Kind::Identity);
    assert_eq!(kind(r#""Principal":"*","Resource":"*""#), Kind::Bucket(""));
    assert_eq!(kind(r#""Principal":"*","Action":"sts:AssumeRole""#), Kind::Trust);
    assert_eq!(kind_of("{"), Kind::Identity);
}

#[test]
fn policies_of_keys_are_told_and_looked_at() {
    let statement = |rest: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Resource":"*",{rest}}}}}"#
        )
    };
    let codes = |rest: &str| -> Vec<&'static str> {
        let text = statement(rest);
        assert_eq!(kind_of(&text), Kind::Key, "{text}");
        lint_text(Kind::Key, &text).into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(r#""Action":"kms:*""#), [""; 0]);
    assert_eq!(codes(r#""Action":["kms:Decrypt","kms:GenerateDataKey*"]"#), [""; 0]);
    assert_eq!(codes(r#""Action":"kms:Fly""#), ["unknown-action"]);
    let with = |condition: &str| format!(r#""Action":"kms:Decrypt","Condition":{condition}"#);
    let usual = r#"{"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::photos/*"},
        "StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com","kms:CallerAccount":"111122223333"}}"#;
    assert_eq!(codes(&with(usual)), [""; 0]);
    assert_eq!(codes(&with(r#"{"StringEquals":{"kms:Via":"x"}}"#)), ["unknown-condition-key"]);
    let keys = r#"{"StringEquals":{"kms:EncryptionContextKeys":"x"}}"#;
    assert_eq!(codes(&with(keys)), ["set-without-quantifier"]);
    let public = statement(r#""Action":"kms:Decrypt""#).replace("111122223333", "*");
    assert_eq!(lint_text(Kind::Key, &public)[0].code, "public-grant");
    let of_bucket = statement(r#""Action":"kms:Decrypt""#)
        .replace("\"Resource\":\"*\"", "\"Resource\":\"arn:aws:s3:::a\"");
    assert_eq!(lint_text(Kind::Key, &of_bucket)[0].message, "Policy has invalid resource");
    let other = statement(r#""Action":["kms:Decrypt","s3:GetObject"]"#);
    assert_eq!(lint_text(Kind::Key, &other)[0].message, "Policy has invalid action");
    assert!(actions::kms::ACTIONS.is_sorted(), "the actions of KMS are in the order of their names");
    let identity = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:GenerateDataKeys","Resource":"*"}}"#;
    assert_eq!(lint_text(Kind::Identity, identity)[0].code, "unknown-action");
}

#[test]
fn a_statement_that_is_malformed_hides_nothing_of_the_others() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"},
        {"Effect":"Permit","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"},
        {"Effect":"Allow","Principal":"*","Acton":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#;
    let found: Vec<_> =
        lint_text(Kind::Bucket(""), text).into_iter().map(|own| (own.statement, own.code)).collect();
    let expected = [(None, "malformed"), (Some(0), "public-grant"), (Some(2), "unknown-element")];
    assert_eq!(found, expected);
}

#[test]
fn the_policy_of_an_endpoint_opens_nothing() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::photos/*"}}"#;
    assert_eq!(lint_text(Kind::Endpoint, text), []);
    assert_eq!(lint_text(Kind::Bucket("photos"), text)[0].code, "public-grant");
}

#[test]
fn policies_of_access_points_are_told_and_looked_at() {
    let arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports";
    let of = |action: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Action":"{action}","Resource":"{resource}"}}}}"#
        )
    };
    let codes = |text: &str| -> Vec<&str> {
        assert_eq!(kind_of(text), Kind::AccessPoint(""), "{text}");
        lint_text(Kind::AccessPoint(""), text).into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&of("s3:GetObject", &format!("{arn}/object/*"))), [""; 0]);
    assert_eq!(codes(&of("s3:ListBucket", arn)), [""; 0]);
    assert_eq!(codes(&of("s3:GetObjekt", &format!("{arn}/object/*")))[0], "malformed");
    assert_eq!(codes(&of("s3:GetObject", arn))[0], "malformed");
    // A policy of a user may name access points as well.
    let identity = |action: &str, resource: &str| {
        let text = of(action, resource).replace(r#""Principal":{"AWS":"111122223333"},"#, "");
        lint_text(Kind::Identity, &text).into_iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(identity("s3:GetObject", &format!("{arn}/object/*")), [""; 0]);
    assert_eq!(identity("s3:CreateAccessPoint", arn), [""; 0]);
    assert_eq!(identity("s3:GetObject", "arn:aws:s3:*:*:accesspoint/*"), [""; 0]);
    assert_eq!(identity("s3:GetObject", arn), ["action-without-resource"]);
    assert_eq!(
        identity("s3:GetObject", "arn:aws:s3:us-east-1:111122223333:photos/*"),
        ["impossible-resource"]
    );
}

#[test]
fn policies_of_object_lambda_access_points_are_told_and_looked_at() {
    let arn = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted";
    let of = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Action":"{action}","Resource":"{arn}"}}}}"#
        )
    };
    let codes = |text: &str| -> Vec<&str> {
        assert_eq!(kind_of(text), Kind::ObjectLambda(""), "{text}");
        lint_text(Kind::ObjectLambda(""), text).into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&of("s3-object-lambda:GetObject")), [""; 0]);
    assert_eq!(codes(&of("s3-object-lambda:GetObjekt")), ["malformed", "unknown-action"]);
    // A policy of a user may name what Object Lambda asks on its behalf.
    let identity = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["lambda:InvokeFunction","s3:GetObject"],
        "Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"s3-object-lambda.amazonaws.com"}}}}"#;
    assert_eq!(lint_text(Kind::Identity, identity), []);
}

#[test]
fn policies_about_functions_are_looked_at() {
    let codes = |rest: &str| -> Vec<&'static str> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#);
        lint_text(Kind::Identity, &text).into_iter().map(|finding| finding.code).collect()
    };
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:redact";
    for quiet in [
        format!(r#""Action":"lambda:InvokeFunction","Resource":["{arn}","{arn}:*"]"#),
        r#""Action":"lambda:*","Resource":"*""#.to_owned(),
        format!(r#""Action":["lambda:Get*","lambda:List*"],"Resource":"{arn}""#),
        r#""Action":"lambda:ListFunctions","Resource":"*""#.to_owned(),
        format!(
            r#""Action":["lambda:InvokeFunction","s3:GetObject"],"Resource":["{arn}","arn:aws:s3:::photos/*"]"#
        ),
        format!(
            r#""Action":"lambda:InvokeFunction","Resource":"{arn}","Condition":{{"ForAnyValue:StringEquals":{{"aws:CalledVia":"s3-object-lambda.amazonaws.com"}},"StringEquals":{{"aws:ResourceTag/team":"red"}}}}"#
        ),
        format!(
            r#""Action":"lambda:AddPermission","Resource":"{arn}","Condition":{{"StringEquals":{{"lambda:Principal":"111122223333"}}}}"#
        ),
    ] {
        assert_eq!(codes(&quiet), [""; 0], "{quiet}");
    }
    for (rest, code) in [
        (format!(r#""Action":"lambda:Invoke","Resource":"{arn}""#), "unknown-action"),
        (format!(r#""Action":"lambda:ListFunctions","Resource":"{arn}""#), "action-without-resource"),
        (
            r#""Action":"lambda:GetFunction","Resource":"arn:aws:s3:::photos""#.to_owned(),
            "action-without-resource",
        ),
        (
            format!(
                r#""Action":"lambda:InvokeFunction","Resource":"{arn}","Condition":{{"StringEquals":{{"lambda:Principal":"x"}}}}"#
            ),
            "key-never-carried",
        ),
        (
            format!(
                r#""Action":"lambda:InvokeFunction","Resource":"{arn}","Condition":{{"ArnEquals":{{"lambda:FunctionArn":"{arn}"}}}}"#
            ),
            "key-never-carried",
        ),
    ] {
        assert_eq!(codes(&rest), [code], "{rest}");
    }
    assert!(actions::lambda::ACTIONS.is_sorted(), "the actions of Lambda are in the order of their names");
}
