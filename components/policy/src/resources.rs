//! What is stored about who may use what, as `storage` tells it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gateway::access::{Bucket, Object, Resources};
use gateway::account::Account;
use gateway::policy::{Key, Kind, Policy, Signature, SignaturePlace, SignatureVersion, Values};
use sdk::Call;
use sdk::access::acl;
use sdk::bindings::policy::portcullis::gateway::resources as contract;

use crate::permissions::Permissions;

/// Policies that are kept read, the latest first. One of 20 KB takes some 100 KB.
const POLICIES_MAX: usize = 64;

/// What is stored, for one call.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// The call.
    pub(crate) call: &'a Call,
    /// What who asks may.
    pub(crate) permissions: &'a Permissions,
}

impl Resources for Stored<'_> {
    fn bucket(&self, name: &str) -> Option<Bucket> {
        let stored = contract::bucket(name)?;
        let policy = match stored.policy {
            Some(number) => Some(policy(number, name)?),
            None => None,
        };
        Some(Bucket {
            policy,
            name: name.to_owned(),
            owner: Account::parse(&stored.owner)?,
            ownership: stored.ownership.into(),
            public_access: stored.public_access.into(),
            acl: acl(&stored.acl),
            payer: stored.payer.into(),
        })
    }

    fn object(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Option<Object> {
        let stored = contract::object(bucket, key, version_id)?;
        Some(Object { owner: Account::parse(&stored.owner)?, acl: acl(&stored.acl) })
    }

    fn object_tags(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Vec<(String, String)> {
        contract::object_tags(bucket, key, version_id)
    }

    fn bucket_tags(&self, bucket: &str) -> Vec<(String, String)> {
        contract::bucket_tags(bucket)
    }

    fn upload_headers(&self, bucket: &str, key: &str, upload_id: &str) -> Vec<(String, String)> {
        contract::upload_headers(bucket, key, upload_id)
    }

    fn signature(&self) -> Option<Signature> {
        let sdk::Signature { place, version, signed_ms } = self.call.signature()?;
        Some(Signature {
            place: match place {
                sdk::SignaturePlace::Header => SignaturePlace::Header,
                sdk::SignaturePlace::Query => SignaturePlace::Query,
                sdk::SignaturePlace::Form => SignaturePlace::Form,
            },
            version: match version {
                sdk::SignatureVersion::V2 => SignatureVersion::V2,
                sdk::SignatureVersion::V4 => SignatureVersion::V4,
            },
            signed_ms,
        })
    }

    fn upload_initiator(&self, bucket: &str, key: &str, upload_id: &str) -> Option<Account> {
        Account::parse(&contract::upload_initiator(bucket, key, upload_id)?)
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
    /// Policies by their number. A changed policy has another number, so none here is ever out of date.
    static READ: RefCell<VecDeque<(u64, Rc<Policy>)>> = const { RefCell::new(VecDeque::new()) };
}

/// The policy with this number, read once.
fn policy(number: u64, bucket: &str) -> Option<Rc<Policy>> {
    READ.with_borrow_mut(|read| {
        if let Some(position) = read.iter().position(|(known, _)| *known == number)
            && let Some(found) = read.remove(position)
        {
            let policy = Rc::clone(&found.1);
            read.push_front(found);
            return Some(policy);
        }
        let policy = Rc::new(read_policy(bucket)?);
        read.truncate(POLICIES_MAX - 1);
        read.push_front((number, Rc::clone(&policy)));
        Some(policy)
    })
}

/// A policy that this release cannot read denies everything: the owner's root user can still replace it.
fn read_policy(bucket: &str) -> Option<Policy> {
    let text = contract::bucket_policy(bucket).unwrap_or_default();
    let read = |text: &str| Policy::parse(Kind::Bucket(bucket), text).ok();
    read(&text).or_else(|| {
        read(&format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
             \"Resource\":[\"arn:aws:s3:::{bucket}\",\"arn:aws:s3:::{bucket}/*\"]}}]}}"
        ))
    })
}
