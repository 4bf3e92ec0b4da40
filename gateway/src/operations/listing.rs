//! Listings: the parameters that they share, and a fast writer for their rows.
//!
//! Rows are pushed as the walk finds them, entries and common prefixes into two texts: a document
//! has all entries before all common prefixes. What precedes the rows is known only at the end, and
//! is put in front then.

mod rows;

pub use rows::{ObjectRow, Owner, UploadRow, VersionRow};

use super::parameters::{Encoding, PAGE_MAX, limit};
use crate::errors::Result;
use crate::request::query::Query;
use crate::xml::{XmlWriter, push_number};

/// What ListObjects, ListObjectsV2, ListObjectVersions and ListMultipartUploads have in common.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Selection {
    /// Only keys that start with this; empty for all.
    pub prefix: String,
    /// Keys that have this after the prefix are rolled up into common prefixes.
    pub delimiter: Option<String>,
    /// How many entries and common prefixes a page has at most: 0 to 1,000.
    pub limit: u32,
    /// How keys are written.
    pub encoding: Encoding,
}

impl Selection {
    /// Reads `prefix`, `delimiter`, `encoding-type` and the limit, whose name differs.
    /// `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query, limit_name: &'static str) -> Result<Selection> {
        Ok(Selection {
            prefix: query.get("prefix").unwrap_or_default().to_owned(),
            delimiter: query.get_non_empty("delimiter").map(str::to_owned),
            limit: limit(limit_name, query.get(limit_name), PAGE_MAX)?,
            encoding: Encoding::parse(query)?,
        })
    }
}

/// The last entry of a page that is truncated.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    /// Its key, or a common prefix.
    pub key: &'a str,
    /// Its version id or its upload id; `None` for a common prefix.
    pub id: Option<&'a str>,
}

/// The rows of one page.
#[derive(Clone, Default, Debug)]
pub struct Page {
    encoding: Encoding,
    entries: String,
    prefixes: String,
    count: u32,
}

impl Page {
    /// An empty page for a selection.
    pub fn new(selection: &Selection) -> Page {
        // Reserved at once, because growing would copy all entries. An entry takes some 250 to 400
        // bytes.
        let capacity = 400 * (selection.limit as usize).min(1000) + 1024;
        Page { encoding: selection.encoding, entries: String::with_capacity(capacity), ..Page::default() }
    }

    /// Adds an entry of ListObjects or ListObjectsV2.
    pub fn object(&mut self, row: &ObjectRow<'_>) {
        self.count += 1;
        row.push(&mut self.entries, self.encoding);
    }

    /// Adds an entry of ListObjectVersions.
    pub fn version(&mut self, row: &VersionRow<'_>) {
        self.count += 1;
        row.push(&mut self.entries, self.encoding);
    }

    /// Adds an entry of ListMultipartUploads.
    pub fn upload(&mut self, row: &UploadRow<'_>) {
        self.count += 1;
        row.push(&mut self.entries, self.encoding);
    }

    /// Adds a common prefix.
    pub fn common_prefix(&mut self, prefix: &str) {
        self.count += 1;
        self.prefixes.push_str("<CommonPrefixes>");
        self.encoding.push(&mut self.prefixes, "Prefix", prefix);
        self.prefixes.push_str("</CommonPrefixes>");
    }

    /// How many entries and common prefixes the page has.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// A document whose head is being written.
pub(super) struct Document {
    out: String,
    root: &'static str,
    encoding: Encoding,
}

impl Document {
    pub(super) fn new(root: &'static str, page: &Page) -> Document {
        let mut xml = XmlWriter::document(root).into_open();
        xml.reserve(page.entries.len() + page.prefixes.len() + 1024);
        Document { out: xml, root, encoding: page.encoding }
    }

    /// A key, a prefix or a delimiter.
    pub(super) fn key(&mut self, name: &str, text: &str) {
        self.encoding.push(&mut self.out, name, text);
    }

    pub(super) fn optional_key(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(name, text);
        }
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        crate::xml::push_element(&mut self.out, name, text);
    }

    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    pub(super) fn number(&mut self, name: &str, number: u32) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        push_number(&mut self.out, u64::from(number));
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `EncodingType`, `IsTruncated` and the rows.
    pub(super) fn finish(mut self, page: &Page, truncated: bool) -> String {
        if self.encoding == Encoding::Url {
            self.text("EncodingType", "url");
        }
        self.text("IsTruncated", if truncated { "true" } else { "false" });
        self.out.push_str(&page.entries);
        self.out.push_str(&page.prefixes);
        self.out.push_str("</");
        self.out.push_str(self.root);
        self.out.push('>');
        self.out
    }
}

#[cfg(test)]
mod tests;
