//! Calls of IAM and STS, and the use of master keys.

use sdk::{AuthType, NamedVersion, NeededAccess, Signature, SignatureVersion};

use super::*;
use crate::authorize_key;
use crate::host::master_keys::MasterKey;
use crate::host::memory::questions;

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/idp.example.com";

/// A call of which `iam` has said what access it needs.
fn asking(principal: Principal, actions: &[&str], arn: &str, owner: &str) -> Call {
    let mut call = call(("AwsQuery", "POST /"), principal);
    call.needed_access = Some(NeededAccess {
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        arn: arn.to_owned(),
        owner: owner.to_owned(),
        context: Vec::new(),
        provider: None,
    });
    call
}

fn assume(principal: Principal, actions: &[&str]) -> Call {
    asking(principal, actions, ROLE, OWNER)
}

fn trust(statements: &[&str]) {
    let source = source(&document(statements));
    change(|world| world.trusts.insert(ROLE.to_owned(), source));
}

#[test]
fn a_call_of_iam_is_signed_and_says_what_it_takes() {
    let list = |principal| asking(principal, &["iam:ListUsers"], "arn:aws:iam::111122223333:user/", OWNER);
    let refused = authorize(&list(Principal::Anonymous)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::MissingAuthenticationToken);
    assert!(may(&list(root(OWNER))));
    let mut unplanned = list(root(OWNER));
    unplanned.needed_access = None;
    assert!(!may(&unplanned));
    identity("alice", &[&document(&[r#"{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}"#])]);
    assert!(may(&list(user(OWNER, "alice"))));
    identity("alice", &[&document(&[r#"{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}"#])]);
    assert!(!may(&list(user(OWNER, "alice"))));
    assert!(!may(&list(root(STRANGER))), "the users of another account");
}

#[test]
fn every_action_of_a_call_must_be_allowed() {
    let both = ["sts:AssumeRole", "sts:TagSession"];
    identity("carol", &[&document(&[r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#])]);
    for (trusted, expected) in [
        (r#""sts:AssumeRole""#, [true, false]),
        (r#""sts:TagSession""#, [false, false]),
        (r#"["sts:AssumeRole","sts:TagSession"]"#, [true, true]),
    ] {
        trust(&[&format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{STRANGER}"}},"Action":{trusted}}}"#)]);
        let may_take = |actions: &[&str]| may(&assume(user(STRANGER, "carol"), actions));
        assert_eq!([may_take(&both[..1]), may_take(&both)], expected, "{trusted}");
    }
}

#[test]
fn a_role_is_assumed_by_whom_it_trusts() {
    let alice = || assume(user(OWNER, "alice"), &["sts:AssumeRole"]);
    let guest = || assume(user(STRANGER, "carol"), &["sts:AssumeRole"]);
    let everything = document(&[r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#]);
    identity("alice", &[&everything]);
    identity("carol", &[&everything]);
    assert!(!may(&alice()), "there is no such role");
    let trusting = |arn: &str| {
        trust(&[&format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},"Action":"sts:AssumeRole"}}"#)])
    };
    trusting(&format!("arn:aws:iam::{STRANGER}:user/carol"));
    assert!(may(&guest()));
    trusting(&format!("arn:aws:iam::{OWNER}:root"));
    assert!(may(&alice()));
    assert!(!may(&guest()));
    trusting(&format!("arn:aws:iam::{STRANGER}:root"));
    identity("carol", &[]);
    assert!(!may(&guest()), "the account of who asks has to allow it, too");
    for text in ["", "{}"] {
        identity("carol", &[&everything]);
        let lost = source(text);
        change(|world| world.trusts.insert(ROLE.to_owned(), lost));
        assert!(!may(&guest()), "a trust policy that cannot be read");
    }
}

#[test]
fn a_web_identity_is_what_its_token_says_and_not_its_signer() {
    let allow = format!(
        r#"{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":"sts:AssumeRoleWithWebIdentity",
        "Condition":{{"StringEquals":{{"idp.example.com:aud":"app"}}}}}}"#
    );
    trust(&[&allow]);
    let with = |audience: &str, provider: &str, signer: Principal| {
        let mut call = assume(signer, &["sts:AssumeRoleWithWebIdentity"]);
        let asked = call.needed_access.as_mut().unwrap();
        asked.provider = Some(provider.to_owned());
        asked.context = vec![("idp.example.com:aud".to_owned(), vec![audience.to_owned()])];
        call
    };
    let other = PROVIDER.replace("idp", "other");
    for signer in [Principal::Anonymous, root(OWNER), root(STRANGER)] {
        assert!(may(&with("app", PROVIDER, signer.clone())));
        assert!(!may(&with("other", PROVIDER, signer.clone())));
        assert!(!may(&with("app", &other, signer)));
    }
    let refused = authorize(&with("other", PROVIDER, root(OWNER))).unwrap_err();
    assert_eq!(refused.message.as_deref(), Some("Not authorized to perform sts:AssumeRoleWithWebIdentity"));
}

#[test]
fn a_refusal_names_the_kind_of_policy_that_denies_and_no_statement() {
    let call = || asking(user(OWNER, "alice"), &["iam:GetUser"], "arn:aws:iam::111122223333:user/bob", OWNER);
    let message = || authorize(&call()).unwrap_err().message.unwrap();
    let what = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:GetUser on resource: \
                arn:aws:iam::111122223333:user/bob";
    identity("alice", &[]);
    assert_eq!(message(), what);
    let deny = document(&[r#"{"Sid":"Secret","Effect":"Deny","Action":"iam:*","Resource":"*"}"#]);
    identity("alice", &[&deny]);
    assert_eq!(message(), format!("{what} with an explicit deny in an identity-based policy"));
    identity("alice", &[&document(&[r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#])]);
    boundary("alice", &deny);
    assert_eq!(message(), format!("{what} with an explicit deny in a permissions boundary"));
}

/// A master key of the owner's account.
fn key(name: &str, policy: Option<&str>) {
    let arn = format!("arn:aws:kms:us-east-1:{OWNER}:key/{name}");
    let key = MasterKey {
        arn: arn.clone(),
        account: OWNER.to_owned(),
        aliases: Vec::new(),
        enabled: true,
        aws_managed: false,
        policy: policy.map(hash),
    };
    change(|world| {
        world.keys.insert(name.to_owned(), key);
        world.key_policies.extend(policy.map(|text| (arn, text.to_owned())));
    });
}

fn uses(name: &str, action: &str, principal: Principal) -> Result<String, ErrorCode> {
    authorize_key::authorize(&call(PUT, principal), action, name, &[]).map_err(|error| error.code)
}

const GENERATE: &str = "kms:GenerateDataKey";

#[test]
fn a_master_key_is_for_whom_its_policy_lets_in() {
    let arn = |name: &str| Ok(format!("arn:aws:kms:us-east-1:{OWNER}:key/{name}"));
    let denied = Err(ErrorCode::AccessDenied);
    identity("alice", &[&document(&[r#"{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"*"}"#])]);
    key("plain", None);
    assert_eq!(uses("plain", GENERATE, user(OWNER, "alice")), arn("plain"));
    assert_eq!(uses("plain", "kms:Decrypt", user(OWNER, "alice")), denied);
    assert_eq!(uses("plain", "kms:Encrypt", root(OWNER)), denied, "it is no use of a key");
    assert_eq!(uses("plain", GENERATE, root(STRANGER)), denied);
    let stranger =
        format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{STRANGER}"}},"Action":"kms:*","Resource":"*"}}"#);
    key("shared", Some(&document(&[&stranger])));
    assert_eq!(uses("shared", GENERATE, root(STRANGER)), arn("shared"));
    assert_eq!(uses("shared", GENERATE, user(OWNER, "alice")), denied, "the key does not trust its account");
    for (name, text) in [("empty", ""), ("broken", "{}")] {
        key(name, Some(text));
        assert_eq!(uses(name, GENERATE, root(OWNER)), denied, "{name}");
    }
    change(|world| world.keys.get_mut("plain").unwrap().enabled = false);
    assert_eq!(uses("plain", GENERATE, root(OWNER)), Err(ErrorCode::KmsDisabledException));
}

#[test]
fn the_aws_managed_key_is_open_to_its_account() {
    key("own", None);
    change(|world| world.keys.get_mut("own").unwrap().aws_managed = true);
    identity("alice", &[]);
    assert!(uses("own", GENERATE, user(OWNER, "alice")).is_ok());
    assert_eq!(uses("own", GENERATE, root(STRANGER)), Err(ErrorCode::AccessDenied));
}

#[test]
fn only_signatures_of_version_4_learn_of_keys() {
    key("plain", None);
    questions();
    assert_eq!(uses("plain", GENERATE, Principal::Anonymous), Err(ErrorCode::InvalidArgument));
    let signed = |version| {
        let mut call = call(PUT, root(OWNER));
        call.signature = Some(Signature { auth_type: AuthType::Header, version, signed_ms: None });
        authorize_key::authorize(&call, GENERATE, "plain", &[]).map_err(|error| error.code)
    };
    assert!(signed(SignatureVersion::V4).is_ok());
    questions();
    assert_eq!(signed(SignatureVersion::V2), Err(ErrorCode::InvalidArgument));
    assert_eq!(questions(), [""; 0]);
    assert_eq!(uses("gone", GENERATE, root(OWNER)), Err(ErrorCode::KmsNotFoundException));
    let elsewhere = format!("arn:aws:kms:us-west-2:{OWNER}:key/plain");
    assert_eq!(uses(&elsewhere, GENERATE, root(OWNER)), Err(ErrorCode::KmsNotFoundException));
    let of_others = format!("arn:aws:kms:us-east-1:{STRANGER}:key/plain");
    assert_eq!(uses(&of_others, GENERATE, root(OWNER)), Err(ErrorCode::AccessDenied));
}

#[test]
fn an_object_that_another_api_names_is_read_as_by_get_object() {
    photos(|_| {});
    let named = |version_id: Option<&str>| NamedVersion {
        bucket: "photos".to_owned(),
        key: "cat.jpg".to_owned(),
        version_id: version_id.map(str::to_owned),
    };
    // Headers and parameters of the call are another operation's.
    let read = |principal, version_id| {
        let call = call(("Lambda", "POST /2015-03-31/functions?versionId=2&partNumber=x"), principal);
        crate::authorize::authorize_read(&call, &named(version_id)).map_err(|error| error.code)
    };
    let denied = Err(ErrorCode::AccessDenied);
    let alice = || user(OWNER, "alice");
    assert_eq!(read(root(OWNER), None), Ok(()));
    assert_eq!(read(alice(), None), denied);
    let allow = |action: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:s3:::photos/cat.jpg"}}"#)
    };
    identity("alice", &[&document(&[&allow("s3:GetObject")])]);
    assert_eq!(read(alice(), None), Ok(()));
    assert_eq!(read(alice(), Some("v1")), denied);
    identity("alice", &[&document(&[&allow("s3:GetObjectVersion")])]);
    assert_eq!(read(alice(), Some("v1&x=y")), Ok(()));
    assert_eq!(read(Principal::Anonymous, None), denied);
    let mut elsewhere = named(None);
    elsewhere.bucket = "nowhere".to_owned();
    let call = call(("Lambda", "POST /2015-03-31/functions"), root(OWNER));
    assert!(crate::authorize::authorize_read(&call, &elsewhere).is_err());
}
