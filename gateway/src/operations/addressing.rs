//! Addressing: which bucket and key the host and the path of a request name.
//!
//! Path-style (`/photos/cat.jpg`) and virtual-hosted-style (`photos.s3.example.com`, `/cat.jpg`).
//! Keys are not normalised: `//`, `./` and `../` are ordinary parts of a key.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

use crate::bucket::bucket_name;
use crate::errors::{ErrorCode, Result};
use crate::object::key;
use crate::request::url_encoding::decode_path;

/// The bucket and the key of a request, decoded and within S3's limits.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Address {
    /// `None` when the request is made to the service.
    pub bucket: Option<String>,
    /// `None` when the request is made to the service or to a bucket. Never empty.
    pub key: Option<String>,
    /// Whether the bucket is named by the host, and not by the path.
    pub in_host: bool,
}

/// Reads the address of a request.
///
/// Fails with `InvalidURI`, `InvalidBucketName` or `KeyTooLongError`.
pub fn address(host: &str, path: &str, domains: &Domains) -> Result<Address> {
    let path = path.strip_prefix('/').ok_or(ErrorCode::InvalidURI)?;
    let sub_domain = domains.bucket_of(host);
    let (bucket, key) = match sub_domain {
        Some(bucket) => (bucket.to_ascii_lowercase(), path),
        None if path.is_empty() => return Ok(Address::default()),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (decode_path(bucket)?.into_owned(), key)
        }
    };
    bucket_name::check_access(&bucket)?;
    let key = if key.is_empty() { None } else { Some(key::parse(key)?) };
    Ok(Address { bucket: Some(bucket), key, in_host: sub_domain.is_some() })
}

/// The base domains of virtual-hosted-style addresses: the names under which buckets are
/// sub-domains.
#[derive(Clone, Default, Debug)]
pub struct Domains {
    /// Without ports, the longest first.
    names: Vec<String>,
}

impl Domains {
    /// These names, with or without ports. They are looked through for every request, so what can
    /// be done once is done here.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Domains {
        let mut names: Vec<String> = names.into_iter().map(|name| without_port(name).to_owned()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Domains { names }
    }

    /// Whether there are none: all addresses are path-style.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The bucket in a virtual-hosted-style host name. The longest domain that fits wins, and a
    /// host that *is* one of the domains names no bucket.
    pub fn bucket_of<'a>(&self, host: &'a str) -> Option<&'a str> {
        let host = without_port(host);
        for domain in &self.names {
            if host.eq_ignore_ascii_case(domain) {
                return None;
            }
            if let Some(bucket) = sub_domain(host, domain) {
                return Some(bucket);
            }
        }
        None
    }
}

/// The part of `host` before `.domain`.
fn sub_domain<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    let split = host.len().checked_sub(domain.len())?;
    let (front, tail) = (host.get(..split)?, host.get(split..)?);
    let bucket = front.strip_suffix('.')?;
    (tail.eq_ignore_ascii_case(domain) && !bucket.is_empty()).then_some(bucket)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests;
