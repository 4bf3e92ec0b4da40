//! `SignedHeaders`: which headers a signature covers, and which of a request's headers it must.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::errors::{ErrorCode, S3Error};
use crate::headers::Headers;

/// More names than a head of 8 KB has headers.
const NAMES_MAX: usize = 1024;

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
    /// Takes a list of names; none when it is empty, has more names than a request can have headers, or has one twice: each
    /// stands for all values of a header, and would write them once more into the canonical request.
    pub fn parse(list: Cow<'a, str>) -> Option<SignedHeaders<'a>> {
        let separators = list.bytes().filter(|byte| *byte == b';').count();
        if list.is_empty() || separators >= NAMES_MAX {
            return None;
        }
        let signed = SignedHeaders { list };
        let names = signed.sorted();
        let is_twice = names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next);
        (!is_twice).then_some(signed)
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

    /// The names in their own order, for many searches.
    fn sorted(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names().collect();
        names.sort_unstable();
        names
    }

    /// Whether a header is signed, by its lower-case name.
    pub fn contains(&self, name: &str) -> bool {
        // By bytes: asked for several headers of every request, and the names are short.
        self.list.as_bytes().split(|byte| *byte == b';').any(|signed| signed == name.as_bytes())
    }

    /// Refuses a request with a header that had to be signed and is not: `host`, and every `x-amz-*` header.
    pub fn check_complete(&self, headers: &Headers, content_sha256: ContentSha256) -> Result<(), S3Error> {
        let signed = self.sorted();
        let is_signed = |name: &str| signed.binary_search(&name).is_ok();
        let mut unsigned = Vec::new();
        if !is_signed("host") {
            unsigned.push("host");
        }
        let mut seen = BTreeSet::new();
        for (name, _) in headers.iter() {
            let exempt = name == "x-amz-content-sha256" && content_sha256 == ContentSha256::MayBeUnsigned;
            if name.starts_with("x-amz-") && !exempt && !is_signed(name) && seen.insert(name) {
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
