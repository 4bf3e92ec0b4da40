//! ListObjects, version 1: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>

use super::listing::{Document, Page, Selection};
use crate::errors::Result;
use crate::request::query::Query;

/// The parameters of ListObjects.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// Prefix, delimiter, limit and encoding.
    pub selection: Selection,
    /// The page starts after this key, or after everything that this common prefix stands for;
    /// empty for the start.
    pub marker: String,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        Ok(Input {
            selection: Selection::parse(query, "max-keys")?,
            marker: query.get("marker").unwrap_or_default().to_owned(),
        })
    }

    /// The response document. `next` is the last key or common prefix of a page that is truncated;
    /// S3 prints it only when there is a delimiter, because otherwise it is the last key of the
    /// page.
    pub fn document(&self, bucket: &str, page: &Page, next: Option<&str>) -> String {
        let mut document = Document::new("ListBucketResult", page);
        document.text("Name", bucket);
        document.key("Prefix", &self.selection.prefix);
        document.key("Marker", &self.marker);
        document.optional_key("NextMarker", next.filter(|_| self.selection.delimiter.is_some()));
        document.number("MaxKeys", self.selection.limit);
        document.optional_key("Delimiter", self.selection.delimiter.as_deref());
        document.finish(page, next.is_some())
    }
}
