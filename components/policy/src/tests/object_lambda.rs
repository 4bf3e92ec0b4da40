//! Requests by Object Lambda access points: what is read of them, and what becomes of a request
//! where it cannot be read.

use sdk::{AccessPoint, Decision, ObjectLambda, Transformation};

use super::*;
use crate::host::access_points::{AccessPointAccess, ObjectLambdaRules};
use crate::host::functions::FunctionAccess;
use crate::host::memory::questions;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:redact";
const ALL: &str = r#"{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}"#;

/// A call by `redacted`, which transforms what it returns, and the access point `reports`.
fn by_object_lambda(principal: Principal) -> Call {
    let mut call = call(GET, principal);
    call.access_point = Some(AccessPoint {
        arn: format!("arn:aws:s3:us-east-1:{OWNER}:accesspoint/reports"),
        account: OWNER.to_owned(),
        name: "reports".to_owned(),
        bucket: "photos".to_owned(),
        address: "redacted-abc--ol-s3".to_owned(),
        guarded: false,
        blocks_public_acls: true,
    });
    call.object_lambda = Some(ObjectLambda {
        arn: format!("arn:aws:s3-object-lambda:us-east-1:{OWNER}:accesspoint/redacted"),
        account: OWNER.to_owned(),
        name: "redacted".to_owned(),
        address: "redacted-abc--ol-s3".to_owned(),
        guarded: false,
        transformation: Some(Transformation {
            function_arn: FUNCTION.to_owned(),
            payload: String::new(),
            allows_range: false,
            allows_part_number: false,
        }),
        of_get: None,
    });
    call
}

fn stored() {
    photos(|_| {});
    change(|world| {
        let rules = ObjectLambdaRules { public_access: PublicAccessBlock::ALL.into(), policy: None };
        world.object_lambdas.insert("redacted".to_owned(), rules);
        let access = AccessPointAccess {
            bucket: "photos".to_owned(),
            network: None,
            public_access: PublicAccessBlock::ALL.into(),
            policy: None,
            tags: Vec::new(),
        };
        world.access_points.insert("reports".to_owned(), access);
    });
    identity("alice", &[&document(&[ALL])]);
}

/// Deploys the function with a policy.
fn deployed(policy: Option<&str>) {
    let access = FunctionAccess {
        account: OWNER.to_owned(),
        arn: FUNCTION.to_owned(),
        policy: policy.map(hash),
        tags: Vec::new(),
    };
    change(|world| {
        world.functions.insert(FUNCTION.to_owned(), access);
        world.function_policies.extend(policy.map(|text| (FUNCTION.to_owned(), text.to_owned())));
    });
}

fn code(call: &Call) -> Option<ErrorCode> {
    authorize(call).err().map(|error| error.code)
}

fn invokes(principal: &str) -> String {
    document(&[&format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"lambda:InvokeFunction","Resource":"{FUNCTION}"}}"#
    )])
}

#[test]
fn the_policy_of_the_function_lets_principals_of_its_account_in() {
    stored();
    let alice = || by_object_lambda(user(OWNER, "alice"));
    assert_eq!(code(&alice()), Some(ErrorCode::LambdaPermissionError), "no policy of hers says so");
    deployed(None);
    assert_eq!(code(&alice()), Some(ErrorCode::LambdaPermissionError));
    deployed(Some(&invokes(&format!(r#"{{"AWS":"arn:aws:iam::{OWNER}:user/alice"}}"#))));
    let allowed = alice();
    assert_eq!(code(&allowed), None);
    assert_eq!(allowed.decision.get(), Some(Decision::Allow));
    deployed(Some("{"));
    assert_eq!(code(&alice()), Some(ErrorCode::LambdaPermissionError), "it cannot be read");
}

#[test]
fn what_is_gone_or_cannot_be_read_denies() {
    stored();
    let root = || {
        let mut call = by_object_lambda(root(OWNER));
        // More than ownership decides.
        call.owner = Some(Owner { account: OWNER.to_owned(), guarded: true });
        call
    };
    assert_eq!(code(&root()), None);
    change(|world| world.object_lambdas.get_mut("redacted").unwrap().policy = Some(71));
    assert_eq!(code(&root()), Some(ErrorCode::AccessDenied), "its policy cannot be read");
    change(|world| world.object_lambdas.clear());
    assert_eq!(code(&root()), Some(ErrorCode::AccessDenied));
    stored();
    change(|world| world.access_points.clear());
    assert_eq!(code(&root()), Some(ErrorCode::AccessDenied));
    stored();
    let mut strange = root();
    strange.object_lambda.as_mut().unwrap().transformation.as_mut().unwrap().function_arn =
        "redact".to_owned();
    assert_eq!(code(&strange), Some(ErrorCode::AccessDenied));
}

#[test]
fn where_only_ownership_decides_nothing_is_read() {
    stored();
    let own = || {
        let mut call = by_object_lambda(root(OWNER));
        call.owner = Some(Owner { account: OWNER.to_owned(), guarded: false });
        call
    };
    questions();
    let alone = own();
    assert_eq!(code(&alone), None);
    assert_eq!((questions(), alone.decision.get()), (Vec::new(), Some(Decision::AsOwner)));
    for change in [(|own: &mut ObjectLambda| own.guarded = true) as fn(&mut ObjectLambda), |own| {
        own.account = STRANGER.to_owned()
    }] {
        let mut call = own();
        change(call.object_lambda.as_mut().unwrap());
        let _ = authorize(&call);
        assert_ne!(call.decision.get(), Some(Decision::AsOwner));
    }
}
