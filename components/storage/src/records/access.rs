//! Who may use a bucket or an object, as rows hold it.

use gateway::bucket::acl::{self, Permission};
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::identity::account::Account;
use serde::{Deserialize, Serialize};

use super::plain_record;

/// An ACL. It takes one byte where only the owner is granted something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Acl {
    /// `FULL_CONTROL` for the owner.
    #[default]
    Private,
    /// These, in the order given; at most 100.
    Grants(Vec<Grant>),
}

/// One grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    grantee: Grantee,
    permission: Permission,
}

/// The order of the variants is part of the storage format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Grantee {
    Account(Account),
    AllUsers,
    AuthenticatedUsers,
    LogDelivery,
}

/// The row of an account in `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    /// What it blocks in all of its buckets.
    pub(crate) public_access: Option<PublicAccessBlock>,
}

/// The row of a bucket in `policies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyRow {
    /// The document as it was sent.
    pub(crate) text: String,
}

plain_record!(AccountRow, PolicyRow);

impl Acl {
    /// The record of an ACL, of an object or bucket that `owner` owns.
    pub(crate) fn of(acl: &acl::Acl, owner: Account) -> Acl {
        if acl.is_private(owner) {
            return Acl::Private;
        }
        let grants = acl
            .grants
            .iter()
            .map(|grant| Grant { grantee: grant.grantee.into(), permission: grant.permission });
        Acl::Grants(grants.collect())
    }

    /// The ACL, of an object or bucket that `owner` owns.
    pub(crate) fn to_acl(&self, owner: Account) -> acl::Acl {
        let Acl::Grants(grants) = self else { return acl::Acl::private(owner) };
        let grants = grants
            .iter()
            .map(|grant| acl::Grant { grantee: grant.grantee.into(), permission: grant.permission });
        acl::Acl { grants: grants.collect() }
    }
}

impl From<acl::Grantee> for Grantee {
    fn from(grantee: acl::Grantee) -> Grantee {
        match grantee {
            acl::Grantee::Account(account) => Grantee::Account(account),
            acl::Grantee::Group(acl::Group::AllUsers) => Grantee::AllUsers,
            acl::Grantee::Group(acl::Group::AuthenticatedUsers) => Grantee::AuthenticatedUsers,
            acl::Grantee::Group(acl::Group::LogDelivery) => Grantee::LogDelivery,
        }
    }
}

impl From<Grantee> for acl::Grantee {
    fn from(grantee: Grantee) -> acl::Grantee {
        match grantee {
            Grantee::Account(account) => acl::Grantee::Account(account),
            Grantee::AllUsers => acl::Grantee::Group(acl::Group::AllUsers),
            Grantee::AuthenticatedUsers => acl::Grantee::Group(acl::Group::AuthenticatedUsers),
            Grantee::LogDelivery => acl::Grantee::Group(acl::Group::LogDelivery),
        }
    }
}
