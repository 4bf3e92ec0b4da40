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
        PublicAccessBlock::of_element(&Element::parse_named(body, "PublicAccessBlockConfiguration")?)
    }

    /// Reads the element of such a document, which stands in others too. `MalformedXML`.
    pub fn of_element(root: &Element) -> Result<PublicAccessBlock> {
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
        self.write(&mut xml);
        xml.finish()
    }

    /// Writes the four switches.
    pub fn write(self, xml: &mut XmlWriter) {
        xml.boolean("BlockPublicAcls", self.block_public_acls);
        xml.boolean("IgnorePublicAcls", self.ignore_public_acls);
        xml.boolean("BlockPublicPolicy", self.block_public_policy);
        xml.boolean("RestrictPublicBuckets", self.restrict_public_buckets);
    }

    /// Whether grants of ACLs to the public count.
    pub fn public_grants(self) -> PublicGrants {
        if self.ignore_public_acls { PublicGrants::Ignored } else { PublicGrants::Count }
    }

    /// Whether a request may not set an ACL on a bucket or object of `owner`: a public one, where
    /// these are blocked.
    pub fn blocks_acl(self, acl: &Acl, owner: Account) -> bool {
        self.block_public_acls && acl.is_public_beside(owner)
    }
}

/// One of the four.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockSwitch {
    /// [`PublicAccessBlock::block_public_acls`]
    BlockPublicAcls,
    /// [`PublicAccessBlock::ignore_public_acls`]
    IgnorePublicAcls,
    /// [`PublicAccessBlock::block_public_policy`]
    BlockPublicPolicy,
    /// [`PublicAccessBlock::restrict_public_buckets`]
    RestrictPublicBuckets,
}

impl BlockSwitch {
    /// Its element in documents.
    pub fn name(self) -> &'static str {
        match self {
            BlockSwitch::BlockPublicAcls => "BlockPublicAcls",
            BlockSwitch::IgnorePublicAcls => "IgnorePublicAcls",
            BlockSwitch::BlockPublicPolicy => "BlockPublicPolicy",
            BlockSwitch::RestrictPublicBuckets => "RestrictPublicBuckets",
        }
    }

    /// The switch itself.
    fn of(self, block: &mut PublicAccessBlock) -> &mut bool {
        match self {
            BlockSwitch::BlockPublicAcls => &mut block.block_public_acls,
            BlockSwitch::IgnorePublicAcls => &mut block.ignore_public_acls,
            BlockSwitch::BlockPublicPolicy => &mut block.block_public_policy,
            BlockSwitch::RestrictPublicBuckets => &mut block.restrict_public_buckets,
        }
    }
}

/// What is blocked in a bucket, by whom: what counts is all together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BlockLevels {
    /// The bucket's own switches.
    pub bucket: PublicAccessBlock,
    /// Those of its owner's account, for all of its buckets.
    pub account: PublicAccessBlock,
    /// Those of the access point by which a request comes.
    pub access_point: PublicAccessBlock,
}

impl BlockLevels {
    /// All together.
    pub fn together(self) -> PublicAccessBlock {
        self.bucket.together_with(self.account).together_with(self.access_point)
    }

    /// The levels at which a switch is on, each with the command that turns it off and leaves the
    /// others as they are.
    pub fn commands(self, switch: BlockSwitch, bucket: &str, owner: Account) -> Vec<(&'static str, String)> {
        let command = |start: String, mut block: PublicAccessBlock| {
            let own = switch.of(&mut block);
            std::mem::take(own).then(|| {
                let PublicAccessBlock {
                    block_public_acls,
                    ignore_public_acls,
                    block_public_policy,
                    restrict_public_buckets,
                } = block;
                format!(
                    "{start} --public-access-block-configuration \
                     BlockPublicAcls={block_public_acls},IgnorePublicAcls={ignore_public_acls},\
                     BlockPublicPolicy={block_public_policy},RestrictPublicBuckets={restrict_public_buckets}"
                )
            })
        };
        let of_bucket = command(format!("aws s3api put-public-access-block --bucket {bucket}"), self.bucket);
        let of_account =
            command(format!("aws s3control put-public-access-block --account-id {owner}"), self.account);
        let mut of_access_point = self.access_point;
        let of_access_point = std::mem::take(switch.of(&mut of_access_point)).then(|| {
            "nothing: it is set when an access point is made, so a new access point is needed".to_owned()
        });
        [("bucket", of_bucket), ("account", of_account), ("access point", of_access_point)]
            .into_iter()
            .filter_map(|(level, command)| Some((level, command?)))
            .collect()
    }
}

/// `AccessDenied`, in the words of S3: a public ACL or policy that Block Public Access does not let
/// in. `who` is the ARN of the principal; one of another account is told nothing more.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html>
pub fn blocked(who: Option<&str>, action: &str, resource: &str, switch: BlockSwitch) -> S3Error {
    let error = S3Error::new(ErrorCode::AccessDenied);
    let Some(who) = who else { return error };
    let (what, name) = match switch {
        BlockSwitch::BlockPublicPolicy => ("public policies", switch.name()),
        _ => ("public access control lists (ACLs)", switch.name()),
    };
    error.message(format!(
        "User: {who} is not authorized to perform: {action} on resource: \"{resource}\" because {what} are blocked by \
         the {name} block public access setting."
    ))
}

#[cfg(test)]
mod tests;
