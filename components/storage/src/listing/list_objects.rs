//! ListObjects: version 1, with markers that are keys.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>

use gateway::errors::Result;
use gateway::operations::list_objects::Input;
use gateway::operations::listing::{ObjectRow, Owner, Page};
use sdk::Response;

use super::owners::Owners;
use super::rollup::{End, Item, Listing};
use super::source::{Index, Source};
use super::walk::{self, OBJECTS};
use crate::records::Summary;
use crate::request::Request;

/// Responds with a page of the bucket's objects.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query)?;
    let bucket = &request.bucket_row()?.record;
    let mut page = Page::new(&input.selection);
    let mut owners = Owners::of(bucket);
    let listing = super::listing(&input.selection, &input.marker);
    let end = list(&Index, bucket.id, listing, Some(&mut owners), &mut page)?;
    Ok(Response::new(200).xml(input.document(&request.bucket, &page, end.next.as_deref())))
}

/// Lists objects onto `page`, with their owners where `owners` is there to look them up. Both
/// versions of the operation use it.
pub(super) fn list<S: Source>(
    source: &S,
    bucket: u64,
    listing: Listing<'_>,
    mut owners: Option<&mut Owners>,
    page: &mut Page,
) -> Result<End> {
    walk::walk(source, &OBJECTS, bucket, walk::start(bucket, &listing), listing, |item, row| {
        match item {
            Item::Entry(key) => {
                let summary = Summary::decode(row.value)?;
                let owner = owners.as_mut().map(|owners| owners.get(summary.owner));
                page.object(&object_row(key, &summary, owner));
            }
            Item::CommonPrefix(prefix) => page.common_prefix(prefix),
            Item::Full => {}
        }
        Ok(())
    })
}

/// What listings print of an object.
pub(super) fn object_row<'a>(key: &'a str, summary: &Summary, owner: Option<Owner<'a>>) -> ObjectRow<'a> {
    ObjectRow {
        key,
        modified_ms: summary.modified_ms,
        etag: summary.etag,
        size: summary.size,
        storage_class: summary.storage_class,
        checksum_algorithms: summary.checksum_algorithms.0,
        checksum_type: Some(summary.checksum_type),
        owner,
    }
}
