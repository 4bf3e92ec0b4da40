//! ListMultipartUploads:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>

use super::listing::{Document, Next, Page, Selection};
use crate::errors::Result;
use crate::request::query::Query;

/// The parameters of ListMultipartUploads.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// Prefix, delimiter, limit and encoding.
    pub selection: Selection,
    /// The page starts after this key, or within it when there is an upload id marker; empty for
    /// the start.
    pub key_marker: String,
    /// The page starts after this upload of the key of the marker. Ignored without a key marker.
    pub upload_id_marker: Option<String>,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        let key_marker = query.get("key-marker").unwrap_or_default().to_owned();
        let upload_id_marker =
            query.get_non_empty("upload-id-marker").filter(|_| !key_marker.is_empty()).map(str::to_owned);
        Ok(Input { selection: Selection::parse(query, "max-uploads")?, key_marker, upload_id_marker })
    }

    /// The response document.
    pub fn document(&self, bucket: &str, page: &Page, next: Option<Next<'_>>) -> String {
        let mut document = Document::new("ListMultipartUploadsResult", page);
        document.text("Bucket", bucket);
        document.key("KeyMarker", &self.key_marker);
        document.text("UploadIdMarker", self.upload_id_marker.as_deref().unwrap_or_default());
        document.optional_key("NextKeyMarker", next.map(|next| next.key));
        document.optional("NextUploadIdMarker", next.map(|next| next.id.unwrap_or_default()));
        document.key("Prefix", &self.selection.prefix);
        document.optional_key("Delimiter", self.selection.delimiter.as_deref());
        document.number("MaxUploads", self.selection.limit);
        document.finish(page, next.is_some())
    }
}
