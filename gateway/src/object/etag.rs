//! Entity tags: those that S3 gives to objects, and those that clients compare with.

use crate::hex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ETag of an object: the MD5 of its bytes, or, for a multipart upload, the MD5 of the parts'
/// MD5s and their number.
///
/// It prints without quotes: `d41d8cd98f00b204e9800998ecf8427e`, `…-12`. The order of the fields is
/// part of the storage format. The row of a delete marker has the default.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ETag {
    /// The digest; random bytes where the object is sealed under a data key.
    pub md5: [u8; 16],
    /// How many parts the upload had; 0 for an object that was put whole.
    pub parts: u32,
}

impl ETag {
    /// The ETag of an object that was put whole.
    pub fn of_object(md5: [u8; 16]) -> ETag {
        ETag { md5, parts: 0 }
    }

    /// Reads an ETag with or without quotes. `None` for a text that cannot be an ETag of S3.
    pub fn parse(text: &str) -> Option<ETag> {
        let text = unquoted(text);
        let (digest, parts) = match text.split_once('-') {
            Some((digest, parts)) => (digest, parts.parse().ok().filter(|parts| *parts > 0)?),
            None => (text, 0),
        };
        Some(ETag { md5: hex::decode(digest)?, parts })
    }

    /// `"d41d8cd98f00b204e9800998ecf8427e"`, as headers and documents carry it.
    pub fn quoted(&self) -> String {
        let mut out = String::with_capacity(40);
        out.push('"');
        self.push(&mut out);
        out.push('"');
        out
    }

    /// Appends the ETag without quotes.
    pub fn push(&self, out: &mut String) {
        hex::push(out, &self.md5);
        if self.parts > 0 {
            out.push('-');
            crate::xml::push_number(out, u64::from(self.parts));
        }
    }

    /// Appends the ETag with quotes escaped for XML.
    pub fn push_xml(&self, out: &mut String) {
        out.push_str("&quot;");
        self.push(out);
        out.push_str("&quot;");
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(40);
        self.push(&mut out);
        formatter.write_str(&out)
    }
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityTags {
    /// `*`
    Any,
    /// Tags without their quotes. Tags that cannot be of S3 are kept, and match nothing.
    Listed(Vec<String>),
}

impl EntityTags {
    /// Reads `*`, or tags separated by commas; a `*` among them stands for any tag. Quotes may be
    /// missing, as S3 allows, and `W/` is ignored: S3 has no weak tags.
    pub fn parse(text: &str) -> EntityTags {
        if text.split(',').any(|tag| tag.trim() == "*") {
            return EntityTags::Any;
        }
        EntityTags::Listed(text.split(',').map(|tag| unquoted(tag).to_owned()).collect())
    }

    /// Whether an existing object with this ETag is meant.
    pub fn matches(&self, etag: &ETag) -> bool {
        match self {
            EntityTags::Any => true,
            EntityTags::Listed(tags) => tags.iter().any(|tag| ETag::parse(tag).as_ref() == Some(etag)),
        }
    }
}

fn unquoted(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

#[cfg(test)]
mod tests;
