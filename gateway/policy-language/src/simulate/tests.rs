//! Simulated requests.

use super::*;

const ALICE: &str = "arn:aws:iam::111122223333:user/cats/alice";
const READ: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/${aws:username}/*"},
  {"Sid":"Office","Effect":"Deny","Action":"s3:DeleteObject","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#;

fn document(role: Role, text: &str) -> Document {
    Document { label: format!("{role:?}"), role, text: text.to_owned() }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn run(documents: &[Document], owner: Option<&str>, action: &str, resource: &str) -> Evaluation {
    let hypothesis = Hypothesis {
        documents,
        principal: Some(PrincipalName { arn: ALICE, unique_id: "" }),
        owner,
        actions: &texts(&[action]),
        resources: &texts(&[resource]),
        context: &[],
    };
    simulate(&hypothesis).unwrap().remove(0)
}

#[test]
fn every_action_is_decided_on_every_resource_in_their_order() {
    let documents = [document(Role::Identity, READ)];
    let hypothesis = Hypothesis {
        documents: &documents,
        principal: Some(PrincipalName { arn: ALICE, unique_id: "" }),
        owner: None,
        actions: &texts(&["s3:GetObject", "s3:DeleteObject"]),
        resources: &texts(&["arn:aws:s3:::photos/alice/1", "arn:aws:s3:::photos/bob/1"]),
        context: &[("aws:SourceIp".to_owned(), texts(&["192.0.2.1"]))],
    };
    let evaluations = simulate(&hypothesis).unwrap();
    let outcomes: Vec<_> = evaluations.iter().map(|own| own.outcome).collect();
    use Outcome::{Allow, ExplicitDeny, ImplicitDeny};
    assert_eq!(outcomes, [Allow, ImplicitDeny, ExplicitDeny, ExplicitDeny]);
    assert_eq!(evaluations[0].matched.len(), 1);
    assert_eq!(evaluations[0].matched[0].sid.as_deref(), Some("Read"));
    assert_eq!(evaluations[0].matched[0].stretch.unwrap().start.line, 1);
    assert_eq!(evaluations[2].matched[0].sid.as_deref(), Some("Office"));
    assert_eq!(evaluations[2].matched[0].statement, 1);
    assert!(evaluations.iter().all(|own| own.missing.is_empty()));
}

#[test]
fn what_was_asked_for_and_not_given_is_missing() {
    let documents = [document(Role::Identity, READ)];
    assert_eq!(run(&documents, None, "s3:DeleteObject", "arn:aws:s3:::photos/x").missing, ["aws:SourceIp"]);
    let hypothesis = Hypothesis {
        documents: &documents,
        principal: None,
        owner: None,
        actions: &texts(&["s3:GetObject"]),
        resources: &texts(&["arn:aws:s3:::photos/x/1"]),
        context: &[],
    };
    let evaluation = simulate(&hypothesis).unwrap().remove(0);
    assert_eq!(evaluation.missing, ["aws:username"]);
    let anywhere = simulate(&Hypothesis { resources: &[], ..hypothesis }).unwrap().remove(0);
    assert_eq!((anywhere.resource.as_str(), anywhere.outcome), ("*", Outcome::ImplicitDeny));
    assert_eq!(context_keys(&documents).unwrap(), ["aws:SourceIp", "aws:username"]);
}

#[test]
fn boundaries_sessions_and_resources_take_part() {
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let read = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    let bucket = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/cats/alice"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"}}"#;
    let put = |documents: &[Document], owner| run(documents, owner, "s3:PutObject", "arn:aws:s3:::photos/x");
    let identity = document(Role::Identity, all);
    assert_eq!(put(std::slice::from_ref(&identity), None).outcome, Outcome::Allow);
    let bounded = put(&[identity.clone(), document(Role::Boundary, read)], None);
    assert_eq!((bounded.outcome, bounded.allowed_by_boundary), (Outcome::ImplicitDeny, Some(false)));
    let session = put(&[identity.clone(), document(Role::Session, read)], None);
    assert_eq!((session.outcome, session.allowed_by_boundary), (Outcome::ImplicitDeny, None));
    // Another account's bucket: both sides have to allow.
    assert_eq!(put(std::slice::from_ref(&identity), Some("999999999999")).outcome, Outcome::ImplicitDeny);
    let both = put(&[identity, document(Role::Resource, bucket)], Some("999999999999"));
    assert_eq!(both.outcome, Outcome::Allow);
    assert_eq!(both.matched.len(), 2);
    // In its own account, the bucket's policy is enough.
    assert_eq!(put(&[document(Role::Resource, bucket)], None).outcome, Outcome::Allow);
}

#[test]
fn the_trust_policy_of_a_role_is_a_policy_of_a_resource() {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
    let documents = [document(Role::Resource, trust), document(Role::Identity, all)];
    let role = "arn:aws:iam::111122223333:role/reader";
    assert_eq!(run(&documents, None, "sts:AssumeRole", role).outcome, Outcome::Allow);
    assert_eq!(run(&documents[..1], None, "sts:AssumeRole", role).outcome, Outcome::ImplicitDeny);
    // The ARN says whose role it is: the trust policy names an account, which has to allow it as
    // well.
    let other = "arn:aws:iam::999999999999:role/reader";
    assert_eq!(run(&documents, None, "sts:AssumeRole", other).outcome, Outcome::Allow);
    assert_eq!(run(&documents[1..], None, "sts:AssumeRole", other).outcome, Outcome::ImplicitDeny);
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let fails = |documents: &[Document], arn: &str, action: &str, resource: &str| {
        let hypothesis = Hypothesis {
            documents,
            principal: Some(PrincipalName { arn, unique_id: "" }),
            owner: None,
            actions: &texts(&[action]),
            resources: &texts(&[resource]),
            context: &[],
        };
        simulate(&hypothesis).unwrap_err().to_string()
    };
    let none: &[Document] = &[];
    assert!(fails(none, ALICE, "s3:Get*", "*").starts_with("s3:Get* is not the name of an action"));
    assert!(fails(none, ALICE, "GetObject", "*").contains("SERVICE:NAME"));
    assert!(fails(none, ALICE, "s3:GetObject", "photos").contains("is not a resource"));
    assert!(fails(none, "alice", "s3:GetObject", "*").contains("is not the ARN of a user"));
    assert!(fails(&[document(Role::Identity, "{")], ALICE, "s3:GetObject", "*").starts_with("Identity: "));
    let bucket = document(
        Role::Resource,
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}}"#,
    );
    assert_eq!(
        fails(&[bucket.clone(), bucket], ALICE, "s3:GetObject", "*"),
        "there can be one policy of the resource"
    );
    let many = texts(&["*"; 1001]);
    let hypothesis = Hypothesis {
        documents: &[],
        principal: None,
        owner: None,
        actions: &texts(&["s3:GetObject"]),
        resources: &many,
        context: &[],
    };
    assert_eq!(simulate(&hypothesis), Err(Invalid::TooMany));
    let gaps: Vec<String> = (0..40).map(|n| format!("\"*{}{n}*\"", "a?".repeat(200))).collect();
    let heavy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{{"StringLike":{{"aws:Referer":[{}]}}}}}}}}"#,
        gaps.join(",")
    );
    let heavy = [document(Role::Identity, &heavy)];
    let agent = [("aws:Referer".to_owned(), vec!["a".repeat(2048)])];
    let several =
        Hypothesis { documents: &heavy, resources: &many[..100], context: &agent, ..hypothesis.clone() };
    let refused = simulate(&several).unwrap_err();
    assert_eq!(refused, Invalid::TooMuchWork);
    assert!(refused.to_string().starts_with("the policies take more work than a request may cause"));
    assert!(simulate(&Hypothesis { resources: &many[..2], ..several }).is_ok());
    let key = [("aws:Referer".to_owned(), vec!["x".repeat(2049)])];
    assert_eq!(simulate(&Hypothesis { resources: &[], context: &key, ..hypothesis }), Err(Invalid::TooLong));
}

#[test]
fn a_key_has_the_last_word() {
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/photos";
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#;
    let of_key = |principal: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:Decrypt","Resource":"*"}}}}"#
        );
        document(Role::Resource, &text)
    };
    let identity = document(Role::Identity, all);
    let ask = |documents: &[Document]| run(documents, None, "kms:Decrypt", KEY).outcome;
    assert_eq!(ask(std::slice::from_ref(&identity)), Outcome::Allow);
    assert_eq!(ask(&[of_key("111122223333")]), Outcome::ImplicitDeny);
    assert_eq!(ask(&[identity.clone(), of_key("111122223333")]), Outcome::Allow);
    assert_eq!(ask(&[identity, of_key("999999999999")]), Outcome::ImplicitDeny);
    assert_eq!(ask(&[of_key(ALICE)]), Outcome::Allow);
}
