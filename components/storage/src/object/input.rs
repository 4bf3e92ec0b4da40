//! What a write says of the object besides its bytes: system headers, metadata, tags, storage
//! class, Object Lock.
//!
//! Shared by PutObject, CopyObject and CreateMultipartUpload.

use gateway::bucket::acl::RequestedAcl;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::metadata::{SystemHeaders, user_metadata, website_redirect};
use gateway::object::object_lock::{LegalHold, RequestedLock, Retention};
use gateway::object::storage_class::StorageClass;
use gateway::object::tagging::TagSet;
use gateway::request::headers::Headers;

use crate::records::{BucketRow, Details, Protection};
use crate::subresource::lock;

#[cfg(test)]
mod tests;

/// What the headers of a write say of the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectHeaders {
    /// System headers.
    pub(crate) content: SystemHeaders,
    /// User metadata: names in lower case without `x-amz-meta-`.
    pub(crate) metadata: Vec<(String, String)>,
    /// `x-amz-tagging`
    pub(crate) tags: Vec<(String, String)>,
    /// `x-amz-storage-class`; `None` when it was not sent.
    pub(crate) storage_class: Option<StorageClass>,
    /// Retention, when it was sent. Without it, [`ObjectHeaders::details`] takes the bucket's
    /// default.
    pub(crate) retention: Option<Retention>,
    /// Legal hold, when it was sent.
    pub(crate) legal_hold: Option<bool>,
    /// `x-amz-website-redirect-location`
    pub(crate) website_redirect: Option<String>,
    /// `x-amz-acl` or `x-amz-grant-…`
    pub(crate) acl: RequestedAcl,
}

impl ObjectHeaders {
    /// Reads the headers of a write to `bucket`.
    ///
    /// Each kind of header has its own refusals; besides, an Object Lock header in a bucket without
    /// Object Lock is `InvalidRequest`, and a header for what is not implemented is
    /// `NotImplemented`.
    pub(crate) fn read(headers: &Headers, bucket: &BucketRow, now_ms: u64) -> Result<ObjectHeaders> {
        check_implemented(headers)?;
        let lock = RequestedLock::parse(headers, now_ms)?;
        if lock.is_any() && bucket.object_lock.is_none() {
            return Err(S3Error::invalid_request("Bucket is missing ObjectLockConfiguration"));
        }
        let tags = headers.get("x-amz-tagging").map(TagSet::parse_header).transpose()?;
        let class = headers.has("x-amz-storage-class").then(|| StorageClass::of_headers(headers));
        Ok(ObjectHeaders {
            content: SystemHeaders::parse(headers)?,
            metadata: user_metadata(headers)?,
            tags: tags.unwrap_or_default().tags,
            storage_class: class.transpose()?,
            retention: lock.retention,
            legal_hold: lock.legal_hold.map(|hold| hold == LegalHold::On),
            website_redirect: website_redirect(headers)?,
            acl: RequestedAcl::of_headers(headers)?,
        })
    }

    /// Whether they ask for a lock of any kind.
    pub(crate) fn is_locked(&self) -> bool {
        self.retention.is_some() || self.legal_hold.is_some()
    }

    /// The details of a version that is written now: these headers, and the bucket's default
    /// retention.
    pub(crate) fn details(self, bucket: &BucketRow, protection: Protection, now_ms: u64) -> Details {
        let default = lock::default_of(bucket, now_ms);
        Details {
            content: self.content,
            metadata: self.metadata,
            tags: self.tags,
            retention: self.retention.or(default),
            legal_hold: self.legal_hold,
            website_redirect: self.website_redirect,
            protection,
            ..Details::default()
        }
    }
}

/// Refuses headers that ask for what is not implemented: to ignore them would be wrong.
fn check_implemented(headers: &Headers) -> Result<()> {
    match headers.has("x-amz-write-offset-bytes") {
        true => Err(S3Error::new(ErrorCode::NotImplemented).detail("Header", "x-amz-write-offset-bytes")),
        false => Ok(()),
    }
}
