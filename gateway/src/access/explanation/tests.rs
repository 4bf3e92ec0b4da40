//! The explanation of each kind of decision, and what is never in one.

use super::*;
use crate::access::{DecisionInput, Grants, decide_action};
use crate::bucket::acl::Acl;
use crate::bucket::public_access_block::{BlockLevels, PublicAccessBlock};
use crate::bucket::request_payment::Payer;
use crate::identity::account::Account;
use crate::policy::{ContextEntries, Kind, Policy, Principal, Source};
use serde_json::Value;
use std::rc::Rc;

const OWNER: &str = "111122223333";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn alice() -> Principal<'static> {
    Principal::of_account(OWNER, "", "alice", ALICE)
}

fn stranger() -> Principal<'static> {
    Principal::of_account("999999999999", "", "", "arn:aws:iam::999999999999:root")
}

fn bucket(policy: &str) -> Bucket {
    let owner = Account::parse(OWNER).unwrap();
    Bucket {
        name: "photos".to_owned(),
        owner,
        ownership: ObjectOwnership::BucketOwnerEnforced,
        public_access: PublicAccessBlock::default(),
        block_levels: BlockLevels::default(),
        acl: Acl::private(owner),
        policy: match policy {
            "" => None,
            text => Some(Rc::new(Policy::parse(Kind::Bucket("photos"), text).unwrap())),
        },
        payer: Payer::BucketOwner,
        by: None,
    }
}

fn identity(statement: &str) -> Policy {
    Policy::parse(Kind::Identity, &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
        .unwrap()
}

fn circumstances() -> Circumstances<'static> {
    Circumstances {
        request_id: "R1",
        received_ms: 1_369_353_600_000,
        operation: "GetObject",
        principal: ShownPrincipal { kind: "user", arn: ALICE, account: OWNER, access_key_id: "AKIDEXAMPLE" },
        address: Some("arn:aws:s3:::photos/cat.jpg".to_owned()),
        source_ip: "192.0.2.1",
    }
}

/// The explanation of reading `photos/cat.jpg`.
fn explained(principal: &Principal<'_>, grants: Grants<'_>, bucket: &Bucket, ip: &str) -> Value {
    let (explainer, context) = (Explainer::default(), ContextEntries::default().with("aws:SourceIp", &[ip]));
    let input = DecisionInput {
        principal,
        grants,
        context: &context,
        budget: &Budget::default(),
        witness: Some(&explainer),
    };
    decide_action("s3:GetObject", crate::access::Subject::Key("cat.jpg"), &input, bucket);
    serde_json::from_str(&explainer.document(&circumstances(), "nothing")).unwrap()
}

/// The entry of a layer.
fn layer<'a>(document: &'a Value, name: &str) -> &'a Value {
    let considered = document["considered"].as_array().unwrap();
    considered.iter().find(|own| own["layer"] == name).unwrap_or_else(|| panic!("no {name} in {document:#}"))
}

#[test]
fn a_statement_that_denies_is_named_with_its_conditions_and_their_values() {
    let bucket = bucket(
        r#"{"Version":"2012-10-17","Statement":[
            {"Sid":"Own","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"},
            {"Sid":"Office","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*",
             "Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.168.0.0/16"]}}}]}"#,
    );
    let document = explained(&alice(), Grants::UNLIMITED, &bucket, "192.0.2.1");
    assert_eq!(document["outcome"], "explicitDeny");
    assert_eq!(document["reason"], "explicit deny in the resource policy photos, statement Office");
    let by = &document["decided_by"];
    assert_eq!(
        (&by["layer"], &by["policy"], &by["statement"]),
        (&"resource".into(), &"photos".into(), &"Office".into())
    );
    assert_eq!(document["action"], "s3:GetObject");
    assert_eq!(document["resource"], "arn:aws:s3:::photos/cat.jpg");
    assert_eq!(document["resource_owner"], OWNER);
    assert_eq!(document["principal"]["arn"], ALICE);
    assert_eq!(document["time"], "2013-05-24T00:00:00.000Z");
    let own = layer(&document, "resource");
    assert_eq!(own["outcome"], "denies");
    let office =
        own["statements"].as_array().unwrap().iter().find(|own| own["statement"] == "Office").unwrap();
    assert_eq!(office["fit"], "applies");
    let condition = &office["conditions"][0];
    assert_eq!(condition["operator"], "NotIpAddress");
    assert_eq!(condition["policy_values"], serde_json::json!(["10.0.0.0/8", "192.168.0.0/16"]));
    assert_eq!(condition["request_values"], serde_json::json!(["192.0.2.1"]));
    assert_eq!(condition["holds"], true);
}

