//! What `storage` keeps of buckets and objects that decides who may use them.

use std::cell::RefCell;
use std::rc::Rc;

use gateway::access::{
    AccessPoint, AccessPointOf, Bucket, FunctionAccess, Object, ObjectLambdaAccess, Resources,
};
use gateway::bucket::object_lambda::{Transformer, transformer_of};
use gateway::bucket::public_access_block::BlockLevels;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::policy::{AuthType, Key, Kind, Policy, Signature, SignatureVersion, Values};
use sdk::access::acl;

use crate::host::{Call, access_points, functions, resources};
use crate::kept::Kept;
use crate::permissions::Permissions;

/// Policies that are kept parsed. One of 20 KB takes some 100 KB.
const POLICIES_MAX: usize = 64;

/// What is stored, for one call.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// The call.
    pub(crate) call: &'a Call,
    /// What the principal may do.
    pub(crate) permissions: &'a Permissions,
}

impl Resources for Stored<'_> {
    fn bucket(&self, name: &str) -> Option<Bucket> {
        let stored = resources::bucket(name)?;
        let policy = match stored.policy {
            Some(number) => Some(policy(number, name)?),
            None => None,
        };
        let block_levels = BlockLevels {
            bucket: stored.public_access.into(),
            account: stored.account_public_access.into(),
            ..BlockLevels::default()
        };
        Some(Bucket {
            policy,
            name: name.to_owned(),
            owner: Account::parse(&stored.owner)?,
            ownership: stored.ownership.into(),
            public_access: block_levels.together(),
            block_levels,
            acl: acl(&stored.acl),
            payer: stored.payer.into(),
            by: None,
        })
    }

    fn object(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Option<Object> {
        let stored = resources::object(bucket, key, version_id)?;
        Some(Object { owner: Account::parse(&stored.owner)?, acl: acl(&stored.acl) })
    }

    fn object_tags(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Vec<(String, String)> {
        resources::object_tags(bucket, key, version_id)
    }

    fn bucket_tags(&self, bucket: &str) -> Vec<(String, String)> {
        resources::bucket_tags(bucket)
    }

    fn upload_headers(&self, bucket: &str, key: &str, upload_id: &str) -> Vec<(String, String)> {
        resources::upload_headers(bucket, key, upload_id)
    }

    fn access_point(&self, of: AccessPointOf) -> Result<Option<AccessPoint>> {
        let found = match of {
            AccessPointOf::Target => self.call.access_point(),
            AccessPointOf::Source => self.call.source_access_point(),
        };
        let Some(found) = found else { return Ok(None) };
        let gone = || S3Error::from(ErrorCode::AccessDenied);
        let stored = access_points::access(&found.account, &found.name);
        // Another one of its name may stand for another bucket.
        let stored = stored.filter(|stored| stored.bucket == found.bucket).ok_or_else(gone)?;
        Ok(Some(AccessPoint {
            policy: stored.policy.map(|number| access_point_policy(number, &found)),
            account: Account::parse(&found.account).ok_or_else(gone)?,
            network: stored.network,
            public_access: stored.public_access.into(),
            tags: stored.tags,
            name: found.name,
            arn: found.arn,
        }))
    }

    fn object_lambda(&self) -> Result<Option<ObjectLambdaAccess>> {
        let Some(found) = self.call.object_lambda() else { return Ok(None) };
        let gone = || S3Error::from(ErrorCode::AccessDenied);
        let rules = access_points::object_lambda_access(&found.account, &found.name).ok_or_else(gone)?;
        let account = Account::parse(&found.account).ok_or_else(gone)?;
        let function = found.transformation.as_ref().map(|own| function(&own.function_arn, account));
        Ok(Some(ObjectLambdaAccess {
            policy: rules.policy.map(|number| object_lambda_policy(number, &found)),
            account,
            public_access: rules.public_access.into(),
            function: function.transpose()?,
            name: found.name,
            arn: found.arn,
        }))
    }

    fn comes_by_object_lambda(&self) -> bool {
        self.call.object_lambda().is_some()
    }

    fn source_bucket(&self) -> Option<String> {
        Some(self.call.source_access_point()?.bucket)
    }

    fn signature(&self) -> Option<Signature> {
        let sdk::Signature { auth_type, version, signed_ms } = self.call.signature()?;
        Some(Signature {
            auth_type: match auth_type {
                sdk::AuthType::Header => AuthType::Header,
                sdk::AuthType::Query => AuthType::Query,
                sdk::AuthType::Form => AuthType::Form,
            },
            version: match version {
                sdk::SignatureVersion::V2 => SignatureVersion::V2,
                sdk::SignatureVersion::V4 => SignatureVersion::V4,
            },
            signed_ms,
        })
    }

    fn upload_initiator(&self, bucket: &str, key: &str, upload_id: &str) -> Option<Account> {
        Account::parse(&resources::upload_initiator(bucket, key, upload_id)?)
    }

    fn source_ip(&self) -> Option<String> {
        Some(self.call.source_ip())
    }

    fn tls_version(&self) -> Option<String> {
        self.call.tls_version()
    }

    fn endpoint_id(&self) -> Option<String> {
        Some(self.call.endpoint()?.id)
    }

    fn network_id(&self) -> Option<String> {
        self.call.endpoint()?.network
    }

    fn principal_tags(&self) -> Option<Vec<(String, String)>> {
        Some(self.permissions.tags())
    }

    fn of_session(&self, key: &Key) -> Option<Values<'_>> {
        self.permissions.value(key)
    }
}

