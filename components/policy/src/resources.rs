//! What `storage` keeps of buckets and objects that decides who may use them.

use std::cell::RefCell;
use std::rc::Rc;

use gateway::access::{AccessPoint, AccessPointOf, Bucket, Object, Resources};
use gateway::bucket::public_access_block::BlockLevels;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::policy::{AuthType, Key, Kind, Policy, Signature, SignatureVersion, Values};
use sdk::access::acl;

use crate::host::{Call, access_points, resources};
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
    if let Some(policy) = READ.with_borrow_mut(|kept| kept.find(&number)) {
        return policy;
    }
    let text = access_points::policy(&point.account, &point.name).unwrap_or_default();
    let read = Policy::parse(Kind::AccessPoint(&point.arn), &text);
    let policy = read.unwrap_or_else(|_| Policy::deny_everything());
    READ.with_borrow_mut(|kept| kept.keep(number, policy))
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
