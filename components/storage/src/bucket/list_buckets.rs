//! ListBuckets: the buckets of the principal's account, by name.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use gateway::errors::{ErrorCode, Result};
use gateway::identity::account::Account;
use gateway::operations::list_buckets::{self, Input};
use gateway::operations::listing::Owner;
use sdk::Response;

use crate::listing::source::{Cursor, Index, Source};
use crate::records::{BUCKET_HEAD_BYTES_MAX, BucketHead};
use crate::request::Request;
use crate::tables;

/// Rows fetched at a time.
const PAGE_ROWS: u32 = 256;

/// Responds with a page of the account's buckets.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let identity = request.identity().ok_or(ErrorCode::AccessDenied)?;
    let account = Account::parse(&identity.account).ok_or(ErrorCode::AccessDenied)?;
    let input = Input::parse(&request.query)?;
    let page = list(&Index, account, &input)?;
    let owner = Owner { id: &identity.canonical_id, display_name: &identity.display_name };
    let rows = page.buckets.iter().map(|(name, bucket)| list_buckets::BucketRow {
        name,
        created_ms: bucket.created_ms,
        region: &bucket.region,
    });
    let last = page.buckets.last().filter(|_| page.truncated).map(|(name, _)| name.as_str());
    Ok(Response::new(200).xml(input.document(owner, rows, last)))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct BucketPage {
    buckets: Vec<(String, BucketHead)>,
    truncated: bool,
}

fn list<S: Source>(source: &S, account: Account, input: &Input) -> Result<BucketPage> {
    let first = tables::bucket_key(&input.prefix);
    let end = tables::after_prefix(&first);
    let start = match input.after.as_str() {
        "" => first,
        name => tables::after_key(&tables::bucket_key(name)).max(first),
    };
    let mut cursor =
        Cursor::new(source, tables::BUCKETS, start, end, PAGE_ROWS).peeking(BUCKET_HEAD_BYTES_MAX);
    let mut page = BucketPage::default();
    loop {
        cursor.load();
        let Some(row) = cursor.row() else { return Ok(page) };
        let bucket = BucketHead::decode(row.value)?;
        let wanted =
            bucket.owner == account && input.region.as_ref().is_none_or(|region| *region == bucket.region);
        if wanted && page.buckets.len() >= input.limit as usize {
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

#[cfg(test)]
mod tests;
