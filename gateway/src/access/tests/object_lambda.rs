//! Requests by Object Lambda access points: three levels, and the function.

use super::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:redact";
const VIA: &str = r#"{"ForAnyValue:StringEquals":{"aws:CalledVia":"s3-object-lambda.amazonaws.com"}}"#;

/// What a user of IAM is allowed, by statements.
fn with_statements(statements: &[&str]) -> Limits {
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    Limits { identity: Some(Rc::new(Policy::parse(Kind::Identity, &text).unwrap())), ..Limits::default() }
}

fn allow(action: &str, resource: &str, condition: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{condition}}}"#)
}

fn transforms(mut stored: Stored, policy: Option<&str>) -> Stored {
    let policy = policy.map(|principal| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},
            "Action":"lambda:InvokeFunction","Resource":"{FUNCTION}"}}}}"#
        );
        Rc::new(Policy::parse(Kind::Function(FUNCTION), &text).unwrap())
    });
    stored.by.as_mut().unwrap().1.function = Some(FunctionAccess {
        arn: FUNCTION.to_owned(),
        other_arn: Some(format!("{FUNCTION}:$LATEST")),
        account: OWNER,
        policy,
        tags: vec![("team".to_owned(), "blue".to_owned())],
    });
    stored
}

#[test]
fn all_levels_and_the_function_have_to_allow() {
    let get = |stored: &Stored, who| decided(stored, who, Operation::GetObject, &[], "");
    let lambda = allow("s3-object-lambda:GetObject", OBJECT_LAMBDA, "{}");
    let below = allow("s3:GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/*", VIA);
    let invoke = allow("lambda:InvokeFunction", &format!("{FUNCTION}:$LATEST"), VIA);
    let of = |statements: &[&str], policy: Option<&str>| {
        let stored = transforms(Stored::private().by_object_lambda(), policy);
        get(&Stored { limits: with_statements(statements), ..stored }, Who::Member)
    };
    assert_eq!(of(&[&lambda, &below, &invoke], None), Ok(true));
    assert_eq!(of(&[&lambda, &below], None), Err(ErrorCode::LambdaPermissionError));
    assert_eq!(of(&[&lambda, &invoke], None), Err(ErrorCode::AccessDenied));
    assert_eq!(of(&[&below, &invoke], None), Err(ErrorCode::AccessDenied));
    // For principals of its account, the policy of the function is enough.
    let bob = r#"{"AWS":"arn:aws:iam::111122223333:user/bob"}"#;
    assert_eq!(of(&[&lambda, &below], Some(bob)), Ok(true));
    assert_eq!(
        of(&[&lambda, &below], Some(r#"{"AWS":"444455556666"}"#)),
        Err(ErrorCode::LambdaPermissionError)
    );
    let of_blue = allow("lambda:*", "*", r#"{"StringEquals":{"aws:ResourceTag/team":"blue"}}"#);
    assert_eq!(of(&[&lambda, &below, &of_blue], None), Ok(true));
    let of_red = of_blue.replace("blue", "red");
    assert_eq!(of(&[&lambda, &below, &of_red], None), Err(ErrorCode::LambdaPermissionError));
    // The owner's root user may all of it, and nobody else without being told.
    let stored = transforms(Stored::private().by_object_lambda(), None);
    assert_eq!(get(&stored, Who::Root), Ok(true));
    for who in [Who::Member, Who::Stranger, Who::Guest, Who::Nobody] {
        assert_eq!(get(&stored, who), Err(ErrorCode::AccessDenied), "{who:?}");
    }
}

#[test]
fn the_keys_of_each_service_are_at_its_levels() {
    let denies = |condition: &str| {
        let condition = format!(",\"Condition\":{condition}");
        let stored = Stored::private().by_object_lambda().object_lambda_policy("Deny", EVERYBODY, &condition);
        !may(&stored, Who::Root, Operation::GetObject, &[], "versionId=7")
    };
    assert!(denies(r#"{"StringEquals":{"s3-object-lambda:versionid":"7"}}"#));
    assert!(!denies(r#"{"StringEquals":{"s3-object-lambda:versionid":"8"}}"#));
    assert!(denies(r#"{"Null":{"aws:CalledVia":"true"}}"#), "Object Lambda is asked by the principal");
    assert!(!denies(r#"{"Bool":{"aws:ViaAWSService":"true"}}"#));
    let identity = |key: &str, value: &str| {
        let statement = allow("*", "*", &format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#));
        let limits = with_statements(&[&statement]);
        let stored = Stored { limits, ..Stored::private().by_object_lambda() };
        may(&stored, Who::Member, Operation::GetObject, &[], "versionId=7")
    };
    // What holds at one level alone is not enough for the others.
    assert!(!identity("s3:VersionId", "7") && !identity("s3-object-lambda:versionid", "7"));
    assert!(identity("aws:PrincipalAccount", "111122223333"));
}

#[test]
fn what_does_not_go_by_object_lambda_is_not_allowed() {
    let stored = Stored::private().by_object_lambda();
    for operation in [Operation::GetBucketPolicy, Operation::GetBucketAcl, Operation::PutBucketPolicy] {
        assert!(!may(&stored, Who::Root, operation, &[], ""), "{operation}");
        assert!(!operation.goes_by_object_lambda());
    }
    for operation in Operation::ALL.iter().filter(|operation| operation.goes_by_object_lambda()) {
        let headers =
            [("x-amz-copy-source", "photos/cat.jpg"), ("x-amz-bypass-governance-retention", "true")];
        assert!(may(&stored, Who::Root, *operation, &headers, "uploadId=1"), "{operation}");
    }
}

#[test]
fn an_endpoint_lets_both_services_pass_or_none() {
    let through = |actions: &str| {
        let endpoint = limit(Kind::Endpoint, "Allow", actions);
        let stored = transforms(Stored::private().by_object_lambda(), None);
        let limits = Limits { endpoint, ..Limits::default() };
        may(&Stored { limits, ..stored }, Who::Root, Operation::GetObject, &[], "")
    };
    assert!(through("[\"s3:*\",\"s3-object-lambda:*\"]"), "who invokes is Object Lambda, and not behind it");
    assert!(!through("\"s3:*\"") && !through("\"s3-object-lambda:*\""));
}
