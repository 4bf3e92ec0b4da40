//! The value that a request to S3 has for each condition key.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>

pub(super) mod body;

use super::subject::{AccessLevel, AccessPoint};
use crate::identity::sigv4::payload::UNSIGNED_PAYLOAD;
use crate::object::tagging::{TagSet, Tags};
use crate::operations::copy_source::CopySource;
use crate::operations::{Operation, Purpose};
use crate::policy::{
    AuthType, Context, Key, KeyId, LOOKUP_COST, Memory, Principal, Signature, SignatureVersion, Values,
};
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::sse;
use crate::timestamp;
use std::borrow::Cow;

/// Values that are not in the head of a request, and are looked up only when a condition needs
/// them. An implementation leaves out the methods of which it knows nothing: the request then does
/// not carry the key.
pub trait Lookups {
    /// The address that the request came from; empty where nobody says which.
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

    /// The tags of the object that the action is about, as it is now; `None` where there is no such
    /// object, or where actions of this kind carry no tags.
    fn object_tags(&self) -> Option<Tags> {
        None
    }

    /// Whether [`Lookups::object_tags`] were read before, so that reading them again costs little.
    fn has_object_tags(&self) -> bool {
        false
    }

    /// The tags that a copy takes over from its source, where the request does not replace them.
    fn copied_tags(&self) -> Option<Tags> {
        None
    }

    /// The tags of the bucket.
    fn bucket_tags(&self) -> Option<Tags> {
        None
    }

    /// The tags of what is decided on: of the bucket, or of the access point.
    fn resource_tags(&self) -> Option<Tags> {
        self.bucket_tags()
    }

    /// The access point by which the request comes to the bucket.
    fn access_point(&self) -> Option<&AccessPoint> {
        None
    }

    /// What is decided on.
    fn level(&self) -> AccessLevel {
        AccessLevel::Bucket
    }

    /// Whether Object Lambda asks, on behalf of the principal.
    fn is_called_via_object_lambda(&self) -> bool {
        false
    }

    /// The bucket of the object that is copied, where the request names it by an access point.
    fn source_bucket(&self) -> Option<String> {
        None
    }

    /// The tags of the principal and its session.
    fn principal_tags(&self) -> Option<Tags> {
        None
    }

    /// How the request is signed.
    fn signature(&self) -> Option<Signature> {
        None
    }

    /// The value of a key that the document in the body says.
    fn said(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }

    /// The value of a header with which the upload was begun that the request adds to, or
    /// completes.
    fn begun_with(&self, _header: &str) -> Option<String> {
        None
    }

    /// What was found out for all objects of the request, where there are several: see
    /// [`Context::memory`].
    fn memory(&self) -> Option<&Memory> {
        None
    }

    /// Anything else: `aws:TokenIssueTime`, `aws:MultiFactorAuthPresent`, `aws:SourceIdentity`,
    /// `aws:CalledVia`, …
    fn other(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}

/// The circumstances of a request to S3.
#[derive(Clone, Copy)]
pub struct S3Request<'a> {
    /// The operation.
    pub operation: Operation,
    /// The headers.
    pub headers: &'a Headers,
    /// The query string.
    pub query: &'a Query,
    /// The principal.
    pub principal: &'a Principal<'a>,
    /// The account that owns the resource.
    pub owner: Option<&'a str>,
    /// The version that the action is about: of `versionId`, of the copy source, of an entry of
    /// `DeleteObjects`.
    pub version_id: Option<&'a str>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The region of the server.
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
        let id = id_at(self.lookups.level(), key)?;
        if let Some(value) = self.principal.value(id) {
            return Some(Values::One(value));
        }
        // The operation reads the document and ignores a header, so a header must not count here
        // either.
        if body::is_said(self.operation, id) {
            return self.lookups.said(key);
        }
        self.of_head(id)
            .or_else(|| self.of_signature(id))
            .map(Values::One)
            .or_else(|| self.of_chain(id))
            .or_else(|| self.of_tags(key))
            .or_else(|| self.of_client(id))
            .or_else(|| self.of_circumstances(id).map(Values::One))
            .or_else(|| self.lookups.other(key))
    }

    fn cost(&self, key: &Key) -> usize {
        let sent = self.headers.iter().size_hint().0 + self.query.iter().size_hint().0;
        let tags = match key.id() {
            KeyId::RequestObjectTag | KeyId::RequestObjectTagKeys => {
                TAGS_COST + self.headers.get("x-amz-tagging").map_or(0, str::len)
            }
            KeyId::ExistingObjectTag if self.lookups.has_object_tags() => READ_TAGS_COST,
            KeyId::ExistingObjectTag | KeyId::PrincipalTag | KeyId::BucketTag | KeyId::ResourceTag => {
                TAGS_COST
            }
            // The headers with which an upload was begun are stored, and have to be read.
            _ if self.operation.is_of_upload() => TAGS_COST,
            _ => 0,
        };
        LOOKUP_COST + sent + tags
    }

    fn memory(&self) -> Option<&Memory> {
        self.lookups.memory()
    }

    fn is_common(&self, key: &Key) -> bool {
        let is_of_object =
            matches!(key.id(), KeyId::ExistingObjectTag | KeyId::VersionId | KeyId::ObjectLambdaVersionId);
        // The document may not be here yet. That has to be noticed for each object, so its keys are
        // not shared.
        !is_of_object && !body::is_said(self.operation, key.id())
    }
}

