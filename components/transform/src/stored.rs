//! The response of `storage`, as header lines say it.

use gateway::object::metadata::METADATA_PREFIX;
use gateway::timestamp::parse_http_date;
use sdk::{SetResponse, TransformedObject};

/// The response of `storage`.
pub(crate) struct Stored {
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Bytes of the object.
    pub(crate) size: u64,
}

impl Stored {
    /// Reads the response. The head of an object alone says its length itself.
    pub(crate) fn read(response: &SetResponse) -> Stored {
        let lines = response.headers.lines().filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let announced = headers.iter().find(|(name, _)| name == "content-length");
        let size = announced.and_then(|(_, length)| length.parse().ok()).unwrap_or(response.length);
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
        }
    }
}
