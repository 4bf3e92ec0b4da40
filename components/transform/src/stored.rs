//! The response of `storage`, as header lines say it.

use gateway::object::metadata::METADATA_PREFIX;
use gateway::timestamp::parse_http_date;
use sdk::{MadeHead, TransformedObject};

use crate::prepare::Prepared;

/// What `storage` says of the bytes that it has: no bytes of a transform are these.
const OF_STORED_BYTES: [&str; 6] = [
    "accept-ranges",
    "content-length",
    "content-range",
    "etag",
    "x-amz-checksum-type",
    "x-amz-mp-parts-count",
];
/// The same of its checksums.
pub(crate) const CHECKSUM_PREFIX: &str = "x-amz-checksum-";

/// The response of `storage`, or of it and of functions.
pub(crate) struct Stored {
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Bytes of the object.
    pub(crate) size: u64,
}

impl Stored {
    /// Reads a response with a body of so many bytes. The head of an object alone says its length
    /// itself.
    pub(crate) fn read(headers: &str, length: u64) -> Stored {
        let lines = headers.lines().filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let announced = headers.iter().find(|(name, _)| name == "content-length");
        let size = announced.and_then(|(_, length)| length.parse().ok()).unwrap_or(length);
        Stored { headers, size }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// When the object was last modified, in milliseconds since 1970.
    pub(crate) fn modified_ms(&self) -> u64 {
        self.get("last-modified").and_then(parse_http_date).unwrap_or_default()
    }

    /// What a transform is told of the object.
    pub(crate) fn object(&self) -> TransformedObject {
        let metadata = self.headers.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(METADATA_PREFIX)?.to_owned(), value.clone()))
        });
        TransformedObject {
            version_id: self.get("x-amz-version-id").map(str::to_owned),
            size: self.size,
            etag: self.get("etag").unwrap_or_default().trim_matches('"').to_owned(),
            content_type: self.get("content-type").map(str::to_owned),
            last_modified_ms: self.modified_ms(),
            metadata: metadata.collect(),
            tags: Vec::new(),
        }
    }

    /// The response with what a function made: its headers take the place of those that are there,
    /// and what was said of the bytes is gone. What the request itself replaces stays.
    pub(crate) fn with(self, prepared: &Prepared, made: &MadeHead) -> Stored {
        let is_kept = |name: &str| {
            !OF_STORED_BYTES.contains(&name)
                && !name.starts_with(CHECKSUM_PREFIX)
                && (made.metadata.is_none() || !name.starts_with(METADATA_PREFIX))
        };
        let mut headers = self.headers;
        headers.retain(|(name, _)| is_kept(name));
        for (name, value) in made.metadata.iter().flatten() {
            headers.push((format!("{METADATA_PREFIX}{name}"), value.clone()));
        }
        if let Some(etag) = &made.etag {
            headers.push(("etag".to_owned(), quoted(etag)));
        }
        for (name, value) in made.headers.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            // Where the server applies ranges, it says which one this is.
            let is_kept = match name {
                "content-range" => prepared.hands_ranges_on(),
                "etag" => !unquoted(value).contains('"'),
                "last-modified" => parse_http_date(value).is_some(),
                _ => true,
            };
            if !is_kept || prepared.overrides.get(name).is_some() {
                continue;
            }
            headers.retain(|(known, _)| known != name);
            // An empty value takes the object's header away.
            if !value.is_empty() {
                let value = if name == "etag" { quoted(value) } else { value.to_owned() };
                headers.push((name.to_owned(), value));
            }
        }
        Stored { headers, size: made.length.unwrap_or_default() }
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{}\"", unquoted(etag))
}

fn unquoted(etag: &str) -> &str {
    etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"')).unwrap_or(etag)
}
