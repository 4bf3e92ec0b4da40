//! Rules of a bucket about transforms: which functions change what is read, and what is stored.
//!
//! S3 has no such rules: a function there needs an Object Lambda access point
//! (docs/transforms.md).

pub mod row;

use super::object_lambda::{Transformer, transformer_of};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::account::Account;
use crate::request::query::Query;
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// Rules of one bucket.
const RULES_MAX: usize = 100;
/// Characters of a rule's id.
const ID_LENGTH_MAX: usize = 255;
/// Functions of one rule, one after the other.
const FUNCTIONS_MAX: usize = 8;
/// Bytes of what a rule hands to its functions.
const PAYLOAD_BYTES_MAX: usize = 16 << 10;
/// Bytes of a prefix, which is the beginning of a key, and of a parameter.
const PREFIX_BYTES_MAX: usize = 1024;
const PARAMETER_BYTES_MAX: usize = 128;
/// Characters of an unknown element's name that are shown.
const SHOWN_LENGTH_MAX: usize = 64;

/// When a rule applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum When {
    /// An object is read: GetObject and HeadObject.
    Read,
    /// An object is written: PutObject, PostObject, CopyObject and CompleteMultipartUpload.
    Write,
}

impl When {
    /// What documents call it.
    pub fn name(self) -> &'static str {
        match self {
            When::Read => "GetObject",
            When::Write => "PutObject",
        }
    }

    fn parse(name: &str) -> Option<When> {
        [When::Read, When::Write].into_iter().find(|when| when.name() == name)
    }
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransformRule {
    /// Its id, which the owner of the bucket chose.
    pub id: Option<String>,
    /// When it applies.
    pub when: When,
    /// How keys begin that it applies to.
    pub prefix: String,
    /// The parameter of the URL without which it does not apply.
    pub parameter: Option<String>,
    /// The ARNs of functions, in the order in which they run.
    pub functions: Vec<String>,
    /// What is handed to them.
    pub payload: String,
}

/// The rules of a bucket. The first that fits a request is the only one that counts.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransformRules {
    /// 1 to 100 of them.
    pub rules: Vec<TransformRule>,
}

impl TransformRules {
    /// The rule that counts for a request.
    pub fn find(&self, when: When, key: &str, query: &Query) -> Option<&TransformRule> {
        self.rules.iter().find(|rule| {
            rule.when == when
                && key.starts_with(&rule.prefix)
                && rule.parameter.as_deref().is_none_or(|name| query.has(name))
        })
    }

    /// The ARNs of all functions that they name.
    pub fn functions(&self) -> impl Iterator<Item = &String> {
        self.rules.iter().flat_map(|rule| &rule.functions)
    }

    /// Reads the body of PutBucketTransforms, for a bucket of an account.
    ///
    /// `MalformedXML` against the schema. `InvalidArgument` for a function of another account, or
    /// a text that names none; `InvalidRequest` for more than there may be.
    pub fn parse_document(body: &[u8], owner: Account, region: &str) -> Result<TransformRules> {
        let root = Element::parse_named(body, "TransformConfiguration")?;
        only(&root, &["Rule"])?;
        let rules = root
            .children
            .iter()
            .map(|rule| TransformRule::read(rule, owner, region))
            .collect::<Result<Vec<_>>>()?;
        match rules.len() {
            0 => Err(malformed("TransformConfiguration needs a Rule")),
            1..=RULES_MAX => Ok(TransformRules { rules }),
            _ => {
                Err(S3Error::invalid_request(format!("A bucket has up to {RULES_MAX} rules for transforms.")))
            }
        }
    }

    /// The document of GetBucketTransforms.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("TransformConfiguration");
        for rule in &self.rules {
            xml.open("Rule");
            xml.optional("ID", rule.id.as_deref());
            xml.text("Operation", rule.when.name());
            xml.text("Prefix", &rule.prefix);
            xml.optional("QueryParameter", rule.parameter.as_deref());
            rule.functions.iter().for_each(|arn| xml.text("FunctionArn", arn));
            xml.text("Payload", &rule.payload);
            xml.close("Rule");
        }
        xml.finish()
    }
}

impl TransformRule {
    fn read(rule: &Element, owner: Account, region: &str) -> Result<TransformRule> {
        only(rule, &["ID", "Operation", "Prefix", "QueryParameter", "FunctionArn", "Payload"])?;
        let operation = rule.required("Operation").map_err(|_| malformed("a Rule needs one Operation"))?;
        let when = When::parse(operation)
            .ok_or_else(|| malformed("Operation is GetObject or PutObject, and nothing else"))?;
        let id = rule.exact_of("ID")?.map(str::to_owned);
        let prefix = rule.exact_of("Prefix")?.unwrap_or_default().to_owned();
        let parameter = rule.exact_of("QueryParameter")?.map(str::to_owned);
        let payload = rule.exact_of("Payload")?.unwrap_or_default().to_owned();
        let functions: Vec<String> = rule.children("FunctionArn").map(|arn| arn.word().to_owned()).collect();
        if functions.is_empty() {
            return Err(malformed("a Rule needs a FunctionArn"));
        }
        let is_too_much = id.as_ref().is_some_and(|id| id.chars().count() > ID_LENGTH_MAX)
            || functions.len() > FUNCTIONS_MAX
            || prefix.len() > PREFIX_BYTES_MAX
            || parameter.as_ref().is_some_and(|name| name.is_empty() || name.len() > PARAMETER_BYTES_MAX)
            || payload.len() > PAYLOAD_BYTES_MAX;
        if is_too_much {
            return Err(S3Error::invalid_request("A rule for transforms exceeds a limit."));
        }
        if let Some(arn) = functions.iter().find(|arn| !is_function_of(arn, owner, region)) {
            return Err(S3Error::invalid_argument(
                "FunctionArn",
                arn.as_str(),
                "A function of this region, and of the account that owns the bucket, is needed.",
            ));
        }
        Ok(TransformRule { id, when, prefix, parameter, functions, payload })
    }
}

/// `MalformedXML` that says which element is wrong: no tool of AWS writes these documents, so
/// people do.
fn malformed(why: &str) -> S3Error {
    let message = ErrorCode::MalformedXML.message().trim_end_matches('.');
    S3Error::new(ErrorCode::MalformedXML).message(format!("{message}: {why}."))
}

/// Whether every child has one of these names. `MalformedXML`
fn only(element: &Element, names: &[&str]) -> Result<()> {
    let Some(other) = element.children.iter().find(|child| !names.contains(&&*child.name)) else {
        return Ok(());
    };
    let shown: String = other.name.chars().take(SHOWN_LENGTH_MAX).collect();
    Err(malformed(&format!("{} has {}, and no {shown}", element.name, names.join(", "))))
}

/// Whether a text is the ARN of a function of an account, in a region.
fn is_function_of(arn: &str, account: Account, region: &str) -> bool {
    match transformer_of(arn) {
        Some(Transformer::Function(function)) => {
            function.region == region && function.account == account.to_string()
        }
        // Webhooks are told of requests by Object Lambda access points alone.
        Some(Transformer::Webhook(_)) | None => false,
    }
}

#[cfg(test)]
mod tests;
