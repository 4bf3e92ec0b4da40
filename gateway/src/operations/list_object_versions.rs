//! ListObjectVersions:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use super::listing::{Document, Next, Page, Selection};
use crate::errors::{Result, S3Error};
use crate::request::query::Query;

/// The parameters of ListObjectVersions.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// Prefix, delimiter, limit and encoding.
    pub selection: Selection,
    /// The page starts after this key, or within it when there is a version id marker; empty for
    /// the start.
    pub key_marker: String,
    /// The page starts after this version of the key of the marker.
    pub version_id_marker: Option<String>,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        let key_marker = query.get("key-marker").unwrap_or_default().to_owned();
        let version_id_marker = query.get_non_empty("version-id-marker").map(str::to_owned);
        match &version_id_marker {
            Some(id) if key_marker.is_empty() => Err(S3Error::invalid_argument(
                "version-id-marker",
                id,
                "A version-id marker cannot be specified without a key marker.",
            )),
            _ if query.get("max-keys").is_some_and(|text| text.parse::<i32>().is_ok_and(|keys| keys < 0)) => {
                let text = query.get("max-keys").unwrap_or_default();
                Err(S3Error::invalid_argument("maxKeys", text, "max-keys cannot be negative"))
            }
            _ => Ok(Input { selection: Selection::parse(query, "max-keys")?, key_marker, version_id_marker }),
        }
    }

    /// The response document.
    pub fn document(&self, bucket: &str, page: &Page, next: Option<Next<'_>>) -> String {
        let mut document = Document::new("ListVersionsResult", page);
        document.text("Name", bucket);
        document.key("Prefix", &self.selection.prefix);
        document.key("KeyMarker", &self.key_marker);
        document.text("VersionIdMarker", self.version_id_marker.as_deref().unwrap_or_default());
        document.optional_key("NextKeyMarker", next.map(|next| next.key));
        document.optional("NextVersionIdMarker", next.and_then(|next| next.id));
        document.number("MaxKeys", self.selection.limit);
        document.optional_key("Delimiter", self.selection.delimiter.as_deref());
        document.finish(page, next.is_some())
    }
}
