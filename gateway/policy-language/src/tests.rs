//! Whole policies, and what must be true of all of them.

use super::*;
use proptest::prelude::*;

const OWNER: &str = "111122223333";

fn alice() -> Principal<'static> {
    Principal::of_account(OWNER, "c1", "alice", "arn:aws:iam::111122223333:user/alice")
}

fn bucket_policy(statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse(Kind::Bucket("photos"), &text).unwrap()
}

fn verdict(
    policy: &Policy,
    principal: &Principal<'_>,
    asked: (&str, &str),
    context: &ContextEntries,
) -> &'static str {
    match policy.evaluate(&Request::new(principal, asked.0, asked.1, context)) {
        Verdict::Silent => "silent",
        Verdict::Allowed { .. } => "allow",
        Verdict::Denied { .. } => "deny",
    }
}

#[test]
fn a_home_folder_for_every_user() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos",
         "Condition":{"StringLike":{"s3:prefix":["","users/","users/${aws:username}/*"]}}},
        {"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::photos/users/${aws:username}/*"]}]}"#;
    let policy = Policy::parse(Kind::Identity, text).unwrap();
    for (action, resource, prefix, expected) in [
        ("s3:ListBucket", "arn:aws:s3:::photos", Some("users/alice/2020"), "allow"),
        ("s3:ListBucket", "arn:aws:s3:::photos", Some(""), "allow"),
        ("s3:ListBucket", "arn:aws:s3:::photos", Some("users/bob/"), "silent"),
        ("s3:ListBucket", "arn:aws:s3:::photos", None, "silent"),
        ("s3:GetObject", "arn:aws:s3:::photos/users/alice/a", None, "allow"),
        ("s3:GetObject", "arn:aws:s3:::photos/users/alice2/a", None, "silent"),
        ("s3:DeleteObject", "arn:aws:s3:::photos/users/bob/a", None, "silent"),
    ] {
        let mut context = ContextEntries::default().with("aws:username", &["alice"]);
        if let Some(prefix) = prefix {
            context = context.with("s3:prefix", &[prefix]);
        }
        assert_eq!(
            verdict(&policy, &alice(), (action, resource), &context),
            expected,
            "{action} {resource} {prefix:?}"
        );
    }
}

#[test]
fn uploads_without_encryption_are_denied_in_both_ways_of_saying_it() {
    let differs = bucket_policy(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*",
            "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}"#,
    );
    let missing = bucket_policy(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*",
            "Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}"#,
    );
    let none = ContextEntries::default();
    let kms = none.clone().with("s3:x-amz-server-side-encryption", &["aws:kms"]);
    let aes = none.clone().with("s3:x-amz-server-side-encryption", &["AES256"]);
    for (context, by_value, by_presence) in
        [(&none, "deny", "deny"), (&kms, "deny", "silent"), (&aes, "silent", "silent")]
    {
        let put = ("s3:PutObject", "arn:aws:s3:::photos/x");
        assert_eq!(verdict(&differs, &alice(), put, context), by_value);
        assert_eq!(verdict(&missing, &alice(), put, context), by_presence);
        assert_eq!(verdict(&differs, &alice(), ("s3:GetObject", put.1), context), "silent");
    }
}

#[test]
fn another_account_uploads_if_the_owner_gets_full_control() {
    let policy = bucket_policy(
        r#"{"Sid":"Give","Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*",
            "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}"#,
    );
    let other = Principal::of_account("999999999999", "c9", "bob", "arn:aws:iam::999999999999:user/bob");
    let given = ContextEntries::default().with("s3:x-amz-acl", &["bucket-owner-full-control"]);
    let put = |context: &ContextEntries| {
        let request = Request::new(&other, "s3:PutObject", "arn:aws:s3:::photos/x", context);
        let resource = Some(Source { label: "photos", policy: &policy });
        decide(&request, &Policies { owner: Some(OWNER), resource, ..Policies::default() }).is_allowed()
    };
    assert!(put(&given));
    assert!(!put(&ContextEntries::default()));
}

