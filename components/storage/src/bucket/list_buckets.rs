//! ListBuckets: the buckets of the account that asks, by name.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::query::Query;
use gateway::timestamp;
use gateway::xml::XmlWriter;
use sdk::{Identity, Response};

use crate::listing::source::{Cursor, Index, Source};
use crate::listing::token;
use crate::records::{Account, BucketRow, Record};
use crate::request::Request;
use crate::tables;

/// The largest page, and the page of those who do not ask for one.
const MAX_BUCKETS: usize = 10_000;
/// Rows fetched at a time.
const PAGE_ROWS: u32 = 256;

/// Answers a page of the account's buckets.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let identity = request.identity().ok_or(ErrorCode::AccessDenied)?;
    let account = Account::parse(&identity.account).ok_or(ErrorCode::AccessDenied)?;
    let input = Input::parse(&request.query)?;
    let page = list(&Index, account, &input)?;
    Ok(Response::new(200).xml(write(&identity, &input, &page)))
}

#[derive(Debug)]
struct Input<'a> {
    max: usize,
    prefix: &'a str,
    region: Option<&'a str>,
    /// The last name of the page before; empty for the first page.
    marker: String,
    /// Whether any parameter was given: only then a bucket's region is answered.
    detailed: bool,
}

impl<'a> Input<'a> {
    fn parse(query: &'a Query) -> Result<Self> {
        let max = match query.get("max-buckets") {
            None => MAX_BUCKETS,
            Some(text) => text.parse().ok().filter(|max| (1..=MAX_BUCKETS).contains(max)).ok_or_else(|| {
                S3Error::invalid_argument("max-buckets", text, "Argument max-buckets must be an integer between 1 and 10000.")
            })?,
        };
        let marker = match query.get_non_empty("continuation-token") {
            Some(text) => token::decode(token::BUCKETS, text)?,
            None => String::new(),
        };
        let parameters = ["max-buckets", "continuation-token", "prefix", "bucket-region"];
        Ok(Input {
            max,
            prefix: query.get("prefix").unwrap_or_default(),
            region: query.get_non_empty("bucket-region"),
            marker,
            detailed: parameters.iter().any(|name| query.has(name)),
        })
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    buckets: Vec<(String, BucketRow)>,
    truncated: bool,
}

fn list<S: Source>(source: &S, account: Account, input: &Input<'_>) -> Result<Page> {
    let first = tables::after_key(&tables::bucket_key(&input.marker));
    let start = if input.marker.is_empty() { Vec::new() } else { first }.max(tables::bucket_key(input.prefix));
    let end = tables::after_prefix(&tables::bucket_key(input.prefix));
    let mut cursor = Cursor::new(source, tables::BUCKETS, start, end, PAGE_ROWS);
    let mut page = Page::default();
    loop {
        cursor.load();
        let Some(row) = cursor.row() else { return Ok(page) };
        let bucket = BucketRow::decode(row.value)?;
        let wanted = bucket.owner == account && input.region.is_none_or(|region| region == bucket.region);
        if wanted && page.buckets.len() == input.max {
            page.truncated = true;
            return Ok(page);
        }
        if wanted {
            let name = std::str::from_utf8(row.key).map_err(|_| ErrorCode::InternalError)?;
            page.buckets.push((name.to_owned(), bucket));
        }
        cursor.advance();
    }
}

fn write(owner: &Identity, input: &Input<'_>, page: &Page) -> String {
    let mut xml = XmlWriter::document("ListAllMyBucketsResult");
    xml.reserve(page.buckets.len().saturating_mul(160));
    xml.open("Owner");
    xml.text("ID", &owner.canonical_id);
    xml.text("DisplayName", &owner.display_name);
    xml.close("Owner");
    xml.open("Buckets");
    for (name, bucket) in &page.buckets {
        xml.open("Bucket");
        xml.text("Name", name);
        xml.with("CreationDate", |out| timestamp::push_iso8601(out, bucket.created_ms));
        if input.detailed {
            xml.text("BucketRegion", &bucket.region);
        }
        xml.close("Bucket");
    }
    xml.close("Buckets");
    if let Some((last, _)) = page.buckets.last().filter(|_| page.truncated) {
        xml.text("ContinuationToken", &token::encode(token::BUCKETS, last));
    }
    if !input.prefix.is_empty() {
        xml.text("Prefix", input.prefix);
    }
    xml.finish()
}

#[cfg(test)]
mod tests;
