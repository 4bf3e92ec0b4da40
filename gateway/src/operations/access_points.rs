//! Access points in the API for the settings of an account (s3control): what requests name, and
//! their documents.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html> and the
//! operations beside it.

use super::account_control::name_between;
use super::parameters::{continuation_token, position_of_token};
use super::{ACCESS_POINT, TAGS};
use crate::bucket::public_access_block::PublicAccessBlock;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::object::tagging::{TagSet, Tagged, Tags};
use crate::request::query::Query;
use crate::request::url_encoding::decode_path;
use crate::timestamp;
use crate::xml::{CONTROL_NAMESPACE, Element, XmlWriter};

/// Access points of a page, at most and where the client does not say.
pub const PAGE_MAX: u32 = 1000;
/// Bytes of the id of a network.
const NETWORK_BYTES_MAX: usize = 1024;

/// The name of the access point that a path names. `InvalidURI` for a broken escape.
pub fn name_of(path: &str) -> Result<Option<String>> {
    let found = ["/policyStatus", "/policy", "/scope", ""]
        .iter()
        .find_map(|end| name_between(path, ACCESS_POINT, end));
    Ok(found.map(decode_path).transpose()?.map(std::borrow::Cow::into_owned))
}

/// The ARN of the resource whose tags a path names. `InvalidURI` for a broken escape.
pub fn tagged_arn(path: &str) -> Result<Option<String>> {
    let found = path.strip_prefix(TAGS).map(decode_path);
    Ok(found.transpose()?.map(std::borrow::Cow::into_owned))
}

/// The document of CreateAccessPoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Create {
    /// The bucket.
    pub bucket: String,
    /// The account that owns it, where the request says so.
    pub bucket_account: Option<String>,
    /// The network from which alone the access point is reached: `vpc-1a2b3c4d`.
    pub network: Option<String>,
    /// Block Public Access, where the request says something about it.
    pub public_access: Option<PublicAccessBlock>,
    /// The tags.
    pub tags: Tags,
}

impl Create {
    /// Reads the document. `MalformedXML`, `InvalidTag`; `InvalidRequest` for a scope, which only
    /// access points of directory buckets have, and for what is no id of a network.
    pub fn parse(body: &[u8]) -> Result<Create> {
        let root = Element::parse_named(body, "CreateAccessPointRequest")?;
        root.only(&[
            "Bucket",
            "VpcConfiguration",
            "PublicAccessBlockConfiguration",
            "BucketAccountId",
            "Scope",
            "Tags",
        ])?;
        if root.child("Scope").is_some() {
            return Err(no_scope());
        }
        let network = match root.child("VpcConfiguration") {
            None => None,
            Some(own) => Some(network(own.required("VpcId")?)?),
        };
        let tags = root.child("Tags").map(|list| TagSet::parse_list(list, Tagged::Bucket)).transpose()?;
        Ok(Create {
            bucket: root.required("Bucket")?.to_owned(),
            bucket_account: root.word_of("BucketAccountId").map(str::to_owned),
            network,
            public_access: root
                .child("PublicAccessBlockConfiguration")
                .map(PublicAccessBlock::of_element)
                .transpose()?,
            tags: tags.unwrap_or_default().tags,
        })
    }
}

fn network(id: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_id = id.strip_prefix("vpc-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain));
    match is_id && id.len() <= NETWORK_BYTES_MAX {
        true => Ok(id.to_owned()),
        false => Err(S3Error::invalid_request("The specified VPC ID is not valid.")),
    }
}

/// The refusal of everything about scopes. Those of access points of general purpose buckets have
/// none. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutAccessPointScope.html>
pub fn no_scope() -> S3Error {
    S3Error::invalid_request("Access point scope is only supported for access points of directory buckets.")
}

/// The policy in the document of PutAccessPointPolicy. `MalformedXML`
pub fn parse_policy(body: &[u8]) -> Result<String> {
    let root = Element::parse_named(body, "PutAccessPointPolicyRequest")?;
    root.only(&["Policy"])?;
    Ok(root.exact("Policy")?.to_owned())
}

/// The tags in the document of TagResource. `MalformedXML`, `InvalidTag`
pub fn parse_tags(body: &[u8]) -> Result<Tags> {
    let root = Element::parse_named(body, "TagResourceRequest")?;
    root.only(&["Tags"])?;
    let list = root.child("Tags").ok_or(ErrorCode::MalformedXML)?;
    Ok(TagSet::parse_list(list, Tagged::Bucket)?.tags)
}

/// The keys in the query of UntagResource.
pub fn untagged(query: &Query) -> Vec<String> {
    query.iter().filter(|(name, _)| *name == "tagKeys").map(|(_, key)| key.to_owned()).collect()
}

/// Tags with others added, which replace those of their keys. `InvalidTag` for more than 50.
pub fn add_tags(tags: &mut Tags, added: Tags) -> Result<()> {
    for (key, value) in added {
        match tags.binary_search_by(|(own, _)| own.cmp(&key)) {
            Ok(at) => {
                if let Some(own) = tags.get_mut(at) {
                    own.1 = value;
                }
            }
            Err(at) => tags.insert(at, (key, value)),
        }
    }
    match tags.len() <= TAGS_MAX {
        true => Ok(()),
        false => Err(S3Error::new(ErrorCode::BadRequest).message("A resource has at most 50 tags")),
    }
}

/// Tags of an access point.
const TAGS_MAX: usize = 50;

/// The parameters of ListAccessPoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// Only those of this bucket.
    pub bucket: Option<String>,
    /// Only those whose names come after this one.
    pub after: String,
    /// The most that a page holds.
    pub max: u32,
}