#[test]
fn where_no_statement_allows_those_that_nearly_did_are_shown() {
    let policy = identity(
        r#"{"Sid":"Office","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"aws:PrincipalTag/team":"cats"}}},
           {"Sid":"Elsewhere","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"},
           {"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#,
    );
    let sources = [Source { label: "alice/own", policy: &policy }];
    let grants = Grants { identity: Identity::Policies(&sources), ..Grants::UNLIMITED };
    let document = explained(&alice(), grants, &bucket(""), "192.0.2.1");
    assert_eq!(
        (&document["outcome"], &document["reason"]),
        (&"implicitDeny".into(), &"no statement allows s3:GetObject".into())
    );
    let own = layer(&document, "identity");
    assert_eq!((&own["policy"], &own["outcome"]), (&"alice/own".into(), &"does not allow".into()));
    assert_eq!(own["statements_left_out"], 1);
    let statements = own["statements"].as_array().unwrap();
    assert_eq!(statements[0]["fit"], "a condition does not hold");
    assert_eq!(statements[1]["fit"], "is about other resources");
    // Both conditions are there, also behind the one that fails.
    let conditions = statements[0]["conditions"].as_array().unwrap();
    assert_eq!((&conditions[0]["holds"], &conditions[1]["holds"]), (&false.into(), &false.into()));
    assert_eq!(conditions[1]["request_values"], Value::Null);
    assert_eq!(layer(&document, "resource")["outcome"], "the bucket has no policy");
    assert_eq!(layer(&document, "acl")["outcome"], "is disabled (object ownership BucketOwnerEnforced)");
    assert!(document.get("decided_by").is_none());
}

#[test]
fn boundaries_sessions_other_accounts_and_strangers_have_reasons_of_their_own() {
    let all = identity(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let put = identity(r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#);
    let (all, put) = ([Source { label: "all", policy: &all }], [Source { label: "put", policy: &put }]);
    let grants = Grants { identity: Identity::Policies(&all), ..Grants::UNLIMITED };
    let reason = |principal: &Principal<'_>, grants, policy: &str| {
        explained(principal, grants, &bucket(policy), "192.0.2.1")["reason"].as_str().unwrap().to_owned()
    };
    let bounded = Grants { boundary: Some(put[0]), ..grants };
    assert_eq!(reason(&alice(), bounded, ""), "the permissions boundary does not allow s3:GetObject");
    let session = Grants { session: Some(&put), ..grants };
    assert_eq!(reason(&alice(), session, ""), "the session policy does not allow s3:GetObject");
    assert!(reason(&stranger(), Grants::UNLIMITED, "").starts_with("the resource is another account's"));
    assert!(reason(&Principal::ANONYMOUS, Grants::UNLIMITED, "").starts_with("the request is anonymous"));
    let none = Grants { identity: Identity::Policies(&[]), ..Grants::UNLIMITED };
    let to_account = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{OWNER}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}}}"#
    );
    assert_eq!(reason(&alice(), none, ""), "no statement allows s3:GetObject");
    assert!(reason(&alice(), none, &to_account).ends_with("to the account, not to the principal itself"));
}

#[test]
fn a_public_policy_in_a_restricted_bucket_says_so() {
    let mut bucket = bucket(
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#,
    );
    bucket.public_access.restrict_public_buckets = true;
    let document = explained(&Principal::ANONYMOUS, Grants::UNLIMITED, &bucket, "192.0.2.1");
    assert!(document["reason"].as_str().unwrap().contains("RestrictPublicBuckets"), "{document:#}");
    assert!(
        layer(&document, "block public access")["outcome"]
            .as_str()
            .unwrap()
            .contains("only the owner's account")
    );
}

