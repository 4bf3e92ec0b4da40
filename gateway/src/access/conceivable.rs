//! Whether anything of what only the body of a request names could be allowed: what nobody could be
//! allowed is refused before its body is received.

use super::asked::{Asked, Asker};
use super::subject::{Bucket, Subject};
use super::{granted, restricts};
use crate::policy::{AclGrant, Context, Key, Request, Values, resource_arn};

/// Whether `action` could be allowed on some key of a bucket, whatever the key is.
///
/// It always could to who has an account: AWS answers it with the outcome for each key, and memory
/// that its requests take is counted against its account. Of everybody else, only the policy of the
/// bucket and its ACL know something.
pub(super) fn is_conceivable(asked: &Asked<'_>, bucket: &Bucket, action: &str) -> bool {
    if asked.principal.has_account() {
        return true;
    }
    let arn = resource_arn(&bucket.name, Some("*"));
    let request = Request::new(asked.principal, action, &arn, &Unknown).within(asked.budget);
    let asker = Asker {
        principal: asked.principal,
        grants: asked.grants,
        context: &Unknown,
        budget: asked.budget,
        witness: None,
    };
    let policy = bucket.policy.as_deref();
    let by_acl = granted(action, Subject::Key("*"), &asker, bucket) != AclGrant::None;
    let by_policy = policy.is_some_and(|own| own.could_allow(&request));
    let through = asked.grants.endpoint.is_none_or(|endpoint| endpoint.policy.could_allow(&request));
    let denied = policy.is_some_and(|own| own.denies_all_keys(&request, &bucket.name));
    (by_acl || by_policy) && through && !denied && !restricts(bucket)
}

/// Nothing is asked of the circumstances: conditions may or may not hold.
struct Unknown;

impl Context for Unknown {
    fn value(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}
