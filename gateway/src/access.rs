//! May somebody do something: what ownership, ACLs, Block Public Access and the bucket's policy say
//! together.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html>.
//! [`judge`] decides on one action; [`authorize()`] asks it for every action that an operation
//! takes. [`authorize_key`] decides on master keys.

mod asked;
mod authorize;
mod conceivable;
mod condition_keys;
pub mod explanation;
mod master_key;
mod subject;
#[cfg(test)]
mod tests;
mod witness;

pub use asked::{Asked, Asker, Body, Grants, Permit, Resources};
pub use authorize::{authorize, authorize_each};
pub use condition_keys::body::{Said, said};
pub use condition_keys::{
    BEGINNING, CUSTOMER_ALGORITHM, KMS_KEY_ID, Lookups, S3Request, SERVER_SIDE_ENCRYPTION,
};
pub use master_key::{
    KeyAsked, KeyUse, MasterKey, OfPrincipal, authorize_key, default_policy, managed_policy, needs_version4,
};
pub use subject::{Bucket, Object, Subject};
pub use witness::{Judged, Witness};

use crate::bucket::acl::{Permission, PublicGrants};
use crate::bucket::object_ownership::ObjectOwnership;
use crate::identity::account::Account;
use crate::policy::{
    AclGrant, Context, Key, KeyId, Outcome, Policies, PrincipalKind, Request, Source, Values, Verdict,
    decide, is_public, resource_arn,
};

/// Decides on one action.
///
/// Whether an object that is not there may be asked for is whether its bucket may be listed: who
/// may, learns that it is not there.
pub fn judge(action: &str, subject: Subject<'_>, asker: &Asker<'_>, bucket: &Bucket) -> Outcome {
    let arn = resource_arn(&bucket.name, subject.key());
    let request = Request::new(asker.principal, action, &arn, asker.context).within(asker.budget);
    match subject {
        Subject::Object(_, Some(object)) if object.owner != bucket.owner && is_judged_by_owner(action) => {
            judge_foreign(action, &request, object, asker, bucket)
        }
        Subject::Object(key, None) => {
            let decision = decide_in(action, &request, AclGrant::None, asker, bucket);
            if decision == Outcome::ExplicitDeny {
                return decision;
            }
            let context = Listing { prefix: key, context: asker.context };
            judge_listing(&context, asker, bucket)
        }
        _ => {
            let acl = granted(action, subject, asker, bucket);
            decide_in(action, &request, acl, asker, bucket)
        }
    }
}

/// Whether the keys that start with what the context says may be listed.
fn judge_listing(context: &dyn Context, asker: &Asker<'_>, bucket: &Bucket) -> Outcome {
    let action = "s3:ListBucket";
    let arn = resource_arn(&bucket.name, None);
    let request = Request::new(asker.principal, action, &arn, context).within(asker.budget);
    decide_in(action, &request, granted(action, Subject::Bucket, asker, bucket), asker, bucket)
}

/// The bucket's owner is the authority.
fn decide_in(
    action: &str,
    request: &Request<'_>,
    acl: AclGrant,
    asker: &Asker<'_>,
    bucket: &Bucket,
) -> Outcome {
    let owner = bucket.owner.to_string();
    let policy = bucket.policy.as_deref().filter(|_| !is_exempt(action, asker, &owner));
    let policies = Policies {
        owner: Some(&owner),
        resource: policy.map(|policy| Source { label: &bucket.name, policy }),
        acl,
        restrict_public: restricts(bucket),
        ..asker.grants.policies()
    };
    settle(action, request, &policies, asker, bucket)
}

/// Decides, and tells who wants to know.
fn settle(
    action: &str,
    request: &Request<'_>,
    policies: &Policies<'_>,
    asker: &Asker<'_>,
    bucket: &Bucket,
) -> Outcome {
    let decision = decide(request, policies);
    if let Some(witness) = asker.witness {
        witness.judged(&Judged { action, request, policies, decision, bucket: Some(bucket) });
    }
    decision.outcome
}

