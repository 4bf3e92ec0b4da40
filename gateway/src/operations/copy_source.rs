//! The source of a copy: the header `x-amz-copy-source`.

use crate::bucket::{access_point, bucket_name};
use crate::errors::{Result, S3Error};
use crate::object::key;
use crate::operations::Operation;
use crate::request::headers::Headers;
use crate::request::method::Method;
use crate::request::url_encoding::decode_query;
use std::net::Ipv4Addr;

/// An object, or one version of it, that is to be copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopySource {
    /// The bucket; or an access point, by its alias or its ARN: see
    /// [`CopySource::names_access_point`].
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version; the current one without it.
    pub version_id: Option<String>,
}

impl CopySource {
    /// Reads the header of a request. `InvalidArgument` when it is missing or names no object.
    pub fn of_headers(headers: &Headers) -> Result<CopySource> {
        CopySource::parse(headers.get("x-amz-copy-source").unwrap_or_default())
    }

    /// Reads `bucket/key`, `/bucket/key` or `arn:…:accesspoint/name/object/key`, encoded like a
    /// form, with `?versionId=…` or without. `InvalidArgument` for a broken encoding, for other
    /// ARNs, and without a bucket or a key.
    pub fn parse(text: &str) -> Result<CopySource> {
        let (path, query) = split(text);
        let badly_encoded = || invalid(text, "Invalid copy source encoding");
        let decoded = decode(path).map_err(|_| badly_encoded())?;
        let path = decoded.as_str();
        let (bucket, key) = match access_point::by_arn(path) {
            Some(named) => {
                let key = named.key.unwrap_or_default();
                let arn = path.strip_suffix(key).and_then(|rest| rest.strip_suffix("/object/"));
                (arn.unwrap_or(path), key)
            }
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let is_bucket = || bucket_name::check_access(bucket).is_ok() && bucket.parse::<Ipv4Addr>().is_err();
        if access_point::by_arn(bucket).is_none() && !is_bucket() {
            return Err(invalid(text, "Invalid copy source bucket name"));
        }
        if key.is_empty() {
            return Err(invalid(key, "Invalid copy source object key"));
        }
        key::check(key)?;
        let version_id = query.map(decode_query).transpose().map_err(|_| badly_encoded())?;
        if version_id.as_deref() == Some("") {
            return Err(S3Error::invalid_argument("versionId", "", "Version id cannot be the empty string"));
        }
        Ok(CopySource {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: version_id.map(std::borrow::Cow::into_owned),
        })
    }
}

impl CopySource {
    /// Whether the source is named by an access point. Which bucket that stands for is stored.
    pub fn names_access_point(&self) -> bool {
        access_point::is_alias(&self.bucket) || access_point::by_arn(&self.bucket).is_some()
    }

    /// The same object in the bucket that an access point stands for.
    #[must_use]
    pub fn in_bucket(self, bucket: String) -> CopySource {
        CopySource { bucket, ..self }
    }
}

/// The path, and the version id behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once("?versionId=").map_or((text, None), |(path, id)| (path, Some(id)))
}

/// Decodes a path as S3 does: `+` is a space, and the slash before the bucket may be left out. Some
/// clients encode every slash.
fn decode(path: &str) -> Result<String> {
    let decoded = decode_query(path)?;
    Ok(decoded.strip_prefix('/').unwrap_or(&decoded).to_owned())
}

fn invalid(text: &str, message: &str) -> S3Error {
    S3Error::invalid_argument("x-amz-copy-source", text, message)
}

/// Refuses the header on requests that copy nothing, where S3 does: `InvalidArgument`. A PUT that
/// cannot be a copy ignores it.
pub fn refuse_elsewhere(operation: Operation, headers: &Headers) -> Result<()> {
    let Some(source) = headers.get("x-amz-copy-source") else { return Ok(()) };
    let takes = match operation.row().method {
        Method::Put => true,
        Method::Post => operation != Operation::CompleteMultipartUpload,
        _ => false,
    };
    if takes {
        return Ok(());
    }
    Err(invalid(source, "You can only specify a copy source header for copy requests."))
}

#[cfg(test)]
mod tests;