#[test]
fn only_tls_and_only_one_endpoint() {
    let policy = bucket_policy(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
           {"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"],"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
    );
    let context = |tls: &str, endpoint: &str| {
        ContextEntries::default().with("aws:SecureTransport", &[tls]).with("aws:SourceVpce", &[endpoint])
    };
    for (tls, endpoint, expected) in
        [("true", "vpce-1", "silent"), ("false", "vpce-1", "deny"), ("true", "vpce-2", "deny")]
    {
        for asked in [("s3:GetObject", "arn:aws:s3:::photos/x"), ("s3:ListBucket", "arn:aws:s3:::photos")] {
            assert_eq!(
                verdict(&policy, &alice(), asked, &context(tls, endpoint)),
                expected,
                "{tls} {endpoint} {asked:?}"
            );
        }
    }
}

#[test]
fn not_action_and_not_resource_mean_everything_else() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["s3:Get*","s3:List*"],"NotResource":"arn:aws:s3:::photos/public/*"}]}"#;
    let policy = Policy::parse(Kind::Identity, text).unwrap();
    let none = ContextEntries::default();
    for (action, resource, expected) in [
        ("s3:GetObject", "arn:aws:s3:::photos/x", "silent"),
        ("s3:PutObject", "arn:aws:s3:::photos/x", "deny"),
        ("s3:PutObject", "arn:aws:s3:::photos/public/x", "silent"),
        ("iam:CreateUser", "arn:aws:iam::111122223333:user/x", "deny"),
    ] {
        assert_eq!(verdict(&policy, &alice(), (action, resource), &none), expected, "{action} {resource}");
    }
}

#[test]
fn all_but_a_variable_without_a_value_is_nothing_that_is_allowed() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"EFFECT","Action":"s3:*","NotResource":"arn:aws:s3:::photos/${aws:PrincipalTag/team}/*"}]}"#;
    let none = ContextEntries::default();
    for (effect, expected) in [("Allow", "silent"), ("Deny", "deny")] {
        let policy = Policy::parse(Kind::Identity, &text.replace("EFFECT", effect)).unwrap();
        assert_eq!(verdict(&policy, &alice(), ("s3:GetObject", "arn:aws:s3:::photos/x"), &none), expected);
    }
}

#[test]
fn actions_that_concern_no_resource_ask_for_all_of_them() {
    let none = ContextEntries::default();
    for (resource, expected) in
        [("*", "allow"), ("arn:aws:s3:::*", "allow"), ("arn:aws:s3:::photos", "silent")]
    {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"{resource}"}}}}"#
        );
        let policy = Policy::parse(Kind::Identity, &text).unwrap();
        assert_eq!(
            verdict(&policy, &alice(), ("s3:ListAllMyBuckets", NO_RESOURCE), &none),
            expected,
            "{resource}"
        );
    }
}

