//! The refusals of preflights, in S3's words. Which resource they name was seen at S3: they name
//! that of the request only where the bucket has rules.

use crate::errors::{ErrorCode, S3Error};

/// What a request is addressed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResourceType {
    /// A bucket, or nothing.
    Bucket,
    /// An object.
    Object,
}

/// An `OPTIONS` that is not a preflight.
pub(super) fn no_origin() -> S3Error {
    S3Error::new(ErrorCode::BadRequest).message("Insufficient information. Origin request header needed.")
}

/// A method that S3 does not have; `null` for a missing one, where the bucket has rules.
pub(super) fn invalid_method(method: &str) -> S3Error {
    S3Error::new(ErrorCode::BadRequest).message(format!("Invalid Access-Control-Request-Method: {method}"))
}

/// Something that cannot be the name of a header.
pub(super) fn invalid_header(name: &str) -> S3Error {
    S3Error::new(ErrorCode::BadRequest)
        .message(format!("Access-Control-Request-Headers \"{name}\" contains invalid character."))
}

/// More names than a request header of S3 has room for.
pub(super) fn too_many_headers(limit: usize) -> S3Error {
    S3Error::new(ErrorCode::RequestHeaderSectionTooLarge).detail("MaxSizeAllowed", limit.to_string())
}

/// The bucket does not exist.
pub(super) fn bucket_not_found(method: Option<&str>) -> S3Error {
    forbidden(method, ResourceType::Bucket).message("CORSResponse: Bucket not found")
}

/// The bucket has no rules.
pub(super) fn not_enabled(method: Option<&str>) -> S3Error {
    forbidden(method, ResourceType::Bucket).message("CORSResponse: CORS is not enabled for this bucket.")
}

/// No rule of the bucket fits.
pub(super) fn not_allowed(method: &str, resource: ResourceType) -> S3Error {
    forbidden(Some(method), resource)
}

fn forbidden(method: Option<&str>, resource: ResourceType) -> S3Error {
    let resource = match resource {
        ResourceType::Bucket => "BUCKET",
        ResourceType::Object => "OBJECT",
    };
    S3Error::new(ErrorCode::AccessForbidden)
        .detail("Method", method.unwrap_or("OPTIONS"))
        .detail("ResourceType", resource)
}
