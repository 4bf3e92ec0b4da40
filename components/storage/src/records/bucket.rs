//! A bucket and its configuration.

use serde::{Deserialize, Serialize};

use super::{Acl, FORMAT, Record, unreadable};
use gateway::bucket::encryption::{BucketEncryption, DefaultKey};
use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::bucket::request_payment::Payer;
use gateway::bucket::versioning::MfaDelete;
use gateway::errors::Result;
use gateway::identity::account::Account;
use gateway::object::object_lock::ObjectLockConfiguration;
use gateway::sse::master_key_name::AWS_MANAGED_ALIAS;
use sdk::DefaultProtection;

/// The row of a bucket in `buckets`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRow {
    /// Stands for the bucket in the keys of every other table. Never reused.
    pub(crate) id: u64,
    /// Who owns the bucket.
    pub(crate) owner: Account,
    /// Milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// `us-east-1`
    pub(crate) region: String,
    /// Whether a write keeps the version before.
    pub(crate) versioning: Versioning,
    /// Present once Object Lock is enabled; it can never be disabled.
    pub(crate) object_lock: Option<ObjectLockConfiguration>,
    /// The bucket's tags, in the order given.
    pub(crate) tags: Vec<(String, String)>,
    /// Who owns what other accounts write, and whether ACLs count. Without a setting it is
    /// `ObjectWriter`.
    pub(crate) ownership: Option<ObjectOwnership>,
    /// Block Public Access; without a setting, nothing is blocked.
    pub(crate) public_access: Option<PublicAccessBlock>,
    /// The bucket's own ACL.
    pub(crate) acl: Acl,
    /// A number that stands for the text of the policy in `policies`; every text has another one.
    pub(crate) policy: Option<u64>,
    /// Whether an object of another account was ever written here.
    pub(crate) holds_foreign: bool,
    /// Whether deleting versions takes a second factor; `None` where that was never set.
    pub(crate) mfa_delete: Option<MfaDelete>,
    /// Who is charged for requests.
    pub(crate) payer: Payer,
    /// What the bucket says about sealing. It is encoded behind the rest, so that older rows, which
    /// end before it, can be read.
    #[serde(skip)]
    pub(crate) encryption: BucketEncryption,
    /// Whether it has rules about transforms: a row of `transforms`. It is encoded behind the rest,
    /// and only where it is so.
    #[serde(skip)]
    pub(crate) transforms: bool,
}

/// What listings print of a bucket. Its row begins with this, in every format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketHead {
    /// As in [`BucketRow`].
    pub(crate) id: u64,
    /// As in [`BucketRow`].
    pub(crate) owner: Account,
    /// As in [`BucketRow`].
    pub(crate) created_ms: u64,
    /// As in [`BucketRow`].
    pub(crate) region: String,
}

/// The head of a bucket ends within this many bytes of its row.
pub(crate) const BUCKET_HEAD_BYTES_MAX: u32 = 256;

impl BucketHead {
    /// Reads the head of a row and nothing else of it: the first [`BUCKET_HEAD_BYTES_MAX`] bytes
    /// will do.
    pub(crate) fn decode(value: &[u8]) -> Result<BucketHead> {
        match value.split_first() {
            Some((&(FORMAT | WITHOUT_ENCRYPTION | BUCKET_FORMAT | WITH_TRANSFORMS), record)) => {
                let (head, _) = postcard::take_from_bytes(record).map_err(|_| unreadable())?;
                Ok(head)
            }
            _ => Err(unreadable()),
        }
    }
}

/// The format byte of a bucket's row.
const BUCKET_FORMAT: u8 = 3;
/// The format byte of rows that have rules about transforms.
const WITH_TRANSFORMS: u8 = 4;
/// The format byte of older rows, which end before what the bucket says about sealing.
const WITHOUT_ENCRYPTION: u8 = 2;

impl Record for BucketRow {
    fn encode(&self) -> Result<Vec<u8>> {
        let format = if self.transforms { WITH_TRANSFORMS } else { BUCKET_FORMAT };
        let row = postcard::to_extend(self, vec![format]).map_err(|_| unreadable())?;
        postcard::to_extend(&self.encryption, row).map_err(|_| unreadable())
    }

    fn decode(value: &[u8]) -> Result<BucketRow> {
        let decoded = match value.split_first() {
            Some((format @ &(BUCKET_FORMAT | WITH_TRANSFORMS), record)) => postcard::take_from_bytes(record)
                .and_then(|(row, rest)| {
                    let transforms = *format == WITH_TRANSFORMS;
                    Ok(BucketRow { encryption: postcard::from_bytes(rest)?, transforms, ..row })
                }),
            Some((&WITHOUT_ENCRYPTION, record)) => postcard::from_bytes(record),
            // The oldest rows end before `mfa_delete` and `payer`. The two zeros are their
            // defaults: no second factor, and the owner pays.
            Some((&FORMAT, record)) => postcard::from_bytes(&[record, &[0, 0]].concat()),
            _ => return Err(unreadable()),
        };
        decoded.map_err(|_| unreadable())
    }
}

impl BucketRow {
    /// The setting of Object Ownership that holds.
    pub(crate) fn ownership(&self) -> ObjectOwnership {
        self.ownership.unwrap_or(ObjectOwnership::ObjectWriter)
    }

    /// The switches of Block Public Access.
    pub(crate) fn public_access(&self) -> PublicAccessBlock {
        self.public_access.unwrap_or_default()
    }

    /// Whether ACLs count.
    pub(crate) fn has_acls(&self) -> bool {
        self.ownership() != ObjectOwnership::BucketOwnerEnforced
    }

    /// Whether versions are deleted, and the versioning state changes, with a second factor only.
    pub(crate) fn takes_second_factor(&self) -> bool {
        self.mfa_delete == Some(MfaDelete::Enabled)
    }

    /// How new objects are sealed where the request does not say it, and what requests may not say.
    pub(crate) fn default_protection(&self) -> Option<DefaultProtection> {
        let BucketEncryption { key, bucket_key, blocks_sse_c } = &self.encryption;
        let master_key = match key {
            DefaultKey::SseS3 => None,
            DefaultKey::SseKms(name) => Some(name.as_deref().unwrap_or(AWS_MANAGED_ALIAS).to_owned()),
        };
        let says = master_key.is_some() || *bucket_key || *blocks_sse_c;
        says.then_some(DefaultProtection { master_key, bucket_key: *bucket_key, blocks_sse_c: *blocks_sse_c })
    }

    /// Whether more than ownership decides in the bucket.
    pub(crate) fn is_guarded(&self) -> bool {
        self.policy.is_some() || (self.holds_foreign && self.has_acls())
    }
}

/// The versioning state of a bucket:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// Never enabled: every version is the null version, a delete leaves nothing.
    #[default]
    Unversioned,
    /// Every write makes a version with an id of its own.
    Enabled,
    /// Writes replace the null version and leave versions with ids alone.
    Suspended,
}
