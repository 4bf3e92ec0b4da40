//! Multipart uploads: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
//!
//! Parts are blobs of their own. Completing an upload copies no byte: the parts' spans move into
//! the object's manifest. Every change of an upload's parts requires the upload's row unchanged. A
//! commit that ends an upload requires that its parts are exactly those that were read
//! ([`parts::require_exactly`]). So no part is ever lost or left behind.

pub(crate) mod abort_multipart_upload;
pub(crate) mod assembly;
pub(crate) mod checksum;
pub(crate) mod complete_multipart_upload;
pub(crate) mod create_multipart_upload;
pub(crate) mod list_multipart_uploads;
pub(crate) mod list_parts;
pub(crate) mod part_list;
pub(crate) mod parts;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod upload_part;
pub(crate) mod upload_part_copy;

use gateway::errors::{ErrorCode, Result, S3Error};

use sdk::SealedRole;

use crate::records::{Protection, Row, Upload};
use crate::request::Request;
use crate::sealing::{self, ObjectName};
use crate::{rows, version_id};

/// The id of an upload, as clients see it.
fn upload_id(upload: &Upload) -> String {
    version_id::encode(upload.sequence, upload.nonce)
}

/// The upload that the request names, as it is now. `NoSuchUpload` when it is not in progress.
fn find(request: &Request, bucket: u64) -> Result<Row<Upload>> {
    let id = request.query.get("uploadId").unwrap_or_default();
    let (sequence, nonce) = version_id::decode(id).ok_or_else(|| no_such_upload(id))?;
    let row = rows::upload(bucket, &request.key, sequence)?.filter(|row| row.record.nonce == nonce);
    row.ok_or_else(|| no_such_upload(id))
}

/// What a response tells of the bytes of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Their checksums, by which one could recognize the bytes: only for clients with the key.
    Checksums,
    Nothing,
}

/// Opens the upload. Under SSE-C, the customer key is needed only where the upload was begun with a
/// checksum algorithm. A key that comes must be the right one in any case.
async fn open(request: &Request, upload: &Upload) -> Result<Told> {
    let is_customers = matches!(upload.protection, Protection::SseC(_));
    if is_customers && request.is_sealing_unsaid() && upload.checksum_algorithm.is_none() {
        return Ok(Told::Nothing);
    }
    sealing::open(request, SealedRole::Upload, ObjectName::of(request), &upload.protection).await?;
    Ok(Told::Checksums)
}

fn no_such_upload(id: &str) -> S3Error {
    S3Error::new(ErrorCode::NoSuchUpload).detail("UploadId", id)
}