#[test]
fn an_object_that_is_missing_is_a_question_of_listing() {
    let (explainer, context) = (Explainer::default(), ContextEntries::default());
    let principal = stranger();
    let input = DecisionInput {
        principal: &principal,
        grants: Grants::UNLIMITED,
        context: &context,
        budget: &Budget::default(),
        witness: Some(&explainer),
    };
    let missing = crate::access::Subject::Object("cat.jpg", None);
    assert_eq!(decide_action("s3:GetObject", missing, &input, &bucket("")), Outcome::ImplicitDeny);
    let document: Value = serde_json::from_str(&explainer.document(&circumstances(), "")).unwrap();
    assert_eq!(document["action"], "s3:ListBucket");
    assert!(document["note"].as_str().unwrap().starts_with("there is no such object"));
    assert_eq!(document["decided_before"][0]["action"], "s3:GetObject");
}

#[test]
fn a_refusal_without_a_decision_is_told_in_short() {
    let text = of_refusal(&circumstances(), "SignatureDoesNotMatch", "The signature is wrong.");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&document["outcome"], &document["reason"]),
        (&"SignatureDoesNotMatch".into(), &"The signature is wrong.".into())
    );
    assert_eq!(document["resource"], "arn:aws:s3:::photos/cat.jpg");
    assert!(document.get("considered").is_none());
    let nobody = Explainer::default().document(&circumstances(), "no such role");
    assert_eq!(serde_json::from_str::<Value>(&nobody).unwrap()["reason"], "no such role");
}

#[test]
fn what_may_be_a_secret_is_left_out_and_nothing_is_endless() {
    assert_eq!(shown("https://a.example/x?X-Amz-Signature=abc"), "(left out: it may hold a secret)");
    assert_eq!(shown("x-amz-security-token: abc"), "(left out: it may hold a secret)");
    assert_eq!(shown("Mozilla/5.0"), "Mozilla/5.0");
    assert_eq!(shown(&"é".repeat(1000)).chars().count(), 257);
    let values: Vec<String> =
        (0..100).map(|number| format!("\"{number}.example.com/{}\"", "x".repeat(400))).collect();
    let statements: Vec<String> = (0..20)
        .map(|number| {
            format!(
                r#"{{"Sid":"S{number}","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{"StringLike":{{"aws:Referer":[{}]}}}}}}"#,
                values.join(",")
            )
        })
        .collect();
    // A document beyond the limit, made by hand.
    let policies: Vec<Policy> = statements.iter().map(|own| identity(own)).collect();
    let sources: Vec<Source<'_>> = policies.iter().map(|policy| Source { label: "long", policy }).collect();
    let grants = Grants { identity: Identity::Policies(&sources), ..Grants::UNLIMITED };
    let document = explained(&alice(), grants, &bucket(""), "192.0.2.1");
    assert!(document.to_string().len() <= EXPLANATION_BYTES_MAX);
    assert_eq!(layer(&document, "identity")["statements_left_out"], 1);
}

/// The budget ended before the decision: showing it with a fresh budget would cost as much again.
#[test]
fn what_took_too_much_is_not_asked_again_to_be_shown() {
    let bucket = bucket(
        r#"{"Version":"2012-10-17","Statement":{"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:*",
            "Resource":"arn:aws:s3:::photos/*"}}"#,
    );
    let (explainer, context) = (Explainer::default(), ContextEntries::default());
    let (principal, budget) = (stranger(), Budget::of(1));
    let input = DecisionInput {
        principal: &principal,
        grants: Grants::UNLIMITED,
        context: &context,
        budget: &budget,
        witness: Some(&explainer),
    };
    let subject = crate::access::Subject::Key("cat.jpg");
    assert_eq!(decide_action("s3:GetObject", subject, &input, &bucket), Outcome::ExplicitDeny);
    let document: Value = serde_json::from_str(&explainer.document(&circumstances(), "")).unwrap();
    assert!(document["reason"].as_str().unwrap().starts_with(EXHAUSTED));
    let shown = &layer(&document, "resource")["statements"][0];
    assert!(shown["fit"].as_str().unwrap().starts_with("was not compared"), "{shown:#}");
}
