//! What a request to S3 answers to each condition key.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>

use super::super::request::{Context, LOOKUP_COST, Principal, Values};
use super::{Key, KeyId};
use crate::headers::Headers;
use crate::operations::Operation;
use crate::query::Query;
use crate::timestamp;
use crate::url_encoding;
use std::borrow::Cow;

/// Keys and values of tags.
pub type Tags = Vec<(String, String)>;

/// What is not in the head of a request, and is looked up only when a condition asks. Whoever knows nothing
/// of something leaves its method out: the request does not carry the key then.
pub trait Lookups {
    /// The address that the request came from.
    fn source_ip(&self) -> Option<String> {
        None
    }

    /// Whether it came over TLS, and which version of it: `1.3`. `None` without TLS.
    fn tls_version(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The endpoint (`vpce-…`) of the listener that took it.
    fn endpoint_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The network (`vpc-…`) that the endpoint is in.
    fn network_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The tags of the object that the action is about, as it is now; `None` when there is no such object, or
    /// when the action is not one that may be judged by them.
    fn object_tags(&self) -> Option<Tags> {
        None
    }

    /// The tags that a document in the body sets; those of the header `x-amz-tagging` are known already.
    fn body_tags(&self) -> Option<Tags> {
        None
    }

    /// The tags of the bucket.
    fn bucket_tags(&self) -> Option<Tags> {
        None
    }

    /// The tags of the principal and its session.
    fn principal_tags(&self) -> Option<Tags> {
        None
    }

    /// What a document in the body says: `s3:LocationConstraint`, and `s3:object-lock-…` of retention and
    /// legal hold.
    fn body_value(&self, _key: KeyId) -> Option<String> {
        None
    }

    /// Anything else: `aws:TokenIssueTime`, `aws:MultiFactorAuthPresent`, `aws:SourceIdentity`,
    /// `aws:CalledVia`, …
    fn other(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}

/// Nothing is known beside the head of the request.
#[derive(Clone, Copy, Debug)]
pub struct NoLookups;

impl Lookups for NoLookups {}

/// The circumstances of a request to S3.
#[derive(Clone, Copy)]
pub struct S3Request<'a> {
    /// What is asked for.
    pub operation: Operation,
    /// The headers.
    pub headers: &'a Headers,
    /// The query string.
    pub query: &'a Query,
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// The account that owns the resource.
    pub owner: Option<&'a str>,
    /// The version that the action is about: of `versionId`, of the copy source, of an entry of
    /// `DeleteObjects`.
    pub version_id: Option<&'a str>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The region that was asked.
    pub region: &'a str,
    /// Everything else.
    pub lookups: &'a dyn Lookups,
}

impl std::fmt::Debug for S3Request<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("S3Request").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl Context for S3Request<'_> {
    fn value(&self, key: &Key) -> Option<Values<'_>> {
        let id = key.id();
        if let Some(value) = self.principal.value(id) {
            return Some(Values::One(value));
        }
        self.of_head(id)
            .or_else(|| self.of_signature(id))
            .map(Values::One)
            .or_else(|| self.of_tags(key))
            .or_else(|| self.of_circumstances(id).map(Values::One))
            .or_else(|| self.lookups.other(key))
    }

    fn cost(&self, key: &Key) -> usize {
        let sent = self.headers.iter().size_hint().0 + self.query.iter().size_hint().0;
        let tags = match key.id() {
            KeyId::RequestObjectTag | KeyId::RequestObjectTagKeys => {
                TAGS_COST + self.headers.get("x-amz-tagging").map_or(0, str::len)
            }
            KeyId::ExistingObjectTag | KeyId::PrincipalTag | KeyId::BucketTag | KeyId::ResourceTag => {
                TAGS_COST
            }
            _ => 0,
        };
        LOOKUP_COST + sent + tags
    }
}

/// Steps that it takes to read tags.
pub(crate) const TAGS_COST: usize = 512;

