//! Block Public Access: four switches against public grants of ACLs and policies.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

use crate::bucket::acl::{Acl, PublicGrants};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::account::Account;
use crate::xml::{self, Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// The switches of a bucket. The order of the fields is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Requests that would grant something to the public by an ACL are refused.
    pub block_public_acls: bool,
    /// Grants of ACLs to the public do not count.
    pub ignore_public_acls: bool,
    /// Bucket policies that are public are refused.
    pub block_public_policy: bool,
    /// A bucket whose policy is public is open only to its own account and to services.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Everything is blocked.
    pub const ALL: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// Reads the document of PutPublicAccessBlock. A switch that is left out is off.
    /// `MalformedXML`.
    pub fn parse_document(body: &[u8]) -> Result<PublicAccessBlock> {
        let root = Element::parse_named(body, "PublicAccessBlockConfiguration")?;
        root.only(&["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"])?;
        let switch = |name| match root.word_of(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(S3Error::new(ErrorCode::MalformedXML)),
        };
        Ok(PublicAccessBlock {
            block_public_acls: switch("BlockPublicAcls")?,
            ignore_public_acls: switch("IgnorePublicAcls")?,
            block_public_policy: switch("BlockPublicPolicy")?,
            restrict_public_buckets: switch("RestrictPublicBuckets")?,
        })
    }

    /// A switch is on where it is on in one of the two.
    #[must_use]
    pub fn together_with(self, other: PublicAccessBlock) -> PublicAccessBlock {
        PublicAccessBlock {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }

    /// The document of GetPublicAccessBlock.
    pub fn document(self) -> String {
        self.document_in(xml::NAMESPACE)
    }

    /// The same in the namespace of the account's own API.
    pub fn account_document(self) -> String {
        self.document_in(xml::CONTROL_NAMESPACE)
    }

    fn document_in(self, namespace: &str) -> String {
        let mut xml = XmlWriter::document_in("PublicAccessBlockConfiguration", namespace);
        xml.boolean("BlockPublicAcls", self.block_public_acls);
        xml.boolean("IgnorePublicAcls", self.ignore_public_acls);
        xml.boolean("BlockPublicPolicy", self.block_public_policy);
        xml.boolean("RestrictPublicBuckets", self.restrict_public_buckets);
        xml.finish()
    }

    /// Whether grants of ACLs to the public count.
    pub fn public_grants(self) -> PublicGrants {
        if self.ignore_public_acls { PublicGrants::Ignored } else { PublicGrants::Count }
    }

    /// Checks an ACL that a request sets on a bucket or object of `owner`. `AccessDenied` for a
    /// public ACL where these are blocked.
    pub fn check_acl(self, acl: &Acl, owner: Account) -> Result<()> {
        let is_blocked = self.block_public_acls && acl.is_public_beside(owner);
        if is_blocked { Err(ErrorCode::AccessDenied.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
