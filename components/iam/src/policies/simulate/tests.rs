//! Simulations against an index in memory.

use gateway::errors::ErrorCode;
use gateway::request::url_encoding::encoded;

use crate::tests::{fails, ok};

fn allow(action: &str) -> String {
    encoded(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"S","Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
    ))
}

const ALICE: &str = "PolicySourceArn=arn:aws:iam::000000000001:user/alice";

/// What a simulation says of `s3:GetObject`, and the document.
fn decision(form: &str) -> (String, String) {
    let document =
        ok(&format!("{form}&ActionNames.member.1=s3:GetObject&ResourceArns.member.1=arn:aws:s3:::photos/x"));
    let decision = document.split("<EvalDecision>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    (decision, document)
}

#[test]
fn documents_are_simulated_with_the_positions_of_their_statements() {
    let form = format!("Action=SimulateCustomPolicy&PolicyInputList.member.1={}", allow("s3:Get*"));
    let (allowed, document) = decision(&form);
    assert_eq!(allowed, "allowed");
    let matched = "<MatchedStatements><member><SourcePolicyId>PolicyInputList.1</SourcePolicyId><SourcePolicyType>none\
                   </SourcePolicyType><StartPosition><Line>1</Line><Column>37</Column></StartPosition><EndPosition>\
                   <Line>1</Line>";
    assert!(document.contains(matched), "{document}");
    assert!(document.contains("<IsTruncated>false</IsTruncated>"), "{document}");
    let put = ok(&format!("{form}&ActionNames.member.1=s3:PutObject&ActionNames.member.2=s3:GetObject"));
    let decisions: Vec<&str> =
        put.split("<EvalDecision>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(decisions, ["implicitDeny", "allowed"]);
    assert!(put.contains("<EvalResourceName>*</EvalResourceName>"), "{put}");
}

#[test]
fn a_user_is_simulated_with_its_groups_its_boundary_and_its_tags() {
    ok("Action=CreateUser&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=cats");
    let simulate = format!("Action=SimulatePrincipalPolicy&{ALICE}");
    assert_eq!(decision(&simulate).0, "implicitDeny");
    ok("Action=CreateGroup&GroupName=readers");
    ok("Action=AddUserToGroup&GroupName=readers&UserName=alice");
    ok(&format!("Action=PutGroupPolicy&GroupName=readers&PolicyName=read&PolicyDocument={}", allow("s3:*")));
    let (allowed, document) = decision(&simulate);
    assert_eq!(allowed, "allowed");
    assert!(
        document.contains("<SourcePolicyId>group_readers_read</SourcePolicyId><SourcePolicyType>group<"),
        "{document}"
    );
    ok(&format!("Action=CreatePolicy&PolicyName=limit&PolicyDocument={}", allow("s3:PutObject")));
    let arn = "arn:aws:iam::000000000001:policy/limit";
    ok(&format!("Action=PutUserPermissionsBoundary&UserName=alice&PermissionsBoundary={arn}"));
    let (bounded, document) = decision(&simulate);
    assert_eq!(bounded, "implicitDeny");
    assert!(document.contains("<AllowedByPermissionsBoundary>false<"), "{document}");
    // Another boundary takes the place of its own.
    let other = format!("{simulate}&PermissionsBoundaryPolicyInputList.member.1={}", allow("s3:Get*"));
    assert_eq!(decision(&other).0, "allowed");
    let deny = encoded(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"cats","aws:Referer":"x"}}}}"#,
    );
    let input = format!("{other}&PolicyInputList.member.1={deny}");
    let (outcome, document) = decision(&input);
    assert_eq!(outcome, "allowed");
    assert!(
        document.contains("<MissingContextValues><member>aws:Referer</member></MissingContextValues>"),
        "{document}"
    );
    let entry = "ContextEntries.member.1.ContextKeyName=aws:Referer&ContextEntries.member.1.ContextKeyType=string&\
                 ContextEntries.member.1.ContextKeyValues.member.1=x";
    assert_eq!(decision(&format!("{input}&{entry}")).0, "explicitDeny");
    let keys =
        ok(&format!("Action=GetContextKeysForPrincipalPolicy&{ALICE}&PolicyInputList.member.1={deny}"));
    let names = "<ContextKeyNames><member>aws:PrincipalTag/team</member><member>aws:Referer</member></ContextKeyNames>";
    assert!(keys.contains(names), "{keys}");
    let keys = ok(&format!("Action=GetContextKeysForCustomPolicy&PolicyInputList.member.1={deny}"));
    assert!(keys.contains(names), "{keys}");
}

#[test]
fn a_role_and_a_user_of_the_configuration_have_policies_too() {
    let trust = encoded(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}}"#,
    );
    ok(&format!("Action=CreateRole&RoleName=reader&AssumeRolePolicyDocument={trust}"));
    ok("Action=AttachRolePolicy&RoleName=reader&PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    let role = "Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::000000000001:role/reader";
    let (allowed, document) = decision(role);
    assert_eq!(allowed, "allowed");
    assert!(document.contains("<SourcePolicyId>AmazonS3ReadOnlyAccess<"), "{document}");
    assert!(document.contains("<SourcePolicyType>aws-managed<"), "{document}");
    let configured =
        "Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::000000000001:user/configured";
    assert_eq!(decision(configured).0, "allowed");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    ok("Action=CreateUser&UserName=alice");
    let one = "ActionNames.member.1=s3:GetObject";
    let all = allow("s3:*");
    fails(&format!("Action=SimulateCustomPolicy&{one}"), ErrorCode::ValidationError);
    fails(&format!("Action=SimulatePrincipalPolicy&{ALICE}"), ErrorCode::ValidationError);
    fails(&format!("Action=SimulatePrincipalPolicy&{one}"), ErrorCode::ValidationError);
    fails(
        &format!("Action=SimulatePrincipalPolicy&{one}&PolicySourceArn=arn:aws:iam::000000000001:user/bob"),
        ErrorCode::NoSuchEntity,
    );
    fails(
        &format!("Action=SimulatePrincipalPolicy&{one}&PolicySourceArn=arn:aws:iam::000000000002:user/alice"),
        ErrorCode::NoSuchEntity,
    );
    fails(&format!("Action=SimulateCustomPolicy&{one}&PolicyInputList.member.1=x"), ErrorCode::InvalidInput);
    let custom = format!("Action=SimulateCustomPolicy&PolicyInputList.member.1={all}");
    fails(&format!("{custom}&ActionNames.member.1=s3:*"), ErrorCode::InvalidInput);
    fails(&format!("{custom}&{one}&ResourceArns.member.1=photos"), ErrorCode::InvalidInput);
    fails(&format!("{custom}&{one}&CallerArn=arn:aws:iam::000000000001:role/x"), ErrorCode::InvalidInput);
    let bucket = encoded(
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#,
    );
    fails(&format!("{custom}&{one}&ResourcePolicy={bucket}"), ErrorCode::InvalidInput);
    ok(&format!("{custom}&{one}&ResourcePolicy={bucket}&CallerArn=arn:aws:iam::000000000001:user/alice"));
}
