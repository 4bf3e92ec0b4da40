//! What a request says of the digests of its body.

use super::{Checksum, ChecksumAlgorithm, ChecksumType};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::{Headers, is_presigned};
use crate::request::query::Query;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "x-amz-checksum-";

/// The checksum that a client gives, or announces, for the body of a request.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct RequestChecksum {
    /// The algorithm of the checksum, when one is given or announced.
    pub algorithm: Option<ChecksumAlgorithm>,
    /// The value, when a header gives it.
    pub value: Option<Checksum>,
    /// Whether the value comes in a trailer.
    pub in_trailer: bool,
}

impl RequestChecksum {
    /// Reads `x-amz-checksum-…`, `x-amz-trailer` and `x-amz-sdk-checksum-algorithm`.
    /// `InvalidRequest` for unknown algorithms, malformed values, more than one checksum, and an
    /// algorithm without a value.
    pub fn parse(headers: &Headers) -> Result<RequestChecksum> {
        let value = in_headers(headers)?;
        let trailer = in_trailer(headers)?;
        if value.is_some() && trailer.is_some() {
            return Err(multiple());
        }
        let announced = match headers.get("x-amz-sdk-checksum-algorithm") {
            Some(name) => Some(ChecksumAlgorithm::parse(name).ok_or_else(|| {
                S3Error::invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.")
            })?),
            None => None,
        };
        let algorithm = value.as_ref().map(|checksum| checksum.algorithm).or(trailer);
        match (announced, algorithm) {
            (Some(_), None) => Err(S3Error::invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
                 x-amz-trailer headers were found.",
            )),
            (Some(announced), Some(given)) if announced != given => {
                Err(S3Error::invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid."))
            }
            _ => Ok(RequestChecksum { algorithm, value, in_trailer: trailer.is_some() }),
        }
    }

    /// The value to verify the body with, once its trailers are known. `MalformedTrailerError` when
    /// the announced trailer did not come, or another one did, `InvalidRequest` for a malformed
    /// value.
    pub fn with_trailers(&self, trailers: &[(String, String)]) -> Result<Option<Checksum>> {
        let Some(algorithm) = self.algorithm.filter(|_| self.in_trailer) else {
            return if trailers.is_empty() {
                Ok(self.value.clone())
            } else {
                Err(ErrorCode::MalformedTrailerError.into())
            };
        };
        let [(name, value)] = trailers else { return Err(ErrorCode::MalformedTrailerError.into()) };
        if !name.eq_ignore_ascii_case(algorithm.header()) {
            return Err(ErrorCode::MalformedTrailerError.into());
        }
        Checksum::read(algorithm, value).map(Some).ok_or_else(|| {
            S3Error::invalid_request(format!("Value for {} trailing header is invalid.", algorithm.header()))
        })
    }
}

/// The algorithm that a presigned URL names. SDKs put the checksum of an empty body there: the
/// value says nothing, but its name says which algorithm the SDK will use.
pub fn presigned_algorithm(query: &Query) -> Option<ChecksumAlgorithm> {
    if !is_presigned(query) {
        return None;
    }
    query.iter().find_map(|(name, value)| match name.to_ascii_lowercase().as_str() {
        "x-amz-sdk-checksum-algorithm" => ChecksumAlgorithm::parse(value),
        name => ChecksumAlgorithm::of_header(name),
    })
}

/// The one checksum among the headers.
fn in_headers(headers: &Headers) -> Result<Option<Checksum>> {
    let mut found: Option<(ChecksumAlgorithm, &str)> = None;
    for (name, value) in headers.iter() {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if matches!(rest, "algorithm" | "type" | "mode") {
            continue;
        }
        let algorithm = ChecksumAlgorithm::of_header(name).ok_or_else(|| {
            S3Error::invalid_request("The algorithm type you specified in x-amz-checksum- header is invalid.")
        })?;
        if found.replace((algorithm, value)).is_some() {
            return Err(multiple());
        }
    }
    found.map(|(algorithm, value)| Checksum::parse(algorithm, value)).transpose()
}

/// The algorithm of the one checksum among the announced trailers.
fn in_trailer(headers: &Headers) -> Result<Option<ChecksumAlgorithm>> {
    let Some(announced) = headers.joined("x-amz-trailer") else { return Ok(None) };
    let mut found = None;
    for name in
        announced.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty())
    {
        let algorithm = ChecksumAlgorithm::of_header(&name).ok_or_else(|| {
            S3Error::invalid_request("The value specified in the x-amz-trailer header is not supported")
        })?;
        if found.replace(algorithm).is_some() {
            return Err(multiple());
        }
    }
    Ok(found)
}

fn multiple() -> S3Error {
    S3Error::invalid_request(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
}

/// The checksums that a multipart upload is created with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MultipartChecksum {
    /// Of the parts and the whole.
    pub algorithm: ChecksumAlgorithm,
    /// What the checksum of the whole is taken of.
    pub kind: ChecksumType,
}

impl MultipartChecksum {
    /// Reads `x-amz-checksum-algorithm` and `x-amz-checksum-type` of CreateMultipartUpload.
    /// `InvalidRequest` for unknown names and for pairs that do not go together.
    pub fn parse(headers: &Headers) -> Result<Option<MultipartChecksum>> {
        let kind = match headers.get("x-amz-checksum-type") {
            Some(name) => Some(ChecksumType::parse(name).ok_or_else(|| {
                S3Error::invalid_request("Value for x-amz-checksum-type header is invalid.")
            })?),
            None => None,
        };
        let Some(algorithm) = copy_algorithm(headers)? else {
            return match kind {
                None => Ok(None),
                Some(_) => Err(S3Error::invalid_request(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm \
                     header.",
                )),
            };
        };
        let kind = kind.unwrap_or(algorithm.default_type());
        if !algorithm.supports(kind) {
            return Err(S3Error::invalid_request(format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                kind.name(),
                algorithm.name().to_ascii_lowercase()
            )));
        }
        Ok(Some(MultipartChecksum { algorithm, kind }))
    }
}

/// Reads `x-amz-checksum-algorithm`, with which CopyObject and CreateMultipartUpload choose.
/// `InvalidRequest` for an unknown name.
pub fn copy_algorithm(headers: &Headers) -> Result<Option<ChecksumAlgorithm>> {
    let Some(name) = headers.get("x-amz-checksum-algorithm") else { return Ok(None) };
    let algorithm = ChecksumAlgorithm::parse(name).ok_or_else(|| {
        let mut names = ChecksumAlgorithm::ALL.map(ChecksumAlgorithm::name);
        names.sort_unstable();
        let names = names.join(", ");
        S3Error::invalid_request(format!(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
             [{names}]"
        ))
    })?;
    Ok(Some(algorithm))
}

/// Reads `Content-MD5`. `InvalidDigest` for what is not the base64 of 16 bytes.
pub fn content_md5(headers: &Headers) -> Result<Option<[u8; 16]>> {
    let Some(text) = headers.get("content-md5") else { return Ok(None) };
    let invalid = || S3Error::new(ErrorCode::InvalidDigest).detail("Content-MD5", text);
    let digest = STANDARD.decode(text).map_err(|_| invalid())?;
    Ok(Some(digest.try_into().map_err(|_| invalid())?))
}

/// Refuses a request that carries neither `Content-MD5` nor a checksum, for operations that need
/// one.
pub fn require_digest(headers: &Headers) -> Result<()> {
    let checksum = RequestChecksum::parse(headers)?;
    if headers.has("content-md5") || checksum.value.is_some() || checksum.in_trailer {
        return Ok(());
    }
    Err(S3Error::invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*"))
}
