//! Nanoseconds of a policy decision: `cargo run --release -p gateway --example policy_bench`.

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

use gateway::access::{Lookups, S3Request};
use gateway::operations::Operation;
use gateway::policy::{
    Identity, Kind, Policies, Policy, Principal, Request, Source, decide, identity_arn, resource_arn,
};
use gateway::request::headers::Headers;
use gateway::request::query::Query;

const ROUNDS: u32 = 200_000;

struct Peer;

impl Lookups for Peer {
    fn source_ip(&self) -> Option<String> {
        Some("203.0.113.7".to_owned())
    }

    fn tls_version(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("1.3"))
    }
}

const PUBLIC: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#;

const TYPICAL: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],
   "Condition":{"Bool":{"aws:SecureTransport":"false"}}},
  {"Sid":"Encrypted","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*",
   "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}},
  {"Sid":"Partners","Effect":"Allow","Principal":{"AWS":["999999999999","888888888888"]},
   "Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],
   "Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}}]}"#;

const USER: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::photos"},
  {"Effect":"Allow","Action":["s3:GetObject*","s3:PutObject*"],"Resource":"arn:aws:s3:::photos/users/${aws:username}/*"}]}"#;

fn main() {
    let headers = Headers::from_iter([("host", "s3.example.com"), ("user-agent", "bench")]);
    let query = Query::default();
    for (name, bucket, account) in [
        ("public read, anonymous-like bucket policy", PUBLIC, "999999999999"),
        ("bucket policy of three statements, other account", TYPICAL, "999999999999"),
        ("the same, and an identity policy with a variable", TYPICAL, "111122223333"),
    ] {
        let begun = Instant::now();
        for _ in 0..1000 {
            let _ = black_box(Policy::parse(Kind::Bucket("photos"), black_box(bucket)));
        }
        let parse_ns = begun.elapsed().as_nanos() / 1000;
        let (Ok(policy), Ok(own)) =
            (Policy::parse(Kind::Bucket("photos"), bucket), Policy::parse(Kind::Identity, USER))
        else {
            continue;
        };
        let own = [Source { label: "own", policy: &own }];
        let mut allowed = 0_u32;
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            // All that a request costs: texts are made, nothing is remembered but the parsed
            // policies.
            let arn = identity_arn(account, "alice");
            let principal = Principal::of_account(account, "c", "alice", &arn);
            let resource = resource_arn("photos", Some("users/alice/2024/cat.jpg"));
            let context = S3Request {
                operation: Operation::GetObject,
                headers: &headers,
                query: &query,
                principal: &principal,
                owner: Some("111122223333"),
                version_id: None,
                received_ms: 1_700_000_000_000,
                region: "us-east-1",
                lookups: &Peer,
            };
            let request = Request::new(&principal, "s3:GetObject", &resource, &context);
            let identity =
                if account == "111122223333" { Identity::Policies(&own) } else { Identity::Unlimited };
            let decision = decide(
                black_box(&request),
                &Policies {
                    owner: Some("111122223333"),
                    identity,
                    resource: Some(Source { label: "photos", policy: &policy }),
                    ..Policies::default()
                },
            );
            allowed += u32::from(decision.is_allowed());
        }
        let ns = begun.elapsed().as_nanos() / u128::from(ROUNDS);
        println!("{ns:>6} ns a decision, {parse_ns:>7} ns to parse: {name} ({allowed} of {ROUNDS} allowed)");
    }
}