impl<'a> S3Request<'a> {
    /// Values that a header or a parameter holds as it is.
    fn of_head(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let header = match id {
            KeyId::Acl => "x-amz-acl",
            KeyId::GrantFullControl => "x-amz-grant-full-control",
            KeyId::GrantRead => "x-amz-grant-read",
            KeyId::GrantReadAcp => "x-amz-grant-read-acp",
            KeyId::GrantWrite => "x-amz-grant-write",
            KeyId::GrantWriteAcp => "x-amz-grant-write-acp",
            KeyId::IfMatch => "if-match",
            KeyId::IfNoneMatch => "if-none-match",
            KeyId::MetadataDirective => "x-amz-metadata-directive",
            KeyId::ObjectLockLegalHold => "x-amz-object-lock-legal-hold",
            KeyId::ObjectLockMode => "x-amz-object-lock-mode",
            KeyId::ObjectLockRetainUntil => "x-amz-object-lock-retain-until-date",
            KeyId::ObjectOwnership => "x-amz-object-ownership",
            KeyId::Referer => "referer",
            KeyId::ServerSideEncryption => "x-amz-server-side-encryption",
            KeyId::SseKmsKeyId => "x-amz-server-side-encryption-aws-kms-key-id",
            KeyId::SseCustomerAlgorithm => "x-amz-server-side-encryption-customer-algorithm",
            KeyId::StorageClass => "x-amz-storage-class",
            KeyId::UserAgent => "user-agent",
            KeyId::WebsiteRedirectLocation => "x-amz-website-redirect-location",
            KeyId::CopySource => return self.copy_source().map(Cow::Owned),
            _ => return self.parameter(id),
        };
        self.headers.joined(header)
    }

    fn parameter(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let lists = matches!(
            self.operation,
            Operation::ListObjects
                | Operation::ListObjectsV2
                | Operation::ListObjectVersions
                | Operation::ListMultipartUploads
        );
        let name = match id {
            KeyId::Prefix if lists => "prefix",
            KeyId::Delimiter if lists => "delimiter",
            KeyId::MaxKeys if lists => "max-keys",
            KeyId::VersionId => return self.version_id.map(Cow::Borrowed),
            _ => return None,
        };
        self.query.get(name).map(Cow::Borrowed)
    }

    /// `bucket/key`, decoded and without a version: what policies compare with.
    fn copy_source(&self) -> Option<String> {
        let sent = self.headers.get("x-amz-copy-source")?;
        let path = sent.split_once("?versionId=").map_or(sent, |(path, _)| path);
        let decoded = url_encoding::decode_path(path).ok()?;
        Some(decoded.strip_prefix('/').unwrap_or(&decoded).to_owned())
    }

    /// How the request was signed. A request that nobody signed carries none of it.
    fn of_signature(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let in_header = self.headers.get("authorization");
        let presigned = self.query.get("X-Amz-Algorithm");
        let is_old = |text: &str| text.starts_with("AWS ");
        match id {
            KeyId::AuthType => {
                let is_presigned = presigned.is_some() || self.query.has("Signature");
                match (in_header, is_presigned, self.operation) {
                    (Some(_), _, _) => Some(Cow::Borrowed("REST-HEADER")),
                    (None, true, _) => Some(Cow::Borrowed("REST-QUERY-STRING")),
                    (None, false, Operation::PostObject) if self.principal.has_account() => {
                        Some(Cow::Borrowed("POST"))
                    }
                    _ => None,
                }
            }
            // The headers of an upload from a form are its fields.
            KeyId::SignatureVersion if self.operation == Operation::PostObject => {
                self.headers.get("x-amz-algorithm").map(Cow::Borrowed)
            }
            KeyId::SignatureVersion => match (in_header, presigned) {
                (Some(text), _) if is_old(text) => Some(Cow::Borrowed("AWS")),
                (Some(text), _) => text.split(' ').next().map(Cow::Borrowed),
                (None, Some(algorithm)) => Some(Cow::Borrowed(algorithm)),
                (None, None) => self.query.has("Signature").then_some(Cow::Borrowed("AWS")),
            },
            // Of presigned URLs only.
            KeyId::SignatureAge => {
                let signed = timestamp::parse_amz_date(self.query.get("X-Amz-Date")?)?;
                Some(Cow::Owned(self.received_ms.saturating_sub(signed).to_string()))
            }
            KeyId::ContentSha256 => {
                let sent = self.headers.get("x-amz-content-sha256");
                let of_url =
                    presigned.map(|_| self.query.get("X-Amz-Content-Sha256").unwrap_or("UNSIGNED-PAYLOAD"));
                sent.or(of_url).map(Cow::Borrowed)
            }
            _ => None,
        }
    }