#[test]
fn an_explanation_names_every_statement_and_what_does_not_fit() {
    use super::explain::Fit;
    let policy = bucket_policy(
        r#"{"Sid":"A","Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"},
           {"Sid":"B","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/public/*"},
           {"Sid":"C","Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"},
           {"Sid":"D","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}},
           {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#,
    );
    let context = ContextEntries::default().with("aws:SourceIp", &["203.0.113.7"]);
    let request = Request::new(&Principal::ANONYMOUS, "s3:GetObject", "arn:aws:s3:::photos/x", &context);
    let resource = Some(Source { label: "photos", policy: &policy });
    let explained = explain(&request, &Policies { owner: Some(OWNER), resource, ..Policies::default() });
    assert!(explained.decision.is_allowed());
    let fits: Vec<(Option<&str>, Fit)> =
        explained.considered.into_iter().map(|own| (own.sid, own.fit)).collect();
    assert_eq!(
        fits,
        [
            (Some("A"), Fit::OtherAction),
            (Some("B"), Fit::OtherResource),
            (Some("C"), Fit::OtherPrincipal),
            (
                Some("D"),
                Fit::Condition {
                    operator: "IpAddress".to_owned(),
                    key: "aws:SourceIp".to_owned(),
                    expected: vec!["10.0.0.0/8".to_owned()],
                    actual: Some(vec!["203.0.113.7".to_owned()]),
                }
            ),
            (None, Fit::Applies),
        ]
    );
}

/// A statement, as the parts that a policy of either kind is written from.
#[derive(Clone, Debug)]
struct Part {
    allow: bool,
    principal: &'static str,
    action: &'static str,
    resource: &'static str,
    condition: &'static str,
}

impl Part {
    fn bucket(&self) -> String {
        format!(r#"{{"Principal":{},{}}}"#, self.principal, self.rest())
    }

    fn rest(&self) -> String {
        let effect = if self.allow { "Allow" } else { "Deny" };
        format!(
            r#""Effect":"{effect}","Action":"{}","Resource":"{}","Condition":{}"#,
            self.action, self.resource, self.condition
        )
    }
}

fn part() -> impl Strategy<Value = Part> {
    (
        any::<bool>(),
        prop::sample::select(vec![
            r#""*""#,
            r#"{"AWS":"111122223333"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:role/reader"}"#,
            r#"{"AWS":"999999999999"}"#,
        ]),
        prop::sample::select(vec!["s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject"]),
        prop::sample::select(vec!["*", "arn:aws:s3:::photos/*", "arn:aws:s3:::photos/${aws:username}/*"]),
        prop::sample::select(vec![
            "{}",
            r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalTag/team":"blue"}}"#,
            r#"{"StringEquals":{"aws:Referer":"${aws:PrincipalTag/team}"}}"#,
            r#"{"Null":{"aws:SourceIp":"true"}}"#,
        ]),
    )
        .prop_map(|(allow, principal, action, resource, condition)| Part {
            allow,
            principal,
            action,
            resource,
            condition,
        })
}

fn context() -> impl Strategy<Value = ContextEntries> {
    let value = |key: &'static str, values: Vec<Option<&'static str>>| {
        prop::sample::select(values).prop_map(move |value| (key, value))
    };
    (
        value("aws:SourceIp", vec![None, Some("10.1.1.1"), Some("203.0.113.7")]),
        value("aws:PrincipalTag/team", vec![None, Some("blue"), Some("red")]),
        value("aws:Referer", vec![None, Some("blue")]),
        value("aws:username", vec![None, Some("alice")]),
    )
        .prop_map(|(a, b, c, d)| {
            [a, b, c, d].into_iter().fold(ContextEntries::default(), |entries, (key, value)| match value {
                Some(value) => entries.with(key, &[value]),
                None => entries,
            })
        })
}

fn principal() -> impl Strategy<Value = Principal<'static>> {
    let session = Principal {
        kind: PrincipalKind::AssumedRole,
        arn: "arn:aws:sts::111122223333:assumed-role/reader/job",
        unique_id: "AROAEXAMPLEREADER1:job",
        user_name: "",
        issuer_arn: Some("arn:aws:iam::111122223333:role/reader"),
        ..alice()
    };
    let other = Principal::of_account("999999999999", "c9", "bob", "arn:aws:iam::999999999999:user/bob");
    let root = Principal::of_account(OWNER, "c1", "", "arn:aws:iam::111122223333:root");
    prop::sample::select(vec![alice(), session, other, root, Principal::ANONYMOUS])
}

/// Everything that a decision depends on.
#[derive(Clone, Debug)]
struct World {
    principal: Principal<'static>,
    context: ContextEntries,
    resource: Vec<Part>,
    identity: Vec<Part>,
    boundary: Option<Vec<Part>>,
    session: Option<Vec<Part>>,
}

fn world() -> impl Strategy<Value = World> {
    let parts = || prop::collection::vec(part(), 0..4);
    (principal(), context(), parts(), parts(), prop::option::of(parts()), prop::option::of(parts())).prop_map(
        |(principal, context, resource, identity, boundary, session)| World {
            principal,
            context,
            resource,
            identity,
            boundary,
            session,
        },
    )
}

/// A policy needs a statement. A statement that matches nothing stands for an empty policy.
const NEVER: &str = r#""Effect":"Allow","Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::photos""#;

fn own(parts: &[Part]) -> Policy {
    let statements: Vec<String> = parts.iter().map(|part| format!("{{{}}}", part.rest())).collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{{NEVER}}}{}{}]}}"#,
        if parts.is_empty() { "" } else { "," },
        statements.join(",")
    );
    Policy::parse(Kind::Identity, &text).unwrap()
}

