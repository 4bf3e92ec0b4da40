use super::*;

const ARN: &str = "arn:aws:lambda:us-east-1:111122223333:function:redact";

#[test]
fn arns_are_taken_apart_and_other_texts_are_none() {
    let own = FunctionArn { region: "us-east-1", account: "111122223333", name: "redact", qualifier: None };
    assert_eq!(FunctionArn::parse(ARN), Some(own));
    for qualifier in ["$LATEST", "7", "live", &"a".repeat(128)] {
        let text = format!("{ARN}:{qualifier}");
        assert_eq!(FunctionArn::parse(&text), Some(FunctionArn { qualifier: Some(qualifier), ..own }));
    }
    let long = format!("arn:aws:lambda:us-east-1:111122223333:function:{}", "a".repeat(65));
    for other in [
        "",
        "redact",
        "arn:aws:lambda:us-east-1:111122223333:function:",
        "arn:aws:lambda:us-east-1:111122223333:layer:redact",
        "arn:aws:lambda::111122223333:function:redact",
        "arn:aws:lambda:us-east-1:1111:function:redact",
        "arn:aws:s3:us-east-1:111122223333:function:redact",
        "arn:aws:lambda:us-east-1:111122223333:function:redact:",
        "arn:aws:lambda:us-east-1:111122223333:function:redact:07",
        "arn:aws:lambda:us-east-1:111122223333:function:redact:$OLD",
        "arn:aws:lambda:us-east-1:111122223333:function:redact:a:b",
        &long,
    ] {
        assert_eq!(FunctionArn::parse(other), None, "{other}");
    }
}

#[test]
fn what_has_no_version_has_two_arns() {
    let other = |text: &str| FunctionArn::parse(text).unwrap().other();
    let latest = format!("{ARN}:$LATEST");
    assert_eq!(other(ARN), Some(latest.clone()));
    assert_eq!(other(&latest).as_deref(), Some(ARN));
    assert_eq!(other(&format!("{ARN}:live")), None);
}