    fn of_tags(&self, key: &Key) -> Option<Values<'a>> {
        let tag = |tags: Option<Tags>, same: fn(&str, &str) -> bool| {
            let (_, value) = tags?.into_iter().find(|(own, _)| same(own, key.tag()))?;
            Some(Values::One(Cow::Owned(value)))
        };
        let exact = |own: &str, asked: &str| own == asked;
        match key.id() {
            KeyId::ExistingObjectTag => tag(self.lookups.object_tags(), exact),
            KeyId::RequestObjectTag => tag(self.request_tags(), exact),
            KeyId::RequestObjectTagKeys => {
                let keys = self.request_tags()?.into_iter().map(|(key, _)| Cow::Owned(key));
                Some(Values::Many(keys.collect()))
            }
            KeyId::BucketTag | KeyId::ResourceTag => tag(self.lookups.bucket_tags(), exact),
            // Tags of principals are compared without regard to case, those of S3 are not.
            KeyId::PrincipalTag => tag(self.lookups.principal_tags(), str::eq_ignore_ascii_case),
            _ => None,
        }
    }

    /// The tags that the request sets. A header that is no tag set is refused later, by the operation.
    fn request_tags(&self) -> Option<Tags> {
        match self.headers.get("x-amz-tagging") {
            Some(header) => crate::tagging::TagSet::parse_header(header).ok().map(|set| set.tags),
            None => self.lookups.body_tags(),
        }
    }

    fn of_circumstances(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let truth = |value: bool| Some(Cow::Borrowed(if value { "true" } else { "false" }));
        match id {
            KeyId::CurrentTime => Some(Cow::Owned(timestamp::iso8601(self.received_ms))),
            KeyId::EpochTime => Some(Cow::Owned((self.received_ms / 1000).to_string())),
            // Through an endpoint, requests come from a private network, whose addresses are another key.
            KeyId::SourceIp => match self.lookups.endpoint_id() {
                None => self.lookups.source_ip().map(Cow::Owned),
                Some(_) => None,
            },
            KeyId::SecureTransport => truth(self.lookups.tls_version().is_some()),
            KeyId::TlsVersion => self.lookups.tls_version(),
            KeyId::SourceVpce => self.lookups.endpoint_id(),
            KeyId::SourceVpc => self.lookups.network_id(),
            KeyId::VpcSourceIp => {
                self.lookups.endpoint_id()?;
                self.lookups.source_ip().map(Cow::Owned)
            }
            KeyId::RequestedRegion => Some(Cow::Borrowed(self.region)),
            KeyId::ResourceAccount | KeyId::S3ResourceAccount => self.owner.map(Cow::Borrowed),
            KeyId::ViaAwsService => truth(false),
            KeyId::ObjectCreationOperation => truth(matches!(
                self.operation,
                Operation::PutObject
                    | Operation::CopyObject
                    | Operation::PostObject
                    | Operation::CompleteMultipartUpload
            )),
            KeyId::ObjectLockRemainingDays => self.remaining_days().map(Cow::Owned),
            KeyId::LocationConstraint
            | KeyId::ObjectLockMode
            | KeyId::ObjectLockLegalHold
            | KeyId::ObjectLockRetainUntil => self.lookups.body_value(id).map(Cow::Owned),
            _ => None,
        }
    }

    /// Days from now to the end of the retention that the request asks for; a part of a day counts as one.
    fn remaining_days(&self) -> Option<String> {
        let until = match self.headers.get("x-amz-object-lock-retain-until-date") {
            Some(sent) => timestamp::parse_iso8601(sent)?,
            None => timestamp::parse_iso8601(&self.lookups.body_value(KeyId::ObjectLockRetainUntil)?)?,
        };
        Some(until.saturating_sub(self.received_ms).div_ceil(timestamp::DAY_MS).to_string())
    }
}

#[cfg(test)]
mod tests;
