//! `SignedHeaders`: which headers a signature covers, and which of a request's headers it must.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::errors::{ErrorCode, S3Error};
use crate::request::headers::{Headers, is_same_name};
use crate::request::lookup::Order;

/// A head of 8 KB cannot have more headers.
const NAMES_MAX: usize = 1024;

/// The names of the signed headers, as listed: `host;x-amz-date`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedHeaders<'a> {
    list: Cow<'a, str>,
    /// Where each name ends.
    ends: Vec<usize>,
    order: Order,
}

/// Whether `x-amz-content-sha256` may stand outside the signed headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentSha256 {
    /// Its value is signed anyway, as the last line of the canonical request.
    MayBeUnsigned,
    /// Nothing else would bind it to the signature.
    MustBeSigned,
}

impl<'a> SignedHeaders<'a> {
    /// Takes a list of names. `None` for an empty list, for one with more names than a request can
    /// have headers, and for one with a name twice: a name stands for all values of its header, and
    /// each repetition would make the canonical request longer.
    pub fn parse(list: Cow<'a, str>) -> Option<SignedHeaders<'a>> {
        let separators = memchr::memchr_iter(b';', list.as_bytes()).count();
        if list.is_empty() || separators >= NAMES_MAX {
            return None;
        }
        let signed = SignedHeaders::listed(list);
        (!signed.has_twice()).then_some(signed)
    }

    /// A list that this library made.
    pub(super) fn listed(list: Cow<'a, str>) -> SignedHeaders<'a> {
        let mut ends = Vec::with_capacity(8);
        ends.extend(memchr::memchr_iter(b';', list.as_bytes()));
        ends.push(list.len());
        let order = Order::of(ends.len(), |at| name(&list, &ends, at));
        SignedHeaders { list, ends, order }
    }

    /// The list as sent.
    pub fn as_str(&self) -> &str {
        &self.list
    }

    /// The names, in the order listed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.name(at))
    }

    fn name(&self, at: usize) -> &str {
        name(&self.list, &self.ends, at)
    }

    /// Whether a name is listed twice. Clients must list them in order, so most lists need no
    /// search.
    fn has_twice(&self) -> bool {
        if self.names().zip(self.names().skip(1)).all(|(one, next)| one < next) {
            return false;
        }
        let mut sorted: Vec<_> = self.names().collect();
        sorted.sort_unstable();
        sorted.iter().zip(sorted.iter().skip(1)).any(|(one, next)| one == next)
    }

    /// Whether a header is signed, by its lower-case name.
    pub fn contains(&self, name: &str) -> bool {
        match self.order.find(name, |at| self.name(at)) {
            None => self.names().any(|signed| is_same_name(signed.as_bytes(), name.as_bytes())),
            Some(found) => !found.is_empty(),
        }
    }

    /// Refuses a request with a header that had to be signed and is not: `host`, and every
    /// `x-amz-*` header.
    pub fn check_complete(&self, headers: &Headers, content_sha256: ContentSha256) -> Result<(), S3Error> {
        let mut unsigned = Vec::new();
        if !self.contains("host") {
            unsigned.push("host");
        }
        let mut seen = BTreeSet::new();
        for (name, _) in headers.iter() {
            let exempt = name == "x-amz-content-sha256" && content_sha256 == ContentSha256::MayBeUnsigned;
            if name.starts_with("x-amz-") && !exempt && !self.contains(name) && seen.insert(name) {
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

/// The name at a position of a list.
fn name<'l>(list: &'l str, ends: &[usize], at: usize) -> &'l str {
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + 1);
    ends.get(at).and_then(|end| list.get(start..*end)).unwrap_or_default()
}
