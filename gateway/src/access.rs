//! May the principal do something: what ownership, ACLs, Block Public Access and policies say
//! together.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html>.
//! [`decide_action`] decides on one action; [`authorize()`] decides on every action that an
//! operation takes. [`authorize_key()`] decides on master keys.

mod authorize;
mod authorize_key;
mod conceivable;
mod condition_keys;
pub mod explanation;
mod request;
mod subject;
#[cfg(test)]
mod tests;
mod witness;

pub use authorize::{authorize, authorize_each};
pub use authorize_key::{
    KeyRequest, KeyUse, MasterKey, OfPrincipal, authorize_key, aws_managed_policy, default_policy,
    needs_version4,
};
pub use condition_keys::body::{Said, said};
pub use condition_keys::{BEGINNING, Lookups, S3Request};
pub use request::{AccessPointOf, AccessRequest, Body, DecisionInput, Grants, Permit, Resources};
pub use subject::{
    AccessLevel, AccessPoint, Bucket, ByAccessPoint, FunctionAccess, Object, ObjectLambdaAccess, Subject,
};
pub use witness::{Decided, Witness};

use crate::bucket::acl::{Acl, Permission, PublicGrants};
use crate::bucket::object_ownership::ObjectOwnership;
use crate::identity::account::Account;
use crate::policy::{
    AclGrant, Context, Key, KeyId, Outcome, Policies, PrincipalKind, Request, Source, Values, Verdict,
    decide, is_public,
};

/// Decides on one action.
///
/// An object that is not there is a special case. A principal that may list the bucket learns that
/// the object is not there; every other one is denied.
pub fn decide_action(
    action: &str,
    subject: Subject<'_>,
    input: &DecisionInput<'_>,
    bucket: &Bucket,
) -> Outcome {
    let (arn, other) = (bucket.arn(subject.key()), bucket.other_arn(subject.key()));
    let request = Request::new(input.principal, action, &arn, input.context)
        .also_named(other.as_deref())
        .within(input.budget);
    match subject {
        Subject::Object(_, Some(object)) if object.owner != bucket.owner && is_decided_by_owner(action) => {
            decide_foreign(action, &request, object, input, bucket)
        }
        Subject::Object(key, None) => {
            let decision = decide_in(action, &request, AclGrant::None, input, bucket);
            // A deny of the action itself wins, before the listing is decided on.
            if decision == Outcome::ExplicitDeny {
                return decision;
            }
            let context = Listing { prefix: key, context: input.context };
            decide_listing(&context, input, bucket)
        }
        _ => {
            let acl = granted(action, subject, input, bucket);
            decide_in(action, &request, acl, input, bucket)
        }
    }
}

/// Whether the keys with the prefix that the context says may be listed.
fn decide_listing(context: &dyn Context, input: &DecisionInput<'_>, bucket: &Bucket) -> Outcome {
    let action = "s3:ListBucket";
    let (arn, other) = (bucket.arn(None), bucket.other_arn(None));
    let request = Request::new(input.principal, action, &arn, context)
        .also_named(other.as_deref())
        .within(input.budget);
    decide_in(action, &request, granted(action, Subject::Bucket, input, bucket), input, bucket)
}

/// The bucket's owner is the authority.
fn decide_in(
    action: &str,
    request: &Request<'_>,
    acl: AclGrant,
    input: &DecisionInput<'_>,
    bucket: &Bucket,
) -> Outcome {
    let owner = bucket.owner.to_string();
    let policy = bucket.policy.as_deref().filter(|_| !is_exempt(action, input, &owner));
    let policies = Policies {
        owner: Some(&owner),
        resource: policy.map(|policy| Source { label: &bucket.name, policy }),
        acl,
        restrict_public: restricts(bucket),
        ..input.grants.policies()
    };
    settle(action, request, &policies, input, bucket)
}