/// An object of another account than the bucket's: its owner and its ACL decide, and the bucket's
/// policy can only deny.
fn judge_foreign(
    action: &str,
    request: &Request<'_>,
    object: &Object,
    asker: &Asker<'_>,
    bucket: &Bucket,
) -> Outcome {
    if let Some(policy) = bucket.policy.as_deref()
        && let Verdict::Denied { .. } = policy.evaluate(request)
    {
        return decide_in(action, request, AclGrant::None, asker, bucket);
    }
    let owner = object.owner.to_string();
    let acl = match object_permission(action) {
        Some(permission) => object.acl.grant_to(asker.account(), permission, public_grants(bucket)),
        None => AclGrant::None,
    };
    let policies =
        Policies { owner: Some(&owner), acl, restrict_public: restricts(bucket), ..asker.grants.policies() };
    settle(action, request, &policies, asker, bucket)
}

/// What ACLs grant of an action.
fn granted(action: &str, subject: Subject<'_>, asker: &Asker<'_>, bucket: &Bucket) -> AclGrant {
    let account = asker.account();
    let to_asker = || if account.is_some() { AclGrant::Account } else { AclGrant::Everyone };
    let acl = match subject {
        // What one makes is one's own, as far as one's account lets one.
        Subject::Created(_) => return to_asker(),
        // Who began an upload may see and end it:
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
        Subject::Upload(_, initiator) => {
            let own = match account {
                Some(account) => initiator == Some(account),
                // What anybody began, everybody did: that is public.
                None => initiator == Some(Account::ANONYMOUS) && public_grants(bucket) == PublicGrants::Count,
            };
            return if own { to_asker() } else { AclGrant::None };
        }
        _ if bucket.ownership == ObjectOwnership::BucketOwnerEnforced => return AclGrant::None,
        Subject::Bucket | Subject::Key(_) => {
            bucket_permission(action).map(|permission| (&bucket.acl, permission))
        }
        Subject::Object(_, object) => {
            object_permission(action).and_then(|permission| Some((&object?.acl, permission)))
        }
    };
    match acl {
        Some((acl, permission)) => acl.grant_to(account, permission, public_grants(bucket)),
        None => AclGrant::None,
    }
}

fn public_grants(bucket: &Bucket) -> PublicGrants {
    bucket.public_access.public_grants()
}

fn restricts(bucket: &Bucket) -> bool {
    bucket.public_access.restrict_public_buckets && bucket.policy.as_deref().is_some_and(is_public)
}

/// No policy locks the root user of the bucket's owner out of the policy itself.
fn is_exempt(action: &str, asker: &Asker<'_>, owner: &str) -> bool {
    matches!(action, "s3:GetBucketPolicy" | "s3:PutBucketPolicy" | "s3:DeleteBucketPolicy")
        && asker.principal.kind == PrincipalKind::Root
        && asker.principal.account == owner
}

/// What the ACL of a bucket grants:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping>
fn bucket_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:ListBucket" | "s3:ListBucketVersions" | "s3:ListBucketMultipartUploads" => Some(Permission::Read),
        "s3:PutObject" | "s3:DeleteObject" => Some(Permission::Write),
        "s3:GetBucketAcl" => Some(Permission::ReadAcp),
        "s3:PutBucketAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// What the ACL of an object grants.
fn object_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:GetObject" | "s3:GetObjectVersion" | "s3:GetObjectTorrent" | "s3:GetObjectVersionTorrent" => {
            Some(Permission::Read)
        }
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" => Some(Permission::ReadAcp),
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// Whether the owner of an object, and not that of its bucket, is the authority over an action.
fn is_judged_by_owner(action: &str) -> bool {
    object_permission(action).is_some()
        || matches!(action, "s3:GetObjectAttributes" | "s3:GetObjectVersionAttributes")
}

/// The circumstances of a listing that nobody asked for, of one key.
struct Listing<'a> {
    prefix: &'a str,
    context: &'a dyn Context,
}

impl Context for Listing<'_> {
    fn value(&self, key: &Key) -> Option<Values<'_>> {
        match key.id() {
            KeyId::Prefix => Some(Values::one(self.prefix)),
            _ => self.context.value(key),
        }
    }

    fn cost(&self, key: &Key) -> usize {
        self.context.cost(key)
    }
}