impl World {
    fn outcome(&self) -> Outcome {
        let mut statements = vec![format!(r#"{{"Principal":"*",{NEVER}}}"#)];
        statements.extend(self.resource.iter().map(Part::bucket));
        let resource = bucket_policy(&statements.join(","));
        let (identity, boundary, session) =
            (own(&self.identity), self.boundary.as_deref().map(own), self.session.as_deref().map(own));
        let sources = [Source { label: "identity", policy: &identity }];
        let sessions: Vec<Source<'_>> =
            session.iter().map(|policy| Source { label: "session", policy }).collect();
        let request =
            Request::new(&self.principal, "s3:GetObject", "arn:aws:s3:::photos/alice/x", &self.context);
        let policies = Policies {
            owner: Some(OWNER),
            identity: Identity::Policies(&sources),
            boundary: boundary.as_ref().map(|policy| Source { label: "boundary", policy }),
            session: session.is_some().then_some(&sessions),
            resource: Some(Source { label: "resource", policy: &resource }),
            ..Policies::default()
        };
        let decision = decide(&request, &policies);
        assert_eq!(explain(&request, &policies).decision, decision);
        decision.outcome
    }

    /// The worlds with one statement more, in each of the policies in turn.
    fn with(&self, part: &Part) -> Vec<World> {
        let mut worlds = vec![self.clone(); 4];
        worlds[0].resource.push(part.clone());
        worlds[1].identity.insert(0, part.clone());
        // Adding a policy to a layer without one would add a limit, so only existing policies grow.
        if let Some(boundary) = &mut worlds[2].boundary {
            boundary.push(part.clone());
        }
        if let Some(session) = &mut worlds[3].session {
            session.push(part.clone());
        }
        worlds
    }
}

/// A statement about everything.
fn everything(allow: bool) -> Part {
    Part { allow, principal: r#""*""#, action: "s3:*", resource: "*", condition: "{}" }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_statement_that_allows_never_takes_access_away(world in world(), part in part()) {
        let before = world.outcome();
        for after in world.with(&Part { allow: true, ..part.clone() }) {
            prop_assert!(before != Outcome::Allow || after.outcome() == Outcome::Allow);
        }
    }

    #[test]
    fn a_statement_that_denies_never_gives_access(world in world(), part in part()) {
        let before = world.outcome();
        for after in world.with(&Part { allow: false, ..part.clone() }) {
            prop_assert!(before == Outcome::Allow || after.outcome() != Outcome::Allow);
        }
    }

    #[test]
    fn an_explicit_deny_always_wins(world in world()) {
        let worlds = world.with(&everything(false));
        prop_assert_eq!(worlds[0].outcome(), Outcome::ExplicitDeny);
        if world.principal.has_account() {
            prop_assert_eq!(worlds[1].outcome(), Outcome::ExplicitDeny);
        }
        if world.boundary.is_some() {
            prop_assert_eq!(worlds[2].outcome(), Outcome::ExplicitDeny);
        }
        if world.session.is_some() {
            prop_assert_eq!(worlds[3].outcome(), Outcome::ExplicitDeny);
        }
    }

    #[test]
    fn the_order_of_statements_does_not_matter(mut world in world()) {
        let before = world.outcome();
        world.resource.reverse();
        world.identity.reverse();
        prop_assert_eq!(world.outcome(), before);
    }

    #[test]
    fn a_policy_that_lets_strangers_in_without_conditions_is_public(parts in prop::collection::vec(part(), 1..5)) {
        let statements: Vec<String> = parts.iter().map(Part::bucket).collect();
        let policy = bucket_policy(&statements.join(","));
        let nothing = ContextEntries::default();
        let request = Request::new(&Principal::ANONYMOUS, "s3:GetObject", "arn:aws:s3:::photos/alice/x", &nothing);
        if policy.evaluate(&request).is_allowed() {
            prop_assert!(is_public(&policy));
        }
    }
}
