//! Access control lists: who is granted what on a bucket or an object.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>. [`RequestedAcl`] is
//! an ACL as a request names it; [`Acl`] is one that is stored, with every grantee known.

mod canned;
mod document;
mod requested;

pub use canned::{Canned, Parties};
pub use document::{PrintedAccount, document};
pub use requested::{NamedGrantee, RequestedAcl, RequestedGrant};

use crate::identity::account::Account;
use crate::policy::AclGrant;
use serde::{Deserialize, Serialize};

/// Grants in one ACL.
pub const GRANTS_MAX: usize = 100;

/// What a grant permits. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Permission {
    /// Everything below.
    FullControl,
    /// List a bucket; read an object.
    Read,
    /// Create and delete objects in a bucket; nothing on an object.
    Write,
    /// Read the ACL.
    ReadAcp,
    /// Write the ACL.
    WriteAcp,
}

impl Permission {
    /// Every permission, in the order in which headers are read.
    pub const ALL: [Permission; 5] = [
        Permission::Read,
        Permission::Write,
        Permission::ReadAcp,
        Permission::WriteAcp,
        Permission::FullControl,
    ];

    /// As documents spell it: `READ_ACP`.
    pub fn name(self) -> &'static str {
        match self {
            Permission::FullControl => "FULL_CONTROL",
            Permission::Read => "READ",
            Permission::Write => "WRITE",
            Permission::ReadAcp => "READ_ACP",
            Permission::WriteAcp => "WRITE_ACP",
        }
    }

    /// The header that grants it.
    pub fn header(self) -> &'static str {
        match self {
            Permission::FullControl => "x-amz-grant-full-control",
            Permission::Read => "x-amz-grant-read",
            Permission::Write => "x-amz-grant-write",
            Permission::ReadAcp => "x-amz-grant-read-acp",
            Permission::WriteAcp => "x-amz-grant-write-acp",
        }
    }

    /// The permission that documents spell so.
    pub fn parse(name: &str) -> Option<Permission> {
        Permission::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// Whether holding this permission is holding `wanted`.
    pub fn covers(self, wanted: Permission) -> bool {
        self == Permission::FullControl || self == wanted
    }
}

/// A group that S3 knows beforehand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// Everybody.
    AllUsers,
    /// Every principal with an account.
    AuthenticatedUsers,
    /// The service that writes access logs.
    LogDelivery,
}

impl Group {
    const ALL: [Group; 3] = [Group::AllUsers, Group::AuthenticatedUsers, Group::LogDelivery];

    /// The group's name in documents.
    pub fn uri(self) -> &'static str {
        match self {
            Group::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
            Group::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
            Group::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
        }
    }

    /// The group of this name.
    pub fn parse(uri: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.uri() == uri)
    }

    /// Whether a grant to the group is one to the public:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
    pub fn is_public(self) -> bool {
        matches!(self, Group::AllUsers | Group::AuthenticatedUsers)
    }
}

/// To whom something is granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grantee {
    /// An account, with all its users.
    Account(Account),
    /// A group.
    Group(Group),
}

impl Grantee {
    /// Whether this is everybody, by any name: `anonymous` has a canonical id, too.
    pub fn is_public(self) -> bool {
        match self {
            Grantee::Account(account) => account == Account::ANONYMOUS,
            Grantee::Group(group) => group.is_public(),
        }
    }
}

/// One permission for one grantee.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

/// The grants of a bucket or an object, in the order given.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Acl {
    /// At most [`GRANTS_MAX`].
    pub grants: Vec<Grant>,
}

impl Acl {
    /// `FULL_CONTROL` for the owner, and nothing else: the default of new buckets and objects.
    pub fn private(owner: Account) -> Acl {
        Acl { grants: vec![full_control(owner)] }
    }

    /// Whether this is [`Acl::private`].
    pub fn is_private(&self, owner: Account) -> bool {
        self.grants == [full_control(owner)]
    }

    /// Whether anything is granted to the public.
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| grant.grantee.is_public())
    }

    /// Whether anything is granted to the public besides what the owner has anyway. What an
    /// `anonymous` request made is owned by everybody, so even its private ACL names the public.
    pub fn is_public_beside(&self, owner: Account) -> bool {
        self.grants.iter().any(|grant| grant.grantee.is_public() && *grant != full_control(owner))
    }

    /// How the ACL grants a permission: to an account, or to everybody where `account` is `None`.
    /// Grants to the public count only where `public` says so.
    pub fn grant_to(&self, account: Option<Account>, wanted: Permission, public: PublicGrants) -> AclGrant {
        let of = |grant: &Grant| match grant.grantee {
            grantee if grantee.is_public() && public == PublicGrants::Ignored => AclGrant::None,
            Grantee::Account(Account::ANONYMOUS) if account.is_none() => AclGrant::Everyone,
            Grantee::Account(grantee) if account == Some(grantee) => AclGrant::Account,
            Grantee::Group(Group::AllUsers) => AclGrant::Everyone,
            Grantee::Group(Group::AuthenticatedUsers) if account.is_some() => AclGrant::Everyone,
            Grantee::Account(_) | Grantee::Group(_) => AclGrant::None,
        };
        let mut best = AclGrant::None;
        for grant in self.grants.iter().filter(|grant| grant.permission.covers(wanted)) {
            best = match (best, of(grant)) {
                (AclGrant::Everyone, _) | (_, AclGrant::Everyone) => AclGrant::Everyone,
                (AclGrant::Account, _) | (_, AclGrant::Account) => AclGrant::Account,
                (AclGrant::None, AclGrant::None) => AclGrant::None,
            };
        }
        best
    }
}

/// Whether grants to the public count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PublicGrants {
    /// They do.
    Count,
    /// Block Public Access ignores them.
    Ignored,
}

fn full_control(owner: Account) -> Grant {
    Grant { grantee: Grantee::Account(owner), permission: Permission::FullControl }
}

#[cfg(test)]
mod tests;