thread_local! {
    static READ: RefCell<Kept<u64>> = const { RefCell::new(Kept::new(POLICIES_MAX)) };
}

/// The policy with this number, parsed once.
fn policy(number: u64, bucket: &str) -> Option<Rc<Policy>> {
    if let Some(policy) = READ.with_borrow_mut(|kept| kept.find(&number)) {
        return Some(policy);
    }
    let policy = read_policy(bucket)?;
    Some(READ.with_borrow_mut(|kept| kept.keep(number, policy)))
}

/// The policy of an access point with this number, parsed once. One that this release cannot read
/// denies everything.
fn access_point_policy(number: u64, point: &sdk::AccessPoint) -> Rc<Policy> {
    policy_of(number, Kind::AccessPoint(&point.arn), || access_points::policy(&point.account, &point.name))
}

fn policy_of(number: u64, kind: Kind<'_>, text: impl FnOnce() -> Option<String>) -> Rc<Policy> {
    if let Some(policy) = READ.with_borrow_mut(|kept| kept.find(&number)) {
        return policy;
    }
    let read = Policy::parse(kind, &text().unwrap_or_default());
    let policy = read.unwrap_or_else(|_| Policy::deny_everything());
    READ.with_borrow_mut(|kept| kept.keep(number, policy))
}

/// The same of an Object Lambda access point.
fn object_lambda_policy(number: u64, point: &sdk::ObjectLambda) -> Rc<Policy> {
    let text = || access_points::object_lambda_policy(&point.account, &point.name);
    policy_of(number, Kind::ObjectLambda(&point.arn), text)
}

/// Who may invoke what an ARN names, for an access point or a bucket of an account. A function is
/// of its ARN's account; a webhook belongs to the access point, and has no policy.
///
/// One that is not there has no policy either. That it is missing is said by who invokes it, to
/// principals that may. `AccessDenied` for an ARN that cannot be read.
pub(crate) fn function(arn: &str, account: Account) -> Result<FunctionAccess> {
    let own = match transformer_of(arn).ok_or(ErrorCode::AccessDenied)? {
        Transformer::Webhook(_) => None,
        Transformer::Function(name) => Some(name),
    };
    let stored = own.and_then(|_| functions::access(arn));
    let number = stored.as_ref().and_then(|stored| stored.policy);
    let policy = number.zip(own).map(|(number, name)| {
        policy_of(number, Kind::Function(&name.unqualified()), || functions::policy(arn))
    });
    Ok(FunctionAccess {
        arn: arn.to_owned(),
        other_arn: own.and_then(|name| name.other()),
        account: match own {
            Some(name) => Account::parse(name.account).ok_or(ErrorCode::AccessDenied)?,
            None => account,
        },
        policy,
        tags: stored.map(|stored| stored.tags).unwrap_or_default(),
    })
}

/// The policy of a bucket. One that this release cannot read denies everything, but the owner's
/// root user can still replace it.
fn read_policy(bucket: &str) -> Option<Policy> {
    let text = resources::bucket_policy(bucket).unwrap_or_default();
    let read = |text: &str| Policy::parse(Kind::Bucket(bucket), text).ok();
    read(&text).or_else(|| {
        read(&format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
             \"Resource\":[\"arn:aws:s3:::{bucket}\",\"arn:aws:s3:::{bucket}/*\"]}}]}}"
        ))
    })
}