impl List {
    /// Reads the parameters. `InvalidRequest` for a number of results out of its range and for a
    /// token that was not given out.
    pub fn parse(query: &Query) -> Result<List> {
        let max = match query.get_non_empty("maxResults") {
            None => PAGE_MAX,
            Some(text) => text
                .parse()
                .ok()
                .filter(|max| *max <= PAGE_MAX)
                .ok_or_else(|| S3Error::invalid_request("maxResults must be between 0 and 1000."))?,
        };
        let after = match query.get_non_empty("nextToken") {
            None => String::new(),
            Some(token) => position_of_token(token)
                .ok_or_else(|| S3Error::invalid_request("The specified nextToken is not valid."))?,
        };
        Ok(List { bucket: query.get_non_empty("bucket").map(str::to_owned), after, max })
    }
}

/// An access point, as documents show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown<'a> {
    /// Its name.
    pub name: &'a str,
    /// The bucket.
    pub bucket: &'a str,
    /// The account that owns the bucket.
    pub bucket_account: &'a str,
    /// The network from which alone it is reached.
    pub network: Option<&'a str>,
    /// Block Public Access.
    pub public_access: PublicAccessBlock,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// Its alias.
    pub alias: &'a str,
    /// Its ARN.
    pub arn: &'a str,
}

impl Shown<'_> {
    fn write_start(&self, xml: &mut XmlWriter) {
        xml.text("Name", self.name);
        if let Some(network) = self.network {
            xml.text("NetworkOrigin", "VPC");
            xml.open("VpcConfiguration");
            xml.text("VpcId", network);
            xml.close("VpcConfiguration");
        } else {
            xml.text("NetworkOrigin", "Internet");
        }
    }

    /// The document of CreateAccessPoint.
    pub fn created(&self) -> String {
        let mut xml = document("CreateAccessPointResult");
        xml.text("AccessPointArn", self.arn);
        xml.text("Alias", self.alias);
        xml.finish()
    }

    /// The document of GetAccessPoint. `endpoints` are the names of hosts by kind.
    pub fn document(&self, endpoints: &[(&str, String)]) -> String {
        let mut xml = document("GetAccessPointResult");
        self.write_start(&mut xml);
        xml.text("Bucket", self.bucket);
        xml.open("PublicAccessBlockConfiguration");
        self.public_access.write(&mut xml);
        xml.close("PublicAccessBlockConfiguration");
        xml.text("CreationDate", &timestamp::iso8601(self.created_ms));
        xml.text("Alias", self.alias);
        xml.text("AccessPointArn", self.arn);
        xml.open("Endpoints");
        for (kind, host) in endpoints {
            xml.open("entry");
            xml.text("key", kind);
            xml.text("value", host);
            xml.close("entry");
        }
        xml.close("Endpoints");
        xml.text("BucketAccountId", self.bucket_account);
        xml.finish()
    }

    fn write_listed(&self, xml: &mut XmlWriter) {
        xml.open("AccessPoint");
        self.write_start(xml);
        xml.text("Bucket", self.bucket);
        xml.text("AccessPointArn", self.arn);
        xml.text("Alias", self.alias);
        xml.text("BucketAccountId", self.bucket_account);
        xml.close("AccessPoint");
    }
}

/// The document of ListAccessPoints. `more` says whether there are more behind the last one.
pub fn list_document(shown: &[Shown<'_>], more: bool) -> String {
    let mut xml = document("ListAccessPointsResult");
    xml.open("AccessPointList");
    shown.iter().for_each(|own| own.write_listed(&mut xml));
    xml.close("AccessPointList");
    if let Some(last) = shown.last().filter(|_| more) {
        xml.text("NextToken", &continuation_token(last.name));
    }
    xml.finish()
}

/// The document of GetAccessPointPolicy.
pub fn policy_document(policy: &str) -> String {
    let mut xml = document("GetAccessPointPolicyResult");
    xml.text("Policy", policy);
    xml.finish()
}

/// The document of GetAccessPointPolicyStatus.
pub fn policy_status_document(is_public: bool) -> String {
    let mut xml = document("GetAccessPointPolicyStatusResult");
    xml.open("PolicyStatus");
    xml.boolean("IsPublic", is_public);
    xml.close("PolicyStatus");
    xml.finish()
}

/// The document of ListTagsForResource.
pub fn tags_document(tags: &Tags) -> String {
    let mut xml = document("ListTagsForResourceResult");
    xml.open("Tags");
    for (key, value) in tags {
        xml.open("Tag");
        xml.text("Key", key);
        xml.text("Value", value);
        xml.close("Tag");
    }
    xml.close("Tags");
    xml.finish()
}

fn document(root: &str) -> XmlWriter {
    XmlWriter::document_in(root, CONTROL_NAMESPACE)
}

#[cfg(test)]
mod tests;
