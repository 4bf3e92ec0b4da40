//! ListObjectsV2: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use super::listing::{Document, Page, Selection};
use super::parameters::{continuation_token, parse_continuation_token};
use crate::errors::Result;
use crate::request::query::Query;

/// The parameters of ListObjectsV2.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// Prefix, delimiter, limit and encoding.
    pub selection: Selection,
    /// As sent.
    pub start_after: Option<String>,
    /// As sent.
    pub continuation_token: Option<String>,
    /// The position in the token.
    continue_after: Option<String>,
    /// Whether entries name their owner.
    pub fetch_owner: bool,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        Ok(Input {
            selection: Selection::parse(query, "max-keys")?,
            start_after: query.get("start-after").map(str::to_owned),
            continuation_token: query.get("continuation-token").map(str::to_owned),
            continue_after: parse_continuation_token(query)?,
            fetch_owner: query.get("fetch-owner") == Some("true"),
        })
    }

    /// The page starts after this key, or after everything that this common prefix stands for;
    /// empty for the start. A token takes precedence over `start-after`.
    pub fn after(&self) -> &str {
        self.continue_after.as_deref().or(self.start_after.as_deref()).unwrap_or_default()
    }

    /// The response document. `next` is the last key or common prefix of a page that is truncated.
    pub fn document(&self, bucket: &str, page: &Page, next: Option<&str>) -> String {
        let mut document = Document::new("ListBucketResult", page);
        document.text("Name", bucket);
        document.key("Prefix", &self.selection.prefix);
        document.optional("ContinuationToken", self.continuation_token.as_deref());
        document.optional("NextContinuationToken", next.map(continuation_token).as_deref());
        document.optional_key("StartAfter", self.start_after.as_deref());
        document.number("KeyCount", page.count());
        document.number("MaxKeys", self.selection.limit);
        document.optional_key("Delimiter", self.selection.delimiter.as_deref());
        document.finish(page, next.is_some())
    }
}
