//! ListTagsForResource, TagResource, UntagResource.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html>

use gateway::errors::{ErrorCode, Result};
use gateway::operations::access_points::{add_tags, tags_document};
use sdk::{Call, Response};

use crate::changes::change;
use crate::request::{Input, Request};

/// ListTagsForResource. `NoSuchAccessPoint`
pub(crate) fn list(request: &Request) -> Result<Response> {
    Ok(Response::new(200).xml(tags_document(&request.access_point()?.record.tags)))
}

/// TagResource: adds tags to those that there are.
pub(crate) async fn add(call: &Call, request: &Request) -> Result<Response> {
    let Input::Tags(added) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    change(call, request, |_, row| add_tags(&mut row.record.tags, added.clone())).await?;
    Ok(Response::new(204))
}

/// UntagResource: removes the tags with some keys, as far as there are any.
pub(crate) async fn remove(call: &Call, request: &Request) -> Result<Response> {
    let Input::TagKeys(keys) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    change(call, request, |_, row| {
        row.record.tags.retain(|(key, _)| !keys.contains(key));
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