/// Which key is looked up where a level is asked for one; `None` where the level does not have it.
/// The keys of a service are there where its actions are decided on, and those of Object Lambda say
/// the same as those of S3.
fn id_at(level: AccessLevel, key: &Key) -> Option<KeyId> {
    let is_of_s3 = || key.name().starts_with("s3:");
    match (level, key.id()) {
        (AccessLevel::ObjectLambda, KeyId::ObjectLambdaAuthType) => Some(KeyId::AuthType),
        (AccessLevel::ObjectLambda, KeyId::ObjectLambdaSignatureAge) => Some(KeyId::SignatureAge),
        (AccessLevel::ObjectLambda, KeyId::ObjectLambdaTlsVersion) => Some(KeyId::TlsVersion),
        (AccessLevel::ObjectLambda, KeyId::ObjectLambdaVersionId) => Some(KeyId::VersionId),
        (AccessLevel::ObjectLambda | AccessLevel::Function, _) if is_of_s3() => None,
        (_, id) => Some(id),
    }
}

/// What `aws:CalledVia` says of Object Lambda.
const OBJECT_LAMBDA: &str = "s3-object-lambda.amazonaws.com";

/// The operations on which a header has an effect. On other operations it is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effect {
    /// All.
    Any,
    /// Operations that make an object, or begin an upload. For parts of an upload and its
    /// completion, the headers count with which the upload was begun.
    Object,
    /// The same, and those that set the ACL of something.
    Acl,
    /// CreateBucket.
    Bucket,
    /// Copies of objects.
    Copy,
}

impl Effect {
    fn has(self, operation: Operation) -> bool {
        match self {
            Effect::Any => true,
            Effect::Object => operation.starts_object(),
            Effect::Acl => operation.takes_acl(),
            Effect::Bucket => operation.makes_bucket(),
            Effect::Copy => operation.copies_whole_object(),
        }
    }
}

/// The headers of a new upload that decide on its parts and its completion later: those whose
/// effect is on a new object or its ACL. A test compares the two.
pub const BEGINNING: [&str; 15] = [
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    sse::HEADER,
    sse::KEY_ID_HEADER,
    sse::CUSTOMER_ALGORITHM_HEADER,
    "x-amz-storage-class",
    TAGGING,
    "x-amz-website-redirect-location",
];

/// The tags that an object is to have.
const TAGGING: &str = "x-amz-tagging";

/// The header whose value is that of a key, and where it has an effect.
fn header(id: KeyId) -> Option<(&'static str, Effect)> {
    Some(match id {
        KeyId::Acl => ("x-amz-acl", Effect::Acl),
        KeyId::GrantFullControl => ("x-amz-grant-full-control", Effect::Acl),
        KeyId::GrantRead => ("x-amz-grant-read", Effect::Acl),
        KeyId::GrantReadAcp => ("x-amz-grant-read-acp", Effect::Acl),
        KeyId::GrantWrite => ("x-amz-grant-write", Effect::Acl),
        KeyId::GrantWriteAcp => ("x-amz-grant-write-acp", Effect::Acl),
        KeyId::IfMatch => ("if-match", Effect::Any),
        KeyId::IfNoneMatch => ("if-none-match", Effect::Any),
        KeyId::MetadataDirective => ("x-amz-metadata-directive", Effect::Copy),
        KeyId::ObjectLockLegalHold => ("x-amz-object-lock-legal-hold", Effect::Object),
        KeyId::ObjectLockMode => ("x-amz-object-lock-mode", Effect::Object),
        KeyId::ObjectLockRetainUntil => ("x-amz-object-lock-retain-until-date", Effect::Object),
        KeyId::ObjectOwnership => ("x-amz-object-ownership", Effect::Bucket),
        KeyId::Referer => ("referer", Effect::Any),
        KeyId::ServerSideEncryption => (sse::HEADER, Effect::Object),
        KeyId::SseKmsKeyId => (sse::KEY_ID_HEADER, Effect::Object),
        KeyId::SseCustomerAlgorithm => (sse::CUSTOMER_ALGORITHM_HEADER, Effect::Object),
        KeyId::StorageClass => ("x-amz-storage-class", Effect::Object),
        KeyId::UserAgent => ("user-agent", Effect::Any),
        KeyId::WebsiteRedirectLocation => ("x-amz-website-redirect-location", Effect::Object),
        _ => return None,
    })
}

