//! The encryption configuration of a bucket: how objects are sealed whose requests do not say it,
//! and which ways are refused.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>

use crate::errors::{ErrorCode, Result, S3Error};
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// How S3 calls SSE-S3, and the only algorithm of customer keys.
pub const AES256: &str = "AES256";
/// How S3 calls SSE-KMS.
pub const KMS: &str = "aws:kms";

/// Bytes of the name of a key:
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
const KEY_NAME_LENGTH_MAX: usize = 2048;

/// What is not applicable, as S3 says it.
const NO_KEY: &str =
    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";

/// How objects are sealed whose requests do not say it. The order of the variants is part of the
/// storage format.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum DefaultKey {
    /// `AES256`: under the folder key.
    #[default]
    SseS3,
    /// `aws:kms`: under the master key with this name, as it was given; where it is `None`, under
    /// the `aws_managed` key of the account that writes.
    SseKms(Option<String>),
}

/// The configuration of a bucket. The order of the fields is part of the storage format.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct BucketEncryption {
    /// The default key.
    pub key: DefaultKey,
    /// Whether the data keys of objects under a master key are wrapped for the bucket, instead of
    /// each object.
    pub bucket_key: bool,
    /// Whether writes under customer keys are refused. Buckets that are older than this setting
    /// refuse nothing.
    pub blocks_sse_c: bool,
}

impl BucketEncryption {
    /// Reads the document of PutBucketEncryption. A document that does not say which ways are
    /// refused leaves `blocks` as it is:
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/47320>.
    ///
    /// `MalformedXML` unless it has one rule with one of the settings; `InvalidArgument` for a key
    /// beside `AES256`; `NotImplemented` for `aws:kms:dsse`. Whether the key exists is not checked,
    /// as in S3.
    pub fn parse_document(body: &[u8], blocks: bool) -> Result<BucketEncryption> {
        let root = Element::parse_named(body, "ServerSideEncryptionConfiguration")?;
        let [rule] = root.children.as_slice() else { return Err(ErrorCode::MalformedXML.into()) };
        root.only(&["Rule"])?;
        rule.only(&["ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes", "BucketKeyEnabled"])?;
        let default = rule.child("ApplyServerSideEncryptionByDefault");
        let blocked = rule.child("BlockedEncryptionTypes");
        if default.is_none() && blocked.is_none() {
            return Err(ErrorCode::MalformedXML.into());
        }
        Ok(BucketEncryption {
            key: default.map(parse_key).transpose()?.unwrap_or_default(),
            bucket_key: match rule.word_of("BucketKeyEnabled") {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(ErrorCode::MalformedXML.into()),
            },
            blocks_sse_c: blocked.map(parse_blocked).transpose()?.unwrap_or(blocks),
        })
    }

    /// The document of GetBucketEncryption.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("ServerSideEncryptionConfiguration");
        xml.open("Rule");
        xml.open("ApplyServerSideEncryptionByDefault");
        match &self.key {
            DefaultKey::SseS3 => xml.text("SSEAlgorithm", AES256),
            DefaultKey::SseKms(name) => {
                if let Some(name) = name {
                    xml.text("KMSMasterKeyID", name);
                }
                xml.text("SSEAlgorithm", KMS);
            }
        }
        xml.close("ApplyServerSideEncryptionByDefault");
        xml.open("BlockedEncryptionTypes");
        xml.text("EncryptionType", if self.blocks_sse_c { "SSE-C" } else { "NONE" });
        xml.close("BlockedEncryptionTypes");
        xml.text("BucketKeyEnabled", if self.bucket_key { "true" } else { "false" });
        xml.close("Rule");
        xml.finish()
    }
}

fn parse_key(default: &Element) -> Result<DefaultKey> {
    default.only(&["SSEAlgorithm", "KMSMasterKeyID"])?;
    let name = default.word_of("KMSMasterKeyID");
    match (default.required("SSEAlgorithm")?, name) {
        (AES256, None) => Ok(DefaultKey::SseS3),
        (AES256, Some(_)) => Err(S3Error::new(ErrorCode::InvalidArgument)
            .message(NO_KEY)
            .detail("ArgumentName", "ApplyServerSideEncryptionByDefault")),
        (KMS, Some(name)) if !is_key_name(name) => Err(ErrorCode::MalformedXML.into()),
        (KMS, name) => Ok(DefaultKey::SseKms(name.map(str::to_owned))),
        ("aws:kms:dsse", _) => Err(S3Error::new(ErrorCode::NotImplemented)
            .message("Sealing in two layers (aws:kms:dsse) is not implemented.")),
        _ => Err(ErrorCode::MalformedXML.into()),
    }
}

/// Whether a text can name a key at all: ids, ARNs and aliases are of printable ASCII.
fn is_key_name(text: &str) -> bool {
    (1..=KEY_NAME_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether customer keys are refused.
fn parse_blocked(blocked: &Element) -> Result<bool> {
    blocked.only(&["EncryptionType"])?;
    let types: Vec<&str> = blocked.children.iter().map(Element::word).collect();
    match types.as_slice() {
        ["SSE-C"] => Ok(true),
        ["NONE"] => Ok(false),
        _ => Err(ErrorCode::MalformedXML.into()),
    }
}

#[cfg(test)]
mod tests;
