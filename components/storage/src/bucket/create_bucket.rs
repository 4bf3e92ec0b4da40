//! CreateBucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

use gateway::bucket_name;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::headers::Headers;
use gateway::xml::Element;
use sdk::Response;
use sdk::index;

use super::region;
use super::tagging;
use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::{Account, BucketRow, ObjectLockConfiguration, Versioning};
use crate::request::Request;
use crate::subresource::document;
use crate::{rows, tables};

const CANNED_ACLS: [&str; 8] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
];

/// Creates the bucket for the account that asks.
///
/// A name that is taken is `BucketAlreadyExists`, or `BucketAlreadyOwnedByYou` for its owner; with the setting
/// `recreate-own-bucket` = `ok` the owner gets 200 and the bucket stays as it is, as in us-east-1.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let owner = request.account().ok_or(ErrorCode::AccessDenied)?;
    bucket_name::check_create(&request.bucket)?;
    check_ownership(&request.headers)?;
    check_acl(&request.headers)?;
    let lock = object_lock_enabled(&request.headers)?;
    let configuration = Configuration::parse(document::receive_optional(request, "CreateBucketConfiguration").await?)?;
    let region = region::of_new_bucket(configuration.location.as_deref(), &region::of_deployment())?;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(existing) = rows::bucket(&request.bucket)? {
            return taken(request, owner, &existing.record);
        }
        let row = BucketRow {
            id: index::next_sequence(),
            owner,
            created_ms: request.now_ms(),
            region: region.clone(),
            versioning: if lock { Versioning::Enabled } else { Versioning::Unversioned },
            object_lock: lock.then(ObjectLockConfiguration::default),
            tags: configuration.tags.clone(),
        };
        let mut plan = Plan::new();
        let key = tables::bucket_key(&request.bucket);
        plan.require_absent(tables::BUCKETS, key.clone());
        plan.put(tables::BUCKETS, key, &row)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(created(&request.bucket));
        }
    }
    Err(aborted())
}

fn created(bucket: &str) -> Response {
    Response::new(200)
        .header("location", &format!("/{bucket}"))
        .header("x-amz-bucket-arn", &format!("arn:aws:s3:::{bucket}"))
}

fn taken(request: &Request, owner: Account, existing: &BucketRow) -> Result<Response> {
    let code = if existing.owner != owner {
        ErrorCode::BucketAlreadyExists
    } else if sdk::settings::get("recreate-own-bucket").as_deref() == Some("ok") {
        return Ok(created(&request.bucket));
    } else {
        ErrorCode::BucketAlreadyOwnedByYou
    };
    Err(S3Error::new(code).detail("BucketName", &*request.bucket))
}

/// What the request document asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Configuration {
    location: Option<String>,
    tags: Vec<(String, String)>,
}

impl Configuration {
    fn parse(document: Option<Element>) -> Result<Self> {
        let Some(document) = document else { return Ok(Configuration::default()) };
        document.only(&["LocationConstraint", "Location", "Bucket", "Tags"])?;
        if document.child("Location").is_some() || document.child("Bucket").is_some() {
            return Err(S3Error::new(ErrorCode::NotImplemented).message("Directory buckets are not implemented."));
        }
        let tags = document.child("Tags").map(tagging::parse_tags).transpose()?;
        Ok(Configuration {
            location: document.text_of("LocationConstraint").map(|text| text.trim().to_owned()),
            tags: tags.unwrap_or_default(),
        })
    }
}

fn object_lock_enabled(headers: &Headers) -> Result<bool> {
    let name = "x-amz-bucket-object-lock-enabled";
    match headers.get(name) {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(value) => Err(S3Error::invalid_argument(name, value, format!("Invalid {name} header: {value}"))),
    }
}

/// Object owners other than the bucket's are not implemented, so their settings are refused instead of stored.
fn check_ownership(headers: &Headers) -> Result<()> {
    let name = "x-amz-object-ownership";
    match headers.get(name) {
        None | Some("BucketOwnerEnforced") => {}
        Some("BucketOwnerPreferred" | "ObjectWriter") => {
            return Err(S3Error::new(ErrorCode::NotImplemented)
                .message("Object ownership other than BucketOwnerEnforced is not implemented."));
        }
        Some(value) => {
            return Err(S3Error::invalid_argument(name, value, format!("Invalid {name} header: {value}")));
        }
    }
    match headers.get("x-amz-bucket-namespace") {
        None | Some("global") => Ok(()),
        Some(_) => Err(S3Error::new(ErrorCode::NotImplemented).message("Bucket namespaces are not implemented.")),
    }
}

/// A bucket whose owner owns every object has no ACL but the one that says so.
fn check_acl(headers: &Headers) -> Result<()> {
    match headers.get("x-amz-acl") {
        None | Some("private") => {}
        Some(acl) if CANNED_ACLS.contains(&acl) => return Err(ErrorCode::AccessControlListNotSupported.into()),
        Some(acl) => return Err(S3Error::invalid_argument("x-amz-acl", acl, "")),
    }
    match headers.with_prefix("x-amz-grant-").next() {
        Some(_) => Err(ErrorCode::AccessControlListNotSupported.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
