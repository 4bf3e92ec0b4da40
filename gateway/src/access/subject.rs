//! What an action is asked on: a bucket, an object, an upload.

use crate::bucket::acl::Acl;
use crate::bucket::object_ownership::ObjectOwnership;
use crate::bucket::public_access_block::PublicAccessBlock;
use crate::bucket::request_payment::Payer;
use crate::identity::account::Account;
use crate::policy::Policy;
use std::rc::Rc;

/// A bucket, as far as it says who may use it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Account,
    /// Who owns what others write into it.
    pub ownership: ObjectOwnership,
    /// What it blocks, or its owner's account does for all of its buckets.
    pub public_access: PublicAccessBlock,
    /// Its own ACL; without effect where ACLs are disabled.
    pub acl: Acl,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// Who is charged for requests.
    pub payer: Payer,
}

/// An object, as far as it says who may use it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Who owns it.
    pub owner: Account,
    /// Its ACL; without effect where ACLs are disabled.
    pub acl: Acl,
}

/// What an action is asked on.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The bucket.
    Bucket,
    /// A key, whatever is there: to write it or to delete it.
    Key(&'a str),
    /// What the request is about to make itself.
    Created(&'a str),
    /// What has to be there: an object, or none.
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
