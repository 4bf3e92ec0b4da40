//! The decision on the use of a master key.

use gateway::access::{
    KeyRequest, KeyUse, MasterKey, OfPrincipal, authorize_key, aws_managed_policy, default_policy,
    needs_version4,
};
use gateway::errors::{ErrorCode, Result};
use gateway::policy::{Budget, Key, Kind, Policy, Values};
use gateway::sse::master_key_name::check_region;
use sdk::{Signature, SignatureVersion};
use std::rc::Rc;

use crate::explain::{explain, is_denial};
use crate::host::{Call, master_keys, region};
use crate::permissions::{Permissions, kept};

/// The reason that an explanation gives where no policy decided.
const NO_KEY: &str = "there is no such key; another account does not learn which keys exist";

/// Decides on the use of a key: `action` says which use, `name` which key. Returns the ARN of the
/// key. `AccessDenied` for another action, and the errors of [`authorize_key`].
pub(crate) fn authorize(
    call: &Call,
    action: &str,
    name: &str,
    encryption_context: &[(String, String)],
) -> Result<String> {
    let usage = KeyUse::parse(action).ok_or(ErrorCode::AccessDenied)?;
    // A name in a request must be of this region. A stored name is not checked: it may be older
    // than the region's present name.
    if usage == KeyUse::Generate {
        check_region(name, region())?;
    }
    let identity = match call.principal() {
        sdk::Principal::Anonymous => None,
        sdk::Principal::Authenticated(identity) => Some(identity),
    };
    // S3 uses master keys only for requests that are signed by Version 4.
    let by_version_2 = |signature: Signature| signature.version == SignatureVersion::V2;
    if call.signature().is_some_and(by_version_2) {
        return Err(needs_version4());
    }
    let received_ms = call.head().received_ms;
    let permissions = Permissions::of(call, identity.as_ref(), received_ms)?;
    let principal = permissions.principal(identity.as_ref());
    let found = master_keys::find(principal.account, name);
    let policy = found.as_ref().map(policy);
    let key = found.as_ref().zip(policy.as_deref()).map(|(found, policy)| MasterKey {
        arn: &found.arn,
        account: &found.account,
        aliases: &found.aliases,
        enabled: found.enabled,
        policy,
    });
    let budget = Budget::default();
    permissions.with_grants(|grants| {
        let request = KeyRequest {
            usage,
            key,
            name,
            encryption_context,
            principal: &principal,
            grants,
            received_ms,
            region: region(),
            of_principal: &permissions,
            budget: &budget,
            witness: None,
        };
        authorize_key(&request).inspect_err(|error| {
            if is_denial(error) {
                explain(call, NO_KEY, |explainer| {
                    // The same decision again, with the same outcome: only its witness is new.
                    let budget = Budget::default();
                    let _ =
                        authorize_key(&KeyRequest { witness: Some(explainer), budget: &budget, ..request });
                });
            }
        })
    })
}

/// The policy of a key. One that cannot be read denies everything.
fn policy(key: &master_keys::MasterKey) -> Rc<Policy> {
    let read = || match key.policy {
        Some(_) => Policy::parse(Kind::Key, &master_keys::policy(&key.arn).unwrap_or_default()),
        None if key.aws_managed => aws_managed_policy(&key.account, region()),
        None => default_policy(&key.account),
    };
    // The policies of keys do not change while the process lives, so the ARN is id enough.
    kept(&key.arn, || read().unwrap_or_else(|_| Policy::deny_everything()))
}

impl OfPrincipal for Permissions {
    fn tags(&self) -> Vec<(String, String)> {
        Permissions::tags(self)
    }

    fn of_session(&self, key: &Key) -> Option<Values<'_>> {
        self.value(key)
    }
}
