//! Both sides of a decision: the account of the principal, and the bucket.

use sdk::Decision;

use super::*;

/// Denies reading objects, and nothing else.
const DENY_READS: &str = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#;

/// The same statement as the policy of a bucket has it.
fn everybody(statement: &str) -> String {
    let resource = r#""Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#;
    statement.replace(r#""Action""#, r#""Principal":"*","Action""#).replace(r#""Resource":"*""#, resource)
}

/// Decides on the session of a role, by a policy of every kind.
fn limited(asked: (&str, &str), [own_policy, limit, session_policy, endpoint, bucket]: [&str; 5]) -> bool {
    photos(|_| {});
    bucket_policy(&document(&[&everybody(ALLOW), &everybody(bucket)]));
    identity("reader", &[&document(&[ALLOW, own_policy])]);
    boundary("reader", &document(&[ALLOW, limit]));
    let session = Session {
        policies: vec![document(&[ALLOW, session_policy])],
        ..session(IdentityKind::AssumedRole, "reader")
    };
    let endpoint = document(&[ALLOW, endpoint]).replace(r#""Action""#, r#""Principal":"*","Action""#);
    let call = call(asked, authenticated(IdentityKind::AssumedRole, OWNER, "reader"));
    may(&call.in_session(session).through_endpoint(Some(&endpoint)))
}

#[test]
fn a_denial_outweighs_every_grant_wherever_it_stands() {
    assert!(limited(GET, [ALLOW; 5]));
    for at in 0..5 {
        let mut policies = [ALLOW; 5];
        policies[at] = DENY_READS;
        assert!(!limited(GET, policies), "{at}");
        assert!(limited(PUT, policies), "{at}: nothing else is denied");
    }
}

#[test]
fn what_a_boundary_a_session_and_an_endpoint_do_not_name_is_not_granted() {
    photos(|_| {});
    let narrow = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#;
    let principal = authenticated(IdentityKind::AssumedRole, OWNER, "reader");
    let with = |limit: &str, session_policy: &str, endpoint: &str| {
        identity("reader", &[&document(&[ALLOW])]);
        boundary("reader", &document(&[limit]));
        let limits = vec![document(&[session_policy])];
        let session = Session { policies: limits, ..session(IdentityKind::AssumedRole, "reader") };
        let endpoint = document(&[endpoint]).replace(r#""Action""#, r#""Principal":"*","Action""#);
        [GET, PUT].map(|asked| {
            may(&call(asked, principal.clone()).in_session(session.clone()).through_endpoint(Some(&endpoint)))
        })
    };
    assert_eq!(with(ALLOW, ALLOW, ALLOW), [true, true]);
    assert_eq!(with(narrow, ALLOW, ALLOW), [false, true]);
    assert_eq!(with(ALLOW, narrow, ALLOW), [false, true]);
    assert_eq!(with(ALLOW, ALLOW, narrow), [false, true]);
}

#[test]
fn the_root_user_of_the_owner_needs_no_policy_and_obeys_one_that_denies() {
    photos(|_| {});
    check(GET, &root(OWNER), true);
    bucket_policy(&document(&[&everybody(DENY_READS)]));
    check(GET, &root(OWNER), false);
    check(PUT, &root(OWNER), true);
}

#[test]
fn a_user_of_the_configuration_owns_what_is_of_its_account() {
    photos(|_| {});
    let own = |account: &str, guarded: bool| {
        let mut call = call(GET, authenticated(IdentityKind::ConfiguredUser, account, "alice"));
        call.owner = Some(Owner { account: OWNER.to_owned(), guarded });
        may(&call).then(|| call.decision.get()).flatten()
    };
    assert_eq!(own(OWNER, false), Some(Decision::AsOwner));
    assert_eq!(own(OWNER, true), Some(Decision::Allow), "others have a say, and say nothing");
    assert_eq!(own(STRANGER, false), None);
}

#[test]
fn in_one_account_one_side_suffices_and_between_two_both_must_allow() {
    let (member, guest) = (user(OWNER, "alice"), user(STRANGER, "carol"));
    let nothing = document(&[r#"{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}"#]);
    let everything = document(&[ALLOW]);
    // What IAM allows, whether the bucket does, and whether a member, a guest and the root user of
    // the other account may read.
    for (own, bucket, expected) in [
        (&nothing, false, [false, false, false]),
        (&everything, false, [true, false, false]),
        (&nothing, true, [true, false, true]),
        (&everything, true, [true, true, true]),
    ] {
        photos(|_| {});
        identity("alice", &[own]);
        identity("carol", &[own]);
        if bucket {
            let parties = format!(
                r#""Principal":{{"AWS":["arn:aws:iam::{OWNER}:user/alice","arn:aws:iam::{STRANGER}:user/carol","{STRANGER}"]}}"#
            );
            bucket_policy(&document(&[&ALLOW_EVERYBODY.replace(r#""Principal":"*""#, &parties)]));
        }
        let principals = [&member, &guest, &root(STRANGER)];
        assert_eq!(principals.map(|own| may(&call(GET, own.clone()))), expected, "{own} {bucket}");
        check(GET, &Principal::Anonymous, false);
    }
}

#[test]
fn a_federated_user_may_do_what_its_session_names_and_a_session_of_a_user_loses_nothing() {
    photos(|_| {});
    identity("alice", &[&document(&[ALLOW])]);
    let federated = || call(GET, authenticated(IdentityKind::FederatedUser, OWNER, "visitor"));
    let plain = session(IdentityKind::User, "alice");
    assert!(!may(&federated().in_session(plain.clone())));
    let named = Session { policies: vec![document(&[ALLOW])], ..plain.clone() };
    assert!(may(&federated().in_session(named)));
    assert!(may(&call(GET, user(OWNER, "alice")).in_session(plain)));
}

#[test]
fn conditions_see_the_tags_of_a_session_before_those_of_its_role() {
    photos(|_| {});
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let may_where = |condition: &str| {
        identity("reader", &[&document(&[&on_condition(condition)])]);
        own("reader", |own| own.tags = vec![tag("team", "dogs"), tag("floor", "2")]);
        let session =
            Session { tags: vec![tag("team", "cats")], ..session(IdentityKind::AssumedRole, "reader") };
        may(&call(GET, authenticated(IdentityKind::AssumedRole, OWNER, "reader")).in_session(session))
    };
    for (key, value, expected) in
        [("team", "cats", true), ("team", "dogs", false), ("floor", "2", true), ("room", "*", false)]
    {
        let condition = format!(r#""StringLike":{{"aws:PrincipalTag/{key}":"{value}"}}"#);
        assert_eq!(may_where(&condition), expected, "{condition}");
    }
}

#[test]
fn conditions_see_how_a_session_began() {
    photos(|_| {});
    let may_where = |condition: &str, multi_factor: bool| {
        identity("alice", &[&document(&[&on_condition(condition)])]);
        let context = vec![("idp.example.com:sub".to_owned(), vec!["bob".to_owned()])];
        let source_identity = Some("carol".to_owned());
        let session =
            Session { multi_factor, context, source_identity, ..session(IdentityKind::User, "alice") };
        may(&call(GET, user(OWNER, "alice")).in_session(session))
    };
    for (condition, expected) in [
        (r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, [false, true]),
        (r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#, [true, false]),
        // The session began a minute ago.
        (r#""NumericLessThan":{"aws:MultiFactorAuthAge":"61"}"#, [false, true]),
        (r#""NumericLessThan":{"aws:MultiFactorAuthAge":"60"}"#, [false, false]),
        (r#""StringEquals":{"aws:SourceIdentity":"carol"}"#, [true, true]),
        (r#""StringEquals":{"idp.example.com:sub":"bob"}"#, [true, true]),
        (r#""StringEquals":{"idp.example.com:aud":"bob"}"#, [false, false]),
    ] {
        assert_eq!(
            [false, true].map(|multi_factor| may_where(condition, multi_factor)),
            expected,
            "{condition}"
        );
    }
}

/// Allows everything under a condition.
fn on_condition(condition: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{{condition}}}}}"#)
}