/// Whether a header has an effect with this value. An empty value has none, and neither has a list
/// without entries.
fn says_something(name: &str, value: &str) -> bool {
    let is_list = matches!(name, "if-match" | "if-none-match") || name.starts_with("x-amz-grant-");
    let is_blank = |own: char| own.is_whitespace() || (is_list && own == ',');
    !value.chars().all(is_blank)
}

/// Steps that it takes to read tags.
pub(crate) const TAGS_COST: usize = 512;

/// The same for tags that were read before.
const READ_TAGS_COST: usize = 96;

impl<'a> S3Request<'a> {
    /// Values that a header or a parameter holds as it is.
    fn of_head(&self, id: KeyId) -> Option<Cow<'a, str>> {
        if id == KeyId::CopySource {
            return self.copy_source().map(Cow::Owned);
        }
        match header(id) {
            Some((name, effect)) => self.in_effect(name, effect),
            None => self.parameter(id),
        }
    }

    /// The value of a header as the operation reads it, where it has an effect.
    fn in_effect(&self, name: &str, effect: Effect) -> Option<Cow<'a, str>> {
        if effect.has(self.operation) {
            // Of most headers only the first counts, as the operations read them. Lists add up.
            let adds_up = effect == Effect::Any || name.starts_with("x-amz-grant-");
            let value =
                if adds_up { self.headers.joined(name) } else { self.headers.get(name).map(Cow::Borrowed) };
            return value.filter(|value| says_something(name, value));
        }
        let continues = matches!(effect, Effect::Object | Effect::Acl) && self.operation.is_of_upload();
        let value = if continues { self.lookups.begun_with(name).map(Cow::Owned) } else { None };
        value.filter(|value| says_something(name, value))
    }

    fn parameter(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let lists = self.operation.purpose() == Purpose::ListContents;
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
        if !self.operation.copies() {
            return None;
        }
        // A header that names no object is refused later, when it is read for the copy.
        let source = CopySource::of_headers(self.headers).ok()?;
        let bucket = if source.names_access_point() { self.lookups.source_bucket() } else { None };
        Some([bucket.as_deref().unwrap_or(&source.bucket), "/", &source.key].concat())
    }

    /// How the request was signed. A request that is not signed carries none of these keys,
    /// whatever its headers say.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
    fn of_signature(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let is_asked = matches!(
            id,
            KeyId::AuthType | KeyId::SignatureVersion | KeyId::SignatureAge | KeyId::ContentSha256
        );
        let Signature { auth_type, version, signed_ms } = self.lookups.signature().filter(|_| is_asked)?;
        Some(match (id, auth_type, version) {
            (KeyId::AuthType, AuthType::Header, _) => Cow::Borrowed("REST-HEADER"),
            (KeyId::AuthType, AuthType::Query, _) => Cow::Borrowed("REST-QUERY-STRING"),
            (KeyId::AuthType, AuthType::Form, _) => Cow::Borrowed("POST"),
            (KeyId::SignatureVersion, _, SignatureVersion::V2) => Cow::Borrowed("AWS"),
            (KeyId::SignatureVersion, _, SignatureVersion::V4) => Cow::Borrowed("AWS4-HMAC-SHA256"),
            // Only presigned URLs and forms have an age. In Version 2 it is always 0, because the
            // signature does not say when it was made.
            (KeyId::SignatureAge, AuthType::Header, _) => return None,
            (KeyId::SignatureAge, _, SignatureVersion::V2) => Cow::Borrowed("0"),
            (KeyId::SignatureAge, _, SignatureVersion::V4) => {
                Cow::Owned(self.received_ms.saturating_sub(signed_ms?).to_string())
            }
            // Version 2 and forms promise nothing about the body. The parameters of a presigned URL
            // count as headers.
            (KeyId::ContentSha256, AuthType::Header | AuthType::Query, SignatureVersion::V4) => {
                let of_query = self.query.get("X-Amz-Content-Sha256");
                let sent = match auth_type {
                    AuthType::Query => of_query.or_else(|| self.headers.get("x-amz-content-sha256")),
                    _ => self.headers.get("x-amz-content-sha256"),
                };
                Cow::Borrowed(sent.unwrap_or(UNSIGNED_PAYLOAD))
            }
            (KeyId::ContentSha256, ..) => Cow::Borrowed(UNSIGNED_PAYLOAD),
            _ => return None,
        })
    }

    /// Which services ask one after the other, on behalf of the principal.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia>
    fn of_chain(&self, id: KeyId) -> Option<Values<'a>> {
        let is_asked = matches!(id, KeyId::CalledVia | KeyId::CalledViaFirst | KeyId::CalledViaLast);
        if !is_asked || !self.lookups.is_called_via_object_lambda() {
            return None;
        }
        Some(match id {
            KeyId::CalledVia => Values::Many(vec![Cow::Borrowed(OBJECT_LAMBDA)]),
            _ => Values::one(OBJECT_LAMBDA),
        })
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
            KeyId::BucketTag => tag(self.lookups.bucket_tags(), exact),
            KeyId::ResourceTag => tag(self.lookups.resource_tags(), exact),
            KeyId::AccessPointTag => tag(self.lookups.access_point().map(|point| point.tags.clone()), exact),
            // Keys of the tags of principals are compared without regard to case, those of S3 with
            // it.
            KeyId::PrincipalTag => tag(self.lookups.principal_tags(), str::eq_ignore_ascii_case),
            _ => None,
        }
    }

    /// The tags that the object will have. A header that is not a tag set is refused later, by the
    /// operation.
    fn request_tags(&self) -> Option<Tags> {
        let replaces = self.headers.get("x-amz-tagging-directive") == Some("REPLACE");
        if self.operation.copies_whole_object() && !replaces {
            // AWS does not document whether it evaluates copied tags. Here a principal that may not
            // write a tag may not copy it either.
            return self.lookups.copied_tags();
        }
        let header = self.in_effect(TAGGING, Effect::Object)?;
        TagSet::parse_header(&header).ok().map(|set| set.tags)
    }

    /// The address of the client. Requests through an endpoint come from a private network: its
    /// addresses are in `aws:VpcSourceIp`.
    fn of_client(&self, id: KeyId) -> Option<Values<'a>> {
        let is_of_endpoint = match id {
            KeyId::SourceIp => false,
            KeyId::VpcSourceIp => true,
            _ => return None,
        };
        if self.lookups.endpoint_id().is_some() != is_of_endpoint {
            return None;
        }
        let address = self.lookups.source_ip()?;
        Some(if address.is_empty() { Values::Unknown } else { Values::one(address) })
    }

    fn of_circumstances(&self, id: KeyId) -> Option<Cow<'a, str>> {
        let truth = |value: bool| Some(Cow::Borrowed(if value { "true" } else { "false" }));
        match id {
            KeyId::CurrentTime => Some(Cow::Owned(timestamp::iso8601(self.received_ms))),
            KeyId::EpochTime => Some(Cow::Owned((self.received_ms / 1000).to_string())),
            KeyId::SecureTransport => truth(self.lookups.tls_version().is_some()),
            // A proxy that ends TLS may not say which version it was.
            KeyId::TlsVersion => self.lookups.tls_version().filter(|version| !version.is_empty()),
            KeyId::SourceVpce => self.lookups.endpoint_id(),
            KeyId::SourceVpc => self.lookups.network_id(),
            KeyId::RequestedRegion => Some(Cow::Borrowed(self.region)),
            KeyId::ResourceAccount | KeyId::S3ResourceAccount => self.owner.map(Cow::Borrowed),
            KeyId::DataAccessPointArn => Some(Cow::Owned(self.lookups.access_point()?.arn.clone())),
            KeyId::DataAccessPointAccount => {
                Some(Cow::Owned(self.lookups.access_point()?.account.to_string()))
            }
            KeyId::AccessPointNetworkOrigin => {
                let is_internet = self.lookups.access_point()?.network.is_none();
                Some(Cow::Borrowed(if is_internet { "Internet" } else { "VPC" }))
            }
            KeyId::ViaAwsService => truth(self.lookups.is_called_via_object_lambda()),
            KeyId::ObjectCreationOperation => truth(self.operation.finishes_object()),
            KeyId::ObjectLockRemainingDays => self.remaining_days().map(Cow::Owned),
            _ => None,
        }
    }

    /// Days from now to the end of the retention that the request sets.
    fn remaining_days(&self) -> Option<String> {
        let until = self.of_head(KeyId::ObjectLockRetainUntil)?;
        Some(body::days_until(timestamp::parse_iso8601(&until)?, self.received_ms).to_string())
    }
}

#[cfg(test)]
mod tests;
