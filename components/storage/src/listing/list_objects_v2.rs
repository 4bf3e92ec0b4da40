//! ListObjectsV2: with continuation tokens and `start-after`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use gateway::errors::Result;
use gateway::operations::list_objects_v2::Input;
use gateway::operations::listing::Page;
use sdk::Response;

use super::list_objects::list;
use super::owners::Owners;
use super::source::Index;
use crate::request::Request;

/// Responds with a page of the bucket's objects.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query)?;
    let bucket = &request.bucket_row()?.record;
    let mut page = Page::new(&input.selection);
    let mut owners = Owners::of(bucket);
    let owners = input.fetch_owner.then_some(&mut owners);
    let listing = super::listing(&input.selection, input.after());
    let end = list(&Index, bucket.id, listing, owners, &mut page)?;
    Ok(Response::new(200).xml(input.document(&request.bucket, &page, end.next.as_deref())))
}
