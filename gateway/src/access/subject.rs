//! What an action is decided on: a bucket, an object, an upload.

use crate::bucket::acl::Acl;
use crate::bucket::object_ownership::ObjectOwnership;
use crate::bucket::public_access_block::{BlockLevels, PublicAccessBlock};
use crate::bucket::request_payment::Payer;
use crate::identity::account::Account;
use crate::policy::Policy;
use std::rc::Rc;

/// A bucket: what decides on who may use it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Account,
    /// Who owns objects that others write into it.
    pub ownership: ObjectOwnership,
    /// What the bucket blocks, together with what its owner's account blocks for all buckets.
    pub public_access: PublicAccessBlock,
    /// The same, each level alone: for explanations.
    pub block_levels: BlockLevels,
    /// Its own ACL; without effect where ACLs are disabled.
    pub acl: Acl,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// Who is charged for requests.
    pub payer: Payer,
}

/// An object: what decides on who may use it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Who owns it.
    pub owner: Account,
    /// Its ACL; without effect where ACLs are disabled.
    pub acl: Acl,
}

/// What an action is decided on.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The bucket.
    Bucket,
    /// A key, whatever is there: to write it or to delete it.
    Key(&'a str),
    /// An object that the request itself is about to make.
    Created(&'a str),
    /// An object that has to be there; `None` where it is not.
    Object(&'a str, Option<&'a Object>),
    /// An upload: its key, and the account that initiated it.
    Upload(&'a str, Option<Account>),
}

impl<'a> Subject<'a> {
    pub(super) fn key(self) -> Option<&'a str> {
        match self {
            Subject::Bucket => None,
            Subject::Key(key) | Subject::Created(key) | Subject::Object(key, _) | Subject::Upload(key, _) => {
                Some(key)
            }
        }
    }
}
