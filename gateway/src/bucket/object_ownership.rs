//! Object Ownership: who owns objects that others write into a bucket, and whether its ACLs count.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use crate::bucket::acl::{Acl, Canned, Parties, RequestedAcl};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::account::Account;
use crate::request::headers::Headers;
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// The setting of a bucket. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum ObjectOwnership {
    /// The bucket's owner owns everything; ACLs have no effect and cannot be changed.
    #[default]
    BucketOwnerEnforced,
    /// An object that is written with the ACL `bucket-owner-full-control` belongs to the bucket's
    /// owner, every other object to its writer.
    BucketOwnerPreferred,
    /// An object belongs to the account that writes it. The same holds for a bucket without
    /// ownership controls.
    ObjectWriter,
}

impl ObjectOwnership {
    const ALL: [ObjectOwnership; 3] = [
        ObjectOwnership::BucketOwnerEnforced,
        ObjectOwnership::BucketOwnerPreferred,
        ObjectOwnership::ObjectWriter,
    ];

    /// As documents, headers and settings spell it.
    pub fn name(self) -> &'static str {
        match self {
            ObjectOwnership::BucketOwnerEnforced => "BucketOwnerEnforced",
            ObjectOwnership::BucketOwnerPreferred => "BucketOwnerPreferred",
            ObjectOwnership::ObjectWriter => "ObjectWriter",
        }
    }

    /// The setting of this name.
    pub fn parse(name: &str) -> Option<ObjectOwnership> {
        ObjectOwnership::ALL.into_iter().find(|ownership| ownership.name() == name)
    }

    /// Reads `x-amz-object-ownership`. `InvalidArgument` for an unknown setting.
    pub fn of_headers(headers: &Headers) -> Result<Option<ObjectOwnership>> {
        let Some(name) = headers.get("x-amz-object-ownership") else { return Ok(None) };
        match ObjectOwnership::parse(name) {
            Some(ownership) => Ok(Some(ownership)),
            None => {
                let message = format!("Invalid x-amz-object-ownership header: {name}");
                Err(S3Error::new(ErrorCode::InvalidArgument)
                    .message(message)
                    .detail("ArgumentName", "x-amz-object-ownership"))
            }
        }
    }

    /// Reads the document of PutBucketOwnershipControls. `MalformedXML` unless it has one rule with
    /// one setting.
    pub fn parse_document(body: &[u8]) -> Result<ObjectOwnership> {
        let root = Element::parse_named(body, "OwnershipControls")?;
        root.only(&["Rule"])?;
        let [rule] = root.children.as_slice() else { return Err(ErrorCode::MalformedXML.into()) };
        rule.only(&["ObjectOwnership"])?;
        Ok(ObjectOwnership::parse(rule.required("ObjectOwnership")?).ok_or(ErrorCode::MalformedXML)?)
    }

    /// The document of GetBucketOwnershipControls.
    pub fn document(self) -> String {
        let mut xml = XmlWriter::document("OwnershipControls");
        xml.open("Rule");
        xml.text("ObjectOwnership", self.name());
        xml.close("Rule");
        xml.finish()
    }

    /// The owner of a new object that `writer` writes.
    pub fn owner_of_new(self, requested: &RequestedAcl, writer: Account, bucket_owner: Account) -> Account {
        match self {
            ObjectOwnership::BucketOwnerEnforced => bucket_owner,
            ObjectOwnership::BucketOwnerPreferred
                if *requested == RequestedAcl::Canned(Canned::BucketOwnerFullControl) =>
            {
                bucket_owner
            }
            ObjectOwnership::BucketOwnerPreferred | ObjectOwnership::ObjectWriter => writer,
        }
    }

    /// The setting of a new bucket with the requested setting `wanted`, on a server with this
    /// default.
    ///
    /// Where the default disables ACLs, the ACL `private` enables them: S3 makes such a bucket with
    /// `BucketOwnerPreferred` (versity/versitygw issue 1869). Clients that send this ACL with a
    /// bucket send it with every object, too.
    pub fn of_new_bucket(self, wanted: Option<ObjectOwnership>, requested: &RequestedAcl) -> ObjectOwnership {
        match (wanted, self, requested) {
            (Some(wanted), _, _) => wanted,
            (None, ObjectOwnership::BucketOwnerEnforced, RequestedAcl::Canned(Canned::Private)) => {
                ObjectOwnership::BucketOwnerPreferred
            }
            (None, default, _) => default,
        }
    }

    /// Checks the ACL of an object that `writer` writes. Besides what
    /// [`ObjectOwnership::check_object_acl`] takes, the account of the bucket's owner may say
    /// `private` where ACLs are disabled, because the ACL would be the same. S3 was seen to take it
    /// from this account and to refuse it from every other one (thephpleague/flysystem issue 1874).
    pub fn check_new_object_acl(
        self,
        requested: &RequestedAcl,
        writer: Account,
        bucket_owner: Account,
        find: impl Fn(&crate::bucket::acl::NamedGrantee) -> Option<Account>,
    ) -> Result<()> {
        if writer == bucket_owner && *requested == RequestedAcl::Canned(Canned::Private) {
            return Ok(());
        }
        self.check_object_acl(requested, bucket_owner, find)
    }

    /// Checks the ACL of a request about an object: where ACLs are disabled, only one that leaves
    /// everything to the bucket's owner is taken. `AccessControlListNotSupported` otherwise.
    pub fn check_object_acl(
        self,
        requested: &RequestedAcl,
        bucket_owner: Account,
        find: impl Fn(&crate::bucket::acl::NamedGrantee) -> Option<Account>,
    ) -> Result<()> {
        if self != ObjectOwnership::BucketOwnerEnforced {
            return Ok(());
        }
        let harmless = match requested {
            RequestedAcl::Default | RequestedAcl::Canned(Canned::BucketOwnerFullControl) => true,
            RequestedAcl::Canned(_) => false,
            RequestedAcl::Grants(_) | RequestedAcl::Document { .. } => {
                let parties = Parties { owner: bucket_owner, bucket_owner: Some(bucket_owner) };
                requested.resolve(parties, find)?.is_private(bucket_owner)
            }
        };
        if harmless { Ok(()) } else { Err(ErrorCode::AccessControlListNotSupported.into()) }
    }

    /// Checks the ACL of a bucket that has, or is about to have, this setting.
    /// `InvalidBucketAclWithObjectOwnership` when ACLs are disabled and it grants something to
    /// others.
    pub fn check_bucket_acl(self, acl: &Acl, owner: Account) -> Result<()> {
        if self == ObjectOwnership::BucketOwnerEnforced && !acl.is_private(owner) {
            return Err(ErrorCode::InvalidBucketAclWithObjectOwnership.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
