//! Whether some object that the body will name could be allowed. A request that can have none
//! allowed is refused before its body is received.

use super::request::{AccessRequest, DecisionInput};
use super::subject::{Bucket, Subject};
use super::{granted, restricts};
use crate::policy::{AclGrant, Context, Key, Request, Values};

/// Whether `action` could be allowed on some key of a bucket, whatever the key is.
///
/// For a principal with an account it always could: AWS answers with an outcome for each key, and
/// the memory of its requests is counted against its account. For other principals, the policy of
/// the bucket and its ACL decide alone.
pub(super) fn is_conceivable(access: &AccessRequest<'_>, bucket: &Bucket, action: &str) -> bool {
    if access.principal.has_account() {
        return true;
    }
    let arn = bucket.arn(Some("*"));
    let request = Request::new(access.principal, action, &arn, &Unknown).within(access.budget);
    let input = DecisionInput {
        principal: access.principal,
        grants: access.grants,
        context: &Unknown,
        budget: access.budget,
        witness: None,
    };
    let policy = bucket.policy.as_deref();
    let by_acl = granted(action, Subject::Key("*"), &input, bucket) != AclGrant::None;
    let by_policy = policy.is_some_and(|own| own.could_allow(&request));
    let through = access.grants.endpoint.is_none_or(|endpoint| endpoint.policy.could_allow(&request));
    let denied = policy.is_some_and(|own| own.denies_all_keys(&request, &bucket.arn(Some(""))));
    (by_acl || by_policy) && through && !denied && !restricts(bucket)
}

/// Circumstances without values: conditions may or may not hold.
struct Unknown;

impl Context for Unknown {
    fn value(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}