/// Decides, and tells the witness.
fn settle(
    action: &str,
    request: &Request<'_>,
    policies: &Policies<'_>,
    input: &DecisionInput<'_>,
    bucket: &Bucket,
) -> Outcome {
    let decision = decide(request, policies);
    if let Some(witness) = input.witness {
        witness.decided(&Decided { action, request, policies, decision, bucket: Some(bucket) });
    }
    decision.outcome
}

/// An object of another account than the bucket's: its owner and its ACL decide, and the bucket's
/// policy can only deny.
fn decide_foreign(
    action: &str,
    request: &Request<'_>,
    object: &Object,
    input: &DecisionInput<'_>,
    bucket: &Bucket,
) -> Outcome {
    if let Some(policy) = bucket.policy.as_deref()
        && let Verdict::Denied { .. } = policy.evaluate(request)
    {
        // Decided once more, so that the witness is told of the statement.
        return decide_in(action, request, AclGrant::None, input, bucket);
    }
    let owner = object.owner.to_string();
    let acl = match object_permission(action) {
        Some(permission) => grant_of(&object.acl, permission, input, bucket),
        None => AclGrant::None,
    };
    let policies =
        Policies { owner: Some(&owner), acl, restrict_public: restricts(bucket), ..input.grants.policies() };
    settle(action, request, &policies, input, bucket)
}

/// What ACLs grant of an action.
fn granted(action: &str, subject: Subject<'_>, input: &DecisionInput<'_>, bucket: &Bucket) -> AclGrant {
    let account = input.account();
    let to_principal = || if account.is_some() { AclGrant::Account } else { AclGrant::Everyone };
    let acl = match subject {
        // The object is about to be the principal's own: only its account's policies limit what it
        // sets there.
        Subject::Created(_) => return to_principal(),
        // The account that began an upload may list its parts and abort it:
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
        Subject::Upload(_, initiator) => {
            let own = match account {
                Some(account) => initiator == Some(account),
                // An upload that `anonymous` began belongs to everybody, which is a public grant.
                None => initiator == Some(Account::ANONYMOUS) && public_grants(bucket) == PublicGrants::Count,
            };
            return if own { to_principal() } else { AclGrant::None };
        }
        // ACLs are disabled.
        _ if bucket.ownership == ObjectOwnership::BucketOwnerEnforced => return AclGrant::None,
        Subject::Bucket | Subject::Key(_) => {
            bucket_permission(action).map(|permission| (&bucket.acl, permission))
        }
        Subject::Object(_, object) => {
            object_permission(action).and_then(|permission| Some((&object?.acl, permission)))
        }
    };
    match acl {
        Some((acl, permission)) => grant_of(acl, permission, input, bucket),
        None => AclGrant::None,
    }
}

/// What an ACL grants to the principal. The witness is told of a grant that does not count.
fn grant_of(acl: &Acl, permission: Permission, input: &DecisionInput<'_>, bucket: &Bucket) -> AclGrant {
    let account = input.account();
    let granted = acl.grant_to(account, permission, public_grants(bucket));
    if let Some(witness) = input.witness
        && granted == AclGrant::None
        && acl.grant_to(account, permission, PublicGrants::Count) != AclGrant::None
    {
        witness.grant_ignored();
    }
    granted
}

fn public_grants(bucket: &Bucket) -> PublicGrants {
    bucket.public_access.public_grants()
}

fn restricts(bucket: &Bucket) -> bool {
    bucket.public_access.restrict_public_buckets && bucket.policy.as_deref().is_some_and(is_public)
}

/// No policy locks the root user of the bucket's owner out of the policy itself.
fn is_exempt(action: &str, input: &DecisionInput<'_>, owner: &str) -> bool {
    matches!(action, "s3:GetBucketPolicy" | "s3:PutBucketPolicy" | "s3:DeleteBucketPolicy")
        && input.principal.kind == PrincipalKind::Root
        && input.principal.account == owner
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
fn is_decided_by_owner(action: &str) -> bool {
    object_permission(action).is_some()
        || matches!(action, "s3:GetObjectAttributes" | "s3:GetObjectVersionAttributes")
}

/// The circumstances of a listing of one key, as if the client had requested it.
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
