//! Valid and malformed policies, with AWS's messages.

use super::super::Kind;
use super::*;
use proptest::prelude::*;

const BUCKET: Kind<'_> = Kind::Bucket("photos");

fn message(kind: Kind<'_>, text: &str) -> String {
    match Policy::parse(kind, text) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A valid policy of one statement, in which `replace` stands instead of `find`.
fn changed(find: &str, replace: &str) -> String {
    let right = r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#;
    assert!(right.contains(find), "{find}");
    right.replacen(find, replace, 1)
}

#[test]
fn a_bucket_policy_that_is_wrong_is_told_why() {
    for (find, replace, expected) in [
        ("2012-10-17", "2012-10-17", "accepted"),
        ("2012-10-17", "2008-10-17", "accepted"),
        (r#""Version":"2012-10-17","#, "", "accepted"),
        (r#""Id":"x","#, "", "accepted"),
        (r#""Sid":"a","#, "", "accepted"),
        ("2012-10-17", "2012-10-18", "The policy must contain a valid version string"),
        (r#""2012-10-17""#, "7", "The policy must contain a valid version string"),
        (r#""Id""#, r#""Name""#, "Unknown field Name"),
        (r#""Statement""#, r#""Statements""#, "Unknown field Statements"),
        (r#""Sid""#, r#""sid""#, "Unknown field sid"),
        (r#""Effect":"Allow","#, "", "Missing required field Effect"),
        (r#""Allow""#, r#""allow""#, "Invalid effect: allow"),
        (r#""Principal":"*","#, "", "Missing required field Principal"),
        (r#""Principal":"*""#, r#""Principal":{}"#, "Missing required field Principal cannot be empty!"),
        (r#""Principal":"*""#, r#""Principal":"alice""#, "Invalid principal in policy"),
        (
            r#""Principal":"*""#,
            r#""NotPrincipal":{"AWS":"111122223333"}"#,
            "Allow with NotPrincipal is not allowed.",
        ),
        (r#""Principal":"*""#, r#""Principal":"*","NotPrincipal":"*""#, "Invalid policy syntax."),
        (r#""Action":"s3:GetObject","#, "", "Missing required field Action"),
        (r#""Action":"s3:GetObject""#, r#""Action":[]"#, "Missing required field Action"),
        ("s3:GetObject", "s3:GetObjekt", "Policy has invalid action"),
        ("s3:GetObject", "GetObject", "Policy has invalid action"),
        ("s3:GetObject", "sts:AssumeRole", "Policy has invalid action"),
        ("s3:GetObject", "s3:Foo*", "Policy has invalid action"),
        ("s3:GetObject", "s3:", "Policy has invalid action"),
        ("s3:GetObject", "*", "accepted"),
        ("s3:GetObject", "s3:*", "accepted"),
        ("s3:GetObject", "S3:getobject", "accepted"),
        (r#","Resource":"arn:aws:s3:::photos/*""#, "", "Missing required field Resource"),
        (r#""arn:aws:s3:::photos/*""#, "[]", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::other/*", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::photos2/*", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::/photos/*", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::", "Policy has invalid resource"),
        (
            "arn:aws:s3:::photos/*",
            "arn:aws:s3:us-east-1:111122223333:photos/*",
            "Policy has invalid resource",
        ),
        ("arn:aws:s3:::photos/*", "arn:aws:iam:::photos/*", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "photos/*", "Policy has invalid resource"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::photos/${aws:username}/*", "accepted"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::*/*", "accepted"),
        ("arn:aws:s3:::photos/*", "*", "accepted"),
        ("arn:aws:s3:::photos/*", "arn:aws:s3:::photos*", "accepted"),
        (
            "arn:aws:s3:::photos/*",
            "arn:aws:s3:::photos",
            "Action does not apply to any resource(s) in statement",
        ),
        (r#""Resource""#, r#""NotResource""#, "accepted"),
        (
            r#""Resource":"arn:aws:s3:::photos/*""#,
            r#""Resource":"*","Resource":"*""#,
            "This policy contains invalid Json",
        ),
        (r#""Effect""#, r#""Comment":"x","Effect""#, "Unknown field Comment"),
    ] {
        assert_eq!(message(BUCKET, &changed(find, replace)), expected, "{find} -> {replace}");
    }
}

#[test]
fn what_is_no_json_is_no_policy() {
    for (text, expected) in [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("  ", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("<Policy/>", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ("{\"Statement\":}", "This policy contains invalid Json"),
        ("{} {}", "This policy contains invalid Json"),
        ("{}", "Missing required field Statement"),
        (r#"{"Version":"2012-10-17"}"#, "Missing required field Statement"),
        (r#"{"Statement":[]}"#, "Could not parse the policy: Statement is empty!"),
        (r#"{"Statement":"x"}"#, "Invalid policy syntax."),
        (r#"{"Statement":[7]}"#, "Invalid policy syntax."),
        (r#"{"Statement":{}}"#, "Missing required field Effect"),
    ] {
        assert_eq!(message(BUCKET, text), expected, "{text}");
    }
    let error = Policy::parse_bytes(BUCKET, b"{\xff}").unwrap_err();
    assert_eq!(error.to_string(), "This policy contains invalid Json");
}

#[test]
fn actions_need_a_resource_of_their_kind() {
    let mismatch = "Action does not apply to any resource(s) in statement";
    let (bucket, objects) = (r#""arn:aws:s3:::photos""#, r#""arn:aws:s3:::photos/*""#);
    let both = r#"["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#;
    for (action, resource, expected) in [
        (r#""s3:ListBucket""#, bucket, "accepted"),
        (r#""s3:ListBucket""#, objects, mismatch),
        (r#""s3:ListBucket""#, both, "accepted"),
        (r#"["s3:ListBucket","s3:GetObject"]"#, bucket, mismatch),
        (r#"["s3:ListBucket","s3:GetObject"]"#, both, "accepted"),
        (r#""s3:*""#, bucket, "accepted"),
        (r#""s3:Get*""#, objects, "accepted"),
        (r#""s3:GetObjec?""#, bucket, mismatch),
        (r#""s3:Abort*""#, bucket, mismatch),
        (r#""s3:???BucketVersioning""#, objects, mismatch),
        (r#""s3:GetBucket*""#, objects, mismatch),
        (r#""s3:ListAllMyBuckets""#, both, mismatch),
        (r#""s3:ListBucket""#, r#""arn:aws:s3:::pho*""#, "accepted"),
        (r#""s3:GetObject""#, r#""arn:aws:s3:::pho*""#, "accepted"),
        (r#""s3:GetObject""#, r#""arn:aws:s3:::photos/a.jpg""#, "accepted"),
    ] {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":{action},"Resource":{resource}}}}}"#
        );
        assert_eq!(message(BUCKET, &text), expected, "{action} {resource}");
    }
}

#[test]
fn conditions_have_to_be_carried_by_every_action() {
    let mismatch = "Conditions do not apply to combination of actions and resources in statement";
    for (actions, condition, expected) in [
        (r#""s3:ListBucket""#, r#"{"StringEquals":{"s3:prefix":"a"}}"#, "accepted"),
        (r#""s3:GetObject""#, r#"{"StringEquals":{"s3:prefix":"a"}}"#, mismatch),
        (r#"["s3:ListBucket","s3:GetObject"]"#, r#"{"StringEquals":{"s3:prefix":"a"}}"#, mismatch),
        (r#""s3:*""#, r#"{"StringEquals":{"s3:prefix":"a"}}"#, "accepted"),
        (r#""s3:PutObject""#, r#"{"StringEquals":{"s3:x-amz-acl":"private"}}"#, "accepted"),
        (r#"["s3:GetObject","s3:PutObject"]"#, r#"{"StringEquals":{"s3:x-amz-acl":"private"}}"#, mismatch),
        (
            r#"["s3:GetObject","s3:PutObject"]"#,
            r#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#,
            mismatch,
        ),
        (r#""s3:PutObject""#, r#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#, "accepted"),
        (r#""s3:PutObject""#, r#"{"StringLike":{"s3:x-amz-copy-source":"src/*"}}"#, "accepted"),
        (r#""s3:PutObject""#, r#"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#, mismatch),
        (r#""s3:GetObject""#, r#"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#, "accepted"),
        (r#""s3:DeleteObject""#, r#"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#, mismatch),
        (r#""s3:PutObjectTagging""#, r#"{"StringEquals":{"s3:RequestObjectTag/a":"b"}}"#, "accepted"),
        (
            r#"["s3:PutObjectAcl","s3:PutObjectTagging"]"#,
            r#"{"StringEquals":{"s3:RequestObjectTag/a":"b"}}"#,
            mismatch,
        ),
        (r#""s3:PutObjectRetention""#, r#"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#, mismatch),
        (
            r#""s3:GetObject""#,
            r#"{"StringEquals":{"s3:Prefixx":"a"}}"#,
            "Policy has an invalid condition key",
        ),
        (r#""s3:GetObject""#, r#"{"StringEquals":{"prefix":"a"}}"#, "Policy has an invalid condition key"),
        (
            r#""s3:GetObject""#,
            r#"{"StringEquals":{"sts:ExternalId":"a"}}"#,
            "Policy has an invalid condition key",
        ),
        (r#""s3:GetObject""#, r#"{"StringEquals":{"aws:SomethingNew":"a"}}"#, "accepted"),
        (r#""s3:GetObject""#, r#"{"StringEquals":{"AWS:PrincipalTag/a":"a"}}"#, "accepted"),
        (
            r#""s3:GetObject""#,
            r#"{"IpAddress":{"aws:SourceIp":"1.2.3"}}"#,
            "Invalid IP address in Conditions",
        ),
        (r#""s3:GetObject""#, r#"{"Like":{"aws:SourceIp":"1.2.3"}}"#, "Invalid Condition type : Like"),
    ] {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Deny","Principal":"*","Action":{actions},"Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],"Condition":{condition}}}}}"#
        );
        assert_eq!(message(BUCKET, &text), expected, "{actions} {condition}");
    }
}

#[test]
fn iam_has_other_words_for_the_policies_that_it_keeps() {
    for kind in [Kind::Identity, Kind::Session, Kind::Boundary] {
        for (statement, expected) in [
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#, "accepted"),
            (r#"{"Effect":"Allow","Action":"s3:NoSuchThing","Resource":"*"}"#, "accepted"),
            (r#"{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::a"}"#, "accepted"),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3"}"#, "accepted"),
            (r#"{"Effect":"Allow","Action":"s3:*"}"#, "Policy statement must contain resources."),
            (r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"photos"}"#,
                "Resource photos must be in ARN format or \"*\".",
            ),
            (
                r#"{"Effect":"Allow","Action":"Get*","Resource":"*"}"#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (r#"{"Effect":"Allow","Action":"s*:Get","Resource":"*"}"#, "Vendor s* is not valid"),
            (
                r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
                "Policy document should not specify a principal.",
            ),
            (r#"{"Effect":"Maybe","Action":"s3:*","Resource":"*"}"#, "Syntax errors in policy."),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","X":1}"#, "Syntax errors in policy."),
            (
                r#"{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}"#,
                "Syntax errors in policy.",
            ),
            (
                r#"{"Sid":"a b","Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ),
        ] {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
            assert_eq!(message(kind, &text), expected, "{statement}");
        }
        for (text, expected) in [
            ("", "Syntax errors in policy."),
            ("{", "Syntax errors in policy."),
            (r#"{"Version":"2012-10-17"}"#, "Syntax errors in policy."),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
                "Policy document must be version 2012-10-17 or greater.",
            ),
        ] {
            assert_eq!(message(kind, text), expected, "{text}");
        }
    }
}

#[test]
fn a_trust_policy_names_whom_it_trusts_to_assume_the_role() {
    for (statement, expected) in [
        (r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#, "accepted"),
        (
            r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"accounts.google.com:aud":"x"}}}"#,
            "accepted",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole"}"#,
            r#"Invalid principal in policy: "AWS":"alice""#,
        ),
        (r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal"),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Resource":"*"}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
        (
            r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
            "Allow with NotPrincipal is not allowed.",
        ),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        assert_eq!(message(Kind::Trust, &text), expected, "{statement}");
    }
}

#[test]
fn ids_of_statements_are_unique() {
    let statement =
        r#"{"Sid":"a","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos"}"#;
    let twice = format!(r#"{{"Statement":[{statement},{statement}]}}"#);
    assert_eq!(message(BUCKET, &twice), "The Statement Ids in the policy are not unique");
    let without = twice.replace(r#""Sid":"a""#, r#""Sid":"""#);
    assert_eq!(message(BUCKET, &without), "accepted");
}

#[test]
fn white_space_does_not_count_against_the_limit() {
    let padded = |text: &str| changed(r#""Id":"x""#, &format!(r#""Id":"{text}""#));
    let rest = padded("").len();
    assert_eq!(message(BUCKET, &padded(&"x".repeat(BUCKET_POLICY_LENGTH_MAX - rest))), "accepted");
    let long = padded(&"x".repeat(BUCKET_POLICY_LENGTH_MAX - rest + 1));
    assert_eq!(
        message(BUCKET, &long),
        "Normalized policy document exceeds the maximum allowed size of 20480 bytes"
    );
    assert_eq!(message(Kind::Endpoint, &long), "accepted");
    let spaced = changed("{\"Version\"", &format!("{{{}\"Version\"", " ".repeat(30_000)));
    assert_eq!(message(BUCKET, &spaced), "accepted");
    assert!(Policy::parse(Kind::Endpoint, &" ".repeat(DOCUMENT_LENGTH_MAX + 1)).is_err());
}

#[test]
fn a_hostile_document_takes_no_long_time() {
    // Many conditions and many actions: each pair has to fit.
    let actions = vec![r#""s3:P*""#; 1000].join(",");
    let keys: Vec<String> = (0..300).map(|at| format!(r#""s3:RequestObjectTag/{at}":"""#)).collect();
    let text = format!(
        r#"{{"Statement":{{"Effect":"Deny","Principal":"*","Action":[{actions}],"Resource":"*","Condition":{{"StringLike":{{{}}}}}}}}}"#,
        keys.join(",")
    );
    let begun = std::time::Instant::now();
    assert_eq!(message(Kind::Bucket("photos"), &text), "accepted");
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

/// JSON that often looks like a policy.
fn policy_like() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Version",
        "2012-10-17",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Service",
        "*",
        "111122223333",
        "Action",
        "NotAction",
        "s3:GetObject",
        "s3:*",
        "Resource",
        "NotResource",
        "arn:aws:s3:::photos/*",
        "arn:aws:s3:::photos/${aws:username",
        "Condition",
        "StringLike",
        "IpAddress",
        "aws:SourceIp",
        "ForAllValues:Bool",
        "10.0.0.0/8",
        "${",
        "",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(|word| format!("{word:?}")),
        any::<f64>().prop_map(|number| number.to_string()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        ".{0,8}".prop_map(|text| format!("{text:?}")),
    ];
    let value = leaf.prop_recursive(5, 40, 5, move |inner| {
        let member = (word.clone(), inner.clone()).prop_map(|(name, value)| format!("{name:?}:{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    let element = |name: &'static str, value: BoxedStrategy<String>| {
        value.prop_map(move |value| format!("{name:?}:{value}"))
    };
    let value = value.boxed();
    let statement = (
        prop::sample::select(vec!["Allow", "Deny"]),
        element("Principal", prop_oneof![Just("\"*\"".to_owned()), value.clone()].boxed()),
        element("Action", prop_oneof![Just("\"s3:*\"".to_owned()), value.clone()].boxed()),
        element("Resource", prop_oneof![Just("\"*\"".to_owned()), value.clone()].boxed()),
        element("Condition", value.clone()),
    )
        .prop_map(|(effect, principal, action, resource, condition)| {
            format!(r#"{{"Statement":{{"Effect":"{effect}",{principal},{action},{resource},{condition}}}}}"#)
        });
    prop_oneof![value, statement]
}

proptest! {
    #[test]
    fn any_bytes_are_a_policy_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64), text in ".{0,64}") {
        for kind in [BUCKET, Kind::Identity, Kind::Trust, Kind::Endpoint] {
            let _ = Policy::parse_bytes(kind, &bytes);
            let _ = Policy::parse(kind, &text);
            let _ = Policy::parse(kind, &format!("{{{text}"));
        }
    }

    #[test]
    fn anything_like_a_policy_is_read_asked_and_looked_at_without_harm(text in policy_like()) {
        use super::super::{ContextEntries, Principal, Request, is_public, lint};
        let context = ContextEntries::default().with("aws:SourceIp", &["10.0.0.1"]);
        for kind in [BUCKET, Kind::Identity, Kind::Trust, Kind::Endpoint] {
            if let Ok(policy) = Policy::parse(kind, &text) {
                let request = Request::new(&Principal::ANONYMOUS, "s3:GetObject", "arn:aws:s3:::photos/x", &context);
                let _ = policy.evaluate(&request);
                let _ = is_public(&policy);
                let _ = lint(&policy);
            }
        }
    }
}

#[test]
fn the_policy_of_an_access_point_is_about_that() {
    let arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports";
    let of = |action: &str, resource: &str| {
        let text = changed("arn:aws:s3:::photos/*", resource).replace("s3:GetObject", action);
        message(Kind::AccessPoint(arn), &text)
    };
    let object = format!("{arn}/object/*");
    for (action, resource, expected) in [
        ("s3:GetObject", object.as_str(), "accepted"),
        ("s3:GetObject", &format!("{arn}/object/a/b"), "accepted"),
        ("s3:ListBucket", arn, "accepted"),
        ("s3:*", &format!("{arn}*"), "accepted"),
        ("s3:GetObject", "*", "accepted"),
        ("s3:GetObject", &object.replace("us-east-1:111122223333", "*:*"), "accepted"),
        ("s3:GetObject", arn, "Action does not apply to any resource(s) in statement"),
        ("s3:ListBucket", &object, "Action does not apply to any resource(s) in statement"),
        ("s3:GetObject", "arn:aws:s3:::photos/*", "Policy has invalid resource"),
        ("s3:GetObject", &object.replace("reports", "report"), "Policy has invalid resource"),
        ("s3:GetObject", &object.replace("reports", "reports-2"), "Policy has invalid resource"),
        ("s3:GetObject", &object.replace("111122223333", "111122223334"), "Policy has invalid resource"),
        ("s3:GetObject", &object.replace("us-east-1", "us-west-2"), "Policy has invalid resource"),
        ("s3:GetObject", &format!("{arn}/cat.jpg"), "Policy has invalid resource"),
        ("sqs:SendMessage", &object, "Policy has invalid action"),
    ] {
        assert_eq!(of(action, resource), expected, "{action} {resource}");
    }
}

#[test]
fn the_policy_of_an_object_lambda_access_point_is_about_that() {
    let arn = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted";
    let of = |action: &str, resource: &str, condition: &str| {
        let text = changed("arn:aws:s3:::photos/*", resource).replace("s3:GetObject", action);
        message(Kind::ObjectLambda(arn), &text.replace("}]}", &format!("{condition}}}]}}")))
    };
    for (action, resource, expected) in [
        ("s3-object-lambda:GetObject", arn, "accepted"),
        ("s3-object-lambda:*", arn, "accepted"),
        ("S3-Object-Lambda:List*", "*", "accepted"),
        ("*", &arn.replace("us-east-1:111122223333", "*:*"), "accepted"),
        ("s3:GetObject", arn, "Policy has invalid action"),
        ("s3-object-lambda:GetObjekt", arn, "Policy has invalid action"),
        ("s3-object-lambda:GetObject", "arn:aws:s3:::photos/*", "Policy has invalid resource"),
        ("s3-object-lambda:GetObject", &format!("{arn}-2"), "Policy has invalid resource"),
        ("s3-object-lambda:GetObject", &arn.replace("3333", "3334"), "Policy has invalid resource"),
        ("s3-object-lambda:GetObject", &arn.replace("s3-object-lambda", "s3"), "Policy has invalid resource"),
    ] {
        assert_eq!(of(action, resource, ""), expected, "{action} {resource}");
    }
    let with = |key: &str, value: &str| {
        let condition = format!(r#","Condition":{{"StringEquals":{{"{key}":"{value}"}}}}"#);
        of("s3-object-lambda:GetObject", arn, &condition)
    };
    assert_eq!(with("s3-object-lambda:authType", "REST-HEADER"), "accepted");
    assert_eq!(with("aws:PrincipalAccount", "111122223333"), "accepted");
    assert_eq!(with("s3:authType", "REST-HEADER"), "Policy has an invalid condition key");
    assert_eq!(with("s3-object-lambda:other", "a"), "Policy has an invalid condition key");
}

#[test]
fn the_policy_of_a_function_is_about_that() {
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:redact";
    let of = |action: &str, resource: &str| {
        let text = changed("arn:aws:s3:::photos/*", resource).replace("s3:GetObject", action);
        message(Kind::Function(arn), &text)
    };
    for (action, resource, expected) in [
        ("lambda:InvokeFunction", arn, "accepted"),
        ("lambda:InvokeFunction", &format!("{arn}:live"), "accepted"),
        ("lambda:*", &format!("{arn}:*"), "accepted"),
        ("s3:GetObject", arn, "Policy has invalid action"),
        ("lambda:InvokeFunction", &format!("{arn}-2"), "Policy has invalid resource"),
        ("lambda:InvokeFunction", "arn:aws:s3:::photos", "Policy has invalid resource"),
    ] {
        assert_eq!(of(action, resource), expected, "{action} {resource}");
    }
}
