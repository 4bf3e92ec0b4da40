use super::{TransformRules, When};
use crate::errors::ErrorCode;
use crate::identity::account::Account;
use crate::request::query::Query;

const ARN: &str = "arn:aws:lambda:us-east-1:111122223333:function:resize";

fn parse(rules: &str) -> crate::errors::Result<TransformRules> {
    let document = format!("<TransformConfiguration>{rules}</TransformConfiguration>");
    TransformRules::parse_document(document.as_bytes(), Account(111_122_223_333), "us-east-1")
}

fn rule(more: &str) -> String {
    format!("<Rule>{more}<FunctionArn>{ARN}</FunctionArn></Rule>")
}

#[test]
fn the_first_rule_that_fits_counts() {
    let text = [
        rule(
            "<ID>a</ID><Operation>GetObject</Operation><Prefix>photos/</Prefix><QueryParameter>w</QueryParameter>",
        ),
        rule("<ID>b</ID><Operation>GetObject</Operation><Prefix>photos/</Prefix>"),
        rule("<ID>c</ID><Operation>PutObject</Operation><Prefix>photos/</Prefix>"),
    ]
    .concat();
    let rules = parse(&text).unwrap();
    let found = |when, key, query: &str| {
        rules.find(when, key, &Query::parse(query).unwrap()).map(|rule| rule.id.clone().unwrap())
    };
    assert_eq!(found(When::Read, "photos/cat", "w=100").as_deref(), Some("a"));
    assert_eq!(found(When::Read, "photos/cat", "h=100").as_deref(), Some("b"));
    assert_eq!(found(When::Read, "other", "w=100"), None);
    assert_eq!(found(When::Write, "photos/cat", "w=100").as_deref(), Some("c"));
    assert_eq!(found(When::Write, "other", ""), None);
    // What is written down is read back.
    let again =
        TransformRules::parse_document(rules.document().as_bytes(), Account(111_122_223_333), "us-east-1")
            .unwrap();
    assert_eq!(again, rules);
    assert_eq!(super::row::decode(&super::row::encode(&rules).unwrap()).unwrap(), rules);
}

#[test]
fn rules_that_could_not_act_are_refused() {
    let code = |text: &str| parse(text).unwrap_err().code;
    assert_eq!(code(""), ErrorCode::MalformedXML);
    assert_eq!(code("<Rule><Operation>GetObject</Operation></Rule>"), ErrorCode::MalformedXML);
    assert_eq!(code(&rule("<Operation>DeleteObject</Operation>")), ErrorCode::MalformedXML);
    assert_eq!(code(&rule("<Operation>GetObject</Operation><Suffix>x</Suffix>")), ErrorCode::MalformedXML);
    let foreign = rule("<Operation>GetObject</Operation>").replace("111122223333", "444455556666");
    assert_eq!(code(&foreign), ErrorCode::InvalidArgument);
    let elsewhere = rule("<Operation>GetObject</Operation>").replace("us-east-1", "eu-west-1");
    assert_eq!(code(&elsewhere), ErrorCode::InvalidArgument);
    assert_eq!(code(&rule("<Operation>GetObject</Operation>").repeat(101)), ErrorCode::InvalidRequest);
}

#[test]
fn what_is_wrong_is_named() {
    for (text, part) in [
        ("", "needs a Rule"),
        ("<Rule><Operation>GetObject</Operation></Rule>", "needs a FunctionArn"),
        ("<Rules/>", "TransformConfiguration has Rule, and no Rules."),
        (&rule(""), "needs one Operation"),
        (&rule("<Operation>DeleteObject</Operation>"), "Operation is GetObject or PutObject"),
        (&rule("<Operation>GetObject</Operation><Suffix>x</Suffix>"), "and no Suffix."),
    ] {
        let message = parse(text).unwrap_err().message.unwrap();
        assert!(message.contains("did not validate") && message.contains(part), "{text}: {message}");
    }
}
