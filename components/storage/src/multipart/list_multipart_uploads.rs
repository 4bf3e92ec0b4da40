//! ListMultipartUploads: uploads in progress, by key and then in order of initiation.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::list_multipart_uploads::Input;
use gateway::operations::listing::{Next, Owner, Page, UploadRow};
use sdk::Response;
use sdk::index::RawRow;

use super::{checksum, upload_id};
use crate::listing::listing;
use crate::listing::owners::Owners;
use crate::listing::rollup::{Begin, Item, Listing};
use crate::listing::source::Index;
use crate::listing::walk::{self, UPLOAD_BYTES_SEEN, UPLOADS};
use crate::records::{Record, Upload};
use crate::request::Request;
use crate::{rows, tables, version_id};

/// Responds with a page of the bucket's uploads.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query)?;
    let row = &request.bucket_row()?.record;
    let bucket = row.id;
    let listing = listing(&input.selection, &input.key_marker);
    let start = start(bucket, &listing, input.upload_id_marker.as_deref())?;
    let mut page = Page::new(&input.selection);
    let mut owners = Owners::of(row);
    let mut last_id = None;
    let end = walk::walk(&Index, &UPLOADS, bucket, start, listing, |item, row| {
        match item {
            Item::Entry(key) => {
                let upload = whole(row)?;
                let id = upload_id(&upload);
                let kind = checksum::kind(&upload);
                page.upload(&UploadRow {
                    key,
                    upload_id: &id,
                    initiated_ms: upload.initiated_ms,
                    storage_class: upload.storage_class,
                    initiator: Owner {
                        id: &upload.initiator.id,
                        display_name: &upload.initiator.display_name,
                    },
                    owner: owners.get(upload.owner),
                    checksum: Some((kind.algorithm, kind.kind)),
                });
                last_id = Some(id);
            }
            Item::CommonPrefix(prefix) => {
                page.common_prefix(prefix);
                last_id = None;
            }
            Item::Full => {}
        }
        Ok(())
    })?;
    let next = end.next.as_deref().map(|key| Next { key, id: last_id.as_deref() });
    Ok(Response::new(200).xml(input.document(&request.bucket, &page, next)))
}

/// The upload of a row. The listing may have read only the first bytes of it.
fn whole(row: RawRow<'_>) -> Result<Upload> {
    if row.value.len() < UPLOAD_BYTES_SEEN as usize {
        return Upload::decode(row.value);
    }
    let row = rows::get::<Upload>(tables::UPLOADS, row.key.to_vec())?;
    // All reads of a step are from one snapshot, so the row is still there.
    Ok(row.ok_or(ErrorCode::InternalError)?.record)
}

/// Where the page begins: behind every upload of the key marker, or behind one of them.
fn start(bucket: u64, listing: &Listing<'_>, id_marker: Option<&str>) -> Result<Vec<u8>> {
    match (listing.begin(), id_marker) {
        (Begin::Prefix, _) => Ok(tables::escaped_prefix(bucket, listing.prefix)),
        (Begin::Past(common), _) => Ok(tables::after_prefix(&tables::escaped_prefix(bucket, common))),
        (Begin::Marker(key), None) => {
            // The rows of a key are escaped alike in `uploads` and `versions`.
            Ok(tables::version_range(bucket, key).end)
        }
        (Begin::Marker(key), Some(id)) => match version_id::decode(id) {
            Some((sequence, _)) => Ok(tables::after_key(&tables::upload_key(bucket, key, sequence))),
            None => Err(S3Error::invalid_argument("upload-id-marker", id, "Invalid uploadId marker")),
        },
    }
}
