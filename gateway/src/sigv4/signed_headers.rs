//! `SignedHeaders`: which headers a signature covers, and which of a request's headers it must.

use std::borrow::Cow;

use crate::errors::{ErrorCode, S3Error};
use crate::headers::Headers;

/// More names than any request has headers.
const NAMES_MAX: usize = 128;

/// The names of the signed headers, as listed: `host;x-amz-date`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedHeaders<'a> {
    list: Cow<'a, str>,
}

/// Whether `x-amz-content-sha256` may stand outside the signed headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentSha256 {
    /// Its value is signed all the same: it ends the canonical request.
    MayBeUnsigned,
    /// Nothing else would bind it to the signature.
    MustBeSigned,
}

impl<'a> SignedHeaders<'a> {
    /// Takes a list of names; none when it is empty or has more names than a request can have headers.
    pub fn parse(list: Cow<'a, str>) -> Option<SignedHeaders<'a>> {
        let separators = list.bytes().filter(|byte| *byte == b';').count();
        (!list.is_empty() && separators < NAMES_MAX).then_some(SignedHeaders { list })
    }

    /// A list of our own making.
    pub(super) fn listed(list: Cow<'a, str>) -> SignedHeaders<'a> {
        SignedHeaders { list }
    }

    /// The list as sent.
    pub fn as_str(&self) -> &str {
        &self.list
    }

    /// The names, in the order listed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.split(';')
    }

    /// Whether a header is signed, by its lower-case name.
    pub fn contains(&self, name: &str) -> bool {
        // By bytes: asked for several headers of every request, and the names are short.
        self.list.as_bytes().split(|byte| *byte == b';').any(|signed| signed == name.as_bytes())
    }

    /// Refuses a request with a header that had to be signed and is not: `host`, and every `x-amz-*` header.
    pub fn check_complete(&self, headers: &Headers, content_sha256: ContentSha256) -> Result<(), S3Error> {
        let mut unsigned = Vec::new();
        if !self.contains("host") {
            unsigned.push("host");
        }
        for (name, _) in headers.iter() {
            let exempt = name == "x-amz-content-sha256" && content_sha256 == ContentSha256::MayBeUnsigned;
            if name.starts_with("x-amz-") && !exempt && !self.contains(name) && !unsigned.contains(&name) {
                unsigned.push(name);
            }
        }
        if unsigned.is_empty() {
            return Ok(());
        }
        Err(S3Error::new(ErrorCode::AccessDenied)
            .message("There were headers present in the request which were not signed")
            .detail("HeadersNotSigned", unsigned.join(", ")))
    }
}
