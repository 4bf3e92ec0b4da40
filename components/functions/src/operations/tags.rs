//! ListTags, TagResource, UntagResource.

use std::collections::BTreeMap;

use gateway::errors::{ErrorCode, Result};
use gateway::operations::functions::input::check_tags;
use gateway::operations::functions::output::tags_of;
use sdk::{Call, Response};
use serde_json::json;

use super::document::json as document;
use crate::changes::change;
use crate::request::{Input, Request};

/// ListTags. `ResourceNotFoundException`
pub(crate) fn list(request: &Request) -> Result<Response> {
    request.unqualified()?;
    Ok(document(200, &json!({ "Tags": tags_of(&request.function()?.record.tags) })))
}

/// TagResource: adds tags to those that there are.
pub(crate) async fn add(call: &Call, request: &Request) -> Result<Response> {
    request.unqualified()?;
    let Input::Tags(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    change(call, request, |_, row| {
        let mut tags: BTreeMap<String, String> = std::mem::take(&mut row.record.tags).into_iter().collect();
        tags.extend(input.tags.clone());
        check_tags(Some(&tags))?;
        row.record.tags = tags.into_iter().collect();
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// UntagResource: removes the tags with some keys, as far as there are any.
pub(crate) async fn remove(call: &Call, request: &Request) -> Result<Response> {
    request.unqualified()?;
    let keys: Vec<&str> = request.tag_keys().collect();
    change(call, request, |_, row| {
        row.record.tags.retain(|(key, _)| !keys.contains(&key.as_str()));
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
