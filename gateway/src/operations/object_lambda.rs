//! Object Lambda access points in the API for the settings of an account (s3control): what requests
//! name, and their documents.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPointForObjectLambda.html>
//! and the operations beside it.

use super::OBJECT_LAMBDA;
use super::account_control::name_between;
use super::parameters::continuation_token;
use crate::bucket::object_lambda::{ObjectLambdaConfiguration, PAYLOAD_BYTES_MAX};
use crate::bucket::public_access_block::PublicAccessBlock;
use crate::errors::{ErrorCode, Result};
use crate::request::url_encoding::decode_path;
use crate::timestamp;
use crate::xml::{CONTROL_NAMESPACE, Element, XmlWriter};

/// The name of the Object Lambda access point that a path names. `InvalidURI` for a broken escape.
pub fn name_of(path: &str) -> Result<Option<String>> {
    let found = ["/policyStatus", "/policy", "/configuration", ""]
        .iter()
        .find_map(|end| name_between(path, OBJECT_LAMBDA, end));
    Ok(found.map(decode_path).transpose()?.map(std::borrow::Cow::into_owned))
}

/// The configuration in the document of CreateAccessPointForObjectLambda.
/// [Errors](ObjectLambdaConfiguration::of_element)
pub fn parse_creation(body: &[u8], region: &str, account: &str) -> Result<ObjectLambdaConfiguration> {
    parse_configuration_in(body, "CreateAccessPointForObjectLambdaRequest", region, account)
}

/// The same of PutAccessPointConfigurationForObjectLambda.
pub fn parse_configuration(body: &[u8], region: &str, account: &str) -> Result<ObjectLambdaConfiguration> {
    parse_configuration_in(body, "PutAccessPointConfigurationForObjectLambdaRequest", region, account)
}

fn parse_configuration_in(
    body: &[u8],
    root: &str,
    region: &str,
    account: &str,
) -> Result<ObjectLambdaConfiguration> {
    // One byte more is too long, and said to be.
    let root = Element::parse_long_texts(body, root, PAYLOAD_BYTES_MAX + 1)?;
    root.only(&["Configuration"])?;
    let own = root.child("Configuration").ok_or(ErrorCode::MalformedXML)?;
    ObjectLambdaConfiguration::of_element(own, region, account)
}

/// The policy in the document of PutAccessPointPolicyForObjectLambda. `MalformedXML`
pub fn parse_policy(body: &[u8]) -> Result<String> {
    let root = Element::parse_named(body, "PutAccessPointPolicyForObjectLambdaRequest")?;
    root.only(&["Policy"])?;
    Ok(root.exact("Policy")?.to_owned())
}

/// An Object Lambda access point, as documents show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShownObjectLambda<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its ARN.
    pub arn: &'a str,
    /// Its alias.
    pub alias: &'a str,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

impl ShownObjectLambda<'_> {
    /// The document of CreateAccessPointForObjectLambda.
    pub fn created(&self) -> String {
        let mut xml = document("CreateAccessPointForObjectLambdaResult");
        xml.text("ObjectLambdaAccessPointArn", self.arn);
        self.write_alias(&mut xml);
        xml.finish()
    }

    /// The document of GetAccessPointForObjectLambda. Public access is always blocked.
    pub fn document(&self) -> String {
        let mut xml = document("GetAccessPointForObjectLambdaResult");
        xml.text("Name", self.name);
        xml.open("PublicAccessBlockConfiguration");
        PublicAccessBlock::ALL.write(&mut xml);
        xml.close("PublicAccessBlockConfiguration");
        xml.text("CreationDate", &timestamp::iso8601(self.created_ms));
        self.write_alias(&mut xml);
        xml.finish()
    }

    fn write_alias(&self, xml: &mut XmlWriter) {
        xml.open("Alias");
        xml.text("Value", self.alias);
        // It works from the first moment on.
        xml.text("Status", "READY");
        xml.close("Alias");
    }
}

/// The document of ListAccessPointsForObjectLambda. `more` says whether there are more behind the
/// last one.
pub fn list_document(shown: &[ShownObjectLambda<'_>], more: bool) -> String {
    let mut xml = document("ListAccessPointsForObjectLambdaResult");
    xml.open("ObjectLambdaAccessPointList");
    for own in shown {
        xml.open("ObjectLambdaAccessPoint");
        xml.text("Name", own.name);
        xml.text("ObjectLambdaAccessPointArn", own.arn);
        own.write_alias(&mut xml);
        xml.close("ObjectLambdaAccessPoint");
    }
    xml.close("ObjectLambdaAccessPointList");
    if let Some(last) = shown.last().filter(|_| more) {
        xml.text("NextToken", &continuation_token(last.name));
    }
    xml.finish()
}

/// The document of GetAccessPointConfigurationForObjectLambda.
pub fn configuration_document(configuration: &ObjectLambdaConfiguration) -> String {
    let mut xml = document("GetAccessPointConfigurationForObjectLambdaResult");
    configuration.write(&mut xml);
    xml.finish()
}

/// The document of GetAccessPointPolicyForObjectLambda.
pub fn policy_document(policy: &str) -> String {
    let mut xml = document("GetAccessPointPolicyForObjectLambdaResult");
    xml.text("Policy", policy);
    xml.finish()
}

/// The document of GetAccessPointPolicyStatusForObjectLambda.
pub fn policy_status_document(is_public: bool) -> String {
    let mut xml = document("GetAccessPointPolicyStatusForObjectLambdaResult");
    xml.open("PolicyStatus");
    xml.boolean("IsPublic", is_public);
    xml.close("PolicyStatus");
    xml.finish()
}

fn document(root: &str) -> XmlWriter {
    XmlWriter::document_in(root, CONTROL_NAMESPACE)
}

#[cfg(test)]
mod tests;
