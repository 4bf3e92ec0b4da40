//! A request for `portcullis transform test`, described in a file (TOML): what a transform is told,
//! and what it is expected to answer.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::transforms::bindings::types::{Caller, Context, Object};
use crate::transforms::{Entry, Page, PageEntry, smoke};

/// A described request. What is left out is as in a GET of an anonymous client.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DescribedCall {
    entry: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    payload: Option<String>,
    access_point_arn: Option<String>,
    range: Option<String>,
    part_number: Option<u32>,
    now_ms: Option<u64>,
    object: DescribedObject,
    caller: Option<DescribedCaller>,
    request: DescribedRequest,
    /// The entries of a page.
    page: Vec<DescribedEntry>,
    common_prefixes: Vec<String>,
    /// What is expected of the answer.
    pub(super) expect: ExpectedAnswer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DescribedObject {
    version_id: Option<String>,
    etag: Option<String>,
    content_type: Option<String>,
    last_modified_ms: Option<u64>,
    metadata: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DescribedCaller {
    account: String,
    arn: String,
    user_id: String,
    session_tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DescribedRequest {
    method: Option<String>,
    url: Option<String>,
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DescribedEntry {
    key: String,
    size: u64,
    etag: String,
    last_modified_ms: u64,
}

/// What is expected. All of it is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExpectedAnswer {
    /// The status of the response, or of the error.
    pub(super) status: Option<u16>,
    /// Headers that it has.
    pub(super) headers: BTreeMap<String, String>,
    /// Metadata that it has.
    pub(super) metadata: BTreeMap<String, String>,
    /// The code of the error that the client is told. Without it there is to be none.
    pub(super) error: Option<String>,
    /// The kind of the failure. Without it there is to be none.
    pub(super) fails: Option<String>,
    /// Parts of lines of the log.
    pub(super) log: Vec<String>,
    /// The keys of a page, all of them.
    pub(super) keys: Option<Vec<String>>,
    /// What HEAD says of the size.
    pub(super) size: Option<u64>,
}

impl DescribedCall {
    /// Reads a file.
    ///
    /// # Errors
    /// What is no description of a request.
    pub(super) fn read(path: &Path) -> Result<DescribedCall> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// What is called.
    ///
    /// # Errors
    /// There is no such entry.
    pub(super) fn entry(&self) -> Result<Entry> {
        Ok(match self.entry.as_deref() {
            None | Some("get") => Entry::Get,
            Some("head") => Entry::Head,
            Some("put") => Entry::Put,
            Some("list-page") => Entry::ListPage(self.page()),
            Some(other) => bail!("entry = \"{other}\" must be get, head, put or list-page"),
        })
    }

    fn page(&self) -> Page {
        let entry = |entry: &DescribedEntry| PageEntry {
            key: entry.key.clone(),
            size: entry.size,
            etag: entry.etag.clone(),
            last_modified_ms: entry.last_modified_ms,
        };
        let common_prefixes = self.common_prefixes.clone();
        Page { entries: self.page.iter().map(entry).collect(), common_prefixes }
    }

    /// What the transform is told, of an object of so many bytes.
    pub(super) fn context(&self, size: u64) -> Context {
        let mut context = smoke();
        let set = |to: &mut String, from: &Option<String>| {
            if let Some(text) = from {
                to.clone_from(text);
            }
        };
        set(&mut context.bucket, &self.bucket);
        set(&mut context.key, &self.key);
        set(&mut context.payload, &self.payload);
        context.access_point_arn.clone_from(&self.access_point_arn);
        context.range.clone_from(&self.range);
        context.part_number = self.part_number;
        context.now_ms = self.now_ms.unwrap_or(context.now_ms);
        self.object.add_to(&mut context.object, size);
        context.caller = self.caller.as_ref().map(|caller| Caller {
            account: caller.account.clone(),
            arn: caller.arn.clone(),
            user_id: caller.user_id.clone(),
            session_tags: fields(&caller.session_tags),
        });
        let request = &mut context.request;
        request.url = format!("http://localhost/{}/{}", context.bucket, context.key);
        set(&mut request.url, &self.request.url);
        if matches!(self.entry.as_deref(), Some("put")) {
            "PUT".clone_into(&mut request.method);
        }
        set(&mut request.method, &self.request.method);
        request.headers.extend(fields(&self.request.headers));
        request.query = fields(&self.request.query);
        context
    }
}

impl DescribedObject {
    fn add_to(&self, object: &mut Object, size: u64) {
        object.size = size;
        object.version_id.clone_from(&self.version_id);
        if let Some(etag) = &self.etag {
            object.etag.clone_from(etag);
        }
        if self.content_type.is_some() {
            object.content_type.clone_from(&self.content_type);
        }
        object.last_modified_ms = self.last_modified_ms.unwrap_or(object.last_modified_ms);
        object.metadata = fields(&self.metadata);
        object.tags = fields(&self.tags);
    }
}

fn fields(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
