//! Canned ACLs:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>

use super::{Acl, Grant, Grantee, Group, Permission, full_control};
use crate::errors::{Result, S3Error};
use crate::identity::account::Account;

/// A predefined ACL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "AWS documents each under its name")]
pub enum Canned {
    Private,
    PublicRead,
    PublicReadWrite,
    AwsExecRead,
    AuthenticatedRead,
    BucketOwnerRead,
    BucketOwnerFullControl,
    LogDeliveryWrite,
}

/// The accounts that a canned ACL can mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parties {
    /// The owner of the bucket or object that has the ACL.
    pub owner: Account,
    /// The owner of the bucket, for the ACL of an object; `None` for the ACL of a bucket.
    pub bucket_owner: Option<Account>,
}

impl Canned {
    const ALL: [(&'static str, Canned); 8] = [
        ("private", Canned::Private),
        ("public-read", Canned::PublicRead),
        ("public-read-write", Canned::PublicReadWrite),
        ("aws-exec-read", Canned::AwsExecRead),
        ("authenticated-read", Canned::AuthenticatedRead),
        ("bucket-owner-read", Canned::BucketOwnerRead),
        ("bucket-owner-full-control", Canned::BucketOwnerFullControl),
        ("log-delivery-write", Canned::LogDeliveryWrite),
    ];

    /// Reads `x-amz-acl`. `InvalidArgument` for an unknown name.
    pub fn parse(name: &str) -> Result<Canned> {
        let found = Canned::ALL.into_iter().find(|(candidate, _)| *candidate == name);
        found.map(|(_, canned)| canned).ok_or_else(|| S3Error::invalid_argument("x-amz-acl", name, ""))
    }

    /// The grants that it stands for. Groups come first. For the ACL of a bucket itself, grants to
    /// the owner of the bucket are left out.
    pub fn expand(self, parties: Parties) -> Acl {
        let group = |group, permission| Grant { grantee: Grantee::Group(group), permission };
        let mut grants = match self {
            Canned::PublicRead => vec![group(Group::AllUsers, Permission::Read)],
            Canned::PublicReadWrite => {
                vec![group(Group::AllUsers, Permission::Read), group(Group::AllUsers, Permission::Write)]
            }
            Canned::AuthenticatedRead => vec![group(Group::AuthenticatedUsers, Permission::Read)],
            Canned::LogDeliveryWrite => vec![
                group(Group::LogDelivery, Permission::Write),
                group(Group::LogDelivery, Permission::ReadAcp),
            ],
            Canned::Private
            | Canned::AwsExecRead
            | Canned::BucketOwnerRead
            | Canned::BucketOwnerFullControl => Vec::new(),
        };
        grants.push(full_control(parties.owner));
        let bucket_owner = parties.bucket_owner.filter(|bucket_owner| *bucket_owner != parties.owner);
        let permission = match self {
            Canned::BucketOwnerRead => Some(Permission::Read),
            Canned::BucketOwnerFullControl => Some(Permission::FullControl),
            _ => None,
        };
        if let (Some(account), Some(permission)) = (bucket_owner, permission) {
            grants.push(Grant { grantee: Grantee::Account(account), permission });
        }
        Acl { grants }
    }
}
