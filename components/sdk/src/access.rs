//! Who may use what, from the words of the library to those of the contract and back.
//!
//! `storage` tells `policy` these things. Only this module converts them.

use gateway::bucket::acl::{self, Acl};
use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::bucket::request_payment::Payer;
use gateway::identity::account::Account;

use crate::contract::access::{self, Grant, Grantee};

/// The lines of an ACL, in the words of the contract.
pub fn grants(acl: &Acl) -> Vec<Grant> {
    let line = |grant: &acl::Grant| Grant {
        grantee: match grant.grantee {
            acl::Grantee::Account(account) => Grantee::Account(account.to_string()),
            acl::Grantee::Group(group) => Grantee::Group(group.into()),
        },
        permission: grant.permission.into(),
    };
    acl.grants.iter().map(line).collect()
}

/// The ACL of such lines. A line whose grantee is no account is left out: it grants nothing.
pub fn acl(grants: &[Grant]) -> Acl {
    let line = |grant: &Grant| {
        let grantee = match &grant.grantee {
            Grantee::Account(account) => acl::Grantee::Account(Account::parse(account)?),
            Grantee::Group(group) => acl::Grantee::Group((*group).into()),
        };
        Some(acl::Grant { grantee, permission: grant.permission.into() })
    };
    Acl { grants: grants.iter().filter_map(line).collect() }
}

/// Implements `From` both ways between two enums with the same variants.
macro_rules! alike {
    ($ours:ty, $theirs:ty: $($variant:ident),+) => {
        impl From<$ours> for $theirs {
            fn from(ours: $ours) -> $theirs {
                match ours {
                    $(<$ours>::$variant => <$theirs>::$variant),+
                }
            }
        }
        impl From<$theirs> for $ours {
            fn from(theirs: $theirs) -> $ours {
                match theirs {
                    $(<$theirs>::$variant => <$ours>::$variant),+
                }
            }
        }
    };
}

alike!(acl::Group, access::Group: AllUsers, AuthenticatedUsers, LogDelivery);
alike!(acl::Permission, access::Permission: FullControl, Read, Write, ReadAcp, WriteAcp);
alike!(ObjectOwnership, access::ObjectOwnership: BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter);
alike!(Payer, access::Payer: BucketOwner, Requester);

impl From<PublicAccessBlock> for access::PublicAccessBlock {
    fn from(block: PublicAccessBlock) -> access::PublicAccessBlock {
        let PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = block;
        access::PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        }
    }
}

impl From<access::PublicAccessBlock> for PublicAccessBlock {
    fn from(block: access::PublicAccessBlock) -> PublicAccessBlock {
        let access::PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = block;
        PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        }
    }
}

#[cfg(test)]
mod tests;
