//! GetObjectLegalHold, PutObjectLegalHold.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::object_lock::LegalHold;
use sdk::Response;

use super::{change, check_object_lock, respond};
use crate::request::Request;
use crate::subresource::document;

/// GetObjectLegalHold. `NoSuchObjectLockConfiguration` for a version that never had one.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    check_object_lock(bucket)?;
    let version = request.object(bucket)?.row.record;
    match version.details.legal_hold {
        Some(held) => {
            let hold = if held { LegalHold::On } else { LegalHold::Off };
            Ok(Response::new(200).xml(hold.document()))
        }
        None => Err(S3Error::new(ErrorCode::NoSuchObjectLockConfiguration).detail("Key", &*request.key)),
    }
}

/// PutObjectLegalHold.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    check_object_lock(&request.bucket_row()?.record)?;
    let wanted = LegalHold::parse_document(&document::receive(request).await?)?;
    let (bucket, version) = change(request, |bucket, version| {
        check_object_lock(bucket)?;
        version.details.legal_hold = Some(wanted == LegalHold::On);
        Ok(())
    })
    .await?;
    Ok(respond(200, &bucket, &version))
}
