//! AbortMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>

use gateway::errors::Result;
use gateway::object::precondition::failed;
use gateway::operations::abort_multipart_upload::Input;
use sdk::Response;

use super::{find, parts};
use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::request::Request;

/// Ends the upload and deletes its parts. `PreconditionFailed` when it was begun at another time
/// than `x-amz-if-match-initiated-time` says.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query, &request.headers)?;
    let bucket = request.bucket_row()?.record.id;
    for attempt in 0..ATTEMPTS_MAX {
        let row = request.bucket_just_decided(attempt).await?;
        let upload = find(request, bucket)?;
        let initiated = upload.record.initiated_ms / 1000;
        if input.if_match_initiated_ms.is_some_and(|expected| expected / 1000 != initiated) {
            return Err(failed("x-amz-if-match-initiated-time"));
        }
        let mut plan = Plan::new();
        plan.require_bucket(&row);
        parts::discard(&mut plan, &upload, &parts::all(upload.record.sequence)?);
        if plan.commit(&request.call).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(contended())
}
