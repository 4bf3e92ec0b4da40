//! CreateBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

use super::parameters::is_true;
use crate::bucket::acl::RequestedAcl;
use crate::bucket::bucket_name;
use crate::bucket::object_ownership::ObjectOwnership;
use crate::errors::{ErrorCode, Result};
use crate::object::tagging::{TagSet, Tagged};
use crate::request::headers::Headers;
use crate::xml::Element;

/// The settings of a new bucket.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// `LocationConstraint`; `None` for the region of the server.
    pub location: Option<String>,
    /// Whether Object Lock, and with it versioning, is enabled for ever.
    pub object_lock: bool,
    /// The bucket's tags.
    pub tags: TagSet,
    /// `x-amz-object-ownership`; `None` for the default of the server.
    pub ownership: Option<ObjectOwnership>,
    /// `x-amz-acl` or `x-amz-grant-…`
    pub acl: RequestedAcl,
}

impl Input {
    /// Reads headers and body. `InvalidBucketName`, `MalformedXML`, `InvalidTag`, and the errors of
    /// the headers.
    pub fn parse(bucket: &str, headers: &Headers, body: &[u8]) -> Result<Input> {
        bucket_name::check_create(bucket)?;
        let mut input = Input {
            object_lock: is_true(headers, "x-amz-bucket-object-lock-enabled"),
            ownership: ObjectOwnership::of_headers(headers)?,
            acl: RequestedAcl::of_headers(headers)?,
            ..Input::default()
        };
        (input.location, input.tags) = read_document(body)?;
        Ok(input)
    }
}

/// Reads the body: the location, and the tags. `MalformedXML`, `InvalidTag`; zones of directory
/// buckets are `NotImplemented`.
pub fn read_document(body: &[u8]) -> Result<(Option<String>, TagSet)> {
    if body.is_empty() {
        return Ok((None, TagSet::default()));
    }
    let root = Element::parse_named(body, "CreateBucketConfiguration")?;
    root.only(&["LocationConstraint", "Location", "Bucket", "Tags"])?;
    if root.child("Location").is_some() {
        // Zones of directory buckets.
        return Err(ErrorCode::NotImplemented.into());
    }
    let location = root.word_of("LocationConstraint").filter(|name| !name.is_empty());
    let tags = match root.child("Tags") {
        Some(tags) => TagSet::parse_list(tags, Tagged::Bucket)?,
        None => TagSet::default(),
    };
    Ok((location.map(str::to_owned), tags))
}

#[cfg(test)]
mod tests;
